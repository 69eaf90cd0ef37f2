"""Object in space: a toy of balls and boxes on a table, seen by a camera that goes around it. All poses are known."""

import math
from random import Random

import torch
from torch import Tensor

from data_scripts.toyworld.layers import Drawing, Keypoint, Layer, colour

CLASSES = ("wall", "table", "body", "head", "foot", "nose")
PARTS = ("background", "body", "head", "left foot", "right foot", "nose", "left eye", "right eye", "hat")
FOREGROUND = ("body", "head", "foot", "nose")
ACTIONS = {"azimuth": (-1.0, 1.0), "elevation": (-1.0, 1.0), "distance": (-1.0, 1.0)}  # of the camera: 0.12 rad, 0.04 rad, 0.1 m per frame
JOINTS = ("azimuth", "elevation")
UP = (0.0, -1.0, 0.0)
SUN = (-0.35, -0.8, -0.5)  # light comes from here, in the world


def identity(random: Random) -> dict:
    """Half sizes in metres; the body is a box or a ball."""
    return {
        "boxy": random.random() < 0.6,
        "body": (random.uniform(0.42, 0.55), random.uniform(0.4, 0.6), random.uniform(0.35, 0.45)),
        "head": random.uniform(0.32, 0.42),
        "foot": random.uniform(0.15, 0.19),
        "nose": random.uniform(0.08, 0.12),
        "eye": random.uniform(0.05, 0.07),
    }


def start(random: Random, world) -> dict[str, float]:
    return {
        "azimuth": random.uniform(-math.pi, math.pi),
        "elevation": random.uniform(0.25, 0.5),
        "distance": random.uniform(3.3, 3.9),
        "way": random.choice([-1, 1]) * random.uniform(0.4, 1.0),
    }


def script(random: Random, values) -> dict[str, float]:
    return {"azimuth": values["way"], "elevation": random.uniform(-0.6, 0.6), "distance": random.uniform(-0.4, 0.4)}


def step(values, action, pace: float, world) -> dict[str, float]:
    return {
        "azimuth": values["azimuth"] + 0.12 * pace * action["azimuth"],
        "elevation": min(max(values["elevation"] + 0.04 * pace * action["elevation"], 0.15), 0.9),
        "distance": min(max(values["distance"] + 0.1 * pace * action["distance"], 2.9), 4.5),
    }


def about(values, world) -> dict:
    return {"caption": f"a toy with a {'square' if world.identity['boxy'] else 'round'} body on a table, seen from all sides"}


def orbit(track: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """World -> camera rotation (T, 3, 3) and translation (T, 3) of a camera that looks at the middle of the toy."""
    azimuth, elevation, distance = track["azimuth"], track["elevation"], track["distance"]
    away = torch.stack([azimuth.sin() * elevation.cos(), -elevation.sin(), -azimuth.cos() * elevation.cos()], -1)
    target = torch.tensor([0.0, -0.8, 0.0], dtype=torch.float64)
    eye = target + distance[:, None] * away
    forward = -away
    right = torch.linalg.cross(forward, torch.tensor(UP, dtype=torch.float64).expand_as(forward))
    right = right / torch.linalg.vector_norm(right, dim=-1, keepdim=True)
    down = torch.linalg.cross(forward, right)
    rotation = torch.stack([right, down, forward], 1)
    return rotation, -(rotation @ eye[:, :, None])[:, :, 0]


def draw(track: dict[str, Tensor], world) -> Drawing:
    who, painter = world.identity, world.painter
    rotation, translation = orbit(track)
    eye = -(rotation.transpose(1, 2) @ translation[:, :, None])[:, :, 0]

    def put(centre, axes=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))) -> Tensor:
        """Place local axes (directions in the world) at a point of the world: (T, 3, 4)."""
        middle = torch.tensor(centre, dtype=torch.float64)
        turn = rotation @ torch.tensor(axes, dtype=torch.float64).t()
        return torch.cat([turn, (rotation @ middle + translation)[:, :, None]], -1)

    def nearness(centre) -> Tensor:
        return -torch.linalg.vector_norm(eye - torch.tensor(centre, dtype=torch.float64), dim=-1)

    def ball(name: str, centre, radius: float, base, order=None, strength: float = 1.0, **labels) -> Layer:
        shade = tuple(0.35 / radius * s for s in SUN)
        texture = painter.paint(name, base, strength, grain=0.35, shade=shade)
        order = nearness(centre) if order is None else order
        return Layer(name, put(centre), texture, (0.0, 0.0), (radius, radius), solid=True, order=order, inst=1, **labels)

    def box(name: str, centre, half, base, **labels) -> list[Layer]:
        """The faces of a box that are turned to the camera."""
        faces = []
        for axis in range(3):
            for sign in (-1, 1):
                out = [0.0, 0.0, 0.0]
                out[axis] = float(sign)
                across, down = (
                    ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0))
                    if axis == 0
                    else ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
                    if axis == 1
                    else (AXES[0], AXES[1])
                )
                size = (half[2], half[1]) if axis == 0 else (half[0], half[2]) if axis == 1 else (half[0], half[1])
                middle = [c + h * o for c, h, o in zip(centre, half, out, strict=True)]
                light = 0.3 * sum(o * s for o, s in zip(out, SUN, strict=True))
                face = painter.paint(f"{name}{axis}{sign}", tuple(c + light for c in base), 1.0, grain=0.35)
                shown = (eye[:, axis] - middle[axis]) * sign > 0
                faces.append(
                    Layer(
                        f"{name}{axis}{sign}",
                        put(middle, (across, down, out)),
                        face,
                        size,
                        (1e-6, 1e-6),
                        shown=shown,
                        order=nearness(centre),
                        inst=1,
                        **labels,
                    )
                )
        return faces

    return toy(who, painter, put, ball, box, rotation, translation)


AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def toy(who: dict, painter, put, ball, box, rotation: Tensor, translation: Tensor) -> Drawing:
    """Table, feet, body, head, nose, eyes and hat, in the order in which a camera above the table sees them in front of each other."""
    random = painter.random("palette")
    hue = random.random()
    body, head = colour(hue, 0.6, 0.8), colour(hue + 0.4, 0.45, 0.9)
    foot, nose = colour(hue + 0.6, 0.6, 0.6), colour(0.02, 0.75, 0.9)
    x, y, z = who["body"]
    ground = (AXES[0], AXES[2], (0.0, -1.0, 0.0))
    wall = painter.paint("wall", colour(hue + 0.5, 0.25, 0.6), 0.3)
    cloth = painter.paint("table", colour(hue + 0.2, 0.3, 0.55), 0.8, grain=0.25)
    shadow = painter.paint("shadow", colour(hue + 0.2, 0.35, 0.25), 0.4, grain=0.25)
    raised = 1.2 * who["foot"]
    frames = len(rotation)
    backdrop = torch.eye(3, 4, dtype=torch.float64).repeat(frames, 1, 1)
    backdrop[:, 2, 3] = 1.0
    backdrop = 60.0 * backdrop
    waist = -raised - y
    top = waist - y
    chin = top - who["head"] * 0.9
    layers = [
        Layer("wall", backdrop, wall, half=(4.0, 4.0), order=-1e9),
        Layer("table", put((0.0, 0.0, 0.0), ground), cloth, radius=(2.2, 2.2), sem=1, order=-1e8),
        Layer("shadow", put((0.12, 0.0, 0.15), ground), shadow, radius=(1.15 * x + 0.15, 1.25 * z + 0.15), sem=1, order=-1e7),
    ]
    for number, sign in enumerate((-1, 1)):
        place = (0.5 * sign * x, -who["foot"], -0.15)
        layers.append(ball(f"foot{number}", place, who["foot"], foot, sem=4, part=3 + number))
    centre = (0.0, waist, 0.0)
    trunk = box("body", centre, who["body"], body, sem=2, part=1) if who["boxy"] else [ball("body", centre, y, body, sem=2, part=1)]
    layers += trunk
    above = 100.0  # what stands above is in front for every camera that looks down
    layers.append(ball("head", (0.0, chin, 0.0), who["head"], head, order=above, sem=3, part=2))
    out = who["head"]
    for name, at, size, base, label in (
        ("nose", (0.0, 0.05, -1.0), who["nose"], nose, {"sem": 5, "part": 5}),
        ("eye0", (-0.42, -0.25, -0.87), who["eye"], (-0.8, -0.8, -0.75), {"sem": 3, "part": 6}),
        ("eye1", (0.42, -0.25, -0.87), who["eye"], (-0.8, -0.8, -0.75), {"sem": 3, "part": 7}),
        ("hat", (0.0, -1.05, 0.0), 1.8 * who["nose"], body, {"sem": 3, "part": 8}),
    ):
        middle = (out * at[0], chin + out * at[1], out * at[2])
        order = (
            above + 1 if name == "hat" else above + 1 + turned(rotation, translation, at) - turned(rotation, translation, (0.0, 0.0, 0.0))
        )
        layers.append(ball(name, middle, size, base, order=order, strength=0.5, parent="head", **label))
    points = [
        Keypoint("nose", (0.0, 0.0, 0.0)),
        Keypoint("eye0", (0.0, 0.0, 0.0)),
        Keypoint("eye1", (0.0, 0.0, 0.0)),
        Keypoint("hat", (0.0, 0.0, 0.0)),
        Keypoint("foot0", (0.0, 0.0, 0.0)),
        Keypoint("foot1", (0.0, 0.0, 0.0)),
    ]
    parts = ["head", "nose", "hat", "foot0", "foot1"]
    return Drawing(layers, points, [(1, 0, 2), (3, 0), (0, 4), (0, 5)], parts, rotation, translation)


def turned(rotation: Tensor, translation: Tensor, at) -> Tensor:
    """How far a direction of the world points at the camera, -2 behind the head and more in front: (T,)."""
    depth = (rotation @ torch.tensor(at, dtype=torch.float64))[:, 2]
    return torch.where(depth < 0, 0.5, -2.0) - 0.1 * depth
