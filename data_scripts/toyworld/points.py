"""Keypoints, part transforms, and the stick pictures drawn through the keypoints."""

import colorsys
from random import Random

import torch
from torch import Tensor

from data_scripts.toyworld.cells import Cells, meet
from data_scripts.toyworld.layers import Drawing
from data_scripts.toyworld.raster import Raster
from data_scripts.toyworld.scene import SceneSpec
from data_scripts.toyworld.shade import composite

STEPS = 4  # straight pieces of a curve through three points


def keypoints(raster: Raster, drawing: Drawing, frame: Tensor) -> Tensor:
    """(frames, K, 3) float64: x and y in px, and 1 where the point is inside the frame and shows.

    A joint counts as shown if its own layer is on top of it, or the layer that this one hangs on, or one that hangs on it.
    """
    names = [layer.name for layer in drawing.layers]
    device = frame.device
    own = torch.tensor([names.index(point.layer) for point in drawing.keypoints], dtype=torch.long, device=device)
    at = torch.tensor([[*point.at, 1.0] for point in drawing.keypoints], dtype=torch.float64, device=device).reshape(-1, 4)
    cell = frame[:, None] * raster.layers + own
    image = (raster.cells.to_image[cell] @ at[:, :, None])[..., 0]
    x, y = (image[..., :2] / image[..., 2:]).unbind(-1)
    shows = (x >= 0) & (x <= raster.width - 1) & (y >= 0) & (y <= raster.height - 1) & raster.cells.shown[cell]
    shows &= kin(drawing).to(device)[torch.arange(len(own), device=device), top_layer(raster, frame, x, y)] & turned(raster, cell, at)
    return torch.stack([x, y, shows.double()], -1)


def kin(drawing: Drawing) -> Tensor:
    """(K, layers) bool: the layer that a keypoint rides on, one that this hangs on, or one that hangs on it."""
    by_name = {layer.name: layer for layer in drawing.layers}
    owns = [by_name[point.layer] for point in drawing.keypoints]
    return torch.tensor([[a is b or a.parent == b.name or b.parent == a.name for b in drawing.layers] for a in owns])


def top_layer(raster: Raster, frame: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """(frames, K) the layer that shows at any real point of each frame; x, y: (frames, K)."""
    layer = torch.arange(raster.layers, device=frame.device)
    cell = (frame[:, None, None] * raster.layers + layer).expand(*x.shape, raster.layers)
    everywhere = [axis[..., None].expand_as(cell).flatten() for axis in (x, y)]
    inside = (meet(raster.cells, cell.flatten(), *everywhere).distance_px < 0) & raster.cells.shown[cell.flatten()]
    return torch.where(inside.reshape(cell.shape), raster.rank[frame][:, None], -1).argmax(-1)


def turned(raster: Raster, cell: Tensor, at: Tensor) -> Tensor:
    """Whether points on balls face the camera; True for all other points, a ball's centre among them."""
    outward = (at[:, :3] * raster.cells.eyes[cell]).sum(-1) > raster.cells.size[cell, 2].square()
    return outward | ~raster.cells.solid[cell] | (at[:, :3].square().sum(-1) < 1e-9)


def told(exact: Tensor, spec: SceneSpec) -> tuple[Tensor, Tensor]:
    """Keypoints as a detector would tell them, and which it found: noise and gaps by the controls `jitter_px` and `drop_rate`.

    Args:
        exact: (T, K, 3).
        spec: whose controls and seed.

    Returns:
        (T, K, 3) float32 and (T, K) bool.
    """
    controls = spec.world.controls
    found = torch.ones(exact.shape[:2], dtype=torch.bool)
    if not controls.jitter_px and not controls.drop_rate:
        return exact.float(), found.to(exact.device)
    noise = torch.zeros_like(exact, device="cpu")
    random = Random(f"{spec.world.kind}/detector/{spec.world.seed}")
    for t in range(exact.shape[0]):
        for k in range(exact.shape[1]):
            noise[t, k, 0], noise[t, k, 1] = random.gauss(0, controls.jitter_px), random.gauss(0, controls.jitter_px)
            found[t, k] = random.random() >= controls.drop_rate
    found = found.to(exact.device)
    noisy = exact + noise.to(exact.device)
    return torch.cat([noisy[..., :2], noisy[..., 2:] * found[..., None]], -1).float(), found


def part_affine(raster: Raster, parts: Tensor, frame: Tensor) -> Tensor:
    """(frames, P, 2, 3) float32: local (u, v, 1) -> px for the layers `parts` (P,).

    Exact for what faces the camera, else to first order at the centre.
    """
    image = raster.cells.to_image[frame[:, None] * raster.layers + parts]
    centre, depth = image[..., 3], image[..., 2, 3]
    place = centre[..., :2] / depth[..., None]
    across = (image[..., :2, :2] - place[..., None] * image[..., 2:, :2]) / depth[..., None, None]
    return torch.cat([across, place[..., None]], -1).float()


def sticks(points: Tensor, found: Tensor, curves: list[tuple[int, ...]], raster: Raster) -> tuple[Raster, Tensor]:
    """The curves as a drawing of capsules, and the curve (cells,) that each belongs to.

    A curve is two keypoints (a straight limb) or three (a parabola through them); it is left out where one of its points was not found.
    """
    starts, ends, owner, there = [], [], [], []
    for number, curve in enumerate(curves):
        line = points[:, list(curve), :2].double()
        if len(curve) == 3:
            s = torch.linspace(0, 1, STEPS + 1, dtype=torch.float64, device=line.device)
            weights = torch.stack([(1 - s) * (1 - 2 * s), 4 * s * (1 - s), s * (2 * s - 1)], -1)
            line = weights @ line
        starts.append(line[:, :-1])
        ends.append(line[:, 1:])
        owner += [number] * (line.shape[1] - 1)
        there.append(found[:, list(curve)].all(1, keepdim=True).expand(-1, line.shape[1] - 1))
    thick = max(0.6, 0.012 * min(raster.height, raster.width))
    cells = capsules(torch.cat(starts, 1), torch.cat(ends, 1), thick, torch.cat(there, 1))
    rank = torch.arange(len(owner), device=points.device).expand(len(points), -1)
    picture = Raster(cells, rank, raster.height, raster.width, raster.dtype, reach_px=1.0)
    return picture, torch.tensor(owner, device=points.device).repeat(len(points))


def capsules(start: Tensor, end: Tensor, thick_px: float, shown: Tensor) -> Cells:
    """Cells of straight sticks from start to end, (frames, S, 2) in px."""
    along = end - start
    length = torch.linalg.vector_norm(along, dim=-1)
    angle = torch.atan2(along[..., 1], along[..., 0])
    cos, sin = angle.cos(), angle.sin()
    x, y = ((start + end) / 2).unbind(-1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    image = torch.stack([cos, -sin, zero, x, sin, cos, zero, y, zero, zero, zero, one], -1).reshape(-1, 3, 4)
    size = torch.stack([length / 2, zero, thick_px * one, thick_px * one], -1).reshape(-1, 4)
    return Cells(image, torch.linalg.inv(image[..., [0, 1, 3]]), size, one.flatten(), shown.flatten(), torch.zeros_like(shown.flatten()))


def sketch(picture: Raster) -> Tensor:
    """(frames, 1, H, W) float32 in [0, 1]: the curves in white on black."""
    return composite(picture, [torch.ones_like(picture.blend[1])]).float()


def pose_image(picture: Raster, owner: Tensor) -> Tensor:
    """(frames, 3, H, W) float32 in [0, 1]: each curve in its own colour on black."""
    chosen, _, _ = picture.blend
    number = int(owner.max()) + 1
    palette = torch.tensor(
        [colorsys.hsv_to_rgb(0.85 * k / number, 0.9, 1.0) for k in range(number)], dtype=picture.dtype, device=owner.device
    )
    return composite(picture, list(palette[owner[picture.fragments.cell[chosen]]].t())).float()
