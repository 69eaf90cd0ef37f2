"""Returns objects that equal everything, in every operator there is; a check gets a handle, which has no `==` and no truth."""

from tests.attacks.core import Attack

YES = """
class Yes(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __bool__(self): return True
    def __hash__(self): return 0
    def __array__(self, *a, **k): return np.zeros(3)
    def __array_ufunc__(self, *a, **k): return self
    def __array_function__(self, *a, **k): return self
    def __torch_function__(self, *a, **k): return self
    def __sub__(self, other): return self
    __rsub__ = __abs__ = lambda self, *a: self
    def __call__(self, *a, **k): return self
    def __getattr__(self, name): return self
"""
NAMES = ("double", "letters", "Meter", "root", "largest")

ATTACK = Attack(cells={name: YES + f"{name} = Yes()" for name in NAMES})
