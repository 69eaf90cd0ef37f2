"""The figures of the page on the toy world, written to build/lectures/toyworld: `python -m lectures.figures.toyworld`."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from assignments.common.pictures import grid_figure, strip_figure
from assignments.common.video import write_clip
from data_scripts import toyworld
from data_scripts.toyworld.gallery import last, panels

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "toyworld"


def kinds() -> Figure:
    """Six frames of every kind."""
    clips = {kind: toyworld.draw(kind, 3, frames=26, height=128, width=192, outputs=("rgb",)) for kind in toyworld.KINDS}
    return strip_figure({kind: last(toyworld.to01(clip.rgb)) for kind, clip in clips.items()}, count=6)


def moving() -> np.ndarray:
    """Every kind for two seconds, in two rows; (T, H, W, 3)."""
    clips = [toyworld.draw(kind, 3, frames=48, height=128, width=192, outputs=("rgb",)).rgb for kind in toyworld.KINDS]
    shown = [last(toyworld.to01(clip)) for clip in clips]
    rows = [np.concatenate(shown[start : start + 4], axis=2) for start in range(0, len(shown), 4)]
    return np.concatenate(rows, axis=1)


def outputs() -> Figure:
    """One frame of a street with everything that is known about it."""
    shown = panels(toyworld.draw("street", 3, frames=8, height=128, width=192, outputs=toyworld.OUTPUTS))
    return grid_figure([clip[5] for clip in shown.values()], titles=list(shown), columns=4)


def transfer() -> Figure:
    """One motion by three people, and one person in two styles."""
    spec = toyworld.make_scene("dancer", 1, 26, 128, 192)
    others = {"seed 1": spec, "retarget": toyworld.retarget(spec, 7), "restyle": toyworld.restyle(spec, 7)}
    return strip_figure({name: last(toyworld.to01(toyworld.render(other, ("rgb",)).rgb)) for name, other in others.items()}, count=6)


def main() -> None:
    """Draw all figures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for draw in (kinds, outputs, transfer):
        draw().savefig(FOLDER / f"{draw.__name__}.png", dpi=110, bbox_inches="tight")
    write_clip(FOLDER / "moving.mp4", moving(), frame_rate_hz=24)


if __name__ == "__main__":
    main()
