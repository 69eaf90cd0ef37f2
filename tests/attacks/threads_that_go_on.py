"""Threads that print, compute and change the shell's names after the cell is done; at best they spoil their own answers."""

from tests.attacks.core import WRONG, Attack

THREADS = """
import threading, time
def busy():
    while True:
        time.sleep(0.001)
        print("still here")
        globals()["letters"] = lambda text: {}
for _ in range(10):
    threading.Thread(target=busy).start()
"""

ATTACK = Attack(cells={"double": WRONG["double"] + THREADS})
