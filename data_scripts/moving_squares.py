"""Bright squares that slide over dark, still gradients: the smallest clips with exact answers that a generator can learn."""

import torch
from torch import Tensor
from torch.nn import functional as F

SIDE_PX = 4  # of the square
WAYS = torch.tensor([[0, 1], [1, 0], [0, -1], [-1, 0]])  # (rows, columns) a frame: right, down, left, up


def moving_squares(count: int, frames: int, size_px: int, seed: int) -> tuple[Tensor, Tensor]:
    """Clips of one square each, that moves one pixel a frame and stays inside.

    A pixel's mean over the three colours is at least 0.2 in the square and at most -0.2 outside.

    Args:
        count: how many clips.
        frames: of each clip.
        size_px: height and width of each clip.
        seed: the same seed gives the same clips.

    Returns:
        clips (B, 3, T, H, W) float32 in [-1, 1], and the way of each (B,), a row of WAYS.

    Raises:
        ValueError: the square would leave the frame.
    """
    if size_px < SIDE_PX + frames - 1:
        raise ValueError(f"{frames} frames need a side of at least {SIDE_PX + frames - 1} pixels, got {size_px}")
    random = torch.Generator().manual_seed(seed)
    way = torch.randint(len(WAYS), (count,), generator=random)
    step = WAYS[way]  # (B, 2)
    starts = size_px - SIDE_PX - (frames - 1) * step.abs() + 1  # how many places to start from, along each axis
    start = (torch.rand(count, 2, generator=random) * starts).long() + (frames - 1) * (step < 0)
    corner = start[:, None] + torch.arange(frames)[:, None] * step[:, None]  # (B, T, 2), of the square
    offset = torch.arange(size_px) - corner[..., None]  # (B, T, 2, size)
    rows, columns = ((offset >= 0) & (offset < SIDE_PX)).unbind(dim=2)
    inside = (rows[..., None] & columns[..., None, :])[:, None]  # (B, 1, T, H, W)
    gradient = torch.rand(count, 3, 2, 2, generator=random) * 0.8 - 1
    background = F.interpolate(gradient, (size_px, size_px), mode="bilinear", align_corners=True)
    colour = torch.rand(count, 3, 1, 1, 1, generator=random) * 0.8 + 0.2
    return torch.where(inside, colour, background[:, :, None]), way


def worsened(clips: Tensor, strength: float, seed: int) -> dict[str, Tensor]:
    """The clips made worse: "noise" of that deviation on all of them, or that share of them "frozen" or with frames "shuffled"."""
    random = torch.Generator().manual_seed(seed)
    order = torch.randperm(clips.shape[2], generator=random)
    chosen = torch.rand(len(clips), 1, 1, 1, 1, generator=random) < strength
    return {
        "noise": clips + strength * torch.randn(clips.shape, generator=random),
        "frozen": torch.where(chosen, clips[:, :, :1], clips),
        "shuffled": torch.where(chosen, clips[:, :, order], clips),
    }


def track(clips: Tensor) -> tuple[Tensor, Tensor]:
    """Area and centre of what is bright; exact on moving squares.

    Args:
        clips: (B, 3, T, H, W) in [-1, 1]. A pixel is foreground where the mean over its colours is above 0.

    Returns:
        area (B, T) in pixels, and centre (B, T, 2), mean row and column of the foreground in pixels, NaN where there is none.
    """
    inside = (clips.mean(dim=1) > 0).float()  # (B, T, H, W)
    area = inside.sum(dim=(2, 3))
    along = [torch.arange(size, device=clips.device) for size in clips.shape[3:]]
    rows, columns = (inside.sum(dim=3) * along[0]).sum(dim=2), (inside.sum(dim=2) * along[1]).sum(dim=2)
    return area, torch.stack([rows, columns], dim=2) / area[..., None]


def direction_rate(centre: Tensor) -> float:
    """Share of the steps between frames that go the way of their clip; 1 for moving squares, 0 for still clips.

    A step goes the way, among WAYS, in which it is longest, and counts if it is at least half a pixel long in it and the same way is
    that of the clip as a whole, from first to last frame. Steps from or to a frame without foreground do not count.

    Args:
        centre: (B, T, 2), row and column in pixels; NaN where there is none.
    """
    ways = WAYS.to(centre)
    steps = centre.diff(dim=1) @ ways.T  # (B, T-1, 4) pixels each way
    whole = (centre[:, -1:] - centre[:, :1]) @ ways.T  # (B, 1, 4)
    right = (steps.argmax(dim=2) == whole.argmax(dim=2)) & (steps.amax(dim=2) >= 0.5)
    return right.float().mean().item()


def diversity(clips: Tensor, real: Tensor) -> float:
    """Mean distance of pairs of clips, relative to that of real ones: about 1 where they vary alike, 0 where all are one clip."""

    def apart(batch: Tensor) -> Tensor:
        return F.pdist(batch.flatten(1)).mean()

    return (apart(clips) / apart(real)).item()
