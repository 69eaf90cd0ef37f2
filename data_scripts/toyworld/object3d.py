"""Object in space: a toy of balls and boxes on a table, seen by a camera that goes around it. All poses are known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from data_scripts.toyworld.easel import Easel
from data_scripts.toyworld.layers import Colour, Drawing, Keypoint, Number, colour

if TYPE_CHECKING:
    from data_scripts.toyworld.scene import World

CLASSES = ("wall", "table", "body", "head", "foot", "nose")
PARTS = ("background", "body", "head", "left foot", "right foot", "nose", "left eye", "right eye", "hat")
FOREGROUND = ("body", "head", "foot", "nose")
ACTIONS = {"azimuth": (-1.0, 1.0), "elevation": (-1.0, 1.0), "distance": (-1.0, 1.0)}  # of the camera: 0.12 rad, 0.04 rad, 0.1 m per frame
JOINTS = ("azimuth", "elevation")
HAT = 1.8  # radius in noses
X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
SUN = (-0.35, -0.8, -0.5)  # light comes from here, in the world


def identity(random: Random) -> dict:
    """Half sizes in metres; the body is a box or a ball."""
    return {
        "boxy": random.random() < 0.6,
        "body": (random.uniform(0.42, 0.55), random.uniform(0.4, 0.6), random.uniform(0.35, 0.45)),
        "head": random.uniform(0.32, 0.42),
        "foot": random.uniform(0.15, 0.19),
        "nose": random.uniform(0.08, 0.12),
        "eye": random.uniform(0.05, 0.07),
    }


def start(random: Random, world: World) -> dict[str, float]:
    """Where the camera stands, and which way round it will go."""
    return {
        "azimuth": random.uniform(-math.pi, math.pi),
        "elevation": random.uniform(0.25, 0.5),
        "distance": random.uniform(3.0, 3.5),
        "way": random.choice([-1, 1]) * random.uniform(0.4, 1.0),
    }


def script(random: Random, values: Mapping[str, float]) -> dict[str, float]:
    """Around at an even pace, up and down at random."""
    return {"azimuth": values["way"], "elevation": random.uniform(-0.6, 0.6), "distance": random.uniform(-0.4, 0.4)}


def step(values: Mapping[str, float], action: Mapping[str, float], pace: float, world: World) -> dict[str, float]:
    """Move the camera within its limits."""
    return {
        "azimuth": values["azimuth"] + 0.12 * pace * action["azimuth"],
        "elevation": min(max(values["elevation"] + 0.04 * pace * action["elevation"], 0.15), 0.9),
        "distance": min(max(values["distance"] + 0.1 * pace * action["distance"], 2.6), 4.2),
    }


def about(values: Mapping[str, float], world: World) -> dict:
    """The scene, in words."""
    return {"caption": f"a toy with a {'square' if world.identity['boxy'] else 'round'} body on a table, seen from all sides"}


def orbit(track: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """World -> camera rotation (T, 3, 3) and translation (T, 3) of a camera that looks at the middle of the toy."""
    azimuth, elevation, distance = track["azimuth"], track["elevation"], track["distance"]
    away = torch.stack([azimuth.sin() * elevation.cos(), -elevation.sin(), -azimuth.cos() * elevation.cos()], -1)
    target = torch.tensor([0.0, -1.05, 0.0], dtype=torch.float64)
    eye = target + distance[:, None] * away
    forward = -away
    right = torch.linalg.cross(torch.tensor(Y, dtype=torch.float64).expand_as(forward), forward)
    right = right / torch.linalg.vector_norm(right, dim=-1, keepdim=True)
    down = torch.linalg.cross(forward, right)
    rotation = torch.stack([right, down, forward], 1)
    return rotation, -(rotation @ eye[:, :, None])[:, :, 0]


def draw(track: dict[str, Tensor], world: World) -> Drawing:
    """The toy on its table, with tips of its parts as keypoints."""
    who, easel = world.identity, world.easel
    stage = Studio(easel, *orbit(track))
    hue = easel.random("palette").random()
    legs, (x, y, z), head = 2 * who["foot"], who["body"], who["head"]
    table(stage, hue, x, z)
    shoes = colour(hue + 0.6, 0.6, 0.6)
    for side, sign in (("left", -1), ("right", 1)):
        foot = (0.5 * sign * x, -who["foot"], -0.75 * z)
        stage.ball(f"foot_{side}", foot, who["foot"], shoes, 10 + 0.1 * stage.nearness(foot), sem="foot", part=f"{side} foot")
    middle, coat = (0.0, -legs - y, 0.0), colour(hue, 0.6, 0.8)
    if who["boxy"]:
        stage.box("body", middle, who["body"], coat, 20.0, sem="body", part="body")
    else:
        stage.ball("body", middle, y, coat, 20.0, sem="body", part="body")
    face(stage, who, -legs - 2 * y - 0.9 * head, colour(hue + 0.4, 0.45, 0.9), coat)
    tips = {"nose": who["nose"], "eye_left": who["eye"], "eye_right": who["eye"], "foot_left": who["foot"], "foot_right": who["foot"]}
    points = [*(Keypoint(name, (0.0, 0.0, -size)) for name, size in tips.items()), Keypoint("hat", (0.0, -HAT * who["nose"], 0.0))]
    parts = ["head", "nose", "hat", "foot_left", "foot_right"]
    return Drawing(easel.layers, points, [(1, 0, 2), (5, 0), (0, 3), (0, 4)], parts, stage.rotation, stage.translation)


class Studio:
    """Puts things at places of the world before a camera that moves."""

    def __init__(self, easel: Easel, rotation: Tensor, translation: Tensor) -> None:
        self.easel = easel
        self.rotation = rotation
        self.translation = translation
        self.eye = -(rotation.transpose(1, 2) @ translation[:, :, None])[:, :, 0]

    def place(self, centre: tuple, axes: tuple = (X, Y, Z)) -> Tensor:
        """Local axes, as directions of the world, at a point of the world: (T, 3, 4)."""
        turned = self.rotation @ torch.tensor(axes, dtype=torch.float64).t()
        middle = self.rotation @ torch.tensor(centre, dtype=torch.float64) + self.translation
        return torch.cat([turned, middle[:, :, None]], -1)

    def nearness(self, centre: tuple) -> Tensor:
        """(T,) larger where the camera is nearer to a point of the world."""
        return -torch.linalg.vector_norm(self.eye - torch.tensor(centre, dtype=torch.float64), dim=-1)

    def ball(self, name: str, centre: tuple, radius: float, base: Colour, order: Number, **labels) -> None:
        """A ball, lit by the sun."""
        shade = [0.35 / radius * part for part in SUN]
        looks = {"radius": (radius, radius), "grain": 0.35, "shade": shade}
        self.easel.put(name, self.place(centre), base, solid=True, order=order, inst=1, **looks, **labels)

    def box(self, name: str, centre: tuple, half: tuple, base: Colour, order: Number, **labels) -> None:
        """Six faces, of which those show that are turned to the camera."""
        for axis, (across, down) in enumerate(((Z, Y), (X, Z), (X, Y))):
            size = half[across.index(1.0)], half[down.index(1.0)]
            for sign in (-1.0, 1.0):
                out = tuple(sign * (k == axis) for k in range(3))
                middle = tuple(c + h * o for c, h, o in zip(centre, half, out, strict=True))
                light = 0.3 * sign * SUN[axis]
                shown = (self.eye[:, axis] - middle[axis]) * sign > 0
                place, lit = self.place(middle, (across, down, out)), tuple(channel + light for channel in base)
                self.easel.put(f"{name}{axis}{sign:+.0f}", place, lit, half=size, grain=0.35, shown=shown, order=order, inst=1, **labels)


def table(stage: Studio, hue: float, x: float, z: float) -> None:
    """A wall at the back that turns with the camera, a round table, and a shadow on it."""
    wall = torch.eye(3, 4, dtype=torch.float64)
    wall[2, 3] = 1.0
    still = (60.0 * wall).expand(len(stage.eye), 3, 4)
    stage.easel.put("wall", still, colour(hue + 0.5, 0.25, 0.6), half=(4.0, 4.0), strength=0.3, order=-3.0)
    lying = X, Z, (0.0, -1.0, 0.0)
    cloth = {"radius": (2.2, 2.2), "strength": 0.8, "grain": 0.25, "sem": "table"}
    stage.easel.put("table", stage.place((0.0, 0.0, 0.0), lying), colour(hue + 0.2, 0.3, 0.55), order=-2.0, **cloth)
    dark = {"radius": (1.15 * x + 0.15, 1.3 * z + 0.2), "strength": 0.4, "grain": 0.25, "sem": "table"}
    stage.easel.put("shadow", stage.place((0.12, 0.0, 0.12), lying), colour(hue + 0.2, 0.35, 0.25), order=-1.0, **dark)


def face(stage: Studio, who: dict, height: float, base: Colour, coat: Colour) -> None:
    """Head, nose, eyes and hat. Nose and eyes come before the head while they are on its near side, else behind it."""
    radius, dark = who["head"], (-0.8, -0.8, -0.75)
    stage.ball("head", (0.0, height, 0.0), radius, base, 30.0, sem="head", part="head")
    for name, (x, y, z), size, tone, labels in (
        ("nose", (0.0, 0.05, -1.0), who["nose"], colour(0.02, 0.75, 0.9), {"sem": "nose", "part": "nose"}),
        ("eye_left", (-0.42, -0.25, -0.87), who["eye"], dark, {"sem": "head", "part": "left eye"}),
        ("eye_right", (0.42, -0.25, -0.87), who["eye"], dark, {"sem": "head", "part": "right eye"}),
    ):
        centre = radius * x, height + radius * y, radius * z
        order = 30 + stage.nearness(centre) - stage.nearness((0.0, height, 0.0))
        stage.ball(name, centre, size, tone, order, strength=0.5, parent="head", **labels)
    stage.ball(
        "hat", (0.0, height - 1.05 * radius, 0.0), HAT * who["nose"], coat, 40.0, strength=0.5, parent="head", sem="head", part="hat"
    )
