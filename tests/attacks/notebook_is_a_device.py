"""Hands in a link to /dev/zero, which never ends, where a careless grader only wants to know whether the file has changed; refused."""

from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="link")
