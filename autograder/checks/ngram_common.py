"""What the checks of lesson 1 share: small texts, and comparisons of tables and numbers."""

from collections import Counter
from typing import Any

import numpy as np

from autograder.checks import ngram_oracles as slow
from autograder.checks.compare import agree, array, same, unexpected
from autograder.checks.core import Failure

EXACT = 1e-9
TOY = [0, 1, 0, 2, 0, 1, 1, 0, 1, 2]  # ten symbols of three kinds, for fractions by hand
BITS = "bits are base-2 logarithms; natural ones are too small by a factor of ln 2 = 0.693"


def random_text(seed: int, size: int, length: int) -> list[int]:
    """Symbols of uneven frequency; the last one never occurs, so that something is always unseen."""
    shares = np.arange(1, size) / np.arange(1, size).sum()
    return np.random.default_rng(seed).choice(size - 1, size=length, p=shares).tolist()


def saturated_text(seed: int, size: int, length: int) -> list[int]:
    """All symbols occur, and 0 and 1 come so often that all symbols follow them."""
    every_pair = [symbol for follower in range(size) for symbol in (0, follower, 1, follower)]
    return [*every_pair, *np.random.default_rng(seed).integers(0, size, size=length).tolist()]


def every(order: int, size: int) -> np.ndarray:
    """All n-grams of an order: (contexts, size) codes, one row a context."""
    return np.arange(size**order, dtype=np.int64).reshape(-1, size)


def mixed_codes(seed: int, size: int, length: int, order: int) -> np.ndarray:
    """Codes of n-grams that `random_text` of this seed holds and, half of them, of strangers; shuffled, the first one twice."""
    known = slow.codes(random_text(seed, size, length), order, size)[:20]
    codes = np.concatenate([known, known // size * size + (known + 1) % size, (known + size) % size**order])
    codes = np.random.default_rng(seed).permutation(codes)
    return np.append(codes, codes[:1])


def parts(got: Any, number: int, case: str, names: str) -> list:
    """The entries of a tuple that must have this many."""
    if not isinstance(got, tuple | list) or len(got) != number:
        raise unexpected(got, f"the {number} values {names}", case, "return them all, parted by commas")
    return list(got)


def exactly(got: Any, expected: list, case: str, hint: str) -> None:
    """Integers, equal to the last digit, which a comparison as floats would not see."""
    values = array(got, case, hint)
    if values.dtype.kind not in "iu":
        raise Failure(f"{case}: got numbers of type {values.dtype}, expected integers", "floats lose the last digits of large codes")
    same(values.tolist(), expected, case, hint)


def exact_codes(got: Any, expected: list, case: str, hint: str) -> None:
    """Codes of n-grams: int64, so that all who use them can compute on without a thought of overflow."""
    exactly(got, expected, case, hint)
    if (dtype := array(got, case).dtype) != np.int64:
        raise Failure(f"{case}: got numbers of type {dtype}, expected int64", "convert the symbols before you compute with them")


def number(got: Any, expected: float, case: str, hint: str, tolerance: float = EXACT) -> None:
    """One number, to the exactness of this lesson."""
    agree(got, expected, case, hint, tolerance)


def check_table(got: Any, expected: Counter, size: int, case: str, hint: str) -> None:
    """A table must hold these n-grams, ascending, with these counts."""
    grams, counts = parts(got, 2, case, "(grams, counts)")
    expected = sorted((slow.fold(gram, size), n) for gram, n in expected.items())
    exact_codes(grams, [code for code, _ in expected], f"{case}, n-grams", hint)
    exactly(counts, [n for _, n in expected], f"{case}, counts", hint)
