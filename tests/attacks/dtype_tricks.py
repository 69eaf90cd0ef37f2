"""Answers in dtypes that compare in odd ways: complex, objects, dates, records, strings, big-endian, zero strides."""

from tests.attacks.core import Attack

TRICKS = """
import itertools
kinds = itertools.cycle([complex, object, "M8[s]", [("a", float)], "U5", "V8", "S3", np.longdouble, ">f8", bool, np.float16])
def double(values):
    return np.lib.stride_tricks.as_strided(np.zeros(1).astype(next(kinds)), values.shape, (0,) * values.ndim)
def root(number):
    return np.zeros((), next(kinds))
"""

ATTACK = Attack(cells={"double": TRICKS, "root": "pass"})
