"""Checks of lesson 11: the network. Oracles: the same network rebuilt from its weights, biases in closed form, a small overfit."""

import numpy as np
import torch
import torch.nn.functional as F

from autograder.checks.compare import agree, array, has_shape, unexpected, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import constant, error_px, moving_pair, normal, uniform
from autograder.checks.student import load, state, weight_vjp

FlowNet = Exercise("FlowNet")


def flows_of(network, first, second, case):
    """The three flows of a pair, of the right shape."""
    got = network(first, second)
    if not isinstance(got, list | tuple) or len(got) != 3:
        raise unexpected(got, "a list of 3 flows", case, "one a level")
    for flow in got:
        has_shape(flow, (len(first), 2, *first.shape[-2:]), case, "every flow is resized to the size of the frames")
    return [array(flow, case) for flow in got]


@FlowNet.check(points=1)
def gives_three_flows_at_full_size(student, seed):
    """Any size from 8 on, odd ones too, any batch, in training and in evaluation mode."""
    network = student(8, 1)
    for mode, batch, height, width in [("train", 1, 8, 8), ("train", 3, 24, 40), ("eval", 1, 33, 47)]:
        getattr(network, mode)()
        frames = (uniform(seed + k, batch, 3, height, width) for k in (0, 1))
        flows_of(network, *frames, f"{batch} pairs of {height} x {width}, after .{mode}()")


@FlowNet.check(points=2)
def adds_up_its_levels_in_their_own_pixels(student, seed):
    """Decoders that always say the same: (1, -2) px of a quarter of the size, (1, 1) of a half, (0.5, 0.25) of the full size."""
    network = student(8, 1)
    tensors = {name: torch.zeros_like(value) if "decoders" in name else value for name, value in state(network).items()}
    last = [max(name for name in tensors if name.startswith(f"decoders.{level}.") and name.endswith("bias")) for level in range(3)]
    steps = [(0.5, 0.25), (1.0, 1.0), (1.0, -2.0)]
    for level, (u, v) in enumerate(steps):
        tensors[last[level]] = torch.tensor([u, v])
    load(network, tensors)
    hint = "decoder k belongs to encoder k; each adds to the flow so far, resized to its level; all in full-size pixels, coarsest first"
    odd = "resize by the ratio of the sides, which is not 2 or 4 where they are odd; crop nothing, and keep nothing of an earlier call"
    for sizes, words in [([(32, 48), (16, 24), (8, 12)], hint), ([(33, 47), (17, 24), (9, 12)], odd)]:
        height, width = sizes[0]
        got = flows_of(network, *(uniform(seed + k, 1, 3, height, width) for k in (0, 1)), "constant decoders")
        u, v = 0.0, 0.0  # in parts of the frame
        for flow, (rows, columns), (du, dv), name in zip(got, sizes[::-1], steps[::-1], ("coarsest", "second", "finest"), strict=True):
            u, v = u + du / columns, v + dv / rows
            case = f"constant decoders, {height} x {width}, {name} flow"
            agree(flow, constant(u * width, v * height, height, width), case, words, 1e-3)


def rebuilt(tensors, first, second, radius):
    """The network from its weights, with a warp by distances and shifted products."""

    def run(prefix, x, convolutions, stride):
        for place in range(convolutions):
            name = f"{prefix}.{2 * place}"
            x = F.conv2d(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"], stride if place == 0 else 1, 1)
            x = F.leaky_relu(x, 0.1) if place < convolutions - 1 else x
        return x

    def grown(flow, size):
        scale = torch.tensor([size[1] / flow.shape[3], size[0] / flow.shape[2]])
        return F.interpolate(flow, size=size, mode="bilinear", align_corners=False) * scale[:, None, None]

    one, two, levels = first, second, []
    for level in range(3):
        one, two = (F.instance_norm(run(f"encoders.{level}", x, 2, 2 if level else 1)) for x in (one, two))
        levels.append((one, two))

    def moved(image, flow):
        x, y = torch.arange(flow.shape[3]) + flow[:, 0], torch.arange(flow.shape[2])[:, None] + flow[:, 1]
        near = [
            (1 - (place.clamp(0, side - 1)[..., None] - torch.arange(side)).abs()).clamp(min=0)
            for place, side in ((x, flow.shape[3]), (y, flow.shape[2]))
        ]
        return torch.einsum("bchw,byxw,byxh->bcyx", image, *near)

    flow, flows = torch.zeros(len(first), 2, 1, 1), []
    for level in (2, 1, 0):
        one, two = levels[level]
        flow = grown(flow, one.shape[-2:])
        cost = F.unfold(F.pad(moved(two, flow), [radius] * 4), one.shape[-2:]).view(
            *two.shape[:2], *one.shape[-2:], -1
        )  # (B, C, H, W, (2R+1)^2)
        cost = (one[..., None] * cost).mean(dim=1).permute(0, 3, 1, 2)
        flow = flow + run(f"decoders.{level}", torch.cat([cost, one, flow], dim=1), 3, 1)
        flows.append(grown(flow, first.shape[-2:]))
    return flows


@FlowNet.check(points=2)
def equals_the_same_network_rebuilt(student, seed):
    """From its weights, on random frames of odd size: features, warp, cost, decoder, level by level; and all gradients, in both modes."""
    network = student(6, 2)
    tensors = {name: value + 0.2 * normal(seed + place, *value.shape) for place, (name, value) in enumerate(state(network).items())}
    load(network, tensors)
    tensors = {name: value.requires_grad_() for name, value in tensors.items()}
    first, second = uniform(seed + 100, 2, 3, 27, 34), uniform(seed + 101, 2, 3, 27, 34)
    got, expected = flows_of(network, first, second, "random weights"), rebuilt(tensors, first, second, 2)
    for place, (flow, right) in enumerate(zip(got, expected, strict=True)):
        agree(
            flow,
            right,
            f"random weights, flow {place}",
            "the second features are warped by the flow so far; the decoder sees cost, first features, flow, in this order, as they are; "
            "frames go in as they came, without padding; flow grows by resize_flow, at the end, too; a batch of both parts by chunk(2)",
            1e-3 * float(right.detach().abs().max()),
        )
    cotangents = [normal(seed + 200 + place, *flow.shape) for place, flow in enumerate(expected)]
    gradients = torch.autograd.grad(expected, list(tensors.values()), cotangents)
    allowed = 1e-2 * max(float(gradient.abs().max()) for gradient in gradients)
    hint = "nothing is detached: what the finest flow asks for also reaches the coarser levels, through cost, warp and flow"
    for mode in ("train", "eval"):
        getattr(network, mode)()
        got = weight_vjp(network, network, (first, second), cotangents)
        for name, right in zip(tensors, gradients, strict=True):
            if got[name] is None:
                raise Failure(f"no gradient arrives at {name}, after .{mode}()", hint)
            agree(got[name], right, f"random weights, after .{mode}(): gradient of {name}", hint, allowed)


@FlowNet.check(points=1)
def treats_each_pair_of_a_batch_alone(student, seed):
    """Two pairs together give what they give one by one; the two frames are not exchanged."""
    network = student(8, 1)
    first, second = uniform(seed, 2, 3, 32, 32), uniform(seed + 1, 2, 3, 32, 32)
    together = flows_of(network, first, second, "two pairs")
    for place in range(2):
        alone = flows_of(network, first[place : place + 1], second[place : place + 1], "one pair")
        agree(
            together[-1][place : place + 1],
            alone[-1],
            "a pair alone and in a batch",
            "nothing stays from an earlier call or crosses from pair to pair; where the frames pass the encoders together, the first half "
            "of the batch is the first frames: chunk(2), not every other one",
            1e-3,
        )


@FlowNet.check(points=2)
def learns_two_motions_by_heart(student, seed):
    """Thirty steps of Adam on two moving textures: the error must fall to less than a half of that of no flow."""
    pairs = [moving_pair(seed + k, np.eye(2), shift, 24, 24) for k, shift in enumerate([(3.0, 0.5), (-2.0, 1.5)])]
    first, second, truth = (torch.cat([pair[part] for pair in pairs]) for part in range(3))
    network = student(8, 2)
    tensors, moments, spreads = state(network), {}, {}
    for step in range(1, 31):
        flows = [torch.from_numpy(flow).requires_grad_() for flow in flows_of(network, first, second, "a training step")]
        loss = sum(torch.linalg.vector_norm(flow - truth, dim=1).mean() for flow in flows)
        gradients = weight_vjp(network, network, (first, second), list(torch.autograd.grad(loss, flows)))
        for name, gradient in gradients.items():
            if gradient is None:
                raise Failure(
                    f"no gradient arrives at {name}", "all encoders and decoders learn: nothing is detached, every level has its say"
                )
            moments[name] = 0.9 * moments.get(name, 0) + 0.1 * gradient
            spreads[name] = 0.99 * spreads.get(name, 0) + 0.01 * gradient**2
            change = moments[name] / (1 - 0.9**step) / ((spreads[name] / (1 - 0.99**step)).sqrt() + 1e-8)
            tensors[name] = tensors[name] - 4e-3 * change
        load(network, tensors)
    last = flows_of(network, first, second, "after training")[-1]
    error = np.mean([error_px(last[k : k + 1], pairs[k][2], pairs[k][3]) for k in range(2)])
    rest = np.mean([error_px(0 * last[k : k + 1], pairs[k][2], pairs[k][3]) for k in range(2)])
    within(error, 0, 0.5 * rest, f"after 30 steps on two pairs: end-point error in px (no flow: {rest:.2f})", "can every level be learned?")
