# %% [markdown]
# # 50. The target
#
# A lesson for the attacks to aim at: one exercise for each way in which checks ask.

# %%
import math

import numpy as np

from autograder.checks import a50_target as check
from solutions.a49_before import BEFORE


# %% exercise="double"
def double(values: np.ndarray) -> np.ndarray:
    """Twice the values."""
    # BEGIN SOLUTION
    return 2 * values  # secret-of-the-solution
    # END SOLUTION


# %% check="double"
if __name__ == "__main__":
    check.double(double)


# %% exercise="letters"
def letters(text: str) -> dict[str, int]:
    """How often each letter occurs."""
    # BEGIN SOLUTION
    return {letter: text.count(letter) for letter in text}
    # END SOLUTION


# %% check="letters"
if __name__ == "__main__":
    check.letters(letters)


# %% exercise="Meter"
class Meter:
    """Adds up what it is given, in `total`."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, amount: int) -> None:
        """Add an amount."""
        # BEGIN SOLUTION
        self.total += amount
        # END SOLUTION


# %% check="Meter"
if __name__ == "__main__":
    check.Meter(Meter)


# %% exercise="root"
def root(number: float) -> float:
    """Square root; a negative number raises ValueError."""
    # BEGIN SOLUTION
    return math.sqrt(number)
    # END SOLUTION


# %% check="root"
if __name__ == "__main__":
    check.root(root)


# %% exercise="largest"
def largest(values: list[float]) -> float:
    """The largest of some numbers."""
    # BEGIN SOLUTION
    return max(values)
    # END SOLUTION


# %% check="largest"
if __name__ == "__main__":
    check.largest(largest)

# %% demo
if __name__ == "__main__":
    print(BEFORE, double(np.arange(3)))
