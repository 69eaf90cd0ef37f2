"""Hands in half a notebook; it is refused with the reason, and others are graded."""

from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    path.write_text(path.read_text()[: path.stat().st_size // 2])


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="not valid JSON")
