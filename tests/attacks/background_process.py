"""Leaves a process that writes to the grader's channel after the notebook is done; it dies with the sandbox."""

from tests.attacks.core import RIGHT, Attack

LEAVE = """
import subprocess
for _ in range(3):
    subprocess.Popen(["setsid", "sh", "-c", "trap '' HUP TERM; : mallory was here; while true; do sleep 0.1; done"], start_new_session=True)
"""

ATTACK = Attack(base=RIGHT, cells={"largest": RIGHT["largest"] + LEAVE}, score=7)
