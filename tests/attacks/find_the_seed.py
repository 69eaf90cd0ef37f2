"""Looks for the checks' seed in its own random generators, as it stands and hashed, to foresee the questions; it is not there."""

from tests.attacks.core import Attack

SEARCH = """
import hashlib
told = int(np.random.get_state()[1][0])
def hashed(seed):
    return int.from_bytes(hashlib.sha256(f"student's side {seed}".encode()).digest()[:4], "little")
found = [seed for seed in range(100_000) if told in (seed, hashed(seed))]
def root(number):
    return float(np.random.default_rng(found[0]).uniform(1, 9))
"""

ATTACK = Attack(cells={"root": SEARCH}, states={"root": "error"}, says="list index out of range")
