"""Exact flow and visibility between any two frames, from the transforms of the layers: nothing is searched or estimated."""

import torch
from torch import Tensor

from data_scripts.toyworld.cells import gather, meet
from data_scripts.toyworld.raster import Raster

ROUNDING_PX = 1e-3  # what stands still on the border of the frame is still in it


def pixels(raster: Raster) -> tuple[Tensor, Tensor]:
    """x and y of every pixel, each (H * W,)."""
    y, x = torch.meshgrid(
        torch.arange(raster.height, device=raster.rank.device, dtype=raster.dtype),
        torch.arange(raster.width, device=raster.rank.device, dtype=raster.dtype),
        indexing="ij",
    )
    return x.flatten(), y.flatten()


def flow(raster: Raster, source: Tensor, target: Tensor) -> Tensor:
    """Where the surface seen at each pixel of the source frames stands in the target frames, minus the pixel.

    Args:
        raster: the geometry.
        source, target: (n,) indices of frames.

    Returns:
        (n, 2, H, W) in px on the grid of the source frame, channel 0 right, 1 down. Told also where the point is hidden or outside.
    """
    n, size = len(source), raster.height * raster.width
    cell = raster.top_cell.reshape(raster.frames, size)[source].flatten()
    shift = ((target - source) * raster.layers)[:, None].expand(n, size).flatten()
    x, y = (axis.expand(n, size).flatten() for axis in pixels(raster))
    moved = patch_motion(raster, source, target, cell - (source * raster.layers)[:, None].expand(n, size).flatten(), x, y)
    if raster.cells.solid.any():
        fragment = raster.top.reshape(raster.frames, size)[source].flatten()
        which = raster.cells.solid[cell].nonzero()[:, 0]
        moved = moved.index_copy(1, which, ball_motion(raster, fragment[which], (cell + shift)[which]) - torch.stack([x[which], y[which]]))
    return moved.reshape(2, n, raster.height, raster.width).transpose(0, 1).contiguous()


def patch_motion(raster: Raster, source: Tensor, target: Tensor, layer: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """(2, n * H * W) motion under the homographies of flat layers: those of a still layer are the identity and give zero."""
    each = torch.arange(raster.layers, device=layer.device)
    into = raster.cells.to_image[target[:, None] * raster.layers + each][..., [0, 1, 3]]
    back = raster.cells.to_local[source[:, None] * raster.layers + each]
    pair = torch.arange(len(source), device=layer.device)[:, None].expand(-1, raster.height * raster.width).flatten()
    h = gather((into @ back).flatten(0, 1), pair * raster.layers + layer, raster.dtype)
    depth = h[6] * x + h[7] * y + h[8]
    return torch.stack([(h[0] * x + h[1] * y + h[2]) / depth - x, (h[3] * x + h[4] * y + h[5]) / depth - y])


def ball_motion(raster: Raster, fragment: Tensor, cell: Tensor) -> Tensor:
    """(2, n) where the points of these fragments stand on screen in these cells."""
    local = torch.stack(
        [axis[fragment].double() for axis in raster.fragments.spot.local] + [torch.ones(len(fragment), device=cell.device).double()], -1
    )
    image = (raster.cells.to_image[cell] @ local[:, :, None])[:, :, 0]
    return (image[:, :2] / image[:, 2:]).t().to(raster.dtype)


def visible(raster: Raster, moved: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Whether the surface seen at each source pixel is seen in the target frame too: inside it, and with nothing in front.

    Tested at the exact, fractional target point against the outlines themselves, not against the target's pixels.

    Args:
        moved: (n, 2, H, W) what `flow` gave for the same frames.

    Returns:
        (n, 1, H, W) bool, True where the correspondence exists.
    """
    n, size = len(source), raster.height * raster.width
    x, y = pixels(raster)
    x, y = (x + moved[:, 0].flatten(1)).flatten(), (y + moved[:, 1].flatten(1)).flatten()
    seen = (x > -ROUNDING_PX) & (x < raster.width - 1 + ROUNDING_PX) & (y > -ROUNDING_PX) & (y < raster.height - 1 + ROUNDING_PX)
    cell = raster.top_cell.reshape(raster.frames, size)[source].flatten() + ((target - source) * raster.layers).repeat_interleave(size)
    seen &= raster.cells.shown.index_select(0, cell)
    nearest = (y.clamp(0, raster.height - 1).round() * raster.width + x.clamp(0, raster.width - 1).round()).nan_to_num().long()
    nearest += (target * size).repeat_interleave(size)
    rank = raster.rank.flatten().index_select(0, cell)
    doubtful = (seen & (raster.near_rank.index_select(0, nearest) > rank)).nonzero()[:, 0]
    layer_near = raster.near_cells.index_select(1, nearest[doubtful]) & (
        torch.arange(raster.layers, device=rank.device)[:, None] > rank[doubtful]
    )
    in_front, which = layer_near.nonzero(as_tuple=True)
    point = doubtful[which]
    frame = target.repeat_interleave(size)[point]
    blocker = raster.rank.argsort(1)[frame, in_front] + frame * raster.layers
    hidden = meet(raster.cells, blocker, x[point], y[point]).distance_px < 0
    seen[point[hidden]] = False
    if raster.cells.solid.any():
        seen &= turned_to_camera(raster, cell, source)
    return seen.reshape(n, 1, raster.height, raster.width)


def turned_to_camera(raster: Raster, cell: Tensor, source: Tensor) -> Tensor:
    """(n * H * W,) False where a point of a ball has turned to the far side in the target cell."""
    size = raster.height * raster.width
    fragment = raster.top.reshape(raster.frames, size)[source].flatten()
    local = torch.stack([axis[fragment].double() for axis in raster.fragments.spot.local], -1)
    outward = (local * raster.cells.eyes[cell]).sum(-1) > raster.cells.size[cell, 2].square()
    return outward | ~raster.cells.solid[cell]
