"""Which device to compute on, how much to compute, and one seed for everything random.

Torch is imported where it is needed only, so that lessons in plain numpy start at once.
"""

import os
import random
import sys
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    import torch

SIZES = ("quick", "full")
T = TypeVar("T")


def device() -> "torch.device":
    """The fastest device there is: CUDA, then MPS (Apple), then the CPU."""
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def size() -> str:
    """How much to compute: "full" with a CUDA device, else "quick"; the environment variable COURSE_SIZE overrides.

    Raises:
        ValueError: COURSE_SIZE is neither.
    """
    asked = os.environ.get("COURSE_SIZE", "")
    if not asked:
        return "full" if device().type == "cuda" else "quick"
    if asked not in SIZES:
        raise ValueError(f"COURSE_SIZE must be quick or full, got {asked!r}")
    return asked


def choose(quick: T, full: T) -> T:
    """One of two settings, by `size()`: minutes on two CPU cores, or minutes on one GPU."""
    return full if size() == "full" else quick


def seed_all(seed: int) -> None:
    """Seed every global source of random numbers: random, numpy, and torch on all devices if it is loaded."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
