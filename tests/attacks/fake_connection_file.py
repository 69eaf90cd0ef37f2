"""Leaves connection files and kernels where Jupyter looks for them; no Jupyter runs its code."""

from tests.attacks.core import WRONG, Attack

FAKE = """
import json, os, pathlib
for place in (os.path.expanduser("~/.local/share/jupyter/runtime"), os.path.expanduser("~/.local/share/jupyter/kernels/python3")):
    pathlib.Path(place).mkdir(parents=True, exist_ok=True)
    words = {"ip": "127.0.0.1", "shell_port": PORT, "key": "", "argv": ["touch", "OUTSIDE/evil"]}
    pathlib.Path(place, "kernel.json").write_text(json.dumps(words))
"""

ATTACK = Attack(cells={"double": WRONG["double"] + FAKE})
