"""The toy world: clips drawn from a seed, with exact flow, visibility, labels, points, depth and cameras.

from data_scripts import toyworld

clip = toyworld.draw("street", seed=3, frames=16, height=64, width=96, outputs=("rgb", "sem", "flow_next"))
clip.rgb  # (16, 3, 64, 96) in [-1, 1]
"""

from data_scripts.toyworld.clip import Camera, Clip
from data_scripts.toyworld.render import OUTPUTS, draw, render, render_batch, to01
from data_scripts.toyworld.scene import (
    KINDS,
    Controls,
    SceneSpec,
    State,
    actions,
    animate,
    classes,
    first_state,
    make_scene,
    perturb,
    restyle,
    retarget,
    spec_from_state,
    split,
)

__all__ = [
    "KINDS",
    "OUTPUTS",
    "Camera",
    "Clip",
    "Controls",
    "SceneSpec",
    "State",
    "actions",
    "animate",
    "classes",
    "draw",
    "first_state",
    "make_scene",
    "perturb",
    "render",
    "render_batch",
    "restyle",
    "retarget",
    "spec_from_state",
    "split",
    "to01",
]
