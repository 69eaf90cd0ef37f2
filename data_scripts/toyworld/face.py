"""Face: a head that turns, looks, blinks and speaks; hair that follows late. Turning is parallax of features at different depths."""

import math
from random import Random

from torch import Tensor

from data_scripts.toyworld.layers import Drawing, Keypoint, Layer, colour, flat

CLASSES = ("background", "skin", "hair", "eye", "brow", "nose", "mouth", "body")
PARTS = (
    "background",
    "face",
    "hair",
    "left eye",
    "right eye",
    "left brow",
    "right brow",
    "nose",
    "mouth",
    "neck",
    "body",
    "left ear",
    "right ear",
)
FOREGROUND = ("skin", "hair", "eye", "brow", "nose", "mouth", "body")
ACTIONS = {
    name: (-1.0, 1.0) for name in ("yaw", "pitch", "roll", "mouth", "smile", "blink", "gaze_x", "gaze_y", "brow")
}  # where to go: -1 to 1
JOINTS = ("yaw", "pitch", "roll")
SPAN = {"yaw": 0.6, "pitch": 0.22, "roll": 0.2}  # radians at an action of 1
CURVES = ((0, 1, 2), (2, 3, 4), (5, 6), (7, 8), (9, 18, 10), (11, 19, 12), (14, 15, 16), (14, 17, 16), (10, 13, 11))
SIDES = (("left", -1), ("right", 1))


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


def start(random: Random, world) -> dict[str, float]:
    aims = {f"aim_{name}": random.uniform(-1, 1) for name in ACTIONS}
    values = {name: 0.6 * aims[f"aim_{name}"] * SPAN.get(name, 1.0) for name in ACTIONS}
    return values | aims | {"sway": 0.0, "sway_speed": 0.0}


def script(random: Random, values) -> dict[str, float]:
    """Hold an aim for a few frames, then take another."""
    return {name: random.uniform(-1, 1) if random.random() < 0.15 else values[f"aim_{name}"] for name in ACTIONS}


def step(values, action, pace: float, world) -> dict[str, float]:
    share = min(1.0, 0.22 * pace)
    after = {f"aim_{name}": goal for name, goal in action.items()}
    after |= {name: values[name] + share * (goal * SPAN.get(name, 1.0) - values[name]) for name, goal in action.items()}
    turn = after["yaw"] - values["yaw"] + after["roll"] - values["roll"]
    after["sway_speed"] = 0.7 * values["sway_speed"] - 0.3 * values["sway"] - 1.2 * turn
    after["sway"] = world.controls.lag * max(-0.5, min(0.5, values["sway"] + after["sway_speed"]))
    return after


def about(values, world) -> dict:
    return {"caption": "a face that turns its head, looks around and speaks"}


def draw(track: dict[str, Tensor], world) -> Drawing:
    who, painter = world.identity, world.painter
    yaw, pitch, roll = track["yaw"], track["pitch"], track["roll"]
    head_y = -0.03

    def on(x: float, y: float, out: float, depth: float, angle=0.0, wide=1.0, tall=1.0) -> Tensor:
        """Place something at (x, y) of the face, `out` of its middle towards the viewer."""
        across = x * yaw.cos() + out * yaw.sin()
        down = y * pitch.cos() + out * pitch.sin()
        place = across * roll.cos() - down * roll.sin(), head_y + across * roll.sin() + down * roll.cos()
        return flat(*place, depth, roll + angle, wide * yaw.cos(), tall * pitch.cos())

    random = painter.random("palette")
    hue = random.random()
    skin = colour(random.uniform(0.03, 0.08), random.uniform(0.3, 0.55), random.uniform(0.6, 0.95))
    shadow = tuple(channel - 0.16 for channel in skin)
    hair = colour(random.choice([0.07, 0.09, 0.03, random.random()]), random.uniform(0.3, 0.7), random.uniform(0.2, 0.55))
    iris = colour(random.choice([0.58, 0.08, 0.35]), 0.6, 0.6)
    wide, tall = who["wide"], who["tall"]
    half_wide, half_tall = world.view.half
    wall = painter.paint("wall", colour(hue, 0.35, random.uniform(0.45, 0.7)), 0.7)
    lock = painter.paint("hair", hair, 0.9, angles=(0.1, 0.25, -0.1))
    layers = [
        Layer("wall", flat(0, 0, 10.0), wall, half=(4 * half_wide, 4 * half_tall)),
        Layer(
            "hair_back",
            on(0, 0.04, -0.1, 9.5, track["sway"]),
            lock,
            half=(wide * 0.3, tall * 0.4),
            radius=(wide * 0.9 + who["hair"], tall * 0.75),
            sem=2,
            inst=1,
            part=2,
        ),
        Layer("body", flat(0, 0.62, 9.3), painter.paint("body", colour(hue + 0.4, 0.55, 0.8)), (0.16, 0.12), (0.2, 0.16), 7, 1, 10),
        Layer("neck", flat(0.03 * yaw, 0.27, 9.2), painter.paint("neck", shadow, 0.5), (0.05, 0.1), (0.04, 0.05), 1, 1, 9, parent="head"),
    ]
    for side, sign in SIDES:
        ear = painter.paint(f"ear_{side}", shadow, 0.5)
        layers.append(
            Layer(f"ear_{side}", on(sign * wide, 0.02, -0.02, 9.1), ear, (0.0, 0.0), (0.035, 0.055), 1, 1, 11 + (sign > 0), parent="head")
        )
    layers.append(Layer("head", on(0, 0, 0, 9.0), painter.paint("head", skin, 0.6, shade=(0, -0.3, 0)), (0.0, 0.0), (wide, tall), 1, 1, 1))
    mouth_open = 0.018 + 0.035 * (track["mouth"] + 1) / 2
    mouth_wide = 1 + 0.25 * track["smile"]
    lips = painter.paint("lips", colour(0.98, 0.55, 0.75), 0.5)
    mouth_place = on(0, 0.55 * tall, 0.15, 8.5, 0.0, mouth_wide, mouth_open / 0.03 + 0.35)
    layers.append(Layer("lips", mouth_place, lips, (0.0, 0.0), (who["mouth"], 0.03), 6, 1, 8, parent="head"))
    inner = on(0, 0.55 * tall, 0.151, 8.4, 0.0, mouth_wide, mouth_open / 0.03)
    layers.append(
        Layer(
            "mouth",
            inner,
            painter.paint("mouth", colour(0.98, 0.6, 0.25), 0.3),
            (0.0, 0.0),
            (0.75 * who["mouth"], 0.022),
            6,
            1,
            8,
            parent="lips",
        )
    )
    layers += eyes(track, who, painter, on, iris, shadow, hair)
    layers.append(
        Layer(
            "nose",
            on(0, 0.16 * tall, 0.24, 7.0),
            painter.paint("nose", shadow, 0.4),
            (0.0, 0.02),
            (who["nose"], 0.04),
            5,
            1,
            7,
            parent="head",
        )
    )
    fringe = on(0.25 * wide * who["fringe"], -0.88 * tall, 0.1, 6.8, 0.35 * who["fringe"] + 0.5 * track["sway"])
    layers.append(Layer("fringe", fringe, lock, (wide * 0.4, 0.0), (wide * 0.62, tall * 0.3), 2, 1, 2, parent="head"))
    parts = [
        "head",
        "hair_back",
        "white_left",
        "white_right",
        "brow_left",
        "brow_right",
        "nose",
        "lips",
        "neck",
        "body",
        "ear_left",
        "ear_right",
    ]
    return Drawing(layers, landmarks(who), list(CURVES), parts)


def eyes(track: dict[str, Tensor], who: dict, painter, on, iris, shadow, hair) -> list[Layer]:
    """White, iris, pupil, lid and brow of both eyes. The lid comes down over a blink of 1 and covers no more than half at -1."""
    layers = []
    size, apart = who["eye"], who["eyes_apart"]
    shut = ((track["blink"] - 0.55) / 0.45).clamp(0, 1)
    for number, (side, sign) in enumerate(SIDES):
        part, x, y = 3 + number, sign * apart, -0.05
        look_x, look_y = 0.3 * size * track["gaze_x"], 0.16 * size * track["gaze_y"]
        white = painter.paint(f"white_{side}", (0.85, 0.85, 0.85), 0.12)
        shine = painter.paint(f"iris_{side}", iris, 0.5)
        lid = painter.paint(f"lid_{side}", shadow, 0.4)
        brow = painter.paint(f"brow_{side}", hair, 0.5)
        black = painter.paint(f"pupil_{side}", (-0.85, -0.85, -0.85), 0.1)
        down = y - 1.22 * size * (1 - shut) - 0.1 * size
        lift = y - 1.75 * size - 0.012 * track["brow"]
        common = {"inst": 1, "part": part, "sem": 3}
        layers += [
            Layer(f"white_{side}", on(x, y, 0.16, 8.3), white, radius=(size, 0.62 * size), parent="head", **common),
            Layer(
                f"iris_{side}", on(x + look_x, y + look_y, 0.165, 8.2), shine, radius=(0.46 * size,) * 2, parent=f"white_{side}", **common
            ),
            Layer(
                f"pupil_{side}", on(x + look_x, y + look_y, 0.166, 8.1), black, radius=(0.22 * size,) * 2, parent=f"iris_{side}", **common
            ),
            Layer(
                f"lid_{side}", on(x, down, 0.17, 8.0), lid, radius=(1.12 * size, 0.75 * size), parent=f"white_{side}", inst=1, part=1, sem=1
            ),
            Layer(
                f"brow_{side}",
                on(x, lift, 0.17, 7.5, -sign * 0.12 * track["brow"]),
                brow,
                half=(who["brow"] - 0.012, 0.0),
                radius=(0.012, 0.012),
                sem=4,
                inst=1,
                part=5 + number,
                parent="head",
            ),
        ]
    return layers


def landmarks(who: dict) -> list[Keypoint]:
    """Twenty points: jaw 5, brows 4, eye corners 4, nose 1, mouth 4, pupils 2."""
    jaw = [
        Keypoint("head", (0.96 * who["wide"] * math.cos(a), 0.96 * who["tall"] * math.sin(a), 0.0))
        for a in (math.pi, 2.3, math.pi / 2, 0.84, 0.0)
    ]
    along = who["brow"] - 0.012
    brows = [Keypoint(f"brow_{side}", (end * along, 0.0, 0.0)) for side, _ in SIDES for end in (-1, 1)]
    corners = [Keypoint(f"white_{side}", (end * 0.95 * who["eye"], 0.0, 0.0)) for side, _ in SIDES for end in (-1, 1)]
    wide, tall = 0.96 * who["mouth"], 0.03 * 0.96
    mouth = [Keypoint("lips", at) for at in ((-wide, 0.0, 0.0), (0.0, -tall, 0.0), (wide, 0.0, 0.0), (0.0, tall, 0.0))]
    pupils = [Keypoint(f"iris_{side}", (0.0, 0.0, 0.0)) for side, _ in SIDES]
    return [*jaw, *brows, *corners, Keypoint("nose", (0.0, 0.0, 0.0)), *mouth, *pupils]
