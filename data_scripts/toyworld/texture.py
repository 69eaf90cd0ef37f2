"""Texture: a camp fire by moving water. Everything sways on clocks of one period, pushed about by gusts: for video textures."""

import math
from random import Random

from torch import Tensor

from data_scripts.toyworld.layers import Drawing, Keypoint, Layer, colour, flat

CLASSES = ("night", "water", "shore", "flame", "spark", "log")
PARTS = ("background", "wave", "outer flame", "inner flame", "spark", "log")
FOREGROUND = ("flame", "spark", "log")
ACTIONS = {"gust": (-1.0, 1.0)}  # wind from the left; it dies down by itself
JOINTS = ("wind",)
BANDS, TONGUES, SPARKS = 5, 5, 6


def identity(random: Random) -> dict:
    """Heights of the flames in scene units, and of the waves."""
    return {"flame": random.uniform(0.17, 0.23), "spread": random.uniform(0.14, 0.18), "swell": random.uniform(0.006, 0.012)}


def start(random: Random, world) -> dict[str, float]:
    values = {"tick": 0.0, "period": float(random.randint(20, 28)), "wind": random.uniform(-0.3, 0.3)}
    for k in range(BANDS + TONGUES + SPARKS):
        values |= {f"delay{k}": random.uniform(0, 2 * math.pi), f"rate{k}": float(random.choice([1, 2, 3]))}
    return values


def script(random: Random, values) -> dict[str, float]:
    return {"gust": random.gauss(0, 0.5)}


def step(values, action, pace: float, world) -> dict[str, float]:
    return {"tick": (values["tick"] + pace) % values["period"], "wind": 0.85 * values["wind"] + 0.25 * action["gust"] * pace}


def about(values, world) -> dict:
    pace = world.pace * world.controls.frame_step
    return {"caption": "a camp fire beside rippling water at night", "period": values["period"] / pace}


def draw(track: dict[str, Tensor], world) -> Drawing:
    painter = world.painter
    wide, tall = world.view.half
    random = painter.random("palette")
    turn = 2 * math.pi * track["tick"] / track["period"]
    hue = random.uniform(0.55, 0.75)
    night = painter.paint("night", colour(hue, 0.6, 0.3), 0.5, shade=(0.0, 0.5, 0.0))
    layers = [Layer("night", flat(0, 0, 10.0), night, half=(4 * wide, 4 * tall))]
    layers += water(track, turn, painter, world, hue)
    layers.append(
        Layer(
            "shore",
            flat(0, 0.62, 8.5),
            painter.paint("shore", colour(0.09, 0.35, 0.35), 0.8),
            (0.6 * wide / 0.5, 0.0),
            (0.5 * wide / 0.5, 0.28),
            sem=2,
        )
    )
    layers += fire(track, turn, painter, world)
    points = [Keypoint(f"outer{k}", (0.0, -0.8, 0.0)) for k in range(TONGUES)] + [
        Keypoint(f"spark{k}", (0.0, 0.0, 0.0)) for k in range(SPARKS)
    ]
    outline = [(k, k + 1, k + 2) for k in range(0, TONGUES - 2, 2)]
    return Drawing(layers, points, outline, [f"outer{k}" for k in range(TONGUES)])


def water(track: dict[str, Tensor], turn: Tensor, painter, world, hue: float) -> list[Layer]:
    """Bands that slide and bob, each nearer and lighter than the last."""
    wide, _ = world.view.half
    layers = []
    for k in range(BANDS):
        clock = track[f"rate{k}"] * turn + track[f"delay{k}"]
        swell = world.identity["swell"] * (1 + 0.5 * k)
        place = flat(
            3 * swell * clock.cos() + 0.02 * track["wind"], 0.14 + 0.07 * k + swell * clock.sin(), 9.8 - 0.2 * k, 0.02 * clock.sin()
        )
        texture = painter.paint(f"band{k}", colour(hue - 0.02 * k, 0.6, 0.42 + 0.07 * k), 1.0, angles=(math.pi / 2, 1.3, 1.9))
        layers.append(Layer(f"band{k}", place, texture, half=(4 * wide, 0.1), sem=1, inst=10 + k, part=1))
    return layers


def fire(track: dict[str, Tensor], turn: Tensor, painter, world) -> list[Layer]:
    """Logs, tongues of flame (local units are half heights), their bright hearts, and sparks that rise and die."""
    who, wind = world.identity, track["wind"]
    foot = 0.36
    layers = []
    for k, tilt in enumerate((0.22, -0.2)):
        bark = painter.paint(f"log{k}", colour(0.06, 0.55, 0.3), 0.8)
        layers.append(Layer(f"log{k}", flat(0.0, foot + 0.03, 8.0 - 0.1 * k, tilt), bark, (0.17, 0.0), (0.032, 0.032), 5, 2 + k, 5))
    for k in range(TONGUES):
        clock = track[f"rate{BANDS + k}"] * turn + track[f"delay{BANDS + k}"]
        across = (k / (TONGUES - 1) - 0.5) * 2
        high = who["flame"] * (1 - 0.45 * abs(across)) * (1 + 0.18 * clock.sin() + 0.08 * (2 * clock).cos())
        lean = 0.25 * across * clock.cos() * 0.4 + 0.5 * wind + 0.1 * clock.sin()
        x, y = across * who["spread"] * 0.6 + high * lean.sin(), foot + 0.02 - high * lean.cos()
        outer = painter.paint(f"outer{k}", colour(0.03 + 0.02 * (k % 3), 0.9, 0.95), 0.8, grain=0.2)
        inner = painter.paint(f"inner{k}", colour(0.12, 0.7, 1.0), 0.5, grain=0.2)
        wide = 0.055 + 0.02 * (1 - abs(across))
        common = {"sem": 3, "inst": 1}
        layers.append(Layer(f"outer{k}", flat(x, y, 7.5 - 0.1 * k, lean, wide, high), outer, radius=(1.0, 1.0), part=2, **common))
        low = foot + 0.02 - 0.6 * high * lean.cos()
        heart = flat(x - 0.4 * high * lean.sin(), low, 6.8 - 0.1 * k, lean, 0.55 * wide, 0.55 * high)
        layers.append(Layer(f"inner{k}", heart, inner, radius=(1.0, 1.0), part=3, parent=f"outer{k}", **common))
    for k in range(SPARKS):
        clock = ((turn + track[f"delay{BANDS + TONGUES + k}"]) / (2 * math.pi)).remainder(1)
        side = (k / (SPARKS - 1) - 0.5) * 2
        x = 0.1 * side + 0.12 * side * clock + 0.5 * wind * clock + 0.02 * (6 * clock + k).sin()
        y = foot - 0.25 - 0.55 * clock
        ember = painter.paint(f"spark{k}", colour(0.1, 0.6, 1.0), 0.2)
        shown = (clock > 0.05) & (clock < 0.95)
        layers.append(Layer(f"spark{k}", flat(x, y, 6.0 - 0.1 * k), ember, radius=(0.013, 0.013), sem=4, inst=20 + k, part=4, shown=shown))
    return layers
