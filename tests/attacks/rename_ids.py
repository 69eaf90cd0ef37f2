"""Renames every cell's id and nbgrader name; solutions are found by what they define."""

from tests.attacks.core import RIGHT, Attack


def change(notebook: dict) -> None:
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"renamed-{number}"
        cell["metadata"].get("nbgrader", {})["grade_id"] = f"renamed-{number}"


ATTACK = Attack(base=RIGHT, change=change, score=7, says="what it defines")
