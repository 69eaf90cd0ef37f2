"""Poisson solvers of lesson 8 beside scipy's sparse direct solver, pyamg and OpenCV, in one run.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.poisson            # all sizes, up to ten minutes
    OMP_NUM_THREADS=1 python -m tests.benchmarks.poisson --largest 40000   # volumes of up to 40,000 voxels only

Needs `pip install pyamg opencv-python-headless`; without one of them its rows are left out. Every solver gets the same random right
side and stops at a residual of 1e-8 of it. Seconds are CPU seconds, the best of a few runs; megabytes are the peak of what Python and
numpy allocate during one more run, beyond the inputs, counted by tracemalloc (which does not see the factors of the sparse LU).
"""

import argparse
import time
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.fft
import scipy.sparse
from scipy.sparse.linalg import splu

from solutions import a08_poisson_blending as lesson

try:
    import pyamg
except ImportError:
    pyamg = None
try:
    import cv2
except ImportError:
    cv2 = None

SHAPES = [(16, 48, 48), (32, 64, 64), (64, 128, 128)]
DIRECT_LIMIT = 40_000  # unknowns; the factors of a 3D grid grow like their 4/3rd power and more
TOLERANCE = 1e-8
PATIENCE_S = 1.5  # a measurement is repeated until so much time is spent on it


def box(shape: tuple[int, int, int]) -> np.ndarray:
    """All voxels but the outermost."""
    mask = np.zeros(shape, bool)
    mask[1:-1, 1:-1, 1:-1] = True
    return mask


def blob(shape: tuple[int, int, int]) -> np.ndarray:
    """A rough ball that leaves a fifth of the volume free on each side."""
    t, y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij")
    rough = 0.1 * (np.sin(9 * t + 3 * y) + np.sin(8 * x - 5 * t) + np.sin(7 * y + 4 * x))
    return (t / 0.85) ** 2 + (y / 0.8) ** 2 + (x / 0.8) ** 2 + rough < 1


def matrix(mask: np.ndarray) -> scipy.sparse.csr_matrix:
    """The equations of the unknown voxels as a sparse matrix."""
    number = np.full(mask.shape, -1)
    number[mask] = np.arange(mask.sum())
    result = scipy.sparse.diags(lesson.degree(mask, lesson.UNIT)[mask]).tocsr()
    for axis in range(3):
        lower, upper, *_ = lesson.along(axis)
        both = mask[lower] & mask[upper]
        pairs = (number[lower][both], number[upper][both])
        half = scipy.sparse.coo_matrix((np.full(both.sum(), -1.0), pairs), shape=result.shape).tocsr()
        result = result + half + half.T
    return result


def measured(solve: Callable[[], Any]) -> tuple[float, float, Any]:
    """Best seconds, peak megabytes, and the result."""
    best, spent = np.inf, 0.0
    while spent < PATIENCE_S:
        started = time.process_time()
        result = solve()
        seconds = time.process_time() - started
        best, spent = min(best, seconds), spent + seconds
    tracemalloc.start()
    try:
        solve()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return best, peak / 1e6, result


def with_multigrid(mask: np.ndarray, rights: list[np.ndarray]) -> list[np.ndarray]:
    """The lesson's masked solver: one hierarchy for all channels, then channel by channel."""
    box_of = lesson.crop(mask)
    inside = mask[box_of]
    guess = lesson.multigrid(inside, lesson.UNIT)
    return [lesson.conjugate_gradients(right[box_of], inside, lesson.UNIT, TOLERANCE, 500, guess)[0][inside] for right in rights]


def with_cg(mask: np.ndarray, rights: list[np.ndarray]) -> list[np.ndarray]:
    """The lesson's conjugate gradients alone."""
    box_of = lesson.crop(mask)
    return [lesson.conjugate_gradients(right[box_of], mask[box_of], lesson.UNIT, TOLERANCE, 5000)[0][mask[box_of]] for right in rights]


def with_pyamg(mask: np.ndarray, rights: list[np.ndarray]) -> list[np.ndarray]:
    """Smoothed aggregation, set up once, as preconditioner of conjugate gradients."""
    hierarchy = pyamg.smoothed_aggregation_solver(matrix(mask))
    return [hierarchy.solve(right[mask], tol=TOLERANCE, accel="cg") for right in rights]


def with_factors(mask: np.ndarray, rights: list[np.ndarray]) -> list[np.ndarray]:
    """Sparse LU with the ordering for symmetric matrices."""
    factors = splu(matrix(mask).tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    return [factors.solve(right[mask]) for right in rights]


def with_transform(mask: np.ndarray, rights: list[np.ndarray]) -> list[np.ndarray]:
    """The lesson's direct solver, for `box` masks."""
    inner = (slice(1, -1),) * 3
    return [lesson.solve_box(right[inner], lesson.UNIT, (False, False, False)).ravel() for right in rights]


def with_opencv(mask: np.ndarray, rights: list[np.ndarray]) -> None:
    """seamlessClone of every frame, three channels of 8 bits each, all it can do: time only."""
    random = np.random.default_rng(0)
    source, background = random.integers(80, 170, size=(2, *mask.shape, 3), dtype=np.uint8)
    for frame in np.flatnonzero(mask.sum(axis=(1, 2)) > 64):  # it raises on masks a few pixels wide
        rows, columns = np.nonzero(mask[frame])
        middle = (int(columns.min() + columns.max()) // 2, int(rows.min() + rows.max()) // 2)
        cv2.seamlessClone(source[frame], background[frame], 255 * mask[frame].astype(np.uint8), middle, cv2.NORMAL_CLONE)


def residual(mask: np.ndarray, right: np.ndarray, values: np.ndarray) -> float:
    """|b - A I| / |b| of a solution given on the mask."""
    volume = np.zeros(mask.shape)
    volume[mask] = values
    return float(np.linalg.norm(right - lesson.laplacian(volume, mask, lesson.UNIT)) / np.linalg.norm(right))


def solvers(kind: str, unknowns: int) -> dict[str, Callable]:
    """Whoever can take part."""
    found = {"multigrid CG (lesson)": with_multigrid, "plain CG (lesson)": with_cg}
    if kind == "box":
        found = {"transform (lesson)": with_transform, **found}
    if pyamg:
        found["pyamg SA-CG"] = with_pyamg
    if unknowns <= DIRECT_LIMIT:
        found["scipy sparse LU"] = with_factors
    return found


def compare(kind: str, mask: np.ndarray) -> dict[tuple[str, int], tuple[float, float]]:
    """Print the rows of one mask; return seconds and megabytes by solver and number of channels."""
    random = np.random.default_rng(0)
    rights = [random.normal(size=mask.shape) * mask for _ in range(3)]
    unknowns = int(mask.sum())
    print(f"\n{kind} in {' x '.join(map(str, mask.shape))}: {unknowns:,} unknowns")
    print(f"  {'':24}{'1 channel':>20}{'3 channels':>20}{'residual':>12}{'error':>12}")
    table, found = {}, {}
    for name, solve in reversed(solvers(kind, unknowns).items()):
        for channels in (1, 3):
            *table[name, channels], found[name] = measured(lambda solve=solve, channels=channels: solve(mask, rights[:channels]))
        exact = found.get("scipy sparse LU", found[name])
        error = np.linalg.norm(found[name][0] - exact[0]) / np.linalg.norm(exact[0]) if "scipy sparse LU" in found else np.nan
        cells = "".join(f"{table[name, n][0]:>10.4f} s{table[name, n][1]:>5.0f} MB" for n in (1, 3))
        print(f"  {name:24}{cells}{residual(mask, rights[0], found[name][0]):12.1e}{error:12.1e}")
    if cv2:
        seconds, megabytes, _ = measured(lambda: with_opencv(mask, rights))
        print(f"  {'OpenCV, 2D, by frame':24}{'':>20}{seconds:>10.4f} s{megabytes:>5.0f} MB{'8 bits':>12}")
    return table


def verdict(name: str, value: float, low: float = 0.0, high: float = np.inf) -> None:
    """One target: what was measured, and whether it is met."""
    target = f"at least {low:g}" if np.isinf(high) else f"at most {high:g}"
    print(f"  {'met   ' if low <= value <= high else 'MISSED'} {name}: {value:.3g} (target {target})")


def worst_error() -> float:
    """Relative error of the lesson's solvers against sparse LU at the smallest size."""
    errors = []
    for mask in (box(SHAPES[0]), blob(SHAPES[0])):
        right = np.random.default_rng(0).normal(size=mask.shape) * mask
        (exact,) = with_factors(mask, [right])
        guess = lesson.multigrid(mask, lesson.UNIT)
        found = lesson.conjugate_gradients(right, mask, lesson.UNIT, lesson.TOLERANCE, lesson.MAX_STEPS, guess)[0][mask]
        errors.append(np.linalg.norm(found - exact) / np.linalg.norm(exact))
    return max(errors)


def judge(tables: dict[tuple[str, tuple], dict]) -> None:
    """The targets of the lesson, as ratios within this run."""
    print("\ntargets")
    verdict("largest error against sparse LU at the tolerance of the lesson's blend", worst_error(), high=1e-8)
    if pyamg and ("box", SHAPES[1]) in tables:
        table = tables["box", SHAPES[1]]
        seconds = table["transform (lesson)", 1][0]
        verdict("box of 32 x 64 x 64, pyamg / transform", table["pyamg SA-CG", 1][0] / seconds, low=50)
        noise = np.random.default_rng(0).normal(size=[size - 2 for size in SHAPES[1]])
        bare = measured(lambda: scipy.fft.idstn(scipy.fft.dstn(noise, 1), 1))[0]
        verdict("box of 32 x 64 x 64, transform / two bare transforms", seconds / bare, high=2)
    if pyamg and ("blob", SHAPES[2]) in tables:
        table = tables["blob", SHAPES[2]]
        ours, theirs = ({n: table[name, n] for n in (1, 3)} for name in ("multigrid CG (lesson)", "pyamg SA-CG"))
        verdict("blob in 64 x 128 x 128, one channel, pyamg / multigrid", theirs[1][0] / ours[1][0], low=1)
        verdict("blob in 64 x 128 x 128, three channels, pyamg / multigrid", theirs[3][0] / ours[3][0], low=2)
        verdict("blob in 64 x 128 x 128, three channels, memory, multigrid / pyamg", ours[3][1] / theirs[3][1], high=0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=2**30, help="leave out volumes of more voxels")
    largest = parser.parse_args().largest
    for package, name in [(pyamg, "pyamg"), (cv2, "opencv-python-headless")]:
        if package is None:
            print(f"without {name} (pip install {name})")
    warnings.filterwarnings("ignore", category=scipy.sparse.SparseEfficiencyWarning)
    shapes = [shape for shape in SHAPES if np.prod(shape) <= largest]
    judge({(make.__name__, shape): compare(make.__name__, make(shape)) for shape in shapes for make in (box, blob)})


if __name__ == "__main__":
    main()
