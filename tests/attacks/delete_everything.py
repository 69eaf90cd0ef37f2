"""Deletes all that it can, for two seconds; the folder it was in was its own."""

from tests.attacks.core import RIGHT, Attack

DELETE = """
import os, sys
course = " ".join(path for path in sys.path if path and "/lib/" not in path)
os.system(f"timeout 2 rm -rf . OUTSIDE ~ {course} /dev/shm/* /etc /tmp/* 2> /dev/null")
"""

ATTACK = Attack(base=RIGHT, cells={"largest": RIGHT["largest"] + DELETE}, score=7)
