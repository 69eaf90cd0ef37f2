"""Checks of lesson 3, layers and the block. Oracles: sums over taps, numpy, equations with the student's weights."""

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder.checks import pictures
from autograder.checks.autoregressive import allowed_taps, on_pixels
from autograder.checks.compare import agree, differ, has_shape, raises
from autograder.checks.core import Exercise, Failure
from autograder.checks.student import Handle, load, state, there, vjp, weight_vjp

VerticalConv = Exercise("VerticalConv")
shift_down = Exercise("shift_down")
gate = Exercise("gate")
GatedBlock = Exercise("GatedBlock")

HERE = "autograder.checks.gated_layers"
ATTACHED = "no detach, no .data, no torch.no_grad on the way"
ZEROS = "no mask, no residual; k // 2 zeros left, right and above, none below; the kernel's last row is the own row"


def normal(shape: tuple, seed: int) -> torch.Tensor:
    """Random doubles."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def parameters(module: nn.Module) -> dict[str, tuple[bool, str]]:
    """On the student's side: for each parameter, does it learn, and the first name of the same tensor."""
    first = {}
    named = list(module.named_parameters(remove_duplicate=False))
    return {name: (weight.requires_grad, first.setdefault(id(weight), name)) for name, weight in named}


def known_weights(module: Handle, seed: int, scale: float = 1.0) -> dict[str, torch.Tensor]:
    """Put random weights of double precision into a module, buffers left alone; returns them by name."""
    module.double()
    tensors, new = state(module), {}
    for place, (name, (learns, first)) in enumerate(there(module, f"{HERE}:parameters")(module).items()):
        if not learns:
            raise Failure(f"{name} is frozen: its requires_grad is False", "every weight is there to be trained")
        if first != name:
            raise Failure(f"{name} and {first} are one and the same tensor", "each layer has weights of its own, in each block")
        new[name] = scale * normal(tensors[name].shape, seed + place) / math.sqrt(max(1, tensors[name][0].numel()))
    load(module, {**tensors, **new})
    return new


def same_gradients(module: Handle, oracle: Callable, weights: dict[str, torch.Tensor], inputs: dict[str, torch.Tensor], case: str) -> None:
    """The gradients for every weight and input, against those through `oracle(weights, *inputs)`; taps that a mask forbids are left out."""
    known = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    given = {name: x.clone().requires_grad_() for name, x in inputs.items()}
    outputs = oracle(known, *given.values())
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    cotangents = [normal(y.shape, place) for place, y in enumerate(outputs)]
    expected = torch.autograd.grad(outputs, [*known.values(), *given.values()], cotangents, allow_unused=True)
    got = weight_vjp(module, module, tuple(inputs.values()), cotangents)
    got |= zip(inputs, vjp(module, tuple(inputs.values()), cotangents), strict=True)
    for name, gradient in zip([*known, *given], expected, strict=True):
        if gradient is not None and got[name] is None:
            raise Failure(f"{case}: no gradient arrives at {name}", ATTACHED)
        if gradient is not None:
            agree(
                got[name] * (gradient != 0),
                gradient,
                f"{case}: gradient for {name}",
                f"if the values are right, a path is cut off or one too many: {ATTACHED}",
                1e-9,
            )


def keeps_dtype(got: torch.Tensor, x: torch.Tensor, case: str) -> None:
    """Fail unless a result has the precision of its input."""
    if getattr(got, "dtype", None) != x.dtype:
        raise Failure(f"{case}: got {getattr(got, 'dtype', type(got).__name__)}, expected {x.dtype}", "keep the dtype of the input")


# 3.1


@VerticalConv.check(points=2)
def equals_a_sum_over_the_rows_above(student, seed):
    """Tap by tap, with the weights that the layer has; their gradients too; equal widths, a batch of one and single precision."""
    for batch, inputs, outputs, kernel in [(2, 1, 2, 3), (1, 2, 2, 3), (2, 3, 2, 5), (2, 2, 3, 1)]:
        layer, x = student(inputs, outputs, kernel), normal((batch, inputs, 5, 4), seed)
        weights, case = known_weights(layer, seed), f"batch of {batch}, {inputs} to {outputs} channels, k = {kernel}"
        if sorted(tensor.ndim for tensor in weights.values()) != [1, 4]:
            raise Failure(f"{case}: got parameters {', '.join(weights) or 'none'}, expected a weight and a bias", "(3.1) has W and b")
        (weight_name, weight), (bias_name, bias) = sorted(weights.items(), key=lambda item: -item[1].ndim)
        has_shape(weight, (outputs, inputs, kernel // 2 + 1, kernel), f"{case}: weight", "(outputs, inputs, k // 2 + 1, k), without groups")
        expected = torch.zeros(batch, outputs, 5, 4, dtype=torch.float64) + bias[:, None, None]
        cotangent, for_weight = normal(expected.shape, seed + 1), torch.zeros_like(weight)
        for row, column, i, j in product(range(5), range(4), range(kernel // 2 + 1), range(kernel)):
            y, z = row + i - kernel // 2, column + j - kernel // 2
            if 0 <= y < 5 and 0 <= z < 4:
                expected[:, :, row, column] += x[:, :, y, z] @ weight[:, :, i, j].T
                for_weight[:, :, i, j] += cotangent[:, :, row, column].T @ x[:, :, y, z]
        got = layer(x)
        has_shape(got, expected.shape, case, ZEROS)
        keeps_dtype(got, x, case)
        differ(layer(x + 1), got, f"{case}: another input of the same shape", "keep no result from one call to the next")
        agree(got, expected, case, ZEROS, 1e-9)
        gradients = weight_vjp(layer, layer, (x,), cotangent)
        for name, gradient in ((weight_name, for_weight), (bias_name, cotangent.sum(dim=(0, 2, 3)))):
            if gradients[name] is None:
                raise Failure(f"{case}: no gradient arrives at {name}", ATTACHED)
            agree(gradients[name], gradient, f"{case}: gradient for {name}", ATTACHED, 1e-9)
        keeps_dtype(layer.float()(x.float()), x.float(), f"{case}, in single precision")


@VerticalConv.check(points=1)
def sees_all_columns_of_its_rows_and_no_row_below(student, seed):
    """The gradient at one pixel, k = 3."""
    layer, x = student(1, 1, 3), normal((1, 1, 5, 5), seed)
    known_weights(layer, seed)
    one = torch.zeros(1, 1, 5, 5, dtype=torch.float64)
    one[0, 0, 2, 2] = 1
    (gradient,) = vjp(layer, (x,), one)
    if gradient is None:
        raise Failure("no gradient arrives at the input", "is the result computed from the input, without detach?")
    allowed = np.zeros((5, 5))
    allowed[1:3, 1:4] = 1
    hint = "no mask for columns (the blind spot would return), no row below the own one"
    seen = (gradient[0, 0] != 0).double()
    agree(seen, allowed, "pixels seen at (2, 2)", hint, picture=lambda got, expected: pictures.receptive_field(got, expected, (2, 2)))


# 3.2


@shift_down.check(points=1)
def moves_every_row_one_down(student, seed):
    """Random tensors of several sizes, one row too, and of three dtypes; nothing is rounded."""
    hint = "axis 2 are the rows; zeros at the top, not the last row come round"
    double, single, whole = torch.float64, torch.float32, torch.int64
    for shape, dtype in [((2, 3, 4, 5), double), ((1, 1, 1, 3), double), ((1, 2, 2, 1), single), ((2, 1, 3, 2), whole)]:
        x, case = (10 * normal(shape, seed)).to(dtype), f"{dtype} of shape {shape}"
        expected = np.concatenate([np.zeros_like(x[:, :, :1]), x[:, :, :-1]], axis=2)
        got = student(x)
        has_shape(got, shape, case, hint)
        keeps_dtype(got, x, case)
        agree(got, expected, case, f"{hint}; every value as it is, in its own precision", 0)
        agree(on_pixels(student, x), expected, f"{case}, which lies in memory pixel by pixel", "reshape, not view", 0)


@shift_down.check(points=1)
def sends_gradients_one_row_up(student, seed):
    """What is done to row r comes back to row r - 1."""
    x, weights = normal((1, 2, 4, 3), seed), normal((1, 2, 4, 3), seed + 1)
    (gradient,) = vjp(student, (x,), weights)
    if gradient is None:
        raise Failure("no gradient arrives at the input", "no detach, no .data, no numpy")
    agree(
        gradient,
        np.concatenate([weights[:, :, 1:], np.zeros((1, 2, 1, 3))], axis=2),
        "gradient",
        "the last row has fallen out and gets none",
    )


# 3.3


@gate.check(points=1)
def multiplies_a_hyperbolic_tangent_and_a_sigmoid(student, seed):
    """Against numpy, for several numbers of channels, in both precisions; the gradients too."""
    for shape in [(2, 2, 3, 4), (1, 8, 1, 1), (3, 6, 2, 5)]:
        x, case = 2 * normal(shape, seed), f"shape {shape}"
        a, b = np.split(x.numpy(), 2, axis=1)
        value, opening = np.tanh(a), 1 / (1 + np.exp(-b))
        for dtype in (torch.float64, torch.float32):
            got = student(x.to(dtype))
            agree(got, value * opening, f"{case}, {dtype}", "tanh of the first half of the channels, times the sigmoid of the second")
            keeps_dtype(got, x.to(dtype), f"{case}, {dtype}")
        weights = normal(a.shape, seed + 1)
        (gradient,) = vjp(student, (x,), weights)
        if gradient is None:
            raise Failure(f"{case}: no gradient arrives at the input", ATTACHED)
        expected = np.concatenate([(1 - value**2) * opening, value * opening * (1 - opening)], axis=1) * np.tile(weights, (1, 2, 1, 1))
        agree(gradient, expected, f"{case}: gradient", f"both halves have one; {ATTACHED}", 1e-9)


@gate.check(points=1)
def opens_and_closes(student, seed):
    """With b = -1000 nothing passes, with b = 1000 the whole tanh, which may be that of a large number; gradients stay finite."""
    a = normal((1, 3, 2, 2), seed)
    large = 1000 * a.sign()
    for value, place, case in [(a, -40, "closed"), (a, 40, "open"), (large, -1000, "closed, large a"), (large, 1000, "open, large a")]:
        x = torch.cat([value, torch.full_like(a, place)], 1)
        finite = "tanh and sigmoid stay finite where an exponential overflows" if abs(place) == 1000 else "the second half is the gate"
        agree(student(x), value.tanh() * (place > 0), case, finite)
        (gradient,) = vjp(student, (x,), torch.ones_like(a))
        if gradient is not None and not gradient.isfinite().all():
            raise Failure(f"{case}: the gradient is not finite", finite)


@gate.check(points=1)
def refuses_an_odd_number_of_channels(student, seed):
    """Halves that differ would broadcast, or crash far from the cause."""
    raises(ValueError, lambda: student(normal((1, 3, 2, 2), seed)), "3 channels")


# 3.4


def convolve(
    weights: dict[str, torch.Tensor], name: str, x: torch.Tensor, shape: tuple, kind: str = "", colours: int = 1, biases: int = 1
) -> torch.Tensor:
    """One layer with the student's weights, found by its name: of `kind` A or B a masked one, else free to see rows above and its own."""
    mine = {n: w for n, w in weights.items() if n.startswith(f"{name}.")}
    weight = next((w for w in mine.values() if w.ndim == 4), None)
    if weight is None:
        raise Failure(f"no weights of {name!r} among {', '.join(weights)}", "the layers have prescribed names, see the docstring")
    has_shape(weight, shape, f"weight of {name}", "(outputs, inputs, height, width): the kernel and the channels that were asked for")
    bias = [w for w in mine.values() if w.ndim == 1]
    if len(bias) != biases:
        raise Failure(f"{name}: got {len(bias)} biases, expected {biases}", "all layers have one but S, see (3.6)")
    if kind:
        weight = weight * torch.from_numpy(allowed_taps(kind, *shape[:2], colours, shape[2:]))
    side = shape[3] // 2
    return F.conv2d(F.pad(x, (side, side, shape[2] - 1, 0)), weight, *bias)


def block_oracle(
    weights: dict[str, torch.Tensor], v: torch.Tensor, h: torch.Tensor, s: torch.Tensor | None, colours: int, kernel: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Eqs. (3.4) to (3.6) with the student's weights. A link taken after the gate, F to 2F channels, works as well and is accepted."""

    def gated(x: torch.Tensor) -> torch.Tensor:
        a, b = x.tensor_split(2, dim=1)
        return torch.tanh(a) * torch.sigmoid(b)

    features = v.shape[1]
    u = convolve(weights, "vertical", v, (2 * features, features, kernel // 2 + 1, kernel))
    c_v, c_h = (0, 0)
    if s is not None:
        c_v, c_h = convolve(weights, "condition", s, (4 * features, s.shape[1], 1, 1), biases=0).tensor_split(2, dim=1)
    v_new = gated(u + c_v)
    late = next((w.shape[1] == features for n, w in weights.items() if n.startswith("link.") and w.ndim == 4), False)
    along = convolve(weights, "horizontal", h, (2 * features, features, 1, kernel), "B", colours)
    link = convolve(weights, "link", v_new if late else u, (2 * features, features if late else 2 * features, 1, 1))
    return v_new, h + convolve(weights, "out", gated(along + link + c_h), (features, features, 1, 1), "B", colours)


def _stacks(features: int, seed: int, batch: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    return normal((batch, features, 4, 5), seed), normal((batch, features, 4, 5), seed + 1)


def _compare_block(block: Handle, weights: dict, inputs: tuple, colours: int, kernel: int, case: str, hints: tuple[str, str]) -> None:
    got = block(*inputs)
    if not (isinstance(got, tuple) and len(got) == 2):
        raise Failure(f"{case}: expected the pair (v', h')", "return both stacks")
    expected = block_oracle(weights, *(inputs if len(inputs) == 3 else (*inputs, None)), colours, kernel)
    for name, mine, right, hint in zip(("v'", "h'"), got, expected, hints, strict=True):
        has_shape(mine, right.shape, f"{case}: {name}", "(B, F, H, W), for a batch of one too")
        agree(mine, right, f"{case}: {name}", hint, 1e-9)


PLAIN = (
    "v' is the gated vertical convolution of v alone, without a residual",
    "h' adds to h; the link (of u, or of v') has no mask; masks B along the row and in `out`",
)
CONDITIONED = (
    "S * s at each pixel, no mask: 2F for the vertical stack, 2F for the horizontal; c_v is added before the gate of v, to both its halves",
    "S * s at each pixel, no mask: 2F for the vertical stack, 2F for the horizontal; c_h before the gate of h; the link has no c_v",
)


@GatedBlock.check(points=2)
def follows_its_equations_without_a_condition(student, seed):
    """Both stacks, with the student's own weights, for one and three colours, a batch of one too."""
    for batch, features, colours, kernel in [(2, 2, 1, 3), (1, 6, 3, 3), (2, 3, 3, 5)]:
        block = student(features, colours, kernel)
        weights, case = known_weights(block, seed), f"batch of {batch}, F = {features}, {colours} colours, k = {kernel}"
        _compare_block(block, weights, _stacks(features, seed, batch), colours, kernel, case, PLAIN)


@GatedBlock.check(points=2)
def adds_its_condition_to_both_stacks(student, seed):
    """A vector for the whole image, maps of one and more channels, a batch of one, and no condition where there could be one."""
    for batch, condition, colours in [(2, (4, 1, 1), 1), (1, (4, 1, 1), 3), (2, (1, 4, 5), 1), (2, (3, 4, 5), 3)]:
        block = student(3, colours, 3, condition[0])
        weights, stacks = known_weights(block, seed), _stacks(3, seed, batch)
        case = f"batch of {batch}, condition of {' x '.join(map(str, condition))}, {colours} colours"
        _compare_block(block, weights, (*stacks, normal((batch, *condition), seed + 2)), colours, 3, case, CONDITIONED)
        _compare_block(block, weights, (*stacks, None), colours, 3, f"{case}, None given", ("without a condition no term is added",) * 2)


@GatedBlock.check(points=1)
def sends_gradients_to_all_that_it_is_made_of(student, seed):
    """For v, h, the condition and every weight."""
    block = student(3, 3, 3, 2)
    v, h = _stacks(3, seed)
    inputs = {"v": v, "h": h, "the condition": normal((2, 2, 4, 5), seed + 2)}
    same_gradients(block, lambda weights, v, h, s: block_oracle(weights, v, h, s, 3, 3), known_weights(block, seed), inputs, "3 colours")


@GatedBlock.check(points=1)
def keeps_the_horizontal_stack_out_of_the_vertical(student, seed):
    """v' has no gradient for h, and h' has one for v."""
    block = student(3, 1, 3)
    v, h = normal((1, 3, 4, 4), seed), normal((1, 3, 4, 4), seed + 1)
    known_weights(block, seed)
    ones, zeros = torch.ones_like(v), torch.zeros_like(v)
    _, from_h = vjp(block, (v, h), [ones, zeros])
    agree(
        torch.zeros_like(h) if from_h is None else from_h,
        zeros,
        "gradient of v' for h",
        "the vertical stack takes nothing from the horizontal",
    )
    from_v, _ = vjp(block, (v, h), [zeros, ones])
    differ(torch.zeros_like(v) if from_v is None else from_v, zeros, "gradient of h' for v", "the link brings what is above into the row")
