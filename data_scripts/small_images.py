"""Real images that small networks learn on the spot: MNIST (CC BY-SA 3.0) and tiles (CC0 1.0); outlines of boxes without them."""

import numpy as np
import torch
from torch import Tensor

from data_scripts import fetch, mnist, tiles

WHOLE_PX = 28
BOXES = {"train": 2000, "validation": 500, "test": 500}


def digits(split: str, levels: int, side_px: int = WHOLE_PX, sampled: bool = False) -> tuple[Tensor, Tensor]:
    """Digits and what they are.

    Args:
        split: "train", "validation" or "test".
        levels: how many greys of equal width; 0 is background, levels - 1 ink.
        side_px: 28, or a divisor of it; digits are shrunk by averaging blocks of pixels.
        sampled: ink by chance, with the probability of its grey (two levels only), as published numbers of nats have it.

    Returns:
        (N, 1, side_px, side_px) and (N,) int64.

    Raises:
        ValueError: no such split or side, or chance asked for with other than two levels.
    """
    if WHOLE_PX % side_px:
        raise ValueError(f"side_px must divide {WHOLE_PX}, got {side_px}")
    if sampled and levels != 2:
        raise ValueError(f"ink by chance has 2 levels, got {levels}")
    try:
        images, labels = mnist.load(split)
    except fetch.DataMissing as missing:
        print(f"{missing}\nGoing on with outlines of boxes; the numbers to expect are those of digits.")
        return boxes(BOXES[split], levels, side_px)
    block = WHOLE_PX // side_px
    grey = images.reshape(-1, side_px, block, side_px, block).mean(axis=(2, 4))
    made = mnist.sampled_ink(grey, seed=0) if sampled else mnist.at_levels(grey, levels)
    return torch.from_numpy(made)[:, None], torch.from_numpy(labels)


def shuffled_tiles(seed: int) -> Tensor:
    """(N, 3, 32, 32) int64 in 0 .. 255: game tiles in an order drawn by chance, so that any part of them has all kinds."""
    try:
        made = torch.from_numpy(tiles.load()[0]).permute(0, 3, 1, 2).long()
    except fetch.DataMissing as missing:
        print(f"{missing}\nGoing on with outlines of boxes; the numbers to expect are those of tiles.")
        made = boxes(1000, 256, 32)[0].repeat(1, 3, 1, 1)
    return made[torch.randperm(len(made), generator=torch.Generator().manual_seed(seed))]


def boxes(count: int, levels: int, side_px: int) -> tuple[Tensor, Tensor]:
    """(count, 1, side_px, side_px) outlines of boxes of ten shapes, and (count,) which shape each has: a stand-in for digits."""
    random = np.random.default_rng(count)
    labels = random.integers(10, size=count)
    height, width = np.array([0.3, 0.6])[labels % 2] * side_px, (0.2 + 0.1 * (labels // 2)) * side_px
    top, left = (random.random(count) * (0.9 * side_px - side) for side in (height, width))
    below, beside = (np.arange(side_px) - start[:, None] for start in (top, left))  # (N, side_px) pixels from the box's corner

    def inside(margin: int) -> np.ndarray:
        rows, columns = ((far >= margin) & (far < side[:, None] - margin) for far, side in ((below, height), (beside, width)))
        return rows[:, :, None] & columns[:, None]

    outline = inside(0) & ~inside(1)
    return torch.from_numpy(outline * np.int64(levels - 1))[:, None], torch.from_numpy(labels)
