"""Writes to the course, the Python installation and /usr; all of it is read-only."""

from tests.attacks.core import WRONG, Attack

WRITE = """
import os, sys
import autograder.checks.core as core
for place in (core.__file__, np.__file__, sys.executable, "/usr/bin/env", "/etc/passwd", "/proc/sys/kernel/core_pattern", "/evil"):
    try:
        os.chmod(place, 0o777)
        open(place, "w").write("evil")
        print("WROTE", place)
    except OSError as error:
        print("refused:", error)
"""

ATTACK = Attack(cells={"double": WRONG["double"] + WRITE}, says="refused", never="WROTE")
