"""Cell ids and names that are paths, templates and markup; they are names, and open nothing."""

from tests.attacks.core import RIGHT, Attack


def change(notebook: dict) -> None:
    for cell, name in zip(notebook["cells"], ["../../../OUTSIDE/evil", "/etc/passwd", "a\x00b", "{{7*7}}", "<script>"] * 9, strict=False):
        cell["id"] = name
    notebook["cells"].append({"cell_type": "code", "id": "../../OUTSIDE/evil", "metadata": {}, "source": "def mine():\n    pass"})


ATTACK = Attack(base=RIGHT, change=change, score=7)
