"""A cell of its own with a hundred thousand statements, over which the grader could spend hours in its own process."""

from tests.attacks.core import RIGHT, Attack


def change(notebook: dict) -> None:
    source = "\n".join(f"n{number} = 1" for number in range(100_000))
    notebook["cells"].append({"cell_type": "code", "id": "own", "metadata": {}, "source": source})


ATTACK = Attack(base=RIGHT, change=change, score=7)
