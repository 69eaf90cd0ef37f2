"""Checks of the example lesson. Oracles: numpy's diff, and clips whose motion is known."""

import numpy as np

from autograder.checks.compare import agree, raises, same
from autograder.checks.core import Exercise

difference = Exercise("difference")
busiest = Exercise("busiest")


@difference.check(points=1)
def equals_the_library(student, seed):
    """On random clips of several sizes."""
    random = np.random.default_rng(seed)
    for shape in [(2, 1, 1), (5, 3, 4)]:
        clip = random.normal(size=shape)
        hint = "the next frame minus this one, along axis 0"
        agree(student(clip), np.diff(clip, axis=0), f"clip of shape {shape}", hint)


@difference.check(points=1)
def refuses_a_single_frame(student, seed):
    """One frame has no neighbour."""
    raises(ValueError, lambda: student(np.zeros((1, 2, 2))), "one frame")


@busiest.check(points=2)
def finds_a_flash(student, seed):
    """A clip that changes once has its energy there."""
    random = np.random.default_rng(seed)
    for moment in 1 + random.permutation(6)[:3]:
        clip = np.zeros((8, 3, 5))
        clip[moment + 1 :] = -1.0
        same(student(clip), int(moment), f"flash after frame {moment}", hint="square before the mean: darkening is motion too")
    clip[1:] += 1.0
    same(student(clip), 0, "two changes of equal energy", hint="the first of several that are equal")


@busiest.check(points=1)
def weighs_large_changes_by_their_square(student, seed):
    """One large change beats many small ones of the same sum."""
    clip = np.zeros((3, 1, 4))
    clip[1] = 0.5
    clip[2] = [0.5, 0.5, 0.5, 2.0]
    same(student(clip), 1, "one pixel by 1.5 against four by 0.5", hint="square before the mean")
