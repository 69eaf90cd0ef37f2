"""Sends the head of an answer on the grader's channel, and then its bytes one by one; time runs out as ever."""

from tests.attacks.core import RIGHT, Attack

DRIP = """
import os, stat, struct, time
CHANNEL = next(n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}") and stat.S_ISSOCK(os.fstat(n).st_mode))
def double(values):
    os.write(CHANNEL, struct.pack("<QQ", 1000, 0))
    while True:
        os.write(CHANNEL, b" ")
        time.sleep(0.05)
"""

ATTACK = Attack(base=RIGHT, cells={"double": DRIP}, score=5, states={"double": "timeout"})
