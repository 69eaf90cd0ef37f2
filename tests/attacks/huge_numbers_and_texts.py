"""Answers with an integer of a million digits, and raises with messages and names of megabytes in odd characters."""

from tests.attacks.core import RIGHT, Attack

HUGE = """
def largest(values):
    return 10 ** 1_000_000
def letters(text):
    raise ValueError("\\ud800\\x00\\x1b[31m<script>" * 1_000_000)
def root(number):
    raise type("N" * 1_000_000, (Exception,), {})()
"""

ATTACK = Attack(base=RIGHT, cells={"largest": HUGE, "letters": "pass", "root": "pass"}, score=3, states={"letters": "error"})
