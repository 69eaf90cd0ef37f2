"""Raises StopIteration, at which `map` in a check would end its loop before it compares anything; it arrives as another error."""

from tests.attacks.core import Attack

STOP = """
class Quiet(StopIteration, ValueError): pass
def largest(values):
    raise StopIteration
def double(values):
    raise GeneratorExit
def letters(text):
    raise Quiet
"""

ATTACK = Attack(cells={"largest": STOP, "double": "pass", "letters": "pass"}, states={"largest": "error"})
