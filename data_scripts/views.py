"""A microphone seen from all around with exact cameras: the scene "mic" of the NeRF synthetic set. Licence: CC0 1.0."""

import json
from dataclasses import dataclass

import numpy as np
from PIL import Image

from data_scripts import fetch, registry

SIDE_PX = 800
SPLITS = {"train": 100, "test": 25}


@dataclass(frozen=True)
class Views:
    """Pictures of one object with their cameras; a camera looks along its -z axis, y up, x to the right.

    images: (N, H, W, 4) float32 in [0, 1]: red, green, blue, and alpha, not premultiplied.
    camera_to_world: (N, 4, 4) float32.
    focal_px: focal length in pixels of these images; the centre is the middle of the image.
    """

    images: np.ndarray
    camera_to_world: np.ndarray
    focal_px: float

    def over(self, grey: float) -> np.ndarray:
        """(N, H, W, 3), laid over a grey level in [0, 1]: 1 is white."""
        alpha = self.images[..., 3:]
        return self.images[..., :3] * alpha + grey * (1 - alpha)


def load(split: str = "train", side_px: int = 100, count: int | None = None) -> Views:
    """Views of a split: 100 to train on, 25 to test.

    Args:
        split: "train" or "test".
        side_px: of the images, at most 800; a divisor of 800 averages whole blocks of pixels.
        count: how many, evenly spread over the split; None gives all.

    Raises:
        ValueError: there is no such split, or an argument is out of range.
        fetch.DataMissing: a file cannot be had.
    """
    if split not in SPLITS or not 1 <= side_px <= SIDE_PX or not 1 <= (count or 1) <= SPLITS[split]:
        raise ValueError(f"need split train or test, side_px up to {SIDE_PX}, count up to 100 or 25; got {split!r}, {side_px}, {count}")
    cameras = json.loads(fetch.path(f"nerf_mic/transforms_{split}.json").read_text())
    frames = [frame for frame in cameras["frames"] if f"nerf_mic/{frame['file_path'][2:]}.png" in registry.files()]
    frames = [frames[place] for place in np.linspace(0, len(frames) - 1, count or len(frames)).round().astype(int)]
    return Views(
        np.stack([_image(frame["file_path"][2:], side_px) for frame in frames]),
        np.array([frame["transform_matrix"] for frame in frames], np.float32),
        side_px / 2 / np.tan(cameras["camera_angle_x"] / 2),
    )


def _image(name: str, side_px: int) -> np.ndarray:
    """One view; Pillow averages colours by their alpha, so that no dark rim comes from what is transparent."""
    with Image.open(fetch.path(f"nerf_mic/{name}.png")) as image:
        small = image.convert("RGBA").resize((side_px, side_px), Image.Resampling.BOX)
        return np.asarray(small, np.float32) / 255
