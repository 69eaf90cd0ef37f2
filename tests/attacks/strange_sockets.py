"""Opens sockets of every family, such as those of virtual machines, which reach past a network namespace; gets the common ones only."""

from tests.attacks.core import WRONG, Attack

OPEN = """
import socket, errno
families = []
for family in range(64):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind).close()
        except PermissionError:  # refused, and not merely unknown to this kernel
            continue
        except OSError:
            pass
        families.append(family)
print("not refused:", sorted(set(families)))
"""

ATTACK = Attack(cells={"double": WRONG["double"] + OPEN}, says="not refused: [1, 2, 10, 16]")
