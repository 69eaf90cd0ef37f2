"""Closes the channel to the grader, and every other file, and works on; a process that nobody hears is ended."""

from tests.attacks.core import RIGHT, Attack

CLOSE = """
import os, time
def double(values):
    os.closerange(0, 512)
    while True:
        time.sleep(1)
"""

ATTACK = Attack(base=RIGHT, cells={"double": CLOSE}, score=5, states={"double": "crashed", "letters": "passed"}, says="hung up")
