"""Tags the check cells so that they are skipped; tags are not looked at."""

from tests.attacks.core import Attack


def change(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution"]


ATTACK = Attack(change=change)
