"""Replaces json, struct and the wire inside the sandbox so that every answer looks right; the other side has its own."""

from tests.attacks.core import WRONG, Attack

PATCH = """
import json, pickle, struct
from autograder.checks import student
from autograder.grading import wire
class Yes:
    def __reduce__(self): return (print, ("unpickled",))
json.dumps = lambda *a, **k: '{"number": 5, "value": true}'
json.loads = lambda *a, **k: {"number": 5, "value": Yes()}
wire.pack = lambda value: pickle.dumps(Yes())
student.plain = lambda value, other: value
"""

ATTACK = Attack(cells={"double": WRONG["double"] + PATCH})
