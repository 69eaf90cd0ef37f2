"""Checks of lesson 1 on chains and their entropy: sample, entropy_rate, score, plug_in_entropy, guessing_bounds."""

import math
from collections import Counter

import numpy as np
from scipy.special import chdtrc

from autograder.checks import ngram_oracles as slow
from autograder.checks.compare import array, raises, same, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.ngram_common import BITS, number, parts, random_text
from autograder.checks.student import Handle

sample = Exercise("sample")
entropy_rate = Exercise("entropy_rate")
score = Exercise("score")
plug_in_entropy = Exercise("plug_in_entropy")
guessing_bounds = Exercise("guessing_bounds")


def drawn(student: Handle, tables: list, start: list[int], length: int, size: int, seed: int, case: str) -> list[int]:
    """The drawn text as a list, `start` included; it must have the right length and begin."""
    text = array(student(tables, np.array(start, dtype=np.int64), length, size, seed), case)
    if text.shape != (len(start) + length,) or text.dtype.kind not in "iu":
        raise Failure(
            f"{case}: got {text.dtype} of shape {text.shape}, expected {len(start) + length} integers",
            "return the seed text and what follows",
        )
    same(text[: len(start)].tolist(), start, f"{case}: its first {len(start)} symbols", "the seed text stays as it is")
    return text.tolist()


@sample.check(points=1)
def begins_with_the_seed_text(student: Handle, seed: int) -> None:
    """Then come as many symbols as asked for, of those that occur."""
    text = random_text(seed, 6, 100)
    for start, length, order in [([0, 1, 2, 3], 10, 2), ([], 5, 3), ([1], 0, 1), ([0, 1, 2, 3, 4] * 4, 30, 6), ([], 0, 2)]:
        got = drawn(
            student, slow.ring(text, order, 6), start, length, 6, seed, f"order {order}, {len(start)} symbols before {length} drawn ones"
        )
        if not set(got) <= set(text) | set(start):
            raise Failure(
                f"order {order}: drew symbols {sorted(set(got) - set(text))} that the text does not hold",
                "the newest symbol is code % size",
            )


@sample.check(points=1)
def writes_only_what_was_seen(student: Handle, seed: int) -> None:
    """Where every context has a successor, each window of the drawn text occurs in the text."""
    text = random_text(seed, 5, 60)
    for order in (2, 3, 4):
        tables = slow.ring(text, order, 5)
        got = drawn(student, tables, text[:7], 300, 5, seed, f"order {order}")
        seen = set(slow.windows(text + text[: order - 1], order))
        new = [gram for gram in slow.windows(got[8 - order :], order) if gram not in seen]
        if new:
            raise Failure(
                f"order {order}: wrote {new[0]}, which never occurs ({len(new)} such windows)",
                "the context is the last N - 1 symbols, in order",
            )


@sample.check(points=2)
def follows_the_counts(student: Handle, seed: int) -> None:
    """Chi-square test of 20,000 drawn windows against the fractions of the text, for a short text and a tiny one."""
    short = [*random_text(seed, 5, 200), 0, 0, 1, 0, 0, 2, 0, 0, 0, 3]
    for text, order in ((short, 2), ([0, 0, 1], 2), (short, 1), (short, 3)):
        case = f"a text of {len(text)} symbols, order {order}"
        got = drawn(student, slow.ring(text, order, 5), text[: order - 1], 20_000, 5, seed, case)
        total, before = (Counter(gram[:-1] for gram in slow.windows(series, order)) for series in (text + text[: order - 1], got))
        came, seen = Counter(slow.windows(got, order)), Counter(slow.windows(text + text[: order - 1], order))
        follow(came, {gram: before[gram[:-1]] * n / total[gram[:-1]] for gram, n in seen.items()}, len(before), case, PROPORTION)


PROPORTION = "draw each successor in proportion to its count: neither always the likeliest (the text loops) nor all alike"


def follow(came: Counter, shares: dict, contexts: int, case: str, hint: str) -> None:
    """Chi-square test of counts against the numbers that are expected; one sum is known for each context."""
    statistic = sum((came[gram] - share) ** 2 / share for gram, share in shares.items() if share)
    freedom = max(1, sum(share > 0 for share in shares.values()) - contexts)
    chance = float(chdtrc(freedom, statistic))
    within(chance, 1e-7, 1, f"{case}: the chance of a chi-square of {statistic:.0f} with {freedom} degrees of freedom", hint)


@sample.check(points=1)
def begins_from_nothing(student: Handle, seed: int) -> None:
    """Without a seed text the first symbol comes as often as in the text, the second as often as it follows the first."""
    text = [0, 0, 0, 1, 0, 0, 2, 0, 0, 1]
    pairs = [tuple(drawn(student, slow.ring(text, 3, 4), [], 2, 4, number, "empty seed text, order 3")) for number in range(400)]
    hint = "one symbol at a time: order 1 for the first, 2 for the second; before them stands nothing, and no choice is uniform"
    follow(Counter(pairs), {(0, 0): 160, (0, 1): 80, (0, 2): 40, (1, 0): 80, (2, 0): 40}, 1, "400 first pairs", hint)
    follow(Counter(pair[0] for pair in pairs), {0: 280, 1: 80, 2: 40}, 1, "400 first symbols", hint)
    for order, start in [(2, []), (3, []), (3, [2]), (5, [1])]:
        case = f"a circle of five symbols, order {order}, seed text {start}"
        got = drawn(student, slow.ring([0, 1, 2, 3, 4] * 4, order, 5), start, 12, 5, seed, case)
        hint = "as long as the text is short, all of it is the context: after k symbols order k + 1 speaks, if there is one"
        same(got, [(got[0] + step) % 5 for step in range(len(got))], case, hint)


@sample.check(points=1)
def climbs_back_after_a_new_context(student: Handle, seed: int) -> None:
    """Once the drawn symbols are a known context again, the highest order speaks."""
    text = [0, 1, 2, 3, 4, 5] * 6
    got = drawn(student, slow.ring(text, 4, 7), [6, 6, 6], 200, 7, seed, "three strange symbols, order 4")
    windows = set(slow.windows(got[3:], 4))
    hint = "begin at the highest order again for each symbol: the text is a circle, so all that follows the strange symbols is"
    same(sorted(windows), sorted(set(slow.windows(text, 4))), "windows of what follows three strange symbols", hint)


@sample.check(points=1)
def takes_symbols_of_any_type(student: Handle, seed: int) -> None:
    """Bytes, of an alphabet that is larger than a byte."""
    text = [0, 200, 100, 255, 50, 300] * 3
    for start in ([0, 200], [100, 255]):
        got = [student(slow.ring(text, 3, 400), np.array(start, dtype=dtype), 12, 400, seed) for dtype in ("uint8", "int64")]
        expected = [text[(text.index(start[0]) + step) % 6] for step in range(14)]
        for found, dtype in zip(got, ("uint8", "int64"), strict=True):
            hint = "context codes need 64 bits: turn the symbols into int before you compute"
            same(array(found, dtype).tolist(), expected, f"a circle of symbols to 300, seed text {start} as {dtype}", hint)


@sample.check(points=1)
def repeats_itself_only_with_the_same_seed(student: Handle, seed: int) -> None:
    """The same seed gives the same text, another seed another."""
    tables = slow.ring(random_text(seed, 8, 300), 2, 8)
    first, again, other = (drawn(student, tables, [0], 60, 8, number, f"seed {number}") for number in (seed, seed, seed + 1))
    same(again, first, "the same seed again", "draw from a generator made from `seed`")
    if first == other:
        raise Failure(f"seeds {seed} and {seed + 1}: both drew the same 60 symbols", "draw from a generator made from `seed`")


@sample.check(points=1)
def forgets_one_symbol_at_a_time(student: Handle, seed: int) -> None:
    """A new context gives way to the next shorter one; what stands before a short seed text is unknown."""
    text = [0, 1, 2, 3] * 5 + [2, 4, 2, 4, 0]
    tables = slow.tables(slow.count_all(text, 4), 6)
    got = [drawn(student, tables, [4, 1, 2], 1, 6, number, "new context 4 1 2, known context 1 2")[-1] for number in range(20)]
    same(sorted(set(got)), [3], "what follows 4 1 2 where 1 2 3 is known and 2 4 too", "forget the oldest symbol only, not all of them")
    text = [1, 2, 3] * 9 + [0, 2, 4, 1]
    tables = slow.tables(slow.count_all(text, 3), 5)
    got = [drawn(student, tables, [2], 1, 5, number, "a seed text of one symbol, order 3")[-1] for number in range(40)]
    if 3 not in got:
        raise Failure(
            "seed text 2, order 3: 40 times 4, expected mostly 3", "before the seed text stands nothing, not symbol 0: use a lower order"
        )


@sample.check(points=1)
def walks_on_from_dead_ends(student: Handle, seed: int) -> None:
    """A symbol that stands only at the end of the text, or nowhere, has no successor."""
    tables = slow.tables(slow.count_all([0, 1, 0, 1, 1, 0, 2], 3), 4)
    for start in ([0, 2], [2], [3], [3, 3]):
        got = drawn(student, tables, start, 30, 4, seed, f"seed text {start}")
        if not set(got[len(start) :]) <= {0, 1, 2}:
            raise Failure(
                f"seed text {start}: drew {sorted(set(got[len(start) :]))}, expected symbols of the text", "at order 1 the context is empty"
            )


@sample.check(points=1)
def refuses_a_seed_text_of_unknown_symbols(student: Handle, seed: int) -> None:
    """There are symbols 0 to V-1, no others."""
    tables = slow.tables(slow.count_all([0, 1, 0, 1, 1], 2), 2)
    for start in ([0, 2], [-1, 0], [5]):
        raises(
            ValueError,
            lambda start=start: student(tables, np.array(start), 3, 2, 0),
            f"seed text {start} of 2 symbols",
            "symbols lie in 0 to size - 1",
        )


@entropy_rate.check(points=1)
def knows_dice_and_clockwork(student: Handle, seed: int) -> None:
    """All steps alike: log2 of their number. No choice: nothing."""
    for size in (2, 5, 27):
        number(student(np.full((size, size), 1 / size)), math.log2(size), f"{size} states, all steps alike", BITS, 1e-6)
    number(student(np.roll(np.eye(5), 1, axis=1)), 0, "five states in a circle", "a step of probability 0 adds 0, not NaN", 1e-6)


@entropy_rate.check(points=1)
def equals_the_closed_form_of_two_states(student: Handle, seed: int) -> None:
    """Leaving with a and b, the chain spends b / (a + b) of the time in the first state."""
    for a, b in [(0.1, 0.6), (0.5, 0.05), (1.0, 0.3), (1e-4, 4e-4)]:
        entropy = [-sum(p * math.log2(p) for p in (x, 1 - x) if p > 0) for x in (a, b)]
        expected = (b * entropy[0] + a * entropy[1]) / (a + b)
        hint = "weigh each row's entropy by the time spent in that state: pi P = pi, not 1/S and not P pi = pi"
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
    number(student(almost), 1, "rows that sum to 1 within 4e-7", "such rows are fine: the limit is 1e-6", 1e-5)


def check_score(student: Handle, p: list, characters: int, expected: tuple, case: str, hints: tuple[str, str, str]) -> None:
    """The three numbers, each with its hint."""
    got = parts(student(np.array(p), characters), 3, case, "(bits per token, perplexity, bits per character)")
    for value, wanted, name, hint in zip(got, expected, ("bits per token", "perplexity", "bits per character"), hints, strict=True):
        number(value, wanted, f"{name}, {case}", hint)


HINTS = (BITS, "2 to the power of the bits per token", "all bits together, divided by the number of characters")


@score.check(points=1)
def adds_up_by_hand(student: Handle, seed: int) -> None:
    """A half and a quarter cost 1 and 2 bits."""
    check_score(student, [0.5, 0.25], 6, (1.5, 2**1.5, 0.5), "1/2 and 1/4 for 6 characters", HINTS)
    check_score(student, [1.0], 3, (0, 1, 0), "a certain token of 3 characters", HINTS)
    check_score(student, [0.25], 1, (2, 4, 2), "1/4 for 1 character", HINTS)
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
    check_score(student, p, 120, (bits / 50, 2 ** (bits / 50), bits / 120), "50 random probabilities, 120 characters",
                (BITS + "; average the bits, not the probabilities", *HINTS[1:]))  # fmt: skip


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
