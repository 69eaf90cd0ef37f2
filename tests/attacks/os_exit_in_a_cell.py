"""Ends its process from a cell; the cell is left out of the replay."""

from tests.attacks.core import RIGHT, Attack

ATTACK = Attack(base=RIGHT, cells={"Meter": "import os\nos._exit(3)"}, score=6, states={"Meter": "crashed"}, says="exit code 3")
