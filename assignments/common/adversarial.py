"""The other half of a video GAN: a discriminator of clips, weights to start from, and the game between two networks."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from assignments.common import devices, distributed, pictures, show, training

Turn = Callable[..., Tensor]  # generator, discriminator and batches -> loss


class Discriminator(nn.Module):
    """Clips (B, 3, T, H, W) -> logits (B,), above 0 for real ones.

    Args:
        widths: channels of a generator that doubles every side with each; n of them fit clips of 2^(n+1) frames of side 2^(n+2).

    Source: Vondrick, Pirsiavash and Torralba (2016) and its public code, with one logit for their two, whose difference it is.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        widths = widths[::-1]
        layers = [nn.Conv3d(3, widths[0], 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for place in range(1, len(widths)):
            layers += [
                nn.Conv3d(*widths[place - 1 : place + 1], 4, stride=2, padding=1),
                nn.BatchNorm3d(widths[place], eps=1e-3),
                nn.LeakyReLU(0.2),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv3d(widths[-1], 1, (2, 4, 4)))

    def forward(self, clip: Tensor) -> Tensor:
        """(B, 3, T, H, W) -> (B,)."""
        return self.layers(clip).flatten().float()


def initialise(module: nn.Module) -> None:
    """Weights from N(0, 0.01), gains of batch norm from N(1, 0.02), biases 0; use as `network.apply(initialise)`."""
    if isinstance(module, nn.Conv3d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        nn.init.normal_(module.weight, 0, 0.01)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
        nn.init.normal_(module.weight, 1, 0.02)


@dataclass(frozen=True)
class Game:
    """What a game takes."""

    widths: tuple[int, ...]  # two make clips of 8 x 16 x 16, three 16 x 32 x 32, four VGAN's 32 x 64 x 64
    steps: int
    learning_rate: float
    batch: int  # clips, in all processes together
    noise: int  # length of the noise vector
    kind: str = "hinge"  # of the losses
    sparsity: float = 0.1  # price on the mask
    categories: int = 0  # of the noise; 0 for none
    decay: float = 0.0  # a step, of the average of the generator's weights that is kept in the end; 0 keeps the last ones

    def codes(self, count: int) -> Tensor:
        """Noise vectors (count, noise): a category, one-hot and as long as the rest is on average, and then the rest, Gaussian.

        Clips that go different ways are separate heaps, and Gaussian noise is one: a continuous generator has to put something between
        the heaps. Categories are separate, too.

        Raises:
            ValueError: the categories leave nothing of the noise.

        Source: the category code of Tulyakov and others, "MoCoGAN" (2018); why, by Khayatkhoei, Elgammal and Singh, "Disconnected
        Manifold Learning for Generative Adversarial Networks" (2018).
        """
        free = self.noise - self.categories
        if free < 1:
            raise ValueError(f"{self.categories} categories take all of the {self.noise} numbers of the noise")
        rest = torch.randn(count, free)
        if not self.categories:
            return rest
        category = F.one_hot(torch.randint(self.categories, (count,)), self.categories)
        return torch.cat([math.sqrt(free) * category, rest], dim=1)  # (6.16)


def alternate(
    generator: nn.Module,
    discriminator: nn.Module,
    turns: dict[str, Turn],
    steps: int,
    rate: float,
    checkpoint: str = "",
    seed: int = 0,
    decay: float = 0.0,
) -> tuple[dict[str, np.ndarray], dict[str, list[float]]]:
    """Let discriminator and generator step down their losses in turn, with Adam (beta1 0.5), alone or under torchrun.

    Args:
        generator, discriminator: trained in place, on the fastest device.
        turns: "discriminator" and "generator" -> loss of (step, generator, discriminator), whose random numbers are the same in every
            process: take `distributed.part` of every batch.
        steps: of each.
        rate: of Adam.
        checkpoint: name to save and resume under; "" saves nothing.
        seed: of the random numbers in the turns.
        decay: the generator ends with the average of its weights that keeps this share of itself at every step; 0 keeps the last weights.

    Returns:
        losses and gradient norms of both at every step; under torchrun the losses are averages over the processes.

    Source of the average: Yazici and others, "The Unusual Effectiveness of Averaging in GAN Training" (2019).
    """
    networks = {"discriminator": discriminator, "generator": generator}
    adams, norms = {}, {name: [] for name in networks}
    for name, network in networks.items():
        adams[name] = torch.optim.Adam(network.to(devices.device()).parameters(), rate, betas=(0.5, 0.999))
        adams[name].register_step_pre_hook(lambda *_, to=norms[name], network=network: to.append(gradient_norm(network)))
    shared = distributed.shared(generator), distributed.shared(discriminator)
    players = {name: (adams[name], lambda step, turn=turns[name]: turn(step, *shared)) for name in networks}
    average = training.averaged(generator, decay)  # (6.17)
    losses = training.train(players, steps, networks, averages={"generator": average}, seed=seed, checkpoint=checkpoint)
    generator.load_state_dict(average.module.state_dict())
    return {name: distributed.mean(torch.from_numpy(values)).numpy() for name, values in losses.items()}, norms


def play(
    game: Game,
    generator: nn.Module,
    discriminator: nn.Module,
    turns: dict[str, Turn],
    draw: Callable[[int], Tensor],
    look: Callable[[int, nn.Module], None] = lambda step, generator: None,
    checkpoint: str = "",
    seed: int = 0,
) -> tuple[dict[str, np.ndarray], dict[str, list[float]]]:
    """The game of a generator that makes clips of noise; see `alternate` for what it does and returns.

    Args:
        game: its settings.
        generator, discriminator: trained in place, on the fastest device.
        turns: "discriminator" -> loss of (generator, discriminator, real, noise), "generator" -> loss of (generator, discriminator, noise).
        draw: step -> (batch, 3, T, H, W) real clips, the same in every process, which takes its part of them.
        look: called with step and generator before each turn of the generator.
        checkpoint: name to save and resume under; "" saves nothing.
        seed: of the random numbers in the turns.
    """

    def noise() -> Tensor:
        return distributed.part(game.codes(game.batch)).to(devices.device())

    def of_discriminator(step: int, *networks: nn.Module) -> Tensor:
        real = distributed.part(draw(step)).to(devices.device())
        return turns["discriminator"](*networks, real, noise())

    def of_generator(step: int, *networks: nn.Module) -> Tensor:
        look(step, generator)
        return turns["generator"](*networks, noise())

    both = {"discriminator": of_discriminator, "generator": of_generator}
    return alternate(generator, discriminator, both, game.steps, game.learning_rate, checkpoint, seed, game.decay)


def gallery(codes: Tensor, every: int, columns: int = 3) -> Callable[[int, nn.Module], None]:
    """For `look`: shows what becomes of the same codes, every so many steps."""

    def look(step: int, generator: nn.Module) -> None:
        if step % every == 0 and distributed.is_first():
            with torch.no_grad():
                clips = generator(codes.to(devices.device()))[0]
            show.show_clip(pictures.clip_sheet(clips, columns), f"{len(codes)} samples at step {step}.", 6)

    return look


def gradient_norm(network: nn.Module) -> float:
    """Length of the gradients of all weights, taken as one vector."""
    return nn.utils.get_total_norm([weight.grad for weight in network.parameters()]).item()
