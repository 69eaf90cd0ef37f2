"""Fills memory files that it never maps, so that no process holds their gigabytes; the system call for them is refused."""

from tests.attacks.core import WRONG, Attack

FILL = """
import os
kept = []
try:
    for _ in range(20):
        kept.append(os.memfd_create("hoard"))
        for _ in range(50):
            os.write(kept[-1], bytes(1 << 20))
    print("HOARDED a gigabyte")
except OSError as error:
    print("refused:", error)
"""

ATTACK = Attack(cells={"double": WRONG["double"] + FILL}, says="refused: [Errno 1]", never="HOARDED")
