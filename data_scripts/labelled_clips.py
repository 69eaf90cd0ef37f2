"""Toy clips as video-to-video systems want them: what a generator is told, what it should make, and how it all moves."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from data_scripts import toyworld

IN_FRONT = ("car", "person")  # classes of a street's foreground
FAR_PX = 8.0  # farther from a line is all the same
TOGETHER = 32  # scenes that are rendered at once
WANTED = (
    *("rgb", "sem", "inst", "sem_onehot", "edge", "sketch", "pose_image"),
    *("flow_prev", "visible_prev", "flow_next", "visible_next"),
)


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


def draw(
    kind: str, part: str, count: int, frames: int, side_px: int, person: int | None = None, **controls: float | tuple[float, float]
) -> LabelledClips:
    """The first `count` clips of a part ("train", "val", "test") of "street", "face" or "dancer", of many people or of one.

    Args:
        person: whose shapes and colours they all have (see `toyworld.retarget`); None: each its own.
        controls: as in `toyworld.make_scene`.
    """
    scenes = [toyworld.make_scene(kind, seed, frames, side_px, side_px, **controls) for seed in toyworld.split(kind, part)[:count]]
    return of(scenes if person is None else [toyworld.retarget(scene, person) for scene in scenes])


def of(scenes: Sequence[toyworld.SceneSpec]) -> LabelledClips:
    """Toy scenes of one kind and size.

    Streets are told as classes and edges of instances, faces as lines and the distance to them (after vid2vid's faces), dancers as a
    skeleton. Only the first tells what is in front: elsewhere channel 0 of the labels is 1 everywhere.
    """
    kind, parts = scenes[0].world.kind, []
    for first in range(0, len(scenes), TOGETHER):
        clip = toyworld.render_batch(scenes[first : first + TOGETHER], WANTED)
        motion = clip.flow_prev, clip.visible_prev, clip.flow_next, clip.visible_next
        parts.append((told(clip, kind), clip.rgb, *motion, clip.sem, clip.sem + len(toyworld.classes(kind)) * clip.inst))
    return LabelledClips(*(torch.cat(part) for part in zip(*parts, strict=True)))


def told(clip: toyworld.Clip, kind: str) -> Tensor:
    """What a generator is told about a batch of toy clips: (N, T, C, H, W)."""
    if kind == "street":
        is_front = torch.tensor([name in IN_FRONT for name in toyworld.classes(kind)])[clip.sem][:, :, None]
        return torch.cat([(~is_front).float(), clip.sem_onehot, clip.edge], dim=2)
    if kind == "face":
        lines = torch.maximum(clip.sketch, clip.edge)
        return torch.cat([torch.ones_like(lines), lines, distance(lines)], dim=2)
    return torch.cat([torch.ones_like(clip.edge), clip.pose_image], dim=2)


def distance(lines: Tensor) -> Tensor:
    """How far every pixel is from the nearest line (above 0.5), in units of FAR_PX and at most 1; same shape, the picture last."""
    pictures = lines.flatten(0, -3).numpy() <= 0.5
    away = np.stack([distance_transform_edt(picture) for picture in pictures])
    return torch.from_numpy(away).float().div(FAR_PX).clamp(max=1).view_as(lines)
