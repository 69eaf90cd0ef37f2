"""Checks of lesson 2, fast sampling and what is seen. Oracles: whole passes, counted paths, gradients by hand."""

from collections.abc import Iterable

import numpy as np
import torch
from torch.nn import functional as F

from autograder.checks import pictures
from autograder.checks.autoregressive import random_image, reach
from autograder.checks.compare import agree, has_shape
from autograder.checks.core import Exercise, Failure
from autograder.checks.pixelcnn_layers import leaves, masked_layer, renewed
from autograder.checks.pixelcnn_network import network_oracle, small_model
from autograder.checks.student import Handle, load, state, there

fold = Exercise("fold")
conv_at = Exercise("conv_at")
logits_at = Exercise("logits_at")
receptive_field = Exercise("receptive_field")

HERE = "autograder.checks.pixelcnn_caches"


# 2.9


@fold.check(points=1)
def multiplies_patches_like_the_layer(fold, MaskedConv2d, seed):
    """Patches cut out by hand, rows from the kernel's first to the centre's; again after new weights."""
    for case in [("A", 1, 2, 1, (3, 3)), ("B", 3, 3, 3, (3, 5)), ("B", 2, 4, 1, (5, 1)), ("B", 6, 3, 3, (1, 1))]:
        layer, x, _ = masked_layer(MaskedConv2d, seed, *case)
        fold(layer)
        expected = renewed(layer, x, seed + 1, *case)
        kind, inputs, outputs, _, (height, width) = case
        matrix, padded = fold(layer), _padded(x, (height, width))
        has_shape(matrix, (outputs, (height // 2 + 1) * width * inputs), f"{inputs} to {outputs} channels, kernel {(height, width)}")
        bias = next((tensor for name, tensor in state(layer).items() if tensor.ndim == 1), torch.zeros(outputs))
        for row, column in [(0, 0), (2, 3), (4, 5)]:
            window = padded[:, row : row + height // 2 + 1, column : column + width].flatten(1)
            hint = "weights times mask, as they are now; axes in the order rows, columns, inputs before they are flattened"
            place = f"mask {kind}, kernel {(height, width)}, pixel {(row, column)}"
            agree(window @ matrix.T + bias, expected[:, :, row, column], place, hint, 1e-9)


def _padded(x: torch.Tensor, kernel: tuple[int, int]) -> torch.Tensor:
    """(B, C, H, W) with zeros around it, channels last."""
    return F.pad(x, (kernel[1] // 2, kernel[1] // 2, kernel[0] // 2, kernel[0] // 2)).permute(0, 2, 3, 1)


@conv_at.check(points=2)
def equals_the_layer_at_every_pixel(conv_at, MaskedConv2d, fold_all, seed):
    """Against a convolution of the whole map with zeros in its kernel."""
    for case in [("A", 1, 2, 1, (5, 3)), ("B", 3, 3, 3, (3, 5)), ("B", 2, 4, 1, (1, 1))]:
        layer, x, expected = masked_layer(MaskedConv2d, seed, *case)
        fold_all(layer)
        padded = _padded(x, case[4])
        for row, column in np.ndindex(5, 6):
            hint = "the patch begins at (row, column) of the padded map and ends with the centre's row; the matrix, and the bias"
            case_ = f"mask {case[0]}, kernel {case[4]}, pixel {(row, column)} of 5 x 6"
            agree(conv_at(layer, padded, row, column), expected[:, :, row, column], case_, hint, 1e-9)
            hint = "take the patch from what `padded` holds now, and keep the batch axis"
            for words, part in [("other images", [1, 0]), ("a batch of one", [1])]:
                got = conv_at(layer, padded[part], row, column)
                agree(got, expected[part, :, row, column], f"{case_}, {words} after it", hint, 1e-9)


@logits_at.check(points=3)
def equals_the_whole_network_at_every_value(logits_at, PixelCNN, fold_all, empty_caches, seed):
    """The caches are filled pixel by pixel, as in sampling; each time the scores are those of a full pass."""
    for colours, levels, blocks, kernel, first in [(1, 2, 2, 3, 7), (3, 3, 1, 5, 3)]:
        model = small_model(PixelCNN, seed, colours, levels, 3, blocks, kernel, first)
        image = random_image((2, colours, 4, 5), levels, seed)
        _compare_step_by_step(logits_at, model, image, (fold_all, empty_caches), levels, order=range(colours))


@logits_at.check(points=1)
def needs_no_value_that_is_still_to_come(logits_at, PixelCNN, fold_all, empty_caches, seed):
    """The same, asked once for each pixel, for its last colour."""
    model = small_model(PixelCNN, seed, 3, 2, 3, 2, 3, 3)
    image = random_image((1, 3, 3, 3), 2, seed)
    _compare_step_by_step(logits_at, model, image, (fold_all, empty_caches), 2, order=[2])


def _compare_step_by_step(logits_at: Handle, model: Handle, image: torch.Tensor, given: tuple, levels: int, order: Iterable[int]) -> None:
    batch, _, height, width = image.shape
    expected, scaled = model(image), 2 * image / (levels - 1) - 1
    fold_all, empty_caches = given
    fold_all(model)
    caches = there(logits_at, f"{HERE}:Box")(empty_caches(model, batch, height, width), height, width)
    hint = "write relu(down(relu(x))) into the block's cache, in place, first, then use conv_at on it; add to x; head last, as (L, C)"
    for row, column in np.ndindex(height, width):
        for colour in order:
            caches.put(scaled[:, :colour, row, column], row, column)
            got = caches.use(logits_at, model, row, column)
            has_shape(got, (batch, *expected.shape[1:3]), f"scores at {(row, column)}")
            case = f"scores of colour {colour} at {(row, column)}"
            agree(got[:, :, colour], expected[:, :, colour, row, column], case, hint, 1e-4)
        caches.put(scaled[:, :, row, column], row, column)
    _, kept = network_oracle(leaves(model), image.double(), levels, 3, len(caches.caches) - 1)
    for place, (cache, seen) in enumerate(zip(caches.caches[1:], kept, strict=True), 1):
        hint = "write relu(down(relu(x))) into it at each pixel: features that are kept are the point of this section"
        agree(cache, _padded(seen, (cache.shape[1] - height + 1, cache.shape[2] - width + 1)), f"caches[{place}] at the end", hint, 1e-4)


class Box:
    """Holds caches on the student's side, so that what is written into them stays, but no other tensor put in their list."""

    def __init__(self, caches: list[torch.Tensor], height: int, width: int) -> None:
        self.caches = caches
        self.top, self.left = (caches[0].shape[1] - height) // 2, (caches[0].shape[2] - width) // 2

    def put(self, values: torch.Tensor, row: int, column: int) -> None:
        """Write (B, some of the colours) into the padded image."""
        self.caches[0][:, self.top + row, self.left + column, : values.shape[1]] = values

    def use(self, logits_at, model, row: int, column: int) -> torch.Tensor:
        """The student's function on the kept caches."""
        return logits_at(model, list(self.caches), row, column)


# 2.10


def _ones(student: Handle, MaskedConv2d: Handle, layers: list[tuple[str, int]]) -> Handle:
    """A stack of masked convolutions of one channel, all weights 1, no bias."""
    made = []
    for kind, kernel in layers:
        layer = MaskedConv2d(kind, 1, 1, 1, (kernel, kernel))
        load(
            layer,
            {
                name: torch.zeros_like(t) if t.ndim == 1 else torch.ones_like(t) if "mask" not in name else t
                for name, t in state(layer).items()
            },
        )
        made.append(layer)
    return there(student, "torch.nn:Sequential")(*made)


@receptive_field.check(points=2)
def counts_the_blind_spot(receptive_field, MaskedConv2d, seed):
    """Of all earlier pixels, 91 of 112 for 3 x 3 kernels at the centre of 15 x 15, and 394 of 420 for six of 7 x 7 at that of 29 x 29."""
    for layers, side, expected in [([("A", 3)] + [("B", 3)] * 9, 15, 91), ([("A", 7)] + [("B", 7)] * 5, 29, 394)]:
        got = receptive_field(_ones(receptive_field, MaskedConv2d, layers), 1, side, side // 2, side // 2)
        has_shape(got, (side, side), "receptive field")
        seen = int((got != 0).sum())
        if seen != expected:
            before = np.arange(side * side).reshape(side, side) < side * side // 2
            picture = pictures.receptive_field(got.numpy(), before, (side // 2, side // 2))
            case = f"{len(layers)} layers of {layers[0][1]} x {layers[0][1]}: got {seen} pixels seen, expected {expected}"
            hint = "only the output at [row, column] counts, and only what its gradient reaches: the blind spot gets none"
            raise Failure(case, hint, picture)


@receptive_field.check(points=1)
def weighs_each_pixel_by_its_paths(receptive_field, MaskedConv2d, seed):
    """Away from the centre too; the paths are counted by multiplying matrices."""
    layers = [("A", 3), ("B", 3), ("B", 5)]
    network = _ones(receptive_field, MaskedConv2d, layers)
    for row, column in [(3, 2), (1, 4), (0, 0)]:
        paths = np.eye(36, dtype=int)
        for kind, kernel in layers[::-1]:
            paths = paths @ reach([(kind, kernel, kernel)], 1, 6, 6).astype(int)
        got = receptive_field(network, 1, 6, row, column)
        agree(
            got,
            paths[6 * row + column].reshape(6, 6),
            f"paths to pixel {(row, column)} of 6 x 6",
            "the gradient of that one pixel's output, at [row, column], as a number, not only whether there is one",
            1e-4,
        )


@receptive_field.check(points=1)
def adds_up_channels_by_size(receptive_field, MaskedConv2d, seed):
    """Gradients of opposite sign in two input channels must not cancel, in three output channels they do."""
    layer = MaskedConv2d("A", 2, 3, 1, (3, 3))
    weight = torch.tensor([[3.0, -1], [-1, -2], [3, 1]])[..., None, None].expand(3, 2, 3, 3)
    load(layer, {name: weight if t.ndim == 4 and "mask" not in name else t for name, t in state(layer).items()})
    expected = np.zeros((4, 4))
    expected[1, 1:4] = 7  # |3 - 1 + 3| + |-1 - 2 + 1|
    expected[2, 1] = 7
    hint = "absolute values before the sum over input channels; all output channels together"
    agree(receptive_field(layer, 2, 4, 2, 2), expected, "weights of both signs", hint, 1e-5)
    curved = there(receptive_field, "torch.nn:Sequential")(there(receptive_field, "torch.nn:Softplus")(), layer)
    hint = "the gradient at a zero image, not a difference; the network is only looked at"
    agree(receptive_field(curved, 2, 4, 2, 2), expected / 2, "softplus before the layer, whose slope at 0 is 1/2", hint, 1e-5)
