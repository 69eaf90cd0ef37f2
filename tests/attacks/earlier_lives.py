"""Leaves files for its next life, and ends this one; a new sandbox begins with nothing."""

from tests.attacks.core import RIGHT, Attack

LEAVE = """
import os
for place in (".", "/tmp", "/dev/shm", os.path.expanduser("~")):
    try:
        with open(f"{place}/note", "x") as file:
            file.write("from an earlier life")
    except FileExistsError:
        print("REMEMBERED", place)
def double(values):
    os._exit(1)
"""

ATTACK = Attack(base=RIGHT, cells={"double": LEAVE}, score=5, states={"double": "crashed"}, never="REMEMBERED")
