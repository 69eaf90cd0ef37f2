"""Checks of lesson 13: one frame. Oracles: scipy's map_coordinates, mixtures by hand, convolutions of 1 x 1 as networks."""

import numpy as np
import torch

from autograder.checks.compare import agree, array, has_shape, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import constant, normal, uniform, warped
from autograder.checks.student import load, state, there, vjp, weight_vjp

blend = Exercise("blend")
generate = Exercise("generate")

CLOSE = 1e-4
FLOW_PX = 4.0
KINDS = ("past", "flow", "foreground", "background", "is_background", "hallucinate")


def parts(seed, height=7, width=10, batch=2, past=2):
    """All that a frame is made of, at random; masks are soft."""
    images = [normal(seed + k, batch, 3, height, width) for k in (1, 2)]
    masks = [0.1 + 0.8 * uniform(seed + k, batch, 1, height, width) for k in (3, 4)]
    return normal(seed, batch, past, 3, height, width), 1.5 * normal(seed + 5, batch, 2, height, width), *images, *masks


def pair(got, case, shape):
    """Frame and raw image, as arrays."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Failure(f"{case}: got {type(got).__name__}, expected (frame, raw)", "the frame first, then the invented image")
    for part in got:
        has_shape(part, shape, case, "frame and raw are (B, 3, H, W): only the last past frame is warped")
    return [array(part, case) for part in got]


@blend.check(points=2)
def carries_the_last_frame_where_nothing_is_invented(student, seed):
    """At hallucinate = 0 the frame is exactly the last past frame, looked up at p + flow(p)."""
    for frames in (2, 3):
        past, flow, foreground, background, is_background, mask = parts(seed, past=frames)
        frame, _ = pair(student(past, flow, foreground, background, is_background, 0 * mask), "hallucinate = 0", (2, 3, 7, 10))
        raw = torch.lerp(foreground, background, is_background)
        hints = {
            "m = 0 must copy the warped frame: hallucinate is 1 where to invent": raw,
            "this is the oldest of the past frames: warp the last one": warped(past[:, 0], flow),
            "which frame owns this grid? out(p) = last(p + flow(p)), not p - flow(p)": warped(past[:, -1], -flow),
            "the last frame came out as it was: warp it by the flow": past[:, -1],
            "channel 0 of the flow is x, to the right": warped(past[:, -1], flow.flip(1)),
        }
        found = [words for words, image in hints.items() if np.abs(np.asarray(image, float) - frame).max() < CLOSE]
        expected = warped(past[:, -1], flow)
        agree(
            frame,
            expected,
            f"hallucinate = 0, {frames} past frames",
            (found or ["nothing but the last frame, warped: `past[:, -1]`, by lesson 11's `warp`, and no layer pasted over it"])[0],
            CLOSE,
        )


@blend.check(points=1)
def invents_both_layers_by_their_mask(student, seed):
    """At hallucinate = 1 the frame is the raw image; that is the foreground where is_background is 0, the background where it is 1."""
    past, flow, foreground, background, is_background, mask = parts(seed)
    for name, layer, expected in [
        ("everywhere 1", 0 * is_background + 1, background),
        ("everywhere 0", 0 * is_background, foreground),
        ("soft", is_background, foreground + is_background * (background - foreground)),
    ]:
        frame, raw = pair(student(past, flow, foreground, background, layer, 0 * mask + 1), "hallucinate = 1", (2, 3, 7, 10))
        agree(raw, expected, f"invented image, is_background {name}", "the mask is 1 on the background", CLOSE)
        agree(frame, expected, f"frame, hallucinate = 1, is_background {name}", "where all is invented, nothing is carried", CLOSE)


@blend.check(points=2)
def mixes_by_soft_masks(student, seed):
    """Random masks: the foreground is mixed into the invented image, and this with what is carried."""
    for batch, height, width in [(2, 7, 10), (1, 12, 5)]:
        past, flow, foreground, background, is_background, mask = parts(seed, height, width, batch)
        shape = (batch, 3, height, width)
        frame, raw = pair(student(past, flow, foreground, background, is_background, mask), "random masks", shape)
        invented = (is_background * background + (1 - is_background) * foreground).double().numpy()
        agree(raw, invented, "invented image, random masks", "raw is the invented image alone, not the frame", CLOSE)
        m = mask.double().numpy()
        expected = (1 - m) * warped(past[:, -1], flow) + m * invented
        hint = (
            "m of the invented image and 1 - m of the warped last frame, with soft masks; the foreground is in h, not pasted over the frame"
        )
        agree(frame, expected, "frame, random masks", hint, CLOSE)


@blend.check(points=2)
def sends_gradients_where_the_mask_lets_them_through(student, seed):
    """To the layers and both masks what Eq. (13.1) and (13.2) say, to the past through the warp, and to the flow where the past shows."""
    inputs = list(parts(seed))
    past, flow, foreground, background, is_background, _ = inputs
    to_frame, to_raw = normal(seed + 9, 2, 3, 7, 10), normal(seed + 10, 2, 3, 7, 10)
    raw = torch.lerp(foreground, background, is_background)
    for m in (0.0, 0.5, 1.0):
        inputs[5] = torch.full_like(inputs[5], m)
        got = [
            torch.zeros_like(x) if g is None else g for x, g in zip(inputs, vjp(student, tuple(inputs), [to_frame, to_raw]), strict=True)
        ]
        through = m * to_frame + to_raw  # what reaches the invented image
        expected = {
            2: (1 - is_background) * through,
            3: is_background * through,
            4: ((background - foreground) * through).sum(dim=1, keepdim=True),
            5: ((raw - torch.from_numpy(warped(past[:, -1], flow))) * to_frame).sum(dim=1, keepdim=True),
        }
        for place, wanted in expected.items():
            hint = "nothing is detached or rounded: where the mask grows, h comes in *and* the warped frame goes out"
            agree(got[place], wanted, f"hallucinate = {m:g}: gradient to `{KINDS[place]}`", hint, 1e-3)
        shift = normal(seed + 11, *past.shape)  # the frame is linear in the past
        moved = float((to_frame * (1 - m) * torch.from_numpy(warped(shift[:, -1], flow))).sum())
        hint = "the past learns through the warp; its share is 1 - hallucinate, and `rollout` decides whether to detach it"
        agree(float((got[0] * shift).sum()), moved, f"hallucinate = {m:g}: slope along a change of the past", hint, 1e-3 * (1 + abs(moved)))
        case = f"hallucinate = {m:g}: the largest gradient to `flow`"
        within(
            got[1].abs().max(), *((0, 1e-6) if m == 1 else (1e-6, np.inf)), case, "nothing is detached or rounded: the flow learns as well"
        )


def network(student, outputs, inputs, seed, bias=None):
    """A convolution of 1 x 1 over there, and the same in numpy here: images (B, C, H, W) -> (B, outputs, H, W)."""
    handle = there(student, "torch.nn:Conv2d")(inputs, outputs, 1)
    weight, offset = 0.4 * normal(seed, outputs, inputs, 1, 1) / np.sqrt(inputs), 0.2 * normal(seed + 1, outputs)
    if bias is not None:
        weight, offset = 0 * weight, torch.as_tensor(bias, dtype=torch.float32)
    load(handle, dict(zip(state(handle), (weight, offset), strict=True)))

    def here(shown):
        return np.einsum("kc,bchw->bkhw", weight[:, :, 0, 0].double(), shown) + offset.double().numpy()[:, None, None]

    return handle, here


def scene(seed, channels=4, height=6, width=9, batch=2):
    """Labels with a soft background mask in channel 0, and past frames."""
    labels = uniform(seed, batch, 3, channels, height, width)
    return labels, normal(seed + 1, batch, 2, 3, height, width)


def heard(own, own_still, labels, past):
    """What the two networks say of these labels and past frames."""
    labels, past = (part.double().flatten(1, 2).numpy() for part in (labels, past))
    return own(np.concatenate([labels, past], axis=1)), own_still(labels)


def say(student, seed, labels, past, bias=None, still_bias=None):
    """The student's step, its parts as arrays, and what the two networks say here."""
    count = 3 * labels.shape[2]
    sequential, own = network(student, 6, count + 6, seed + 20, bias)
    still, own_still = network(student, 3, count, seed + 30, still_bias)
    got = student(sequential, still, labels, past)
    if not isinstance(got, tuple) or len(got) != 4:
        raise Failure(f"one step: got {type(got).__name__}, expected Step(frame, raw, flow, hallucinate)")
    return [array(part, "one step") for part in got], *heard(own, own_still, labels, past)


def expected_step(said, by_still, labels, past):
    """Frame, raw, flow and mask from what the networks say."""
    background, flow, mask = np.tanh(said[:, :3]), FLOW_PX * said[:, 3:5], 1 / (1 + np.exp(-said[:, 5:]))
    layer = labels[:, -1, :1].double().numpy()
    raw = (1 - layer) * np.tanh(by_still) + layer * background
    return (1 - mask) * warped(past[:, -1], torch.from_numpy(flow)) + mask * raw, raw, flow, mask


@generate.check(points=1)
def tells_flow_in_pixels(student, seed):
    """Outputs (0.75, -2) are a flow of (3, -8) px, without a bound."""
    labels, past = scene(seed)
    parts_, _, _ = say(student, seed, labels, past, bias=(0, 0, 0, 0.75, -2.0, 0))
    flow = parts_[2]
    has_shape(flow, (2, 2, 6, 9), "flow")
    hint = "the flow is FLOW_PX times what the network says, channels 3 and 4, x first"
    if np.abs(flow).max() <= FLOW_PX + CLOSE and np.abs(flow[:, 1] + 8).min() > 0.5:
        hint = f"with a tanh it cannot represent motions above {FLOW_PX:g} px: flow has no bounds"
    if np.abs(flow[:, 0] - 0.75).max() < CLOSE:
        hint = "without FLOW_PX a network of outputs around 1 cannot represent 3 px"
    agree(flow, constant(3, -8, 6, 9, 2), "flow where the network says (0.75, -2)", hint, CLOSE)


@generate.check(points=1)
def bounds_images_and_mask(student, seed):
    """Images by tanh, the mask by a sigmoid: outputs of 2, -1 and 0.5 give 0.96, -0.76 and a mask of 0.62."""
    labels, past = scene(seed)
    labels[:, :, 0] = 1
    parts_, _, _ = say(student, seed, labels, past, (2.0, -1.0, 0.0, 0, 0, 0.5), (0.5, 0.5, 0.5))
    colours = torch.tanh(torch.tensor([2.0, -1.0, 0.0]))[:, None, None].expand(2, 3, 6, 9)
    agree(parts_[1], colours, "raw image on the background, where the network says (2, -1, 0)", "h = tanh(b)", CLOSE)
    agree(parts_[3], torch.full((2, 1, 6, 9), 0.5).sigmoid(), "mask where the network says 0.5", "m = sigmoid(a), the last channel", CLOSE)
    labels[:, :, 0] = 0
    parts_, _, _ = say(student, seed, labels, past, (2.0, -1.0, 0.0, 0, 0, 0.5), (0.5, -0.5, 3.0))
    colours = torch.tanh(torch.tensor([0.5, -0.5, 3.0]))[:, None, None].expand(2, 3, 6, 9)
    agree(parts_[1], colours, "raw image on the foreground, where `still` says (0.5, -0.5, 3)", "h^F = tanh(still(labels))", CLOSE)


@generate.check(points=3)
def shows_each_network_what_it_should_see(student, seed):
    """Random networks of 1 x 1: labels oldest first, then past frames oldest first; `still` sees labels alone."""
    for case, shape in [("two clips", {}), ("one clip of 5 x 4, 7 channels", {"channels": 7, "height": 5, "width": 4, "batch": 1})]:
        labels, past = scene(seed, **shape)
        got, said, by_still = say(student, seed, labels, past)
        expected = expected_step(said, by_still, labels, past)
        hints = (
            "(13.2) with the flow and mask of this step",
            "h^F comes from `still`, which sees all three label frames, oldest first; the background mask is the newest frame's",
            "the input is labels (oldest first), then past frames (oldest first), channels of one after the other",
            "the last of the six outputs",
        )
        for place in (2, 3, 1, 0):
            name = ("frame", "raw", "flow", "hallucinate")[place]
            agree(got[place], expected[place], f"{case}, {name}", hints[place], 1e-3)


@generate.check(points=1)
def looks_at_the_newest_mask(student, seed):
    """The background mask differs from frame to frame: the newest counts."""
    labels, past = scene(seed)
    labels[:, 0, 0], labels[:, 1, 0], labels[:, 2, 0] = 0.0, 0.5, 1.0
    parts_, _, _ = say(student, seed, labels, past, (1.0, 1.0, 1.0, 0, 0, 0), (-1.0, -1.0, -1.0))
    hint = "is_background is channel 0 of the last of the three label frames"
    agree(parts_[1], torch.ones(2, 3, 6, 9).tanh(), "masks of 0, 0.5 and 1, oldest first: raw image", hint, CLOSE)


@generate.check(points=1)
def trains_both_networks(student, seed):
    """Every part of a step teaches the networks that made it."""
    labels, past = scene(seed)
    (sequential, own), (still, own_still) = network(student, 6, 18, seed + 20), network(student, 3, 12, seed + 30)
    said = heard(own, own_still, labels, past)
    nothing = [torch.zeros(2, n, 6, 9) for n in (3, 3, 2, 1)]
    for place, part in enumerate(("frame", "raw", "flow", "hallucinate")):
        cotangent = [normal(seed + 3, *zero.shape) if k == place else zero for k, zero in enumerate(nothing)]
        for which, (name, handle, outputs) in enumerate((("sequential", sequential, "bbbffa"), ("still", still, "bbb"))):
            got = weight_vjp(student, handle, (sequential, still, labels, past), cotangent)["bias"]
            got = torch.zeros(len(outputs)) if got is None else got
            for k, letter in enumerate(outputs):
                ends = []
                for nudge in (1e-5, -1e-5):
                    moved = [part.copy() for part in said]
                    moved[which][:, k] += nudge
                    ends.append(float((cotangent[place].numpy() * expected_step(*moved, labels, past)[place]).sum()))
                wanted = (ends[0] - ends[1]) / 2e-5
                case = f"slope of `{part}` by the bias of output {k}" + (f" ({letter})" if which == 0 else "") + f" of `{name}`"
                hint = "nothing is detached in a step, and no network runs without gradients: every part that comes back is trained on"
                agree(got[k], wanted, case, hint, 1e-2 * (1 + abs(wanted)))


@generate.check(points=1)
def passes_gradients_on_to_labels_and_past(student, seed):
    """The slope of a step along a change of each label frame and of each past frame, by all the ways that lead from it to the result."""
    labels, past = scene(seed)
    (sequential, own), (still, own_still) = network(student, 6, 18, seed + 20), network(student, 3, 12, seed + 30)
    cotangent = [normal(seed + 3 + n, 2, n, 6, 9) for n in (3, 3, 2, 1)]

    def told(*shown):
        parts = expected_step(*heard(own, own_still, *shown), *shown)
        return float(sum((c.double().numpy() * part).sum() for c, part in zip(cotangent, parts, strict=True)))

    gradients = vjp(student, (sequential, still, labels, past), cotangent)[2:]
    shown = [labels.double(), past.double()]
    for which, (name, gradient) in enumerate(zip(("label", "past"), gradients, strict=True)):
        for place in range(shown[which].shape[1]):
            change = torch.zeros_like(shown[which])
            change[:, place] = normal(seed + 9 + place, *change[:, place].shape)
            ends = [told(*(part + nudge * change if k == which else part for k, part in enumerate(shown))) for nudge in (1e-8, -1e-8)]
            wanted = (ends[0] - ends[1]) / 2e-8
            got = 0.0 if gradient is None else float((gradient * change).sum())
            hint = "nothing is detached in a step: labels go into both networks, past frames into `sequential`, the last also into the warp"
            agree(got, wanted, f"slope along a change of {name} frame {place}", hint, 1e-3 * (1 + abs(wanted)))
