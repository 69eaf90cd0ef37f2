"""Checks of lesson 12: the critics. Oracles: the same critics rebuilt from their weights, sizes and receptive fields in closed form."""

import numpy as np
import torch
import torch.nn.functional as F

from autograder.checks import pictures
from autograder.checks.compare import agree, array, has_shape, same
from autograder.checks.core import Exercise, Failure
from autograder.checks.pix2pix_tiny import filled, normal
from autograder.checks.student import state, there, vjp, weight_vjp

PatchDiscriminator = Exercise("PatchDiscriminator")
MultiscaleDiscriminator = Exercise("MultiscaleDiscriminator")
FLATTENED = "autograder.checks.pix2pix_tiny:Flattened"


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
        same(
            len(got),
            layers + 2,
            f"{case}: number of outputs",
            f"{layers} convolutions with stride 2, one with stride 1, and the scores; the picture itself is none of them",
        )
        for place, shape in enumerate(zip(widths_of(width, layers), sides(height, layers), sides(across, layers), strict=True)):
            hint = (
                "kernel 4, padding 2; widths double up to 8 times the first; the last two convolutions have stride 1; the scores come last"
            )
            has_shape(got[place], (2, *shape), f"{case}, output {place}", hint)


def patch_of(middle, strides):
    """First and last pixel that the value at `middle` sees through convolutions of these strides, (12.6) with the padding."""
    first = last = middle
    for stride in reversed(strides):
        first, last = first * stride - 2, last * stride + 1
    return first, last


def seen_from_the_middle(network, picture, outputs, place, case):
    """Which pixels (H, W) the middle value of an output sees, by its gradient, and the row and column of that value."""
    pulls = [torch.zeros(array(features, "features").shape) for features in outputs]
    middle = pulls[place].shape[-1] // 2
    pulls[place][0, 0, middle, middle] = 1
    gradient = vjp(network, (picture,), pulls)[0]
    if gradient is None or not gradient.any():
        hint = "the painter learns through the scores of every scale, and by feature matching through every layer: nothing is detached"
        raise Failure(f"{case}: no gradient arrives at the picture", hint)
    return array(gradient, "gradient").any(axis=(0, 1)), middle


@PatchDiscriminator.check(points=1)
def one_score_sees_a_patch_of_known_size(student, seed):
    """The gradient of the middle score, patches of 16, 34 and 70 px, and of the middle of every layer below."""
    for layers, patch in [(1, 16), (2, 34), (3, 70)]:
        side = patch + 26
        network = student(2, 2, layers)
        filled(network, seed)
        picture = normal(seed, 1, 2, side, side)
        outputs = network(picture)
        for place in reversed(range(len(outputs))):
            case = f"{layers} layers, output {place} of {layers + 2}"
            seen, middle = seen_from_the_middle(network, picture, outputs, place, case)
            first, last = patch_of(middle, ([2] * layers + [1, 1])[: place + 1])
            allowed = np.zeros_like(seen)
            allowed[max(first, 0) : last + 1, max(first, 0) : last + 1] = True
            got, expected = [int(np.ptp(found)) + 1 for found in np.nonzero(seen)], last - first + 1
            if got != [expected, expected]:
                raise Failure(
                    f"{case}: one value sees {got[0]} x {got[1]} px, expected {expected} x {expected}",
                    "from the scores back: r = (r - 1) * stride + 4; a norm over the picture would see all of it",
                    pictures.receptive_field(seen, allowed, (side // 2, side // 2)),
                )


def chained(tensors, channels, width, layers, case, hint):
    """Kernel and bias of each convolution of a critic, from the first to the scores, in whichever order they were registered."""
    same(len(tensors), 2 * (layers + 2), f"{case}: number of weights and biases", hint)
    pairs = sorted(zip(tensors[::2], tensors[1::2], strict=True), key=lambda pair: (len(pair[0]) == 1, tuple(pair[0].shape)))
    widths = widths_of(width, layers)
    for place, (pair, before, after) in enumerate(zip(pairs, [channels, *widths], widths, strict=False)):
        shapes = [tuple(tensor.shape) for tensor in pair]
        same(shapes, [(after, before, 4, 4), (after,)], f"{case}: weight and bias of convolution {place + 1}", hint)
    return pairs


def rebuilt_critic(pairs, x):
    """The table of 12.6 from the weights in their order: all features."""
    found = []
    for place, (kernel, bias) in enumerate(pairs):
        x = F.conv2d(x, kernel, bias, 2 if place < len(pairs) - 2 else 1, 2)
        x = F.leaky_relu(x, 0.2) if place < len(pairs) - 1 else x
        found.append(x)
    return found


@PatchDiscriminator.check(points=2)
def equals_the_same_critic_rebuilt(student, seed):
    """From its weights, from the first layer to the last, on random pictures, in training and in evaluation mode."""
    for layers in (1, 3, 4):  # up to 4, no two kernels are of one shape
        network = student(5, 3, layers)
        hint = "convolutions of 4 x 4 with a bias, all in an nn.ModuleList or registered otherwise, and no norm layers"
        pairs = chained(list(filled(network, seed).values()), 5, 3, layers, f"{layers} layers", hint)
        for training in (True, False):
            network.train(training)
            case = f"{layers} layers" + ("" if training else ", evaluation mode")
            x = normal(seed + 50 + training, 2, 5, 21, 26)
            got = network(x)
            same(len(got), layers + 2, f"{case}: number of outputs", "all features and the scores, in every mode")
            for place, (features, expected) in enumerate(zip(got, rebuilt_critic(pairs, x), strict=True)):
                hint = "features are taken after the leaky ReLU, of slope 0.2; no dropout"
                hint = "the scores are raw: no sigmoid, no leaky ReLU" if place == layers + 1 else hint
                agree(features, expected, f"{case}, output {place}", hint, 1e-4 * float(expected.abs().max()))


def shrunk(x):
    """Half the size: the average over those of 3 x 3 pixels that exist."""
    return F.avg_pool2d(x, 3, 2, 1) / F.avg_pool2d(torch.ones_like(x), 3, 2, 1)


MISTAKES = {  # other ways to half the size
    "a dark rim: zeros beyond the border were counted, which count_include_pad=False avoids":
        lambda x: F.avg_pool2d(x, 3, 2, 1),
    "every other pixel was taken: average over 3 x 3 pixels of the picture before, which keeps thin lines":
        lambda x: x[:, :, ::2, ::2],
    "2 x 2 pixels were averaged: the pool is 3 x 3 with stride 2 and padding 1":
        lambda x: F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False),
    "this critic saw the same picture as the one before: shrink it from scale to scale":
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


def owned(network, picture, scales, layers):
    """For each scale the names of the weights on which its scores depend."""
    flat = there(network, FLATTENED)(network)
    blank = [torch.zeros(array(tensor, "features").shape) for tensor in flat(picture)]
    found = []
    for scores in range(layers + 1, scales * (layers + 2), layers + 2):
        pulls = [*blank[:scores], torch.ones_like(blank[scores]), *blank[scores + 1 :]]
        gradients = weight_vjp(flat, network, (picture,), pulls)
        found.append([name for name, gradient in gradients.items() if gradient is not None and gradient.any()])
    return found


def told_apart(network, seed, scales, layers, case):
    """The critics of all scales as `chained`, after random weights were put into them; each must have begun with weights of its own."""
    hint = "each scale has a discriminator of its own, the same architecture at every scale, and all are registered: nn.ModuleList"
    begun = state(network)
    same(len(begun), scales * 2 * (layers + 2), f"{case}: number of weights and biases", hint)
    tensors = filled(network, seed)
    names = owned(network, normal(seed + 59, 1, 4, 40, 40), scales, layers)
    critics = []
    for scale, own in enumerate(names):
        for finer in range(scale):
            if any(name in names[finer] for name in own):
                raise Failure(f"{case}: scale {scale} scores with weights of scale {finer}", hint)
            if any(torch.equal(begun[one], begun[other]) for one, other in zip(own, names[finer], strict=False) if begun[one].ndim > 1):
                raise Failure(f"{case}: scale {scale} begins with the weights of scale {finer}", f"{hint}, no copy")
        critics.append(chained([tensors[name] for name in own], 4, 2, layers, f"{case}, scores of scale {scale}", hint))
    return critics


@MultiscaleDiscriminator.check(points=2)
def equals_the_same_critics_rebuilt(student, seed):
    """From their weights, critic by critic in the order of the pyramid, even and odd sides, in training and in evaluation mode."""
    for scales, layers, training in [(2, 3, True), (3, 1, True), (3, 1, False)]:
        case = f"{scales} scales, {layers} layers" + ("" if training else ", evaluation mode")
        network = student(4, 2, layers, scales)
        network.train(training)
        critics = told_apart(network, seed, scales, layers, case)
        for height, width in [(32, 40), (27, 33)]:
            picture = normal(seed + 60, 2, 4, height, width) + 1
            got, before, x = network(picture), picture, picture
            for scale, critic in enumerate(critics):
                compare_critic(got[scale], critic, before, x, f"{case}, {height} x {width}, scale {scale}")
                before, x = x, shrunk(x)


def compare_critic(got, critic, before, x, case):
    """All that a critic returns for picture `x` of the pyramid, which is shrunk from `before`."""
    expected = rebuilt_critic(critic, x)
    same(len(got), len(expected), f"{case}: number of outputs", "all features, and the scores last, in every mode")
    hint = (
        "critic k sees picture k: the average over those of 3 x 3 pixels that exist, with stride 2 and padding 1, of picture k - 1, "
        "without a crop or other padding before"
    )
    first = array(got[0], case)
    near = 1e-4 * float(expected[0].abs().max())
    for words, shrink in MISTAKES.items():
        other = rebuilt_critic(critic, shrink(before))[0].numpy()
        hint = words if other.shape == first.shape and np.abs(other - first).max() < near else hint
    for place, features in enumerate(expected):
        agree(got[place], features, f"{case}, output {place}", hint, 1e-4 * float(features.abs().max()))


@MultiscaleDiscriminator.check(points=1)
def each_scale_sees_twice_as_far(student, seed):
    """The gradient of the middle of each output of each scale, with one stride: scores see 16, 33 and 67 px, the layers below less."""
    side, scales = 88, 3
    network = student(1, 2, 1, scales)
    filled(network, seed)
    flat = there(student, FLATTENED)(network)
    picture = normal(seed, 1, 1, side, side)
    outputs = flat(picture)
    for place, patch in enumerate((4, 10, 16, 9, 21, 33, 19, 43, 67)):
        case = f"scale {place // 3}, output {place % 3}"
        columns = np.nonzero(seen_from_the_middle(flat, picture, outputs, place, case)[0].any(axis=0))[0]
        same(
            int(np.ptp(columns)) + 1,
            patch,
            f"{case}: pixels across that one value sees",
            "a 3 x 3 average with stride 2 before each next critic: r = 2 (r - 1) + 3",
        )
