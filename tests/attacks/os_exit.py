"""Ends its process in the middle of a check; a new one takes over, and it costs one exercise."""

from tests.attacks.core import RIGHT, Attack

ATTACK = Attack(
    base=RIGHT, cells={"double": "def double(values):\n    import os\n    os._exit(0)"}, score=5, states={"double": "crashed", "letters": "passed"}
)
