"""Transition: a pendulum over a candle, the same again after exactly `period` frames: clips that loop, with the loop known."""

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

CLASSES = ("wall", "shelf", "pendulum", "candle", "flame")
PARTS = ("background", "rod", "bob", "candle", "flame", "core")
FOREGROUND = ("pendulum", "candle", "flame")
ACTIONS = {"hold": (0.0, 1.0)}  # 1 stops the clock
JOINTS = ("swing", "twist")


def identity(random: Random) -> dict:
    """Lengths in scene units."""
    return {
        "rod": random.uniform(0.5, 0.6),
        "bob": random.uniform(0.07, 0.09),
        "candle": random.uniform(0.13, 0.18),
        "girth": random.uniform(0.04, 0.055),
    }


def start(random: Random, world: World) -> dict[str, float]:
    """A period in frames, and where in it the clip begins."""
    return {
        "period": float(random.randint(12, 20)),
        "tick": float(random.randint(0, 11)),
        "swing": random.uniform(0.35, 0.6),
        "twist": random.uniform(0, 6),
    }


def script(random: Random, values: Mapping[str, float]) -> dict[str, float]:
    """Never hold the clock."""
    return {"hold": 0.0}


def step(values: Mapping[str, float], action: Mapping[str, float], pace: float, world: World) -> dict[str, float]:
    """The clock goes on unless it is held."""
    return {"tick": (values["tick"] + pace * (1 - action["hold"])) % values["period"]}


def about(values: Mapping[str, float], world: World) -> dict:
    """The scene in words, and its period in frames."""
    pace = world.pace * world.controls.frame_step
    return {"caption": "a pendulum swings behind a burning candle", "period": values["period"] / pace}


def draw(track: dict[str, Tensor], world: World) -> Drawing:
    """A wall, a shelf, the pendulum and the candle."""
    easel = world.easel
    wide, tall = world.view.half
    hue = easel.random("palette").random()
    turn = 2 * math.pi * track["tick"] / track["period"]
    easel.flat("wall", (0, 0), colour(hue, 0.3, 0.45), half=(4 * wide, 4 * tall), strength=0.7)
    easel.flat("shelf", (0, 2.38), colour(0.07, 0.55, 0.45), half=(4 * wide, 2.0), strength=0.8, sem="shelf")
    points = [*pendulum(easel, world.identity, track["swing"] * turn.sin()), *candle(easel, world.identity, turn, track["twist"], hue)]
    return Drawing(easel.layers, points, [(0, 1), (2, 3, 4)], ["rod", "bob", "candle", "flame"])


def pendulum(easel: Easel, who: dict, angle: Tensor) -> list[Keypoint]:
    """A bob on a rod that swings about a point at the top of the frame."""
    long = who["rod"]

    def down(length: float) -> tuple[Tensor, Tensor]:
        return -0.16 + length * angle.sin(), -0.46 + length * angle.cos()

    common = {"angle": math.pi / 2 - angle, "sem": "pendulum", "inst": 1}
    easel.flat(
        "rod",
        down(long / 2),
        (0.2, 0.2, 0.25),
        half=(long / 2, 0.0),
        radius=(0.014, 0.014),
        strength=0.3,
        part="rod",
        parent="bob",
        **common,
    )
    easel.flat("bob", down(long), colour(0.12, 0.65, 0.9), radius=(who["bob"], who["bob"]), part="bob", **common)
    return [Keypoint("rod", (-long / 2, 0.0, 0.0)), Keypoint("bob")]


def candle(easel: Easel, who: dict, turn: Tensor, twist: Tensor, hue: float) -> list[Keypoint]:
    """A candle with a flame that bends and stretches at whole multiples of the clock."""
    long, high, top = who["candle"], 0.085, 0.38 - 2 * who["candle"]
    bend = 0.25 * (turn + twist).sin() + 0.12 * (3 * turn + 2 * twist).sin()
    stretch = 1 + 0.2 * (2 * turn + twist).sin() + 0.1 * (5 * turn).sin()
    flame = 0.18 + high * stretch * bend.sin(), top - high * stretch * bend.cos()
    core = flame[0] - 0.02 * bend.sin(), flame[1] + 0.03 * stretch
    common = {"angle": bend, "tall": stretch, "sem": "flame", "inst": 3}
    wax = {"half": (who["girth"] - 0.015, long - 0.015), "radius": (0.015, 0.015), "strength": 0.6}
    easel.flat("candle", (0.18, top + long), colour(hue + 0.5, 0.3, 0.95), sem="candle", inst=2, part="candle", **wax)
    easel.flat("flame", flame, colour(0.08, 0.85, 1.0), radius=(0.048, 1.15 * high), strength=0.5, part="flame", parent="candle", **common)
    easel.flat("core", core, colour(0.15, 0.35, 1.0), radius=(0.024, 0.055), strength=0.2, part="core", parent="flame", **common)
    return [Keypoint("candle"), Keypoint("core"), Keypoint("flame", (0.0, -0.9 * high, 0.0))]
