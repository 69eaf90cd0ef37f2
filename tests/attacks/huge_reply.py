"""Answers with more data than is taken: arrays, text, and a list of too many items; it costs its exercise."""

from tests.attacks.core import RIGHT, Attack

HUGE = """
def double(values):
    return np.zeros(12 << 20, np.uint8)
"""
TEXT = "def letters(text):\n    return 'x' * (9 << 20)"
LIST = "def root(number):\n    return [0] * 600_000"

ATTACK = Attack(base=RIGHT, cells={"double": HUGE, "letters": TEXT, "root": LIST}, score=2, states={"double": "crashed"})
