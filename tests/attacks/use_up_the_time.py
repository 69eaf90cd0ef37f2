"""Breaks the process in every exercise, and takes long to be replayed; the time of the whole submission is limited too."""

from tests.attacks.core import RIGHT, Attack

SLOW = "import time\ntime.sleep(1.5)\n"
LOOP = "\n    while True: pass"
CELLS = {name: SLOW + source.partition("\n")[0] + LOOP for name, source in RIGHT.items() if name != "Meter"}

ATTACK = Attack(base=RIGHT, cells=CELLS, score=0, says="used up its 24 s")
