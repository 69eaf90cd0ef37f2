"""Imports the checks' own oracles as its answers, from their module, the lesson's and every other that it finds; none is there."""

from tests.attacks.core import Attack

IMPORT = """
import importlib, pkgutil
import autograder.checks
found = {}
for module in pkgutil.iter_modules(autograder.checks.__path__):
    found |= vars(importlib.import_module(f"autograder.checks.{module.name}"))
print("to call:", [name for name in ("twice", "counted") if name in found])
double = found.get("twice", lambda values: check.twice(values))
"""
LETTERS = "from autograder.checks.target_oracles import counted as letters"

ATTACK = Attack(cells={"double": IMPORT, "letters": LETTERS}, states={"letters": "error"}, says="to call: []")
