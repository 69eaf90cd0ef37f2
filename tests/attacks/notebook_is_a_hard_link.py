"""Hands in a hard link to a peer's notebook; refused."""

from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    path.unlink()
    path.hardlink_to(path.parents[3] / "outside" / "submitted" / "peer" / "a50_target" / "a50_target.ipynb")


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="hard link")
