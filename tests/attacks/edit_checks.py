"""Puts full points into the check cells; they are not read."""

from tests.attacks.core import Attack


def change(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if cell["id"].startswith("check-"):
            cell["source"] = "5.0"
            cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "5.0"}, "metadata": {}, "execution_count": 1}]


ATTACK = Attack(change=change)
