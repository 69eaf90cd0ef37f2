"""Replaces the comparisons of numpy and of the checks themselves by ones that are content; the checks use their own copies."""

from tests.attacks.core import WRONG, Attack

PATCH = """
import builtins
from autograder.checks import compare, core
yes = lambda *a, **k: True
for module, names in ((np, ("allclose", "isclose", "array_equal", "abs", "argmax")), (np.testing, ("assert_allclose",)),
                      (compare, ("agree", "same", "raises", "has_shape", "array")), (builtins, ("all", "any", "isinstance"))):
    for name in names:
        setattr(module, name, yes)
core.Failure = type("Failure", (), {})
core.Exercise.run = yes
"""

ATTACK = Attack(cells={"double": WRONG["double"], "largest": WRONG["largest"] + PATCH})
