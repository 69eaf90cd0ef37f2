"""Walks up from its folder and through the course for solutions; sees those that its lesson builds on, never its own or others."""

from tests.attacks.core import WRONG, Attack

LOOK = """
import os
for top in (*(p for p in sys.path if "/lib/" not in p), "..", "../../..", "OUTSIDE"):
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in ("lib", "proc", "usr")]
        for name in names:
            if name.endswith(".py") and name[0] == "a":
                lines = open(os.path.join(folder, name), errors="replace").read().splitlines()
                print(name, [line for line in lines if "-of-the-" in line])
"""

ATTACK = Attack(cells={"double": "import sys\n" + WRONG["double"] + LOOK}, says="solution-of-the-lesson-before")
