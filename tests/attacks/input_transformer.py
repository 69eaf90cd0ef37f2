"""Makes IPython blank every later cell and call it a success; check cells never come there."""

from tests.attacks.core import WRONG, Attack

BLANK = "\nget_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])"

ATTACK = Attack(cells={"double": WRONG["double"] + BLANK})
