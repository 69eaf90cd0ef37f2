"""Returns objects that lie about shape, length and dtype, in subclasses of list, dict, tuple and array; must earn nothing."""

from tests.attacks.core import Attack

LIE = """
class Lie(list):
    shape, ndim, dtype, size = (4, 3), 2, np.dtype(float), 12
    def __len__(self): return 12
    def __iter__(self): return iter([])
    def astype(self, *a): return self
class Counts(dict):
    def __eq__(self, other): return True
    def items(self): return []
class Array(np.ndarray):
    def __array_finalize__(self, other): pass
    def __eq__(self, other): return True
    @property
    def shape(self): return (4, 3)
def double(values):
    return Lie() if values.ndim == 2 else np.zeros(2).view(Array)
def letters(text):
    return Counts()
def root(number):
    return Lie()
"""

ATTACK = Attack(cells={"double": LIE, "letters": "pass", "root": "pass"})
