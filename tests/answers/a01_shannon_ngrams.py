"""Answers to lesson 1 that the checks must tell apart."""

import math
import random
import re
from bisect import bisect_right
from collections import Counter, defaultdict

import numpy as np

from solutions import a01_shannon_ngrams as lesson
from tests.answers.core import right, wrong

# normalise


@right("normalise")
def character_by_character(text):
    kept = "".join(c if "a" <= c <= "z" else " " for c in text.lower())
    if not kept.strip():
        raise ValueError("no letters")
    return " ".join(kept.split())


@right("normalise")
def by_substitution(text):
    kept = re.sub(r"[^a-z]+", " ", text.lower()).strip()
    if kept == "":
        raise ValueError("no letters")
    return kept


@wrong("normalise", message="a range from A to z holds six signs")
def with_a_range_from_upper_to_lower_case(text):
    found = re.findall("[A-z]+", text.lower())
    if not found:
        raise ValueError("no letters")
    return " ".join(found)


@wrong("normalise", message="run of other characters is one space")
def with_a_space_for_every_character(text):
    return "".join(c if "a" <= c <= "z" else " " for c in text.lower())


@wrong("normalise", message="lower case before")
def without_capitals(text):
    return " ".join(re.findall("[a-z]+", text))


@wrong("normalise", message="those with accents part words")
def with_all_letters_of_the_world(text):
    return " ".join("".join(c if c.isalpha() else " " for c in text.lower()).split())


@wrong("normalise", message="digits part words")
def with_digits(text):
    return " ".join(re.findall("[a-z0-9]+", text.lower()))


@wrong("normalise", message="an apostrophe parts words")
def with_punctuation_taken_out(text):
    return " ".join(re.sub(r"[^a-z\s]", "", text.lower()).split())


@wrong("normalise", message="line ends, tabs and dashes")
def with_lines_kept(text):
    return "\n".join(" ".join(re.findall("[a-z]+", line)) for line in text.lower().split("\n")).strip()


@wrong("normalise", message="expected ValueError")
def with_nothing_from_nothing(text):
    return " ".join(re.findall("[a-z]+", text.lower()))


@wrong("normalise", message="none is left at the ends")
def with_spaces_at_the_ends(text):
    return re.sub(r"[^a-z]+", " ", text.lower())


@wrong("normalise", message="do not spell them out")
def by_casefolding(text):
    return by_substitution(text.casefold())


@wrong("normalise", message="nor let re.IGNORECASE take them")
def without_regard_to_case(text):
    words = re.findall("[a-z]+", text, re.IGNORECASE)
    if not words:
        raise ValueError("no letters")
    return " ".join(words).lower()


@wrong("normalise", message="makes a plain k of the Kelvin sign")
def with_both_cases_found_first(text):
    words = re.findall("[a-zA-Z]+", text)
    if not words:
        raise ValueError("no letters")
    return " ".join(words).lower()


@wrong("normalise", message="of other alphabets, or with accents, do not count")
def refusing_only_what_has_no_case(text):
    if text.upper() == text.lower():
        raise ValueError("no letters")
    return " ".join(re.findall("[a-z]+", text.lower()))


# ngram_codes


def check_order(symbols, order, size):
    symbols = [int(symbol) for symbol in symbols]
    if not 1 <= order <= len(symbols) or not all(0 <= symbol < size for symbol in symbols) or size**order >= 2**63:
        raise ValueError("does not fit")
    return symbols


@right("ngram_codes")
def window_by_window(symbols, order, size):
    symbols = check_order(symbols, order, size)
    return np.array(
        [sum(s * size ** (order - 1 - k) for k, s in enumerate(symbols[t : t + order])) for t in range(len(symbols) - order + 1)]
    )


@right("ngram_codes")
def rolling_on(symbols, order, size):
    codes, code = [], 0
    for symbol in check_order(symbols, order, size):
        code = (code * size + symbol) % size**order
        codes.append(code)
    return np.array(codes[order - 1 :], dtype=np.int64)


@wrong("ngram_codes", message="oldest symbol is the most significant digit")
def with_the_newest_symbol_first(symbols, order, size):
    symbols = check_order(symbols, order, size)
    return np.array([sum(s * size**k for k, s in enumerate(symbols[t : t + order])) for t in range(len(symbols) - order + 1)])


@wrong("ngram_codes", message="T - N + 1")
def without_the_last_window(symbols, order, size):
    return rolling_on(symbols, order, size)[: len(symbols) - order]


@wrong("ngram_codes", message="windows overlap")
def in_blocks(symbols, order, size):
    return rolling_on(symbols, order, size)[::order]


@wrong("ngram_codes", message="floats hold 53 bits")
def in_floats(symbols, order, size):
    windows = np.lib.stride_tricks.sliding_window_view(check_order(symbols, order, size), order)
    return (windows @ float(size) ** np.arange(order)[::-1]).astype(np.int64)


@wrong("ngram_codes", message="a byte overflows")
def in_the_type_of_the_symbols(symbols, order, size):
    check_order(symbols, order, size)
    codes = np.zeros(len(symbols) - order + 1, dtype=symbols.dtype)
    for k in range(order):
        codes = codes * np.array(size).astype(symbols.dtype) + symbols[k : k + len(codes)]
    return codes.astype(np.int64)


@wrong("ngram_codes", message="a window needs 1 to T symbols")
def of_any_order(symbols, order, size):
    symbols = np.asarray(symbols, dtype=np.int64)
    codes = np.zeros(max(0, len(symbols) - order + 1), dtype=np.int64)
    for k in range(order):
        codes = codes * size + symbols[k : k + len(codes)]
    return codes


@wrong("ngram_codes", message="symbols lie in 0 to size - 1")
def of_any_symbols(symbols, order, size):
    check_order([0] * len(symbols), order, size)
    return of_any_order(symbols, order, size)


@wrong("ngram_codes", message="codes wrap around")
def of_any_length(symbols, order, size):
    check_order(symbols, order, 1 + max(symbols, default=0)) if order * math.log2(size) < 62 else None
    if not 1 <= order <= len(symbols):
        raise ValueError("order")
    return of_any_order(symbols, order, size)


@wrong("ngram_codes", message="a window of one symbol is that symbol")
def nothing_but_zeros(symbols, order, size):
    check_order(symbols, order, size)
    return np.zeros(len(symbols) - order + 1, dtype=np.int64)


@wrong("ngram_codes", message="order 1 of symbols stored as uint8")
def with_single_symbols_as_they_are(symbols, order, size):
    codes = rolling_on(symbols, order, size)
    return codes.astype(symbols.dtype) if order == 1 else codes


@wrong("ngram_codes", message="expected int64")
def in_unsigned_codes(symbols, order, size):
    return rolling_on(symbols, order, size).astype(np.uint64)


@wrong("ngram_codes", message="not in the type of the symbols")
def with_only_bytes_widened(symbols, order, size):
    check_order(symbols, order, size)
    if symbols.dtype.kind == "u":
        return rolling_on(symbols, order, size)
    codes = np.zeros(len(symbols) - order + 1, dtype=symbols.dtype)
    for k in range(order):
        codes = codes * np.array(size).astype(symbols.dtype) + symbols[k : k + len(codes)]
    return codes.astype(np.int64)


# count


@right("count")
def with_a_dictionary(texts, order, size):
    counter = Counter()
    for symbols in texts:
        if len(symbols) >= order:
            counter.update(lesson.ngram_codes(symbols, order, size).tolist())
    if not counter:
        raise ValueError("no windows")
    rows = sorted(counter.items())
    return np.array([code for code, _ in rows]), np.array([n for _, n in rows])


@right("count")
def by_sorting(texts, order, size):
    codes = [lesson.ngram_codes(symbols, order, size) for symbols in texts if len(symbols) >= order]
    if not codes:
        raise ValueError("no windows")
    ranked = np.sort(np.concatenate(codes))
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    return ranked[starts], np.diff(np.append(starts, len(ranked)))


@wrong("count", message="the end of one text and the beginning of the next")
def of_one_long_text(texts, order, size):
    return with_a_dictionary([np.concatenate([np.zeros(0, dtype=np.int64), *texts])], order, size)


@wrong("count", message="passes over short texts: ValueError")
def of_long_texts_only(texts, order, size):
    return np.unique(np.concatenate([lesson.ngram_codes(symbols, order, size) for symbols in texts]), return_counts=True)


@wrong("count", message="by ascending code")
def in_order_of_frequency(texts, order, size):
    grams, counts = with_a_dictionary(texts, order, size)
    ranked = np.argsort(-counts, kind="stable")
    return grams[ranked], counts[ranked]


@wrong("count", message="none that does not occur")
def with_a_place_for_everything(texts, order, size):
    grams, counts = with_a_dictionary(texts, order, size)
    return np.arange(size**order), np.bincount(grams, counts, size**order).astype(np.int64)


@wrong("count", message="counts as often as it occurs")
def of_the_texts_that_hold_it(texts, order, size):
    found = [np.unique(lesson.ngram_codes(symbols, order, size)) for symbols in texts if len(symbols) >= order]
    if not found:
        raise ValueError("no windows")
    return np.unique(np.concatenate(found), return_counts=True)


@wrong("count", message="expected integers")
def as_shares(texts, order, size):
    grams, counts = with_a_dictionary(texts, order, size)
    return grams, counts / counts.sum()


@wrong("count", message="(grams, counts)")
def as_a_mapping(texts, order, size):
    grams, counts = with_a_dictionary(texts, order, size)
    return dict(zip(grams.tolist(), counts.tolist(), strict=True))


@wrong("count", message="no text is long enough")
def of_nothing(texts, order, size):
    codes = [lesson.ngram_codes(symbols, order, size) for symbols in texts if len(symbols) >= order]
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *codes]), return_counts=True)


@wrong("count", message="counts are int64")
def in_sixteen_bits(texts, order, size):
    grams, counts = with_a_dictionary(texts, order, size)
    return grams, counts.astype(np.uint16)


@wrong("count", message="these codes differ in their last digit only")
def with_codes_as_floats(texts, order, size):
    grams, counts = with_a_dictionary(texts, order, size)
    rough, places = np.unique(grams.astype(float), return_inverse=True)
    return rough.astype(np.int64), np.bincount(places, counts).astype(np.int64)


# look_up


@right("look_up")
def in_dictionaries(table, codes, size):
    count, total, kinds = Counter(), Counter(), Counter()
    for code, n in zip(*(column.tolist() for column in table), strict=True):
        count[code] = n
        total[code // size] += n
        kinds[code // size] += 1
    flat = codes.ravel().tolist()
    rows = [[count[c] for c in flat], [total[c // size] for c in flat], [kinds[c // size] for c in flat]]
    return tuple(np.array(row, dtype=np.int64).reshape(codes.shape) for row in rows)


@right("look_up")
def by_comparing_everything(table, codes, size):
    grams, counts = table
    alike = codes[..., None] == grams
    related = codes[..., None] // size == grams // size
    return (alike * counts).sum(-1), (related * counts).sum(-1), related.sum(-1)


@wrong("look_up", message="a code that is not in the table occurs 0 times")
def of_the_next_in_the_table(table, codes, size):
    grams, counts = table
    place = np.minimum(np.searchsorted(grams, codes), len(grams) - 1)
    return counts[place], *in_dictionaries(table, codes, size)[1:]


@wrong("look_up", message="the number of different n-grams with this context")
def with_every_occurrence_a_kind(table, codes, size):
    count, total, _ = in_dictionaries(table, codes, size)
    return count, total, total


@wrong("look_up", message="sum the counts of all n-grams with the same context")
def with_the_whole_text_as_context(table, codes, size):
    count, _, kinds = in_dictionaries(table, codes, size)
    return count, np.full(codes.shape, table[1].sum()), kinds


@wrong("look_up", message="same context, codes // size")
def with_the_newest_symbol_as_context(table, codes, size):
    grams, counts = table
    related = codes[..., None] % size == grams % size
    return in_dictionaries(table, codes, size)[0], (related * counts).sum(-1), related.sum(-1)


@wrong("look_up", message="sum the counts of all n-grams with the same context")
def with_kinds_for_totals(table, codes, size):
    count, _, kinds = in_dictionaries(table, codes, size)
    return count, kinds, kinds


@wrong("look_up", message="(count, total, kinds)")
def of_the_count_alone(table, codes, size):
    return in_dictionaries(table, codes, size)[0]


@wrong("look_up", message="in the places of the codes")
def in_one_row(table, codes, size):
    return in_dictionaries(table, codes.ravel(), size)


known_tables = {}


@wrong("look_up", message="from this table and no other")
def of_the_first_table_of_its_kind(table, codes, size):
    grams, _ = table
    return in_dictionaries(known_tables.setdefault((len(grams), int(grams[0]), int(grams[-1])), table), codes, size)


@wrong("look_up", message="integers of 64 bits")
def in_thirty_two_bits(table, codes, size):
    count, total, kinds = in_dictionaries(table, codes, size)
    return count.astype(np.int32), total.astype(np.int32), kinds


@wrong("look_up", message="expected integers")
def as_floats(table, codes, size):
    return tuple(number.astype(float) for number in in_dictionaries(table, codes, size))


# maximum_likelihood


@right("maximum_likelihood")
def by_its_own_groups(tables, codes, size):
    total = defaultdict(int)
    for code, n in zip(*(column.tolist() for column in tables[-1]), strict=True):
        total[code // size] += n
    count = dict(zip(*(column.tolist() for column in tables[-1]), strict=True))
    flat = [count[code] / total[code // size] if code in count else 0.0 for code in codes.ravel().tolist()]
    return np.array(flat).reshape(codes.shape)


@right("maximum_likelihood")
def divided_where_there_is_something(tables, codes, size):
    count, total, _ = lesson.look_up(tables[-1], codes, size)
    return np.divide(count, total, out=np.zeros(codes.shape), where=total > 0)


@wrong("maximum_likelihood", message="not by the number of all n-grams")
def jointly(tables, codes, size):
    return lesson.look_up(tables[-1], codes, size)[0] / tables[-1][1].sum()


@wrong("maximum_likelihood", message="not NaN")
def with_nothing_by_nothing(tables, codes, size):
    count, total, _ = lesson.look_up(tables[-1], codes, size)
    with np.errstate(invalid="ignore"):
        return count / total


@wrong("maximum_likelihood", message="probability 0 exactly")
def with_a_small_number_for_safety(tables, codes, size):
    return np.maximum(divided_where_there_is_something(tables, codes, size), 1e-10)


@wrong("maximum_likelihood", message="divide by the number of n-grams with the same context")
def with_one_added(tables, codes, size):
    count, total, _ = lesson.look_up(tables[-1], codes, size)
    return (count + 1) / (total + size)


@wrong("maximum_likelihood", message="or of the newest symbol")
def of_the_context_given_the_symbol(tables, codes, size):
    grams, counts = tables[-1]
    count = lesson.look_up(tables[-1], codes, size)[0]
    return count / np.maximum(1, np.bincount(grams % size, counts, size)[codes % size])


@wrong("maximum_likelihood", message="with the same context")
def with_kinds_for_counts(tables, codes, size):
    count, _, kinds = lesson.look_up(tables[-1], codes, size)
    return (count > 0) / np.maximum(kinds, 1)


@wrong("maximum_likelihood", message="0 (not NaN) after a new one")
def uniform_where_nothing_is_known(tables, codes, size):
    _, total, _ = lesson.look_up(tables[-1], codes, size)
    return np.where(total > 0, divided_where_there_is_something(tables, codes, size), 1 / size)


@wrong("maximum_likelihood", message="need not share a context")
def with_one_context_a_row(tables, codes, size):
    count, total, _ = lesson.look_up(tables[-1], codes, size)
    return count / np.maximum(total[..., :1], 1)


@wrong("maximum_likelihood", message="nor are all symbols of a context asked for")
def with_what_is_asked_as_the_whole(tables, codes, size):
    count = lesson.look_up(tables[-1], codes, size)[0]
    return count / np.maximum(count.sum(axis=-1, keepdims=True), 1)


@wrong("maximum_likelihood", message="none unseen")
def without_the_last_symbol(tables, codes, size):
    return np.where(codes % size < size - 1, divided_where_there_is_something(tables, codes, size), 0)


# sample


def known_successors(table, context, size):
    grams, counts = table
    here = grams // size == context
    return grams[here] % size, counts[here]


def drawing(pick, symbols_kept=None):
    """A sampler that picks the next symbol from successors and their counts."""

    def draw(tables, start, length, size, seed):
        if len(start) and not 0 <= min(start) <= max(start) < size:
            raise ValueError("unknown symbol")
        generator = np.random.default_rng(seed)
        text = [int(symbol) for symbol in start]
        for _ in range(length):
            for order in range(min(len(tables), len(text) + 1), 0, -1):
                context = 0
                for symbol in text[len(text) - order + 1 :]:
                    context = context * size + symbol
                symbols, counts = known_successors(tables[order - 1], context, size)
                if len(symbols):
                    break
            text.append(int(pick(generator, symbols, counts)))
        return np.array(text, dtype=np.int64)

    return draw


in_proportion = drawing(lambda generator, symbols, counts: generator.choice(symbols, p=counts / counts.sum()))


@right("sample")
def by_the_choice_of_numpy(tables, start, length, size, seed):
    return in_proportion(tables, start, length, size, seed)


@right("sample")
def by_the_random_module_of_python(tables, start, length, size, seed):
    if any(not 0 <= symbol < size for symbol in start):
        raise ValueError("unknown symbol")
    followers = [defaultdict(list) for _ in tables]
    for order, (grams, counts) in enumerate(tables):
        for code, n in zip(grams.tolist(), counts.tolist(), strict=True):
            followers[order][code // size].append((code % size, n))
    dice, text = random.Random(seed), list(map(int, start))
    for _ in range(length):
        order = min(len(tables) - 1, len(text))
        while True:
            context = sum(symbol * size**k for k, symbol in enumerate(reversed(text[len(text) - order :])))
            if context in followers[order]:
                break
            order -= 1
        symbols, weights = zip(*followers[order][context], strict=True)
        text += dice.choices(symbols, weights)
    return np.array(text, dtype=np.int64)


@wrong("sample", message="the text loops")
def by_the_likeliest(tables, start, length, size, seed):
    return drawing(lambda generator, symbols, counts: symbols[np.argmax(counts)])(tables, start, length, size, seed)


@wrong("sample", message="nor all alike")
def by_any_that_was_seen(tables, start, length, size, seed):
    return drawing(lambda generator, symbols, counts: generator.choice(symbols))(tables, start, length, size, seed)


@wrong("sample", message="return the seed text and what follows")
def without_the_seed_text(tables, start, length, size, seed):
    return in_proportion(tables, start, length, size, seed)[len(start) :]


@wrong("sample", message="draw from a generator made from `seed`")
def with_its_own_seed(tables, start, length, size, seed):
    return in_proportion(tables, start, length, size, 0)


@wrong("sample", message="draw from a generator made from `seed`")
def with_global_chance(tables, start, length, size, seed):
    return in_proportion(tables, start, length, size, np.random.randint(2**31))


@wrong("sample", message="symbols lie in 0 to size - 1")
def from_any_symbols(tables, start, length, size, seed):
    got = in_proportion(tables, np.asarray(start) % size, length, size, seed)
    return np.append(start, got[len(start) :])


@wrong("sample", message="before the seed text stands nothing")
def with_symbol_0_before_the_seed_text(tables, start, length, size, seed):
    before = len(tables) - 1
    return in_proportion(tables, np.append(np.zeros(before, dtype=np.int64), start), length, size, seed)[before:]


@wrong("sample", message="the last N - 1 symbols, in order")
def with_the_first_symbols_as_context(tables, start, length, size, seed):
    text = [int(symbol) for symbol in start]
    for step in range(length):
        text.append(int(in_proportion(tables, text[: len(tables) - 1], 1, size, seed + step)[-1]))
    return np.array(text)


@wrong("sample", message="forget the oldest symbol only")
def with_all_forgotten_at_once(tables, start, length, size, seed):
    if any(not 0 <= symbol < size for symbol in start):
        raise ValueError("unknown symbol")
    text = [int(symbol) for symbol in start]
    for step in range(length):
        order = min(len(tables), len(text) + 1)
        context = sum(symbol * size**k for k, symbol in enumerate(reversed(text[len(text) - order + 1 :])))
        known = len(known_successors(tables[order - 1], context, size)[0])
        kept = text[len(text) - order + 1 :] if known else []
        text.append(int(in_proportion(tables, kept, 1, size, seed + step)[-1]))
    return np.array(text)


@wrong("sample", message="cannot be empty")
def stopping_at_dead_ends(tables, start, length, size, seed):
    generator, text = np.random.default_rng(seed), [int(symbol) for symbol in start]
    for _ in range(length):
        context = sum(symbol * size**k for k, symbol in enumerate(reversed(text[max(0, len(text) - len(tables) + 1) :])))
        symbols, counts = known_successors(tables[-1], context, size)
        text.append(int(generator.choice(symbols, p=counts / counts.sum())))
    return np.array(text)


@wrong("sample", message="order 3: the chance of a chi-square")
def with_counts_for_pairs_only(tables, start, length, size, seed):
    flat = [*tables[:2], *((grams, np.ones_like(counts)) for grams, counts in tables[2:])]
    return in_proportion(flat, start, length, size, seed)


@wrong("sample", message="no choice is uniform")
def with_a_uniform_beginning(tables, start, length, size, seed):
    if len(start) or not length:
        return in_proportion(tables, start, length, size, seed)
    first = np.random.default_rng(seed).choice(tables[0][0], size=1)
    return in_proportion(tables, first, length - 1, size, seed + 1)


@wrong("sample", message="after k symbols order k + 1 speaks")
def one_order_below_at_first(tables, start, length, size, seed):
    text = in_proportion(tables, start, 0, size, seed).tolist()
    for step in range(length):
        order = min(len(tables), max(1, len(text)))
        text.append(int(in_proportion(tables[:order], text, 1, size, seed + step)[-1]))
    return np.array(text, dtype=np.int64)


@wrong("sample", message="begin at the highest order again")
def never_climbing_back(tables, start, length, size, seed):
    text, order = in_proportion(tables, start, 0, size, seed).tolist(), min(len(tables), len(start) + 1)
    generator = np.random.default_rng(seed)
    for _ in range(length):
        while True:
            context = sum(symbol * size**k for k, symbol in enumerate(reversed(text[len(text) - order + 1 :])))
            symbols, counts = known_successors(tables[order - 1], context, size)
            if len(symbols):
                break
            order -= 1
        text.append(int(generator.choice(symbols, p=counts / counts.sum())))
        order = min(len(tables), order + 1) if len(text) < len(tables) else order
    return np.array(text)


@wrong("sample", message="context codes need 64 bits")
def in_the_type_of_the_seed_text(tables, start, length, size, seed):
    text = list(in_proportion(tables, start, 0, size, seed).astype(np.asarray(start).dtype))
    for step in range(length):
        before = sum(int(symbol) * size**k for k, symbol in enumerate(reversed(text[len(text) - len(tables) + 1 :])))
        symbols, counts = known_successors(tables[-1], before, size) if len(text) >= len(tables) - 1 else ([], [])
        drawn = np.random.default_rng(seed + step).choice(symbols, p=counts / counts.sum()) if len(symbols) else None
        last = in_proportion(tables, text, 1, size, seed + step)[-1] if drawn is None else drawn
        text.append(np.array(last).astype(text[0].dtype) if text else last)
    return np.array(text, dtype=np.int64)


@wrong("sample", message="return the seed text and what follows")
def with_the_end_of_a_long_seed_text(tables, start, length, size, seed):
    return in_proportion(tables, start[-10:], length, size, seed)


@wrong("sample", message="in proportion to its count")
def with_the_place_after_the_last(tables, start, length, size, seed):
    def pick(generator, symbols, counts):
        edges = np.cumsum(counts).tolist()
        return symbols[min(bisect_right(edges, generator.integers(edges[-1] + 1)), len(symbols) - 1)]

    return drawing(pick)(tables, start, length, size, seed)


@wrong("sample", message="the last N - 1 symbols")
def one_order_below(tables, start, length, size, seed):
    return in_proportion(tables[: max(1, len(tables) - 1)], start, length, size, seed)


# entropy_rate


def check_chain(transition):
    if transition.shape[0] != transition.shape[1] or (transition < 0).any() or (abs(transition.sum(1) - 1) > 1e-6).any():
        raise ValueError("no chain")


def row_entropies(transition, log=np.log2):
    return -(transition * log(np.where(transition > 0, transition, 1))).sum(axis=1)


@right("entropy_rate")
def by_eigenvectors(transition):
    check_chain(transition)
    values, vectors = np.linalg.eig(transition.T)
    visits = np.real(vectors[:, np.argmin(abs(values - 1))])
    return float(visits / visits.sum() @ row_entropies(transition))


@right("entropy_rate")
def by_lazy_steps(transition):
    check_chain(transition)
    lazy = (transition + np.eye(len(transition))) / 2
    for _ in range(20):
        lazy = lazy @ lazy
    return sum(-lazy[0, i] * p * math.log2(p) for i, row in enumerate(transition) for p in row if p > 0)


@wrong("entropy_rate", message="not 1/S")
def with_all_states_alike(transition):
    check_chain(transition)
    return float(row_entropies(transition).mean())


@wrong("entropy_rate", message="natural ones are too small")
def in_nats(transition):
    return by_eigenvectors(transition) * math.log(2)


@wrong("entropy_rate", message="adds 0, not NaN")
def with_the_logarithm_of_0(transition):
    check_chain(transition)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropies = -(transition * np.log2(transition)).sum(axis=1)
    return float(np.full(len(transition), 1 / len(transition)) @ entropies)


@wrong("entropy_rate", message="repeated pi @ P never settles")
def by_plain_steps(transition):
    check_chain(transition)
    visits = np.full(len(transition), 1 / len(transition))
    for _ in range(2000):
        visits = visits @ transition
    return float(visits @ row_entropies(transition))


@wrong("entropy_rate", message="not P pi = pi")
def with_the_other_eigenvector(transition):
    check_chain(transition)
    values, vectors = np.linalg.eig(transition)
    visits = np.real(vectors[:, np.argmin(abs(values - 1))])
    return float(visits / visits.sum() @ row_entropies(transition))


@wrong("entropy_rate", message="five states in a circle: off by 2.3")
def of_the_states_themselves(transition):
    check_chain(transition)
    values, vectors = np.linalg.eig(transition.T)
    visits = np.real(vectors[:, np.argmin(abs(values - 1))])
    return float(row_entropies((visits / visits.sum())[None])[0])


@wrong("entropy_rate", message="expected ValueError")
def of_anything(transition):
    visits = np.linalg.lstsq(np.vstack([transition.T - np.eye(*transition.T.shape), np.ones(len(transition))]),
                             np.append(np.zeros(transition.shape[1]), 1), rcond=None)[0]  # fmt: skip
    return float(visits @ row_entropies(np.abs(transition)))


@wrong("entropy_rate", message="0 to 1 or 2, to 3, to 0")
def by_the_mean_of_two_steps(transition):
    check_chain(transition)
    visits = np.eye(len(transition))[0]
    for _ in range(100_000):
        visits = visits @ transition
    return float((visits + visits @ transition) / 2 @ row_entropies(transition))


@wrong("entropy_rate", message="left with 0.0001 and 0.0004")
def by_a_thousand_lazy_steps(transition):
    check_chain(transition)
    lazy = np.linalg.matrix_power((transition + np.eye(len(transition))) / 2, 1000)
    return float(lazy[0] @ row_entropies(transition))


@wrong("entropy_rate", message="a second row of three")
def of_the_rows_at_the_ends(transition):
    check_chain(transition if transition.shape[0] != transition.shape[1] else transition[[0, -1]][:, [0, -1]] * 0 + 0.5)
    if (transition < 0).any() or (abs(transition.sum(1)[[0, -1]] - 1) > 1e-6).any():
        raise ValueError("no chain")
    return lesson.entropy_rate(transition / transition.sum(1, keepdims=True))


@wrong("entropy_rate", message="rows that sum to 1.1 and 0.9")
def of_the_sum_of_all_rows(transition):
    if transition.shape[0] != transition.shape[1] or transition.min() < 0 or abs(transition.sum() - len(transition)) > 1e-6:
        raise ValueError("no chain")
    return lesson.entropy_rate(transition / transition.sum(axis=1, keepdims=True))


@wrong("entropy_rate", message="an entry of -1e-7")
def of_almost_any_numbers(transition):
    if transition.shape[0] != transition.shape[1] or transition.min() < -1e-6 or (abs(transition.sum(axis=1) - 1) > 1e-6).any():
        raise ValueError("no chain")
    return by_eigenvectors(np.maximum(transition, 0) / np.maximum(transition, 0).sum(axis=1, keepdims=True))


@wrong("entropy_rate", message="no chain to the last digit")
def with_sums_of_exactly_one(transition):
    if (abs(transition.sum(1) - 1) > 1e-12).any():
        raise ValueError("no chain to the last digit")
    return by_eigenvectors(transition)


@wrong("entropy_rate", message="a matrix of 3 x 1")
def of_a_column(transition):
    return 0.0 if transition.shape[1] == 1 else by_eigenvectors(transition)


# score


def check_probabilities(probabilities, characters):
    if len(probabilities) == 0 or not all(0 <= p <= 1 for p in probabilities) or characters < 1:
        raise ValueError("no probabilities")


@right("score")
def with_the_math_module(probabilities, characters):
    check_probabilities(probabilities, characters)
    bits = math.fsum(math.inf if p == 0 else -math.log2(p) for p in probabilities)
    return bits / len(probabilities), 2 ** (bits / len(probabilities)), bits / characters


@right("score")
def with_natural_logarithms_and_a_factor(probabilities, characters):
    check_probabilities(probabilities, characters)
    with np.errstate(divide="ignore"):
        nats = -np.log(probabilities).mean()
    return nats / np.log(2), np.exp(nats), nats / np.log(2) * len(probabilities) / characters


@wrong("score", message="natural ones are too small")
def score_in_nats(probabilities, characters):
    bits, perplexity, per_character = with_the_math_module(probabilities, characters)
    return bits * math.log(2), perplexity, per_character * math.log(2)


@wrong("score", message="2 to the power of the bits")
def with_e_to_the_power(probabilities, characters):
    bits, _, per_character = with_the_math_module(probabilities, characters)
    return bits, math.exp(bits), per_character


@wrong("score", message="average the bits, not the probabilities")
def of_the_mean_probability(probabilities, characters):
    check_probabilities(probabilities, characters)
    bits = -math.log2(np.mean(probabilities)) if min(probabilities) > 0 else math.inf
    return bits, 2**bits, bits * len(probabilities) / characters


@wrong("score", message="divided by the number of characters")
def per_token_only(probabilities, characters):
    bits, perplexity, _ = with_the_math_module(probabilities, characters)
    return bits, perplexity, bits


@wrong("score", message="divided by the number of characters")
def of_a_mean_divided_again(probabilities, characters):
    bits, perplexity, _ = with_the_math_module(probabilities, characters)
    return bits, perplexity, bits / characters


@wrong("score", message="do not add a small number")
def with_a_floor(probabilities, characters):
    check_probabilities(probabilities, characters)
    return with_the_math_module(np.maximum(probabilities, 1e-12), characters)


@wrong("score", message="do not leave the token out")
def without_the_impossible(probabilities, characters):
    check_probabilities(probabilities, characters)
    return with_the_math_module(probabilities[probabilities > 0], characters)


@wrong("score", message="expected ValueError")
def of_any_numbers(probabilities, characters):
    with np.errstate(all="ignore"):
        bits = -np.log2(np.append(probabilities, 1.0))[:-1]
    rate = bits.sum() / max(1, len(bits))
    return rate, 2.0**rate, bits.sum() / max(1, characters)


@wrong("score", message="average their logarithms")
def of_the_product(probabilities, characters):
    check_probabilities(probabilities, characters)
    together = float(np.prod(probabilities))
    bits = -math.log2(together) if together > 0 else math.inf
    return bits / len(probabilities), 2 ** (bits / len(probabilities)), bits / characters


@wrong("score", message="set no floor")
def with_a_floor_above_0(probabilities, characters):
    return with_the_math_module(np.where(np.asarray(probabilities) > 0, np.maximum(probabilities, 1e-12), probabilities), characters)


@wrong("score", message="1.0001")
def of_almost_probabilities(probabilities, characters):
    if len(probabilities) == 0 or characters < 1 or not np.all((probabilities >= -1e-9) & (probabilities < 1.01)):
        raise ValueError("no probabilities")
    return with_the_math_module(np.clip(probabilities, 0, 1), characters)


@wrong("score", message="-2 characters")
def of_a_negative_length(probabilities, characters):
    bits, perplexity, _ = with_the_math_module(probabilities, abs(characters))
    return bits, perplexity, bits * len(probabilities) / characters


@wrong("score", message="refuse what the docstring names, and no more")
def of_tokens_that_all_spell_something(probabilities, characters):
    if len(probabilities) > characters:
        raise ValueError("too few characters")
    return with_the_math_module(probabilities, characters)


# plug_in_entropy


@right("plug_in_entropy")
def by_the_growth_of_block_entropy(table, size):
    grams, counts = table
    before = Counter()
    for code, n in zip(grams.tolist(), counts.tolist(), strict=True):
        before[code // size] += n

    def block(numbers):
        p = np.array(numbers) / sum(numbers)
        return -(p * np.log2(p)).sum()

    return block(counts.tolist()) - block(list(before.values()))


@right("plug_in_entropy")
def n_gram_by_n_gram(table, size):
    grams, counts = (column.tolist() for column in table)
    before = Counter()
    for code, n in zip(grams, counts, strict=True):
        before[code // size] += n
    return -sum(n / sum(counts) * math.log2(n / before[code // size]) for code, n in zip(grams, counts, strict=True))


@wrong("plug_in_entropy", message="p(w|h) inside the logarithm")
def of_the_whole_window(table, size):
    p = table[1] / table[1].sum()
    return float(-(p * np.log2(p)).sum())


@wrong("plug_in_entropy", message="p(w|h) inside the logarithm")
def of_the_window_by_its_length(table, size):
    order = max(1, math.ceil(math.log(table[0].max() + 1, size)))
    return of_the_whole_window(table, size) / order


@wrong("plug_in_entropy", message="natural ones are too small")
def plug_in_nats(table, size):
    return n_gram_by_n_gram(table, size) * math.log(2)


@wrong("plug_in_entropy", message="not each context alike")
def with_contexts_alike(table, size):
    _, total, _ = lesson.look_up(table, table[0], size)
    p = table[1] / total
    return float(-(p * np.log2(p)).sum() / len(np.unique(table[0] // size)))


@wrong("plug_in_entropy", message="weigh by c(hw) / n")
def with_n_grams_alike(table, size):
    _, total, _ = lesson.look_up(table, table[0], size)
    return float(-np.log2(table[1] / total).mean())


@wrong("plug_in_entropy", message="off by")
def always_that_of_dice(table, size):
    return math.log2(size)


@wrong("plug_in_entropy", message="c(h) is the sum of c(hw)")
def with_the_contexts_that_end(table, size):
    grams, counts = table
    order = 1
    while size**order <= grams.max():
        order += 1
    after = np.bincount(grams % size ** (order - 1), counts, grams.max() + 1)
    p = counts / counts.sum()
    ends = after[after > 0] / after.sum()
    return float(-(p * np.log2(p)).sum() + (ends * np.log2(ends)).sum())


@wrong("plug_in_entropy", message="whole numbers of 64 bits")
def with_contexts_in_floats(table, size):
    grams, counts = table
    _, places = np.unique(np.floor(grams / size), return_inverse=True)
    return float(-(counts * np.log2(counts / np.bincount(places, counts)[places])).sum() / counts.sum())


@wrong("plug_in_entropy", message="lacks the minus")
def without_the_minus(table, size):
    return -n_gram_by_n_gram(table, size)


# witten_bell


def climbing(rule, base=None, suffix=None):
    """A smoothed model: `rule` mixes count, total, kinds and the lower order's p."""

    def probability(tables, codes, size, *discount):
        p = np.full(codes.shape, 1 / size if base is None else base(tables, size))
        for order, table in enumerate(tables, start=1):
            part = codes % size**order if suffix is None else suffix(codes, order, len(tables), size)
            p = rule(*lesson.look_up(table, part, size), p, *discount)
        return p

    return probability


def mixed(count, total, kinds, p):
    return np.where(total > 0, (count + kinds * p) / np.maximum(1, total + kinds), p)


@right("witten_bell")
def by_weights(tables, codes, size):
    if not tables:
        return np.full(codes.shape, 1 / size)
    count, total, kinds = lesson.look_up(tables[-1], codes, size)
    new = np.divide(kinds, total + kinds, out=np.ones(codes.shape), where=total > 0)
    shorter = by_weights(tables[:-1], codes % size ** (len(tables) - 1), size)
    return (1 - new) * count / np.maximum(total, 1) + new * shorter


@right("witten_bell")
def with_dictionaries_of_followers(tables, codes, size):
    followers = [defaultdict(dict) for _ in tables]
    for order, (grams, counts) in enumerate(tables):
        for code, n in zip(grams.tolist(), counts.tolist(), strict=True):
            followers[order][code // size][code % size] = n

    def probability(code, order):
        if order == 0:
            return 1 / size
        code %= size**order
        shorter, seen = probability(code, order - 1), followers[order - 1].get(code // size)
        return shorter if not seen else (seen.get(code % size, 0) + len(seen) * shorter) / (sum(seen.values()) + len(seen))

    return np.array([probability(code, len(tables)) for code in codes.ravel().tolist()]).reshape(codes.shape)


@wrong("witten_bell", message="the lowest order mixes with 1/V")
def without_a_base(tables, codes, size):
    return climbing(mixed, base=lambda tables, size: 0.0)(tables, codes, size)


@wrong("witten_bell", message="V = size")
def with_the_symbols_seen_as_base(tables, codes, size):
    return climbing(mixed, base=lambda tables, size: 1 / len(tables[0][0]))(tables, codes, size)


@wrong("witten_bell", message="T(h), the number of kinds")
def with_one_for_every_context(tables, codes, size):
    return climbing(lambda count, total, kinds, p: (count + size * p) / (total + size))(tables, codes, size)


@wrong("witten_bell", message="what the seen symbols give up")
def with_shares_that_leak(tables, codes, size):
    return climbing(lambda count, total, kinds, p: np.where(total > 0, (count + kinds * p) / np.maximum(1, total), p))(tables, codes, size)


@wrong("witten_bell", message="keep p_(n-1)")
def with_nothing_after_new_contexts(tables, codes, size):
    return climbing(lambda count, total, kinds, p: (count + kinds * p) / np.maximum(1, total + kinds))(tables, codes, size)


@wrong("witten_bell", message="the newest n - 1 symbols")
def forgetting_the_newest_symbols(tables, codes, size):
    return climbing(mixed, suffix=lambda codes, order, top, size: codes // size ** (top - order))(tables, codes, size)


@wrong("witten_bell", message="what the seen symbols give up")
def backing_off_without_a_factor(tables, codes, size):
    return climbing(lambda count, total, kinds, p: np.where(count > 0, count / np.maximum(1, total), p))(tables, codes, size)


@wrong("witten_bell", message="what the seen symbols give up")
def alike_whatever_comes(tables, codes, size):
    return np.full(codes.shape, 0.1)


@wrong("witten_bell", message="order 1 of 0 0 1")
def uniform(tables, codes, size):
    return np.full(codes.shape, 1 / size)


@wrong("witten_bell", message="of a saturated text")
def with_nothing_new_once_all_is_seen(tables, codes, size):
    return climbing(lambda count, total, kinds, p: mixed(count, total, np.where(kinds < size, kinds, 0), p))(tables, codes, size)


@wrong("witten_bell", message="need not share a context")
def smoothed_with_one_context_a_row(tables, codes, size):
    return climbing(lambda count, total, kinds, p: mixed(count, total[..., :1], kinds[..., :1], p))(tables, codes, size)


@wrong("witten_bell", message="order 6")
def with_five_orders_at_most(tables, codes, size):
    return by_weights(tables[:5], codes % size ** len(tables[:5]), size)


@wrong("witten_bell", message="codes of order 3 need 47 bits")
def with_codes_of_32_bits(tables, codes, size):
    tables = [(grams.astype(np.int32).astype(np.int64), counts) for grams, counts in tables]
    return by_weights(tables, codes.astype(np.int32).astype(np.int64), size)


# kneser_ney


def check_discount(discount):
    if not 0 <= discount <= 1:
        raise ValueError("discount")


def discounted(count, total, kinds, p, discount):
    return np.where(total > 0, (np.maximum(count - discount, 0) + discount * kinds * p) / np.maximum(1, total), p)


def with_sets(tables, size):
    """Continuation counts at every order but the highest."""
    lower = []
    for order, (grams, _) in enumerate(tables[1:], start=1):
        company = defaultdict(set)
        for code in grams.tolist():
            company[code % size**order].add(code // size**order)
        codes = sorted(company)
        lower.append((np.array(codes), np.array([len(company[code]) for code in codes])))
    return [*lower, tables[-1]]


@right("kneser_ney")
def from_the_top_down(tables, codes, size, discount=0.75):
    check_discount(discount)
    tables = with_sets(tables, size)

    def probability(codes, order):
        if order == 0:
            return np.full(codes.shape, 1 / size)
        codes = codes % size**order
        count, total, kinds = lesson.look_up(tables[order - 1], codes, size)
        with np.errstate(divide="ignore", invalid="ignore"):
            alpha, gamma = np.maximum(count / total - discount / total, 0), discount * kinds / total
        alpha, gamma = np.where(total > 0, alpha, 0), np.where(total > 0, gamma, 1)
        return alpha + gamma * probability(codes, order - 1)

    return probability(codes, len(tables))


@right("kneser_ney")
def with_followers_in_dictionaries(tables, codes, size, discount=0.75):
    if discount < 0 or discount > 1:
        raise ValueError("discount")
    followers = []
    for grams, counts in with_sets(tables, size):
        followers.append(defaultdict(dict))
        for code, n in zip(grams.tolist(), counts.tolist(), strict=True):
            followers[-1][code // size][code % size] = n

    def probability(code, order):
        if order == 0:
            return 1 / size
        code %= size**order
        shorter, seen = probability(code, order - 1), followers[order - 1].get(code // size)
        if not seen:
            return shorter
        return (max(seen.get(code % size, 0) - discount, 0) + discount * len(seen) * shorter) / sum(seen.values())

    return np.array([probability(code, len(tables)) for code in codes.ravel().tolist()]).reshape(codes.shape)


@wrong("kneser_ney", message="not how often they came")
def absolute_discounting(tables, codes, size, discount=0.75):
    check_discount(discount)
    return climbing(discounted)(tables, codes, size, discount)


@wrong("kneser_ney", message="not how often they came")
def with_the_company_after(tables, codes, size, discount=0.75):
    check_discount(discount)
    other = [np.unique(grams // size, return_counts=True) for grams, _ in tables[1:]]
    return climbing(discounted)([*other, tables[-1]], codes, size, discount)


@wrong("kneser_ney", message="from the plain table one order above")
def from_continuations_of_continuations(tables, codes, size, discount=0.75):
    check_discount(discount)
    lower = [tables[-1]]
    for order in range(len(tables) - 1, 0, -1):
        grams = lower[0][0]
        begins_nothing = np.isin(grams, tables[order + 1][0] % size ** (order + 1)) if order + 1 < len(tables) else grams >= 0
        lower.insert(0, np.unique(grams[begins_nothing] % size**order, return_counts=True))
    return climbing(discounted)(lower, codes, size, discount)


@wrong("kneser_ney", message="every kind loses `discount`")
def with_ones_at_the_top(tables, codes, size, discount=0.75):
    check_discount(discount)
    grams, counts = tables[-1]
    return climbing(discounted)([*with_sets(tables, size)[:-1], (grams, np.ones_like(counts))], codes, size, discount)


@wrong("kneser_ney", message="every kind loses `discount`")
def with_a_fixed_discount(tables, codes, size, discount=0.75):
    check_discount(discount)
    return from_the_top_down(tables, codes, size, 0.75)


@wrong("kneser_ney", message="what the seen symbols give up")
def without_the_number_of_kinds(tables, codes, size, discount=0.75):
    check_discount(discount)
    rule = lambda count, total, kinds, p: discounted(count, total, np.minimum(kinds, 1), p, discount)  # noqa: E731
    return climbing(rule)(with_sets(tables, size), codes, size)


@wrong("kneser_ney", message="what the seen symbols give up")
def with_counts_below_nothing(tables, codes, size, discount=0.75):
    check_discount(discount)
    rule = lambda count, total, kinds, p: np.where(total > 0, (count - discount + discount * kinds * p) / np.maximum(1, total), p)  # noqa: E731
    return climbing(rule)(with_sets(tables, size), codes, size)


@wrong("kneser_ney", message="keep p_(n-1)")
def impossible_after_new_contexts(tables, codes, size, discount=0.75):
    check_discount(discount)
    rule = lambda *counts: discounted(*counts, discount) * (counts[1] > 0)  # noqa: E731
    return climbing(rule)(with_sets(tables, size), codes, size)


@wrong("kneser_ney", message="it lives on p_0 = 1/V")
def without_a_base_for_the_first_symbol(tables, codes, size, discount=0.75):
    check_discount(discount)
    (grams, counts), *higher = with_sets(tables, size)
    p = np.where(np.isin(codes % size, grams), lesson.look_up((grams, counts), codes % size, size)[0] / counts.sum(), 0)
    for order, table in enumerate(higher, start=2):
        p = discounted(*lesson.look_up(table, codes % size**order, size), p, discount)
    return p


@wrong("kneser_ney", message="the default is 0.75")
def with_the_default_of_a_library(tables, codes, size, discount=0.1):
    return from_the_top_down(tables, codes, size, discount)


@wrong("kneser_ney", message="a discount lies in 0 to 1")
def with_any_discount(tables, codes, size, discount=0.75):
    return climbing(discounted)(with_sets(tables, size), codes, size, discount)


@wrong("kneser_ney", message="nothing is taken, so nothing is handed on")
def witten_and_bell_again(tables, codes, size, discount=0.75):
    check_discount(discount)
    return climbing(mixed)(with_sets(tables, size), codes, size)


@wrong("kneser_ney", message="every kind loses `discount`")
def with_nothing_taken_once_all_is_seen(tables, codes, size, discount=0.75):
    check_discount(discount)
    rule = lambda count, total, kinds, p: discounted(count, total, kinds, p, np.where(kinds < size, discount, 0))  # noqa: E731
    return climbing(rule)(with_sets(tables, size), codes, size)


@wrong("kneser_ney", message="need not share a context")
def discounted_with_one_context_a_row(tables, codes, size, discount=0.75):
    check_discount(discount)
    rule = lambda count, total, kinds, p: discounted(count, total[..., :1], kinds[..., :1], p, discount)  # noqa: E731
    return climbing(rule)(with_sets(tables, size), codes, size)


# held_out


@right("held_out")
def symbol_by_symbol(symbols, order, size, share, probability):
    known = int(len(symbols) * share)
    if order < 1 or order > known or known >= len(symbols):
        raise ValueError("does not fit")
    tables = [lesson.count([symbols[:known]], n, size) for n in range(1, order + 1)]
    bits = 0.0
    for t in range(known, len(symbols)):
        p = probability(tables, lesson.ngram_codes(symbols[t + 1 - order : t + 1], order, size), size)[0]
        bits += -math.log2(p) if p > 0 else math.inf
    return bits / (len(symbols) - known)


@right("held_out")
def from_the_codes_of_the_whole_text(symbols, order, size, share, probability):
    known = int(share * len(symbols))
    if not order <= known < len(symbols):
        raise ValueError("does not fit")
    codes = lesson.ngram_codes(symbols, order, size)[known - order + 1 :]
    tables = [np.unique(lesson.ngram_codes(symbols[:known], n, size), return_counts=True) for n in range(1, order + 1)]
    with np.errstate(divide="ignore"):
        return float(np.mean(-np.log2(probability(tables, codes, size))))


def scored(counted, rest, order, size, probability):
    """Bits for the windows of `rest` after counting `counted`."""
    tables = [lesson.count([counted], n, size) for n in range(1, order + 1)]
    return float(np.mean(-np.log2(probability(tables, lesson.ngram_codes(rest, order, size), size))))


@wrong("held_out", message="the model that was handed over gives the probabilities")
def with_witten_bell_always(symbols, order, size, share, probability):
    return lesson.held_out(symbols, order, size, share, lesson.witten_bell)


@wrong("held_out", message="a model that has seen the text repeats it")
def after_counting_everything(symbols, order, size, share, probability):
    known = int(share * len(symbols))
    return scored(symbols, symbols[known - order + 1 :], order, size, probability)


@wrong("held_out", message="average the bits over all the others")
def on_the_part_that_was_counted(symbols, order, size, share, probability):
    known = int(share * len(symbols))
    return scored(symbols[:known], symbols[:known], order, size, probability)


@wrong("held_out", message="the first symbols of the rest have a context too")
def without_the_first_symbols(symbols, order, size, share, probability):
    known = int(share * len(symbols))
    return scored(symbols[:known], symbols[max(0, min(known, len(symbols) - order)) :], order, size, probability)


@wrong("held_out", message="average the bits")
def in_all(symbols, order, size, share, probability):
    return symbol_by_symbol(symbols, order, size, share, probability) * (len(symbols) - int(share * len(symbols)))


@wrong("held_out", message="with the model that was handed over")
def with_a_model_of_its_own(symbols, order, size, share, probability):
    return symbol_by_symbol(symbols, order, size, share, lesson.kneser_ney)


@wrong("held_out", message="count the first int(share * T) symbols only")
def on_a_shuffled_text(symbols, order, size, share, probability):
    return symbol_by_symbol(np.random.default_rng(0).permutation(symbols), order, size, share, probability)


@wrong("held_out", message="expected ValueError")
def with_any_order(symbols, order, size, share, probability):
    known = int(share * len(symbols))
    return symbol_by_symbol(symbols, max(1, min(order, known)), size, share, probability)


@wrong("held_out", message="average the bits")
def held_out_in_nats(symbols, order, size, share, probability):
    return symbol_by_symbol(symbols, order, size, share, probability) * math.log(2)


@wrong("held_out", message="costs infinitely many bits")
def without_impossible_symbols(symbols, order, size, share, probability):
    model = lambda *asked: np.where(probability(*asked) > 0, probability(*asked), 1.0)  # noqa: E731
    return symbol_by_symbol(symbols, order, size, share, model)


@wrong("held_out", message="no floor below its probabilities")
def with_a_floor_for_the_model(symbols, order, size, share, probability):
    return symbol_by_symbol(symbols, order, size, share, lambda *asked: np.maximum(probability(*asked), 1e-12))


# guessing_bounds


def check_ranks(ranks, size):
    if len(ranks) == 0 or min(ranks) < 1 or max(ranks) > size:
        raise ValueError("ranks")


@right("guessing_bounds")
def rank_by_rank(ranks, size):
    check_ranks(ranks, size)
    q = [sum(int(rank) == i for rank in ranks) / len(ranks) for i in range(1, size + 2)]
    lower = sum(i * (q[i - 1] - q[i]) * math.log2(i) for i in range(1, size + 1))
    return lower, -sum(x * math.log2(x) for x in q if x)


@right("guessing_bounds")
def by_parts(ranks, size):
    check_ranks(ranks, size)
    _, counts = np.unique(ranks, return_counts=True)
    upper = np.log2(len(ranks)) - (counts * np.log2(counts)).sum() / len(ranks)
    weight = np.arange(1, size + 1) * np.log2(np.arange(1, size + 1))
    return float(np.diff(weight, prepend=0)[np.asarray(ranks) - 1].mean()), float(upper)


@wrong("guessing_bounds", message="lower comes first")
def upper_first(ranks, size):
    return rank_by_rank(ranks, size)[::-1]


@wrong("guessing_bounds", message="(not ln)")
def bounds_in_nats(ranks, size):
    return tuple(bound * math.log(2) for bound in rank_by_rank(ranks, size))


@wrong("guessing_bounds", message="q beyond the last is 0")
def without_the_last_term(ranks, size):
    check_ranks(ranks, size)
    q = np.bincount(ranks, minlength=size + 1)[1:] / len(ranks)
    i = np.arange(1, size)
    return float((i * (q[:-1] - q[1:]) * np.log2(i)).sum()), rank_by_rank(ranks, size)[1]


@wrong("guessing_bounds", message="keep the order of the ranks")
def with_shares_sorted(ranks, size):
    check_ranks(ranks, size)
    q = np.append(np.sort(np.bincount(ranks, minlength=size + 1)[1:])[::-1] / len(ranks), 0)
    i = np.arange(1, size + 1)
    return float((i * (q[:-1] - q[1:]) * np.log2(i)).sum()), rank_by_rank(ranks, size)[1]


@wrong("guessing_bounds", message="ranks that never came add 0")
def with_0_times_infinity(ranks, size):
    check_ranks(ranks, size)
    q = np.bincount(ranks, minlength=size + 1)[1:] / len(ranks)
    with np.errstate(divide="ignore", invalid="ignore"):
        return rank_by_rank(ranks, size)[0], float(-(q * np.log2(q)).sum())


@wrong("guessing_bounds", message="from i = 1")
def with_ranks_from_0(ranks, size):
    check_ranks(ranks, size)
    q = np.append(np.bincount(np.asarray(ranks) - 1, minlength=size) / len(ranks), 0)
    i = np.arange(size)
    return float((i * (q[:-1] - q[1:]) * np.log2(np.maximum(i, 1))).sum()), rank_by_rank(ranks, size)[1]


@wrong("guessing_bounds", message="expected ValueError")
def of_any_ranks(ranks, size):
    ranks = np.clip(ranks, 1, size)
    return rank_by_rank(ranks, size) if len(ranks) else (0.0, 0.0)


@wrong("guessing_bounds", message="sum of i (q_i - q_(i+1)) log2 i")
def of_the_mean_logarithm(ranks, size):
    return float(np.mean(np.log2(ranks))) if len(ranks) else 0.0, rank_by_rank(ranks, size)[1]


@wrong("guessing_bounds", message="40 random ranks of 300")
def of_ranks_in_bytes(ranks, size):
    check_ranks(ranks, size)
    return rank_by_rank(np.maximum(np.asarray(ranks).astype(np.uint8), 1), size)


@wrong("guessing_bounds", message="40 random ranks of 300")
def of_letters_only(ranks, size):
    check_ranks(ranks, size)
    return rank_by_rank(np.minimum(ranks, 27), size)
