"""Turns check cells into markdown; nothing is lost or gained."""

from tests.attacks.core import RIGHT, Attack


def change(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if cell["id"].startswith("check-"):
            cell["cell_type"] = "markdown"


ATTACK = Attack(base=RIGHT, change=change, score=7)
