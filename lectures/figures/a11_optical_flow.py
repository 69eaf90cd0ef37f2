"""The figures of lecture 11, written to build/lectures/a11_optical_flow: `python -m lectures.figures.a11_optical_flow`."""

import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from assignments.common import pictures
from autograder.checks.flow_oracles import error_px, moving_pair
from data_scripts import toyworld
from solutions import a11_optical_flow as lesson

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "a11_optical_flow"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito (2008): safe for colour-blind readers


def picture(image: Tensor):
    """(C, H, W) in [0, 1] as (H, W, C)."""
    return image.clamp(0, 1).permute(1, 2, 0)


def flow_with_key(clip: toyworld.Clip) -> Figure:
    """The flow of one street, as colour and arrows, with the key of the colours."""
    return pictures.flow_figure(clip.flow_next[3].permute(1, 2, 0))


def conventions(clip: toyworld.Clip) -> Figure:
    """The error that is left on visible pixels when the next frame is brought back in five ways."""
    now, coming, flow = toyworld.to01(clip.rgb[:-1]), toyworld.to01(clip.rgb[1:]), clip.flow_next
    ways = {"forward flow": flow, "none": 0 * flow, "sign turned": -flow, "x, y swapped": flow.flip(1), "backward flow": clip.flow_prev}
    shown, titles = [], []
    for name, used in ways.items():
        brought = lesson.warp(coming, used)
        error = (brought - now).abs().mean(dim=1, keepdim=True) * clip.visible_next
        shown.append((4 * error[3]).clamp(0, 1)[0])
        titles.append(f"{name}: {lesson.psnr(brought, now, clip.visible_next):.1f} dB")
        print(titles[-1])
    return pictures.grid_figure([picture(now[3]), *shown], ["frame t", *titles], columns=3)


def mismatched(image: Tensor) -> Tensor:
    """The identity warp of a grid with corners at -1 and 1 under the default flag."""
    lines = [torch.linspace(-1, 1, side) for side in image.shape[-2:]]
    y, x = torch.meshgrid(*lines, indexing="ij")
    return F.grid_sample(image, torch.stack([x, y], dim=-1)[None], padding_mode="border", align_corners=False)


def drift(image: Tensor) -> tuple[Figure, Figure]:
    """PSNR over repeated warps that should change nothing, and what is left of the picture after thirty."""
    kinds = {"mismatched identity": [image], "half a pixel to and fro": [image], "right identity": [image]}
    for times in range(1, 31):
        half = torch.full((1, 2, *image.shape[-2:]), 0.5 if times % 2 else -0.5)
        step = {
            "mismatched identity": mismatched,
            "half a pixel to and fro": lambda x, f=half: lesson.warp(x, f),
            "right identity": lambda x, f=half: lesson.warp(x, 0 * f),
        }
        for name, frames in kinds.items():
            frames.append(step[name](frames[-1]))
    figure = Figure(figsize=(6.4, 3.2))
    axes = figure.add_subplot(xlabel="warps", ylabel="PSNR in dB", ylim=(10, 45))
    for (name, frames), colour, style in zip(kinds.items(), COLOURS, ("o-", "s--", "^:"), strict=False):
        values = [min(lesson.psnr(frame, image), 150) for frame in frames[1:]]
        print(f"{name}: 1 x {values[0]:.1f}, 5 x {values[4]:.1f}, 30 x {values[29]:.1f} dB")
        if name != "right identity":  # above 100 dB throughout
            axes.plot(range(1, 31), values, style, color=colour, label=name, markersize=4)
    axes.legend()
    shown = [picture(frames[-1][0]) for frames in kinds.values()]
    return figure, pictures.grid_figure([picture(image[0]), *shown], ["the frame", *kinds], columns=4)


def hidden(clip: toyworld.Clip) -> Figure:
    """Hidden pixels of a street: exactly, by the residual alone, and with the bounds test."""
    apart = lesson.residual(clip.flow_next, clip.flow_prev).norm(dim=1, keepdim=True)
    masks = [~clip.visible_next, apart > 0.75, ~lesson.visible(clip.flow_next, clip.flow_prev)]
    shown = [picture(toyworld.to01(clip.rgb)[3]), *(0.85 * mask[3, 0] for mask in masks)]
    return pictures.grid_figure(shown, ["frame t", "hidden, exactly", "residual alone", "with the bounds test"])


def law() -> Figure:
    """Warping error of noise on grey under a drift of u pixels, measured, beside (1 + k) sigma^2."""
    sigma, shifts = 0.05, torch.linspace(0, 2, 21)
    noise = 0.5 + sigma * torch.randn(6, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    mask = F.pad(torch.ones(5, 1, 90, 90, dtype=torch.bool), [3] * 4)
    figure = Figure(figsize=(6.4, 3.2))
    axes = figure.add_subplot(xlabel="drift in px a frame", ylabel="warping error", ylim=(0, 0.006))
    for (name, down), colour in {("along x", 0): COLOURS[0], ("along x, half a pixel along y", 0.5): COLOURS[1]}.items():
        flows = [torch.tensor([float(u), down])[:, None, None].expand(5, 2, 96, 96) for u in shifts]
        axes.plot(shifts, [float(lesson.warping_error(noise, flow, mask)) for flow in flows], "o", color=colour, label=f"measured, {name}")
        a = shifts % 1
        axes.plot(shifts, (1 + ((1 - a) ** 2 + a**2) * ((1 - down) ** 2 + down**2)) * sigma**2, "-", color=colour)
    axes.legend(loc="lower right")
    return figure


def trade() -> Figure:
    """Flicker over fidelity, for clips that somebody might hand in."""
    scene = toyworld.make_scene("street", 5, 12, 64, 64)
    motion = toyworld.render(scene)
    real = toyworld.to01(motion.rgb)
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(0))
    blurred = [real]
    for _ in range(3):
        blurred.append(F.avg_pool2d(F.pad(blurred[-1], [1] * 4, mode="replicate"), 3, stride=1))
    clips = {
        "grey": torch.full_like(real, 0.5),
        "frozen": real[:1].expand_as(real),
        "mean of 3 frames": torch.stack([real[max(t - 1, 0) : t + 2].mean(dim=0) for t in range(12)]),
        "blurred in space": blurred[-1],
        "noise of 0.02": real + 0.02 * noise,
        "noise of 0.05": real + 0.05 * noise,
        "other clothes": torch.stack([toyworld.to01(toyworld.render(toyworld.restyle(scene, 50 + t)).rgb[t]) for t in range(12)]),
    }
    figure = Figure(figsize=(6.4, 3.6))
    axes = figure.add_subplot(xlabel="PSNR in dB", ylabel="flicker: warping error over the real clip's", xlim=(8, 46), ylim=(-6e-4, 5e-2))
    axes.set_yscale("symlog", linthresh=1e-4)
    axes.axhline(0, color="0.6", linewidth=0.8)
    print(f"real clip: warping error {float(lesson.warping_error(real, motion.flow_next, motion.visible_next)):.5f}")
    for name, clip in clips.items():
        excess, fidelity = lesson.flicker(clip, real, motion.flow_next, motion.visible_next)
        print(f"{name}: flicker {excess:+.5f}, PSNR {fidelity:.1f} dB")
        axes.plot(fidelity, excess, "o", color=COLOURS[0])
        axes.annotate(name, (fidelity, excess), textcoords="offset points", xytext=(6, 4), fontsize=9)
    return figure


def timing(clip: toyworld.Clip) -> None:
    """Print how the two warps compare in one run."""
    frames, seconds = toyworld.to01(clip.rgb[1:]), []
    for method in (lesson.warp_by_hand, lesson.warp):
        started = time.perf_counter()
        for _ in range(30):
            method(frames, clip.flow_next)
        seconds.append(time.perf_counter() - started)
    print(f"grid_sample is {seconds[0] / seconds[1]:.1f} times as fast as gathering by hand")


def descent() -> None:
    """Print how far three levels and one level come on smooth textures that move by 6 px, as in the check of `estimate`."""
    for levels, steps in ((3, 60), (1, 180)):
        errors = []
        for seed in range(8):
            first, second, flow, kept = moving_pair(seed, np.eye(2), (5.3, -2.9), shortest=14)
            errors.append(error_px(lesson.estimate(first, second, levels, steps, 0.1), flow, kept))
        print(f"descent, {levels} x {steps} steps: off by {min(errors):.2f} to {max(errors):.2f} px")


def main() -> None:
    """Draw all figures, and print the numbers that the lecture quotes."""
    street = toyworld.draw("street", seed=5, frames=8)
    timing(street)
    descent()
    over_time, after_thirty = drift(toyworld.to01(street.rgb[:1]))
    figures = {
        "flow": flow_with_key(street),
        "conventions": conventions(street),
        "drift": over_time,
        "after_thirty": after_thirty,
        "hidden": hidden(street),
        "law": law(),
        "trade": trade(),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.savefig(FOLDER / f"{name}.png", dpi=110, bbox_inches="tight")
        print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
