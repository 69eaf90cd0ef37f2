"""The figures of lecture 3, written to build/lectures/a03_gated_pixelcnn: `python -m lectures.figures.a03_gated_pixelcnn`."""

from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from assignments.common import likelihood, pictures
from solutions import a03_gated_pixelcnn as lesson

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "a03_gated_pixelcnn"


def labels() -> Figure:
    """Cost of labelled patterns over training, with the label and with a constant in its place."""
    torch.manual_seed(0)
    templates = torch.randint(2, (16, 4, 4), generator=torch.Generator().manual_seed(0))
    patterns, numbers = lesson.noisy_templates(templates, 8000, 0)
    heard = lesson.one_hot(numbers, 16)
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.add_subplot(xlabel="step", ylabel="bits per pixel", ylim=(0.2, 1.05))
    for name, condition, colour in [("hears the label", heard, "#0072b2"), ("deaf", torch.zeros_like(heard), "#d55e00")]:
        model = lesson.GatedPixelCNN(1, 2, 16, 4, conditions=16)
        costs = likelihood.fit(model, lesson.bits_per_dim, patterns, 400, 64, 1e-2, name, condition)
        axes.plot(np.convolve(costs, np.ones(10) / 10, "valid"), color=colour, label=name)
    for bits, colour in zip(lesson.template_bits(templates, 0.05), ("#0072b2", "#d55e00"), strict=True):
        axes.axhline(bits, color=colour, linestyle=":")
    axes.legend()
    return figure


def main() -> None:
    """Draw all figures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    for name, figure in {"stacks": pictures.seen_figure(lesson.stacks_seen(10, 15)), "labels": labels()}.items():
        figure.savefig(FOLDER / f"{name}.png", dpi=110, bbox_inches="tight")
        print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
