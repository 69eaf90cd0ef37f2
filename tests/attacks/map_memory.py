"""Takes 24 GB of memory; gets a MemoryError, and loses that exercise only."""

from tests.attacks.core import RIGHT, Attack

HOG = """
def double(values):
    hog = [bytearray(1 << 30) for _ in range(24)]
    return 2 * values
"""

ATTACK = Attack(base=RIGHT, cells={"double": HOG}, score=5, states={"double": "out of memory"})
