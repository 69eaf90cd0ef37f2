"""Checks of lesson 11: finding the flow. Oracles: the formulas by numpy, moved textures, a network rebuilt from its weights."""

import numpy as np
import torch
import torch.nn.functional as F

from autograder.checks.compare import agree, array, has_shape, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import affine, constant, error_px, grid, look, moving_pair, normal, turn, uniform, warped
from autograder.checks.student import there, vjp

resize_flow = Exercise("resize_flow")
photometric_loss = Exercise("photometric_loss")
estimate = Exercise("estimate")
correlation = Exercise("correlation")

EPSILON, ALPHA = 1e-3, 10.0


@resize_flow.check(points=2)
def scales_the_values_with_the_size(student, seed):
    """A constant motion on grids of other sizes and proportions."""
    sizes = [((6, 8), (18, 16)), ((12, 8), (3, 4)), ((1, 1), (5, 7)), ((5, 7), (5, 7)), ((24, 13), (47, 8)), ((24, 13), (17, 24))]
    sizes += [((6, 8), (6, 4)), ((6, 8), (9, 8)), ((11, 7), (15, 61))]  # one side stays; 11 * (15 / 11) is less than 15
    for (height, width), (new_height, new_width) in sizes:
        case = f"motion (2, -3) from {height} x {width} to {new_height} x {new_width}"
        got = student(constant(2, -3, height, width, 2), new_height, new_width)
        has_shape(
            got,
            (2, 2, new_height, new_width),
            case,
            "hand F.interpolate the size (height, width) itself; a ratio can fall a pixel short",
        )
        agree(
            got,
            constant(2 * new_width / width, -3 * new_height / height, new_height, new_width, 2),
            case,
            "values are lengths in pixels of their own grid: x scales by W'/W, y by H'/H, each by its own, which need not be whole",
            1e-4,
        )


@resize_flow.check(points=1)
def keeps_the_motion_at_its_place(student, seed):
    """A zoom on twice the size is the same zoom, exact inside; random flow, up and down, equals scipy."""
    small, large = affine(turn(0.1, 1.1), np.zeros(2), 9, 12), affine(turn(0.1, 1.1), np.zeros(2), 18, 24)
    got = array(student(small, 18, 24), "a turning zoom, 9 x 12 to 18 x 24")
    has_shape(got, (1, 2, 18, 24), "a turning zoom, 9 x 12 to 18 x 24")
    agree(
        got[:, :, 1:-1, 1:-1],
        large[:, :, 1:-1, 1:-1],
        "a turning zoom, 9 x 12 to 18 x 24",
        "bilinear, and both grids cover the same area: align_corners=False",
        1e-3,
    )
    flow = normal(seed, 2, 2, 24, 13)
    for height, width in [(17, 8), (6, 4), (31, 29)]:
        x, y = grid(height, width)
        places = [np.repeat(((axis + 0.5) * ratio - 0.5)[None], 2, axis=0) for axis, ratio in ((x, 13 / width), (y, 24 / height))]
        expected = look(flow, *places) * np.array([width / 13, height / 24])[:, None, None]
        hint = "shrinking, too, mixes the four pixels around each place: no antialiasing, no mean over an area, align_corners=False"
        agree(student(flow, height, width), expected, f"random flow, 24 x 13 to {height} x {width}", hint, 1e-4)


@resize_flow.check(points=1)
def lets_gradients_through(student, seed):
    """The sum over a larger grid, differentiated: every small pixel is told."""
    got = vjp(student, (normal(seed, 1, 2, 3, 4), 6, 8), torch.ones(1, 2, 6, 8))[0]
    if got is None:
        raise Failure("no gradient arrives at the flow", "stay in torch, detach nothing")
    agree(got, torch.full((1, 2, 3, 4), 8.0), "gradient of the sum over twice the size", "4 pixels for one, each of twice the value", 1e-4)


def loss_of(flow, first, second, smoothness):
    """Eq. (11.12) in numpy."""
    total = np.sqrt((first.double().numpy() - warped(second, flow)) ** 2 + EPSILON**2).mean()
    for axis in (2, 3):
        edge = np.abs(np.diff(first.double().numpy(), axis=axis)).mean(axis=1, keepdims=True)
        total += smoothness * (np.exp(-ALPHA * edge) * np.abs(np.diff(flow.double().numpy(), axis=axis))).mean()
    return total


@photometric_loss.check(points=1)
def is_least_where_the_flow_is_true(student, seed):
    """A picture that moves by (2, 1), under its flow: only EPSILON is left inside; other conventions do worse than no motion."""
    wide = F.interpolate(uniform(seed, 1, 3, 8, 10), size=(40, 50), mode="bilinear", align_corners=True)
    first, second = wide[:, :, 4:36, 4:44], wide[:, :, 3:35, 2:42]
    found = {name: float(array(student(constant(*f, 32, 40), first, second, 0.0), "a loss")) for name, f in
             {"true": (2, 1), "none": (0, 0), "turned": (-2, -1), "swapped": (1, 2)}.items()}  # fmt: skip
    if not found["true"] < 0.5 * min(found["none"], found["turned"], found["swapped"]):
        raise Failure(
            f"motion (2, 1): loss {found['true']:.4g} under the true flow, {found['none']:.4g} under none, {found['turned']:.4g} turned",
            "the second frame is brought back to the first by the forward flow, and compared with the first",
        )


@photometric_loss.check(points=1)
def forgives_big_differences_like_an_absolute_value(student, seed):
    """Flat pictures that differ by a constant, without motion."""
    for gap in (0.0, 0.001, 0.5):
        agree(
            student(constant(0, 0, 5, 6), torch.full((1, 3, 5, 6), 0.2), torch.full((1, 3, 5, 6), 0.2 + gap), 1.0),
            np.sqrt(gap**2 + EPSILON**2),
            f"frames that differ by {gap}",
            "the root of square + EPSILON squared, at each pixel and colour, then the mean",
            1e-5,
        )


@photometric_loss.check(points=2)
def asks_neighbours_to_move_alike(student, seed):
    """Flows that bend along one axis only, on flat pictures: a mean for each axis over its own pairs, times smoothness."""
    flat = torch.full((1, 3, 6, 9), 0.5)
    y, x = torch.meshgrid(torch.arange(6.0), torch.arange(9.0), indexing="ij")
    for name, flow, bend in [
        ("u = 0.3 x", (0.3 * x, 0 * x), 0.15),
        ("v = -0.4 y", (0 * y, -0.4 * y), 0.2),
        ("u = 0.2 y", (0.2 * y, 0 * y), 0.1),
    ]:
        agree(
            student(torch.stack(flow)[None], flat, flat, 2.0),
            EPSILON + 2.0 * bend,
            f"flat frames, {name}",
            "absolute differences of both channels along x and along y, a mean over pixels and channels for each, summed, times smoothness",
            1e-5,
        )


@photometric_loss.check(points=1)
def lets_the_flow_break_at_edges(student, seed):
    """Random pictures and flows, against the formula: the weight is exp(-ALPHA * mean colour difference) of the first frame."""
    data = "no bend counts here, only the mean over all pixels and colours, also where the flow leads out"
    bends = "the weight of a pair of neighbours is exp(-ALPHA * d), d the mean over colours of |difference| in the first frame"
    for smoothness, colours, hint in [(0.0, 3, data), (1.0, 3, bends), (1.0, 1, f"the frames are grey; {bends}")]:
        first, second, flow = uniform(seed, 2, colours, 6, 9), uniform(seed + 1, 2, colours, 6, 9), normal(seed + 2, 2, 2, 6, 9)
        case = f"random frames and flows, smoothness {smoothness:g}"
        agree(student(flow, first, second, smoothness), loss_of(flow, first, second, smoothness), case, hint, 1e-5)


@photometric_loss.check(points=1)
def has_a_gradient_for_the_flow(student, seed):
    """Finite at no motion, where every descent begins, and against a difference quotient, both in double precision."""
    first, second = (uniform(seed + k, 1, 3, 6, 9).double() for k in (0, 1))
    flow = (normal(seed + 2, 1, 2, 6, 9).round() + 0.3 + 0.4 * uniform(seed + 3, 1, 2, 6, 9)).double()
    for case, start in [("no motion", 0 * flow), ("a random flow", flow)]:
        got = vjp(student, (start, first, second, 0.5), torch.tensor(1.0).double())[0]
        if got is None:
            raise Failure("no gradient arrives at the flow", "return a tensor that keeps its graph")
        if not got.isfinite().all():
            raise Failure(f"gradient at {case}: got NaN or infinity", "abs() has a slope of 0 at 0, the root of a square has none")
    nudge = normal(seed + 4, 1, 2, 6, 9).double()
    slope = (loss_of(flow + 1e-6 * nudge, first, second, 0.5) - loss_of(flow - 1e-6 * nudge, first, second, 0.5)) / 2e-6
    agree(
        float((got * nudge).sum()),
        slope,
        "slope along a random direction",
        "if the values are right, something is detached; if not, mend them first",
        1e-4 * (1 + abs(slope)),
    )


@estimate.check(points=1)
def begins_at_rest_at_full_size(student, seed):
    """Without a step, the flow is zero everywhere, at the size of the frames, after other calls too, and detached."""
    frames = uniform(seed, 2, 1, 16, 24)
    student(frames, frames.flip(3), 3, 1, 0.1)
    hint = "no step is taken where none is asked; every call has its own zeros to begin with, resized up to the full size"
    agree(student(frames, frames, 3, 0, 0.1), torch.zeros(2, 2, 16, 24), "no steps", hint, 1e-6)
    calls = there(student, "builtins:map")(student, [frames], [frames], [2], [1], [0.1])
    if any(there(student, "builtins:list")(there(student, "builtins:map")(there(student, "operator:attrgetter")("requires_grad"), calls))):
        raise Failure("the flow requires a gradient, expected a tensor detached from any graph", "detach what you return")


@estimate.check(points=2)
def finds_a_large_motion(student, seed):
    """Two textures that move by 6 px to opposite sides, too far for one level: within 0.3 px, where no motion is 6 px off."""
    pairs = [moving_pair(seed + 50 * k, np.eye(2), (s * 5.3, s * -2.9), shortest=14) for k, s in enumerate((1, -1))]
    first, second = (torch.cat([pair[part] for pair in pairs]) for part in (0, 1))
    got = array(student(first, second, 3, 60, 0.1), "motion (5.3, -2.9)")
    has_shape(got, (2, 2, 32, 48), "motion (5.3, -2.9)")
    for name, found, (_, _, flow, kept) in zip(("(5.3, -2.9)", "(-5.3, 2.9), in the same batch"), got, pairs, strict=True):
        within(
            error_px(found[None], flow, kept),
            0,
            0.3,
            f"motion {name}: end-point error in px (the mean flow came out as {found.mean(axis=(1, 2)).round(1).tolist()})",
            "each level begins with the flow of the coarser one, resized with its values, and takes all its steps of Adam; the coarsest is "
            "the smallest picture; the flow explains the first frame by the second, of each pair for itself",
        )


@estimate.check(points=2)
def finds_a_turn_and_a_zoom(student, seed):
    """Motion of 0 to 3 px that differs from pixel to pixel: within 0.25 px."""
    first, second, flow, kept = moving_pair(seed, turn(0.06, 1.05), (0.7, 0.5))
    got = array(student(first, second, 3, 60, 0.02), "a turning zoom")
    has_shape(got, (1, 2, 32, 48), "a turning zoom")
    within(
        error_px(got, flow, kept),
        0,
        0.25,
        f"a turning zoom: end-point error in px (no flow: {error_px(0 * got, flow, kept):.2f})",
        "is the finest level the full size, does every level take all its steps, and is smoothness handed on to the loss?",
    )


@estimate.check(points=1)
def takes_as_many_steps_as_asked(student, seed):
    """Up a ramp each step of Adam goes RATE_PX of its level: 0.1 px on the finest, 0.2 px on the next, 1.6 px on the fifth."""
    second = (0.3 + 0.005 * torch.arange(80)).expand(1, 3, 48, 80)
    tile = F.pad(torch.full((2, 2), -0.4), [1] * 4) + 0.2  # 0.1 in the mean, less than 0 in the middle
    first = second + tile.repeat(12, 20)
    hint = "Adam with lr=RATE_PX all along, a new one a level, all the steps on each; shrink by means, crop nothing; smoothness as given"
    for levels, steps in [(1, 1), (1, 3), (2, 1), (2, 3), (3, 20), (5, 1), (1, 120)]:
        most = 0.1 * steps * (2**levels - 1)
        case = f"up a ramp, {levels} level(s), {steps} step(s), no smoothness: the longest way to the right in px"
        got = array(student(first, second, levels, steps, 0.0), case)
        has_shape(got, (1, 2, 48, 80), case)
        within(got.max(), 0.98 * most, 1.02 * most, case, hint)  # Adam's epsilon takes less than 1 %


def descended(first, second, levels, steps, smoothness):
    """The descent, with the warp and the loss written out anew."""
    flow = torch.zeros(len(first), 2, 1, 1)
    for level in reversed(range(levels)):
        one, two = (F.interpolate(frame, scale_factor=0.5**level, mode="area") for frame in (first, second))
        height, width = one.shape[2:]
        scale = torch.tensor([width / flow.shape[3], height / flow.shape[2]])[:, None, None]
        flow = (F.interpolate(flow, (height, width), mode="bilinear") * scale).detach().requires_grad_()
        rule = torch.optim.Adam([flow], lr=0.1)
        for _ in range(steps):
            x, y = torch.arange(width) + flow[:, 0], torch.arange(height)[:, None] + flow[:, 1]
            places = torch.stack([2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1], dim=-1)
            seen = F.grid_sample(two, places, padding_mode="border", align_corners=True)
            loss = torch.hypot(one - seen, torch.tensor(EPSILON)).mean()
            for axis in (2, 3):
                weight = (-ALPHA * one.diff(dim=axis).abs().mean(dim=1, keepdim=True)).exp()
                loss = loss + smoothness * (weight * flow.diff(dim=axis).abs()).mean()
            (flow.grad,) = torch.autograd.grad(loss, flow)
            rule.step()
    return flow.detach().numpy()


@estimate.check(points=1)
def is_as_smooth_as_asked(student, seed):
    """Three steps, with little and with much smoothness, and on two levels, against the descent written out."""
    first, second, _, _ = moving_pair(seed, turn(0.06, 1.05), (0.7, 0.5))
    hint = "hand smoothness on to the loss, the same on every level, and the frames in their order; shrink by means, grow by resize_flow"
    for levels, smoothness, most in [(1, 0.02, 0.02), (1, 1.0, 0.02), (2, 0.1, 0.065)]:  # px: at whole places rounding chooses the slope
        case = f"{levels} level(s), 3 steps, smoothness {smoothness:g}: mean difference in px from the descent written out"
        got, expected = array(student(first, second, levels, 3, smoothness), case), descended(first, second, levels, 3, smoothness)
        has_shape(got, expected.shape, case)
        within(np.abs(got - expected).mean(), 0, most, case, hint)


@correlation.check(points=1)
def compares_a_pixel_with_itself_at_radius_zero(student, seed):
    """One channel: the mean of the products."""
    first, second = normal(seed, 2, 5, 4, 6), normal(seed + 1, 2, 5, 4, 6)
    agree(
        student(first, second, 0),
        (first * second).mean(dim=1, keepdim=True),
        "radius 0",
        "(2R+1)^2 = 1 channel, a mean over the features",
        1e-5,
    )


@correlation.check(points=1)
def finds_the_neighbour_that_a_feature_moved_to(student, seed):
    """One feature that moves 1 down and 2 to the left: channel (dy + R) (2R + 1) + dx + R."""
    first, second = torch.zeros(1, 1, 7, 9), torch.zeros(1, 1, 7, 9)
    first[0, 0, 3, 4] = second[0, 0, 4, 2] = 1
    got = array(student(first, second, 2), "a feature moved by dy = 1, dx = -2")
    has_shape(got, (1, 25, 7, 9), "a feature moved by dy = 1, dx = -2")
    found = [tuple(int(i) for i in place[1:]) for place in np.argwhere(got != 0)]
    if found != [(15, 3, 4)]:
        raise Failure(
            f"a feature moved by dy = 1, dx = -2: got entries at (channel, y, x) = {found[:3]}, expected [(15, 3, 4)]",
            "F2 is read at p + delta, rows of dy first; the result stands at the pixel of the first frame",
        )


@correlation.check(points=2)
def equals_its_formula(student, seed):
    """Random features, neighbour by neighbour, with zeros outside; the radius may be larger than the picture."""
    for batch, features, height, width, radius in [(2, 3, 5, 8, 1), (1, 4, 4, 3, 3), (1, 2, 2, 3, 4)]:
        first, second = normal(seed, batch, features, height, width), normal(seed + 1, batch, features, height, width)
        expected = np.zeros((batch, (2 * radius + 1) ** 2, height, width))
        for y, x in np.ndindex(height, width):
            for channel, (dy, dx) in enumerate((dy, dx) for dy in range(-radius, radius + 1) for dx in range(-radius, radius + 1)):
                if 0 <= y + dy < height and 0 <= x + dx < width:
                    expected[:, channel, y, x] = (first[:, :, y, x] * second[:, :, y + dy, x + dx]).mean(dim=1)
        agree(
            student(first, second, radius),
            expected,
            f"random features of {height} x {width}, radius {radius}",
            "a mean over features, not a sum; outside there are zeros, also beyond a picture smaller than the radius, "
            "not what comes round or the border again; F.unfold gives (B, C (2R+1)^2, H W), features before neighbours",
            1e-5,
        )


@correlation.check(points=1)
def trains_the_features_of_both_frames(student, seed):
    """A gradient arrives at both."""
    first, second = normal(seed, 1, 3, 5, 6), normal(seed + 1, 1, 3, 5, 6)
    got = vjp(student, (first, second, 1), torch.ones(1, 9, 5, 6))
    ones = (
        F.conv2d(second, torch.ones(3, 1, 3, 3), padding=1, groups=3) / 3,
        F.conv2d(first, torch.ones(3, 1, 3, 3), padding=1, groups=3) / 3,
    )
    for name, gradient, expected in zip(("first", "second"), got[:2], ones, strict=True):
        if gradient is None:
            raise Failure(f"no gradient arrives at the {name} features", "both come out of the network that is to learn")
        agree(gradient, expected, f"gradient to the {name} features", "each is multiplied by its neighbours in the other", 1e-4)
