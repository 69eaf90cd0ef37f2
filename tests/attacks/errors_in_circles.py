"""Raises errors that cause each other, and whose text, notes and traceback raise again; they cost what raised them."""

from tests.attacks.core import RIGHT, Attack

CIRCLE = """
class Circle(Exception):
    def __str__(self): raise self
    __repr__ = __str__
    __notes__ = property(__str__)
def double(values):
    first, second = Circle(), ValueError()
    first.__cause__, second.__cause__ = second, first
    raise first
"""

ATTACK = Attack(base=RIGHT, cells={"double": CIRCLE}, score=5, states={"double": "error"})
