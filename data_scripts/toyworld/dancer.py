"""Dancer: a jointed figure of capsules on a floor. It dances by itself and walks where it is told; its scarf trails behind."""

import math
from random import Random

import torch
from torch import Tensor

from data_scripts.toyworld.layers import Drawing, Keypoint, Layer, colour, flat

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


def start(random: Random, world) -> dict[str, float]:
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


def script(random: Random, values) -> dict[str, float]:
    here = values["x"]
    wish = math.sin(values["beat"] / 3) - here * 2
    return {"walk": max(-1.0, min(1.0, wish + random.uniform(-0.3, 0.3))), "tempo": random.uniform(-0.3, 0.3)}


def step(values, action, pace: float, world) -> dict[str, float]:
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


def pose(values) -> dict[str, float]:
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


def about(values, world) -> dict:
    return {"caption": "a dancer with a scarf on a wooden floor"}


def reach(start: tuple[Tensor, Tensor], angle: Tensor, length: float) -> tuple[Tensor, Tensor]:
    """The end of a limb that hangs at an angle."""
    return start[0] + length * angle.sin(), start[1] + length * angle.cos()


def limb(name: str, start: tuple[Tensor, Tensor], angle: Tensor, length: float, girth: float, depth: float, texture, **labels) -> Layer:
    """A capsule along a limb, u along it from end to end."""
    place = flat(start[0] + length / 2 * angle.sin(), start[1] + length / 2 * angle.cos(), depth, math.pi / 2 - angle)
    return Layer(name, place, texture, half=(length / 2, 0.0), radius=(girth, girth), inst=1, **labels)


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


def room(painter, view) -> list[Layer]:
    """Wall, floor and rug."""
    wide, _ = view.half
    random = painter.random("room")
    hue = random.random()
    wall = painter.paint("wall", colour(hue, 0.2, random.uniform(0.5, 0.75)), 0.6)
    boards = painter.paint("floor", colour(random.uniform(0.05, 0.1), 0.45, 0.5), 0.7, angles=(math.pi / 2, 1.4, 0.1))
    rug = painter.paint("rug", colour(hue + 0.45, 0.5, 0.6), 0.8)
    return [
        Layer("wall", flat(0, 0, 10.0), wall, half=(4 * wide, 4.0)),
        Layer("floor", flat(0, 2.31, 9.9), boards, half=(4 * wide, 2.0), sem=1),
        Layer("rug", flat(0, 0.42, 9.8), rug, radius=(0.42 * wide / 0.5, 0.06), sem=1),
    ]


def draw(track: dict[str, Tensor], world) -> Drawing:
    who, painter = world.identity, world.painter
    joints = skeleton(track, who)
    random = painter.random("clothes")
    hue = random.random()
    skin = colour(random.uniform(0.04, 0.09), random.uniform(0.35, 0.6), random.uniform(0.5, 0.95))
    shirt, trousers = colour(hue, 0.6, 0.9), colour(hue + random.uniform(0.3, 0.6), 0.55, 0.6)
    dark, shawl = colour(random.random(), 0.4, 0.25), colour(hue + 0.5, 0.75, 0.95)
    layers = room(painter, world.view)
    layers.append(
        Layer(
            "shadow",
            flat(track["x"], FLOOR + 0.02, 9.7),
            painter.paint("shadow", colour(0.07, 0.4, 0.25), 0.3),
            radius=(0.15, 0.025),
            sem=1,
        )
    )

    def arm(side: str, depth: float) -> list[Layer]:
        upper, lower = track[f"shoulder_{side}"], track[f"shoulder_{side}"] + track[f"elbow_{side}"]
        sleeve, bare = painter.paint(f"sleeve_{side}", shirt), painter.paint(f"forearm_{side}", skin, 0.7)
        first = PARTS.index(f"{side} upper arm")
        girth = who["arm_girth"]
        return [
            limb(
                f"upper_arm_{side}",
                joints[f"{side} shoulder"],
                upper,
                who["upper_arm"],
                girth * 1.15,
                depth,
                sleeve,
                sem=5,
                part=first,
                parent="torso",
            ),
            limb(
                f"forearm_{side}",
                joints[f"{side} elbow"],
                lower,
                who["forearm"],
                girth,
                depth - 0.1,
                bare,
                sem=5,
                part=first + 1,
                parent=f"upper_arm_{side}",
            ),
        ]

    def leg(side: str, depth: float) -> list[Layer]:
        upper, lower = track[f"hip_{side}"], track[f"hip_{side}"] + track[f"knee_{side}"]
        thigh, shin = painter.paint(f"thigh_{side}", trousers), painter.paint(f"shin_{side}", trousers)
        shoe = painter.paint(f"shoe_{side}", dark, 0.7)
        first = PARTS.index(f"{side} thigh")
        girth = who["leg_girth"]
        foot = flat(joints[f"{side} ankle"][0] + 0.014 * (1 if side == "right" else -1), joints[f"{side} ankle"][1] + 0.008, depth - 0.2)
        return [
            limb(f"thigh_{side}", joints[f"{side} hip"], upper, who["thigh"], girth * 1.1, depth, thigh, sem=6, part=first, parent="torso"),
            limb(
                f"shin_{side}",
                joints[f"{side} knee"],
                lower,
                who["shin"],
                girth * 0.85,
                depth - 0.1,
                shin,
                sem=6,
                part=first + 1,
                parent=f"thigh_{side}",
            ),
            Layer(f"foot_{side}", foot, shoe, (0.022, 0.0), (0.024, 0.022), 7, 1, first + 2, parent=f"shin_{side}"),
        ]

    neck, pelvis, head = joints["neck"], joints["pelvis"], joints["head"]
    up = math.pi + track["lean"]
    chest = flat((neck[0] + pelvis[0]) / 2, (neck[1] + pelvis[1]) / 2, 8.0, math.pi / 2 - up)
    tilt = -(track["lean"] + track["nod"])
    size = who["head"]
    scarf = painter.paint("scarf", shawl)
    face = painter.paint("head", skin, 0.7)
    hair = painter.paint("hair", dark, 0.8)
    layers += [*arm("right", 9.4), *leg("right", 9.1), *leg("left", 8.7)]
    layers.append(
        Layer(
            "torso",
            chest,
            painter.paint("torso", shirt),
            (who["torso"] / 2 - 0.01, 0.03),
            (0.05, who["shoulders"] - 0.02),
            4,
            1,
            PARTS.index("torso"),
        )
    )
    crown = reach(head, math.pi - tilt, 0.35 * size)
    layers += [
        limb(
            "scarf_tail",
            (neck[0], neck[1] + 0.02),
            track["scarf"],
            who["scarf"],
            0.026,
            7.8,
            scarf,
            sem=8,
            part=PARTS.index("scarf"),
            parent="torso",
        ),
        Layer("head", flat(*head, 7.6, tilt), face, (0.0, 0.0), (0.86 * size, size), 2, 1, PARTS.index("head"), parent="torso"),
        Layer("hair", flat(*crown, 7.5, tilt), hair, (0.0, 0.0), (0.92 * size, 0.72 * size), 3, 1, PARTS.index("hair"), parent="head"),
        Layer(
            "scarf",
            flat(neck[0], neck[1] + 0.005, 7.4, -track["lean"]),
            scarf,
            (0.035, 0.0),
            (0.022, 0.02),
            8,
            1,
            PARTS.index("scarf"),
            parent="torso",
        ),
        *arm("left", 7.2),
    ]
    parts = ["head", "hair", "torso", "scarf_tail"]
    parts += [f"{name}_{side}" for side in SIDES for name in ("upper_arm", "forearm")] + [
        f"{n}_{s}" for s in SIDES for n in ("thigh", "shin", "foot")
    ]
    return Drawing(layers, keypoints(who), list(LIMBS), parts)


def keypoints(who: dict) -> list[Keypoint]:
    """The thirteen points, in the order of `POINTS`."""
    found = [Keypoint("head", (0.0, 0.0, 0.0))]
    for joint, layer, at in (
        ("shoulder", "upper_arm", -who["upper_arm"] / 2),
        ("elbow", "forearm", -who["forearm"] / 2),
        ("wrist", "forearm", who["forearm"] / 2),
        ("hip", "thigh", -who["thigh"] / 2),
        ("knee", "shin", -who["shin"] / 2),
        ("ankle", "shin", who["shin"] / 2),
    ):
        found += [Keypoint(f"{layer}_{side}", (at, 0.0, 0.0)) for side in SIDES]
    return found
