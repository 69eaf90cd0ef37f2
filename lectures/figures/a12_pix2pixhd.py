"""The figures of lecture 12, written to build/lectures/a12_pix2pixhd: `python -m lectures.figures.a12_pix2pixhd` (trains for a minute)."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from assignments.common import devices, labelmaps, pictures
from assignments.common.residual import ResidualGenerator
from data_scripts import toyworld
from solutions import a12_pix2pixhd as lesson

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "a12_pix2pixhd"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito (2008): safe for colour-blind readers


def picture(image: Tensor):
    """(C, H, W) in [-1, 1] as (H, W, C) in [0, 1]."""
    return toyworld.to01(image).clamp(0, 1).permute(1, 2, 0)


def told(clip: toyworld.Clip) -> Figure:
    """What a generator is told of one frame, and the frame."""
    things = lesson.segments(clip)
    styles = lesson.instance_average(clip.rgb, things)
    shown = [pictures.label_colours(clip.sem[0]), lesson.instance_edges(things)[0, 0], picture(styles[0]), picture(clip.rgb[0])]
    return pictures.grid_figure(shown, ["labels", "borders of instances", "styles: mean colours", "the picture"], columns=4)


def patches(clip: toyworld.Clip) -> Figure:
    """The patches that one score sees, at both scales, measured by gradients."""
    network = lesson.MultiscaleDiscriminator(3, 4)
    x = clip.rgb[:1].clone().requires_grad_()
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(picture(clip.rgb[0]))
    axes.set_axis_off()
    for scale, features in enumerate(network(x)):
        row, column = (side // 2 for side in features[-1].shape[-2:])
        seen = torch.autograd.grad(features[-1][0, 0, row, column], x)[0].abs().sum(dim=(0, 1)).numpy()
        rows, columns = np.nonzero(seen.any(axis=1))[0], np.nonzero(seen.any(axis=0))[0]
        wide, tall = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
        print(f"one score of scale {scale} sees {tall} x {wide} px")
        outline = {"fill": False, "edgecolor": ("#f0e442", "#ffffff")[scale], "linewidth": 2, "linestyle": ("-", "--")[scale]}
        axes.add_patch(Rectangle((columns[0], rows[0]), wide, tall, **outline))
        axes.text(columns[0] + 3, rows[0] + 10, f"scale {scale}: {wide} px", color=outline["edgecolor"], fontsize=9)
    return figure


class Normalised(nn.Module):
    """A generator whose input is normalised over the picture, as instance norm does inside."""

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, condition: Tensor) -> Tensor:
        return self.generator(F.instance_norm(condition))


def shifts(clip: toyworld.Clip) -> Figure:
    """How far generators with random weights are from (12.12), over the shift, away from the border."""
    condition = lesson.true_condition(clip)
    generators = {"convolutions alone": ResidualGenerator(14, 3, 8, 0, 2), "U-Net": lesson.UNet(14, 3, 8)}
    generators["with instance norm"] = Normalised(ResidualGenerator(14, 3, 8, 0, 2))
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.add_subplot(xlabel="shift in px", ylabel="difference, of the picture's spread", yscale="log", ylim=(5e-9, 3))
    for (name, generator), colour, style in zip(generators.items(), COLOURS[:3], ("o-", "s--", "^:"), strict=True):
        errors = []
        with torch.no_grad():
            for shift in range(1, 13):
                first, second = (generator(condition[..., start : start + 144]) for start in (0, shift))
                apart = first[..., 48 + shift : 96 + shift] - second[..., 48:96]
                errors.append(float(apart.std() / first.std()))
        print(f"{name}: " + " ".join(f"{error:.0e}" for error in errors))
        axes.plot(range(1, 13), np.maximum(errors, 1e-8), style, color=colour, label=name, markersize=4)
    axes.legend(loc="upper center", ncols=3, fontsize=8)
    return figure


def crawling(still: toyworld.Clip) -> Figure:
    """One row of a pan by half a pixel a frame, over time: labels jump, the picture slides."""
    smooth = F.avg_pool2d(still.rgb, 5, 1, 2, count_include_pad=False)
    labels, true = (labelmaps.pan(part, 4, 0.5, 24, 48) for part in (still.sem, toyworld.to01(smooth)))
    rows = [pictures.space_time_slice(clip, row=21) for clip in (pictures.label_colours(labels), lesson.as_frames(true))]
    return pictures.grid_figure(rows, ["labels", "the picture"], columns=2)


def painted() -> Figure:
    """Unseen streets: labels, what a U-Net paints after a minute of training, and the truth."""
    drawn = [
        toyworld.draw("street", seed, 2, 48, 48, ("rgb", "sem", "inst"), frame_step=9) for seed in toyworld.split("street", "train")[:120]
    ]
    condition, image = torch.cat([lesson.true_condition(clip) for clip in drawn]), torch.cat([clip.rgb for clip in drawn])
    devices.seed_all(0)
    painter = nn.Sequential(lesson.UNet(condition.shape[1], 3, 16), nn.Tanh())
    lesson.fit(painter, condition, image, 250, 4, "")
    shown = []
    for seed in toyworld.split("street", "test")[:4]:
        clip = toyworld.draw("street", seed, 1, 48, 48, ("rgb", "sem", "inst"))
        made = lesson.frame_by_frame(painter, lesson.true_condition(clip))
        shown += [pictures.label_colours(clip.sem[0]), lesson.as_frames(made)[0], picture(clip.rgb[0])]
    return pictures.grid_figure(shown, ["labels", "painted", "truth"] * 4, columns=6)


def main() -> None:
    """Draw all figures, and print the numbers that the lecture quotes."""
    torch.manual_seed(0)
    want = ("rgb", "sem", "inst")
    street, wide = toyworld.draw("street", 11, 1, 96, 160, want), toyworld.draw("street", 11, 1, 192, 320, want)
    figures = {
        "told": told(street),
        "patches": patches(toyworld.draw("street", 11, 1, 160, 256, want)),
        "shifts": shifts(street),
        "crawling": crawling(wide),
        "painted": painted(),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.savefig(FOLDER / f"{name}.png", dpi=110, bbox_inches="tight")
        print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
