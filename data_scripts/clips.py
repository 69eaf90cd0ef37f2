"""The real clips, by name, read or streamed as `assignments.common.video` does; and the photographs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assignments.common import video
from data_scripts import fetch, registry

SUFFIXES = (".mp4", ".mkv", ".mpg", ".gif")


def names() -> dict[str, str]:
    """Name of a clip, `textures/brink_loop_256` for one, -> its file."""
    return {file.rpartition(".")[0]: file for file in registry.files() if file.endswith(SUFFIXES)}


def load(name: str, **part: Any) -> np.ndarray:
    """A clip, or a part of it, in memory.

    Args:
        name: one of `names()`.
        part: start_s, duration_s, size and frame_rate_hz as in `video.stream_clip`.

    Returns:
        (T, H, W, 3) float32 array in [0, 1].

    Raises:
        ValueError: there is no such clip, or it is too large for memory.
        fetch.DataMissing: its file cannot be had.
    """
    return video.read_clip(path(name), **part)


def stream(name: str, **part: Any) -> Iterator[np.ndarray]:
    """The frames one by one, (H, W, 3) float32 in [0, 1], of a clip that may be too long for memory; else as `load`."""
    return video.stream_clip(path(name), **part)


def path(name: str) -> Path:
    """The file of a clip; errors as in `load`."""
    if name not in names():
        raise ValueError(f"unknown clip {name!r}; there are: {', '.join(names())}")
    return fetch.path(names()[name])


def licence(name: str) -> str:
    """Licence and author of a clip, to be shown where it is."""
    return registry.SETS[name.partition("/")[0]].licence


def still(name: str) -> np.ndarray:
    """A photograph of the set "stills", `seattle_1500x1000` for one: (H, W, 3) float32 in [0, 1]."""
    with Image.open(fetch.path(f"stills/{name}.png")) as image:
        return np.asarray(image.convert("RGB"), np.float32) / 255
