"""Metadata of nbgrader schemas that never were, of wrong kinds; they are not read."""

from tests.attacks.core import RIGHT, Attack


def change(notebook: dict) -> None:
    for cell, version in zip(notebook["cells"], [1, 99, -1, "three", None, [], 1e308] * 9, strict=False):
        cell["metadata"]["nbgrader"] = {"schema_version": version, "grade_id": [version], "grade": "yes"}
    notebook["cells"][2]["metadata"] = []


ATTACK = Attack(base=RIGHT, change=change, score=7)
