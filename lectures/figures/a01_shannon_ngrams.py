"""The figures of lecture 1, written to build/lectures/a01_shannon_ngrams: `python -m lectures.figures.a01_shannon_ngrams`."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from data_scripts import text as corpus
from solutions import a01_shannon_ngrams as lesson

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "a01_shannon_ngrams"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito (2008): safe for colour-blind readers
TOY = "a cab at a bad cab"


def sorted_table() -> Figure:
    """The pairs of a toy text on the line of running counts: each context is one stretch, each pair a piece of it."""
    grams, counts = lesson.count([lesson.encode(TOY)], 2, 27)
    ends = np.cumsum(counts)
    figure = Figure(figsize=(7.5, 1.7))
    axes = figure.add_subplot(ylim=(0, 1), yticks=[], xticks=[0, *ends], xlabel="running sum of the counts")
    stretch = np.unique(grams // 27, return_inverse=True)[1]
    for gram, place, left, width in zip(grams.tolist(), stretch, ends - counts, counts, strict=True):
        context, newest = gram // 27, gram % 27
        axes.barh(0.5, width, left=left, height=0.7, color=COLOURS[place % 4], alpha=0.55, edgecolor="white")
        axes.text(left + width / 2, 0.5, lesson.decode([context, newest]).replace(" ", "_"), ha="center", va="center")
    return figure


def plug_in(letters: np.ndarray) -> Figure:
    """Plug-in F_N of longer and longer texts, and what Kneser-Ney pays on the unseen end of the whole text."""
    orders = range(1, 9)
    figure = Figure(figsize=(6.4, 3.8))
    axes = figure.add_subplot(xlabel="order N", ylabel="bits per letter", ylim=(0, 4.4))
    for length, colour in zip((10_000, 100_000, len(letters)), COLOURS, strict=False):
        tables = [lesson.count([letters[:length]], order, 27) for order in orders]
        axes.plot(orders, [lesson.plug_in_entropy(table, 27) for table in tables], "o:", color=colour, label=f"plug-in, {length:,} letters")
    bits = [lesson.held_out(letters, order, 27, 0.9, lesson.kneser_ney) for order in orders]
    axes.plot(orders, bits, "s-", color=COLOURS[3], label="Kneser-Ney, unseen tenth")
    axes.legend()
    return figure


def ranks(letters: np.ndarray) -> Figure:
    """How many guesses Kneser-Ney of order 6 needs for unseen letters, with the two bounds."""
    known = int(0.9 * len(letters))
    tables = [lesson.count([letters[:known]], order, 27) for order in range(1, 7)]
    found = lesson.guess_ranks(tables, lesson.ngram_codes(letters[known - 5 : known + 20_000], 6, 27), 27)
    low, high = lesson.guessing_bounds(found, 27)
    figure = Figure(figsize=(6.4, 3.2))
    axes = figure.add_subplot(xlabel="guesses needed", ylabel="share of letters", yscale="log")
    axes.bar(range(1, 28), np.bincount(found, minlength=28)[1:] / len(found), color=COLOURS[0])
    axes.set_title(f"bounds: {low:.2f} to {high:.2f} bits per letter", fontsize=10)
    return figure


def main() -> None:
    """Draw all figures."""
    letters = lesson.encode(lesson.normalise(corpus.load_or_stand_in("tinyshakespeare").text))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, figure in {"sorted_table": sorted_table(), "plug_in": plug_in(letters), "ranks": ranks(letters)}.items():
        figure.savefig(FOLDER / f"{name}.png", dpi=110, bbox_inches="tight")
        print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
