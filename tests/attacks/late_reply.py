"""A thread answers a question after its time, when the next exercise is asked; that one talks to a new process."""

from tests.attacks.core import RIGHT, Attack

LATE = """
import threading, time
def double(values):
    time.sleep(4.4)
    return 2 * values
"""

ATTACK = Attack(base=RIGHT, cells={"double": LATE}, score=5, states={"double": "timeout", "letters": "passed"})
