"""Forks without end; the limit on processes stops it, it costs its exercise, and the machine goes on."""

from tests.attacks.core import RIGHT, Attack

BOMB = """
def double(values):
    import os
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""

ATTACK = Attack(base=RIGHT, cells={"double": BOMB}, score=5)
