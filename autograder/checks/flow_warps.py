"""Checks of lesson 11: the two warps. Oracles: scipy's map_coordinates, pictures moved by slicing, linear ramps, finite differences."""

import torch

from autograder.checks.compare import agree, array, has_shape
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import agree_warp, constant, normal, uniform, warped
from autograder.checks.student import there, vjp

warp_by_hand = Exercise("warp_by_hand")
warp = Exercise("warp")


def both(points):
    """Register a check for both warps: they are the same function."""

    def register(function):
        return warp.check(points)(warp_by_hand.check(points)(function))

    return register


@both(points=1)
def leaves_a_picture_without_motion_as_it_is(student, seed):
    """The identity, on pictures that are not square."""
    for height, width in [(5, 9), (24, 40)]:
        image = uniform(seed, 1, 2, height, width)
        agree_warp(
            student(image, torch.zeros(1, 2, height, width)), image, torch.zeros(1, 2, height, width), f"no motion, {height} x {width}"
        )


@both(points=1)
def looks_where_whole_pixels_of_flow_point(student, seed):
    """A translation by (2, 1) shows the picture moved by slicing, and the border where there is nothing more."""
    image = uniform(seed, 1, 1, 6, 8)
    flow = constant(2, 1, 6, 8)
    got = student(image, flow)
    agree_warp(got, image, flow, "translation (2, 1)")
    agree(
        array(got, "translation (2, 1)")[:, :, :-1, :-2],
        image[:, :, 1:, 2:],
        "translation (2, 1), inside",
        "out(p) = image(p + flow(p))",
        1e-4,
    )


@both(points=1)
def mixes_four_pixels_by_their_distance(student, seed):
    """A fractional translation of a linear ramp is exact; of a random picture it equals scipy."""
    y, x = torch.meshgrid(torch.arange(7.0), torch.arange(10.0), indexing="ij")
    ramp = (3 * x - 2 * y)[None, None]
    got = array(student(ramp, constant(0.25, 0.75, 7, 10)), "a ramp moved by (0.25, 0.75)")
    has_shape(got, (1, 1, 7, 10), "a ramp moved by (0.25, 0.75)")
    agree(
        got[:, :, :-1, :-1],
        (ramp + 3 * 0.25 - 2 * 0.75)[:, :, :-1, :-1],
        "a ramp moved by (0.25, 0.75)",
        "the nearer of two pixels weighs more (1 - a for the left one, a for the right one, b in the same way), flow counts in pixels, "
        "and values of any unit stay as they are",
        1e-3,
    )
    image, flow = uniform(seed, 1, 3, 24, 40), constant(0.3, -0.6, 24, 40)
    agree_warp(student(image, flow), image, flow, "translation (0.3, -0.6), 24 x 40")


@both(points=1)
def gives_each_picture_its_own_flow(student, seed):
    """A batch of pictures, each with a flow of its own, with many colours or one, which may lie last in memory, as those of a film do."""
    for batch, colours, height, width in [(3, 2, 6, 11), (2, 5, 9, 4)]:
        image, flow = uniform(seed, batch, colours, height, width), 1.5 * normal(seed + 1, batch, 2, height, width)
        case = f"{batch} random pictures of {height} x {width}"
        agree_warp(student(image, flow), image, flow, case)
        agree_warp(of_views(student, image, flow), image, flow, f"{case}, channels last in memory")


def of_views(student, image, flow):
    """The warp of views whose channels lie last in memory, made beside the student's code: arguments of a call are copied into order."""
    apply, turn = there(student, "builtins:map"), there(student, "operator:methodcaller")("movedim", -1, 1)
    return there(student, "builtins:list")(apply(student, *(apply(turn, [x.movedim(1, -1)]) for x in (image, flow))))[0]


@both(points=1)
def repeats_the_border_outside(student, seed):
    """Flow that leads out, also far out, and pictures of a single row or column."""
    image = uniform(seed, 1, 1, 5, 7) + 0.5
    for u, v in [(2.5, 0), (0, -3.5), (-100, 1), (0, 250)]:
        agree_warp(student(image, constant(u, v, 5, 7)), image, constant(u, v, 5, 7), f"translation ({u}, {v})")
    for size in [(1, 6), (6, 1), (1, 1)]:
        thin, flow = uniform(seed, 2, 1, *size), constant(1.5, 2, *size, batch=2)
        agree_warp(student(thin, flow), thin, flow, f"a picture of {size[0]} x {size[1]} pixels")


@both(points=1)
def passes_gradients_to_picture_and_flow(student, seed):
    """Against central differences in double precision, away from whole pixels; none where the border is repeated."""
    image, cotangent = normal(seed, 2, 3, 5, 6).double(), normal(seed + 1, 2, 3, 5, 6).double()
    flow = (normal(seed + 2, 2, 2, 5, 6).round() + 0.2 + 0.6 * uniform(seed + 3, 2, 2, 5, 6)).double()
    got = student(image, flow)
    agree_warp(got, image, flow, "double precision")
    agree(got, warped(image, flow), "double precision", "float64 comes in: compute in it, and cast neither the place nor the result", 1e-9)
    for place, name, values in [(0, "picture", image), (1, "flow", flow)]:
        got = vjp(student, (image, flow), cotangent)[place]
        if got is None:
            raise Failure(f"gradient to the {name}: none arrives", "stay in torch, without rounding or detaching the weights a and b")
        for direction in range(4):
            nudge = normal(seed + 10 + direction, *values.shape).double()
            moved = [student(*((image + s * nudge, flow) if place == 0 else (image, flow + s * nudge))) for s in (1e-6, -1e-6)]
            expected = float(((torch.as_tensor(moved[0]) - torch.as_tensor(moved[1])) * cotangent).sum() / 2e-6)
            agree(
                float((got * nudge).sum()),
                expected,
                f"gradient to the {name}, along a random direction",
                "the weights a and b must keep their graph, and clamp, not round",
                1e-4 * (1 + abs(expected)),
            )


@both(points=1)
def has_a_slope_where_descents_begin(student, seed):
    """At whole pixels, no motion among them, a linear ramp rises as it does everywhere; a picture of a single pixel has no slope."""
    y, x = torch.meshgrid(torch.arange(7.0), torch.arange(10.0), indexing="ij")
    for u, v in [(0, 0), (1, -1)]:
        case = f"gradient to a flow of ({u}, {v}) everywhere, on the ramp 3 x - 2 y"
        got = slope_at(student, (3 * x - 2 * y)[None, None], constant(u, v, 7, 10))
        hint = "if the values are right: a and x0 + 1 keep their part at whole x; ceil, abs, relu, short cuts have no slope there"
        agree(got[:, :, 2:-2, 2:-2], constant(3, -2, 3, 6), case, hint, 1e-3)
    # one pixel, not one row: the backward pass of grid_sample follows a NaN of one axis alone out of memory
    got = slope_at(student, uniform(seed, 1, 1, 1, 1), constant(1.5, 2, 1, 1))
    hint = "0 / 0 or 1 / 0: with align_corners=True divide by max(W - 1, 1), and by max(H - 1, 1)"
    agree(got, torch.zeros(1, 2, 1, 1), "gradient to the flow of a picture of 1 x 1 pixel", hint, 1e-6)


def slope_at(student, image, flow):
    """Gradient of the sum over the warped picture with respect to the flow; zeros where none arrives."""
    got = vjp(student, (image, flow), torch.ones_like(image))[1]
    return torch.zeros_like(flow) if got is None else got
