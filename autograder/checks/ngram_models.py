"""A model that the checks of lesson 1 bring along to the student's side."""

import numpy as np


def one_half(tables: list, codes: np.ndarray, size: int) -> np.ndarray:
    """Probability 1/2, whatever the n-gram; an array of the shape of `codes`."""
    return np.full(np.shape(codes), 0.5)
