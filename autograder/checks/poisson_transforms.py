"""Checks of lesson 8, transforms and multigrid. Oracles: known waves, dense solutions, every operation as a matrix."""

import numpy as np

from autograder.checks.compare import agree, array, has_shape, within
from autograder.checks.core import Exercise
from autograder.checks.poisson_oracles import (
    EVEN,
    UNEVEN,
    apply,
    ball,
    on_tensors,
    slice_picture,
    some_mask,
    system,
)

solve_box = Exercise("solve_box")
v_cycle = Exercise("v_cycle")


def box_system(shape, weights, natural):
    """Matrix of a box whose surroundings are known on the axes that are not natural."""
    mask = np.zeros([size + (0 if free else 2) for size, free in zip(shape, natural, strict=True)], bool)
    mask[tuple(slice(None) if free else slice(1, -1) for free in natural)] = True
    return system(mask, weights)[0]


@solve_box.check(points=1)
def a_wave_only_gets_another_height(student, seed):
    """A product of sines that vanish just outside of the box is an eigenvector; its factor is known."""
    shape, waves = (4, 6, 5), (1, 2, 3)
    lines = [np.sin(np.pi * k * np.arange(1, n + 1) / (n + 1)) for n, k in zip(shape, waves, strict=True)]
    factor = sum(w * (2 - 2 * np.cos(np.pi * k / (n + 1))) for w, n, k in zip(UNEVEN, shape, waves, strict=True))
    wave = np.einsum("t,y,x->tyx", *lines)
    agree(
        student(factor * wave, UNEVEN, (False, False, False)),
        wave,
        "an eigenvector of a box among known voxels",
        "known neighbours: DST of type 1, eigenvalues with n + 1, which add up over the axes, each times its weight; "
        "there and back with one `norm`, in double precision",
        tolerance=1e-9,
        picture=slice_picture,
    )


@solve_box.check(points=2)
def equals_the_dense_solution(student, seed):
    """Every mixture of known and natural ends, small boxes, one frame, other weights."""
    random = np.random.default_rng(seed)
    small = (5e-7, 3e-6, 2e-6)
    cases = [
        ((3, 4, 5), (False, False, False), UNEVEN),
        ((3, 4, 5), (False, False, False), small),
        ((3, 4, 5), (True, False, False), UNEVEN),
        ((3, 4, 5), (True, True, False), UNEVEN),
        ((4, 3, 5), (False, True, True), UNEVEN),
        ((3, 5, 4), (True, False, True), UNEVEN),
        ((1, 4, 3), (True, False, False), UNEVEN),
        ((2, 1, 3), (False, False, True), UNEVEN),
    ]
    for shape, natural, weights in cases:
        right = random.normal(size=shape) * max(weights)
        expected = np.linalg.solve(box_system(shape, weights, natural), right.ravel()).reshape(shape)
        hint = (
            "forward and inverse must fit together; divide every coefficient by its eigenvalue, of the weights of this call, in float64; "
        )
        hint += "no eigenvalue is zero, and no mean is dropped, unless all axes are natural"
        if any(natural):
            hint = "a natural axis needs cosines (DCT of type 2, k from 0, n in the eigenvalue); " + hint
        agree(student(right, weights, natural), expected, f"box {shape}, natural axes {natural}, weights {weights}", hint, tolerance=1e-8)


@solve_box.check(points=1)
def finds_the_solution_of_mean_zero(student, seed):
    """All ends natural: the mean of b cannot be met, and the mean of the solution is free."""
    random = np.random.default_rng(seed)
    right = random.normal(size=(4, 5, 6)) + 2
    got = array(student(right, UNEVEN, (True, True, True)), "the solution")
    hint = "cosines of type 2 along every axis; the constant wave alone has eigenvalue 0: set its coefficient to zero instead of dividing, "
    hint += "which takes out the mean of the whole box"
    has_shape(got, right.shape, "all axes natural")
    agree(apply(got, UNEVEN), right - right.mean(), "A times the solution, all axes natural", hint, tolerance=1e-8)
    within(got.mean(), -1e-8, 1e-8, "mean of the solution, all axes natural", hint)


@solve_box.check(points=1)
def solves_large_boxes_to_the_last_digits(student, seed):
    """20,000 unknowns; the residual is computed here."""
    right = np.random.default_rng(seed).normal(size=(20, 25, 40))
    got = array(student(right, UNEVEN, (False, False, False)), "the solution")
    has_shape(got, right.shape, "a box of 20 x 25 x 40")
    outside = np.pad(got, 1)
    agree(
        apply(outside, UNEVEN)[1:-1, 1:-1, 1:-1],
        right,
        "A times the solution of a box of 20 x 25 x 40",
        "this is a direct method: only the rounding of float64 is left",
        tolerance=1e-9,
    )


BOTTOM_SWEEPS = 16
ALL = (0, 1, 2)


def levels_of(mask, weights, halvings):
    """Levels, of which each is halved along the axes that stand there: mask, weights, smoother 0.8 / degree."""
    levels = []
    for halved in [*halvings, ()]:
        degree = np.zeros(mask.shape)
        for axis in ALL:
            index = np.arange(mask.shape[axis]).reshape([-1 if k == axis else 1 for k in ALL])
            degree += weights[axis] * (1.0 * (index > 0) + (index < mask.shape[axis] - 1))
        levels.append((mask, weights, 0.8 * mask / degree))
        shares = 1.0 * mask
        for axis in halved:
            shares = np.pad(shares, [(0, shares.shape[k] % 2 * (k == axis)) for k in ALL])
            shares = (shares.take(range(0, shares.shape[axis], 2), axis) + shares.take(range(1, shares.shape[axis], 2), axis)) / 2
        mask, weights = shares > 0.5, tuple(weight / 4 if axis in halved else weight for axis, weight in enumerate(weights))
    return levels


def interpolation(size, count):
    """Linear interpolation from half as many cells to size cells, as a matrix; from as many cells, the identity."""
    if count == size:
        return np.eye(size)
    matrix = np.zeros((size, count))
    for fine in range(size):
        near = fine // 2
        far = near + (1 if fine % 2 else -1)
        matrix[fine, near] += 0.75
        matrix[fine, far if 0 <= far < count else near] += 0.25  # beyond the border stands the border's own value
    return matrix


def cycle_matrix(levels):
    """The V-cycle as a dense matrix on all voxels of the finest level."""
    mask, weights, smoother = levels[0]
    inside = mask.ravel()
    matrix = np.zeros((mask.size, mask.size))
    matrix[np.ix_(inside, inside)] = system(mask, weights)[0]
    smooth, one = np.diag(smoother.ravel()), np.eye(mask.size)
    if len(levels) == 1:
        result = np.zeros_like(one)
        for _ in range(BOTTOM_SWEEPS):
            result = result + smooth @ (one - matrix @ result)
        return result
    coarse = levels[1][0]
    time, height, width = map(interpolation, mask.shape, coarse.shape)
    prolong = np.kron(np.kron(time, height), width) * coarse.ravel() * inside[:, None]
    children = 2 ** sum(np.not_equal(mask.shape, coarse.shape))
    result = smooth + prolong @ cycle_matrix(levels[1:]) @ (prolong.T / children) @ (one - matrix @ smooth)
    return result + smooth @ (one - matrix @ result)


@v_cycle.check(points=1)
def sweeps_on_the_coarsest_level(student, seed):
    """With one level there is nothing coarser: damped Jacobi."""
    levels = levels_of(ball((4, 6, 8)), EVEN, [])
    right = np.random.default_rng(seed).normal(size=(4, 6, 8)) * levels[0][0]
    expected = (cycle_matrix(levels) @ right.ravel()).reshape(right.shape)
    agree(
        student(right, levels),
        expected,
        "a single level",
        "on the coarsest level: BOTTOM_SWEEPS sweeps e + S (r - A e), the first one from zero, S being the one in `levels`",
        tolerance=1e-9,
    )


@v_cycle.check(points=2)
def equals_the_cycle_as_a_matrix(student, seed):
    """Levels with masks that have little to do with each other, odd sides, whole axes; every operation written as a matrix."""
    random = np.random.default_rng(seed)
    for shape, halvings in [((4, 8, 12), [ALL, ALL]), ((3, 9, 17), [(1, 2), ALL, (1, 2), (2,)])]:
        levels = levels_of(np.ones(shape, bool), UNEVEN, halvings)
        levels = [(mask, weights, smoother * mask) for _, weights, smoother in levels for mask in [some_mask(random, smoother.shape, 0.8)]]
        right = random.normal(size=shape) * levels[0][0]
        expected = (cycle_matrix(levels) @ right.ravel()).reshape(right.shape)
        case = f"{len(levels)} levels of shapes {', '.join(str(mask.shape) for mask, *_ in levels)}"
        hint = "smooth, restrict the residual r - A e, mask it, recurse, add the prolonged correction on the mask only, smooth once more; "
        hint += "every level has its own mask, weights and S, and not every axis is halved"
        agree(student(right, levels), expected, case, hint, tolerance=1e-9, picture=slice_picture)


@v_cycle.check(points=1)
def is_a_symmetric_positive_guess(student, seed):
    """Conjugate gradients need x.Vy = y.Vx and x.Vx > 0; zero, like every matrix, it leaves zero."""
    levels = levels_of(ball((8, 16, 16)), EVEN, [ALL, ALL])
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(2, 8, 16, 16)) * levels[0][0]
    image = array(student(x, levels), "V x")
    apart = np.vdot(y, image) - np.vdot(x, array(student(y, levels), "V y"))
    hint = "the last sweep must mirror the first, what leaves the mask on any level must be cut off, and every cycle starts from zero"
    within(apart, -1e-8, 1e-8, "y.Vx minus x.Vy", hint)
    within(np.vdot(x, image), 1e-3, np.inf, "x.Vx", "the correction goes in with plus")
    agree(student(0 * x, levels), 0 * x, "V of a zero residual", "sweeps from zero leave it zero: nothing is divided by the size of r")


@v_cycle.check(points=1.5)
def shrinks_the_residual_with_every_cycle(student, seed):
    """Cycles one after the other, each on what the last one left; smoothing alone would stall."""
    shape = (16, 32, 32)
    levels = levels_of(ball(shape), EVEN, [ALL, ALL, ALL])
    mask = levels[0][0]
    right = np.random.default_rng(seed).normal(size=shape) * mask
    right = right + 0.3 * mask
    solution, norms = np.zeros(shape), [np.linalg.norm(right)]
    for _ in range(6):
        rest = mask * (right - apply(solution, EVEN))
        solution = solution + array(student(rest, levels), "V r")
        norms.append(np.linalg.norm(mask * (right - apply(solution, EVEN))))
    within(
        (norms[-1] / norms[1]) ** (1 / 5),
        0,
        0.7,
        "factor by which a cycle shrinks the residual, four levels",
        "the residual, not r itself, goes down to the coarser level, through all levels, and its correction comes back up",
    )


@v_cycle.check(points=0.5)
def cycles_on_tensors_as_well(student, seed):
    """The same on torch tensors."""
    levels = levels_of(ball((4, 6, 8)), EVEN, [ALL])
    right = np.random.default_rng(seed).normal(size=(4, 6, 8)) * levels[0][0]
    expected = (cycle_matrix(levels) @ right.ravel()).reshape(right.shape)
    agree(on_tensors(student, right, levels), expected, "two levels of torch tensors", tolerance=1e-9)
