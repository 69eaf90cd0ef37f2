"""Oracles of lesson 11: warps by scipy, the wrong conventions that people write, motions known in closed form."""

import numpy as np
import torch
from scipy.ndimage import map_coordinates
from torch import Tensor

from autograder.checks import pictures
from autograder.checks.compare import agree, array

CLOSE = 1e-4  # single precision: a place in the picture is known to about 1e-5 px
NEXT_TO = 1e-3


def normal(seed: int, *shape: int) -> Tensor:
    """Random numbers that depend on the seed alone."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def uniform(seed: int, *shape: int) -> Tensor:
    """Random numbers of [0, 1) that depend on the seed alone."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def constant(u: float, v: float, height: int, width: int, batch: int = 1) -> Tensor:
    """The same motion everywhere: (B, 2, H, W)."""
    return torch.tensor([u, v], dtype=torch.float32)[:, None, None].repeat(batch, 1, height, width)


def grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of every pixel, each (H, W)."""
    y, x = np.mgrid[:height, :width].astype(float)
    return x, y


def look(image: Tensor, x: np.ndarray, y: np.ndarray, mode: str = "nearest", order: int = 1) -> np.ndarray:
    """Pictures (B, C, H, W) at the places x, y, each (B, H', W'), by scipy: bilinear, with the border repeated."""
    image = np.asarray(image, float)
    seen = [[map_coordinates(channel, [v, u], order=order, mode=mode) for channel in one] for one, u, v in zip(image, x, y, strict=True)]
    return np.array(seen).reshape(*image.shape[:2], *x.shape[1:])


def warped(image: Tensor, flow: Tensor) -> np.ndarray:
    """image(p + flow(p))."""
    x, y = grid(*flow.shape[-2:])
    return look(image, x + flow[:, 0].double().numpy(), y + flow[:, 1].double().numpy())


MISTAKES = {  # where a wrong convention looks, given x, y, u, v, width and height
    "your grid and grid_sample disagree: corners at -1 and 1 need align_corners=True, the default is False":
        lambda x, y, u, v, w, h: ((x + u) * w / (w - 1) - 0.5, (y + v) * h / (h - 1) - 0.5),
    "your grid and grid_sample disagree: with pixel centres at (2x+1)/W - 1 it needs align_corners=False":
        lambda x, y, u, v, w, h: ((x + u + 0.5) * (w - 1) / w, (y + v + 0.5) * (h - 1) / h),
    "channel 0 is x, to the right, and channel 1 is y, down; yours are swapped":
        lambda x, y, u, v, w, h: (x + v, y + u),
    "the sign: out(p) looks at p + flow(p), not p - flow(p); which frame owns this grid?":
        lambda x, y, u, v, w, h: (x - u, y - v),
    "one pixel of flow moved the picture off screen: flow in pixels was added to a grid in -1 ... 1":
        lambda x, y, u, v, w, h: (x + u * (w - 1) / 2, y + v * (h - 1) / 2),
    "one pixel of flow moved the picture off screen: flow in pixels was added to a grid of -1 ... 1":
        lambda x, y, u, v, w, h: (x + u * w / 2, y + v * h / 2),
    "one pixel of flow moved the picture by half a pixel: from -1 to 1 is a way of 2, so (W-1)/2, not W-1":
        lambda x, y, u, v, w, h: (x + u / 2, y + v / 2),
    "one pixel of flow moved the picture by half a pixel: from -1 to 1 is a way of 2, so W/2, not W":
        lambda x, y, u, v, w, h: (x + u * (w - 1) / w / 2, y + v * (h - 1) / h / 2),
    "the scale error grows towards the right and lower border: it divides by W where align_corners=True needs W - 1":
        lambda x, y, u, v, w, h: ((x + u) * (w - 1) / w, (y + v) * (h - 1) / h),
    "the scale error grows towards the right and lower border: it divides by W - 1 where align_corners=False needs W":
        lambda x, y, u, v, w, h: (((x + u) * 2 + 1) / (w - 1) * w / 2 - 0.5, ((y + v) * 2 + 1) / (h - 1) * h / 2 - 0.5),
    "everything is half a pixel off: pixel centres lie at (2x+1)/W - 1, not at 2x/W - 1":
        lambda x, y, u, v, w, h: (x + u - 0.5, y + v - 0.5),
    "H and W are mixed in the normalisation, which square pictures do not show: x goes with W, y with H":
        lambda x, y, u, v, w, h: ((x + u) * (w - 1) / (h - 1), (y + v) * (h - 1) / (w - 1)),
    "H and W are mixed in the normalisation, which square pictures do not show: x belongs to W, y to H":
        lambda x, y, u, v, w, h: ((x + u + 0.5) * w / h - 0.5, (y + v + 0.5) * h / w - 0.5),
    "the whole grid is turned over: grid_sample wants x first in its last axis, then y":
        lambda x, y, u, v, w, h: ((y + v) * (w - 1) / (h - 1), (x + u) * (h - 1) / (w - 1)),
    "the whole grid is turned over: grid_sample wants x before y in its last axis":
        lambda x, y, u, v, w, h: ((y + v + 0.5) * w / h - 0.5, (x + u + 0.5) * h / w - 0.5),
    "the first picture's flow was used for all: every picture of the batch has its own":
        lambda x, y, u, v, w, h: (x + u[:1] + 0 * u, y + v[:1] + 0 * v),
    "the flow was ignored: out(p) = image(p + flow(p))":
        lambda x, y, u, v, w, h: (x + 0 * u, y + 0 * v),
}  # fmt: skip
EDGES = {
    "dark rim: outside, the nearest border pixel was asked for, not zeros": {"mode": "grid-constant"},
    "mirrored rim: outside, the nearest border pixel was asked for": {"mode": "mirror"},
    "the picture comes round again: outside, the nearest border pixel was asked for": {"mode": "grid-wrap"},
    "the nearest pixel was taken: mix the four around, or half a pixel of motion is lost": {"order": 0},
}


def agree_warp(got: object, image: Tensor, flow: Tensor, case: str) -> None:
    """Compare a warp with scipy's; where it is one of the known mistakes, say which."""
    expected = warped(image, flow)
    came = array(got, case)
    if came.shape != expected.shape:
        agree(came, expected, case, "(B, C, H, W), as the image came")
    off = np.abs(came - expected).max()
    if not off <= CLOSE:
        agree(came, expected, case, mistake(came, image, flow, min(NEXT_TO, off / 2)), CLOSE, rim_picture)


def mistake(came: np.ndarray, image: Tensor, flow: Tensor, near: float) -> str:
    """The known mistake whose result is within `near` of this, in words; else the general hint."""
    height, width = flow.shape[-2:]
    x, y = grid(height, width)
    u, v = flow[:, 0].double().numpy(), flow[:, 1].double().numpy()
    for words, place in MISTAKES.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            at = place(x, y, u, v, width, height)
        if np.allclose(at, (x + u, y + v)):  # no mistake on this flow, such as the first picture's flow in a batch of one
            continue
        for edge in ("nearest", "grid-constant"):
            if np.isfinite(at).all() and np.abs(look(image, *at, mode=edge) - came).max() < near:
                return words
    for words, how in EDGES.items():
        if np.abs(look(image, x + u, y + v, **how) - came).max() < near:
            return words
    return "out(p) = image(p + flow(p)), x first; 1 - a for the left pixel, a for the right; clamp to 0 ... W-1 and 0 ... H-1"


def rim_picture(got: np.ndarray, expected: np.ndarray):
    """The first channel of the first picture, beside what was expected."""
    return pictures.images(got[0, 0], expected[0, 0])


def affine(matrix: np.ndarray, shift: np.ndarray, height: int, width: int) -> Tensor:
    """Flow of the motion p -> A p + s around the centre of the picture: (1, 2, H, W); bilinear reading of it is exact."""
    x, y = grid(height, width)
    cx, cy = (width - 1) / 2, (height - 1) / 2
    moved = np.einsum("ij,jhw->ihw", matrix, np.stack([x - cx, y - cy]))
    flow = moved + np.array([cx + shift[0], cy + shift[1]])[:, None, None] - np.stack([x, y])
    return torch.from_numpy(flow).float()[None]


def turn(angle: float, scale: float = 1.0) -> np.ndarray:
    """A rotation with a scaling: (2, 2)."""
    return scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def inside(flow: Tensor) -> np.ndarray:
    """(B, H, W) bool: p + flow(p) lies in the picture, its border included."""
    height, width = flow.shape[-2:]
    x, y = grid(height, width)
    x, y = x + flow[:, 0].numpy(), y + flow[:, 1].numpy()
    return (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)


def texture(seed, x, y, shortest=8):
    """Smooth colours (1, 3, H, W) at any places: waves of `shortest` px to three times that, with random phases."""
    random = np.random.default_rng(seed)
    total = np.zeros((3, *x.shape))
    for channel in range(3):
        for _ in range(4):
            length, angle, phase = random.uniform(shortest, 3 * shortest), *random.uniform(0, 2 * np.pi, 2)
            total[channel] += 0.11 * np.sin(2 * np.pi / length * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    return torch.from_numpy(0.5 + total).float()[None]


def moving_pair(seed, matrix, shift, height=32, width=48, shortest=8):
    """Two frames of a texture under an affine motion, the exact forward flow, and where it stays inside."""
    flow = affine(matrix, shift, height, width)
    y, x = np.mgrid[:height, :width].astype(float)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])[:, None, None]
    back = np.einsum("ij,jhw->ihw", np.linalg.inv(matrix), np.stack([x, y]) - centre - np.asarray(shift)[:, None, None]) + centre
    return texture(seed, x, y, shortest), texture(seed, *back, shortest), flow, inside(flow)


def error_px(got, flow, kept):
    """Mean end-point error in px over the pixels that are kept."""
    return float(np.hypot(*(np.asarray(got, float) - flow.numpy())[0])[kept[0]].mean())
