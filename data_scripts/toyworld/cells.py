"""Numbers per cell, a cell being one layer in one frame, and the geometry of a point in a cell."""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from data_scripts.toyworld.layers import Layer, View

NEAR = 1e-3  # nothing nearer to the camera is drawn


@dataclass(frozen=True)
class Cells:
    """Tables with one row a cell; cell = frame * layers + layer. Geometry in float64, cast where it meets pixels.

    to_image: (cells, 3, 4), local (u, v, w, 1) -> (x, y, 1) * depth in pixels.
    to_local: (cells, 3, 3), pixels (x, y, 1) -> a patch's (u, v, 1) / depth; for a ball the direction of the ray in local units.
    size: (cells, 4) half width, half height, radius x, radius y. scale: (cells,) pixels per local unit at depth 1.
    shown, solid: (cells,) bool.
    """

    to_image: Tensor
    to_local: Tensor
    size: Tensor
    scale: Tensor
    shown: Tensor
    solid: Tensor

    @property
    def eyes(self) -> Tensor:
        """(cells, 3): the camera's position in the local coordinates of each ball."""
        return -(self.to_local @ self.to_image[:, :, 3:])[:, :, 0]

    @cached_property
    def facing(self) -> bool:
        """Whether all cells are patches that face the camera: then their maps are affine, and cheaper."""
        return not bool(self.solid.any() or self.to_local[:, 2, :2].any())

    @property
    def affine(self) -> Tensor:
        """(cells, 2, 3): pixels (x, y, 1) -> (u, v), for cells that face the camera."""
        return self.to_local[:, :2] / self.to_local[:, 2:, 2:]

    def to(self, device: torch.device | str) -> "Cells":
        """The same tables on a device."""
        return Cells(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})


def pack(layers: list[Layer], frames: int, view: View) -> tuple[Cells, Tensor]:
    """Tables of some layers, and (frames, layers) ranks: 0 is the farthest layer of that frame."""
    place = torch.stack([layer.place.expand(frames, 3, 4) for layer in layers], 1)
    depth = torch.where(torch.tensor([layer.sky for layer in layers]), float("inf"), place[:, :, 2, 3])
    order, shown = (-depth).numpy(), np.ones((frames, len(layers)), dtype=bool)
    for index, layer in enumerate(layers):
        if layer.order is not None:
            order[:, index] = layer.order
        if layer.shown is not None:
            shown[:, index] = layer.shown
    rank = torch.from_numpy(order).argsort(dim=1, stable=True).argsort(1)
    size = torch.tensor([[*layer.half, *layer.radius] for layer in layers], dtype=torch.float64)
    solid = torch.tensor([layer.solid for layer in layers])
    solid = solid.expand(frames, -1).flatten()
    to_image = view.matrix @ place.flatten(0, 1)
    surface = torch.where(solid[:, None, None], to_image[:, :, :3], to_image[:, :, [0, 1, 3]])
    cells = Cells(
        to_image=to_image,
        to_local=torch.linalg.inv(surface),
        size=size.expand(frames, -1, -1).flatten(0, 1),
        scale=view.matrix[0, 0] * torch.linalg.vector_norm(place[..., 0], dim=-1).flatten(),
        shown=torch.from_numpy(shown).flatten(),
        solid=solid,
    )
    return cells, rank


@dataclass(frozen=True)
class Spot:
    """Where a ray meets a cell's surface: local (u, v, w), inverse depth, and the signed distance in px to its outline."""

    local: tuple[Tensor, Tensor, Tensor | None]
    nearness: Tensor
    distance_px: Tensor


def gather(table: Tensor, cell: Tensor, dtype: torch.dtype) -> list[Tensor]:
    """Columns of a table at the given cells: a list of (n,) tensors."""
    columns = table.flatten(1).to(dtype).t().contiguous()
    return [column.index_select(0, cell) for column in columns]


def line(a: Tensor, b: Tensor, c: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """a x + b y + c, in the memory of c."""
    return c.addcmul_(a, x).addcmul_(b, y)


def norm(a: Tensor, b: Tensor) -> Tensor:
    """Length of (a, b)."""
    return (a * a).addcmul_(b, b).sqrt_()


def through(cells: Cells, cell: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
    """u, v and inverse depth where the rays through pixels meet the planes of the cells, and the derivatives u_x, u_y, v_x, v_y."""
    if cells.facing:
        a, b, c, d, e, f = gather(cells.affine, cell, x.dtype)
        (near,) = gather(cells.to_local[:, 2, 2:], cell, x.dtype)
        return line(a, b, c, x, y), line(d, e, f, x, y), near, [a, b, d, e]
    rows = gather(cells.to_local, cell, x.dtype)
    near = line(*rows[6:], x, y)
    u, v = line(*rows[:3], x, y).div_(near), line(*rows[3:6], x, y).div_(near)
    return u, v, near, slopes(rows, u, v, near)


def slopes(rows: list[Tensor], u: Tensor, v: Tensor, near: Tensor) -> list[Tensor]:
    """Derivatives u_x, u_y, v_x, v_y of a patch's coordinates by pixels, in the memory of the rows."""
    a, b, _, d, e, _, g, h, _ = rows
    pairs = ((a, u, g), (b, u, h), (d, v, g), (e, v, h))
    return [own.addcmul_(at, tilt, value=-1).div_(near) for own, at, tilt in pairs]


def meet(cells: Cells, cell: Tensor, x: Tensor, y: Tensor) -> Spot:
    """Follow the rays through pixels (x, y), any real numbers, to the surfaces of the given cells.

    The distance is exact to first order: the implicit function of the outline over the length of its gradient on screen. Its sign is exact.
    """
    u, v, near, (u_x, u_y, v_x, v_y) = through(cells, cell, x, y)
    half_u, half_v, radius_u, radius_v = gather(cells.size, cell, x.dtype)
    out_u, out_v = u.abs().sub_(half_u), v.abs().sub_(half_v)
    e_u, e_v = out_u.clamp_min(0).div_(radius_u), out_v.clamp_min(0).div_(radius_v)
    reach = norm(e_u, e_v)
    g_u, g_v = e_u.div_(radius_u), e_v.div_(radius_v).copysign_(u * v)  # the gradient, times reach, up to a common sign
    steep = norm((u_x * g_u).addcmul_(v_x, g_v), (u_y * g_u).addcmul_(v_y, g_v)).clamp_min_(1e-9)
    round_distance = (reach - 1).mul_(reach).div_(steep)  # 0 where reach is 0: between the corners the flat distance counts alone
    flat_distance = torch.maximum(out_u.sub_(radius_u).div_(norm(u_x, u_y)), out_v.sub_(radius_v).div_(norm(v_x, v_y)))
    distance = round_distance.addcmul_(flat_distance, (reach == 0).to(x.dtype)).masked_fill_(near <= 0, 1e6)
    if not cells.solid.any():
        return Spot((u, v, None), near, distance)
    return with_balls(cells, cell, x, y, Spot((u, v, torch.zeros_like(u)), near, distance))


def with_balls(cells: Cells, cell: Tensor, x: Tensor, y: Tensor, spot: Spot) -> Spot:
    """Replace the spots on solid cells by where the ray first meets the ball, or passes closest to it."""
    which = cells.solid[cell].nonzero()[:, 0]
    own = cell[which]
    to_local, radius = cells.to_local[own], cells.size[own, 2]
    pixels = torch.stack([x[which], y[which], torch.ones_like(x[which])], -1).double()
    ray = (to_local @ pixels[:, :, None])[:, :, 0]
    eye = cells.eyes[own]
    along, square = (eye * ray).sum(-1), (ray * ray).sum(-1)
    miss = (eye * eye).sum(-1) - along * along / square
    to_hit = (radius * radius - miss).clamp_min(0).div(square).sqrt()
    depth = -along / square - to_hit
    hit = eye + depth[:, None] * ray
    distance = (miss.clamp_min(0).sqrt() - radius) * cells.scale[own] * square / -along
    local = [old.index_copy(0, which, new.to(old.dtype)) for old, new in zip(spot.local, hit.unbind(-1), strict=True)]
    return Spot(
        (local[0], local[1], local[2]),
        spot.nearness.index_copy(0, which, depth.reciprocal().to(x.dtype)),
        spot.distance_px.index_copy(0, which, distance.to(x.dtype)),
    )
