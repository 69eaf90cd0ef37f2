"""Reads address zero; a crash costs one exercise."""

from tests.attacks.core import RIGHT, Attack

ATTACK = Attack(
    base=RIGHT, cells={"double": "def double(values):\n    import ctypes\n    ctypes.string_at(0)"}, score=5, states={"double": "crashed"}
)
