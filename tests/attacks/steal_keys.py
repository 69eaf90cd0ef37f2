"""Reads the kernel's keyrings, which a process inherits from its parent; finds one of its own, empty."""

from tests.attacks.core import WRONG, Attack

STEAL = """
import ctypes, platform
keyctl = {"x86_64": 250, "aarch64": 219}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
buffer = ctypes.create_string_buffer(4096)
size = libc.syscall(keyctl, 11, ctypes.c_long(-3), buffer, ctypes.c_long(4096))  # read the session keyring
print("keys:", max(size, 0) // 4)
"""

ATTACK = Attack(cells={"double": WRONG["double"] + STEAL}, says="keys: 0")
