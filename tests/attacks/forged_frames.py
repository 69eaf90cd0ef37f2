"""Writes what is no frame, or one with impossible lengths, kinds and shapes; none of it is believed."""

from tests.attacks.core import RIGHT, Attack

FORGE = """
import json, os, stat, struct
CHANNEL = next(n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}") and stat.S_ISSOCK(os.fstat(n).st_mode))
def frame(tree):
    tree = tree.encode()
    os.write(CHANNEL, struct.pack("<QQ", len(tree), 0) + tree)
    os._exit(0)
def double(values):
    frame('["array", "float64", [-1, 1e400]]')
def letters(text):
    frame("[" * 5000 + "]" * 5000)
def root(number):
    os.write(CHANNEL, struct.pack("<QQ", 1 << 62, 1 << 62))
    os._exit(0)
def largest(values):
    frame('["dict", [[["list", []], 1]]]')
"""
OTHERS = {name: "pass" for name in ("letters", "root", "largest")}

ATTACK = Attack(base=RIGHT, cells={"double": FORGE, **OTHERS}, score=1, states={"double": "crashed", "letters": "crashed"})
