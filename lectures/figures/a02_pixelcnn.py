"""The figures of lecture 2, written to build/lectures/a02_pixelcnn: `python -m lectures.figures.a02_pixelcnn`."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from assignments.common import pictures
from solutions import a02_pixelcnn as lesson

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "a02_pixelcnn"


def masks() -> Figure:
    """Both masks of a 5 x 5 kernel for one colour, and their centre taps for three."""
    figure = Figure(figsize=(8, 2.4), layout="constrained")
    for place, kind in enumerate("AB"):
        for offset, (title, table) in enumerate(
            {
                f"mask {kind}": lesson.mask(kind, 1, 1, 1, (5, 5))[0, 0],
                f"mask {kind}: colours at its centre": lesson.mask(kind, 3, 3, 3, (1, 1))[:, :, 0, 0],
            }.items()
        ):
            axes = figure.add_subplot(1, 4, 2 * place + offset + 1)
            axes.imshow(table, cmap="Blues", vmax=1.6)
            for (row, column), value in np.ndenumerate(table.numpy()):
                axes.text(column, row, f"{value:.0f}", ha="center", va="center")
            axes.set_title(title, fontsize=9)
            ticks = (range(3), "RGB") if offset else ([], [])
            axes.set_xticks(*ticks)
            axes.set_yticks(*ticks)
            axes.set(xlabel="from" if offset else "", ylabel="to" if offset else "")
    return figure


def blind_spot() -> Figure:
    """What the centre of 15 x 15 sees through more and more layers."""
    return pictures.seen_figure({f"{depth} layers": lesson.field_of_stack(depth) for depth in (2, 5, 10)})


def main() -> None:
    """Draw all figures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, figure in {"masks": masks(), "blind_spot": blind_spot()}.items():
        figure.savefig(FOLDER / f"{name}.png", dpi=110, bbox_inches="tight")
        print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
