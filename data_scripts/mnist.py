"""MNIST: 70,000 handwritten digits of 28x28 pixels. Licence: CC BY-SA 3.0, Yann LeCun and Corinna Cortes."""

import gzip
from pathlib import Path

import numpy as np

from data_scripts import fetch

VALIDATION = 10_000  # the last training digits, kept apart as Larochelle and Murray (2011) do
SPLITS = {"train": ("train", slice(None, -VALIDATION)), "validation": ("train", slice(-VALIDATION, None)), "test": ("t10k", slice(None))}


def load(split: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Digits and what they are.

    Args:
        split: "train" (50,000), "validation" (10,000) or "test" (10,000).

    Returns:
        (N, 28, 28) uint8 array, 0 is background, 255 ink; (N,) int64 array of 0 to 9.

    Raises:
        ValueError: there is no such split.
        fetch.DataMissing: the files cannot be had.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    name, part = SPLITS[split]
    images = read_idx(fetch.path(f"mnist/{name}-images-idx3-ubyte.gz"))
    labels = read_idx(fetch.path(f"mnist/{name}-labels-idx1-ubyte.gz"))
    return images[part], labels[part].astype(np.int64)


def read_idx(path: Path) -> np.ndarray:
    """An array of bytes from a gzipped idx file: two zeros, type 8, the number of axes, their lengths (big-endian), the bytes."""
    with gzip.open(path) as file:
        head = file.read(4)
        if head[:3] != b"\x00\x00\x08":
            raise ValueError(f"{path} is no idx file of bytes: it begins with {head.hex()}, expected 000008")
        shape = np.frombuffer(file.read(4 * head[3]), ">i4")
        return np.frombuffer(file.read(), np.uint8).reshape(shape)


def at_levels(images: np.ndarray, levels: int) -> np.ndarray:
    """Bytes 0..255 as `levels` grey levels of equal width: int64 in 0 .. levels-1; 2 is black and white, cut at 128."""
    return images.astype(np.int64) * levels // 256


def sampled_ink(images: np.ndarray, seed: int) -> np.ndarray:
    """Black and white by chance, ink with probability byte/255, as Salakhutdinov and Murray (2008) make them: int64 in {0, 1}."""
    return (np.random.default_rng(seed).random(images.shape) < images / 255).astype(np.int64)
