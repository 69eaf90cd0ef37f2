"""Which layer shows at which pixel: all layers of all frames of all clips at once.

Every cell (one layer in one frame) contributes the pixels of its bounding box. These fragments stand in one long list, farthest
rank first. So the work is the area of the boxes, not pixels times layers; and who hides whom is settled in one loop over ranks,
with all frames of all clips in each step.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from data_scripts.toyworld.cells import NEAR, Cells, Spot, meet

EDGE_REACH_PX = 3.0  # edge distances are told up to here
CLOSE_PX = 1.5  # a layer whose outline is farther than this from a pixel cannot hide a point that rounds to it


@dataclass(frozen=True)
class Fragments:
    """One entry per pixel of each cell's box. `start` (ranks + 1) says where each rank begins; pixel = (frame * H + y) * W + x."""

    cell: Tensor
    pixel: Tensor
    rank: Tensor
    spot: Spot
    start: list[int]


@dataclass
class Raster:
    """Geometry of `frames` frames (of one or more clips) with `layers` cells each, resolved when asked for."""

    cells: Cells
    rank: Tensor  # (frames, layers), 0 is farthest
    height: int
    width: int
    dtype: torch.dtype = torch.float32
    reach_px: float = EDGE_REACH_PX

    @property
    def frames(self) -> int:
        """Of all clips together."""
        return self.rank.shape[0]

    @property
    def layers(self) -> int:
        """Of each frame."""
        return self.rank.shape[1]

    @cached_property
    def fragments(self) -> Fragments:
        """All fragments within reach of their layer's outline."""
        frames, layers = self.rank.shape
        device = self.rank.device
        first = torch.arange(frames, device=device)
        by_rank = (self.rank.argsort(1) + first[:, None] * layers).t().flatten()  # (ranks * frames,) cells, farthest rank first
        left, top, wide, tall = boxes(self.cells, self.height, self.width, self.reach_px)[by_rank].unbind(1)
        line = torch.repeat_interleave(tall)
        inside_box = torch.arange(len(line), device=device) - (tall.cumsum(0) - tall)[line]
        y, length, cell_of_line = top[line] + inside_box, wide[line], by_rank[line]
        owner = torch.repeat_interleave(length)
        x = torch.arange(len(owner), device=device) - (length.cumsum(0) - length - left[line]).index_select(0, owner)
        cell = cell_of_line.index_select(0, owner)
        spot = meet(self.cells, cell, x.to(self.dtype), y.to(self.dtype).index_select(0, owner))
        pixel_of_line = (cell_of_line // layers * self.height + y) * self.width
        start = [0, *(wide * tall).reshape(layers, frames).sum(1).cumsum(0).tolist()]
        rank = torch.repeat_interleave(torch.tensor(start, device=device).diff())
        return Fragments(cell, pixel_of_line.index_select(0, owner) + x, rank, spot, start)

    @cached_property
    def top(self) -> Tensor:
        """(frames * H * W,) the fragment that shows at each pixel, -1 where none does: its centre is inside the outline."""
        chosen = (self.fragments.spot.distance_px < 0).nonzero()[:, 0]
        last = torch.full((self.frames * self.height * self.width,), -1, device=chosen.device)
        return last.scatter_reduce_(0, self.fragments.pixel.index_select(0, chosen), chosen, "amax")

    @cached_property
    def top_cell(self) -> Tensor:
        """(frames * H * W,) the cell that shows at each pixel."""
        if (self.top < 0).any():
            raise ValueError("a pixel shows no layer at all: every scene needs a layer that fills the frame in every frame")
        return self.fragments.cell.index_select(0, self.top)

    @cached_property
    def near(self) -> tuple[Tensor, Tensor]:
        """Pixels and ranks of the layers that cover a pixel or pass close to it, farthest rank first."""
        close = (self.fragments.spot.distance_px < CLOSE_PX).nonzero()[:, 0]
        return self.fragments.pixel.index_select(0, close), self.fragments.rank.index_select(0, close)

    @cached_property
    def near_cells(self) -> Tensor:
        """(frames * H * W, ranks) bool: layers that cover a pixel or pass close to it."""
        pixel, rank = self.near
        pixels = self.frames * self.height * self.width
        near = torch.zeros(pixels * self.layers, dtype=torch.bool, device=pixel.device)
        return near.index_fill_(0, pixel * self.layers + rank, True).reshape(pixels, self.layers)

    @cached_property
    def near_rank(self) -> Tensor:
        """(frames * H * W,) the nearest rank that covers a pixel or passes close to it, -1 where there is none."""
        pixel, rank = self.near
        return rank.new_full((self.frames * self.height * self.width,), -1).scatter_reduce_(0, pixel, rank, "amax")

    @cached_property
    def blend(self) -> tuple[Tensor, Tensor, list[int]]:
        """Fragments that add to the picture, the share of each in its pixel (smooth edges, nearest first), and where each rank begins."""
        fragments = self.fragments
        chosen = (fragments.spot.distance_px < 0.5).nonzero()[:, 0]
        start = torch.searchsorted(chosen, torch.tensor(fragments.start, device=chosen.device))
        pixel = fragments.pixel.index_select(0, chosen)
        cover = (0.5 - fragments.spot.distance_px.index_select(0, chosen)).clamp_max_(1)
        clear = cover.new_ones(self.frames * self.height * self.width)
        share = torch.empty_like(cover)
        ranks = zip(*(values.split(start.diff().tolist())[::-1] for values in (pixel, cover, share)), strict=True)
        for here, own, part in ranks:
            torch.mul(clear.index_select(0, here), own, out=part)
            clear.index_add_(0, here, part, alpha=-1)
        seen = (share > 0).nonzero()[:, 0]
        return (
            chosen.index_select(0, seen),
            share.index_select(0, seen),
            torch.searchsorted(seen, start).tolist(),
        )


def boxes(cells: Cells, height: int, width: int, reach_px: float) -> Tensor:
    """(cells, 4) int64: left, top, width, height of the pixels within reach of each cell; empty for what is hidden or behind the camera."""
    corners, valid = outline(cells)
    xy = corners[:, :, :2] / torch.where(valid, corners[:, :, 2], 1.0)[:, :, None]
    low = torch.where(valid[:, :, None], xy, torch.inf).amin(1) - reach_px
    high = torch.where(valid[:, :, None], xy, -torch.inf).amax(1) + reach_px
    limit = torch.tensor([width, height], device=low.device)
    begin = low.ceil().clamp_min(0).minimum(limit)
    size = ((high.floor() + 1).clamp_min(0).minimum(limit) - begin).clamp_min(0) * cells.shown[:, None]
    size = size * (size > 0).all(1, keepdim=True)
    return torch.cat([begin, size], 1).long()


def outline(cells: Cells) -> tuple[Tensor, Tensor]:
    """Homogeneous points (cells, 8, 3) whose hull holds each cell on screen, and which of them (cells, 8) lie before the camera.

    Four corners, and where the near plane cuts the sides between them.
    """
    half = cells.size[:, :2] + cells.size[:, 2:]
    signs = torch.tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=half.dtype, device=half.device)
    corner = signs * half[:, None]
    across, down, _, centre = cells.to_image.unbind(-1)
    flat = centre[:, None] + corner[:, :, :1] * across[:, None] + corner[:, :, 1:] * down[:, None]
    if cells.solid.any():
        flat = torch.where(cells.solid[:, None, None], ball_corners(cells, signs, centre), flat)
    following = flat.roll(-1, 1)
    depth, next_depth = flat[:, :, 2], following[:, :, 2]
    step = ((NEAR - depth) / (next_depth - depth)).nan_to_num(0, 0, 0)
    cut = flat + step[:, :, None] * (following - flat)
    crosses = (depth > NEAR) != (next_depth > NEAR)
    return torch.cat([flat, cut], 1), torch.cat([depth > NEAR, crosses], 1)


def ball_corners(cells: Cells, signs: Tensor, centre: Tensor) -> Tensor:
    """(cells, 4, 3) corners of a square on screen that holds the ball (generously, for balls seen off the axis)."""
    depth = centre[:, 2]
    nearest = (depth - torch.linalg.vector_norm(cells.to_image[:, 2, :3], dim=1) * cells.size[:, 2]).clamp_min(NEAR)
    radius_px = 1.3 * cells.scale * cells.size[:, 2] / nearest
    xy = centre[:, :2] / depth[:, None]
    return torch.cat([xy[:, None] + signs * radius_px[:, None, None], torch.ones_like(signs[None, :, :1]).expand(len(depth), 4, 1)], 2)
