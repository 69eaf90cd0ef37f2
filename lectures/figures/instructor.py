"""The figure of the instructor's page, written to build/lectures/instructor: `python -m lectures.figures.instructor`.

Drawn from the numbers that `python -m tests.benchmarks.grading` measured.
"""

import json
from pathlib import Path

from matplotlib.figure import Figure

NUMBERS = Path(__file__).with_suffix(".json")
FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "instructor"


def growth() -> Figure:
    """Time over the size of the class, and the straight line through it."""
    found = json.loads(NUMBERS.read_text(encoding="utf-8"))["growth"]
    counts, seconds = [int(count) for count in found["points"]], [point["seconds"] for point in found["points"].values()]
    start, slope = found["start s"], found["slope s"]
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, max(counts)], [start, start + slope * max(counts)], "-", color="#56b4e9", label=f"{start:.0f} s and {slope:.2f} s each")
    axes.plot(counts, seconds, "o", color="#0072b2", label="measured")
    axes.set_xlabel("submissions")
    axes.set_ylabel("seconds, with gradebook and pages")
    axes.legend()
    return figure


def main() -> None:
    """Draw it, once it was measured; the page shows it then."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if "growth" in json.loads(NUMBERS.read_text(encoding="utf-8")):
        growth().savefig(FOLDER / "growth.png", dpi=120)


if __name__ == "__main__":
    main()
