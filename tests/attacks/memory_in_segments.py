"""Fills System V segments and lets go of them, which leaves their memory taken and in nobody's name; queues too; all are refused."""

from tests.attacks.core import WRONG, Attack

FILL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype, libc.shmat.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
libc.shmdt.argtypes = [ctypes.c_void_p]
for _ in range(20):
    segment = libc.shmget(0, 50 << 20, 0o1600)
    if segment >= 0:
        place = libc.shmat(segment, None, 0)
        ctypes.memset(place, 1, 50 << 20)
        libc.shmdt(place)
        print("HOARDED 50 MB")
for make in (lambda: libc.shmget(0, 4096, 0o1600), lambda: libc.msgget(0, 0o1600), lambda: libc.semget(0, 32000, 0o1600)):
    print("refused" if make() < 0 else "HOARDED")
"""

ATTACK = Attack(cells={"double": WRONG["double"] + FILL}, says="refused\\nrefused\\nrefused", never="HOARDED")
