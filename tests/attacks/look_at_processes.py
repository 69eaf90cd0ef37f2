"""Reads command lines, environments and memory of all processes; sees only its own."""

from tests.attacks.core import WRONG, Attack

LOOK = """
import os
seen = [p for p in os.listdir("/proc") if p.isdigit()]
print("processes:", len(seen) <= 3)
for p in seen:
    for name in ("cmdline", "environ", "mem", "root/etc/passwd", "cwd/gradebook.db"):
        try:
            print(p, name, open(f"/proc/{p}/{name}", "rb").read(2000))
        except OSError:
            pass
"""

ATTACK = Attack(cells={"double": WRONG["double"] + LOOK}, says="processes: True")
