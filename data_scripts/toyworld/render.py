"""Rendering: from scenes to the tensors that are wanted, and nothing that is not."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from random import Random

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from data_scripts.toyworld import flow, labels, points, shade
from data_scripts.toyworld.clip import PAIRS, Camera, Clip
from data_scripts.toyworld.raster import CLOSE_PX, EDGE_REACH_PX
from data_scripts.toyworld.scene import SceneSpec, classes, make_scene
from data_scripts.toyworld.stage import Stage, set_up

DEFAULT = ("rgb", "sem", "inst", "flow_next", "flow_prev", "visible_next", "visible_prev")


class Results:
    """Everything that can be asked of a stage, each worked out once at most. Frames of all clips stand one after another."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.raster = stage.raster

    @cached_property
    def rgb(self) -> Tensor:
        chosen = self.raster.blend[0]
        values = shade.colours(self.raster, self.stage.textures, self.stage.texture_of_cell, chosen)
        light = torch.cat([brightness(spec) for spec in self.stage.specs]).to(self.raster.rank.device)
        picture = shade.composite(self.raster, values)
        return ((picture + 1) * light[:, None, None, None].to(picture.dtype) - 1).clamp(-1, 1).float()

    @cached_property
    def sem(self) -> Tensor:
        return labels.of_layer(self.raster, self.stage.sem)

    @cached_property
    def inst(self) -> Tensor:
        return labels.of_layer(self.raster, self.stage.inst)

    @cached_property
    def part(self) -> Tensor:
        return labels.of_layer(self.raster, self.stage.part)

    @cached_property
    def sem_onehot(self) -> Tensor:
        return one_hot(self.sem, len(classes(self.stage.specs[0].world.kind))).permute(0, 3, 1, 2).float().contiguous()

    @cached_property
    def edge(self) -> Tensor:
        return labels.edge(self.inst)

    @cached_property
    def edge_dist(self) -> Tensor:
        return labels.edge_dist(self.raster)

    @cached_property
    def depth(self) -> Tensor:
        return labels.depth(self.raster, self.stage.sky)

    @cached_property
    def uv(self) -> Tensor:
        return labels.uv(self.raster)

    @cached_property
    def alpha(self) -> Tensor:
        front = self.stage.foreground[self.raster.fragments.cell[self.raster.blend[0]]]
        return shade.composite(self.raster, [front.to(self.raster.dtype)]).float().clamp(0, 1)

    @cached_property
    def fg_mask(self) -> Tensor:
        return labels.of_layer(self.raster, self.stage.foreground)[:, None].float()

    @cached_property
    def pairs(self) -> tuple[Tensor, Tensor]:
        """Frames t and t + 1 of every clip."""
        first = torch.cat([self.stage.frames_of(clip)[:-1] for clip in range(len(self.stage.specs))])
        return first, first + 1

    @cached_property
    def flow_next(self) -> Tensor:
        now, later = self.pairs
        return flow.flow(self.raster, now, later)

    @cached_property
    def flow_prev(self) -> Tensor:
        now, later = self.pairs
        return flow.flow(self.raster, later, now)

    @cached_property
    def visible_next(self) -> Tensor:
        now, later = self.pairs
        return flow.visible(self.raster, self.flow_next, now, later)

    @cached_property
    def visible_prev(self) -> Tensor:
        now, later = self.pairs
        return flow.visible(self.raster, self.flow_prev, later, now)

    @cached_property
    def detections(self) -> tuple[Tensor, Tensor]:
        """Keypoints (frames, K, 3) with the noise of the controls, and which were found (frames, K)."""
        told = []
        for clip, spec in enumerate(self.stage.specs):
            exact = points.keypoints(self.raster, spec.drawing, self.stage.frames_of(clip))
            told.append(points.told(exact, spec))
        return torch.cat([told_points for told_points, _ in told]), torch.cat([found for _, found in told])

    @cached_property
    def keypoints(self) -> Tensor:
        return self.detections[0]

    @cached_property
    def sticks(self) -> tuple:
        return points.sticks(*self.detections, self.stage.specs[0].drawing.curves, self.raster)

    @cached_property
    def sketch(self) -> Tensor:
        return points.sketch(self.sticks[0])

    @cached_property
    def pose_image(self) -> Tensor:
        return points.pose_image(*self.sticks)

    @cached_property
    def part_affine(self) -> Tensor:
        found = []
        for clip, spec in enumerate(self.stage.specs):
            names = [layer.name for layer in spec.drawing.layers]
            parts = torch.tensor([names.index(name) for name in spec.drawing.parts], device=self.raster.rank.device)
            found.append(points.part_affine(self.raster, parts, self.stage.frames_of(clip)))
        return torch.cat(found)


OUTPUTS: dict[str, str] = {
    "rgb": "picture in [-1, 1]",
    "sem": "class",
    "inst": "instance, 0 = background",
    "part": "body or face part",
    "sem_onehot": "class, one channel each",
    "edge": "1 between instances",
    "sketch": "curves through the keypoints",
    "pose_image": "the same curves, coloured",
    "keypoints": "x, y in px, visible",
    "part_affine": "part local -> px",
    "flow_next": "px, grid of t, to t + 1",
    "flow_prev": "px, grid of t + 1, to t",
    "visible_next": "1 = seen in t + 1 too",
    "visible_prev": "1 = seen in t too",
    "depth": "scene units, inf = sky",
    "edge_dist": "px to the nearest outline",
    "uv": "position on the layer, [-1, 1]",
    "alpha": "foreground coverage",
    "fg_mask": "1 = foreground",
    "camera": "K, R, t",
    "meta": "what the scene is",
}


def to01(rgb: Tensor) -> Tensor:
    """Pictures from [-1, 1] to [0, 1]."""
    return (rgb + 1) / 2


def draw(kind: str, seed: int, frames: int = 16, height: int = 64, width: int = 64, outputs: Iterable[str] = DEFAULT, **controls) -> Clip:
    """Make a scene and render it: `draw("street", seed=3, frames=16, height=64, width=96, outputs=("rgb", "sem", "flow_next"))`.

    Keywords that are left are fields of `Controls`.
    """
    return render(make_scene(kind, seed, frames, height, width, **controls), outputs)


def render(spec: SceneSpec, want: Iterable[str] = DEFAULT, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu") -> Clip:
    """Render one scene.

    Args:
        spec: from `make_scene` and its relatives.
        want: names of `OUTPUTS`; what is not wanted costs nothing.
        dtype: of the arithmetic per pixel; the outputs keep the types of the table.
        device: where to render.

    Returns:
        A `Clip` with (T, ...) tensors.

    Raises:
        ValueError: an output that does not exist.
    """
    whole = rendered([spec], tuple(want), dtype, device)
    return Clip((spec,), {name: Camera(value.K, value.R[0], value.t[0]) if name == "camera" else value[0] for name, value in whole.items()})


def render_batch(
    specs: Sequence[SceneSpec], want: Iterable[str] = DEFAULT, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> Clip:
    """Render scenes of one kind, length and size together: a `Clip` with (B, T, ...) tensors."""
    return Clip(tuple(specs), rendered(specs, tuple(want), dtype, device), batched=True)


def rendered(specs: Sequence[SceneSpec], want: tuple[str, ...], dtype: torch.dtype, device: torch.device | str) -> dict:
    """Outputs by name, each with (B, T, ...) in front."""
    if unknown := [name for name in want if name not in OUTPUTS]:
        raise ValueError(f"unknown output {', '.join(map(repr, unknown))}; there are {', '.join(OUTPUTS)}")
    reach_px = EDGE_REACH_PX if "edge_dist" in want else CLOSE_PX if any(name.startswith("visible") for name in want) else 0.5
    results = Results(set_up(specs, dtype, device, reach_px))
    count, frames = len(specs), specs[0].frames
    outputs = {}
    for name in want:
        if name == "meta":  # every clip has it
            continue
        if name == "camera":
            outputs[name] = camera(specs, device)
        else:
            outputs[name] = getattr(results, name).unflatten(0, (count, frames - 1 if name in PAIRS else frames))
    return outputs


def camera(specs: Sequence[SceneSpec], device: torch.device | str) -> Camera:
    """The camera of each frame; of the flat kinds it stands still at the origin."""
    frames = specs[0].frames
    still = torch.eye(3, dtype=torch.float64).expand(frames, 3, 3), torch.zeros(frames, 3, dtype=torch.float64)
    turns = [still[0] if spec.drawing.rotation is None else spec.drawing.rotation for spec in specs]
    shifts = [still[1] if spec.drawing.translation is None else spec.drawing.translation for spec in specs]
    return Camera(
        specs[0].world.view.matrix.float().to(device), torch.stack(turns).float().to(device), torch.stack(shifts).float().to(device)
    )


def brightness(spec: SceneSpec) -> Tensor:
    """(T,) factor on the light of each frame: 1 but for the control `flicker`."""
    random = Random(f"{spec.world.kind}/flicker/{spec.world.seed}")
    return torch.tensor([max(0.0, 1 + random.gauss(0, spec.world.controls.flicker)) for _ in spec.states])
