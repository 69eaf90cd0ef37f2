"""Answers with objects whose pickling would run code in the grader; nothing is ever unpickled."""

from tests.attacks.core import Attack

PICKLE = """
import pickle
class Bomb:
    def __reduce__(self): return (open, ("OUTSIDE/evil", "w"))
    __array__ = None
def double(values):
    return np.array([Bomb()] * 3, dtype=object)
def letters(text):
    return pickle.dumps(Bomb())
def root(number):
    return Bomb()
"""

ATTACK = Attack(cells={"double": PICKLE, "letters": "pass", "root": "pass"})
