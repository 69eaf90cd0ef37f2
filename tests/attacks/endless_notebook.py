"""Hands in a notebook of a terabyte of holes, which takes an hour to read and no space to store; refused at once."""

import os
from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    os.truncate(path, 1 << 40)


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="larger than 4 MB")
