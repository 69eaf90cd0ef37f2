"""Maximum likelihood for models that say what an image costs: their training, and their cost on images they have not seen."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from assignments.common import devices, training

Bits = Callable[[Tensor, Tensor], Tensor]  # logits (B, L, C, H, W) and image (B, C, H, W) -> (B,) bits per value


def fit(
    model: nn.Module,
    bits: Bits,
    images: Tensor,
    steps: int,
    batch: int,
    learning_rate: float,
    name: str,
    conditions: Tensor | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Train a model in place, on the fastest device, with Adam; the learning rate is constant for half of the steps, then falls to zero.

    Args:
        model: `model(image)`, or `model(image, condition)`, gives logits.
        bits: cost of images by their logits.
        images: (N, C, H, W) levels; batches are drawn with replacement.
        steps, batch, learning_rate: number of updates, images in each, and Adam's rate at the start.
        name: shown in the bar; a long run is saved under it.
        conditions: (N, ...), one for each image; None: the model takes none.
        seed: of the draws.

    Returns:
        (steps,) mean cost of each batch before its update, bits per value.
    """
    model.to(devices.device())
    adam = torch.optim.Adam(model.parameters())  # its rate is set anew in each step

    def loss(step: int) -> Tensor:
        adam.param_groups[0]["lr"] = learning_rate * min(1.0, 2 - 2 * step / steps)
        return _costs(model, bits, images, conditions, torch.randint(len(images), (batch,))).mean()

    return training.train({name: (adam, loss)}, steps, {name: model}, seed=seed, checkpoint=devices.choose("", name))[name]


@torch.no_grad()
def held_out(model: nn.Module, bits: Bits, images: Tensor, conditions: Tensor | None = None, batch: int = 50) -> float:
    """Mean bits per value over images that the model was not trained on; arguments as for `fit`."""
    parts = torch.arange(len(images)).split(batch)
    return float(torch.cat([_costs(model, bits, images, conditions, part) for part in parts]).mean())


def _costs(model: nn.Module, bits: Bits, images: Tensor, conditions: Tensor | None, chosen: Tensor) -> Tensor:
    """(B,) bits per value of some of the images."""
    image = images[chosen].to(devices.device())
    given = () if conditions is None else (conditions[chosen].to(devices.device()),)
    return bits(model(image, *given), image)
