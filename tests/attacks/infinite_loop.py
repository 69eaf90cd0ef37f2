"""Never returns; its exercise times out, the others keep their points."""

from tests.attacks.core import RIGHT, Attack

ATTACK = Attack(base=RIGHT, cells={"double": "def double(values):\n    while True:\n        pass"}, score=5, states={"double": "timeout"})
