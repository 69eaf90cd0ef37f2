"""Dungeon Crawl Stone Soup tiles: 3,710 drawn images of 32x32 pixels in 6 classes. Licence: CC0 1.0."""

import io
import zipfile

import numpy as np
from PIL import Image

from data_scripts import fetch

FILE = "tiles/crawl-tiles-nov2015-32x32.zip"
CLASSES = ("dngn", "effect", "item", "misc", "mon", "player")  # dungeon, effects, items, miscellany, monsters, players


def load(background: tuple[int, int, int] = (0, 0, 0)) -> tuple[np.ndarray, np.ndarray]:
    """All tiles, laid over one colour where they are transparent, in the order of their names.

    Args:
        background: red, green and blue, 0 to 255.

    Returns:
        (3710, 32, 32, 3) uint8 array; (3710,) int64 array of classes, places in CLASSES.

    Raises:
        fetch.DataMissing: the file cannot be had.
    """
    with zipfile.ZipFile(fetch.path(FILE)) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        images = np.stack([over(archive.read(name), background) for name in names])
    return images, np.array([CLASSES.index(name.partition("/")[0]) for name in names])


def over(png: bytes, background: tuple[int, int, int]) -> np.ndarray:
    """A PNG of any mode, laid over a colour: (H, W, 3) uint8."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    canvas = Image.new("RGBA", image.size, (*background, 255))
    return np.asarray(Image.alpha_composite(canvas, image).convert("RGB"))
