"""N-gram counts and probabilities the slow way, with dictionaries of tuples: what the checks of lesson 1 compare with."""

from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np

Grams = list[Counter]  # how often each tuple of symbols occurs, for the orders 1, 2, ...


def fold(gram: tuple[int, ...], size: int) -> int:
    """Code of an n-gram: its symbols as digits, oldest first."""
    code = 0
    for symbol in gram:
        code = code * size + int(symbol)
    return code


def unfold(code: int, order: int, size: int) -> tuple[int, ...]:
    """The n-gram of a code."""
    return tuple(int(code) // size**k % size for k in reversed(range(order)))


def windows(symbols: list[int], order: int) -> list[tuple[int, ...]]:
    """All windows of a text."""
    return [tuple(int(s) for s in symbols[i : i + order]) for i in range(len(symbols) - order + 1)]


def count_all(symbols: list[int], order: int) -> Grams:
    """The counts of the orders 1 to `order` of one text."""
    return [Counter(windows(symbols, n)) for n in range(1, order + 1)]


def tables(grams: Grams, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same counts in the form that students use: ascending codes and their counts, by order."""
    pairs = [sorted((fold(gram, size), count) for gram, count in counter.items()) for counter in grams]
    return [(np.array([c for c, _ in rows], dtype=np.int64), np.array([n for _, n in rows], dtype=np.int64)) for rows in pairs]


def after(counter: Counter, context: tuple[int, ...]) -> dict[int, int]:
    """How often each symbol follows a context."""
    return {gram[-1]: n for gram, n in counter.items() if gram[:-1] == context}


def continuations(grams: Grams) -> Grams:
    """The same orders, with the number of different symbols before each n-gram at every order but the last."""
    lower = []
    for longer in grams[1:]:
        company = defaultdict(set)
        for gram in longer:
            company[gram[1:]].add(gram[0])
        lower.append(Counter({gram: len(symbols) for gram, symbols in company.items()}))
    return [*lower, grams[-1]]


def witten_bell(grams: Grams, gram: tuple[int, ...], size: int) -> float:
    """Interpolated Witten-Bell, by recursion from the longest context down."""

    def mix(count: int, total: int, kinds: int, shorter: float) -> float:
        return (count + kinds * shorter) / (total + kinds)

    return _climb(grams, gram, size, mix)


def kneser_ney(grams: Grams, gram: tuple[int, ...], size: int, discount: float) -> float:
    """Interpolated Kneser-Ney, by recursion from the longest context down."""

    def mix(count: int, total: int, kinds: int, shorter: float) -> float:
        return max(count - discount, 0) / total + discount * kinds / total * shorter

    return _climb(continuations(grams), gram, size, mix)


def _climb(grams: Grams, gram: tuple[int, ...], size: int, mix: Callable[[int, int, int, float], float]) -> float:
    if not gram:
        return 1 / size
    shorter = _climb(grams, gram[1:], size, mix)
    found = after(grams[len(gram) - 1], gram[:-1])
    return mix(found.get(gram[-1], 0), sum(found.values()), len(found), shorter) if found else shorter


def stationary(transition: np.ndarray) -> np.ndarray:
    """Long-run share of time in each state of a connected chain, by many steps of its lazy twin, which is never periodic."""
    lazy = (np.eye(len(transition)) + transition) / 2
    return np.linalg.matrix_power(lazy, 2**16)[0]


def chain_entropy(transition: np.ndarray) -> float:
    """Entropy rate in bits, one entry at a time."""
    visits = stationary(transition)
    entries = [(visits[i] * p, p) for i, row in enumerate(transition) for p in row if p > 0]
    return float(-sum(weight * np.log2(p) for weight, p in entries))


def pair_chain(source: np.ndarray) -> np.ndarray:
    """Second-order source (V, V, V) as a chain on the V*V pairs: (a, b) steps to (b, c) with probability source[a, b, c]."""
    size = len(source)
    chain = np.zeros((size * size, size * size))
    for a, b, c in np.ndindex(source.shape):
        chain[a * size + b, b * size + c] = source[a, b, c]
    return chain


def walk(source: np.ndarray, length: int, random: np.random.Generator) -> list[int]:
    """A text of a second-order source (V, V, V)."""
    size = len(source)
    edges = np.cumsum(source, axis=2).tolist()
    text = [0, 0]
    for chance in random.random(length).tolist():
        row = edges[text[-2]][text[-1]]
        text.append(min(sum(edge <= chance for edge in row), size - 1))
    return text[2:]


def ring(text: list[int], order: int, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Tables of a text closed to a ring: every context has a successor."""
    return [tables([Counter(windows(text + text[: n - 1], n))], size)[0] for n in range(1, order + 1)]


def codes(symbols: list[int], order: int, size: int) -> np.ndarray:
    """Codes of all windows, as a matrix product."""
    return np.lib.stride_tricks.sliding_window_view(np.array(symbols), order) @ size ** np.arange(order)[::-1]
