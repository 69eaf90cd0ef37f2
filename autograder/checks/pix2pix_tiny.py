"""Tiny networks and adapters that the checks of lesson 12 bring along, there and here."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autograder.checks.student import ArgumentChanged, Handle, load, state


def normal(seed: int, *shape: int) -> Tensor:
    """Random numbers that depend on the seed alone."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def whole(seed: int, below: int, *shape: int) -> Tensor:
    """Random int64 from 0 to below - 1 that depend on the seed alone."""
    return torch.randint(below, shape, generator=torch.Generator().manual_seed(seed))


def filled(network: Handle, seed: int) -> dict[str, Tensor]:
    """Random weights of a fair size put into a student's network: name -> tensor, in the order of registration."""
    tensors = {}
    for place, (name, value) in enumerate(state(network).items()):
        fan_in = value[0].numel() if value.ndim > 1 else 4
        tensors[name] = normal(seed + place, *value.shape) * (2 / fan_in) ** 0.5
    load(network, tensors)
    return tensors


def fill(module: nn.Module, seed: int) -> None:
    """Random weights that depend on the seed alone."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(0.5 * torch.randn(weight.shape, generator=generator))


class TinyPainter(nn.Module):
    """Condition (B, channels, H, W) -> picture (B, 3, H, W) in [-1, 1], pixel by pixel."""

    def __init__(self, seed: int, channels: int = 4) -> None:
        super().__init__()
        self.layer = nn.Conv2d(channels, 3, 1)
        fill(self, seed)

    def forward(self, condition: Tensor) -> Tensor:
        """(B, C, H, W) condition -> (B, 3, H, W) picture."""
        return torch.tanh(self.layer(condition))


class TinyCritics(nn.Module):
    """Two scales of two features and a score each, for pictures and conditions of 7 channels together."""

    def __init__(self, seed: int, channels: int = 7) -> None:
        super().__init__()
        sizes = ((channels, 3, 3), (3, 2, 1), (2, 1, 2))
        self.scales = nn.ModuleList(nn.ModuleList(nn.Conv2d(*size) for size in sizes) for _ in range(2))
        fill(self, seed)

    def forward(self, picture: Tensor) -> list[list[Tensor]]:
        """Lists of features, the scores last, one list a scale."""
        found = []
        for layers in self.scales:
            features = [picture]
            for layer in layers:
                features.append(torch.tanh(layer(features[-1])))
            found.append(features[1:])
            picture = F.max_pool2d(picture, 2)
        return found


class TinyEye(nn.Module):
    """A perceptual loss for tests: the difference of two pictures seen through one layer; the second is a target."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 2, 3)
        fill(self, seed)

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """A scalar, with a gradient for `made` alone."""
        return (self.layer(made) - self.layer(real.detach())).abs().mean()


def condition_of(module: nn.Module) -> dict[str, list]:
    """What training depends on besides weights: the mode, which weights learn, and their gradients."""
    weights = list(module.parameters())
    return {
        "mode": [part.training for part in module.modules()],
        "requires_grad": [weight.requires_grad for weight in weights],
        "gradients": [None if weight.grad is None else float(weight.grad.sum()) for weight in weights],
    }


def with_gradients(module: nn.Module) -> nn.Module:
    """The module, as if a backward pass had come before."""
    for weight in module.parameters():
        weight.grad = torch.ones_like(weight)
    return module


def resting(module: nn.Module) -> nn.Module:
    """The module in evaluation mode, with every second weight frozen."""
    for place, weight in enumerate(module.parameters()):
        weight.requires_grad = place % 2 == 0
    return module.eval()


def half_resting(module: nn.Module) -> nn.Module:
    """The module in training mode, but for its first part."""
    next(module.children()).eval()
    return module


def handed_on(pool: Callable, rounds: int) -> Tensor:
    """(rounds,) what a pool hands on for pictures full of 0, 1, 2 ...

    All come in one tensor that is written anew; what was handed on is filled with -1 as soon as it was looked at.
    """
    buffer, found = torch.empty(1, 1, 2, 2), []
    for number in range(rounds):
        handed = pool(buffer.fill_(number))
        found.append(handed.clone().mean())
        handed.fill_(-1)
    return torch.stack(found)


class Flat:
    """A function of nested lists as one of single tensors; each argument has `scales` lists of `layers` tensors."""

    def __init__(self, function: Callable, arguments: int, scales: int, layers: int) -> None:
        self.function, self.shape = function, (arguments, scales, layers)

    def __call__(self, *tensors: Tensor) -> Tensor:
        arguments, scales, layers = self.shape
        given = iter(tensors)
        nested = [[[next(given) for _ in range(layers)] for _ in range(scales)] for _ in range(arguments)]
        result = self.function(*nested)
        left = [tensor for argument in nested for scale in argument for tensor in scale]
        if [id(tensor) for tensor in left] != [id(tensor) for tensor in tensors]:
            raise ArgumentChanged("a list that was given was changed: its caller goes on to use it, so make a list of your own")
        return result


class Flattened:
    """A network that returns nested lists, as one that returns one list."""

    def __init__(self, network: Callable) -> None:
        self.network = network

    def __call__(self, picture: Tensor) -> list[Tensor]:
        return [tensor for scale in self.network(picture) for tensor in scale]
