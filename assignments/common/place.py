"""Where the code runs: in a notebook or as a script, and for which lesson."""

import os
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
    """`a08_poisson_blending` in `a08_poisson_blending.ipynb` and under `python -m solutions.a08_poisson_blending`."""
    if in_notebook():
        return Path(os.environ.get("JPY_SESSION_NAME", "notebook")).stem  # Jupyter names the file here; Colab does not
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None):
        return main.__spec__.name.rpartition(".")[2]
    return Path(getattr(main, "__file__", "interactive")).stem
