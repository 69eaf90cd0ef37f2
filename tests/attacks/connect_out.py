"""Connects to a listener of the machine and to the internet; must reach neither."""

from tests.attacks.core import WRONG, Attack

CONNECT = """
import socket
for place in (("127.0.0.1", PORT), ("localhost", PORT), ("1.1.1.1", 443)):
    try:
        socket.create_connection(place, timeout=0.2).sendall(b"hello")
        print("got through")
    except OSError as error:
        print("no network:", error)
"""

ATTACK = Attack(cells={"double": WRONG["double"] + CONNECT}, says="no network", never="got through")
