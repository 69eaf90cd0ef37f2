"""The IPython shell that runs a student's cells without a notebook around it, in the sandbox and in `check`."""

from IPython.core.interactiveshell import InteractiveShell
from matplotlib_inline.config import InlineBackend


class Shell(InteractiveShell):
    """Takes the magics that tell Jupyter how to show figures, and shows none: `%matplotlib`, `%pylab`, `%gui`, `%config InlineBackend`."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        self.configurables.append(InlineBackend(parent=self))

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no window to open."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[None, str]:
        """Draw into memory, whatever was asked for; returns the toolkit and the backend in use."""
        import matplotlib

        matplotlib.use("agg")
        return None, "agg"
