"""A rendered clip: the tensors that were asked for, by name."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from data_scripts.toyworld import flow
from data_scripts.toyworld.raster import CLOSE_PX
from data_scripts.toyworld.scene import SceneSpec, classes, describe
from data_scripts.toyworld.stage import set_up

PAIRS = ("flow_next", "flow_prev", "visible_next", "visible_prev")  # one frame shorter than the clip


class Camera(NamedTuple):
    """K (3, 3) and, per frame, R (3, 3) and t (3,), world -> camera: pixel = K (R X + t) / depth; x right, y down, z forward."""

    K: Tensor
    R: Tensor
    t: Tensor


@dataclass(frozen=True)
class Clip:
    """What `render` gives: `clip.rgb`, `clip.flow_next` and so on, no more than was wanted. A batch has B in front."""

    specs: tuple[SceneSpec, ...]
    outputs: dict[str, Any]
    batched: bool = False

    def __getattr__(self, name: str) -> Any:
        outputs = self.__dict__.get("outputs", {})
        if name in outputs:
            return outputs[name]
        raise AttributeError(f"this clip has no {name!r}; it was rendered with {', '.join(outputs)}")

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    @property
    def meta(self) -> dict | list[dict]:
        """What the scene is, in words and numbers: see `describe`. A list of these for a batch."""
        told = [describe(spec) for spec in self.specs]
        return told if self.batched else told[0]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the semantic classes."""
        return classes(self.specs[0].world.kind)

    def to(self, device: torch.device | str) -> "Clip":
        """The same clip on another device."""
        return replace(self, outputs={name: moved(value, device) for name, value in self.outputs.items()})

    def slice(self, first: int, frames: int) -> "Clip":
        """Frames first, first + 1, ...: `frames` of them.

        Raises:
            ValueError: the clip is not that long.
        """
        total = self.specs[0].frames
        if first < 0 or frames < 1 or first + frames > total:
            raise ValueError(f"cannot take {frames} frames from frame {first}: the clip has {total}")
        axis = 1 if self.batched else 0
        outputs = {}
        for name, value in self.outputs.items():
            length = frames - 1 if name in PAIRS else frames
            if isinstance(value, Camera):
                outputs[name] = Camera(value.K, value.R.narrow(axis, first, length), value.t.narrow(axis, first, length))
            else:
                outputs[name] = value.narrow(axis, first, length)
        return replace(self, specs=tuple(cut(spec, first, frames) for spec in self.specs), outputs=outputs)

    def flow_to(self, frame: int) -> Tensor:
        """Flow from every frame to one: (T, 2, H, W) in px, on the grid of frame t."""
        return self.towards(frame)[0]

    def visible_to(self, frame: int) -> Tensor:
        """Where the flow to one frame finds its point again: (T, 1, H, W) bool."""
        return self.towards(frame)[1]

    def towards(self, frame: int) -> tuple[Tensor, Tensor]:
        """`flow_to` and `visible_to` of one frame.

        Raises:
            ValueError: there is no such frame.
        """
        total = self.specs[0].frames
        if not 0 <= frame < total:
            raise ValueError(f"no frame {frame}: the clip has frames 0 to {total - 1}")
        device = next((value.device for value in self.outputs.values() if isinstance(value, Tensor)), "cpu")
        raster = set_up(self.specs, torch.float32, device, CLOSE_PX).raster
        source = torch.arange(raster.frames, device=device)
        target = torch.div(source, total, rounding_mode="floor") * total + frame
        moved_px = flow.flow(raster, source, target)
        seen = flow.visible(raster, moved_px, source, target)
        lead = (len(self.specs), total) if self.batched else (total,)
        return moved_px.unflatten(0, lead), seen.unflatten(0, lead)


def cut(spec: SceneSpec, first: int, frames: int) -> SceneSpec:
    """Some frames of a scene, as a scene."""
    return replace(spec, states=spec.states[first : first + frames], actions=spec.actions[first : first + frames - 1])


def moved(value: Any, device: torch.device | str) -> Any:
    """An output on a device."""
    return Camera(*(part.to(device) for part in value)) if isinstance(value, Camera) else value.to(device)
