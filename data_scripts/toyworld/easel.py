"""Painting: textures drawn by name, and layers stacked up one after another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from torch import Tensor

from data_scripts.toyworld.layers import WAVES, Colour, Layer, Number, Texture, flat

FINEST = 0.55  # rad/px: finer textures would not survive bilinear warping


@dataclass
class Easel:
    """Collects the layers of a scene. A texture depends on the style seed and the layer's name, on nothing before it."""

    seed: str
    amount: float  # the control `texture`
    unit_px: int
    layers: list[Layer] = field(default_factory=list)

    def random(self, name: str) -> Random:
        """Random numbers of the style, the same for the same name."""
        return Random(f"{self.seed}/{name}")

    def texture(
        self,
        name: str,
        base: Colour,
        strength: float = 1.0,
        grain: float = 1.0,
        shade: Sequence[float] = (0.0, 0.0, 0.0),
        angles: Sequence[float] = (),
    ) -> Texture:
        """Three waves around a base colour.

        Args:
            name: the same name and seed give the same texture.
            base: RGB in [-1, 1].
            strength: 1 is a bold pattern, 0 none.
            grain: scene units per local unit (1 for the flat kinds), so that waves have a fitting size in pixels.
            shade: change of brightness per local unit.
            angles: directions of the waves in radians; drawn where not given.
        """
        random = self.random(name)
        amount = self.amount * strength
        coarse = math.sqrt(64 / self.unit_px)
        waves = []
        for k in range(WAVES):
            angle = random.uniform(0, math.pi) if k >= len(angles) else angles[k]
            frequency = min(FINEST, random.uniform(0.16, 0.45) * coarse) * self.unit_px * grain
            direction = frequency * math.cos(angle), frequency * math.sin(angle), frequency * random.uniform(-1, 1)
            light = random.uniform(0.12, 0.22) * amount
            tint = [light + random.uniform(-0.12, 0.12) * amount for _ in range(3)]
            waves.append((*direction, random.uniform(0, 2 * math.pi), *tint))
        return Texture(base, tuple(shade), tuple(waves) if amount else ())

    def put(
        self,
        name: str,
        place: Tensor,
        base: Colour,
        half: tuple[float, float] = (0.0, 0.0),
        radius: tuple[float, float] = (1e-6, 1e-6),
        strength: float = 1.0,
        grain: float = 1.0,
        shade: Sequence[float] = (0.0, 0.0, 0.0),
        angles: Sequence[float] = (),
        coat: str = "",
        **labels,
    ) -> None:
        """Add a layer at a place (T, 3, 4); `coat` names its texture where that is not its own, `labels` are further fields of `Layer`."""
        texture = self.texture(coat or name, base, strength, grain, shade, angles)
        self.layers.append(Layer(name, place, texture, half, radius, **labels))

    def flat(self, name: str, at: tuple, base: Colour, angle: Number = 0.0, wide: Number = 1.0, tall: Number = 1.0, **rest) -> None:
        """Add a layer that faces the camera at (x, y), in front of all before; further arguments as in `put`."""
        depth = 10 - 0.1 * len(self.layers)
        self.put(name, flat(*at, depth, angle, wide, tall), base, **rest)
