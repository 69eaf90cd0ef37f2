"""Shows objects whose text is many megabytes, and loops in `__repr__`; it is not kept, and time is limited."""

from tests.attacks.core import RIGHT, Attack

BOMB = """
class Bomb:
    def __repr__(self): return "x" * (20 << 20)
    def _repr_html_(self): return "x" * (20 << 20)
for _ in range(3):
    display(Bomb())
Bomb()
"""

ATTACK = Attack(base=RIGHT, cells={"largest": RIGHT["largest"] + BOMB}, score=7)
