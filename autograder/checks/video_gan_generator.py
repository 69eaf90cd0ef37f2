"""Checks of lesson 6 on VGAN's generator. Oracles: torch's functions, ends of known weights, numbers of the published network."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from autograder.checks.compare import agree, array, differ, has_shape, same
from autograder.checks.core import Exercise, Failure
from autograder.checks.student import load, state, vjp, weight_vjp
from autograder.checks.video_gan_tiny import compare_gradients, normal, own_numbers, parameters, shapes_of, transposed_stack

trunk = Exercise("trunk")
Generator = Exercise("Generator")


TRUNKS = [(2, 5, (6, 4)), (3, 5, (6, 4)), (3, 3, (4, 5, 2)), (2, 4, (3,)), (3, 4, (3,)), (2, 3, (4, 4, 4))]


@trunk.check(points=1)
def doubles_every_side_with_each_layer(student, seed):
    """From side 1 to 4 (and 2 frames), then twice as much a layer, in two and three dimensions."""
    for dimensions, noise, widths in TRUNKS:
        sides = [side * 2 ** (len(widths) - 1) for side in (2, 4, 4)[-dimensions:]]
        got = student(dimensions, noise, widths)(normal(seed, 2, noise, *[1] * dimensions))
        has_shape(
            got,
            (2, widths[-1], *sides),
            f"{dimensions} dimensions, widths {widths}",
            "first layer: kernel (2, 4, 4) or (4, 4), no padding; others: 4, 2, 1",
        )


@trunk.check(points=2)
def equals_its_layers_one_by_one(student, seed):
    """Convolution with bias, batch norm, ReLU: with the student's parameters, in their order, run by torch's functions, in both modes."""
    for dimensions, noise, widths in TRUNKS:
        network, inputs = student(dimensions, noise, widths), normal(seed, 3, noise, *[1] * dimensions)
        tensors, case = own_numbers(network, seed), f"{dimensions} dimensions, widths {widths}"
        expected = transposed_stack(tensors, inputs, ends_in_norm=True)
        hint = "each layer: transposed convolution with bias, batch norm, ReLU, the last one too; made in training, with torch's epsilon"
        if expected is None:
            raise Failure(f"{case}: the parameters are not those of such a stack: {shapes_of(tensors)}", hint)
        agree(network(inputs), expected, case, hint, 1e-3)
        network.eval()
        expected = transposed_stack(tensors, inputs, True, state(network))
        for clips in (3, 1):
            hint = "in evaluation batch norm uses its running statistics, and a clip is alone or among others the same"
            agree(network(inputs[:clips]), expected[:clips], f"{case}, {clips} in evaluation", hint, 1e-3)


@trunk.check(points=1)
def has_the_published_number_of_parameters(student, seed):
    """VGAN's two trunks, without their ends."""
    for dimensions, taps in [(2, (16, 16)), (3, (32, 64))]:
        widths = (512, 256, 128, 64)
        weights = 100 * 512 * taps[0] + (512 * 256 + 256 * 128 + 128 * 64) * taps[1]
        got = sum(value.numel() for value in parameters(state(student(dimensions, 100, widths))).values())
        hint = "every layer has a bias, every batch norm a gain and a bias"
        same(got, weights + 3 * sum(widths), f"parameters in {dimensions} dimensions", hint)


def ended(student, seed, **biases):
    """A small generator whose ends give the same value everywhere: weights 0, and these biases."""
    generator = student(5, (6, 4))
    tensors = state(generator)
    for name, bias in biases.items():
        for kind, value in (("weight", 0.0), ("bias", bias)):
            if f"{name}.{kind}" not in tensors:
                raise Failure(
                    f"there is no {name}.{kind} among the tensors of the generator", "the three ends have the names of the docstring"
                )
            tensors[f"{name}.{kind}"].fill_(value)
    load(generator, tensors)
    return generator


@Generator.check(points=1)
def has_the_published_size(student, seed):
    """Widths 512, 256, 128, 64: clips of 32 frames of 64 by 64, and 16.25 million parameters."""
    generator = student(100, (512, 256, 128, 64))
    count = sum(value.numel() for value in parameters(state(generator)).values())
    same(
        count,
        16_245_383,
        "number of parameters",
        "two trunks, ends of 3, 1 and 3 channels (one mask for all colours), all convolutions with bias",
    )
    clip, mask = generator(normal(seed, 1, 100))
    has_shape(clip, (1, 3, 32, 64, 64), "clip")
    has_shape(mask, (1, 1, 32, 64, 64), "mask", "one mask for all three colours")


@Generator.check(points=1)
def makes_small_clips_too(student, seed):
    """Each width doubles all sides; the streams have the shapes that they should, and two of them move."""
    for widths, sides in [((6, 4), (8, 16, 16)), ((5, 4, 3), (16, 32, 32))]:
        foreground, mask, background = student(7, widths).streams(normal(seed, 2, 7))
        has_shape(foreground, (2, 3, *sides), f"foreground, widths {widths}")
        has_shape(mask, (2, 1, *sides), f"mask, widths {widths}", "one mask for all three colours")
        has_shape(background, (2, 3, *sides[1:]), f"background, widths {widths}", "the background is one image, made without time")
        for name, stream in (("foreground", foreground), ("mask", mask)):
            differ(stream[:, :, 0], stream[:, :, -1], f"{name}, last frame against first", "foreground and mask have a time of their own")


def streams_of(tensors, noise, statistics):
    """Foreground, mask and background by torch's functions, from the parameters of two trunks and three ends."""
    trunks, axes = {}, 0
    for name, value in tensors.items():
        axes = value.ndim if value.ndim > 1 else axes  # a convolution's bias and norm follow it
        if name.partition(".")[0] not in ("foreground", "mask", "background"):
            trunks.setdefault(axes, {})[name] = value
    inputs = {4: noise[:, :, None, None], 5: noise[:, :, None, None, None]}
    hidden = {axes: transposed_stack(trunks.get(axes, {}), inputs[axes], True, statistics) for axes in inputs}
    if hidden[4] is None or hidden[5] is None:
        raise Failure(
            f"the parameters are not those of two trunks: {shapes_of(tensors)}", "`trunk(2, ...)`, `trunk(3, ...)` and three ends"
        )
    ends = {"foreground": (F.conv_transpose3d, 5), "mask": (F.conv_transpose3d, 5), "background": (F.conv_transpose2d, 4)}
    for name, (convolution, axes) in ends.items():
        out = convolution(hidden[axes], tensors[f"{name}.weight"], tensors[f"{name}.bias"], stride=2, padding=1)
        yield out.sigmoid() if name == "mask" else out.tanh()


@Generator.check(points=1)
def makes_its_streams_layer_by_layer(student, seed):
    """Streams and clip from the student's parameters, run by torch's functions: in training, in evaluation, and of one clip."""
    generator, noise = student(5, (6, 4)), 2 * normal(seed, 3, 5)
    tensors = own_numbers(generator, seed)
    for clips, mode in [(3, "training"), (3, "evaluation"), (1, "evaluation")]:
        generator.train(mode == "training")
        statistics = None if mode == "training" else state(generator)
        foreground, mask, background = expected = list(streams_of(tensors, noise[:clips], statistics))
        hint = "the noise goes into both trunks as it is; a transposed convolution (4, 2, 1), then tanh or sigmoid, ends each stream"
        for name, got, right in zip(("foreground", "mask", "background"), generator.streams(noise[:clips]), expected, strict=True):
            agree(got, right, f"{name}, batch of {clips} in {mode}", hint, 1e-4)
        mixed = mask * foreground + (1 - mask) * background[:, :, None]
        agree(
            generator(noise[:clips])[0],
            mixed,
            f"clip, batch of {clips} in {mode}",
            "m f + (1 - m) b, with the mask as it is and b in all frames: Eq. (6.6) in both modes",
            1e-4,
        )


@Generator.check(points=1)
def ends_in_tanh_and_sigmoid(student, seed):
    """With ends of weight 0 every stream is a known number."""
    foreground, mask, background = ended(student, seed, foreground=0.5, mask=0.3, background=-0.4).streams(normal(seed, 2, 5))
    agree(
        foreground,
        np.full((2, 3, 8, 16, 16), math.tanh(0.5)),
        "foreground of bias 0.5",
        "clips are in [-1, 1]: the foreground ends in tanh",
        1e-5,
    )
    agree(
        mask, np.full((2, 1, 8, 16, 16), 1 / (1 + math.exp(-0.3))), "mask of bias 0.3", "the mask is in [0, 1]: it ends in a sigmoid", 1e-5
    )
    agree(
        background,
        np.full((2, 3, 16, 16), math.tanh(-0.4)),
        "background of bias -0.4",
        "clips are in [-1, 1]: the background ends in tanh",
        1e-5,
    )


@Generator.check(points=2)
def shows_foreground_where_the_mask_is_one(student, seed):
    """Closed mask: the background, alike in all frames. Open mask: the foreground. Half: their mean."""
    for bias, where in [(-50.0, "0"), (50.0, "1"), (0.0, "0.5")]:
        generator, noise = ended(student, seed, mask=bias), normal(seed, 3, 5)
        foreground, _, background = (array(stream, "stream") for stream in generator.streams(noise))
        share = {"0": 0.0, "1": 1.0, "0.5": 0.5}[where]
        expected = share * foreground + (1 - share) * background[:, :, None]
        clip, mask = generator(noise)
        agree(
            clip,
            expected,
            f"clip where the mask is {where}",
            "m f + (1 - m) b: the mask goes with the foreground, the background stands still",
            1e-5,
        )
        agree(mask, np.full((3, 1, 8, 16, 16), share), "the mask that comes with the clip", tolerance=1e-5)


@Generator.check(points=1)
def mixes_by_its_own_mask(student, seed):
    """Any mask, pixel by pixel: the clip is made of the streams, which run once."""
    generator, noise = student(5, (6, 4)), normal(seed, 3, 5)
    generator(noise)
    counts = [int(value) for name, value in state(generator).items() if name.endswith("num_batches_tracked")]
    agree(max(counts, default=1), 1, "batches that batch norm has seen after one call", "call the streams once, and take all three of it")
    foreground, mask, background = (array(stream, "stream") for stream in generator.streams(noise))
    clip, returned = generator(noise)
    agree(clip, mask * foreground + (1 - mask) * background[:, :, None], "clip", "Eq. (6.6), with the streams of the same noise", 1e-5)
    agree(returned, mask, "the mask that comes with the clip", tolerance=1e-5)


@Generator.check(points=1)
def learns_from_clip_and_mask(student, seed):
    """Gradients of all weights by clip and mask, against Eq. (6.6) differentiated by hand: (f - b) for the mask, m and 1 - m."""
    generator, noise = student(5, (6, 4)), normal(seed, 3, 5)
    foreground, mask, background = generator.streams(noise)
    by_clip, by_mask = normal(seed + 1, *foreground.shape), normal(seed + 2, *mask.shape)
    by_mix = (by_clip * (foreground - background[:, :, None])).sum(dim=1, keepdim=True)
    by_streams = [by_clip * mask, by_mix + by_mask, (by_clip * (1 - mask)).sum(dim=2)]
    expected = weight_vjp(generator.streams, generator, (noise,), by_streams)
    for name, gradient in expected.items():
        if gradient is None:
            raise Failure(f"no gradient reaches {name} from the streams", "no detach and no no_grad in the generator")
    got = weight_vjp(generator, generator, (noise,), [by_clip, by_mask])
    compare_gradients(
        got,
        expected.values(),
        "clip and mask",
        "if the clip itself is right, nothing is detached: the mask learns from the clip and from its price",
    )


@Generator.check(points=1)
def every_stream_depends_on_the_noise(student, seed):
    """All three streams pass a gradient to the noise vector of every clip."""
    generator, noise = student(5, (6, 4)), normal(seed, 4, 5)
    shapes = [stream.shape for stream in generator.streams(noise)]
    for place, name in enumerate(("foreground", "mask", "background")):
        cotangent = [normal(seed + i, *shape) * (i == place) for i, shape in enumerate(shapes)]
        (gradient,) = vjp(generator.streams, (noise,), cotangent)
        if gradient is None:
            raise Failure(f"gradient of the {name} by the noise: none arrives", "every stream starts from the noise it is given")
        differ(
            gradient,
            torch.zeros_like(gradient),
            f"gradient of the {name} by the noise",
            "every stream starts from the noise it is given",
            1e-9,
        )
