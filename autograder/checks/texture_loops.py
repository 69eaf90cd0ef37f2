"""Checks of lesson 9, loops and cross-fades. Oracles: every combination of loops, constants, lines."""

import itertools

import numpy as np

from autograder.checks.compare import agree, raises, same, within
from autograder.checks.core import Exercise, Failure, explain

best_loop = Exercise("best_loop")
cross_fade = Exercise("cross_fade")


def hang_together(ranges):
    """Whether intervals (j, i) form one connected set."""
    reached, rest = [ranges[0]], list(ranges[1:])
    while rest:
        found = next((r for r in rest if any(r[0] <= s[1] and s[0] <= r[1] for s in reached)), None)
        if found is None:
            return False
        rest.remove(found)
        reached.append(found)
    return True


def cheapest(jumps, costs, length):
    """Cost of the best compound loop, by trying every multiset of primitive loops; infinite if there is none."""
    lengths = [int(i - j + 1) for i, j in jumps]
    best = np.inf
    for count in range(1, length // min(lengths) + 1):
        for loops in itertools.combinations_with_replacement(range(len(jumps)), count):
            total = sum(costs[k] for k in loops)
            if sum(lengths[k] for k in loops) == length and total < best and hang_together([(jumps[k][1], jumps[k][0]) for k in loops]):
                best = total
    return best


def valid(student, jumps, costs, length, hint):
    """What the student finds, as a list of indices that make a compound loop of the length, and the case in words.

    `hint` says what might help to find one, where the student finds none.
    """
    case = f"jumps {jumps.tolist()}, costs {costs.tolist()}, length {length}"
    try:
        got = student(jumps, costs, length)
    except ValueError as error:
        raise Failure(f"{case}: got {explain(error)}, expected a list of indices", hint) from error
    if not isinstance(got, list) or not got or not all(isinstance(k, int) and 0 <= k < len(jumps) for k in got):
        raise Failure(f"{case}: got {got!r}, expected a list of indices of primitive loops, 0 to {len(jumps) - 1}")
    same(got, sorted(got), f"{case}: order of the indices", "ascending, and an index for each use")
    total = sum(int(jumps[k][0] - jumps[k][1] + 1) for k in got)
    hint = "a loop from i back to j has i - j + 1 frames and stands there once for each use; their sum must be the length"
    within(total, length, length, f"{case}: frames of the loops {got}", hint)
    if not hang_together([(jumps[k][1], jumps[k][0]) for k in got]):
        shown = [(int(jumps[k][1]), int(jumps[k][0])) for k in got]
        raise Failure(f"{case}: the ranges {shown} do not hang together", "loops can be joined only where their ranges share a frame")
    return got, case


def finds(student, jumps, costs, length, expected, hint):
    """Fail unless the student finds the one cheapest loop; why it is that is the hint."""
    got, case = valid(student, np.array(jumps), np.array(costs, float), length, hint)
    same(got, expected, case, hint)


@best_loop.check(points=1)
def takes_the_cheapest_alone(student, seed):
    """Two loops of the length: the cheap one; a loop of one frame is one, too."""
    jumps = [[9, 5], [4, 0], [7, 7]]
    finds(student, jumps, [3, 1, 0.5], 5, [1], "9 - 5 + 1 and 4 - 0 + 1 are 5 frames: of these two loops the cheaper one is the answer")
    finds(student, jumps, [3, 1, 9], 1, [2], "a jump from a frame to itself has 1 frame")


@best_loop.check(points=1)
def prefers_one_loop_to_a_dear_pair(student, seed):
    """One loop of five frames, or two and three for more money; and a loop of one frame, again and again."""
    jumps = [[9, 5], [6, 5], [7, 5]]
    hint = "compare the loop that has the length by itself with all that are joined"
    finds(student, jumps, [1, 3, 3], 5, [0], hint)
    finds(student, jumps, [9, 3, 3], 5, [1, 2], hint)
    finds(student, [[7, 7]], [1], 3, [0, 0, 0], "a loop overlaps itself, and may be played any number of times")


JOINED = [  # jumps, costs, length, the loop to find, and why
    ([[3, 0], [13, 10], [5, 2], [11, 3]], [1, 1, 5, 2], 8, [0, 0], "the cheapest loop may be played twice"),
    ([[3, 0], [13, 10], [5, 2], [11, 3]], [3, 2, 0.5, 9], 12, [2, 2, 2], "a loop may be used any number of times"),
    ([[3, 0], [14, 9], [5, 2], [11, 3]], [1, 1, 5, 2], 19, [0, 1, 3], "one shared frame is enough, and a third loop may join two"),
    ([[3, 2], [7, 5], [9, 1]], [1, 1, 1], 14, [0, 1, 2], "the loop in the middle may lie to the left or to the right of those it joins"),
    ([[4, 2], [8, 4], [8, 5]], [1, 4, 9], 8, [0, 1], "one shared frame is enough"),
    ([[3, 0], [11, 5], [25, 13], [30, 0]], [1, 1, 1, 1], 55, [0, 1, 2, 3], "one loop may join three: both parts may be compound"),
    ([[3, 0], [6, 3], [10, 6], [15, 10]], [1, 3, 9, 1], 19, [0, 1, 2, 3], "four in a row hang together, though no loop meets all others"),
    ([[5, 2], [5, 2]], [1, 2], 4, [0], "of two loops with one range take the cheaper"),
    ([[3, 0], [1, 0]], [0, 1], 8, [0, 0], "a loop may cost nothing"),
    ([[3, 0], [5, 2]], [2.5e12, 2.6e12], 8, [0, 0], "costs may be of any size: what is impossible is infinite"),
    ([[1070, 1066], [1076, 1070]], [1, 1], 12, [0, 1], "frame numbers may be of any size"),
]


@best_loop.check(points=2)
def joins_only_what_overlaps(student, seed):
    """Cheap loops that are far apart cannot be joined; dear ones that overlap can; a bridge joins them all."""
    raises(
        ValueError,
        lambda: student(np.array([[4, 2], [8, 5]]), np.ones(2), 7),
        "ranges 2 to 4 and 5 to 8, length 7",
        "neighbours that share no frame do not overlap: no loop has this length, and a ValueError says so",
    )
    for case in JOINED:
        finds(student, *case)


@best_loop.check(points=2)
def equals_brute_force(student, seed):
    """Random primitive loops, every length to 12, against all combinations."""
    random = np.random.default_rng(seed)
    for _ in range(6):
        first = random.integers(0, 12, size=4)
        jumps = np.stack([first + random.integers(1, 6, size=4), first], axis=1)
        costs = random.random(4).round(3)
        for length in range(2, 13):
            expected = cheapest(jumps, costs, length)
            if np.isinf(expected):
                call = lambda jumps=jumps, costs=costs, length=length: student(jumps, costs, length)  # noqa: E731
                raises(ValueError, call, f"jumps {jumps.tolist()}, length {length}", "no compound loop has this length: say so")
                continue
            hint = "try every split of the length, both parts compound, with every overlapping column"
            got, case = valid(student, jumps, costs, length, hint)
            within(sum(costs[k] for k in got), 0, expected + 1e-9, f"{case}: cost of {got}", hint)


@best_loop.check(points=1)
def finds_long_loops(student, seed):
    """Sixty frames from a dozen loops: the cost per frame cannot be beaten by the obvious repetition."""
    random = np.random.default_rng(seed)
    first = random.integers(0, 20, size=12)
    jumps = np.stack([first + random.integers(4, 12, size=12), first], axis=1)
    jumps[0] = 5, 0
    costs = random.random(12).round(3)
    hint = "a loop overlaps itself: it may be repeated, and here one repeated has the length"
    got, case = valid(student, jumps, costs, 60, hint)
    lengths = jumps[:, 0] - jumps[:, 1] + 1
    simple = min(costs[k] * 60 / lengths[k] for k in range(12) if 60 % lengths[k] == 0)
    within(sum(costs[k] for k in got), 0, simple + 1e-9, f"{case}: cost of {got}", hint)


# cross_fade


@cross_fade.check(points=1)
def goes_from_one_to_the_other(student, seed):
    """From zeros to ones: a straight line over time, the first frame all of one, the last all of the other."""
    for count in (2, 3, 6):
        got = student(np.zeros((count, 2, 3, 1)), np.ones((count, 2, 3, 1)))
        expected = np.broadcast_to(np.linspace(0, 1, count).reshape(-1, 1, 1, 1), (count, 2, 3, 1))
        agree(
            got,
            expected,
            f"zeros to ones in {count} frames",
            "the weight of frame k is k / (K - 1), the same for all pixels; it grows for what is entered",
        )


@cross_fade.check(points=1)
def keeps_what_is_the_same(student, seed):
    """If both stretches are one, that is what comes out, whatever its range."""
    clip = 100 * np.random.default_rng(seed).normal(size=(5, 3, 4, 2))
    agree(
        student(clip, clip),
        clip,
        "a stretch into itself",
        "the two weights add up to 1, nothing is clipped, and both stretches run forwards",
        tolerance=1e-9,
    )


@cross_fade.check(points=1)
def mixes_frames_of_the_same_moment(student, seed):
    """Random stretches of several shapes: each frame of one with the frame of the other beside it."""
    random = np.random.default_rng(seed)
    for shape in [(4, 3, 2, 3), (7, 5), (3, 2, 6), (5,)]:
        leaving, entering = random.random((2, *shape))
        expected = [a + (b - a) * k / (shape[0] - 1) for k, (a, b) in enumerate(zip(leaving, entering, strict=True))]
        agree(
            student(leaving, entering),
            np.array(expected),
            f"random stretches of shape {shape}",
            "if the weights are right: time is the first axis, however many follow; both stretches run forwards",
        )


@cross_fade.check(points=1)
def refuses_stretches_that_do_not_match(student, seed):
    """Different lengths, different sizes, different channels, one axis more, a single frame."""
    hint = "both need the same shape in all axes, and a fade needs two frames"
    pairs = [
        ((4, 2, 2), (3, 2, 2)),
        ((4, 2, 2), (4, 1, 1)),
        ((4, 2, 3), (4, 3, 2)),
        ((4, 2, 2, 3), (4, 2, 2, 1)),
        ((4, 1, 4), (4, 1, 4, 1)),
    ]
    for one, other in [*pairs, ((1, 2, 2), (1, 2, 2)), ((0, 2, 2), (0, 2, 2))]:
        raises(ValueError, lambda one=one, other=other: student(np.zeros(one), np.zeros(other)), f"shapes {one} and {other}", hint)
