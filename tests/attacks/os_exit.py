"""Ends its process in the middle of a check; a new one takes over, and it costs one exercise."""

from tests.attacks.core import RIGHT, Attack

EXIT = "import os\ndef double(values):\n    os._exit(0)"

ATTACK = Attack(base=RIGHT, cells={"double": EXIT}, score=5, states={"double": "crashed", "letters": "passed"})
