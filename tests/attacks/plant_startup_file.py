"""Plants start-up files for later students and changes the grader's settings; what it writes dies with its own sandbox."""

from tests.attacks.core import WRONG, Attack

PLANT = """
import os, pathlib
for place in ("OUTSIDE/nbgrader_config.py", os.path.expanduser("~/.ipython/profile_default/startup/00.py"),
              "/usr/lib/python3/dist-packages/sitecustomize.py", *(p + "/sitecustomize.py" for p in __import__("sys").path)):
    try:
        pathlib.Path(place).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(place).write_text("import os; os._exit(0)")
    except OSError as error:
        print(place, error)
"""

ATTACK = Attack(cells={"double": WRONG["double"] + PLANT}, says="Read-only file system")
