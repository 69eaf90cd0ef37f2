"""Tags the check cells so that exceptions are expected; tags are not looked at."""

from tests.attacks.core import Attack


def change(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["raises-exception"]


ATTACK = Attack(change=change)
