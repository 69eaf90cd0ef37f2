"""Checks of lesson 1 on reading and counting n-grams: normalise, ngram_codes, count, look_up, maximum_likelihood."""

from collections import Counter

import numpy as np

from autograder.checks import ngram_oracles as slow
from autograder.checks.compare import agree, array, has_shape, raises, same
from autograder.checks.core import Exercise
from autograder.checks.ngram_common import (
    EXACT,
    TOY,
    check_table,
    every,
    exact_codes,
    exactly,
    mixed_codes,
    parts,
    random_text,
    saturated_text,
)
from autograder.checks.student import Handle

normalise = Exercise("normalise")
ngram_codes = Exercise("ngram_codes")
count = Exercise("count")
look_up = Exercise("look_up")
maximum_likelihood = Exercise("maximum_likelihood")


@normalise.check(points=1)
def leaves_words_and_single_spaces(student: Handle, seed: int) -> None:
    """Short texts worked out by hand."""
    same(student("to be"), "to be", "'to be'", "this text is as it should be already")
    same(student("TO Be"), "to be", "'TO Be'", "put the text into lower case before you look for letters")
    same(
        student("Speak,  speak!\n"),
        "speak speak",
        r"'Speak,  speak!\n'",
        "a run of other characters is one space, and none is left at the ends",
    )
    same(student("We know't"), "we know t", '"We know\'t"', "an apostrophe parts words like any other character that is no letter")
    same(student("one\ntwo\tthree--four"), "one two three four", r"'one\ntwo\tthree--four'", "line ends, tabs and dashes part words too")


@normalise.check(points=1)
def knows_twenty_six_letters_only(student: Handle, seed: int) -> None:
    """Digits and letters with accents are no letters here."""
    same(student("R2D2, 1977"), "r d", "'R2D2, 1977'", "only a to z are letters: digits part words")
    same(student("a_b [c]\\d^e`f"), "a b c d e f", r"'a_b [c]\d^e`f'", "a range from A to z holds six signs besides letters")
    same(student("naïve café"), "na ve caf", "'naïve café'", "only a to z are letters: those with accents part words")
    hint = "lower() leaves these letters as they are: do not spell them out (casefold, NFKD), nor let re.IGNORECASE take them for s or k"
    text = "Straße, ﬁn; \N{LATIN SMALL LETTER LONG S}o"
    same(student(text), "stra e n o", repr(text), hint)
    hint = "lower() makes a plain k of the Kelvin sign: put the text into lower case before you look for letters, not after it"
    same(student("at 4 \N{KELVIN SIGN}"), "at k", "'at 4 \N{KELVIN SIGN}' with a Kelvin sign", hint)


@normalise.check(points=1)
def agrees_with_one_character_at_a_time(student: Handle, seed: int) -> None:
    """Random characters, and the result once more."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    text = "".join(np.random.default_rng(seed).choice(list(letters[:6] + "XYZ  \n.,;'4é"), size=300))
    expected = "".join(c if c in letters else " " for c in text.lower()).split()
    same(student(text), " ".join(expected), "300 random characters", "which characters differ? every one that is not a to z is a space")
    same(student(" ".join(expected)), " ".join(expected), "the result once more", "a normalised text stays as it is")


@normalise.check(points=1)
def refuses_text_without_letters(student: Handle, seed: int) -> None:
    """There is nothing to count in it."""
    for text in ["", " \n", "1, 2, 3!", "ЖЯ 12", "é"]:
        hint = "is a word of a to z left? Letters of other alphabets, or with accents, do not count"
        raises(ValueError, lambda text=text: student(text), f"the text {text!r}", hint)


@ngram_codes.check(points=1)
def reads_the_digits_of_a_toy_text(student: Handle, seed: int) -> None:
    """Three symbols in base 3, by hand."""
    text = np.array([1, 0, 2])
    exact_codes(student(text, 1, 3), [1, 0, 2], "order 1 of 1 0 2", "a window of one symbol is that symbol; there are T - N + 1 windows")
    exact_codes(
        student(text, 2, 3), [3, 2], "order 2 of 1 0 2 in base 3", "the oldest symbol is the most significant digit: 1 0 is 3, 0 2 is 2"
    )
    exact_codes(student(text, 3, 3), [11], "order 3 of 1 0 2 in base 3", "a text of N symbols has one window")


@ngram_codes.check(points=1)
def equals_digits_written_out(student: Handle, seed: int) -> None:
    """Random texts, several orders and bases."""
    for order, size, length in [(1, 27, 40), (2, 2, 9), (4, 5, 30), (6, 27, 50), (3, 1000, 20)]:
        text = random_text(seed, size, length)
        expected = [slow.fold(gram, size) for gram in slow.windows(text, order)]
        exact_codes(
            student(np.array(text), order, size),
            expected,
            f"order {order}, {size} symbols, {length} long",
            "windows overlap: one begins at every symbol",
        )


@ngram_codes.check(points=1)
def holds_codes_of_sixty_two_bits(student: Handle, seed: int) -> None:
    """Thirteen letters stored in few bytes: every digit of the code counts."""
    for place, dtype in enumerate(("uint8", "int8", "int16", "uint16", "int32")):
        letters = np.full(14, 26)
        letters[place] = 25
        expected = [slow.fold(gram, 27) for gram in slow.windows(letters, 13)]
        hint = "compute in int64, not in the type of the symbols: a byte overflows at 255, and floats hold 53 bits"
        exact_codes(student(letters.astype(dtype), 13, 27), expected, f"order 13 of letters stored as {dtype}", hint)
    exact_codes(student(np.array([2, 0, 1], dtype=np.uint8), 1, 3), [2, 0, 1], "order 1 of symbols stored as uint8", hint)
    exact_codes(
        student(np.ones(62, dtype=np.uint64), 62, 2),
        [2**62 - 1],
        "order 62 of two symbols stored as uint64",
        "these codes fit; convert to int64 first",
    )


@ngram_codes.check(points=1)
def refuses_orders_that_do_not_fit(student: Handle, seed: int) -> None:
    """Order 0 or longer than the text, and codes that 64 bits cannot hold."""
    text = np.array([0, 1, 1])
    for order in (0, -1, 4):
        raises(ValueError, lambda order=order: student(text, order, 2), f"order {order} of 3 symbols", "a window needs 1 to T symbols")
    raises(ValueError, lambda: student(np.zeros(0, dtype=np.int64), 1, 2), "an empty text", "a window needs 1 to T symbols")
    for order, size in ((63, 2), (15, 27), (14, 27)):  # 27**15 wraps around to a positive number
        text, hint = np.zeros(70, dtype=np.int64), "size**order must be below 2**63, or codes wrap around"
        raises(ValueError, lambda order=order, size=size, text=text: student(text, order, size), f"order {order} of {size} symbols", hint)


@ngram_codes.check(points=1)
def refuses_unknown_symbols(student: Handle, seed: int) -> None:
    """A symbol of 3 in base 3 would read as another n-gram."""
    for text in ([0, 3, 1], [0, -1, 1], [3, 0, 0], [0, 0, 3], [0, 0, -1]):
        raises(ValueError, lambda text=text: student(np.array(text), 2, 3), f"symbols {text} of 3 kinds", "symbols lie in 0 to size - 1")


@count.check(points=1)
def counts_a_toy_text(student: Handle, seed: int) -> None:
    """0 1 0 2 0 1 1 0 1 2: the pair 0 1 three times, 1 0 twice."""
    expected = Counter({(0, 1): 3, (0, 2): 1, (1, 0): 2, (1, 1): 1, (1, 2): 1, (2, 0): 1})
    check_table(
        student([np.array(TOY)], 2, 3),
        expected,
        3,
        f"pairs in {TOY}",
        "each code one time, by ascending code, none that does not occur; its count is how often it occurs",
    )


@count.check(points=1)
def equals_a_dictionary(student: Handle, seed: int) -> None:
    """Random texts, orders 1 to 4."""
    for order in (1, 2, 3, 4):
        text = random_text(seed + order, 6, 200)
        check_table(
            student([np.array(text)], order, 6),
            Counter(slow.windows(text, order)),
            6,
            f"order {order}",
            "an n-gram counts as often as it occurs, in the last window too",
        )


@count.check(points=1)
def never_looks_from_one_text_into_the_next(student: Handle, seed: int) -> None:
    """The windows of several texts, and none across their boundaries."""
    texts = [[0, 1, 0], [2, 0, 1, 0], [0, 1, 0]]
    expected = sum((Counter(slow.windows(text, 2)) for text in texts), Counter())
    hint = "the end of one text and the beginning of the next are no n-gram; the same n-gram in two texts counts twice"
    check_table(student([np.array(text) for text in texts], 2, 3), expected, 3, "pairs of three texts", hint)


@count.check(points=1)
def keeps_large_codes_and_counts_exact(student: Handle, seed: int) -> None:
    """70,001 equal symbols are more than 16 bits hold, and thirteen letters more than a float can tell apart."""
    check_table(student([np.zeros(70_001, dtype=np.int64)], 2, 3), Counter({(0, 0): 70_000}), 3, "70,001 equal symbols", "counts are int64")
    texts = [[26] * 12 + [last] for last in (24, 25, 26, 25)]
    expected = sum((Counter(slow.windows(text, 13)) for text in texts), Counter())
    hint = "these codes differ in their last digit only: keep them int64, floats hold 53 bits"
    check_table(student([np.array(text) for text in texts], 13, 27), expected, 27, "order 13, the last letter differs", hint)


@count.check(points=1)
def passes_over_short_texts(student: Handle, seed: int) -> None:
    """Shorter than a window, even empty: nothing to count, unless there is nothing else."""
    texts = [np.array([0, 1]), np.array([1, 1, 0]), np.zeros(0, dtype=np.int64)]
    check_table(
        student(texts, 3, 2),
        Counter({(1, 1, 0): 1}),
        2,
        "order 3, texts of 2, 3 and 0 symbols",
        "leave texts out that are shorter than the order",
    )
    raises(ValueError, lambda: student(texts, 4, 2), "order 4, texts of 2, 3 and 0 symbols", "no text is long enough")
    raises(ValueError, lambda: student(texts, 0, 2), "order 0", "ngram_codes refuses it: is it asked?")
    raises(ValueError, lambda: student([], 1, 2), "no texts at all")


def check_look_up(student: Handle, text: list[int], order: int, size: int, codes: np.ndarray, case: str) -> None:
    """All three numbers for these codes, against dictionaries."""
    counter = Counter(slow.windows(text, order))
    grams = {code: slow.unfold(code, order, size) for code in set(codes.ravel().tolist())}
    found = {code: slow.after(counter, gram[:-1]) for code, gram in grams.items()}
    hints = {
        "c(hw)": "a code that is not in the table occurs 0 times, wherever a search would put it",
        "c(h)": "sum the counts of all n-grams with the same context, codes // size",
        "T(h)": "the number of different n-grams with this context, however often each occurs",
    }
    oracles = (lambda code: counter[grams[code]], lambda code: sum(found[code].values()), lambda code: len(found[code]))
    got = parts(student(slow.tables([counter], size)[0], codes, size), 3, case, "(count, total, kinds)")
    for value, oracle, (name, hint) in zip(got, oracles, hints.items(), strict=True):
        has_shape(value, codes.shape, f"{name}, {case}", "one number for each code, in the places of the codes")
        expected = np.array([oracle(code) for code in codes.ravel().tolist()], dtype=float).reshape(codes.shape)
        agree(value, expected, f"{name}, {case}", hint, tolerance=0)


@look_up.check(points=1)
def knows_the_pairs_of_a_toy_text(student: Handle, seed: int) -> None:
    """After 0 there are four pairs of two kinds in 0 1 0 2 0 1 1 0 1 2."""
    got = parts(student(slow.tables([Counter(slow.windows(TOY, 2))], 3)[0], np.array([1, 0, 3]), 3), 3, "toy text", "(count, total, kinds)")
    for value, expected, name in zip(got, ([3, 0, 2], [4, 4, 4], [2, 2, 3]), ("c(hw)", "c(h)", "T(h)"), strict=True):
        agree(
            value, expected, f"{name} of the pairs 01, 00, 10 in {TOY}", "write down all pairs of the text, sorted, and count", tolerance=0
        )


@look_up.check(points=2)
def equals_dictionaries_for_every_code(student: Handle, seed: int) -> None:
    """All V^N n-grams, seen and unseen, with the first and the last code."""
    for order in (1, 2, 3):
        codes = every(order, 5).ravel()
        check_look_up(student, random_text(seed + order, 5, 60), order, 5, codes, f"order {order}, all {len(codes)} codes")


@look_up.check(points=1)
def takes_codes_of_any_shape(student: Handle, seed: int) -> None:
    """A matrix of codes, one code, none, and large ones."""
    text = random_text(seed, 4, 30)
    for shape in [(3, 4), (1,), (0,), (2, 1, 3)]:
        codes = np.random.default_rng(seed).integers(0, 64, size=shape)
        check_look_up(student, text, 3, 4, codes, f"codes of shape {shape}")
    for order in (12, 13):
        letters = random_text(seed, 27, 60)
        codes = np.array([slow.fold(gram, 27) for gram in slow.windows(letters, order)])
        check_look_up(student, letters, order, 27, np.append(codes, codes + 1), f"order {order} of letters")


@look_up.check(points=1)
def reads_the_table_that_it_is_given(student: Handle, seed: int) -> None:
    """Two tables that look alike, one after the other, with counts beyond 32 bits."""
    grams, codes, names = np.array([1, 3, 4, 8]), np.array([1, 2, 3, 5, 8]), ("c(hw)", "c(h)", "T(h)")
    for middle in (2**40 + 1, 2**53 - 2**42):
        counts = np.array([7, middle, 2, 5])
        expected = ([7, 0, middle, 0, 5], [7, 7, middle + 2, middle + 2, 5], [1, 1, 2, 2, 1])
        got = parts(student((grams, counts), codes, 3), 3, f"counts {counts}", "(count, total, kinds)")
        for value, wanted, name in zip(got, expected, names, strict=True):
            exactly(value, wanted, f"{name} of the codes {codes}, counts {counts}", "integers of 64 bits, from this table and no other")


@maximum_likelihood.check(points=1)
def gives_the_fractions_of_a_toy_text(student: Handle, seed: int) -> None:
    """In 0 1 0 2 0 1 1 0 1 2 four pairs begin with 0: three are 0 1, one is 0 2."""
    tables = slow.tables(slow.count_all(TOY, 2), 3)
    hint = "divide by the number of n-grams with the same context, not by the number of all n-grams or of the newest symbol"
    agree(student(tables, np.array([0, 1, 2]), 3), [0, 3 / 4, 1 / 4], "after 0", hint, tolerance=EXACT)
    agree(student(tables, np.array([3, 4, 5]), 3), [1 / 2, 1 / 4, 1 / 4], "after 1", hint, tolerance=EXACT)
    agree(student(tables, np.array([6, 7, 8]), 3), [1, 0, 0], "after 2, which stands once before another symbol", hint, tolerance=EXACT)


@maximum_likelihood.check(points=1)
def sums_to_one_after_known_contexts(student: Handle, seed: int) -> None:
    """And to nothing after contexts that never occurred."""
    for order in (1, 2, 3):
        counters = slow.count_all(random_text(seed, 4, 12), order)
        p = array(student(slow.tables(counters, 4), every(order, 4), 4), f"order {order}")
        expected = [float(bool(slow.after(counters[-1], slow.unfold(row[0], order, 4)[:-1]))) for row in every(order, 4)]
        agree(
            p.sum(axis=-1),
            expected,
            f"order {order}, sum over the symbols after each context",
            "1 after a known context, 0 (not NaN) after a new one",
            EXACT,
        )


@maximum_likelihood.check(points=1)
def equals_a_dictionary_of_fractions(student: Handle, seed: int) -> None:
    """Random texts, all n-grams; no zero is hidden behind a small number."""
    for order in (1, 2, 4):
        for kind, text in (("some unseen", random_text(seed, 5, 80)), ("none unseen", saturated_text(seed, 5, 80))):
            grams = slow.count_all(text, order)
            expected = [[relative_frequency(grams[-1], slow.unfold(code, order, 5)) for code in row] for row in every(order, 5)]
            hint = "an unseen n-gram has probability 0 exactly; add nothing"
            agree(student(slow.tables(grams, 5), every(order, 5), 5), expected, f"order {order}, {kind}", hint, tolerance=1e-12)


@maximum_likelihood.check(points=1)
def answers_for_each_code_by_itself(student: Handle, seed: int) -> None:
    """Codes of many contexts in any order, some twice, and one alone; long windows too."""
    for order, size, length in [(3, 5, 90), (6, 4, 60), (13, 27, 40)]:
        grams, codes = slow.count_all(random_text(seed, size, length), order), mixed_codes(seed, size, length, order)
        for asked in (codes, codes[:1], codes[1:2], codes[:0], codes[: len(codes) // 2 * 2].reshape(2, -1)):
            expected = [relative_frequency(grams[-1], slow.unfold(code, order, size)) for code in asked.ravel()]
            hint = "neighbours among the codes need not share a context, nor are all symbols of a context asked for"
            case = f"order {order}, codes of shape {asked.shape}"
            agree(student(slow.tables(grams, size), asked, size), np.reshape(expected, asked.shape), case, hint, tolerance=1e-12)


def relative_frequency(counter: Counter, gram: tuple[int, ...]) -> float:
    """Eq. (1.3) from a dictionary."""
    return counter[gram] / max(1, sum(slow.after(counter, gram[:-1]).values()))
