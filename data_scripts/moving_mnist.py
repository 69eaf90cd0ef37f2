"""Moving MNIST: digits that move straight and bounce off the walls of a dark box, with the way that they took."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MovingDigits:
    """Clips with their exact motion; N clips of T frames with D digits.

    clips: (N, T, H, W) uint8.
    labels: (N, D) int64, which digits.
    corners_px: (N, T, D, 2) int64, row and column of each digit's upper left corner.
    """

    clips: np.ndarray
    labels: np.ndarray
    corners_px: np.ndarray


def make(
    digits: np.ndarray,
    labels: np.ndarray,
    clips: int,
    frames: int = 20,
    size: tuple[int, int] = (64, 64),
    digits_per_clip: int = 2,
    speed_px: float = 3.6,
    seed: int = 0,
) -> MovingDigits:
    """Draw digits by chance and let them move; where they overlap, the brighter one is seen.

    Args:
        digits: (N, h, w) uint8, as `mnist.load` gives them; smaller ones do, too.
        labels: (N,) int64.
        clips: how many to make.
        frames: T.
        size: (H, W) of the box, each at least the digit's side.
        digits_per_clip: D.
        speed_px: per frame, in a direction drawn by chance.
        seed: equal seeds give equal bytes.

    Source: Srivastava, Mansimov and Salakhutdinov, "Unsupervised Learning of Video Representations using LSTMs" (2015).
    """
    room = np.array(size) - digits.shape[1:]
    if room.min() < 0:
        raise ValueError(f"a box of {size} has no room for digits of {digits.shape[1:]}")
    random = np.random.default_rng(seed)
    chosen = random.integers(len(digits), size=(clips, digits_per_clip))
    start = random.random((clips, 1, digits_per_clip, 2)) * room
    angle = random.random((clips, 1, digits_per_clip)) * 2 * np.pi
    step = speed_px * np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    corners = np.round(_reflected(start + step * np.arange(frames)[:, None, None], room)).astype(np.int64)
    result = np.zeros((clips, frames, *size), np.uint8)
    height, width = digits.shape[1:]
    for clip, frame, place in np.ndindex(corners.shape[:3]):
        top, left = corners[clip, frame, place]
        patch = result[clip, frame, top : top + height, left : left + width]
        np.maximum(patch, digits[chosen[clip, place]], out=patch)
    return MovingDigits(result, labels[chosen], corners)


def _reflected(way: np.ndarray, room: np.ndarray) -> np.ndarray:
    """A straight way folded into [0, room]: what bouncing off both walls makes of it."""
    room = np.maximum(room, 1e-9)
    return room - np.abs(way % (2 * room) - room)
