# %% [markdown]
# # 1. Shannon's n-grams
#
# Take a long text and count which letter follows which. Start somewhere, draw the next letter by those counts, step on, draw again. In 1948
# Shannon made English-looking text this way, and every autoregressive model since, from PixelCNN to the transformers that write and film,
# is the same loop with a better way to predict. You build the loop, and the ruler that measures any such model: bits per symbol on text
# that it has not seen. *You write* thirteen short functions: counting, drawing text, entropy, two ways to give unseen things their share
# (Witten-Bell and Kneser-Ney), and the bounds of Shannon's guessing game.
#
# *Lecture:* [text as a Markov chain](../lectures/a01_shannon_ngrams.md). *Time:* two to three hours of work; all runs together take under a
# minute on two cores. There is no training, so the quick and the full size are the same, and a GPU has nothing to do.

# %%
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from assignments.common.results import result
from assignments.common.show import show_figure
from autograder.checks import a01_shannon_ngrams as check
from data_scripts import text as corpus

# %% [markdown]
# ## 1.1 Twenty-seven symbols
#
# Shannon counted 26 letters and the space. Everything that is not a letter `a` to `z` after lower-casing (digits, punctuation, line ends,
# letters with accents) parts words: however much of it stands between two words, it becomes one space, and none is left at either end.


# %% exercise="normalise"
def normalise(text: str) -> str:
    """The text in Shannon's 27 symbols: words of a to z in lower case, with single spaces between them.

    Raises:
        ValueError: there is no letter in the text.
    """
    # Hint: re.findall gives all stretches of letters at once.
    # BEGIN SOLUTION
    words = re.findall("[a-z]+", text.lower())
    if not words:
        raise ValueError(f"the text needs at least one letter a to z, got {text[:40]!r}")
    return " ".join(words)
    # END SOLUTION


# %% check="normalise"
if __name__ == "__main__":
    check.normalise(normalise)

# %% [markdown]
# From here on a text is an array of symbols 0 to $V-1$: the space is 0, `a` is 1, `z` is 26. Words, pixels or frames would do as well.

# %%
SYMBOLS = " abcdefghijklmnopqrstuvwxyz"
Table = tuple[np.ndarray, np.ndarray]  # the different n-grams of one order, as ascending codes, and how often each occurs


def encode(text: str) -> np.ndarray:
    """(T,) symbols 0 to 26 of a normalised text; ValueError for a character that is none of the 27."""
    unknown = sorted(set(text) - set(SYMBOLS))
    if unknown:
        raise ValueError(f"expected the 27 symbols a to z and space, got {''.join(unknown)!r}; normalise the text first")
    return np.array([SYMBOLS.index(character) for character in text], dtype=np.int64)


def decode(symbols: np.ndarray) -> str:
    """The text of an array of symbols."""
    return "".join(SYMBOLS[symbol] for symbol in symbols)


# %% [markdown]
# ## 1.2 A number for every n-gram
#
# An n-gram is a window of $N$ neighbouring symbols. Read as the digits of a number in base $V$, oldest first, it is one integer:
#
# $$ \text{code}(s_1 \dots s_N) = \sum_{k=1}^{N} s_k V^{N-k} \tag{1.1} $$
#
# Integers sort and search fast, and the parts of an n-gram are arithmetic: the **context** (all but the newest symbol) is `code // V`, the
# newest symbol is `code % V`, and the newest $n$ symbols are `code % V**n`. 64 bits, $V^N < 2^{63}$, hold 13 letters or 4 words of 50,000.


# %% exercise="ngram_codes"
def ngram_codes(symbols: np.ndarray, order: int, size: int) -> np.ndarray:
    """Codes of all windows of a text, Eq. (1.1), in the order in which they stand.

    Args:
        symbols: (T,) integers 0 to size-1, of any integer type.
        order: length N of a window.
        size: number V of different symbols.

    Returns:
        (T-N+1,) int64 array.

    Raises:
        ValueError: `order` is below 1 or longer than the text, a symbol lies outside 0 to size-1, or size**order is not below 2**63.
    """
    # Hint: for all windows at once, N times: codes = codes * size + (the next symbol of every window).
    # BEGIN SOLUTION
    symbols = np.asarray(symbols, dtype=np.int64)
    if not 1 <= order <= len(symbols):
        raise ValueError(f"order must be 1 to {len(symbols)}, the length of the text, got {order}")
    if symbols.min() < 0 or symbols.max() >= size:
        raise ValueError(f"symbols must lie in 0 to {size - 1}, got {symbols.min()} to {symbols.max()}")
    if size**order >= 2**63:
        raise ValueError(f"size**order must be below 2**63, got {size}**{order}")
    codes = np.zeros(len(symbols) - order + 1, dtype=np.int64)
    for k in range(order):
        codes = codes * size + symbols[k : k + len(codes)]  # (1.1)
    return codes
    # END SOLUTION


# %% check="ngram_codes"
if __name__ == "__main__":
    check.ngram_codes(ngram_codes)

# %% [markdown]
# ## 1.3 Counting
#
# Sort the codes and equal ones lie side by side: that is all counting takes, and it needs no memory for the $V^N$ n-grams that never occur.
# Where there are several texts (chapters, articles), no window may reach from one into the next: nobody wrote those n-grams.


# %% exercise="count"
def count(texts: list[np.ndarray], order: int, size: int) -> Table:
    """Count the n-grams of one order inside several texts.

    Args:
        texts: (T_i,) symbol arrays; those shorter than `order` hold no window.
        order: length N of a window.
        size: number V of different symbols.

    Returns:
        (grams, counts): (K,) int64 codes that occur, ascending and each once, and (K,) integers, how often each occurs.

    Raises:
        ValueError: `order` is below 1, or no text is long enough.
    """
    # Hint: use ngram_codes on every text; np.unique can count.
    # BEGIN SOLUTION
    codes = [ngram_codes(symbols, order, size) for symbols in texts if len(symbols) >= order]
    if not codes:
        raise ValueError(f"no text is as long as order {order}; lengths: {[len(symbols) for symbols in texts]}")
    return np.unique(np.concatenate(codes), return_counts=True)
    # END SOLUTION


# %% check="count"
if __name__ == "__main__":
    check.count(count)

# %% [markdown]
# ## 1.4 Three numbers behind every model
#
# All models below are made of three counts. For an n-gram $hw$, context $h$ and newest symbol $w$:
#
# $$ c(hw), \qquad c(h) = \sum_{v} c(hv), \qquad T(h) = \#\{v : c(hv) > 0\} \tag{1.2} $$
#
# how often it occurs, how often its context is followed by anything, and by how many *different* symbols. In a sorted table all n-grams
# with context $h$ are neighbours: their codes run from $hV$ up to, not including, $(h+1)V$. Two binary searches find where that stretch
# begins and ends, and a running sum of the counts adds it up. The same works for the stretch that holds only $hw$ itself.


# %% exercise="look_up"
def look_up(table: Table, codes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The counts of Eq. (1.2) for many n-grams, seen or not.

    Args:
        table: (grams, counts) as from `count`, of the order of the n-grams asked for.
        codes: int64 array of any shape, n-grams to look up.
        size: number V of different symbols.

    Returns:
        (count, total, kinds): three integer arrays of the shape of `codes`: c(hw), c(h) and T(h); 0 for what never occurs.
    """
    # Hint: below = running sum of the counts with a 0 in front; then a stretch from row i to row j sums to below[j] - below[i].
    # BEGIN SOLUTION
    grams, counts = table
    below = np.concatenate([[0], np.cumsum(counts)])
    context = codes // size
    first, last = np.searchsorted(grams, [codes, codes + 1])
    start, end = np.searchsorted(grams, [context * size, (context + 1) * size])
    return below[last] - below[first], below[end] - below[start], end - start  # (1.2)
    # END SOLUTION


# %% check="look_up"
if __name__ == "__main__":
    check.look_up(look_up)

# %% [markdown]
# ## 1.5 The most likely model
#
# Among all models that look $N-1$ symbols back, the one under which the text is most probable is the plainest: relative frequency,
#
# $$ p(w \mid h) = \frac{c(hw)}{c(h)} \tag{1.3} $$
#
# After a context that never occurred this is 0/0: the model has nothing to say. Let it be 0, as for any n-gram that was not seen.


# %% exercise="maximum_likelihood"
def maximum_likelihood(tables: list[Table], codes: np.ndarray, size: int) -> np.ndarray:
    """Relative frequency of the newest symbol after its context, Eq. (1.3).

    Args:
        tables: (grams, counts) of the orders 1, 2, ... N; only the last is needed here.
        codes: int64 array of any shape, n-grams of order N.
        size: number V of different symbols.

    Returns:
        float array of the shape of `codes`: p(w|h), and 0 where the n-gram or even its context never occurred.
    """
    # Hint: look_up, and a divisor that is never 0.
    # BEGIN SOLUTION
    count, total, _ = look_up(tables[-1], codes, size)
    seen = np.maximum(total, 1)  # where the context is new the count is 0 as well
    return count / seen  # (1.3)
    # END SOLUTION


# %% check="maximum_likelihood"
if __name__ == "__main__":
    check.maximum_likelihood(maximum_likelihood)

# %% [markdown]
# ## 1.6 Text out of a seed
#
# Begin with a seed text, look at the last $N-1$ symbols, draw the next one from $p(\cdot \mid h)$, append it, repeat. *Draw*: taking the
# most probable symbol instead runs into a loop within a few words.
#
# Drawing from Eq. (1.3) needs no table of probabilities: pick one of the $c(h)$ places where $h$ occurred in the text, each with the same
# chance, and take the symbol that followed there. With the running sum of 1.4 the places of $h$ are the numbers from `below[start]` up to,
# not including, `below[end]`, and one more binary search says which n-gram owns the place that was drawn.
#
# Two things can go wrong, and one rule mends both. The seed may be shorter than $N-1$ symbols, and a context may stand nowhere, or only at
# the very end of the text. Then forget the oldest symbol and look again, one order lower; at order 1 the context is empty and always known.


# %% exercise="sample"
def sample(tables: list[Table], start: np.ndarray, length: int, size: int, seed: int) -> np.ndarray:
    """Draw text from the n-gram model, each symbol from the highest order that has seen its context.

    Args:
        tables: (grams, counts) of the orders 1, 2, ... N.
        start: (S,) symbols 0 to size-1 to begin with, of any integer type; any number of them, none too.
        length: number of symbols to draw.
        size: number V of different symbols.
        seed: of the random numbers; the same seed gives the same text.

    Returns:
        (S+length,) integer array: `start` and what follows it.

    Raises:
        ValueError: a symbol of `start` lies outside 0 to size-1.
    """
    # Hint: one number holds the last symbols, as in (1.1); `past % size ** (order - 1)` is the context of any order.
    # BEGIN SOLUTION
    if any(not 0 <= symbol < size for symbol in start):
        raise ValueError(f"the seed text needs symbols 0 to {size - 1}, got {min(start)} to {max(start)}")
    lists = [(grams.tolist(), [0, *np.cumsum(counts).tolist()]) for grams, counts in tables]
    text, past = [int(symbol) for symbol in start], 0
    for symbol in text:
        past = (past * size + symbol) % size ** len(tables)
    for chance in np.random.default_rng(seed).random(length):
        for order in range(min(len(tables), len(text) + 1), 0, -1):
            (grams, below), context = lists[order - 1], past % size ** (order - 1)
            first, last = bisect_left(grams, context * size), bisect_left(grams, (context + 1) * size)
            if first < last:
                break
        place = below[first] + int(chance * (below[last] - below[first]))
        text.append(grams[bisect_right(below, place) - 1] % size)
        past = (past * size + text[-1]) % size ** len(tables)
    return np.array(text, dtype=np.int64)
    # END SOLUTION


# %% check="sample"
if __name__ == "__main__":
    check.sample(sample)

# %% [markdown]
# Shannon's experiment, on Shakespeare. Order 1 knows how frequent letters are, order 2 where vowels go, order 4 most short words; from
# order 6 on it writes English, and more and more of it is simply copied.

# %% demo
if __name__ == "__main__":
    shakespeare = corpus.load_or_stand_in("tinyshakespeare")
    print(f"text: {shakespeare.about}; licence: {shakespeare.licence}\n")
    letters = encode(normalise(shakespeare.text))
    letter_tables = [count([letters], order, 27) for order in range(1, 9)]
    for order in range(1, 9):
        print(f"order {order}:", decode(sample(letter_tables[:order], encode("the king "), 110, 27, seed=1)))

# %% [markdown]
# ## 1.7 Text as a Markov chain
#
# The loop above is a walk: the context is a *state*, each symbol a step to the next state, and the table of $p(w \mid h)$ says how likely
# each step is. For order 2 the state is one letter and the table a 27 x 27 matrix $P$, whose rows sum to 1. Lesson 9 makes endless film the
# same way: states are frames, the step from $i$ to $j$ is likely where frame $j$ looks like the one that really followed $i$. A context
# that occurs only at the end of the text is a dead end, and film has them too.
#
# Walk long enough and the share of time spent in state $i$ settles at $\pi_i$, the solution of $\pi P = \pi$ with $\sum_i \pi_i = 1$. Each
# step surprises by $-\log_2 P_{ij}$ bits, so the walk produces, on average,
#
# $$ H = -\sum_i \pi_i \sum_j P_{ij} \log_2 P_{ij} \quad \text{bits per step} \tag{1.4} $$
#
# its **entropy rate**: no code can store the walk in fewer bits. A step with $P_{ij} = 0$ never happens and adds nothing. The picture below
# is the chain of letters: after `q` comes `u`, after most letters a vowel or a space.


# %% exercise="entropy_rate"
def entropy_rate(transition: np.ndarray) -> float:
    """Entropy rate of a Markov chain in bits per step, Eq. (1.4).

    Args:
        transition: (S, S) float array, row i holds the probabilities of the steps from state i; from every state one can get to all others.

    Raises:
        ValueError: the array is not square, an entry is negative, or a row does not sum to 1 within 1e-6.
    """
    # Hint: pi solves S + 1 linear equations, the last is sum(pi) = 1: np.linalg.lstsq. Repeated pi @ P need not settle: a walk can swing.
    # BEGIN SOLUTION
    states = len(transition)
    if transition.shape != (states, states) or transition.min() < 0 or np.abs(transition.sum(axis=1) - 1).max() > 1e-6:
        raise ValueError(f"expected a square matrix of rows that sum to 1, got shape {transition.shape}, sums {transition.sum(axis=-1)}")
    balance = np.vstack([transition.T - np.eye(states), np.ones(states)])
    visits = np.linalg.lstsq(balance, np.append(np.zeros(states), 1.0), rcond=None)[0]
    surprise = -np.log2(np.where(transition > 0, transition, 1.0))
    return float(visits @ (transition * surprise).sum(axis=1))  # (1.4)
    # END SOLUTION


# %% check="entropy_rate"
if __name__ == "__main__":
    check.entropy_rate(entropy_rate)

# %% demo
if __name__ == "__main__":
    loop = count([np.append(letters, letters[0])], 2, 27)  # the text closed to a ring has no dead end
    chain = maximum_likelihood([loop], np.arange(27 * 27).reshape(27, 27), 27)
    figure = Figure(figsize=(5.4, 5))
    axes = figure.add_subplot(xlabel="next symbol", ylabel="symbol")
    figure.colorbar(axes.imshow(np.sqrt(chain), cmap="cividis"), label="square root of the probability", fraction=0.046)
    axes.set(xticks=range(27), yticks=range(27), xticklabels="_" + SYMBOLS[1:], yticklabels="_" + SYMBOLS[1:])
    show_figure(figure, alt="Matrix of letter steps: one bright entry from q to u, bright columns at the space and the vowels.")
    print(f"entropy rate of the letter chain: {entropy_rate(chain):.3f} bits per letter, of 27 letters alike: {np.log2(27):.3f}")

# %% [markdown]
# ## 1.8 A ruler for models
#
# A model that gives probability $p_t$ to the symbol that really came pays $-\log_2 p_t$ bits for it. Its mean on a text, and what is called
# **perplexity**, are
#
# $$ H = -\frac{1}{n} \sum_{t=1}^{n} \log_2 p_t, \qquad \text{perplexity} = 2^{H} \tag{1.5} $$
#
# The perplexity is the number of equally likely symbols that would be as hard to guess. Both are per *token*, a word or a letter, and word
# and letter models can only be compared per character: *all* bits divided by the number of characters that the tokens spell (spaces count).
# One token that the model held impossible, $p_t = 0$, costs infinitely many bits. Do not hide that behind a small number.


# %% exercise="score"
def score(probabilities: np.ndarray, characters: int) -> tuple[float, float, float]:
    """Bits per token and perplexity, Eq. (1.5), and bits per character.

    Args:
        probabilities: (n,) what the model gave to each token that really came.
        characters: number of characters that the n tokens spell, at least 1.

    Returns:
        (bits per token, perplexity, bits per character); all infinite if a probability is 0.

    Raises:
        ValueError: there is no probability, one lies outside [0, 1] or is NaN, or `characters` is below 1.
    """
    # Hint: np.errstate(divide="ignore") keeps numpy calm about the logarithm of 0.
    # BEGIN SOLUTION
    p = np.asarray(probabilities)
    if p.size == 0 or not np.all((p >= 0) & (p <= 1)) or characters < 1:
        raise ValueError(f"expected probabilities in [0, 1] and a character or more, got {p.size} probabilities, {characters} characters")
    with np.errstate(divide="ignore", over="ignore"):
        bits = -np.log2(p)
        rate = bits.mean()  # (1.5)
        return float(rate), float(np.exp2(rate)), float(bits.sum()) / characters
    # END SOLUTION


# %% check="score"
if __name__ == "__main__":
    check.score(score)

# %% [markdown]
# ## 1.9 The F_N of Shannon
#
# How much is the next symbol worth, once the $N-1$ before it are known? Shannon calls it
#
# $$ F_N = -\sum_{hw} p(hw) \log_2 p(w \mid h) \tag{1.6} $$
#
# over all n-grams of order $N$. It falls as $N$ grows, and its limit is the entropy of the language. The *plug-in* estimate puts in what
# the text itself says: $c(hw)$ by the number of all windows for $p(hw)$, and Eq. (1.3).


# %% exercise="plug_in_entropy"
def plug_in_entropy(table: Table, size: int) -> float:
    """Plug-in estimate of Shannon's F_N in bits per symbol, Eq. (1.6).

    Args:
        table: (grams, counts) of order N.
        size: number V of different symbols.
    """
    # Hint: every n-gram of the table is looked up in that table.
    # BEGIN SOLUTION
    grams, counts = table
    _, total, _ = look_up(table, grams, size)
    return float(np.sum(counts * np.log2(total / counts)) / counts.sum())  # (1.6)
    # END SOLUTION


# %% check="plug_in_entropy"
if __name__ == "__main__":
    check.plug_in_entropy(plug_in_entropy)

# %% [markdown]
# ## 1.10 A share for the unseen: Witten-Bell
#
# Read nine tenths of Shakespeare, and of the six-letter windows in the last tenth one in eight is new: Eq. (1.3) calls it impossible. A
# smoothed model keeps a share for the unseen and hands it out by what the shorter context says. Witten and Bell look at how often a context
# has brought something *new*: in $c(h)$ occurrences that was $T(h)$ times, so
#
# $$ p_n(w \mid h) = \frac{c(hw) + T(h)\, p_{n-1}(w \mid h')}{c(h) + T(h)}, \qquad p_0 = \frac{1}{V} \tag{1.7} $$
#
# where $h'$ is $h$ without its oldest symbol and $n$ runs from 1 to $N$. After a context that never occurred, $c(h) = T(h) = 0$, there is
# nothing to mix: $p_n = p_{n-1}$. Every symbol gets a share, and the shares sum to 1 after any context.


# %% exercise="witten_bell"
def witten_bell(tables: list[Table], codes: np.ndarray, size: int) -> np.ndarray:
    """Interpolated Witten-Bell probability of the newest symbol after its context, Eq. (1.7).

    Args: as for `maximum_likelihood`; here the tables of all orders are needed.

    Returns:
        float array of the shape of `codes`, all above 0.
    """
    # Hint: start from 1/V everywhere and climb: order n needs the newest n symbols, codes % size**n.
    # BEGIN SOLUTION
    p = np.full(np.shape(codes), 1 / size)
    for order, table in enumerate(tables, start=1):
        count, total, kinds = look_up(table, codes % size**order, size)
        p = np.where(total > 0, (count + kinds * p) / np.maximum(total + kinds, 1), p)  # (1.7)
    return p
    # END SOLUTION


# %% check="witten_bell"
if __name__ == "__main__":
    check.witten_bell(witten_bell)

# %% [markdown]
# ## 1.11 Kneser-Ney: how many kinds of company?
#
# "Francisco" may be frequent in a text, but it comes after one word only. Where the longer context says nothing, "Francisco" is a poor
# guess; a good one is a word that follows many *different* words. So below the highest order Kneser and Ney count not how often an n-gram
# $g$ occurs, but how many different symbols stand right before it, its **continuation count**
#
# $$ c'(g) = \#\{v : c(vg) > 0\} \tag{1.8} $$
#
# The table of the next higher order knows: each of its n-grams stands there once, and without its oldest symbol it is some $g$. Then take a
# fixed discount $d$ off every count, and let the shorter context hand out what was taken:
#
# $$ p_n(w \mid h) = \frac{\max(c(hw) - d, 0) + d\, T(h)\, p_{n-1}(w \mid h')}{c(h)}, \qquad p_0 = \frac{1}{V} \tag{1.9} $$
#
# with plain counts at order $N$ and continuation counts below, $c(h)$ and $T(h)$ from the same table as $c(hw)$. Again $p_n = p_{n-1}$
# after a context that is not in the table. Each of the $T(h)$ kinds loses $d$, so the shares sum to 1.


# %% exercise="kneser_ney"
def kneser_ney(tables: list[Table], codes: np.ndarray, size: int, discount: float = 0.75) -> np.ndarray:
    """Interpolated Kneser-Ney probability of the newest symbol after its context, Eq. (1.9).

    Args: as for `witten_bell`, the tables with plain counts, and
        discount: d, taken off every count, 0 to 1.

    Returns:
        float array of the shape of `codes`.

    Raises:
        ValueError: `discount` lies outside 0 to 1.

    Source: Kneser and Ney, "Improved backing-off for m-gram language modeling" (1995), interpolated as in Chen and Goodman (1999).
    """
    # Hint: the loop of Witten-Bell with another formula; np.unique makes a table of continuation counts from longer % size**order.
    # BEGIN SOLUTION
    if not 0 <= discount <= 1:
        raise ValueError(f"discount must lie in 0 to 1, got {discount}")
    p = np.full(np.shape(codes), 1 / size)
    for order, table in enumerate(tables, start=1):
        if order < len(tables):
            longer, _ = tables[order]  # the n-grams of the next higher order
            table = np.unique(longer % size**order, return_counts=True)  # (1.8)
        count, total, kinds = look_up(table, codes % size**order, size)
        kept = np.maximum(count - discount, 0)
        p = np.where(total > 0, (kept + discount * kinds * p) / np.maximum(total, 1), p)  # (1.9)
    return p
    # END SOLUTION


# %% check="kneser_ney"
if __name__ == "__main__":
    check.kneser_ney(kneser_ney)

# %% [markdown]
# ## 1.12 The honest test
#
# A model that has seen the text can repeat it. So count the first part of the text and score the rest, every symbol of it, given the $N-1$
# symbols before; for the first few these reach back into the part that was counted. So all orders are scored on the same symbols.


# %% exercise="held_out"
def held_out(symbols: np.ndarray, order: int, size: int, share: float, probability: Callable) -> float:
    """Bits per symbol that a model pays for the end of a text after counting its beginning, Eq. (1.5).

    Args:
        symbols: (T,) text.
        order: N of the model.
        size: number V of different symbols.
        share: of the text to count: the first int(share * T) symbols; the others are scored.
        probability: the model, a function (tables, codes, size) like `witten_bell`; the tables are of the orders 1, 2, ... N.

    Raises:
        ValueError: `order` is below 1 or longer than the first part, or nothing is left to score.
    """
    # Hint: begin N - 1 symbols early, and there is one window for each symbol to score; `count` and `ngram_codes` refuse what does not fit.
    # BEGIN SOLUTION
    known = int(share * len(symbols))
    tables = [count([symbols[:known]], n, size) for n in range(1, order + 1)]
    codes = ngram_codes(symbols[known - order + 1 :], order, size)
    bits, _, _ = score(probability(tables, codes, size), len(codes))
    return bits
    # END SOLUTION


# %% check="held_out"
if __name__ == "__main__":
    check.held_out(held_out, witten_bell)

# %% [markdown]
# Now everything on one page: the plug-in $F_N$ of the whole text, and four models on the tenth of it that they have not seen. Add-one
# smoothing, $(c(hw)+1)/(c(h)+V)$, is what one would try first.


# %%
def add_one(tables: list[Table], codes: np.ndarray, size: int) -> np.ndarray:
    """Probability with one added to the count of every symbol; float array of the shape of `codes`."""
    count, total, _ = look_up(tables[-1], codes, size)
    return (count + 1) / (total + size)


# %% demo
if __name__ == "__main__":
    orders = range(1, 9)
    models = {"add one": add_one, "Witten-Bell": witten_bell, "Kneser-Ney": kneser_ney, "maximum likelihood": maximum_likelihood}
    curves = {"plug-in F_N": [plug_in_entropy(table, 27) for table in letter_tables]}
    curves |= {name: [held_out(letters, order, 27, 0.9, model) for order in orders] for name, model in models.items()}
    print("  N " + "".join(f"{name:>20}" for name in curves))
    for order in orders:
        print(f"{order:3} " + "".join(f"{values[order - 1]:20.3f}" for values in curves.values()))
    figure = Figure(figsize=(6.4, 4))
    axes = figure.add_subplot(xlabel="order N (known symbols: N - 1)", ylabel="bits per letter", ylim=(0.8, 4.3))
    for (name, values), style in zip(curves.items(), ("k:", "s-", "^-", "o-", "x-"), strict=True):
        axes.plot(orders, np.where(np.isfinite(values), values, np.nan), style, label=name)
    axes.legend()
    show_figure(figure, alt="Plug-in F_N falls to 1 bit; on unseen text add-one and Witten-Bell turn up again, Kneser-Ney hardly does.")

# %% [markdown]
# On Shakespeare the plug-in $F_8$ says one bit per letter, where Shannon put about 2.3: at nearly half of its steps the seven letters
# before have one successor only in the table, and nothing surprises. That number tells how well the table remembers its own text. On
# unseen text the most likely model is infinitely surprised from order 2 on, add-one drowns as contexts grow many, and the curves have the U
# shape of all models: too little memory on the left, too little data on the right. Kneser-Ney nearly removes the right arm.
#
# ## 1.13 The guessing game
#
# In 1951 Shannon let people guess the next letter of a text until right, and noted the number of guesses, the *rank*. A twin, who guesses
# the same, could restore the text from the ranks alone. So the ranks hold all of its information, and how often each comes bounds the
# entropy (from below only if the player always guesses in the true order of probability). With $q_i$ the share of symbols guessed at rank
# $i$, and $q_{V+1} = 0$:
#
# $$ \sum_{i=1}^{V} i\,(q_i - q_{i+1}) \log_2 i \;\le\; F_N \;\le\; -\sum_{i=1}^{V} q_i \log_2 q_i \tag{1.10} $$


# %% exercise="guessing_bounds"
def guessing_bounds(ranks: np.ndarray, size: int) -> tuple[float, float]:
    """(lower, upper) bound on the entropy from the ranks of a guessing game, in bits per symbol, Eq. (1.10).

    Args:
        ranks: (n,) integers 1 to size: how many guesses each symbol took.
        size: number V of different symbols.

    Raises:
        ValueError: there are no ranks, or one lies outside 1 to size.

    Source: Shannon, "Prediction and Entropy of Printed English" (1951).
    """
    # Hint: np.bincount gives the shares; a rank that never came adds 0 to the upper bound.
    # BEGIN SOLUTION
    if ranks.size == 0 or ranks.min() < 1 or ranks.max() > size:
        raise ValueError(f"expected ranks 1 to {size}, got {ranks}")
    shares = np.bincount(ranks, minlength=size + 2)[1:] / ranks.size  # q_1 to q_V, and q_(V+1) = 0
    rank = np.arange(1, size + 1)
    lower = np.sum(rank * (shares[:-1] - shares[1:]) * np.log2(rank))
    upper = -np.sum(shares * np.log2(np.where(shares > 0, shares, 1)))
    return float(lower), float(upper)  # (1.10)
    # END SOLUTION


# %% check="guessing_bounds"
if __name__ == "__main__":
    check.guessing_bounds(guessing_bounds)

# %% [markdown]
# Kneser-Ney plays on the unseen part. Shannon's players, who knew more than a million letters of English, came to between 0.6 and 1.3 bits
# with long contexts. The lower bound takes a player who always guesses the truly likeliest symbol first; for ours only the upper is safe.


# %%
def guess_ranks(tables: list[Table], codes: np.ndarray, size: int) -> np.ndarray:
    """(n,) ranks 1 to size of the newest symbols of n-grams among the guesses of Kneser-Ney, likeliest first, ties by symbol."""
    rivals = (codes // size * size)[:, None] + np.arange(size)  # (n, V)
    guesses = np.argsort(-kneser_ney(tables, rivals, size), axis=1, kind="stable")
    return 1 + np.argmax(guesses == (codes % size)[:, None], axis=1)


# %% demo
if __name__ == "__main__":
    known = int(0.9 * len(letters))
    known_tables = [count([letters[:known]], order, 27) for order in range(1, 7)]
    ranks = guess_ranks(known_tables, ngram_codes(letters[known - 5 : known + 20_000], 6, 27), 27)
    lower, upper = guessing_bounds(ranks, 27)
    print(f"guessed at once: {np.mean(ranks == 1):.0%} of the letters; bounds: {lower:.2f} to {upper:.2f} bits per letter")

# %% [markdown]
# ## 1.14 Words
#
# Nothing above knows what a symbol is. Take words, and already order 2 has some grammar between neighbours. Only the alphabet is new: it is
# read off the text, with a place for words that are not in it, `<unk>`. A paragraph of this corpus is a text of its own.


# %%
def build_vocabulary(words: list[str], size: int) -> list[str]:
    """`<unk>` and the size-1 most frequent other words."""
    counts = Counter(word for word in words if word != "<unk>")
    return ["<unk>", *(word for word, _ in counts.most_common(size - 1))]


def encode_words(words: list[str], vocabulary: list[str]) -> np.ndarray:
    """(T,) places of the words in the vocabulary; 0, the place of `<unk>`, for words that are not in it."""
    places = {word: place for place, word in enumerate(vocabulary)}
    return np.array([places.get(word, 0) for word in words], dtype=np.int64)


# %% demo
if __name__ == "__main__":
    wiki = corpus.load_or_stand_in("wikitext2_valid")
    print(f"text: {wiki.about}; licence: {wiki.licence}\n")
    vocabulary = build_vocabulary(wiki.text.split(), 20_000)
    paragraphs = [encode_words(line.split(), vocabulary) for line in wiki.text.splitlines() if line.split()]
    word_tables = [count(paragraphs, order, len(vocabulary)) for order in range(1, 5)]
    for order in range(1, 5):
        drawn = sample(word_tables[:order], encode_words(["The"], vocabulary), 30, len(vocabulary), seed=2)
        print(f"order {order}:", *[vocabulary[place] for place in drawn])

# %% [markdown]
# Are words better than letters? Perplexities do not say: one is per word, one per letter. Per character they can be compared, on the same
# text, and with all of its words in the vocabulary: who may say `<unk>` does not have to spell. (Knowing rare words beforehand helps a
# bit.)

# %% demo
if __name__ == "__main__":
    words, letter_bits = normalise(shakespeare.text).split(), curves["Kneser-Ney"][5]
    lexicon = build_vocabulary(words, len(words) + 1)
    word_bits = held_out(encode_words(words, lexicon), 3, len(lexicon), 0.9, kneser_ney)
    word_bits_per_character = word_bits / np.mean([len(word) + 1 for word in words[int(0.9 * len(words)) :]])
    print(f"words:   perplexity {2**word_bits:7.1f} per word,   {word_bits_per_character:.2f} bits per character")
    print(f"letters: perplexity {2**letter_bits:7.1f} per letter, {letter_bits:.2f} bits per character")

# %% [markdown]
# ## What you should see
#
# The ranges hold for Tiny Shakespeare. With the stand-in, the help texts of Python, which repeat themselves, all numbers are lower.

# %% demo
if __name__ == "__main__":
    real = shakespeare.real
    result("plug-in F_8", curves["plug-in F_N"][7], expect=(0.98, 1.01) if real else (0.2, 1.2), unit="bits per letter")
    result("Witten-Bell, order 5", curves["Witten-Bell"][4], expect=(2.15, 2.21) if real else (1.2, 2.4), unit="bits per letter")
    result("Kneser-Ney, order 6", curves["Kneser-Ney"][5], expect=(2.0, 2.1) if real else (1.0, 2.3), unit="bits per letter")
    result("guessing game, upper bound", upper, expect=(2.35, 2.55) if real else (1.0, 2.6), unit="bits per letter")
    result("words, Kneser-Ney, order 3", word_bits_per_character, expect=(1.75, 1.9) if real else (0.8, 2.5), unit="bits per character")
