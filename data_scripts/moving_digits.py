"""Small moving digits for networks that learn on the spot; squares where MNIST cannot be had. Licence of MNIST: CC BY-SA 3.0."""

import numpy as np
import torch
from torch import Tensor

from data_scripts import fetch, mnist, moving_mnist
from data_scripts.moving_squares import moving_squares

WHOLE_PX = 64  # side of a full-size clip of Moving MNIST; smaller clips have smaller digits


def moving_digits(count: int, frames: int, size_px: int, seed: int) -> Tensor:
    """Clips (B, 3, T, size_px, size_px) in [-1, 1] of one digit each, about 1.5 pixels a frame, that bounces off the walls.

    Args:
        count: how many clips.
        frames: of each clip.
        size_px: 16, 32 or 64; digits are shrunk alike, by averaging blocks of pixels.
        seed: the same seed gives the same clips.
    """
    try:
        digits, labels = mnist.load("train")
    except fetch.DataMissing as missing:
        print(f"{missing}\nGoing on with moving squares.")
        return moving_squares(count, frames, size_px, seed)[0]
    block = WHOLE_PX // size_px
    small = digits.reshape(-1, 28 // block, block, 28 // block, block).mean(axis=(2, 4)).astype(np.uint8)
    made = moving_mnist.make(small, labels, count, frames, (size_px, size_px), digits_per_clip=1, speed_px=1.5, seed=seed)
    return (torch.from_numpy(made.clips).float() / 127.5 - 1)[:, None].repeat(1, 3, 1, 1, 1)
