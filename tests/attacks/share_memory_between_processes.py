"""Takes memory in many processes, each below the limit of one; the sum is watched, and the sandbox ends."""

from tests.attacks.core import RIGHT, Attack

HOG = """
def double(values):
    import os, time
    for _ in range(8):
        if os.fork() == 0:
            hog = bytearray(200 << 20)
            for place in range(0, len(hog), 4096):
                hog[place] = 1
            time.sleep(30)
    time.sleep(30)
"""

ATTACK = Attack(base=RIGHT, cells={"double": HOG}, score=5, states={"double": "out of memory"})
