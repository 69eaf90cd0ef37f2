"""The figures of lecture 9, written to build/lectures/a09_video_textures: `python -m lectures.figures.a09_video_textures`."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from assignments.common import pictures, video
from solutions import a09_video_textures as lesson

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "a09_video_textures"
COLOURS = ("#0072b2", "#d55e00", "#009e73")  # Okabe and Ito (2008): safe for colour-blind readers
FRAMES, PERIOD = 120, 37.3


def matrices(shown: dict[str, np.ndarray]) -> Figure:
    """Square matrices beside each other, each with its own colour bar."""
    figure = Figure(figsize=(8, 1 + 6.4 / len(shown)), layout="constrained")
    for place, (title, matrix) in enumerate(shown.items(), 1):
        axes = figure.add_subplot(1, len(shown), place)
        axes.set_title(title, fontsize=9)
        figure.colorbar(axes.imshow(matrix, cmap="magma_r"), ax=axes, fraction=0.046)
        axes.tick_params(labelsize=7)
    return figure


def weave(distance: np.ndarray) -> Figure:
    """Some frames of the pendulum, and the distances of all."""
    clip = lesson.pendulum(FRAMES, 48, PERIOD, 0.02, seed=0)
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.add_subplot(1, 2, 1)
    axes.imshow(np.vstack([np.hstack(clip[start : start + 12 : 3]) for start in (0, 12, 24, 36)]), cmap="gray")
    axes.set_title("every third frame", fontsize=9)
    axes.set_axis_off()
    axes = figure.add_subplot(1, 2, 2, xlabel="frame", ylabel="frame")
    figure.colorbar(axes.imshow(distance, cmap="magma_r"), ax=axes, fraction=0.046)
    return figure


def filtered(distance: np.ndarray) -> Figure:
    """The filter with three reaches."""
    return matrices(
        {
            "m = 1": lesson.preserve_dynamics(distance, 1),
            "m = 2": lesson.preserve_dynamics(distance, 2),
            "m = 4": lesson.preserve_dynamics(distance, 4),
        }
    )


def future(costs: np.ndarray) -> Figure:
    """Costs, and with the future at three discounts."""
    shown = {"cost": costs[:-1]}
    for alpha in (0.9, 0.99, 0.999):
        shown[f"alpha = {alpha:g}"] = lesson.future_cost(costs, alpha, 1.0, 1e-9, 2000)[0][:-1]
    return matrices(shown)


def sweeps(costs: np.ndarray, alpha: float = 0.99) -> Figure:
    """Largest change in each sweep, for three orders of the same iteration."""
    count = len(costs)
    orders = {"last to first": range(count)[::-1], "first to last": range(count), "all at once": None}
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.add_subplot(xlabel=f"sweep (alpha = {alpha:g})", ylabel="largest change", xscale="log", yscale="log")
    for (name, order), colour, dash in zip(orders.items(), COLOURS, ("-", "-", "--"), strict=True):
        best, changes = np.zeros(count), []
        while len(changes) < 3000 and (not changes or changes[-1] > 1e-10):
            before = best.copy()
            if order is None:
                best = (costs + alpha * best).min(axis=1)
            else:
                for i in order:
                    best[i] = (costs[i] + alpha * best).min()
            changes.append(np.abs(best - before).max())
        axes.plot(range(1, len(changes) + 1), changes, dash, color=colour, label=f"{name}: {len(changes)} sweeps")
    axes.legend()
    return figure


def played(costs: np.ndarray, reach: int) -> np.ndarray:
    """The pendulum's film from frame `reach` on, over and over, and beside it what its chain of frames plays; (T, H, W, 3)."""
    clip = lesson.pendulum(FRAMES, 48, PERIOD, 0.02, seed=0)[reach : len(costs) + reach]
    future, _ = lesson.future_cost(costs, 0.99, 1.0, 1e-9, 2000)
    chain = lesson.prune(lesson.probabilities(future, 0.05 * costs.mean()), 0.02)
    order = lesson.play(chain, 0, np.random.default_rng(0).random(200))
    repeated = np.resize(np.arange(len(clip)), len(order))
    both = [pictures.titled(clip[frames][..., None], title) for frames, title in ((repeated, "film, repeated"), (order, "texture"))]
    return pictures.side_by_side(*both)


def main() -> None:
    """Draw all figures."""
    distance = lesson.distances(lesson.pendulum(FRAMES, 48, PERIOD, 0.02, seed=0), 4096)
    costs = lesson.transition_costs(lesson.preserve_dynamics(distance, 2))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, figure in {
        "weave": weave(distance),
        "filtered": filtered(distance),
        "future": future(costs),
        "sweeps": sweeps(costs),
    }.items():
        figure.savefig(FOLDER / f"{name}.png", dpi=110, metadata={"Software": None})
    video.write_clip(FOLDER / "played.mp4", played(costs, reach=2), frame_rate_hz=24)


if __name__ == "__main__":
    main()
