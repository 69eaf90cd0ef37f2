"""Checks of lesson 2, the network and its training. Oracles: equations by hand, reachability, enumeration, torch's Adam, known entropies.

Networks stay in single precision here: students may scale integer images with numbers of torch's default type.
"""

import math
from itertools import pairwise, product

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder.checks.autoregressive import (
    bits,
    dependencies,
    does_not_peek,
    open_all,
    random_image,
    randomise,
    reach,
    sees_exactly,
)
from autograder.checks.compare import agree, has_shape, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.pixelcnn_layers import agree_in_gradient, block_oracle, has_block_shapes, leaves, masked_conv
from autograder.checks.student import Handle, other_seed, state, there, weight_vjp

PixelCNN = Exercise("PixelCNN")
train = Exercise("train")

HERE = "autograder.checks.pixelcnn_network"

# 2.5


def small_model(
    student: Handle, seed: int, colours: int, levels: int, features: int, blocks: int, kernel: int, first: int, scale: float = 1.0
) -> Handle:
    """The student's network with random weights."""
    model = student(colours, levels, features, blocks, kernel, first)
    randomise(model, (random_image((1, colours, 3, 3), levels, seed),), seed, scale, double=False)
    return model


def network_oracle(weights: dict[str, torch.Tensor], image: torch.Tensor, levels: int, features: int, blocks: int) -> tuple:
    """(B, L, C, H, W) scores of the student's weights, part by part; and what K of each block sees."""
    colours, kept = image.shape[1], []
    x = masked_conv("A", weights, "stem.weight", 2 * image / (levels - 1) - 1, colours)
    for place in range(blocks):
        own = {name: tensor for name, tensor in weights.items() if name.startswith(f"blocks.{place}.")}
        x, seen = block_oracle(own, x, features, colours)
        kept.append(seen)
    for name in [name for name, tensor in weights.items() if name.startswith("head.") and tensor.ndim == 4]:
        x = masked_conv("B", weights, name, x.relu(), colours)
    return torch.stack([x[:, c::colours] for c in range(colours)], dim=2), kept


def _shape(layer: Handle) -> tuple | None:
    """The shape of a layer's own weight."""
    weight = state(layer).get("weight")
    return None if weight is None else tuple(weight.shape)


def _earlier(colours: int, blocks: int, kernel: int, first: int, side: int) -> np.ndarray:
    """What each value can be seen from, through the stem and any number of the blocks: each can be passed by."""
    fields = [reach([("A", first, first)] + [("B", kernel, kernel)] * used, colours, side, side) for used in range(blocks + 1)]
    return np.logical_or.reduce(fields)


@PixelCNN.check(points=1)
def gives_one_score_for_each_level_of_each_value(student, seed):
    """Odd and oblong sizes, a batch of one."""
    for batch, colours, levels, height, width in [(2, 1, 2, 5, 7), (1, 3, 4, 4, 3), (3, 2, 3, 1, 1)]:
        image = random_image((batch, colours, height, width), levels, seed)
        got = student(colours, levels, 6, 1)(image)
        has_shape(got, (batch, levels, colours, height, width), f"{batch} images of {colours} x {height} x {width}, {levels} levels")


@PixelCNN.check(points=1)
def knows_nothing_before_training(student, seed):
    """All scores are zero: exactly log2(levels) bits."""
    for levels in (2, 256):
        image = random_image((2, 3, 4, 4), levels, seed)
        logits = student(3, levels, 3, 1)(image)
        agree(logits, torch.zeros_like(logits), f"new model, {levels} levels", "weights and bias of the last layer start at zero")
    model = student(3, 4, 3, 1)
    found = weight_vjp(model, model, (image % 4,), torch.randn(2, 4, 3, 4, 4, generator=torch.Generator().manual_seed(seed)))
    if not any(g is not None and g.ndim == 4 and g.any() for g in found.values()):
        raise Failure("new model: no kernel gets a gradient", "only the last layer starts at zero, else nothing before it ever learns")


@PixelCNN.check(points=1)
def has_a_head_of_two_layers(student, seed):
    """relu, 1 x 1 with mask B, relu, 1 x 1 with mask B."""
    model = small_model(student, seed, 3, 2, 3, 1, 3, 3)
    shapes = [_shape(layer) for layer in there(model, "builtins:list")(model.head)]
    if shapes != [None, (6, 6, 1, 1), None, (6, 6, 1, 1)]:
        hint = "an nn.Sequential of relu, layer, relu, layer: those after it take head[1] and head[3]"
        raise Failure(f"head with h = 3, 2 levels of 3 colours: got weights of shapes {shapes}, expected (6, 6, 1, 1) at 1 and 3", hint)
    x = torch.randn(1, 6, 2, 3, generator=torch.Generator().manual_seed(seed))
    expected = x.double()
    weights = leaves(model)
    for name in [name for name, w in weights.items() if name.startswith("head.") and w.ndim == 4]:
        expected = masked_conv("B", weights, name, expected.relu(), 3)
    got = there(model, f"{HERE}:on_a_copy")(model.head, x)
    agree(got, expected, "head on random features", "relu before each of its two layers, none at the end; mask B in both", 1e-5)


def on_a_copy(layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """On the student's side: what a layer gives, which may write into its input, as a relu in place does."""
    return layer(x.clone())


@PixelCNN.check(points=2)
def equals_stem_blocks_and_head_with_the_same_weights(student, seed):
    """All parts by their names, put together by hand; levels enter as -1 to 1, also as floats, whatever levels an image has."""
    for colours, levels in [(1, 5), (3, 4)]:
        model, case = student(colours, levels, 3, 2, 5, 3), f"{colours} colours, {levels} levels"
        tensors = state(model)
        if (got := _shape(model.stem)) != (6, colours, 3, 3):
            raise Failure(f"{case}: got a stem of shape {got}, expected {(6, colours, 3, 3)}", "the trunk has 2h channels")
        own = [{name: t for name, t in tensors.items() if name.startswith(f"blocks.{place}.")} for place in range(2)]
        for place in range(2):
            has_block_shapes(own[place], 3, 5, f"{case}, h = 3, kernel 5, blocks[{place}]")
        image = random_image((2, colours, 5, 4), levels - 1, seed)
        weights = randomise(model, (image,), seed, double=False)
        first, second = ([t for n, t in state(model).items() if n.startswith(f"blocks.{place}.") and t.ndim == 1] for place in range(2))
        if any(torch.equal(a, b) for a, b in zip(first, second, strict=True)):
            raise Failure(f"{case}: both blocks have the same weights", "make a new block for each: [block] * n repeats one")
        hint = "scale by 2 x / (L - 1) - 1; mask A in the stem, then B; all blocks in turn; output channel l C + c is level l of colour c"
        for kind, levels_in in [("", image), (", a float image", image.float()), (", levels 0 and 1 only", image.clamp(max=1))]:
            expected, _ = network_oracle(leaves(model), levels_in.double(), levels, 3, 2)
            agree(model(levels_in), expected, case + kind, hint, 1e-4)
        open_all(model, weights)
        by_hand, source = leaves(model), image.double().requires_grad_()
        agree_in_gradient(model, image.float(), by_hand, source, network_oracle(by_hand, source, levels, 3, 2)[0], case)


@PixelCNN.check(points=2)
def sees_all_earlier_values_it_can_and_no_other(student, seed):
    """Every value is changed in turn, and every score is watched."""
    for colours, levels, blocks, kernel, first, side in [(1, 2, 2, 3, 3, 6), (3, 4, 1, 3, 5, 4)]:
        model = student(colours, levels, 6, blocks, kernel, first)
        image = random_image((2, colours, side, side), levels, seed)
        image[0].clamp_(max=1)  # so that a change can be a new largest level
        open_all(model, randomise(model, (image,), seed, double=False))
        agree(model(image), model(image), "the same image twice", "the scores are no matter of chance: no dropout")
        expected = _earlier(colours, blocks, kernel, first, side)
        sees_exactly(
            dependencies(model, image, levels, 1e-6), expected, colours, side, side, f"{colours} colours, {side} x {side}, {blocks} blocks"
        )


@PixelCNN.check(points=2)
def shares_out_one_unit_of_probability(student, seed):
    """The probabilities of all 512 black and white 3 x 3 images sum to 1."""
    images = torch.tensor(list(product([0, 1], repeat=9))).view(512, 1, 3, 3)
    for scale in (1.0, 3.0):
        logits = small_model(student, seed, 1, 2, 4, 2, 3, 3, scale)(images)
        has_shape(logits, (512, 2, 1, 3, 3), "512 images of 3 x 3")
        log_p = logits.log_softmax(1).gather(1, images[:, None]).sum(dim=(1, 2, 3, 4))
        hint = "more than 1 or less means that a score has seen what it predicts"
        agree(log_p.exp().sum(dim=0, keepdim=True), [1.0], f"sum over all images, weights times {scale:g}", hint, 1e-4)


def column_field(count: int, side: int, seed: int, noise: float = 0.05) -> torch.Tensor:
    """(count, 1, side, side) bits: the first row is fair, each other pixel copies the one above and errs with probability `noise`."""
    generator = torch.Generator().manual_seed(seed)
    rows = [torch.randint(2, (count, 1, side), generator=generator)]
    for _ in range(side - 1):
        flips = (torch.rand((count, 1, side), generator=generator) < noise).long()
        rows.append(rows[-1] ^ flips)
    return torch.stack(rows, dim=2)


def column_entropy(side: int, noise: float = 0.05) -> float:
    """Bits per pixel of `column_field`: the first row costs 1, the others the entropy of an error."""
    error = -noise * math.log2(noise) - (1 - noise) * math.log2(1 - noise)
    return (1 + (side - 1) * error) / side


# 2.6


@train.check(points=1)
def makes_one_step_of_adam(train, PixelCNN, seed):
    """Adam's first step moves every weight that has a gradient by the learning rate, against its sign."""
    model = small_model(PixelCNN, seed, 1, 2, 2, 1, 3, 3)
    image = column_field(1, 4, seed)
    before = state(model)
    one_hot = F.one_hot(image, 2).permute(0, 4, 1, 2, 3)
    gradients = weight_vjp(model, model, (image,), model(image).softmax(1) - one_hot)
    train(model, image, 1, 3, 0.01, other_seed(seed))
    for name, gradient in gradients.items():
        clear = gradient.abs() > 1e-4  # far above Adam's epsilon
        step = (state(model)[name] - before[name]) * clear
        hint = "one update of the given model, by torch.optim.Adam with nothing but its learning rate set; the mean of bits_per_dim falls"
        agree(step, -0.01 * gradient.sign() * clear, f"first step of {name}", hint, 1e-4)


def ten_times(weights: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    """(B, L, C, H, W) scores for (B, C, H, W) levels: ten times the (L,) weights at every value."""
    return 10 * weights.view(1, -1, 1, 1, 1).expand(len(image), -1, *image.shape[1:])


class Recorder(nn.Module):
    """Scores that are ten times the weights, whatever the image; keeps the images behind the gradients of each update.

    Its weights come with a large gradient, as after another use of a model: it is no part of the training.
    Passes without a gradient do not count, and a batch may come in parts: a new batch begins when the weights have changed.
    """

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.linspace(-1, 1, levels, dtype=torch.float64))
        self.scores.grad = torch.full_like(self.scores, 100)
        self.batches, self.weights = [], []

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) levels to (B, L, C, H, W) logits."""
        logits = ten_times(self.scores, image)
        image, weights = image.clone(), self.scores.detach().clone()
        if logits.requires_grad:
            logits.register_hook(lambda _: self.keep(image, weights))
        return logits

    def keep(self, image: torch.Tensor, weights: torch.Tensor) -> None:
        """Images whose gradient has just been taken."""
        if self.weights and torch.equal(weights, self.weights[-1]):
            self.batches[-1] = torch.cat([self.batches[-1], image])
        else:
            self.batches.append(image)
            self.weights.append(weights)


def recorded(train: Handle, seed: int, batch: int) -> tuple[list, Handle, torch.Tensor]:
    """Thirty steps on batches out of 8 images, which a mirror would not map to each other: history, model, images."""
    images = ((torch.arange(8)[:, None] + torch.tensor([0, 1, 3, 5])) % 8).view(8, 1, 2, 2)
    model = there(train, f"{HERE}:Recorder")(8)
    history = train(model, images, 30, batch, 0.02, other_seed(seed))
    if len(model.batches) != 30:
        hint = "in each step one backward and one step of Adam, on the weights of the given model"
        raise Failure(f"30 steps: gradients were taken at {len(model.batches)} states of the model's weights, expected 30", hint)
    return history, model, images


@train.check(points=1)
def takes_thirty_steps_of_adam_and_tells_their_costs(train, PixelCNN, seed):
    """Against torch's Adam, fed with fresh gradients of the same batches."""
    history, model, _ = recorded(train, seed, 12)
    has_shape(history, (30,), "history of 30 steps")
    costs = [bits(ten_times(weights, chosen), chosen) for weights, chosen in zip(model.weights, model.batches, strict=True)]
    agree(history, costs, "history of 30 steps", "the cost of each batch before its update, bits per value", 1e-5)
    if type(history) is not list or any(type(cost) is not float for cost in history):
        raise Failure("history of 30 steps: expected a list of floats", "a tensor keeps its graph alive: loss.item()")
    twin = Recorder(8)
    optimizer = torch.optim.Adam(twin.parameters(), lr=0.02)
    for chosen in model.batches:
        optimizer.zero_grad()
        F.cross_entropy(twin(chosen), chosen).div(math.log(2)).backward()
        optimizer.step()
    hint = (
        "Adam with its own settings, apart from the learning rate, which stays; no clipping; zero_grad in every step, "
        "before backward: a model can come with gradients of another use"
    )
    agree(state(model)["scores"], twin.scores, "weights after 30 steps", hint, 1e-6)


@train.check(points=1)
def draws_every_batch_anew_from_all_images(train, PixelCNN, seed):
    """Which images came, in batches larger and smaller than the set."""
    for batch in (12, 4):  # 120 draws miss one of 8 images by chance once in a million runs, the other findings are rarer
        _, model, images = recorded(train, seed, batch)
        sizes = {len(chosen) for chosen in model.batches}
        if sizes != {batch}:
            hint = "draw as many as `batch` says, with replacement"
            raise Failure(f"batches of {batch} of 8 images: got {sorted(sizes)} images", hint)
        which = [(chosen[:, None] == images).flatten(2).all(2) for chosen in model.batches]
        if not all(match.any(1).all() for match in which):
            hint = "take them as they are: a flipped image is another distribution"
            raise Failure("a batch holds an image that is not in `images`", hint)
        drawn = [tuple(match.int().argmax(1).tolist()) for match in which]
        never = sorted(set(range(8)) - {number for numbers in drawn for number in numbers})
        for bad, what in [
            (len(set(drawn)) < 15, "the same batches come again and again"),
            (all((b - a) % 8 == 1 for numbers in drawn for a, b in pairwise(numbers)), "images come in order"),
            (all(len(set(numbers)) == 1 for numbers in drawn), "each batch is one image"),
            (all(len(set(numbers)) == batch for numbers in drawn), "no image comes twice in a batch"),
            (never, f"images {never} never came"),
        ]:
            if bad:
                hint = "in each step draw from all images, each place of the batch anew, with replacement, as torch.randint does"
                raise Failure(f"30 batches of {batch} of 8 images: {what}", hint)


@train.check(points=1)
def repeats_itself_with_the_same_seed_only(train, PixelCNN, seed):
    """The cost of each batch before its update is returned; its course is a matter of the seed."""
    images = column_field(64, 4, seed)
    histories = [train(small_model(PixelCNN, seed, 1, 2, 2, 1, 3, 3), images, 6, 4, 0.01, run) for run in (3, 3, 4)]
    has_shape(histories[0], (6,), "history of 6 steps")
    agree(histories[1], histories[0], "two runs with seed 3", "draw batches from torch.Generator().manual_seed(seed)", 1e-5)
    if np.allclose(histories[2], histories[0], atol=1e-5):
        raise Failure("seeds 3 and 4: the same history", "the batches must be drawn at random, by the seed")
    first = bits(small_model(PixelCNN, seed, 1, 2, 2, 1, 3, 3)(images[:1]), images[:1])
    history = train(small_model(PixelCNN, seed, 1, 2, 2, 1, 3, 3), images[:1], 1, 4, 0.01, 0)
    agree(history, [first], "history of one step on one image", "the cost before the update, bits per value", 1e-5)


@train.check(points=1)
def reaches_the_entropy_of_a_field_of_columns(train, PixelCNN, seed):
    """0.375 bits on new images after 60 steps, where a model without context pays 1; the images are sorted, so batches must mix them."""
    images = column_field(1024, 8, seed)
    images = images[images.sum(dim=(1, 2, 3)).argsort()]
    there(PixelCNN, "torch:manual_seed")(other_seed(seed))
    model = PixelCNN(1, 2, 8, 1, 3, 3)
    train(model, images, 60, 64, 0.01, other_seed(seed))
    test = column_field(512, 8, seed + 1)
    exact = column_entropy(8)
    reached = bits(model(test), test)
    hint = "below the entropy the model sees the answer; far above it, it did not learn: is every batch drawn from all images?"
    within(reached, exact - 0.03, exact + 0.05, f"bits per pixel on new images, entropy {exact:.3f}", hint)
    does_not_peek(model, test[:20])
