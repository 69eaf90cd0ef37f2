"""Checks of lesson 8, the blend. Oracles: dense solutions, clips that must come back, a maximum principle."""

import numpy as np

from autograder.checks.compare import agree, array, differ, has_shape, raises, within
from autograder.checks.core import Exercise
from autograder.checks.poisson_oracles import (
    EVEN,
    apply,
    ball,
    differences,
    slice_picture,
    small_problem,
    system,
)

blend = Exercise("blend")


def blob_problem(seed, shape=(6, 9, 8)):
    """A ball as mask, a source and a background, all of one shape."""
    random = np.random.default_rng(seed)
    source, background = random.uniform(size=(2, *shape))
    return ball(shape), source, background


def solved(mask, edges, background, weights):
    """The blend by a dense solver."""
    matrix, right = system(mask, weights, edges, background)
    result = background.copy()
    result[mask] = np.linalg.solve(matrix, right)
    return result


@blend.check(points=2)
def equals_the_dense_blend(student, seed):
    """Random clips, ragged masks that touch the border, other weights: every voxel."""
    for weights in (EVEN, (4.0, 1.0, 0.5)):
        mask, edges, background, _, _ = small_problem(seed, weights)
        agree(
            student(edges, background, mask, weights),
            solved(mask, edges, background, weights),
            f"a ragged mask of {mask.sum()} voxels, weights {weights}",
            "solve for the mask only, to a small residual, keep the rest; no clipping",
            tolerance=1e-6,
            picture=slice_picture,
        )


@blend.check(points=1)
def leaves_the_rest_alone(student, seed):
    """Outside of the mask the background comes back bit by bit; an empty mask changes nothing at all."""
    mask, source, background = blob_problem(seed)
    got = array(student(differences(source), background, mask, EVEN), "the blend")
    hint = "copy the background and write the solution into the mask only; an empty mask has nothing to solve"
    agree(got[~mask], background[~mask], "voxels outside of the mask", hint, tolerance=0)
    differ(got[mask], background[mask], "voxels on the mask", "the source has structure of its own")
    agree(student(differences(source), background, np.zeros_like(mask), EVEN), background, "an empty mask", hint, tolerance=0)


@blend.check(points=1)
def a_clip_blends_into_itself(student, seed):
    """Source and background are the same: nothing changes. The source may be brighter by any constant."""
    mask, _, background = blob_problem(seed)
    hint = "the background's own differences and its own border have one answer, the background"
    agree(student(differences(background), background, mask, EVEN), background, "a clip blended into itself", hint, tolerance=1e-6)
    agree(
        student(differences(background + 7.5), background, mask, EVEN),
        background,
        "the same, its source brighter by 7.5",
        hint,
        tolerance=1e-6,
    )


@blend.check(points=1)
def zero_guidance_smooths_without_overshoot(student, seed):
    """No differences wanted: a ramp continues as a ramp, and no voxel leaves the range of the known ones."""
    mask = np.zeros((6, 8, 9), bool)
    mask[1:-1, 1:-1, 1:-1] = ball((4, 6, 7))
    t, y, x = np.indices(mask.shape)
    zero = differences(np.zeros(mask.shape))
    ramp = 2.0 * t - y + 0.5 * x - 3
    agree(
        student(zero, ramp, mask, EVEN),
        ramp,
        "a ramp around the mask, zero guidance",
        "known voxels at the border of the mask must reach the right side with the sign of the background",
        tolerance=1e-6,
    )
    background = np.random.default_rng(seed).uniform(-1, 1, size=mask.shape)
    got = array(student(zero, background, mask, EVEN), "the blend")
    low, high = background[~mask].min() - 1e-6, background[~mask].max() + 1e-6
    within(got[mask].min(), low, high, "lowest voxel on the mask", "without guidance the result cannot leave the range of the known voxels")
    within(
        got[mask].max(), low, high, "highest voxel on the mask", "without guidance the result cannot leave the range of the known voxels"
    )


@blend.check(points=1)
def time_is_an_axis_without_a_ring(student, seed):
    """A known voxel that changes in one frame shows in the frames around it; the first frame and the last are no neighbours."""
    background = np.zeros((7, 6, 6))
    mask = np.zeros(background.shape, bool)
    mask[:, 1:5, 1:5] = True
    zero = differences(background)
    background[3, 0, 2] = 1
    got = array(student(zero, background, mask, EVEN), "the blend")
    agree(
        got,
        solved(mask, zero, background, EVEN),
        "one bright known voxel in frame 3",
        "frames 2 and 4 must feel it: a blend frame by frame has no time",
        tolerance=1e-6,
    )
    background[3, 0, 2], background[0, 0, 2] = 0, 1
    got = array(student(zero, background, mask, EVEN), "the blend")
    agree(
        got,
        solved(mask, zero, background, EVEN),
        "one bright known voxel in frame 0",
        "the last frame is not a neighbour of the first",
        tolerance=1e-6,
    )


@blend.check(points=1)
def converges_on_larger_blobs(student, seed):
    """16 x 40 x 40 voxels; the residual is computed here."""
    shape = (16, 40, 40)
    mask = ball(shape)
    random = np.random.default_rng(seed)
    source, background = random.uniform(size=(2, *shape)).cumsum(axis=2) / 8
    got = array(student(differences(source), background, mask, EVEN), "the blend")
    has_shape(got, shape, "the blend")
    rest = mask * (apply(got, EVEN) - apply(source, EVEN))
    size = np.linalg.norm(mask * (apply(background * ~mask, EVEN) - apply(source, EVEN)))
    within(
        np.linalg.norm(rest) / size,
        0,
        1e-7,
        "residual |b - A I| / |b| on a blob of 16 x 40 x 40",
        "let conjugate gradients go on to TOLERANCE",
    )


@blend.check(points=1)
def needs_something_known(student, seed):
    """A mask that covers all leaves the brightness open."""
    zero = np.zeros((3, 4, 5))
    raises(
        ValueError,
        lambda: student(differences(zero), zero, np.ones(zero.shape, bool), EVEN),
        "a mask that is true everywhere",
        "say so instead of returning one of infinitely many answers",
    )
