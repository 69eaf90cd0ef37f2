"""Checks of lesson 13: loss of the flow and schedule. Oracles: constant errors, scipy's warp, difference quotients, the table."""

import numpy as np
import torch

from autograder.checks.compare import agree, brief, same
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import normal, uniform, warped
from autograder.checks.student import vjp

flow_loss = Exercise("flow_loss")
schedule = Exercise("schedule")

CLOSE = 1e-4


def still(pairs, value=0.0, batch=2, height=6, width=8):
    """No motion, everything visible, and a clip that gets brighter by `value` in each frame."""
    flow = torch.zeros(batch, pairs, 2, height, width)
    grey = torch.arange(pairs + 1.0)[:, None, None, None].expand(batch, pairs + 1, 3, height, width)
    return flow, flow.clone(), torch.ones(batch, pairs, 1, height, width, dtype=torch.bool), value * grey


@flow_loss.check(points=2)
def is_a_mean_over_the_pairs(student, seed):
    """The same error in every pair costs the same in clips of 2, 3 and 5 frames."""
    for pairs in (1, 2, 4):
        flow, truth, visible, real = still(pairs)
        flow[:, :, 0], flow[:, :, 1] = 3, -4
        hint = "sum over the two components of |w - w~| at a pixel, then 1/(T-1) times the sum over the pairs"
        agree(student(flow, truth, visible, real), 7.0, f"T = {pairs + 1}: flow off by (3, -4) px on grey frames", hint, CLOSE)
        agree(
            student(*still(pairs, 0.3)),
            0.3,
            f"T = {pairs + 1}: flow right, frames brighter by 0.3 each",
            "a mean over colours of |warped last frame - this frame|, then 1/(T-1) times the sum over the pairs",
            CLOSE,
        )


@flow_loss.check(points=1)
def leaves_out_what_was_hidden(student, seed):
    """Errors where nothing was visible cost nothing; the others are divided by all pixels."""
    flow, truth, visible, real = still(2)
    flow[:, :, 0] = 2
    visible[:, :, :, :, 4:] = False
    flow[:, :, :, :, 4:] = 50
    hint = "mask both terms: what was hidden in the last frame has no flow; divide by all pixels, not by the visible ones"
    agree(student(flow, truth, visible, real), 1.0, "off by 2 px on the visible half, by 50 px on the hidden half", hint, CLOSE)
    flow, truth, visible, real = still(2, 0.3)
    visible[..., 4:] = False
    real[..., 4:] *= 100
    hint = "what was hidden cannot be carried: the mask counts for the frames, too; divide by all pixels, not by the visible ones"
    agree(student(flow, truth, visible, real), 0.15, "brighter by 0.3 on the visible half, by 30 on the hidden half", hint, CLOSE)


@flow_loss.check(points=1)
def carries_the_frame_before(student, seed):
    """A picture that moves by (2, -1) px a frame, under its true backward flow: no loss."""
    wide = uniform(seed, 3, 24, 30)
    real = torch.stack([wide[:, 8 + t : 18 + t, 10 - 2 * t : 22 - 2 * t] for t in range(4)])[None]  # (1, 4, 3, 10, 12)
    flow = torch.tensor([-2.0, 1.0])[:, None, None].expand(1, 3, 2, 10, 12)
    visible = torch.zeros(1, 3, 1, 10, 12, dtype=torch.bool)
    visible[..., :-1, 2:] = True
    hint = "the flow lives on the new frame and points into the last: warp the real frame *before* by it, and compare with the new one"
    agree(student(flow, flow, visible, real), 0.0, "a moving picture under its true flow", hint, CLOSE)


@flow_loss.check(points=1)
def does_not_mind_nan_where_nothing_is_known(student, seed):
    """Truth that is NaN where not visible; the value and the gradient are finite."""
    flow, truth, visible, real = still(2)
    flow[:] = 1
    visible[:, :, :, 3:] = False
    truth[:, :, :, 3:] = torch.nan
    hint = "NaN * 0 is NaN, also in the gradient: choose the visible differences by torch.where, first of all; detach nothing"
    agree(student(flow, truth, visible, real), 1.0, "truth is NaN on the hidden half, flow off by (1, 1)", hint, CLOSE)
    got = vjp(student, (flow, truth, visible, real), torch.tensor(1.0))[0]
    if got is None or not bool(torch.isfinite(got).all()):
        raise Failure("truth is NaN on the hidden half: the gradient to the flow is missing or not finite", hint)


def terms_of(flow, truth, visible, real):
    """Eq. (13.5) before its means, pair by pair: (B, T-1, H, W)."""
    pairs = []
    for t in range(flow.shape[1]):
        off = (flow[:, t] - truth[:, t]).abs().sum(dim=1).double().numpy()
        apart = np.abs(warped(real[:, t], flow[:, t]) - real[:, t + 1].double().numpy()).mean(axis=1)
        pairs.append((off + apart) * visible[:, t, 0].numpy())
    return np.stack(pairs, axis=1)


def random_case(seed, pairs=3):
    """Flow, true flow, visibility and frames of two clips that move alike, the second of much less contrast and mostly hidden."""
    flow, apart = (normal(seed + k, 2, pairs, 2, 6, 8) for k in (0, 1))
    clips = torch.tensor([1.0, 0.2])[:, None, None, None, None]
    visible = uniform(seed + 2, 2, pairs, 1, 6, 8) < 0.3 + 0.6 * clips
    return 1.5 * flow, 1.5 * flow + 0.3 * apart, visible, clips * (2 * uniform(seed + 3, 2, pairs + 1, 3, 6, 8) - 1)


@flow_loss.check(points=2)
def equals_its_formula(student, seed):
    """Random flows, masks and frames, and the gradient at each pixel."""
    for pairs in (1, 3):
        case = random_case(seed, pairs)
        agree(
            student(*case),
            terms_of(*case).mean(),
            f"two clips, random flows, T = {pairs + 1}",
            "both terms have weight 1, each clip and pair by its own mask; the real frame is warped by `flow`, not by the truth",
            1e-3,
        )
    flow, truth, visible, real = random_case(seed)
    flow = (flow.round() + 0.2 + 0.6 * uniform(seed + 5, *flow.shape)).double()
    truth, real = truth.double(), real.double()
    got = vjp(student, (flow, truth, visible, real), torch.tensor(1.0).double())[0]
    if got is None:
        raise Failure("no gradient arrives at the flow", "return a tensor that keeps its graph")
    for k in range(2):  # flow at a pixel makes a difference there and nowhere else
        nudge = torch.zeros_like(flow)
        nudge[:, :, k] = 1e-9
        ahead, behind = (terms_of(moved, truth, visible, real) for moved in (flow + nudge, flow - nudge))
        case = f"gradient of the sum over clips, pairs and pixels to component {k} of the flow"
        agree(got[:, :, k] * ahead.size, (ahead - behind) / 2e-9, case, "the flow learns from both terms", 1e-3)


@flow_loss.check(points=1)
def costs_nothing_for_a_single_frame(student, seed):
    """T = 1: no flow, a loss of 0."""
    flow, truth, visible, real = still(0)
    got = student(flow, truth, visible, real)
    if not isinstance(got, torch.Tensor):
        raise Failure(f"a clip of one frame: got {brief(got)}, expected a scalar tensor", "who trains on it calls backward() on a tensor")
    agree(got, 0.0, "a clip of one frame", "T - 1 is 0: there is nothing to average")


def table(stage_epochs, alone, shortest, longest, scales, epochs):
    """The schedule, grown epoch by epoch."""
    rows, frames, used = [], shortest, 1
    for epoch in range(epochs):
        stage, inside = divmod(epoch, stage_epochs)
        if inside == 0:
            added = stage > 0 and stage % 2 == 0 and used < scales
            used += added
            frames *= 2 if stage % 2 else 1
        frozen = tuple(range(used - 1)) if added and inside < alone else ()
        rows.append((min(frames, longest), used, frozen))
    return rows


def compare(student, words, hints, epochs, *rest):
    """Row by row, each part with its own hint."""
    rows = table(*rest, max(epochs) + 1)
    for epoch in epochs:
        got, expected = student(epoch, *rest), rows[epoch]
        case = f"{words}, epoch {epoch}"
        if not isinstance(got, tuple | list) or len(got) != 3:
            raise Failure(f"{case}: got {got!r}, expected (frames, scales, frozen)")
        for value, wanted, name in zip(got, expected, hints, strict=True):
            value = tuple(value) if name == "frozen" and isinstance(value, tuple | list) else value
            hint = hints[name] if type(value) is type(wanted) else f"{name} is of type {type(wanted).__name__}"
            same(value, wanted, f"{case}: {name}", hint)


HINTS = {
    "frames": "stages 1, 3, 5 ... double the length, up to the longest",
    "scales": "how many, 1 at first: stages 2, 4, 6 ... add a scale, until all are in use",
    "frozen": "only in the first `alone` epochs of a stage that adds a scale, and then all older ones",
}


@schedule.check(points=2)
def follows_the_table(student, seed):
    """Three scales, from 4 frames to 32, stages of 5 epochs, new scales alone for 2."""
    compare(student, "stages of 5, alone 2, 4 to 32 frames, 3 scales", HINTS, range(45), 5, 2, 4, 32, 3)


@schedule.check(points=2)
def stops_where_it_should(student, seed):
    """One scale, a longest clip that is no power of two, short stages, new scales that never or always train alone, late epochs."""
    for words, *rest in [
        ("1 scale, 2 to 5 frames", 3, 3, 2, 5, 1),
        ("stages of 1, alone 1, 3 to 19 frames, 2 scales", 1, 1, 3, 19, 2),
        ("alone 0, 4 scales", 2, 0, 4, 6, 4),
        ("alone all the stage, 2 scales", 4, 4, 6, 6, 2),
    ]:
        compare(student, words, HINTS, range(24), *rest)
        late = HINTS | {"frames": "the longest, after any number of stages: 2**1500 is an int of Python, but no float and no int64"}
        compare(student, words, late, (2998, 2999, 3000), *rest)
