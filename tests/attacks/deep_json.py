"""A notebook nested a million deep, in lists and in metadata; it is refused."""

from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    path.write_text('{"cells": [], "metadata": ' + "[" * 1_000_000 + "]" * 1_000_000 + "}")


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="nested too deep")
