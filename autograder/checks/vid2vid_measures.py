"""Checks of lesson 13: texture and coherence afterwards. Oracles: known deviations, running means, the energy that is minimised."""

import numpy as np
import torch

from autograder.checks.compare import agree, brief, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import normal, uniform, warped

texture = Exercise("texture")
coherent = Exercise("coherent")

CLOSE = 1e-4


@texture.check(points=1)
def is_zero_for_flat_things(student, seed):
    """Every thing in one colour, also of one pixel, with any numbers; the same number in another colour in the next frame."""
    regions = torch.randint(0, 4, (3, 5, 7), generator=torch.Generator().manual_seed(seed)) * 997
    colours = uniform(seed, 3, 4000, 3)
    clip = torch.stack([colours[t][regions[t]].permute(2, 0, 1) for t in range(3)])
    hint = (
        "subtract the mean colour of each region, three numbers, of each frame by itself: a thing may change its colour, that is flicker "
        "and not texture"
    )
    case = "flat things that change their colours from frame to frame"
    got = student(clip, regions)
    if not isinstance(got, float):
        words = "the root of a mean of squares, as a float; E[x^2] - mean^2 may round to below 0: subtract the mean first, then square"
        raise Failure(f"{case}: got {brief(got)}, expected a float", words)
    agree(got, 0.0, case, hint, CLOSE)


@texture.check(points=1)
def knows_a_chessboard(student, seed):
    """Steps of +-0.1 inside two things of different brightness: 0.1."""
    y, x = torch.meshgrid(torch.arange(6), torch.arange(8), indexing="ij")
    board = 0.1 * (1 - 2 * ((x + y) % 2)).float()
    regions = (x >= 4).long()
    clip = (0.5 + 0.3 * regions + board).expand(2, 3, 6, 8)
    hint = "a standard deviation: the root of the mean of squares, over all regions, frames, pixels and colours together"
    agree(student(clip, regions.expand(2, 6, 8)), 0.1, "a chessboard of +-0.1 on two things", hint, CLOSE)


def deviation(clip, regions):
    """Eq. (13.9) from sums and sums of squares."""
    total = 0.0
    for frame, owners in zip(clip.double().numpy(), regions.numpy(), strict=True):
        for number in np.unique(owners):
            values = frame[:, owners == number]
            total += (values**2).sum() - (values.sum(axis=1) ** 2).sum() / values.shape[1]
    return np.sqrt(total / clip.numel())


@texture.check(points=2)
def equals_its_formula(student, seed):
    """Random clips and regions, of very different sizes, also where things come and go, under any numbers."""
    for frames, things in [(1, 2), (3, 6)]:
        regions = (uniform(seed + 1, frames, 6, 9) ** 3 * things).long()
        clip = 0.5 * uniform(seed, frames, 3, 6, 9) * torch.tensor([1.0, 0.3, 0.1])[:, None, None] + 0.1 * regions[:, None]
        hint = "each pixel counts once, whatever the size of its region; each colour has its own mean; one root, over all frames together"
        agree(student(clip, regions), deviation(clip, regions), f"{frames} random frames, {things} things", hint, 1e-4)
    names = torch.tensor([[3, 10003, 1003, 259, 0, 103], [-1, 3, 4003, 9, 8, 6], [997, 3, 9, 0, -7, 4003]])
    named = torch.stack([name[owners] for name, owners in zip(names, regions, strict=True)])
    hint = "the regions of a frame are the numbers that it has, of any size and sign, and meet neither each other nor those of other frames"
    agree(student(clip, named), deviation(clip, named), "numbers from -7 to 10003 that come and go", hint, 1e-4)
    large = regions + 2**53
    hint = "2**53 + 1 is an int64 and no float: leave the numbers of the regions as they are"
    agree(student(clip, large), deviation(clip, large), "numbers from 2**53 on", hint, 1e-4)


def motion(seed, frames=5, height=6, width=9):
    """Frames in any range, backward flow and visibility at random."""
    visible = uniform(seed + 2, frames - 1, 1, height, width) < 0.7
    return normal(seed, frames, 3, height, width), 1.2 * normal(seed + 1, frames - 1, 2, height, width), visible


@coherent.check(points=1)
def leaves_the_frames_alone_without_strength(student, seed):
    """a = 0, nothing visible, and a clip of a single frame: the frames as they came."""
    frames, flow, visible = motion(seed)
    agree(student(frames, flow, visible, 0.0), frames, "a = 0", "without strength nothing is pulled, and no range is asked for", CLOSE)
    agree(student(frames[:1], flow[:0], visible[:0], 2.0), frames[:1], "a clip of one frame", "the first frame stays as it is", CLOSE)
    hint = "where the pixel was hidden in the last frame, there is nothing to pull to, and nothing to divide by"
    agree(student(frames, flow, visible & False, 3.0), frames, "a = 3, nothing visible", hint, CLOSE)


@coherent.check(points=1)
def becomes_a_running_mean_at_rest(student, seed):
    """Without motion: x_t = (f_t + a x_{t-1}) / (1 + a), a geometric mean over the past."""
    frames, flow, visible = motion(seed)
    for strength in (1.0, 4.0):
        weight = strength / (1 + strength)
        shares = [[weight**t, *(weight ** (t - k) / (1 + strength) for k in range(1, t + 1))] for t in range(5)]
        expected = [sum(share * frame for share, frame in zip(row, frames, strict=False)) for row in shares]
        hint = "the last *result* is carried on, not the last picture; divide by 1 + a; the first frame stays as it is"
        agree(student(frames, 0 * flow, visible | True, strength), torch.stack(expected), f"no motion, a = {strength:g}", hint, CLOSE)


@coherent.check(points=2)
def minimises_its_energy(student, seed):
    """Random flow and masks: each frame is the best compromise, given the frame before."""
    frames, flow, visible = motion(seed)
    for strength in (0.5, 6.0):
        got = torch.as_tensor(student(frames, flow, visible, strength))
        expected = [frames[0].double().numpy()]
        for t in range(1, 5):
            carried = warped(torch.from_numpy(expected[-1])[None], flow[t - 1 : t])[0]
            trust = strength * visible[t - 1].numpy()
            expected.append(frames[t].numpy() + trust / (1 + trust) * (carried - frames[t].numpy()))
        hint = "(f + a M warp(x)) / (1 + a M): flow and mask number t - 1 belong to frame t; warp(x)(p) = x(p + flow(p))"
        agree(got, np.stack(expected), f"random motion, a = {strength:g}", hint, CLOSE)


@coherent.check(points=1)
def carries_the_first_frame_through_if_strong(student, seed):
    """A clip that moves by one pixel a frame, with noise: a large a brings the first frame to the end."""
    wide = uniform(seed, 3, 8, 24)
    real = torch.stack([wide[:, :, 8 - t : 20 - t] for t in range(5)])
    flow = torch.tensor([-1.0, 0.0])[:, None, None].expand(4, 2, 8, 12)
    noisy = torch.cat([real[:1], real[1:] + 0.2 * normal(seed + 1, 4, 3, 8, 12)])
    got = torch.as_tensor(student(noisy, flow, torch.ones(4, 1, 8, 12, dtype=torch.bool), 1e5))
    apart = float((got[-1] - real[-1])[:, :, 4:].abs().max())
    within(
        apart,
        0,
        1e-3,
        "a = 100000, motion (1, 0): largest error of the last frame, inside",
        "a, however large, weighs the last result, which backward flow brings here",
    )
