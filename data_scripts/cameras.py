"""The four calibrated cameras of the set pose2sim (BSD-3-Clause), and where they see a point of the world."""

from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from data_scripts import fetch

UNITS_A_PIXEL = 64  # the file counts in 64ths of a pixel


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks along its -z axis, y up; lens distortion is left out.

    intrinsics: (3, 3), focal lengths and centre in px.
    rotation: (3, 3), from world to camera axes.
    position_mm: (3,), in the world.
    """

    intrinsics: np.ndarray
    rotation: np.ndarray
    position_mm: np.ndarray

    @property
    def projection(self) -> np.ndarray:
        """(3, 4) matrix P: a world point X in mm falls on P [X, 1], divided by its third entry."""
        flipped = np.diag([1.0, -1.0, -1.0]) @ self.rotation  # to axes with y down, z forward
        return self.intrinsics @ np.hstack([flipped, -flipped @ self.position_mm[:, None]])

    def project(self, points_mm: np.ndarray) -> np.ndarray:
        """(..., 3) world points in mm -> (..., 2) pixels, x to the right and y down."""
        homogeneous = points_mm @ self.projection[:, :3].T + self.projection[:, 3]
        return homogeneous[..., :2] / homogeneous[..., 2:]


def load() -> list[Camera]:
    """Cameras 1 to 4; camera 1 comes first, at place 0.

    Raises:
        fetch.DataMissing: the file cannot be had.
    """
    root = ElementTree.parse(fetch.path("pose2sim/calibration/Calib.qca.txt")).getroot()
    cameras = sorted(root.iter("camera"), key=lambda camera: camera.get("serial"))
    return [_camera(camera.find("transform").attrib, camera.find("intrinsic").attrib) for camera in cameras]


def triangulate(cameras: list[Camera], points_px: np.ndarray) -> np.ndarray:
    """The world point that the cameras see at these pixels, by least squares (Hartley and Zisserman, chapter 12.2).

    Args:
        cameras: C of them.
        points_px: (C, ..., 2); a NaN leaves its camera out.

    Returns:
        (..., 3) in mm; NaN where fewer than two cameras see the point.
    """
    projections = np.stack([camera.projection for camera in cameras])
    projections = projections.reshape(len(cameras), *[1] * (points_px.ndim - 2), 3, 4)
    rows = points_px[..., None] * projections[..., 2:, :] - projections[..., :2, :]  # (C, ..., 2, 4)
    rows = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    seen = np.isfinite(points_px).all(axis=-1)
    rows = np.where(seen[..., None, None], rows, 0)
    rows = np.moveaxis(rows, 0, -3).reshape(*points_px.shape[1:-1], 2 * len(cameras), 4)
    point = np.linalg.svd(rows)[2][..., -1, :]
    return np.where(seen.sum(axis=0)[..., None] >= 2, point[..., :3] / point[..., 3:], np.nan)


def _camera(transform: dict[str, str], intrinsic: dict[str, str]) -> Camera:
    rotation = np.array([[float(transform[f"r{row}{column}"]) for column in (1, 2, 3)] for row in (1, 2, 3)])
    position = np.array([float(transform[axis]) for axis in "xyz"])
    focal_x, focal_y, centre_x, centre_y = (
        float(intrinsic[name]) / UNITS_A_PIXEL for name in ("focalLengthU", "focalLengthV", "centerPointU", "centerPointV")
    )
    return Camera(np.array([[focal_x, 0, centre_x], [0, focal_y, centre_y], [0, 0, 1]]), rotation, position)
