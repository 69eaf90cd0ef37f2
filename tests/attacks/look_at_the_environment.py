"""Prints environment, arguments, open files and mounts; there is nothing in them of the grader or the machine's owner."""

from tests.attacks.core import WRONG, Attack

LOOK = """
import os, sys
print(dict(os.environ), sys.argv)
for number in os.listdir("/proc/self/fd"):
    try:
        print(number, os.readlink(f"/proc/self/fd/{number}"))
    except OSError:
        pass
print("OUTSIDE" in open("/proc/self/mountinfo").read() or "OUTSIDE" in str(os.environ) or "gradebook" in str(os.environ))
"""

ATTACK = Attack(cells={"double": WRONG["double"] + LOOK}, says="\\nFalse")
