"""Waits for somebody to type; nobody is there, and what was defined before counts."""

from tests.attacks.core import RIGHT, Attack

ASK = "\nanswer = input('Full points? ')\nimport sys\nsys.stdin.read()"

ATTACK = Attack(base=RIGHT, cells={"double": RIGHT["double"] + ASK}, score=7, says="EOFError")
