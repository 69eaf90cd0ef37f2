"""Answers to lesson 8 that the checks must tell apart."""

import functools
import itertools

import numpy as np
import scipy.fft
import torch
from scipy.ndimage import convolve
from scipy.sparse.linalg import LinearOperator, cg

from solutions import a08_poisson_blending as lesson
from tests.answers.core import right, wrong

AXES = range(3)


def steps(volume):
    return tuple(np.diff(volume, axis=axis) for axis in AXES)


def each(kind, change, value):
    """The same with every part of this kind changed."""
    if isinstance(value, kind):
        return change(value)
    return type(value)(each(kind, change, item) for item in value) if isinstance(value, tuple | list) else value


def by_way_of_numpy(function):
    """The function for arrays and tensors: tensors go to NumPy and come back."""

    @functools.wraps(function)
    def either(first, *others):
        there = any(isinstance(value, torch.Tensor) for value in (first, *others))
        result = function(*each(torch.Tensor, torch.Tensor.numpy, (first, *others)))
        return each(np.ndarray, torch.from_numpy, result) if there else result

    return either


# guidance


@right("guidance")
def with_slices(source, background, kind):
    if kind not in {"import", "mixed"}:
        raise ValueError(kind)
    ours = [source[1:] - source[:-1], source[:, 1:] - source[:, :-1], source[:, :, 1:] - source[:, :, :-1]]
    if kind == "mixed":
        theirs = [background[1:] - background[:-1], background[:, 1:] - background[:, :-1], background[:, :, 1:] - background[:, :, :-1]]
        for own, other in zip(ours, theirs, strict=True):
            own[abs(other) >= abs(own)] = other[abs(other) >= abs(own)]
    return ours


@right("guidance")
def with_one_choice_of_two(source, background, kind):
    clips = {"import": (source, source), "mixed": (source, background)}.get(kind)
    if clips is None:
        raise ValueError("kind")
    both = [np.stack([np.diff(clip, axis=axis) for clip in clips]) for axis in AXES]
    return tuple(np.take_along_axis(pair, np.argmax(pair**2, axis=0)[None], axis=0)[0] for pair in both)


@wrong("guidance", message="compare magnitudes, keep the sign")
def with_the_signed_maximum(source, background, kind):
    if kind not in ("import", "mixed"):
        raise ValueError(kind)
    return steps(source) if kind == "import" else tuple(np.maximum(a, b) for a, b in zip(steps(source), steps(background), strict=True))


@wrong("guidance", message="not once for a voxel or an axis")
def with_one_choice_for_an_axis(source, background, kind):
    if kind not in ("import", "mixed"):
        raise ValueError(kind)
    pairs = zip(steps(source), steps(background), strict=True)
    return steps(source) if kind == "import" else tuple(a if np.abs(a).sum() > np.abs(b).sum() else b for a, b in pairs)


@wrong("guidance", message="decide on every edge for itself")
def with_one_choice_for_a_voxel(source, background, kind):
    if kind not in ("import", "mixed"):
        raise ValueError(kind)
    ours, theirs = (np.stack([np.diff(clip, axis=a, append=clip.take([-1], a)) for a in AXES]) for clip in (source, background))
    chosen = np.where((ours**2).sum(0) > (theirs**2).sum(0), ours, theirs) if kind == "mixed" else ours
    return chosen[0][:-1], chosen[1][:, :-1], chosen[2][:, :, :-1]


@wrong("guidance", message="the value at i + 1 minus the value at i")
def with_steps_backwards(source, background, kind):
    return tuple(-edge for edge in with_slices(source, background, kind))


@wrong("guidance", message="nothing is padded")
def with_central_differences(source, background, kind):
    if kind not in ("import", "mixed"):
        raise ValueError(kind)
    return tuple(np.gradient(source))


@wrong("guidance", message="nothing wraps around")
def around_the_clip(source, background, kind):
    return tuple(np.roll(source, -1, axis) - source for axis in AXES)


@wrong("guidance", message="n - 1 edges")
def in_the_order_of_the_screen(source, background, kind):
    return with_slices(source, background, kind)[::-1]


@wrong("guidance", message="expected ValueError")
def with_any_kind(source, background, kind):
    return with_slices(source, background, "mixed" if kind == "mixed" else "import")


@wrong("guidance", message="differences have a sign and no limits")
def in_bytes(source, background, kind):
    return tuple(np.clip(edge, 0, 1) for edge in with_slices(source, background, kind))


@wrong("guidance", message="not their sum, mean or zero")
def with_the_sum_at_a_tie(source, background, kind):
    pairs = zip(with_slices(source, background, kind), steps(source), steps(background), strict=True)
    return tuple(np.where(abs(a) == abs(b), a + b, one) if kind == "mixed" else one for one, a, b in pairs)


@wrong("guidance", message="in this spelling")
def with_capitals(source, background, kind):
    return with_slices(source, background, kind.lower())


@wrong("guidance", message="n - 1 edges")
def with_a_step_for_a_single_frame(source, background, kind):
    if len(source) > 1:
        return with_slices(source, background, kind)
    return (0 * source, *with_slices(source, background, kind)[1:])


@wrong("guidance", message="stay in float64")
def with_half_the_digits(source, background, kind):
    return with_slices(source.astype(np.float32), background.astype(np.float32), kind)


@wrong("guidance", message="ValueError: kind")
def by_identity(source, background, kind):
    words = ("import", "mixed")
    if not any(kind is word for word in words):
        raise ValueError("kind")
    return with_slices(source, background, kind)


@wrong("guidance", message="in this spelling")
def with_blanks(source, background, kind):
    return with_slices(source, background, kind.strip())


# laplacian


@right("laplacian")
@by_way_of_numpy
def edge_by_edge(volume, mask, weights):
    result = np.zeros_like(volume)
    for axis, weight in enumerate(weights):
        flow = weight * np.diff(volume, axis=axis)
        widths = [(0, 0)] * 3
        widths[axis] = (1, 1)
        result -= np.diff(np.pad(flow, widths), axis=axis)
    return np.where(mask, result, 0)


@right("laplacian")
@by_way_of_numpy
def by_convolution(volume, mask, weights):
    kernel = np.zeros((3, 3, 3))
    kernel[1, 1, 1] = 2 * sum(weights)
    kernel[[0, 2], 1, 1], kernel[1, [0, 2], 1], kernel[1, 1, [0, 2]] = (-weight for weight in weights)
    return mask * convolve(volume, kernel, mode="nearest")


@wrong("laplacian", message="no term, a smaller diagonal")
def with_six_neighbours_everywhere(volume, mask, weights):
    padded = np.pad(volume, 1)
    result = 2 * sum(weights) * volume
    for axis, weight in enumerate(weights):
        for shift in (-1, 1):
            result -= weight * np.roll(padded, shift, axis)[1:-1, 1:-1, 1:-1]
    return mask * result


@wrong("laplacian", message="no wrap-around")
def on_a_ring(volume, mask, weights):
    pairs = [(weight, axis, shift) for axis, weight in enumerate(weights) for shift in (-1, 1)]
    return mask * sum(weight * (volume - np.roll(volume, shift, axis)) for weight, axis, shift in pairs)


@wrong("laplacian", message="every neighbour one voxel away")
def with_the_gradient_of_the_gradient(volume, mask, weights):
    result = np.zeros_like(volume)
    for axis, weight in enumerate(weights):
        if volume.shape[axis] > 1:
            result -= weight * np.gradient(np.gradient(volume, axis=axis), axis=axis)
    return mask * result


@wrong("laplacian", message="check the sign")
def with_the_sign_of_analysis(volume, mask, weights):
    return -edge_by_edge(volume, mask, weights)


@wrong("laplacian", message="outside of the mask")
def without_the_mask(volume, mask, weights):
    return edge_by_edge(volume, np.ones_like(mask), weights)


@wrong("laplacian", message="still counts on the diagonal")
def with_edges_inside_the_mask_only(volume, mask, weights):
    result = np.zeros_like(volume)
    for axis, weight in enumerate(weights):
        lower, upper, *_ = lesson.along(axis)
        flow = weight * np.diff(volume, axis=axis) * (mask[lower] & mask[upper])
        result[lower] -= flow
        result[upper] += flow
    return result


@wrong("laplacian", message="minus the weight of its axis")
def with_weights_of_the_screen(volume, mask, weights):
    return edge_by_edge(volume, mask, weights[::-1])


@wrong("laplacian", message="minus the weight of its axis")
def without_weights(volume, mask, weights):
    return edge_by_edge(volume, mask, (1.0, 1.0, 1.0))


@wrong("laplacian", message="each edge acts on both of its ends alike")
def with_an_average_of_the_neighbours(volume, mask, weights):
    return edge_by_edge(volume, mask, weights) / np.maximum(lesson.degree(mask, weights), 1e-9)


@wrong("laplacian", message="nothing wraps around; zero")
def on_a_ring_of_two(volume, mask, weights):
    pairs = [(weight, axis, shift) for axis, weight in enumerate(weights) for shift in (-1, 1) if volume.shape[axis] == 2]
    return edge_by_edge(volume, mask, weights) + 0.5 * mask * sum(w * (volume - np.roll(volume, s, a)) for w, a, s in pairs)


@wrong("laplacian", message="minus the weight of its axis")
def without_the_weight_of_height(volume, mask, weights):
    return edge_by_edge(volume, mask, (weights[0], 1.0, weights[2]))


@wrong("laplacian", message="torch tensors for arrays")
def for_arrays_only(volume, mask, weights):
    return np.where(mask, edge_by_edge(np.array(volume), np.array(mask), weights), 0.0)


def with_torch_zeros(function):
    """The function for arrays and tensors, whose results start from torch.zeros."""

    @functools.wraps(function)
    def either(*arguments):
        result = by_way_of_numpy(function)(*arguments)
        return each(torch.Tensor, lambda value: torch.zeros(value.shape) + value.float(), result)

    return either


@wrong("laplacian", message="got torch.float32")
@with_torch_zeros
def with_the_zeros_of_torch(volume, mask, weights):
    return edge_by_edge(volume, mask, weights)


@wrong("laplacian", message="all in float64")
@by_way_of_numpy
def with_half_its_digits(volume, mask, weights):
    return edge_by_edge(volume.astype(np.float32), mask, weights)


# right_side


@right("right_side")
@by_way_of_numpy
def as_a_divergence(edges, background, mask, weights):
    result = np.zeros_like(background)
    for axis in AXES:
        widths = [(0, 0)] * 3
        widths[axis] = (1, 1)
        result -= weights[axis] * np.diff(np.pad(edges[axis], widths), axis=axis)
    return mask * (result - edge_by_edge(np.where(mask, 0, background), np.ones_like(mask), weights))


@right("right_side")
@by_way_of_numpy
def voxel_by_voxel(edges, background, mask, weights):
    result = np.zeros_like(background)
    for voxel in map(tuple, np.argwhere(mask)):
        for axis in AXES:
            for direction in (-1, 1):
                place = list(voxel)
                place[axis] += direction
                if 0 <= place[axis] < mask.shape[axis]:
                    other = tuple(place)
                    known = 0 if mask[other] else background[other]
                    result[voxel] += weights[axis] * (known - direction * edges[axis][min(voxel, other)])
    return result


@wrong("right_side", message="one that leaves it with minus")
def with_the_divergence_upside_down(edges, background, mask, weights):
    return as_a_divergence([-edge for edge in edges], background, mask, weights)


@wrong("right_side", message="known neighbours enter with plus")
def without_known_neighbours(edges, background, mask, weights):
    return as_a_divergence(edges, 0 * background, mask, weights)


@wrong("right_side", message="outside of the mask only")
def with_the_background_under_the_mask(edges, background, mask, weights):
    everywhere = as_a_divergence(edges, background, np.zeros_like(mask), weights)
    result = 0 * background + everywhere
    for axis, (edge, weight) in enumerate(zip(edges, weights, strict=True)):
        lower, upper, *_ = lesson.along(axis)
        result[lower] += weight * (background[upper] - edge)
        result[upper] += weight * (background[lower] + edge)
    return mask * result


@wrong("right_side", message="both ends of an edge")
def with_one_end_of_every_edge(edges, background, mask, weights):
    result = as_a_divergence([0 * edge for edge in edges], background, mask, weights)
    for axis, (edge, weight) in enumerate(zip(edges, weights, strict=True)):
        result[lesson.along(axis)[1]] += weight * edge
    return mask * result


@wrong("right_side", message="the weight of an axis multiplies guidance and known neighbours alike")
def with_weights_on_the_guidance_only(edges, background, mask, weights):
    flat = [0 * edge for edge in edges]
    return as_a_divergence(edges, 0 * background, mask, weights) + as_a_divergence(flat, background, mask, (1.0, 1.0, 1.0))


@wrong("right_side", message="outside of the mask the result is zero")
def beyond_the_mask(edges, background, mask, weights):
    result = as_a_divergence(edges, background, mask, weights)
    return np.where(mask, result, background)


@wrong("right_side", message="nothing wraps around")
def with_the_last_frame_before_the_first(edges, background, mask, weights):
    result = as_a_divergence(edges, background, mask, weights)
    result[0] += weights[0] * (background * ~mask)[-1] * mask[0]
    return result


@wrong("right_side", message="the weight of an axis")
def with_weights_by_that_of_height(edges, background, mask, weights):
    return as_a_divergence(edges, background, mask, tuple(weight / weights[1] for weight in weights))


@wrong("right_side", message="all in float64")
@by_way_of_numpy
def with_half_of_the_digits(edges, background, mask, weights):
    return as_a_divergence([edge.astype(np.float32) for edge in edges], background.astype(np.float32), mask, weights)


# jacobi


@right("jacobi")
@by_way_of_numpy
def neighbours_first(right, mask, weights, sweeps):
    diagonal = lesson.degree(mask, weights)
    volume = np.zeros_like(right)
    for _ in range(sweeps):
        others = diagonal * volume - edge_by_edge(volume, mask, weights)
        volume = np.where(mask, (right + others) / diagonal, 0)
    return volume


@right("jacobi")
@by_way_of_numpy
def as_a_series(right, mask, weights, sweeps):
    diagonal = lesson.degree(mask, weights)
    term, total = mask * right / diagonal, np.zeros_like(right)
    for _ in range(sweeps):
        total = total + term
        term = term - edge_by_edge(term, mask, weights) / diagonal
    return total


@wrong("jacobi", message="all voxels at once")
def gauss_and_seidel(right, mask, weights, sweeps):
    volume, diagonal = np.zeros_like(right), lesson.degree(mask, weights)
    for _ in range(sweeps):
        for t in range(len(volume)):
            volume[t] += ((right - edge_by_edge(volume, mask, weights)) / diagonal)[t]
    return volume


@wrong("jacobi", message="fewer at the border of the volume")
def with_one_diagonal_for_all(right, mask, weights, sweeps):
    volume = np.zeros_like(right)
    for _ in range(sweeps):
        volume = volume + (right - edge_by_edge(volume, mask, weights)) / (2 * sum(weights))
    return volume


@wrong("jacobi", message="as often as asked")
def one_sweep_too_many(right, mask, weights, sweeps):
    return neighbours_first(right, mask, weights, sweeps + 1)


@wrong("jacobi", message="start from zero")
def from_the_right_side(right, mask, weights, sweeps):
    volume, diagonal = right, lesson.degree(mask, weights)
    for _ in range(sweeps):
        volume = volume + (right - edge_by_edge(volume, mask, weights)) / diagonal
    return volume


@wrong("jacobi", message="with b - A I in this order")
def uphill(right, mask, weights, sweeps):
    volume, diagonal = np.zeros_like(right), lesson.degree(mask, weights)
    for sweep in range(sweeps):
        volume = volume + (right - edge_by_edge(volume, mask, weights)) / diagonal * (-1 if sweep == 1 else 1)
    return volume


@wrong("jacobi", message="the whole of D^-1")
def damped(right, mask, weights, sweeps):
    volume, diagonal = np.zeros_like(right), lesson.degree(mask, weights)
    for sweep in range(sweeps):
        volume = volume + (0.8 if sweep else 1) * (right - edge_by_edge(volume, mask, weights)) / diagonal
    return volume


@wrong("jacobi", message="D adds up the weights")
def without_the_diagonal(right, mask, weights, sweeps):
    volume = np.zeros_like(right)
    for _ in range(sweeps):
        volume = volume + 0.1 * (right - edge_by_edge(volume, mask, weights))
    return volume


@wrong("jacobi", message="update the whole volume at once")
def one_sweep_whatever_is_asked(right, mask, weights, sweeps):
    return neighbours_first(right, mask, weights, min(sweeps, 1))


@wrong("jacobi", message="All sweeps that were asked for")
def until_it_hardly_moves(right, mask, weights, sweeps):
    last = np.zeros_like(right)
    for sweep in range(sweeps):
        volume = neighbours_first(right, mask, weights, sweep + 1)
        if abs(volume - last).max() < 1e-6:
            return volume
        last = volume
    return last


@wrong("jacobi", message="however many")
@by_way_of_numpy
def with_1000_sweeps_at_most(right, mask, weights, sweeps):
    return neighbours_first(right, mask, weights, min(sweeps, 1000))


@wrong("jacobi", message="D adds up the weights")
def with_a_little_more_on_the_diagonal(right, mask, weights, sweeps):
    volume, diagonal = np.zeros_like(right), lesson.degree(mask, weights) + 1e-6
    for _ in range(sweeps):
        volume = volume + (right - edge_by_edge(volume, mask, weights)) / diagonal
    return volume


@wrong("jacobi", message="with these weights")
def with_weight_1_for_0(right, mask, weights, sweeps):
    return neighbours_first(right, mask, tuple(weight or 1.0 for weight in weights), sweeps)


# conjugate_gradients


def descend(
    right, mask, weights, tolerance, max_steps, precondition, conjugate=lambda new, old, rr, before: new / old, count=0, measure=None
):
    """Conjugate gradients with its parts open to mistakes."""
    solution, residual = np.zeros_like(right), right.copy()
    size = np.linalg.norm(right)
    norms = [float(size > 0)]
    direction, old, before = None, None, None
    while norms[-1] > tolerance and len(norms) <= max_steps + count:
        z = residual if precondition is None else precondition(residual)
        new, rr = np.vdot(residual, z), np.vdot(residual, residual)
        direction = z if direction is None else z + conjugate(new, old, rr, before) * direction
        image = edge_by_edge(direction, mask, weights)
        length = new / np.vdot(direction, image)
        solution = solution + length * direction
        residual = residual - length * image
        old, before = new, rr
        norms.append(float(np.linalg.norm(residual) / size if measure is None else measure(residual, z, size)))
    return solution, norms


@right("conjugate_gradients")
@by_way_of_numpy
def written_from_memory(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance, max_steps, precondition)


@right("conjugate_gradients")
@by_way_of_numpy
def with_scipy(right, mask, weights, tolerance, max_steps, precondition=None):
    size = np.linalg.norm(right)
    flat, shape, norms = right.ravel(), right.shape, [float(size > 0)]
    if norms[0] <= tolerance:
        return 0 * right, norms
    operator = LinearOperator((flat.size, flat.size), lambda x: edge_by_edge(x.reshape(shape), mask, weights).ravel(), dtype=float)
    guess = precondition and LinearOperator((flat.size, flat.size), lambda r: precondition(r.reshape(shape)).ravel(), dtype=float)

    def note(x):
        norms.append(float(np.linalg.norm(flat - operator @ x) / size))

    solution, _ = cg(operator, flat, rtol=tolerance, atol=1e-300, maxiter=max_steps, M=guess, callback=note)
    return solution.reshape(shape), norms


@wrong("conjugate_gradients", message="is the direction z +")
def steepest_descent(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance, max_steps, precondition, conjugate=lambda *_: 0)


@wrong("conjugate_gradients", message="new r.z / old r.z")
def with_the_ratio_upside_down(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance, max_steps, precondition, conjugate=lambda new, old, *_: old / new)


@wrong("conjugate_gradients", message="into both products r.z")
def with_the_ratio_of_residuals(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance, max_steps, precondition, conjugate=lambda new, old, rr, before: rr / before)


@wrong("conjugate_gradients", message="z = P r goes into the direction")
def without_the_preconditioner(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance, max_steps, None)


@wrong("conjugate_gradients", message="compare |r| / |b|, not |r|")
def with_an_absolute_tolerance(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance / max(np.linalg.norm(right), 1e-9), max_steps, precondition)


@wrong("conjugate_gradients", message="at most the tolerance")
def with_its_own_tolerance(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, max(tolerance, 1e-3), max_steps, precondition)


@wrong("conjugate_gradients", message="as many steps as asked for")
def one_step_too_few(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance, max_steps, precondition, count=-1)


@wrong("conjugate_gradients", message="the true residual |b - A I| / |b|")
def with_squared_norms(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance, max_steps, precondition, measure=lambda r, z, size: np.vdot(r, r) / size**2)


@wrong("conjugate_gradients", message="expected a pair")
def without_the_norms(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance, max_steps, precondition)[0]


@wrong("conjugate_gradients", message="treat b = 0 on its own")
def dividing_by_zero(right, mask, weights, tolerance, max_steps, precondition=None):
    if not right.any():
        return right + np.nan, [0.0]
    return descend(right, mask, weights, tolerance, max_steps, precondition)


@wrong("conjugate_gradients", message="new in every step")
def with_a_diagonal_preconditioner(right, mask, weights, tolerance, max_steps, precondition=None):
    diagonal = None if precondition is None else precondition(1.0 * mask)
    return descend(right, mask, weights, tolerance, max_steps, precondition and (lambda residual: diagonal * residual))


@wrong("conjugate_gradients", message="in every step")
def starting_again_every_50_steps(right, mask, weights, tolerance, max_steps, precondition=None):
    count = itertools.count(2)
    return descend(right, mask, weights, tolerance, max_steps, precondition, lambda new, old, *_: new / old * (next(count) % 50 > 0))


@wrong("conjugate_gradients", message="z may be r itself")
def with_one_array_for_two(right, mask, weights, tolerance, max_steps, precondition=None):
    if precondition is None:
        return descend(right, mask, weights, tolerance, max_steps, None)
    solution, residual, direction, last, norms = 0 * right, 1 * right, None, 1.0, [1.0]
    while norms[-1] > tolerance and len(norms) <= max_steps:
        z = precondition(residual)
        slope = np.vdot(residual, z)
        direction = z if direction is None else z + slope / last * direction
        image = edge_by_edge(direction, mask, weights)
        length = slope / np.vdot(direction, image)
        solution += length * direction
        residual -= length * image
        last = slope
        norms.append(float(np.linalg.norm(residual) / np.linalg.norm(right)))
    return solution, norms


@wrong("conjugate_gradients", message="compare |r| / |b|")
def with_a_floor_under_the_tolerance(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, max(tolerance, 1e-8), max_steps, precondition)


@wrong("conjugate_gradients", message="a norm that equals the tolerance is small enough")
def until_below_the_tolerance(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, np.nextafter(tolerance, 0), max_steps, precondition)


@wrong("conjugate_gradients", message="max_steps 0")
def with_one_step_at_least(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance, max(max_steps, 1), precondition)


@wrong("conjugate_gradients", message="takes more steps than there are unknowns")
@by_way_of_numpy
def with_as_many_steps_as_unknowns(right, mask, weights, tolerance, max_steps, precondition=None):
    return descend(right, mask, weights, tolerance, min(max_steps, mask.sum()), precondition)


@wrong("conjugate_gradients", message="not |r| or |z|")
@by_way_of_numpy
def with_the_norm_of_z(right, mask, weights, tolerance, max_steps, precondition=None):
    if precondition is None:
        return descend(right, mask, weights, tolerance, max_steps, None)
    size = np.linalg.norm(precondition(right))
    return descend(right, mask, weights, tolerance, max_steps, precondition, measure=lambda r, *_: np.linalg.norm(precondition(r)) / size)


@wrong("conjugate_gradients", message="norms are |r| / |b|, with a preconditioner as well")
@by_way_of_numpy
def with_absolute_norms_if_preconditioned(right, mask, weights, tolerance, max_steps, precondition=None):
    solution, norms = descend(right, mask, weights, tolerance, max_steps, precondition)
    return solution, norms if precondition is None else [norm * float(np.linalg.norm(right)) for norm in norms]


@wrong("conjugate_gradients", message="`_dot` makes a float")
def with_norms_as_tensors(right, mask, weights, tolerance, max_steps, precondition=None):
    solution, norms = written_from_memory(right, mask, weights, tolerance, max_steps, precondition)
    return solution, [torch.tensor(norm) for norm in norms] if isinstance(right, torch.Tensor) else norms


# solve_box


def waves(size, free):
    """Orthonormal eigenvectors (columns) and eigenvalues of one axis."""
    matrix = 2 * np.eye(size) - np.eye(size, k=1) - np.eye(size, k=-1)
    if free:
        matrix[0, 0] -= 1
        matrix[-1, -1] -= 1
    return np.linalg.eigh(matrix)


@right("solve_box")
def with_eigenvectors(right, weights, natural):
    values, vectors = zip(*(waves(size, free) for size, free in zip(right.shape, natural, strict=True)), strict=True)
    spectrum = np.einsum("tyx,tk,yl,xm->klm", right, *vectors, optimize=True)
    total = sum(
        weight * np.expand_dims(value, [a for a in AXES if a != axis])
        for axis, (weight, value) in enumerate(zip(weights, values, strict=True))
    )
    small = np.abs(total) < 1e-9
    return np.einsum("klm,tk,yl,xm->tyx", np.where(small, 0, spectrum) / np.where(small, 1, total), *vectors, optimize=True)


def transformed(right, weights, natural, sine=1, extra=1, scale=1.0, total=None, free_type=2):
    """Sine and cosine transforms with their parts open to mistakes."""
    spectrum, sums = right, np.zeros((1, 1, 1))
    for axis, (size, free, weight) in enumerate(zip(right.shape, natural, weights, strict=True)):
        k = np.arange(size) / size if free else np.arange(1, size + 1) / (size + extra)
        shape = [-1 if other == axis else 1 for other in AXES]
        sums = sums + weight * (2 - 2 * np.cos(np.pi * k)).reshape(shape)
        spectrum = scipy.fft.dct(spectrum, free_type, axis=axis) if free else scipy.fft.dst(spectrum, sine, axis=axis)
    if total is not None:
        sums = total(sums)
    spectrum = np.divide(spectrum, sums, out=np.zeros_like(spectrum), where=sums > 1e-12)
    for axis, free in enumerate(natural):
        spectrum = scipy.fft.idct(spectrum, free_type, axis=axis) if free else scipy.fft.idst(spectrum, sine, axis=axis)
    return spectrum * scale


@right("solve_box")
def without_orthonormal_scaling(right, weights, natural):
    return transformed(right, weights, natural)


@wrong("solve_box", message="DST of type 1")
def with_sines_of_type_2(right, weights, natural):
    return transformed(right, weights, natural, sine=2)


@wrong("solve_box", message="eigenvalues with n + 1")
def with_eigenvalues_of_a_ring(right, weights, natural):
    return transformed(right, weights, natural, extra=0)


@wrong("solve_box", message="a natural axis needs cosines")
def with_sines_everywhere(right, weights, natural):
    return transformed(right, weights, (False, False, False))


@wrong("solve_box", message="each times its weight")
def with_equal_weights(right, weights, natural):
    return transformed(right, (1.0, 1.0, 1.0), natural)


@wrong("solve_box", message="set its coefficient to zero instead of dividing")
def with_the_mean_left_in(right, weights, natural):
    result = transformed(right, weights, natural)
    return result + right.mean() if all(natural) else result


@wrong("solve_box", message="forward and inverse must fit together")
def with_cosines_of_type_1(right, weights, natural):
    if any(free and size < 2 for free, size in zip(natural, right.shape, strict=True)):
        return right
    return transformed(right, weights, natural, free_type=1)


@wrong("solve_box", message="forward and inverse must fit together")
def with_the_forward_transform_twice(right, weights, natural):
    return transformed(right, weights, natural, scale=8.0)


@wrong("solve_box", message="this is a direct method")
def in_single_precision(right, weights, natural):
    return (
        transformed(right, weights, natural).astype(np.float32).astype(float) if right.size > 1000 else transformed(right, weights, natural)
    )


@wrong("solve_box", message="of the weights of this call")
def without_small_eigenvalues(right, weights, natural):
    return transformed(right, weights, natural, total=lambda sums: np.where(sums < 1e-5, np.inf, sums))


# v_cycle


def cycle(right, levels, post=1, mask_down=True, mask_up=True, sign=1.0, rest=None, bottom=16, depth=99):
    """A V-cycle with its parts open to mistakes."""
    (mask, weights, smoother), *coarser = levels
    if not coarser:
        guess = np.zeros_like(right)
        for _ in range(bottom):
            guess = guess + smoother * (right - edge_by_edge(guess, mask, weights))
        return guess
    guess = smoother * right
    left = right - edge_by_edge(guess, mask, weights) if rest is None else rest(right, guess)
    below = lesson.restrict(left, coarser[0][0].shape)
    below = coarser[0][0] * below if mask_down else below
    if depth > 1:
        up = lesson.prolong(cycle(below, coarser, post, mask_down, mask_up, sign, rest, bottom, depth - 1), mask.shape)
        guess = guess + sign * (mask * up if mask_up else up)
    for _ in range(post):
        guess = guess + smoother * (right - edge_by_edge(guess, mask, weights))
    return guess


@right("v_cycle")
@by_way_of_numpy
def from_the_equation(right, levels):
    return cycle(right, levels)


@right("v_cycle")
@by_way_of_numpy
def with_a_loop_down_and_one_up(right, levels):
    rights, guesses = [right], []
    for (mask, weights, smoother), (coarse, _, _) in itertools.pairwise(levels):
        guesses.append(smoother * rights[-1])
        rights.append(coarse * lesson.restrict(rights[-1] - edge_by_edge(guesses[-1], mask, weights), coarse.shape))
    guess = cycle(rights[-1], levels[-1:])
    for (mask, weights, smoother), right, before in zip(levels[-2::-1], rights[-2::-1], guesses[::-1], strict=True):
        guess = before + mask * lesson.prolong(guess, mask.shape)
        guess = guess + smoother * (right - edge_by_edge(guess, mask, weights))
    return guess


@wrong("v_cycle", message="the last sweep must mirror the first")
def without_smoothing_afterwards(right, levels):
    return cycle(right, levels, post=0)


@wrong("v_cycle", message="mask it, recurse")
def without_the_coarse_mask(right, levels):
    return cycle(right, levels, mask_down=False)


@wrong("v_cycle", message="on the mask only")
def without_the_fine_mask(right, levels):
    return cycle(right, levels, mask_up=False)


@wrong("v_cycle", message="add the prolonged correction")
def with_the_correction_subtracted(right, levels):
    return cycle(right, levels, sign=-1.0)


@wrong("v_cycle", message="restrict the residual r - A e")
def with_the_whole_right_side_below(right, levels):
    return cycle(right, levels, rest=lambda right, guess: right)


@wrong("v_cycle", message="its correction comes back up")
def smoothing_only(right, levels):
    return cycle(right, levels, depth=1)


@wrong("v_cycle", message="BOTTOM_SWEEPS")
def with_one_sweep_at_the_bottom(right, levels):
    return cycle(right, levels, bottom=1)


@wrong("v_cycle", message="recurse")
def with_two_levels_only(right, levels):
    return cycle(right, levels, depth=2)


@wrong("v_cycle", message="mirror the first")
def with_two_sweeps_afterwards(right, levels):
    return cycle(right, levels, post=2)


@wrong("v_cycle", message="not every axis is halved")
def with_eight_children_always(right, levels):
    (mask, *_), *coarser = levels
    if not coarser:
        return cycle(right, levels)
    share = 2 ** sum(np.not_equal(mask.shape, coarser[0][0].shape)) / 8
    return share * cycle(right, levels) + (1 - share) * cycle(right, levels, depth=1)


@wrong("v_cycle", message="recurse")
def with_three_levels_at_most(right, levels):
    return cycle(right, levels[:3])


@wrong("v_cycle", message="nothing is divided by the size of r")
@by_way_of_numpy
def scaled_to_norm_one(right, levels):
    size = np.linalg.norm(right)
    with np.errstate(invalid="ignore"):
        return size * cycle(right / size, levels)


# blend


def dense(edges, background, mask, weights):
    """All equations in one matrix-free solve, to rounding."""
    right = as_a_divergence(edges, background, mask, weights)
    return np.where(mask, descend(right, mask, weights, 1e-12, 5000, None)[0], background)


@right("blend")
@by_way_of_numpy
def on_the_whole_volume(edges, background, mask, weights):
    if np.all(mask):
        raise ValueError("nothing is known")
    return dense(edges, background, mask, weights)


@right("blend")
@by_way_of_numpy
def as_a_correction_of_the_background(edges, background, mask, weights):
    if np.all(mask):
        raise ValueError("nothing is known")
    wanted = [edge - step for edge, step in zip(edges, steps(background), strict=True)]
    change = descend(as_a_divergence(wanted, 0 * background, mask, weights), mask, weights, 1e-11, 5000, None)[0]
    result = background.copy()
    result[mask] += change[mask]
    return result


def checked(solve):
    """The answer with the test for masks that cover all."""

    def answer(edges, background, mask, weights):
        if mask.all():
            raise ValueError("nothing is known")
        return solve(edges, background, mask, weights)

    return answer


@wrong("blend", message="a blend frame by frame has no time")
def frame_by_frame(edges, background, mask, weights):
    return checked(dense)(edges, background, mask, (0.0, *weights[1:]))


@wrong("blend", message="no clipping")
def clipped(edges, background, mask, weights):
    result = checked(dense)(edges, background, mask, weights)
    return np.where(mask, np.clip(result, 0, 1), background)


@wrong("blend", message="go on to TOLERANCE")
def stopped_early(edges, background, mask, weights):
    if mask.sum() < 1000:
        return checked(dense)(edges, background, mask, weights)
    right = as_a_divergence(edges, background, mask, weights)
    return np.where(mask, descend(right, mask, weights, 1e-3, 5000, None)[0], background)


@wrong("blend", message="outside of the mask")
def with_the_source_pasted_outside(edges, background, mask, weights):
    result = checked(dense)(edges, background, mask, weights)
    return result + 1e-9 * ~mask


@wrong("blend", message="is rounded")
def with_the_darkest_voxel_at_zero(edges, background, mask, weights):
    darkest = background.min()
    return checked(dense)(edges, background - darkest, mask, weights) + darkest


@wrong("blend", message="is rounded")
def in_parts_of_the_brightest_voxel(edges, background, mask, weights):
    most = abs(background).max() or 1.0
    return most * checked(dense)([edge / most for edge in edges], background / most, mask, weights)


@wrong("blend", message="the background's own differences")
def with_the_solution_added(edges, background, mask, weights):
    if mask.all():
        raise ValueError("nothing is known")
    right = as_a_divergence(edges, background, mask, weights)
    return background + descend(right, mask, weights, 1e-10, 5000, None)[0]


@wrong("blend", message="with the sign of the background")
def with_a_dark_halo(edges, background, mask, weights):
    if mask.all():
        raise ValueError("nothing is known")
    right = as_a_divergence(edges, 0 * background, mask, weights)
    return np.where(mask, descend(right, mask, weights, 1e-10, 5000, None)[0], background)


@wrong("blend", message="the last frame is not a neighbour of the first")
def in_a_loop(edges, background, mask, weights):
    if mask.all():
        raise ValueError("nothing is known")
    doubled = [np.concatenate([edges[0], (background[:1] - background[-1:]), edges[0]]), *(np.concatenate([e, e]) for e in edges[1:])]
    return dense(doubled, np.concatenate([background] * 2), np.concatenate([mask] * 2), weights)[: len(mask)]


@wrong("blend", message="expected ValueError")
def with_any_mask(edges, background, mask, weights):
    return background if mask.all() else dense(edges, background, mask, weights)


@wrong("blend", message="known voxels at the border of the mask must reach the right side")
def cut_too_tight(edges, background, mask, weights):
    if mask.all():
        raise ValueError("nothing is known")
    if not mask.any():
        return background
    box = tuple(slice(hits.min(), hits.max() + 1) for hits in np.nonzero(mask))
    right = as_a_divergence(edges, background, mask, weights)[box]
    result = background.copy()
    result[mask] = descend(right, mask[box], weights, 1e-10, 5000, None)[0][mask[box]]
    return result


@wrong("blend", message="with `multigrid` MAX_STEPS are more than enough")
def without_multigrid(edges, background, mask, weights):
    if mask.sum() < 1000:
        return checked(dense)(edges, background, mask, weights)
    right = as_a_divergence(edges, background, mask, weights)
    return np.where(mask, descend(right, mask, weights, 1e-9, 200, None)[0], background)


@wrong("blend", message="one frame wholly unknown")
def with_something_known_in_every_frame(edges, background, mask, weights):
    if mask.all(axis=(1, 2)).any():
        raise ValueError("a frame has no known voxel")
    return dense(edges, background, mask, weights)


@wrong("blend", message="0 included")
def with_a_little_weight_on_time(edges, background, mask, weights):
    return checked(dense)(edges, background, mask, tuple(max(weight, 1e-6) for weight in weights))


@wrong("blend", message="no clipping")
def clipped_to_bytes(edges, background, mask, weights):
    return np.where(mask, np.clip(checked(dense)(edges, background, mask, weights), -255, 255), background)


@wrong("blend", message="and a few dozen are not")
@by_way_of_numpy
def in_50_steps(edges, background, mask, weights):
    if mask.all():
        raise ValueError("nothing is known")
    if not mask.any():
        return 1 * background
    right, guess = as_a_divergence(edges, background, mask, weights), lesson.multigrid(mask, weights)
    return np.where(mask, descend(right, mask, weights, 1e-9, 50, guess)[0], background)


@wrong("blend", message="expected ValueError")
@by_way_of_numpy
def with_any_mask_frame_by_frame(edges, background, mask, weights):
    if mask.all() and weights[0] > 0:
        raise ValueError("nothing is known")
    return 1 * background if mask.all() else dense(edges, background, mask, weights)
