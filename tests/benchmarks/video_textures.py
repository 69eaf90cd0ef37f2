"""Distances of lesson 9 beside the double loop and the machine's own matrix product, and the seams of loops in real clips.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.video_textures            # distances, then real clips, about two minutes
    OMP_NUM_THREADS=1 python -m tests.benchmarks.video_textures --no-clips

Seconds are CPU seconds, the best of a few runs. Every target is a ratio within this run. A seam is the largest step at a jump, in mean
steps of its clip; for the known loops it is the step from the last frame to the first. The column `nearest` is the smallest distance of
any two frames that are a loop's length apart: what a single cut can reach at best.
"""

import argparse
import itertools
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from data_scripts import clips
from solutions import a09_video_textures as lesson

KNOWN = ("textures/brink_loop_256", "textures/palmtrees_loop_256")
CLIPS = {  # name -> size (H, W)
    "sam2_clips/05_default_juggle": (144, 256),
    "intel_samples/one-by-one-person-detection": (72, 128),
    "flies/centered_pair_small": (96, 96),
    "textures/stream-of-water": (120, 160),
}
FADE = 4


def best_of(call: Callable[[], object], times: int = 3) -> float:
    """Fewest CPU seconds."""
    seconds = []
    for _ in range(times):
        started = time.process_time()
        call()
        seconds.append(time.process_time() - started)
    return min(seconds)


def double_loop(frames: np.ndarray) -> np.ndarray:
    """Every pair on its own."""
    return np.array([[np.sqrt(((one - other) ** 2).sum()) for other in frames] for one in frames])


def product_seconds(frames: np.ndarray) -> float:
    """The machine's matrix product of all frames with all frames; of two arrays, so that numpy does not see a symmetric one."""
    flat = frames.reshape(len(frames), -1).astype(np.float64)
    other = flat.copy()
    return best_of(lambda: flat @ other.T)


def verdict(name: str, value: float, low: float = 0.0, high: float = np.inf) -> None:
    """One target: what was measured, and whether it is met."""
    target = f"at least {low:g}" if np.isinf(high) else f"at most {high:g}"
    print(f"  {'met   ' if low <= value <= high else 'MISSED'} {name}: {value:.3g} (target {target})")


def distances() -> None:
    """Speed and memory of the distance matrix."""
    random = np.random.default_rng(0)
    small = random.random((240, 1024))
    verdict(
        "double loop / lesson, 240 frames of 1,024 pixels",
        best_of(lambda: double_loop(small), 1) / best_of(lambda: lesson.distances(small, 1024), 9),
        low=70,
    )

    frames, block = random.random((2000, 64, 64, 3), dtype=np.float32), 4096
    product = product_seconds(frames)
    ours = best_of(lambda: lesson.distances(frames, block))
    rate = 2 * 2000**2 * 64 * 64 * 3 / product / 1e9
    print(f"  2,000 frames of 64 x 64 x 3: {ours:.2f} s; a matrix product of that size takes {product:.2f} s, {rate:.1f} GFLOP/s")
    verdict("matrix product / lesson, time (the same work counted for both)", product / ours, low=0.7)

    tracemalloc.start()
    lesson.distances(frames, block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    allowed = 8 * (2000**2 + 2000 * block)
    verdict(f"peak memory / (N^2 and one block of {block} pixels in float64)", peak / allowed, high=1.1)


def seams() -> None:
    """Seams of found and of known loops; a clip played whole in a circle is the naive cut."""
    rows = {}
    for name, size in CLIPS.items():
        clip = clips.load(name, size=size)
        distance = lesson.distances(clip, 4096)
        lengths = range(24, min(len(clip), 121))
        cut, faded = (lesson.smoothest(clip, distance, lengths, fade) for fade in (0, FADE))
        seams_of = (in_circle(clip), lesson.seam(clip[cut], cut, 0), lesson.seam(lesson.render(clip, faded, FADE), faded, FADE))
        nearest = distance[np.triu_indices(len(clip), lengths.start)].min()
        rows[name] = (*(seam / np.diag(distance, 1).mean() for seam in (*seams_of, nearest)), len(faded))
    print(f"\n  {'seams in mean steps':44}{'whole':>8}{'found':>8}{'faded':>8}{'nearest':>8}{'frames':>8}")
    for name, (whole, cut, faded, nearest, length) in rows.items():
        print(f"  {name:44}{whole:8.2f}{cut:8.2f}{faded:8.2f}{nearest:8.2f}{length:8}")
    known = []
    for name in KNOWN:
        clip = clips.load(name)
        known.append(in_circle(clip) / np.mean([np.linalg.norm(after - before) for before, after in itertools.pairwise(clip)]))
        print(f"  {name:44}{known[-1]:8.2f}")
    for name, (whole, cut, faded, *_) in rows.items():
        verdict(f"{name}: seam found, faded / worse one of the known loops", faded / max(known), high=1)
        verdict(f"{name}: whole clip in a circle / seam found, cut", whole / cut, low=5)
        verdict(f"{name}: whole clip in a circle / seam found, faded", whole / faded, low=5)


def in_circle(clip: np.ndarray) -> float:
    """The step from the last frame to the first."""
    return lesson.seam(clip, list(range(len(clip))), 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-clips", action="store_true", help="distances only")
    without_clips = parser.parse_args().no_clips
    distances()
    if not without_clips:
        seams()


if __name__ == "__main__":
    main()
