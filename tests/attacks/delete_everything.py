"""Deletes all that it can; the folder it was in was its own."""

from tests.attacks.core import RIGHT, Attack

DELETE = """
import os, shutil
for place in (os.getcwd(), "OUTSIDE", *__import__("sys").path, os.path.expanduser("~"), "/tmp", "/dev/shm", "/etc"):
    if place and "/lib/" not in place:
        shutil.rmtree(place, ignore_errors=True)
"""

ATTACK = Attack(base=RIGHT, cells={"largest": RIGHT["largest"] + DELETE}, score=7)
