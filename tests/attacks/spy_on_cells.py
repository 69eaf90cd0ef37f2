"""Hooks into IPython and prints every cell that runs, and looks up the stack of its caller; sees no check and no seed."""

from tests.attacks.core import Attack

SPY = """
import sys
get_ipython().events.register("pre_run_cell", lambda info: print("spied:", info.raw_cell))
def double(values):
    frame = sys._getframe()
    while frame:
        print({name: repr(value)[:500] for name, value in frame.f_locals.items()})
        frame = frame.f_back
    return values
"""

ATTACK = Attack(cells={"double": SPY}, never="check.double")
