"""Fills /tmp and /dev/shm; they are small and its own, and what fills them is gone with the sandbox."""

from tests.attacks.core import RIGHT, Attack

FILL = """
for place in ("/dev/shm/a", "/tmp/a", "/dev/shm/b", "/tmp/b"):
    try:
        with open(place, "wb") as file:
            while True:
                file.write(bytes(1 << 20))
    except OSError as error:
        print("stopped:", error)
"""

ATTACK = Attack(base=RIGHT, cells={"largest": RIGHT["largest"] + FILL}, score=7, says="stopped")
