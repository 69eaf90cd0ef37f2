"""Colours: the textures of the fragments that show, blended with smooth edges."""

from itertools import pairwise

import torch
from torch import Tensor

from data_scripts.toyworld.cells import gather, line, norm, slopes
from data_scripts.toyworld.layers import WAVES
from data_scripts.toyworld.raster import Raster

FADE_FROM, FADE_TO = 0.4, 1.2  # rad/px in the worst direction: finer waves fade away, as in a mip map


def colours(raster: Raster, textures: Tensor, texture_of_cell: Tensor, chosen: Tensor) -> list[Tensor]:
    """Red, green and blue in about [-1, 1] of the chosen fragments, each (n,).

    Args:
        raster: the geometry.
        textures: (n, 6 + 8 * WAVES) numbers of each texture, see `layers.Texture`.
        texture_of_cell: (cells,) which texture each cell wears.
        chosen: indices of fragments.
    """
    fragments = raster.fragments
    cell = fragments.cell.index_select(0, chosen)
    u, v, w = (None if axis is None else axis.index_select(0, chosen) for axis in fragments.spot.local)
    near = fragments.spot.nearness.index_select(0, chosen)
    worn = texture_of_cell.index_select(0, cell)
    rgb = gather(textures[:, :3], worn, raster.dtype)
    if textures[:, 3:6].any():
        shades = gather(textures[:, 3:6], worn, raster.dtype)
        light = sum(shade * axis for shade, axis in zip(shades, (u, v, w), strict=True) if axis is not None)
        rgb = [base + light for base in rgb]
    coarse = coarseness(raster, cell, u, v, w, near)
    for wave in range(WAVES):
        numbers = textures[:, 6 + 8 * wave : 14 + 8 * wave]
        length, f_u, f_v, phase, *tint = gather(numbers[:, [0, 1, 2, 4, 5, 6, 7]], worn, raster.dtype)
        angle = line(f_u, f_v, phase, u, v)
        if w is not None:
            angle.addcmul_(*gather(numbers[:, 3:4], worn, raster.dtype), w)
        fade = (FADE_TO - length * coarse).mul_(1 / (FADE_TO - FADE_FROM)).clamp_(0, 1)
        height = angle.sin_().mul_(fade)
        for channel, one in zip(rgb, tint, strict=True):
            channel.addcmul_(height, one)
    return rgb


def coarseness(raster: Raster, cell: Tensor, u: Tensor, v: Tensor, w: Tensor | None, near: Tensor) -> Tensor:
    """(n,) local units per pixel in the direction where they are most: the larger singular value of the map from pixels to (u, v)."""
    if raster.cells.facing:  # one number a cell
        return stretch(*raster.cells.affine[:, :, :2].flatten(1).t()).to(raster.dtype).index_select(0, cell)
    flat = stretch(*slopes(gather(raster.cells.to_local, cell, raster.dtype), u, v, near))
    if w is None:
        return flat
    ball = (raster.cells.scale.to(raster.dtype)[cell] * near * facing(raster, cell, u, v, w)).reciprocal()
    return torch.where(raster.cells.solid[cell], ball, flat)


def stretch(u_x: Tensor, u_y: Tensor, v_x: Tensor, v_y: Tensor) -> Tensor:
    """The larger singular value of [[u_x, u_y], [v_x, v_y]]."""
    return (norm(u_x - v_y, u_y + v_x) + norm(u_x + v_y, u_y - v_x)) / 2


def facing(raster: Raster, cell: Tensor, u: Tensor, v: Tensor, w: Tensor) -> Tensor:
    """Cosine between a ball's surface and the line of sight, kept off zero."""
    point = torch.stack([u, v, w], -1)
    sight = raster.cells.eyes.to(point.dtype)[cell] - point
    cosine = (point * sight).sum(-1) / (torch.linalg.vector_norm(point, dim=-1) * torch.linalg.vector_norm(sight, dim=-1)).clamp_min(1e-6)
    return cosine.clamp_min(0.05)


def composite(raster: Raster, values: list[Tensor]) -> Tensor:
    """Blend values (n,) of the fragments in `raster.blend` into planes (frames, channels, H, W). The same bytes every time, on GPU too."""
    chosen, share, bounds = raster.blend
    pixel = raster.fragments.pixel.index_select(0, chosen)
    planes = share.new_zeros(len(values), raster.frames * raster.height * raster.width)
    steps = list(pairwise(bounds)) if share.is_cuda else [(0, len(pixel))]  # a CPU adds in order anyway
    for plane, value in zip(planes, values, strict=True):
        weighted = value * share
        for begin, end in steps:
            plane.index_add_(0, pixel[begin:end], weighted[begin:end])
    return planes.reshape(len(values), raster.frames, raster.height, raster.width).transpose(0, 1).contiguous()
