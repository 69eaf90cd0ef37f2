"""Hands in a file of 300 MB (full of holes) beside the notebook; it is neither read nor copied."""

import os
from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    (path.parent / "data.bin").touch()
    os.truncate(path.parent / "data.bin", 300 << 20)


ATTACK = Attack(base=RIGHT, place=place, score=7, says="not used")
