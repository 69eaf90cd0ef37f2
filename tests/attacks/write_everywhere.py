"""Looks for a folder where it can write beyond its own two, which have a limit: a file system in memory, say, that has none."""

from tests.attacks.core import WRONG, Attack

WRITE = """
import os
places = [line.split()[4] for line in open("/proc/self/mountinfo")] + ["/dev", "/run", "/var/tmp", "/sys", "/proc/sys/kernel"]
acts = {"file": lambda path: open(path, "w").close(), "folder": os.mkdir, "link": lambda path: os.symlink("/", path)}
for place in places:
    if not (place + "/").startswith(("/tmp/", "/dev/shm/")) or place.startswith("/tmp/course-"):
        for kind, act in acts.items():
            try:
                act(f"{place}/{kind}")
                print("WROTE", place)
            except OSError:
                pass
print("looked at", len(places) > 5)
"""

ATTACK = Attack(cells={"double": WRONG["double"] + WRITE}, says="looked at True", never="WROTE")
