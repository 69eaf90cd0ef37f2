"""Checks of lesson 3, the network and its labels. Oracles: reachability, enumeration, known entropies, models with a known price."""

import math
from itertools import product

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder.checks import pictures
from autograder.checks.autoregressive import allowed_taps, bits, dependencies, random_image, randomise, reach, sees_exactly
from autograder.checks.compare import agree, brief, has_shape, raises, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.gated_layers import block_oracle, normal
from autograder.checks.student import Handle, state, there, vjp

GatedPixelCNN = Exercise("GatedPixelCNN")
one_hot = Exercise("one_hot")
template_bits = Exercise("template_bits")
wrong_label_cost = Exercise("wrong_label_cost")

HERE = "autograder.checks.gated_network"


# 3.5


def gated_reach(blocks: int, kernel: int, colours: int, height: int, width: int) -> np.ndarray:
    """(values, values) booleans: who can be seen from whom through two stacks, the stem and so many blocks."""
    places = list(product(range(height), range(width), range(colours)))
    above, shift = (np.zeros((len(places), len(places)), dtype=bool) for _ in range(2))
    for (a, (r, c, _)), (b, (y, x, _)) in product(enumerate(places), repeat=2):
        above[a, b] = r - kernel // 2 <= y <= r and abs(x - c) <= kernel // 2
        shift[a, b] = y == r - 1 and x == c
    along_a, along_b = (reach([(kind, 1, kernel)], colours, height, width) for kind in "AB")
    v = above @ shift
    h = along_a | v
    for _ in range(blocks):
        v = above @ v
        h = h | along_b @ h | v
        h = reach([("B", 1, 1)], colours, height, width) @ h
    return h


def _model(
    student: Handle, seed: int, colours: int, levels: int, features: int, blocks: int, kernel: int = 3, conditions: int = 0, scale=1.0
) -> Handle:
    model = student(colours, levels, features, blocks, kernel, conditions)
    condition = (torch.zeros(1, conditions, 1, 1, dtype=torch.float64),) if conditions else ()
    randomise(model, (random_image((1, colours, 3, 3), levels, seed), *condition), seed, scale)
    return model


@GatedPixelCNN.check(points=1)
def gives_scores_that_know_nothing_before_training(student, seed):
    """Zeros, (B, L, C, H, W), for odd and oblong sizes and a batch of one, with and without a condition."""
    for batch, colours, levels, height, width, conditions in [(2, 1, 2, 5, 7, 0), (1, 3, 4, 4, 3, 5), (3, 2, 3, 1, 1, 0)]:
        model = student(colours, levels, 6, 1, 3, conditions)
        condition = (torch.ones(batch, conditions, 1, 1),) if conditions else ()
        got = model(random_image((batch, colours, height, width), levels, seed), *condition)
        hint = "weights and bias of the last layer start at zero"
        agree(
            got,
            np.zeros((batch, levels, colours, height, width)),
            f"{batch} images of {colours} x {height} x {width}, {levels} levels",
            hint,
        )


@GatedPixelCNN.check(points=3)
def sees_all_earlier_values_it_can_and_no_other(student, seed):
    """Every value is changed in turn, and every score is watched."""
    for colours, levels, blocks, side in [(1, 2, 2, 6), (3, 4, 1, 4)]:
        model = _model(student, seed, colours, levels, 36, blocks)
        image = random_image((6, colours, side, side), levels, seed)
        seen = dependencies(model, image, levels)
        expected = gated_reach(blocks, 3, colours, side, side)
        sees_exactly(seen, expected, colours, side, side, f"{colours} colours, {side} x {side}, {blocks} blocks")


@GatedPixelCNN.check(points=2)
def equals_its_parts_with_the_same_weights(student, seed):
    """First layers, blocks and head by their names, put together by hand; levels enter as -1 to 1."""
    for colours, levels, conditions in [(1, 5, 2), (3, 4, 0)]:
        model = _model(student, seed, colours, levels, 6, 2, 3, conditions)
        image = random_image((2, colours, 4, 5), levels, seed)
        s = normal((2, conditions, 4, 5), seed) if conditions else None
        weights = {name: w for name, w in state(model).items() if not name.endswith("mask")}
        x = 2 * image.double() / (levels - 1) - 1
        v = model.above(F.pad(x, (0, 0, 1, 0))[:, :, :-1])
        h = model.along(x) + model.link(v)
        for place in range(2):
            start = f"blocks.{place}."
            v, h = block_oracle({name.removeprefix(start): w for name, w in weights.items() if name.startswith(start)}, v, h, s, colours)
        for name, weight in weights.items():
            if name.startswith("head.") and weight.ndim == 4:
                allowed = torch.from_numpy(allowed_taps("B", weight.shape[0], 6, colours, (1, 1)))
                h = F.conv2d(h.relu(), weight * allowed, weights[name.removesuffix("weight") + "bias"])
        has_shape(h, (2, levels * colours, 4, 5), "output of the head")
        expected = torch.stack([h[:, colour::colours] for colour in range(colours)], dim=2)
        hint = "scale by 2 x / (L - 1) - 1; h from along(x) plus link(v); all blocks in turn; the head: relu, layer, relu, layer"
        got = model(image) if s is None else model(image, s)
        agree(got, expected, f"{colours} colours, {levels} levels, {conditions} conditions", hint, 1e-9)


@GatedPixelCNN.check(points=2)
def has_no_blind_spot(student, seed):
    """The gradient at the centre of 15 x 15 with 9 blocks of 3 x 3: all 112 earlier pixels, no other."""
    model = _model(student, seed, 1, 2, 24, 9)
    one = torch.zeros(1, 2, 1, 15, 15, dtype=torch.float64)
    one[:, 0, :, 7, 7] = 1
    (gradient,) = vjp(model, (normal((1, 1, 15, 15), seed),), one)
    if gradient is None:
        raise Failure("no gradient arrives at a float image", "scale the image without rounding or detaching it")
    before = np.arange(225).reshape(15, 15) < 112
    hint = "missing to the right: link the stacks, and no mask in the vertical one; leaking to the right: one shift, before the first layer"
    seen = (gradient[0, 0] != 0).double()
    agree(seen, before, "pixels seen from the centre", hint, picture=lambda got, expected: pictures.receptive_field(got, expected, (7, 7)))


@GatedPixelCNN.check(points=2)
def shares_out_one_unit_of_probability(student, seed):
    """The probabilities of all 512 black and white 3 x 3 images sum to 1, whatever the condition."""
    images = torch.tensor(list(product([0, 1], repeat=9))).view(512, 1, 3, 3)
    for scale, conditions in [(1.0, 0), (3.0, 0), (2.0, 3)]:
        model = _model(student, seed, 1, 2, 4, 2, 3, conditions, scale)
        condition = (normal((1, conditions, 3, 3), seed).expand(512, -1, -1, -1),) if conditions else ()
        log_p = model(images, *condition).log_softmax(1).gather(1, images[:, None]).sum(dim=(1, 2, 3, 4))
        hint = "more than 1 or less means that a score has seen what it predicts"
        agree(
            log_p.exp().sum(dim=0, keepdim=True),
            [1.0],
            f"sum over all images, weights times {scale:g}, {conditions} conditions",
            hint,
            1e-9,
        )


@GatedPixelCNN.check(points=1)
def hears_its_condition_at_every_pixel(student, seed):
    """A class changes all scores, the first pixel's too; a map changes scores at its own place, and none in rows above."""
    model = _model(student, seed, 1, 2, 36, 2, 3, 4)
    image = random_image((1, 1, 4, 4), 2, seed)
    first, second = torch.eye(4, dtype=torch.float64)[:2, None, :, None, None].unbind(0)  # each (1, 4, 1, 1)
    change = (model(image, first) - model(image, second)).abs().amax(dim=(0, 1, 2))
    hint = "the condition goes into every block by an unmasked 1 x 1 convolution, not through the masked ones"
    agree(change > 1e-9, np.ones((4, 4)), "places whose scores change with the class (1)", hint)
    here, other = normal((1, 4, 4, 4), seed), normal((1, 4, 4, 4), seed)
    other[..., 1, 1] += 1
    change = (model(image, here) - model(image, other)).abs().amax(dim=(0, 1, 2)) > 1e-9
    agree(change[:1], np.zeros((1, 4)), "a map changed at (1, 1): places in the row above whose scores change (1)", hint)
    agree(change[1:2, 1:2], [[True]], "a map changed at (1, 1): do the scores there change", hint)


@GatedPixelCNN.check(points=3)
def reads_what_a_blind_network_cannot(student, seed):
    """At most 0.48 bits per pixel within 200 steps on a field that copies from the blind spot; its entropy is 0.4549."""
    there(student, "torch:manual_seed")(seed)
    model = student(1, 2, 16, 2)
    there(student, f"{HERE}:fit")(model, copy_field(1500, 12, seed), None, 200, 24, 8e-3, 0.462)
    image = copy_field(400, 12, seed + 1)
    reached = bits(model(image), image)
    hint = "1 bit: blind to the row above, two to the right; less than the entropy: it sees the answer"
    within(reached, 0.4549 - 0.01, 0.48, "bits per pixel on new fields", hint)


@GatedPixelCNN.check(points=2)
def listens_to_a_label(student, seed):
    """At most 0.35 bits per pixel on labelled patterns, where a deaf network pays 0.53, and more than 1 bit for a wrong label."""
    there(student, "torch:manual_seed")(seed)
    templates = torch.randint(2, (16, 4, 4), generator=torch.Generator().manual_seed(0))
    model = student(1, 2, 16, 4, 3, 16)
    image, labels = labelled(templates, 6000, seed)
    there(student, f"{HERE}:fit")(model, image, F.one_hot(labels, 16)[:, :, None, None].float(), 350, 48, 1e-2, 0.285)
    image, labels = labelled(templates, 3000, seed + 1)
    right, wrong = (F.one_hot((labels + k) % 16, 16)[:, :, None, None].float() for k in (0, 1))
    hint = "the label must reach both halves of the gates of both stacks, in every block"
    reached = bits(model(image, right), image)
    within(reached, 0.2864 - 0.02, 0.35, "bits per pixel with the right label", hint)
    within(bits(model(image, wrong), image) - reached, 1.0, np.inf, "bits per pixel more with a wrong label", hint)


def copy_field(count: int, side: int, seed: int) -> torch.Tensor:
    """(count, 1, side, side): each pixel repeats the one above and two to the right, wrong with probability 0.05; others are fair coins."""
    random = np.random.default_rng(seed)
    field = random.integers(2, size=(count, 1, side, side))
    for row, column in product(range(1, side), range(side - 2)):
        field[:, :, row, column] = field[:, :, row - 1, column + 2] ^ (random.random((count, 1)) < 0.05)
    return torch.from_numpy(field)


def labelled(templates: torch.Tensor, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(count, 1, h, w) patterns whose pixels are flipped with probability 0.05, and (count,) which they are."""
    random = np.random.default_rng(seed)
    labels = torch.from_numpy(random.integers(len(templates), size=count))
    flips = torch.from_numpy((random.random((count, *templates.shape[1:])) < 0.05).astype(np.int64))
    return (templates[labels] ^ flips)[:, None], labels


def fit(
    model: nn.Module, images: torch.Tensor, conditions: torch.Tensor | None, steps: int, batch: int, rate: float, enough: float
) -> None:
    """On the student's side: Adam on random batches, the rate falling to zero, until a running mean of the bits is low enough."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    running = 1.0
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        chosen = torch.randint(len(images), (batch,))
        logits = model(images[chosen]) if conditions is None else model(images[chosen], conditions[chosen])
        loss = F.cross_entropy(logits, images[chosen]) / math.log(2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += 0.1 * (loss.item() - running)
        if running < enough:
            return


# 3.6


@one_hot.check(points=1)
def puts_a_one_at_the_label(student, seed):
    """Counted by hand."""
    for classes in (2, 10):
        labels = random_image((7,), classes, seed)
        expected = np.zeros((7, classes, 1, 1))
        expected[np.arange(7), labels] = 1
        agree(student(labels, classes), expected, f"{classes} classes", "label 0 stands in channel 0; two axes of size 1 follow")


@one_hot.check(points=1)
def gives_floats_and_refuses_other_labels(student, seed):
    """A convolution wants floats; a class that does not exist is an error, not a neighbour."""
    got = student(torch.tensor([1, 0]), 3)
    if not (isinstance(got, torch.Tensor) and got.is_floating_point()):
        raise Failure(f"two labels: got {brief(got)}, expected a tensor of floats", "F.one_hot gives integers")
    for label in (3, -1):
        raises(ValueError, lambda label=label: student(torch.tensor([0, label]), 3), f"label {label} of 3 classes")


# 3.7


def entropy(q: float) -> float:
    """Bits of a coin."""
    return -q * math.log2(q) - (1 - q) * math.log2(1 - q)


@template_bits.check(points=1)
def knows_the_entropy_of_a_flip(student, seed):
    """With the label, only the flips are left."""
    templates = random_image((3, 2, 2), 2, seed)
    for noise in (0.05, 0.3, 0.5):
        case = f"q = {noise}: with the label"
        within(student(templates, noise)[0], entropy(noise) - 1e-9, entropy(noise) + 1e-9, case, "both terms of H(q), base 2")


@template_bits.check(points=2)
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
        case = f"{len(flat)} patterns of {tuple(templates.shape[1:])}, q = {noise}: without the label"
        hint = "the mean over patterns of q^d (1-q)^(n-d) is p; -sum p log2 p over all images, divided by n"
        within(student(templates, noise)[1], expected - 1e-9, expected + 1e-9, case, hint)


# 3.8


class Listener(nn.Module):
    """Binary scores that grow with the number of the class: a known price for every label."""

    def forward(self, images: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) levels and (B, K, 1, 1) classes to (B, 2, 1, H, W) logits."""
        number = (conditions.double() * torch.arange(1, conditions.shape[1] + 1)[None, :, None, None]).sum(1, keepdim=True)
        place = torch.linspace(-1, 1, images.shape[3], dtype=torch.float64)
        score = (number * place).expand(images.shape)
        return torch.stack([-score, score], dim=1)


@wrong_label_cost.check(points=2)
def charges_what_a_known_model_loses(student, seed):
    """A model whose bits for each class are known by a formula."""
    images, labels = random_image((6, 1, 3, 5), 2, seed), torch.tensor([0, 1, 2, 3, 3, 0])
    total = 0.0
    for image, label in zip(images[:, 0].tolist(), labels.tolist(), strict=True):
        for row in image:
            for column, level in enumerate(row):
                place = column / 2 - 1
                price = [math.log2(1 + math.exp(-2 * (2 * level - 1) * (k + 1) * place)) for k in (label, (label + 1) % 4)]
                total += (price[1] - price[0]) / 90
    hint = "bits with the next label minus bits with the right one; the last class is followed by the first"
    got = student(there(student, f"{HERE}:Listener")(), images, labels, 4)
    within(got, total - 1e-6, total + 1e-6, "6 images of 4 classes", hint)


@wrong_label_cost.check(points=1)
def charges_a_deaf_model_nothing(student, seed):
    """A model that ignores its condition."""
    got = student(there(student, f"{HERE}:Deaf")(), random_image((3, 1, 2, 2), 2, seed), torch.tensor([0, 1, 2]), 3)
    within(got, -1e-9, 1e-9, "a model that ignores its label", "both costs must be those of the model")


class Deaf(nn.Module):
    """Scores that depend on nothing."""

    def forward(self, images: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """(B, 1, H, W) levels to (B, 2, 1, H, W) logits."""
        return torch.linspace(0, 1, 2)[None, :, None, None, None].expand(len(images), -1, *images.shape[1:])
