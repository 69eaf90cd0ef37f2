"""Signals its parent and everything that it may; reaches nothing but itself."""

from tests.attacks.core import RIGHT, Attack

KILL = """
def double(values):
    import os, signal
    for target in (os.getppid() or -1, -1):
        try:
            os.kill(target, signal.SIGTERM)
            os.kill(target, signal.SIGKILL)
        except OSError:
            pass
    return None
"""

ATTACK = Attack(base=RIGHT, cells={"double": KILL}, score=5)
