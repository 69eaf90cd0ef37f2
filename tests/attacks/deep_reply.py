"""Answers with lists nested ten thousand deep, and with one that holds itself; both are errors of its own."""

from tests.attacks.core import RIGHT, Attack

DEEP = """
def letters(text):
    nest = []
    for _ in range(10_000):
        nest = [nest]
    return nest
def largest(values):
    knot = []
    knot.append(knot)
    return knot
"""

ATTACK = Attack(base=RIGHT, cells={"letters": DEEP, "largest": "pass"}, score=5, states={"letters": "error", "largest": "error"})
