"""Checks of lesson 8, the blend. Oracles: dense solutions, clips that must come back, a maximum principle."""

import numpy as np

from autograder.checks.compare import agree, array, differ, has_shape, raises, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.poisson_oracles import (
    EVEN,
    FLAT,
    UNEVEN,
    apply,
    ball,
    differences,
    on_tensors,
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


def blended(student, case, *problem):
    """The blend of a problem that has one."""
    try:
        return array(student(*problem), case)
    except ValueError as error:
        hint = "only a mask that is true everywhere is refused; an empty one has no box and needs none"
        raise Failure(f"{case}: got ValueError ({error}), expected a blend", hint) from error


@blend.check(points=1.5)
def equals_the_dense_blend(student, seed):
    """Random clips, ragged masks that touch the border, other weights, units and one frame: every voxel."""
    shape, one = (4, 6, 5), (1, 6, 5)
    cases = [(shape, EVEN, 1), (shape, EVEN, 1e-9), (shape, UNEVEN, 1e4), (shape, FLAT, 1e4), (shape, (4.0, 1.0, 0.5), 1), (one, UNEVEN, 1)]
    for number, (shape, weights, unit) in enumerate(cases):
        mask, edges, background, _, _ = small_problem(1000 * seed + number, weights, shape)
        case = f"a ragged mask of {mask.sum()} voxels, shape {shape}, weights {weights}, values times {unit:g}"
        agree(
            blended(student, case, tuple(unit * edge for edge in edges), unit * background, mask, weights) / unit,
            solved(mask, edges, background, weights),
            case,
            "on the mask the solution, elsewhere the background; `weights` serve both sides, 0 included; small residual; no clipping",
            tolerance=2e-7,
            picture=slice_picture,
        )


@blend.check(points=1)
def leaves_the_rest_alone(student, seed):
    """Outside of the mask the background comes back bit by bit; an empty mask changes nothing at all."""
    mask, source, background = blob_problem(seed)
    background = 300 * (background - 0.3) ** 3  # numbers of many sizes: what is done to them and undone leaves a trace
    got = array(student(differences(source), background, mask, EVEN), "the blend")
    hint = (
        "copy the background and write the solution into the mask only; what is subtracted and added again, or divided and multiplied, "
        "is rounded; an empty mask has nothing to solve"
    )
    agree(got[~mask], background[~mask], "voxels outside of the mask", hint, tolerance=0)
    differ(got[mask], background[mask], "voxels on the mask", "the source has structure of its own")
    got = blended(student, "an empty mask", differences(source), background, np.zeros_like(mask), EVEN)
    agree(got, background, "an empty mask", hint, tolerance=0)


@blend.check(points=1)
def a_clip_blends_into_itself(student, seed):
    """Source and background are the same: nothing changes. The source may be brighter by any constant."""
    mask, _, background = blob_problem(seed)
    hint = "the background's own differences have one answer, the background; a box takes one voxel more to each side (`crop`)"
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
        "known voxels at the border of the mask must reach the right side with the sign of the background, and count on "
        "the diagonal, in time as well; solve to TOLERANCE",
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
    """A ball, a box with known voxels at one side only, a single frame with one known voxel; the residual is computed here."""
    round_one, open_box, frame = ball((16, 40, 40)), np.ones((8, 40, 40), bool), np.ones((1, 60, 200), bool)
    round_one[:, :, 0] = open_box[:, :, 0] = frame[0, 0, 0] = False
    for mask in (round_one, open_box, frame):
        random = np.random.default_rng(seed)
        source, background = random.uniform(size=(2, *mask.shape)).cumsum(axis=2) / 8
        got = array(student(differences(source), background, mask, EVEN), "the blend")
        has_shape(got, mask.shape, "the blend")
        rest = mask * (apply(got, EVEN) - apply(source, EVEN))
        size = np.linalg.norm(mask * (apply(background * ~mask, EVEN) - apply(source, EVEN)))
        within(
            np.linalg.norm(rest) / size,
            0,
            2e-9,
            f"residual |b - A I| / |b| with {mask.sum()} unknowns of {mask.size}",
            "if small blends are right: go on to TOLERANCE; with `multigrid` MAX_STEPS are more than enough, and a few dozen are not",
        )


@blend.check(points=0.5)
def blends_tensors_as_well(student, seed):
    """The same on torch tensors."""
    mask, edges, background, _, _ = small_problem(seed)
    agree(on_tensors(student, edges, background, mask, EVEN), solved(mask, edges, background, EVEN), "a blend of torch tensors")


@blend.check(points=1)
def needs_something_known(student, seed):
    """A mask that covers all leaves the brightness open; if it covers one frame, time ties that frame to the others."""
    mask, edges, background, _, _ = small_problem(seed)
    mask[2] = True
    got = blended(student, "one frame wholly unknown", edges, background, mask, EVEN)
    agree(got, solved(mask, edges, background, EVEN), "one frame wholly unknown", "frames 1 and 3 are its neighbours")
    zero = np.zeros((3, 4, 5))
    for weights in (EVEN, FLAT):
        raises(
            ValueError,
            lambda weights=weights: student(differences(zero), zero, np.ones(zero.shape, bool), weights),
            f"a mask that is true everywhere, weights {weights}",
            "say so instead of returning one of infinitely many answers",
        )
