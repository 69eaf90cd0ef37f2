"""Checks of lesson 6 on 3D convolutions. Oracles: torch's own layers, gradients, and sums worked out by hand."""

import functools
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder.checks.compare import agree, array, has_shape, raises, same
from autograder.checks.core import Exercise, Failure
from autograder.checks.student import state, vjp, weight_vjp
from autograder.checks.video_gan_tiny import compare_gradients, normal

conv3d = Exercise("conv3d")
layer_cost = Exercise("layer_cost")
receptive_field = Exercise("receptive_field")
CausalConv3d = Exercise("CausalConv3d")
FactorisedConv3d = Exercise("FactorisedConv3d")


@conv3d.check(points=1)
def a_kernel_of_one_frame_works_frame_by_frame(student, seed):
    """With a kernel of one frame the result is an image convolution of every frame for itself."""
    clip, weight, bias = normal(seed, 2, 3, 4, 5, 6), normal(seed + 1, 2, 3, 1, 3, 3), torch.zeros(2)
    expected = torch.stack([F.conv2d(clip[:, :, t], weight[:, :, 0], padding=1) for t in range(4)], dim=2)
    hint = "to fold time into the batch, move it beside the batch first (transpose), then flatten; and back in the reverse order"
    agree(student(clip, weight, bias, (1, 1, 1), (0, 1, 1)), expected, "kernel (1, 3, 3)", hint, 1e-4)


@conv3d.check(points=1)
def the_taps_meet_the_right_frames(student, seed):
    """One pixel, four frames 1, 2, 4, 8 and taps 1, 10, 100: the sums are worked out by hand."""
    clip, weight = torch.tensor([1.0, 2, 4, 8]).view(1, 1, 4, 1, 1), torch.tensor([1.0, 10, 100]).view(1, 1, 3, 1, 1)
    hint = "tap k of output t meets frame t * stride + k - padding: no flip, and zeros beyond both ends"
    for stride, padding, expected in [(1, 0, [421, 842]), (1, 1, [210, 421, 842, 84]), (2, 1, [210, 842]), (3, 2, [100, 842])]:
        got = student(clip, weight, torch.zeros(1), (stride, 1, 1), (padding, 0, 0))
        case = f"frames 1 2 4 8, taps 1 10 100, stride {stride}, padding {padding}"
        agree(got, torch.tensor(expected, dtype=torch.float).view(1, 1, -1, 1, 1), case, hint, 1e-3)


@conv3d.check(points=2)
def equals_the_library(student, seed):
    """Odd sizes, a batch of one, kernels, strides and paddings that differ along the axes, a bias, in float64."""
    hint = (
        "strides and paddings of height and width belong to each image convolution, those of time hold for a kernel of one frame, too; "
        "the bias is added once, not once a tap"
    )
    for place, (sizes, kernel, stride, padding) in enumerate(
        [
            ((1, 3, 5, 7, 6), (3, 3, 5), (1, 1, 1), (1, 1, 2)),
            ((2, 1, 9, 6, 8), (4, 2, 3), (2, 3, 2), (0, 1, 0)),
            ((2, 2, 7, 5, 9), (2, 3, 1), (4, 1, 2), (2, 0, 1)),
            ((2, 2, 6, 4, 5), (1, 3, 2), (2, 1, 1), (1, 1, 0)),
            ((2, 3, 6, 5, 4), (3, 1, 1), (1, 2, 1), (1, 0, 1)),
        ]
    ):
        clip, weight, bias = (normal(seed + i, *shape).double() for i, shape in [(place, sizes), (9, (4, sizes[1], *kernel)), (8, (4,))])
        expected = F.conv3d(clip, weight, bias, stride, padding)
        agree(
            student(clip, weight, bias, stride, padding),
            expected,
            f"float64 clip {sizes}, kernel {kernel}, stride {stride}, padding {padding}",
            f"{hint}; all stays float64",
            1e-9,
        )


@conv3d.check(points=1)
def passes_gradients_to_all_inputs(student, seed):
    """The gradients by clip, weight and bias are those of the library."""
    inputs = (normal(seed, 2, 2, 4, 5, 5), normal(seed + 1, 3, 2, 3, 3, 3), normal(seed + 2, 3))
    leaves = [value.clone().requires_grad_() for value in inputs]
    out = F.conv3d(*leaves, stride=(2, 1, 1), padding=(1, 0, 1))
    cotangent = normal(seed + 3, *out.shape)
    expected = torch.autograd.grad(out, leaves, cotangent)
    has_shape(student(*inputs, (2, 1, 1), (1, 0, 1)), out.shape, "stride (2, 1, 1), padding (1, 0, 1)")
    got = vjp(student, (*inputs, (2, 1, 1), (1, 0, 1)), cotangent)
    for name, gradient, right in zip(("clip", "weight", "bias"), got, expected, strict=False):
        if gradient is None:
            raise Failure(
                f"gradient by the {name}: none arrives", "build the result from torch operations on the inputs, without detach or numpy"
            )
        agree(gradient, right, f"gradient by the {name}", tolerance=1e-3)


@functools.cache
def libraries_cost(kind, channels, size, kernel, stride, padding):
    """The same three answers from a layer of torch."""
    layer = {"conv": nn.Conv3d, "transposed": nn.ConvTranspose3d}.get(kind)
    layer = layer(*channels, kernel, stride, padding) if layer else nn.MaxPool3d(kernel, stride, padding)
    out = layer(torch.zeros(1, channels[0], *size))
    return tuple(out.shape[2:]), sum(weight.numel() for weight in layer.parameters()), out.numel() * out.element_size()


LAYERS = [
    ("conv", (3, 5), (8, 9, 7), (3, 3, 3), (1, 2, 2), (1, 1, 0)),
    ("conv", (2, 4), (7, 8, 11), (4, 3, 2), (2, 3, 1), (1, 0, 1)),
    ("transposed", (4, 3), (2, 3, 5), (4, 4, 4), (2, 2, 2), (1, 1, 1)),
    ("transposed", (3, 2), (1, 1, 1), (2, 4, 4), (1, 1, 1), (0, 0, 0)),
    ("transposed", (2, 6), (3, 2, 4), (3, 2, 5), (3, 2, 1), (1, 0, 2)),
    ("transposed", (3, 4), (4, 3, 2), (3, 5, 3), (2, 2, 3), (1, 2, 1)),
    ("pool", (3, 3), (8, 9, 7), (2, 2, 3), (2, 2, 3), (0, 0, 1)),
    ("pool", (2, 2), (7, 9, 8), (3, 3, 2), (2, 1, 3), (1, 0, 1)),
    # these two have odd numbers of kernel weights and of outputs, above the 2^24 up to which float32 can count
    ("conv", (513, 257), (1, 11, 13), (1, 11, 13), (1, 1, 1), (0, 0, 0)),
    ("conv", (1, 257), (1, 255, 257), (1, 1, 1), (1, 1, 1), (0, 0, 0)),
]


@layer_cost.check(points=1)
def knows_the_sizes(student, seed):
    """Time, height and width of what torch's layers make."""
    for kind, *rest in LAYERS:
        hint = {
            "transposed": "a transposed layer turns Eq. (6.2) round, without output padding; each axis has its own three numbers",
            "pool": "round down, then add 1; a pool steps by its stride, which need not be its kernel",
        }.get(kind, "round down, then add 1")
        got = student(kind, *rest)
        agree(got[0], libraries_cost(kind, *rest)[0], f"size after {kind} of {rest}", hint)


@layer_cost.check(points=1)
def counts_the_parameters(student, seed):
    """As many as torch's layers have."""
    for kind, *rest in LAYERS:
        got = student(kind, *rest)
        agree(
            got[1],
            libraries_cost(kind, *rest)[1],
            f"parameters of {kind} of {rest}",
            "every pair of channels has a kernel, every output channel a bias; pooling has neither; count in whole numbers",
        )


@layer_cost.check(points=1)
def counts_the_bytes_of_the_output(student, seed):
    """Four for every number that comes out, for one clip."""
    for kind, *rest in LAYERS:
        got = student(kind, *rest)
        agree(
            got[2],
            libraries_cost(kind, *rest)[2],
            f"bytes of the output of {kind} of {rest}",
            "channels out times T' times H' times W', four bytes each; count in whole numbers",
        )


@layer_cost.check(points=1)
def serves_image_layers_and_refuses_other_kinds(student, seed):
    """Two axes work like three; an unknown kind is an error."""
    got = student("conv", (3, 2), (9, 8), (3, 4), (2, 1), (1, 0))
    agree(got[0], (5, 5), "size of a 2D convolution", "if clips come out right: do not count on three axes")
    agree(
        got[1:],
        (3 * 2 * 12 + 2, 4 * 2 * 25),
        "parameters and bytes of a 2D convolution",
        "if clips come out right: do not count on three axes",
    )
    for kind in ("dense", "convolution", "Conv", ""):
        raises(ValueError, lambda kind=kind: student(kind, (1, 1), (2, 2, 2), (1, 1, 1), (1, 1, 1), (0, 0, 0)), f"kind {kind!r}")


def frames_seen(layers):
    """Receptive field and jump by brute force: which inputs get a gradient from one output, and how far its neighbour's lie."""
    length = 1
    for kernel, stride, dilation in reversed(layers):
        length = (length - 1) * stride + (kernel - 1) * dilation + 1
    first = []
    for start in (0, 1):
        clip = torch.ones(1, 1, length + 400, requires_grad=True)
        out = clip
        for kernel, stride, dilation in layers:
            out = F.conv1d(out, torch.ones(1, 1, kernel), stride=stride, dilation=dilation)
        (gradient,) = torch.autograd.grad(out[0, 0, start], clip)
        seen = gradient[0, 0].nonzero().flatten()
        first.append((int(seen[0]), int(seen[-1])))
    return first[0][1] - first[0][0] + 1, first[1][0] - first[0][0]


@receptive_field.check(points=1)
def follows_a_stack_by_hand(student, seed):
    """Nothing, one layer, and more whose strides matter."""
    hint = "(k - 1) * dilation * jump more frames a layer; then jump times stride, which counts for the layers after it; in whole numbers"
    for layers, expected in [
        ([], (1, 1)),
        ([(3, 1, 1)], (3, 1)),
        ([(4, 2, 1), (4, 2, 1)], (10, 4)),
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)], (15, 1)),
        ([(4, 2, 1)] * 6, (190, 64)),
        ([(1, 3, 1)] * 16 + [(2, 1, 1)], (3**16 + 1, 3**16)),  # both more than float32 can count
    ]:
        agree(student(layers), expected, f"layers {layers}", hint)


@receptive_field.check(points=1)
def equals_what_gradients_show(student, seed):
    """Random stacks against the inputs that one output's gradient reaches."""
    random = np.random.default_rng(seed)
    for _ in range(6):
        layers = [tuple(int(random.integers(1, high)) for high in (5, 4, 4)) for _ in range(random.integers(2, 5))]
        expected = frames_seen(layers)
        hint = "(k - 1) * dilation * jump more frames a layer; then jump times stride, which counts for the layers after it"
        agree(student(layers), expected, f"layers (kernel, stride, dilation) {layers}", hint)


CAUSAL = [
    ((3, 3, 3), 1, (2, 3, 5, 4, 6)), ((2, 1, 5), 3, (1, 2, 8, 3, 7)), ((4, 5, 1), 2, (2, 1, 7, 5, 3)), ((1, 3, 3), 2, (2, 2, 4, 3, 5)),
]  # fmt: skip


@CausalConv3d.check(points=1)
def keeps_the_size(student, seed):
    """Also of a single image: a clip of one frame."""
    for kernel, dilation, sizes in [*CAUSAL, ((3, 3, 3), 2, (2, 3, 1, 5, 5))]:
        got = student(sizes[1], 4, kernel, dilation)(normal(seed, *sizes))
        has_shape(
            got,
            (sizes[0], 4, *sizes[2:]),
            f"clip {sizes}, kernel {kernel}, dilation {dilation}",
            "pad (k - 1) * dilation frames before the first, which is none for a kernel of one frame",
        )


@CausalConv3d.check(points=2)
def sees_past_frames_only(student, seed):
    """A changed frame changes itself and the outputs that its kernel reaches later, nothing earlier."""
    for kernel, dilation, sizes in CAUSAL:
        layer, clip, changed = student(sizes[1], 4, kernel, dilation), normal(seed, *sizes), 2
        first = layer(clip)
        for mode in ("evaluation", "evaluation", "training"):
            layer.train(mode == "training")
            hint = "keep nothing from one call to the next: zeros come before every clip"
            agree(layer(clip), first, f"the same clip again, in {mode}", hint)
        other = clip.clone()
        other[:, :, changed] += 1
        difference = np.abs(array(layer(other), "clip") - array(first, "clip")).max(axis=(0, 1, 3, 4)) > 1e-6
        reached = [changed <= t and (t - changed) % dilation == 0 and (t - changed) // dilation < kernel[0] for t in range(sizes[2])]
        hint = "all padding in time goes before the first frame: the last argument pair of F.pad is (past, future)"
        agree(difference, reached, f"outputs that change with frame {changed}, kernel {kernel}, dilation {dilation}", hint)


@CausalConv3d.check(points=1)
def equals_the_library_on_a_padded_clip(student, seed):
    """With the student's weights, torch's convolution of the clip with zeros before it, and its gradients; also of one frame."""
    for kernel, dilation, sizes in [*CAUSAL, ((3, 3, 3), 2, (2, 3, 1, 5, 5))]:
        layer, clip = student(sizes[1], 4, kernel, dilation), normal(seed, *sizes)
        tensors = list(state(layer).values())
        shapes = sorted(tuple(value.shape) for value in tensors)
        agree(
            sum(map(math.prod, shapes)),
            4 * sizes[1] * math.prod(kernel) + 4,
            "number of parameters",
            "one nn.Conv3d with bias, nothing else",
        )
        weight, bias = sorted(tensors, key=lambda value: -value.ndim)
        clip, weight, bias = leaves = [value.requires_grad_() for value in (clip, weight, bias)]
        past = torch.zeros(sizes[0], sizes[1], (kernel[0] - 1) * dilation, *sizes[3:])
        space = (0, kernel[1] // 2, kernel[2] // 2)
        expected = F.conv3d(torch.cat([past, clip], dim=2), weight, bias, padding=space, dilation=(dilation, 1, 1))
        case, cotangent = f"clip {sizes}, kernel {kernel}, dilation {dilation}", normal(seed + 1, *expected.shape)
        agree(layer(clip), expected, case, "zeros as padding; dilation in time only; of one frame the last tap counts", 1e-4)
        got = {"the clip": vjp(layer, (clip,), cotangent)[0]}
        got |= dict(sorted(weight_vjp(layer, layer, (clip,), cotangent).items(), key=lambda item: -getattr(item[1], "ndim", 0)))
        compare_gradients(got, torch.autograd.grad(expected, leaves, cotangent), case, "no detach and no no_grad inside a layer")


FACTORISED = [(3, 4, 3, 3), (5, 2, 3, 5), (2, 7, 5, 1), (3, 4, 1, 3)]


def kernels(layer):
    """Weights and biases of the student's layer."""
    tensors = state(layer)
    hint = "`space` and `time` are convolutions with bias, and all there is to learn: no batch norm between"
    same(sorted(tensors), ["space.bias", "space.weight", "time.bias", "time.weight"], "weights of the layer", hint)
    return tensors


@FactorisedConv3d.check(points=1)
def has_the_kernels_of_the_paper(student, seed):
    """Kernels in space and in time, M channels between, and no more weights than a full kernel."""
    for before, after, time, side in FACTORISED:
        tensors = kernels(student(before, after, time, side))
        between = time * side**2 * before * after // (side**2 * before + time * after)
        expected = {
            "space.weight": (between, before, 1, side, side),
            "space.bias": (between,),
            "time.weight": (after, between, time, 1, 1),
            "time.bias": (after,),
        }
        hint = "space: (1, d, d) from N_in to M channels; time: (t, 1, 1) from M to N_out; M is rounded down"
        for name, shape in expected.items():
            has_shape(tensors[name], shape, f"{name} for {before} to {after} channels, t = {time}, d = {side}", hint)


@FactorisedConv3d.check(points=2)
def equals_the_library_in_two_steps(student, seed):
    """Convolution in space, ReLU, convolution in time, with the student's weights; sizes stay."""
    for before, after, time, side in FACTORISED:
        layer, clip = student(before, after, time, side), normal(seed, 2, before, 4, 5, 6)
        tensors = kernels(layer)
        hidden = F.conv3d(clip, tensors["space.weight"], tensors["space.bias"], padding=(0, side // 2, side // 2)).clamp(min=0)
        expected = F.conv3d(hidden, tensors["time.weight"], tensors["time.bias"], padding=(time // 2, 0, 0))
        hint = "first space, then ReLU, then time, and no ReLU after it; pad half the kernel on both sides"
        agree(layer(clip), expected, f"{before} to {after} channels, t = {time}, d = {side}", hint, 1e-4)


@FactorisedConv3d.check(points=1)
def passes_gradients_through_both_kernels(student, seed):
    """The gradient by the clip is that of the two steps."""
    layer, clip, cotangent = student(3, 4, 3, 3), normal(seed, 1, 3, 4, 5, 6), normal(seed + 1, 1, 4, 4, 5, 6)
    tensors, leaf = kernels(layer), clip.clone().requires_grad_()
    out = F.conv3d(
        F.relu(F.conv3d(leaf, tensors["space.weight"], tensors["space.bias"], padding=(0, 1, 1))), tensors["time.weight"], padding=(1, 0, 0)
    )
    (gradient,) = vjp(layer, (clip,), cotangent)
    if gradient is None:
        raise Failure("gradient by the clip: none arrives", "no detach and no no_grad inside a layer")
    agree(gradient, torch.autograd.grad(out, leaf, cotangent)[0], "gradient by the clip", "ReLU goes between the two, nowhere else", 1e-4)
