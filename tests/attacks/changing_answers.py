"""A callable that gives another answer, of another kind, at every call; only right answers count."""

from tests.attacks.core import Attack

CHANGE = """
class Change:
    answers = [0, "x", None, [], {}, np.zeros(3), lambda: 0, print, NotImplementedError]
    turn = 0
    def __call__(self, *arguments):
        Change.turn += 1
        return self.answers[self.turn % len(self.answers)]
    total = property(lambda self: self())
double = letters = root = largest = Change()
Meter = Change
"""
OTHERS = {name: "pass" for name in ("letters", "Meter", "root", "largest")}

ATTACK = Attack(cells={"double": CHANGE, **OTHERS})
