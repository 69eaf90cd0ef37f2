"""Checks of lesson 9, distances and costs. Oracles: double loops, closed forms, designed clips."""

import math
import tracemalloc

import numpy as np

from autograder.checks import pictures
from autograder.checks.compare import agree, array, has_shape, raises, within
from autograder.checks.core import Exercise, Failure, explain
from autograder.checks.student import there

distances = Exercise("distances")
preserve_dynamics = Exercise("preserve_dynamics")
transition_costs = Exercise("transition_costs")


def pair_by_pair(frames):
    """All distances in a double loop."""
    frames = frames.astype(float)
    return np.array([[np.sqrt(((one - other) ** 2).sum()) for other in frames] for one in frames])


# distances


@distances.check(points=2)
def equals_the_double_loop(student, seed):
    """Random clips of several shapes, one of a single frame, the pixels cut into blocks of several sizes."""
    random = np.random.default_rng(seed)
    for shape, block in [((7, 4, 5, 3), 1000), ((6, 5, 3), 4), ((9, 11), 1), ((1, 6), 4)]:
        frames = random.normal(size=shape)
        hint = "in float64, every block, also a last short one: squares of differences, summed over pixels and channels, then the root"
        case = f"clip {shape}, block {block}"
        got = array(student(frames, block), case)
        has_shape(got, (len(frames), len(frames)), case, hint)
        agree(
            np.diag(got),
            np.zeros(len(frames)),
            f"{case}: diagonal",
            "exactly 0: rounding leaves a little there; its root is large, or NaN below 0: clamp at 0, then set the diagonal",
            1e-9,
        )
        agree(got, pair_by_pair(frames), case, hint, tolerance=1e-9, picture=pictures.images)


def peak_bytes(function, frames, block):
    """The most memory that numpy took at a time while the student's function ran; what it imports it has by then."""
    function(frames[:, :1], block)
    tracemalloc.start()
    try:
        function(frames, block)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@distances.check(points=1)
def holds_one_block_at_a_time(student, seed):
    """A clip of bytes and small blocks: memory stays below a third of what the whole clip takes in float64."""
    hint = "convert `block` pixel values of each frame to float64 and add their products up before the next: not the clip first, keep none"
    for size in [(50_000,), (50, 1000)]:
        frames = np.random.default_rng(seed).integers(0, 256, size=(16, *size), dtype=np.uint8)
        peak = there(student, f"{__name__}:peak_bytes")(student, frames, 250)
        allowed = 8 * frames.size / 3 / 1e6  # room for a copy of the bytes, the mean frame, an index for each pixel and some blocks
        within(peak / 1e6, 0, allowed, f"MB of memory for a clip of bytes of shape {frames.shape}, block 250", hint)


@distances.check(points=1)
def is_exact_on_any_type(student, seed):
    """Unsigned bytes: 3 - 5 is -2 and not 254, and 200 * 200 does not fit; nor do numbers of two bytes, and short floats round."""
    random = np.random.default_rng(seed)
    for kind, low, high in [(np.uint8, 0, 256), (np.int16, -30_000, 30_000), (np.float32, 0, 255), (np.float16, 0, 255)]:
        frames = random.uniform(low, high, size=(8, 6, 7, 3)).astype(kind)
        hint = "if float64 comes out right: convert any type to it before any arithmetic, as integers wrap around and short floats round"
        agree(student(frames, 50), pair_by_pair(frames), f"a clip of {kind.__name__}", hint, tolerance=1e-8)


@distances.check(points=2)
def finds_small_differences_of_bright_frames(student, seed):
    """Frames around 200 that differ by a thousandth, of which single precision leaves nothing; a bright pattern; hardly any light."""
    random = np.random.default_rng(seed)
    frames = (random.uniform(150, 250, size=(32, 32)) + 1e-3 * random.normal(size=(10, 32, 32))).astype(np.float32)
    hint = "compute in float64 and take the mean frame away first: large numbers that cancel take the small ones with them"
    agree(student(frames, 500), pair_by_pair(frames), "bright frames that hardly differ", hint, tolerance=1e-8)
    frames = 1e5 * random.random((32, 32)) + 1e-4 * random.normal(size=(10, 32, 32))
    hint = "take the mean frame away, pixel by pixel: one mean number for all of them leaves the pattern"
    agree(student(frames, 500), pair_by_pair(frames), "a bright pattern, frames that hardly differ", hint, tolerance=1e-8)
    frames = 1e-8 * random.normal(size=(10, 32, 32))  # all distances are about 5e-7
    agree(student(frames, 500), pair_by_pair(frames), "dark frames that hardly differ", "clamp at 0, and nothing above", tolerance=1e-12)


@distances.check(points=1)
def has_a_zero_diagonal_and_no_nan(student, seed):
    """Frames are at distance zero from themselves, and close to their twins, whatever rounding does; the matrix is symmetric."""
    random = np.random.default_rng(seed)
    for pixels in (90, 333, 1000):
        frames = 1e5 + random.normal(size=(20, pixels))
        frames = np.concatenate([frames, frames + 1e-9 * random.normal(size=frames.shape)])  # squares round to both sides of zero
        got = array(student(frames, 64), "distances")
        has_shape(got, (40, 40), "distances of 40 frames")
        if np.isnan(got).any():
            raise Failure(
                f"20 frames of {pixels} pixels, each with a twin that differs by 1e-9: {int(np.isnan(got).sum())} distances are NaN",
                "rounding makes squares negative: clamp them at zero before the root",
            )
        agree(np.diag(got), np.zeros(40), "diagonal", "a frame is at distance exactly 0 from itself", tolerance=0)
        agree(got, got.T, "symmetry", "D[i, j] is D[j, i]", tolerance=1e-9)
        within(np.diag(got, 20).max(), 0, 1e-4, "distance of twins", "take the mean frame away before the product")


# preserve_dynamics


def filtered(distance, weights):
    """The diagonal filter, element by element."""
    size = len(distance) - len(weights) + 1
    return np.array([[sum(w * distance[a + k, b + k] for k, w in enumerate(weights)) for b in range(size)] for a in range(size)])


@preserve_dynamics.check(points=1)
def moves_both_frames_together(student, seed):
    """A single entry spreads along its diagonal, with the weights of Pascal's triangle."""
    distance = np.zeros((9, 9))
    distance[5, 3] = 1
    hint = "D'[a, b] sums D[a + k, b + k], both indices with the same sign, with weights 1/2, 1/2 (m = 1) or 1/8, 3/8, 3/8, 1/8 (m = 2)"
    for reach, weights in ((1, [1 / 2, 1 / 2]), (2, [1 / 8, 3 / 8, 3 / 8, 1 / 8])):
        got, case = student(distance, reach), f"one entry, m = {reach}"
        short = "a stretch of 2m frames must lie in the clip, nothing is padded: T - 2m + 1 frames are left"
        has_shape(got, (10 - 2 * reach, 10 - 2 * reach), case, short)
        agree(got, filtered(distance, weights), case, hint, picture=pictures.images)


@preserve_dynamics.check(points=1)
def leaves_diagonals_of_one_value_alone(student, seed):
    """If D depends on i - j only, so does D', with the same values: the weights add up to 1, and m frames are cut off in front."""
    i, j = np.indices((12, 12))
    toeplitz = np.abs(i - j) ** 1.5 + 0.3 * (i > j)
    for reach in (1, 2, 3):
        size = 12 - 2 * reach + 1
        got = array(student(toeplitz, reach), "D'")
        has_shape(got, (size, size), f"12 frames, m = {reach}", "only where the whole stretch lies in the clip: T - 2m + 1 frames are left")
        agree(
            got,
            toeplitz[:size, :size],
            f"a D of diagonals, m = {reach}",
            "the 2m weights add up to 1; the filter runs along diagonals only",
        )


@preserve_dynamics.check(points=1)
def equals_the_sum_element_by_element(student, seed):
    """Random matrices, that need not be symmetric."""
    random = np.random.default_rng(seed)
    for reach in (1, 2, 3, 4, 5, 34):
        distance = random.random((2 * reach + 4, 2 * reach + 4))
        expected = filtered(distance, [math.comb(2 * reach - 1, k) / 2 ** (2 * reach - 1) for k in range(2 * reach)])
        hint = "the weights are binomial, of 2m taps; where only m = 34 is wrong, compute them in float64: integers of 64 bits overflow"
        agree(student(distance, reach), expected, f"random matrix, m = {reach}", hint, picture=pictures.images)


@preserve_dynamics.check(points=1)
def tells_left_from_right(student, seed):
    """A pendulum in the middle: the frame that moves the other way looks the same, and must not be the nearest."""
    swing = np.sin(2 * np.pi * (np.arange(64) + 0.25) / 16)
    distance = np.abs(swing[:, None] - swing)
    got = array(student(distance, 2), "D'")
    has_shape(got, (61, 61), "64 frames, m = 2")
    same_way, other_way = got[14, 30], min(got[14, 14 + 8 + k] for k in (-1, 0, 1))
    within(
        other_way - 10 * same_way,
        0,
        np.inf,
        "distance to the other direction minus ten times that to the same",
        "compare stretches along the diagonal, not a blurred neighbourhood",
    )


@preserve_dynamics.check(points=1)
def refuses_stretches_that_do_not_fit(student, seed):
    """Four frames hold a stretch of four, not of six; a stretch has at least two."""
    case, hint = "4 frames, m = 2", "a stretch of 2m frames fits exactly once"
    try:
        got = student(np.ones((4, 4)), 2)
    except ValueError as error:
        raise Failure(f"{case}: got {explain(error)}, expected one distance", hint) from error
    agree(got, [[1.0]], case, hint)
    raises(ValueError, lambda: student(np.ones((4, 4)), 3), "4 frames, m = 3", "no frame is left")
    raises(ValueError, lambda: student(np.ones((5, 5)), 3), "5 frames, m = 3", "no frame is left")
    for reach in (0, -1):
        raises(ValueError, lambda reach=reach: student(np.ones((4, 4)), reach), f"m = {reach}", "a stretch has at least two frames")


# transition_costs


@transition_costs.check(points=1)
def playing_on_costs_nothing(student, seed):
    """The natural successor of every frame but the last is free; staying costs a step."""
    position = np.cumsum(np.random.default_rng(seed).uniform(1, 2, size=8))
    costs = array(student(np.abs(position[:, None] - position)), "costs")
    has_shape(costs, (8, 8), "costs of 8 frames", "the last frame has a row, too")
    hint = "compare where you go with the frame that would come next: row i of the costs is row i + 1 of D"
    agree(np.diag(costs, 1), np.zeros(7), "from each frame to its successor", hint)
    agree(np.diag(costs)[:-1], np.diff(position), "from each frame to itself", hint)


@transition_costs.check(points=1)
def looks_ahead_from_where_it_is(student, seed):
    """Against two loops; D need not be symmetric, so rows and columns cannot be mixed up."""
    for size in (7, 2):
        distance = np.random.default_rng(seed).random((size, size))
        expected = np.array([[distance[i + 1, j] for j in range(size)] for i in range(size - 1)])
        got = array(student(distance), "costs")
        has_shape(got, (size, size), f"costs of {size} frames", "the last frame has a row, too")
        hint = "C[i, j] = D[i + 1, j]: the row moves, not the column"
        agree(got[:-1], expected, f"{size} frames, rows of all but the last", hint, picture=pictures.images)


@transition_costs.check(points=1)
def the_last_frame_is_a_dead_end(student, seed):
    """Nothing follows it, so whatever follows is as bad as the worst jump of the others."""
    distance = 0.1 * np.random.default_rng(seed).random((7, 7))
    distance[0] = 0.5  # not the cost of any jump: nobody comes before frame 0
    hint = "the largest of the other rows' costs, not of all D, in every column: no wrap to frame 0, no copy of another row"
    for place in [(6, 3), (2, 0), (3, 6), (5, 1), (4, 3), (2, 3)]:
        worst = distance.copy()
        worst[place] = 0.4
        got = array(student(worst), "costs")
        has_shape(got, (7, 7), "costs of 7 frames", "the last frame has a row, too")
        agree(got[-1], np.full(7, 0.4), f"the last row where D{list(place)} is the largest below row 0", hint)
