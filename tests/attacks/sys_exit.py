"""Calls sys.exit in a function and in a cell; it is an error like any other."""

from tests.attacks.core import RIGHT, Attack

EXIT = """
import sys
def double(values):
    sys.exit(0)
sys.exit(0)
"""

ATTACK = Attack(base=RIGHT, cells={"double": EXIT}, score=5, states={"double": "error"})
