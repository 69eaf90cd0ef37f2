"""Checks of lesson 11: what two flows tell. Oracles: affine motions in closed form, moving squares, the formulas by scipy."""

import numpy as np
import torch

from autograder.checks.compare import agree, array, has_shape
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import affine, constant, inside, normal, rim_picture, turn, uniform, warped
from autograder.checks.student import vjp

compose = Exercise("compose")
residual = Exercise("residual")
visible = Exercise("visible")

SIZE = (17, 24)


@compose.check(points=1)
def adds_constant_motions(student, seed):
    """Two translations make one, whatever the border does."""
    agree(
        student(constant(1, -2, *SIZE), constant(0.5, 3, *SIZE)),
        constant(1.5, 1, *SIZE),
        "(1, -2) and then (0.5, 3)",
        "lengths add up, of points that leave frame 1 too: they read its border",
        1e-5,
    )


@compose.check(points=2)
def turns_and_then_zooms(student, seed):
    """Affine motions compose like their matrices; of a turn and a zoom with shifts the order matters."""
    first, second = (turn(0.1), np.array([1.5, 0.4])), (turn(0.0, 1.2), np.array([-0.8, 1.1]))
    one, two = affine(*first, *SIZE), affine(*second, *SIZE)
    expected = affine(second[0] @ first[0], second[0] @ first[1] + second[1], *SIZE)
    got = array(student(one, two), "a turn, then a zoom")
    has_shape(got, (1, 2, *SIZE), "a turn, then a zoom")
    kept = inside(one)[0]
    agree(
        np.where(kept, got, 0),
        np.where(kept, expected, 0),
        "a turn, then a zoom",
        "the second flow lives on the grid of frame 1: read it where the first one has led, by a warp",
        1e-3,
        lambda g, e: rim_picture(g, e),
    )


@compose.check(points=1)
def works_on_random_flows_in_a_batch(student, seed):
    """Against the formula by scipy, with flow that leads out of the picture."""
    one, two = 2 * normal(seed, 3, 2, 6, 9), normal(seed + 1, 3, 2, 6, 9)
    agree(student(one, two), one.numpy() + warped(two, one), "random flows", "f01(p) + f12(p + f01(p)): both lead forward", 1e-4)
    trains_both(student, (one, two), ("first", "second"))


def trains_both(student, flows, names):
    """Compare the gradients with the slopes of f(p) + g(p + f(p)) along random directions."""
    hint, cotangent = (
        "as part of a loss, the result must train both flows, and the place that is read: nothing is detached",
        normal(0, *flows[0].shape),
    )
    for place, (name, gradient) in enumerate(zip(names, vjp(student, flows, cotangent), strict=True)):
        if gradient is None or not float(gradient.abs().max()) > 0:
            raise Failure(f"no gradient arrives at the {name} flow", hint)
        nudge = normal(place + 1, *flows[0].shape).double()
        moved = [[flow + (s * nudge if k == place else 0) for k, flow in enumerate(flows)] for s in (1e-6, -1e-6)]
        ends = [one.double().numpy() + warped(two, one) for one, two in moved]
        slope = float(((ends[0] - ends[1]) * cotangent.numpy()).sum() / 2e-6)
        agree(
            float((gradient * nudge).sum()), slope, f"gradient to the {name} flow, along a random direction", hint, 1e-3 * (1 + abs(slope))
        )


@residual.check(points=1)
def is_zero_where_the_way_back_is_the_way_there(student, seed):
    """Constant motion, and back."""
    agree(
        student(constant(2, -1, *SIZE), constant(-2, 1, *SIZE)),
        constant(0, 0, *SIZE),
        "motion (2, -1) and back",
        "constant motion should be consistent: f and b point in opposite directions, so add them, as vectors; "
        "beyond the border the b of the border is read",
        1e-5,
    )


@residual.check(points=1)
def is_zero_for_a_turning_picture(student, seed):
    """A rotation and its inverse, where the way leads inside."""
    forward = affine(turn(0.15), np.array([1.0, 0.5]), *SIZE)
    back = turn(-0.15)
    backward = affine(back, -back @ np.array([1.0, 0.5]), *SIZE)
    got = array(student(forward, backward), "a turn and back")
    has_shape(got, (1, 2, *SIZE), "a turn and back", "the vector, not its length")
    agree(
        np.where(inside(forward), got, 0),
        0 * got,
        "a turn and back",
        "fine for constant flow, wrong for rotation: the backward flow must be read at p + f(p), by a warp with the forward flow",
        1e-3,
    )


@residual.check(points=1)
def is_the_vector_that_is_left(student, seed):
    """Values, signs and units, on constant and on random flows."""
    agree(
        student(constant(1, 2, *SIZE), constant(0.5, -1, *SIZE)),
        constant(1.5, 1, *SIZE),
        "(1, 2) there and (0.5, -1) back",
        "r = f + b: the vector from the start to the end, in pixels",
        1e-5,
    )
    forward, backward = 2 * normal(seed, 2, 2, 6, 9), normal(seed + 1, 2, 2, 6, 9)
    agree(
        student(forward, backward),
        forward.numpy() + warped(backward, forward),
        "random flows",
        "f(p) + b(p + f(p)), on the grid of the forward flow",
        1e-4,
    )


@residual.check(points=1)
def can_be_learned_from(student, seed):
    """The gradients to both flows, against difference quotients."""
    forward, backward = normal(seed, 1, 2, 6, 9), normal(seed + 1, 1, 2, 6, 9)
    trains_both(student, (forward, backward), ("forward", "backward"))


def square_scene(speed: int, frame: int, size: tuple[int, int] = (20, 30)) -> tuple[torch.Tensor, np.ndarray]:
    """Flow and place of a square of 8 x 8 that moves by `speed` px to the right on a still ground, on the grid of one of its two frames."""
    place = np.zeros(size, bool)
    left = 8 + (speed if frame else 0)
    place[5:13, left : left + 8] = True
    flow = torch.zeros(1, 2, *size)
    flow[0, 0][torch.from_numpy(place)] = float(-speed if frame else speed)
    return flow, place


@visible.check(points=2)
def finds_what_a_moving_square_covers(student, seed):
    """The strip in front of the square is hidden in the next frame, the strip behind it in the last one: speed x height pixels each."""
    for speed in (2, 5):
        (forward, here), (backward, there) = square_scene(speed, 0), square_scene(speed, 1)
        for name, flows, hidden in [
            ("to the next frame", (forward, backward), there & ~here),
            ("with the frames swapped", (backward, forward), here & ~there),
        ]:
            case = f"a square at {speed} px a frame, {name}"
            got = array(student(*flows), case)
            has_shape(got, (1, 1, *hidden.shape), case)
            if got.dtype != bool:
                raise Failure(f"{case}: got {got.dtype}, expected bool", "a mask: true where visible")
            found = ~got[0, 0]
            if (found != hidden).any():
                raise Failure(
                    f"{case}: {int(found.sum())} hidden pixels, {int((found & hidden).sum())} of them right, expected {int(hidden.sum())}",
                    "true means visible, on the very border, too; the backward flow is read at p + f(p), and what comes home is visible",
                    rim_picture(found[None, None].astype(float), hidden[None, None].astype(float)),
                )


@visible.check(points=1)
def knows_that_who_leaves_the_frame_is_gone(student, seed):
    """A picture that moves as a whole: the columns or rows that leave it, and those that just reach the border."""
    for u, v in [(3, 0), (-4, 0), (0, 2), (0, -5), (0.3, -0.4)]:
        expected = inside(constant(u, v, 9, 14))[:, None]
        got = array(student(constant(u, v, 9, 14), constant(-u, -v, 9, 14)), f"all moves by ({u}, {v})")
        has_shape(got, (1, 1, 9, 14), f"all moves by ({u}, {v})")
        agree(
            got,
            expected,
            f"all moves by ({u}, {v})",
            "the bounds test: beyond the border the warp repeats the flow and everybody comes home; inside is 0 to W-1 and 0 to H-1, "
            "both ends included",
            0,
            rim_picture,
        )


@visible.check(points=2)
def forgives_more_to_the_fast(student, seed):
    """Both sides of the threshold, for motions of any speed."""
    random = np.random.default_rng(seed)
    for _ in range(24):
        speed, angle, turned = random.uniform(0, 20), *random.uniform(0, 2 * np.pi, 2)
        forward = speed * np.array([np.cos(angle), np.sin(angle)])
        low, high = 0.0, 30.0  # how far off the way back may be: |r|^2 = 0.01 (|f|^2 + |b|^2) + 0.5
        for _ in range(50):
            middle = (low + high) / 2
            back = -forward + middle * np.array([np.cos(turned), np.sin(turned)])
            low, high = (middle, high) if middle**2 <= 0.01 * (speed**2 + back @ back) + 0.5 else (low, middle)
        for factor, expected in [(0.98, True), (1.02, False)]:
            back = -forward + factor * low * np.array([np.cos(turned), np.sin(turned)])
            got = array(student(constant(*forward.tolist(), 60, 60), constant(*back.tolist(), 60, 60)), f"motion of {speed:.1f} px")
            has_shape(got, (1, 1, 60, 60), f"motion of {speed:.1f} px")
            agree(
                got[0, 0, 30, 30],
                expected,
                f"motion of {speed:.1f} px, {factor * low:.2f} px off on return ({low:.2f} allowed)",
                "|r|^2 <= 0.01 (|f|^2 + |b|^2) + 0.5: squared lengths of both flows, b read at p + f(p)",
                0,
            )


@visible.check(points=1)
def treats_each_pair_of_a_batch_alone(student, seed):
    """Random smooth flows: a batch gives what its pairs give."""
    forward = 4 * torch.nn.functional.interpolate(normal(seed, 3, 2, 3, 4), size=(12, 16), mode="bilinear", align_corners=True)
    backward = -forward + 0.8 * (uniform(seed, 3, 1, 12, 16) > 0.5)
    way_back = warped(backward, forward)
    apart, length = (forward.numpy() + way_back) ** 2, forward.numpy() ** 2 + way_back**2
    gap = apart.sum(1) - 0.01 * length.sum(1) - 0.5
    clear = np.abs(gap) > 1e-3
    expected = (gap <= 0) & inside(forward)
    got = array(student(forward, backward), "three pairs")
    has_shape(got, (3, 1, 12, 16), "three pairs")
    hint = (
        "pair by pair as (11.6) says: |b(p + f)|, not |b(p)|, on the right side; sums run over the two channels, never over the batch; "
        "inside is 0 to W-1 and 0 to H-1, not a tenth of a pixel more"
    )
    agree(got[:, 0] & clear, expected & clear, "three pairs", hint, 0)
