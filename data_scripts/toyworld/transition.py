"""Transition: a pendulum over a candle, the same again after exactly `period` frames: clips that loop, with the loop known."""

import math
from random import Random

from torch import Tensor

from data_scripts.toyworld.layers import Drawing, Keypoint, Layer, colour, flat

CLASSES = ("wall", "shelf", "pendulum", "candle", "flame")
PARTS = ("background", "rod", "bob", "candle", "flame", "core")
FOREGROUND = ("pendulum", "candle", "flame")
ACTIONS = {"hold": (0.0, 1.0)}  # 1 stops the clock
JOINTS = ("none",)


def identity(random: Random) -> dict:
    """Lengths in scene units."""
    return {
        "rod": random.uniform(0.5, 0.6),
        "bob": random.uniform(0.07, 0.09),
        "candle": random.uniform(0.13, 0.18),
        "girth": random.uniform(0.04, 0.055),
    }


def start(random: Random, world) -> dict[str, float]:
    return {
        "period": float(random.randint(12, 20)),
        "tick": float(random.randint(0, 11)),
        "swing": random.uniform(0.35, 0.6),
        "twist": random.uniform(0, 6),
    }


def script(random: Random, values) -> dict[str, float]:
    return {"hold": 0.0}


def step(values, action, pace: float, world) -> dict[str, float]:
    return {"tick": (values["tick"] + pace * (1 - action["hold"])) % values["period"]}


def about(values, world) -> dict:
    pace = world.pace * world.controls.frame_step
    return {"caption": "a pendulum swings behind a burning candle", "period": values["period"] / pace}


def draw(track: dict[str, Tensor], world) -> Drawing:
    who, painter = world.identity, world.painter
    wide, tall = world.view.half
    random = painter.random("palette")
    hue = random.random()
    turn = 2 * math.pi * track["tick"] / track["period"]
    angle = track["swing"] * turn.sin()
    pivot = -0.06 - 0.1, -0.46
    middle = pivot[0] + who["rod"] / 2 * angle.sin(), pivot[1] + who["rod"] / 2 * angle.cos()
    bob = pivot[0] + who["rod"] * angle.sin(), pivot[1] + who["rod"] * angle.cos()
    wall = painter.paint("wall", colour(hue, 0.3, 0.45), 0.7)
    brass, steel = painter.paint("bob", colour(0.12, 0.65, 0.9)), painter.paint("rod", (0.2, 0.2, 0.25), 0.3)
    wood, wax = painter.paint("shelf", colour(0.07, 0.55, 0.45), 0.8), painter.paint("wax", colour(hue + 0.5, 0.3, 0.95), 0.6)
    glow, core = painter.paint("flame", colour(0.08, 0.85, 1.0), 0.5), painter.paint("core", colour(0.15, 0.35, 1.0), 0.2)
    top = 0.38 - 2 * who["candle"]
    bend = 0.25 * (turn + track["twist"]).sin() + 0.12 * (3 * turn + 2 * track["twist"]).sin()
    stretch = 1 + 0.2 * (2 * turn + track["twist"]).sin() + 0.1 * (5 * turn).sin()
    high = 0.085
    flame = 0.18 + high * stretch * bend.sin(), top - high * stretch * bend.cos()
    layers = [
        Layer("wall", flat(0, 0, 10.0), wall, half=(4 * wide, 4 * tall)),
        Layer("shelf", flat(0, 2.38, 9.5), wood, (4 * wide, 2.0), sem=1),
        Layer("rod", flat(*middle, 9.0, math.pi / 2 - angle), steel, (who["rod"] / 2, 0.0), (0.014, 0.014), 2, 1, 1, parent="bob"),
        Layer("bob", flat(*bob, 8.9, math.pi / 2 - angle), brass, (0.0, 0.0), (who["bob"],) * 2, 2, 1, 2),
        Layer("candle", flat(0.18, top + who["candle"], 8.5), wax, (who["girth"] - 0.015, who["candle"] - 0.015), (0.015, 0.015), 3, 2, 3),
        Layer("flame", flat(*flame, 8.4, bend, 1.0, stretch), glow, (0.0, 0.0), (0.048, 1.15 * high), 4, 3, 4, parent="candle"),
        Layer(
            "core",
            flat(flame[0] - 0.02 * bend.sin(), flame[1] + 0.03 * stretch, 8.3, bend, 1.0, stretch),
            core,
            (0.0, 0.0),
            (0.024, 0.055),
            4,
            3,
            5,
            parent="flame",
        ),
    ]
    points = [
        Keypoint("rod", (-who["rod"] / 2, 0.0, 0.0)),
        Keypoint("bob", (0.0, 0.0, 0.0)),
        Keypoint("candle", (0.0, 0.0, 0.0)),
        Keypoint("core", (0.0, 0.0, 0.0)),
        Keypoint("flame", (0.0, -0.9 * high, 0.0)),
    ]
    return Drawing(layers, points, [(0, 1), (2, 3, 4)], ["rod", "bob", "candle", "flame"])
