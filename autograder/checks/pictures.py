"""Pictures that a failing check shows: what came beside what was expected. Drawn with matplotlib, without its global state."""

import io

import numpy as np
from matplotlib.figure import Figure

from autograder.checks.core import Picture

CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito (2008): safe for colour-blind readers


def as_picture(figure: Figure, alt: str) -> Picture:
    """A figure as PNG bytes with its words."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80, bbox_inches="tight", metadata={"Software": None})
    return Picture(buffer.getvalue(), alt)


def curves(got: np.ndarray, expected: np.ndarray) -> Picture:
    """Two 1-D arrays as lines."""
    figure = Figure(figsize=(6, 2.4))
    axes = figure.add_subplot()
    axes.plot(np.ravel(expected), color=CYCLE[0], label="expected")
    axes.plot(np.ravel(got), "--", color=CYCLE[1], label="got")
    axes.legend()
    return as_picture(figure, "The expected curve and, dashed, the one that came.")


def images(got: np.ndarray, expected: np.ndarray) -> Picture:
    """Two images (H, W) or (H, W, 3), and where they differ."""
    figure = Figure(figsize=(7.5, 2.6))
    difference = np.abs(got.astype(float) - expected.astype(float))
    difference = difference.mean(axis=-1) if difference.ndim == 3 else difference
    for place, (title, image) in enumerate({"got": got, "expected": expected, "difference": difference}.items(), 1):
        axes = figure.add_subplot(1, 3, place)
        drawn = axes.imshow(image, cmap="magma" if title == "difference" else "gray")
        axes.set_title(title)
        axes.set_axis_off()
        if title == "difference":
            figure.colorbar(drawn, ax=axes, fraction=0.046)
    return as_picture(figure, "The image that came, the expected one, and where they differ.")


def receptive_field(seen: np.ndarray, allowed: np.ndarray, centre: tuple[int, int]) -> Picture:
    """Which input pixels (H, W) one output pixel depends on: rightly seen, leaking, and missing ones marked."""
    seen, allowed = seen != 0, allowed != 0
    canvas = np.full((*seen.shape, 3), 0.93)
    for mask, colour in [(seen & allowed, "#56b4e9"), (seen & ~allowed, "#d55e00"), (~seen & allowed, "#f0e442")]:
        canvas[mask] = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    figure = Figure(figsize=(3.6, 3.6))
    axes = figure.add_subplot()
    axes.imshow(canvas)
    axes.plot(centre[1], centre[0], "kx", markersize=10)
    axes.set_title("blue seen, orange leaking, yellow missing", fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])
    leaks, missing = int((seen & ~allowed).sum()), int((~seen & allowed).sum())
    return as_picture(figure, f"Receptive field of pixel {centre}: {leaks} leaking pixels in orange, {missing} missing ones in yellow.")
