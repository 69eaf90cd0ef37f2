"""Checks of lesson 13: frame after frame. Oracles: the recursion of a linear painter in numpy, NaN as poison, slopes by recursion."""

import numpy as np
import torch

from autograder.checks.compare import agree, array, has_shape
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import normal
from autograder.checks.student import there, vjp, weight_vjp
from autograder.checks.vid2vid_stubs import SHARES

rollout = Exercise("rollout")

STUBS = "autograder.checks.vid2vid_stubs"
CLOSE = 1e-4
PARTS = ("frame", "raw", "flow", "hallucinate")


def scene(seed, frames=7, batch=2, channels=4, height=3, width=5):
    """Labels and a real clip that have nothing to do with each other."""
    return normal(seed, batch, frames, channels, height, width), normal(seed + 1, batch, frames, 3, height, width)


def painter(student, gain=1.5):
    """A stub of a step beside the student's code: see vid2vid_stubs."""
    return there(student, f"{STUBS}:Painter")(gain)


def roll(student, labels, clip, given, detach, case):
    """The four parts as arrays, of the right shape."""
    got = student(painter(student), labels, clip, given, detach)
    if not isinstance(got, tuple) or len(got) != 4:
        raise Failure(f"{case}: got {type(got).__name__}, expected Step(frame, raw, flow, hallucinate)")
    batch, frames, size = labels.shape[0], labels.shape[1], tuple(labels.shape[3:])
    for part, name, channels in zip(got, PARTS, (3, 3, 2, 1), strict=True):
        count = frames if name == "frame" else frames - given
        hint = "time after the batch, as many frames as labels; `frame` with the given ones"
        has_shape(part, (batch, count, channels, *size), f"{case}, {name}", hint)
    return [array(part, case) for part in got]


def painted(labels, clip, given, gain=1.5):
    """The recursion of the painter: (B, T, 3, H, W)."""
    labels, clip = labels.double().numpy(), clip.double().numpy()
    frames = [clip[:, k] for k in range(given)]
    for t in range(given, labels.shape[1]):
        before = frames[t - 2] if t >= 2 else frames[0]
        seen = (frames[t - 1], before, *(labels[:, max(t - k, 0), :3] for k in range(3)))
        frames.append(gain * sum(share * part for share, part in zip(SHARES, seen, strict=True)))
    return np.stack(frames, axis=1)


@rollout.check(points=2)
def repeats_a_recursion(student, seed):
    """A painter that mixes all that it sees, from one, two and four given frames."""
    labels, clip = scene(seed)
    for given in (1, 2, 4):
        got = roll(student, labels, clip, given, False, f"{given} given")
        expected = painted(labels, clip, given)
        for t in range(7):
            hint = "the given frames stay as they are"
            if t >= given:
                hint = (
                    f"frame {t} is made of label frames {max(t - 2, 0)}, {t - 1}, {t} and of frames {max(t - 2, 0)}, {t - 1}, oldest "
                    "first, given or as this call made them, in any range: before the first frame stands the first frame again"
                )
            agree(got[0][:, t], expected[:, t], f"{given} given, frame {t}", hint, CLOSE)
        made = expected[:, given:]
        for part, name, value in zip(got[1:], PARTS[1:], (2 * made, made[:, :, :2] + 1, made[:, :, 2:]), strict=True):
            agree(part, value, f"{given} given, {name}", "one entry for each generated frame, in their order", CLOSE)


@rollout.check(points=2)
def lives_on_its_own_frames(student, seed):
    """The truth after the given frames is NaN, or not there at all; what comes must be finite, and the same."""
    labels, clip = scene(seed)
    for given in (1, 3):
        for poisoned in range(given, 7):
            bad = clip.clone()
            bad[:, poisoned] = torch.nan
            got = roll(student, labels, bad, given, True, f"{given} given")
            if not np.isfinite(got[0]).all():
                first = int(np.argmax(~np.isfinite(got[0]).all(axis=(0, 2, 3, 4))))
                raise Failure(
                    f"{given} given, true frame {poisoned} is NaN, and so is frame {first}: your rollout read frame {poisoned} of truth",
                    "past frames are the generator's own: append what `step` makes, and look at nothing else",
                )
            hint = "each frame is made of the last two of this clip, given or generated, whatever the truth after them says"
            agree(got[0], painted(labels, clip, given), f"{given} given, frame {poisoned} of the truth is NaN", hint, CLOSE)
        hint = "one frame for each label frame, whatever the length of the clip"
        for length in range(given, 7):
            case = f"{given} given, a clip of {length} frames"
            agree(roll(student, labels, clip[:, :length], given, True, case)[0], painted(labels, clip, given), case, hint, CLOSE)


@rollout.check(points=1)
def never_looks_ahead(student, seed):
    """At every time: with all later labels NaN, the frames so far are the same."""
    labels, clip = scene(seed)
    expected = painted(labels, clip, 1)
    for t in range(1, 7):
        bad = labels.clone()
        bad[:, t + 1 :] = torch.nan
        got = roll(student, bad, clip, 1, True, "later labels are NaN")
        agree(
            got[0][:, : t + 1],
            expected[:, : t + 1],
            f"label frames from {t + 1} on are NaN: frames 0 to {t}",
            "frame t is made of the labels up to t, of none after",
            CLOSE,
        )


@rollout.check(points=1)
def shows_the_newest_labels_last(student, seed):
    """A change of label frame t changes frame t, by the share of the newest labels."""
    labels, clip = scene(seed)
    for t in range(1, 7):
        moved = labels.clone()
        moved[:, t, :3] += 1
        change = roll(student, moved, clip, 1, True, "moved labels")[0] - roll(student, labels, clip, 1, True, "labels")[0]
        hint = f"frame {t} goes with label frame {t}, the last of its window: is one of them off by one?"
        agree(change[:, t], np.full((2, 3, 3, 5), 1.5 * SHARES[2]), f"label frame {t} raised by 1: change of frame {t}", hint, CLOSE)


def slope(labels, clip, last_only):
    """d frame_t / d gain of the painter, (B, T, 3, H, W); `last_only`: past frames count as constants."""
    frames = painted(labels, clip, 1)
    slopes = [np.zeros_like(frames[:, 0])]
    for t in range(1, labels.shape[1]):
        through = 0.0
        if not last_only:
            through = 1.5 * (SHARES[0] * slopes[t - 1] + SHARES[1] * slopes[max(t - 2, 0)])
        slopes.append(frames[:, t] / 1.5 + through)
    return np.stack(slopes, axis=1)


def told(frames):
    """Raw image, flow and mask of the painter, but for the 1 in the flow, from its frames (B, T, 3, H, W)."""
    return 2 * frames, frames[:, :, :2], frames[:, :, 2:]


def answered(cotangent, frames):
    """The slope that these cotangents give to the four parts of a painter whose frames change so."""
    parts = frames, *told(frames[:, 1:])
    return float(sum((c.numpy() * part).sum() for c, part in zip(cotangent, parts, strict=True)))


def cotangents(seed, **wanted):
    """For the four parts of a rollout of 5 frames, one given: random, or 0 where not wanted."""
    shapes = {name: (2, 5 - (name != "frame"), n, 3, 5) for name, n in zip(PARTS, (3, 3, 2, 1), strict=True)}
    return [normal(seed + k, *shape) * wanted.get(name, 0) for k, (name, shape) in enumerate(shapes.items())]


@rollout.check(points=2)
def cuts_the_graph_if_asked(student, seed):
    """The slope of each frame by the generator's weight: its own step alone if detached, the whole past otherwise; and of the rest."""
    labels, clip = scene(seed, frames=5)
    for detach in (True, False):
        slopes = slope(labels, clip, detach)
        cases = {f"frame {t}": ({"frame": (torch.arange(5) == t)[:, None, None, None]}, slopes) for t in range(1, 5)}
        cases |= {f"`{name}`": ({name: 1}, part) for name, part in zip(PARTS[1:], told(slopes[:, 1:]), strict=True)}
        for words, (wanted, part) in cases.items():
            step, cotangent = painter(student), cotangents(seed + 3, **wanted)
            got = weight_vjp(student, step, (step, labels, clip, 1, detach), cotangent)["gain"]
            case = f"detach={detach}: slope of {words} by the generator's weight"
            if got is None:
                raise Failure(f"{case}: no gradient arrives", "only *past* frames are detached; what is new must learn, all four parts")
            hint = (
                "detach the past frames that are shown to `step`, not the new frame, nor its raw, flow and mask"
                if detach
                else "nothing may be detached: the past learns, too"
            )
            expected = float((cotangent[PARTS.index(next(iter(wanted)))].numpy() * part).sum())
            agree(got, expected, case, hint, 1e-3 * (1 + abs(expected)))


@rollout.check(points=1)
def teaches_whoever_made_the_labels(student, seed):
    """An encoder stands before the labels: each label frame gets the gradient of all frames that it was shown for, detached or not."""
    labels, clip = scene(seed, frames=5)
    cotangent = cotangents(seed + 3, frame=1, raw=1, flow=1, hallucinate=1)
    for detach in (True, False):
        got = vjp(student, (painter(student), labels, clip, 1, detach), cotangent)[1]
        case = f"detach={detach}: gradient to the labels"
        hint = "only the past *frames* are detached, and only if `detach`: labels come out of an encoder that learns"
        if got is None:
            raise Failure(f"{case}: none arrives", hint)
        for t in range(5):  # the painter is linear: what a change of label frame t does
            change = torch.zeros_like(labels)
            change[:, t] = normal(seed + 8, *change[:, t].shape)
            if detach:
                moved = np.stack([painted(change[:, : k + 1], 0 * clip, max(k, 1))[:, k] for k in range(5)], axis=1)
            else:
                moved = painted(change, 0 * clip, 1)
            expected = answered(cotangent, moved)
            agree(float((got * change).sum()), expected, f"{case}, along a change of label frame {t}", hint, 1e-3 * (1 + abs(expected)))


@rollout.check(points=1)
def teaches_whoever_made_the_given_frames(student, seed):
    """Another network may have made the first frames: they learn from the frames made of them, unless detached."""
    labels, clip = scene(seed, frames=5)
    cotangent, change = cotangents(seed + 3, frame=1, raw=1, flow=1, hallucinate=1), normal(seed + 8, *clip.shape)
    cotangent[0][:, 0] = 0  # the given frame itself may come back with its graph or without
    for detach, expected in ((True, 0.0), (False, answered(cotangent, painted(0 * labels, change, 1)))):
        got = vjp(student, (painter(student), labels, clip, 1, detach), cotangent)[2]
        hint = "given frames are past frames like any other: cut off if `detach`, from the first step on, and attached otherwise"
        case = f"detach={detach}: slope of all that is made along a change of the given frame"
        agree(0.0 if got is None else float((got * change).sum()), expected, case, hint, 1e-3 * (1 + abs(expected)))


@rollout.check(points=1)
def begins_every_clip_afresh(student, seed):
    """A second clip does not know the first, and clips of a batch do not know each other."""
    (labels, clip), (others, other) = scene(seed), scene(seed + 7)
    step = painter(student)
    student(step, labels, clip, 1, True)
    got = array(student(step, others, other, 1, True)[0], "the second clip")
    expected = painted(others, other, 1)
    hint = "if the first clip was right, this one remembers it: the list of past frames begins anew in every call"
    agree(got, expected, "another clip, right after the first", hint, CLOSE)
    swapped = array(student(step, others.flip(0), other.flip(0), 1, True)[0], "clips swapped")
    agree(swapped, expected[::-1], "the two clips of the batch swapped", "the clips of a batch have nothing to do with each other", CLOSE)
