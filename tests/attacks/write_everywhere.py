"""Looks for a folder where it can write beyond its own two, which have a limit: a file system in memory, say, that has none."""

from tests.attacks.core import WRONG, Attack

WRITE = """
import os
places = [line.split()[4] for line in open("/proc/self/mountinfo")] + ["/dev", "/run", "/var/tmp", "/sys", "/proc/sys/kernel"]
for place in places:
    if not (place + "/").startswith(("/tmp/", "/dev/shm/")) or place.startswith("/tmp/course-"):
        for act in (lambda: open(place + "/evil", "w").close(), lambda: os.mkdir(place + "/evils"), lambda: os.symlink("/", place + "/evilest")):
            try:
                act()
                print("WROTE", place)
            except OSError:
                pass
print("looked at", len(places) > 5)
"""

ATTACK = Attack(cells={"double": WRONG["double"] + WRITE}, says="looked at True", never="WROTE")
