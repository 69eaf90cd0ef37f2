"""Street: the view of a driver between houses, with cars, walkers and trees. Units are metres; the camera looks along the road."""

import math
from random import Random

import torch
from torch import Tensor

from data_scripts.toyworld.layers import Drawing, Keypoint, Layer, colour

CLASSES = ("sky", "ground", "pavement", "road", "marking", "building", "tree", "car", "person")
PARTS = ("background", "body", "window", "light", "head", "legs", "trunk", "crown")
FOREGROUND = ("car", "person")
ACTIONS = {
    "steer": (-1.0, 1.0),
    "throttle": (-1.0, 1.0),
}  # 1 steers right, a quarter of the way driven; throttle adds 0.06 m per frame squared
JOINTS = ("x", "gap")
EYE_HEIGHT = 1.5
ROAD, PAVEMENT, HOUSES = 3.5, 6.0, 7.0  # metres from the middle
FAR = 50.0  # nothing that stands on the ground is shown beyond
SLOT = 16.0  # metres from house to house
DASH = 6.0  # metres from dash to dash
WALKERS = 2


def identity(random: Random) -> dict:
    """Sizes of the cars, in metres."""
    return {f"car{k}": (random.uniform(0.8, 0.95), random.uniform(0.62, 0.85)) for k in range(8)}


def number(world) -> int:
    return min(2 if world.controls.instances is None else world.controls.instances, 8)


def start(random: Random, world) -> dict[str, float]:
    """Even cars drive ahead, odd ones come towards us; `gap` is their distance."""
    values = {"x": random.uniform(0.4, 2.2), "z": 0.0, "speed": random.uniform(0.25, 0.6), "drift": random.uniform(-1, 1)}
    for k in range(number(world)):
        ahead = k % 2 == 0
        values[f"gap{k}"] = random.uniform(7, 11) + 4 * k if ahead else random.uniform(14, 40)
        values[f"speed{k}"] = random.uniform(0.2, 0.65) if ahead else -random.uniform(0.3, 0.6)
    for k in range(WALKERS):
        values[f"walker{k}"] = random.uniform(6, 22)
        values[f"walker_speed{k}"] = random.choice([-1, 1]) * random.uniform(0.05, 0.1)
    return values


def script(random: Random, values) -> dict[str, float]:
    return {
        "steer": max(-1.0, min(1.0, values["drift"] + random.uniform(-0.3, 0.3) - 0.6 * (values["x"] - 1.2))),
        "throttle": random.uniform(-0.5, 0.5),
    }


def step(values, action, pace: float, world) -> dict[str, float]:
    speed = min(max(values["speed"] + 0.06 * action["throttle"], 0.0), 1.0)
    driven = pace * speed
    after = {"speed": speed, "z": values["z"] + driven, "x": min(max(values["x"] + 0.25 * action["steer"] * driven, -2.5), 2.5)}
    for k in range(number(world)):
        gap = values[f"gap{k}"] + pace * values[f"speed{k}"] - driven
        after[f"gap{k}"] = min(max(gap, 5.0 + 3 * k), FAR - 5) if k % 2 == 0 else gap if gap > 0.5 else gap + FAR + 20
    for k in range(WALKERS):
        gap = values[f"walker{k}"] + pace * values[f"walker_speed{k}"] - driven
        after[f"walker{k}"] = gap if gap > 0.5 else gap + FAR + 5
    return after


def about(values, world) -> dict:
    return {"caption": f"driving down a street between houses, {number(world)} other cars"}


def stand(x, y, z, wide=1.0, tall=1.0) -> Tensor:
    """Place something that faces the camera at camera coordinates (metres)."""
    return board(x, y, z, (wide, 0.0, 0.0), (0.0, tall, 0.0), (0.0, 0.0, 1.0))


def board(x, y, z, across, down, out) -> Tensor:
    """Place a board by the directions of its own axes: (T, 3, 4)."""
    x, y, z = torch.broadcast_tensors(*(torch.as_tensor(value, dtype=torch.float64) for value in (x, y, z)))
    axes = torch.tensor([across, down, out], dtype=torch.float64).t().expand(*x.shape, 3, 3)
    return torch.cat([axes, torch.stack([x, y, z], -1)[..., None]], -1)


def lying(x, z) -> Tensor:
    """Place something on the ground: u to the right, v along the road."""
    return board(x, EYE_HEIGHT, z, (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0))


def draw(track: dict[str, Tensor], world) -> Drawing:
    x, z = track["x"], track["z"]
    painter = world.painter
    layers = [*ground(x, z, painter), *roadside(x, z, painter), *walkers(track, painter)]
    keypoints, curves = [], []
    for k in range(number(world)):
        layers += car(k, x, track[f"gap{k}"], world.identity[f"car{k}"], painter)
        half, tall = world.identity[f"car{k}"]
        first = len(keypoints)
        keypoints += [Keypoint(f"car{k}", (sx * half * 0.97, sy * tall * 0.3, 0.0)) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        curves += [(first + a, first + (a + 1) % 4) for a in range(4)]
    translation = torch.stack([-x, torch.zeros_like(x), -z], -1)
    rotation = torch.eye(3, dtype=torch.float64).expand(len(x), 3, 3)
    parts = [f"car{k}" for k in range(number(world))] + [f"walker{k}" for k in range(WALKERS)]
    return Drawing(layers, keypoints, curves, parts, rotation, translation)


def ground(x: Tensor, z: Tensor, painter) -> list[Layer]:
    """Sky, meadow, pavement, road and its dashes, farthest first."""
    random = painter.random("ground")
    hue = random.uniform(0.52, 0.62)
    long = 4000.0
    sky = painter.paint("sky", colour(hue, random.uniform(0.25, 0.5), 0.95), 0.25, grain=1e-5, shade=(0.0, 0.5e-5, 0.0))
    layers = [Layer("sky", stand(0.0, 0.0, 1e5), sky, half=(1e6, 1e6), sky=True, order=-9e9)]
    for k in range(3):
        cloud = painter.paint(f"cloud{k}", (0.85, 0.87, 0.92), 0.25, grain=1e-5)
        place = stand(random.uniform(-0.6, 0.6) * 1e5, -random.uniform(0.18, 0.42) * 1e5, 1e5)
        layers.append(
            Layer(f"cloud{k}", place, cloud, radius=(random.uniform(8e3, 16e3), random.uniform(2e3, 4e3)), sky=True, order=-8e9 + k)
        )
    grass, stone = colour(random.uniform(0.2, 0.35), 0.45, 0.5), colour(0.08, 0.12, random.uniform(0.5, 0.65))
    layers.append(Layer("ground", lying(-x, -z), painter.paint("ground", grass, 0.7, grain=0.2), half=(2000.0, long), sem=1, order=-7e9))
    for side in (-1, 1):
        pavement = painter.paint(f"pavement{side}", stone, 0.6, grain=0.2)
        place = lying(side * (ROAD + PAVEMENT) / 2 - x, -z)
        layers.append(Layer(f"pavement{side}", place, pavement, half=((PAVEMENT - ROAD) / 2 + 0.3, long), sem=2, order=-6e9 + side))
    asphalt = painter.paint("road", colour(0.6, 0.06, random.uniform(0.3, 0.42)), 0.6, grain=0.2)
    layers.append(Layer("road", lying(-x, -z), asphalt, half=(ROAD, long), sem=3, order=-5e9))
    first, last = int((z.min() // DASH).item()), int(((z.max() + FAR / 2) // DASH).item())
    for k in range(first, last + 1):
        gone = k * DASH - z
        white = painter.paint(f"dash{k}", (0.75, 0.74, 0.68), 0.2, grain=0.2)
        layers.append(
            Layer(f"dash{k}", lying(-x, gone), white, half=(0.07, 1.2), radius=(0.05, 0.05), sem=4, order=-4e9 + k, shown=gone < FAR / 2)
        )
    return layers


def roadside(x: Tensor, z: Tensor, painter) -> list[Layer]:
    """Houses (a front and a flank each) and trees on both sides."""
    layers = []
    for k in range(int((z.min() // SLOT).item()), int(((z.max() + FAR) // SLOT).item()) + 1):
        for side in (-1, 1):
            name = f"{'left' if side < 0 else 'right'}{k}"
            random = painter.random(f"house_{name}")
            begin = k * SLOT + random.uniform(0, 4) - z
            inst = 100 + 2 * (k % 400) + (side > 0)
            shown = begin < FAR
            layers += house(name, side, x, begin, random, painter, inst, shown)
            if random.random() < 0.6:
                layers += tree(name, side * (PAVEMENT - 0.6) - x, begin + random.uniform(2, 9), random, painter, inst + 1000, shown)
    return layers


def house(name: str, side: int, x: Tensor, begin: Tensor, random: Random, painter, inst: int, shown: Tensor) -> list[Layer]:
    """A front that faces us and a flank along the road; windows are waves along and up the wall."""
    tall, wide, long = random.uniform(5, 12), random.uniform(6, 10), random.uniform(7, 10.5)
    hue, light = random.choice([0.04, 0.09, 0.12, 0.58, random.random()]), random.uniform(0.55, 0.85)
    middle = EYE_HEIGHT - tall / 2
    windows = (0.0, math.pi / 2, math.pi / 4)
    front = painter.paint(f"front_{name}", colour(hue, 0.35, light), 1.0, grain=0.12, angles=windows)
    flank = painter.paint(f"flank_{name}", colour(hue, 0.4, 0.8 * light), 1.0, grain=0.12, angles=windows)
    edge = side * HOUSES - x
    common = {"sem": 5, "inst": inst, "part": 1, "shown": shown}
    flank_place = board(edge, middle, begin + long / 2, (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    return [
        Layer(f"flank_{name}", flank_place, flank, half=(long / 2, tall / 2), order=-1e6 - begin, **common),
        Layer(
            f"front_{name}",
            stand(edge + side * wide / 2, middle, begin),
            front,
            half=(wide / 2, tall / 2),
            order=-1e6 - begin + 0.5,
            **common,
        ),
    ]


def tree(name: str, x: Tensor, z: Tensor, random: Random, painter, inst: int, shown: Tensor) -> list[Layer]:
    tall = random.uniform(2.6, 4.2)
    bark = painter.paint(f"bark_{name}", colour(0.07, 0.5, 0.35), 0.5, grain=0.1)
    leaves = painter.paint(f"leaves_{name}", colour(random.uniform(0.2, 0.4), 0.6, random.uniform(0.45, 0.7)), 1.0, grain=0.12)
    crown = random.uniform(0.9, 1.4)
    common = {"sem": 6, "inst": inst, "shown": shown}
    return [
        Layer(f"trunk_{name}", stand(x, EYE_HEIGHT - tall / 2, z), bark, (0.1, tall / 2), (0.04, 0.04), part=6, **common),
        Layer(
            f"crown_{name}",
            stand(x, EYE_HEIGHT - tall, z - 0.01),
            leaves,
            (0.0, 0.0),
            (crown, 1.15 * crown),
            part=7,
            parent=f"trunk_{name}",
            **common,
        ),
    ]


def car(k: int, x: Tensor, gap: Tensor, size: tuple[float, float], painter) -> list[Layer]:
    """A car from behind, or from the front if it comes towards us."""
    half, tall = size
    ahead = k % 2 == 0
    across = (1.75 if ahead else -1.75) - x
    random = painter.random(f"car{k}")
    hue = random.random()
    paint = painter.paint(f"body{k}", colour(hue, random.uniform(0.5, 0.85), 0.85), 1.0, grain=0.12)
    roof = painter.paint(f"roof{k}", colour(hue, 0.6, 0.65), 0.8, grain=0.12)
    glass = painter.paint(f"glass{k}", colour(0.56, 0.35, 0.3), 0.6, grain=0.12)
    lamp = painter.paint(f"lamp{k}", colour(0.0, 0.85, 0.9) if ahead else colour(0.14, 0.25, 1.0), 0.2, grain=0.12)
    black = painter.paint(f"tyre{k}", (-0.85, -0.85, -0.82), 0.1, grain=0.12)
    shadow = painter.paint(f"shade{k}", (-0.72, -0.72, -0.7), 0.2, grain=0.12)
    middle = EYE_HEIGHT - 0.28 - 0.31 * tall
    common = {"sem": 7, "inst": k + 1, "shown": gap < FAR}
    lamps = [
        Layer(
            f"lamp{k}{s}",
            stand(across + s * 0.75 * half, middle - 0.05, gap - 0.03),
            lamp,
            (0.06, 0.0),
            (0.08, 0.07),
            part=3,
            parent=f"car{k}",
            **common,
        )
        for s in (-1, 1)
    ]
    tyres = [
        Layer(
            f"tyre{k}{s}",
            stand(across + s * 0.72 * half, EYE_HEIGHT - 0.2, gap + 0.02),
            black,
            (0.05, 0.08),
            (0.07, 0.1),
            part=1,
            parent=f"car{k}",
            **common,
        )
        for s in (-1, 1)
    ]
    roof_place = stand(across, middle - 0.31 * tall - 0.2, gap + 0.01)
    return [
        Layer(f"shade{k}", lying(across, gap + 0.9), shadow, radius=(1.1 * half, 1.0), sem=3, order=-3e9, shown=gap < FAR),
        *tyres,
        Layer(f"roof{k}", roof_place, roof, (0.6 * half, 0.2), (0.16 * half, 0.14), part=1, parent=f"car{k}", **common),
        Layer(
            f"glass{k}",
            stand(across, middle - 0.31 * tall - 0.2, gap),
            glass,
            (0.5 * half, 0.1),
            (0.14 * half, 0.1),
            part=2,
            parent=f"car{k}",
            **common,
        ),
        Layer(f"car{k}", stand(across, middle, gap - 0.02), paint, (half - 0.16, 0.31 * tall - 0.14), (0.16, 0.16), part=1, **common),
        *lamps,
    ]


def walkers(track: dict[str, Tensor], painter) -> list[Layer]:
    layers = []
    for k in range(WALKERS):
        random = painter.random(f"walker{k}")
        gap = track[f"walker{k}"]
        across = (1 if k % 2 == 0 else -1) * random.uniform(4.0, 5.2) - track["x"]
        skin = painter.paint(f"skin{k}", colour(random.uniform(0.04, 0.08), 0.45, random.uniform(0.5, 0.9)), 0.4, grain=0.08)
        coat = painter.paint(f"coat{k}", colour(random.random(), 0.6, 0.8), 1.0, grain=0.08)
        jeans = painter.paint(f"jeans{k}", colour(random.uniform(0.55, 0.7), 0.45, 0.4), 0.6, grain=0.08)
        common = {"sem": 8, "inst": 50 + k, "shown": gap < FAR}
        layers += [
            Layer(
                f"legs{k}",
                stand(across, EYE_HEIGHT - 0.42, gap + 0.02),
                jeans,
                (0.06, 0.3),
                (0.1, 0.12),
                part=5,
                parent=f"walker{k}",
                **common,
            ),
            Layer(f"walker{k}", stand(across, EYE_HEIGHT - 1.05, gap), coat, (0.08, 0.2), (0.18, 0.16), part=1, **common),
            Layer(
                f"face{k}", stand(across, EYE_HEIGHT - 1.56, gap - 0.01), skin, radius=(0.14, 0.17), part=4, parent=f"walker{k}", **common
            ),
        ]
    return layers
