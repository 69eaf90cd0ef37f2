"""Makes empty files until no more can be made; they are its own, and few."""

from tests.attacks.core import RIGHT, Attack

FILES = """
import os
for folder in (".", "/dev/shm"):
    try:
        for number in range(30_000 if folder == "." else 1000):
            open(f"{folder}/{number}", "w").close()
    except OSError as error:
        print("stopped:", error)
"""

ATTACK = Attack(base=RIGHT, cells={"largest": RIGHT["largest"] + FILES}, score=7)
