"""A cell that never ends; it is left out when the others are run again, and costs its own exercise."""

from tests.attacks.core import RIGHT, Attack

ATTACK = Attack(base=RIGHT, cells={"letters": RIGHT["letters"] + "\nwhile True:\n    pass"}, score=6, states={"letters": "timeout"})
