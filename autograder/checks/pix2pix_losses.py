"""Checks of lesson 12: the losses. Oracles: scores and gaps with known prices, the formulas in numpy, slopes worked out by hand."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from autograder.checks.compare import agree, array, differ, same
from autograder.checks.core import Exercise, Failure
from autograder.checks.pix2pix_tiny import normal
from autograder.checks.student import state, there, vjp

gan_losses = Exercise("gan_losses")
feature_matching = Exercise("feature_matching")
PerceptualLoss = Exercise("PerceptualLoss")
TINY = "autograder.checks.pix2pix_tiny"
FLAT = f"{TINY}:Flat"


def scored(values, features=math.nan):
    """Outputs of discriminators whose scores are all one number a scale; the features below are no matter."""
    return [[torch.full((2, 3, 4, 5), features), torch.full((2, 1, 4 - k, 6 - k), float(value))] for k, value in enumerate(values)]


def random_outputs(seed, scales, layers, batch=2):
    """Features and scores of `scales` discriminators of `layers` strides, all of different sizes."""
    return [
        [normal(seed + 10 * k + i, batch, 3 + i, 6 - k, 9 - i) for i in range(layers + 1)] + [normal(seed + 10 * k + 9, batch, 1, 5 - k, 4)]
        for k in range(scales)
    ]


@gan_losses.check(points=1)
def known_scores_have_known_prices(discriminator, generator, seed):
    """Scores of 0, 1 and 2 at one and two scales; what the layers below say is no matter."""
    hint = (
        "half of (real - 1)^2 + made^2; two scales are added up, not averaged; a sigmoid would move the scores; only the last output counts"
    )
    for real, made, price in [([0, 0], [0, 0], 1), ([1, 1], [0, 0], 0), ([0], [1], 1), ([2, 1], [0, 2], 2.5), ([1, 1], [1, 1], 1)]:
        case = f"discriminator, real scores {real}, made {made} (finest scale first)"
        agree(discriminator(scored(real), scored(made)), price, case, hint, 1e-5)
    for made, price in [([0, 0], 2), ([1, 1], 0), ([1], 0), ([3, 0], 5)]:
        hint = "(made - 1)^2, added up over scales, without the half: the painter wants a 1"
        agree(generator(scored(made)), price, f"generator, made scores {made}", hint, 1e-5)


@gan_losses.check(points=1)
def equal_the_formulas_on_random_scores(discriminator, generator, seed):
    """Scales of different sizes, and three real pictures with two made ones."""
    real, made = random_outputs(seed, 3, 1, batch=3), random_outputs(seed + 500, 3, 1)
    last = [[scale[-1].double().numpy() for scale in outputs] for outputs in (real, made)]
    first = sum(((r - 1) ** 2).mean() + (m**2).mean() for r, m in zip(*last, strict=True)) / 2
    second = sum(((m - 1) ** 2).mean() for m in last[1])
    hint = "a mean of squares over the scores of each scale, then the sum over scales: scales have different numbers of scores"
    apart = f"{hint}; real and made scores have a mean each, since they need not be equally many"
    agree(discriminator(real, made), first, "discriminator, random scores", apart, 1e-5)
    agree(generator(made), second, "generator, random scores", hint, 1e-5)


@gan_losses.check(points=1)
def have_slopes_everywhere(discriminator, generator, seed):
    """At every scale the slope of a square is twice the distance, over the number of scores."""
    real, made = ([(1 + 2 * k) * normal(seed + place + k, 2, 1, 3 + k, 4) for k in range(3)] for place in (0, 50))
    got = vjp(there(discriminator, FLAT)(discriminator, 2, 3, 1), (*real, *made), torch.tensor(1.0))
    own = vjp(there(generator, FLAT)(generator, 1, 3, 1), tuple(made), torch.tensor(1.0))
    for name, gradients, expected in [
        ("discriminator, by real scores", got[:3], [(r - 1) / r.numel() for r in real]),
        ("discriminator, by made scores", got[3:], [m / m.numel() for m in made]),
        ("generator, by made scores", own, [2 * (m - 1) / m.numel() for m in made]),
    ]:
        for scale, (gradient, right) in enumerate(zip(gradients, expected, strict=True)):
            case = f"{name} of scale {scale}"
            if gradient is None:
                raise Failure(f"{case}: no gradient arrives", "the loss is a tensor made of the scores: no detach in here, no float()")
            agree(gradient, right, f"{case}: slope", "squares, not absolute values, nothing cut off, and every scale teaches", 1e-5)


def matched(real, made):
    """Eq. (12.9) in double precision."""
    terms = [
        np.abs(r.double().numpy() - m.double().numpy()).mean()
        for seen, drawn in zip(real, made, strict=True)
        for r, m in zip(seen[:-1], drawn[:-1], strict=True)
    ]
    return 4 * np.mean(terms)


@feature_matching.check(points=1)
def a_gap_of_one_everywhere_costs_four(student, seed):
    """Whatever the number of layers and scales; nothing if real and made are equal."""
    for scales, layers in [(2, 3), (1, 3), (3, 1), (2, 5)]:
        real = random_outputs(seed, scales, layers)
        made = [[tensor - 1 for tensor in scale] for scale in real]
        case = f"{scales} scales, {layers} layers"
        hint = "4 times a mean over the scales and over n + 1 features each, of mean differences; the scores left out; lambda comes later"
        agree(student(real, made), 4.0, f"a gap of 1 in everything, {case}", hint, 1e-4)
        agree(student(real, real), 0.0, f"real and made equal, {case}", "the difference of the two", 1e-6)


@feature_matching.check(points=1)
def leaves_the_scores_out(student, seed):
    """Features equal, scores far apart; then the reverse."""
    real = random_outputs(seed, 2, 3)
    made = [[*scale[:-1], scale[-1] + 5] for scale in real]
    agree(
        student(real, made),
        0.0,
        "only the scores differ",
        "the last output of each scale are the scores: they belong to the GAN loss",
        1e-6,
    )
    made = [[scale[0] + 2, *scale[1:]] for scale in real]
    hint = "the first features count like the others: each layer by its own mean of absolute differences, no squares"
    agree(student(real, made), 2.0, "only the first features differ, by 2", hint, 1e-4)


@feature_matching.check(points=1)
def equals_the_formula_on_random_features(student, seed):
    """Layers of different sizes and widths."""
    for scales, layers in [(2, 3), (3, 2)]:
        real, made = random_outputs(seed, scales, layers), random_outputs(seed + 500, scales, layers)
        hint = "a mean of absolute differences within each layer, so that large layers weigh no more than small ones; no squares"
        agree(student(real, made), matched(real, made), f"random features, {scales} scales, {layers} layers", hint, 1e-4)


@feature_matching.check(points=1)
def pulls_the_made_features_and_not_the_real(student, seed):
    """In every layer of every scale, the gradient is a sign over the number of values for the made features, and none for the real."""
    real, made = random_outputs(seed, 2, 2), random_outputs(seed + 500, 2, 2)
    given = [tensor for outputs in (real, made) for scale in outputs for tensor in scale]
    got = vjp(there(student, FLAT)(student, 2, 2, 4), tuple(given), torch.tensor(1.0))
    for place in (0, 1, 2, 4, 5, 6):  # all but the scores
        by_real, by_made, words = got[place], got[8 + place], f"features of layer {place % 4}, scale {place // 4}"
        if by_made is None:
            raise Failure(f"no gradient arrives at the made {words}", "the generator learns from them: only the real side is detached")
        if by_real is not None and by_real.abs().max() > 0:
            raise Failure(f"a gradient arrives at the real {words}", "they are a target: detach them")
        expected = 4 / 6 * torch.sign(given[8 + place] - given[place]) / given[place].numel()
        hint = "every layer of every scale teaches, by 4 / (n + 1) / K times the sign over the number of values"
        agree(by_made, expected, f"gradient at the made {words}", hint, 1e-5)


def seen_stages(student, seed):
    """Five stages of 1 x 1 convolutions on the student's side, and their weights."""
    stages, weights = [], []
    for place, (before, after) in enumerate([(3, 4), (4, 2), (2, 3), (3, 5), (5, 2)]):
        stages.append(there(student, "torch.nn:Conv2d")(before, after, 1))
        weights.append((normal(seed + place, after, before, 1, 1), normal(seed + 20 + place, after)))
        stages[-1].ask("load", {"weight": weights[-1][0], "bias": weights[-1][1]})
    return stages, weights


def compared(weights, made, real, shares):
    """Eq. (12.10) through linear stages, with a graph."""
    loss = 0
    for (weight, bias), share in zip(weights, shares, strict=True):
        made, real = F.conv2d(made, weight, bias), F.conv2d(real, weight, bias)
        loss = loss + share * (made - real).abs().mean()
    return loss


SHARES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1)


@PerceptualLoss.check(points=2)
def weighs_five_depths(student, seed):
    """Through random linear stages, against the formula; equal pictures cost nothing."""
    stages, weights = seen_stages(student, seed)
    loss = student(stages)
    made, real = normal(seed + 1, 2, 3, 4, 5), normal(seed + 2, 2, 3, 4, 5)
    expected = float(compared(weights, made, real, SHARES))
    hint = (
        "each stage is fed with what the one before returns; weights 1/32, 1/16, 1/8, 1/4 and 1, the deepest weighs most; absolute values"
    )
    agree(loss(made, real), expected, "random stages, random pictures", hint, 1e-4 * expected)
    agree(loss(made, made), 0.0, "two equal pictures", "the difference of the features of the two pictures", 1e-6)
    differ(loss(made, real), loss(2 * made, real), "another made picture", "the made picture is looked at")


@PerceptualLoss.check(points=1)
def pulls_the_made_picture_only(student, seed):
    """The gradient goes through the eye to the made picture, and not to the real one."""
    stages, weights = seen_stages(student, seed)
    made, real = normal(seed + 1, 2, 3, 4, 5), normal(seed + 2, 2, 3, 4, 5)
    by_made, by_real = vjp(student(stages), (made, real), torch.tensor(1.0))
    if by_made is None:
        raise Failure(
            "no gradient arrives at the made picture", "the eye is frozen, but gradients pass through it: no no_grad around the made side"
        )
    leaf = made.clone().requires_grad_()
    expected = torch.autograd.grad(compared(weights, leaf, real, SHARES), leaf)[0]
    agree(by_made, expected, "gradient at the made picture", "all five depths pull", 1e-4)
    if by_real is not None and by_real.abs().max() > 0:
        raise Failure("a gradient arrives at the real picture", "it is a target: detach it, or look at it under no_grad")


@PerceptualLoss.check(points=1)
def looks_through_a_frozen_eye(student, seed):
    """Nested stages with dropout and batch norm: the same every time, and nothing in them changes or learns, however deep it lies."""
    kinds = ("Sequential", "BatchNorm2d", "Dropout", "Conv2d")
    nested, normalised, dropped, layer = (there(student, f"torch.nn:{kind}") for kind in kinds)
    norm = normalised(3)
    stages = [norm, nested(nested(dropped(0.5), normalised(3))), layer(3, 3, 1), nested(layer(3, 3, 1)), nested()]
    loss = student(stages)
    made, real = normal(seed, 2, 3, 6, 6), normal(seed + 1, 2, 3, 6, 6)
    before = state(norm)
    hint = "evaluation mode from the start: dropout drops and batch norm learns in training mode, .eval() ends both"
    found = [there(student, f"{TINY}:condition_of")(stage) for stage in stages]
    if any(mode for stage in found for mode in stage["mode"]):
        raise Failure("the eye is in training mode after it was made, expected evaluation mode in all that is in its stages", hint)
    for place, stage in enumerate(found):
        if any(stage["requires_grad"]):
            count = f"{sum(stage['requires_grad'])} of {len(stage['requires_grad'])} weights and biases"
            hint = "freeze all that is in the stages, as soon as they come: requires_grad_(False)"
            raise Failure(f"{count} of stage {place} of the eye ask for a gradient after it was made, expected none", hint)
    same(
        len(state(loss)) > 0,
        True,
        "the eye is part of the loss, and moves to a GPU with it",
        "networks in a plain list do not: nn.ModuleList",
    )
    agree(loss(made, real), float(array(loss(made, real), "loss")), "the same pair of pictures twice", hint, 1e-6)
    for name, value in state(norm).items():
        agree(value, before[name], f"{name} of a batch norm in the eye, before and after looking", hint, 0.0)
