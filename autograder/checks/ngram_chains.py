"""Checks of lesson 1 on chains and their entropy: entropy_rate, score, plug_in_entropy, guessing_bounds."""

import math
from collections import Counter

import numpy as np

from autograder.checks import ngram_oracles as slow
from autograder.checks.compare import raises
from autograder.checks.core import Exercise, Failure, explain
from autograder.checks.ngram_common import BITS, number, parts, random_text
from autograder.checks.student import Handle

entropy_rate = Exercise("entropy_rate")
score = Exercise("score")
plug_in_entropy = Exercise("plug_in_entropy")
guessing_bounds = Exercise("guessing_bounds")


@entropy_rate.check(points=1)
def knows_dice_and_clockwork(student: Handle, seed: int) -> None:
    """All steps alike: log2 of their number. No choice: nothing."""
    for size in (2, 5, 27):
        number(student(np.full((size, size), 1 / size)), math.log2(size), f"{size} states, all steps alike", BITS, 1e-6)
    number(
        student(np.roll(np.eye(5), 1, axis=1)),
        0,
        "five states in a circle",
        "steps that are sure cost 0 bits, however pi is shared out; a step of probability 0 adds 0, not NaN",
        1e-6,
    )


@entropy_rate.check(points=1)
def equals_the_closed_form_of_two_states(student: Handle, seed: int) -> None:
    """Leaving with a and b, the chain spends b / (a + b) of the time in the first state."""
    for a, b in [(0.1, 0.6), (0.5, 0.05), (1.0, 0.3), (1e-4, 4e-4)]:
        entropy = [-sum(p * math.log2(p) for p in (x, 1 - x) if p > 0) for x in (a, b)]
        expected = (b * entropy[0] + a * entropy[1]) / (a + b)
        hint = "weigh each row's entropy by the time spent in that state: pi P = pi, not 1/S and not P pi = pi"
        if a + b < 0.01:
            hint = "this chain seldom changes its state, so repeated steps settle too slowly: solve pi P = pi"
        number(student(np.array([[1 - a, a], [b, 1 - b]])), expected, f"two states, left with {a} and {b}", hint, 1e-6 * expected)


@entropy_rate.check(points=1)
def copes_with_a_walk_that_swings(student: Handle, seed: int) -> None:
    """Back and forth, or round in threes: one step is a coin, the others are forced."""
    hint = "repeated pi @ P never settles here: solve the equations for pi"
    number(student(np.array([[0, 0.5, 0.5], [1, 0, 0], [1, 0, 0]])), 0.5, "0 to 1 or 2 and back", hint, 1e-6)
    swing = np.array([[0, 0, 0.25, 0.75], [0, 0, 0.5, 0.5], [0.5, 0.5, 0, 0], [1, 0, 0, 0]])
    number(student(swing), slow.chain_entropy(swing), "between two pairs of states", hint, 1e-6)
    thirds = np.array([[0, 0.5, 0.5, 0], [0, 0, 0, 1], [0, 0, 0, 1], [1, 0, 0, 0]])
    number(student(thirds), 1 / 3, "0 to 1 or 2, to 3, to 0", hint, 1e-6)


@entropy_rate.check(points=1)
def equals_a_long_lazy_walk(student: Handle, seed: int) -> None:
    """Random chains, and a second-order source as a chain on pairs."""
    random = np.random.default_rng(seed)
    chain = random.dirichlet(np.full(6, 0.5), size=6)
    number(student(chain), slow.chain_entropy(chain), "a random chain of 6 states", BITS, 1e-6)
    pairs = slow.pair_chain(random.dirichlet(np.ones(3), size=(3, 3)))
    number(student(pairs), slow.chain_entropy(pairs), "second order, 9 pairs as states", "most steps have probability 0", 1e-6)


@entropy_rate.check(points=1)
def refuses_what_is_no_chain(student: Handle, seed: int) -> None:
    """Rows are probabilities."""
    raises(ValueError, lambda: student(np.array([[0.5, 0.6], [0.5, 0.5]])), "a row that sums to 1.1")
    raises(ValueError, lambda: student(np.array([[0.5, 0.5], [0.5, 0.4]])), "a row that sums to 0.9")
    raises(ValueError, lambda: student(np.array([[0.5, 0.6], [0.5, 0.4]])), "rows that sum to 1.1 and 0.9")
    raises(ValueError, lambda: student(np.array([[0.5, 0.5], [0.5, 0.5 + 1e-5]])), "a row that sums to 1.00001")
    raises(ValueError, lambda: student(np.array([[1.5, -0.5], [0.5, 0.5]])), "a negative entry")
    raises(ValueError, lambda: student(np.array([[1 + 1e-7, -1e-7], [0.5, 0.5]])), "an entry of -1e-7")
    raises(ValueError, lambda: student(np.array([[0.5, 0.5, 0], [0.5, 0.4, 0], [0, 0, 1]])), "a second row of three that sums to 0.9")
    raises(ValueError, lambda: student(np.full((2, 4), 0.25)), "a matrix of 2 x 4")
    raises(ValueError, lambda: student(np.ones((3, 1))), "a matrix of 3 x 1")
    almost = np.array([[0.5, 0.5 + 4e-7], [0.5 - 4e-7, 0.5]])
    case, hint = "rows that sum to 1 within 4e-7", "such rows are fine: the limit is 1e-6"
    try:
        number(student(almost), 1, case, hint, 1e-5)
    except ValueError as error:
        raise Failure(f"{case}: got {explain(error)}", hint) from error


def check_score(student: Handle, p: list, characters: int, expected: tuple, case: str, hints: tuple[str, str, str]) -> None:
    """The three numbers, each with its hint."""
    try:
        got = parts(student(np.array(p), characters), 3, case, "(bits per token, perplexity, bits per character)")
    except ValueError as error:
        raise Failure(f"{case}: got {explain(error)}", "these are legal: refuse what the docstring names, and no more") from error
    for value, wanted, name, hint in zip(got, expected, ("bits per token", "perplexity", "bits per character"), hints, strict=True):
        number(value, wanted, f"{name}, {case}", hint)


HINTS = (
    f"{BITS}; average the bits, not the probabilities",
    "2 to the power of the bits per token",
    "all bits together, divided by the number of characters",
)


@score.check(points=1)
def adds_up_by_hand(student: Handle, seed: int) -> None:
    """A half and a quarter cost 1 and 2 bits."""
    check_score(student, [0.5, 0.25], 6, (1.5, 2**1.5, 0.5), "1/2 and 1/4 for 6 characters", HINTS)
    check_score(student, [1.0], 3, (0, 1, 0), "a certain token of 3 characters", HINTS)
    check_score(student, [0.25], 1, (2, 4, 2), "1/4 for 1 character", HINTS)
    check_score(student, [0.5, 0.5, 0.25, 0.25], 2, (1.5, 2**1.5, 3), "twice 1/2 and 1/4 for 2 characters", HINTS)
    rare = "pay for small probabilities what they cost: add nothing to them, and set no floor"
    check_score(student, [2.0**-50, 1, 1, 1, 1], 10, (10, 1024, 5), "2**-50 and four times 1 for 10 characters", (rare,) * 3)


@score.check(points=1)
def finds_the_number_of_equal_choices(student: Handle, seed: int) -> None:
    """Guessing among V alike has perplexity V; the mean is geometric."""
    check_score(student, [1 / 27] * 10, 10, (math.log2(27), 27, math.log2(27)), "ten times 1/27", HINTS)
    long = "a product of 2,000 probabilities is below what a float can hold: average their logarithms"
    check_score(student, [0.25] * 2000, 4000, (2, 4, 1), "2,000 times 1/4", (long,) * 3)
    p = np.random.default_rng(seed).uniform(0.01, 1, size=50).tolist()
    bits = -sum(math.log2(x) for x in p)
    check_score(student, p, 120, (bits / 50, 2 ** (bits / 50), bits / 120), "50 random probabilities, 120 characters", HINTS)


@score.check(points=1)
def pays_without_limit_for_the_impossible(student: Handle, seed: int) -> None:
    """One 0 among the probabilities makes everything infinite."""
    hint = "log2 of 0 is minus infinity: do not add a small number, do not leave the token out"
    check_score(student, [0.5, 0.0, 0.9], 3, (math.inf,) * 3, "1/2, 0 and 0.9", (hint,) * 3)


@score.check(points=1)
def refuses_what_are_no_probabilities(student: Handle, seed: int) -> None:
    """None at all, outside [0, 1], NaN; and tokens that spell nothing."""
    for p in ([], [0.5, 1.5], [0.5, 1.0001], [-0.1, 0.5], [-1e-6, 0.5], [0.5, math.nan]):
        raises(ValueError, lambda p=p: student(np.array(p, dtype=float), 4), f"probabilities {p}")
    for characters in (0, -2):
        raises(ValueError, lambda characters=characters: student(np.array([0.5]), characters), f"{characters} characters")


@plug_in_entropy.check(points=1)
def measures_toys_by_hand(student: Handle, seed: int) -> None:
    """Eight symbols alike: 3 bits. A circle: 0 bits once one symbol is known. A fair coin: 1 bit, whatever is known."""
    circle = [0, 1, 2, 3, 4, 5, 6, 7] * 4
    number(student(slow.ring(circle, 1, 8)[0], 8), 3, "eight symbols alike, order 1", BITS)
    number(
        student(slow.ring(circle, 2, 8)[1], 8),
        0,
        "eight symbols in a circle, order 2",
        "the newest symbol given its context: p(w|h) inside the logarithm, not p(hw)",
    )
    coin = [0, 0, 0, 1, 0, 1, 1, 1]  # each triple once on the ring
    number(
        student(slow.ring(coin, 3, 2)[2], 2),
        1,
        "a coin, order 3",
        "F_N is per newest symbol: neither for the whole n-gram nor divided by N",
    )


@plug_in_entropy.check(points=1)
def weighs_contexts_by_how_often_they_occur(student: Handle, seed: int) -> None:
    """After 0 a bent coin, eight times; after 1 always 0, twice: eight tenths of the entropy of the coin."""
    table = (np.array([0, 1, 2]), np.array([6, 2, 2]))
    coin = -0.75 * math.log2(0.75) - 0.25 * math.log2(0.25)
    hint = "every window counts once: weigh by c(hw) / n, not each context alike"
    number(student(table, 2), 0.8 * coin, "six pairs 00, two 01, two 10", hint)
    table = (np.array([0, 2, 4, 5, 7]), np.array([3, 1, 2, 2, 9]))  # 00 02 | 11 12 | 21: 2 comes less often than it goes
    bits = [3 * math.log2(4 / 3), math.log2(4), 2, 2, 0]
    number(student(table, 3), sum(bits) / 17, "three 00, one 02, two 11, two 12, nine 21", hint + "; c(h) is the sum of c(hw) over w")


@plug_in_entropy.check(points=1)
def equals_the_growth_of_block_entropy(student: Handle, seed: int) -> None:
    """On a ring F_N is the entropy of windows of N less that of windows of N - 1."""
    text = random_text(seed, 5, 150)

    def block(order: int) -> float:
        counts = Counter(slow.windows(text + text[: order - 1], order)).values() if order else [150]
        return -sum(n / 150 * math.log2(n / 150) for n in counts)

    for order in (1, 2, 3, 5):
        got = student(slow.ring(text, order, 5)[-1], 5)
        hint = BITS + "; what comes out below 0 lacks the minus of (1.6)"
        number(got, block(order) - block(order - 1), f"order {order} of a ring of 150 symbols", hint)
    table = slow.tables([Counter({(26,) * 12 + (last,): n for last, n in ((3, 1), (24, 1), (25, 2))} | {(26,) * 11 + (25, 25): 4})], 27)[0]
    hint = "codes of thirteen letters need whole numbers of 64 bits, and an array for all contexts has no room"
    number(student(table, 27), 6 / 8, "order 13: after twelve z three letters, 1 + 1 + 2 times; after eleven z and y one, four times", hint)


@plug_in_entropy.check(points=1)
def finds_the_entropy_rate_of_a_known_source(student: Handle, seed: int) -> None:
    """200,000 symbols of a second-order source; order 3 knows all there is to know."""
    random = np.random.default_rng(seed)
    source = random.dirichlet(np.full(4, 0.7), size=(4, 4)) * 0.97 + 0.03 / 4
    table = np.unique(slow.codes(slow.walk(source, 200_000, random), 3, 4), return_counts=True)
    rate = slow.chain_entropy(slow.pair_chain(source))
    number(student(table, 4), rate, "order 3 on a second-order source", BITS, tolerance=0.015)


def check_bounds(student: Handle, ranks: list[int], size: int, expected: tuple[float, float], case: str, hints: tuple[str, str]) -> None:
    """Both bounds, each with its hint."""
    got = parts(student(np.array(ranks), size), 2, case, "(lower, upper)")
    for value, wanted, name, hint in zip(got, expected, ("lower bound", "upper bound"), hints, strict=True):
        number(value, wanted, f"{name}, {case}", hint)


SUMS = (
    "sum of i (q_i - q_(i+1)) log2 i (not ln) from i = 1; q beyond the last is 0, and lower comes first",
    BITS + "; ranks that never came add 0",
)


@guessing_bounds.check(points=1)
def meets_at_the_extremes(student: Handle, seed: int) -> None:
    """Always right at once: 0 bits. All ranks alike: log2 V. Both bounds agree there."""
    check_bounds(student, [1] * 9, 27, (0, 0), "nine times rank 1", SUMS)
    check_bounds(student, [1], 5, (0, 0), "one rank of 1", SUMS)
    for size in (2, 8, 27):
        check_bounds(student, list(range(1, size + 1)) * 2, size, (math.log2(size),) * 2, f"all {size} ranks alike", SUMS)


@guessing_bounds.check(points=1)
def bounds_a_short_game(student: Handle, seed: int) -> None:
    """Ranks 1 1 1 2: the lower bound is 2 * 1/4 * log2 2 = 1/2."""
    upper = 0.75 * math.log2(4 / 3) + 0.25 * 2
    check_bounds(student, [1, 1, 2, 1], 5, (0.5, upper), "ranks 1 1 2 1", SUMS)


@guessing_bounds.check(points=1)
def equals_the_sums_term_by_term(student: Handle, seed: int) -> None:
    """Random games, also such where a high rank is commoner than a low one."""
    random = np.random.default_rng(seed)
    for size, shares in [(4, [0.1, 0.2, 0.3, 0.4]), (6, [0.6, 0, 0.2, 0.1, 0.1, 0]), (300, [1 / 300] * 300)]:
        ranks = random.choice(size, p=shares, size=40) + 1
        q = [float(np.mean(ranks == i)) for i in range(1, size + 1)] + [0.0]
        lower = sum(i * (q[i - 1] - q[i]) * math.log2(i) for i in range(1, size + 1))
        upper = -sum(x * math.log2(x) for x in q if x > 0)
        hint = "keep the order of the ranks: q_i belongs to rank i, however common it is; " + SUMS[0]
        check_bounds(student, ranks.tolist(), size, (lower, upper), f"40 random ranks of {size}", (hint, SUMS[1]))


@guessing_bounds.check(points=1)
def refuses_impossible_ranks(student: Handle, seed: int) -> None:
    """Ranks count from 1 to V."""
    for ranks in ([], [1, 0], [1, 6], [-1]):
        raises(ValueError, lambda ranks=ranks: student(np.array(ranks, dtype=np.int64), 5), f"ranks {ranks} of 5")
