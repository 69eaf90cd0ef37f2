"""Street: the view of a driver between houses, with cars, walkers and trees. Units are metres; the camera looks along the road."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from data_scripts.toyworld.easel import Easel
from data_scripts.toyworld.layers import Drawing, Keypoint, Number, colour, placed

if TYPE_CHECKING:
    from data_scripts.toyworld.scene import World

CLASSES = ("sky", "ground", "pavement", "road", "marking", "building", "tree", "car", "person")
PARTS = ("background", "body", "window", "light", "head", "legs", "trunk", "crown")
FOREGROUND = ("car", "person")
ACTIONS = {
    "steer": (-1.0, 1.0),
    "throttle": (-1.0, 1.0),
}  # 1 steers right, a quarter of the way driven; throttle adds 0.06 m per frame squared
JOINTS = ("x", "gap")
EYE_HEIGHT = 1.5
ROAD, PAVEMENT, HOUSES = 3.5, 6.0, 7.0  # metres from the middle
FAR = 50.0  # nothing that stands on the ground is shown beyond
SLOT = 16.0  # metres from house to house
DASH = 6.0  # metres from dash to dash
WALKERS, MOST = 2, 8
SKY, LONG = 1e5, 4000.0  # how far the sky is, how far the ground goes, in metres


def identity(random: Random) -> dict:
    """Sizes of the cars, in metres."""
    return {f"car{k}": (random.uniform(0.8, 0.95), random.uniform(0.62, 0.85)) for k in range(MOST)}


def number(world: World) -> int:
    """How many cars besides ours."""
    return world.controls.instances or 2


def start(random: Random, world: World) -> dict[str, float]:
    """Even cars drive ahead, odd ones come towards us; `gap` is their distance."""
    values = {"x": random.uniform(0.4, 2.2), "z": 0.0, "speed": random.uniform(0.25, 0.6), "drift": random.uniform(-1, 1)}
    for k in range(number(world)):
        ahead = k % 2 == 0
        values[f"gap{k}"] = random.uniform(7, 11) + 4 * k if ahead else random.uniform(14, 40)
        values[f"speed{k}"] = random.uniform(0.2, 0.65) if ahead else -random.uniform(0.3, 0.6)
    for k in range(WALKERS):
        values[f"walker{k}"] = random.uniform(6, 22)
        values[f"walker_speed{k}"] = random.choice([-1, 1]) * random.uniform(0.05, 0.1)
    return values


def script(random: Random, values: Mapping[str, float]) -> dict[str, float]:
    """Keep to the lane, with a little wandering, now faster, now slower."""
    return {
        "steer": max(-1.0, min(1.0, values["drift"] + random.uniform(-0.3, 0.3) - 0.6 * (values["x"] - 1.2))),
        "throttle": random.uniform(-0.5, 0.5),
    }


def step(values: Mapping[str, float], action: Mapping[str, float], pace: float, world: World) -> dict[str, float]:
    """Drive on; who is left behind comes again far ahead."""
    speed = min(max(values["speed"] + 0.06 * action["throttle"], 0.0), 1.0)
    driven = pace * speed
    after = {"speed": speed, "z": values["z"] + driven, "x": min(max(values["x"] + 0.25 * action["steer"] * driven, -2.5), 2.5)}
    for k in range(number(world)):
        gap = values[f"gap{k}"] + pace * values[f"speed{k}"] - driven
        after[f"gap{k}"] = min(max(gap, 5.0 + 3 * k), FAR - 5) if k % 2 == 0 else gap if gap > 0.5 else gap + FAR + 20
    for k in range(WALKERS):
        gap = values[f"walker{k}"] + pace * values[f"walker_speed{k}"] - driven
        after[f"walker{k}"] = gap if gap > 0.5 else gap + FAR + 5
    return after


def about(values: Mapping[str, float], world: World) -> dict:
    """The view, in words."""
    return {"caption": f"driving down a street between houses, {number(world)} other cars"}


def stand(x: Number, y: Number, z: Number) -> Tensor:
    """Place something that faces the camera at camera coordinates (metres)."""
    return placed((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (x, y, z))


def lying(x: Number, z: Number) -> Tensor:
    """Place something on the ground: u to the right, v along the road."""
    return placed((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0), (x, EYE_HEIGHT, z))


def draw(track: dict[str, Tensor], world: World) -> Drawing:
    """From the sky to the nearest car, with the corners of the cars as keypoints."""
    track = {name: values.numpy() for name, values in track.items()}  # many layers, few frames: see `placed`
    x, z, easel = track["x"], track["z"], world.easel
    ground(easel, world, x, z)
    slots = range(int((z.min() // SLOT).item()), int(((z.max() + FAR) // SLOT).item()) + 1)
    for k in slots:
        for side in (-1, 1):
            plot(easel, world, k, side, x, k * SLOT - z)
    for k in range(WALKERS):
        walker(easel, k, world.shapes(f"walker{k}").uniform(4.0, 5.2) * (-1) ** k - x, track[f"walker{k}"])
    keypoints, curves = [], []
    for k in range(number(world)):
        half, tall = world.identity[f"car{k}"]
        car(easel, k, x, track[f"gap{k}"], half, tall)
        corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        keypoints += [Keypoint(f"car{k}", (right * half * 0.92, down * tall * 0.27, 0.0)) for right, down in corners]
        keypoints.append(Keypoint(f"car{k}"))
        curves += [(5 * k + a, 5 * k + (a + 1) % 4) for a in range(4)]
    keypoints += [Keypoint(f"walker{k}") for k in range(WALKERS)]
    translation = torch.from_numpy(np.stack([-x, np.zeros_like(x), -z], -1))
    rotation = torch.eye(3, dtype=torch.float64).expand(len(x), 3, 3)
    parts = [f"car{k}" for k in range(number(world))] + [f"walker{k}" for k in range(WALKERS)]
    return Drawing(easel.layers, keypoints, curves, parts, rotation, translation)


def ground(easel: Easel, world: World, x: np.ndarray, z: np.ndarray) -> None:
    """Sky and clouds, meadow, pavement, road and its dashes, each in front of the last."""
    random = easel.random("ground")
    sky = {"grain": 1 / SKY, "strength": 0.25, "sky": True}
    blue = colour(random.uniform(0.52, 0.62), random.uniform(0.25, 0.5), 0.95)
    easel.put("sky", stand(0.0, 0.0, SKY), blue, half=(10 * SKY, 10 * SKY), shade=(0.0, 0.5 / SKY, 0.0), order=-9e9, **sky)
    shapes = world.shapes("clouds")
    for k in range(3):
        place = stand(shapes.uniform(-0.6, 0.6) * SKY, -shapes.uniform(0.18, 0.42) * SKY, SKY)
        size = shapes.uniform(0.08, 0.16) * SKY, shapes.uniform(0.02, 0.04) * SKY
        easel.put(f"cloud{k}", place, (0.85, 0.87, 0.92), radius=size, order=-8e9 + k, **sky)
    grass, stone = colour(random.uniform(0.2, 0.35), 0.45, 0.5), colour(0.08, 0.12, random.uniform(0.5, 0.65))
    asphalt = colour(0.6, 0.06, random.uniform(0.3, 0.42))
    easel.put("ground", lying(-x, -z), grass, half=(2000.0, LONG), strength=0.7, grain=0.12, sem="ground", order=-7e9)
    for side in (-1, 1):
        place, half = lying(side * (ROAD + PAVEMENT) / 2 - x, -z), ((PAVEMENT - ROAD) / 2 + 0.3, LONG)
        easel.put(f"pavement{side}", place, stone, half=half, strength=0.6, grain=0.12, sem="pavement", order=-6e9 + side)
    easel.put("road", lying(-x, -z), asphalt, half=(ROAD, LONG), strength=0.6, grain=0.12, sem="road", order=-5e9)
    for k in range(int((z.min() // DASH).item()), int(((z.max() + FAR / 2) // DASH).item()) + 1):
        ahead = k * DASH - z
        dash = {"half": (0.07, 1.2), "radius": (0.05, 0.05), "strength": 0.2, "grain": 0.2, "sem": "marking"}
        easel.put(f"dash{k}", lying(-x, ahead), (0.75, 0.74, 0.68), order=-4e9 + k, shown=ahead < FAR / 2, **dash)


def plot(easel: Easel, world: World, k: int, side: int, x: np.ndarray, ahead: np.ndarray) -> None:
    """A house with a front that faces us and a flank along the road, and perhaps a tree. Windows are waves along and up the wall."""
    name, inst = f"{'left' if side < 0 else 'right'}{k}", 100 + 2 * (k % 400) + (side > 0)
    random, shapes = easel.random(f"plot_{name}"), world.shapes(name)
    begin = ahead + shapes.uniform(0, 4)
    tall, wide, long = shapes.uniform(5, 12), shapes.uniform(6, 10), shapes.uniform(7, 10.5)
    hue, light = random.choice([0.04, 0.09, 0.12, 0.58, random.random()]), random.uniform(0.55, 0.85)
    edge, middle = side * HOUSES - x, EYE_HEIGHT - tall / 2
    wall = {"grain": 0.12, "angles": (0.0, math.pi / 2, math.pi / 4), "sem": "building", "part": "body", "inst": inst, "shown": begin < FAR}
    flank = placed((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (edge, middle, begin + long / 2))
    easel.put(f"flank_{name}", flank, colour(hue, 0.4, 0.8 * light), half=(long / 2, tall / 2), order=-1e6 - begin, **wall)
    front = stand(edge + side * wide / 2, middle, begin)
    easel.put(f"front_{name}", front, colour(hue, 0.35, light), half=(wide / 2, tall / 2), order=-1e6 - begin + 0.5, **wall)
    if shapes.random() < 0.6:
        tree(easel, name, side * (PAVEMENT - 0.6) - x, begin + shapes.uniform(2, 9), shapes, inst + 1000, begin < FAR)


def tree(easel: Easel, name: str, x: np.ndarray, z: np.ndarray, shapes: Random, inst: int, shown: np.ndarray) -> None:
    """A trunk and a crown."""
    tall, crown = shapes.uniform(2.6, 4.2), shapes.uniform(0.9, 1.4)
    random = easel.random(f"tree_{name}")
    common = {"sem": "tree", "inst": inst, "shown": shown, "grain": 0.12}
    trunk = {"half": (0.1, tall / 2 - 0.04), "radius": (0.04, 0.04), "strength": 0.5, "part": "trunk"}
    easel.put(f"trunk_{name}", stand(x, EYE_HEIGHT - tall / 2, z), colour(0.07, 0.5, 0.35), **trunk, **common)
    green = colour(random.uniform(0.2, 0.4), 0.6, random.uniform(0.45, 0.7))
    leaves = {"radius": (crown, 1.15 * crown), "part": "crown", "parent": f"trunk_{name}"}
    easel.put(f"crown_{name}", stand(x, EYE_HEIGHT - tall, z - 0.01), green, **leaves, **common)


def car(easel: Easel, k: int, x: np.ndarray, gap: np.ndarray, half: float, tall: float) -> None:
    """A car from behind, or from the front if it comes towards us; half is its half width."""
    ahead = k % 2 == 0
    across = (1.75 if ahead else -1.75) - x
    random = easel.random(f"paint{k}")
    hue, vivid = random.random(), random.uniform(0.5, 0.85)
    waist = EYE_HEIGHT - 0.28 - 0.31 * tall
    window = waist - 0.31 * tall - 0.2
    shown = {"shown": gap < FAR, "grain": 0.12}
    common = {"sem": "car", "inst": k + 1, "parent": f"car{k}", **shown}
    dark = {"radius": (1.1 * half, 1.0), "strength": 0.2, "sem": "road", "order": -3e9 + k}
    easel.put(f"shade{k}", lying(across, gap + 0.9), (-0.72, -0.72, -0.7), **dark, **shown)
    for side in (-1, 1):
        tyre = {"half": (0.05, 0.08), "radius": (0.07, 0.1), "strength": 0.1, "part": "body"}
        easel.put(
            f"tyre{k}{side}", stand(across + side * 0.72 * half, EYE_HEIGHT - 0.2, gap + 0.02), (-0.85, -0.85, -0.82), **tyre, **common
        )
    roof = {"half": (0.6 * half, 0.2), "radius": (0.16 * half, 0.14), "strength": 0.8, "part": "body"}
    easel.put(f"roof{k}", stand(across, window, gap + 0.01), colour(hue, 0.6, 0.65), **roof, **common)
    glass = {"half": (0.5 * half, 0.1), "radius": (0.14 * half, 0.1), "strength": 0.6, "part": "window"}
    easel.put(f"glass{k}", stand(across, window, gap), colour(0.56, 0.35, 0.3), **glass, **common)
    body = {"half": (half - 0.16, 0.31 * tall - 0.14), "radius": (0.16, 0.16), "part": "body"}
    easel.put(f"car{k}", stand(across, waist, gap - 0.02), colour(hue, vivid, 0.85), **body, **(common | {"parent": ""}))
    light = colour(0.0, 0.85, 0.9) if ahead else colour(0.14, 0.25, 1.0)
    for side in (-1, 1):
        lamp = {"half": (0.06, 0.0), "radius": (0.08, 0.07), "strength": 0.2, "part": "light"}
        easel.put(f"lamp{k}{side}", stand(across + side * 0.75 * half, waist - 0.05, gap - 0.03), light, **lamp, **common)


def walker(easel: Easel, k: int, across: np.ndarray, gap: np.ndarray) -> None:
    """Somebody on the pavement: legs, coat and face."""
    random = easel.random(f"walker_looks{k}")
    skin, coat = colour(random.uniform(0.04, 0.08), 0.45, random.uniform(0.5, 0.9)), colour(random.random(), 0.6, 0.8)
    jeans = colour(random.uniform(0.55, 0.7), 0.45, 0.4)
    common = {"sem": "person", "inst": 50 + k, "shown": gap < FAR, "grain": 0.08}
    legs = {"half": (0.06, 0.3), "radius": (0.1, 0.12), "strength": 0.6, "part": "legs", "parent": f"walker{k}"}
    easel.put(f"legs{k}", stand(across, EYE_HEIGHT - 0.42, gap + 0.02), jeans, **legs, **common)
    easel.put(f"walker{k}", stand(across, EYE_HEIGHT - 1.05, gap), coat, half=(0.08, 0.2), radius=(0.18, 0.16), part="body", **common)
    face = {"radius": (0.14, 0.17), "strength": 0.4, "part": "head", "parent": f"walker{k}"}
    easel.put(f"face{k}", stand(across, EYE_HEIGHT - 1.56, gap - 0.01), skin, **face, **common)
