"""Asks for a kernel that runs a shell command; the submission does not choose what runs it."""

from tests.attacks.core import RIGHT, Attack


def change(notebook: dict) -> None:
    evil = {"name": "../../evil", "display_name": "evil", "language": "bash", "argv": ["touch", "OUTSIDE/evil"]}
    notebook["metadata"]["kernelspec"] = evil


ATTACK = Attack(base=RIGHT, change=change, score=7)
