"""Toy clips as video-to-video systems want them: what a generator is told, what it should make, and how it all moves."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from data_scripts import toyworld

IN_FRONT = ("car", "person")  # classes of a street's foreground


class LabelledClips(NamedTuple):
    """N clips of T frames."""

    labels: Tensor  # (N, T, C, H, W), channel 0: 1 on the background
    frames: Tensor  # (N, T, 3, H, W) in [-1, 1]
    flow_prev: Tensor  # (N, T-1, 2, H, W) px, on the grids of frames 2 to T, into the frame before
    visible_prev: Tensor  # (N, T-1, 1, H, W) bool, on the same grids
    flow_next: Tensor  # (N, T-1, 2, H, W) px, on the grids of frames 1 to T-1, into the frame after
    visible_next: Tensor  # (N, T-1, 1, H, W) bool, on the same grids
    classes: Tensor  # (N, T, H, W) int64
    regions: Tensor  # (N, T, H, W) int64, a number for each thing

    def window(self, chosen: Sequence[int] | Tensor | slice, start: int, frames: int) -> "LabelledClips":
        """Some of the clips, from frame `start` on, `frames` of them."""
        whole = self.frames.shape[1]
        return LabelledClips(*(part[chosen, start : start + frames + part.shape[1] - whole] for part in self))


def draw(kind: str, part: str, count: int, frames: int, side_px: int, **controls: float) -> LabelledClips:
    """The first `count` clips of a part ("train", "val", "test") of "street", "face" or "dancer"; controls as in `toyworld.draw`."""
    return of([toyworld.draw(kind, seed, frames, side_px, side_px, **controls) for seed in toyworld.split(kind, part)[:count]])


def of(clips: Sequence[toyworld.Clip]) -> LabelledClips:
    """Toy clips of one kind and size.

    Streets are told as classes and edges of instances, faces as edges, dancers as a skeleton. Only the first tells what is in front:
    elsewhere channel 0 of the labels is 1 everywhere.
    """
    rows = [(told(clip), clip.rgb, clip.flow_prev, clip.visible_prev, clip.flow_next, clip.visible_next, clip.sem) for clip in clips]
    parts = [torch.stack(part) for part in zip(*rows, strict=True)]
    things = torch.stack([clip.sem + len(clip.classes) * clip.inst for clip in clips])
    return LabelledClips(*parts, things)


def told(clip: toyworld.Clip) -> Tensor:
    """What a generator is told about a toy clip: (T, C, H, W)."""
    if clip.meta["kind"] == "street":
        is_front = torch.tensor([name in IN_FRONT for name in clip.classes])[clip.sem][:, None]
        return torch.cat([(~is_front).float(), clip.sem_onehot, clip.edge], dim=1)
    sketched = (clip.sketch, clip.edge) if clip.meta["kind"] == "face" else (clip.pose_image,)
    return torch.cat([torch.ones_like(clip.edge), *sketched], dim=1)
