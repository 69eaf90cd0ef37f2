"""Checks of lesson 3, the network. Oracles: reachability, enumeration, equations with the student's weights, known entropies."""

import math
from itertools import product

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder.checks import pictures
from autograder.checks.autoregressive import bits, dependencies, does_not_peek, random_image, reach, sees_exactly
from autograder.checks.compare import agree, has_shape, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.gated_layers import block_oracle, convolve, keeps_dtype, known_weights, normal, same_gradients
from autograder.checks.student import Handle, other_seed, there, vjp

GatedPixelCNN = Exercise("GatedPixelCNN")

HERE = "autograder.checks.gated_network"


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


def network_oracle(
    weights: dict[str, torch.Tensor], image: torch.Tensor, s: torch.Tensor | None, sizes: tuple[int, int, int, int, int]
) -> torch.Tensor:
    """Eq. (3.7), the blocks and the head with the student's weights; sizes are those of the network, from colours to kernel."""
    colours, levels, features, blocks, kernel = sizes
    rows = kernel // 2 + 1  # a square first kernel whose lower rows count as zero is the same layer
    weights = {name: w[:, :, :rows] if name.startswith("above.") and w.ndim == 4 else w for name, w in weights.items()}
    x = 2 * image / (levels - 1) - 1
    v = convolve(weights, "above", F.pad(x, (0, 0, 1, 0))[:, :, :-1], (features, colours, rows, kernel))
    h = convolve(weights, "along", x, (features, colours, 1, kernel), "A", colours)
    h = h + convolve(weights, "link", v, (features, features, 1, 1))
    for place in range(blocks):
        start = f"blocks.{place}."
        own = {name.removeprefix(start): w for name, w in weights.items() if name.startswith(start)}
        v, h = block_oracle(own, v, h, s, colours, kernel)
    layers = [name.removesuffix(".weight") for name, w in weights.items() if name.startswith("head.") and w.ndim == 4]
    if len(layers) != 2:
        raise Failure(f"head: got {len(layers)} layers with weights, expected 2", "relu, layer, relu, layer")
    for layer, outputs in zip(layers, (features, levels * colours), strict=True):
        h = convolve(weights, layer, h.relu(), (outputs, features, 1, 1), "B", colours)
    return torch.stack([h[:, colour::colours] for colour in range(colours)], dim=2)


def _model(
    student: Handle, seed: int, colours: int, levels: int, features: int, blocks: int, kernel: int = 3, conditions: int = 0, scale=1.0
) -> Handle:
    model = student(colours, levels, features, blocks, kernel, conditions)
    if not any(name.startswith("blocks.") for name in known_weights(model, seed, scale)):
        raise Failure("the blocks have no weights", "`blocks` is an nn.ModuleList: what stands in a plain list is not registered")
    return model


@GatedPixelCNN.check(points=1)
def gives_scores_that_know_nothing_before_training(student, seed):
    """Zeros, (B, L, C, H, W), for odd and oblong sizes and a batch of one, with and without a condition."""
    for batch, colours, levels, height, width, conditions in [(2, 1, 2, 5, 7, 0), (1, 3, 4, 4, 3, 5), (3, 2, 3, 1, 1, 0)]:
        model = student(colours, levels, 6, 1, 3, conditions)
        condition = (torch.ones(batch, conditions, 1, 1),) if conditions else ()
        got = model(random_image((batch, colours, height, width), levels, seed), *condition)
        shape, case = (batch, levels, colours, height, width), f"{batch} images of {colours} x {height} x {width}, {levels} levels"
        has_shape(got, shape, case, "(B, L, C, H, W): axes of size 1 stay")
        agree(got, np.zeros(shape), case, "weights and bias of the last layer start at zero")


@GatedPixelCNN.check(points=3)
def sees_all_earlier_values_it_can_and_no_other(student, seed):
    """Every value is changed in turn, and every score is watched."""
    for colours, levels, blocks, side in [(1, 2, 2, 6), (3, 4, 1, 4)]:
        model = _model(student, seed, colours, levels, 36, blocks)
        image, case = random_image((6, colours, side, side), levels, seed).double(), f"{colours} colours, {side} x {side}, {blocks} blocks"
        agree(model(image), model(image), f"{case}: the same image twice", "no chance in the network: no dropout")
        seen = dependencies(model, image, levels)
        later = np.argwhere(seen & ~np.tri(len(seen), k=-1, dtype=bool)) // colours  # (N, 2) pixels: who sees whom
        if colours > 1 and len(later) and (later[:, 0] == later[:, 1]).all():
            hint = "scores l C + c are of colour c: unflatten to (L, C); mask B in both layers of the head and in the blocks; mask A first"
            raise Failure(f"{case}: within a pixel, a colour sees itself or a later one", hint)
        leaks = "one shift of the image, before `above`; mask A in `along`; no residual around them"
        misses = "one shift, none in the blocks; mask B after `along`, none in the vertical stack; h through every block, with its link"
        sees_exactly(seen, gated_reach(blocks, 3, colours, side, side), colours, side, side, case, leaks, misses)


@GatedPixelCNN.check(points=2)
def equals_its_parts_with_the_same_weights(student, seed):
    """First layers, blocks and head by their names, and their gradients, up to large scores; levels enter as -1 to 1, as integers too."""
    for sizes, conditions, scale in [((1, 5, 6, 2, 3), 1, 1), ((3, 4, 6, 2, 5), 3, 3)]:
        colours, levels, *_, kernel = sizes
        case = f"{colours} colours, {levels} levels, k = {kernel}, {conditions} conditions, weights times {scale}"
        model = student(*sizes, conditions)
        weights = known_weights(model, seed, scale)
        image, s = random_image((2, colours, 4, 5), levels, seed), normal((2, conditions, 4, 5), seed)
        image[1] //= 2  # a dark one: its extremes are not those of the levels
        expected = network_oracle(weights, image.double(), s, sizes)
        hint = (
            "scale by 2 x / (L - 1) - 1, shift; h is along(x) + link(v), link unmasked; blocks hear s; the head: relu, layer, relu, layer"
        )
        agree(model(image.double(), s), expected, case, hint, 1e-9)
        unconditioned = network_oracle(weights, image.double(), None, sizes)
        agree(model(image.double()), unconditioned, f"{case}, None given", "without a condition no term is added, nor one kept", 1e-9)
        inputs = {"the image": image.double(), "the condition": s}
        same_gradients(model, lambda weights, image, s, sizes=sizes: network_oracle(weights, image, s, sizes), weights, inputs, case)
        model.float()
        model.eval()
        single, case = model(image, s.float()), f"{case}, evaluating, an image of integers in single precision"
        keeps_dtype(single, s.float(), case)
        agree(single, expected, case, hint, 1e-5 * float(expected.abs().max()))  # its rounding is below 1e-6 of the largest


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
        log_p = model(images.double(), *condition).log_softmax(1).gather(1, images[:, None]).sum(dim=(1, 2, 3, 4))
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
    image = random_image((1, 1, 4, 4), 2, seed).double()
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
    there(student, "torch:manual_seed")(other_seed(seed))
    model = student(1, 2, 16, 2)
    there(student, f"{HERE}:fit")(model, copy_field(1500, 12, seed), None, 200, 24, 8e-3, 0.462)
    image = copy_field(400, 12, seed + 1)
    reached = bits(model(image), image)
    hint = "1 bit: blind to the row above, two to the right, or all of the head at zero; less than the entropy: it sees the answer"
    within(reached, 0.4549 - 0.01, 0.48, "bits per pixel on new fields", hint)
    does_not_peek(model, image[:20])


@GatedPixelCNN.check(points=2)
def listens_to_a_label(student, seed):
    """At most 0.35 bits per pixel on labelled patterns, where a deaf network pays 0.53, and more than 1 bit for a wrong label."""
    there(student, "torch:manual_seed")(other_seed(seed))
    templates = torch.randint(2, (16, 4, 4), generator=torch.Generator().manual_seed(0))
    model = student(1, 2, 16, 4, 3, 16)
    image, labels = labelled(templates, 6000, seed)
    there(student, f"{HERE}:fit")(model, image, F.one_hot(labels, 16)[:, :, None, None].float(), 350, 48, 1e-2, 0.285)
    image, labels = labelled(templates, 3000, seed + 1)
    right, wrong = (F.one_hot((labels + k) % 16, 16)[:, :, None, None].float() for k in (0, 1))
    hint = "the label must reach both halves of the gates of both stacks, in every block"
    reached = bits(model(image, right), image)
    low = "below the range it sees the answer; above it the label must reach both halves of both gates, in every block"
    within(reached, 0.2864 - 0.02, 0.35, "bits per pixel with the right label", low)
    within(bits(model(image, wrong), image) - reached, 1.0, np.inf, "bits per pixel more with a wrong label", hint)
    does_not_peek(model, image[:20], right[:20])


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
