"""From scenes to tables: everything that rendering needs, for one scene or many of the same size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from data_scripts.toyworld.cells import Cells, pack
from data_scripts.toyworld.layers import Layer, Texture, flat
from data_scripts.toyworld.raster import Raster
from data_scripts.toyworld.scene import KINDS, OCCLUDER, SceneSpec, classes


@dataclass
class Stage:
    """A raster and what its cells mean: (cells,) ids and flags, and the texture that each wears."""

    raster: Raster
    specs: tuple[SceneSpec, ...]
    sem: Tensor
    inst: Tensor
    part: Tensor
    sky: Tensor
    foreground: Tensor
    textures: Tensor
    texture_of_cell: Tensor

    @property
    def frames(self) -> int:
        """Frames of one clip."""
        return self.specs[0].frames

    def frames_of(self, clip: int) -> Tensor:
        """Numbers of the frames of one clip among those of all."""
        return torch.arange(self.frames, device=self.sem.device) + clip * self.frames


def set_up(specs: Sequence[SceneSpec], dtype: torch.dtype, device: torch.device | str, reach_px: float) -> Stage:
    """Tables of scenes of the same kind, length and frame size.

    Raises:
        ValueError: no scene, or scenes that do not fit together.
    """
    if not specs:
        raise ValueError("nothing to render: the list of scenes is empty")
    alike = {(spec.world.kind, spec.frames, spec.world.view) for spec in specs}
    if len(alike) > 1:
        raise ValueError(f"scenes rendered together need one kind, length, frame size and zoom, got {sorted(map(str, alike))}")
    (kind, frames, view), count = alike.pop(), max(len(spec.drawing.layers) for spec in specs)
    lists = [padded(spec.drawing.layers, count) for spec in specs]
    packs = [pack(layers, frames, view) for layers in lists]
    cells = Cells(*(torch.cat(columns) for columns in zip(*(list(vars(cells).values()) for cells, _ in packs), strict=True)))
    rank = torch.cat([rank for _, rank in packs])
    ids = {name: index for index, name in enumerate(classes(kind))} | {"": 0}
    rows = [meaning(layer, kind, ids) for layers in lists for layer in layers]
    per_layer = torch.tensor(rows, device=device).reshape(len(specs), 1, count, 5)
    sem, inst, part, sky, foreground = per_layer.expand(-1, frames, -1, -1).flatten(0, 2).unbind(-1)
    textures = torch.tensor([layer.texture.numbers() for layers in lists for layer in layers], device=device)
    wears = torch.arange(len(textures), device=device).reshape(len(specs), 1, count).expand(-1, frames, -1).flatten()
    raster = Raster(cells.to(device), rank.to(device), view.height, view.width, dtype, reach_px)
    return Stage(raster, tuple(specs), sem, inst, part, sky.bool(), foreground.bool(), textures, wears)


def meaning(layer: Layer, kind: str, ids: dict[str, int]) -> tuple[int, int, int, bool, bool]:
    """Class, instance, part, whether it is sky, whether it is foreground."""
    part = KINDS[kind].PARTS.index(layer.part) if layer.part else 0
    return ids[layer.sem], layer.inst, part, layer.sky, layer.sem == OCCLUDER or layer.sem in KINDS[kind].FOREGROUND


def padded(layers: list[Layer], count: int) -> list[Layer]:
    """The layers, filled up to a number with hidden ones."""
    hidden = Layer("", flat(0.0, 0.0, 1.0), Texture((0.0, 0.0, 0.0)), shown=torch.tensor(False), order=-torch.inf)
    return [*layers, *(replace(hidden, name=f"hidden{k}") for k in range(count - len(layers)))]
