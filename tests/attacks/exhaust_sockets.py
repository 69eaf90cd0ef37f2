"""Opens sockets and pipes until no more can be opened, and keeps them; its own limit stops it."""

from tests.attacks.core import RIGHT, Attack

SOCKETS = """
import os, socket
kept = []
try:
    while True:
        kept.append(socket.socketpair())
        kept.append(os.pipe())
except OSError as error:
    print("stopped:", error)
"""

ATTACK = Attack(base=RIGHT, cells={"largest": RIGHT["largest"] + SOCKETS}, score=7, says="Too many open files")
