"""Checks of lesson 12: the generator. Oracles: the same network rebuilt from its weights, and a palette that it must learn."""

import numpy as np
import torch
import torch.nn.functional as F

from autograder.checks.compare import agree, array, has_shape, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.pix2pix_tiny import filled, normal, whole
from autograder.checks.student import load, state, vjp, weight_vjp

UNet = Exercise("UNet")


@UNet.check(points=1)
def keeps_any_size(student, seed):
    """Odd sides and narrow pictures, several widths."""
    for batch, height, width, channels in [(1, 8, 8, 4), (2, 17, 31, 6), (1, 5, 22, 4)]:
        hint = (
            "(B, channels_out, H, W), a batch of one as well: enlarge to the size of the skip, F.interpolate(..., size=skip.shape[-2:]), "
            "where scale_factor=2 makes 17 px of 9 into 18"
        )
        has_shape(student(3, 5, channels)(normal(seed, batch, 3, height, width)), (batch, 5, height, width), f"{height} x {width}", hint)


def rebuilt_unet(tensors, x):
    """Eq. (12.4) from the weights, by name."""

    def two(prefix, x, stride):
        for place, step in ((0, stride), (2, 1)):
            name = f"{prefix}.{place}"
            x = F.leaky_relu(F.conv2d(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], step, 1), 0.2)
        return x

    def grown(x, to):
        rows, columns = (torch.arange(n) * m // n for n, m in zip(to.shape[-2:], x.shape[-2:], strict=True))
        return x[:, :, rows][:, :, :, columns]

    full = two("encoders.0", x, 1)
    half = two("encoders.1", full, 2)
    out = two("encoders.2", half, 2)
    for place, skip in enumerate((half, full)):
        out = two(f"decoders.{place}", torch.cat([grown(out, skip), skip], dim=1), 1)
    return F.conv2d(out, tensors["last.weight"], tensors["last.bias"], 1, 1)


@UNet.check(points=2)
def equals_the_same_network_rebuilt(student, seed):
    """From its weights, on random conditions, even and odd, in training and in evaluation mode; with as many channels in as out."""
    for channels, height, width, training in [(4, 16, 24, True), (4, 13, 18, True), (4, 13, 18, False), (3, 13, 18, True)]:
        network = student(channels, 3, 4)
        tensors = filled(network, seed)
        network.train(training)
        x = normal(seed + 100, 2, channels, height, width)
        expected = rebuilt_unet(tensors, x)
        case = f"random weights, {height} x {width}" + ("" if training else ", evaluation mode")
        got = array(network(x), case)
        hint = (
            'the enlarged comes first in the channels (mode="nearest"), then the skip of the same size; decoder 0 works at half size, '
            "decoder 1 at full size; nothing else is in between, no norm and no dropout"
        )
        if got.shape == expected.shape and np.abs(got - np.tanh(expected.numpy())).max() < 1e-3:
            hint = "no tanh inside: the last convolution is the end"
        elif got.shape == x.shape and np.abs(got - (expected + x).numpy()).max() < 1e-3:
            hint = "the condition is not added to the picture: what the last convolution returns is the picture itself"
        agree(got, expected, case, hint, 1e-4 * float(expected.abs().max()))


@UNet.check(points=1)
def teaches_all_its_layers(student, seed):
    """The gradients at all weights, and at the condition, are those of the network rebuilt."""
    network = student(3, 2, 4)
    tensors = {name: value.requires_grad_() for name, value in filled(network, seed).items()}
    x, pull = normal(seed + 1, 2, 3, 12, 11).requires_grad_(), normal(seed + 2, 2, 2, 12, 11)
    expected = torch.autograd.grad(rebuilt_unet(tensors, x), [*tensors.values(), x], pull)
    got = {**weight_vjp(network, network, (x,), pull), "the condition": vjp(network, (x,), pull)[0]}
    hint = "every encoder and decoder is on the way to the picture, through the skips as well, and nothing is detached"
    missing = next((name for name, gradient in got.items() if gradient is None), None)
    if missing:
        raise Failure(f"no gradient arrives at {missing}", hint)
    for (name, gradient), right in zip(got.items(), expected, strict=True):
        near = 0.1 * float(right.abs().max())  # rounding may turn a leaky ReLU over; a detached skip takes half of the gradient away
        agree(gradient, right, f"gradient at {name}", hint, near)


@UNet.check(points=1)
def learns_a_palette(student, seed):
    """Forty steps on random label maps: on new maps, most pixels must be nearest to the colour of their own class."""
    palette = torch.tensor([[0.8, -0.8, -0.8], [-0.8, 0.8, -0.8], [-0.8, -0.8, 0.8], [0.7, 0.7, 0.7]])
    network = student(4, 3, 8)
    tensors, moments, spreads = state(network), {}, {}

    def batch(place):
        labels = whole(seed + place, 4, 4, 12, 12)
        return labels, F.one_hot(labels, 4).movedim(-1, 1).float(), palette[labels].movedim(-1, 1)

    for step in range(1, 41):
        _, told, truth = batch(step)
        pull = 2 * (network(told) - truth) / truth.numel()
        for name, gradient in weight_vjp(network, network, (told,), pull).items():
            if gradient is None:
                raise Failure(f"no gradient arrives at {name}", "nothing is detached")
            moments[name] = 0.9 * moments.get(name, 0) + 0.1 * gradient
            spreads[name] = 0.99 * spreads.get(name, 0) + 0.01 * gradient**2
            change = moments[name] / (1 - 0.9**step) / ((spreads[name] / (1 - 0.99**step)).sqrt() + 1e-8)
            tensors[name] = tensors[name] - 5e-3 * change
        load(network, tensors)
    labels, told, _ = batch(1000)
    painted = array(network(told), "after training")
    nearest = ((painted[:, None] - palette.numpy()[None, :, :, None, None]) ** 2).sum(axis=2).argmin(axis=1)
    share = float((nearest == labels.numpy()).mean())
    within(
        share,
        0.6,
        1,
        "share of pixels nearest to the colour of their own class, new maps",
        "labels reach the end to the pixel through the skips",
    )
