"""Checks of lesson 3, labels. Oracles: counting, enumeration, entropies in closed form, models with a known price."""

import math
from itertools import product

import numpy as np
import torch
from torch import nn

from autograder.checks.autoregressive import random_image
from autograder.checks.compare import agree, brief, raises, unexpected
from autograder.checks.core import Exercise, Failure
from autograder.checks.student import Handle, there

one_hot = Exercise("one_hot")
template_bits = Exercise("template_bits")
wrong_label_cost = Exercise("wrong_label_cost")

HERE = "autograder.checks.gated_labels"


def _plain_float(got: object, case: str) -> float:
    if not isinstance(got, float):
        raise unexpected(got, "a float", case, "float(...) makes one of a tensor")
    return got


# 3.6


@one_hot.check(points=1)
def puts_a_one_at_the_label(student, seed):
    """Counted by hand, for labels with and without the last class, two lots of the same size, one label, one class, one label a class."""
    for classes, labels in [(2, [0, 1, 1]), (10, [3, 0, 9]), (10, [1, 5, 2]), (4, [2]), (1, [0, 0]), (3, [1, 2, 0])]:
        expected = np.zeros((len(labels), classes, 1, 1))
        expected[np.arange(len(labels)), labels] = 1
        case = f"labels {labels} of {classes} classes"
        agree(student(torch.tensor(labels), classes), expected, case, "label 0 stands in channel 0; two axes of size 1 follow")


@one_hot.check(points=1)
def gives_floats_and_refuses_other_labels(student, seed):
    """A convolution wants floats; a class that does not exist is an error, not a neighbour."""
    got = student(torch.tensor([1, 0]), 3)
    if getattr(got, "dtype", None) is not torch.float32:
        came = got.dtype if isinstance(got, torch.Tensor) else brief(got)
        raise Failure(f"two labels: got {came}, expected a tensor of float32", "F.one_hot gives integers")
    for label in (3, -1, 7, -2):
        for labels in ([0, label], [label, 0]):
            hint = "look at all labels, before anything is made of them"
            raises(ValueError, lambda labels=labels: student(torch.tensor(labels), 3), f"label {label} of 3 classes, in {labels}", hint)


# 3.7


def entropy(q: float) -> float:
    """Bits of a coin."""
    return -q * math.log2(q) - (1 - q) * math.log2(1 - q)


def bits_of_a_mixture(weight: float, pixels: int, apart: int, noise: float) -> float:
    """Bits per pixel of two noisy patterns in closed form; the first has this weight, and they differ in `apart` pixels."""
    total = (pixels - apart) * entropy(noise)
    for flips in range(apart + 1):
        near, far = (noise**d * (1 - noise) ** (apart - d) for d in (flips, apart - flips))
        p = weight * near + (1 - weight) * far
        total -= math.comb(apart, flips) * p * math.log2(p) if p > 0 else 0
    return total / pixels


def _two_bits(student: Handle, templates: torch.Tensor, noise: float, case: str) -> list[float]:
    got = student(templates, noise)
    if not (isinstance(got, tuple) and len(got) == 2):
        raise unexpected(got, "a pair", case, "bits with the label, then bits without")
    return [_plain_float(bits, f"{case}: {which} the label") for which, bits in zip(("with", "without"), got, strict=True)]


@template_bits.check(points=1)
def knows_the_entropy_of_a_flip(student, seed):
    """With the label, only the flips are left."""
    templates = random_image((3, 2, 2), 2, seed)
    for noise in (0.05, 0.3, 0.5, 0.9):
        case = f"q = {noise}"
        got = _two_bits(student, templates, noise, case)[0]
        agree(
            got, entropy(noise), f"{case}: with the label", "first of the pair, of one pixel: both terms of H(q), base 2, in double", 1e-9
        )


WITHOUT = "the mean over patterns of q^d (1-q)^(n-d) is p; -sum p log2 p over all images, divided by n, in double precision"


@template_bits.check(points=1)
def adds_up_all_images_without_the_label(student, seed):
    """Against a dictionary, image by image; patterns that repeat, oblong ones, one pattern alone."""
    repeated = torch.zeros(3, 1, 3, dtype=torch.long)
    for templates, noise in [(random_image((4, 2, 3), 2, seed), 0.1), (random_image((1, 2, 2), 2, seed), 0.2), (repeated, 0.05)]:
        flat = templates.flatten(1).tolist()
        expected = 0.0
        for image in product([0, 1], repeat=len(flat[0])):
            flips = [sum(a != b for a, b in zip(image, template, strict=True)) for template in flat]
            p = sum(noise**d * (1 - noise) ** (len(image) - d) for d in flips) / len(flat)
            expected -= p * math.log2(p) / len(image)
        case = f"{len(flat)} patterns of {tuple(templates.shape[1:])}, q = {noise}"
        got = _two_bits(student, templates, noise, case)[1]
        agree(got, expected, f"{case}: without the label", WITHOUT, 1e-8)  # single precision is off by 2e-8


@template_bits.check(points=1)
def weighs_patterns_of_sixteen_pixels(student, seed):
    """Two patterns, the first twice, against a closed form; a flip that is all but impossible too."""
    first = random_image((4, 4), 2, seed)
    second = first.clone()
    second[[0, 1, 2, 3, 3], [0, 2, 1, 0, 3]] ^= 1
    for noise in (0.2, 0.9, 1e-30):
        case = f"3 patterns of (4, 4), the first twice, q = {noise}"
        hint = f"{WITHOUT}; equal patterns count each; 0 log 0 is 0"
        got = _two_bits(student, torch.stack([first, second, first]), noise, case)[1]
        agree(got, bits_of_a_mixture(2 / 3, 16, 5, noise), f"{case}: without the label", hint)


# 3.8


class Listener(nn.Module):
    """Scores of three levels that grow with the number of the class: a known price for every label; in training they are doubled."""

    def __init__(self, strength: int) -> None:
        super().__init__()
        self.strength = strength

    def forward(self, images: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) levels and (B, K, 1, 1) classes to (B, 3, C, H, W) logits: level times class, column and channel, see `price`."""
        number = (conditions.double() * torch.arange(1, conditions.shape[1] + 1)[None, :, None, None]).sum(1, keepdim=True)
        place = torch.linspace(-1, 1, images.shape[3], dtype=torch.float64)
        score = self.strength * (1 + self.training) * number * place * torch.arange(1, images.shape[1] + 1)[:, None, None]
        return torch.stack([level * score.expand(images.shape) for level in range(3)], dim=1)


def price(level: int, label: int, place: float, channel: int, strength: int) -> float:
    """Bits of one level under the scores of `Listener`, evaluating."""
    scores = [other * strength * (label + 1) * place * (channel + 1) for other in range(3)]
    return (max(scores) - scores[level]) / math.log(2) + math.log2(sum(math.exp(score - max(scores)) for score in scores))


@wrong_label_cost.check(points=2)
def charges_what_a_known_model_loses(student, seed):
    """A model whose bits for each class are known; many images in colour, some without the last class, some of it alone, large scores."""
    plain = (
        "bits with the next label minus bits with the right one, per value; all images count alike; "
        "the last class is followed by the first; no change of mode"
    )
    large = "by log_softmax or cross_entropy: an exponential of large scores overflows, and the log of 0 is infinite"
    for count, channels, labels, strength in [
        (307, 3, [0, 3, 1, 2, 0, 0], 1),
        (7, 1, [2, 0, 1, 2], 1),
        (5, 1, [3], 1),
        (9, 1, [1, 0, 3], 300),
    ]:
        images = random_image((count, channels, 2, 5), 3, seed)
        labels = torch.tensor((labels * count)[:count])
        total = 0.0
        for i, channel, row, column in np.ndindex(*images.shape):
            level, label, place = int(images[i, channel, row, column]), int(labels[i]), column / 2 - 1
            total += price(level, (label + 1) % 4, place, channel, strength) - price(level, label, place, channel, strength)
        case = f"{count} images of {channels} channels, 4 classes, scores times {strength}, evaluating"
        got = _plain_float(student(there(student, f"{HERE}:Listener")(strength).eval(), images, labels, 4), case)
        agree(got, total / images.numel(), case, large if strength > 1 else plain, 1e-5 * strength)  # room for single precision


@wrong_label_cost.check(points=1)
def charges_a_deaf_model_nothing(student, seed):
    """A model that ignores its condition, and stays as it came: training or not."""
    for training in (True, False):
        model = there(student, f"{HERE}:Deaf")()
        model.train(training)
        got = student(model, random_image((3, 1, 2, 2), 2, seed), torch.tensor([0, 1, 2]), 3)
        agree(got, 0, "a model that ignores its label", "both costs must be those of the model", 1e-9)
        if model.training is not training:
            raise Failure(f"model.training was {training} and is {model.training} after the call", "leave the mode of the model as it came")


class Deaf(nn.Module):
    """Scores that depend on nothing."""

    def forward(self, images: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) levels to (B, 2, 1, H, W) logits."""
        return torch.linspace(0, 1, 2)[None, :, None, None, None].expand(len(images), -1, *images.shape[1:])
