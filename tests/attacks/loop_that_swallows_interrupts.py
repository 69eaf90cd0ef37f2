"""Catches every interrupt and goes on; it is killed, not asked."""

from tests.attacks.core import RIGHT, Attack

LOOP = """
def double(values):
    import signal
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except OSError:
            pass
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""

ATTACK = Attack(base=RIGHT, cells={"double": LOOP}, score=5, states={"double": "timeout"})
