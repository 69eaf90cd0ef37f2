"""A notebook larger than what is taken; it is refused with advice."""

from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    path.write_text(path.read_text() + " " * (5 << 20))


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="larger than 4 MB")
