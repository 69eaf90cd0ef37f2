"""A notebook that is JSON but not one: wrong kinds everywhere, odd numbers, a text in another encoding; refused in words."""

from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    path.write_text('{"cells": [{"cell_type": "code", "source": [1, NaN, {}], "metadata": 1e999, "id": []}], "nbformat": "four"}')


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="has no text")
