"""Sprites: a few textured shapes that drift, turn and bounce over a ground that slides by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

from torch import Tensor

from data_scripts.toyworld.layers import Drawing, Keypoint, colour

if TYPE_CHECKING:
    from data_scripts.toyworld.scene import World

CLASSES = ("background", "disc", "ellipse", "box", "capsule")
PARTS = ("background", "body", "mark")
FOREGROUND = ("disc", "ellipse", "box", "capsule")
ACTIONS = {"push_x": (-1.0, 1.0), "push_y": (-1.0, 1.0)}  # on the nearest sprite: 1 is 0.004 scene units per frame squared
JOINTS = ("x", "y", "angle")
SHAPES = {"disc": (0.0, 0.0, 1.0, 1.0), "ellipse": (0.0, 0.0, 1.25, 0.75), "box": (0.6, 0.6, 0.25, 0.25), "capsule": (0.7, 0.0, 0.55, 0.55)}
MOST = 12


def identity(random: Random) -> dict:
    """Shape and radius of each sprite, by number."""
    names = list(SHAPES)
    first = random.randrange(len(names))
    return {k: (names[(first + k) % len(names)], random.uniform(0.14, 0.19)) for k in range(MOST)}


def number(world: World) -> int:
    """How many sprites."""
    return world.controls.instances or 3


def start(random: Random, world: World) -> dict[str, float]:
    """Sprites side by side, each with a heading, a speed and a spin."""
    wide, tall = world.view.half
    values = {"ground_x": 0.0, "ground_y": 0.0, "wind_x": random.uniform(-0.012, 0.012), "wind_y": random.uniform(-0.008, 0.008)}
    count = number(world)
    for k in range(count):
        heading, speed = random.uniform(0, 2 * math.pi), random.uniform(0.012, 0.03)
        values |= {
            f"x{k}": (2 * (k + random.uniform(0.25, 0.75)) / count - 1) * (wide - 0.1),
            f"y{k}": random.uniform(-1, 1) * (tall - 0.16),
            f"angle{k}": random.uniform(-math.pi, math.pi),
            f"speed_x{k}": speed * math.cos(heading),
            f"speed_y{k}": speed * math.sin(heading),
            f"spin{k}": random.choice([-1, 1]) * random.uniform(0.03, 0.1),
        }
    return values


def script(random: Random, values: Mapping[str, float]) -> dict[str, float]:
    """Random pushes."""
    return {"push_x": random.uniform(-0.5, 0.5), "push_y": random.uniform(-0.5, 0.5)}


def step(values: Mapping[str, float], action: Mapping[str, float], pace: float, world: World) -> dict[str, float]:
    """Ground and sprites drift on; a sprite turns back at the frame, and the nearest one is pushed."""
    wide, tall = world.view.half
    count = number(world)
    after = {f"ground_{axis}": values[f"ground_{axis}"] + pace * values[f"wind_{axis}"] for axis in "xy"}
    for k in range(count):
        push = 0.004 * pace if k == count - 1 else 0.0
        for axis, limit in (("x", wide - 0.08), ("y", tall - 0.08)):
            speed = values[f"speed_{axis}{k}"] + push * action[f"push_{axis}"]
            place = values[f"{axis}{k}"] + pace * speed
            outward = abs(place) > limit and place * speed > 0
            after[f"speed_{axis}{k}"] = -speed if outward else speed
            after[f"{axis}{k}"] = place
        after[f"angle{k}"] = values[f"angle{k}"] + pace * values[f"spin{k}"]
    return after


def about(values: Mapping[str, float], world: World) -> dict:
    """The shapes, in words."""
    shapes = [world.identity[k][0] for k in range(number(world))]
    return {"caption": f"{', '.join(f'a {shape}' for shape in shapes)} drifting over a patterned ground"}


def draw(track: dict[str, Tensor], world: World) -> Drawing:
    """Each sprite with a mark near its front, over the ground."""
    easel, identity = world.easel, world.identity
    random = easel.random("palette")
    hue = random.random()
    ground = colour(hue, random.uniform(0.15, 0.4), random.uniform(0.25, 0.45))
    easel.flat("ground", (track["ground_x"], track["ground_y"]), ground, half=(50.0, 50.0), strength=0.6)
    keypoints, curves = [], []
    for k in range(number(world)):
        shape, size = identity[k]
        a, b, rx, ry = (side * size for side in SHAPES[shape])
        hue += 0.31
        x, y, angle = track[f"x{k}"], track[f"y{k}"], track[f"angle{k}"]
        front = x + 0.6 * (a + rx) * angle.cos(), y + 0.6 * (a + rx) * angle.sin()
        turned = {"angle": angle, "sem": shape, "inst": k + 1}
        easel.flat(f"sprite{k}", (x, y), colour(hue, 0.65, 0.9), half=(a, b), radius=(rx, ry), part="body", **turned)
        mark = {"radius": (0.22 * size, 0.22 * size), "strength": 0.3, "part": "mark", "parent": f"sprite{k}"}
        easel.flat(f"mark{k}", front, colour(hue + 0.5, 0.5, 0.95), **mark, **turned)
        keypoints += [Keypoint(f"sprite{k}"), Keypoint(f"mark{k}")]
        curves.append((2 * k, 2 * k + 1))
    return Drawing(easel.layers, keypoints, curves, parts=[f"sprite{k}" for k in range(number(world))])
