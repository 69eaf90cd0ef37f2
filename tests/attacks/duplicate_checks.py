"""Hands in each check cell three times; no batch ends and nothing is counted twice."""

from tests.attacks.core import RIGHT, Attack


def change(notebook: dict) -> None:
    notebook["cells"] += [cell for cell in notebook["cells"] if cell["id"].startswith("check-")] * 2


ATTACK = Attack(base=RIGHT, change=change, score=7)
