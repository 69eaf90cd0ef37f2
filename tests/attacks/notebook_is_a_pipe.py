"""Hands in a named pipe, at which a careless reader waits for ever; refused at once."""

import os
from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="special file")
