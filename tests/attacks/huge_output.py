"""Prints 60 MB, in Python and behind its back; what is kept is short, and points stay."""

from tests.attacks.core import RIGHT, Attack

PRINT = """
import os
for _ in range(60):
    print("x" * (1 << 20))
    os.write(1, b"y" * (1 << 20))
"""

ATTACK = Attack(base=RIGHT, cells={"double": RIGHT["double"] + PRINT}, score=7)
