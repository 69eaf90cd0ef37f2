"""Writes 100 points into the cells' metadata; points come from the checks."""

from tests.attacks.core import Attack


def change(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["metadata"].setdefault("nbgrader", {})["points"] = 100


ATTACK = Attack(change=change)
