"""Label maps of what shows at each pixel: hard tests only, no smoothing."""

import torch
from torch import Tensor

from data_scripts.toyworld.cells import gather
from data_scripts.toyworld.raster import EDGE_REACH_PX, Raster


def of_layer(raster: Raster, values: Tensor) -> Tensor:
    """(frames, H, W): a number of the cell that shows. values: (cells,)."""
    return values.index_select(0, raster.top_cell).reshape(raster.frames, raster.height, raster.width)


def edge(inst: Tensor) -> Tensor:
    """(frames, 1, H, W) float32: 1 where a pixel's instance differs from that of any of its four neighbours."""
    mark = torch.zeros_like(inst, dtype=torch.bool)
    across = inst[:, :, 1:] != inst[:, :, :-1]
    down = inst[:, 1:] != inst[:, :-1]
    mark[:, :, 1:] |= across
    mark[:, :, :-1] |= across
    mark[:, 1:] |= down
    mark[:, :-1] |= down
    return mark[:, None].float()


def depth(raster: Raster, sky: Tensor) -> Tensor:
    """(frames, 1, H, W) float32 along the optical axis in scene units, inf for the sky. sky: (cells,) bool."""
    far = raster.fragments.spot.nearness.index_select(0, raster.top).reciprocal()
    far = torch.where(sky.index_select(0, raster.top_cell), torch.inf, far)
    return far.float().reshape(raster.frames, 1, raster.height, raster.width)


def edge_dist(raster: Raster) -> Tensor:
    """(frames, 1, H, W) float32: px to the nearest outline of a layer, its own or one in front; never above `EDGE_REACH_PX`."""
    fragments = raster.fragments
    distance = fragments.spot.distance_px.abs()
    behind = fragments.rank < fragments.rank.index_select(0, raster.top).index_select(0, fragments.pixel)
    distance.masked_fill_(behind | distance.isnan(), EDGE_REACH_PX)  # a patch seen edge on has no distance
    nearest = distance.new_full((raster.frames * raster.height * raster.width,), EDGE_REACH_PX)
    nearest.scatter_reduce_(0, fragments.pixel, distance, "amin")
    return nearest.float().reshape(raster.frames, 1, raster.height, raster.width)


def uv(raster: Raster) -> Tensor:
    """(frames, 2, H, W) float32 in [-1, 1]: the position on the layer that shows, from edge to edge; on a ball longitude and latitude."""
    u, v, w = (None if axis is None else axis.index_select(0, raster.top) for axis in raster.fragments.spot.local)
    wide, tall = gather(raster.cells.size[:, :2] + raster.cells.size[:, 2:], raster.top_cell, u.dtype)
    flat = torch.stack([u / wide, v / tall])
    if w is not None:
        ball = torch.stack([torch.atan2(u, -w) / torch.pi, (v / tall).clamp(-1, 1).asin() * 2 / torch.pi])
        flat = torch.where(raster.cells.solid[raster.top_cell], ball, flat)
    return flat.float().reshape(2, raster.frames, raster.height, raster.width).transpose(0, 1).contiguous()
