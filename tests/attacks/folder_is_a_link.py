"""Hands in a link to a peer's folder in place of the folder; refused."""

import shutil
from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.symlink_to(path.parents[3] / "outside" / "submitted" / "peer" / "a50_target")


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="the folder of the submission is a link")
