"""Checks of lesson 2, layers. Oracles: the order of values spelled out by loops, torch's own layers, sums by hand."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from autograder.checks.autoregressive import allowed_taps, names_of, on_pixels, random_image, randomise
from autograder.checks.compare import agree, brief, raises
from autograder.checks.core import Exercise, Failure
from autograder.checks.student import Handle, state, there, vjp, weight_vjp

mask = Exercise("mask")
MaskedConv2d = Exercise("MaskedConv2d")
bits_per_dim = Exercise("bits_per_dim")
ResidualBlock = Exercise("ResidualBlock")


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
        if not (isinstance(got, torch.Tensor) and got.is_floating_point()):
            raise Failure(f"mask {kind}: got {getattr(got, 'dtype', brief(got))}, expected a float tensor", "it multiplies weights")


@mask.check(points=2)
def orders_the_colours_at_the_centre(student, seed):
    """Red before green before blue; channel c has colour c % colours. The last five differ in one argument from one before."""
    for kind, outputs, inputs, colours, kernel in [
        ("A", 6, 3, 3, (3, 3)),
        ("B", 6, 9, 3, (3, 5)),
        ("B", 5, 4, 3, (3, 3)),
        ("A", 3, 3, 3, (1, 1)),
        ("B", 4, 2, 2, (1, 1)),
        ("A", 4, 2, 2, (1, 1)),
        ("B", 3, 2, 2, (1, 1)),
        ("B", 4, 3, 2, (1, 1)),
        ("B", 4, 2, 1, (1, 1)),
        ("B", 4, 2, 2, (3, 1)),
    ]:
        got = student(kind, outputs, inputs, colours, kernel)
        hint = (
            "at the centre tap compare i % colours with o % colours: less for A, less or equal for B; all colours everywhere else; "
            "and each call by its own arguments, all five"
        )
        agree(
            got,
            allowed_taps(kind, outputs, inputs, colours, kernel),
            f"mask {kind}, {inputs} to {outputs} channels, {colours} colours",
            hint,
        )


@mask.check(points=1)
def refuses_an_unknown_kind(student, seed):
    """There is no mask C, and no mask a."""
    for kind in ("C", "a", "AB", ""):
        raises(ValueError, lambda kind=kind: student(kind, 1, 1, 1, (3, 3)), f'kind "{kind}"', 'only "A" and "B" are kinds, whole')


# 2.2


def masked_layer(
    student: Handle, seed: int, kind: str, inputs: int, outputs: int, colours: int, kernel: tuple
) -> tuple[Handle, torch.Tensor, torch.Tensor]:
    """The student's layer with random weights, an input for it, and the output it should have."""
    layer = student(kind, inputs, outputs, colours, kernel)
    if "mask" not in there(layer, "builtins:dict")(layer.named_buffers()):
        raise Failure("the layer has no buffer `mask`", 'keep it with self.register_buffer("mask", ...)')
    x = torch.randn(2, inputs, 5, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return layer, x, renewed(layer, x, seed, kind, inputs, outputs, colours, kernel)


def renewed(layer: Handle, x: torch.Tensor, seed: int, kind: str, inputs: int, outputs: int, colours: int, kernel: tuple) -> torch.Tensor:
    """Put random weights into a masked layer; returns the output it should have."""
    weights = randomise(layer, (x,), seed)
    weight = next(tensor for tensor in weights.values() if tensor.ndim == 4)
    bias = next((tensor for tensor in weights.values() if tensor.ndim == 1), None)
    if bias is None:
        raise Failure("the layer has no bias", "b in (2.3); nn.Conv2d makes one unless told not to")
    allowed = torch.from_numpy(allowed_taps(kind, outputs, inputs, colours, kernel))
    return F.conv2d(x, weight * allowed, bias, padding=(kernel[0] // 2, kernel[1] // 2))


@MaskedConv2d.check(points=1)
def equals_a_convolution_with_zeros_in_its_kernel(student, seed):
    """Also after its weights have been written anew, as an optimiser does, in training and in use; both kinds, whatever the channels."""
    for case in [
        ("A", 1, 4, 1, (3, 3)),
        ("B", 6, 3, 3, (5, 3)),
        ("A", 3, 6, 3, (1, 5)),
        ("B", 6, 2, 1, (7, 7)),
        ("B", 1, 1, 1, (3, 3)),
        ("A", 6, 3, 3, (3, 1)),
    ]:
        layer, x, expected = masked_layer(student, seed, *case)
        words = f"mask {case[0]}, {case[1]} to {case[2]} channels, kernel {case[4]}, new weights"
        hint = (
            "multiply the weights by the mask in forward, each time; `mask` takes the kind as it is given, then outputs, inputs, "
            "colours; add the bias; pad with zeros"
        )
        agree(layer(x), expected, words, hint, 1e-9)
        layer.eval()
        for again in (1, 2):
            agree(layer(x), expected, f"{words}, in eval mode", hint, 1e-9)
            expected = renewed(layer, x, seed + again, *case)


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
        hint = "rows: outputs R, G, B, columns: inputs at the same pixel; A sees lower colours, B its own too; no detach"
        agree(found, expected, f"mask {kind}: dependency of colours at one pixel", hint)


@MaskedConv2d.check(points=1)
def gives_masked_weights_no_gradient(student, seed):
    """What is multiplied by zero cannot learn; everything else does, the bias too."""
    layer, x, expected = masked_layer(student, seed, "B", 3, 6, 3, (3, 3))
    found = weight_vjp(layer, layer, (x,), torch.ones_like(expected)).values()
    gradients = {gradient.ndim: gradient for gradient in found if gradient is not None}
    for ndim, name in [(4, "weight"), (1, "bias")]:
        if ndim not in gradients:
            raise Failure(f"{name}: no gradient arrives", f"self.{name} must take part in forward, without .data or detach")
    hint = "use self.weight * self.mask, not .data"
    agree(gradients[4] != 0, allowed_taps("B", 6, 3, 3, (3, 3)), "weights with a gradient (1) and without (0)", hint)
    agree(gradients[1], [60.0] * 6, "gradient of the bias for the sum of 2 x 5 x 6 outputs", "b in (2.3) is added at every pixel", 1e-9)


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
        case = f"{batch} images, {levels} levels, {colours} colours of {height} x {width}"
        agree(student(logits, image), expected, case, hint, 1e-9)
        agree(on_pixels(student, logits, image), expected, f"{case}, which lie in memory pixel by pixel", "reshape, not view", 1e-9)


@bits_per_dim.check(points=1)
def charges_log2_of_the_levels_for_knowing_nothing(student, seed):
    """8 bits at 256 levels, whatever the image."""
    for levels in (2, 16, 256):
        image = random_image((2, 3, 4, 5), levels, seed)
        got = student(torch.full((2, levels, 3, 4, 5), 1.5), image)
        agree(got, [math.log2(levels)] * 2, f"equal scores, {levels} levels", "nats times 1 / ln 2 are bits", 1e-5)


@bits_per_dim.check(points=1)
def stays_finite_for_large_scores(student, seed):
    """A sure and right model pays nothing, a sure and wrong one much, never infinity; each value has scores of its own size."""
    logits = torch.tensor([[0.0, -1000], [1000, -1000]]).view(1, 2, 1, 1, 2) - torch.tensor([0, 2000]).view(2, 1, 1, 1, 1)
    image = torch.tensor([[1, 0], [0, 1]]).view(2, 1, 1, 2)
    hint = "log_softmax or cross_entropy, not the log of a softmax; by hand, subtract the largest score of each value, not of the image"
    expected = [0.5, 0.5 + 500 / math.log(2)]  # the second value of each image costs 1 bit
    agree(student(logits, image), expected, "scores 0 and 1000 beside two of -1000, and all less 2000", hint, 1e-2)


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


def masked_conv(kind: str, weights: dict[str, torch.Tensor], name: str, x: torch.Tensor, colours: int) -> torch.Tensor:
    """A convolution with zeros in its kernel, by the name of its weight."""
    weight = weights[name]
    allowed = torch.from_numpy(allowed_taps(kind, *weight.shape[:2], colours, tuple(weight.shape[2:])))
    return F.conv2d(x, weight * allowed, weights[name.removesuffix("weight") + "bias"], padding=weight.shape[2] // 2)


def block_oracle(weights: dict[str, torch.Tensor], x: torch.Tensor, features: int, colours: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Eq. (2.5) with the student's weights, told apart by their shapes; and what K sees."""
    hidden, seen = x, []
    for outputs in [(features, 2 * features, 1), (features, features, 0), (2 * features, features, 1)]:
        name = next(n for n, w in weights.items() if w.ndim == 4 and w.shape[:2] == outputs[:2] and (w.shape[2] == 1) == bool(outputs[2]))
        seen.append(hidden.relu())
        hidden = masked_conv("B", weights, name, seen[-1], colours)
    return x + hidden, seen[1]


def leaves(module: Handle) -> dict[str, torch.Tensor]:
    """The weights of a module as double leaves to differentiate, under all their names."""
    return {n: t.double().requires_grad_() for n, t in state(module).items() if not n.endswith("mask")}


def has_block_shapes(tensors: dict[str, torch.Tensor], features: int, kernel: int, case: str) -> None:
    """Fail unless the kernels of a residual block are registered by their names, in the right sizes."""
    shapes = [(features, 2 * features, 1, 1), (features, features, kernel, kernel), (2 * features, features, 1, 1)]
    for name, expected in zip(("down", "across", "up"), shapes, strict=True):
        got = next((tuple(w.shape) for n, w in tensors.items() if f".{n}".endswith(f".{name}.weight")), None)
        if got is None:
            hint = "layers are registered as attributes of self by their names, blocks in an nn.ModuleList: a list registers nothing"
            raise Failure(f"{case}: there is no layer `{name}` with a weight", hint)
        if got != expected:
            hint = "down maps 2h to h channels, across h to h with the large kernel, up h to 2h"
            raise Failure(f"{case}: got a weight of shape {got} in `{name}`, expected {expected}", hint)


def agree_in_gradient(module: Handle, x: torch.Tensor, weights: dict, source: torch.Tensor, output: torch.Tensor, case: str) -> None:
    """Fail unless input and weights get the gradients of an oracle's `output`, made of `source` and of `leaves(module)`."""
    one = torch.randn(output.shape, generator=torch.Generator().manual_seed(len(case)), dtype=torch.float64)
    output.backward(one)
    found, first = weight_vjp(module, module, (x,), one), names_of(module)
    pairs = [("the input", vjp(module, (x,), one)[0], source.grad)]
    pairs += [(name, found.get(first[name]), leaf.grad) for name, leaf in weights.items() if leaf.grad is not None]
    for name, got, expected in pairs:
        if got is None:
            raise Failure(f"{case}: no gradient arrives at {name}", "no detach, .data, .long() or no_grad on the way")
        hint = "every path must carry its gradient, without detach"
        agree(got, expected, f"{case}: gradient for {name}", hint, 1e-4 * max(1, float(expected.abs().max())))


@ResidualBlock.check(points=1)
def leaves_its_input_alone_when_all_weights_are_zero(student, seed):
    """Nothing is added, and nothing is done to x itself."""
    block = student(6, 3, 3)
    has_block_shapes(state(block), 6, 3, "h = 6, kernel 3")
    x = torch.randn(2, 12, 5, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    randomise(block, (x,), seed, scale=0.0)
    agree(block(x), x, "weights and biases 0", "add x as it came, not relu(x)", 1e-9)


@ResidualBlock.check(points=2)
def equals_its_equation_with_three_masked_layers(student, seed):
    """Two sizes, one and three colours, random weights, large features; values and gradients."""
    for features, colours, kernel in [(2, 1, 3), (3, 3, 5)]:
        block = student(features, colours, kernel)
        case = f"h = {features}, {colours} colours, kernel {kernel}"
        has_block_shapes(state(block), features, kernel, case)
        x = 20 * torch.randn(2, 2 * features, 5, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        randomise(block, (x,), seed)
        weights, source = leaves(block), x.clone().requires_grad_()
        expected, _ = block_oracle(weights, source, features, colours)
        hint = "relu before each of the three layers, none after; mask B in all three; add x"
        agree(block(x), expected, case, f"{hint}; no dropout", 1e-9)
        agree_in_gradient(block, x, weights, source, expected, case)
