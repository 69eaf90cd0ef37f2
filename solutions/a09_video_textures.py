# %% [markdown]
# # 9. Video textures
#
# A candle, a river, a man with a ball: a few seconds of film are enough to go on for ever, if one knows where the film may jump without
# anybody noticing. A video texture (Schödl, Szeliski, Salesin and Essa 2000) compares all frames with each other, makes a Markov chain of
# the clip, and plays it: at random, or as the best loop of a given length.
#
# It is Shannon's n-gram text of lesson 1 with frames for letters. There, what came next was counted; here nothing ever repeats exactly, so
# it is *measured*: you may go from frame $i$ to frame $j$ if $j$ looks like what should have followed $i$.
#
# *Lecture:* [video as a sequence](../lectures/a09_video_textures.md). *Time:* 3 hours of reading and writing; the notebook runs in about a
# minute on two cores, and needs no GPU.
#
# **Conventions.** Frames are numbered from 0. A matrix entry `[i, j]` is about going *from* frame $i$ *to* frame $j$: rows are where you
# are, columns where you go.

# %%
import itertools
import time

import numpy as np
from matplotlib.figure import Figure

from assignments.common import devices, results, show
from autograder.checks import a09_video_textures as check
from data_scripts import clips, fetch, text
from solutions import a01_shannon_ngrams as shannon

# %% [markdown]
# ## 9.1 How far apart two frames are
#
# $$ D_{ij} = \lVert x_i - x_j \rVert, \qquad D_{ij}^2 = \lVert x_i \rVert^2 + \lVert x_j \rVert^2 - 2\, x_i^\top x_j \tag{9.1} $$
#
# with $x_i$ all pixels and channels of frame $i$ in one vector. The right form turns $N^2$ loops over pixels into one matrix product, which
# runs at the full speed of the machine, and many times faster. It also subtracts large numbers from each other to find small ones, and in
# single precision nothing of the small ones may be left: some squares come out negative, and their roots are NaN. Three things help:
# compute in float64, subtract the mean frame first (distances do not notice, norms shrink), and clamp what rounding has made negative.
#
# A clip is larger than its distances. So take the pixels in blocks, `block` of them from all frames at a time, and add up the products:
# memory holds $N^2$ numbers and one block in float64, however long the frames are. The clip itself may be bytes, and may lie on disk
# (`np.memmap`).


# %% exercise="distances"
def distances(frames: np.ndarray, block: int) -> np.ndarray:
    """Distances between all pairs of frames, Eq. (9.1), by matrix products in float64.

    Args:
        frames: (T, ...) array of any number type, also unsigned bytes, any range; the axes after the first hold one frame.
        block: pixel values of each frame to convert to float64 at a time, at least 1.

    Returns:
        (T, T) float64 array in the unit of `frames`: symmetric up to rounding, exactly zero on the diagonal, nowhere NaN.
    """
    # Hint: `frames.reshape(len(frames), -1)` copies nothing. The mean over frames can be subtracted block by block.
    # BEGIN SOLUTION
    from scipy.linalg.blas import dsyrk

    values = frames.reshape(len(frames), -1)
    squares = np.zeros((len(frames), len(frames)), order="F")
    for start in range(0, values.shape[1], block):
        part = values[:, start : start + block].astype(np.float64)
        part -= part.mean(axis=0)
        squares = dsyrk(1.0, part.T, beta=1.0, c=squares, trans=1, overwrite_c=1)  # adds part @ part.T, above the diagonal only
        del part  # before the next block is made
    norms = np.diag(squares).copy()
    squares += np.triu(squares, 1).T
    squares *= -2
    squares += norms[:, None]
    squares += norms  # (9.1)
    np.maximum(squares, 0, out=squares)
    return np.sqrt(squares, out=squares)
    # END SOLUTION


# %% check="distances"
if __name__ == "__main__":
    check.distances(distances)

# %% [markdown]
# ## The trap of single precision, measured


# %%
def in_single_precision(frames: np.ndarray) -> np.ndarray:
    """Squared distances by Eq. (9.1) in float32, as one would write it at first."""
    values = frames.reshape(len(frames), -1).astype(np.float32)
    norms = (values**2).sum(axis=1)
    return norms[:, None] + norms[None] - 2 * values @ values.T


def pendulum(frames: int, side_px: int, period: float, noise: float, seed: int) -> np.ndarray:
    """(T, H, W) clip in [0, 1]: a bright ball that swings over a noisy background once in `period` frames."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:side_px, :side_px] / side_px
    angle = 0.7 * np.sin(2 * np.pi * np.arange(frames) / period)[:, None, None]
    away = (x - 0.5 - 0.6 * np.sin(angle)) ** 2 + (y - 0.15 - 0.6 * np.cos(angle)) ** 2
    return np.clip(0.2 + 0.7 * np.exp(-away / 0.008) + noise * random.normal(size=away.shape), 0, 1)


# %% demo
if __name__ == "__main__":
    swing = pendulum(240, 32, period=37.3, noise=0.02, seed=0)
    squares = in_single_precision(255 * swing)
    error = np.abs(squares - distances(255 * swing, 1024) ** 2).max()
    results.result("squares below zero in float32, roots NaN", (squares < 0).sum(), expect=(20, 240))
    results.result("largest error of a squared distance in float32", error, expect=(0.5, 50), unit="grey levels^2")
    started = time.perf_counter()
    by_pairs = np.array([[np.sqrt(((one - other) ** 2).sum()) for other in swing] for one in swing])
    double_loop = time.perf_counter() - started
    started = time.perf_counter()
    product = distances(swing, 1024)
    ratio = double_loop / (time.perf_counter() - started)
    results.result("double loop / matrix product, time", ratio, expect=(20, 2000))
    results.result("difference of the two", np.abs(by_pairs - product).max(), expect=(0, 1e-9))

# %% [markdown]
# ## 9.2 Frames that look alike, and move alike
#
# A pendulum passes through the middle twice a period, once to the left and once to the right. The two frames look the same, and a jump
# between them throws the ball back where it came from. Compare *stretches* of film, then: $m$ frames before and $m - 1$ after, with weights
# that fall off to both sides of $i - 1/2$, those of Pascal's triangle:
#
# $$ D'_{ij} = \sum_{k=-m}^{m-1} w_k\, D_{i+k,\,j+k}, \qquad w_k = \binom{2m-1}{k+m} \Big/ 2^{2m-1} \tag{9.2} $$
#
# It is a filter along the diagonals of $D$, both frames moving together. Where a stretch would leave the clip there is no value: the first
# $m$ frames and the last $m - 1$ are gone, and entry `[a, b]` of the result belongs to the frames $a + m$ and $b + m$. Forget that, and
# every jump lands $m$ frames off.


# %% exercise="preserve_dynamics"
def preserve_dynamics(distance: np.ndarray, reach: int) -> np.ndarray:
    """Distances between stretches of 2m frames, Eq. (9.2).

    Args:
        distance: (T, T) float array D.
        reach: m, at least 1; T is at least 2m.

    Returns:
        (T - 2m + 1, T - 2m + 1) float array in the unit of D; entry [a, b] belongs to frames a + m and b + m.

    Raises:
        ValueError: `reach` is below 1, or the clip is shorter than one stretch.
    """
    # BEGIN SOLUTION
    size = len(distance) - 2 * reach + 1
    if reach < 1 or size < 1:
        raise ValueError(f"reach must be at least 1 and at most half of the {len(distance)} frames, got {reach}")
    weights = (np.poly1d([0.5, 0.5]) ** (2 * reach - 1)).coeffs
    return sum(weight * distance[k : k + size, k : k + size] for k, weight in enumerate(weights))  # (9.2)
    # END SOLUTION


# %% check="preserve_dynamics"
if __name__ == "__main__":
    check.preserve_dynamics(preserve_dynamics)

# %% [markdown]
# ## 9.3 What a jump costs
#
# Going from $i$ to $j$ is smooth if $j$ looks like the frame that would have come next, $i + 1$:
#
# $$ C_{ij} = D_{i+1,\,j}, \qquad C_{N-1,\,j} = \max_{i < N-1,\, k} C_{ik} \tag{9.3} $$
#
# So the natural successor costs nothing, and a jump to oneself costs one frame's worth of motion. The last frame has no successor; whatever
# follows it is as bad as the worst jump of the clip.


# %% exercise="transition_costs"
def transition_costs(distance: np.ndarray) -> np.ndarray:
    """Cost of going from each frame to each other one, Eq. (9.3).

    Args:
        distance: (T, T) float array, T at least 2.

    Returns:
        (T, T) float array in the same unit; row i is where you are, column j where you go.
    """
    # BEGIN SOLUTION
    costs = distance[1:]  # (9.3)
    dead_end = np.full((1, len(distance)), costs.max())
    return np.concatenate([costs, dead_end])
    # END SOLUTION


# %% check="transition_costs"
if __name__ == "__main__":
    check.transition_costs(transition_costs)

# %% [markdown]
# ## 9.4 What it costs later
#
# A jump to a frame shortly before the end is cheap now and dear in a moment, when only bad jumps are left: a dead end. Let every jump pay
# in advance for what it leads to, a little less for every step further away:
#
# $$ F_{ij} = C_{ij}^{\,p} + \alpha\, m_j, \qquad m_j = \min_k F_{jk} \tag{9.4} $$
#
# with $0 \le \alpha < 1$; the power $p$ trades many small jumps against few large ones. This is the fixed point of value iteration,
# Bellman's equation. Only the $N$ numbers $m_j$ are unknown: start from $m = 0$ and set
#
# $$ m_i \leftarrow \min_j \big( C_{ij}^{\,p} + \alpha\, m_j \big) \tag{9.5} $$
#
# for all $i$, again and again, until no $m_i$ changes by more than a tolerance. The order decides how long that takes. News of the dead end
# travels backwards, from a frame to those before it. If you use the new $m_j$ at once, and go **from the last frame to the first**, it
# travels through the whole clip in one sweep; the other way round, or with all frames at once from the old values, one frame a sweep.


# %% exercise="future_cost"
def future_cost(costs: np.ndarray, alpha: float, power: float, tolerance: float, max_sweeps: int) -> tuple[np.ndarray, int]:
    """Costs that include the discounted cost of what follows, the fixed point of Eq. (9.4), by sweeps from last to first.

    Args:
        costs: (T, T) float array C, none negative.
        alpha: discount of one step, in [0, 1).
        power: p, above 0.
        tolerance: stop after the first sweep that changes no m by more than this.
        max_sweeps: stop after as many sweeps at the latest, at least 1.

    Returns:
        F from the m after the last sweep, a (T, T) float array, and the number of sweeps over all frames that it took.

    Raises:
        ValueError: `alpha` is not in [0, 1): the sum over the future has no limit.
    """
    # BEGIN SOLUTION
    if not 0 <= alpha < 1:
        raise ValueError(f"alpha must be in [0, 1), got {alpha}")
    now = costs**power
    best, sweeps, change = np.zeros(len(costs)), 0, np.inf
    while change > tolerance and sweeps < max_sweeps:
        before = best.copy()
        for i in reversed(range(len(costs))):
            best[i] = (now[i] + alpha * best).min()  # (9.5)
        sweeps, change = sweeps + 1, np.abs(best - before).max()
    return now + alpha * best, sweeps  # (9.4)
    # END SOLUTION


# %% check="future_cost"
if __name__ == "__main__":
    check.future_cost(future_cost)

# %% [markdown]
# ## The order, measured
#
# The same fixed point, from all frames at once and from last to first. The picture is worth a look: without the future, any frame that
# looks alike will do. With it, whole columns turn dark: nobody wants to go to the end of the clip.


# %%
def all_at_once(costs: np.ndarray, alpha: float, tolerance: float) -> int:
    """Sweeps that Eq. (9.5) takes if every frame uses the old values of all others."""
    best, sweeps, change = np.zeros(len(costs)), 0, np.inf
    while change > tolerance:
        new = (costs + alpha * best).min(axis=1)
        best, sweeps, change = new, sweeps + 1, np.abs(new - best).max()
    return sweeps


# %% demo
if __name__ == "__main__":
    swing = pendulum(240, 32, period=37.3, noise=0.02, seed=0)
    costs = transition_costs(preserve_dynamics(distances(swing, 1024), 2))
    future, sweeps = future_cost(costs, alpha=0.999, power=1.0, tolerance=1e-10, max_sweeps=1000)
    slow = all_at_once(costs, 0.999, 1e-10)
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    for place, (title, matrix) in enumerate({"cost of the jump": costs[:-1], "with its future": future[:-1]}.items(), 1):
        axes = figure.add_subplot(1, 2, place, title=title, xlabel="to frame", ylabel="from frame")
        edges = 2 + np.array([-0.5, matrix.shape[1] - 0.5, matrix.shape[0] - 0.5, -0.5])  # entry a is about frame a + 2
        figure.colorbar(axes.imshow(matrix, cmap="magma_r", extent=edges), ax=axes, fraction=0.046)
    words = (
        "Two matrices of jump costs of a pendulum: diagonal stripes of cheap jumps; with the future the columns of the last swing are dark."
    )
    show.show_figure(figure, alt=words)
    results.result("sweeps from last to first at alpha 0.999", sweeps, expect=(20, 200))
    results.result("sweeps with all frames at once", slow, expect=(15_000, 25_000))

# %% [markdown]
# ## 9.5 A Markov chain of frames
#
# $$ P_{ij} = \frac{e^{-F_{ij}/\sigma}}{\sum_k e^{-F_{ik}/\sigma}} \tag{9.6} $$
#
# A small $\sigma$ takes only the best jumps, a large one nearly any. With the future in it, $F$ is large in every entry of a row, and
# $e^{-F/\sigma}$ is zero in floating point: subtract the smallest entry of the row first, which changes nothing in (9.6). As a start take
# $\sigma$ as a small multiple of the mean cost above zero (0.03 of it below), without the future, of $C^p$ if $p$ is not 1.


# %% exercise="probabilities"
def probabilities(costs: np.ndarray, sigma: float) -> np.ndarray:
    """Transition probabilities of the chain of frames, Eq. (9.6).

    Args:
        costs: (T, T) float array, with or without future cost; may be large everywhere.
        sigma: above 0, in the unit of the costs.

    Returns:
        (T, T) float array; each row adds up to 1.

    Raises:
        ValueError: `sigma` is not above 0.
    """
    # BEGIN SOLUTION
    if not sigma > 0:
        raise ValueError(f"sigma must be above 0, got {sigma}")
    weights = np.exp(-(costs - costs.min(axis=1, keepdims=True)) / sigma)
    return weights / weights.sum(axis=1, keepdims=True)  # (9.6)
    # END SOLUTION


# %% check="probabilities"
if __name__ == "__main__":
    check.probabilities(probabilities)

# %% [markdown]
# ## 9.6 Pruning
#
# A good jump comes with a crowd of mediocre ones around it, from and to the neighbouring frames, and together they would be taken more
# often than the good one. Keep an entry $P_{ij}$ if
#
# * it is at least `threshold`, and a **local maximum**: no entry directly beside it, in its row or in its column, is larger (at the edge of
# the matrix there are fewer neighbours); or
# * it is as large as any in its row, so that no frame is left without a way out.
#
# Everything else becomes zero, and the rows are divided by their sums again.


# %% exercise="prune"
def prune(chain: np.ndarray, threshold: float) -> np.ndarray:
    """Keep the local maxima of a transition matrix, and make its rows add up to 1 again.

    Args:
        chain: (T, T) float array of probabilities, rows add up to 1.
        threshold: smallest probability to keep, in [0, 1].

    Returns:
        (T, T) float array; each row adds up to 1.
    """
    # BEGIN SOLUTION
    padded = np.pad(chain, 1, constant_values=-1)
    beside = np.maximum.reduce([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
    kept = (chain >= threshold) & (chain >= beside)
    kept |= chain == chain.max(axis=1, keepdims=True)
    chain = chain * kept
    return chain / chain.sum(axis=1, keepdims=True)
    # END SOLUTION


# %% check="prune"
if __name__ == "__main__":
    check.prune(prune)

# %% [markdown]
# ## 9.7 Random play
#
# Draw the next frame from the row of the current one: with a number $u$ from $[0, 1)$, it is the first $j$ whose running sum $\sum_{k \le
# j} P_{ik}$ is larger than $u$. (Larger, not equal: with $u = 0$ a first column of probability zero must not be drawn.)


# %% exercise="play"
def play(chain: np.ndarray, start: int, uniforms: np.ndarray) -> np.ndarray:
    """Walk through a Markov chain.

    Args:
        chain: (T, T) float array of probabilities, rows add up to 1 (up to rounding).
        start: first state.
        uniforms: (K,) numbers in [0, 1), one for each step.

    Returns:
        (K + 1,) integer array, also if K is 0: `start`, and the states after each step.
    """
    # Hint: rounding may leave the last sum below u; then take the last frame whose probability is above 0.
    # BEGIN SOLUTION
    sums = np.cumsum(chain, axis=1)
    sums /= sums[:, -1:]
    states = [start]
    for uniform in uniforms:
        states.append(int(np.searchsorted(sums[states[-1]], uniform, side="right")))
    return np.array(states)
    # END SOLUTION


# %% check="play"
if __name__ == "__main__":
    check.play(play)

# %% [markdown]
# ## Dead ends, and the same function on letters
#
# Play 3,000 frames of the pendulum with and without future cost, and count how often play runs into the end of the film. Then give `play`
# the pairs of letters of lesson 1 for a chain: nothing about it knows what a state is.


# %%
def dead_ends(costs: np.ndarray, alpha: float, seed: int) -> int:
    """How often 3,000 steps of random play reach the last frame."""
    future, _ = future_cost(costs, alpha, 1.0, 1e-9, 1000)
    chain = probabilities(future, 0.03 * costs[costs > 0].mean())
    return int((play(chain, 0, np.random.default_rng(seed).random(3000)) == len(costs) - 1).sum())


def letter_chain(words: str) -> np.ndarray:
    """(27, 27) probabilities of the next letter after each, from the pairs in a text; one is added to every count."""
    pairs, often = shannon.count([shannon.encode(shannon.normalise(words))], 2, 27)
    counts = np.ones(27 * 27)
    counts[pairs] += often
    return counts.reshape(27, 27) / counts.reshape(27, 27).sum(axis=1, keepdims=True)


# %% demo
if __name__ == "__main__":
    costs = transition_costs(preserve_dynamics(distances(pendulum(240, 32, 37.3, 0.02, seed=0), 1024), 2))
    results.result("dead ends in 3,000 frames without future cost", dead_ends(costs, 0.0, seed=0), expect=(3, 60))
    results.result("dead ends with alpha 0.99", dead_ends(costs, 0.99, seed=0), expect=(0, 0))
    chain = letter_chain(text.load_or_stand_in("tinyshakespeare").text)
    print("letters:", shannon.decode(play(chain, 0, np.random.default_rng(0).random(70))))
    future, _ = future_cost(costs, 0.99, 1.0, 1e-9, 1000)
    walk = play(prune(probabilities(future, 0.03 * costs[costs > 0].mean()), 0.02), 0, np.random.default_rng(1).random(600))
    figure = Figure(figsize=(8, 2.4), layout="constrained")
    axes = figure.add_subplot(xlabel="time of play in frames", ylabel="frame of the clip")
    axes.plot(walk + 2, ".", markersize=2, color="#0072b2")  # entry a is about frame a + 2
    show.show_figure(figure, alt="Frame numbers over the time of play: rising lines of natural play, with jumps back and forth.")

# %% [markdown]
# ## 9.8 The best loop of a given length
#
# For a web page one wants a loop, not a lottery. A **primitive loop** $\ell = (i, j)$, $j \le i$, plays the frames $j$ to $i$ and jumps
# back: its *range* is $[j, i]$, its length $i - j + 1$, its cost $C_{ij}$. A **compound loop** joins primitive ones, each as often as one
# likes, as long as their ranges hang together: two loops whose ranges share a frame can be played as one. Its length and its cost are sums.
#
# The cheapest compound loop of exactly $L$ frames comes from dynamic programming over a table with a row for each length and a column for
# each primitive loop:
#
# $$ B[L, \ell] = \min \Big\{\; C_\ell \text{ if } L = |\ell|, \quad \min_{0 < a < L} \; B[a, \ell] +
# \min_{k \text{ overlaps } \ell} B[L - a, k] \;\Big\} \tag{9.7} $$
#
# $B[L, \ell]$ is the cheapest compound loop of length $L$ *that contains* $\ell$: it is $\ell$ alone, or a shorter one that contains $\ell$
# together with one that contains some $k$ whose range overlaps that of $\ell$ ($\ell$ itself is such a $k$). Note for each entry what it
# was made of; from the best entry of row $L$ you can then go back to the list of its primitive loops.


# %% exercise="best_loop"
def best_loop(jumps: np.ndarray, costs: np.ndarray, length: int) -> list[int]:
    """The cheapest compound loop of a given length, Eq. (9.7).

    Args:
        jumps: (K, 2) integers i, j with j <= i: the primitive loops, K at least 1.
        costs: (K,) floats, none negative: the cost of each.
        length: frames of the compound loop, at least 1.

    Returns:
        indices of its primitive loops in ascending order, one that is used twice listed twice. Ties are broken in any way.

    Raises:
        ValueError: no compound loop has this length.
    """
    # BEGIN SOLUTION
    lengths = jumps[:, 0] - jumps[:, 1] + 1
    overlap = (jumps[:, None, 1] <= jumps[:, 0]) & (jumps[:, 1] <= jumps[:, None, 0])
    best, reach = np.full((2, length + 1, len(jumps)), np.inf)  # B, and the smallest B of an overlapping column
    split, partner = np.zeros((2, length + 1, len(jumps)), int)
    for row in range(1, length + 1):
        pairs = best[:row] + reach[row:0:-1]  # B[a] with an overlapping B[row - a]; a = 0 is infinite
        alone = np.where(lengths == row, costs, np.inf)
        best[row] = np.minimum(alone, pairs.min(axis=0))  # (9.7)
        split[row] = pairs.argmin(axis=0)  # 0 if all are infinite: then the loop stands alone
        others = np.where(overlap, best[row], np.inf)
        reach[row], partner[row] = others.min(axis=1), others.argmin(axis=1)
    if not np.isfinite(best[length].min()):
        raise ValueError(f"no compound loop of {length} frames; primitive loops have {sorted(set(lengths.tolist()))}")
    todo, found = [(length, best[length].argmin())], []
    while todo:
        row, loop = todo.pop()
        shorter = split[row, loop]
        todo += [(shorter, loop), (row - shorter, partner[row - shorter, loop])] if shorter else []
        found += [] if shorter else [int(loop)]
    return sorted(found)
    # END SOLUTION


# %% check="best_loop"
if __name__ == "__main__":
    check.best_loop(best_loop)

# %% [markdown]
# In which order is a compound loop played? Draw an arrow for every jump and one from $t$ to $t + 1$ for every range that holds both. Every
# frame then has as many arrows in as out, and all hang together: there is a walk that takes each arrow once and ends where it began (Euler
# 1736). `unroll` below finds it.
#
# ## 9.9 Hiding the seam
#
# What is left of a jump can be spread over several frames. Instead of cutting from one stretch of film to the other, play both for $K$
# frames and fade:
#
# $$ y_k = (1 - w_k)\, x_k + w_k\, x'_k, \qquad w_k = \frac{k}{K - 1}, \quad k = 0 \dots K - 1 \tag{9.8} $$
#
# The first frame is all of what is left, the last all of what is entered. Where the two differ, both are seen at half strength for a
# moment; textures forgive it, a face does not.


# %% exercise="cross_fade"
def cross_fade(leaving: np.ndarray, entering: np.ndarray) -> np.ndarray:
    """Fade from one stretch of film to another, Eq. (9.8).

    Args:
        leaving: (K, ...) float array, K at least 2.
        entering: array of the same shape.

    Returns:
        array of the same shape.

    Raises:
        ValueError: the shapes differ, or there are fewer than two frames.
    """
    # BEGIN SOLUTION
    if leaving.shape != entering.shape or len(leaving) < 2:
        raise ValueError(f"need two stretches of one shape and two frames or more, got {leaving.shape} and {entering.shape}")
    weights = np.linspace(0, 1, len(leaving)).reshape(-1, *[1] * (leaving.ndim - 1))
    return (1 - weights) * leaving + weights * entering  # (9.8)
    # END SOLUTION


# %% check="cross_fade"
if __name__ == "__main__":
    check.cross_fade(cross_fade)

# %% [markdown]
# ## A loop to watch
#
# A man juggles a football before a fixed camera. Find the best compound loops of 60 to 120 frames, play the one with the smoothest seams,
# and compare the steps at its seams with those of the film itself and with the loops of a river and of palm trees that a looping method
# made, which are known to be good. A *seam* is the distance between the two frames at a jump, in units of the mean distance of successive
# frames of the clip: 1 would be a step like any other.
#
# *Clips:* juggling, Meta Platforms, Apache 2.0; brink_loop and palmtrees_loop, Hugues Hoppe, CC0 1.0. All were made smaller here.


# %%
def unroll(jumps: np.ndarray) -> list[int]:
    """Frames of a compound loop in the order of play, from its first jump's target on; Hierholzer's way to an Eulerian walk.

    Args:
        jumps: (K, 2) integers i, j with j <= i, whose ranges hang together.
    """
    arrows: dict[int, list[int]] = {}
    for i, j in np.asarray(jumps).tolist():
        arrows.setdefault(i, []).append(j)
        for frame in range(j, i):
            arrows.setdefault(frame, []).insert(0, frame + 1)
    path, walk = [int(jumps[0][1])], []
    while path:
        leave = arrows.get(path[-1])
        if leave:
            path.append(leave.pop())
        else:
            walk.append(path.pop())
    return walk[::-1][:-1]


def candidates(distance: np.ndarray, reach: int, shortest: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The cheapest primitive loops of at least `shortest` frames that are local minima: (K, 2) frames i, j of the clip, and costs."""
    costs = transition_costs(preserve_dynamics(distance, reach))[:-1]
    padded = np.pad(costs, 1, constant_values=np.inf)
    beside = np.minimum.reduce([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
    i, j = np.nonzero((costs <= beside) & (np.subtract.outer(np.arange(len(costs)), np.arange(len(costs) + 1)) >= shortest - 1))
    cheapest = np.argsort(costs[i, j])[:count]
    return np.stack([i, j], axis=1)[cheapest] + reach, costs[i, j][cheapest]


def render(clip: np.ndarray, order: list[int], fade: int) -> np.ndarray:
    """The frames in order of play; `fade` frames before each jump lead over to its target, where the clip has the frames for it."""
    shown = clip[order]
    for place, i in enumerate(order):
        j = order[(place + 1) % len(order)]
        before = [(place - back) % len(order) for back in range(fade)][::-1]
        jump, room = j != i + 1, fade <= j and i + 1 < len(clip)
        if fade and jump and room and [order[k] for k in before] == list(range(i - fade + 1, i + 1)):
            shown[before] = cross_fade(clip[i - fade + 1 : i + 2], clip[j - fade : j + 1])[:-1]
    return shown


def seam(shown: np.ndarray, order: list[int], fade: int) -> float:
    """The largest step between successive frames of a loop, among those at a jump and in the `fade` frames before it.

    Args:
        shown: (T, ...) frames as they are played, in a circle.
        order: T frame numbers; where one does not follow its predecessor, or the first the last, there is a jump.
        fade: frames of the cross-fade before each jump; 0 for a cut.
    """
    jumps = [place for place, i in enumerate(order) if order[(place + 1) % len(order)] != i + 1]
    places = [(place - back) % len(order) for place in jumps for back in range(fade + 1)]
    return max(np.linalg.norm(shown[(place + 1) % len(order)] - shown[place]) for place in places)


def smoothest(clip: np.ndarray, distance: np.ndarray, lengths: range, fade: int) -> list[int]:
    """Frames, in order of play, of the loop with the smallest seam among the best compound loops of several lengths."""
    jumps, costs = candidates(distance, reach=2, shortest=24, count=60)
    orders = []
    for length in lengths:
        try:
            orders.append(unroll(jumps[best_loop(jumps, costs, length)]))
        except ValueError:
            continue  # some lengths cannot be had
    return min(orders, key=lambda order: seam(render(clip, order, fade), order, fade))


def film(name: str, **part) -> np.ndarray:
    """A clip (T, H, W, 3) by name, or a swinging pendulum where it cannot be had."""
    try:
        return clips.load(name, **part)
    except fetch.DataMissing as missing:
        print(f"{missing}\nGoing on with a pendulum.")
        return np.repeat(pendulum(247, 96, 30.4, 0.01, seed=0)[..., None], 3, axis=3).astype(np.float32)


# %% demo
if __name__ == "__main__":
    clip = film("sam2_clips/05_default_juggle", size=devices.choose((144, 256), (360, 640)))
    distance, fade = distances(clip, 4096), 4
    step = np.diag(distance, 1).mean()
    order = smoothest(clip, distance, range(60, 121), fade)
    starts, ends = zip(*[(i, j) for i, j in zip(order, order[1:] + order[:1], strict=True) if j != i + 1], strict=True)
    print(f"{len(order)} frames; jumps:", *(f"{i} to {j}" for i, j in zip(starts, ends, strict=True)))
    figure = Figure(figsize=(4.6, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="frame", ylabel="frame", title="distance of two frames, and the jumps of the loop")
    figure.colorbar(axes.imshow(distance, cmap="magma_r"), ax=axes, fraction=0.046)
    axes.plot(ends, starts, "s", color="#0072b2", markerfacecolor="none")
    show.show_figure(
        figure, alt="The distance matrix of a juggler: a weave of stripes, one for each throw; squares mark the jumps of the loop."
    )
    shown = render(clip, order, fade)
    show.show_clip(shown, alt="A man juggles a football in a loop of three to five seconds.", frame_rate_hz=24)
    results.result("largest seam of the loop found, faded", seam(shown, order, fade) / step, expect=(0.3, 1.4), unit="steps")
    results.result("the same, cut", seam(clip[order], order, 0) / step, expect=(0.5, 2), unit="steps")
    results.result("whole clip played in a circle", seam(clip, list(range(len(clip))), 0) / step, expect=(1.5, 20), unit="steps")
    for name in ("brink", "palmtrees"):
        known = film(f"textures/{name}_loop_256")
        usual = np.mean([np.linalg.norm(after - before) for before, after in itertools.pairwise(known)])
        results.result(f"known loop {name}", seam(known, list(range(len(known))), 0) / usual, expect=(0.5, 2), unit="steps")
    flies = film("flies/centered_pair_small", size=(96, 96))
    order = smoothest(flies, distances(flies, 4096), range(24, 61), 0)
    better = seam(flies, list(range(len(flies))), 0) / seam(flies[order], order, 0)
    results.result("two flies: seam of the whole clip / of the loop found, both cut", better, expect=(1.2, 40))

# %% [markdown]
# ## What to take with you
#
# * Text and video are sequences of states; a Markov chain needs only a measure of what may follow what.
# * Which index, which order, which precision: each of the three mistakes of this lesson still gives a matrix that looks reasonable.
# * The chain knows frames as wholes. A person who moves one arm in a way never filmed needs what comes later in this course.
#
# Back to the [lecture](../lectures/a09_video_textures.md).
