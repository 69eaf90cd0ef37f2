"""A notebook of a million cells; it is refused, quickly."""

from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    path.write_text('{"cells": [' + ",".join(["0"] * 1_000_000) + "]}")


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="1000000 cells")
