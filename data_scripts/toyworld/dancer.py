"""Dancer: a jointed figure of capsules on a floor. It dances by itself and walks where it is told; its scarf trails behind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from data_scripts.toyworld.easel import Easel
from data_scripts.toyworld.layers import Colour, Drawing, Keypoint, colour

if TYPE_CHECKING:
    from data_scripts.toyworld.scene import World

CLASSES = ("wall", "floor", "head", "hair", "torso", "arm", "leg", "foot", "scarf")
SIDES = ("left", "right")
PARTS = (
    *("background", "head", "hair", "torso", "scarf", "left upper arm", "left forearm", "right upper arm", "right forearm"),
    *("left thigh", "left shin", "left foot", "right thigh", "right shin", "right foot"),
)
FOREGROUND = ("head", "hair", "torso", "arm", "leg", "foot", "scarf")
ACTIONS = {"walk": (-1.0, 1.0), "tempo": (-1.0, 1.0)}  # 1 walks a fortieth of the shorter side per frame; tempo is of the arms
JOINTS = ("lean", "nod", "shoulder", "elbow", "hip", "knee")
FLOOR = 0.40  # y of the soles, the frame reaching to 0.5
STRIDE = 0.025  # scene units per frame at full walk
POINTS = ("head", *(f"{side} {joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in SIDES))
LIMBS = ((0, 1), (0, 2), (1, 3), (3, 5), (2, 4), (4, 6), (1, 7), (2, 8), (7, 8), (7, 9), (9, 11), (8, 10), (10, 12))


def identity(random: Random) -> dict:
    """Lengths and girths in scene units."""
    tall = random.uniform(0.9, 1.08)
    return {
        "head": tall * random.uniform(0.068, 0.082),
        "torso": tall * random.uniform(0.19, 0.23),
        "shoulders": tall * random.uniform(0.075, 0.1),
        "hips": tall * random.uniform(0.04, 0.055),
        "upper_arm": tall * random.uniform(0.115, 0.145),
        "forearm": tall * random.uniform(0.11, 0.135),
        "thigh": tall * random.uniform(0.15, 0.185),
        "shin": tall * random.uniform(0.15, 0.18),
        "arm_girth": random.uniform(0.024, 0.034),
        "leg_girth": random.uniform(0.032, 0.044),
        "scarf": random.uniform(0.12, 0.18),
    }


def start(random: Random, world: World) -> dict[str, float]:
    """A place on the floor, and the swing and delay of every joint."""
    values = {
        "x": random.uniform(-1, 1) * max(0.05, world.view.half[0] - 0.4),
        "walk": random.uniform(0, 2 * math.pi),
        "beat": random.uniform(0, 2 * math.pi),
        "rate": random.uniform(0.28, 0.45),
        "scarf": 0.0,
        "scarf_speed": 0.0,
    }
    for joint in ("shoulder_left", "shoulder_right", "elbow_left", "elbow_right", "hip_left", "hip_right"):
        values |= {f"swing_{joint}": random.uniform(0.35, 1.0), f"delay_{joint}": random.uniform(-1.2, 1.2)}
    values["raised"] = random.uniform(0.5, 1.5)
    return values | pose(values)


def script(random: Random, values: Mapping[str, float]) -> dict[str, float]:
    """Wander about the middle."""
    here = values["x"]
    wish = math.sin(values["beat"] / 3) - here * 2
    return {"walk": max(-1.0, min(1.0, wish + random.uniform(-0.3, 0.3))), "tempo": random.uniform(-0.3, 0.3)}


def step(values: Mapping[str, float], action: Mapping[str, float], pace: float, world: World) -> dict[str, float]:
    """Walk, dance to the beat, and let the scarf swing after."""
    limit = max(0.05, world.view.half[0] - 0.3)
    x = min(max(values["x"] + pace * STRIDE * action["walk"], -limit), limit)
    moved = x - values["x"]
    after = {
        "x": x,
        "walk": values["walk"] + 22 * moved,  # the legs follow the way that is made
        "beat": values["beat"] + pace * values["rate"] * (1 + 0.5 * action["tempo"]),
    }
    after |= pose({**values, **after})
    lag = world.controls.lag
    pull = -0.25 * values["scarf"] - 0.35 * values["scarf_speed"] - 20 * moved * 0.25 - 0.6 * (after["lean"] - values["lean"])
    after["scarf_speed"] = values["scarf_speed"] + pull
    after["scarf"] = max(-1.4, min(1.4, values["scarf"] + after["scarf_speed"])) * min(lag, 1) if lag else 0.0
    return after


def pose(values: Mapping[str, float]) -> dict[str, float]:
    """Joint angles in radians: of limbs against hanging straight down, of elbows and knees against being stretched."""

    def wave(joint: str, speed: float = 1) -> float:
        return values[f"swing_{joint}"] * math.sin(speed * values["beat"] + values[f"delay_{joint}"])

    stride = math.sin(values["walk"])
    angles = {"lean": 0.12 * math.sin(values["beat"]), "nod": 0.18 * math.sin(2 * values["beat"] + 0.5)}
    for side, sign in (("left", -1), ("right", 1)):
        angles |= {
            f"shoulder_{side}": sign * (values["raised"] + 0.9 * wave(f"shoulder_{side}")),
            f"elbow_{side}": sign * (0.8 + 0.7 * wave(f"elbow_{side}", 2)),
            f"hip_{side}": sign * (0.13 + 0.1 * wave(f"hip_{side}")) + sign * 0.38 * stride,
            f"knee_{side}": -sign * 0.2 * (1 + wave(f"hip_{side}", 2)) * 0.5 - sign * 0.3 * max(0.0, -stride * sign),
        }
    return angles


def about(values: Mapping[str, float], world: World) -> dict:
    """The scene, in words."""
    return {"caption": "a dancer with a scarf on a wooden floor"}


def reach(start: tuple[Tensor, Tensor], angle: Tensor, length: float) -> tuple[Tensor, Tensor]:
    """The end of a limb that hangs at an angle."""
    return start[0] + length * angle.sin(), start[1] + length * angle.cos()


def skeleton(track: dict[str, Tensor], who: dict) -> dict[str, tuple[Tensor, Tensor]]:
    """Places of the joints, the lower foot standing on the floor."""
    legs = {}
    for side in SIDES:
        knee = reach((0.0, 0.0), track[f"hip_{side}"], who["thigh"])
        legs[side] = reach(knee, track[f"hip_{side}"] + track[f"knee_{side}"], who["shin"])[1]
    pelvis = track["x"], FLOOR - 0.02 - torch.maximum(legs["left"], legs["right"])
    up = math.pi + track["lean"]
    neck = reach(pelvis, up, who["torso"])
    joints = {"pelvis": pelvis, "neck": neck, "head": reach(neck, up + track["nod"], 1.25 * who["head"])}
    for side, sign in (("left", -1), ("right", 1)):
        across = track["lean"]
        joints[f"{side} shoulder"] = (
            neck[0] + sign * who["shoulders"] * across.cos(),
            neck[1] - sign * who["shoulders"] * across.sin() + 0.015,
        )
        joints[f"{side} hip"] = pelvis[0] + sign * who["hips"], pelvis[1]
        arm = track[f"shoulder_{side}"]
        joints[f"{side} elbow"] = reach(joints[f"{side} shoulder"], arm, who["upper_arm"])
        joints[f"{side} wrist"] = reach(joints[f"{side} elbow"], arm + track[f"elbow_{side}"], who["forearm"])
        leg = track[f"hip_{side}"]
        joints[f"{side} knee"] = reach(joints[f"{side} hip"], leg, who["thigh"])
        joints[f"{side} ankle"] = reach(joints[f"{side} knee"], leg + track[f"knee_{side}"], who["shin"])
    return joints


def draw(track: dict[str, Tensor], world: World) -> Drawing:
    """Room, far arm, legs, trunk and near arm, in this order."""
    who, easel = world.identity, world.easel
    joints = skeleton(track, who)
    random = easel.random("clothes")
    hue = random.random()
    skin = colour(random.uniform(0.04, 0.09), random.uniform(0.35, 0.6), random.uniform(0.5, 0.95))
    shirt, trousers = colour(hue, 0.6, 0.9), colour(hue + random.uniform(0.3, 0.6), 0.55, 0.6)
    dark, shawl = colour(random.random(), 0.4, 0.25), colour(hue + 0.5, 0.75, 0.95)
    room(easel, world.view.half[0], track["x"])
    arm(easel, "right", track, joints, who, shirt, skin)
    for side in ("right", "left"):
        leg(easel, side, track, joints, who, trousers, dark)
    trunk(easel, track, joints, who, shirt, skin, dark, shawl)
    arm(easel, "left", track, joints, who, shirt, skin)
    limbs = [f"{part}_{side}" for part in ("upper_arm", "forearm", "thigh", "shin", "foot") for side in SIDES]
    return Drawing(easel.layers, keypoints(who), list(LIMBS), ["head", "hair", "torso", "scarf_tail", *limbs])


def room(easel: Easel, wide: float, x: Tensor) -> None:
    """Wall, floor, rug, and the dancer's shadow."""
    random = easel.random("room")
    hue = random.random()
    easel.flat("wall", (0, 0), colour(hue, 0.2, random.uniform(0.5, 0.75)), half=(4 * wide, 4.0), strength=0.6)
    boards = {"half": (4 * wide, 2.0), "strength": 0.7, "angles": (math.pi / 2, 1.4, 0.1)}
    easel.flat("floor", (0, 2.31), colour(random.uniform(0.05, 0.1), 0.45, 0.5), sem="floor", **boards)
    easel.flat("rug", (0, 0.42), colour(hue + 0.45, 0.5, 0.6), radius=(0.84 * wide, 0.06), strength=0.8, sem="floor")
    easel.flat("shadow", (x, FLOOR + 0.02), colour(0.07, 0.4, 0.25), radius=(0.15, 0.025), strength=0.3, sem="floor")


def limb(easel: Easel, name: str, start: tuple[Tensor, Tensor], angle: Tensor, length: float, girth: float, base: Colour, **rest) -> None:
    """A capsule along a limb, u along it from end to end."""
    middle = reach(start, angle, length / 2)
    easel.flat(name, middle, base, math.pi / 2 - angle, half=(length / 2, 0.0), radius=(girth, girth), inst=1, **rest)


def arm(easel: Easel, side: str, track: dict[str, Tensor], joints: dict, who: dict, shirt: Colour, skin: Colour) -> None:
    """A sleeve and a bare forearm."""
    upper, girth = track[f"shoulder_{side}"], who["arm_girth"]
    sleeve = {"sem": "arm", "part": f"{side} upper arm", "parent": "torso"}
    limb(easel, f"upper_arm_{side}", joints[f"{side} shoulder"], upper, who["upper_arm"], 1.15 * girth, shirt, **sleeve)
    bare = {"sem": "arm", "part": f"{side} forearm", "parent": f"upper_arm_{side}", "strength": 0.7}
    limb(easel, f"forearm_{side}", joints[f"{side} elbow"], upper + track[f"elbow_{side}"], who["forearm"], girth, skin, **bare)


def leg(easel: Easel, side: str, track: dict[str, Tensor], joints: dict, who: dict, trousers: Colour, dark: Colour) -> None:
    """Thigh, shin and a shoe that points outward."""
    upper, girth = track[f"hip_{side}"], who["leg_girth"]
    thigh = {"sem": "leg", "part": f"{side} thigh", "parent": "torso"}
    limb(easel, f"thigh_{side}", joints[f"{side} hip"], upper, who["thigh"], 1.1 * girth, trousers, **thigh)
    shin = {"sem": "leg", "part": f"{side} shin", "parent": f"thigh_{side}"}
    limb(easel, f"shin_{side}", joints[f"{side} knee"], upper + track[f"knee_{side}"], who["shin"], 0.85 * girth, trousers, **shin)
    x, y = joints[f"{side} ankle"]
    shoe = {"half": (0.022, 0.0), "radius": (0.024, 0.022), "strength": 0.7, "sem": "foot", "part": f"{side} foot"}
    easel.flat(f"foot_{side}", (x + (0.014 if side == "right" else -0.014), y + 0.008), dark, inst=1, parent=f"shin_{side}", **shoe)


def trunk(
    easel: Easel, track: dict[str, Tensor], joints: dict, who: dict, shirt: Colour, skin: Colour, dark: Colour, shawl: Colour
) -> None:
    """Torso, head, hair, and the scarf with its tail."""
    lean, tilt, size = track["lean"], -(track["lean"] + track["nod"]), who["head"]
    neck, pelvis = joints["neck"], joints["pelvis"]
    middle = (neck[0] + pelvis[0]) / 2, (neck[1] + pelvis[1]) / 2
    chest = {"half": (who["torso"] / 2 - 0.01, 0.03), "radius": (0.05, who["shoulders"] - 0.02)}
    easel.flat("torso", middle, shirt, -math.pi / 2 - lean, sem="torso", inst=1, part="torso", **chest)
    tail = {"sem": "scarf", "part": "scarf", "parent": "torso", "coat": "scarf"}
    limb(easel, "scarf_tail", (neck[0], neck[1] + 0.02), track["scarf"], who["scarf"], 0.026, shawl, **tail)
    face = {"radius": (0.86 * size, size), "strength": 0.7, "parent": "torso"}
    easel.flat("head", joints["head"], skin, tilt, sem="head", inst=1, part="head", **face)
    hair = {"radius": (0.92 * size, 0.72 * size), "strength": 0.8, "parent": "head"}
    easel.flat("hair", reach(joints["head"], math.pi - tilt, 0.35 * size), dark, tilt, sem="hair", inst=1, part="hair", **hair)
    scarf = {"half": (0.035, 0.0), "radius": (0.022, 0.02), "parent": "torso"}
    easel.flat("scarf", (neck[0], neck[1] + 0.005), shawl, -lean, sem="scarf", inst=1, part="scarf", **scarf)


def keypoints(who: dict) -> list[Keypoint]:
    """The thirteen points, in the order of `POINTS`."""
    points = [Keypoint("head")]
    for layer, end in (("upper_arm", -1), ("forearm", -1), ("forearm", 1), ("thigh", -1), ("shin", -1), ("shin", 1)):
        points += [Keypoint(f"{layer}_{side}", (end * who[layer] / 2, 0.0, 0.0)) for side in SIDES]
    return points
