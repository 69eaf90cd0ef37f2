"""Answers with NaN, infinities and empty arrays, with which careless comparisons are content."""

from tests.attacks.core import Attack

NAN = """
def double(values):
    return np.full_like(values, np.nan) if values.ndim == 2 else np.zeros((0,) * values.ndim)
def root(number):
    return float("nan")
def largest(values):
    return float("inf")
"""

ATTACK = Attack(cells={"double": NAN, "root": "pass", "largest": "pass"})
