"""Asks for a kernel that runs a shell command; the submission does not choose what runs it."""

from tests.attacks.core import RIGHT, Attack


def change(notebook: dict) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "../../evil", "display_name": "evil", "language": "bash", "argv": ["touch", "OUTSIDE/evil"]}


ATTACK = Attack(base=RIGHT, change=change, score=7)
