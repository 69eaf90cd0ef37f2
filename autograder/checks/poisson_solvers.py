"""Checks of lesson 8, the iterative solvers. Oracles: dense matrices, Krylov spaces, a light cone."""

import itertools

import numpy as np

from autograder.checks.compare import agree, array, brief, same, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.poisson_oracles import (
    EVEN,
    FLAT,
    UNEVEN,
    apply,
    on_tensors,
    slice_picture,
    small_problem,
    spread,
    system,
)
from autograder.checks.student import there

jacobi = Exercise("jacobi")
conjugate_gradients = Exercise("conjugate_gradients")


def line_problem(seed, size):
    """Mask, dense system and right side of a line of unknown voxels with a known one at its beginning."""
    line = np.arange(size + 1).reshape(1, 1, -1) > 0
    return line, system(line, UNEVEN)[0], np.random.default_rng(seed).normal(size=size)


@jacobi.check(points=1)
def divides_by_the_diagonal_first(student, seed):
    """No sweep gives zero; from zero, one sweep is b / D."""
    mask, _, _, matrix, right = small_problem(seed)
    agree(student(spread(right, mask), mask, UNEVEN, 0), 0.0 * mask, "no sweep", "start from zero, and sweep exactly as often as asked")
    for scale in (1.0, 1e-6):
        agree(
            student(scale * spread(right, mask), mask, tuple(scale * weight for weight in UNEVEN), 1),
            spread(right / np.diag(matrix), mask),
            f"one sweep, b and the weights times {scale:g}",
            "from zero, one sweep is b / D, all voxels at once; D adds up the weights of its edges, fewer at the border of the volume",
        )


@jacobi.check(points=1)
def uses_the_values_of_the_last_sweep(student, seed):
    """Three sweeps against the matrix form."""
    for weights in (UNEVEN, FLAT):
        mask, _, _, matrix, right = small_problem(seed, weights)
        expected = np.zeros(len(right))
        for _ in range(3):
            expected = (right - (matrix - np.diag(np.diag(matrix))) @ expected) / np.diag(matrix)
        agree(
            student(spread(right, mask), mask, weights, 3),
            spread(expected, mask),
            f"three sweeps, weights {weights}",
            "as often as asked; all voxels at once, from the values of the last sweep, and every call from zero; "
            "the step is the whole of D^-1 (b - A I), with b - A I in this order, D and A with these weights",
        )


@jacobi.check(points=1)
def sends_news_one_voxel_a_sweep(student, seed):
    """A single entry of b has reached the voxels less than n steps away after n sweeps, and no others."""
    mask = np.ones((7, 7, 7), bool)
    mask[0, 0, 0] = False
    right = np.zeros(mask.shape)
    right[3, 3, 3] = 1
    distance = np.abs(np.indices(mask.shape) - 3).sum(axis=0)
    for sweeps in (1, 2, 3):
        reached = array(student(right, mask, EVEN, sweeps), "the volume") != 0
        farthest = int(distance[reached].max(initial=-1))
        if farthest != sweeps - 1:
            raise Failure(
                f"{sweeps} sweeps: the entry at the centre reached voxels up to {farthest} steps away, expected {sweeps - 1}",
                "update the whole volume at once, from the last one, as often as asked",
            )


@jacobi.check(points=0.5)
def arrives_in_the_end(student, seed):
    """Many sweeps on a small mask give the solution, and on a line of 48 are still on their way to it."""
    ragged, _, _, *few = small_problem(seed, shape=(3, 4, 4))
    for case, mask, matrix, right in [("a few voxels", ragged, *few), ("a line of 48 voxels", *line_problem(seed, 48))]:
        away = np.linalg.matrix_power(np.eye(len(right)) - matrix / np.diag(matrix)[:, None], 2000)  # what 2000 sweeps leave of an error
        solution = np.linalg.solve(matrix, right)
        agree(
            student(spread(right, mask), mask, UNEVEN, 2000),
            spread(solution - away @ solution, mask),
            f"2000 sweeps on {case}",
            "does the update vanish when b = A I? All sweeps that were asked for count, however many and however small",
            tolerance=1e-10,
        )


@jacobi.check(points=0.5)
def sweeps_over_tensors_as_well(student, seed):
    """The same on torch tensors."""
    mask, _, _, matrix, right = small_problem(seed, EVEN)
    got = on_tensors(student, spread(right, mask), mask, EVEN, 1)
    agree(got, spread(right / np.diag(matrix), mask), "one sweep over torch tensors")


def answer(got, case):
    """Solution and norms as they should come."""
    if not isinstance(got, tuple | list) or len(got) != 2 or not isinstance(got[1], list):
        raise Failure(f"{case}: expected a pair, the solution and a list of norms")
    for norm in got[1]:
        if not isinstance(norm, float | int):
            raise Failure(f"{case}: got {brief(norm)} in the list of norms, expected numbers", "`_dot` makes a float of a product")
    return array(got[0], case), array(got[1], case).astype(float)


def random_guess(student, mask, seed):
    """A random symmetric positive definite matrix on the unknowns, and the preconditioner that multiplies by it."""
    random, count = np.random.default_rng(seed), mask.sum()
    root = random.normal(size=(count, count)) / count**0.5
    units = 10 ** random.uniform(-0.5, 0.5, size=count)  # so that |r|, |z| and r.z shrink at different paces
    guess = units[:, None] * (root @ root.T + 0.3 * np.eye(count)) * units
    whole = np.zeros((mask.size, mask.size))
    whole[np.ix_(mask.ravel(), mask.ravel())] = guess
    partial = there(student, "functools:partial")
    return guess, partial(there(student, "numpy:tensordot"), whole.reshape(mask.shape * 2), axes=3)


def krylov(matrix, right, steps, guess=None):
    """The best that conjugate gradients can know after some steps: the minimum in the energy norm over span{z, PAz, (PA)^2 z, ...}."""
    guess = np.eye(len(right)) if guess is None else guess
    basis = np.zeros((len(right), 0))
    vector = guess @ right
    for _ in range(steps):
        vector = vector - basis @ (basis.T @ vector)
        basis = np.linalg.qr(np.column_stack([basis, vector]))[0]
        vector = guess @ (matrix @ basis[:, -1])
    return basis @ np.linalg.solve(basis.T @ matrix @ basis, basis.T @ right)


OUT_OF_STEPS = "out of steps: is the direction z + (new r.z / old r.z) d, the length r.z / d.Ad, and all in float64?"


@conjugate_gradients.check(points=1.5)
def solves_the_equations(student, seed):
    """The dense solution, on ragged masks and with any weights; also where rounding costs more steps than there are unknowns."""
    for weights in (EVEN, UNEVEN, FLAT):
        mask, _, _, matrix, right = small_problem(seed, weights)
        solution, norms = answer(student(spread(right, mask), mask, weights, 1e-10, 500), "the solution")
        hint = "go on until |b - A I| / |b|, not its square, is at most the tolerance; A is `laplacian` with this mask and these weights"
        case = f"{mask.sum()} unknowns, weights {weights}, tolerance 1e-10"
        agree(
            solution,
            spread(np.linalg.solve(matrix, right), mask),
            case,
            OUT_OF_STEPS if len(norms) > 500 else hint,
            picture=slice_picture,
        )
    mask, weights = np.arange(256).reshape(4, 8, 8) > 0, (1.0, 1e-3, 1e3)
    right = np.random.default_rng(seed).normal(size=mask.shape) * mask
    solution, norms = answer(student(right, mask, weights, 1e-7, 5000), "the solution")
    hint = "all in float64, and only the tolerance and max_steps end it: with rounding it takes more steps than there are unknowns"
    rest = mask * (right - apply(solution, weights))
    within(
        np.linalg.norm(rest) / np.linalg.norm(right),
        0,
        1.1e-7,  # the residual of the recursion drifts by some 1e-9 from the true one
        f"|b - A I| / |b| of 255 unknowns, weights {weights}, tolerance 1e-7, max_steps 5000",
        OUT_OF_STEPS if len(norms) > 5000 else hint,
    )


@conjugate_gradients.check(points=1)
def every_step_is_the_best_possible(student, seed):
    """After k steps nothing better can be made of b, Ab, ... A^(k-1) b."""
    mask, _, _, matrix, right = small_problem(seed)
    long = line_problem(seed, 96)
    for steps, (mask, matrix, right) in [*((steps, (mask, matrix, right)) for steps in (0, 1, 2, 5)), (60, long)]:
        solution, norms = answer(student(spread(right, mask), mask, UNEVEN, 0.0, steps), f"{steps} steps")
        hint = "as many steps as asked for, whatever the norms do; the list is of this call: one norm before the first step, one after each"
        same(len(norms), steps + 1, f"norms after max_steps {steps}", hint)
        agree(
            solution,
            spread(krylov(matrix, right, steps), mask),
            f"max_steps {steps}",
            "is the direction z + (new r.z / old r.z) d in every step, the length r.z / d.Ad, and all in float64?",
            tolerance=1e-7,
        )


@conjugate_gradients.check(points=1)
def uses_its_preconditioner(student, seed):
    """A random symmetric matrix as the preconditioner: still the solution, and each step the best in its space."""
    mask, _, _, matrix, right = small_problem(seed)
    guess, precondition = random_guess(student, mask, seed)
    hint = "z = P r goes into the direction and into both products r.z, also into the old one, new in every step; "
    hint += "the norm of r decides when to stop"
    solution, _ = answer(student(spread(right, mask), mask, UNEVEN, 0.0, 3, precondition), "3 steps")
    agree(solution, spread(krylov(matrix, right, 3, guess), mask), "3 steps with a preconditioner", hint, tolerance=1e-7)
    solution, _ = answer(student(spread(right, mask), mask, UNEVEN, 1e-10, 500, precondition), "the solution")
    agree(solution, spread(np.linalg.solve(matrix, right), mask), "a preconditioner, tolerance 1e-10", hint)
    solution, _ = answer(student(spread(right, mask), mask, UNEVEN, 0.0, 5, there(student, "numpy:asarray")), "5 steps")
    hint = "z may be r itself: what changes r in place must not change the direction; and all in float64"
    agree(solution, spread(krylov(matrix, right, 5), mask), "5 steps, P returns its argument as it is", hint, tolerance=1e-7)


@conjugate_gradients.check(points=1)
def stops_when_told_and_reports_it(student, seed):
    """The residual is below the tolerance after the last step and not before; the norms are those of the true residual over b."""
    mask, _, _, matrix, right = small_problem(seed)
    problems = [(0.1, 1000), (1e-3, 1e-3), (1e-10, 1e-9)]
    for guess, (tolerance, scale) in itertools.product([None, random_guess(student, mask, seed)[1]], problems):
        right = scale * right / np.linalg.norm(right)
        solution, norms = answer(student(spread(right, mask), mask, UNEVEN, tolerance, 500, guess), f"tolerance {tolerance:g}")
        true = np.linalg.norm(right - matrix @ solution[mask]) / np.linalg.norm(right)
        case = f"tolerance {tolerance:g}, |b| {scale:g}, {'no' if guess is None else 'with a'} preconditioner"
        hint = "compare |r| / |b|, not |r| or |z|, with the tolerance after every step, and bring in no small number of your own"
        within(true, 0, tolerance * 1.001, f"{case}: the true residual |b - A I| / |b|", hint)
        norm_hint = "norms are |r| / |b|, with a preconditioner as well; it starts from zero, so the first residual is b"
        within(norms[0], 1.0, 1.0, f"{case}: the norm before the first step", norm_hint)
        within(norms[-1] - true, -1e-9, 1e-9, f"{case}: the last norm in the list minus the true one", norm_hint)
        within(norms[-2], tolerance * 1.000001, np.inf, f"{case}: the norm one step earlier", hint)
    single = np.zeros((1, 1, 3))
    single[0, 0, 1] = 8
    for tolerance, expected in ((1.0, [1.0]), (0.0, [1.0, 0.0])):
        _, norms = answer(student(single, single > 0, EVEN, tolerance, 9), "one unknown")
        case = f"one unknown, tolerance {tolerance:g}: norms, of which the last is the tolerance"
        agree(norms, expected, case, "a norm that equals the tolerance is small enough")


@conjugate_gradients.check(points=1)
def zero_stays_zero(student, seed):
    """Nothing to solve is no reason to divide by zero."""
    mask = np.zeros((3, 4, 5), bool)
    mask[1, 1:3, 1:4] = True
    solution, norms = answer(student(np.zeros(mask.shape), mask, EVEN, 1e-8, 50), "b = 0")
    agree(solution, np.zeros(mask.shape), "b = 0", "0 / 0 is not a number: treat b = 0 on its own")
    agree(norms, [0.0], "norms for b = 0", "there is nothing to do: the list is [0.0]")
    solution, _ = answer(student(np.zeros(mask.shape), mask, EVEN, 0.0, 50), "b = 0, tolerance 0")
    agree(solution, np.zeros(mask.shape), "b = 0, tolerance 0", "a residual of 0 is at most 0: stop")


@conjugate_gradients.check(points=0.5)
def solves_with_tensors_as_well(student, seed):
    """The same on torch tensors."""
    mask, _, _, matrix, right = small_problem(seed, EVEN)
    solution, norms = answer(on_tensors(student, spread(right, mask), mask, EVEN, 1e-10, 500), "torch tensors for arrays")
    agree(solution, spread(np.linalg.solve(matrix, right), mask), "the solution on torch tensors")
    within(norms[-1], 0, 1e-10, "the last norm on torch tensors", "the list holds |r| / |b| of every step, here as well")
