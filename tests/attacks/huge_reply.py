"""Answers with more data than is taken: arrays, text, and a list of a million items; it costs its exercise."""

from tests.attacks.core import RIGHT, Attack

HUGE = """
def double(values):
    return np.zeros(40 << 20, np.uint8)
"""
TEXT = "def letters(text):\n    return 'x' * (20 << 20)"
LIST = "def root(number):\n    return [0] * 1_000_000"

ATTACK = Attack(base=RIGHT, cells={"double": HUGE, "letters": TEXT, "root": LIST}, score=2, states={"double": "crashed"})
