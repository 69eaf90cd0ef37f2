"""Checks of lesson 1 on smoothing and the held-out test: witten_bell, kneser_ney, held_out."""

import math
from collections.abc import Callable

import numpy as np

from autograder.checks import ngram_oracles as slow
from autograder.checks.compare import agree, array, raises, within
from autograder.checks.core import Exercise
from autograder.checks.ngram_common import EXACT, TOY, every, mixed_codes, number, random_text, saturated_text
from autograder.checks.student import Handle, there

witten_bell = Exercise("witten_bell")
kneser_ney = Exercise("kneser_ney")
held_out = Exercise("held_out")
MODELS = "autograder.checks.ngram_models"
TEXTS = [(1, random_text), (2, random_text), (3, random_text), (4, random_text), (2, saturated_text), (3, saturated_text)]


def sums_to_one(student: Handle, seed: int) -> None:
    """After each context, known or new, over all symbols."""
    for order in (1, 2, 3):
        tables = slow.tables(slow.count_all(random_text(seed, 5, 25), order), 5)
        p = array(student(tables, every(order, 5), 5), f"order {order}")
        hint = "what the seen symbols give up is handed out: check p_0 = 1/V, weight and context of p_(n-1), new contexts; no count below 0"
        agree(p.sum(axis=-1), np.ones(5 ** (order - 1)), f"order {order}, sum over the symbols after each context", hint, tolerance=EXACT)
    words, size = [*range(0, 50_000, 9), 7, 9, 7, 18], 50_000
    tables = slow.tables(slow.count_all(words, 3), size)
    for context in ((7, 9), (9, 7), (3, 4)):
        p = student(tables, slow.fold(context, size) * size + np.arange(size), size)
        hint = "all 50,000 words get a share, and codes of order 3 need 47 bits"
        agree(array(p, f"after {context}").sum(), 1, f"order 3 of 50,000 words, sum after the context {context}", hint, tolerance=EXACT)


def new_contexts_take_the_shorter_one(student: Handle, seed: int) -> None:
    """After a context that is not in the table p_n is p_(n-1), and p_0 is 1/V."""
    text = [0, 1, 2, 0, 1, 1, 2, 0]
    known = slow.tables(slow.count_all(text, 2), 5)
    got = student(known, np.arange(15, 20), 5)
    agree(
        got,
        student(known[:1], np.arange(5), 5),
        "after symbol 3, which never occurs",
        "with c(h) = 0 there is nothing to mix: keep p_(n-1)",
        tolerance=EXACT,
    )


def each_by_itself(student: Handle, oracle: Callable, seed: int) -> None:
    """Codes of many contexts in any order, against the recursion, up to order 13."""
    for order, size, length in [(3, 5, 90), (6, 4, 60), (13, 27, 40)]:
        grams, codes = slow.count_all(random_text(seed, size, length), order), mixed_codes(seed, size, length, order)
        expected = np.array([oracle(grams, slow.unfold(code, order, size), size) for code in codes])
        for part in (slice(None), slice(1), slice(1, 2)):
            case = f"order {order} of {size} symbols, {len(codes[part])} codes of mixed contexts"
            hint = "neighbours among the codes need not share a context, nor are all symbols of a context asked for"
            agree(student(slow.tables(grams, size), codes[part], size), expected[part], case, hint, tolerance=EXACT)


witten_bell.check(points=1)(sums_to_one)


@witten_bell.check(points=1)
def gives_the_shares_of_a_toy_text(student: Handle, seed: int) -> None:
    """0 0 1 of three symbols: p(2) = (0 + 2/3) / (3 + 2), and so on."""
    tables = slow.tables(slow.count_all([0, 0, 1], 2), 3)
    one = [(2 + 2 / 3) / 5, (1 + 2 / 3) / 5, (2 / 3) / 5]
    agree(
        student(tables[:1], np.arange(3), 3),
        one,
        "order 1 of 0 0 1",
        "the lowest order mixes with 1/V, V = size, and the weight of that is T(h), the number of kinds seen",
        tolerance=EXACT,
    )
    two = [(1 + 2 * one[0]) / 4, (1 + 2 * one[1]) / 4, 2 * one[2] / 4]
    hint = "weights: c(h) for the counts, T(h), the number of kinds, for the shorter context; h' drops the oldest symbol"
    agree(student(tables, np.arange(3), 3), two, "order 2 of 0 0 1, after 0", hint, tolerance=EXACT)


@witten_bell.check(points=1)
def falls_back_after_new_contexts(student: Handle, seed: int) -> None:
    """After a context that never occurred p_n is p_(n-1)."""
    new_contexts_take_the_shorter_one(student, seed)


@witten_bell.check(points=2)
def equals_the_recursion_with_dictionaries(student: Handle, seed: int) -> None:
    """Random texts, all n-grams of the orders 1 to 4."""
    for order, some_text in TEXTS:
        grams, codes = slow.count_all(some_text(seed + order, 4, 60), order), every(order, 4)
        expected = [[slow.witten_bell(grams, slow.unfold(code, order, 4), 4) for code in row] for row in codes.tolist()]
        agree(
            student(slow.tables(grams, 4), codes, 4),
            expected,
            f"order {order}, all n-grams of a {some_text.__name__.replace('_', ' ')}",
            "T(h) counts also where all symbols were seen; p_(n-1) is that of the newest n - 1 symbols, code % size**(n - 1)",
            EXACT,
        )


@witten_bell.check(points=1)
def answers_for_each_code_by_itself(student: Handle, seed: int) -> None:
    """Codes of many contexts in any order, and one alone, up to order 13."""
    each_by_itself(student, slow.witten_bell, seed)


SAN, FRANCISCO, GLASSES = 0, 1, 2
CITY = [SAN, FRANCISCO] * 8 + [3, GLASSES, 4, GLASSES, 5, GLASSES, 3, 4, 5]

kneser_ney.check(points=1)(sums_to_one)


@kneser_ney.check(points=1)
def prefers_company_to_frequency(student: Handle, seed: int) -> None:
    """After a new word 'glasses', seen after three words, is likelier than 'Francisco', seen eight times after one."""
    p = array(student(slow.tables(slow.count_all(CITY, 2), 7), 6 * 7 + np.arange(7), 7, 0.75), "after a new word")
    hint = "below order N count different symbols before it, not how often they came, and take the discount of (1.9)"
    within(p[GLASSES] / p[FRANCISCO], 2.5, 20, "'glasses' to 'Francisco' after a new word", hint)


@kneser_ney.check(points=1)
def counts_the_first_symbol_as_company(student: Handle, seed: int) -> None:
    """What begins the text follows nothing, yet it stands before what comes next."""
    grams, codes = slow.count_all([3, 1, 2, 1, 2, 0], 3), every(3, 4)
    expected = [[slow.kneser_ney(grams, slow.unfold(code, 3, 4), 4, 0.75) for code in row] for row in codes.tolist()]
    hint = "make each continuation table from the plain table one order above (3 stands before 1), and climb from p_0 = 1/V"
    agree(student(slow.tables(grams, 4), codes, 4, 0.75), expected, "order 3 of 3 1 2 1 2 0", hint, tolerance=EXACT)


@kneser_ney.check(points=1)
def hands_on_after_new_contexts(student: Handle, seed: int) -> None:
    """A context that is not in the table leaves p_(n-1), for symbols at the very start of the text too."""
    text = [3, 0, 1, 0, 2, 0, 1, 1]
    grams = slow.count_all(text, 3)
    new = np.array([slow.fold((2, 2, w), 4) for w in range(4)])
    expected = [slow.kneser_ney(grams, (2, 2, w), 4, 0.75) for w in range(4)]
    hint = "2 2 is new: keep p_(n-1). 3 only begins the text, so its continuation count is 0: it lives on p_0 = 1/V"
    agree(student(slow.tables(grams, 4), new, 4, 0.75), expected, "after 2 2 in 3 0 1 0 2 0 1 1", hint, tolerance=EXACT)


@kneser_ney.check(points=2)
def equals_the_discounted_recursion(student: Handle, seed: int) -> None:
    """Random texts, the orders 1 to 4, several discounts; without one it is 0.75."""
    for (order, some_text), discount in zip(TEXTS, (0.5, 0.75, 0.1, 1.0, 0.9, 0.3), strict=True):
        grams, codes = slow.count_all(some_text(seed + order, 4, 60), order), every(order, 4)
        expected = [[slow.kneser_ney(grams, slow.unfold(code, order, 4), 4, discount) for code in row] for row in codes.tolist()]
        hint = "every kind loses `discount`, so the shorter context gets discount * T(h) / c(h); T and c are those of the table in use"
        agree(student(slow.tables(grams, 4), codes, 4, discount), expected, f"order {order}, discount {discount}", hint, tolerance=EXACT)
    grams = slow.count_all(TOY, 2)
    expected = [slow.kneser_ney(grams, (0, w), 3, 0.75) for w in range(3)]
    agree(student(slow.tables(grams, 3), np.arange(3), 3), expected, "no discount given", "the default is 0.75", tolerance=EXACT)


@kneser_ney.check(points=1)
def answers_for_each_code_by_itself_too(student: Handle, seed: int) -> None:
    """Codes of many contexts in any order, and one alone, up to order 13, with the default discount."""
    each_by_itself(student, lambda grams, gram, size: slow.kneser_ney(grams, gram, size, 0.75), seed)


@kneser_ney.check(points=1)
def takes_discounts_from_none_to_all(student: Handle, seed: int) -> None:
    """With 0 it is the most likely model after known contexts; beyond [0, 1] it is none."""
    tables = slow.tables(slow.count_all(TOY, 2), 3)
    agree(
        student(tables, np.arange(3), 3, 0.0),
        [0, 3 / 4, 1 / 4],
        "discount 0, after 0",
        "nothing is taken, so nothing is handed on",
        tolerance=EXACT,
    )
    for discount in (-0.1, 1.1):
        raises(
            ValueError,
            lambda discount=discount: student(tables, np.arange(3), 3, discount),
            f"discount {discount}",
            "a discount lies in 0 to 1",
        )


@held_out.check(points=2)
def pays_for_the_end_what_the_recursion_says(student: Handle, model: Handle, seed: int) -> None:
    """Witten-Bell with dictionaries: count the first part, score each symbol of the rest."""
    for order, length, share in [(1, 40, 0.5), (2, 60, 0.8), (3, 50, 0.9), (2, 10, 0.78), (1, 10, 0.75), (4, 8, 0.5), (6, 80, 0.7)]:
        text = random_text(seed + order, 4, length)
        known = int(share * length)
        grams = slow.count_all(text[:known], order)
        expected = np.mean([-math.log2(slow.witten_bell(grams, tuple(text[t - order + 1 : t + 1]), 4)) for t in range(known, length)])
        hint = "count the first int(share * T) symbols only, and average the bits over all the others, with the model that was handed over"
        number(
            student(np.array(text), order, 4, share, model),
            float(expected),
            f"order {order}, {known} of {length} symbols counted",
            hint,
            EXACT,
        )


@held_out.check(points=1)
def scores_with_the_model_that_it_is_given(student: Handle, model: Handle, seed: int) -> None:
    """A model that says one half for every symbol of a long text."""
    text = np.array(random_text(seed, 4, 700))
    for share in (0.75, 0.78):
        hint = "the model that was handed over gives the probabilities, all of the rest counts"
        number(student(text, 6, 4, share, there(student, f"{MODELS}:one_half")), 1.0, f"a model that says 1/2, share {share}", hint, EXACT)
    hint = "pay what the model says, however little that is: no floor below its probabilities"
    number(student(text, 2, 4, 0.5, there(student, f"{MODELS}:next_to_nothing")), 50, "a model that says 2**-50", hint, EXACT)
    hint = "one symbol that the model held impossible costs infinitely many bits: `score` says so"
    number(student(text, 2, 4, 0.5, there(student, f"{MODELS}:nothing")), math.inf, "a model that says 0 for some symbols", hint)


@held_out.check(points=1)
def has_not_seen_what_it_scores(student: Handle, model: Handle, seed: int) -> None:
    """Symbol 1 comes only in the second half, so its price there is that of a new symbol."""
    text = np.array([0] * 8 + [1] * 8)
    hint = "nothing of the second part may be counted: a model that has seen the text repeats it"
    number(student(text, 1, 2, 0.5, model), math.log2(9 / 0.5), "eight 0, then eight 1, half of them counted", hint)


@held_out.check(points=1)
def scores_every_symbol_at_every_order(student: Handle, model: Handle, seed: int) -> None:
    """Two symbols are left to score, and the windows are longer than that."""
    text = [*([0, 1, 2] * 6), 0, 2]
    grams = slow.count_all(text[:18], 4)
    expected = np.mean([-math.log2(slow.witten_bell(grams, tuple(text[t - 3 : t + 1]), 3)) for t in (18, 19)])
    hint = "the first symbols of the rest have a context too: the end of the part that was counted"
    number(student(np.array(text), 4, 3, 0.9, model), float(expected), "order 4, 18 of 20 symbols counted", hint)


@held_out.check(points=1)
def refuses_what_cannot_be_scored(student: Handle, model: Handle, seed: int) -> None:
    """An order that does not fit into the first part, or nothing left."""
    text = np.array([0, 1, 0, 1, 1, 0])
    cases = {
        "order 0": (0, 0.5),
        "order 4, 3 symbols to count": (4, 0.5),
        "share 1, nothing to score": (2, 1.0),
        "share 0, nothing to count": (1, 0.0),
    }
    for case, (order, share) in cases.items():
        raises(ValueError, lambda order=order, share=share: student(text, order, 2, share, model), case)
    raises(ValueError, lambda: student(text[:0], 1, 2, 0.5, model), "an empty text")
