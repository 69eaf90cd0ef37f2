"""Runs as many busy processes as it may, to make its neighbours slow until they time out; they share fairly and keep their points."""

from tests.attacks.core import WRONG, Attack

BURN = """
import os
for _ in range(25):
    if os.fork() == 0:
        while True:
            pass
"""

ATTACK = Attack(cells={"double": WRONG["double"] + BURN})
