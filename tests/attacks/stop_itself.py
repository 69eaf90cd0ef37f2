"""Stops its own process; it is not waited for beyond its time."""

from tests.attacks.core import RIGHT, Attack

STOP = """
def double(values):
    import os, signal
    os.kill(os.getpid(), signal.SIGSTOP)
    while True:
        pass
"""

ATTACK = Attack(base=RIGHT, cells={"double": STOP}, score=5, states={"double": "timeout"})
