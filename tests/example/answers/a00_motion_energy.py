"""Answers to the example lesson that its checks must tell apart."""

import numpy as np

from tests.answers.core import right, wrong


@right("difference")
def by_the_library(clip):
    if len(clip) < 2:
        raise ValueError("too short")
    return np.diff(clip, axis=0)


@right("busiest")
def by_a_loop(clip):
    return max(range(len(clip) - 1), key=lambda t: float(((clip[t + 1] - clip[t]) ** 2).sum()))


@wrong("difference", message="the next frame minus this one")
def the_other_way_round(clip):
    if len(clip) < 2:
        raise ValueError("too short")
    return clip[:-1] - clip[1:]


@wrong("difference", message="expected ValueError")
def with_any_length(clip):
    return clip[1:] - clip[:-1]


@wrong("busiest", message="square before the mean")
def by_the_signed_mean(clip):
    return int((clip[1:] - clip[:-1]).mean(axis=(1, 2)).argmax())


@wrong("busiest", message="four by 0.5")
def by_the_mean_of_absolute_values(clip):
    return int(np.abs(clip[1:] - clip[:-1]).mean(axis=(1, 2)).argmax())
