"""Checks of lesson 1 on drawing text: sample. Oracles: rings whose every context has a successor, chi-square tests."""

from collections import Counter

import numpy as np
from scipy.special import chdtrc

from autograder.checks import ngram_oracles as slow
from autograder.checks.compare import array, raises, same, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.ngram_common import random_text
from autograder.checks.student import Handle, other_seed

sample = Exercise("sample")


def drawn(student: Handle, tables: list, start: list[int], length: int, size: int, seed: int, case: str) -> list[int]:
    """The drawn text as a list, `start` included; it must have the right length and begin."""
    text = array(student(tables, np.array(start, dtype=np.int64), length, size, other_seed(seed)), case)
    if text.shape != (len(start) + length,) or text.dtype.kind not in "iu":
        raise Failure(
            f"{case}: got {text.dtype} of shape {text.shape}, expected {len(start) + length} integers",
            "return the seed text and what follows, as integers: np.array of an empty list is float, give it a dtype",
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
    hint = "order 1 for the first symbol, 2 for the second, before them nothing; no choice is uniform; each `seed` draws anew"
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
    hint = "begin at the highest order again for each symbol, and forget one symbol at a time: then the circle goes on"
    same(sorted(windows), sorted(set(slow.windows(text, 4))), "windows of what follows three strange symbols", hint)


@sample.check(points=1)
def takes_symbols_of_any_type(student: Handle, seed: int) -> None:
    """Bytes, of an alphabet that is larger than a byte."""
    text = [0, 200, 100, 255, 50, 300] * 3
    for start in ([0, 200], [100, 255]):
        got = [student(slow.ring(text, 3, 400), np.array(start, dtype=dtype), 12, 400, other_seed(seed)) for dtype in ("uint8", "int64")]
        expected = [text[(text.index(start[0]) + step) % 6] for step in range(14)]
        for found, dtype in zip(got, ("uint8", "int64"), strict=True):
            hint = "context codes need 64 bits: turn the symbols into int before you compute"
            same(array(found, dtype).tolist(), expected, f"a circle of symbols to 300, seed text {start} as {dtype}", hint)


@sample.check(points=1)
def repeats_itself_only_with_the_same_seed(student: Handle, seed: int) -> None:
    """The same seed gives the same text, another seed another."""
    tables = slow.ring(random_text(seed, 8, 300), 2, 8)
    first, again, other = (drawn(student, tables, [0], 60, 8, number, "60 symbols") for number in (seed, seed, seed + 1))
    same(again, first, "the same seed again", "draw from a generator made from `seed`")
    if first == other:
        raise Failure("two seeds: both drew the same 60 symbols", "draw from a generator made from `seed`")


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
