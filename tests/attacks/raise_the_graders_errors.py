"""Raises the checks' own Failure and Broken, with states and points of its choice; they arrive as errors of the student's."""

from tests.attacks.core import Attack

RAISE = """
from autograder.checks import core
class passed(Exception): pass
class Result(AssertionError):
    state, points, message = "passed", 100, ""
    def __str__(self): raise Result
def double(values):
    raise core.Broken("passed", "all is well")
def letters(text):
    raise core.Failure("passed")
def root(number):
    raise Result
def largest(values):
    raise passed
"""
OTHERS = {name: "pass" for name in ("letters", "root", "largest")}

ATTACK = Attack(cells={"double": RAISE, **OTHERS}, states={"double": "error"})
