"""Checks of lesson 9, the Markov chain of frames. Oracles: policy iteration, closed forms, loops, statistics."""

import numpy as np

from autograder.checks import pictures
from autograder.checks.compare import agree, array, has_shape, raises, unexpected, within
from autograder.checks.core import Exercise, Failure

future_cost = Exercise("future_cost")
probabilities = Exercise("probabilities")
prune = Exercise("prune")
play = Exercise("play")


# future_cost


def fixed_point(costs, alpha, power):
    """The smallest costs to come, by policy iteration: linear systems instead of sweeps."""
    now = costs**power
    choice = now.argmin(axis=1)
    for _ in range(100):
        step = np.eye(len(now))[choice]
        best = np.linalg.solve(np.eye(len(now)) - alpha * step, now[np.arange(len(now)), choice])
        new = (now + alpha * best).argmin(axis=1)
        if (new == choice).all():
            break
        choice = new
    return now + alpha * best


def swept(costs, alpha, power, tolerance):
    """What the sweeps of Eq. (9.5) leave, entry by entry, and their number."""
    best, change, sweeps = [0.0] * len(costs), np.inf, 0
    while change > tolerance:
        sweeps, before = sweeps + 1, list(best)
        for i in range(len(costs) - 1, -1, -1):
            best[i] = min(cost**power + alpha * later for cost, later in zip(costs[i], best, strict=True))
        change = max(abs(new - old) for new, old in zip(best, before, strict=True))
    return costs**power + alpha * np.array(best), sweeps


def random_costs(seed, size=30):
    """Costs of a clip that drifts: playing on is free, jumps are not, the last frame is a dead end."""
    path = np.cumsum(np.random.default_rng(seed).normal(size=(size, 3)), axis=0)
    distance = np.linalg.norm(path[:, None] - path, axis=-1)
    return np.concatenate([distance[1:], np.full((1, size), distance.max())])


def pair(got):
    """What the student returned as costs and a number of sweeps."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise unexpected(got, "a pair", "costs with their future", "the costs, and the number of sweeps")
    return array(got[0], "costs with their future"), int(array(got[1], "number of sweeps"))


@future_cost.check(points=2)
def is_the_fixed_point(student, seed):
    """Against policy iteration, for several discounts and powers."""
    costs = random_costs(seed)
    for alpha, power in [(0.9, 1.0), (0.99, 2.0), (0.5, 0.5)]:
        got, _ = pair(student(costs, alpha, power, 1e-12, 5000))
        hint = (
            "F[i, j] = C[i, j] ** p + alpha * min over k of F[j, k]: the future of where you go, row j, not of where you are; "
            "and sweep on until no m changes by more than the tolerance"
        )
        agree(got, fixed_point(costs, alpha, power), f"alpha {alpha}, power {power}, tolerance 1e-12", hint, picture=pictures.images)
    costs = np.random.default_rng(seed).uniform(1, 2, size=(9, 9))
    costs[np.diag_indices(9)], costs[:, -1], costs[-1] = 0.9, 0.8, 0.1
    costs[4] = np.where(np.arange(9) == 4, 0.01, 1.5)
    got, _ = pair(student(costs, 0.3, 1.0, 1e-12, 5000))
    agree(got, fixed_point(costs, 0.3, 1.0), "costs without order", "the minimum is over all k: staying and the last frame are jumps, too")


@future_cost.check(points=1)
def without_a_future_only_now_counts(student, seed):
    """alpha = 0: the costs themselves, to the power."""
    costs = random_costs(seed)
    got, _ = pair(student(costs, 0.0, 1.5, 1e-9, 100))
    agree(got, costs**1.5, "alpha 0, power 1.5", "alpha multiplies all of the future, and the power only the cost of the jump")


@future_cost.check(points=2)
def news_of_the_end_travels_in_one_sweep(student, seed):
    """A film of 200 frames, alpha 0.999, at most 150 sweeps: enough from last to first, far from it in any other order."""
    phase = 2 * np.pi * np.arange(200) / 23.7
    path = np.stack([np.sin(phase), np.cos(phase)], axis=1) + 0.02 * np.random.default_rng(seed).normal(size=(200, 2))
    distance = np.linalg.norm(path[:, None] - path, axis=-1)
    costs = np.concatenate([distance[1:], np.full((1, 200), distance.max())])
    got, _ = pair(student(costs, 0.999, 1.0, 1e-9, 150))
    has_shape(got, costs.shape, "costs with their future")
    residual = np.abs(got - costs - 0.999 * got.min(axis=1)).max()
    hint = "if the fixed point of short clips is right: go from the last frame to the first, and use each new minimum at once"
    within(residual, 0, 1e-5, "how far from the fixed point after at most 150 sweeps", hint)


@future_cost.check(points=1)
def avoids_the_dead_end(student, seed):
    """One frame is the best jump right now, but stands just before the end; with a future another one is."""
    costs = np.full((6, 6), 4.0)
    costs[np.arange(5), np.arange(1, 6)] = 0.0
    costs[2, 4], costs[2, 0], costs[2, 3] = 0.1, 0.5, 1.0
    costs[5] = 40.0
    got, _ = pair(student(costs, 0.9, 1.0, 1e-12, 5000))
    has_shape(got, (6, 6), "costs with their future")
    chosen = int(got[2].argmin())
    if chosen != 0:
        raise Failure(
            f"from frame 2 the cheapest jump with its future goes to frame {chosen}, expected 0",
            "frame 4 is one step before the end, where a jump costs 40",
        )


@future_cost.check(points=1)
def counts_its_sweeps(student, seed):
    """It stops when told, by the number of sweeps or by the change."""
    costs = random_costs(seed)
    _, sweeps = pair(student(costs, 0.99, 1.0, 0.0, 3))
    within(sweeps, 3, 3, "sweeps with max_sweeps 3 and tolerance 0", "stop after max_sweeps")
    _, sweeps = pair(student(costs, 0.0, 1.0, 0.0, 50))
    within(sweeps, 2, 2, "sweeps with alpha 0", "the first sweep finds all minima, the second changes nothing and is the last")
    for costs in (random_costs(seed), random_costs(seed + 1)):  # the second must not begin where the first ended
        for tolerance in (0.1, 1e-6):
            got, sweeps = pair(student(costs, 0.99, 1.0, tolerance, 5000))
            expected, count = swept(costs, 0.99, 1.0, tolerance)
            hint = "from last to first, m 0 in each call; stop after the first sweep whose largest change of an m is at most the tolerance"
            within(sweeps, count, count, f"sweeps to a change of {tolerance:g}", hint)
            agree(got, expected, f"F after the sweeps to a change of {tolerance:g}", "F comes from the m after the last sweep")


@future_cost.check(points=1)
def refuses_an_endless_future(student, seed):
    """With alpha 1 the costs grow for ever."""
    hint = "alpha must be in [0, 1); NaN is not: `not 0 <= alpha < 1` is true for it"
    for alpha in (1.0, 1.2, -0.1, np.nan):
        call = lambda alpha=alpha: pair(student(random_costs(seed), alpha, 1.0, 1e-6, 10))[1]  # noqa: E731
        raises(ValueError, call, f"number of sweeps with alpha {alpha}", hint)


# probabilities


@probabilities.check(points=1)
def follows_the_formula(student, seed):
    """Costs 0 and sigma ln 2 give two thirds and one third; every row adds up to 1."""
    got = student(np.array([[0.0, 3 * np.log(2)], [3 * np.log(4), 0.0]]), 3.0)
    agree(got, [[2 / 3, 1 / 3], [1 / 5, 4 / 5]], "costs 0 and 3 ln 2, sigma 3", "exp(-F / sigma), divided by the sum of its row")
    costs = np.random.default_rng(seed).random((6, 6))
    got = array(student(costs, 0.3), "P")
    expected = np.array([[np.exp(-c / 0.3) / sum(np.exp(-d / 0.3) for d in row) for c in row] for row in costs])
    agree(got, expected, "random costs, sigma 0.3", "each row has a sum of its own", picture=pictures.images)


@probabilities.check(points=1)
def survives_large_costs(student, seed):
    """With the future in them, all costs of a row are large: nothing may become 0 / 0."""
    costs = np.random.default_rng(seed).random((5, 5))
    expected = np.array([[1 / np.exp((c - row) / 0.01).sum() for c in row] for row in costs])
    agree(
        student(costs, 0.01),
        expected,
        "costs from 0 to 1, sigma 0.01",
        "exp(-F / sigma) over the sum of its row, for any sigma; small ones stay",
    )
    large = costs[::-1] + 1e5 * (1 + np.arange(5)[:, None])
    hint = "exp of large numbers is 0 or overflows: subtract the smallest cost of each row first, in float64"
    agree(student(large, 0.01), expected[::-1], "the same rows in reverse, each larger by a constant", hint)


@probabilities.check(points=1)
def sharpens_with_small_sigma(student, seed):
    """A tiny sigma takes the best jump, a huge one any; tiny and huge are relative to the costs."""
    costs = np.random.default_rng(seed).permuted(np.tile(np.arange(7.0), (7, 1)), axis=1)
    hint = (
        "a small sigma must pick the cheapest jump: sigma divides the cost; NaN is an overflow, unless the row's smallest cost goes first"
    )
    agree(student(costs, 1e-3), 1.0 * (costs == 0), "sigma 0.001", hint)
    agree(student(costs, 1e9), np.full((7, 7), 1 / 7), "sigma 1e9", "a large sigma makes all jumps alike")
    case = "costs and sigma 1e-10 times as large"
    agree(student(1e-10 * costs, 1e-10), student(costs, 1.0), case, "only F / sigma counts: no least sigma, nothing added to it")


@probabilities.check(points=1)
def refuses_sigma_zero(student, seed):
    """Zero or less is no width."""
    hint = "sigma must be above 0; NaN is not: `not sigma > 0` is true for it"
    for sigma in (0.0, -1.0, np.nan):
        raises(ValueError, lambda sigma=sigma: student(np.ones((3, 3)), sigma), f"sigma {sigma}", hint)


# prune


def pruned(chain, threshold):
    """Entry by entry."""
    size = len(chain)
    result = np.zeros_like(chain)
    for i in range(size):
        for j in range(size):
            beside = [chain[a, b] for a, b in [(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)] if 0 <= a < size and 0 <= b < size]
            if (chain[i, j] >= threshold and chain[i, j] >= max(beside)) or chain[i, j] == chain[i].max():
                result[i, j] = chain[i, j]
    return result / result.sum(axis=1, keepdims=True)


def random_chain(seed, size):
    """(size, size) transition probabilities, few of them large."""
    chain = np.random.default_rng(seed).random((size, size)) ** 4
    return chain / chain.sum(axis=1, keepdims=True)


@prune.check(points=1)
def keeps_peaks_only(student, seed):
    """A peak between its slopes, worked out by hand."""
    chain = np.array([[0.1, 0.2, 0.1, 0.6], [0.2, 0.5, 0.2, 0.1], [0.4, 0.2, 0.1, 0.3], [0.7, 0.1, 0.1, 0.1]])
    expected = np.array([[0, 0, 0, 1], [0, 1, 0, 0], [4 / 7, 0, 0, 3 / 7], [1, 0, 0, 0]])
    hint = (
        "at least the threshold, none larger left, right, above and below (no ring); row maxima stay; then divide by the sums of the rows"
    )
    agree(student(chain, 0.3), expected, "a chain of four frames, threshold 0.3", hint)


@prune.check(points=1)
def keeps_both_of_two_equals(student, seed):
    """Neither of two entries beside each other is larger, so both stay; and so do two that share the largest value of their row."""
    chain = np.array([[0.3, 0.3, 0.0, 0.4], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 1, 0]])
    agree(student(chain, 0.1), chain, "0.3 beside 0.3", "an entry goes only if one beside it is larger")
    chain = np.array([[0.4, 0.2, 0.4, 0], [0.5, 0.1, 0.4, 0], [0, 0, 0.5, 0.5], [0, 0, 0, 1]])
    expected = [[0.5, 0, 0.5, 0], [1, 0, 0, 0], [0, 0, 0.5, 0.5], [0, 0, 0, 1]]
    hint = "each entry that is as large as any in its row stays, not the first of them only"
    agree(student(chain, 0.45), expected, "a row of 0.4, 0.2, 0.4, 0, threshold 0.45", hint)


@prune.check(points=1)
def equals_the_rule_entry_by_entry(student, seed):
    """Random chains, several thresholds."""
    for size, threshold in [(9, 0.0), (12, 0.08), (15, 0.2)]:
        chain = random_chain(seed + size, size)
        hint = "at least the threshold and a local maximum in row and column, or the largest of its row"
        case = f"{size} frames, threshold {threshold}"
        agree(student(chain, threshold), pruned(chain, threshold), case, hint, picture=pictures.images)


@prune.check(points=1)
def leaves_a_way_out_of_every_frame(student, seed):
    """A threshold that nothing reaches leaves the largest entry of each row; the rows still add up to 1."""
    chain = random_chain(seed, 10)
    got = array(student(chain, 1.0), "the pruned chain")
    agree(
        got,
        1.0 * (chain == chain.max(axis=1, keepdims=True)),
        "threshold 1",
        "the largest entry of a row always stays, and here alone: no other reaches the threshold",
    )
    for threshold in (0.0, 0.1):
        rows = array(student(chain, threshold), "the pruned chain")
        has_shape(rows, (10, 10), "the pruned chain")
        agree(rows.sum(axis=1), np.ones(10), f"sums of the rows, threshold {threshold}", "divide each row by its sum after pruning")


# play


def walk(got, count, case):
    """What the student returned as an integer array of `count` states."""
    if not isinstance(got, np.ndarray) or got.dtype.kind not in "iu":
        raise unexpected(got, "an integer array", case, "states are indices, also the only one of a walk without steps")
    has_shape(got, (count,), case, "the start comes first, then one state for each number")
    return got


@play.check(points=1)
def follows_its_numbers(student, seed):
    """Three frames, and numbers that hit each part of each row, the borders too; no numbers; rare jumps; many frames."""
    chain = np.array([[0.0, 0.25, 0.75], [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    hint = "the first frame whose running sum is larger than u, in the row of the current frame; the start comes first"
    cases = [
        (chain, 0, [0.0, 0.49, 0.25, 0.99, 0.2499, 0.5, 0.0], [0, 1, 0, 2, 0, 1, 1, 0], "a chain of three frames", hint),
        (chain, 2, [], [2], "no steps", "the start alone"),
        (np.array([[0.9995, 0.0005], [1, 0]]), 0, [0.9999, 0.9999], [0, 1, 0], "a row of 0.9995 and 0.0005, u = 0.9999", "take u as it is"),
        (np.roll(np.eye(300), 1, axis=1), 0, np.zeros(320), np.arange(321) % 300, "a cycle of 300 frames", "bytes do not hold its numbers"),
    ]
    for chain, start, uniforms, expected, case, hint in cases:
        agree(walk(student(chain, start, np.array(uniforms, float)), len(expected), case), expected, case, hint)


@play.check(points=1)
def never_takes_an_impossible_jump(student, seed):
    """Zeros in the chain stay untaken, for u = 0, for u just below 1, and where rounding leaves a row short of 1."""
    random = np.random.default_rng(seed)
    chain = random.random((8, 8)) * (random.random((8, 8)) < 0.4)
    chain[np.arange(8), (np.arange(8) + 1) % 8] += 0.1
    chain[:, -1] *= np.arange(8) % 2
    chain[6, 5] += 0.2
    chain /= chain.sum(axis=1, keepdims=True) * (1 + 1e-12)
    uniforms = np.concatenate([random.random(500), np.zeros(50), np.full(50, 1 - 1e-16)])
    states = walk(student(chain, 3, uniforms), 601, "600 steps")
    within(states.min(), 0, 7, "smallest state")
    within(states.max(), 0, 7, "largest state", "rounding may leave the running sum below u: stay within the row")
    taken = chain[states[:-1], states[1:]]
    within(
        taken.min(),
        1e-12,
        1,
        "smallest probability of a jump that was taken",
        "the sum must be larger than u; where rounding leaves none, take the last frame whose probability is above 0",
    )
    short = np.array([[0, 5, 5, 0, 0], [0, 0, 4, 6, 0], [0, 0, 0, 3, 7], [0, 5, 5, 0, 0], [0, 10, 0, 0, 0]]) * (0.1 - 1e-13)
    got = walk(student(short, 0, np.full(6, 1 - 1e-15)), 7, "rows just short of 1, u above their sums")
    hint = "no running sum is larger than u: take the last frame whose probability is above 0"
    agree(got, [0, 2, 4, 1, 3, 2, 4], "rows just short of 1, u above their sums", hint)


@play.check(points=1)
def has_the_statistics_of_the_chain(student, seed):
    """20,000 steps: how often each jump is taken, within five standard deviations."""
    chain = random_chain(7, 5)
    states = walk(student(chain, 2, np.random.default_rng(seed).random(20_000)), 20_001, "20,000 steps")
    within(states.min(), 0, 4, "smallest state")
    within(states.max(), 0, 4, "largest state")
    counts = np.zeros((5, 5))
    np.add.at(counts, (states[:-1], states[1:]), 1)
    visits = counts.sum(axis=1, keepdims=True)
    apart = np.abs(counts - visits * chain) / np.sqrt(visits * chain * (1 - chain) + 1)
    within(
        apart.max(),
        0,
        5,
        "largest deviation of a count, in standard deviations",
        "draw from the row of the current frame, with its probabilities: no arg-max, no row of the start",
    )
