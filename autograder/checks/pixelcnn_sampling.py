"""Checks of lesson 2, sampling. Oracles: intervals of the unit interval, a known model."""

from itertools import product
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder.checks.autoregressive import random_image, uniforms_of
from autograder.checks.compare import agree, array, has_shape, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.student import other_seed, there

draw = Exercise("draw")
sample = Exercise("sample")

HERE = "autograder.checks.pixelcnn_sampling"


class Toy(nn.Module):
    """A known autoregressive model: each value's scores are waves over a weighted sum of all earlier values and of its place."""

    def __init__(self, levels: int, seed: int) -> None:
        super().__init__()
        self.levels, self.seed = levels, seed

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) levels to (B, L, C, H, W) logits in double precision."""
        _, colours, height, width = image.shape
        values = image.permute(0, 2, 3, 1).flatten(1).double()  # in their order
        generator = torch.Generator().manual_seed(self.seed)
        count = values.shape[1]  # rows that are left out below change nothing above
        weights = torch.randn(64, 64, generator=generator, dtype=torch.float64).tril(-1)[:count, :count].to(image.device)
        places, levels = (torch.arange(number, device=image.device) for number in (count, self.levels))
        waves = 2 * torch.sin((values @ weights.T + places)[..., None] * (levels + 1) + levels)
        return waves.unflatten(1, (height, width, colours)).permute(0, 4, 3, 1, 2)


# 2.7


def are_levels(got: Any, levels: int, case: str, hint: str = "") -> None:
    """Fail unless all are integers from 0 to levels - 1."""
    numbers = array(got, case)
    if numbers.dtype.kind not in "iu":
        raise Failure(f"{case}: got {numbers.dtype}, expected integers", "levels are used as indices")
    within(numbers.min(), 0, levels - 1, f"{case}: smallest of {levels} levels", hint)
    within(numbers.max(), 0, levels - 1, f"{case}: largest of {levels} levels", hint)


@draw.check(points=1)
def finds_the_interval_in_which_the_number_falls(student, seed):
    """Probabilities 1/8, 1/2, 1/4, 1/8: the borders are 0.125, 0.625, 0.875."""
    logits = torch.tensor([0.125, 0.5, 0.25, 0.125], dtype=torch.float64).log() + 3
    uniforms = torch.tensor([0.0, 0.124, 0.126, 0.624, 0.626, 0.874, 0.876, 0.999], dtype=torch.float64)
    hint = "the first level whose cumulative probability is larger than u; softmax over the levels first"
    agree(student(logits.expand(8, 4), uniforms), [0, 0, 1, 1, 2, 2, 3, 3], "u around the borders", hint)


@draw.check(points=1)
def draws_each_level_as_often_as_its_probability(student, seed):
    """A fine comb of numbers, a distribution for each row."""
    logits = 2 * torch.randn(5, 7, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    comb = (torch.arange(2000, dtype=torch.float64) + 0.5) / 2000
    got = student(logits.repeat_interleave(2000, dim=0), comb.repeat(5))
    has_shape(got, (10000,), "10000 draws")
    shares = F.one_hot(got.long().clamp(0, 6).view(5, 2000), 7).double().mean(dim=1)
    agree(
        shares, logits.softmax(1), "share of each level, 2000 numbers evenly spaced", "draw in proportion, not the most likely level", 1e-3
    )


@draw.check(points=1)
def never_leaves_the_levels(student, seed):
    """The largest number below 1, in single precision, and others, on flat and on sharp distributions; scores large and infinite."""
    generator = torch.Generator().manual_seed(seed)
    large = torch.tensor([[1000.0, 1000.0, -1000.0]]).expand(2, 3)
    agree(student(large, torch.tensor([0.25, 0.75])), [0, 1], "scores of 1000", "softmax, which subtracts the largest score before exp")
    among = (torch.rand(200, generator=generator), "no level is cut off, and sums are as precise as the scores")
    last = (torch.full((200,), 1 - 2**-24), "cumulative sums can end below 1: clamp to the last level, L - 1")
    for levels, (uniforms, hint) in product([256, 16, 2], [among, last]):
        logits = torch.randn(200, levels, generator=generator) * torch.logspace(-3, 2, 200)[:, None]
        case = f"{levels} levels, u from {uniforms.min():.8f} to {uniforms.max():.8f}"
        got = student(logits, uniforms)
        are_levels(got, levels, case, hint)
        cumulative = F.pad(logits.double().softmax(1).cumsum(1), (1, 0))
        low, high = (cumulative.gather(1, got.long()[:, None] + k)[:, 0] for k in (0, 1))
        off = torch.maximum(low - uniforms, uniforms - high).clamp(min=0)
        agree(off, torch.zeros(200), f"{case}: distance of u from the interval of the drawn level", hint, 1e-5)
    got = student(torch.tensor([[-np.inf, 0.0]], dtype=torch.float64), torch.zeros(1, dtype=torch.float64))
    has_shape(got, (1,), "a batch of one", "one level for each row of scores, also where there is one row: no squeeze")
    agree(got, [1], "u = 0, first level impossible", "strictly larger than u: (2.8)")


# 2.8


def follows_its_numbers(image: torch.Tensor, logits: torch.Tensor, uniforms: torch.Tensor, free: torch.Tensor, case: str) -> None:
    """Fail unless each free value is the level in whose interval its number falls, given the values before it."""
    cumulative = logits.double().softmax(1).cumsum(1)
    padded = F.pad(cumulative.movedim(1, -1), (1, 0))  # (B, C, H, W, L + 1)
    low, high = (padded.gather(-1, (image + k)[..., None])[..., 0] for k in (0, 1))
    off = torch.maximum(low - uniforms, uniforms - high) * free
    hint = "rows, columns, colours: draw each value given all earlier ones, known ones too: one pass for each value, red first"
    agree(off.clamp(min=0), torch.zeros_like(off), f"{case}: distance of u from the interval of the drawn level", hint, 1e-4)


@sample.check(points=2)
def draws_every_value_given_those_before_it(student, seed):
    """A model whose scores depend on every earlier value; its own scores of the finished image must explain each draw."""
    for shape, levels in [((3, 1, 3, 4), 4), ((2, 3, 3, 2), 3), ((1, 1, 1, 1), 2), ((2, 1, 2, 3), 256)]:
        model = there(student, f"{HERE}:Toy")(levels, other_seed(seed))
        uniforms = uniforms_of(shape, seed + 1)
        image = student(model, uniforms)
        has_shape(image, shape, "drawn images")
        are_levels(image, levels, f"images of shape {shape}")
        follows_its_numbers(image.long(), Toy(levels, other_seed(seed))(image), uniforms, torch.ones(shape), f"images of shape {shape}")


@sample.check(points=2)
def keeps_what_is_known_and_completes_the_rest(student, seed):
    """In-painting of a lower half, and of scattered holes; the given image is not touched."""
    shape = (2, 3, 4, 3)
    model = there(student, f"{HERE}:Toy")(3, other_seed(seed))
    image, uniforms = random_image(shape, 3, seed), uniforms_of(shape, seed + 1)
    half = torch.zeros(shape, dtype=torch.bool)
    half[:, :, :2] = True
    for case, known in [("upper half known", half), ("scattered pixels known", uniforms_of(shape, seed + 2) < 0.5)]:
        got = student(model, uniforms, image, known)
        hint = "a known value is never drawn, and every later value sees it"
        agree(got * known, image * known, f"{case}: known values", hint)
        follows_its_numbers(got.long(), Toy(3, other_seed(seed))(got), uniforms, ~known, case)


@sample.check(points=1)
def looks_at_nothing_behind_the_known_mask(student, seed):
    """A model that sees everything finds zeros at places still to come, whatever `image` holds at unknown ones."""
    shape = (2, 1, 3, 3)
    model = there(student, f"{HERE}:Everything")()
    uniforms, known = uniforms_of(shape, seed), uniforms_of(shape, seed + 1) < 0.5
    first = random_image(shape, 2, seed)
    other = torch.where(known, first, 1 - first)
    hint = "start from zeros and copy the known values only"
    agree(student(model, uniforms, other, known), student(model, uniforms, first, known), "two images that differ in unknown places", hint)
    ones_first = (torch.arange(9) < 5).view(1, 1, 3, 3).expand(shape)  # 1 until the sum of 0 and 5 ones is above 4.5
    got = student(model, torch.full(shape, 0.5))
    agree(got, ones_first, "no image, a model that sees the sum of all values", "unknown values are 0 when the model is asked")


class Everything(nn.Module):
    """Scores that depend on the sum of the whole image, of nine values: a leak on purpose."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) levels to (B, 2, C, H, W) logits."""
        share = image.double().sum(dim=(1, 2, 3), keepdim=True) / 9
        return torch.stack([4 * (share - 0.5).expand(image.shape), torch.zeros(image.shape)], dim=1)
