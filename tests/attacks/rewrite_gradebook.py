"""Opens the gradebook and rewrites its own grade; must not find it."""

from tests.attacks.core import WRONG, Attack

WRITE = """
with open("OUTSIDE/gradebook.db", "r+") as file:
    print(file.read())
    file.write("UPDATE grade SET auto_score = 100")
"""

ATTACK = Attack(cells={"double": WRONG["double"] + WRITE}, says="FileNotFoundError")
