"""Clips of label maps: styles for their things, a camera that pans over a still one, mistakes put into them, and outlines of film."""

import torch
import torch.nn.functional as F
from torch import Tensor


def style_bank(labels: Tensor, styles: Tensor, classes: int) -> list[Tensor]:
    """The different styles of each class: labels (N, H, W), styles (N, C, H, W) -> for each class (K, C)."""
    pixels = styles.movedim(1, -1)
    return [pixels[labels == label].unique(dim=0) for label in range(classes)]


def choose_styles(labels: Tensor, instances: Tensor, bank: list[Tensor], seed: int) -> Tensor:
    """A random style of its class for each thing of a clip, the same in all frames; zeros for classes without styles.

    Args:
        labels, instances: (T, H, W) int64; an instance belongs to the class of its first pixel.
        bank: as `style_bank` gives it.
        seed: of the choice.

    Returns:
        (T, C, H, W).
    """
    styles = bank[0].new_zeros(*labels.shape, bank[0].shape[1])
    for instance in instances.unique():
        inside = instances == instance
        known = bank[int(labels[inside][0])]
        if len(known):
            random = torch.Generator().manual_seed(seed * 1_000_003 + int(instance))
            styles[inside] = known[torch.randint(len(known), (), generator=random)]
    return styles.movedim(-1, 1)


def pan(still: Tensor, finer: int, speed_px: float, frames: int, width: int) -> Tensor:
    """A camera that moves to the right over a still picture: every `finer`-th pixel of a window.

    Args:
        still: (1, ..., finer * H, W'), labels or colours.
        finer: pixels of the still picture for one of the clip.
        speed_px: of what is seen, to the left, in pixels of the clip a frame, a multiple of 1 / finer.
        frames, width: of the clip.

    Returns:
        (frames, ..., H, width).

    Raises:
        ValueError: the still picture is not wide enough.
    """
    starts = [round(finer * speed_px * t) for t in range(frames)]
    if starts[-1] + finer * width > still.shape[-1]:
        raise ValueError(f"the pan needs a still picture {starts[-1] + finer * width} px wide, got {still.shape[-1]}")
    return torch.cat([still[..., ::finer, start : start + finer * width : finer] for start in starts])


def mislabelled(labels: Tensor, classes: int, share: float, seed: int) -> Tensor:
    """Labels with a share of the pixels set to random classes."""
    random = torch.Generator().manual_seed(seed)
    wrong = torch.rand(labels.shape, generator=random) < share
    other = torch.randint(classes, labels.shape, generator=random)
    return torch.where(wrong.to(labels.device), other.to(labels.device), labels)


def outlines(clip: Tensor, threshold: float) -> Tensor:
    """Where the brightness changes by more than a threshold over two pixels: (T, 3, H, W) in [0, 1] -> (T, 1, H, W) of 0 and 1."""
    grey = F.pad(clip.mean(dim=1, keepdim=True), [1] * 4, mode="replicate")
    across, down = grey[..., 1:-1, 2:] - grey[..., 1:-1, :-2], grey[..., 2:, 1:-1] - grey[..., :-2, 1:-1]
    return (torch.hypot(across, down) > threshold).float()
