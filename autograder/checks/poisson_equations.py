"""Checks of lesson 8, the equations. Oracles: closed forms, symmetry, and every voxel with all of its neighbours."""

import itertools

import numpy as np

from autograder.checks.compare import agree, array, differ, has_shape, raises, unexpected, within
from autograder.checks.core import Exercise, Failure, explain
from autograder.checks.poisson_oracles import (
    EVEN,
    FLAT,
    UNEVEN,
    differences,
    neighbours,
    on_tensors,
    slice_picture,
    small_problem,
    some_mask,
    spread,
    system,
)

guidance = Exercise("guidance")
laplacian = Exercise("laplacian")
right_side = Exercise("right_side")


@guidance.check(points=1)
def imports_the_steps_of_the_source(student, seed):
    """A volume that rises by another amount along every axis."""
    t, y, x = np.meshgrid(np.arange(3.0), np.arange(4.0), np.arange(5.0), indexing="ij")
    got = three_edges(student(2 * t - 3 * y + x**2, 100 * (t + y + x), "import"), (3, 4, 5))
    hint = "entry i is the value at i + 1 minus the value at i, whatever its size; the order is time, height, width"
    agree(got[0], np.full((2, 4, 5), 2.0), "a source that gains 2 a frame: differences along time", hint)
    agree(got[1], np.full((3, 3, 5), -3.0), "a source that loses 3 a row: differences along height", hint)
    agree(got[2], np.broadcast_to([1.0, 3.0, 5.0, 7.0], (3, 4, 4)), "a source x**2: differences along width", hint)


@guidance.check(points=1)
def mixes_by_magnitude_on_every_edge(student, seed):
    """Of two random volumes, the larger step wins, each edge for itself; of whole numbers many are equal, and either will do."""
    random = np.random.default_rng(seed)
    hint = "compare magnitudes, keep the sign, decide on every edge for itself, not once for a voxel or an axis, and stay in float64"
    tie = "of two steps of one magnitude take either, not their sum, mean or zero"
    for values, words in [(random.normal(size=(2, 3, 5, 4)), hint), (random.integers(-2, 3, size=(2, 3, 5, 4)) / 4, tie)]:
        got = three_edges(student(*values, "mixed"), (3, 5, 4))
        for axis, (ours, theirs) in enumerate(zip(*map(differences, values), strict=True)):
            pairs = zip(ours.ravel(), theirs.ravel(), strict=True)
            expected = np.array([max(pair, key=abs) for pair in pairs]).reshape(ours.shape)
            expected = np.where((abs(ours) == abs(theirs)) & (got[axis] == theirs), theirs, expected)
            agree(got[axis], expected, f"mixed guidance along axis {axis}", words, tolerance=1e-12)  # one subtraction each


@guidance.check(points=1)
def a_negative_gives_negative_steps(student, seed):
    """What holds for a pair of clips holds for their negatives: no sign is preferred, nothing is clipped; one frame is a clip, too."""
    random = np.random.default_rng(seed)
    for shape, kind in itertools.product([(4, 3, 3), (1, 4, 3)], ["import", "mixed"]):
        kind = "".join(kind)  # equal to the literal, but another object
        source, background = 300 * random.normal(size=(2, *shape))
        try:
            one = three_edges(student(source, background, kind), shape)
        except ValueError as error:
            raise Failure(f"{kind}: got {explain(error)}", "compare `kind` by ==, not by `is`: equal words may be two objects") from error
        other = three_edges(student(-source, -background, kind), shape)
        for axis in range(3):
            agree(
                other[axis],
                -one[axis],
                f"{kind}: guidance of the negatives",
                "differences have a sign and no limits: compare abs() of both, return the signed one",
            )
            if one[axis].size:
                differ(one[axis], 0 * one[axis], f"{kind}: guidance of random clips", "the differences are not zero")


@guidance.check(points=1)
def refuses_an_unknown_kind(student, seed):
    """A misspelt kind must not pass as one of the two."""
    zero = np.zeros((2, 3, 4))
    for kind in ("blend", "Mixed", "mix", " import", ""):
        raises(
            ValueError,
            lambda kind=kind: student(zero, zero, kind),
            f'kind "{kind}"',
            'only "import" and "mixed" are known, in full and in this spelling',
        )


def three_edges(got, shape):
    """Fail unless these are the differences of a volume, one array an axis."""
    if not isinstance(got, tuple | list) or len(got) != 3:
        raise unexpected(got, "three arrays, one an axis", f"guidance of a volume of shape {shape}")
    for axis in range(3):
        expected = tuple(size - (axis == k) for k, size in enumerate(shape))
        has_shape(
            got[axis],
            expected,
            f"guidance along axis {axis}",
            "an axis of n voxels has n - 1 edges: nothing wraps around, nothing is padded; the order is time, height, width",
        )
    return [array(edge, "guidance") for edge in got]


@laplacian.check(points=1)
def spreads_an_impulse_to_six_neighbours(student, seed):
    """One voxel, far from every border: the stencil itself."""
    volume = np.zeros((5, 5, 5))
    volume[2, 2, 2] = 1
    expected = np.zeros_like(volume)
    expected[2, 2, 2] = 2 * sum(UNEVEN)
    for axis, _, place in neighbours((2, 2, 2), volume.shape):
        expected[place] = -UNEVEN[axis]
    agree(
        student(volume, np.ones((5, 5, 5), bool), UNEVEN),
        expected,
        f"an impulse in the middle, weights {UNEVEN}",
        "every neighbour one voxel away gets minus the weight of its axis, the voxel itself plus all six weights",
        picture=slice_picture,
    )


@laplacian.check(points=1)
def has_natural_borders(student, seed):
    """A constant volume that is unknown everywhere asks for nothing; a corner has three neighbours, and none at the far end."""
    whole = np.ones((3, 4, 5), bool)
    hint = "beyond the border of the volume there is no neighbour: no term, a smaller diagonal, and no wrap-around to the other end"
    agree(student(np.ones((3, 4, 5)), whole, UNEVEN), np.zeros((3, 4, 5)), "a constant volume, all of it unknown", hint)
    volume = np.zeros((3, 4, 5))
    volume[0, 0, 0] = 1
    expected = spread(system(whole, UNEVEN)[0][:, 0], whole)
    agree(student(volume, whole, UNEVEN), expected, "an impulse in the corner of the volume", hint)


@laplacian.check(points=1)
def feels_known_neighbours(student, seed):
    """Ones on the mask: what is left at each voxel is the weight of its edges to known voxels."""
    mask = np.zeros((4, 5, 6), bool)
    mask[1:3, 1:4, 1:5] = True
    expected = np.zeros(mask.shape)
    for voxel in map(tuple, np.argwhere(mask)):
        expected[voxel] = sum(UNEVEN[axis] for axis, _, place in neighbours(voxel, mask.shape) if not mask[place])
    agree(
        student(1.0 * mask, mask, UNEVEN),
        expected,
        "ones on a box, known voxels around it",
        "an edge to a known voxel still counts on the diagonal; rows of known voxels are zero",
    )


@laplacian.check(points=1)
def equals_the_equations_voxel_by_voxel(student, seed):
    """Ragged masks, other weights, axes of one voxel and of two."""
    random = np.random.default_rng(seed)
    for shape, weights in [((4, 6, 5), UNEVEN), ((4, 6, 5), FLAT), ((1, 4, 3), EVEN), ((2, 2, 3), UNEVEN), ((3, 5, 2), UNEVEN)]:
        mask = random.random(shape) < 0.7
        values = random.normal(size=mask.sum())
        expected = spread(system(mask, weights)[0] @ values, mask)
        agree(
            student(spread(values, mask), mask, weights),
            expected,
            f"random values on a ragged mask of shape {shape}, weights {weights}",
            "weights are those of this call, for time, height, width; nothing wraps around; zero outside of the mask; all in float64",
            tolerance=1e-9,
        )


@laplacian.check(points=0.5)
def is_symmetric_and_positive(student, seed):
    """Random probes x and y: x.Ay equals y.Ax, and x.Ax is above zero."""
    random = np.random.default_rng(seed)
    mask = some_mask(random, (5, 6, 7))
    x, y = (spread(random.normal(size=mask.sum()), mask) for _ in range(2))
    image = array(student(x, mask, UNEVEN), "A x")
    apart = np.vdot(y, image) - np.vdot(x, array(student(y, mask, UNEVEN), "A y"))
    within(apart, -1e-9, 1e-9, "y.Ax minus x.Ay", "each edge acts on both of its ends alike")
    within(np.vdot(x, image), 1e-3, np.inf, "x.Ax", "check the sign: the diagonal is positive, the neighbours negative")


@laplacian.check(points=0.5)
def runs_on_tensors_as_well(student, seed):
    """Everything from here on is to run on a GPU: the same on torch tensors."""
    mask, _, background, matrix, _ = small_problem(seed, EVEN)
    agree(on_tensors(student, mask * background, mask, EVEN), spread(matrix @ background[mask], mask), "torch tensors for arrays")


@right_side.check(points=1)
def adds_up_what_is_known(student, seed):
    """One unknown voxel between two known ones: 2 and 8 without guidance make 10."""
    mask = np.array([False, True, False]).reshape(1, 1, 3)
    background = np.array([2.0, 99.0, 8.0]).reshape(1, 1, 3)
    edges = (np.zeros((0, 1, 3)), np.zeros((1, 0, 3)), np.zeros((1, 1, 2)))
    expected = np.array([0.0, 10.0, 0.0]).reshape(1, 1, 3)
    hint = "known neighbours enter with plus; what the background holds on the mask is not known; outside of the mask the result is zero"
    agree(student(edges, background, mask, EVEN), expected, "known voxels 2 and 8, no guidance", hint)
    steps = (*edges[:2], np.array([5.0, 1.0]).reshape(1, 1, 2))
    agree(
        student(steps, background, mask, EVEN),
        expected + [[[0, 4, 0]]],
        "the same with steps of +5 to the voxel and +1 from it",
        "a step that leads to the voxel enters with plus, one that leaves it with minus",
    )


@right_side.check(points=1)
def fits_the_background_to_its_own_steps(student, seed):
    """If the background's own differences are asked for, the background solves the equations."""
    random = np.random.default_rng(seed)
    mask = some_mask(random, (4, 6, 5))
    background = random.normal(size=mask.shape)
    got = student(differences(background), background, mask, EVEN)
    agree(
        got,
        spread(system(mask, EVEN)[0] @ background[mask], mask),
        "the background's own differences as guidance",
        "b must be A times the background, in float64: mind signs, both ends of an edge, what is known; nothing wraps around",
    )


@right_side.check(points=0.5)
def does_not_look_under_the_mask(student, seed):
    """The background on the mask is what gets replaced; its values must not matter."""
    mask, edges, background, _, _ = small_problem(seed, EVEN)
    got = student(edges, np.where(mask, 1e3, background), mask, EVEN)
    agree(
        got,
        array(student(edges, background, mask, EVEN), "the right side"),
        "a background of 1000 under the mask, against another",
        "take the background where it is known, that is outside of the mask only",
    )


@right_side.check(points=1)
def equals_the_right_side_voxel_by_voxel(student, seed):
    """Random guidance, that need not come from any clip, on ragged masks; the background is black here and there."""
    for weights in (EVEN, UNEVEN, FLAT):
        mask, edges, background, _, _ = small_problem(seed, weights)
        background[::2, ::2] = 0
        _, right = system(mask, weights, edges, background)
        agree(
            student(edges, background, mask, weights),
            spread(right, mask),
            f"random guidance, weights {weights}",
            "the weight of an axis multiplies guidance and known neighbours alike, of either sign, in the order time, height, width; "
            "nothing wraps around; all in float64",
            tolerance=1e-9,
        )


@right_side.check(points=0.5)
def adds_up_tensors_as_well(student, seed):
    """The same on torch tensors."""
    mask, edges, background, _, right = small_problem(seed, EVEN)
    agree(on_tensors(student, edges, background, mask, EVEN), spread(right, mask), "torch tensors for arrays")
