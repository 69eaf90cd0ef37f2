"""Checks of lesson 11: the measures. Oracles: triangles, the formulas by numpy and scipy, and the law of flicker (1 + k) sigma^2."""

import numpy as np
import torch

from autograder.checks.compare import agree, array, raises, unexpected, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import constant, normal, uniform, warped
from autograder.checks.student import vjp

end_point_error = Exercise("end_point_error")
warping_error = Exercise("warping_error")
flicker = Exercise("flicker")


def everywhere(batch, height, width):
    """(batch, 1, height, width) bool, all True."""
    return torch.ones(batch, 1, height, width, dtype=torch.bool)


@end_point_error.check(points=1)
def measures_the_length_of_the_error(student, seed):
    """An error of (3, 4) is 5 pixels, no error is 0."""
    truth = normal(seed, 2, 2, 4, 6)
    agree(
        student(truth + constant(3, -4, 4, 6), truth, everywhere(2, 4, 6)),
        5.0,
        "expected 5.0 for flow error (3, -4)",
        "the length of the vector at each pixel, then the mean over pixels: not |du| + |dv|, not a mean over channels",
        1e-4,
    )
    agree(student(truth, truth, everywhere(2, 4, 6)), 0.0, "a perfect flow", "a number added under the root counts at every pixel", 1e-5)


@end_point_error.check(points=1)
def counts_valid_pixels_of_the_whole_batch_once(student, seed):
    """Random errors, short and long, and masks, with different numbers of valid pixels in each picture, and none in the last."""
    flow, truth = normal(seed, 4, 2, 5, 7), normal(seed + 1, 4, 2, 5, 7)
    valid = uniform(seed + 2, 4, 1, 5, 7) < torch.tensor([0.2, 0.5, 0.9, 0.0])[:, None, None, None]
    valid[:3, :, 0, 0] = True
    error = np.hypot(*(flow - truth).double().numpy().transpose(1, 0, 2, 3))[valid[:, 0].numpy()]
    for size, hint in [
        (1, "divide by the number of valid pixels, of all pictures together; what is not valid counts nowhere"),
        (500, "long flows and long errors count like all others: nothing is cut or left out but what is not valid"),
    ]:
        case = f"random errors of about {size} px, random mask, one picture without a valid pixel"
        agree(student(size * flow, size * truth, valid), size * error.mean(), case, hint, 1e-5 * size)


@end_point_error.check(points=1)
def does_not_mind_nan_where_nothing_is_known(student, seed):
    """Truth that is NaN, infinite or a huge number, where it is not valid."""
    for unknown in (torch.nan, torch.inf, 1e10, 1e30):  # the square of the last is infinite
        truth, valid = torch.zeros(1, 2, 4, 4), everywhere(1, 4, 4)
        valid[0, 0, :, 2:], truth[:, :, :, 2:] = False, unknown
        agree(
            student(constant(0, 2, 4, 4), truth, valid),
            2.0,
            f"truth is {unknown} where not valid",
            "only the mask says what is known: choose those pixels before the length is taken; NaN * 0 is NaN, and inf * 0 is, too",
            1e-2,
        )


@end_point_error.check(points=1)
def has_a_finite_gradient_where_the_flow_is_perfect(student, seed):
    """As a loss: the unit vector of the error over the number of pixels, no NaN at an error of zero or where the truth is unknown."""
    truth, valid = normal(seed, 1, 2, 3, 4), everywhere(1, 3, 4)
    flow = truth.clone()
    flow[:, :, 1, 2] += torch.tensor([3.0, 4.0])
    expected = torch.zeros_like(flow)
    expected[0, :, 1, 2] = torch.tensor([0.6, 0.8])
    for case, unknown, hint in [
        ("gradient, with the flow perfect but at one pixel", 0.0, "the root has no finite slope at 0; vector_norm says 0 there"),
        (
            "gradient, with NaN for truth at two pixels",
            torch.nan,
            "choose the valid pixels before the root: 0 times its slope at NaN is NaN",
        ),
    ]:
        if np.isnan(unknown):
            valid[0, 0, 0, :2], truth[:, :, 0, :2] = False, unknown
        got = vjp(student, (flow, truth, valid), torch.tensor(1.0))[0]
        if got is None:
            raise Failure("no gradient arrives at the flow", "return a tensor that keeps its graph, not a float")
        agree(got, expected / valid.sum(), case, hint, 1e-5)


@end_point_error.check(points=1)
def refuses_when_nothing_is_valid(student, seed):
    """No valid pixel, no mean."""
    raises(ValueError, lambda: student(constant(0, 0, 3, 3), constant(0, 0, 3, 3), ~everywhere(1, 3, 3)), "no valid pixel")


def error_along(clip, flow, mask):
    """Eq. (11.8), pair by pair."""
    change = (warped(clip[1:], flow) - clip[:-1].double().numpy()) ** 2
    pairs = [one[:, chosen[0]].mean() if chosen.any() else 0.0 for one, chosen in zip(change, mask.numpy(), strict=True)]
    return float(np.mean(pairs))


def random_clip(seed, frames=4, height=9, width=12):
    """Clip, flow and mask that have nothing to do with each other."""
    shares = torch.linspace(0.3, 0.9, frames - 1)[:, None, None, None]
    mask = uniform(seed + 2, frames - 1, 1, height, width) < shares
    return uniform(seed, frames, 3, height, width), 1.5 * normal(seed + 1, frames - 1, 2, height, width), mask


@warping_error.check(points=1)
def is_zero_for_what_moves_and_does_not_change(student, seed):
    """A picture that moves by whole pixels, under its true flow."""
    wide = uniform(seed, 3, 12, 30)
    clip = torch.stack([wide[:, :, 10 - 2 * t : 28 - 2 * t] for t in range(4)])
    mask = everywhere(3, 12, 18)
    mask[:, :, :, -2:] = False
    agree(
        student(clip, constant(2, 0, 12, 18, 3), mask),
        0.0,
        "a picture that moves by (2, 0), under its true flow",
        "hidden pixels count, or error grew compared with no motion at all, or nothing moved: forward flow brings t + 1 back to t, "
        "and the mask of frame t chooses pixels after that warp",
        1e-6,
    )


@warping_error.check(points=2)
def is_the_mean_over_visible_pixels_and_colours(student, seed):
    """Random clips, flows and masks, against the formula pair by pair."""
    for case, frames, colours in [("four random frames", 4, 3), ("two random frames", 2, 3), ("four grey frames", 4, 1)]:
        clip, flow, mask = random_clip(seed, frames)
        clip = 1.6 * clip[:, :colours] - 0.3  # noise leads beyond [0, 1], too
        got = student(clip, flow, mask)
        if not isinstance(got, torch.Tensor):
            raise unexpected(got, "a scalar tensor", case, "leave float() to those who print it")
        agree(
            got,
            error_along(clip, flow, mask),
            case,
            "squared differences of each colour, no root, over visible pixels only, divided by their number and by the number of colours; "
            "a mean for each pair, then over the pairs",
            1e-5,
        )


@warping_error.check(points=1)
def counts_a_pair_without_visible_pixels_as_zero(student, seed):
    """A cut, where nothing of one frame is seen in the next; a pair with a single visible pixel; and no pixel at all."""
    clip, flow, mask = random_clip(seed)
    clip, mask[:2] = clip[:, :1], False
    mask[0, 0, 4, 5] = True
    hint = (
        "0 / 0: hold the divisor at 1 or more; such a pair counts as 0, but it does count among the T - 1; "
        "these frames have one colour, not three"
    )
    agree(student(clip, flow, mask), error_along(clip, flow, mask), "one pair has a single visible pixel, one has none", hint, 1e-5)
    agree(student(clip, flow, mask & False), 0.0, "no pair has a visible pixel", hint)


def waves(seed, sigma, u, v, frames=5, size=(90, 110)):
    """Smooth waves of random phase under a known motion, with independent noise; the mask keeps off the border."""
    y, x = torch.meshgrid(torch.arange(float(size[0])), torch.arange(float(size[1])), indexing="ij")
    phase = 6.28 * uniform(seed, 3)
    still = [torch.sin(0.1 * (x - t * u) + 0.06 * (y - t * v) + phase[0]) + torch.cos(0.12 * (y - t * v) + phase[1]) for t in range(frames)]
    clip = 0.5 + 0.15 * torch.stack(still)[:, None].repeat(1, 3, 1, 1)
    mask = torch.zeros(frames - 1, 1, *size, dtype=torch.bool)
    mask[:, :, 5:-5, 5:-5] = True
    return clip + sigma * normal(seed + 1, frames, 3, *size), constant(u, v, *size, batch=frames - 1), mask


@warping_error.check(points=2)
def follows_the_law_of_flicker(student, seed):
    """Noise of variance sigma^2 gives (1 + k) sigma^2, k = 1 for whole pixels, 1/2 for half a pixel, 1/4 along both axes."""
    for u, v, k, sigma in [(0.0, 0.0, 1, 0.05), (2.0, 1.0, 1, 0.1), (0.5, 0.0, 0.5, 0.05), (0.0, 1.5, 0.5, 0.05), (0.5, 0.5, 0.25, 0.05)]:
        law = (1 + k) * sigma**2
        got = array(student(*waves(seed, sigma, u, v)), "the warping error")
        within(
            got,
            0.95 * law,
            1.05 * law,
            f"noise of {sigma} on waves that move by ({u}, {v}), law (1 + {k}) sigma^2 = {law:.5f}",
            "frame t + 1 is warped to t by the flow itself, in pixels, and the squares are averaged, not rooted",
        )


def peak(clip, real):
    """PSNR in dB of a clip in [0, 1]."""
    with np.errstate(divide="ignore"):
        return float(-10 * np.log10(((clip - real) ** 2).double().mean().item()))


@flicker.check(points=1)
def gives_the_real_clip_no_flicker_and_perfect_fidelity(student, seed):
    """Even where its warping error is far from zero."""
    real, flow, mask = random_clip(seed)
    got = pair_of_numbers(student(real, real, flow, mask), "the real clip itself")
    agree(
        got[0], 0.0, "flicker of the real clip itself", "subtract the warping error of the real clip; flicker comes first, then PSNR", 1e-6
    )
    agree(got[1], np.inf, "fidelity of the real clip itself", "PSNR is infinite for a perfect copy")


@flicker.check(points=1)
def shows_that_grey_is_steady_and_worthless(student, seed):
    """A constant clip scores a warping error of 0: below the real clip, at a PSNR that says what it is."""
    real, flow, mask = random_clip(seed)
    grey = torch.full_like(real, 0.5)
    got = pair_of_numbers(student(grey, real, flow, mask), "a grey clip")
    agree(
        got[0],
        -error_along(real, flow, mask),
        "flicker of a grey clip",
        "its own warping error is 0, and the real clip's is subtracted: a difference of two errors, no ratio",
        1e-5,
    )
    agree(
        got[1],
        peak(grey, real),
        "PSNR of a grey clip",
        "10 log10(1 / mean squared error), one mean over the whole clip, which is in [0, 1], so the peak is 1",
        1e-3,
    )


@flicker.check(points=1)
def grows_with_noise_by_the_law(student, seed):
    """Noise of 0.05 on a moving clip adds (1 + k) sigma^2, and gives a PSNR of 26 dB."""
    for u, k in [(2.0, 1), (0.5, 0.5)]:
        noisy, flow, mask = waves(seed, 0.05, u, 0.0)
        real, _, _ = waves(seed, 0.0, u, 0.0)
        got = pair_of_numbers(student(noisy, real, flow, mask), "noise of 0.05")
        law = (1 + k) * 0.05**2
        within(
            got[0],
            0.95 * law,
            1.05 * law,
            f"flicker of noise of 0.05 on motion ({u}, 0)",
            "warping error of the clip minus that of the real",
        )
        agree(got[1], peak(noisy, real), "PSNR of noise of 0.05", "decibels: 10 log10, of the mean over the whole clip", 1e-3)


@flicker.check(points=1)
def works_on_any_pair_of_clips(student, seed):
    """Random clips against the formulas: unlike the real one, 80 dB near to it, and beside another real one."""
    (first, flow, mask), (other, _, _) = random_clip(seed), random_clip(seed + 50)
    cases = {
        "a random clip": (0.4 + 0.2 * other, first),
        "a clip that is almost the real one": (first + 1e-4 * (2 * other - 1), first),
        "a random clip, with another real one than before": (first, other),
    }
    for name, (clip, real) in cases.items():
        got = pair_of_numbers(student(clip, real, flow, mask), name)
        expected = error_along(clip, flow, mask) - error_along(real, flow, mask)
        hint = "both warping errors under the motion of the real clip, and of the clips of this call: nothing is kept for the next one"
        agree(got[0], expected, f"flicker of {name}", hint, 1e-5)
        hint = "mean over all values of the clip, hidden ones too; infinite for the real clip itself only"
        agree(got[1], peak(clip, real), f"PSNR of {name}", hint, 1e-3)


def pair_of_numbers(got, case):
    """What `flicker` returned as two floats, or a failure that says what it should be."""
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise unexpected(got, "(flicker, psnr_db)", case, "flicker first, then fidelity: neither stands alone")
    return [float(array(number, case)) if np.size(array(number, case)) == 1 else np.nan for number in got]
