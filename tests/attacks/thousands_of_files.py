"""Hands in two thousand files beside the notebook; refused."""

from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    for number in range(2000):
        (path.parent / f"{number}.txt").touch()


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="1000 files were handed in")
