"""Reads every notebook and test it can find; must find none, since no notebook is in reach and checks run elsewhere."""

from tests.attacks.core import WRONG, Attack

LOOK = """
import glob
for place in ("**/*.ipynb", "/*/*.ipynb", "/tmp/**/*.ipynb", "/tmp/**/test_*.py", "/proc/*/cwd/*.ipynb", "OUTSIDE/**/*.ipynb"):
    for path in glob.glob(place, recursive=True):
        if "site-packages" not in path:
            print("found", path, open(path).read())
"""

ATTACK = Attack(cells={"double": WRONG["double"] + LOOK}, never="found")
