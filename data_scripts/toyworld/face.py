"""Face: a head that turns, looks, blinks and speaks; hair that follows late. Turning is parallax of features at different depths."""

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

CLASSES = ("background", "skin", "hair", "eye", "brow", "nose", "mouth", "body")
PARTS = (
    *("background", "face", "hair", "left eye", "right eye", "left brow", "right brow", "nose", "mouth", "neck", "body"),
    *("left ear", "right ear"),
)
FOREGROUND = ("skin", "hair", "eye", "brow", "nose", "mouth", "body")
AIMS = ("yaw", "pitch", "roll", "mouth", "smile", "blink", "gaze_x", "gaze_y", "brow")
ACTIONS = dict.fromkeys(AIMS, (-1.0, 1.0))  # where each is to go
JOINTS = ("yaw", "pitch", "roll")
SPAN = {"yaw": 0.6, "pitch": 0.22, "roll": 0.2}  # radians at an action of 1
CURVES = ((0, 1, 2), (2, 3, 4), (5, 6), (7, 8), (9, 18, 10), (11, 19, 12), (14, 15, 16), (14, 17, 16), (10, 13, 11))
SIDES = {"left": -1, "right": 1}
LOCKS = {"coat": "hair", "strength": 0.9, "angles": (0.1, 0.25, -0.1), "sem": "hair", "part": "hair"}
MIDDLE = -0.03  # y of the head
LIP, BROW = 0.03, 0.012  # half heights


def identity(random: Random) -> dict:
    """Proportions in scene units."""
    return {
        "wide": random.uniform(0.19, 0.235),
        "tall": random.uniform(0.265, 0.305),
        "eyes_apart": random.uniform(0.085, 0.105),
        "eye": random.uniform(0.04, 0.05),
        "nose": random.uniform(0.022, 0.034),
        "mouth": random.uniform(0.06, 0.085),
        "brow": random.uniform(0.05, 0.062),
        "hair": random.uniform(0.03, 0.07),
        "fringe": random.uniform(-0.5, 0.5),
    }


def start(random: Random, world: World) -> dict[str, float]:
    """On the way to a first aim."""
    aims = {f"aim_{name}": random.uniform(-1, 1) for name in ACTIONS}
    values = {name: 0.6 * aims[f"aim_{name}"] * SPAN.get(name, 1.0) for name in ACTIONS}
    return values | aims | {"sway": 0.0, "sway_speed": 0.0}


def script(random: Random, values: Mapping[str, float]) -> dict[str, float]:
    """Hold an aim for a few frames, then take another."""
    return {name: random.uniform(-1, 1) if random.random() < 0.15 else values[f"aim_{name}"] for name in ACTIONS}


def step(values: Mapping[str, float], action: Mapping[str, float], pace: float, world: World) -> dict[str, float]:
    """Go a share of the way to the aim; the hair swings after."""
    share = min(1.0, 0.22 * pace)
    after = {f"aim_{name}": goal for name, goal in action.items()}
    after |= {name: values[name] + share * (goal * SPAN.get(name, 1.0) - values[name]) for name, goal in action.items()}
    turn = after["yaw"] - values["yaw"] + after["roll"] - values["roll"]
    after["sway_speed"] = 0.7 * values["sway_speed"] - 0.3 * values["sway"] - 1.2 * turn
    after["sway"] = world.controls.lag * max(-0.5, min(0.5, values["sway"] + after["sway_speed"]))
    return after


def about(values: Mapping[str, float], world: World) -> dict:
    """The scene, in words."""
    return {"caption": "a face that turns its head, looks around and speaks"}


def draw(track: dict[str, Tensor], world: World) -> Drawing:
    """The head and all on it, with twenty landmarks as keypoints."""
    who, easel = world.identity, world.easel
    wide, tall = world.view.half
    random = easel.random("palette")
    hue = random.random()
    skin = colour(random.uniform(0.03, 0.08), random.uniform(0.3, 0.55), random.uniform(0.6, 0.95))
    shadow = tuple(channel - 0.16 for channel in skin)
    hair = colour(random.choice([0.07, 0.09, 0.03, random.random()]), random.uniform(0.3, 0.7), random.uniform(0.2, 0.55))
    iris = colour(random.choice([0.58, 0.08, 0.35]), 0.6, 0.6)
    easel.flat("wall", (0, 0), colour(hue, 0.35, random.uniform(0.45, 0.7)), half=(4 * wide, 4 * tall), strength=0.7)
    head = Head(easel, track)
    bust(head, who, skin, shadow, hair, colour(hue + 0.4, 0.55, 0.8))
    mouth(head, who)
    for side in SIDES:
        eye(head, side, who, iris, shadow, hair)
    nose = {"half": (0.0, 0.02), "radius": (who["nose"], 0.04), "strength": 0.4, "parent": "head"}
    head.feature("nose", (0, 0.16 * who["tall"], 0.24), shadow, sem="nose", part="nose", **nose)
    fringe = {"half": (who["wide"] * 0.4, 0.0), "radius": (who["wide"] * 0.62, who["tall"] * 0.3), "parent": "head", **LOCKS}
    tilt = 0.35 * who["fringe"] + 0.5 * track["sway"]
    head.feature("fringe", (0.25 * who["wide"] * who["fringe"], -0.88 * who["tall"], 0.1), hair, tilt, **fringe)
    pairs = [f"{part}_{side}" for part in ("white", "brow", "ear") for side in SIDES]
    return Drawing(easel.layers, landmarks(who), list(CURVES), ["head", "hair_back", "nose", "lips", "neck", "body", *pairs])


class Head:
    """Puts features on a head that turns: `out` is how far a feature stands before its middle."""

    def __init__(self, easel: Easel, track: dict[str, Tensor]) -> None:
        self.easel = easel
        self.track = track
        self.cos, self.sin = ({name: turn(track[name]) for name in JOINTS} for turn in (torch.cos, torch.sin))

    def feature(self, name: str, at: tuple, base: Colour, angle: Number = 0.0, wide: Number = 1.0, tall: Number = 1.0, **rest) -> None:
        """Add a feature at (x, y, out) of the face; further arguments as in `Easel.put`."""
        x, y, out = at
        cos, sin = self.cos, self.sin
        across, down = x * cos["yaw"] + out * sin["yaw"], y * cos["pitch"] + out * sin["pitch"]
        place = across * cos["roll"] - down * sin["roll"], MIDDLE + across * sin["roll"] + down * cos["roll"]
        self.easel.flat(name, place, base, self.track["roll"] + angle, wide * cos["yaw"], tall * cos["pitch"], inst=1, **rest)


def bust(head: Head, who: dict, skin: Colour, shadow: Colour, hair: Colour, shirt: Colour) -> None:
    """What the features stand on: hair behind, body, neck, ears and the head itself."""
    wide, tall, yaw = who["wide"], who["tall"], head.track["yaw"]
    behind = {"half": (0.3 * wide, 0.4 * tall), "radius": (0.9 * wide + who["hair"], 0.75 * tall), **LOCKS}
    head.feature("hair_back", (0, 0.04, -0.1), hair, head.track["sway"], **behind)
    body = {"half": (0.16, 0.12), "radius": (0.2, 0.16), "sem": "body", "part": "body"}
    head.easel.flat("body", (0, 0.62), shirt, inst=1, **body)
    neck = {"half": (0.05, 0.1), "radius": (0.04, 0.05), "strength": 0.5, "part": "neck", "parent": "head"}
    head.easel.flat("neck", (0.03 * yaw, 0.27), shadow, sem="skin", inst=1, **neck)
    for side, sign in SIDES.items():
        ear = {"radius": (0.035, 0.055), "strength": 0.5, "part": f"{side} ear", "parent": "head"}
        head.feature(f"ear_{side}", (sign * wide, 0.02, -0.02), shadow, sem="skin", **ear)
    head.feature("head", (0, 0, 0), skin, radius=(wide, tall), strength=0.6, shade=(0, -0.3, 0), sem="skin", part="face")


def mouth(head: Head, who: dict) -> None:
    """Lips, and the dark between them."""
    opened = 0.6 + 1.2 * (head.track["mouth"] + 1) / 2
    smile = 1 + 0.25 * head.track["smile"]
    common = {"sem": "mouth", "part": "mouth"}
    lips = {"radius": (who["mouth"], LIP), "strength": 0.5, "parent": "head"}
    head.feature("lips", (0, 0.55 * who["tall"], 0.15), colour(0.98, 0.55, 0.75), 0.0, smile, opened + 0.35, **lips, **common)
    inner = {"radius": (0.75 * who["mouth"], 0.022), "strength": 0.3, "parent": "lips"}
    head.feature("mouth", (0, 0.55 * who["tall"], 0.151), colour(0.98, 0.6, 0.25), 0.0, smile, opened, **inner, **common)


def eye(head: Head, side: str, who: dict, iris: Colour, shadow: Colour, hair: Colour) -> None:
    """White, iris, pupil, lid and brow. The lid is up below a blink of 0.55 and shuts the eye at 1."""
    track, size = head.track, who["eye"]
    x, y = SIDES[side] * who["eyes_apart"], -0.05
    look = x + 0.3 * size * track["gaze_x"], y + 0.16 * size * track["gaze_y"]
    shut = ((track["blink"] - 0.55) / 0.45).clamp(0, 1)
    common = {"sem": "eye", "part": f"{side} eye"}
    white, disc, pupil = f"white_{side}", f"iris_{side}", f"pupil_{side}"
    head.feature(white, (x, y, 0.16), (0.85, 0.85, 0.85), radius=(size, 0.62 * size), strength=0.12, parent="head", **common)
    head.feature(disc, (*look, 0.165), iris, radius=(0.46 * size,) * 2, strength=0.5, parent=white, **common)
    head.feature(pupil, (*look, 0.166), (-0.85, -0.85, -0.85), radius=(0.22 * size,) * 2, strength=0.1, parent=disc, **common)
    lid = {"radius": (1.12 * size, 0.75 * size), "strength": 0.4, "sem": "skin", "part": "face", "parent": white}
    head.feature(f"lid_{side}", (x, y - 0.1 * size - 1.22 * size * (1 - shut), 0.17), shadow, **lid)
    brow = {"half": (who["brow"] - BROW, 0.0), "radius": (BROW, BROW), "strength": 0.5, "part": f"{side} brow", "parent": "head"}
    raised = x, y - 1.75 * size - 0.012 * track["brow"], 0.17
    head.feature(f"brow_{side}", raised, hair, -0.12 * SIDES[side] * track["brow"], sem="brow", **brow)


def landmarks(who: dict) -> list[Keypoint]:
    """Twenty points: jaw 5, brows 4, eye corners 4, nose 1, mouth 4, pupils 2."""
    jaw = (math.pi, 2.3, math.pi / 2, 0.84, 0.0)
    points = [Keypoint("head", (0.96 * who["wide"] * math.cos(a), 0.96 * who["tall"] * math.sin(a), 0.0)) for a in jaw]
    ends = {"brow": who["brow"] - BROW, "white": 0.95 * who["eye"]}
    for part, reach in ends.items():
        points += [Keypoint(f"{part}_{side}", (end * reach, 0.0, 0.0)) for side in SIDES for end in (-1, 1)]
    wide, tall = 0.96 * who["mouth"], 0.96 * LIP
    points += [Keypoint("nose"), *(Keypoint("lips", (x, y, 0.0)) for x, y in ((-wide, 0.0), (0.0, -tall), (wide, 0.0), (0.0, tall)))]
    return points + [Keypoint(f"iris_{side}") for side in SIDES]
