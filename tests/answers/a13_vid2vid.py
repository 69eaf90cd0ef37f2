"""Answers to lesson 13 that the checks must tell apart."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F

from solutions import a13_vid2vid as lesson
from solutions.a11_optical_flow import compose, warp
from solutions.a12_pix2pixhd import discriminator_loss, feature_matching, generator_loss
from solutions.a13_vid2vid import FLOW_PX, MATCHING, Step
from tests.answers.core import right, wrong

# blend


@right("blend")
def by_differences(past, flow, foreground, background, is_background, hallucinate):
    raw = foreground + is_background * (background - foreground)
    carried = warp(past[:, past.shape[1] - 1], flow)
    return torch.lerp(carried, raw, hallucinate.expand_as(raw)), raw


@right("blend")
def with_corners_aligned(past, flow, foreground, background, is_background, hallucinate):
    height, width = flow.shape[-2:]
    y, x = torch.meshgrid(*(torch.arange(side, device=flow.device) for side in (height, width)), indexing="ij")
    grid = torch.stack([2 * (x + flow[:, 0]) / (width - 1) - 1, 2 * (y + flow[:, 1]) / (height - 1) - 1], dim=-1)
    carried = F.grid_sample(past[:, -1], grid, padding_mode="border", align_corners=True)
    raw = torch.stack([foreground, background]).mul(torch.stack([1 - is_background, is_background])).sum(dim=0)
    return carried + hallucinate * (raw - carried), raw


@wrong("blend", message="m = 0 must copy the warped frame")
def with_the_mask_turned(past, flow, foreground, background, is_background, hallucinate):
    return lesson.blend(past, flow, foreground, background, is_background, 1 - hallucinate)


@wrong("blend", message="warp the last one")
def warping_the_oldest(past, flow, foreground, background, is_background, hallucinate):
    return lesson.blend(past.flip(1), flow, foreground, background, is_background, hallucinate)


@wrong("blend", message="expected (2, 3, 7, 10)")
def warping_the_whole_stack(past, flow, foreground, background, is_background, hallucinate):
    carried = warp(past.flatten(1, 2), flow)
    raw = ((1 - is_background) * foreground + is_background * background).repeat(1, past.shape[1], 1, 1)
    return (1 - hallucinate) * carried + hallucinate * raw, raw[:, :3]


@wrong("blend", message="which frame owns this grid?")
def with_the_forward_flow(past, flow, foreground, background, is_background, hallucinate):
    return lesson.blend(past, -flow, foreground, background, is_background, hallucinate)


@wrong("blend", message="channel 0 of the flow is x")
def with_x_and_y_swapped(past, flow, foreground, background, is_background, hallucinate):
    return lesson.blend(past, flow.flip(1), foreground, background, is_background, hallucinate)


@wrong("blend", message="warp it by the flow")
def without_warping(past, flow, foreground, background, is_background, hallucinate):
    return lesson.blend(past, 0 * flow, foreground, background, is_background, hallucinate)


@wrong("blend", message="the mask is 1 on the background")
def with_the_layers_swapped(past, flow, foreground, background, is_background, hallucinate):
    return lesson.blend(past, flow, background, foreground, is_background, hallucinate)


@wrong("blend", message="nothing but the last frame, warped")
def pasting_the_foreground_over_all(past, flow, foreground, background, is_background, hallucinate):
    frame = (1 - hallucinate) * warp(past[:, -1], flow) + hallucinate * background
    return is_background * frame + (1 - is_background) * foreground, (1 - is_background) * foreground + is_background * background


@wrong("blend", message="raw is the invented image alone")
def telling_the_frame_twice(past, flow, foreground, background, is_background, hallucinate):
    frame, raw = lesson.blend(past, flow, foreground, background, is_background, hallucinate)
    return frame, torch.where(hallucinate.mean() < 1, frame, raw)


@wrong("blend", message="(frame, raw)")
def with_the_frame_alone(past, flow, foreground, background, is_background, hallucinate):
    return lesson.blend(past, flow, foreground, background, is_background, hallucinate)[0]


@wrong("blend", message="nothing is detached or rounded")
def with_a_hard_mask_in_the_graph(past, flow, foreground, background, is_background, hallucinate):
    return lesson.blend(past, flow, foreground, background, is_background, hallucinate.detach())


@wrong("blend", message="nothing is detached or rounded")
def without_learning_the_flow(past, flow, foreground, background, is_background, hallucinate):
    return lesson.blend(past, flow.detach(), foreground, background, is_background, hallucinate)


@wrong("blend", message="the warped frame goes out")
def with_half_the_masks_gradient(past, flow, foreground, background, is_background, hallucinate):
    frame, raw = lesson.blend(past, flow, foreground, background, is_background, hallucinate.detach())
    return frame + (hallucinate - hallucinate.detach()) * raw, raw


@wrong("blend", message="frame, random masks")
def with_a_rounded_mask(past, flow, foreground, background, is_background, hallucinate):
    return lesson.blend(past, flow, foreground, background, is_background, hallucinate + (hallucinate.round() - hallucinate).detach())


# generate


@right("generate")
def piece_by_piece(sequential, still, labels, past):
    told = torch.cat(list(labels.unbind(1)), dim=1)
    said = sequential(torch.cat([told, *past.unbind(1)], dim=1))
    raw = torch.where(labels[:, 2, :1] == 1, said[:, :3].tanh(), still(told).tanh())
    if ((labels[:, 2, :1] - 0.5).abs() != 0.5).any():
        share = labels[:, 2, :1]
        raw = share * said[:, :3].tanh() + (1 - share) * still(told).tanh()
    mask = 1 / (1 + (-said[:, 5:]).exp())
    return Step((1 - mask) * warp(past[:, 1], 4 * said[:, 3:5]) + mask * raw, raw, 4 * said[:, 3:5], mask)


@right("generate")
def as_a_plain_tuple(sequential, still, labels, past):
    batch, _, _, height, width = labels.shape
    said = sequential(torch.cat([labels.reshape(batch, -1, height, width), past.reshape(batch, -1, height, width)], dim=1))
    b, f, a = said.tensor_split([3, 5], dim=1)
    front = torch.tanh(still(labels.reshape(batch, -1, height, width)))
    frame, raw = lesson.blend(past, FLOW_PX * f, front, torch.tanh(b), labels[:, 2, 0, None], torch.sigmoid(a))
    return frame, raw, FLOW_PX * f, torch.sigmoid(a)


def generate_with(
    show=lambda labels, past: torch.cat([labels.flatten(1, 2), past.flatten(1, 2)], dim=1),
    show_still=lambda labels, past: labels.flatten(1, 2),
    split=lambda said: said.split([3, 2, 1], dim=1),
    image=torch.tanh,
    flow=lambda f: FLOW_PX * f,
    mask=torch.sigmoid,
    layer=lambda labels: labels[:, -1, :1],
):
    """A step with one thing done differently."""

    def answer(sequential, still, labels, past):
        b, f, a = split(sequential(show(labels, past)))
        frame, raw = lesson.blend(past, flow(f), image(still(show_still(labels, past))), image(b), layer(labels), mask(a))
        return Step(frame, raw, flow(f), mask(a))

    return answer


@wrong("generate", message="it cannot represent motions above 4 px")
def with_a_bounded_flow(*seen):
    return generate_with(flow=lambda f: FLOW_PX * f.tanh())(*seen)


@wrong("generate", message="cannot represent 3 px")
def without_a_unit_of_flow(*seen):
    return generate_with(flow=lambda f: f)(*seen)


@wrong("generate", message="x first")
def with_y_first(*seen):
    return generate_with(flow=lambda f: FLOW_PX * f.flip(1))(*seen)


@wrong("generate", message="h = tanh(b)")
def without_tanh(*seen):
    return generate_with(image=lambda b: b)(*seen)


@wrong("generate", message="m = sigmoid(a)")
def with_a_clamped_mask(*seen):
    return generate_with(mask=lambda a: a.clamp(0, 1))(*seen)


@wrong("generate", message="labels (oldest first), then past frames")
def with_frames_before_labels(*seen):
    return generate_with(show=lambda labels, past: torch.cat([past.flatten(1, 2), labels.flatten(1, 2)], dim=1))(*seen)


@wrong("generate", message="oldest first")
def with_newest_labels_first(*seen):
    return generate_with(show=lambda labels, past: torch.cat([labels.flip(1).flatten(1, 2), past.flatten(1, 2)], dim=1))(*seen)


@wrong("generate", message="oldest first")
def with_newest_frame_first(*seen):
    return generate_with(show=lambda labels, past: torch.cat([labels.flatten(1, 2), past.flip(1).flatten(1, 2)], dim=1))(*seen)


@wrong("generate", message="h^F comes from `still`")
def with_still_labels_newest_first(*seen):
    return generate_with(show_still=lambda labels, past: labels.flip(1).flatten(1, 2))(*seen)


@wrong("generate", message="is_background is channel 0 of the last")
def with_the_oldest_mask(*seen):
    return generate_with(layer=lambda labels: labels[:, 0, :1])(*seen)


@wrong("generate", message="x first")
def with_the_mask_before_the_flow(*seen):
    return generate_with(split=lambda said: (said[:, :3], said[:, 4:], said[:, 3:4]))(*seen)


@wrong("generate", message="nothing is detached in a step")
def with_a_detached_past(sequential, still, labels, past):
    return lesson.generate(sequential, still, labels, past.detach())


@wrong("generate", message="slope along a change of past frame 1")
def with_a_detached_past_under_the_warp(sequential, still, labels, past):
    made = lesson.generate(sequential, still, labels, past)
    carried, cut = (warp(frame, made.flow) for frame in (past[:, -1], past[:, -1].detach()))
    return made._replace(frame=made.frame + (1 - made.hallucinate) * (cut - carried))


@wrong("generate", message="slope along a change of label frame 0")
def with_labels_detached_for_still(*seen):
    return generate_with(show_still=lambda labels, past: labels.flatten(1, 2).detach())(*seen)


@wrong("generate", message="labels go into both networks")
def with_labels_detached_for_sequential(*seen):
    return generate_with(show=lambda labels, past: torch.cat([labels.flatten(1, 2).detach(), past.flatten(1, 2)], dim=1))(*seen)


@wrong("generate", message="no network runs without gradients")
def without_training_still(sequential, still, labels, past):
    return lesson.generate(sequential, lambda shown: still(shown).detach(), labels, past)


@wrong("generate", message="slope of `frame` by the bias of output 3 (f)")
def without_a_gradient_through_the_warp(sequential, still, labels, past):
    flow = lesson.generate(sequential, still, labels, past).flow
    return generate_with(flow=lambda f: FLOW_PX * f.detach())(sequential, still, labels, past)._replace(flow=flow)


@wrong("generate", message="slope of `frame` by the bias of output 5 (a)")
def with_a_detached_mask(*seen):
    return generate_with(mask=lambda a: a.detach().sigmoid())(*seen)


@wrong("generate", message="slope of `raw` by the bias")
def with_raw_and_flow_for_show_only(*seen):
    made = lesson.generate(*seen)
    return made._replace(raw=made.raw.detach(), flow=made.flow.detach())


@wrong("generate", message="expected Step(frame, raw, flow, hallucinate)")
def with_the_frame_only(sequential, still, labels, past):
    return lesson.generate(sequential, still, labels, past).frame


# rollout


def rolled(
    window=lambda t: [max(t - 2, 0), max(t - 1, 0), t],
    past=lambda frames, clip, t: [frames[max(t - 2, 0)], frames[t - 1]],
    cut=lambda past, detach: past.detach() if detach else past,
    keep=lambda frame, detach: frame,
    begin=lambda clip, given: list(clip[:, :given].unbind(1)),
    given_from=lambda given: given,
):
    """A rollout with one thing done differently."""

    def answer(step, labels, clip, given, detach):
        frames, steps = begin(clip, given), []
        for t in range(given_from(given), labels.shape[1]):
            made = step(labels[:, window(t)], cut(torch.stack(past(frames, clip, t), 1), detach))
            steps.append(made)
            frames.append(keep(made.frame, detach))
        parts = [torch.stack(part, 1) for part in zip(*steps, strict=True)]
        return Step(torch.stack(frames, 1), *parts[1:])

    return answer


@right("rollout")
def with_a_short_memory(step, labels, clip, given, detach):
    kept = torch.cat([clip[:, :1], clip[:, :1], clip[:, :given]], 1)
    padded = torch.cat([labels[:, :1], labels[:, :1], labels], 1)
    steps = []
    for t in range(given, labels.shape[1]):
        past = kept[:, -2:]
        made = step(padded[:, t : t + 3], past.detach() if detach else past)
        kept = torch.cat([kept, made.frame[:, None]], 1)
        steps.append(made)
    _, raw, flow, mask = (torch.stack(part, 1) for part in zip(*steps, strict=True))
    return kept[:, 2:], raw, flow, mask


@right("rollout")
def detaching_each_frame_when_used(step, labels, clip, given, detach):
    return rolled(past=lambda f, c, t: [(x.detach() if detach else x) for x in (f[max(t - 2, 0)], f[t - 1])], cut=lambda p, d: p)(
        step, labels, clip, given, detach
    )


@right("rollout")
def with_given_frames_that_are_constants_if_detached(step, labels, clip, given, detach):
    return lesson.rollout(step, labels, clip.detach() if detach else clip, given, detach)


@wrong("rollout", message="your rollout read frame")
def with_teacher_forcing(*seen):
    return rolled(past=lambda frames, clip, t: [clip[:, max(t - 2, 0)], clip[:, t - 1]])(*seen)


@wrong("rollout", message="your rollout read frame")
def with_half_a_teacher(*seen):
    return rolled(past=lambda frames, clip, t: [clip[:, max(t - 2, 0)], frames[t - 1]])(*seen)


@wrong("rollout", message="frame t is made of the labels up to t, of none after")
def with_a_window_around_the_frame(step, labels, clip, given, detach):
    last = labels.shape[1] - 1
    return rolled(window=lambda t: [max(t - 1, 0), t, min(t + 1, last)])(step, labels, clip, given, detach)


@wrong("rollout", message="is one of them off by one?")
def with_labels_one_late(*seen):
    return rolled(window=lambda t: [max(t - 3, 0), max(t - 2, 0), max(t - 1, 0)])(*seen)


@wrong("rollout", message="oldest first")
def with_newest_past_first(*seen):
    return rolled(past=lambda frames, clip, t: [frames[t - 1], frames[max(t - 2, 0)]])(*seen)


@wrong("rollout", message="oldest first")
def with_zeros_before_the_beginning(*seen):
    return rolled(past=lambda frames, clip, t: [frames[t - 2] if t > 1 else 0 * frames[0], frames[t - 1]])(*seen)


@wrong("rollout", message="detach the past frames")
def never_detached(*seen):
    return rolled(cut=lambda past, detach: past)(*seen)


@wrong("rollout", message="nothing may be detached")
def always_detached(*seen):
    return rolled(cut=lambda past, detach: past.detach())(*seen)


@wrong("rollout", message="attached otherwise")
def with_given_frames_always_detached(step, labels, clip, given, detach):
    return lesson.rollout(step, labels, clip.detach(), given, detach)


@wrong("rollout", message="from the first step on")
def attached_in_the_first_step(step, labels, clip, given, detach):
    def cut(frames):
        return [frame.detach() if detach and len(frames) > given else frame for frame in frames]

    return rolled(past=lambda f, c, t: [cut(f)[max(t - 2, 0)], cut(f)[t - 1]], cut=lambda past, detach: past)(
        step, labels, clip, given, detach
    )


@wrong("rollout", message="as many frames as labels")
def as_long_as_the_clip(step, labels, clip, given, detach):
    made = lesson.rollout(step, labels, clip, given, detach)
    return Step(made.frame[:, : clip.shape[1]], *made[1:])


@wrong("rollout", message="as many frames as labels")
def as_long_as_a_clip_of_more_than_is_given(step, labels, clip, given, detach):
    frames = clip.shape[1]
    return lesson.rollout(step, labels[:, :frames] if frames > given else labels, clip, given, detach)


@wrong("rollout", message="not the new frame")
def with_everything_detached(*seen):
    return rolled(keep=lambda frame, detach: frame.detach())(*seen)


@wrong("rollout", message="only the past *frames* are detached")
def with_labels_detached_as_well(step, labels, clip, given, detach):
    return lesson.rollout(step, labels.detach() if detach else labels, clip, given, detach)


@wrong("rollout", message="nor its raw, flow and mask")
def with_the_frame_alone_in_the_graph(*seen):
    made = lesson.rollout(*seen)
    return Step(made.frame, *(part.detach() for part in made[1:]))


@wrong("rollout", message="clip was changed in place")
def writing_into_the_clip(step, labels, clip, given, detach):
    made = lesson.rollout(step, labels, clip, given, detach)
    with torch.no_grad():
        clip[:] = made.frame
    return made._replace(frame=clip)


class Memory:
    """A rollout whose past is not cleared between clips."""

    frame = None


@wrong("rollout", message="the list of past frames begins anew")
def with_a_memory_of_other_clips(step, labels, clip, given, detach):
    before = Memory.frame if Memory.frame is not None and Memory.step is step else clip[:, 0]
    made = rolled(past=lambda f, c, t: [before if t == 1 else f[max(t - 2, 0)], f[t - 1]])(step, labels, clip, given, detach)
    Memory.frame, Memory.step = made.frame[:, -1].detach(), step
    return made


@wrong("rollout", message="time after the batch")
def with_time_first(*seen):
    return Step(*(part.transpose(0, 1) for part in lesson.rollout(*seen)))


@wrong("rollout", message="time after the batch")
def without_the_given_frames(step, labels, clip, given, detach):
    made = lesson.rollout(step, labels, clip, given, detach)
    return made._replace(frame=made.frame[:, given:])


@wrong("rollout", message="the given frames stay as they are")
def generating_the_given_frames_again(step, labels, clip, given, detach):
    made = rolled(begin=lambda c, g: [c[:, 0]], given_from=lambda g: 1)(step, labels, clip, given, detach)
    return Step(made.frame, *(part[:, given - 1 :] for part in made[1:]))


# flow_loss


@right("flow_loss")
def pair_by_pair(flow, truth, visible, real):
    total = flow.sum() * 0
    for t in range(flow.shape[1]):
        seen = visible[:, t]
        known = torch.where(seen.expand_as(truth[:, t]), truth[:, t], flow[:, t].detach())
        off = ((flow[:, t] - known).abs() * seen).sum(1).mean()
        unlike = ((warp(real[:, t], flow[:, t]) - real[:, t + 1]).abs() * seen).sum(1).mean() / 3
        total = total + (off + unlike) / flow.shape[1]
    return total


@right("flow_loss")
def by_sums_over_the_visible(flow, truth, visible, real):
    if not flow.numel():
        return torch.zeros(())
    seen = visible.expand_as(flow)
    off = (flow[seen] - truth[seen]).abs().sum()
    carried = warp(real[:, :-1].flatten(0, 1), flow.flatten(0, 1)).view_as(real[:, 1:])
    shown = visible.expand_as(carried)
    return (off + (carried[shown] - real[:, 1:][shown]).abs().sum() / 3) / visible.numel()


def flow_loss_with(
    share=lambda pairs: pairs.sum() / len(pairs),
    off=lambda gap: gap.abs().sum(dim=2),
    colours=lambda gap: gap.abs().mean(dim=2),
    carry=lambda real, flow: (real[:, :-1], flow, real[:, 1:]),
    mask=lambda visible: visible,
    first=1.0,
    second=1.0,
):
    """The loss with one thing done differently."""

    def answer(flow, truth, visible, real):
        if flow.shape[1] == 0:
            return flow.sum()
        source, used, goal = carry(real, flow)
        carried = warp(source.flatten(0, 1), used.flatten(0, 1)).unflatten(0, flow.shape[:2])
        seen = mask(visible)
        gap = torch.where(seen, flow - truth, 0)
        pairs = (first * off(gap) + second * seen[:, :, 0] * colours(carried - goal)).mean(dim=(0, 2, 3))
        return share(pairs)

    return answer


@wrong("flow_loss", message="1/(T-1) times the sum over the pairs")
def summed_over_time(*seen):
    return flow_loss_with(share=lambda pairs: pairs.sum())(*seen)


@wrong("flow_loss", message="1/(T-1) times the sum over the pairs")
def divided_by_the_frames(*seen):
    return flow_loss_with(share=lambda pairs: pairs.sum() / (len(pairs) + 1))(*seen)


@wrong("flow_loss", message="what was hidden in the last frame has no flow")
def not_masked_where_hidden(*seen):
    return flow_loss_with(mask=lambda visible: torch.ones_like(visible))(*seen)


@wrong("flow_loss", message="not by the visible ones")
def divided_by_the_visible(flow, truth, visible, real):
    return lesson.flow_loss(flow, truth, visible, real) / visible.float().mean().clamp(min=1e-6)


@wrong("flow_loss", message="the mask counts for the frames, too")
def comparing_frames_where_hidden(flow, truth, visible, real):
    return lesson.flow_loss(flow, torch.where(visible, truth, flow), torch.ones_like(visible), real)


@wrong("flow_loss", message="each clip and pair by its own mask")
def with_all_axes_of_one_dropped(flow, truth, visible, real):
    if flow.shape[1] == 0:
        return flow.sum()
    off = torch.where(visible, flow - truth, 0).abs().sum(dim=2)
    carried = warp(real[:, :-1].flatten(0, 1), flow.flatten(0, 1)).unflatten(0, flow.shape[:2])
    return (off + visible.squeeze() * (carried - real[:, 1:]).abs().mean(dim=2)).mean()


@wrong("flow_loss", message="the flow learns from both terms")
def without_learning_from_the_frames(*seen):
    return flow_loss_with(carry=lambda real, flow: (real[:, :-1], flow.detach(), real[:, 1:]))(*seen)


@wrong("flow_loss", message="NaN * 0 is NaN")
def multiplied_by_the_mask(flow, truth, visible, real):
    if flow.shape[1] == 0:
        return flow.sum()
    return lesson.flow_loss(flow, truth, visible, real) + 0 * ((flow - truth) * visible).abs().mean()


@right("flow_loss")
def chosen_after_the_absolute_value(flow, truth, visible, real):
    if flow.shape[1] == 0:
        return flow.sum()
    carried = warp(real[:, :-1].flatten(0, 1), flow.flatten(0, 1)).unflatten(0, flow.shape[:2])
    error = (flow - truth).abs().sum(dim=2) + (carried - real[:, 1:]).abs().mean(dim=2)
    return torch.where(visible[:, :, 0], error, 0).mean()


@wrong("flow_loss", message="warp the real frame *before* by it")
def carrying_the_new_frame_back(*seen):
    return flow_loss_with(carry=lambda real, flow: (real[:, 1:], flow, real[:, :-1]))(*seen)


@wrong("flow_loss", message="warp the real frame *before* by it")
def with_the_flow_turned(*seen):
    return flow_loss_with(carry=lambda real, flow: (real[:, :-1], -flow, real[:, 1:]))(*seen)


@wrong("flow_loss", message="sum over the two components")
def with_a_mean_over_components(*seen):
    return flow_loss_with(off=lambda gap: gap.abs().mean(dim=2))(*seen)


@wrong("flow_loss", message="sum over the two components")
def with_lengths(*seen):
    return flow_loss_with(off=lambda gap: torch.linalg.vector_norm(gap, dim=2))(*seen)


@wrong("flow_loss", message="a mean over colours")
def with_squared_colours(*seen):
    return flow_loss_with(colours=lambda gap: gap.square().mean(dim=2))(*seen)


@wrong("flow_loss", message="a mean over colours")
def without_the_frames(*seen):
    return flow_loss_with(second=0.0)(*seen)


@wrong("flow_loss", message="a clip of one frame")
def dividing_by_zero(flow, truth, visible, real):
    return lesson.flow_loss(flow, truth, visible, real) if flow.shape[1] else flow.sum() / flow.shape[1]


@wrong("flow_loss", message="expected a scalar tensor")
def a_plain_zero_for_one_frame(flow, truth, visible, real):
    return lesson.flow_loss(flow, truth, visible, real) if flow.shape[1] else 0.0


@wrong("flow_loss", message="no gradient arrives at the flow")
def detached(flow, truth, visible, real):
    return lesson.flow_loss(flow.detach(), truth, visible, real)


# windows


@right("windows")
def by_stepping(frames, scale):
    found, stride = [], 3**scale
    while len(found) + 2 * stride < frames:
        found.append([len(found) + k * stride for k in range(3)])
    return found


@right("windows")
def by_unfolding(frames, scale):
    span = 2 * 3**scale + 1
    if frames < span:
        return []
    return torch.arange(frames).unfold(0, span, 1)[:, :: 3**scale].tolist()


@wrong("windows", message="neighbours are 3**scale frames apart")
def with_three_times_the_scale(frames, scale):
    stride = max(3 * scale, 1)
    return [[a, a + stride, a + 2 * stride] for a in range(frames - 2 * stride)]


@wrong("windows", message="neighbours are 3**scale frames apart")
def with_powers_of_two(frames, scale):
    return [[a, a + 2**scale, a + 2 * 2**scale] for a in range(frames - 2 * 2**scale)]


@wrong("windows", message="all starts whose third frame is still in the clip")
def without_the_last_one(frames, scale):
    return lesson.windows(frames, scale)[:-1] or lesson.windows(frames, scale)[:1]


@wrong("windows", message="all starts whose third frame is still in the clip")
def one_after_another(frames, scale):
    return lesson.windows(frames, scale)[:: 2 * 3**scale + 1]


@wrong("windows", message="all starts whose third frame is still in the clip")
def beyond_the_end(frames, scale):
    return [[a, a + 3**scale, a + 2 * 3**scale] for a in range(frames - 3**scale)]


@wrong("windows", message="beginning at frame 0")
def around_the_middle_frame(frames, scale):
    return [[a - 3**scale, a, a + 3**scale] for a in range(3**scale + 1, frames - 3**scale)]


@wrong("windows", message="each triple is a tuple")
def as_tuples(frames, scale):
    return [tuple(triple) for triple in lesson.windows(frames, scale)]


# long_flow


@right("long_flow")
def from_the_oldest_step(flow_prev, stride):
    count = flow_prev.shape[1] + 1 - stride
    total = flow_prev[:, :count]
    for step in range(1, stride):
        newer = flow_prev[:, step : step + count]
        total = compose(newer.flatten(0, 1), total.flatten(0, 1)).unflatten(0, (-1, count))
    return total


@right("long_flow")
def frame_by_frame(flow_prev, stride):
    made = []
    for t in range(stride, flow_prev.shape[1] + 1):
        total = torch.zeros_like(flow_prev[:, 0])
        for step in range(t - 1, t - 1 - stride, -1):
            total = total + warp(flow_prev[:, step], total)
        made.append(total)
    return torch.stack(made, 1)


@wrong("long_flow", message="each older flow is read where the point has arrived")
def added_without_moving(flow_prev, stride):
    return flow_prev.unfold(1, stride, 1).sum(dim=-1)


@wrong("long_flow", message="the newest step is the first")
def oldest_step_first(flow_prev, stride):
    count = flow_prev.shape[1] + 1 - stride
    total = flow_prev[:, :count]
    for step in range(1, stride):
        newer = flow_prev[:, step : step + count]
        total = compose(total.flatten(0, 1), newer.flatten(0, 1)).unflatten(0, (-1, count))
    return total


@wrong("long_flow", message="entry i of the result belongs to frame i + k")
def of_a_single_step(flow_prev, stride):
    return flow_prev[:, stride - 1 :]


@wrong("long_flow", message="entry i of the result belongs to frame i + k")
def times_the_stride(flow_prev, stride):
    return stride * flow_prev[:, stride - 1 :]


@wrong("long_flow", message="one flow for each frame from frame k on")
def every_kth_only(flow_prev, stride):
    return lesson.long_flow(flow_prev, stride)[:, ::stride]


@wrong("long_flow", message="entry i of the result belongs to frame i + k")
def one_frame_late(flow_prev, stride):
    return lesson.long_flow(flow_prev, stride).roll(1, dims=1)


@wrong("long_flow", message="each older flow is read where the point has arrived")
def with_the_sign_turned(flow_prev, stride):
    count = flow_prev.shape[1] + 1 - stride
    total = flow_prev[:, stride - 1 :]
    for back in range(1, stride):
        older = flow_prev[:, stride - 1 - back :][:, :count]
        total = total + warp(older.flatten(0, 1), -total.flatten(0, 1)).unflatten(0, (-1, count))
    return total


@wrong("long_flow", message="each older flow is read where the point has arrived")
def composed_twice_and_then_added(flow_prev, stride):
    near, count = min(stride, 3), flow_prev.shape[1] + 1 - stride
    total = lesson.long_flow(flow_prev, near)[:, -count:]
    return total + sum(flow_prev[:, stride - 1 - back :][:, :count] for back in range(near, stride))


# video_input


@right("video_input")
def triple_by_triple(clip, flow_prev, scale):
    far, rows = lesson.long_flow(flow_prev, 3**scale), []
    for a, b, c in lesson.windows(clip.shape[1], scale):
        rows.append(torch.cat([clip[:, a], clip[:, b], clip[:, c], far[:, a] / FLOW_PX, far[:, b] / FLOW_PX], dim=1))
    return torch.stack(rows, 1).flatten(0, 1)


@right("video_input")
def by_slices(clip, flow_prev, scale):
    stride = 3**scale
    count = clip.shape[1] - 2 * stride
    far = lesson.long_flow(flow_prev, stride) / FLOW_PX
    parts = [clip[:, k * stride : k * stride + count] for k in range(3)] + [far[:, :count], far[:, stride : stride + count]]
    return torch.cat(parts, dim=2).reshape(-1, 13, *clip.shape[-2:])


def video_input_with(unit=FLOW_PX, far=lesson.long_flow, place=lambda a, b, stride: (a, b), order=lambda frames, flows: [*frames, *flows]):
    """The input with one thing done differently."""

    def answer(clip, flow_prev, scale):
        flow, rows = far(flow_prev, 3**scale), []
        for a, b, c in lesson.windows(clip.shape[1], scale):
            first, second = (min(k, flow.shape[1] - 1) for k in place(a, b, 3**scale))
            frames = [clip[:, a], clip[:, b], clip[:, c]]
            rows.append(torch.cat(order(frames, [flow[:, first] / unit, flow[:, second] / unit]), dim=1))
        return torch.stack(rows, 1).flatten(0, 1)

    return answer


@wrong("video_input", message="divided by FLOW_PX")
def with_flow_in_pixels(*seen):
    return video_input_with(unit=1.0)(*seen)


@wrong("video_input", message="each on the newer frame's grid")
def with_flow_one_late(*seen):
    return video_input_with(place=lambda a, b, stride: (b, b + stride))(*seen)


@wrong("video_input", message="the flow between the first two frames, then")
def with_newer_flow_first(*seen):
    return video_input_with(place=lambda a, b, stride: (b, a))(*seen)


@wrong("video_input", message="flow is `long_flow`")
def with_flow_of_single_steps(*seen):
    return video_input_with(far=lambda flow, stride: flow, place=lambda a, b, stride: (a + stride - 1, b + stride - 1))(*seen)


@wrong("video_input", message="*composed* by `long_flow`")
def with_sums_of_single_steps(*seen):
    return video_input_with(far=added_without_moving)(*seen)


@wrong("video_input", message="on the grid of its own newer frame")
def with_both_flows_on_the_newest_frame(clip, flow_prev, scale):
    shown = lesson.video_input(clip, flow_prev, scale)
    return torch.cat([shown[:, :9], warp(shown[:, 9:11], FLOW_PX * shown[:, 11:]), shown[:, 11:]], dim=1)


@wrong("video_input", message="three triples of the first clip")
def with_flow_first(*seen):
    return video_input_with(order=lambda frames, flows: [*flows, *frames])(*seen)


@wrong("video_input", message="three triples of the first clip")
def with_newest_frame_first_in_the_triple(*seen):
    return video_input_with(order=lambda frames, flows: [*frames[::-1], *flows])(*seen)


@wrong("video_input", message="three triples of the first clip")
def with_clips_interleaved(clip, flow_prev, scale):
    whole = lesson.video_input(clip, flow_prev, scale)
    return whole.unflatten(0, (len(clip), -1)).transpose(0, 1).flatten(0, 1)


@wrong("video_input", message="the generator learns through this")
def with_a_detached_clip(clip, flow_prev, scale):
    return lesson.video_input(clip.detach(), flow_prev, scale)


@wrong("video_input", message="3 triples for each clip")
def with_the_first_triple_only(clip, flow_prev, scale):
    return lesson.video_input(clip, flow_prev, scale).unflatten(0, (len(clip), -1))[:, 0]


# opinions


@right("opinions")
def clip_by_clip(image_critic, video_critics, labels, clip, flow_prev):
    batch, frames = clip.shape[:2]
    shown = torch.stack([torch.cat([labels[b, t], clip[b, t]]) for b in range(batch) for t in range(1, frames)])
    said = [image_critic(shown)]
    said += [critic(lesson.video_input(clip, flow_prev, s)) for s, critic in enumerate(video_critics) if frames > 2 * 3**s]
    return said


@right("opinions")
def stopping_at_the_first_too_wide(image_critic, video_critics, labels, clip, flow_prev):
    said = [image_critic(torch.cat([labels[:, 1:].flatten(0, 1), clip[:, 1:].flatten(0, 1)], dim=1))]
    for scale in itertools.count():
        if scale == len(video_critics) or not lesson.windows(clip.shape[1], scale):
            return said
        said.append(video_critics[scale](lesson.video_input(clip, flow_prev, scale)))


@right("opinions")
def frame_after_frame(image_critic, video_critics, labels, clip, flow_prev):
    said = lesson.opinions(image_critic, video_critics, labels, clip, flow_prev)
    return [image_critic(torch.cat([labels, clip], dim=2)[:, 1:].transpose(0, 1).flatten(0, 1)), *said[1:]]


@wrong("opinions", message="each beside its own labels")
def with_labels_of_other_clips(image_critic, video_critics, labels, clip, flow_prev):
    said = lesson.opinions(image_critic, video_critics, labels, clip, flow_prev)
    frames = clip[:, 1:].transpose(0, 1).flatten(0, 1)
    return [image_critic(torch.cat([labels[:, 1:].flatten(0, 1), frames], dim=1)), *said[1:]]


@wrong("opinions", message="4 video critics, 55 frames: number of opinions")
def of_three_paces(image_critic, video_critics, labels, clip, flow_prev):
    return lesson.opinions(image_critic, video_critics[:3], labels, clip, flow_prev)


@wrong("opinions", message="labels first, then the frame")
def with_frames_before_labels_for_the_critic(image_critic, video_critics, labels, clip, flow_prev):
    said = lesson.opinions(image_critic, video_critics, labels, clip, flow_prev)
    return [image_critic(torch.cat([clip, labels], dim=2)[:, 1:].flatten(0, 1)), *said[1:]]


@wrong("opinions", message="labels first, then the frame")
def without_labels(image_critic, video_critics, labels, clip, flow_prev):
    said = lesson.opinions(image_critic, video_critics, labels, clip, flow_prev)
    return [image_critic(torch.cat([0 * labels, clip], dim=2)[:, 1:].flatten(0, 1)), *said[1:]]


@wrong("opinions", message="frames 2 to T of all clips as one batch")
def of_the_last_frame(image_critic, video_critics, labels, clip, flow_prev):
    said = lesson.opinions(image_critic, video_critics, labels, clip, flow_prev)
    return [image_critic(torch.cat([labels, clip], dim=2)[:, -1]), *said[1:]]


@wrong("opinions", message="critic number s sees the triples of scale s")
def with_every_critic_at_scale_0(image_critic, video_critics, labels, clip, flow_prev):
    said = [image_critic(torch.cat([labels, clip], dim=2)[:, 1:].flatten(0, 1))]
    seen = [c for s, c in enumerate(video_critics) if lesson.windows(clip.shape[1], s)]
    return said + [critic(lesson.video_input(clip, flow_prev, 0)) for critic in seen]


@wrong("opinions", message="a critic for which no triple fits is left out")
def with_silence_in_the_list(image_critic, video_critics, labels, clip, flow_prev):
    said = lesson.opinions(image_critic, video_critics, labels, clip, flow_prev)
    return said + [[]] * (len(video_critics) + 1 - len(said))


@wrong("opinions", message="number of opinions: got 1, expected 4")
def of_the_image_critic_alone(image_critic, video_critics, labels, clip, flow_prev):
    return lesson.opinions(image_critic, [], labels, clip, flow_prev)


@wrong("opinions", message="critic number s sees the triples of scale s")
def with_two_paces(image_critic, video_critics, labels, clip, flow_prev):
    said = lesson.opinions(image_critic, video_critics, labels, clip, flow_prev)
    return said[:3] + [critic(lesson.video_input(clip, flow_prev, 1)) for critic in video_critics[2 : len(said) - 1]]


@wrong("opinions", message="with all scales and all features")
def without_features(*given):
    return [[[*scale[-1:]] for scale in one] for one in lesson.opinions(*given)]


@wrong("opinions", message="with all scales and all features")
def of_the_first_scale(*given):
    return [one[:1] for one in lesson.opinions(*given)]


@wrong("opinions", message="nothing is detached here")
def of_a_detached_clip(image_critic, video_critics, labels, clip, flow_prev):
    return lesson.opinions(image_critic, video_critics, labels, clip.detach(), flow_prev)


@wrong("opinions", message="each frame once a critic")
def with_the_video_critics_blind_to_change(image_critic, video_critics, labels, clip, flow_prev):
    said = lesson.opinions(image_critic, video_critics, labels, clip.detach(), flow_prev)
    return [image_critic(torch.cat([labels, clip], dim=2)[:, 1:].flatten(0, 1)), *said[1:]]


@wrong("opinions", message="frames 2 to T of all clips as one batch")
def with_the_given_frame(image_critic, video_critics, labels, clip, flow_prev):
    said = lesson.opinions(image_critic, video_critics, labels, clip, flow_prev)
    return [image_critic(torch.cat([labels, clip], dim=2).flatten(0, 1)), *said[1:]]


@wrong("opinions", message="critic number s sees the triples of scale s")
def with_the_given_frame_for_no_critic(image_critic, video_critics, labels, clip, flow_prev):
    said = lesson.opinions(image_critic, [], labels, clip, flow_prev)
    return said + lesson.opinions(image_critic, video_critics, labels[:, 1:], clip[:, 1:], flow_prev[:, 1:])[1:]


# turns


@right("turns", name="critics_turn")
def with_no_grad(image_critic, video_critics, labels, real, made, flow_prev):
    with torch.no_grad():
        fake = made + 0
    total = 0
    truth = lesson.opinions(image_critic, video_critics, labels, real, flow_prev)
    for seen, lies in zip(truth, lesson.opinions(image_critic, video_critics, labels, fake, flow_prev), strict=True):
        total = total + discriminator_loss(seen, lies)
    return total


@right("turns", name="generators_turn")
def with_all_scales_in_a_row(image_critic, video_critics, labels, real, made, flow_prev):
    with torch.no_grad():
        truth = lesson.opinions(image_critic, video_critics, labels, real, flow_prev)
    lies = lesson.opinions(image_critic, video_critics, labels, made, flow_prev)
    loss = generator_loss([scale for said in lies for scale in said])
    return loss + MATCHING * torch.stack([feature_matching(*pair) for pair in zip(truth, lies, strict=True)]).sum()


@wrong("turns", name="critics_turn", message="detach it, or the generator learns to be caught")
def with_an_attached_clip(image_critic, video_critics, labels, real, made, flow_prev):
    truth, lies = (lesson.opinions(image_critic, video_critics, labels, clip, flow_prev) for clip in (real, made))
    return sum(discriminator_loss(*pair) for pair in zip(truth, lies, strict=True))


@wrong("turns", name="critics_turn", message="real clips are to score 1")
def with_real_and_made_swapped(image_critic, video_critics, labels, real, made, flow_prev):
    return lesson.critics_turn(image_critic, video_critics, labels, made, real, flow_prev)


@wrong("turns", name="critics_turn", message="over all critics")
def of_the_image_critic(image_critic, video_critics, labels, real, made, flow_prev):
    return lesson.critics_turn(image_critic, [], labels, real, made, flow_prev)


@wrong("turns", name="critics_turn", message="over all critics")
def averaged_over_critics(image_critic, video_critics, labels, real, made, flow_prev):
    return lesson.critics_turn(image_critic, video_critics, labels, real, made, flow_prev) / (1 + len(video_critics))


@wrong("turns", name="critics_turn", message="only the made clip is detached")
def without_training_the_critics(image_critic, video_critics, labels, real, made, flow_prev):
    return lesson.critics_turn(image_critic, video_critics, labels, real, made, flow_prev).detach()


@wrong("turns", name="critics_turn", message="real and made both count")
def learning_from_real_clips_only(image_critic, video_critics, labels, real, made, flow_prev):
    truth = lesson.opinions(image_critic, video_critics, labels, real, flow_prev)
    with torch.no_grad():
        lies = lesson.opinions(image_critic, video_critics, labels, made, flow_prev)
    return sum(discriminator_loss(*pair) for pair in zip(truth, lies, strict=True))


@wrong("turns", name="critics_turn", message="no steps in here")
def stepping_on_its_own(image_critic, video_critics, labels, real, made, flow_prev):
    loss = lesson.critics_turn(image_critic, video_critics, labels, real, made, flow_prev)
    weights = [weight for critic in (image_critic, *video_critics) for weight in critic.parameters()]
    slopes = torch.autograd.grad(loss, weights, retain_graph=True)
    for weight, slope in zip(weights, slopes, strict=True):
        weight.data -= 0.01 * slope
    return loss


@wrong("turns", name="generators_turn", message="no steps in here")
def stepping_the_critics(image_critic, video_critics, labels, real, made, flow_prev):
    stepping_on_its_own(image_critic, video_critics, labels, real, made, flow_prev)
    return lesson.generators_turn(image_critic, video_critics, labels, real, made, flow_prev)


@wrong("turns", name="generators_turn", message="leave requires_grad alone")
def freezing_the_critics(image_critic, video_critics, labels, real, made, flow_prev):
    for critic in (image_critic, *video_critics):
        critic.requires_grad_(False)
    return lesson.generators_turn(image_critic, video_critics, labels, real, made, flow_prev)


@wrong("turns", name="generators_turn", message="what was frozen before stays so")
def freezing_and_thawing_the_critics(image_critic, video_critics, labels, real, made, flow_prev):
    loss = freezing_the_critics(image_critic, video_critics, labels, real, made, flow_prev)
    for critic in (image_critic, *video_critics):
        critic.requires_grad_(True)
    return loss


@wrong("turns", name="critics_turn", message="neither train() nor eval()")
def with_critics_put_in_training_mode(image_critic, video_critics, labels, real, made, flow_prev):
    for critic in (image_critic, *video_critics):
        critic.train()
    return lesson.critics_turn(image_critic, video_critics, labels, real, made, flow_prev)


@wrong("turns", name="generators_turn", message="`train` clears gradients")
def clearing_the_critics_gradients(image_critic, video_critics, labels, real, made, flow_prev):
    for critic in (image_critic, *video_critics):
        critic.zero_grad()
    return lesson.generators_turn(image_critic, video_critics, labels, real, made, flow_prev)


@wrong("turns", name="generators_turn", message="7 frames, video critics: 2, generator's turn")
def with_a_mean_over_the_video_critics(image_critic, video_critics, labels, real, made, flow_prev):
    whole = lesson.generators_turn(image_critic, video_critics, labels, real, made, flow_prev)
    image = lesson.generators_turn(image_critic, [], labels, real, made, flow_prev)
    return image + (whole - image) / len(video_critics)


@wrong("turns", name="critics_turn", message="2 frames, video critics: 1")
def with_two_critics_at_all_times(image_critic, video_critics, labels, real, made, flow_prev):
    truth, lies = (lesson.opinions(image_critic, video_critics, labels, clip, flow_prev) for clip in (real, made.detach()))
    extra = 0 if len(truth) > 1 else discriminator_loss(truth[0], lies[0])
    return extra + sum(discriminator_loss(*pair) for pair in zip(truth, lies, strict=True))


@wrong("turns", name="generators_turn", message="do not detach it here")
def with_a_detached_rollout(image_critic, video_critics, labels, real, made, flow_prev):
    return lesson.generators_turn(image_critic, video_critics, labels, real, made.detach(), flow_prev)


@wrong("turns", name="generators_turn", message="plus MATCHING times feature matching")
def without_feature_matching(image_critic, video_critics, labels, real, made, flow_prev):
    lies = lesson.opinions(image_critic, video_critics, labels, made, flow_prev)
    return sum(generator_loss(said) for said in lies)


@wrong("turns", name="generators_turn", message="the made clip scores 1 with every critic")
def climbing_the_critics_loss(image_critic, video_critics, labels, real, made, flow_prev):
    truth, lies = (lesson.opinions(image_critic, video_critics, labels, clip, flow_prev) for clip in (real, made))
    pairs = list(zip(truth, lies, strict=True))
    return sum(MATCHING * feature_matching(*pair) - discriminator_loss(*pair) for pair in pairs)


@wrong("turns", name="generators_turn", message="a target: detached")
def matching_the_real_clip_to_the_made(image_critic, video_critics, labels, real, made, flow_prev):
    lies = lesson.opinions(image_critic, video_critics, labels, made, flow_prev)
    truth = lesson.opinions(image_critic, video_critics, labels, real, flow_prev)
    gaps = [feature_matching(said, seen) - feature_matching(seen, said).detach() for seen, said in zip(truth, lies, strict=True)]
    return lesson.generators_turn(image_critic, video_critics, labels, real, made, flow_prev) + MATCHING * sum(gaps)


# a rollout's own flow is no argument of the turns; whoever pairs frames with it does so like this


@wrong("turns", name="generators_turn", message="generator's turn")
def with_another_flow_for_made_frames(image_critic, video_critics, labels, real, made, flow_prev):
    generated = flow_prev + made[:, 1:, :2]
    truth = lesson.opinions(image_critic, video_critics, labels, real, flow_prev)
    lies = lesson.opinions(image_critic, video_critics, labels, made, generated)
    return sum(generator_loss(said) + MATCHING * feature_matching(seen, said) for seen, said in zip(truth, lies, strict=True))


# schedule


@right("schedule")
def by_walking(epoch, stage_epochs, alone, shortest, longest, scales):
    frames, used, added = shortest, 1, False
    for stage in range(1, epoch // stage_epochs + 1):
        added = False
        if stage % 2:
            frames = min(2 * frames, longest)
        elif used < scales:
            used, added = used + 1, True
    return min(frames, longest), used, tuple(range(used - 1)) if added and epoch % stage_epochs < alone else ()


@right("schedule")
def by_halves(epoch, stage_epochs, alone, shortest, longest, scales):
    stage, inside = divmod(epoch, stage_epochs)
    added, odd = divmod(stage, 2)
    used = min(1 + added, scales)
    fresh = not odd and 0 < added < scales and inside < alone
    return min(shortest << (added + odd), longest), used, tuple(range(added)) if fresh else ()


def schedule_with(
    frames=lambda stage: (stage + 1) // 2, added=lambda stage: stage // 2, frozen=lambda used: range(used - 1), cap=min, until=None
):
    """The schedule with one thing done differently."""

    def answer(epoch, stage_epochs, alone, shortest, longest, scales):
        stage = epoch // stage_epochs
        used = min(1 + added(stage), scales)
        fresh = stage > 0 and added(stage) > added(stage - 1) and 1 + added(stage) <= scales and epoch % stage_epochs < (until or alone)
        return cap(shortest * 2 ** frames(stage), longest), used, tuple(frozen(used)) if fresh else ()

    return answer


@wrong("schedule", message="double the length")
def longer_in_every_stage(*given):
    return schedule_with(frames=lambda stage: stage)(*given)


@wrong("schedule", message="double the length")
def finer_before_longer(*given):
    return schedule_with(frames=lambda stage: stage // 2, added=lambda stage: (stage + 1) // 2)(*given)


@wrong("schedule", message="up to the longest")
def without_a_longest(*given):
    return schedule_with(cap=lambda frames, longest: frames)(*given)


@wrong("schedule", message="OverflowError")
def doubling_a_float(epoch, stage_epochs, alone, shortest, longest, scales):
    _, used, frozen = lesson.schedule(epoch, stage_epochs, alone, shortest, longest, scales)
    return min(int(shortest * 2.0 ** ((epoch // stage_epochs + 1) // 2)), longest), used, frozen


@wrong("schedule", message="no int64")
def doubling_an_int64(epoch, stage_epochs, alone, shortest, longest, scales):
    _, used, frozen = lesson.schedule(epoch, stage_epochs, alone, shortest, longest, scales)
    return min(int(shortest * np.int64(2) ** ((epoch // stage_epochs + 1) // 2)), longest), used, frozen


@wrong("schedule", message="and then all older ones")
def freezing_the_new_scale(*given):
    return schedule_with(frozen=lambda used: [used - 1])(*given)


@wrong("schedule", message="and then all older ones")
def freezing_the_last_scale_only(*given):
    return schedule_with(frozen=lambda used: [used - 2])(*given)


@wrong("schedule", message="only in the first `alone` epochs")
def freezing_all_the_stage(*given):
    return schedule_with(until=10**9)(*given)


@wrong("schedule", message="only in the first `alone` epochs")
def freezing_for_ever(epoch, stage_epochs, alone, shortest, longest, scales):
    frames, used, _ = lesson.schedule(epoch, stage_epochs, alone, shortest, longest, scales)
    return frames, used, tuple(range(used - 1))


@wrong("schedule", message="only in the first `alone` epochs")
def freezing_once_all_scales_are_in_use(epoch, stage_epochs, alone, shortest, longest, scales):
    frames, used, frozen = lesson.schedule(epoch, stage_epochs, alone, shortest, longest, scales)
    stage = epoch // stage_epochs
    again = stage > 0 and stage % 2 == 0 and epoch % stage_epochs < alone
    return frames, used, tuple(range(used - 1)) if again else frozen


@wrong("schedule", message="add a scale, until all are in use")
def with_scales_from_zero(epoch, *given):
    frames, used, frozen = lesson.schedule(epoch, *given)
    return frames, used - 1, frozen


# texture


@right("texture")
def by_means_of_squares(clip, regions):
    total = 0.0
    for frame, owners in zip(clip.double().numpy(), regions.numpy(), strict=True):
        for number in np.unique(owners):
            values = frame[:, owners == number]
            total += ((values - values.mean(axis=1, keepdims=True)) ** 2).sum()
    return float(np.sqrt(total / clip.numel()))


@right("texture")
def by_counting_bins(clip, regions):
    frames = torch.arange(len(clip), device=clip.device)[:, None, None]
    _, owner = torch.stack([frames.expand_as(regions), regions], -1).flatten(0, 2).unique(dim=0, return_inverse=True)
    pixels = clip.permute(0, 2, 3, 1).reshape(-1, 3).double()
    count = owner.bincount()[:, None]
    means = pixels.new_zeros(len(count), 3).index_add(0, owner, pixels) / count
    return (pixels - means[owner]).square().mean().sqrt().item()


@wrong("texture", message="of each frame by itself")
def with_one_mean_for_the_clip(clip, regions):
    apart = torch.empty_like(clip)
    for number in regions.unique():
        inside = (regions == number)[:, None].expand_as(clip)
        mean = (clip * inside).sum(dim=(0, 2, 3), keepdim=True) / inside[:, :1].sum()
        apart = torch.where(inside, clip - mean, apart)
    return float(apart.square().mean().sqrt())


@wrong("texture", message="subtract the mean colour of each region")
def of_the_whole_frame(clip, regions):
    return float((clip - clip.mean(dim=(2, 3), keepdim=True)).square().mean().sqrt())


@wrong("texture", message="the root of the mean of squares")
def as_a_variance(clip, regions):
    return lesson.texture(clip, regions) ** 2


@wrong("texture", message="each pixel counts once")
def with_every_region_counting_alike(clip, regions):
    found = [
        (frame[:, owners == k] - frame[:, owners == k].mean(dim=1, keepdim=True)).square().mean()
        for frame, owners in zip(clip, regions, strict=True)
        for k in owners.unique()
    ]
    return float(torch.stack(found).mean().sqrt())


@wrong("texture", message="each colour has its own mean")
def of_the_brightness(clip, regions):
    return lesson.texture(clip.mean(dim=1, keepdim=True).expand_as(clip), regions)


@wrong("texture", message="each pixel counts once")
def as_a_mean_of_deviations(clip, regions):
    return float(np.mean([lesson.texture(clip[t : t + 1], regions[t : t + 1]) for t in range(len(clip))]))


@wrong("texture", message="the root of the mean of squares")
def always_nothing(clip, regions):
    return 0.0


@wrong("texture", message="the numbers that it has")
def with_the_numbers_of_the_first_frame(clip, regions):
    known = torch.isin(regions, regions[0])
    flat = torch.where(known[:, None], clip, 0)
    return lesson.texture(flat, torch.where(known, regions, -1))


@wrong("texture", message="the numbers that it has")
def without_negative_numbers(clip, regions):
    return lesson.texture(torch.where(regions[:, None] < 0, 0, clip), regions)


@wrong("texture", message="the numbers that it has")
def numbered_on_from_frame_to_frame(clip, regions):
    unlike = regions + (int(regions[0].max()) + 1) * torch.arange(len(regions), device=regions.device)[:, None, None]
    return with_one_mean_for_the_clip(clip, unlike)


@wrong("texture", message="meet neither each other")
def with_a_thousand_numbers_a_frame(clip, regions):
    return with_one_mean_for_the_clip(clip, regions + 1000 * torch.arange(len(regions), device=regions.device)[:, None, None])


@wrong("texture", message="and no float")
def with_numbers_in_a_float(clip, regions):
    return lesson.texture(clip, regions.double())


@wrong("texture", message="meet neither each other")
def with_numbers_in_a_byte(clip, regions):
    return lesson.texture(clip, regions.to(torch.uint8))


# coherent


@right("coherent")
def by_a_share(frames, flow_prev, visible_prev, strength):
    made = frames.clone()
    for t in range(1, len(frames)):
        trust = strength / (1 + strength) * visible_prev[t - 1].float()
        made[t] = torch.lerp(frames[t], warp(made[t - 1 : t], flow_prev[t - 1 : t])[0], trust.expand_as(frames[t]))
    return made


@right("coherent")
def by_solving_each_pixel(frames, flow_prev, visible_prev, strength):
    made = [frames[0]]
    for frame, flow, visible in zip(frames[1:], flow_prev, visible_prev, strict=True):
        last = warp(made[-1][None], flow[None])[0]
        made.append(torch.where(visible, (frame + strength * last) / (1 + strength), frame))
    return torch.stack(made)


def coherent_with(source=lambda made, frames, t: made[-1], flow=lambda f: f, divide=lambda weight: 1 + weight, mask=lambda v: v, shift=1):
    """The recursion with one thing done differently."""

    def answer(frames, flow_prev, visible_prev, strength):
        made = [frames[:1]]
        for t in range(1, len(frames)):
            place = min(t - shift, len(flow_prev) - 1)
            weight = strength * mask(visible_prev[place : place + 1])
            made.append((frames[t : t + 1] + weight * warp(source(made, frames, t), flow(flow_prev[place : place + 1]))) / divide(weight))
        return torch.cat(made)

    return answer


@wrong("coherent", message="the last *result* is carried on")
def warping_the_last_picture(*seen):
    return coherent_with(source=lambda made, frames, t: frames[t - 1 : t])(*seen)


@wrong("coherent", message="warp(x)(p) = x(p + flow(p))")
def with_the_flow_the_other_way(*seen):
    return coherent_with(flow=lambda f: -f)(*seen)


@wrong("coherent", message="divide by 1 + a")
def without_dividing(*seen):
    return coherent_with(divide=lambda weight: 1)(*seen)


@wrong("coherent", message="where the pixel was hidden in the last frame")
def pulling_hidden_pixels(*seen):
    return coherent_with(mask=lambda visible: torch.ones_like(visible))(*seen)


@wrong("coherent", message="where the pixel was hidden in the last frame")
def dividing_hidden_pixels(frames, flow_prev, visible_prev, strength):
    return coherent_with(divide=lambda weight: 1 + strength)(frames, flow_prev, visible_prev, strength)


@wrong("coherent", message="flow and mask number t - 1 belong to frame t")
def with_flow_of_the_next_frame(*seen):
    return coherent_with(shift=0)(*seen)


@wrong("coherent", message="the last *result* is carried on")
def always_to_the_first_frame(*seen):
    return coherent_with(source=lambda made, frames, t: frames[:1])(*seen)


@wrong("coherent", message="without strength nothing is pulled")
def with_equal_shares(frames, flow_prev, visible_prev, strength):
    return coherent_with()(frames, flow_prev, visible_prev, 1.0)


@wrong("coherent", message="without strength nothing is pulled")
def clamped_to_pictures(*seen):
    return lesson.coherent(*seen).clamp(0, 1)


@wrong("coherent", message="non-empty")
def of_two_frames_at_least(frames, flow_prev, visible_prev, strength):
    made = [frames[0]]
    for frame, flow, visible in zip(frames[1:], flow_prev, visible_prev, strict=True):
        made.append((frame + strength * visible * warp(made[-1][None], flow[None])[0]) / (1 + strength * visible))
    return torch.cat([frames[:1], torch.stack(made[1:])])


# paint_style


@right("paint_style")
def region_by_region(image, regions, onto):
    rows = []
    for picture, owners, wanted in zip(image, regions, onto, strict=True):
        painted = picture.new_zeros(3, *wanted.shape)
        for number in wanted.unique():
            inside = owners == number
            if inside.any():
                painted = torch.where(wanted == number, picture[:, inside].mean(dim=1)[:, None, None], painted)
        rows.append(painted)
    return torch.stack(rows)


@right("paint_style")
def by_adding_rows(image, regions, onto):
    count = int(torch.maximum(regions.max(), onto.max())) + 1
    offset = (torch.arange(len(image), device=image.device) * count)[:, None, None]
    owner = (regions + offset).flatten()
    sums = image.new_zeros(len(image) * count, 3).index_add(0, owner, image.movedim(1, -1).flatten(0, 2))
    colours = sums / owner.bincount(minlength=len(sums)).clamp(min=1)[:, None]
    return colours[onto + offset].movedim(-1, 1)


@wrong("paint_style", message="colours are looked up by the regions of `onto`")
def painting_its_own_regions(image, regions, onto):
    own = lesson.paint_style(image, regions, regions)
    return F.interpolate(own, size=onto.shape[-2:])


@wrong("paint_style", message="not of all pixels")
def divided_by_all_pixels(image, regions, onto):
    member = F.one_hot(regions, int(max(regions.max(), onto.max())) + 1).movedim(-1, 1).to(image.dtype)
    colours = torch.einsum("bchw,bkhw->bck", image, member) / regions[0].numel()
    return torch.einsum("bck,bkhw->bchw", colours, F.one_hot(onto, member.shape[1]).movedim(-1, 1).to(image.dtype))


@wrong("paint_style", message="no pixels, no colour, 0")
def with_nan_for_the_unknown(image, regions, onto):
    painted = lesson.paint_style(image, regions, onto)
    known = torch.stack([torch.isin(wanted, owners) for owners, wanted in zip(regions, onto, strict=True)])
    return torch.where(known[:, None], painted, torch.nan)


@wrong("paint_style", message="no pixels, no colour, 0")
def with_the_mean_for_the_unknown(image, regions, onto):
    painted = lesson.paint_style(image, regions, onto)
    known = torch.stack([torch.isin(wanted, owners) for owners, wanted in zip(regions, onto, strict=True)])
    return torch.where(known[:, None], painted, image.mean(dim=(2, 3), keepdim=True))


@wrong("paint_style", message="every picture of the batch has its own colours")
def with_one_style_for_all(image, regions, onto):
    rows = torch.cat(list(image), dim=2)[None], torch.cat(list(regions), dim=1)[None]
    return torch.cat([lesson.paint_style(*rows, wanted[None]) for wanted in onto])


@wrong("paint_style", message="every picture has regions of its own")
def of_the_regions_of_the_first_picture(image, regions, onto):
    known = torch.isin(onto, regions[0])
    return torch.where(known[:, None], lesson.paint_style(image, regions, onto), 0)


@wrong("paint_style", message="what this picture lacks is 0")
def with_colours_kept_from_the_picture_before(image, regions, onto):
    colours, rows = {}, []
    for picture, owners, wanted in zip(image, regions, onto, strict=True):
        colours |= {int(k): picture[:, owners == k].mean(dim=1) for k in owners.unique()}
        grey = picture.new_zeros(3)
        rows.append(torch.stack([colours.get(int(k), grey) for k in wanted.flatten()], dim=1).unflatten(1, wanted.shape))
    return torch.stack(rows)


@wrong("paint_style", message="detach nothing")
def without_a_gradient(image, regions, onto):
    return lesson.paint_style(image.detach(), regions, onto)


@wrong("paint_style", message="the mean over the pixels of the region")
def with_the_first_pixel_of_each(image, regions, onto):
    painted = image.new_zeros(len(image), 3, *onto.shape[1:])
    for b in range(len(image)):
        for number in onto[b].unique():
            inside = regions[b] == number
            if inside.any():
                painted[b] = torch.where(onto[b] == number, image[b][:, inside][:, 0, None, None], painted[b])
    return painted


@wrong("paint_style", message="there is no largest number")
def of_ten_regions(image, regions, onto):
    return torch.where(onto[:, None] < 10, lesson.paint_style(image, regions, onto), 0)


@wrong("paint_style", message="a byte ends at 255")
def with_regions_in_a_byte(image, regions, onto):
    return lesson.paint_style(image, regions % 256, onto % 256)


@wrong("paint_style", message="0 is a colour like any other")
def with_zero_for_nothing(image, regions, onto):
    shown = image.abs().sum(dim=1) > 0
    nowhere = int(max(regions.max(), onto.max())) + 1
    return lesson.paint_style(image, torch.where(shown, regions, nowhere), onto)


@wrong("paint_style", message="region 12")
def counting_the_painted_only(image, regions, onto):
    if int(regions.max()) > int(onto.max()) + 2:
        raise IndexError(f"region {int(regions.max())}")
    return lesson.paint_style(image, regions, onto)
