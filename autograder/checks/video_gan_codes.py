"""Checks of lesson 6 on TGAN, MoCoGAN and toy FVD. Oracles: torch's GRU, numpy's and scipy's matrix functions, exact Gaussians."""

import numpy as np
import scipy.linalg
import torch
from torch import nn

from autograder.checks.compare import agree, array, has_shape, same, unexpected
from autograder.checks.core import Exercise, Failure
from autograder.checks.student import load, state, there, vjp, weight_vjp
from autograder.checks.video_gan_tiny import (
    compare_gradients,
    in_order_of_use,
    likeliest,
    normal,
    own_numbers,
    shapes_of,
    transposed_stack,
)

TemporalGenerator = Exercise("TemporalGenerator")
clip_singular_values = Exercise("clip_singular_values")
MotionCodes = Exercise("MotionCodes")
frechet_distance = Exercise("frechet_distance")

CODES = [(5, 3, (6, 4)), (4, 7, (5, 3, 2)), (3, 1, (4,)), (6, 2, (4, 4))]  # slow, fast, widths


@TemporalGenerator.check(points=1)
def has_one_code_for_each_frame(student, seed):
    """Sixteen frames by default, twice as many with each width."""
    for slow, fast, widths in CODES:
        got = student(slow, fast, widths)(normal(seed, 3, slow))
        has_shape(
            got,
            (3, 2 ** len(widths), slow + fast),
            f"slow {slow}, fast {fast}, widths {widths}",
            "(B, T, slow + fast): time before the code; the first layer (kernel 1) leaves T = 1, each further one doubles it",
        )
    has_shape(student(100, 100)(normal(seed, 2, 100)), (2, 16, 200), "TGAN's own sizes", "k1, then 4, 2, 1: 1, 2, 4, 8, 16 frames")


@TemporalGenerator.check(points=1)
def repeats_the_slow_code(student, seed):
    """The first numbers of every frame's code are the clip's own code."""
    slow = normal(seed, 3, 5)
    got = array(student(5, 3, (6, 4))(slow), "codes")
    has_shape(got, (3, 4, 8), "codes")
    agree(
        got[:, :, :5], slow[:, None].expand(-1, 4, -1), "slow part of the codes", "the same slow code in every frame, before the fast one"
    )


def compare_fast(got, stack, sizes, case, hint):
    """The fast part of the codes that came against the tanh of a stack's output."""
    expected = array(stack.tanh().transpose(1, 2), "fast codes")
    found = array(got, case)
    has_shape(found, (*expected.shape[:2], sizes[0] + sizes[1]), case, "(B, T, slow + fast), of one clip and of one fast number, too")
    found = found[:, :, sizes[0] :]
    if np.allclose(np.sort(found.ravel()), np.sort(expected.ravel()), atol=1e-4):
        hint = "the right numbers in other places: transpose (B, fast, T), do not reshape it, and leave time its direction"
    agree(found, expected, f"fast part of the {case}", hint, 1e-3)


@TemporalGenerator.check(points=2)
def equals_its_layers_one_by_one_in_time(student, seed):
    """The fast codes, from the student's parameters in the order of use, run by torch's functions, and the gradient by the slow ones."""
    for sizes in CODES:
        network, slow, case = student(*sizes), normal(seed, 6, sizes[0]).requires_grad_(), f"codes, slow, fast, widths {sizes}"
        tensors = in_order_of_use(own_numbers(network, seed), (sizes[0], *sizes[2], sizes[1]))
        stack = transposed_stack(tensors, slow[:, :, None], ends_in_norm=False)
        hint = "transposed convolutions with bias, batch norm and ReLU between them, tanh after the last"
        if stack is None:
            raise Failure(f"slow, fast, widths {sizes}: the parameters are not those of such a stack: {shapes_of(tensors)}", hint)
        compare_fast(network(slow), stack, sizes, case, hint)
        codes = torch.cat([slow[:, None].expand(-1, stack.shape[2], -1), stack.tanh().transpose(1, 2)], dim=2)
        cotangent = normal(seed + 2, *codes.shape)
        got = {"the slow code": vjp(network, (slow,), cotangent)[0]}
        compare_gradients(got, torch.autograd.grad(codes, slow, cotangent), case, "both parts pass their gradient on: no detach")
        network.eval()
        stack = transposed_stack(tensors, slow[:, :, None], False, state(network))
        hint = "in evaluation batch norm uses its running statistics, and a clip is alone or among others the same"
        for clips in (6, 1):
            compare_fast(network(slow[:clips]), stack[:clips], sizes, f"{case}, {clips} in evaluation", hint)


def critic(student, seed, *others):
    """A nested critic on the student's side, frozen in part, its tensors, and the names of its matrices and gains; it ends in `others`."""

    def nest(*layers):
        made = (layer if not isinstance(layer, tuple) else there(student, f"torch.nn:{layer[0]}")(*layer[1:]) for layer in layers)
        return there(student, "torch.nn:Sequential")(*made)

    inner = nest(("Conv1d", 2, 4, 3), nest(("BatchNorm1d", 6), ("BatchNorm2d", 6), ("BatchNorm2d", 5, 1e-5, 0.1, False)), ("Linear", 3, 8))
    network = nest(
        ("Conv3d", 2, 6, (2, 3, 3)), ("BatchNorm3d", 6), ("LeakyReLU", 0.2), ("Conv2d", 3, 8, 3), inner, ("Linear", 7, 5),
        ("ConvTranspose2d", 3, 4, 2), ("Embedding", 6, 5), *others,
    )  # fmt: skip
    tensors = {
        name: value if value.ndim == 0 else 10 * normal(seed + place, *value.shape)
        for place, (name, value) in enumerate(state(network).items())
    }
    gains = []
    for name in tensors:
        if name.endswith("running_var"):
            tensors[name] = torch.tensor([4.0, 4.0, 4.0, 0.25, 0.25, 0.25])[: len(tensors[name])]
            if (gain := name.replace("running_var", "weight")) in tensors:
                tensors[gain] = torch.tensor([3.0, 1.0, -1.0, 1.0, 0.2, 0.001])
                gains.append(gain)
    load(network, tensors)
    for frozen in ("0", "1"):
        network.get_submodule(frozen).requires_grad_(False)
    return network, tensors, [name for name in tensors if name.endswith("weight") and tensors[name].ndim > 1], gains


def layer_of(network, name):
    """The kind of layer that a tensor of the network belongs to."""
    return network.get_submodule(name.rpartition(".")[0])._get_name()


@clip_singular_values.check(points=2)
def cuts_the_singular_values_at_one(student, seed):
    """Weights of every shape, however deep in the network, as matrices, against numpy's decomposition."""
    single = there(student, "torch.nn:Linear")(4, 5)
    singular = state(single)["weight"]
    singular[0], singular[:, 0] = 0, 0
    nest = critic(student, seed)[:3]
    alone = single, {**state(single), "weight": singular}, ["weight"]
    for (network, tensors, names), scales in [(nest, (4, 0.01)), (nest, (0.01, 4)), (alone, (4,))]:  # steep and flat layers take turns
        for place, name in enumerate(names):
            tensors[name] = tensors[name] / tensors[name].norm() * scales[place % len(scales)]
        load(network, tensors)
        student(network)
        after = state(network)
        for name in names:
            left, values, right = np.linalg.svd(tensors[name].double().flatten(1).numpy(), full_matrices=False)
            expected = (left @ np.diag(np.minimum(values, 1)) @ right).reshape(tensors[name].shape)
            hint = "cut values above 1 at 1 and leave smaller ones as they are, 0 too; matrices of shape (first axis, all others)"
            if torch.equal(after[name], tensors[name]):
                hint = "it is as it was: write into the weights of all modules, however deep, of every kind, frozen, or behind a flat one"
            case = f"{layer_of(network, name)}, weight of shape {expected.shape}, singular values {values[0]:.3g} to {values[-1]:.3g}"
            agree(after[name], expected, case, hint, 1e-4)


@clip_singular_values.check(points=1)
def bounds_the_gains_of_batch_norm(student, seed):
    """Between a hundredth of the running deviation and the deviation."""
    network, before, _, gains = critic(student, seed)
    student(network)
    hint = "deviation = root of running_var; gains below 0.01 deviation, negative ones too, are lifted to it"
    after = state(network)
    for name in gains:
        case = f"gains 3, 1, -1 at deviation 2 and 1, 0.2, 0.001 at deviation 0.5, in {name}"
        if torch.equal(after[name], before[name]):
            hint = "it is as it was: bound every batch norm, of any kind, however deep, frozen or not; deviation = root of running_var"
        agree(after[name], [2.0, 1.0, 0.02, 0.5, 0.2, 0.005], case, hint, 1e-6)


@clip_singular_values.check(points=1)
def leaves_biases_and_statistics_alone(student, seed):
    """Only weights of two or more axes and gains of batch norm change, and they stay the same parameters; PReLU and LayerNorm stay."""
    network, tensors, matrices, gains = critic(student, seed, ("PReLU", 4), ("LayerNorm", 3))
    condition = there(student, "autograder.checks.video_gan_tiny:condition")
    before = condition(network)
    student(network)
    for what, value in condition(network).items():
        if value != before[what]:
            hint = "modes, requires_grad and .grad stay as they were"
            if what.startswith("identity"):
                hint = "copy the numbers into the same parameter: the optimiser holds it and not your new one"
            raise Failure(f"{what} changed", hint)
    for name, value in state(network).items():
        if name not in (*matrices, *gains):
            hint = "a bias does not change how steep a layer is: it stays, as does every weight of one axis but batch norm's"
            agree(value, tensors[name], f"{name} of {layer_of(network, name)} afterwards", hint)


def gru_codes(tensors, content, start, noise):
    """Motion codes from torch's own GRU over the whole sequence, behind the content; and the weights of that GRU."""
    gru = nn.GRU(noise.shape[2], noise.shape[2], batch_first=True).to(noise.dtype)
    hint = "`cell` is an nn.GRUCell, and all there is to learn"
    same(sorted(tensors), sorted(f"cell.{name.removesuffix('_l0')}" for name in gru.state_dict()), "weights", hint)
    gru.load_state_dict({f"{name.removeprefix('cell.')}_l0": value for name, value in tensors.items()})
    motion = gru(noise, start[None])[0]
    return torch.cat([content[:, None].repeat(1, noise.shape[1], 1), motion], dim=2), list(gru.parameters())


@MotionCodes.check(points=1)
def content_stays_the_same(student, seed):
    """The first K numbers of every frame's code are the content."""
    content = normal(seed, 2, 4)
    got = array(student(3)(content, normal(seed + 1, 2, 3), normal(seed + 2, 2, 6, 3)), "codes")
    has_shape(got, (2, 6, 7), "codes", "(B, T, K + M)")
    agree(
        got[:, :, :4],
        content[:, None].expand(-1, 6, -1),
        "content part of the codes",
        "one content code a clip, the same in all frames, before the motion",
    )


@MotionCodes.check(points=2)
def motion_is_the_path_of_a_gru(student, seed):
    """Against torch's GRU with the student's weights, from the given start, gradients too, in float64."""
    for batch, frames, motion in [(3, 5, 4), (1, 1, 2), (2, 20, 3)]:
        codes, case = student(motion).double(), f"{batch} clips of {frames} frames"
        shapes = (batch, 2), (batch, motion), (batch, frames, motion)
        inputs = [normal(seed + place, *shape).double().requires_grad_() for place, shape in enumerate(shapes)]
        expected, weights = gru_codes(state(codes), *inputs)
        hint = (
            "h_t = cell(noise_t, h_(t-1)), from the given start; the code of frame 0 is the state after the first noise; all stays float64"
        )
        agree(codes(*inputs), expected, case, hint, 1e-9)
        for mode in ("evaluation", "evaluation", "training"):
            codes.train(mode == "training")
            hint = "every call begins at the start it is given: keep no state"
            agree(codes(*inputs), expected, f"{case}, called again in {mode}", hint, 1e-9)
        cotangent = normal(seed + 3, *expected.shape)
        got = dict(zip(("content", "start", "noise"), vjp(codes, tuple(inputs), cotangent), strict=True))
        got |= weight_vjp(codes, codes, tuple(inputs), cotangent)
        right = torch.autograd.grad(expected, [*inputs, *weights], cotangent)
        compare_gradients(got, right, case, "nothing is detached: the last code learns from the first noise")


@MotionCodes.check(points=1)
def motion_depends_on_noise_up_to_now(student, seed):
    """Noise changed at frame 2 changes the codes from frame 2 on, all of them, of that clip alone."""
    codes, content, start, noise = student(3), normal(seed, 2, 4), normal(seed + 1, 2, 3), normal(seed + 2, 2, 5, 3)
    other = noise.clone()
    other[1, 2] += 1
    moved = np.abs(array(codes(content, start, other), "codes") - array(codes(content, start, noise), "codes")).max(axis=2) > 1e-7
    hint = "carry the state from frame to frame, forwards; clips do not mix"
    agree(moved, [[0] * 5, [0, 0, 1, 1, 1]], "codes (clip, frame) that change with the noise of clip 1, frame 2", hint)


def cloud(seed, count, mean, root):
    """Features whose sample mean and covariance are exactly `mean` and `root @ root.T`."""
    white = normal(seed, count, len(mean)).double()
    white = white - white.mean(dim=0)
    white = white @ torch.linalg.inv(torch.linalg.cholesky(white.T @ white / (count - 1))).T
    return white @ root.double().T + mean.double()


@frechet_distance.check(points=1)
def a_cloud_is_at_distance_zero_from_itself(student, seed):
    """And from itself in another order, also with more features than clips; the answer is a float."""
    for count, length in [(40, 5), (4, 9)]:
        first = normal(seed, count, length)
        got = student(first, first.flip(0))
        if not isinstance(got, float):
            raise unexpected(got, "a float", f"{count} features of length {length} against themselves", "float(...) of the last line")
        once = [("take the trace of the root of the product twice", first.double().T.cov().trace())]
        hint = likeliest(got, once, "in float64: both traces minus twice the sum of the roots of the product's eigenvalues, cut at 0")
        agree(got, 0.0, f"{count} features of length {length} against themselves", hint, 1e-5)


@frechet_distance.check(points=2)
def equals_the_distance_of_known_gaussians(student, seed):
    """Shifted, stretched, and correlated clouds with exact means and covariances."""
    eye, zero = torch.eye(3), torch.zeros(3)
    shift, stretch = torch.tensor([3.0, 0, 4]), torch.diag(torch.tensor([1.0, 2, 5]))
    agree(
        student(cloud(seed, 30, zero, eye), cloud(seed + 1, 30, shift, eye)),
        25.0,
        "shifted by (3, 0, 4)",
        "the squared length of the shift of the means; equal covariances add nothing",
        1e-4,
    )
    got = student(cloud(seed, 30, zero, eye), cloud(seed + 1, 20, zero, stretch))
    agree(
        got,
        0.0 + 1 + 16,
        "deviations 1 1 1 against 1 2 5",
        "each covariance is divided by its own N - 1, of all its clips, and each root is of an eigenvalue of the product",
        1e-4,
    )
    roots = [normal(seed + 2, 3, 3), normal(seed + 3, 3, 3)]
    covariances = [(root @ root.T).double().numpy() for root in roots]
    middle = np.real(scipy.linalg.sqrtm(covariances[0] @ covariances[1]))
    expected = 25 + np.trace(covariances[0] + covariances[1] - 2 * middle)
    got = student(cloud(seed, 30, zero, roots[0]), cloud(seed + 1, 25, shift, roots[1]))
    agree(got, expected, "correlated features", "the whole covariances count, not the variances alone", 1e-3)


def distance_by_singular_values(first, second):
    """The distance in float64 numpy, from the singular values of one cloud times the other: no product of covariances has to be rooted."""
    first, second = first.double().numpy(), second.double().numpy()
    shift = first.mean(axis=0) - second.mean(axis=0)
    roots = [(cloud - cloud.mean(axis=0)) / np.sqrt(len(cloud) - 1) for cloud in (first, second)]
    return shift @ shift + sum((root**2).sum() for root in roots) - 2 * np.linalg.norm(roots[0] @ roots[1].T, "nuc")


@frechet_distance.check(points=1)
def works_with_few_clips_and_large_values(student, seed):
    """Covariances without full rank give no NaN; float32 features in the thousands lose no digits."""
    few = (normal(seed, 3, 6), normal(seed + 1, 4, 6))
    got = student(*few)
    hint = "the whole covariances, each over its own N - 1, in float64"
    if np.isnan(array(got, "distance")).any():
        hint = "rounding makes some eigenvalues slightly negative: cut them at 0"
    agree(got, distance_by_singular_values(*few), "3 and 4 clips, 6 features", hint, 1e-3)
    large = 1000 * normal(seed, 50, 3) + 5000, 2000 * normal(seed + 1, 40, 3) + 3000
    case, hint = "float32 features in the thousands", "go to float64 before anything else, the covariances, too"
    agree(student(*large), distance_by_singular_values(*large), case, hint, 1e-3)
