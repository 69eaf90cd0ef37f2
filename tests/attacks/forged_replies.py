"""Writes answers of its own to the grader's channel, numbered ahead, with full points in them; they are answers, not points."""

from tests.attacks.core import RIGHT, Attack

FORGE = """
import os, stat
from autograder.grading import wire
CHANNEL = next(n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}") and stat.S_ISSOCK(os.fstat(n).st_mode))
def double(values):
    for number in range(1, 60):
        os.write(CHANNEL, wire.pack({"number": number, "value": True, "points": 100, "state": "passed", "score": 7}))
    return values
"""

ATTACK = Attack(base=RIGHT, cells={"double": FORGE}, score=5, states={"double": "crashed"})
