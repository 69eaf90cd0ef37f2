"""Waits a little at every call, each time within the limit of a call; the limit is one of the whole check."""

from tests.attacks.core import RIGHT, Attack

SLOW = "import time\ndef double(values):\n    time.sleep(0.8)\n    return 2 * values"

ATTACK = Attack(base=RIGHT, cells={"double": SLOW}, score=6, says="stopped after 4 s")
