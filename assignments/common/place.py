"""Where the code runs: in a notebook or as a script, and for which lesson."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"  # ignored by git


def in_notebook() -> bool:
    """Whether a Jupyter or Colab front end shows what this process displays."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and shell.has_trait("kernel")


def lesson() -> str:
    """`a08_poisson_blending` under `python -m solutions.a08_poisson_blending`; "notebook" in one; else the script's name."""
    if in_notebook():
        return "notebook"
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None):
        return main.__spec__.name.rpartition(".")[2]
    return Path(getattr(main, "__file__", "interactive")).stem
