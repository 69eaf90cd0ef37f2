"""Exact flow and visibility between any two frames, from the transforms of the layers: nothing is searched or estimated."""

import torch
from torch import Tensor

from data_scripts.toyworld.cells import gather, line, meet
from data_scripts.toyworld.raster import Raster

ROUNDING_PX = 1e-3  # what stands still on the border of the frame is still in it
STILL = 1e-12  # a transform this near to the identity differs from it by rounding only


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
    cell = seen_cells(raster, source)
    x, y = (axis.expand(cell.shape) for axis in pixels(raster))
    moved = patch_motion(raster, source, target, cell - (source * raster.layers)[:, None], x, y)
    if raster.cells.solid.any():
        fragment = raster.top.reshape(raster.frames, -1)[source]
        ball = raster.cells.solid[cell].nonzero(as_tuple=True)
        there = ball_motion(raster, fragment[ball], (cell + ((target - source) * raster.layers)[:, None])[ball])
        moved[:, ball[0], ball[1]] = there - torch.stack([x[ball], y[ball]])
    return moved.reshape(2, -1, raster.height, raster.width).transpose(0, 1).contiguous()


def patch_motion(raster: Raster, source: Tensor, target: Tensor, layer: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """(2, n, H * W) motion under the homographies of flat layers: those of a still layer are the identity and give zero."""
    each = torch.arange(raster.layers, device=layer.device)
    into = raster.cells.to_image[target[:, None] * raster.layers + each][..., [0, 1, 3]]
    back = raster.cells.to_local[source[:, None] * raster.layers + each]
    both = (into @ back).flatten(0, 1)
    row = (layer + torch.arange(len(source), device=layer.device)[:, None] * raster.layers).flatten()
    shape, x, y = x.shape, x.flatten(), y.flatten()
    if raster.cells.facing:
        moves = (both / both[:, 2:, 2:] - torch.eye(3, dtype=both.dtype, device=both.device))[:, :2]
        h = gather(moves.where(moves.abs() > STILL, 0), row, raster.dtype)
        return torch.stack([line(*h[:3], x, y), line(*h[3:], x, y)]).reshape(2, *shape)
    h = gather(both, row, raster.dtype)
    depth = line(*h[6:], x, y)
    return torch.stack([line(*h[:3], x, y) / depth - x, line(*h[3:6], x, y) / depth - y]).reshape(2, *shape)


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
    x, y = pixels(raster)
    x, y = x + moved[:, 0].flatten(1), y + moved[:, 1].flatten(1)  # (n, H * W)
    right, bottom = raster.width - 1, raster.height - 1
    cell = seen_cells(raster, source) + ((target - source) * raster.layers)[:, None]
    seen = (x > -ROUNDING_PX) & (x < right + ROUNDING_PX) & (y > -ROUNDING_PX) & (y < bottom + ROUNDING_PX)
    seen &= at(raster.cells.shown, cell)
    nearest = torch.addcmul(x.clamp(0, right).round(), y.clamp(0, bottom).round(), x.new_tensor(raster.width)).nan_to_num().long()
    nearest += (target * raster.height * raster.width)[:, None]
    rank = at(raster.rank.flatten(), cell)
    doubtful = (seen & (at(raster.near_rank, nearest) > rank)).flatten().nonzero()[:, 0]
    near = raster.near_cells.index_select(0, at(nearest.flatten(), doubtful))
    nearer = torch.arange(raster.layers, device=rank.device) > at(rank.flatten(), doubtful)[:, None]
    which, in_front = (near & nearer).nonzero(as_tuple=True)
    point = at(doubtful, which)
    frame = at(target, torch.div(point, x.shape[1], rounding_mode="floor"))
    blocker = at(raster.rank.argsort(1).flatten(), frame * raster.layers + in_front) + frame * raster.layers
    hidden = meet(raster.cells, blocker, at(x.flatten(), point), at(y.flatten(), point)).distance_px < 0
    seen.view(-1)[point[hidden]] = False
    if raster.cells.solid.any():
        seen &= turned_to_camera(raster, cell.flatten(), source).reshape(seen.shape)
    return seen.reshape(len(source), 1, raster.height, raster.width)


def seen_cells(raster: Raster, frame: Tensor) -> Tensor:
    """(n, H * W) the cell that shows at each pixel of these frames."""
    return raster.top_cell.reshape(raster.frames, -1).index_select(0, frame)


def at(values: Tensor, index: Tensor) -> Tensor:
    """values[index] for one-dimensional values and an index of any shape."""
    return values.index_select(0, index.flatten()).reshape(index.shape)


def turned_to_camera(raster: Raster, cell: Tensor, source: Tensor) -> Tensor:
    """(n * H * W,) False where a point of a ball has turned to the far side in the target cell."""
    size = raster.height * raster.width
    fragment = raster.top.reshape(raster.frames, size)[source].flatten()
    local = torch.stack([axis[fragment].double() for axis in raster.fragments.spot.local], -1)
    outward = (local * raster.cells.eyes[cell]).sum(-1) > raster.cells.size[cell, 2].square()
    return outward | ~raster.cells.solid[cell]
