"""Texture: a camp fire by moving water. Everything sways on clocks of one period, pushed about by gusts: for video textures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

from torch import Tensor

from data_scripts.toyworld.easel import Easel
from data_scripts.toyworld.layers import Drawing, Keypoint, colour

if TYPE_CHECKING:
    from data_scripts.toyworld.scene import World

CLASSES = ("night", "water", "shore", "flame", "spark", "log")
PARTS = ("background", "wave", "outer flame", "inner flame", "spark", "log")
FOREGROUND = ("flame", "spark", "log")
ACTIONS = {"gust": (-1.0, 1.0)}  # wind from the left; it dies down by itself
JOINTS = ("wind",)
BANDS, TONGUES, SPARKS = 5, 5, 6
FOOT = 0.36  # y of the fire


def identity(random: Random) -> dict:
    """Heights of the flames in scene units, and of the waves."""
    return {"flame": random.uniform(0.17, 0.23), "spread": random.uniform(0.14, 0.18), "swell": random.uniform(0.006, 0.012)}


def start(random: Random, world: World) -> dict[str, float]:
    """A period in frames, and a delay and a whole rate for everything that sways."""
    values = {"tick": 0.0, "period": float(random.randint(20, 28)), "wind": random.uniform(-0.3, 0.3)}
    for k in range(BANDS + TONGUES + SPARKS):
        values |= {f"delay{k}": random.uniform(0, 2 * math.pi), f"rate{k}": float(random.choice([1, 2, 3]))}
    return values


def script(random: Random, values: Mapping[str, float]) -> dict[str, float]:
    """Gusts."""
    return {"gust": random.gauss(0, 0.5)}


def step(values: Mapping[str, float], action: Mapping[str, float], pace: float, world: World) -> dict[str, float]:
    """The clock goes on; the wind dies down but for the gust."""
    return {"tick": (values["tick"] + pace) % values["period"], "wind": 0.85 * values["wind"] + 0.25 * action["gust"] * pace}


def about(values: Mapping[str, float], world: World) -> dict:
    """The scene in words, and its period in frames."""
    pace = world.pace * world.controls.frame_step
    return {"caption": "a camp fire beside rippling water at night", "period": values["period"] / pace}


def draw(track: dict[str, Tensor], world: World) -> Drawing:
    """Night, water, shore, fire and sparks."""
    easel = world.easel
    wide, tall = world.view.half
    turn = 2 * math.pi * track["tick"] / track["period"]
    hue = easel.random("palette").uniform(0.55, 0.75)
    easel.flat("night", (0, 0), colour(hue, 0.6, 0.3), half=(4 * wide, 4 * tall), strength=0.5, shade=(0.0, 0.5, 0.0))
    water(easel, track, turn, world, hue)
    easel.flat("shore", (0, 0.62), colour(0.09, 0.35, 0.35), half=(1.2 * wide, 0.0), radius=(wide, 0.28), strength=0.8, sem="shore")
    fire(easel, track, turn, world.identity)
    sparks(easel, track, turn)
    points = [Keypoint(f"outer{k}", (0.0, -0.8, 0.0)) for k in range(TONGUES)] + [Keypoint(f"spark{k}") for k in range(SPARKS)]
    return Drawing(easel.layers, points, [(0, 1, 2), (2, 3, 4)], [f"outer{k}" for k in range(TONGUES)])


def water(easel: Easel, track: dict[str, Tensor], turn: Tensor, world: World, hue: float) -> None:
    """Bands that slide and bob, each nearer and lighter than the last."""
    half = 4 * world.view.half[0], 0.1
    for k in range(BANDS):
        clock = track[f"rate{k}"] * turn + track[f"delay{k}"]
        swell = world.identity["swell"] * (1 + 0.5 * k)
        at = 3 * swell * clock.cos() + 0.02 * track["wind"], 0.14 + 0.07 * k + swell * clock.sin()
        ripples = {"half": half, "angles": (math.pi / 2, 1.3, 1.9), "sem": "water", "inst": 10 + k, "part": "wave"}
        easel.flat(f"band{k}", at, colour(hue - 0.02 * k, 0.6, 0.42 + 0.07 * k), 0.02 * clock.sin(), **ripples)


def fire(easel: Easel, track: dict[str, Tensor], turn: Tensor, who: dict) -> None:
    """Logs, tongues of flame (local units are half widths and half heights) and their bright hearts."""
    for k, tilt in enumerate((0.22, -0.2)):
        log = {"half": (0.17, 0.0), "radius": (0.032, 0.032), "strength": 0.8, "sem": "log", "inst": 2 + k, "part": "log"}
        easel.flat(f"log{k}", (0.0, FOOT + 0.03), colour(0.06, 0.55, 0.3), tilt, **log)
    hearts = []
    for k in range(TONGUES):
        clock = track[f"rate{BANDS + k}"] * turn + track[f"delay{BANDS + k}"]
        across = 2 * k / (TONGUES - 1) - 1
        wide = 0.055 + 0.02 * (1 - abs(across))
        high = who["flame"] * (1 - 0.45 * abs(across)) * (1 + 0.18 * clock.sin() + 0.08 * (2 * clock).cos())
        lean = 0.1 * across * clock.cos() + 0.5 * track["wind"] + 0.1 * clock.sin()
        foot = 0.6 * across * who["spread"], FOOT + 0.02
        common = {"radius": (1.0, 1.0), "grain": 0.2, "sem": "flame", "inst": 1}
        outer = foot[0] + high * lean.sin(), foot[1] - high * lean.cos()
        easel.flat(
            f"outer{k}", outer, colour(0.03 + 0.02 * (k % 3), 0.9, 0.95), lean, wide, high, strength=0.8, part="outer flame", **common
        )
        inner = foot[0] + 0.6 * high * lean.sin(), foot[1] - 0.6 * high * lean.cos()
        hearts.append((f"inner{k}", inner, colour(0.12, 0.7, 1.0), lean, 0.55 * wide, 0.55 * high))
    for k, heart in enumerate(hearts):
        easel.flat(*heart, strength=0.5, part="inner flame", parent=f"outer{k}", **common)


def sparks(easel: Easel, track: dict[str, Tensor], turn: Tensor) -> None:
    """Sparks that rise once a period and are out while they go back."""
    for k in range(SPARKS):
        clock = ((turn + track[f"delay{BANDS + TONGUES + k}"]) / (2 * math.pi)).remainder(1)
        side = 2 * k / (SPARKS - 1) - 1
        at = 0.1 * side + 0.12 * side * clock + 0.5 * track["wind"] * clock + 0.02 * (6 * clock + k).sin(), FOOT - 0.25 - 0.55 * clock
        ember = {"radius": (0.013, 0.013), "strength": 0.2, "sem": "spark", "inst": 20 + k, "part": "spark"}
        easel.flat(f"spark{k}", at, colour(0.1, 0.6, 1.0), shown=(clock > 0.05) & (clock < 0.95), **ember)
