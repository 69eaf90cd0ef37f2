"""Marks check cells as not graded, and as solutions; metadata of the submission decide nothing."""

from tests.attacks.core import Attack


def change(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if cell["id"].startswith("check-"):
            cell["metadata"]["nbgrader"] |= {"grade": False, "solution": True, "locked": False}


ATTACK = Attack(change=change)
