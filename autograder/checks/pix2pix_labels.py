"""Checks of lesson 12: labels and instances. Oracles: maps drawn by hand, loops over pixels, an average that is its own transpose."""

import numpy as np
import torch

from autograder.checks import pictures
from autograder.checks.compare import agree, array, raises
from autograder.checks.core import Exercise, Failure
from autograder.checks.pix2pix_tiny import normal, whole
from autograder.checks.student import vjp

one_hot = Exercise("one_hot")
instance_edges = Exercise("instance_edges")
instance_average = Exercise("instance_average")


@one_hot.check(points=1)
def puts_each_class_into_its_channel(student, seed):
    """Random maps, not square, with the last class and without it."""
    for batch, height, width, classes, highest in [(2, 3, 5, 4, 2), (2, 3, 5, 4, 3), (1, 4, 4, 1, 0), (3, 2, 6, 300, 299)]:
        labels = whole(seed, highest + 1, batch, height, width)
        labels[0, 0, 0] = highest
        expected = np.zeros((batch, classes, height, width))
        for place, label in np.ndenumerate(labels.numpy()):
            expected[place[0], label, place[1], place[2]] = 1
        got = array(student(labels, classes), "random labels", "a tensor (B, K, H, W)")
        case = f"labels of shape {tuple(labels.shape)} up to {highest}, {classes} classes"
        hint = "(B, H, W) becomes (B, K, H, W): the new axis stands second, and a reshape cannot move it there"
        hint = hint if classes < 256 else "labels go beyond 255: eight bits are too few"
        agree(got, expected, case, hint)
        if got.dtype != np.float32:
            raise Failure(f"{case}: got {got.dtype}, expected float32", "networks take floats: .float()")


@one_hot.check(points=1)
def refuses_labels_that_are_no_class(student, seed):
    """One above the last class, one below 0, those that often stand for no label, and such as are classes again in fewer bits.

    Each once among labels of all classes, and in a map that holds nothing else.
    """
    hint = "no label is passed over, 255 and -100 neither: raise a ValueError that says what was expected and what came"
    values = "what counts is the value of each label, not how many different ones there are"
    for label in (5, -1, 255, -100, 256 + 2, 2**32 + 2):
        mixed = (torch.arange(24) % 5).view(2, 3, 4)
        mixed[1, 2, 3] = label
        raises(ValueError, lambda labels=mixed: student(labels, 5), f"a label of {label} among 5 classes", hint)
        alone = torch.full((1, 2, 3), label)
        raises(ValueError, lambda labels=alone: student(labels, 5), f"nothing but labels of {label}, 5 classes", values)


def marked(instances):
    """Eq. (12.2), pixel by pixel."""
    instances = instances.numpy()
    out = np.zeros((len(instances), 1, *instances.shape[1:]))
    for b, y, x in np.ndindex(instances.shape):
        for row, column in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= row < instances.shape[1] and 0 <= column < instances.shape[2]:
                out[b, 0, y, x] = max(out[b, 0, y, x], instances[b, row, column] != instances[b, y, x])
    return out


def first_map(got, expected):
    """The first map of a batch, beside what was expected."""
    return pictures.images(got[0, 0], expected[0, 0])


@instance_edges.check(points=1)
def marks_both_sides_of_a_square(student, seed):
    """A square of 2 x 2 pixels: its four, and the eight that touch them along a side."""
    instances = torch.zeros(1, 7, 9, dtype=torch.int64)
    instances[:, 2:4, 5:7] = 3
    expected = np.zeros((1, 1, 7, 9))
    expected[0, 0, 2:4, 4:8] = expected[0, 0, 1:5, 5:7] = 1
    agree(
        student(instances),
        expected,
        "a square of 2 x 2",
        "a pixel is compared with all four neighbours, so both sides of a border are marked; corners do not count",
        picture=first_map,
    )


@instance_edges.check(points=1)
def sees_no_border_beyond_the_picture(student, seed):
    """Two things, one above the other or side by side, with the border at every place: the outermost pixels touch nothing else."""
    hint = (
        "both sides of the border are marked and nothing else: torch.roll brings the other end of the picture round, "
        "and zeros around it are neighbours that do not exist"
    )
    for axis, first in [(1, first) for first in range(1, 6)] + [(2, first) for first in range(1, 8)]:
        instances = torch.zeros(2, 6, 8, dtype=torch.int64)
        instances.narrow(axis, 0, first).fill_(7)
        case = f"two things in 6 x 8 pixels, the first of {first} {('rows', 'columns')[axis - 1]}"
        agree(student(instances), marked(instances), case, hint, picture=first_map)


@instance_edges.check(points=1)
def equals_a_loop_over_pixels(student, seed):
    """Random blocks and pixels, two maps a batch, pictures one pixel wide; numbers below 0, and such as no float can tell apart."""
    blocks = whole(seed, 3, 2, 4, 5).repeat_interleave(2, 1).repeat_interleave(3, 2)[:, 1:]
    rows, columns = torch.arange(6)[:, None], torch.arange(7)
    all_four = "a pixel is marked if it differs from any of its four neighbours, corners do not count; each picture of a batch for itself"
    own = "compare each pixel with each neighbour, not neighbours with each other, nor with their mean"
    narrow = "pictures one pixel wide have borders too"
    maps = [
        ("random blocks", blocks, all_four),
        ("a chessboard", ((rows + columns) % 2)[None], own),
        ("each pixel a thing of its own", (7 * rows + columns)[None], own),
        ("random pixels", whole(seed + 1, 3, 2, 6, 7), all_four),
        ("one column", blocks[:, :, :1], narrow),
        ("one row", blocks[:, :1], narrow),
    ]
    floats = "compare whole numbers with !=: as floats, large numbers become equal"
    for first, step, known in (
        (0, 1, ""),
        (2**25, 1, floats),
        (2**60, 1, floats),
        (-2, 1, "-1 can be an instance too: it cannot stand for what is beyond the picture"),
        (0, 2**32, "all 64 bits count"),
    ):
        for case, things, hint in maps:
            instances = first + step * things
            got = array(student(instances), case)
            agree(got, marked(instances), f"{case}, numbers {first}, {first + step} ...", known or hint, picture=first_map)
    if got.dtype != np.float32:
        raise Failure(f"got {got.dtype}, expected float32", "edges are one more channel of what a network sees: .float()")


def averaged(features, instances):
    """Eq. (12.3) by masks, in double precision."""
    features, instances = features.double().numpy(), instances.numpy()
    out = np.empty_like(features)
    for b in range(len(features)):
        for one in np.unique(instances[b]):
            inside = instances[b] == one
            out[b][:, inside] = features[b][:, inside].mean(axis=1, keepdims=True)
    return out


@instance_average.check(points=1)
def keeps_the_mean_of_every_instance(student, seed):
    """Two things worked out by hand: 1, 3 and 5 make 3; 2 and 8 make 5."""
    features = torch.tensor([[1.0, 2, 3], [8, 5, 5]])[None, None]
    instances = torch.tensor([[0, 4, 0], [4, 0, 7]])[None]
    agree(
        student(features, instances),
        [[[[3.0, 5, 3], [5, 3, 5]]]],
        "features 1 2 3 / 8 5 5, instances 0 4 0 / 4 0 7",
        "divide by the number of pixels of the instance; 0 is an instance like the others",
        1e-5,
    )


@instance_average.check(points=2)
def equals_means_over_masks(student, seed):
    """Random features, numbers with gaps of any size, the same numbers in both pictures, things in several pieces."""
    for channels, gap in [(1, 37), (3, 37), (3, 5 * 7), (3, 1000), (3, 2**40), (3, 2**40 + 1)]:  # 2**40 is 0 in 8, 16 and 32 bits
        features, instances = normal(seed, 2, channels, 5, 7), gap * whole(seed + 1, 4, 2, 5, 7)
        agree(
            student(features, instances),
            averaged(features, instances),
            f"random features, {channels} channels, instances 0, {gap}, {2 * gap}, {3 * gap}",
            f"each picture has its own instance {gap}, and each channel its own mean; no two numbers become one, however large",
            1e-5,
        )
    instances = 2**53 + whole(seed + 2, 3, 2, 5, 7)
    hint = "numbers that lie close together are different things: they must not pass through a float"
    agree(student(features, instances), averaged(features, instances), "random features, instances from 2**53 on", hint, 1e-5)
    features, instances = normal(seed, 4, 3, 5, 7), 2**62 * whole(seed + 3, 2, 4, 5, 7)
    hint = "products of large numbers run over the 64 bits: number the instances without gaps before you tell the pictures apart"
    agree(student(features, instances), averaged(features, instances), "four pictures, instances 0 and 2**62", hint, 1e-5)


@instance_average.check(points=1)
def hands_the_gradient_to_all_pixels_of_the_instance(student, seed):
    """An average over sets is its own transpose: the gradient is averaged the same way."""
    features, instances, pull = normal(seed, 2, 2, 4, 6), whole(seed + 1, 3, 2, 4, 6), normal(seed + 2, 2, 2, 4, 6)
    got = vjp(student, (features, instances), pull)[0]
    if got is None:
        raise Failure("no gradient arrives at the features", "an encoder learns through the average: no detach, no numpy")
    agree(got, averaged(pull, instances), "gradient of the average", "every pixel of an instance has the same share", 1e-5)
