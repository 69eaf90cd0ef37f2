"""Checks of lesson 2, the network. Oracles: the order of values spelled out by loops, reachability, enumeration, torch's own layers."""

import math
from itertools import product

import numpy as np
import torch
from torch.nn import functional as F

from autograder.checks.autoregressive import (
    allowed_taps,
    dependencies,
    open_all,
    random_image,
    randomise,
    reach,
    sees_exactly,
)
from autograder.checks.compare import agree, has_shape, raises
from autograder.checks.core import Exercise, Failure
from autograder.checks.student import Handle, state, vjp, weight_vjp

mask = Exercise("mask")
MaskedConv2d = Exercise("MaskedConv2d")
bits_per_dim = Exercise("bits_per_dim")
ResidualBlock = Exercise("ResidualBlock")
PixelCNN = Exercise("PixelCNN")


# 2.1


@mask.check(points=1)
def follows_the_order_of_the_values(student, seed):
    """Rows, then columns, then colours; tap by tap, for square and for flat kernels."""
    for kind, outputs, inputs, colours, kernel in [
        ("A", 1, 1, 1, (3, 3)),
        ("B", 1, 1, 1, (3, 3)),
        ("B", 4, 2, 1, (7, 3)),
        ("A", 3, 2, 1, (1, 5)),
    ]:
        got = student(kind, outputs, inputs, colours, kernel)
        hint = "1 in the rows above the centre and to its left, 0 below and to its right; at the centre A has 0, B has 1"
        agree(got, allowed_taps(kind, outputs, inputs, colours, kernel), f"mask {kind}, kernel {kernel}, one colour", hint)


@mask.check(points=2)
def orders_the_colours_at_the_centre(student, seed):
    """Red before green before blue; channel c has colour c % colours."""
    for kind, outputs, inputs, colours, kernel in [
        ("A", 6, 3, 3, (3, 3)),
        ("B", 6, 9, 3, (3, 5)),
        ("B", 4, 2, 2, (1, 1)),
        ("A", 3, 3, 3, (1, 1)),
    ]:
        got = student(kind, outputs, inputs, colours, kernel)
        hint = "at the centre tap compare i % colours with o % colours: less for A, less or equal for B; all colours everywhere else"
        agree(
            got,
            allowed_taps(kind, outputs, inputs, colours, kernel),
            f"mask {kind}, {inputs} to {outputs} channels, {colours} colours",
            hint,
        )


@mask.check(points=1)
def refuses_an_unknown_kind(student, seed):
    """There is no mask C."""
    raises(ValueError, lambda: student("C", 1, 1, 1, (3, 3)), 'kind "C"')


# 2.2


def masked_layer(
    student: Handle, seed: int, kind: str, inputs: int, outputs: int, colours: int, kernel: tuple
) -> tuple[Handle, torch.Tensor, torch.Tensor]:
    """The student's layer with random weights, an input for it, and the output it should have."""
    layer = student(kind, inputs, outputs, colours, kernel)
    x = torch.randn(2, inputs, 5, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    weights = randomise(layer, (x,), seed)
    weight = next(tensor for tensor in weights.values() if tensor.ndim == 4)
    bias = next((tensor for tensor in weights.values() if tensor.ndim == 1), None)
    allowed = torch.from_numpy(allowed_taps(kind, outputs, inputs, colours, kernel))
    padding = (kernel[0] // 2, kernel[1] // 2)
    return layer, x, F.conv2d(x, weight * allowed, bias, padding=padding)


@MaskedConv2d.check(points=1)
def equals_a_convolution_with_zeros_in_its_kernel(student, seed):
    """Also after its weights have been written anew, as an optimiser does."""
    for case in [("A", 1, 4, 1, (3, 3)), ("B", 6, 3, 3, (5, 3)), ("A", 3, 6, 3, (1, 5)), ("B", 2, 2, 1, (7, 7))]:
        layer, x, expected = masked_layer(student, seed, *case)
        hint = "multiply the weights by the mask in forward, each time; pad half of the kernel's height and width"
        agree(layer(x), expected, f"mask {case[0]}, {case[1]} to {case[2]} channels, kernel {case[4]}, new weights", hint, 1e-9)


@MaskedConv2d.check(points=2)
def depends_on_earlier_colours_only(student, seed):
    """The gradient at one pixel, for all pairs of channels: strictly lower triangular for A, lower triangular for B."""
    for kind, expected in [("A", np.tri(3, k=-1)), ("B", np.tri(3))]:
        layer, x, _ = masked_layer(student, seed, kind, 3, 3, 3, (3, 3))
        found = np.zeros((3, 3))
        for colour in range(3):
            one = torch.zeros(2, 3, 5, 6, dtype=torch.float64)
            one[0, colour, 2, 3] = 1
            (gradient,) = vjp(layer, (x,), one)
            if gradient is None:
                raise Failure(f"mask {kind}: no gradient arrives at the input", "is the result computed from the input, without detach?")
            found[colour] = gradient[0, :, 2, 3].numpy() != 0
        hint = "rows are outputs R, G, B, columns inputs R, G, B at the same pixel; A sees lower colours, B its own too"
        agree(found, expected, f"mask {kind}: dependency of colours at one pixel", hint)


@MaskedConv2d.check(points=1)
def gives_masked_weights_no_gradient(student, seed):
    """What is multiplied by zero cannot learn; everything else does."""
    layer, x, expected = masked_layer(student, seed, "B", 3, 6, 3, (3, 3))
    gradients = weight_vjp(layer, layer, (x,), torch.ones_like(expected))
    gradient = next((g for g in gradients.values() if g is not None and g.ndim == 4), None)
    if gradient is None:
        raise Failure("weights: no gradient arrives", "self.weight must take part in forward, without .data or detach")
    agree(
        gradient != 0,
        allowed_taps("B", 6, 3, 3, (3, 3)),
        "weights with a gradient (1) and without (0)",
        "use self.weight * self.mask, not .data",
    )


# 2.3


@bits_per_dim.check(points=1)
def equals_the_sum_over_values_by_hand(student, seed):
    """Log of the softmax, value by value, in plain Python."""
    generator = torch.Generator().manual_seed(seed)
    for batch, levels, colours, height, width in [(2, 4, 3, 2, 3), (1, 2, 1, 5, 1), (3, 7, 2, 1, 2)]:
        logits = 2 * torch.randn(batch, levels, colours, height, width, generator=generator, dtype=torch.float64)
        image = torch.randint(levels, (batch, colours, height, width), generator=generator)
        expected = [0.0] * batch
        for b, c, h, w in np.ndindex(batch, colours, height, width):
            scores = logits[b, :, c, h, w].tolist()
            total = sum(math.exp(s) for s in scores)
            expected[b] -= math.log2(math.exp(scores[image[b, c, h, w]]) / total) / (colours * height * width)
        hint = "divide by H, W, C and ln 2; the softmax runs over the levels (axis 1); one number for each image"
        agree(student(logits, image), expected, f"{batch} images, {levels} levels, {colours} colours of {height} x {width}", hint, 1e-9)


@bits_per_dim.check(points=1)
def charges_log2_of_the_levels_for_knowing_nothing(student, seed):
    """8 bits at 256 levels, whatever the image."""
    for levels in (2, 16, 256):
        image = random_image((2, 3, 4, 5), levels, seed)
        got = student(torch.full((2, levels, 3, 4, 5), 1.5), image)
        agree(got, [math.log2(levels)] * 2, f"equal scores, {levels} levels", "nats times 1 / ln 2 are bits", 1e-5)


@bits_per_dim.check(points=1)
def stays_finite_for_large_scores(student, seed):
    """A sure and right model pays nothing, a sure and wrong one much, never infinity."""
    logits = torch.zeros(2, 2, 1, 1, 1)
    logits[:, 1] = 1000.0
    image = torch.tensor([1, 0]).view(2, 1, 1, 1)
    agree(
        student(logits, image),
        [0.0, 1000 / math.log(2)],
        "scores 0 and 1000",
        "log_softmax or cross_entropy, not the log of a softmax",
        1e-2,
    )


@bits_per_dim.check(points=1)
def has_the_gradient_of_a_softmax(student, seed):
    """Probability minus 1 at the true level, over H W C ln 2."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 5, 3, 2, 2, generator=generator, dtype=torch.float64)
    image = torch.randint(5, (2, 3, 2, 2), generator=generator)
    gradient, _ = vjp(student, (logits, image), torch.ones(2, dtype=torch.float64))
    if gradient is None:
        raise Failure("scores: no gradient arrives", "the cost must stay a tensor: no .item(), no detach, no numpy")
    one_hot = F.one_hot(image, 5).permute(0, 4, 1, 2, 3)
    agree(gradient, (logits.softmax(1) - one_hot) / (12 * math.log(2)), "gradient for the scores", tolerance=1e-9)


# 2.4


def block_oracle(weights: dict[str, torch.Tensor], x: torch.Tensor, features: int, colours: int) -> torch.Tensor:
    """Eq. (2.5) with the student's weights, told apart by their shapes."""
    hidden = x
    for outputs in [(features, 2 * features, 1), (features, features, 0), (2 * features, features, 1)]:
        name = next(n for n, w in weights.items() if w.ndim == 4 and w.shape[:2] == outputs[:2] and (w.shape[2] == 1) == bool(outputs[2]))
        weight = weights[name]
        bias = weights.get(name.removesuffix("weight") + "bias")
        allowed = torch.from_numpy(allowed_taps("B", weight.shape[0], weight.shape[1], colours, tuple(weight.shape[2:])))
        hidden = F.conv2d(hidden.relu(), weight * allowed, bias, padding=weight.shape[2] // 2)
    return x + hidden


@ResidualBlock.check(points=1)
def leaves_its_input_alone_when_all_weights_are_zero(student, seed):
    """Nothing is added, and nothing is done to x itself."""
    block = student(6, 3, 3)
    x = torch.randn(2, 12, 5, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    randomise(block, (x,), seed, scale=0.0)
    agree(block(x), x, "weights and biases 0", "add x as it came, not relu(x)", 1e-9)


@ResidualBlock.check(points=2)
def equals_its_equation_with_three_masked_layers(student, seed):
    """Two sizes, one and three colours, random weights."""
    for features, colours, kernel in [(2, 1, 3), (3, 3, 5)]:
        block = student(features, colours, kernel)
        x = torch.randn(2, 2 * features, 5, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        weights = randomise(block, (x,), seed)
        shapes = sorted(tuple(w.shape) for w in weights.values() if w.ndim == 4)
        expected = sorted([(features, 2 * features, 1, 1), (features, features, kernel, kernel), (2 * features, features, 1, 1)])
        case = f"h = {features}, {colours} colours, kernel {kernel}"
        if shapes != expected:
            raise Failure(f"{case}: got weights of shapes {shapes}, expected {expected}", "2h to h, h to h with the large kernel, h to 2h")
        hint = "relu before each of the three layers, none after; mask B in all three; add x"
        agree(block(x), block_oracle(weights, x, features, colours), case, hint, 1e-9)


# 2.5


def small_model(
    student: Handle, seed: int, colours: int, levels: int, features: int, blocks: int, kernel: int, first: int, scale: float = 1.0
) -> Handle:
    """The student's network with random weights."""
    model = student(colours, levels, features, blocks, kernel, first)
    randomise(model, (random_image((1, colours, 3, 3), levels, seed),), seed, scale)
    return model


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


@PixelCNN.check(points=2)
def sees_all_earlier_values_it_can_and_no_other(student, seed):
    """Every value is changed in turn, and every score is watched."""
    for colours, levels, blocks, kernel, first, side in [(1, 2, 2, 3, 3, 6), (3, 4, 1, 3, 5, 4)]:
        model = student(colours, levels, 6, blocks, kernel, first)
        image = random_image((2, colours, side, side), levels, seed)
        open_all(model, randomise(model, (image,), seed))
        expected = _earlier(colours, blocks, kernel, first, side)
        sees_exactly(
            dependencies(model, image, levels), expected, colours, side, side, f"{colours} colours, {side} x {side}, {blocks} blocks"
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
        agree(log_p.exp().sum(dim=0, keepdim=True), [1.0], f"sum over all images, weights times {scale:g}", hint, 1e-9)


@PixelCNN.check(points=2)
def equals_stem_blocks_and_head_with_the_same_weights(student, seed):
    """The parts by their names, put together by hand; levels enter as -1 to 1, also as floats."""
    for colours, levels in [(1, 5), (3, 4)]:
        model = small_model(student, seed, colours, levels, 3, 2, 3, 5)
        image = random_image((2, colours, 5, 4), levels, seed)
        x = model.stem(2 * image.double() / (levels - 1) - 1)
        weights = state(model)
        for place in range(2):
            names = [name for name in weights if name.startswith(f"blocks.{place}.") and not name.endswith("mask")]
            x = block_oracle({name: weights[name] for name in names}, x, 3, colours)
        flat = model.head(x)
        has_shape(flat, (2, levels * colours, 5, 4), "output of the head")
        expected = torch.stack([flat[:, c::colours] for c in range(colours)], dim=2)
        hint = "scale by 2 x / (L - 1) - 1; all blocks in turn; channel l C + c of the head is level l of colour c"
        agree(model(image), expected, f"{colours} colours, {levels} levels", hint, 1e-9)
        agree(model(image.double()), expected, f"{colours} colours, {levels} levels, a float image", hint, 1e-9)


@PixelCNN.check(points=1)
def has_a_head_of_two_layers(student, seed):
    """relu, 1 x 1 with mask B, relu, 1 x 1 with mask B."""
    model = small_model(student, seed, 3, 2, 3, 1, 3, 3)
    weights = {name: w for name, w in state(model).items() if name.startswith("head.") and w.ndim == 4 and not name.endswith("mask")}
    shapes = [tuple(w.shape) for w in weights.values()]
    if shapes != [(6, 6, 1, 1), (6, 6, 1, 1)]:
        raise Failure(f"head with h = 3, 2 levels of 3 colours: got weights of shapes {shapes}, expected two of (6, 6, 1, 1)")
    x = torch.randn(1, 6, 2, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    expected = x
    for name, weight in weights.items():
        allowed = torch.from_numpy(allowed_taps("B", 6, 6, 3, (1, 1)))
        expected = F.conv2d(expected.relu(), weight * allowed, state(model)[name.removesuffix("weight") + "bias"])
    agree(model.head(x), expected, "head on random features", "relu before each of its two layers, none at the end; mask B in both", 1e-9)
