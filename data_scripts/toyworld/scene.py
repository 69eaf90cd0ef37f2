"""Scenes as data: a world (who, in which colours, under which controls) and one state per frame.

Three seeds are kept apart: `seed` draws the motion, `identity_seed` the shapes, `style_seed` the colours and textures. So the same
motion can be shown by somebody else (`retarget`), and the same geometry in other clothes (`restyle`): the exact answers to transfer.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from random import Random
from types import ModuleType

import torch
from torch import Tensor

from data_scripts.toyworld import dancer, face, object3d, rotor, sprites, street, texture, transition
from data_scripts.toyworld.easel import Easel
from data_scripts.toyworld.layers import Drawing, Layer, View, colour, flat

# A kind is a module of names and functions. CLASSES, PARTS: what its labels are called, ids in that order; FOREGROUND: classes of things;
# ACTIONS: name -> range; JOINTS: beginnings of the values that `perturb` shakes; MOST: instances, where there can be several.
#   identity(random) -> sizes by name          start(random, world) -> values of the first frame
#   script(random, values) -> the next action  step(values, action, pace, world) -> the values that change
#   about(values, world) -> words for `meta`   draw({name: (T,) values}, world) -> Drawing
KINDS = {
    "sprites": sprites,
    "street": street,
    "dancer": dancer,
    "face": face,
    "rotor": rotor,
    "object3d": object3d,
    "texture": texture,
    "transition": transition,
}
PARTS = {
    "train": range(0, 1_000_000),
    "val": range(1_000_000, 1_100_000),
    "test": range(1_100_000, 1_200_000),
    "hidden": range(1_200_000, 2**31),
}
OCCLUDER = "occluder"  # the last class of every kind


@dataclass(frozen=True)
class Controls:
    """What can be turned up and down in every scene."""

    texture: float = 1.0  # 0: flat colours, told by the labels alone; above: must be carried along
    speed: tuple[float, float] = (1.0, 1.0)  # range that the seed draws a factor on all motion from
    frame_step: int = 1  # steps of the world from frame to frame
    zoom: float = 1.0  # of the camera
    instances: int | None = None  # how many sprites, cars; None: as the kind likes it
    occluders: float = 0.0  # expected number of poles that pass in front
    lag: float = 1.0  # how far hair and scarf trail behind; 0: not at all
    flicker: float = 0.0  # standard deviation of the brightness of a frame
    jitter_px: float = 0.0  # standard deviation of the noise on told keypoints (not on the picture)
    drop_rate: float = 0.0  # chance that a keypoint is told as unseen

    def __post_init__(self) -> None:
        fine = {
            "texture >= 0": self.texture >= 0,
            "0 <= slowest speed <= fastest": 0 <= self.speed[0] <= self.speed[1],
            "frame_step >= 1": self.frame_step >= 1,
            "zoom >= 0.3": self.zoom >= 0.3,
            "occluders, lag, flicker, jitter_px >= 0": min(self.occluders, self.lag, self.flicker, self.jitter_px) >= 0,
            "0 <= drop_rate <= 1": 0 <= self.drop_rate <= 1,
        }
        if wrong := [rule for rule, holds in fine.items() if not holds]:
            raise ValueError(f"controls need {', '.join(wrong)}, got {self}")


@dataclass(frozen=True)
class World:
    """All of a scene but its motion."""

    kind: str
    seed: int
    identity_seed: int
    style_seed: int
    view: View
    controls: Controls

    @property
    def pace(self) -> float:
        """The factor on all motion."""
        return Random(f"{self.kind}/pace/{self.seed}").uniform(*self.controls.speed)

    @property
    def identity(self) -> dict:
        """The shapes: sizes and proportions by name."""
        return KINDS[self.kind].identity(Random(f"{self.kind}/identity/{self.identity_seed}"))

    def shapes(self, name: str) -> Random:
        """Random numbers of the identity, the same for the same name: for shapes that `identity` does not list."""
        return Random(f"{self.kind}/identity/{self.identity_seed}/{name}")

    @property
    def easel(self) -> Easel:
        """An empty easel with the colours of this style."""
        return Easel(f"{self.kind}/style/{self.style_seed}", self.controls.texture, self.view.unit)


@dataclass(frozen=True)
class State:
    """One moment of a world: named numbers. Nothing changes a state; `animate` makes the next."""

    world: World
    values: Mapping[str, float]


@dataclass(frozen=True)
class SceneSpec:
    """A scene as data: the world, the state of every frame, and the actions that led from each frame to the next."""

    world: World
    states: tuple[Mapping[str, float], ...]
    actions: tuple[Mapping[str, float], ...] = ()

    @property
    def frames(self) -> int:
        """How many."""
        return len(self.states)

    def state(self, frame: int) -> State:
        """The moment of one frame."""
        return State(self.world, self.states[frame])

    @cached_property
    def drawing(self) -> Drawing:
        """Layers, keypoints and curves with their places in every frame."""
        track = {name: torch.tensor([state[name] for state in self.states], dtype=torch.float64) for name in self.states[0]}
        drawing = KINDS[self.world.kind].draw(track, self.world)
        return replace(drawing, layers=[*drawing.layers, *occluders(track["time"], self.world)])


def classes(kind: str) -> tuple[str, ...]:
    """Names of the semantic classes of a kind, in the order of their ids."""
    return (*known(kind).CLASSES, OCCLUDER)


def known(kind: str) -> ModuleType:
    """The module of a kind.

    Raises:
        ValueError: no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; there are {', '.join(KINDS)}")
    return KINDS[kind]


def first_state(kind: str, seed: int, height: int, width: int, **controls) -> State:
    """Where the world of a kind and seed begins; keywords are the fields of `Controls`.

    Raises:
        ValueError: no such kind or control, a control out of its range, or a frame smaller than 8 x 8.
    """
    module = known(kind)
    names = [field.name for field in fields(Controls)]
    if unknown := sorted(set(controls) - set(names)):
        raise ValueError(f"there is no control {', '.join(unknown)}; there are {', '.join(names)}")
    if min(height, width) < 8:
        raise ValueError(f"a frame needs at least 8 x 8 pixels, got {height} x {width}")
    chosen = Controls(**controls)
    most = getattr(module, "MOST", 1)
    if chosen.instances is not None and not 1 <= chosen.instances <= most:
        raise ValueError(f"{kind} shows 1 to {most} instances, got {chosen.instances}")
    world = World(kind, seed, seed, seed, View(height, width, chosen.zoom), chosen)
    return State(world, {"time": 0.0} | module.start(Random(f"{kind}/start/{seed}"), world))


def animate(kind: str, state: State, action: Mapping[str, float] | None = None) -> State:
    """The state one frame later; the state given stays as it is.

    Args:
        kind: the kind of the state, said again so that a mix-up is noticed.
        state: from `first_state`, `SceneSpec.state` or `animate`.
        action: numbers by name (see `actions`); what is not named is 0.

    Raises:
        ValueError: the state is of another kind, or an action has a name that the kind does not know.
    """
    if kind != state.world.kind:
        raise ValueError(f"the state is of kind {state.world.kind!r}, not {kind!r}")
    module = KINDS[kind]
    action = action or {}
    if unknown := set(action) - set(module.ACTIONS):
        raise ValueError(f"{kind} has no action {', '.join(sorted(unknown))}; it has {', '.join(module.ACTIONS)}")
    whole = {name: min(max(action.get(name, 0.0), low), high) for name, (low, high) in module.ACTIONS.items()}
    values, pace = dict(state.values), state.world.pace
    for _ in range(state.world.controls.frame_step):
        values |= module.step(values, whole, pace, state.world)
        values["time"] += pace
    return State(state.world, values)


def actions(kind: str) -> dict[str, tuple[float, float]]:
    """Names of a kind's actions and their ranges; what is outside is cut off."""
    return dict(known(kind).ACTIONS)


def spec_from_state(state: State) -> SceneSpec:
    """A scene of one frame."""
    return SceneSpec(state.world, (state.values,))


def make_scene(kind: str, seed: int, frames: int, height: int, width: int, **controls) -> SceneSpec:
    """A scene with the motion, identity and style that the seed draws; keywords are the fields of `Controls`.

    Raises:
        ValueError: no such kind or control, a control out of its range, no frames, or a frame smaller than 8 x 8.
    """
    if frames < 1:
        raise ValueError(f"a clip needs at least 1 frame, got {frames}")
    state = first_state(kind, seed, height, width, **controls)
    random = Random(f"{kind}/actions/{seed}")
    states, done = [state], []
    for _ in range(frames - 1):
        done.append(KINDS[kind].script(random, states[-1].values))
        states.append(animate(kind, states[-1], done[-1]))
    return SceneSpec(state.world, tuple(state.values for state in states), tuple(done))


def retarget(spec: SceneSpec, identity_seed: int) -> SceneSpec:
    """The same motion by somebody else, in the clothes of that identity."""
    return replace(spec, world=replace(spec.world, identity_seed=identity_seed, style_seed=identity_seed))


def restyle(spec: SceneSpec, style_seed: int) -> SceneSpec:
    """The same geometry, label for label, in other colours and textures."""
    return replace(spec, world=replace(spec.world, style_seed=style_seed))


def perturb(spec: SceneSpec, joint_noise: float, seed: int = 0) -> SceneSpec:
    """The same scene in slightly wrong poses: noise on every joint of every frame, and all outputs follow.

    Args:
        spec: any scene.
        joint_noise: standard deviation, in the unit of the kind's joints (radians for angles, scene units for places).
        seed: which noise.
    """
    random = Random(f"perturb/{seed}")
    joints = KINDS[spec.world.kind].JOINTS
    states = tuple(
        {name: value + random.gauss(0, joint_noise) if name.startswith(joints) else value for name, value in state.items()}
        for state in spec.states
    )
    return replace(spec, states=states)


def describe(spec: SceneSpec) -> dict:
    """What a scene is: seeds, kind, caption, identity, controls, actions, and what the kind adds (a period, for example)."""
    world = spec.world
    return {
        "kind": world.kind,
        "seed": world.seed,
        "identity_seed": world.identity_seed,
        "style_seed": world.style_seed,
        "identity": world.identity,
        "controls": asdict(world.controls),
        "speed": world.pace,
        "actions": [dict(action) for action in spec.actions],
        **KINDS[world.kind].about(spec.states[0], world),
    }


def split(kind: str, part: str) -> range:
    """Seeds for a purpose (train, val, test, hidden); no seed has two. Graders draw from `hidden` when they run.

    Raises:
        ValueError: no such kind or part.
    """
    known(kind)
    if part not in PARTS:
        raise ValueError(f"unknown part {part!r}; there are {', '.join(PARTS)}")
    return PARTS[part]


def occluders(time: Tensor, world: World) -> list[Layer]:
    """Poles that pass in front of everything; each comes back from the other side."""
    random = Random(f"{world.kind}/occluders/{world.seed}")
    number = int(world.controls.occluders) + (random.random() < world.controls.occluders % 1)
    half_wide, half_tall = world.view.half
    span = half_wide + 0.1
    easel = world.easel
    for k in range(number):
        speed = random.choice([-1, 1]) * random.uniform(0.01, 0.03)
        x = (random.uniform(-span, span) + speed * time + span).remainder(2 * span) - span
        place = flat(x, 0.0, 0.1 - 0.001 * k, angle=random.uniform(-0.2, 0.2))
        half = random.uniform(0.02, 0.04), 2 * half_tall
        tone = colour(easel.random(f"pole_looks{k}").random(), 0.3, 0.45)
        easel.put(f"pole{k}", place, tone, half=half, sem=OCCLUDER, inst=5000 + k, order=1e6 + k)
    return easel.layers
