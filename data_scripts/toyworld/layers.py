"""What a toy scene is made of: flat patches and balls in front of a pinhole camera, each with a texture of its own.

Units: a scene of the flat kinds is one unit across the shorter side of the frame, x right, y down; `street` and `object3d` use metres.
"""

import colorsys
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

WAVES = 3

Colour = tuple[float, float, float]
Number = Tensor | np.ndarray | float  # () or (T,)


@dataclass(frozen=True)
class View:
    """The frame and the lens: pixel = K @ camera point / depth, pixel centres at integers."""

    height: int
    width: int
    zoom: float = 1.0

    @property
    def unit(self) -> int:
        """Pixels per scene unit at zoom 1: the shorter side."""
        return min(self.height, self.width)

    @property
    def half(self) -> tuple[float, float]:
        """Half width and half height of the frame in scene units, at zoom 1."""
        return self.width / self.unit / 2, self.height / self.unit / 2

    @property
    def matrix(self) -> Tensor:
        """(3, 3) float64 camera matrix K."""
        focal = self.zoom * self.unit
        return torch.tensor(
            [[focal, 0, (self.width - 1) / 2], [0, focal, (self.height - 1) / 2], [0, 0, 1]],
            dtype=torch.float64,
        )


@dataclass(frozen=True)
class Texture:
    """Base colour, a linear shade, and waves (frequency per local unit, phase, colour): all in the layer's own coordinates."""

    base: Colour
    shade: tuple[float, float, float] = (0.0, 0.0, 0.0)
    waves: tuple[tuple[float, ...], ...] = ()

    def numbers(self) -> list[float]:
        """Base, shade, and each wave with the length of its (u, v) frequency in front: 6 + 8 * WAVES numbers."""
        rows = [*self.waves, *[(0.0,) * 7] * (WAVES - len(self.waves))]
        return [*self.base, *self.shade, *(number for row in rows for number in (math.hypot(row[0], row[1]), *row))]


@dataclass(frozen=True)
class Layer:
    """One patch (rounded box: |x| <= half, grown by the elliptic radius) or, if solid, one ball.

    `place` is (T, 3, 4) float64, local -> camera. `order` says who hides whom: larger is nearer; (T,) where it changes.
    """

    name: str
    place: Tensor
    texture: Texture
    half: tuple[float, float] = (0.0, 0.0)
    radius: tuple[float, float] = (1e-6, 1e-6)
    sem: str = ""  # a class of the kind; empty: the first
    inst: int = 0
    part: str = ""
    parent: str = ""  # the layer that it hangs on
    solid: bool = False
    sky: bool = False
    order: Tensor | np.ndarray | float | None = None
    shown: Tensor | np.ndarray | None = None


@dataclass(frozen=True)
class Keypoint:
    """A point that rides on a layer: layer name and local coordinates."""

    layer: str
    at: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Drawing:
    """All that a renderer needs: layers, points, curves through points, names of part layers, world -> camera.

    rotation: (T, 3, 3), translation: (T, 3), float64; None where the camera stands still at the origin.
    """

    layers: list[Layer]
    keypoints: list[Keypoint] = field(default_factory=list)
    curves: list[tuple[int, ...]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    rotation: Tensor | None = None
    translation: Tensor | None = None


def flat(x: Number, y: Number, depth: float, angle: Number = 0.0, wide: Number = 1.0, tall: Number = 1.0) -> Tensor:
    """Place a layer facing the camera: (T, 3, 4); x, y in scene units, angle in radians (clockwise on screen), each () or (T,)."""
    angle, wide, tall = (np.asarray(value, dtype=np.float64) for value in (angle, wide, tall))
    cos, sin = np.cos(angle), np.sin(angle)
    return placed([cos * wide, sin * wide, 0.0], [-sin * tall, cos * tall, 0.0], [0.0, 0.0, 1.0], [x, y, 1.0]) * depth


def placed(across: Sequence, down: Sequence, out: Sequence, at: Sequence) -> Tensor:
    """A layer's axes and its middle, each three numbers () or (T,), as the columns of (T, 3, 4); () where none has frames.

    In NumPy, which handles arrays this small several times faster.
    """
    columns = [[np.asarray(number) for number in column] for column in (across, down, out, at)]
    place = np.empty((*max((number.shape for column in columns for number in column), key=len), 3, 4))
    for column, numbers in enumerate(columns):
        for row, number in enumerate(numbers):
            place[..., row, column] = number
    return torch.from_numpy(place)


def colour(hue: float, saturation: float, value: float) -> Colour:
    """HSV in [0, 1] (hue wraps) -> RGB in [-1, 1]."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return 2 * red - 1, 2 * green - 1, 2 * blue - 1
