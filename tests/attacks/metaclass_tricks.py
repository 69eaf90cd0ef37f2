"""Classes whose metaclass, `__init_subclass__`, `__class__` and `__instancecheck__` claim to be what is wanted."""

from tests.attacks.core import Attack

TRICKS = """
class Meta(type):
    def __instancecheck__(cls, thing): return True
    def __subclasscheck__(cls, kind): return True
    def __eq__(cls, other): return True
    __hash__ = type.__hash__
    def __call__(cls, *arguments): return cls
    total = property(lambda cls: cls)
    __qualname__ = property(lambda cls: 5)
class Meter(metaclass=Meta):
    def __init_subclass__(cls): cls.total = 10
    __class__ = int
    @classmethod
    def add(cls, amount): return cls
class Float(float):
    __class__ = float
def root(number):
    return Float(number)
"""

ATTACK = Attack(cells={"Meter": TRICKS, "root": "pass"})
