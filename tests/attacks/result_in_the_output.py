"""Prints a perfect result, as JSON and as nbgrader would; output is shown, never read."""

from tests.attacks.core import WRONG, Attack

PRINT = """
import json, sys
result = json.dumps({"status": "graded", "score": 7.0, "max_score": 7.0})
print(result); print(result, file=sys.stderr); open("result.json", "w").write(result)
"""

ATTACK = Attack(cells={"double": WRONG["double"] + PRINT})
