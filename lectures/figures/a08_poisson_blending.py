"""The figures of lecture 8, written to build/lectures/a08_poisson_blending: `python -m lectures.figures.a08_poisson_blending`."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from assignments.common import pictures, video
from data_scripts import fetch
from solutions import a08_poisson_blending as lesson

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "a08_poisson_blending"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito (2008): safe for colour-blind readers


def one_line() -> Figure:
    """Import in one dimension: the steps of the source between the ends of the background."""
    x = np.arange(40)
    background = 0.55 + 0.004 * x + 0.02 * np.sin(0.9 * x)
    source = 0.2 + 0.1 * np.exp(-(((x - 18) / 4) ** 2)) + 0.015 * np.sin(2.2 * x)
    mask = (x > 8) & (x < 30)
    column, inside = (values.reshape(1, 1, -1) for values in (background, mask))
    blended = lesson.blend(lesson.guidance(source.reshape(1, 1, -1), column, "import"), column, inside, lesson.UNIT).ravel()
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.add_subplot(xlabel="voxel", ylabel="brightness")
    axes.axvspan(8.5, 29.5, color="0.93")
    axes.plot(x, background, color="0.6", label="background")
    axes.plot(x, source, color=COLOURS[0], label="source")
    axes.plot(x, np.where(mask, source, background), ":", color="black", label="pasted")
    axes.plot(x, blended, color=COLOURS[1], label="blended")
    axes.legend(fontsize=8, ncols=4, loc="upper left")
    axes.set_ylim(0.1, 1.05)
    return figure


def degrees() -> Figure:
    """How many edges a voxel has in one frame of a blob that touches the left border."""
    y, x = np.mgrid[:9, :12]
    mask = ((x - 2) / 5.5) ** 2 + ((y - 4) / 3.4) ** 2 < 1
    volume = np.stack([mask] * 3)
    edges = lesson.degree(volume, lesson.UNIT)[0].astype(int)
    known = lesson.laplacian(1.0 * volume, volume, lesson.UNIT)[0].astype(int)
    figure = Figure(figsize=(7, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(np.where(mask, 0.75, 1.0), cmap="gray", vmin=0, vmax=1)
    for row, column in np.argwhere(mask):
        text, colour = f"{edges[row, column]}", "black"
        if known[row, column]:
            text, colour = f"{edges[row, column]}\n({known[row, column]})", COLOURS[1]
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title("first frame: edges of each unknown voxel, and (orange) how many of them lead to known ones", fontsize=9)
    return figure


def residuals() -> Figure:
    """The ladder of the lesson at its quick size."""
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.add_subplot(xlabel="seconds", ylabel="|b - A I| / |b|", xscale="log", yscale="log")
    for (name, (seconds, norms)), colour in zip(lesson.ladder(lesson.blob((16, 48, 48)), 400).items(), COLOURS, strict=False):
        axes.plot(seconds[1:], norms[1:], ".-", color=colour, label=name)
    axes.legend()
    return figure


def crawl() -> Figure:
    """What Jacobi has made of a flat solution after more and more sweeps, along a line through the middle."""
    mask = np.zeros((18, 34, 34), bool)
    mask[1:-1, 1:-1, 1:-1] = True
    right = lesson.laplacian(1.0 * mask, mask, lesson.UNIT)
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axes = figure.add_subplot(xlabel="voxel along the middle of a box of 16 x 32 x 32", ylabel="value (should be 1)")
    for sweeps, shade in [(1, 0.8), (4, 0.65), (16, 0.5), (64, 0.35), (256, 0.0)]:
        axes.plot(lesson.jacobi(right, mask, lesson.UNIT, sweeps)[9, 17, 1:-1], color=str(shade), label=f"{sweeps} sweeps")
    guess, _ = lesson.conjugate_gradients(right, mask, lesson.UNIT, 0.0, 3, lesson.multigrid(mask, lesson.UNIT))
    axes.plot(guess[9, 17, 1:-1], color=COLOURS[1], label="3 steps with multigrid")
    axes.legend(fontsize=8, ncols=2)
    return figure


def levels() -> Figure:
    """One frame of the mask on every level of its hierarchy."""
    masks = [mask for mask, *_ in lesson.hierarchy(lesson.blob((16, 48, 48)), lesson.UNIT)]
    figure = Figure(figsize=(7, 2.1), layout="constrained")
    for place, mask in enumerate(masks, 1):
        axes = figure.add_subplot(1, len(masks), place)
        axes.imshow(mask[len(mask) // 2], cmap="gray_r", vmin=0, vmax=1.6)
        axes.set_title(" x ".join(map(str, mask.shape)), fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
    return figure


def flickers() -> Figure:
    """The two cases of section 8.8 and four blends of each."""
    y, x = np.mgrid[:48, :48] / 48
    disc = np.broadcast_to((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.3**2, (16, 48, 48))
    steady, restless = lesson.jumping(16, 48, 0.0, 9.0, seed=0), lesson.jumping(16, 48, 0.06, 20.0, seed=1)
    cases = {"the background flickers": (steady, restless), "the source flickers": (restless, steady)}
    figure = Figure(figsize=(7, 2.4), layout="constrained")
    for place, (title, (source, background)) in enumerate(cases.items(), 1):
        found = lesson.both_ways(source, background, disc)
        axes = figure.add_subplot(1, 2, place, title=title, xlabel="flicker, of full range")
        axes.barh(list(found)[::-1], list(found.values())[::-1], color=[COLOURS[0]] * 3 + [COLOURS[1]])
        axes.tick_params(labelsize=8, labelleft=place == 1)
    return figure


def car() -> np.ndarray:
    """The montage of the lesson, pasted and blended; (T, H, W, 3)."""
    source, background, mask = lesson.car_and_river(144, 10, 4)
    pasted = np.where(mask[..., None], source, background)
    blended = lesson.blend_clip(source, background, mask, "import", lesson.UNIT)
    return pictures.side_by_side(pictures.titled(pasted, "pasted"), pictures.titled(blended, "blended"))


def main() -> None:
    """Draw all figures; the one of the real clips only where they are."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for draw in (one_line, degrees, crawl, residuals, levels, flickers):
        draw().savefig(FOLDER / f"{draw.__name__}.png", dpi=110, metadata={"Software": None})
    try:
        video.write_clip(FOLDER / "car.mp4", car(), frame_rate_hz=10)
    except fetch.DataMissing as missing:
        print(missing)


if __name__ == "__main__":
    main()
