"""Changes its arguments in place, to change what a check will compare with; it got a copy."""

from tests.attacks.core import Attack

CHANGE = """
def double(values):
    values[...] = 0
    return values
def largest(values):
    values[:] = [0.0] * len(values)
    return 0.0
"""

ATTACK = Attack(cells={"double": CHANGE, "largest": "pass"})
