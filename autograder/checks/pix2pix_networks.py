"""Checks of lesson 12: the networks. Oracles: the same networks rebuilt from their weights, sizes and receptive fields in closed form."""

import numpy as np
import torch
import torch.nn.functional as F

from autograder.checks import pictures
from autograder.checks.compare import agree, array, has_shape, same, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.pix2pix_tiny import normal, whole
from autograder.checks.student import load, state, there, vjp, weight_vjp

UNet = Exercise("UNet")
PatchDiscriminator = Exercise("PatchDiscriminator")
MultiscaleDiscriminator = Exercise("MultiscaleDiscriminator")
FLATTENED = "autograder.checks.pix2pix_tiny:Flattened"


def filled(network, seed):
    """Random weights of a fair size put into a network: name -> tensor, in the order of registration."""
    tensors = {}
    for place, (name, value) in enumerate(state(network).items()):
        fan_in = value[0].numel() if value.ndim > 1 else 4
        tensors[name] = normal(seed + place, *value.shape) * (2 / fan_in) ** 0.5
    load(network, tensors)
    return tensors


@UNet.check(points=1)
def keeps_any_size(student, seed):
    """Odd sides and narrow pictures, several widths."""
    for batch, height, width, channels in [(1, 8, 8, 4), (2, 17, 31, 6), (1, 5, 22, 4)]:
        hint = "enlarge to the size of the skip, F.interpolate(..., size=skip.shape[-2:]): scale_factor=2 makes 17 px of 9 into 18"
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
    """From its weights, on random conditions, even and odd."""
    network = student(4, 3, 4)
    tensors = filled(network, seed)
    for height, width in [(16, 24), (13, 18)]:
        x = normal(seed + 100, 2, 4, height, width)
        expected = rebuilt_unet(tensors, x)
        got = array(network(x), "random weights")
        hint = (
            "the enlarged comes first in the channels, then the skip of the same size; decoder 0 works at half size, decoder 1 at full size"
        )
        if got.shape == expected.shape and np.abs(got - np.tanh(expected.numpy())).max() < 1e-3:
            hint = "no tanh inside: the last convolution is the end"
        agree(got, expected, f"random weights, {height} x {width}", hint, 1e-4 * float(expected.abs().max()))


@UNet.check(points=1)
def teaches_all_its_layers(student, seed):
    """A gradient arrives at every weight."""
    network = student(3, 2, 4)
    filled(network, seed)
    x = normal(seed + 1, 1, 3, 12, 12)
    for name, gradient in weight_vjp(network, network, (x,), normal(seed + 2, 1, 2, 12, 12)).items():
        if gradient is None or not gradient.abs().max() > 0:
            raise Failure(
                f"no gradient arrives at {name}", "every encoder and decoder is on the way to the picture, and nothing is detached"
            )


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


def sides(side, layers):
    """Sides of all features of a patch discriminator."""
    found = []
    for _ in range(layers):
        side = side // 2 + 1
        found.append(side)
    return [*found, side + 1, side + 2]


def widths_of(width, layers):
    """Channels of all features of a patch discriminator."""
    return [width * min(2**k, 8) for k in range(layers + 1)] + [1]


@PatchDiscriminator.check(points=1)
def returns_all_features_in_their_sizes(student, seed):
    """One to five strides, sides that are not square and not even."""
    for layers, width, height, across in [(3, 4, 48, 64), (3, 2, 33, 47), (1, 4, 16, 20), (5, 1, 40, 36)]:
        got = student(6, width, layers)(normal(seed, 2, 6, height, across))
        case = f"{layers} layers, picture of {height} x {across}"
        if not isinstance(got, list | tuple):
            raise Failure(
                f"{case}: got one tensor, expected a list of {layers + 2}",
                "feature matching needs all features: return every layer's output",
            )
        same(len(got), layers + 2, f"{case}: number of outputs", f"{layers} convolutions with stride 2, one with stride 1, and the scores")
        for place, shape in enumerate(zip(widths_of(width, layers), sides(height, layers), sides(across, layers), strict=True)):
            hint = "kernel 4, padding 2; widths double up to 8 times the first; the last two convolutions have stride 1"
            has_shape(got[place], (2, *shape), f"{case}, output {place}", hint)


@PatchDiscriminator.check(points=1)
def one_score_sees_a_patch_of_known_size(student, seed):
    """The gradient of the middle score: patches of 16, 34 and 70 px."""
    for layers, patch in [(1, 16), (2, 34), (3, 70)]:
        side = patch + 26
        network = student(2, 2, layers)
        filled(network, seed)
        picture = normal(seed, 1, 2, side, side)
        pulls = [torch.zeros(array(features, "features").shape) for features in network(picture)]
        middle = pulls[-1].shape[-1] // 2
        pulls[-1][0, 0, middle, middle] = 1
        gradient = vjp(network, (picture,), pulls)[0]
        if gradient is None:
            raise Failure("no gradient arrives at the picture", "the generator learns through the critic: nothing is detached")
        seen = array(gradient, "gradient").any(axis=(0, 1))
        rows, columns = np.nonzero(seen.any(axis=1))[0], np.nonzero(seen.any(axis=0))[0]
        got = (int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1) if len(rows) else (0, 0)
        allowed = np.zeros_like(seen)
        first = middle * 2**layers + (2**layers - 1) * -2 - 4 * 2**layers  # left edge of the patch, by (12.6)
        allowed[max(first, 0) : first + patch, max(first, 0) : first + patch] = True
        if got != (patch, patch):
            raise Failure(
                f"{layers} layers: one score sees {got[0]} x {got[1]} px, expected {patch} x {patch}",
                "from the scores back: r = (r - 1) * stride + 4; a norm over the picture would see all of it",
                pictures.receptive_field(seen, allowed, (side // 2, side // 2)),
            )


def rebuilt_critic(tensors, x):
    """The table of 12.6 from pairs of weight and bias in their order: all features."""
    found = []
    for place in range(0, len(tensors), 2):
        last = place + 2 == len(tensors)
        stride = 1 if last or place + 4 == len(tensors) else 2
        x = F.conv2d(x, tensors[place], tensors[place + 1], stride, 2)
        x = x if last else F.leaky_relu(x, 0.2)
        found.append(x)
    return found


def fits(tensors, case, hint):
    """The weights of one critic are pairs of a 4 x 4 kernel and a bias."""
    shapes = [tuple(tensor.shape) for tensor in tensors]
    kernels = [shape for shape in shapes if len(shape) == 4]
    if len(shapes) % 2 or any(len(shape) != (4, 1)[place % 2] for place, shape in enumerate(shapes)):
        raise Failure(f"{case}: weights of shapes {shapes}, expected a kernel and a bias for each convolution", hint)
    if any(shape[-2:] != (4, 4) for shape in kernels):
        raise Failure(f"{case}: kernels of {sorted({shape[-2:] for shape in kernels})}, expected (4, 4)", hint)


@PatchDiscriminator.check(points=2)
def equals_the_same_critic_rebuilt(student, seed):
    """From its weights, from the first layer to the last, on random pictures."""
    for layers in (1, 3, 5):
        network = student(5, 3, layers)
        tensors = list(filled(network, seed).values())
        fits(tensors, f"{layers} layers", "no norm layers, 4 x 4 kernels, and each convolution with its bias")
        x = normal(seed + 50, 2, 5, 21, 26)
        got = network(x)
        for place, (features, expected) in enumerate(zip(got, rebuilt_critic(tensors, x), strict=True)):
            last = place == layers + 1
            hint = "the scores are raw: no sigmoid, no leaky ReLU" if last else "features are taken after the leaky ReLU, of slope 0.2"
            agree(features, expected, f"{layers} layers, output {place}", hint, 1e-4 * float(expected.abs().max()))


def _apart(tensors, count):
    """The critics of all scales, of `count` tensors each, have one shape, and weights of their own."""
    for place, tensor in enumerate(tensors):
        first = tensors[place % count]
        if tensor.shape != first.shape:
            raise Failure(
                f"scale {place // count}: weights of shape {tuple(tensor.shape)}, expected {tuple(first.shape)} as at scale 0",
                "the same architecture at every scale",
            )
        if place >= count and tensor.ndim > 1 and torch.equal(tensor, first):
            raise Failure(
                f"scale {place // count} begins with the weights of scale 0", "a discriminator of its own for each scale, no copy"
            )


def shrunk(x):
    """Half the size: the average over those of 3 x 3 pixels that exist."""
    return F.avg_pool2d(x, 3, 2, 1) / F.avg_pool2d(torch.ones_like(x), 3, 2, 1)


MISTAKES = {  # other ways to half the size
    "a dark rim: zeros beyond the border were counted, which count_include_pad=False avoids":
        lambda x: F.avg_pool2d(x, 3, 2, 1),
    "every other pixel was taken: an average over 3 x 3 keeps thin lines":
        lambda x: x[:, :, ::2, ::2],
    "2 x 2 pixels were averaged: the pool is 3 x 3 with stride 2 and padding 1":
        lambda x: F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False),
    "every critic saw the picture at full size: shrink it from scale to scale":
        lambda x: x,
}  # fmt: skip


@MultiscaleDiscriminator.check(points=1)
def gives_a_list_for_each_scale(student, seed):
    """One, two and three scales, the finest first."""
    for scales, layers in [(2, 3), (1, 2), (3, 1)]:
        got = student(4, 2, layers, scales)(normal(seed, 2, 4, 36, 44))
        case = f"{scales} scales, {layers} layers"
        if not (isinstance(got, list | tuple) and all(isinstance(scale, list | tuple) for scale in got)):
            raise Failure(f"{case}: expected a list of lists", "for each scale what its discriminator returns, features and scores")
        same(len(got), scales, f"{case}: number of scales", "one discriminator for each scale")
        height, across = 36, 44
        for place, features in enumerate(got):
            same(len(features), layers + 2, f"{case}: outputs of scale {place}", "all features, and the scores last")
            hint = "the finest scale comes first and sees the picture as it is; each next one sees it at half the size"
            has_shape(features[-1], (2, 1, sides(height, layers)[-1], sides(across, layers)[-1]), f"{case}, scale {place}", hint)
            height, across = (height + 1) // 2, (across + 1) // 2


@MultiscaleDiscriminator.check(points=2)
def equals_the_same_critics_rebuilt(student, seed):
    """From their weights, critic by critic in the order of the pyramid, even and odd sides."""
    for scales, layers in [(2, 3), (3, 1)]:
        network, count = student(4, 2, layers, scales), 2 * (layers + 2)
        begun = list(state(network).values())
        same(len(begun), scales * count, f"{scales} scales: number of weights and biases", "each scale has a discriminator of its own")
        _apart(begun, count)
        tensors = list(filled(network, seed).values())
        for height, width in [(32, 40), (27, 33)]:
            picture = normal(seed + 60, 2, 4, height, width) + 1
            got, before, x = network(picture), picture, picture
            for scale in range(scales):
                own = tensors[scale * count : (scale + 1) * count]
                expected = rebuilt_critic(own, x)[-1]
                came = array(got[scale][-1], "scores")
                near = 1e-4 * float(expected.abs().max())
                hint = "the pyramid goes on from scale to scale, and critic k sees picture k"
                if scale:
                    wrong = {words: rebuilt_critic(own, shrink(before))[-1].numpy() for words, shrink in MISTAKES.items()}
                    hint = next((words for words, w in wrong.items() if w.shape == came.shape and np.abs(w - came).max() < near), hint)
                agree(came, expected, f"{height} x {width}, scores of scale {scale} of {scales}", hint, near)
                before, x = x, shrunk(x)


@MultiscaleDiscriminator.check(points=1)
def each_scale_sees_twice_as_far(student, seed):
    """The gradient of a middle score of each scale, with one stride: 16, 33 and 67 px."""
    side, scales = 88, 3
    network = student(1, 2, 1, scales)
    filled(network, seed)
    flat = there(student, FLATTENED)(network)
    picture = normal(seed, 1, 1, side, side)
    outputs = flat(picture)
    for scale, patch in enumerate((16, 33, 67)):
        pulls = [torch.zeros(tensor.shape) for tensor in outputs]
        scores = pulls[3 * scale + 2]
        scores[0, 0, scores.shape[2] // 2, scores.shape[3] // 2] = 1
        gradient = vjp(flat, (picture,), pulls)[0]
        if gradient is None:
            raise Failure(f"scale {scale}: no gradient arrives at the picture", "the generator learns through every scale")
        columns = np.nonzero(array(gradient, "gradient")[0, 0].any(axis=0))[0]
        got = int(np.ptp(columns)) + 1 if len(columns) else 0
        same(
            got,
            patch,
            f"scale {scale}: pixels across that one score sees",
            "a 3 x 3 average with stride 2 before each next critic: r = 2 (r - 1) + 3",
        )
