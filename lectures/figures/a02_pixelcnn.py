"""The figures of lecture 2, written to build/lectures/a02_pixelcnn: `python -m lectures.figures.a02_pixelcnn`."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn

from solutions import a02_pixelcnn as lesson

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "a02_pixelcnn"
SEEN, UNSEEN, LATER = (0.34, 0.71, 0.91), (0.84, 0.37, 0.0), (0.93, 0.93, 0.93)  # blue, orange, grey


def field_axes(axes: Axes, seen: np.ndarray, row: int, column: int) -> None:
    """Paint what is seen from one pixel, what is earlier and not seen, and what is later."""
    before = np.arange(seen.size).reshape(seen.shape) < row * seen.shape[1] + column
    axes.imshow(np.select([seen[..., None], before[..., None]], [SEEN, UNSEEN], LATER))
    axes.plot(column, row, "kx")
    axes.set(xticks=[], yticks=[])


def masks() -> Figure:
    """Both masks of a 5 x 5 kernel for one colour, and their centre taps for three."""
    figure = Figure(figsize=(8, 2.4), layout="constrained")
    for place, kind in enumerate("AB"):
        for offset, (title, table) in enumerate(
            {
                f"mask {kind}": lesson.mask(kind, 1, 1, 1, (5, 5))[0, 0],
                f"mask {kind}, colours at the centre": lesson.mask(kind, 3, 3, 3, (1, 1))[:, :, 0, 0],
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
    figure = Figure(figsize=(8, 2.9), layout="constrained")
    for place, depth in enumerate((2, 5, 10), start=1):
        layers = [lesson.MaskedConv2d("A" if number == 0 else "B", 1, 1, 1, (3, 3)) for number in range(depth)]
        for layer in layers:
            nn.init.ones_(layer.weight)
        seen = lesson.receptive_field(nn.Sequential(*layers), 1, 15, 7, 7).numpy() > 0
        axes = figure.add_subplot(1, 3, place, title=f"{depth} layers: {seen.sum()} of 112")
        field_axes(axes, seen, 7, 7)
    return figure


def main() -> None:
    """Draw all figures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, figure in {"masks": masks(), "blind_spot": blind_spot()}.items():
        figure.savefig(FOLDER / f"{name}.png", dpi=110, bbox_inches="tight")
        print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
