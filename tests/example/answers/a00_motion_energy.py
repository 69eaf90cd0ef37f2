"""Answers to the example lesson that its checks must tell apart."""

import itertools

import numpy as np

from tests.answers.core import right, wrong


def two_frames(clip):
    if len(clip) < 2:
        raise ValueError("too short")


@right("difference")
def by_the_library(clip):
    two_frames(clip)
    return np.diff(clip, axis=0)


@right("difference")
def frame_by_frame(clip):
    two_frames(clip)
    return np.stack([after - before for before, after in itertools.pairwise(clip)])


@wrong("difference", message="the next frame minus this one")
def the_other_way_round(clip):
    two_frames(clip)
    return clip[:-1] - clip[1:]


@wrong("difference", message="the next frame minus this one")
def without_a_sign(clip):
    two_frames(clip)
    return np.abs(clip[1:] - clip[:-1])


@wrong("difference", message="expected (1, 1, 1)")
def as_many_as_frames(clip):
    two_frames(clip)
    return np.diff(clip, axis=0, prepend=clip[:1])


@wrong("difference", message="expected (4, 3, 4)")
def from_the_first_to_the_last(clip):
    two_frames(clip)
    return clip[-1:] - clip[:1]


@wrong("difference", message="expected ValueError")
def with_any_length(clip):
    return clip[1:] - clip[:-1]


@right("busiest")
def by_a_loop(clip):
    return max(range(len(clip) - 1), key=lambda t: float(((clip[t + 1] - clip[t]) ** 2).sum()))


@right("busiest")
def by_a_sum_over_pixels(clip):
    change = np.diff(clip.reshape(len(clip), -1), axis=0)
    return int(np.argmax(np.einsum("tp,tp->t", change, change)))


@wrong("busiest", message="square before the mean")
def by_the_signed_mean(clip):
    return int((clip[1:] - clip[:-1]).mean(axis=(1, 2)).argmax())


@wrong("busiest", message="four by 0.5")
def by_the_mean_of_absolute_values(clip):
    return int(np.abs(clip[1:] - clip[:-1]).mean(axis=(1, 2)).argmax())


@wrong("busiest", message="flash after frame")
def the_frame_after(clip):
    return by_a_loop(clip) + 1


@wrong("busiest", message="flash after frame")
def the_brightest_frame(clip):
    return int((clip**2).mean(axis=(1, 2)).argmax())


@wrong("busiest", message="the first of several that are equal")
def the_last_of_equals(clip):
    energy = ((clip[1:] - clip[:-1]) ** 2).mean(axis=(1, 2))
    return int(len(energy) - 1 - energy[::-1].argmax())
