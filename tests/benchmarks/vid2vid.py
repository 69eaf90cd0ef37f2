"""Rollouts of lesson 13 measured in one run: seconds a frame, memory for the backward pass, and label encodings kept or made again.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.vid2vid

Memory is that of the tensors which are kept for the backward pass, at its highest moment, counted as they come and go. Three ways to
train on a clip: one graph through time; past frames detached, but one backward pass at the end; detached, and a backward pass after
each frame, which is what detaching is good for. Seconds are CPU seconds, the best of three.
"""

import sys
import time
import weakref
from collections.abc import Callable

import torch
from torch import Tensor, nn

from solutions import a13_vid2vid as lesson

SIDE, BATCH, CHANNELS, WIDTH = 32, 2, 12, 16
LENGTHS = (4, 8, 16)
LARGEST_GROWTH = 1.05  # of memory with a backward pass a frame, from the shortest to the longest clip
WANTED = 2.0  # times less time to encode labels once


class Kept:
    """A tensor kept for the backward pass."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Meter:
    """Bytes that are kept for the backward pass while this is open: now, and at most."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def __enter__(self) -> "Meter":
        self.hooks = torch.autograd.graph.saved_tensors_hooks(self.keep, lambda kept: kept.tensor)
        self.hooks.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.hooks.__exit__(*error)

    def keep(self, tensor: Tensor) -> Kept:
        kept = Kept(tensor)
        self.add(tensor.nbytes)
        weakref.finalize(kept, self.add, -tensor.nbytes)
        return kept

    def add(self, count: int) -> None:
        self.now += count
        self.most = max(self.most, self.now)


def seconds(run: Callable[[], object]) -> float:
    """The best of three."""
    found = []
    for _ in range(3):
        started = time.process_time()
        run()
        found.append(time.process_time() - started)
    return min(found)


def whole(generator: nn.Module, labels: Tensor, clip: Tensor, detach: bool) -> None:
    """One backward pass for all frames."""
    (generator(labels, clip, detach).frame - clip).abs().mean().backward()


def frame_by_frame(generator: nn.Module, labels: Tensor, clip: Tensor) -> None:
    """A backward pass after each frame, which is made of detached ones."""
    frames = [clip[:, :1], clip[:, :1]]
    for t in range(1, clip.shape[1]):
        window = generator.encode(labels[:, [max(t - 2, 0), max(t - 1, 0), t]])
        made = generator.step(window, torch.cat(frames[-2:], dim=1))
        (made.frame - clip[:, t]).abs().mean().backward()
        frames.append(made.frame[:, None].detach())


def data(frames: int) -> tuple[Tensor, Tensor]:
    """Labels and a clip of noise."""
    return torch.rand(BATCH, frames, CHANNELS, SIDE, SIDE), 2 * torch.rand(BATCH, frames, 3, SIDE, SIDE) - 1


def memory(generator: nn.Module) -> float:
    """Print the table; returns how memory grows with length where each frame has its own backward pass."""
    ways = {
        "through time": lambda *clip: whole(generator, *clip, False),
        "detached, one pass": lambda *clip: whole(generator, *clip, True),
        "detached, a pass a frame": lambda *clip: frame_by_frame(generator, *clip),
    }
    print(f"{'frames':28}" + "".join(f"{length:>18}" for length in LENGTHS))
    most = {}
    for name, way in ways.items():
        cells = []
        for length in LENGTHS:
            clip = data(length)
            with Meter() as meter:
                way(*clip)
            most[name, length] = meter.most / 2**20
            cells.append(f"{most[name, length]:7.1f} MiB {seconds(lambda way=way, clip=clip: way(*clip)) / (length - 1):.3f} s")
        print(f"{name:28}" + "".join(f"{cell:>18}" for cell in cells))
    last = "detached, a pass a frame"
    return most[last, LENGTHS[-1]] / most[last, LENGTHS[0]]


@torch.no_grad()
def encodings(generator: nn.Module) -> float:
    """Print what it costs to encode windows instead of frames; returns the ratio."""
    labels, clip = data(LENGTHS[-1])

    def again() -> Tensor:
        step = lambda window, past: generator.step(generator.encode(window), past)  # noqa: E731
        return lesson.rollout(step, labels, clip, 1, True).frame

    def windows() -> None:
        for t in range(1, labels.shape[1]):
            generator.encode(labels[:, [max(t - 2, 0), max(t - 1, 0), t]])

    apart = float((again() - generator(labels, clip).frame).abs().max())
    once, often = seconds(lambda: generator(labels, clip)), seconds(again)
    alone, alone_often = seconds(lambda: generator.encode(labels)), seconds(windows)
    print(f"\n{LENGTHS[-1]} frames generated, labels encoded once {once:.3f} s, in every window {often:.3f} s: {often / once:.2f} times")
    print(f"the encoder alone: {alone:.4f} s and {alone_often:.4f} s, {alone_often / alone:.1f} times; results differ by {apart:.1g}")
    return alone_often / alone


def main() -> None:
    """Measure and print; the exit code says whether what was wanted was reached."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    generator = lesson.Generator(CHANNELS, WIDTH)
    growth, ratio = memory(generator), encodings(generator)
    print(f"memory with a pass a frame, {LENGTHS[-1]} frames / {LENGTHS[0]}: {growth:.3f} (at most {LARGEST_GROWTH})")
    print(f"labels encoded in every window / once: {ratio:.2f} (at least {WANTED})")
    sys.exit(not (growth <= LARGEST_GROWTH and ratio >= WANTED))


if __name__ == "__main__":
    main()
