"""Answers to lesson 6 that the checks must tell apart."""

import itertools
import math

import numpy as np
import scipy.linalg
import torch
from torch import nn
from torch.nn import functional as F

from solutions import a06_video_gan as reference
from tests.answers.core import right, wrong


@right("conv3d")
def by_windows(clip, weight, bias, stride, padding):
    padded = F.pad(clip, tuple(side for p in padding[::-1] for side in (p, p)))
    windows = padded
    for axis in range(3):
        windows = windows.unfold(2 + axis, weight.shape[2 + axis], stride[axis])
    return torch.einsum("bcthwijk,ocijk->bothw", windows, weight) + bias.view(1, -1, 1, 1, 1)


@right("conv3d")
def voxel_by_voxel(clip, weight, bias, stride, padding):
    kernel = weight.shape[2:]
    padded = F.pad(clip, tuple(side for p in padding[::-1] for side in (p, p)))
    sizes = [(n - k) // s + 1 for n, k, s in zip(padded.shape[2:], kernel, stride, strict=True)]
    values = []
    for place in itertools.product(*map(range, sizes)):
        box = [slice(i * s, i * s + k) for i, s, k in zip(place, stride, kernel, strict=True)]
        values.append(padded[:, :, *box].flatten(1) @ weight.flatten(1).T + bias)
    return torch.stack(values, dim=2).unflatten(2, sizes)


def conv3d_with(fold=None, unfold=None, tap_of=lambda tap, taps: tap, pad=True, bias_each=False, stride_time=True):
    """The reference with one thing done differently."""

    def answer(clip, weight, bias, stride, padding):
        padded = F.pad(clip, (0, 0, 0, 0, padding[0], padding[0])) if pad else clip
        step = stride[0] if stride_time else 1
        taps = weight.shape[2]
        frames = (padded.shape[2] - taps) // step + 1
        out = 0
        for tap in range(taps):
            taken = padded[:, :, tap : tap + step * (frames - 1) + 1 : step]
            folded = fold(taken) if fold else taken.transpose(1, 2).flatten(0, 1)
            out = out + F.conv2d(folded, weight[:, :, tap_of(tap, taps)], bias if bias_each else None, stride[1:], padding[1:])
        out = unfold(out, len(clip), frames) if unfold else out.unflatten(0, (len(clip), frames)).transpose(1, 2)
        return out if bias_each else out + bias[:, None, None, None]

    return answer


@wrong("conv3d", message="move it beside the batch first")
def folded_by_view(clip, weight, bias, stride, padding):
    fold = conv3d_with(fold=lambda taken: taken.reshape(-1, taken.shape[1], *taken.shape[3:]))
    return fold(clip, weight, bias, stride, padding)


@wrong("conv3d", message="move it beside the batch first")
def unfolded_by_view(clip, weight, bias, stride, padding):
    unfold = conv3d_with(unfold=lambda out, batch, frames: out.reshape(batch, out.shape[1], frames, *out.shape[2:]))
    return unfold(clip, weight, bias, stride, padding)


@wrong("conv3d", message="no flip")
def flipped_in_time(clip, weight, bias, stride, padding):
    return conv3d_with(tap_of=lambda tap, taps: taps - 1 - tap)(clip, weight, bias, stride, padding)


@wrong("conv3d", message="zeros beyond both ends")
def without_padding_in_time(clip, weight, bias, stride, padding):
    return conv3d_with(pad=False)(clip, weight, bias, stride, padding)


@wrong("conv3d", message="added once, not once a tap")
def bias_with_every_tap(clip, weight, bias, stride, padding):
    return conv3d_with(bias_each=True)(clip, weight, bias, stride, padding)


@wrong("conv3d", message="tap k of output t meets frame t * stride + k - padding")
def without_stride_in_time(clip, weight, bias, stride, padding):
    return conv3d_with(stride_time=False)(clip, weight, bias, stride, padding)


@wrong("conv3d", message="hold for a kernel of one frame, too")
def without_a_look_at_time_for_one_tap(clip, weight, bias, stride, padding):
    if weight.shape[2] > 1:
        return by_windows(clip, weight, bias, stride, padding)
    return torch.stack([F.conv2d(image, weight[:, :, 0], bias, stride[1:], padding[1:]) for image in clip.unbind(2)], dim=2)


@wrong("conv3d", message="without detach or numpy")
def through_numpy(clip, weight, bias, stride, padding):
    return by_windows(clip.detach(), weight.detach(), bias.detach(), stride, padding)


@wrong("conv3d", message="kernel (1, 3, 3)")
def zeros_of_the_right_shape(clip, weight, bias, stride, padding):
    return 0 * by_windows(clip, weight, bias, stride, padding)


@right("layer_cost")
def by_building_the_layer(kind, channels, size, kernel, stride, padding):
    if kind == "pool":
        layer = (nn.MaxPool2d if len(size) == 2 else nn.MaxPool3d)(kernel, stride, padding)
    elif kind == "conv":
        layer = (nn.Conv2d if len(size) == 2 else nn.Conv3d)(*channels, kernel, stride, padding)
    elif kind == "transposed":
        layer = (nn.ConvTranspose2d if len(size) == 2 else nn.ConvTranspose3d)(*channels, kernel, stride, padding)
    else:
        raise ValueError(kind)
    out = layer(torch.zeros(1, channels[0], *size))
    return tuple(out.shape[2:]), sum(p.numel() for p in layer.parameters()), out.nbytes


@right("layer_cost")
def axis_by_axis(kind, channels, size, kernel, stride, padding):
    if kind not in {"conv", "pool", "transposed"}:
        raise ValueError(f"no such layer: {kind}")
    out, taps, voxels = [], 1, 1
    for i in range(len(size)):
        whole = size[i] + 2 * padding[i]
        out.append(
            1 + max(whole - kernel[i], 0) // stride[i] if kind != "transposed" else stride[i] * (size[i] - 1) + kernel[i] - 2 * padding[i]
        )
        taps *= kernel[i]
        voxels *= out[i]
    return tuple(out), (kind != "pool") * channels[1] * (channels[0] * taps + 1), voxels * channels[1] * 4


def cost_with(change):
    """The right numbers, changed."""

    def answer(kind, channels, size, kernel, stride, padding):
        return change(kind, channels, size, kernel, stride, padding, axis_by_axis(kind, channels, size, kernel, stride, padding))

    return answer


@wrong("layer_cost", message="round down, then add 1")
def rounded_up(kind, channels, size, kernel, stride, padding):
    out = tuple(math.ceil((n + 2 * p - k) / s) + 1 for n, k, s, p in zip(size, kernel, stride, padding, strict=True))
    right_out, *rest = axis_by_axis(kind, channels, size, kernel, stride, padding)
    return right_out if kind == "transposed" else out, *rest


@wrong("layer_cost", message="turns Eq. (6.2) round")
def transposed_like_conv(kind, channels, size, kernel, stride, padding):
    return axis_by_axis("conv" if kind == "transposed" else kind, channels, size, kernel, stride, padding)


@wrong("layer_cost", message="without output padding")
def twice_as_large_again(kind, channels, size, kernel, stride, padding):
    out, *rest = axis_by_axis(kind, channels, size, kernel, stride, padding)
    if kind == "transposed":
        axes = zip(out, size, kernel, stride, padding, strict=True)
        out = tuple(2 * n if s == 2 and k == 2 * p + 1 else o for o, n, k, s, p in axes)
    return out, *rest


@wrong("layer_cost", message="need not be its kernel")
def pools_side_by_side(kind, channels, size, kernel, stride, padding):
    return axis_by_axis(kind, channels, size, kernel, kernel if kind == "pool" else stride, padding)


@wrong("layer_cost", message="pooling has neither; count in whole numbers")
def weights_in_float32(kind, channels, size, kernel, stride, padding):
    out, parameters, memory = axis_by_axis(kind, channels, size, kernel, stride, padding)
    return out, parameters and int(np.float32(parameters - channels[1])) + channels[1], memory


@wrong("layer_cost", message="four bytes each; count in whole numbers")
def bytes_in_float32(kind, channels, size, kernel, stride, padding):
    out, parameters, memory = axis_by_axis(kind, channels, size, kernel, stride, padding)
    return out, parameters, int(np.float32(memory))


@wrong("layer_cost", message="every output channel a bias")
def without_biases(kind, channels, size, kernel, stride, padding):
    out, _, memory = axis_by_axis(kind, channels, size, kernel, stride, padding)
    return out, (kind != "pool") * channels[0] * channels[1] * math.prod(kernel), memory


@wrong("layer_cost", message="pooling has neither")
def pooling_with_weights(kind, channels, size, kernel, stride, padding):
    out, _, memory = axis_by_axis(kind, channels, size, kernel, stride, padding)
    return out, channels[1] * (channels[0] * math.prod(kernel) + 1), memory


@wrong("layer_cost", message="four bytes each")
def elements_for_bytes(kind, channels, size, kernel, stride, padding):
    out, parameters, memory = axis_by_axis(kind, channels, size, kernel, stride, padding)
    return out, parameters, memory // 4


@wrong("layer_cost", message="channels out times T' times H' times W'")
def memory_of_the_input(kind, channels, size, kernel, stride, padding):
    out, parameters, _ = axis_by_axis(kind, channels, size, kernel, stride, padding)
    return out, parameters, 4 * channels[0] * math.prod(size)


@wrong("layer_cost", message="expected ValueError")
def any_kind(kind, channels, size, kernel, stride, padding):
    return axis_by_axis(kind if kind in ("pool", "transposed") else "conv", channels, size, kernel, stride, padding)


@wrong("layer_cost", message="kind 'convolution'")
def whatever_begins_like_conv(kind, channels, size, kernel, stride, padding):
    return axis_by_axis("conv" if kind.startswith("conv") else kind, channels, size, kernel, stride, padding)


@wrong("layer_cost", message="kind 'Conv'")
def in_capitals_too(kind, channels, size, kernel, stride, padding):
    return axis_by_axis(kind.lower(), channels, size, kernel, stride, padding)


@right("receptive_field")
def from_the_end(layers):
    frames, jump = 1, 1
    for kernel, stride, dilation in reversed(layers):
        frames = (frames - 1) * stride + (kernel - 1) * dilation + 1
        jump *= stride
    return frames, jump


@right("receptive_field")
def as_a_sum(layers):
    jumps = [math.prod(stride for _, stride, _ in layers[:place]) for place in range(len(layers) + 1)]
    return 1 + sum((kernel - 1) * dilation * jump for (kernel, _, dilation), jump in zip(layers, jumps, strict=False)), jumps[-1]


@wrong("receptive_field", message="dilation * jump more frames")
def sum_of_kernels(layers):
    return 1 + sum((kernel - 1) * dilation for kernel, _, dilation in layers), as_a_sum(layers)[1]


@wrong("receptive_field", message="counts for the layers after it")
def stride_of_its_own_layer(layers):
    frames, jump = 1, 1
    for kernel, stride, dilation in layers:
        jump *= stride
        frames += (kernel - 1) * dilation * jump
    return frames, jump


@wrong("receptive_field", message="(k - 1)")
def kernel_instead_of_kernel_minus_one(layers):
    frames, jump = 1, 1
    for kernel, stride, dilation in layers:
        frames += kernel * dilation * jump
        jump *= stride
    return frames, jump


@wrong("receptive_field", message="dilation")
def without_dilation(layers):
    return as_a_sum([(kernel, stride, 1) for kernel, stride, _ in layers])


@wrong("receptive_field", message="layers [(4, 2, 1), (4, 2, 1)]")
def strides_added(layers):
    return as_a_sum(layers)[0], 1 + sum(stride - 1 for _, stride, _ in layers)


@wrong("receptive_field", message="in whole numbers")
def in_float32(layers):
    return tuple(int(np.float32(number)) for number in as_a_sum(layers))


@right("CausalConv3d")
class PaddedByConcatenation(nn.Module):
    def __init__(self, channels_in, channels_out, kernel, dilation=1):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels_out, channels_in, *kernel) / 10)
        self.bias = nn.Parameter(torch.randn(channels_out))
        self.dilation = dilation

    def forward(self, clip):
        kernel = self.weight.shape[2:]
        past = clip.new_zeros(*clip.shape[:2], (kernel[0] - 1) * self.dilation, *clip.shape[3:])
        space = (0, kernel[1] // 2, kernel[2] // 2)
        return F.conv3d(torch.cat([past, clip], 2), self.weight, self.bias, padding=space, dilation=(self.dilation, 1, 1))


@right("CausalConv3d")
class CutAtTheEnd(nn.Conv3d):
    def __init__(self, channels_in, channels_out, kernel, dilation=1):
        past = (kernel[0] - 1) * dilation
        super().__init__(channels_in, channels_out, kernel, padding=(past, kernel[1] // 2, kernel[2] // 2), dilation=(dilation, 1, 1))

    def forward(self, clip):
        return super().forward(clip)[:, :, : clip.shape[2]]


class CausalWith(nn.Module):
    """A causal convolution with the padding in time that a subclass says."""

    mode, bias, dilated_space = "constant", True, False

    def __init__(self, channels_in, channels_out, kernel, dilation=1):
        super().__init__()
        across = dilation if self.dilated_space else 1
        self.space = [side // 2 * across for side in kernel[1:]]
        self.conv = nn.Conv3d(channels_in, channels_out, kernel, dilation=(dilation, across, across), bias=self.bias)
        self.sides = self.padding(kernel[0], dilation)

    def padding(self, kernel, dilation):
        return (kernel - 1) * dilation, 0

    def forward(self, clip):
        padded = F.pad(clip, (self.space[1], self.space[1], self.space[0], self.space[0], 0, 0))
        return self.conv(F.pad(padded, (0, 0, 0, 0, *self.sides), mode=self.mode))


@wrong("CausalConv3d", message="before the first frame")
class SamePadding(CausalWith):
    def padding(self, kernel, dilation):
        both = (kernel - 1) * dilation
        return both // 2, both - both // 2


@wrong("CausalConv3d", message="before the first frame")
class PaddedInTheFuture(CausalWith):
    def padding(self, kernel, dilation):
        return 0, (kernel - 1) * dilation


@wrong("CausalConv3d", message="(k - 1) * dilation frames before the first")
class PaddedWithoutDilation(CausalWith):
    def padding(self, kernel, dilation):
        return kernel - 1, 0


@wrong("CausalConv3d", message="before the first frame")
class StrictlyPast(CausalWith):
    def padding(self, kernel, dilation):
        return (kernel - 1) * dilation + 1, -1


@wrong("CausalConv3d", message="zeros as padding")
class FirstFrameRepeated(CausalWith):
    mode = "replicate"


@wrong("CausalConv3d", message="dilation in time only")
class DilatedInSpaceToo(CausalWith):
    dilated_space = True


@wrong("CausalConv3d", message="keep nothing from one call to the next")
class StreamsInEvaluation(CausalWith):
    last = None

    def forward(self, clip):
        fresh = self.training or self.last is None or self.last.shape != clip.shape
        past = torch.zeros_like(clip) if fresh else self.last
        self.last = None if self.training else clip
        return super().forward(torch.cat([past, clip], 2))[:, :, clip.shape[2] :]


@wrong("CausalConv3d", message="one nn.Conv3d with bias")
class WithoutBias(CausalWith):
    bias = False


@wrong("CausalConv3d", message="no detach")
class WithoutGradientToTheClip(CausalWith):
    def forward(self, clip):
        return super().forward(clip.detach())


@wrong("CausalConv3d", message="none for a kernel of one frame")
class CutByANegativeIndex(CausalWith):
    def padding(self, kernel, dilation):
        self.future = (kernel - 1) * dilation
        return self.future, self.future

    def forward(self, clip):
        return super().forward(clip)[:, :, : -self.future]


@right("FactorisedConv3d")
class InOneSequence(nn.Sequential):
    def __init__(self, channels_in, channels_out, time, side):
        super().__init__()
        taps = side * side
        between = (time * taps * channels_in * channels_out) // (taps * channels_in + time * channels_out)
        self.add_module("space", nn.Conv3d(channels_in, between, (1, side, side), padding="same"))
        self.add_module("between", nn.ReLU())
        self.add_module("time", nn.Conv3d(between, channels_out, (time, 1, 1), padding="same"))


@right("FactorisedConv3d")
class SpaceFrameByFrame(nn.Module):
    def __init__(self, channels_in, channels_out, time, side):
        super().__init__()
        between = int(time * side**2 * channels_in * channels_out / (side**2 * channels_in + time * channels_out))
        self.space = nn.Conv3d(channels_in, between, (1, side, side))
        self.time = nn.Conv3d(between, channels_out, (time, 1, 1))

    def forward(self, clip):
        weight, half = self.space.weight[:, :, 0], self.space.weight.shape[-1] // 2
        frames = [F.conv2d(frame, weight, self.space.bias, padding=half).relu() for frame in clip.unbind(dim=2)]
        return F.conv3d(torch.stack(frames, 2), self.time.weight, self.time.bias, padding=(self.time.weight.shape[2] // 2, 0, 0))


class FactorisedWith(nn.Module):
    """The reference's layers, used as a subclass says."""

    def between(self, before, after, time, side):
        return time * side**2 * before * after // (side**2 * before + time * after)

    def __init__(self, channels_in, channels_out, time, side):
        super().__init__()
        between = self.between(channels_in, channels_out, time, side)
        self.space = nn.Conv3d(channels_in, between, (1, side, side), padding=(0, side // 2, side // 2))
        self.time = nn.Conv3d(between, channels_out, (time, 1, 1), padding=(time // 2, 0, 0))


@wrong("FactorisedConv3d", message="first space, then ReLU")
class WithoutRelu(FactorisedWith):
    def forward(self, clip):
        return self.time(self.space(clip))


@wrong("FactorisedConv3d", message="no ReLU after it")
class ReluAtTheEnd(FactorisedWith):
    def forward(self, clip):
        return self.time(self.space(clip).relu()).relu()


@wrong("FactorisedConv3d", message="from N_in to M channels")
class OutputsBetween(FactorisedWith):
    def between(self, before, after, time, side):
        return after

    def forward(self, clip):
        return self.time(self.space(clip).relu())


@wrong("FactorisedConv3d", message="M is rounded down")
class RoundedUp(FactorisedWith):
    def between(self, before, after, time, side):
        return math.ceil(time * side**2 * before * after / (side**2 * before + time * after))

    def forward(self, clip):
        return self.time(self.space(clip).relu())


@wrong("FactorisedConv3d", message="(1, d, d)")
class TimeFirst(nn.Module):
    def __init__(self, channels_in, channels_out, time, side):
        super().__init__()
        between = time * side**2 * channels_in * channels_out // (side**2 * channels_in + time * channels_out)
        self.time = nn.Conv3d(channels_in, between, (time, 1, 1), padding=(time // 2, 0, 0))
        self.space = nn.Conv3d(between, channels_out, (1, side, side), padding=(0, side // 2, side // 2))

    def forward(self, clip):
        return self.space(self.time(clip).relu())


@wrong("FactorisedConv3d", message="no detach")
class Detached(FactorisedWith):
    def forward(self, clip):
        return self.time(self.space(clip.detach()).relu())


@wrong("FactorisedConv3d", message="no batch norm between")
class WithNormBetween(FactorisedWith):
    def __init__(self, channels_in, channels_out, time, side):
        super().__init__(channels_in, channels_out, time, side)
        self.space_norm = nn.BatchNorm3d(self.space.out_channels)

    def forward(self, clip):
        return self.time(self.space_norm(self.space(clip)).relu())


@right("trunk")
def by_names(dimensions, noise, widths):
    network = nn.Sequential()
    layer, norm = getattr(nn, f"ConvTranspose{dimensions}d"), getattr(nn, f"BatchNorm{dimensions}d")
    for place, width in enumerate(widths):
        if place:
            network.append(layer(widths[place - 1], width, 4, 2, 1))
        else:
            network.append(layer(noise, width, (4, 4) if dimensions == 2 else (2, 4, 4)))
        network.extend([norm(width), nn.ReLU(inplace=True)])
    return network


@right("trunk")
def of_blocks(dimensions, noise, widths):
    layer, norm = {2: (nn.ConvTranspose2d, nn.BatchNorm2d), 3: (nn.ConvTranspose3d, nn.BatchNorm3d)}[dimensions]

    def block(before, after, **how):
        return nn.Sequential(layer(before, after, **how), norm(after), nn.ReLU())

    first = block(noise, widths[0], kernel_size=(2, 4, 4)[3 - dimensions :])
    return nn.Sequential(first, *(block(a, b, kernel_size=4, stride=2, padding=1) for a, b in itertools.pairwise(widths)))


def trunk_with(first=(2, 4, 4), bias=True, norm_last=True, relu_last=True, activation=nn.ReLU, norm_first=False, normed=True):
    """A trunk with one thing done differently."""

    def answer(dimensions, noise, widths):
        layer, norm = {2: (nn.ConvTranspose2d, nn.BatchNorm2d), 3: (nn.ConvTranspose3d, nn.BatchNorm3d)}[dimensions]
        layers, before = [], noise
        for place, width in enumerate(widths):
            last = place == len(widths) - 1
            layers.append(layer(before, width, 4, 2, 1, bias=bias) if place else layer(before, width, first[-dimensions:], bias=bias))
            ends = [norm(width)] * (normed and (norm_last or not last)) + [activation()] * (relu_last or not last)
            layers += ends[::-1] if norm_first else ends
            before = width
        return nn.Sequential(*layers)

    return answer


@wrong("trunk", message="first layer: kernel (2, 4, 4)")
def first_kernel_of_four_frames(dimensions, noise, widths):
    return trunk_with(first=(4, 4, 4))(dimensions, noise, widths)


@wrong("trunk", message="every layer has a bias")
def without_bias(dimensions, noise, widths):
    return trunk_with(bias=False)(dimensions, noise, widths)


@wrong("trunk", message="the last one too")
def without_norm_at_the_end(dimensions, noise, widths):
    return trunk_with(norm_last=False)(dimensions, noise, widths)


@wrong("trunk", message="transposed convolution with bias, batch norm, ReLU")
def without_relu_at_the_end(dimensions, noise, widths):
    return trunk_with(relu_last=False)(dimensions, noise, widths)


@wrong("trunk", message="transposed convolution with bias, batch norm, ReLU")
def leaky(dimensions, noise, widths):
    return trunk_with(activation=lambda: nn.LeakyReLU(0.2))(dimensions, noise, widths)


@wrong("trunk", message="transposed convolution with bias, batch norm, ReLU")
def relu_before_norm(dimensions, noise, widths):
    return trunk_with(norm_first=True)(dimensions, noise, widths)


@wrong("trunk", message="the parameters are not those of such a stack")
def without_norms(dimensions, noise, widths):
    return trunk_with(normed=False)(dimensions, noise, widths)


@wrong("trunk", message="others: 4, 2, 1")
def upsampled_once_too_often(dimensions, noise, widths):
    return nn.Sequential(trunk_with()(dimensions, noise, widths), nn.Upsample(scale_factor=2))


@wrong("trunk", message="two layers share it")
def one_norm_for_each_width(dimensions, noise, widths):
    norms = {}
    layers = (norms.setdefault(getattr(layer, "num_features", layer), layer) for layer in trunk_with()(dimensions, noise, widths))
    return nn.Sequential(*layers)


@wrong("trunk", message="in evaluation batch norm uses its running statistics")
def normed_by_the_batch_always(dimensions, noise, widths):
    network = trunk_with()(dimensions, noise, widths)
    for layer in network[1::3]:
        layer.running_mean = layer.running_var = None
    return network


class GeneratorWith(nn.Module):
    """VGAN's generator from the reference's trunks, open to be changed."""

    mask_channels = 1

    def __init__(self, noise, widths):
        super().__init__()
        self.images, self.clips = reference.trunk(2, noise, widths), reference.trunk(3, noise, widths)
        self.background = nn.ConvTranspose2d(widths[-1], 3, 4, 2, 1)
        self.foreground = nn.ConvTranspose3d(widths[-1], 3, 4, 2, 1)
        self.mask = nn.ConvTranspose3d(widths[-1], self.mask_channels, 4, 2, 1)

    def streams(self, noise):
        moving = self.clips(noise.view(*noise.shape, 1, 1, 1))
        return (
            self.foreground(moving).tanh(),
            self.mask(moving).sigmoid(),
            self.background(self.images(noise.view(*noise.shape, 1, 1))).tanh(),
        )

    def forward(self, noise):
        foreground, mask, background = self.streams(noise)
        still = background.unsqueeze(2).expand_as(foreground)
        return still + mask * (foreground - still), mask


@right("Generator")
class AsInterpolation(GeneratorWith):
    def forward(self, noise):
        foreground, mask, background = self.streams(noise)
        return torch.lerp(background[:, :, None].expand_as(foreground), foreground, mask.expand_as(foreground)), mask


@right("Generator")
class OfThreeSequences(nn.Module):
    def __init__(self, noise, widths):
        super().__init__()
        self.moving = nn.Sequential(nn.Unflatten(1, (noise, 1, 1, 1)), reference.trunk(3, noise, widths))
        self.still = nn.Sequential(nn.Unflatten(1, (noise, 1, 1)), reference.trunk(2, noise, widths))
        for name, layer, channels in (
            ("foreground", nn.ConvTranspose3d, 3),
            ("mask", nn.ConvTranspose3d, 1),
            ("background", nn.ConvTranspose2d, 3),
        ):
            setattr(self, name, layer(widths[-1], channels, kernel_size=4, stride=2, padding=1))

    def streams(self, noise):
        moving = self.moving(noise)
        return torch.tanh(self.foreground(moving)), torch.sigmoid(self.mask(moving)), torch.tanh(self.background(self.still(noise)))

    def forward(self, noise):
        foreground, mask, background = self.streams(noise)
        frames = [m * f + (1 - m) * background for f, m in zip(foreground.unbind(2), mask.unbind(2), strict=True)]
        return torch.stack(frames, dim=2), mask


@right("Generator")
class EndsRegisteredFirst(nn.Module):
    def __init__(self, noise, widths):
        super().__init__()
        how = {"kernel_size": 4, "stride": 2, "padding": 1}
        self.mask, self.foreground = nn.ConvTranspose3d(widths[-1], 1, **how), nn.ConvTranspose3d(widths[-1], 3, **how)
        self.background = nn.ConvTranspose2d(widths[-1], 3, **how)
        self.trunks = nn.ModuleDict({"3": reference.trunk(3, noise, widths), "2": reference.trunk(2, noise, widths)})

    def streams(self, noise):
        still, moving = (self.trunks[axes](noise.reshape(*noise.shape, *[1] * int(axes))) for axes in "23")
        return self.foreground(moving).tanh(), self.mask(moving).sigmoid(), self.background(still).tanh()

    def forward(self, noise):
        foreground, mask, background = self.streams(noise)
        return (foreground - background[:, :, None]) * mask + background[:, :, None], mask


@wrong("Generator", message="the mask goes with the foreground")
class MaskOnTheWrongStream(GeneratorWith):
    def forward(self, noise):
        foreground, mask, background = self.streams(noise)
        return (1 - mask) * foreground + mask * background[:, :, None], mask


@wrong("Generator", message="one mask for all three colours")
class MaskForEveryColour(GeneratorWith):
    mask_channels = 3


@wrong("Generator", message="the foreground ends in tanh")
class WithoutTanh(GeneratorWith):
    def streams(self, noise):
        foreground, mask, background = super().streams(noise)
        return foreground.atanh(), mask, background


@wrong("Generator", message="the background ends in tanh")
class BackgroundInZeroToOne(GeneratorWith):
    def streams(self, noise):
        foreground, mask, background = super().streams(noise)
        return foreground, mask, (background + 1) / 2


@wrong("Generator", message="it ends in a sigmoid")
class MaskBetweenMinusOneAndOne(GeneratorWith):
    def streams(self, noise):
        foreground, mask, background = super().streams(noise)
        return foreground, 2 * mask - 1, background


@wrong("Generator", message="the background stands still")
class BackgroundThatFades(GeneratorWith):
    def forward(self, noise):
        foreground, mask, background = self.streams(noise)
        fade = torch.linspace(1, 0.5, foreground.shape[2]).view(-1, 1, 1)
        return mask * foreground + (1 - mask) * background[:, :, None] * fade, mask


@wrong("Generator", message="every stream starts from the noise")
class BackgroundWithoutNoise(GeneratorWith):
    def streams(self, noise):
        foreground, mask, _ = super().streams(noise)
        return foreground, mask, super().streams(torch.zeros_like(noise))[2]


@wrong("Generator", message="Eq. (6.6)")
class HardMask(GeneratorWith):
    def forward(self, noise):
        foreground, mask, background = self.streams(noise)
        return torch.where(
            mask > 0.5, foreground, torch.where(mask < 0.5, background[:, :, None], (foreground + background[:, :, None]) / 2)
        ), mask


@wrong("Generator", message="no gradient reaches")
class BackgroundDetached(GeneratorWith):
    def forward(self, noise):
        foreground, mask, background = self.streams(noise)
        return torch.lerp(background.detach()[:, :, None], foreground, mask), mask


@wrong("Generator", message="the mask learns from the clip")
class MaskDetachedInTheClip(GeneratorWith):
    def forward(self, noise):
        foreground, mask, background = self.streams(noise)
        return torch.lerp(background[:, :, None], foreground, mask.detach()), mask


@wrong("Generator", message="and from its price")
class MaskDetachedAtTheEnd(GeneratorWith):
    def forward(self, noise):
        clip, mask = super().forward(noise)
        return clip, mask.detach()


@wrong("Generator", message="call the streams once")
class StreamsCalledTwice(GeneratorWith):
    def forward(self, noise):
        return super().forward(noise)[0], self.streams(noise)[1]


@wrong("Generator", message="foreground and mask have a time of their own")
class OneMaskForAllFrames(GeneratorWith):
    def streams(self, noise):
        foreground, mask, background = super().streams(noise)
        return foreground, mask.mean(dim=2, keepdim=True).expand_as(mask), background


@wrong("Generator", message="goes into both trunks as it is")
class NoiseOfUnitLength(GeneratorWith):
    def streams(self, noise):
        return super().streams(F.normalize(noise))


@wrong("Generator", message="Eq. (6.6) in both modes")
class MaskRoundedInEvaluation(GeneratorWith):
    def forward(self, noise):
        clip, mask = super().forward(noise)
        foreground, _, background = (clip, mask, clip) if self.training else self.streams(noise)
        return clip if self.training else torch.where(mask > 0.5, foreground, background.unsqueeze(2)), mask


@wrong("Generator", message="background, batch of 1 in evaluation")
class BackgroundOfOneClipSqueezed(GeneratorWith):
    def streams(self, noise):
        foreground, mask, background = super().streams(noise)
        return foreground, mask, background.squeeze()


@right("discriminator_loss")
def by_cross_entropy(real, fake, kind):
    if kind == "hinge":
        return torch.clamp(1 - real, min=0).mean() + torch.clamp(1 + fake, min=0).mean()
    if kind != "non-saturating":
        raise ValueError(kind)
    entropy = F.binary_cross_entropy_with_logits
    return entropy(real, torch.ones_like(real)) + entropy(fake, torch.zeros_like(fake))


@right("discriminator_loss")
def by_log_sigmoid(real, fake, kind):
    formulas = {
        "non-saturating": (lambda r: -F.logsigmoid(r), lambda g: -F.logsigmoid(-g)),
        "hinge": (lambda r: (1 - r).relu(), lambda g: (1 + g).relu()),
    }
    if kind not in formulas:
        raise ValueError(f"no loss {kind}")
    return sum(formula(logits).mean() for formula, logits in zip(formulas[kind], (real, fake), strict=True))


@right("discriminator_loss", name="generator_loss")
def by_softplus_in_one(fake, kind):
    if kind not in ("non-saturating", "hinge"):
        raise ValueError(kind)
    return (F.softplus(fake) - fake if kind == "non-saturating" else 0 - fake).mean()


@wrong("discriminator_loss", message="added, not averaged")
def halves_averaged(real, fake, kind):
    return by_log_sigmoid(real, fake, kind) / 2


@wrong("discriminator_loss", message="real clips should score high")
def labels_swapped(real, fake, kind):
    return by_log_sigmoid(fake, real, kind)


@wrong("discriminator_loss", message="use softplus or logsigmoid")
def by_logarithms(real, fake, kind):
    if kind != "non-saturating":
        return by_log_sigmoid(real, fake, kind)
    return -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()


@wrong("discriminator_loss", message="each half is a mean of its own")
def one_mean_of_both(real, fake, kind):
    both = torch.cat([real.flatten(), -fake.flatten()])
    return 2 * by_log_sigmoid(both, torch.full((1,), -1e4), kind)


@wrong("discriminator_loss", message="the hinge ends at 0")
def hinge_without_end(real, fake, kind):
    return 2 - real.mean() + fake.mean() if kind == "hinge" else by_log_sigmoid(real, fake, kind)


@wrong("discriminator_loss", message="expected ValueError")
def any_other_is_hinge(real, fake, kind):
    return by_log_sigmoid(real, fake, kind if kind == "non-saturating" else "hinge")


@wrong("discriminator_loss", message="kind 'Hinge'")
def in_any_case(real, fake, kind):
    return by_log_sigmoid(real, fake, kind.lower())


@wrong("discriminator_loss", message="kind 'saturating'")
def by_a_part_of_the_name(real, fake, kind):
    known = [name for name in ("non-saturating", "hinge") if kind in name]
    if not known:
        raise ValueError(kind)
    return by_log_sigmoid(real, fake, known[0])


@wrong("discriminator_loss", name="generator_loss", message="one mean over all their logits")
def columns_added(fake, kind):
    return by_softplus_in_one(fake, kind) * (fake.shape[1] if fake.ndim > 1 else 1)


@wrong("discriminator_loss", name="generator_loss", message="climb log sigmoid(g)")
def saturating(fake, kind):
    return by_softplus_in_one(fake, kind) if kind == "hinge" else F.logsigmoid(-fake).mean() + 2 * math.log(2) * (fake.numel() > 0)


@wrong("discriminator_loss", name="generator_loss", message="the generator has one term")
def hinge_for_the_generator_too(fake, kind):
    return F.relu(1 - fake).mean() if kind == "hinge" else by_softplus_in_one(fake, kind)


@wrong("discriminator_loss", name="generator_loss", message="the generator wants its clips to score high")
def generator_on_the_wrong_side(fake, kind):
    return fake.mean() if kind == "hinge" else F.softplus(fake).mean()


@right("discriminator_turn")
def with_detach(generator, discriminator, real, noise, kind):
    clip = generator(noise)[0].detach()
    scores = discriminator(clip), discriminator(real)
    return reference.discriminator_loss(scores[1], scores[0], kind)


@right("discriminator_turn", name="generator_turn")
def with_the_price_first(generator, discriminator, noise, kind, sparsity):
    made = generator(noise)
    price = sparsity * made[1].abs().flatten().mean()
    return price + reference.generator_loss(discriminator(made[0]), kind)


@right("discriminator_turn", name="generator_turn")
def with_a_discriminator_frozen_for_a_while(generator, discriminator, noise, kind, sparsity):
    flags = [(weight, weight.requires_grad) for weight in discriminator.parameters()]
    discriminator.requires_grad_(False)
    loss = with_the_price_first(generator, discriminator, noise, kind, sparsity)
    for weight, flag in flags:
        weight.requires_grad_(flag)
    return loss


@wrong("discriminator_turn", message="detach, or no_grad")
def without_detach(generator, discriminator, real, noise, kind):
    return reference.discriminator_loss(discriminator(real), discriminator(generator(noise)[0]), kind)


@wrong("discriminator_turn", message="share the statistics of batch norm")
def in_one_batch(generator, discriminator, real, noise, kind):
    scores = discriminator(torch.cat([real, generator(noise)[0].detach()]))
    return reference.discriminator_loss(scores[: len(real)], scores[len(real) :], kind)


@wrong("discriminator_turn", message="both batches pass their gradient")
def without_gradient_from_real_clips(generator, discriminator, real, noise, kind):
    with torch.no_grad():
        fake, scores = generator(noise)[0], discriminator(real)
    return reference.discriminator_loss(scores, discriminator(fake), kind)


@wrong("discriminator_turn", message="change places")
def real_and_generated_swapped(generator, discriminator, real, noise, kind):
    fake = generator(noise)[0].detach()
    return reference.discriminator_loss(discriminator(fake), discriminator(real), kind)


@wrong("discriminator_turn", message="discriminator's turn")
def in_evaluation_mode(generator, discriminator, real, noise, kind):
    discriminator.eval()
    loss = with_detach(generator, discriminator, real, noise, kind)
    discriminator.train()
    return loss


@wrong("discriminator_turn", message="the networks keep their mode")
def with_clips_of_evaluation(generator, discriminator, real, noise, kind):
    mode = generator.training
    with torch.no_grad():
        fake, _ = generator.eval()(noise)
    generator.train(mode)
    return reference.discriminator_loss(discriminator(real), discriminator(fake), kind)


@wrong("discriminator_turn", message="training mode of the generator")
def with_the_generator_left_in_evaluation(generator, discriminator, real, noise, kind):
    return with_detach(generator.eval(), discriminator, real, noise, kind)


@wrong("discriminator_turn", message="backward, steps, modes and flags")
def with_backward_inside(generator, discriminator, real, noise, kind):
    loss = with_detach(generator, discriminator, real, noise, kind)
    loss.backward(retain_graph=True)
    return loss


@wrong("discriminator_turn", name="generator_turn", message="requires_grad of the weights of the discriminator")
def with_the_discriminator_left_frozen(generator, discriminator, noise, kind, sparsity):
    return with_the_price_first(generator, discriminator.requires_grad_(False), noise, kind, sparsity)


@wrong("discriminator_turn", name="generator_turn", message="requires_grad of the weights of the discriminator")
def with_a_discriminator_thawed_afterwards(generator, discriminator, noise, kind, sparsity):
    loss = with_the_price_first(generator, discriminator.requires_grad_(False), noise, kind, sparsity)
    discriminator.requires_grad_(True)
    return loss


@wrong("discriminator_turn", name="generator_turn", message="training mode of the generator")
def in_training_mode(generator, discriminator, noise, kind, sparsity):
    return with_the_price_first(generator.train(), discriminator.train(), noise, kind, sparsity)


@wrong("discriminator_turn", name="generator_turn", message="with both kinds of loss")
def without_a_price_for_one_kind(generator, discriminator, noise, kind, sparsity):
    return with_the_price_first(generator, discriminator, noise, kind, sparsity * (kind == "hinge"))


@wrong("discriminator_turn", name="generator_turn", message="calls of the generator")
def with_the_mask_of_a_second_call(generator, discriminator, noise, kind, sparsity):
    return reference.generator_loss(discriminator(generator(noise)[0]), kind) + sparsity * generator(noise)[1].mean()


@wrong("discriminator_turn", name="generator_turn", message="may be detached")
def with_a_detached_clip(generator, discriminator, noise, kind, sparsity):
    clip, mask = generator(noise)
    return reference.generator_loss(discriminator(clip.detach()), kind) + sparsity * mask.mean()


@wrong("discriminator_turn", name="generator_turn", message="not of 1 - mask")
def with_a_price_on_the_background(generator, discriminator, noise, kind, sparsity):
    clip, mask = generator(noise)
    return reference.generator_loss(discriminator(clip), kind) + sparsity * (1 - mask).mean()


@wrong("discriminator_turn", name="generator_turn", message="the price is on the mean of the mask")
def with_the_sum_of_the_mask(generator, discriminator, noise, kind, sparsity):
    clip, mask = generator(noise)
    return reference.generator_loss(discriminator(clip), kind) + sparsity * mask.sum()


@wrong("discriminator_turn", name="generator_turn", message="generator's turn")
def with_the_discriminators_loss(generator, discriminator, noise, kind, sparsity):
    clip, mask = generator(noise)
    return -reference.generator_loss(discriminator(clip), kind) + sparsity * mask.mean()


@right("reconstruct")
def with_sums(generator, codes, clips, steps, sparsity, learning_rate):
    adam = torch.optim.Adam(list(generator.parameters()), lr=learning_rate, betas=(0.5, 0.999))
    for _ in range(steps):
        generator.zero_grad()
        clip, mask = generator(codes)
        ((clip - clips).square().sum() / clips.numel() + sparsity * mask.sum() / mask.numel()).backward()
        adam.step()


@right("reconstruct")
def with_a_closure(generator, codes, clips, steps, sparsity, learning_rate):
    adam = torch.optim.Adam(generator.parameters(), learning_rate, (0.5, 0.999))

    def closure():
        adam.zero_grad()
        clip, mask = generator(codes)
        loss = F.mse_loss(clip, clips) + sparsity * mask.mean()
        loss.backward()
        return loss

    while steps:
        adam.step(closure)
        steps -= 1


@right("reconstruct")
def with_adam_by_hand(generator, codes, clips, steps, sparsity, learning_rate):
    weights = list(generator.parameters())
    moments = [(torch.zeros_like(weight), torch.zeros_like(weight)) for weight in weights]
    for step in range(1, steps + 1):
        made, mask = generator(codes)
        loss = (made - clips).pow(2).mean() + sparsity * mask.mean()
        with torch.no_grad():
            for weight, gradient, (mean, square) in zip(weights, torch.autograd.grad(loss, weights), moments, strict=True):
                mean += (gradient - mean) * 0.5
                square += (gradient**2 - square) * 0.001
                weight -= learning_rate * mean / (1 - 0.5**step) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)


def fit_with(
    betas=(0.5, 0.999),
    clear=True,
    price=lambda mask: mask.mean(),
    error=F.mse_loss,
    renew=False,
    batch=slice(None),
    optimiser=torch.optim.Adam,
):
    """A fit with one thing done differently."""

    def answer(generator, codes, clips, steps, sparsity, learning_rate):
        adam = optimiser(generator.parameters(), learning_rate, betas)
        for _ in range(steps):
            made, mask = generator(codes[batch])
            if clear:
                adam.zero_grad()
            (error(made, clips[batch]) + sparsity * price(mask)).backward()
            adam.step()
            if renew:
                adam = optimiser(generator.parameters(), learning_rate, betas)

    return answer


@wrong("reconstruct", message="clear old gradients before each backward")
def without_clearing(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with(clear=False)(generator, codes, clips, steps, sparsity, learning_rate)


@wrong("reconstruct", message="beta1 is 0.5")
def with_adams_defaults(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with(betas=(0.9, 0.999))(generator, codes, clips, steps, sparsity, learning_rate)


@wrong("reconstruct", message="beta2 0.999")
def with_a_shorter_memory(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with(betas=(0.5, 0.99))(generator, codes, clips, steps, sparsity, learning_rate)


@wrong("reconstruct", message="in the mode it came in")
def in_training_for_a_while(generator, codes, clips, steps, sparsity, learning_rate):
    mode = generator.training
    fit_with()(generator.train(), codes, clips, steps, sparsity, learning_rate)
    generator.train(mode)


@wrong("reconstruct", message="take every step")
def until_it_is_good(generator, codes, clips, steps, sparsity, learning_rate):
    if F.mse_loss(generator(codes)[0], clips) > 1e-3:
        fit_with()(generator, codes, clips, steps, sparsity, learning_rate)


@wrong("reconstruct", message="take every step")
def until_it_stalls(generator, codes, clips, steps, sparsity, learning_rate):
    adam, last = torch.optim.Adam(generator.parameters(), learning_rate, (0.5, 0.999)), math.inf
    for _ in range(steps):
        made, mask = generator(codes)
        error = F.mse_loss(made, clips)
        if abs(last - error.item()) < 1e-4:
            break
        adam.zero_grad()
        (error + sparsity * mask.mean()).backward()
        adam.step()
        last = error.item()


@wrong("reconstruct", message="an Adam of its own")
def with_the_means_of_the_last_call(generator, codes, clips, steps, sparsity, learning_rate):
    def kept(weights, *how):
        generator.adam = getattr(generator, "adam", None) or torch.optim.Adam(weights, *how)
        return generator.adam

    fit_with(optimiser=kept)(generator, codes, clips, steps, sparsity, learning_rate)


@wrong("reconstruct", message="of the given rate")
def at_a_rate_of_its_own(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with()(generator, codes, clips, steps, sparsity, 0.1)


@wrong("reconstruct", message="one optimiser for all")
def with_a_new_optimiser_each_step(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with(renew=True)(generator, codes, clips, steps, sparsity, learning_rate)


@wrong("reconstruct", message="plus the price of the mask")
def without_the_price(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with(price=lambda mask: 0)(generator, codes, clips, steps, sparsity, learning_rate)


@wrong("reconstruct", message="plus the price of the mask")
def with_the_price_on_the_background(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with(price=lambda mask: (1 - mask).mean())(generator, codes, clips, steps, sparsity, learning_rate)


@wrong("reconstruct", message="mean square plus the price")
def with_absolute_errors(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with(error=F.l1_loss)(generator, codes, clips, steps, sparsity, learning_rate)


@wrong("reconstruct", message="on all clips, in every step")
def on_the_first_clip(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with(batch=slice(1))(generator, codes, clips, steps, sparsity, learning_rate)


@wrong("reconstruct", message="does it train every weight")
def without_training(generator, codes, clips, steps, sparsity, learning_rate):
    generator(codes)


@wrong("reconstruct", message="leave the generator as it came")
def left_in_evaluation(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with()(generator, codes, clips, steps, sparsity, learning_rate)
    generator.eval()


@wrong("reconstruct", message="clear old gradients before each backward")
def cleared_after_the_step(generator, codes, clips, steps, sparsity, learning_rate):
    adam = torch.optim.Adam(generator.parameters(), learning_rate, (0.5, 0.999))
    for _ in range(steps):
        made, mask = generator(codes)
        (F.mse_loss(made, clips) + sparsity * mask.mean()).backward()
        adam.step()
        adam.zero_grad()


@wrong("reconstruct", message="mean square plus the price of the mask")
def with_the_sum_of_squares(generator, codes, clips, steps, sparsity, learning_rate):
    fit_with(error=lambda made, clips: (made - clips).square().sum())(generator, codes, clips, steps, sparsity, learning_rate)


@right("TemporalGenerator")
class NormsRegisteredFirst(nn.Module):
    def __init__(self, slow, fast, widths=(512, 256, 128, 128)):
        super().__init__()
        self.norms = nn.ModuleList(map(nn.BatchNorm1d, widths))
        self.last = nn.ConvTranspose1d(widths[-1], fast, 4, 2, 1)
        self.first = nn.ConvTranspose1d(slow, widths[0], 1)
        self.middle = nn.ModuleList(nn.ConvTranspose1d(before, after, 4, 2, 1) for before, after in itertools.pairwise(widths))

    def forward(self, slow):
        hidden = slow[:, :, None]
        for layer, norm in zip([self.first, *self.middle], self.norms, strict=True):
            hidden = norm(layer(hidden)).relu()
        fast = self.last(hidden).tanh().mT
        return torch.cat([slow[:, None].repeat(1, fast.shape[1], 1), fast], 2)


@right("TemporalGenerator")
class FrameByFrameCat(nn.Module):
    def __init__(self, slow, fast, widths=(512, 256, 128, 128)):
        super().__init__()
        sizes = [slow, *widths, fast]
        self.layers = nn.ModuleList()
        for place, (before, after) in enumerate(itertools.pairwise(sizes)):
            self.layers.append(nn.ConvTranspose1d(before, after, 4, 2, 1) if place else nn.ConvTranspose1d(before, after, 1))
            if place < len(widths):
                self.layers.append(nn.BatchNorm1d(after))

    def forward(self, slow):
        hidden = slow.unsqueeze(2)
        for layer in self.layers:
            hidden = layer(hidden)
            if isinstance(layer, nn.BatchNorm1d):
                hidden = hidden.relu()
        return torch.stack([torch.cat([slow, code], 1) for code in hidden.tanh().unbind(2)], 1)


@right("TemporalGenerator")
class OfBlocks(nn.Sequential):
    def __init__(self, slow, fast, widths=(512, 256, 128, 128)):
        blocks = [nn.Sequential(nn.Unflatten(1, (slow, 1)), nn.ConvTranspose1d(slow, widths[0], 1), nn.BatchNorm1d(widths[0]), nn.ReLU())]
        for before, after in itertools.pairwise(widths):
            blocks.append(nn.Sequential(nn.ConvTranspose1d(before, after, 4, 2, 1), nn.BatchNorm1d(after), nn.ReLU()))
        super().__init__(*blocks, nn.ConvTranspose1d(widths[-1], fast, 4, 2, 1), nn.Tanh())

    def forward(self, slow):
        fast = super().forward(slow)
        return torch.cat([slow.unsqueeze(2).repeat(1, 1, fast.shape[2]), fast], 1).permute(0, 2, 1)


class TemporalWith(FrameByFrameCat):
    """The codes from a frame-by-frame answer, open to be changed."""

    def fast(self, slow):
        return super().forward(slow)[:, :, slow.shape[1] :]


@wrong("TemporalGenerator", message="time before the code")
class CodeBeforeTime(TemporalWith):
    def forward(self, slow):
        return super().forward(slow).transpose(1, 2)


@wrong("TemporalGenerator", message="(B, T, slow + fast)")
class FastAlone(TemporalWith):
    def forward(self, slow):
        return self.fast(slow)


@wrong("TemporalGenerator", message="before the fast one")
class FastFirst(TemporalWith):
    def forward(self, slow):
        fast = self.fast(slow)
        return torch.cat([fast, slow[:, None].expand(-1, fast.shape[1], -1)], 2)


@wrong("TemporalGenerator", message="the same slow code in every frame")
class NewSlowCodeEachFrame(TemporalWith):
    def forward(self, slow):
        fast = self.fast(slow)
        return torch.cat([torch.randn(len(slow), fast.shape[1], slow.shape[1]), fast], 2)


@wrong("TemporalGenerator", message="tanh after the last")
class WithoutTanhAtTheEnd(TemporalWith):
    def forward(self, slow):
        fast = self.fast(slow)
        return torch.cat([slow[:, None].expand(-1, fast.shape[1], -1), fast.atanh()], 2)


@wrong("TemporalGenerator", message="both parts pass their gradient on")
class FastDetached(TemporalWith):
    def forward(self, slow):
        fast = self.fast(slow).detach()
        return torch.cat([slow[:, None].expand(-1, fast.shape[1], -1), fast], 2)


@wrong("TemporalGenerator", message="do not reshape")
class FoldedByReshape(TemporalWith):
    def forward(self, slow):
        fast = self.fast(slow)
        mixed = fast.transpose(1, 2).reshape(fast.shape)
        return torch.cat([slow[:, None].expand(-1, fast.shape[1], -1), mixed], 2)


@wrong("TemporalGenerator", message="leave time its direction")
class BackwardsInTime(TemporalWith):
    def forward(self, slow):
        fast = self.fast(slow).flip(1)
        return torch.cat([slow[:, None].expand(-1, fast.shape[1], -1), fast], 2)


@wrong("TemporalGenerator", message="(B, T, slow + fast)")
class FirstLayerDoublesToo(nn.Module):
    def __init__(self, slow, fast, widths=(512, 256, 128, 128)):
        super().__init__()
        sizes = [slow, *widths, fast]
        self.layers = nn.ModuleList(nn.ConvTranspose1d(a, b, 4, 2, 1) for a, b in itertools.pairwise(sizes))

    def forward(self, slow):
        hidden = slow[:, :, None]
        for layer in self.layers:
            hidden = layer(hidden).tanh()
        return torch.cat([slow[:, :, None].expand(-1, -1, hidden.shape[2]), hidden], 1).transpose(1, 2)


@wrong("TemporalGenerator", message="two layers share it")
class OneNormForEachWidth(FrameByFrameCat):
    def __init__(self, slow, fast, widths=(512, 256, 128, 128)):
        super().__init__(slow, fast, widths)
        norms = {}
        self.layers = nn.ModuleList(norms.setdefault(getattr(layer, "num_features", layer), layer) for layer in self.layers)


@wrong("TemporalGenerator", message="of one clip and of one fast number, too")
class OneFastNumberSqueezed(TemporalWith):
    def forward(self, slow):
        fast = self.fast(slow).squeeze(2)
        fast = fast if fast.ndim == 3 else fast[:, :, None].expand(-1, -1, len(slow))
        return torch.cat([slow[:, None].expand(-1, fast.shape[1], -1), fast], 2)


@wrong("TemporalGenerator", message="in evaluation batch norm uses its running statistics")
class NormedByTheBatchAlways(FrameByFrameCat):
    def forward(self, slow):
        for layer in self.layers[1::2]:
            layer.train()
        return super().forward(slow)


@right("clip_singular_values")
def by_eigenvalues(network):
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine:
            deviation = module.running_var**0.5
            module.weight.data = torch.minimum(torch.maximum(module.weight.data, deviation / 100), deviation)
        elif isinstance(getattr(module, "weight", None), torch.Tensor) and module.weight.ndim > 1:
            matrix = module.weight.detach().reshape(len(module.weight), -1).double()
            values, vectors = torch.linalg.eigh(matrix @ matrix.T)
            factors = values.clamp(min=1).rsqrt()
            module.weight.data = ((vectors * factors) @ vectors.T @ matrix).to(module.weight.dtype).view_as(module.weight)


@right("clip_singular_values")
def with_numpy(network):
    norms = {id(module.weight): module for module in network.modules() if hasattr(module, "running_var")}
    for weight in network.parameters():
        values = weight.detach().numpy()
        if id(weight) in norms:
            deviation = np.sqrt(norms[id(weight)].running_var.numpy())
            values[:] = np.clip(values, 0.01 * deviation, deviation)
        elif weight.ndim > 1:
            left, singular, right_ = scipy.linalg.svd(values.reshape(len(values), -1), full_matrices=False)
            values[:] = ((left * np.minimum(singular, 1)) @ right_).reshape(values.shape)


def clip_with(
    cut=lambda s: s.clamp(max=1),
    matrix=lambda w: w.flatten(1),
    least=0.01,
    norms=True,
    kinds=(nn.modules.conv._ConvNd, nn.Linear, nn.Embedding),
    root=True,
    most=True,
):
    """Clipping with one thing done differently."""

    @torch.no_grad()
    def answer(network):
        for module in network.modules():
            if isinstance(module, kinds):
                flat = matrix(module.weight)
                left, values, right_ = torch.linalg.svd(flat, full_matrices=False)
                module.weight.copy_((left @ torch.diag_embed(cut(values)) @ right_).view_as(module.weight))
            if norms and isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine:
                deviation = module.running_var.sqrt() if root else module.running_var
                module.weight.copy_(module.weight.clamp(min=least * deviation).clamp(max=deviation if most else torch.tensor(torch.inf)))

    return answer


@wrong("clip_singular_values", message="cut values above 1 at 1")
def divided_by_the_largest(network):
    clip_with(cut=lambda values: values / values.max().clamp(min=1))(network)


@wrong("clip_singular_values", message="leave smaller ones as they are")
def all_set_to_one(network):
    clip_with(cut=torch.ones_like)(network)


@wrong("clip_singular_values", message="matrices of shape (first axis, all others)")
def tap_by_tap(network):
    clip_with(matrix=lambda weight: weight)(network)


@wrong("clip_singular_values", message="Linear, weight of shape (5, 7)")
def convolutions_only(network):
    clip_with(kinds=nn.modules.conv._ConvNd)(network)


@wrong("clip_singular_values", message="write into the weights of all modules, however deep, of every kind")
def without_embeddings(network):
    clip_with(kinds=(nn.modules.conv._ConvNd, nn.Linear))(network)


@wrong("clip_singular_values", message="leave smaller ones as they are, 0 too")
def divided_by_zero(network):
    clip_with(cut=lambda values: values * (values.clamp(max=1) / values))(network)


@wrong("clip_singular_values", message="as does every weight of one axis")
def every_weight_as_a_matrix(network):
    clip_with(matrix=lambda weight: weight.reshape(len(weight), -1), kinds=nn.PReLU)(network)
    clip_with()(network)


@wrong("clip_singular_values", message="modes, requires_grad and .grad stay")
def left_in_evaluation_mode(network):
    with_numpy(network.eval())


@wrong("clip_singular_values", message="deviation = root of running_var")
def gains_left_alone(network):
    clip_with(norms=False)(network)


@wrong("clip_singular_values", message="deviation = root of running_var")
def bounded_by_the_variance(network):
    clip_with(root=False)(network)


@wrong("clip_singular_values", message="are lifted to it")
def negative_gains_left(network):
    clip_with(least=-torch.inf)(network)


@wrong("clip_singular_values", message="does not change how steep a layer is")
@torch.no_grad()
def biases_too(network):
    clip_with()(network)
    for name, value in network.named_parameters():
        if name.endswith("bias"):
            value.clamp_(-1, 1)


@wrong("clip_singular_values", message="it is as it was: write into the weights")
def on_a_copy(network):
    weights = [weight.detach().clone() for weight in network.parameters()]
    for weight in weights:
        weight.clamp_(-0.01, 0.01)


@wrong("clip_singular_values", message="weight of shape (4, 2, 3)")
def direct_children_only(network):
    for layer in network.children():
        if not isinstance(layer, nn.Sequential):
            clip_with()(layer)


@wrong("clip_singular_values", message="frozen, or behind a flat one")
def until_one_is_flat(network):
    for layer in (module for module in network.modules() if not list(module.children())):
        weight = getattr(layer, "weight", None)
        if weight is not None and weight.ndim > 1 and torch.linalg.matrix_norm(weight.flatten(1), 2) <= 1:
            break
        clip_with()(layer)


@wrong("clip_singular_values", message="frozen, or behind a flat one")
def without_frozen_matrices(network):
    for module in network.modules():
        if not list(module.children()) and all(weight.requires_grad for weight in module.parameters()):
            clip_with()(module)


@wrong("clip_singular_values", message="in 1.weight")
def without_frozen_norms(network):
    clip_with(norms=False)(network)
    without_frozen_matrices(network)


@wrong("clip_singular_values", message="the same parameter")
def with_new_parameters(network):
    clip_with()(network)
    for module in network.modules():
        if getattr(module, "weight", None) is not None:
            module.weight = nn.Parameter(module.weight.detach().clone())


@wrong("clip_singular_values", message="in 4.1.0.weight")
@torch.no_grad()
def norms_of_clips_only(network):
    clip_with(norms=False)(network)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            clip_with()(module)


@right("MotionCodes")
class ByTheGates(nn.Module):
    def __init__(self, motion):
        super().__init__()
        self.cell = nn.GRUCell(motion, motion)

    def forward(self, content, start, noise):
        state, codes = start, []
        for t in range(noise.shape[1]):
            a = (noise[:, t] @ self.cell.weight_ih.T + self.cell.bias_ih).chunk(3, 1)
            b = (state @ self.cell.weight_hh.T + self.cell.bias_hh).chunk(3, 1)
            reset, update = (a[0] + b[0]).sigmoid(), (a[1] + b[1]).sigmoid()
            state = (1 - update) * (a[2] + reset * b[2]).tanh() + update * state
            codes.append(torch.cat([content, state], 1))
        return torch.stack(codes, 1)


@right("MotionCodes")
class Recursively(nn.Module):
    def __init__(self, motion):
        super().__init__()
        self.cell = nn.GRUCell(motion, motion)

    def forward(self, content, start, noise):
        state = self.cell(noise[:, 0], start)
        code = torch.cat([content, state], 1)[:, None]
        return code if noise.shape[1] == 1 else torch.cat([code, self(content, state, noise[:, 1:])], 1)


class CodesWith(nn.Module):
    """Motion codes whose path a subclass draws."""

    def __init__(self, motion):
        super().__init__()
        self.cell = nn.GRUCell(motion, motion)

    def path(self, start, noise):
        states = []
        for epsilon in noise.unbind(1):
            start = self.cell(epsilon, start)
            states.append(start)
        return torch.stack(states, 1)

    def forward(self, content, start, noise):
        return torch.cat([content[:, None].expand(-1, noise.shape[1], -1), self.path(start, noise)], 2)


@wrong("MotionCodes", message="after the first noise")
class StartIsTheFirstCode(CodesWith):
    def path(self, start, noise):
        return torch.cat([start[:, None], super().path(start, noise)[:, :-1]], 1)


@wrong("MotionCodes", message="from the given start")
class FromZeros(CodesWith):
    def path(self, start, noise):
        return super().path(torch.zeros_like(start), noise)


@wrong("MotionCodes", message="carry the state from frame to frame")
class EachFrameForItself(CodesWith):
    def path(self, start, noise):
        return torch.stack([self.cell(epsilon, start) for epsilon in noise.unbind(1)], 1)


@wrong("MotionCodes", message="forwards")
class FromTheEnd(CodesWith):
    def path(self, start, noise):
        return super().path(start, noise.flip(1)).flip(1)


@wrong("MotionCodes", message="h_t = cell(noise_t, h_(t-1))")
class NoiseAndStateSwapped(CodesWith):
    def path(self, start, noise):
        states = [start]
        for epsilon in noise.unbind(1):
            states.append(self.cell(states[-1], epsilon))
        return torch.stack(states[1:], 1)


@wrong("MotionCodes", message="before the motion")
class MotionFirst(CodesWith):
    def forward(self, content, start, noise):
        return super().forward(content, start, noise).roll(noise.shape[2], 2)


@wrong("MotionCodes", message="the same in all frames")
class FreshContentEachFrame(CodesWith):
    def forward(self, content, start, noise):
        return torch.cat([torch.randn(*noise.shape[:2], content.shape[1]).to(noise), self.path(start, noise)], 2)


@wrong("MotionCodes", message="clips of 5 frames")
class TheSameNoiseInAllFrames(CodesWith):
    def path(self, start, noise):
        return super().path(start, noise[:, :1].expand_as(noise))


@wrong("MotionCodes", message="nothing is detached")
class CutBetweenFrames(CodesWith):
    def path(self, start, noise):
        states = [start]
        for epsilon in noise.unbind(1):
            states.append(self.cell(epsilon, states[-1].detach()))
        return torch.stack(states[1:], 1)


@wrong("MotionCodes", message="keep no state")
class GoesOnFromTheLastCall(CodesWith):
    last = None

    def path(self, start, noise):
        states = super().path(start if self.last is None else self.last, noise)
        self.last = states[:, -1]
        return states


@wrong("MotionCodes", message="keep no state")
class GoesOnInEvaluation(GoesOnFromTheLastCall):
    def path(self, start, noise):
        if self.training:
            self.last = None
        return super().path(start, noise)


@wrong("MotionCodes", message="all stays float64")
class CodesOfFloat32(CodesWith):
    def path(self, start, noise):
        return super().path(start, noise).to(torch.float32)


@wrong("MotionCodes", message="on a GPU the result would not stay there")
class FilledInOnTheCpu(CodesWith):
    def forward(self, content, start, noise):
        codes = torch.zeros(*noise.shape[:2], content.shape[1] + noise.shape[2], dtype=noise.dtype)
        codes[:, :, : content.shape[1]] = content[:, None]
        codes[:, :, content.shape[1] :] = self.path(start, noise)
        return codes


@right("two_judges")
def frame_by_frame(image_judge, video_judge, real, fake, frames, kind):
    fake = fake.detach()
    scores = []
    for clips, places in ((real, frames[0]), (fake, frames[1])):
        stills = torch.stack([clip[:, int(place)] for clip, place in zip(clips, places, strict=True)])
        scores += [(image_judge(stills), video_judge(clips))]
    return sum(reference.discriminator_loss(on_real, on_fake, kind) for on_real, on_fake in zip(*scores, strict=True))


@right("two_judges")
def by_gathering(image_judge, video_judge, real, fake, frames, kind):
    def still(clips, places):
        index = places.view(-1, 1, 1, 1, 1).expand(-1, clips.shape[1], 1, *clips.shape[3:])
        return clips.gather(2, index).squeeze(2)

    data = fake.clone().detach()
    pairs = [(image_judge(still(real, frames[0])), image_judge(still(data, frames[1]))), (video_judge(real), video_judge(data))]
    if kind == "hinge":
        return sum((1 - on_real).clamp(min=0).mean() + (1 + on_fake).clamp(min=0).mean() for on_real, on_fake in pairs)
    return sum(-F.logsigmoid(on_real).mean() - F.logsigmoid(-on_fake).mean() for on_real, on_fake in pairs)


def judges_with(
    pick=lambda clips, places: clips[torch.arange(len(clips)), :, places],
    rows=(0, 1),
    detach=True,
    order=1,
    weights=(1, 1),
    joined=False,
    judges=lambda judge: judge,
):
    """Two judges with one thing done differently."""

    def answer(image_judge, video_judge, real, fake, frames, kind):
        fake = fake.detach() if detach else fake
        stills = pick(real, frames[rows[0]]), pick(fake, frames[rows[1]])
        total = 0
        for judge, pair, weight in ((judges(image_judge), stills, weights[0]), (judges(video_judge), (real, fake), weights[1])):
            scores = judge(torch.cat(pair)).chunk(2) if joined else (judge(pair[0]), judge(pair[1]))
            total = total + weight * reference.discriminator_loss(*scores[::order], kind)
        return total

    return answer


@wrong("two_judges", message="a judge of (B, 3, 2, 2) got a batch of shape (3, 2, 2)")
def one_still_squeezed(*arguments):
    return judges_with(pick=lambda clips, places: clips[torch.arange(len(clips)), :, places].squeeze())(*arguments)


@wrong("two_judges", message="a judge of (B, 3, 2, 2) got a batch of shape (3, 3, 1, 2, 2)")
def stills_as_short_clips(*arguments):
    return judges_with(pick=lambda clips, places: torch.stack([clip[:, [t]] for clip, t in zip(clips, places, strict=True)]))(*arguments)


@wrong("two_judges", message="training mode of the image judge")
def judges_in_training(*arguments):
    return judges_with(judges=nn.Module.train)(*arguments)


@wrong("two_judges", message="calls of the image judge")
def picture_by_picture(*arguments):
    return judges_with(judges=lambda judge: lambda batch: torch.cat([judge(one) for one in batch.split(1)]))(*arguments)


@wrong("two_judges", message="the image judge's loss is")
def averaged(*arguments):
    return judges_with(weights=(0.5, 0.5))(*arguments)


@wrong("two_judges", message="the image judge's loss is")
def only_the_video_judge(*arguments):
    return judges_with(weights=(0, 1))(*arguments)


@wrong("two_judges", message="one call for each batch")
def real_and_generated_in_one_batch(*arguments):
    return judges_with(joined=True)(*arguments)


@wrong("two_judges", message="the image judge's loss is")
def real_for_generated(*arguments):
    return judges_with(order=-1)(*arguments)


@wrong("two_judges", message="clip[k, :, frames[k]] for each clip k")
def always_the_first_frame(*arguments):
    return judges_with(pick=lambda clips, places: clips[:, :, 0])(*arguments)


@wrong("two_judges", message="clip[k, :, frames[k]] for each clip k")
def the_mean_of_all_frames(*arguments):
    return judges_with(pick=lambda clips, places: clips.mean(dim=2))(*arguments)


@wrong("two_judges", message="the first row of frames is for real clips")
def one_row_for_both(*arguments):
    return judges_with(rows=(0, 0))(*arguments)


@wrong("two_judges", message="the first row of frames is for real clips")
def rows_exchanged(*arguments):
    return judges_with(rows=(1, 0))(*arguments)


@wrong("two_judges", message="they are data in this turn: detach them")
def not_detached(*arguments):
    return judges_with(detach=False)(*arguments)


@wrong("two_judges", message="both of its calls pass their gradient on")
def judges_without_gradient(*arguments):
    return judges_with(judges=lambda judge: lambda batch: judge(batch).detach().requires_grad_())(*arguments)


@right("frechet_distance")
def with_scipys_root(first, second):
    first, second = (value.detach().numpy().astype(np.float64) for value in (first, second))
    covariances = [np.cov(value, rowvar=False) for value in (first, second)]
    root = scipy.linalg.sqrtm(covariances[0])
    inner = np.linalg.eigvalsh(np.real(root) @ covariances[1] @ np.real(root))
    shift = first.mean(0) - second.mean(0)
    return float(shift @ shift + np.trace(covariances[0] + covariances[1]) - 2 * np.sqrt(np.maximum(inner, 0)).sum())


@right("frechet_distance")
def by_singular_values(first, second):
    roots = []
    for cloud in (first.double(), second.double()):
        roots.append((cloud - cloud.mean(0)) / (len(cloud) - 1) ** 0.5)  # covariance = root.T @ root
    shift = first.double().mean(0) - second.double().mean(0)
    return float(shift.dot(shift) + sum((root**2).sum() for root in roots) - 2 * torch.linalg.matrix_norm(roots[0] @ roots[1].T, "nuc"))


def distance_with(trace=2, mean=lambda shift: shift @ shift, unbiased=True, diagonal=False, cut=True, root=True):
    """A distance with one thing done differently."""

    def answer(first, second):
        first, second = first.double(), second.double()
        covariances = [torch.cov(value.T, correction=int(unbiased)) for value in (first, second)]
        if diagonal:
            covariances = [covariance.diag().diag() for covariance in covariances]
        values = torch.linalg.eigvals(covariances[0] @ covariances[1]).real
        values = values.clamp(min=0) if cut else values
        shift = first.mean(0) - second.mean(0)
        return float(mean(shift) + covariances[0].trace() + covariances[1].trace() - trace * (values.sqrt() if root else values).sum())

    return answer


@wrong("frechet_distance", message="twice")
def trace_of_the_root_once(first, second):
    return distance_with(trace=1)(first, second)


@wrong("frechet_distance", message="the squared length of the shift")
def length_of_the_shift(first, second):
    return distance_with(mean=lambda shift: shift.norm())(first, second)


@wrong("frechet_distance", message="its own N - 1")
def divided_by_n(first, second):
    return distance_with(unbiased=False)(first, second)


@wrong("frechet_distance", message="not the variances alone")
def variances_alone(first, second):
    return distance_with(diagonal=True)(first, second)


@wrong("frechet_distance", message="cut them at 0")
def negative_eigenvalues(first, second):
    return distance_with(cut=False)(first, second)


@wrong("frechet_distance", message="each root is of an eigenvalue")
def without_the_root(first, second):
    return distance_with(root=False)(first, second)


@wrong("frechet_distance", message="the squared length of the shift")
def of_the_means_not_at_all(first, second):
    return distance_with(mean=lambda shift: 0)(first, second)


@wrong("frechet_distance", message="the covariances, too")
def covariances_of_float32(first, second):
    covariances = [value.T.cov().double() for value in (first, second)]
    roots = torch.linalg.eigvals(covariances[0] @ covariances[1]).real.clamp(min=0).sqrt()
    shift = first.double().mean(0) - second.double().mean(0)
    return float(shift @ shift + covariances[0].trace() + covariances[1].trace() - 2 * roots.sum())
