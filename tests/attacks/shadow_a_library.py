"""Hands in its own numpy.py and math.py beside the notebook; nothing but the notebook is used, and the student is told so."""

from pathlib import Path

from tests.attacks.core import Attack


def place(path: Path) -> None:
    for name in ("numpy.py", "math.py", "autograder.py", "sitecustomize.py"):
        (path.parent / name).write_text("print('shadowed')\ndef allclose(*a, **k): return True\n")


ATTACK = Attack(place=place, says="not used", never="shadowed")
