"""Makes namespaces of its own to become root in them, mounts, traces its parent and loads a kernel module; is refused each."""

from tests.attacks.core import WRONG, Attack

CALLS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000):
    print("refused" if libc.unshare(flag) else "GRANTED")
print("refused" if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) else "GRANTED")
print("refused" if libc.umount2(b"/proc", 2) else "GRANTED")
print("refused" if libc.ptrace(16, os.getppid() or 2, 0, 0) else "GRANTED")
print("refused" if libc.setuid(0) else "GRANTED")
print("refused" if libc.chroot(b"/tmp") else "GRANTED")
!unshare -Ur id || echo refused
!su -c id || echo refused
"""

ATTACK = Attack(cells={"double": WRONG["double"] + CALLS}, says="refused", never="GRANTED")
