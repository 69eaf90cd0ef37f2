"""The figures of lecture 6, written to build/lectures/a06_video_gan: `python -m lectures.figures.a06_video_gan`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from data_scripts.moving_squares import moving_squares, track
from solutions import a06_video_gan as lesson

FOLDER = Path(__file__).resolve().parents[2] / "build" / "lectures" / "a06_video_gan"
FRAMES = 12
CLIPS = 256


def frames_seen(network: nn.Module) -> np.ndarray:
    """(T, T) matrix: row t is true at the frames that output t depends on, found by gradients."""
    clip = torch.ones(1, 1, FRAMES, 3, 3, requires_grad=True)
    out = network(clip)[0, :, :, 1, 1].sum(dim=0)
    return np.array([torch.autograd.grad(value, clip, retain_graph=True)[0][0, 0].abs().amax(dim=(1, 2)).numpy() > 0 for value in out])


def ways_through_time() -> Figure:
    """What two layers see, frame by frame, with padding on both sides, and with all of it in the past."""
    torch.manual_seed(0)
    layers = {
        "frame by frame\nkernel 1 x 3 x 3": lambda: nn.Conv3d(1, 1, (1, 3, 3), padding=(0, 1, 1)),
        "video as a volume\nkernel 3 x 3 x 3": lambda: nn.Conv3d(1, 1, 3, padding=1),
        "causal\nkernel 3 x 3 x 3": lambda: lesson.CausalConv3d(1, 1, (3, 3, 3)),
    }
    figure = Figure(figsize=(7.5, 2.9), layout="constrained")
    for axes, (title, layer) in zip(figure.subplots(1, 3), layers.items(), strict=True):
        axes.imshow(frames_seen(nn.Sequential(layer(), layer())), cmap="Blues", vmax=1.5)
        axes.set(title=title, xlabel="frame of the clip", ylabel="frame of the output", xticks=[0, 5, 11], yticks=[0, 5, 11])
        axes.title.set_fontsize(10)
    return figure


def streams() -> Figure:
    """Foreground, mask, background and clip of a generator that has learnt four clips of moving squares."""
    torch.manual_seed(0)
    clips, codes = moving_squares(4, 8, 16, seed=5)[0], torch.randn(4, 16)
    generator = lesson.Generator(16, (32, 24))
    lesson.reconstruct(generator, codes, clips, 300, sparsity=0.1, learning_rate=0.01)
    with torch.no_grad():
        foreground, mask, background = generator.streams(codes)
        made = generator(codes)[0]
    rows = {"foreground f": foreground, "mask m": 2 * mask.expand_as(made) - 1, "background b": background[:, :, None].expand_as(made),
            "m f + (1 - m) b": made, "learnt clip": clips}  # fmt: skip
    figure = Figure(figsize=(7.5, 4.9), layout="constrained")
    for line, (name, clip) in zip(figure.subplots(len(rows), 8), rows.items(), strict=True):
        for axes, frame in zip(line, as_images(clip[0]), strict=True):
            axes.imshow(frame)
            axes.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    return figure


def heaps() -> Figure:
    """Where squares end up, seen from where they begin: real ones, and those of two games, without and with categories in the noise."""
    ends = {"real clips": ends_of(moving_squares(CLIPS, 8, 16, seed=1_000_000)[0])}
    for name, categories in (("Gaussian noise", 0), ("noise with categories", lesson.QUICK.categories)):
        game = replace(lesson.QUICK, categories=categories)
        generator, *_ = lesson.play(game, squares, lambda step, generator: None)
        with torch.no_grad():
            ends[name] = ends_of(generator(game.codes(CLIPS))[0])
    figure = Figure(figsize=(7.5, 2.8), layout="constrained")
    for axes, (name, places) in zip(figure.subplots(1, 3, sharex=True, sharey=True), ends.items(), strict=True):
        axes.scatter(*places.T, s=6, alpha=0.5)
        axes.set(title=name, xlabel="x, px", aspect="equal", xlim=(-10, 10), ylim=(10, -10))
        axes.title.set_fontsize(10)
    figure.axes[0].set_ylabel("y, px")
    return figure


def squares(step: int) -> Tensor:
    """The real clips of a step."""
    return moving_squares(lesson.QUICK.batch, 8, 16, seed=step)[0]


def ends_of(clips: Tensor) -> np.ndarray:
    """(B, 2): by how many pixels (x, y) the bright thing of each clip moves from its first to its last frame."""
    _, centre = track(clips)
    return (centre[:, -1] - centre[:, 0]).flip(1).numpy()


def as_images(clip: Tensor) -> np.ndarray:
    """(3, T, H, W) in [-1, 1] -> (T, H, W, 3) in [0, 1]."""
    return (clip / 2 + 0.5).clamp(0, 1).permute(1, 2, 3, 0).numpy()


def main() -> None:
    """Draw all figures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for figure in (ways_through_time, streams, heaps):
        figure().savefig(FOLDER / f"{figure.__name__}.png", dpi=150, bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    main()
