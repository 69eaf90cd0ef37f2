"""Rotor: a body that turns and an arm that turns on it: the simplest thing with parts, for keypoints and first-order motion."""

import math
from random import Random

from torch import Tensor

from data_scripts.toyworld.layers import Drawing, Keypoint, Layer, colour, flat

CLASSES = ("background", "body", "arm")
PARTS = ("background", "body", "arm", "hub", "tip")
FOREGROUND = ("body", "arm")
ACTIONS = {"turn": (-1.0, 1.0), "bend": (-1.0, 1.0), "move_x": (-1.0, 1.0), "move_y": (-1.0, 1.0)}
JOINTS = ("angle", "bend")


def identity(random: Random) -> dict:
    """Half lengths and girths in scene units."""
    return {
        "body": random.uniform(0.15, 0.18),
        "body_girth": random.uniform(0.06, 0.085),
        "arm": random.uniform(0.09, 0.12),
        "arm_girth": random.uniform(0.035, 0.05),
        "round": random.uniform(0.3, 1.0),
    }


def start(random: Random, world) -> dict[str, float]:
    limit = max(0.03, world.view.half[0] - 0.42)
    return {
        "x": random.uniform(-1, 1) * limit,
        "y": random.uniform(-0.06, 0.06),
        "angle": random.uniform(-math.pi, math.pi),
        "bend": random.uniform(-1.2, 1.2),
        "turn": random.choice([-1, 1]) * random.uniform(0.3, 1.0),
        "bend_rate": random.choice([-1, 1]) * random.uniform(0.4, 1.0),
    }


def script(random: Random, values) -> dict[str, float]:
    back = -0.5 if values["bend"] * values["bend_rate"] > 1.2 else 1.0
    return {
        "turn": values["turn"] + random.uniform(-0.2, 0.2),
        "bend": back * values["bend_rate"] + random.uniform(-0.2, 0.2),
        "move_x": random.uniform(-1, 1) - 4 * values["x"],
        "move_y": random.uniform(-1, 1) - 4 * values["y"],
    }


def step(values, action, pace: float, world) -> dict[str, float]:
    return {
        "angle": values["angle"] + pace * 0.14 * action["turn"],
        "bend": max(-2.2, min(2.2, values["bend"] + pace * 0.16 * action["bend"])),
        "x": values["x"] + pace * 0.012 * action["move_x"],
        "y": values["y"] + pace * 0.012 * action["move_y"],
    }


def about(values, world) -> dict:
    return {"caption": "a two-part mobile that turns and bends"}


def draw(track: dict[str, Tensor], world) -> Drawing:
    who, painter = world.identity, world.painter
    wide, tall = world.view.half
    hue = painter.random("palette").random()
    angle, fore = track["angle"], track["angle"] + track["bend"]
    long, girth, corner = who["body"], who["body_girth"], who["body_girth"] * who["round"]
    joint = track["x"] + long * angle.cos(), track["y"] + long * angle.sin()
    middle = joint[0] + who["arm"] * fore.cos(), joint[1] + who["arm"] * fore.sin()
    tip = joint[0] + 2 * who["arm"] * fore.cos(), joint[1] + 2 * who["arm"] * fore.sin()
    ground = painter.paint("ground", colour(hue, 0.3, 0.4), 0.7)
    body, arm = painter.paint("body", colour(hue + 0.35, 0.6, 0.9)), painter.paint("arm", colour(hue + 0.6, 0.65, 0.9))
    hub, end = painter.paint("hub", (0.7, 0.7, 0.66), 0.2), painter.paint("tip", colour(hue + 0.15, 0.7, 1.0), 0.3)
    layers = [
        Layer("ground", flat(0, 0, 10.0), ground, half=(4 * wide, 4 * tall)),
        Layer(
            "body", flat(track["x"], track["y"], 9.0, angle), body, (long + 0.3 * girth - corner, girth - corner), (corner, corner), 1, 1, 1
        ),
        Layer("arm", flat(*middle, 8.0, fore), arm, (who["arm"], 0.0), (who["arm_girth"],) * 2, 2, 1, 2, parent="body"),
        Layer("hub", flat(*joint, 7.9, fore), hub, (0.0, 0.0), (0.45 * who["arm_girth"],) * 2, 2, 1, 3, parent="arm"),
        Layer("tip", flat(*tip, 7.8, fore), end, (0.0, 0.0), (0.6 * who["arm_girth"],) * 2, 2, 1, 4, parent="arm"),
    ]
    points = [
        Keypoint("body", (-0.8 * long, 0.0, 0.0)),
        Keypoint("body", (0.0, 0.0, 0.0)),
        Keypoint("hub", (0.0, 0.0, 0.0)),
        Keypoint("arm", (0.0, 0.0, 0.0)),
        Keypoint("tip", (0.0, 0.0, 0.0)),
    ]
    return Drawing(layers, points, [(0, 1), (1, 2), (2, 3), (3, 4)], ["body", "arm"])
