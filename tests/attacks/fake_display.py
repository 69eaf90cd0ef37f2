"""Makes every displayed value read 5.0, which a grader that trusts outputs would take for points."""

from tests.attacks.core import WRONG, Attack

FAKE = """
formatter = get_ipython().display_formatter.formatters["text/plain"]
formatter.for_type(object, lambda value, printer, cycle: printer.text("5.0"))
get_ipython().display_formatter.format = lambda *a, **k: ({"text/plain": "5.0"}, {})
5.0
"""

ATTACK = Attack(cells={"double": WRONG["double"] + FAKE})
