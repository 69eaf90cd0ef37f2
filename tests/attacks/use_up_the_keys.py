"""Makes keys until its user may have no more, so that the next sandbox could get no keyring of its own and keep the grader's; refused."""

from tests.attacks.core import WRONG, Attack

KEYS = """
import ctypes, platform
add_key = {"x86_64": 248, "aarch64": 217}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)
made = 0
while made < 1000 and libc.syscall(add_key, b"user", b"k%d" % made, b"x" * 50, ctypes.c_size_t(50), ctypes.c_long(-3)) >= 0:
    made += 1
print("keys made:", made)
"""

ATTACK = Attack(cells={"double": WRONG["double"] + KEYS}, says="keys made: 0")
