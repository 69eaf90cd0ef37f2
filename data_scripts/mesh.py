"""Spot the cow: a triangle mesh with its texture. Public domain, Keenan Crane."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from data_scripts import fetch


@dataclass(frozen=True)
class Mesh:
    """A textured surface of triangles.

    vertices: (V, 3) float32, y up.
    texture_points: (U, 2) float32: u to the right, v up, from the lower left corner of the texture, which fills [0, 1]; four
        points of Spot lie up to 0.06 outside.
    faces: (F, 3) int64, places in vertices, counterclockwise seen from outside.
    texture_faces: (F, 3) int64, places in texture_points.
    texture: (H, W, 3) float32 in [0, 1], first row on top.
    """

    vertices: np.ndarray
    texture_points: np.ndarray
    faces: np.ndarray
    texture_faces: np.ndarray
    texture: np.ndarray


def load() -> Mesh:
    """Spot.

    Raises:
        fetch.DataMissing: a file cannot be had.
    """
    with Image.open(fetch.path("spot/spot_texture.png")) as image:
        texture = np.asarray(image.convert("RGB"), np.float32) / 255
    return Mesh(*read_obj(fetch.path("spot/spot_triangulated.obj")), texture)


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, texture points, and both as triangles, from a Wavefront file whose faces are triangles `v/vt`.

    Raises:
        ValueError: a face is no triangle, or has no texture points.
    """
    lines: dict[str, list[list[str]]] = {"v": [], "vt": [], "f": []}
    for line in path.read_text(encoding="ascii").splitlines():
        word, *values = line.split() or [""]
        if word in lines:
            lines[word].append(values)
    corners = [[corner.split("/")[:2] for corner in face] for face in lines["f"]]
    bad = next((face for face in corners if len(face) != 3 or any(len(corner) != 2 or not corner[1] for corner in face)), None)
    if bad:
        raise ValueError(f"{path} needs triangles with texture points, got the face {bad}")
    places = np.array(corners, np.int64) - 1  # (F, 3, 2); the file counts from 1
    return np.array(lines["v"], np.float32), np.array(lines["vt"], np.float32)[:, :2], places[..., 0], places[..., 1]
