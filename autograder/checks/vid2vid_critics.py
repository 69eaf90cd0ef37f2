"""Checks of lesson 13: the critics. Oracles: lists by counting, affine motions in closed form, echoes, losses of tiny critics by hand."""

from itertools import product

import numpy as np
import torch

from autograder.checks.compare import agree, array, brief, has_shape, same, within
from autograder.checks.core import Exercise, Failure
from autograder.checks.flow_oracles import affine, constant, normal
from autograder.checks.student import other_seed, state, there, vjp, weight_vjp
from autograder.checks.vid2vid_stubs import Critic

windows = Exercise("windows")
long_flow = Exercise("long_flow")
video_input = Exercise("video_input")
opinions = Exercise("opinions")
turns = Exercise("turns")

STUBS = "autograder.checks.vid2vid_stubs"
TINY = "autograder.checks.pix2pix_tiny"
CLOSE = 1e-4
FLOW_PX = 4.0
MATCHING = 10.0


@windows.check(points=1)
def spans_3_7_and_19_frames(student, seed):
    """The first triple of each scale."""
    for scale, first in enumerate(([0, 1, 2], [0, 3, 6], [0, 9, 18])):
        got, case = student(19, scale), f"19 frames, scale {scale}"
        if not isinstance(got, list) or not got:
            raise Failure(f"{case}: got {brief(got)}, expected a list that begins with {first}", "a list of lists of three")
        if not isinstance(got[0], list):
            raise Failure(f"{case}: each triple is a {type(got[0]).__name__}, expected a list", "a list of lists of three")
        same(got[0], first, f"{case}: first triple", "neighbours are 3**scale frames apart, beginning at frame 0")


@windows.check(points=1)
def lists_all_that_fit(student, seed):
    """Every start, up to the last that fits; none in a clip that is too short."""
    for frames, scale in [(3, 0), (5, 0), (7, 1), (10, 1), (19, 2), (20, 2), (2, 0), (6, 1), (18, 2), (56, 3), (1, 1), (0, 0)]:
        expected = [[a, b, 2 * b - a] for a in range(frames) for b in range(frames) if b - a == 3**scale and 2 * b - a < frames]
        hint = "all starts whose third frame is still in the clip; an empty list if there is none"
        same(student(frames, scale), expected, f"{frames} frames, scale {scale}", hint)


def drift(steps, height=8, width=11):
    """Constant backward flows (1, T-1, 2, H, W), one vector for each step."""
    return torch.stack([constant(*step, height, width)[0] for step in steps])[None]


@long_flow.check(points=1)
def adds_up_constant_flows(student, seed):
    """Steps of different lengths: the flow over k frames is the sum of the last k."""
    steps = [(1.0, 0.5), (-2.0, 1.0), (0.25, -3.0), (4.0, 0.0)]
    for stride in (1, 2, 3, 4):
        sums = [np.sum(steps[t - stride : t], axis=0) for t in range(stride, 5)]
        got = student(drift(steps), stride)
        has_shape(got, (1, 5 - stride, 2, 8, 11), f"5 frames, stride {stride}", "one flow for each frame from frame k on")
        hint = "frame t goes back through all the steps t-1, t-2 ... t-k, which add up; entry i of the result belongs to frame i + k"
        agree(got, drift(sums), f"5 frames, stride {stride}, constant steps", hint, CLOSE)


def shears(seed, count, height=21, width=27):
    """Steps that shear, in turn along x and y: their maps, and their backward flow (1, count, 2, H, W)."""
    sizes = np.resize([0.06, -0.08, 0.1, 0.07], count) * (1 + 0.2 * (seed % 3))
    maps = [np.array([[1, size], [0, 1]] if place % 2 else [[1, 0], [size, 1]]) for place, size in enumerate(sizes)]
    return maps, torch.stack([affine(matrix, (0, 0), height, width)[0] for matrix in maps])[None]


def chained(maps, place, stride, height=21, width=27):
    """Entry `place` of the flow over `stride` steps, (2, H, W): that of the product of the maps."""
    whole = np.eye(2)
    for matrix in maps[place : place + stride][::-1]:
        whole = matrix @ whole
    return affine(whole, (0, 0), height, width)[0]


@long_flow.check(points=2)
def follows_the_point_back_in_time(student, seed):
    """Steps that shear, in turn along x and y: flow over up to nine frames is that of the product of the maps."""
    maps, flow = shears(seed, 9)
    for stride in (2, 3, 5, 9):
        got = array(student(flow, stride), f"shearing steps, stride {stride}")
        has_shape(got, (1, 10 - stride, 2, 21, 27), f"shearing steps, stride {stride}")
        for place in range(10 - stride):
            expected = chained(maps, place, stride)
            hint = "the newest step is the first; each older flow is read where the point has arrived by then"
            case = f"shearing steps, stride {stride}, entry {place}, inside"
            agree(got[0, place, :, 9:12, 11:16], expected[:, 9:12, 11:16], case, hint, 1e-3)


@long_flow.check(points=1)
def keeps_clips_apart(student, seed):
    """Two clips, each with constant steps of its own."""
    moves = normal(seed, 2, 4, 2)
    flow = moves[..., None, None].expand(2, 4, 2, 6, 9).contiguous()
    for stride in (1, 2, 3, 4):
        sums = moves.unfold(1, stride, 1).sum(dim=-1)[..., None, None].expand(2, 5 - stride, 2, 6, 9)
        hint = "every clip has its own flow: fold time into the batch, and back in the same order"
        agree(student(flow, stride), sums, f"two clips of constant steps, stride {stride}", hint, CLOSE)


def seen_by(clip, flow, scale):
    """What the critic of a scale sees, triple by triple, where each step moves all pixels alike; differentiable."""
    stride = 3**scale
    far = flow.unfold(1, stride, 1).sum(dim=-1) / FLOW_PX
    rows = []
    for frames, flows in zip(clip, far, strict=True):
        for start in range(clip.shape[1] - 2 * stride):
            rows.append(torch.cat([*(frames[start + k * stride] for k in range(3)), flows[start], flows[start + stride]]))
    return torch.stack(rows)


def steps(seed, frames):
    """Backward flow of two clips of 5 x 7 pixels whose pixels all move alike: (2, T-1, 2, 5, 7)."""
    return normal(seed, 2, frames - 1, 2)[..., None, None].expand(-1, -1, -1, 5, 7).contiguous()


def numbered(frames, batch=2, height=4, width=5):
    """Clips whose frame t is t + 100 for each further clip, and steps of (t, -t) px."""
    clip = (torch.arange(float(frames)) + 100 * torch.arange(batch)[:, None])[:, :, None, None, None].expand(-1, -1, 3, height, width)
    steps = torch.arange(1.0, frames)[:, None] * torch.tensor([1.0, -1.0])
    return clip.contiguous(), steps[None, :, :, None, None].expand(batch, -1, -1, height, width).contiguous()


@video_input.check(points=1)
def shows_frames_and_then_flows(student, seed):
    """Numbered frames and steps of 5 frames: 9 channels of frames, oldest first, and 4 of flow between neighbours, older first."""
    clip, flow = numbered(5)
    got = array(student(clip, flow, 0), "5 frames, scale 0")
    has_shape(got, (6, 13, 4, 5), "5 frames of two clips, scale 0", "3 triples for each clip, 9 + 4 channels")
    hint = "three triples of the first clip, then those of the second; 9 channels of frames, oldest first, before the 4 of flow"
    first = np.add.outer([0, 1, 2, 100, 101, 102], np.repeat([0, 1, 2], 3))
    agree(got[:, :9, 0, 0], first, "numbered frames, scale 0", hint, CLOSE)
    flows = np.stack([[k + 1, -k - 1, k + 2, -k - 2] for k in [0, 1, 2] * 2]) / FLOW_PX
    hint = "the flow between the first two frames, then between the last two, each on the newer frame's grid, divided by FLOW_PX"
    agree(got[:, 9:, 0, 0], flows, "numbered steps, scale 0", hint, CLOSE)


@video_input.check(points=2)
def composes_flow_over_wider_steps(student, seed):
    """Random clips at scales 0 and 1, numbered ones at scale 2, and steps that shear."""
    for frames, scale in [(4, 0), (8, 1)]:
        clip, flow = normal(seed, 2, frames, 3, 5, 7), steps(seed + 1, frames)
        hint = "flow is `long_flow` over 3**scale steps, from the newer of two frames, divided by FLOW_PX at every scale"
        agree(student(clip, flow, scale), seen_by(clip, flow, scale), f"two random clips of {frames} frames, scale {scale}", hint, 1e-3)
    clip, flow = numbered(20, batch=1)
    agree(student(clip, flow, 2), seen_by(clip, flow, 2), "20 numbered frames, scale 2", "steps of 9 frames", 1e-3)
    maps, flow = shears(seed, 6)
    got = array(student(normal(seed, 1, 7, 3, 21, 27), flow, 1), "7 frames, shearing steps, scale 1")
    expected = torch.cat([chained(maps, 0, 3), chained(maps, 3, 3)]) / FLOW_PX
    hint = "flow over 3 frames is *composed* by `long_flow` at every pixel, and each of the two stays on the grid of its own newer frame"
    has_shape(got, (1, 13, 21, 27), "7 frames, shearing steps, scale 1")
    agree(got[0, 9:, 9:12, 11:16], expected[:, 9:12, 11:16], "7 frames, shearing steps, scale 1: flow inside", hint, 1e-3)


@video_input.check(points=1)
def lets_the_frames_learn(student, seed):
    """A frame gets as many gradients as there are triples that show it."""
    clip, flow = numbered(6)
    got = vjp(student, (clip, flow, 0), torch.ones(8, 13, 4, 5))[0]
    if got is None:
        raise Failure("no gradient arrives at the clip", "the generator learns through this: nothing is detached here")
    counts = torch.tensor([1.0, 2, 3, 3, 2, 1])[:, None, None, None].expand(2, 6, 3, 4, 5)
    agree(got, counts, "6 frames, scale 0: gradient of the sum of all channels", "every triple that fits, once", CLOSE)


def echoes(student, count):
    """An image critic that multiplies by 1, and video critics that multiply by 2, 3, ..."""
    made = [there(student, f"{STUBS}:Echo")(float(k + 1)) for k in range(count + 1)]
    return made[0], made[1:]


def labelled(seed, frames, channels=4):
    """Labels, a clip, and a flow from each frame to the one before, all random."""
    labels, clip = normal(seed, 2, frames, channels, 5, 7), normal(seed + 1, 2, frames, 3, 5, 7)
    return labels, clip, steps(seed + 2, frames)


def sorted_rows(batch):
    """A batch of random pictures (N, C, H, W), sorted by their first numbers: critics do not mind the order."""
    return batch[batch[:, 0, 0, 0].argsort()]


@opinions.check(points=2)
def asks_every_critic(student, seed):
    """Critics that give back what they see: frames 2 to T beside their labels, then the triples of each scale."""
    for frames, paces in ((20, 3), (55, 4)):
        labels, clip, flow = labelled(seed, frames)
        image, video = echoes(student, paces)
        said = student(image, video, labels, clip, flow)
        case = f"an image critic and {paces} video critics, {frames} frames"
        count = len(said) if isinstance(said, list) else type(said).__name__
        same(count, paces + 1, f"{case}: number of opinions", "a list: one entry a critic that a triple fits, image critic first")
        hint = "hand on what a critic returns as it is, with all scales and all features: feature matching needs them"
        outputs = [[len(scale) for scale in one] for one in said]
        same(outputs, [[2, 1]] * (paces + 1), f"{case}: number of outputs of each scale", hint)
        seen, expected = said[0][0][0], torch.cat([labels, clip], dim=2)[:, 1:].flatten(0, 1)
        hint = "frames 2 to T of all clips as one batch, each beside its own labels; labels first, then the frame: (B (T-1), C + 3, H, W)"
        has_shape(seen, expected.shape, f"{case}: what the image critic sees", hint)
        agree(sorted_rows(seen), sorted_rows(expected), f"{case}: what the image critic sees, in any order", hint, CLOSE)
        for scale in range(paces):
            hint = "critic number s sees the triples of scale s, with frames and flow only"
            expected = (scale + 2) * seen_by(clip, flow, scale)
            agree(said[scale + 1][0][0], expected, f"{case}: what video critic {scale} sees", hint, 1e-3)


@opinions.check(points=1)
def leaves_out_critics_that_see_nothing(student, seed):
    """Short clips: 6 frames are too few for scale 1, 2 frames for any."""
    for frames, expected in [(7, 3), (6, 2), (3, 2), (2, 1)]:
        labels, clip, flow = labelled(seed, frames)
        image, video = echoes(student, 3)
        said = student(image, video, labels, clip, flow)
        count = len(said) if isinstance(said, list) else type(said).__name__
        hint = "a critic for which no triple fits is left out, and no other: scale s needs 2 * 3**s + 1 frames"
        same(count, expected, f"{frames} frames, three video critics: number of opinions", hint)


@opinions.check(points=1)
def shows_clip_and_labels_with_their_graph(student, seed):
    """The gradient to the clip, through all critics."""
    labels, clip, flow = labelled(seed, 3)
    image, video = echoes(student, 1)
    got = vjp(there(student, f"{STUBS}:total"), (student, image, video[0], labels, clip, flow), torch.tensor(1.0))
    if got[4] is None:
        raise Failure("no gradient arrives at the clip", "the generator learns through the critics: nothing is detached here")
    hint = "each frame once a critic (the first one by the video critic only), and detached for none of them"
    expected = torch.full_like(clip, 1 + 2)
    expected[:, 0] = 2
    agree(got[4], expected, "3 frames, critics 1 and 2 times: gradient to the clip", hint, CLOSE)


def game(student, seed, frames=4, paces=1):
    """The same critics there and here, the image critic first, and a real and a made clip with labels and flow."""
    labels, real, flow = labelled(seed, frames, channels=2)
    critics = [
        (there(student, f"{STUBS}:Critic")(n, other_seed(seed + k)), Critic(n, other_seed(seed + k)))
        for k, n in enumerate((5, *[13] * paces))
    ]
    return critics, (labels, real, 0.5 * normal(seed + 9, *real.shape), flow)


def said_here(critics, labels, clip, flow):
    """Opinions of the critics here."""
    said = [critics[0][1](torch.cat([labels, clip], dim=2)[:, 1:].flatten(0, 1))]
    fits = [scale for scale in range(len(critics) - 1) if clip.shape[1] > 2 * 3**scale]
    return said + [critics[scale + 1][1](seen_by(clip, flow, scale)) for scale in fits]


def squares(said, target):
    """LSGAN: mean squares of the scores' distance from a target, summed over scales and critics."""
    return sum((scale[-1] - target).square().mean() for one in said for scale in one)


def matching(truth, lies):
    """Feature matching by hand: 4 / (layers K) times the sum of mean differences, for each critic; scores are left out."""
    total = 0.0
    for seen, made in zip(truth, lies, strict=True):
        gaps = [
            (a.detach() - b).abs().mean() for real, fake in zip(seen, made, strict=True) for a, b in zip(real[:-1], fake[:-1], strict=True)
        ]
        total = total + 4 / len(gaps) * sum(gaps)
    return total


@turns.check(points=2)
def adds_up_the_losses_of_all_critics(critics_turn, generators_turn, seed):
    """Both turns, with an image critic and one, two or no video critics that a triple fits."""
    for frames, paces in ((4, 1), (7, 2), (2, 1)):
        critics, (labels, real, made, flow) = game(critics_turn, seed, frames, paces)
        truth, lies = (said_here(critics, labels, clip, flow) for clip in (real, made))
        (image, *video), words = [handle for handle, _ in critics], f"{frames} frames, video critics: {paces}"
        hint = "real clips are to score 1, made ones 0; half of each, summed over scales and over all critics; clips go in as they are"
        expected = ((squares(truth, 1) + squares(lies, 0)) / 2).item()
        agree(critics_turn(image, video, labels, real, made, flow), expected, f"{words}, critics' turn", hint, 1e-3 * (1 + expected))
        expected = (squares(lies, 1) + MATCHING * matching(truth, lies)).item()
        hint = "the made clip scores 1 with every critic, plus MATCHING times feature matching: a sum and no mean; no turn takes a step"
        agree(generators_turn(image, video, labels, real, made, flow), expected, f"{words}, generator's turn", hint, 1e-3 * (1 + expected))


@turns.check(points=2)
def lets_one_learn_at_a_time(critics_turn, generators_turn, seed):
    """No gradient to the made clip in the critics' turn; the whole one in the generator's; none into the real clip's features."""
    critics, (labels, real, made, flow) = game(critics_turn, seed)
    inputs = *(handle for handle, _ in critics), labels, real, made, flow
    got = vjp(there(critics_turn, f"{STUBS}:through"), (critics_turn, *inputs), torch.tensor(1.0))
    size = 0.0 if got[5] is None else float(got[5].abs().max())
    hint = "the made clip is a fact in this turn: detach it, or the generator learns to be caught"
    within(size, 0, 0, "critics' turn: largest gradient to the made clip", hint)
    got = vjp(there(generators_turn, f"{STUBS}:through"), (generators_turn, *inputs), torch.tensor(1.0))
    if got[5] is None:
        raise Failure("generator's turn: no gradient arrives at the made clip", "it learns through the critics: do not detach it here")
    leaf = made.clone().requires_grad_()
    lies, truth = (said_here(critics, labels, clip, flow) for clip in (leaf, real))
    (squares(lies, 1) + MATCHING * matching(truth, lies)).backward()
    hint = "through the frames of all critics, and through feature matching, whose first argument is the real clip, a target"
    agree(got[5], leaf.grad, "generator's turn: gradient to the made clip", hint, 1e-3)
    size = 0.0 if got[4] is None else float(got[4].abs().max())
    within(size, 0, 1e-8, "generator's turn: largest gradient to the real clip", "the real clip's features are a target: detached")


@turns.check(points=1)
def trains_the_critics_on_both_clips(critics_turn, generators_turn, seed):
    """The gradient of the critics' turn by the weights of the image critic and of the video critic."""
    critics, (labels, real, made, flow) = game(critics_turn, seed)
    truth, lies = (said_here(critics, labels, clip, flow) for clip in (real, made))
    ((squares(truth, 1) + squares(lies, 0)) / 2).backward()
    image, *video = (handle for handle, _ in critics)
    for (handle, own), name in zip(critics, ("image", "video"), strict=True):
        got = weight_vjp(critics_turn, handle, (image, video, labels, real, made, flow), torch.tensor(1.0))
        for weight, expected in own.named_parameters():
            if got[weight] is None:
                raise Failure(f"critics' turn: no gradient arrives at the {name} critic", "only the made clip is detached")
            case = f"critics' turn: gradient by `{weight}` of the {name} critic"
            agree(got[weight], expected.grad, case, "real and made both count", 1e-3 * (1 + float(expected.grad.abs().max())))


LEFT = {
    "mode": "a turn calls neither train() nor eval()",
    "requires_grad": "a critic that stays frozen never learns again, and what was frozen before stays so: leave requires_grad alone",
    "gradients": "a turn returns a loss: `train` clears gradients, goes backward and steps",
}


@turns.check(points=1)
def leaves_the_critics_as_they_were(critics_turn, generators_turn, seed):
    """A turn is a loss: weights, modes, requires_grad and gradients are afterwards what they were, in new critics and in used ones."""
    for (name, play), used in product((("critics'", critics_turn), ("generator's", generators_turn)), (False, True)):
        critics, (labels, real, made, flow) = game(play, seed)
        image, *video = (handle for handle, _ in critics)
        look = there(play, f"{TINY}:condition_of")
        if used:
            there(play, f"{STUBS}:used")(image, video[0])
        before = [look(handle) for handle, _ in critics]
        play(image, video, labels, real, made, flow)
        for (handle, own), kind, old in zip(critics, ("image", "video"), before, strict=True):
            for weight, value in state(handle).items():
                agree(value, own.state_dict()[weight], f"{name} turn: `{weight}` of the {kind} critic afterwards", "no steps in here", 0)
            for what, came in look(handle).items():
                same(came, old[what], f"{name} turn: {what} of the {kind} critic, before and after", LEFT[what])
