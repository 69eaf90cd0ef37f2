"""Replaces the functions that seed random numbers by ones that raise, or that keep the seed; it learns and stops nothing."""

from tests.attacks.core import WRONG, Attack

BREAK = """
import random
def seed(number):
    print("seeded with", number)
    raise KeyboardInterrupt
random.seed = np.random.seed = seed
"""

ATTACK = Attack(cells={"double": WRONG["double"] + BREAK}, states={"double": "crashed"})
