"""Checks of lesson 3, layers and the block. Oracles: sums over taps, numpy, equations with the student's weights."""

import math
from itertools import product

import numpy as np
import torch
from torch.nn import functional as F

from autograder.checks import pictures
from autograder.checks.autoregressive import allowed_taps, randomise
from autograder.checks.compare import agree, differ, has_shape, raises
from autograder.checks.core import Exercise, Failure
from autograder.checks.student import Handle, state, vjp

VerticalConv = Exercise("VerticalConv")
shift_down = Exercise("shift_down")
gate = Exercise("gate")
GatedBlock = Exercise("GatedBlock")


def normal(shape: tuple, seed: int) -> torch.Tensor:
    """Random doubles."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# 3.1


@VerticalConv.check(points=2)
def equals_a_sum_over_the_rows_above(student, seed):
    """Tap by tap, with the weights that the layer has."""
    for inputs, outputs, kernel in [(1, 2, 3), (3, 2, 5), (2, 3, 1)]:
        layer, x = student(inputs, outputs, kernel), normal((2, inputs, 5, 4), seed)
        weights = randomise(layer, (x,), seed)
        weight = next(tensor for tensor in weights.values() if tensor.ndim == 4)
        case = f"{inputs} to {outputs} channels, k = {kernel}"
        has_shape(weight, (outputs, inputs, kernel // 2 + 1, kernel), f"{case}: weight")
        expected = torch.zeros(2, outputs, 5, 4, dtype=torch.float64)
        expected += next((tensor[:, None, None] for tensor in weights.values() if tensor.ndim == 1), 0)
        for row, column, i, j in product(range(5), range(4), range(kernel // 2 + 1), range(kernel)):
            y, z = row + i - kernel // 2, column + j - kernel // 2
            if 0 <= y < 5 and 0 <= z < 4:
                expected[:, :, row, column] += x[:, :, y, z] @ weight[:, :, i, j].T
        agree(layer(x), expected, case, "k // 2 zeros left, right and above, none below; the kernel's last row is the own row", 1e-9)


@VerticalConv.check(points=1)
def sees_all_columns_of_its_rows_and_no_row_below(student, seed):
    """The gradient at one pixel, k = 3."""
    layer, x = student(1, 1, 3), normal((1, 1, 5, 5), seed)
    randomise(layer, (x,), seed)
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
    """Random tensors of several sizes, one row too."""
    for shape in [(2, 3, 4, 5), (1, 1, 1, 3), (1, 2, 2, 1)]:
        x = normal(shape, seed)
        expected = np.concatenate([np.zeros_like(x[:, :, :1]), x[:, :, :-1]], axis=2)
        agree(student(x), expected, f"shape {shape}", "axis 2 are the rows; zeros at the top, not the last row come round")


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
    """Against numpy, for several numbers of channels."""
    for shape in [(2, 2, 3, 4), (1, 8, 1, 1), (3, 6, 2, 5)]:
        x = 2 * normal(shape, seed)
        a, b = np.split(x.numpy(), 2, axis=1)
        agree(
            student(x),
            np.tanh(a) / (1 + np.exp(-b)),
            f"shape {shape}",
            "tanh of the first half of the channels, sigmoid of the second",
            1e-9,
        )


@gate.check(points=1)
def opens_and_closes(student, seed):
    """With b = -40 nothing passes, with b = 40 the whole tanh."""
    a = normal((1, 3, 2, 2), seed)
    agree(student(torch.cat([a, torch.full_like(a, -40)], 1)), torch.zeros_like(a), "closed", "the second half is the gate")
    agree(student(torch.cat([a, torch.full_like(a, 40)], 1)), a.tanh(), "open", "the second half is the gate")


@gate.check(points=1)
def refuses_an_odd_number_of_channels(student, seed):
    """Halves that differ would broadcast, or crash far from the cause."""
    raises(ValueError, lambda: student(normal((1, 3, 2, 2), seed)), "3 channels")


# 3.4


def block_oracle(weights: dict[str, torch.Tensor], v: torch.Tensor, h: torch.Tensor, s: torch.Tensor | None, colours: int) -> tuple:
    """Eqs. (3.4) to (3.6) with the student's weights. A link taken after the gate, F to 2F channels, works as well and is accepted."""

    def layer(name: str, x: torch.Tensor, allowed: np.ndarray | None = None, padding: tuple = (0, 0, 0, 0)) -> torch.Tensor:
        weight = next((w for n, w in weights.items() if n.startswith(f"{name}.") and w.ndim == 4), None)
        if weight is None:
            raise Failure(
                f"block: no weights of {name!r} among {', '.join(weights)}", "the layers have prescribed names, see the docstring"
            )
        bias = next((w for n, w in weights.items() if n.startswith(f"{name}.") and w.ndim == 1), None)
        if allowed is not None:
            has_shape(weight, allowed.shape, f"weight of {name}")
            weight = weight * torch.from_numpy(allowed)
        return F.conv2d(F.pad(x, padding), weight, bias)

    def gated(x: torch.Tensor) -> torch.Tensor:
        a, b = x.tensor_split(2, dim=1)
        return torch.tanh(a) * torch.sigmoid(b)

    features = v.shape[1]
    kernel = next((w.shape[-1] for n, w in weights.items() if n.startswith("vertical.") and w.ndim == 4), 1)
    side = kernel // 2
    u = layer("vertical", v, padding=(side, side, side, 0))
    c_v, c_h = layer("condition", s).tensor_split(2, dim=1) if s is not None else (0, 0)
    v_new = gated(u + c_v)
    late = next((w.shape[1] == features for n, w in weights.items() if n.startswith("link.") and w.ndim == 4), False)
    along = layer("horizontal", h, allowed_taps("B", 2 * features, features, colours, (1, kernel)), (side, side, 0, 0))
    along = along + layer("link", v_new if late else u) + c_h
    return v_new, h + layer("out", gated(along), allowed_taps("B", features, features, colours, (1, 1)))


def _compare_block(student: Handle, seed: int, sizes: tuple[int, int, int], condition: tuple | None, case: str, hint: str) -> None:
    features, colours, kernel = sizes
    block = student(features, colours, kernel, condition[0] if condition else 0)
    v, h = normal((2, features, 4, 5), seed), normal((2, features, 4, 5), seed + 1)
    s = normal((2, *condition), seed + 2) if condition else None
    inputs = (v, h) if s is None else (v, h, s)
    weights = _randomised_block(block, inputs, seed)
    got = block(*inputs)
    if not (isinstance(got, tuple) and len(got) == 2):
        raise Failure(f"{case}: expected the pair (v', h')", "return both stacks")
    for name, mine, expected in zip(("v'", "h'"), got, block_oracle(weights, v, h, s, colours), strict=True):
        agree(mine, expected, f"{case}: {name}", hint, 1e-9)


def _randomised_block(block: Handle, inputs: tuple, seed: int) -> dict[str, torch.Tensor]:
    """Random weights for a module with two outputs."""
    block.double()
    tensors = {name: tensor for name, tensor in state(block).items() if not name.endswith("mask")}
    new = {
        name: normal(tensor.shape, seed + place) / math.sqrt(max(1, tensor[0].numel()))
        for place, (name, tensor) in enumerate(tensors.items())
    }
    block.load_state_dict({**state(block), **new})
    return new


@GatedBlock.check(points=3)
def follows_its_equations_without_a_condition(student, seed):
    """Both stacks, with the student's own weights, for one and three colours."""
    for features, colours, kernel in [(2, 1, 3), (6, 3, 3), (3, 3, 5)]:
        hint = "v' is the gated vertical convolution; h' adds to h; the link takes u, before the gate; masks B along the row"
        _compare_block(student, seed, (features, colours, kernel), None, f"F = {features}, {colours} colours, k = {kernel}", hint)


@GatedBlock.check(points=2)
def adds_its_condition_to_both_stacks(student, seed):
    """A vector for the whole image, and a map."""
    for condition, case in [((4, 1, 1), "condition of size 1 x 1"), ((2, 4, 5), "condition of the image's size")]:
        hint = "one 1 x 1 convolution to 4F channels: 2F for the vertical stack, 2F for the horizontal, added before the gates"
        _compare_block(student, seed, (3, 1, 3), condition, case, hint)


@GatedBlock.check(points=1)
def keeps_the_horizontal_stack_out_of_the_vertical(student, seed):
    """v' has no gradient for h, and h' has one for v."""
    block = student(3, 1, 3)
    v, h = normal((1, 3, 4, 4), seed), normal((1, 3, 4, 4), seed + 1)
    _randomised_block(block, (v, h), seed)
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
