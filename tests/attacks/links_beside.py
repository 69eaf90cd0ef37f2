"""Puts links to the gradebook and to /etc/passwd beside the notebook, to have their contents copied; refused."""

from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    (path.parent / "data.txt").symlink_to("/etc/passwd")
    (path.parent / "folder").symlink_to(path.parents[3] / "outside")


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="link")
