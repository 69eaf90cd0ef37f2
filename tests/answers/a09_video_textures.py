"""Answers to lesson 9 that the checks must tell apart."""

import itertools

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist
from scipy.special import softmax

from tests.answers.core import right, wrong

# distances


def blocks(frames, block):
    """Pixel values of all frames in float64, `block` of each at a time."""
    flat = frames.reshape(len(frames), -1)
    return (flat[:, start : start + block].astype(float) for start in range(0, flat.shape[1], block))


@right("distances")
def with_scipy(frames, block):
    return np.sqrt(sum(cdist(part, part, "sqeuclidean") for part in blocks(frames, block)))


@right("distances")
def row_by_row(frames, block):
    return np.sqrt(sum(np.stack([((part - one) ** 2).sum(axis=1) for one in part]) for part in blocks(frames, block)))


@right("distances")
def with_the_mean_frame_of_the_whole_clip(frames, block):
    flat = frames.reshape(len(frames), -1)
    mean, products = flat.mean(axis=0, dtype=np.float64), 0.0
    for chosen in np.array_split(np.arange(len(mean)), -(-len(mean) // block)):
        part = flat[:, chosen] - mean[chosen]
        products = products + part @ part.T
    norms = np.diag(products)
    return np.sqrt(np.maximum(norms[:, None] + norms - 2 * products, 0))


def by_product(frames, kind=np.float64, centred=True, clamp=True, diagonal=True, root=True, last=None):
    """Eq. (9.1) with its parts open to mistakes."""
    flat = frames.reshape(len(frames), -1).astype(kind)[:, :last]
    flat = flat - flat.mean(axis=0) if centred else flat
    norms = (flat**2).sum(axis=1)
    squares = norms[:, None] + norms - 2 * flat @ flat.T
    squares = np.maximum(squares, 0) if clamp else squares
    if diagonal:
        np.fill_diagonal(squares, 0)
    with np.errstate(invalid="ignore"):
        return np.sqrt(squares) if root else squares


@wrong("distances", message="compute in float64 and take the mean frame away first")
def in_single_precision(frames, block):
    return by_product(frames, kind=np.float32, centred=False).astype(float)


@wrong("distances", message="distances are NaN")
def without_a_clamp(frames, block):
    return by_product(frames, centred=False, clamp=False, diagonal=False)


@wrong("distances", message="then the root")
def without_the_root(frames, block):
    return by_product(frames, root=False)


@wrong("distances", message="integers wrap around")
def with_bytes_as_they_come(frames, block):
    flat = frames.reshape(len(frames), -1)
    return np.stack([np.sqrt(((flat - one) ** 2).sum(axis=1, dtype=float)) for one in flat])


@wrong("distances", message="also a last short one")
def without_the_last_block(frames, block):
    size = frames[0].size
    return by_product(frames, last=size // block * block or size)


@wrong("distances", message="summed over pixels")
def as_a_mean_over_pixels(frames, block):
    return by_product(frames) / np.sqrt(frames[0].size)


@wrong("distances", message="exactly 0 from itself")
def with_what_rounding_left_on_the_diagonal(frames, block):
    return by_product(frames, diagonal=False)


@wrong("distances", message="take the mean frame away before the product")
def without_the_mean_frame(frames, block):
    return by_product(frames, centred=False)


@wrong("distances", message="squares of differences")
def city_blocks(frames, block):
    flat = frames.reshape(len(frames), -1).astype(float)
    return cdist(flat, flat, "cityblock")


@wrong("distances", message="integers wrap around")
def with_bytes_alone_converted(frames, block):
    flat = frames.reshape(len(frames), -1)
    flat = flat.astype(float) if flat.dtype.itemsize != 2 else flat
    return np.stack([np.sqrt(np.abs(((flat - one) ** 2).sum(axis=1, dtype=float))) for one in flat])


@wrong("distances", message="clamp at 0, and nothing above")
def without_what_is_small(frames, block):
    found = row_by_row(frames, block)
    return np.where(found < 1e-5, 0, found)


@wrong("distances", message="not the clip first")
def of_the_whole_clip_at_once(frames, block):
    return row_by_row(frames.astype(float), block)


@wrong("distances", message="short floats round")
def with_short_floats_as_they_come(frames, block):
    return row_by_row(frames - frames.mean(axis=0) if frames.dtype.kind == "f" else frames, block)


@wrong("distances", message="one mean number for all of them leaves the pattern")
def with_one_mean_for_all_pixels(frames, block):
    products = sum((part - part.mean()) @ (part - part.mean()).T for part in blocks(frames, block))
    norms = np.diag(products)
    return np.sqrt(np.maximum(norms[:, None] + norms - 2 * products, 0))


@wrong("distances", message="not the clip first")
def rows_of_the_picture_for_pixels(frames, block):
    parts = (frames[:, start : start + block].reshape(len(frames), -1).astype(float) for start in range(0, frames.shape[1], block))
    return np.sqrt(sum(cdist(part, part, "sqeuclidean") for part in parts))


# preserve_dynamics


def checked(filtering):
    """The filter behind the checks of its arguments."""

    def answer(distance, reach):
        if reach < 1 or len(distance) < 2 * reach:
            raise ValueError("stretch")
        return filtering(np.asarray(distance), reach)

    return answer


def pascal(reach):
    row = np.ones(1)
    for _ in range(2 * reach - 1):
        row = np.convolve(row, [0.5, 0.5])
    return row


def along_diagonals(distance, weights):
    size = len(distance) - len(weights) + 1
    return sum(w * distance[k : k + size, k : k + size] for k, w in enumerate(weights))


@right("preserve_dynamics")
def pair_after_pair(distance, reach):
    if reach < 1 or len(distance) < 2 * reach:
        raise ValueError("stretch")
    for _ in range(2 * reach - 1):
        distance = (distance[:-1, :-1] + distance[1:, 1:]) / 2
    return distance


@right("preserve_dynamics")
def with_windows(distance, reach):
    return checked(lambda d, m: np.einsum("abkk,k->ab", np.lib.stride_tricks.sliding_window_view(d, (2 * m, 2 * m)), pascal(m)))(
        distance, reach
    )


@wrong("preserve_dynamics", message="not a blurred neighbourhood")
def blurred_in_two_dimensions(distance, reach):
    return checked(lambda d, m: gaussian_filter(d, m / 2)[m : len(d) - m + 1, m : len(d) - m + 1])(distance, reach)


@wrong("preserve_dynamics", message="both indices with the same sign")
def along_the_other_diagonal(distance, reach):
    return checked(lambda d, m: along_diagonals(d[:, ::-1], pascal(m))[:, ::-1])(distance, reach)


@wrong("preserve_dynamics", message="the weights are binomial")
def with_equal_weights(distance, reach):
    return checked(lambda d, m: along_diagonals(d, np.full(2 * m, 0.5 / m)))(distance, reach)


@wrong("preserve_dynamics", message="T - 2m + 1 frames are left")
def with_padding(distance, reach):
    return checked(lambda d, m: along_diagonals(np.pad(d, ((m, m - 1), (m, m - 1)), mode="edge"), pascal(m)))(distance, reach)


@wrong("preserve_dynamics", message="the 2m weights add up to 1")
def without_normalising(distance, reach):
    return checked(lambda d, m: along_diagonals(d, pascal(m) * 2 ** (2 * m - 1)))(distance, reach)


@wrong("preserve_dynamics", message="frames are left")
def with_an_odd_stretch(distance, reach):
    return checked(lambda d, m: along_diagonals(d, np.ones(2 * m + 1) / (2 * m + 1)) if len(d) > 2 * m else d[:1, :1])(distance, reach)


@wrong("preserve_dynamics", message="expected ValueError")
def with_any_stretch(distance, reach):
    return along_diagonals(np.asarray(distance), pascal(max(reach, 1))) if len(distance) >= 2 * reach else np.zeros((0, 0))


@wrong("preserve_dynamics", message="random matrix, m = 34")
def with_weights_for_short_stretches(distance, reach):
    return checked(lambda d, m: along_diagonals(d, pascal(min(m, 16))))(distance, reach)


@wrong("preserve_dynamics", message="a stretch of 2m frames fits exactly once")
def with_more_than_one_stretch(distance, reach):
    if len(distance) == 2 * reach:
        raise ValueError("too short")
    return pair_after_pair(distance, reach)


# transition_costs


@right("transition_costs")
def stacked(distance):
    return np.vstack([distance[1:], np.full((1, len(distance)), distance[1:].max())])


@right("transition_costs")
def rolled(distance):
    costs = np.roll(distance, -1, axis=0)
    costs[-1] = costs[:-1].max()
    return costs


@wrong("transition_costs", message="row i of the costs is row i + 1 of D")
def without_the_successor(distance):
    return np.vstack([distance[:-1], np.full((1, len(distance)), distance.max())])


@wrong("transition_costs", message="the row moves, not the column")
def with_the_column_moved(distance):
    costs = np.roll(distance, 1, axis=1)
    costs[-1] = costs[:-1].max()
    return costs


@wrong("transition_costs", message="no wrap to frame 0")
def around_the_clip(distance):
    return np.roll(distance, -1, axis=0)


@wrong("transition_costs", message="no copy of another row")
def with_the_last_row_twice(distance):
    return np.vstack([distance[1:], distance[-1:]])


@wrong("transition_costs", message="the last frame has a row, too")
def without_the_last_frame(distance):
    return distance[1:, :-1]


@wrong("transition_costs", message="the largest of the other rows' costs")
def with_a_free_ending(distance):
    return np.vstack([distance[1:], np.zeros((1, len(distance)))])


@wrong("transition_costs", message="the largest of the other rows' costs")
def with_the_worst_distance_of_all(distance):
    return np.vstack([distance[1:], np.full((1, len(distance)), distance.max())])


@wrong("transition_costs", message="where D[2, 0] is the largest")
def with_the_worst_jump_of_one_row(distance):
    return np.vstack([distance[1:], np.full((1, len(distance)), distance[-1].max())])


@wrong("transition_costs", message="where D[3, 6] is the largest")
def with_the_worst_jump_backwards(distance):
    return np.vstack([distance[1:], np.full((1, len(distance)), np.tril(distance[1:]).max())])


@wrong("transition_costs", message="the largest of the other rows' costs")
def with_a_worst_jump_of_at_least_one(distance):
    return np.vstack([distance[1:], np.full((1, len(distance)), max(1.0, distance[1:].max()))])


@wrong("transition_costs", message="where D[4, 3] is the largest")
def worst_of_far_jumps_only(distance):
    far = np.abs(np.subtract.outer(np.arange(len(distance)), np.arange(len(distance)))) > 1
    return np.concatenate([distance[1:], np.full((1, len(distance)), (distance * far)[1:].max())])


# future_cost


def iterate(costs, alpha, power, tolerance, max_sweeps, order=-1, seen=None, now_power=True, at=1, norm=np.max, start=None):
    """Sweeps with their parts open to mistakes; `seen` gives what a row looks at."""
    if not 0 <= alpha < 1:
        raise ValueError("alpha")
    now = costs**power if now_power else costs
    best, sweeps, change = np.zeros(len(costs)) if start is None else start, 0, np.inf
    while change > tolerance and sweeps < max_sweeps:
        before = best.copy()
        source = before if order == 0 else best
        for i in range(len(costs))[:: order or 1]:
            row = now[i] + alpha * source
            best[i] = (row if seen is None else seen(row, i)).min()
        sweeps, change = sweeps + 1, norm(np.abs(best - before))
    return now + alpha * (best if at else best[:, None]), sweeps


@right("future_cost")
def from_last_to_first(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, alpha, power, tolerance, max_sweeps)


@right("future_cost")
def on_the_whole_matrix(costs, alpha, power, tolerance, max_sweeps):
    if not 0 <= alpha < 1:
        raise ValueError("alpha")
    future, sweeps = costs**power, 0
    now, best = future.copy(), np.zeros(len(costs))
    while sweeps < max_sweeps:
        sweeps, before = sweeps + 1, best.copy()
        for i in range(len(costs) - 1, -1, -1):
            future[i] = now[i] + alpha * best
            best[i] = np.min(future[i])
        if np.abs(best - before).max() <= tolerance:
            break
    return now + alpha * best[None], sweeps


@wrong("future_cost", message="go from the last frame to the first")
def all_frames_at_once(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, alpha, power, tolerance, max_sweeps, order=0)


@wrong("future_cost", message="go from the last frame to the first")
def from_first_to_last(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, alpha, power, tolerance, max_sweeps, order=1)


@wrong("future_cost", message="row j, not of where you are")
def with_the_future_of_where_it_is(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, alpha, power, tolerance, max_sweeps, at=0)


@wrong("future_cost", message="frame 4 is one step before the end")
def without_a_future(costs, alpha, power, tolerance, max_sweeps):
    if not 0 <= alpha < 1:
        raise ValueError("alpha")
    return costs**power, 1


@wrong("future_cost", message="** p")
def without_the_power(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, alpha, power, tolerance, max_sweeps, now_power=False)


@wrong("future_cost", message="alpha * min over k")
def with_the_zero_of_the_diagonal(costs, alpha, power, tolerance, max_sweeps):
    distances = np.vstack([np.zeros((1, len(costs))), costs[:-1]])
    future, sweeps = iterate(distances * (1 - np.eye(len(costs))), alpha, power, tolerance, max_sweeps)
    return costs**power + alpha * (future - distances**power)[:1], sweeps


@wrong("future_cost", message="expected ValueError")
def with_any_alpha(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, np.clip(alpha, 0, 0.9999), power, tolerance, max_sweeps)


@wrong("future_cost", message="stop after max_sweeps")
def until_it_is_done(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, alpha, power, max(tolerance, 1e-9), 5000)


@wrong("future_cost", message="expected a pair")
def without_the_number_of_sweeps(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, alpha, power, tolerance, max_sweeps)[0]


@wrong("future_cost", message="staying and the last frame are jumps, too")
def without_staying(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, alpha, power, tolerance, max_sweeps, seen=np.delete)


@wrong("future_cost", message="whose largest change of an m")
def until_the_mean_change_is_small(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, alpha, power, tolerance, max_sweeps, norm=np.mean)


LAST = {}


@wrong("future_cost", message="m 0 in each call")
def from_where_the_last_call_ended(costs, alpha, power, tolerance, max_sweeps):
    return iterate(costs, alpha, power, tolerance, max_sweeps, start=LAST.setdefault(len(costs), np.zeros(len(costs))))


# probabilities


def positive(sigma):
    if not sigma > 0:
        raise ValueError("sigma")


@right("probabilities")
def as_a_softmax(costs, sigma):
    positive(sigma)
    return softmax(-costs / sigma, axis=1)


@right("probabilities")
def in_logarithms(costs, sigma):
    positive(sigma)
    return np.exp(-costs / sigma - np.logaddexp.reduce(-costs / sigma, axis=1)[:, None])


@wrong("probabilities", message="subtract the smallest cost of each row first")
def without_the_shift(costs, sigma):
    positive(sigma)
    with np.errstate(all="ignore"):
        weights = np.exp(-costs / sigma)
        return weights / weights.sum(axis=1, keepdims=True)


@wrong("probabilities", message="subtract the smallest cost of each row first")
def with_one_shift_for_all_rows(costs, sigma):
    positive(sigma)
    with np.errstate(all="ignore"):
        weights = np.exp(-(costs - costs.min()) / sigma)
        return weights / weights.sum(axis=1, keepdims=True)


@wrong("probabilities", message="divided by the sum of its row")
def with_columns_that_add_up(costs, sigma):
    positive(sigma)
    return softmax(-costs / sigma, axis=0)


@wrong("probabilities", message="sigma divides the cost")
def multiplied_by_sigma(costs, sigma):
    positive(sigma)
    return softmax(-costs * sigma, axis=1)


@wrong("probabilities", message="must pick the cheapest jump")
def with_the_wrong_sign(costs, sigma):
    positive(sigma)
    return softmax(costs / sigma, axis=1)


@wrong("probabilities", message="exp(-F / sigma)")
def as_a_gaussian(costs, sigma):
    positive(sigma)
    return softmax(-(costs**2) / (2 * sigma**2), axis=1)


@wrong("probabilities", message="expected ValueError")
def with_any_sigma(costs, sigma):
    return softmax(-costs / max(abs(sigma), 1e-9), axis=1)


@wrong("probabilities", message="for any sigma")
def with_the_least_sigma_of_a_twentieth(costs, sigma):
    positive(sigma)
    return softmax(-costs / max(sigma, 0.05), axis=1)


@wrong("probabilities", message="no least sigma")
def sigma_kept_away_from_zero(costs, sigma):
    if not sigma > 0:
        raise ValueError(f"sigma must be above 0, got {sigma}")
    return softmax(-costs / max(sigma, 1e-6), axis=1)


# prune


def pruned(chain, keep):
    kept = np.where(keep, chain, 0)
    with np.errstate(all="ignore"):
        return kept / kept.sum(axis=1, keepdims=True)


def peaks(chain, rows=True, columns=True):
    padded = np.pad(chain, 1, constant_values=-np.inf)
    result = np.ones(chain.shape, bool)
    if columns:
        result &= (chain >= padded[:-2, 1:-1]) & (chain >= padded[2:, 1:-1])
    if rows:
        result &= (chain >= padded[1:-1, :-2]) & (chain >= padded[1:-1, 2:])
    return result


def largest(chain):
    return chain == chain.max(axis=1, keepdims=True)


@right("prune")
def with_masks(chain, threshold):
    return pruned(chain, (peaks(chain) & (chain >= threshold)) | largest(chain))


@right("prune")
def one_entry_after_the_other(chain, threshold):
    result, size = np.zeros_like(chain), len(chain)
    for i, j in itertools.product(range(size), repeat=2):
        beside = [chain[a, b] for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)) if a in range(size) and b in range(size)]
        if chain[i, j] == chain[i].max() or chain[i, j] >= max([threshold, *beside]):
            result[i, j] = chain[i, j]
    return result / result.sum(axis=1)[:, None]


@wrong("prune", message="a local maximum in row and column")
def by_the_threshold_alone(chain, threshold):
    return pruned(chain, (chain >= threshold) | largest(chain))


@wrong("prune", message="a local maximum in row and column")
def along_the_rows_only(chain, threshold):
    return pruned(chain, (peaks(chain, columns=False) & (chain >= threshold)) | largest(chain))


@wrong("prune", message="a local maximum in row and column")
def along_the_columns_only(chain, threshold):
    return pruned(chain, (peaks(chain, rows=False) & (chain >= threshold)) | largest(chain))


@wrong("prune", message="at least the threshold")
def without_the_threshold(chain, threshold):
    return pruned(chain, peaks(chain) | largest(chain))


@wrong("prune", message="the largest entry of a row always stays")
def with_frames_that_have_no_way_out(chain, threshold):
    keep = peaks(chain) & (chain >= threshold)
    return np.nan_to_num(pruned(chain, keep))


@wrong("prune", message="then divide by the sums of the rows")
def without_normalising_again(chain, threshold):
    return np.where((peaks(chain) & (chain >= threshold)) | largest(chain), chain, 0)


@wrong("prune", message="left, right, above and below")
def with_a_ring_for_a_border(chain, threshold):
    around = [np.roll(chain, shift, axis) for axis in (0, 1) for shift in (-1, 1)]
    return pruned(chain, ((chain >= np.max(around, axis=0)) & (chain >= threshold)) | largest(chain))


@wrong("prune", message="not the first of them only")
def with_the_first_of_equal_maxima(chain, threshold):
    return pruned(chain, (peaks(chain) & (chain >= threshold)) | (np.arange(len(chain)) == chain.argmax(axis=1)[:, None]))


# play


@right("play")
def step_by_step(chain, start, uniforms):
    states = [start]
    for u in uniforms:
        total = 0.0
        possible = np.flatnonzero(chain[states[-1]])
        for state in possible:
            total += chain[states[-1], state]
            if total > u:
                break
        states.append(int(state))
    return np.array(states, int)


@right("play")
def counting_the_sums_below(chain, start, uniforms):
    states = np.empty(len(uniforms) + 1, int)
    states[0] = start
    for k, u in enumerate(uniforms):
        row = chain[states[k]]
        states[k + 1] = min((np.cumsum(row) <= u).sum(), np.flatnonzero(row)[-1])
    return states


@wrong("play", message="no arg-max")
def always_the_best(chain, start, uniforms):
    states = [start]
    for _ in uniforms:
        states.append(int(chain[states[-1]].argmax()))
    return np.array(states)


@wrong("play", message="whose running sum is larger than u")
def with_sums_that_may_equal(chain, start, uniforms):
    states = [start]
    for u in uniforms:
        row = np.cumsum(chain[states[-1]])
        states.append(int(np.searchsorted(row / row[-1], u, side="left")))
    return np.array(states)


@wrong("play", message="in the row of the current frame")
def from_the_row_of_the_start(chain, start, uniforms):
    sums = np.cumsum(chain[start])
    return np.array([start, *np.searchsorted(sums / sums[-1], uniforms, side="right")])


@wrong("play", message="the start comes first")
def without_the_start(chain, start, uniforms):
    return counting_the_sums_below(chain, start, uniforms)[1:]


@wrong("play", message="stay within the row")
def beyond_the_last_frame(chain, start, uniforms):
    states = [start]
    for u in uniforms:
        states.append(int(np.searchsorted(np.cumsum(chain[min(states[-1], len(chain) - 1)]), u, side="right")))
    return np.array(states)


@wrong("play", message="with its probabilities")
def with_equal_chances(chain, start, uniforms):
    states = [start]
    for u in uniforms:
        possible = np.flatnonzero(chain[states[-1]])
        states.append(int(possible[int(u * len(possible) * (1 - 1e-12))]))
    return np.array(states)


@wrong("play", message="in the row of the current frame")
def along_the_columns(chain, start, uniforms):
    return counting_the_sums_below(chain.T / chain.T.sum(axis=1, keepdims=True), start, uniforms)


@wrong("play", message="expected an integer array")
def as_floats(chain, start, uniforms):
    return counting_the_sums_below(chain, start, uniforms).astype(float)


@wrong("play", message="bytes do not hold its numbers")
def with_numbers_of_one_byte(chain, start, uniforms):
    return counting_the_sums_below(chain, start, uniforms).astype(np.uint8)


@wrong("play", message="take u as it is")
def with_a_margin_below_one(chain, start, uniforms):
    return counting_the_sums_below(chain, start, np.minimum(uniforms, 0.999))


@wrong("play", message="no running sum is larger than u")
def that_goes_round_where_rounding_leaves_none(chain, start, uniforms):
    states = [start]
    for u in uniforms:
        states.append(int((np.cumsum(chain[states[-1]]) <= u).sum() % len(chain)))
    return np.array(states)


# best_loop


def search(jumps, costs, length, overlap=None, sizes=None, twice=True):
    """Cheapest connected sets by growing them one loop at a time; parts open to mistakes."""
    sizes = jumps[:, 0] - jumps[:, 1] + 1 if sizes is None else sizes
    touch = overlap or (lambda a, b: jumps[a, 1] <= jumps[b, 0] and jumps[b, 1] <= jumps[a, 0])
    known = {(): 0.0}
    finished = []
    while known:
        grown = {}
        for loops, cost in known.items():
            for k in range(len(jumps)):
                fits = not loops or any(touch(k, other) for other in loops)
                size = sizes[list(loops)].sum() + sizes[k]
                if fits and size <= length and (twice or k not in loops):
                    key = tuple(sorted((*loops, k)))
                    grown[key] = cost + costs[k]
                    if size == length:
                        finished.append((grown[key], key))
        known = grown
    if not finished:
        raise ValueError("no loop of this length")
    return list(min(finished)[1])


def table(jumps, costs, length):
    """The dynamic programme with plain loops."""
    sizes = jumps[:, 0] - jumps[:, 1] + 1
    best = {}
    for row in range(1, length + 1):
        for k in range(len(jumps)):
            options = [(float(costs[k]), [k])] if sizes[k] == row else []
            for a in range(1, row):
                others = [best[row - a, o] for o in range(len(jumps)) if (row - a, o) in best and joined(jumps, k, o)]
                if (a, k) in best and others:
                    one, other = best[a, k], min(others)
                    options.append((one[0] + other[0], sorted(one[1] + other[1])))
            if options:
                best[row, k] = min(options)
    options = [best[length, k] for k in range(len(jumps)) if (length, k) in best]
    if not options:
        raise ValueError("no loop of this length")
    return min(options)[1]


def joined(jumps, a, b):
    return jumps[a, 1] <= jumps[b, 0] and jumps[b, 1] <= jumps[a, 0]


@right("best_loop")
def with_a_table_of_lists(jumps, costs, length):
    return table(jumps, costs, length)


@right("best_loop")
def growing_sets(jumps, costs, length):
    return search(jumps, costs, length) if length < 40 else table(jumps, costs, length)


@wrong("best_loop", message="neighbours that share no frame do not overlap")
def without_looking_at_ranges(jumps, costs, length):
    return search(jumps, costs, min(length, 19), overlap=lambda a, b: True)


@wrong("best_loop", message="one shared frame is enough")
def with_more_than_one_frame_shared(jumps, costs, length):
    if length > 40:
        return table(jumps, costs, length)
    return search(jumps, costs, length, overlap=lambda a, b: a == b or (jumps[a, 1] < jumps[b, 0] and jumps[b, 1] < jumps[a, 0]))


@wrong("best_loop", message="i - j + 1 frames")
def with_loops_one_frame_too_short(jumps, costs, length):
    return search(jumps, costs, min(length, 20), sizes=np.maximum(jumps[:, 0] - jumps[:, 1], 1))


@wrong("best_loop", message="may be played twice")
def with_each_loop_once(jumps, costs, length):
    return search(jumps, costs, min(length, 20), twice=False)


@wrong("best_loop", message="the cheaper one is the answer")
def with_the_first_that_fits(jumps, costs, length):
    return table(jumps, 1.0 + np.arange(len(jumps)), length)


@wrong("best_loop", message="try every split of the length")
def greedily(jumps, costs, length):
    """The best loop that fits, again and again; where that fails, the table."""
    chosen, rest, sizes = [], length, jumps[:, 0] - jumps[:, 1] + 1
    while rest > 0:
        fitting = [k for k in range(len(jumps)) if sizes[k] <= rest and (not chosen or any(joined(jumps, k, o) for o in chosen))]
        if not fitting:
            return table(jumps, costs, length)
        chosen.append(min(fitting, key=lambda k: costs[k]))
        rest -= sizes[chosen[-1]]
    table(jumps, costs, length)
    return sorted(chosen)


@wrong("best_loop", message="expected ValueError")
def with_an_empty_answer(jumps, costs, length):
    try:
        return table(jumps, costs, length)
    except ValueError:
        return []


@wrong("best_loop", message="their sum must be the length")
def with_every_index_once(jumps, costs, length):
    return sorted(set(table(jumps, costs, length)))


@wrong("best_loop", message="take the cheaper")
def with_the_last_of_one_range(jumps, costs, length):
    last = {tuple(jump): k for k, jump in enumerate(jumps.tolist())}
    kept = sorted(last.values())
    return sorted(kept[k] for k in table(jumps[kept], costs[kept], length))


@wrong("best_loop", message="no loop of this length")
def with_a_thousand_million_for_infinity(jumps, costs, length):
    return table(jumps[costs < 1e9], costs[costs < 1e9], length)


@wrong("best_loop", message="it may be repeated")
def of_two_at_most(jumps, costs, length):
    found = table(jumps, costs, length)
    if len(found) > 2:
        raise ValueError("none")
    return found


@wrong("best_loop", message="frame numbers may be of any size")
def of_the_first_hundred_frames(jumps, costs, length):
    return table(np.minimum(jumps, [[99, 100]]), costs, length)


# cross_fade


def matched(leaving, entering):
    if leaving.shape != entering.shape or len(leaving) < 2:
        raise ValueError("shapes")


@right("cross_fade")
def frame_by_frame(leaving, entering):
    matched(leaving, entering)
    last = len(leaving) - 1
    return np.stack([((last - k) * a + k * b) / last for k, (a, b) in enumerate(zip(leaving, entering, strict=True))])


@right("cross_fade")
def with_the_difference(leaving, entering):
    matched(leaving, entering)
    weights = np.arange(len(leaving)) / (len(leaving) - 1)
    return leaving + np.einsum("k,k...->k...", weights, entering - leaving)


@wrong("cross_fade", message="it grows for what is entered")
def the_other_way_round(leaving, entering):
    return frame_by_frame(entering, leaving)


@wrong("cross_fade", message="k / (K - 1)")
def that_never_arrives(leaving, entering):
    matched(leaving, entering)
    weights = (np.arange(len(leaving)) / len(leaving)).reshape(-1, *[1] * (leaving.ndim - 1))
    return (1 - weights) * leaving + weights * entering


@wrong("cross_fade", message="the two weights add up to 1")
def that_adds_both(leaving, entering):
    matched(leaving, entering)
    weights = np.linspace(0, 1, len(leaving)).reshape(-1, *[1] * (leaving.ndim - 1))
    return leaving + weights * entering


@wrong("cross_fade", message="both stretches run forwards")
def with_time_reversed(leaving, entering):
    return frame_by_frame(leaving, entering[::-1])


@wrong("cross_fade", message="the weight of frame k")
def half_and_half(leaving, entering):
    matched(leaving, entering)
    return (leaving + entering) / 2


@wrong("cross_fade", message="k / (K - 1)")
def with_a_cut(leaving, entering):
    matched(leaving, entering)
    half = len(leaving) // 2
    return np.concatenate([leaving[:half], entering[half:]])


@wrong("cross_fade", message="nothing is clipped")
def clipped(leaving, entering):
    return np.clip(frame_by_frame(leaving, entering), 0, 1)


@wrong("cross_fade", message="expected ValueError")
def with_whatever_fits(leaving, entering):
    count = min(len(leaving), len(entering))
    weights = np.linspace(0, 1, count).reshape(-1, *[1] * (leaving.ndim - 1))
    return (1 - weights) * leaving[:count] + weights * entering[:count]


@wrong("cross_fade", message="shapes (4, 2, 3) and (4, 3, 2)")
def with_as_many_numbers(leaving, entering):
    if leaving.size != entering.size:
        raise ValueError("sizes")
    return frame_by_frame(leaving, entering.reshape(leaving.shape))


@wrong("cross_fade", message="shapes (4, 2, 2, 3) and (4, 2, 2, 1)")
def with_any_channels(leaving, entering):
    matched(leaving[..., 0] if leaving.ndim == 4 else leaving, entering[..., 0] if entering.ndim == 4 else entering)
    weights = np.linspace(0, 1, len(leaving)).reshape(-1, *[1] * (leaving.ndim - 1))
    return (1 - weights) * leaving + weights * entering
