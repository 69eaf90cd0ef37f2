"""Checks of lesson 2, training, sampling and what is seen. Oracles: known entropies, a known model, whole passes, counted paths."""

import math
from collections.abc import Iterable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder.checks import pictures
from autograder.checks.autoregressive import (
    bits,
    random_image,
    reach,
    uniforms_of,
)
from autograder.checks.compare import agree, has_shape, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.pixelcnn_layers import masked_layer, small_model
from autograder.checks.student import Handle, load, state, there, weight_vjp

train = Exercise("train")
draw = Exercise("draw")
sample = Exercise("sample")
fold = Exercise("fold")
conv_at = Exercise("conv_at")
logits_at = Exercise("logits_at")
receptive_field = Exercise("receptive_field")

HERE = "autograder.checks.pixelcnn_sampling"


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
        weights = torch.randn(values.shape[1], values.shape[1], generator=generator, dtype=torch.float64).tril(-1)
        context = values @ weights.T + torch.arange(values.shape[1])
        waves = 2 * torch.sin(context[..., None] * torch.arange(1, self.levels + 1) + torch.arange(self.levels))
        return waves.unflatten(1, (height, width, colours)).permute(0, 4, 3, 1, 2)


# 2.6


@train.check(points=1)
def makes_one_step_of_adam(train, PixelCNN, seed):
    """Adam's first step moves every weight that has a gradient by the learning rate, against its sign."""
    model = small_model(PixelCNN, seed, 1, 2, 2, 1, 3, 3)
    image = column_field(1, 4, seed)
    before = state(model)
    one_hot = F.one_hot(image, 2).permute(0, 4, 1, 2, 3)
    gradients = weight_vjp(model, model, (image,), model(image).softmax(1) - one_hot)
    train(model, image, 1, 3, 0.01, seed)
    for name, gradient in gradients.items():
        clear = gradient.abs() > 1e-4  # far above Adam's epsilon
        step = (state(model)[name] - before[name]) * clear
        hint = "zero_grad, backward, step; the mean of bits_per_dim is what falls"
        agree(step, -0.01 * gradient.sign() * clear, f"first step of {name}", hint, 1e-4)


@train.check(points=1)
def forgets_the_gradients_of_earlier_steps(train, PixelCNN, seed):
    """Five steps on one image, against torch's Adam fed with fresh gradients."""
    model = small_model(PixelCNN, seed, 1, 2, 2, 1, 3, 3)
    image = column_field(1, 4, seed)
    twin = small_model(PixelCNN, seed, 1, 2, 2, 1, 3, 3)
    weights = {name: nn.Parameter(tensor) for name, tensor in state(twin).items() if not name.endswith("mask")}
    optimizer = torch.optim.Adam(weights.values(), lr=0.02)
    one_hot = F.one_hot(image, 2).permute(0, 4, 1, 2, 3)
    for _ in range(5):
        gradients = weight_vjp(twin, twin, (image,), (twin(image).softmax(1) - one_hot) / (image.numel() * math.log(2)))
        for name, weight in weights.items():
            weight.grad = gradients[name].clone()
        optimizer.step()
        load(twin, {**state(twin), **{name: weight.detach() for name, weight in weights.items()}})
    train(model, image, 5, 1, 0.02, seed)
    for name, weight in weights.items():
        hint = "call zero_grad in every step; Adam with its own settings, apart from the learning rate"
        agree(state(model)[name], weight.detach(), f"{name} after 5 steps on one image", hint, 1e-6)


@train.check(points=1)
def repeats_itself_with_the_same_seed_only(train, PixelCNN, seed):
    """The cost of each batch before its update is returned; its course is a matter of the seed."""
    images = torch.cat([torch.zeros(32, 1, 4, 4, dtype=torch.long), column_field(32, 4, seed)])
    histories = [train(small_model(PixelCNN, seed, 1, 2, 2, 1, 3, 3), images, 6, 4, 0.01, run) for run in (3, 3, 4)]
    has_shape(histories[0], (6,), "history of 6 steps")
    agree(histories[1], histories[0], "two runs with seed 3", "draw batches from torch.Generator().manual_seed(seed)")
    if np.allclose(histories[2], histories[0], atol=1e-9):
        raise Failure("seeds 3 and 4: the same history", "the batches must be drawn at random, by the seed")
    first = bits(small_model(PixelCNN, seed, 1, 2, 2, 1, 3, 3)(images[:1]), images[:1])
    history = train(small_model(PixelCNN, seed, 1, 2, 2, 1, 3, 3), images[:1], 1, 4, 0.01, 0)
    agree(history, [first], "history of one step on one image", "the cost before the update, bits per value", 1e-6)


@train.check(points=2)
def reaches_the_entropy_of_a_field_of_columns(train, PixelCNN, seed):
    """0.375 bits on new images after 60 steps, where a model without context pays 1; the images are sorted, so batches must mix them."""
    images = column_field(1024, 8, seed)
    images = images[images.sum(dim=(1, 2, 3)).argsort()]
    there(PixelCNN, "torch:manual_seed")(seed)
    model = PixelCNN(1, 2, 8, 1, 3, 3)
    train(model, images, 60, 64, 0.01, seed)
    test = column_field(512, 8, seed + 1)
    exact = column_entropy(8)
    reached = bits(model(test), test)
    hint = "below the entropy the model sees the answer; far above it, it did not learn: is every batch drawn from all images?"
    within(reached, exact - 0.03, exact + 0.05, f"bits per pixel on new images, entropy {exact:.3f}", hint)


# 2.7


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
    """The largest number below 1, in single precision, on flat and on sharp distributions."""
    uniforms = torch.full((200,), 1 - 2**-24)
    logits = torch.randn(200, 256, generator=torch.Generator().manual_seed(seed)) * torch.logspace(-3, 2, 200)[:, None]
    got = student(logits, uniforms)
    within(got.max(), 0, 255, "largest level drawn of 256, u just below 1", "cumulative sums can end below 1: clamp to the last level")
    impossible = torch.tensor([[-np.inf, 0.0]], dtype=torch.float64)
    agree(student(impossible, torch.zeros(1, dtype=torch.float64)), [1], "u = 0, first level impossible", "strictly larger than u: (2.8)")


# 2.8


def follows_its_numbers(image: torch.Tensor, logits: torch.Tensor, uniforms: torch.Tensor, free: torch.Tensor, case: str) -> None:
    """Fail unless each free value is the level in whose interval its number falls, given the values before it."""
    cumulative = logits.double().softmax(1).cumsum(1)
    padded = F.pad(cumulative.movedim(1, -1), (1, 0))  # (B, C, H, W, L + 1)
    low, high = (padded.gather(-1, (image + k)[..., None])[..., 0] for k in (0, 1))
    off = torch.maximum(low - uniforms, uniforms - high) * free
    hint = "each value from the scores that the model gives after all earlier values were filled in: one pass for each value, red first"
    agree(off.clamp(min=0), torch.zeros_like(off), f"{case}: distance of u from the interval of the drawn level", hint, 1e-4)


@sample.check(points=2)
def draws_every_value_given_those_before_it(student, seed):
    """A model whose scores depend on every earlier value; its own scores of the finished image must explain each draw."""
    for shape, levels in [((3, 1, 3, 4), 4), ((2, 3, 3, 2), 3), ((1, 1, 1, 1), 2)]:
        model = there(student, f"{HERE}:Toy")(levels, seed)
        uniforms = uniforms_of(shape, seed + 1)
        image = student(model, uniforms)
        has_shape(image, shape, "drawn images")
        within(image.max(), 0, levels - 1, f"largest of {levels} levels")
        follows_its_numbers(image.long(), Toy(levels, seed)(image), uniforms, torch.ones(shape), f"images of shape {shape}")


@sample.check(points=2)
def keeps_what_is_known_and_completes_the_rest(student, seed):
    """In-painting of a lower half, and of scattered holes; the given image is not touched."""
    shape = (2, 3, 4, 3)
    model = there(student, f"{HERE}:Toy")(3, seed)
    image, uniforms = random_image(shape, 3, seed), uniforms_of(shape, seed + 1)
    half = torch.zeros(shape, dtype=torch.bool)
    half[:, :, :2] = True
    for case, known in [("upper half known", half), ("scattered pixels known", uniforms_of(shape, seed + 2) < 0.5)]:
        got = student(model, uniforms, image, known)
        hint = "a known value is never drawn, and every later value sees it"
        agree(got * known, image * known, f"{case}: known values", hint)
        follows_its_numbers(got.long(), Toy(3, seed)(got), uniforms, ~known, case)


@sample.check(points=1)
def looks_at_nothing_behind_the_known_mask(student, seed):
    """What `image` holds at unknown places has no effect, even on a model that sees everything."""
    shape = (2, 1, 3, 3)
    model = there(student, f"{HERE}:Everything")()
    uniforms, known = uniforms_of(shape, seed), uniforms_of(shape, seed + 1) < 0.5
    first = random_image(shape, 2, seed)
    other = torch.where(known, first, 1 - first)
    hint = "start from zeros and copy the known values only"
    agree(student(model, uniforms, other, known), student(model, uniforms, first, known), "two images that differ in unknown places", hint)


class Everything(nn.Module):
    """Scores that depend on the mean of the whole image: a leak on purpose."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) levels to (B, 2, C, H, W) logits."""
        mean = image.double().mean(dim=(1, 2, 3), keepdim=True)
        return torch.stack([4 * (mean - 0.5).expand(image.shape), torch.zeros(image.shape)], dim=1)


# 2.9


@fold.check(points=1)
def multiplies_patches_like_the_layer(fold, MaskedConv2d, seed):
    """Patches cut out by hand, rows from the kernel's first to the centre's."""
    for case in [("A", 1, 2, 1, (3, 3)), ("B", 3, 3, 3, (3, 5)), ("B", 2, 4, 1, (5, 1)), ("B", 6, 3, 3, (1, 1))]:
        layer, x, expected = masked_layer(MaskedConv2d, seed, *case)
        kind, inputs, outputs, _, (height, width) = case
        matrix, padded = fold(layer), _padded(x, (height, width))
        has_shape(matrix, (outputs, (height // 2 + 1) * width * inputs), f"{inputs} to {outputs} channels, kernel {(height, width)}")
        bias = next((tensor for name, tensor in state(layer).items() if tensor.ndim == 1), torch.zeros(outputs))
        for row, column in [(0, 0), (2, 3), (4, 5)]:
            window = padded[:, row : row + height // 2 + 1, column : column + width].flatten(1)
            hint = "weights times mask; axes in the order rows, columns, inputs before they are flattened"
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
    expected, scaled = model(image), 2 * image.double() / (levels - 1) - 1
    fold_all, empty_caches = given
    fold_all(model)
    caches = there(logits_at, f"{HERE}:Box")(empty_caches(model, batch, height, width), height, width)
    for row, column in np.ndindex(height, width):
        for colour in order:
            caches.put(scaled[:, :colour, row, column], row, column)
            got = caches.use(logits_at, model, row, column)
            has_shape(got, (batch, *expected.shape[1:3]), f"scores at {(row, column)}")
            hint = "write relu(down(relu(x))) into the block's cache first, then use conv_at on it; add to x; head last"
            case = f"scores of colour {colour} at {(row, column)}"
            agree(got[:, :, colour], expected[:, :, colour, row, column], case, hint, 1e-5)
        caches.put(scaled[:, :, row, column], row, column)


class Box:
    """Holds caches on the student's side, so that what is written into them stays."""

    def __init__(self, caches: list[torch.Tensor], height: int, width: int) -> None:
        self.caches = caches
        self.top, self.left = (caches[0].shape[1] - height) // 2, (caches[0].shape[2] - width) // 2

    def put(self, values: torch.Tensor, row: int, column: int) -> None:
        """Write (B, some of the colours) into the padded image."""
        self.caches[0][:, self.top + row, self.left + column, : values.shape[1]] = values

    def use(self, logits_at, model, row: int, column: int) -> torch.Tensor:
        """The student's function on the kept caches."""
        return logits_at(model, self.caches, row, column)


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
            raise Failure(
                f"{len(layers)} layers of {layers[0][1]} x {layers[0][1]}: got {seen} pixels seen, expected {expected}", "", picture
            )


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
            "the gradient of that one pixel's output",
            1e-4,
        )


@receptive_field.check(points=1)
def adds_up_channels_by_size(receptive_field, MaskedConv2d, seed):
    """Gradients of opposite sign in two input channels must not cancel."""
    layer = MaskedConv2d("A", 2, 2, 1, (3, 3))
    weight = torch.ones(2, 2, 3, 3)
    weight[:, 1] = -1
    load(layer, {name: weight if t.ndim == 4 and "mask" not in name else t for name, t in state(layer).items()})
    expected = np.zeros((4, 4))
    expected[1, 1:4] = 4
    expected[2, 1] = 4
    hint = "absolute values before the sum over input channels; all output channels together"
    agree(receptive_field(layer, 2, 4, 2, 2), expected, "weights 1 and -1", hint, 1e-5)
