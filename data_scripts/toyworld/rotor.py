"""Rotor: a body that turns and an arm that turns on it: the simplest thing with parts, for keypoints and first-order motion."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

from torch import Tensor

from data_scripts.toyworld.layers import Drawing, Keypoint, colour

if TYPE_CHECKING:
    from data_scripts.toyworld.scene import World

CLASSES = ("background", "body", "arm")
PARTS = ("background", "body", "arm", "hub", "tip")
FOREGROUND = ("body", "arm")
ACTIONS = {
    "turn": (-1.0, 1.0),
    "bend": (-1.0, 1.0),
    "move_x": (-1.0, 1.0),
    "move_y": (-1.0, 1.0),
}  # 0.14 rad, 0.16 rad, 0.012 units per frame
JOINTS = ("angle", "bend")


def identity(random: Random) -> dict:
    """Half lengths and girths in scene units; `round` is how round the body's corners are."""
    return {
        "body": random.uniform(0.15, 0.18),
        "body_girth": random.uniform(0.06, 0.085),
        "arm": random.uniform(0.09, 0.12),
        "arm_girth": random.uniform(0.035, 0.05),
        "round": random.uniform(0.3, 1.0),
    }


def start(random: Random, world: World) -> dict[str, float]:
    """Somewhere near the middle, turning one way."""
    limit = max(0.03, world.view.half[0] - 0.42)
    return {
        "x": random.uniform(-1, 1) * limit,
        "y": random.uniform(-0.06, 0.06),
        "angle": random.uniform(-math.pi, math.pi),
        "bend": random.uniform(-1.2, 1.2),
        "turn": random.choice([-1, 1]) * random.uniform(0.3, 1.0),
        "bend_rate": random.choice([-1, 1]) * random.uniform(0.4, 1.0),
    }


def script(random: Random, values: Mapping[str, float]) -> dict[str, float]:
    """Keep turning and bending, and come back to the middle."""
    back = -0.5 if values["bend"] * values["bend_rate"] > 1.2 else 1.0
    return {
        "turn": values["turn"] + random.uniform(-0.2, 0.2),
        "bend": back * values["bend_rate"] + random.uniform(-0.2, 0.2),
        "move_x": random.uniform(-1, 1) - 4 * values["x"],
        "move_y": random.uniform(-1, 1) - 4 * values["y"],
    }


def step(values: Mapping[str, float], action: Mapping[str, float], pace: float, world: World) -> dict[str, float]:
    """Turn, bend and move."""
    return {
        "angle": values["angle"] + pace * 0.14 * action["turn"],
        "bend": max(-2.2, min(2.2, values["bend"] + pace * 0.16 * action["bend"])),
        "x": values["x"] + pace * 0.012 * action["move_x"],
        "y": values["y"] + pace * 0.012 * action["move_y"],
    }


def about(values: Mapping[str, float], world: World) -> dict:
    """The scene, in words."""
    return {"caption": "a two-part mobile that turns and bends"}


def draw(track: dict[str, Tensor], world: World) -> Drawing:
    """Body, arm, hub and tip."""
    who, easel = world.identity, world.easel
    wide, tall = world.view.half
    hue = easel.random("palette").random()
    x, y, angle, fore = track["x"], track["y"], track["angle"], track["angle"] + track["bend"]
    long, girth, corner, thin = who["body"], who["body_girth"], who["body_girth"] * who["round"], who["arm_girth"]
    hub = x + long * angle.cos(), y + long * angle.sin()

    def along(length: float) -> tuple[Tensor, Tensor]:
        return hub[0] + length * fore.cos(), hub[1] + length * fore.sin()

    body = {"half": (long + 0.3 * girth - corner, girth - corner), "radius": (corner, corner), "sem": "body", "part": "body"}
    arm = {"angle": fore, "sem": "arm", "inst": 1}
    easel.flat("ground", (0, 0), colour(hue, 0.3, 0.4), half=(4 * wide, 4 * tall), strength=0.7)
    easel.flat("body", (x, y), colour(hue + 0.35, 0.6, 0.9), angle, inst=1, **body)
    easel.flat(
        "arm",
        along(who["arm"]),
        colour(hue + 0.6, 0.65, 0.9),
        half=(who["arm"], 0.0),
        radius=(thin, thin),
        part="arm",
        parent="body",
        **arm,
    )
    easel.flat("hub", along(0.0), (0.7, 0.7, 0.66), radius=(0.45 * thin,) * 2, strength=0.2, part="hub", parent="arm", **arm)
    easel.flat(
        "tip", along(2 * who["arm"]), colour(hue + 0.15, 0.7, 1.0), radius=(0.6 * thin,) * 2, strength=0.3, part="tip", parent="arm", **arm
    )
    points = [Keypoint("body", (-0.8 * long, 0.0, 0.0)), Keypoint("body"), Keypoint("hub"), Keypoint("arm"), Keypoint("tip")]
    return Drawing(easel.layers, points, [(0, 1), (1, 2), (2, 3), (3, 4)], ["body", "arm"])
