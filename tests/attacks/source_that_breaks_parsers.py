"""Cells of its own that are hard to parse: nested without end, null bytes, a megabyte in one line; they are left out."""

from tests.attacks.core import RIGHT, Attack


def change(notebook: dict) -> None:
    sources = ["(" * 5000 + ")" * 5000, "-" * 200_000 + "1", "x" + ".x" * 100_000, "a\x00b", "'\\d'", "# coding: rot13\nx", "1 if " * 9000]
    notebook["cells"] += [{"cell_type": "code", "id": f"own-{n}", "metadata": {}, "source": source} for n, source in enumerate(sources)]


ATTACK = Attack(base=RIGHT, change=change, score=7)
