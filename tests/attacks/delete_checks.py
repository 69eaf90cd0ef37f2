"""Deletes all check cells; the checks are not in the notebook."""

from tests.attacks.core import Attack


def change(notebook: dict) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["id"].startswith("check-")]


ATTACK = Attack(change=change)
