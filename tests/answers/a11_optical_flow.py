"""Answers to lesson 11 that the checks must tell apart."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import map_coordinates

from solutions import a11_optical_flow as lesson
from solutions.a11_optical_flow import warp
from tests.answers.core import right, wrong


def places(flow):
    """x and y, each (B, H, W), that a flow points to."""
    height, width = flow.shape[-2:]
    x = torch.arange(width, device=flow.device) + flow[:, 0]
    return x, torch.arange(height, device=flow.device)[:, None] + flow[:, 1]


def sampled(image, x, y, corners=True, mode="bilinear", padding="border"):
    """grid_sample at places in pixels."""
    height, width = image.shape[-2:]
    w, h = (max(width - 1, 1), max(height - 1, 1)) if corners else (width, height)
    shift = 0 if corners else 1
    grid = torch.stack([(2 * x + shift) / w - 1, (2 * y + shift) / h - 1], dim=-1)
    return F.grid_sample(image, grid, mode=mode, padding_mode=padding, align_corners=corners)


# the two warps are one function, and the same mistakes are made in both


@right("warp")
@right("warp_by_hand")
def with_corners_aligned(image, flow):
    return sampled(image, *places(flow))


@right("warp")
@right("warp_by_hand")
def with_each_neighbour_held_inside(image, flow):
    (height, width), (x, y) = image.shape[-2:], places(flow)
    left, top = x.detach().floor().long(), y.detach().floor().long()
    batch, total = torch.arange(len(image), device=image.device)[:, None, None], 0
    for row, down in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, across in ((left, 1 - (x - left)), (left + 1, x - left)):
            seen = image.permute(0, 2, 3, 1)[batch, row.clamp(0, height - 1), column.clamp(0, width - 1)]
            total = total + (down * across)[..., None] * seen
    return total.permute(0, 3, 1, 2)


@wrong("warp", message="ceil, abs, relu, short cuts have no slope")
@wrong("warp_by_hand", message="ceil, abs, relu, short cuts have no slope")
def by_hat_functions(image, flow):
    height, width = image.shape[-2:]
    x, y = places(flow)
    across = (1 - (x.clamp(0, width - 1)[..., None] - torch.arange(width, device=x.device)).abs()).clamp(min=0)
    down = (1 - (y.clamp(0, height - 1)[..., None] - torch.arange(height, device=y.device)).abs()).clamp(min=0)
    return torch.einsum("bchw,byxh,byxw->bcyx", image, down, across)


@wrong("warp", message="your grid and grid_sample disagree: corners")
@wrong("warp_by_hand", message="your grid and grid_sample disagree: corners")
def with_corners_and_the_default_flag(image, flow):
    height, width = image.shape[-2:]
    x, y = places(flow)
    grid = torch.stack([2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1], dim=-1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=False)


@wrong("warp", message="your grid and grid_sample disagree: with pixel centres")
def with_centres_and_the_other_flag(image, flow):
    height, width = image.shape[-2:]
    x, y = places(flow)
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=True)


@wrong("warp", message="channel 0 is x")
@wrong("warp_by_hand", message="channel 0 is x")
def with_x_and_y_swapped(image, flow):
    return warp(image, flow.flip(1))


@wrong("warp", message="which frame owns this grid?")
@wrong("warp_by_hand", message="which frame owns this grid?")
def with_the_sign_turned(image, flow):
    return warp(image, -flow)


@wrong("warp", message="one pixel of flow moved the picture off screen")
def with_pixels_on_a_normalised_grid(image, flow):
    height, width = image.shape[-2:]
    x, y = places(0 * flow)
    return sampled(image, x + flow[:, 0] * (width - 1) / 2, y + flow[:, 1] * (height - 1) / 2)


@wrong("warp", message="off screen")
def with_pixels_on_a_normalised_grid_of_edges(image, flow):
    x, y = places(0 * flow)
    height, width = image.shape[-2:]
    return sampled(image, x + flow[:, 0] * width / 2, y + flow[:, 1] * height / 2, corners=False)


@wrong("warp", message="divides by W where align_corners=True needs W - 1")
def divided_by_the_width(image, flow):
    height, width = image.shape[-2:]
    x, y = places(flow)
    grid = torch.stack([2 * x / width - 1, 2 * y / height - 1], dim=-1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=True)


@wrong("warp", message="divides by W - 1 where align_corners=False needs W")
def divided_by_the_width_less_one(image, flow):
    height, width = image.shape[-2:]
    x, y = places(flow)
    grid = torch.stack([(2 * x + 1) / (width - 1) - 1, (2 * y + 1) / max(height - 1, 1) - 1], dim=-1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=False)


@wrong("warp", message="half a pixel off")
def without_the_half_pixel(image, flow):
    height, width = image.shape[-2:]
    x, y = places(flow)
    grid = torch.stack([2 * x / width - 1, 2 * y / height - 1], dim=-1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=False)


@wrong("warp", message="from -1 to 1 is a way of 2")
def with_half_the_way(image, flow):
    return warp(image, flow / 2)


@wrong("warp", message="H and W are mixed")
def with_height_and_width_mixed(image, flow):
    height, width = image.shape[-2:]
    x, y = places(flow)
    grid = torch.stack([(2 * x + 1) / height - 1, (2 * y + 1) / width - 1], dim=-1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=False)


@wrong("warp", message="the whole grid is turned over")
def with_y_first_in_the_grid(image, flow):
    height, width = image.shape[-2:]
    x, y = places(flow)
    grid = torch.stack([(2 * y + 1) / height - 1, (2 * x + 1) / width - 1], dim=-1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=False)


@wrong("warp", message="dark rim")
@wrong("warp_by_hand", message="dark rim")
def with_zeros_outside(image, flow):
    return sampled(image, *places(flow), padding="zeros")


@wrong("warp", message="rim: outside, the nearest border pixel")
@wrong("warp_by_hand", message="rim: outside, the nearest border pixel")
def with_a_mirror_outside(image, flow):
    return sampled(image, *places(flow), padding="reflection")


@wrong("warp", message="the nearest pixel was taken")
@wrong("warp_by_hand", message="the nearest pixel was taken")
def with_the_nearest_pixel(image, flow):
    x, y = (v.detach().numpy().astype(float) for v in places(flow))
    seen = [
        [map_coordinates(channel, [v, u], order=0, mode="nearest") for channel in one]
        for one, u, v in zip(image.detach().double().numpy(), x, y, strict=True)
    ]
    return torch.from_numpy(np.array(seen)).to(image.dtype) + 0 * flow.sum()


@wrong("warp", message="the first picture's flow was used for all")
@wrong("warp_by_hand", message="the first picture's flow was used for all")
def with_one_flow_for_the_batch(image, flow):
    return warp(image, flow[:1].expand_as(flow))


@wrong("warp", message="the flow was ignored")
@wrong("warp_by_hand", message="the flow was ignored")
def with_no_flow(image, flow):
    return image


@wrong("warp_by_hand", message="gradient to the flow: none arrives")
def with_weights_cut_off(image, flow):
    return warp(image, flow.detach())


@wrong("warp_by_hand", message="1 - a for the left one")
def with_the_weights_exchanged(image, flow):
    x, y = places(flow)
    height, width = image.shape[-2:]
    x, y = x.clamp(0, width - 1), y.clamp(0, height - 1)
    return sampled(image, 2 * x.floor() + 1 - x, 2 * y.floor() + 1 - y)


@wrong("warp_by_hand", message="got shape")
def with_channels_last(image, flow):
    return warp(image, flow).permute(0, 2, 3, 1)


@wrong("warp_by_hand", message="got nan")
def with_nan_at_the_border(image, flow):
    return sampled(image, *places(flow), padding="zeros") / sampled(torch.ones_like(image), *places(flow), padding="zeros")


@wrong("warp", message="ZeroDivisionError")
def dividing_by_no_width(image, flow):
    x, y = places(flow)
    height, width = image.shape[-2:]
    grid = torch.stack([2 * x * (1 / (width - 1)) - 1, 2 * y / max(height - 1, 1) - 1], dim=-1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=True)


@wrong("warp", message="compute in it, and cast neither the place nor the result")
@wrong("warp_by_hand", message="compute in it, and cast neither the place nor the result")
def in_single_precision(image, flow):
    return warp(image.float(), flow.float()).to(image.dtype)


@wrong("warp_by_hand", message="RuntimeError")
def with_no_room_for_one_column(image, flow):
    left = places(flow)[0].detach().floor().long().clamp(min=0).clamp(max=image.shape[3] - 2)
    image.flatten(2).gather(2, left.flatten(1)[:, None])
    return warp(image, flow)


@wrong("warp_by_hand", message="gradient to a flow of (0, 0) everywhere")
def with_nothing_to_do_at_rest(image, flow):
    return warp(image, flow) if flow.any() else image


@wrong("warp", message="divide by max(W - 1, 1), and by max(H - 1, 1)")
def with_nan_replaced_in_the_grid(image, flow):
    (height, width), (x, y) = image.shape[-2:], places(flow)
    grid = torch.stack([2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1], dim=-1)
    return F.grid_sample(image, grid.nan_to_num(), padding_mode="border", align_corners=True)


@wrong("warp", message="Use .reshape(...) instead")
@wrong("warp_by_hand", message="Use .reshape(...) instead")
def of_pictures_in_a_row(image, flow):
    height, width = image.shape[-2:]
    return warp(image.view(-1, 1, height, width), flow.repeat_interleave(image.shape[1], dim=0)).view(image.shape)


@wrong("warp_by_hand", message="out(p) = image(p + flow(p))")
def held_just_inside(image, flow):
    (height, width), (x, y) = image.shape[-2:], places(flow)
    return sampled(image, x.clamp(0, max(width - 1.001, 0)), y.clamp(0, max(height - 1.001, 0)))


# compose


@right("compose")
def one_channel_at_a_time(first, second):
    x, y = places(first)
    return torch.stack([first[:, k] + sampled(second[:, k : k + 1], x, y)[:, 0] for k in (0, 1)], dim=1)


@right("compose")
def by_the_places(first, second):
    x, y = places(first)
    here = torch.stack(places(0 * first), dim=1)
    return torch.stack([x, y], dim=1) + sampled(second, x, y, corners=False) - here


@wrong("compose", message="read it where the first one has led")
def added_in_place(first, second):
    return first + second


@wrong("compose", message="read it where the first one has led")
def with_the_first_flow_warped(first, second):
    return warp(first, second) + second


@wrong("compose", message="both lead forward")
def with_the_second_warped_by_itself(first, second):
    return first + warp(second, second)


@wrong("compose", message="lengths add up")
def with_the_second_alone(first, second):
    return warp(second, first)


@wrong("compose", message="lengths add up")
def with_a_difference(first, second):
    return first - warp(second, first)


@wrong("compose", message="read it where the first one has led")
def looking_back(first, second):
    return first + warp(second, -first)


@wrong("compose", message="they read its border")
def with_zeros_beyond_frame_1(first, second):
    return first + sampled(second, *places(first), padding="zeros")


@wrong("compose", message="the place that is read: nothing is detached")
def with_the_place_cut_off(first, second):
    return first + warp(second, first.detach())


# residual


@right("residual")
def as_a_composition(forward, backward):
    return lesson.compose(forward, backward)


@right("residual")
def with_grid_sample(forward, backward):
    return forward + sampled(backward, *places(forward))


@wrong("residual", message="constant motion should be consistent")
def with_a_minus(forward, backward):
    return forward - warp(backward, forward)


@wrong("residual", message="fine for constant flow, wrong for rotation")
def with_the_way_back_not_warped(forward, backward):
    return forward + backward


@wrong("residual", message="fine for constant flow, wrong for rotation")
def with_the_way_back_warped_by_itself(forward, backward):
    return forward + warp(backward, backward)


@wrong("residual", message="fine for constant flow, wrong for rotation")
def on_the_other_grid(forward, backward):
    return backward + warp(forward, backward)


@wrong("residual", message="the vector, not its length")
def as_a_length(forward, backward):
    return lesson.residual(forward, backward).norm(dim=1, keepdim=True)


@wrong("residual", message="from the start to the end")
def with_the_vector_turned(forward, backward):
    return -lesson.residual(forward, backward)


@wrong("residual", message="no gradient arrives at the forward flow")
def with_nothing_to_learn(forward, backward):
    return lesson.residual(forward.detach(), backward)


@wrong("residual", message="from the start to the end")
def with_nothing_left(forward, backward):
    return torch.zeros_like(forward) + 0 * forward + 0 * backward


# visible


@right("visible")
def in_numpy(forward, backward):
    height, width = forward.shape[-2:]
    back = warp(backward, forward).double().numpy()
    there, apart = forward.double().numpy(), forward.double().numpy() + back
    limit = 0.01 * ((there**2).sum(1) + (back**2).sum(1)) + 0.5
    x, y = (v.numpy() for v in places(forward))
    seen = ((apart**2).sum(1) <= limit) & (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    return torch.from_numpy(seen[:, None])


@right("visible")
def with_a_warped_frame_of_ones(forward, backward):
    inside = sampled(torch.ones_like(forward[:, :1]), *places(forward), padding="zeros") > 1 - 1e-5
    back = warp(backward, forward)
    limit = 0.01 * (forward.pow(2) + back.pow(2)).sum(1, True) + 0.5
    return inside & ~((forward + back).pow(2).sum(1, True) > limit)


def with_threshold(forward, backward, share=0.01, floor=0.5, back=None, power=2):
    back = warp(backward, forward) if back is None else back
    length = (forward.norm(dim=1) ** power + back.norm(dim=1) ** power)[:, None]
    return ((forward + back).norm(dim=1)[:, None] ** power <= share * length + floor) & with_the_bounds_only(forward, backward)


@wrong("visible", message="the backward flow is read at p + f(p)")
def with_the_bounds_only(forward, backward):
    height, width = forward.shape[-2:]
    x, y = places(forward)
    return ((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))[:, None]


@wrong("visible", message="the bounds test")
def without_the_bounds(forward, backward):
    back = warp(backward, forward)
    return (forward + back).pow(2).sum(1, True) <= 0.01 * (forward.pow(2) + back.pow(2)).sum(1, True) + 0.5


@wrong("visible", message="both ends included")
def with_the_bounds_of_a_pixel_more(forward, backward):
    height, width = forward.shape[-2:]
    x, y = places(forward)
    return without_the_bounds(forward, backward) & ((x >= 0) & (x < width) & (y >= 0) & (y < height))[:, None] & (x < width - 1)[:, None]


@wrong("visible", message="both ends included")
def with_the_bounds_of_half_a_pixel_more(forward, backward):
    (height, width), (x, y) = forward.shape[-2:], places(forward)
    return without_the_bounds(forward, backward) & ((x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5))[:, None]


@wrong("visible", message="true means visible")
def with_the_mask_turned(forward, backward):
    return ~lesson.visible(forward, backward)


@wrong("visible", message="the backward flow is read at p + f(p)")
def with_the_way_back_not_read_there(forward, backward):
    return with_threshold(forward, backward, back=backward)


@wrong("visible", message="squared lengths of both flows")
def with_lengths_not_squared(forward, backward):
    return with_threshold(forward, backward, power=1)


@wrong("visible", message="squared lengths of both flows")
def with_a_fixed_threshold(forward, backward):
    return with_threshold(forward, backward, share=0.0)


@wrong("visible", message="squared lengths of both flows")
def with_a_threshold_of_one_flow(forward, backward):
    back = warp(backward, forward)
    close = (forward + back).pow(2).sum(1, True) <= 0.01 * forward.pow(2).sum(1, True) + 0.5
    return close & with_the_bounds_only(forward, backward)


@wrong("visible", message="what comes home is visible")
def with_a_minus_in_the_residual(forward, backward):
    back = warp(backward, forward)
    close = (forward - back).pow(2).sum(1, True) <= 0.01 * (forward.pow(2) + back.pow(2)).sum(1, True) + 0.5
    return close & with_the_bounds_only(forward, backward)


@wrong("visible", message="expected bool")
def with_numbers(forward, backward):
    return lesson.visible(forward, backward).float()


@wrong("visible", message="got shape")
def without_a_channel(forward, backward):
    return lesson.visible(forward, backward)[:, 0]


# end_point_error


def refuse(valid):
    if not valid.any():
        raise ValueError("no valid pixel")


@right("end_point_error")
def by_choosing_pixels(flow, truth, valid):
    refuse(valid)
    chosen = valid[:, 0]
    return torch.linalg.vector_norm(flow.permute(0, 2, 3, 1)[chosen] - truth.permute(0, 2, 3, 1)[chosen], dim=-1).mean()


@right("end_point_error")
def with_nan_replaced_first(flow, truth, valid):
    refuse(valid)
    known = torch.where(valid, truth, flow.detach())
    error = (flow - known).norm(dim=1, keepdim=True)
    return (error * valid).sum() / valid.sum()


@wrong("end_point_error", message="expected 5.0 for flow error")
def as_a_sum_of_sides(flow, truth, valid):
    refuse(valid)
    return torch.where(valid, flow - truth, 0).abs().sum() / valid.sum()


@wrong("end_point_error", message="expected 5.0 for flow error")
def as_a_mean_over_channels(flow, truth, valid):
    return as_a_sum_of_sides(flow, truth, valid) / 2


@wrong("end_point_error", message="expected 5.0 for flow error")
def squared(flow, truth, valid):
    refuse(valid)
    return torch.where(valid, flow - truth, 0).square().sum() / valid.sum()


@wrong("end_point_error", message="divide by the number of valid pixels")
def over_all_pixels(flow, truth, valid):
    refuse(valid)
    return torch.where(valid, flow - truth, 0).norm(dim=1).mean()


@wrong("end_point_error", message="of all pictures together")
def picture_by_picture(flow, truth, valid):
    refuse(valid)
    error = torch.where(valid, flow - truth, 0).norm(dim=1).sum(dim=(1, 2)) / valid.sum(dim=(1, 2, 3))
    return error.mean()


@wrong("end_point_error", message="divide by the number of valid pixels")
def with_the_mask_ignored(flow, truth, valid):
    refuse(valid)
    return (flow - truth).norm(dim=1).mean()


@wrong("end_point_error", message="NaN * 0 is NaN")
def multiplied_by_the_mask(flow, truth, valid):
    refuse(valid)
    return ((flow - truth).norm(dim=1, keepdim=True) * valid).sum() / valid.sum()


@wrong("end_point_error", message="choose the valid pixels before the root")
def chosen_after_the_root(flow, truth, valid):
    refuse(valid)
    return torch.linalg.vector_norm(flow - truth, dim=1, keepdim=True)[valid].mean()


@wrong("end_point_error", message="truth is inf")
def with_numbers_for_nan(flow, truth, valid):
    refuse(valid)
    return ((flow - truth.nan_to_num()).norm(dim=1, keepdim=True) * valid).sum() / valid.sum()


@wrong("end_point_error", message="a number added under the root")
def with_a_small_number_under_the_root(flow, truth, valid):
    refuse(valid)
    return ((torch.where(valid, flow - truth, 0).square().sum(dim=1) + 1e-6).sqrt() * valid[:, 0]).sum() / valid.sum()


@wrong("end_point_error", message="ValueError")
def refusing_a_single_empty_picture(flow, truth, valid):
    for one in valid:
        refuse(one)
    return lesson.end_point_error(flow, truth, valid)


@wrong("end_point_error", message="the root has no finite slope at 0")
def with_a_plain_root(flow, truth, valid):
    refuse(valid)
    error = torch.where(valid, flow - torch.where(valid, truth, 0), 0)
    return error.square().sum(dim=1).sqrt().sum() / valid.sum()


@wrong("end_point_error", message="no gradient arrives at the flow")
def as_a_float(flow, truth, valid):
    return float(lesson.end_point_error(flow, truth, valid).detach())


@wrong("end_point_error", message="expected ValueError")
def with_zero_for_nothing(flow, truth, valid):
    return lesson.end_point_error(flow, truth, valid) if valid.any() else flow.sum() * 0


@wrong("end_point_error", message="expected 5.0 for flow error")
def always_zero(flow, truth, valid):
    refuse(valid)
    return 0 * flow.sum()


@wrong("end_point_error", message="long flows and long errors count like all others")
def with_long_flows_left_out(flow, truth, valid):
    refuse(valid)
    return (torch.where(valid, flow - truth, 0).norm(dim=1) * (truth.norm(dim=1) < 400)).sum() / valid.sum()


@wrong("end_point_error", message="truth is 1e+30 where not valid")
def with_finite_garbage_multiplied(flow, truth, valid):
    refuse(valid)
    known = torch.where(truth.isfinite(), truth, 0)
    return ((flow - known).norm(dim=1, keepdim=True) * valid).sum() / valid.sum()


# warping_error


def pair_errors(clip, flow_next, visible_next):
    """Squared differences along the motion, (T-1, C, H, W), zero where hidden, and the number of visible pixels of each pair."""
    change = (warp(clip[1:], flow_next) - clip[:-1]).square()
    return torch.where(visible_next, change, 0), visible_next.sum(dim=(1, 2, 3)).clamp(min=1)


@right("warping_error")
def pair_by_pair(clip, flow_next, visible_next):
    total = 0
    for now, coming, flow, mask in zip(clip, clip[1:], flow_next, visible_next, strict=False):
        change = (warp(coming[None], flow[None])[0] - now)[:, mask[0]]
        total = total + (change.square().mean() if mask.any() else 0)
    return torch.as_tensor(total / len(flow_next))


@right("warping_error")
def with_a_mean_over_colours_first(clip, flow_next, visible_next):
    change = (sampled(clip[1:], *places(flow_next)) - clip[:-1]).pow(2).mean(dim=1)
    shown = visible_next[:, 0]
    return sum(c[s].sum() / max(int(s.sum()), 1) for c, s in zip(change, shown, strict=True)) / len(change)


@wrong("warping_error", message="error grew compared with no motion at all")
def with_the_past_warped_forward(clip, flow_next, visible_next):
    change = (warp(clip[:-1], flow_next) - clip[1:]).square() * visible_next
    return (change.sum(dim=(1, 2, 3)) / visible_next.sum(dim=(1, 2, 3)).clamp(min=1) / clip.shape[1]).mean()


@wrong("warping_error", message="error grew compared with no motion at all")
def without_warping(clip, flow_next, visible_next):
    return lesson.warping_error(clip, 0 * flow_next, visible_next)


@wrong("warping_error", message="over visible pixels only")
def over_hidden_pixels_too(clip, flow_next, visible_next):
    return (warp(clip[1:], flow_next) - clip[:-1]).square().mean()


@wrong("warping_error", message="divided by their number")
def divided_by_all_pixels(clip, flow_next, visible_next):
    return pair_errors(clip, flow_next, visible_next)[0].mean()


@wrong("warping_error", message="the number of colours")
def summed_over_colours(clip, flow_next, visible_next):
    errors, shown = pair_errors(clip, flow_next, visible_next)
    return (errors.sum(dim=(1, 2, 3)) / shown).mean()


@wrong("warping_error", message="a mean for each pair, then over the pairs")
def pooled_over_the_clip(clip, flow_next, visible_next):
    errors, _ = pair_errors(clip, flow_next, visible_next)
    return errors.sum() / visible_next.sum() / clip.shape[1]


@wrong("warping_error", message="squared differences")
def with_the_sum_over_colours_squared(clip, flow_next, visible_next):
    change = (warp(clip[1:], flow_next) - clip[:-1]).sum(dim=1, keepdim=True).square() * visible_next
    return (change.sum(dim=(1, 2, 3)) / visible_next.sum(dim=(1, 2, 3)).clamp(min=1) / clip.shape[1]).mean()


@wrong("warping_error", message="averaged, not rooted")
def as_a_root(clip, flow_next, visible_next):
    return lesson.warping_error(clip, flow_next, visible_next).sqrt()


@wrong("warping_error", message="0 / 0")
def with_nan_at_a_cut(clip, flow_next, visible_next):
    errors, _ = pair_errors(clip, flow_next, visible_next)
    return (errors.sum(dim=(1, 2, 3)) / visible_next.sum(dim=(1, 2, 3)) / clip.shape[1]).mean()


@wrong("warping_error", message="RuntimeError")
def stacking_what_is_seen(clip, flow_next, visible_next):
    errors, shown = pair_errors(clip, flow_next, visible_next)
    seen = [one.sum() / count / clip.shape[1] for one, count, mask in zip(errors, shown, visible_next, strict=True) if mask.any()]
    return torch.stack(seen).sum() / len(errors)


@wrong("warping_error", message="four grey frames")
def divided_by_three_colours(clip, flow_next, visible_next):
    return lesson.warping_error(clip, flow_next, visible_next) * clip.shape[1] / 3


@wrong("warping_error", message="law (1 + 1)")
def without_any_flicker(clip, flow_next, visible_next):
    return torch.tensor(0.0)


@wrong("warping_error", message="expected a scalar tensor")
def as_a_number(clip, flow_next, visible_next):
    return float(lesson.warping_error(clip, flow_next, visible_next))


# flicker


@right("flicker")
def in_two_lines(clip, real, flow_next, visible_next):
    errors = [float(lesson.warping_error(which, flow_next, visible_next)) for which in (clip, real)]
    off = float((clip - real).square().mean())
    return errors[0] - errors[1], 10 * np.log10(1 / off) if off else float("inf")


@right("flicker")
def with_tensors(clip, real, flow_next, visible_next):
    excess = lesson.warping_error(clip, flow_next, visible_next) - lesson.warping_error(real, flow_next, visible_next)
    return excess, -20 * torch.log10((clip - real).flatten().norm() / clip.numel() ** 0.5)


def fidelity(clip, real):
    return float(-10 * (clip - real).square().mean().log10())


@wrong("flicker", message="subtract the warping error of the real clip")
def without_the_real_score(clip, real, flow_next, visible_next):
    return float(lesson.warping_error(clip, flow_next, visible_next)), fidelity(clip, real)


@wrong("flicker", message="the real clip's is subtracted")
def with_the_difference_turned(clip, real, flow_next, visible_next):
    return -lesson.flicker(clip, real, flow_next, visible_next)[0], fidelity(clip, real)


@wrong("flicker", message="warping error of the clip minus that of the real")
def as_a_ratio(clip, real, flow_next, visible_next):
    ours, theirs = (lesson.warping_error(which, flow_next, visible_next) for which in (clip, real))
    return float(ours / theirs - 1), fidelity(clip, real)


@wrong("flicker", message="so the peak is 1")
def with_a_peak_of_two(clip, real, flow_next, visible_next):
    return lesson.flicker(clip, real, flow_next, visible_next)[0], fidelity(clip / 2, real / 2)


@wrong("flicker", message="decibels: 10 log10")
def with_natural_logarithms(clip, real, flow_next, visible_next):
    return lesson.flicker(clip, real, flow_next, visible_next)[0], float(-10 * (clip - real).square().mean().log())


@wrong("flicker", message="PSNR is infinite for a perfect copy")
def with_a_held_error(clip, real, flow_next, visible_next):
    return lesson.flicker(clip, real, flow_next, visible_next)[0], min(fidelity(clip, real), 100.0)


@wrong("flicker", message="infinite for the real clip itself only")
def with_a_near_copy_taken_for_perfect(clip, real, flow_next, visible_next):
    perfect = torch.allclose(clip, real, atol=1e-3)
    return lesson.flicker(clip, real, flow_next, visible_next)[0], float("inf") if perfect else fidelity(clip, real)


@wrong("flicker", message="both warping errors under the motion of the real clip")
def of_the_difference_of_the_clips(clip, real, flow_next, visible_next):
    return float(lesson.warping_error(clip - real, flow_next, visible_next)), fidelity(clip, real)


REAL = {}


@wrong("flicker", message="nothing is kept for the next one")
def with_the_real_score_kept(clip, real, flow_next, visible_next):
    theirs = REAL.setdefault(real.shape, lesson.warping_error(real, flow_next, visible_next))
    return float(lesson.warping_error(clip, flow_next, visible_next) - theirs), fidelity(clip, real)


@wrong("flicker", message="neither stands alone")
def without_fidelity(clip, real, flow_next, visible_next):
    return lesson.flicker(clip, real, flow_next, visible_next)[0]


# resize_flow


def scaled(flow, height, width, x, y, **how):
    how = {"mode": "bilinear", "align_corners": False} | how
    return F.interpolate(flow, size=(height, width), **how) * flow.new_tensor([x, y])[:, None, None]


@right("resize_flow")
def with_values_scaled_first(flow, height, width):
    u, v = flow[:, :1] * (width / flow.shape[3]), flow[:, 1:] * (height / flow.shape[2])
    return F.interpolate(torch.cat([u, v], dim=1), (height, width), mode="bilinear")


@right("resize_flow")
def by_a_warp_of_places(flow, height, width):
    x = ((torch.arange(width, device=flow.device) + 0.5) * flow.shape[3] / width - 0.5).expand(len(flow), height, width)
    y = ((torch.arange(height, device=flow.device) + 0.5) * flow.shape[2] / height - 0.5)[:, None].expand(len(flow), height, width)
    read = sampled(flow, x, y)
    return torch.stack([read[:, 0] * width / flow.shape[3], read[:, 1] * height / flow.shape[2]], dim=1)


@wrong("resize_flow", message="values are lengths in pixels of their own grid")
def as_a_picture(flow, height, width):
    return scaled(flow, height, width, 1, 1)


@wrong("resize_flow", message="each by its own")
def with_the_height_for_both(flow, height, width):
    return scaled(flow, height, width, height / flow.shape[2], height / flow.shape[2])


@wrong("resize_flow", message="x scales by W'/W")
def with_the_scales_swapped(flow, height, width):
    return scaled(flow, height, width, height / flow.shape[2], width / flow.shape[3])


@wrong("resize_flow", message="values are lengths")
def with_the_scale_turned(flow, height, width):
    return scaled(flow, height, width, flow.shape[3] / width, flow.shape[2] / height)


@wrong("resize_flow", message="align_corners=False")
def with_corners_held(flow, height, width):
    return scaled(flow, height, width, width / flow.shape[3], height / flow.shape[2], align_corners=True)


@wrong("resize_flow", message="align_corners=False")
def with_pixels_repeated(flow, height, width):
    return scaled(flow, height, width, width / flow.shape[3], height / flow.shape[2], mode="nearest", align_corners=None)


@wrong("resize_flow", message="which need not be whole")
def with_whole_ratios(flow, height, width):
    x, y = (max(round(new / old), 1) if new > old else new / old for new, old in ((width, flow.shape[3]), (height, flow.shape[2])))
    return scaled(flow, height, width, x, y)


@wrong("resize_flow", message="no mean over an area")
def with_areas_when_it_shrinks(flow, height, width):
    if height >= flow.shape[2] or width >= flow.shape[3]:
        return lesson.resize_flow(flow, height, width)
    return scaled(flow, height, width, width / flow.shape[3], height / flow.shape[2], mode="area", align_corners=None)


@wrong("resize_flow", message="got shape")
def with_sides_exchanged(flow, height, width):
    return lesson.resize_flow(flow, width, height)


@wrong("resize_flow", message="hand F.interpolate the size")
def at_once_where_the_height_stays(flow, height, width):
    return flow if height == flow.shape[2] else lesson.resize_flow(flow, height, width)


@wrong("resize_flow", message="a ratio can fall a pixel short")
def by_ratios(flow, height, width):
    y, x = height / flow.shape[2], width / flow.shape[3]
    return F.interpolate(flow, scale_factor=(y, x), mode="bilinear") * flow.new_tensor([x, y])[:, None, None]


@wrong("resize_flow", message="detach nothing")
def with_the_graph_cut(flow, height, width):
    return lesson.resize_flow(flow.detach(), height, width)


# photometric_loss


def weighted(flow, first, along=(2, 3), mean=(1,), alpha=lesson.ALPHA):
    """The smoothness terms, one an axis."""
    terms = []
    for axis in along:
        edge = first.diff(dim=axis).abs().mean(dim=mean, keepdim=True)
        terms.append((torch.exp(-alpha * edge) * flow.diff(dim=axis).abs()).mean())
    return sum(terms)


def data_term(flow, first, second):
    return torch.hypot(first - warp(second, flow), torch.tensor(lesson.EPSILON, dtype=first.dtype)).mean()


@right("photometric_loss")
def in_two_terms(flow, first, second, smoothness):
    return data_term(flow, first, second) + smoothness * weighted(flow, first)


@right("photometric_loss")
def with_slices(flow, first, second, smoothness):
    across = (-lesson.ALPHA * (first[..., 1:] - first[..., :-1]).abs().mean(1, True)).exp() * (flow[..., 1:] - flow[..., :-1]).abs()
    down = (-lesson.ALPHA * (first[..., 1:, :] - first[..., :-1, :]).abs().mean(1, True)).exp() * (
        flow[..., 1:, :] - flow[..., :-1, :]
    ).abs()
    return data_term(flow, first, second) + smoothness * across.mean() + smoothness * down.mean()


@wrong("photometric_loss", message="brought back to the first by the forward flow")
def with_the_first_frame_warped(flow, first, second, smoothness):
    return data_term(flow, second, first) + smoothness * weighted(flow, first)


@wrong("photometric_loss", message="brought back to the first by the forward flow")
def with_the_flow_turned(flow, first, second, smoothness):
    return data_term(-flow, first, second) + smoothness * weighted(flow, first)


@wrong("photometric_loss", message="the root of square + EPSILON squared")
def with_squares(flow, first, second, smoothness):
    return (first - warp(second, flow)).square().mean() + smoothness * weighted(flow, first)


@wrong("photometric_loss", message="the root of square + EPSILON squared")
def with_epsilon_not_squared(flow, first, second, smoothness):
    unlike = (first - warp(second, flow)).square()
    return (unlike + lesson.EPSILON).sqrt().mean() + smoothness * weighted(flow, first)


@wrong("photometric_loss", message="along x and along y")
def smooth_along_rows_only(flow, first, second, smoothness):
    return data_term(flow, first, second) + smoothness * weighted(flow, first, along=(3,))


@wrong("photometric_loss", message="absolute differences of both channels")
def with_signed_differences(flow, first, second, smoothness):
    bends = [flow.diff(dim=axis).mean() for axis in (2, 3)]
    return data_term(flow, first, second) + smoothness * sum(bends)


@wrong("photometric_loss", message="the weight of a pair of neighbours")
def without_edges(flow, first, second, smoothness):
    return data_term(flow, first, second) + smoothness * weighted(flow, first, alpha=0)


@wrong("photometric_loss", message="in the first frame")
def with_edges_of_the_second_frame(flow, first, second, smoothness):
    return data_term(flow, first, second) + smoothness * weighted(flow, second)


@wrong("photometric_loss", message="the weight of a pair of neighbours")
def with_more_smoothness_at_edges(flow, first, second, smoothness):
    return data_term(flow, first, second) + smoothness * weighted(flow, first, alpha=-lesson.ALPHA)


@wrong("photometric_loss", message="random frames and flows, smoothness 1")
def with_smoothness_ignored(flow, first, second, smoothness):
    return data_term(flow, first, second)


@wrong("photometric_loss", message="the frames are grey")
def with_three_colours(flow, first, second, smoothness):
    terms = [(torch.exp(-lesson.ALPHA * first.diff(dim=axis).abs().sum(1, True) / 3) * flow.diff(dim=axis).abs()).mean() for axis in (2, 3)]
    return data_term(flow, first, second) + smoothness * sum(terms)


@wrong("photometric_loss", message="no gradient arrives at the flow")
def with_a_detached_flow(flow, first, second, smoothness):
    return in_two_terms(flow.detach(), first, second, smoothness)


@wrong("photometric_loss", message="the root of a square has none")
def with_roots_for_absolute_values(flow, first, second, smoothness):
    bends = [flow.diff(dim=axis).square().sqrt() * (-lesson.ALPHA * first.diff(dim=axis).abs().mean(1, True)).exp() for axis in (2, 3)]
    return data_term(flow, first, second) + smoothness * sum(bend.mean() for bend in bends)


# estimate


def descend(first, second, levels, steps, smoothness, grow=lesson.resize_flow, optimiser=torch.optim.Adam, shrink=F.avg_pool2d, last=0):
    flow = first.new_zeros(len(first), 2, 1, 1)
    for level in range(levels - 1, last - 1, -1):
        one, two = (shrink(frame, 2**level) if level else frame for frame in (first, second))
        flow = grow(flow, *one.shape[-2:]).clone().detach().requires_grad_()
        rule = optimiser([flow], lr=lesson.RATE_PX)
        for _ in range(steps):
            rule.zero_grad()
            lesson.photometric_loss(flow, one, two, smoothness).backward()
            rule.step()
    return flow.detach()


@right("estimate")
def by_recursion(first, second, levels, steps, smoothness):
    if levels == 1:
        flow = torch.zeros_like(first[:, :1]).repeat(1, 2, 1, 1)
    else:
        coarse = by_recursion(F.avg_pool2d(first, 2), F.avg_pool2d(second, 2), levels - 1, steps, smoothness)
        flow = lesson.resize_flow(coarse, *first.shape[-2:])
    flow.requires_grad_()
    rule = torch.optim.Adam([flow], lr=lesson.RATE_PX)
    for _ in range(steps):
        (flow.grad,) = torch.autograd.grad(lesson.photometric_loss(flow, first, second, smoothness), flow)
        rule.step()
    return flow.detach()


@right("estimate")
def with_another_way_to_shrink(first, second, levels, steps, smoothness):
    def shrink(frame, times):
        return F.interpolate(frame, scale_factor=1 / times, mode="area")

    return descend(first, second, levels, steps, smoothness, shrink=shrink)


@wrong("estimate", message="resized with its values")
def with_values_left_as_they_are(first, second, levels, steps, smoothness):
    return descend(first, second, levels, steps, smoothness, grow=lambda flow, *size: F.interpolate(flow, size=size, mode="bilinear"))


@wrong("estimate", message="each level begins with the flow of the coarser one")
def on_the_finest_level_only(first, second, levels, steps, smoothness):
    return descend(first, second, 1, steps * levels, smoothness)


@wrong("estimate", message="each level begins with the flow of the coarser one")
def from_zero_on_each_level(first, second, levels, steps, smoothness):
    return descend(first, second, levels, steps, smoothness, grow=lambda flow, *size: flow.new_zeros(len(flow), 2, *size))


@wrong("estimate", message="got shape")
def with_the_last_level_left_out(first, second, levels, steps, smoothness):
    return descend(first, second, levels, steps, smoothness, last=1)


@wrong("estimate", message="the flow explains the first frame by the second")
def backwards(first, second, levels, steps, smoothness):
    return descend(second, first, levels, steps, smoothness)


@wrong("estimate", message="does every level take all its steps")
def with_a_single_step_a_level(first, second, levels, steps, smoothness):
    return descend(first, second, levels, min(steps, 1), smoothness)


@wrong("estimate", message="Adam with lr=RATE_PX")
def with_plain_descent(first, second, levels, steps, smoothness):
    return descend(first, second, levels, steps, smoothness, optimiser=torch.optim.SGD)


@wrong("estimate", message="each level begins with the flow of the coarser one")
def always_at_rest(first, second, levels, steps, smoothness):
    return first.new_zeros(len(first), 2, *first.shape[-2:])


@wrong("estimate", message="in the same batch")
def with_one_flow_for_all_pairs(first, second, levels, steps, smoothness):
    return descend(first[:1], second[:1], levels, steps, smoothness).expand(len(first), -1, -1, -1)


@wrong("estimate", message="hand smoothness on")
def with_a_smoothness_of_its_own(first, second, levels, steps, smoothness):
    return descend(first, second, levels, steps, 0.05)


@wrong("estimate", message="all the steps on each")
def with_three_levels_at_most(first, second, levels, steps, smoothness):
    return descend(first, second, min(levels, 3), steps, smoothness)


@wrong("estimate", message="detached from any graph")
def still_on_its_graph(first, second, levels, steps, smoothness):
    return descend(first, second, levels, steps, smoothness).requires_grad_()


@wrong("estimate", message="zeros to begin with")
def from_a_random_start(first, second, levels, steps, smoothness):
    return descend(first, second, levels, steps, smoothness) + 0.05 * torch.randn(len(first), 2, *first.shape[-2:], device=first.device)


def decaying(flows, lr):
    return torch.optim.AdamW(flows, lr=lr)


@wrong("estimate", message="RATE_PX all along")
def with_weights_that_decay(first, second, levels, steps, smoothness):
    return descend(first, second, levels, steps, smoothness, optimiser=decaying)


@wrong("estimate", message="1 level(s), 120 step(s)")
def with_a_hundred_steps_at_most(first, second, levels, steps, smoothness):
    return descend(first, second, levels, min(steps, 100), smoothness)


@wrong("estimate", message="shrink by means")
def with_four_pixels_of_each_square(first, second, levels, steps, smoothness):
    def shrink(frame, times):
        return F.interpolate(frame, scale_factor=1 / times, mode="bilinear")

    return descend(first, second, levels, steps, smoothness, shrink=shrink)


@wrong("estimate", message="the longest way to the right")
def on_sides_that_halve_once_more(first, second, levels, steps, smoothness):
    height, width = (side // 2**levels * 2**levels for side in first.shape[-2:])
    flow = descend(first[..., :height, :width], second[..., :height, :width], levels, steps, smoothness)
    return lesson.resize_flow(flow, *first.shape[-2:])


# correlation


@right("correlation")
def by_unfolding(first, second, radius):
    batch, features, height, width = first.shape
    around = F.unfold(second, 2 * radius + 1, padding=radius).view(batch, features, -1, height, width)
    return (first[:, :, None] * around).mean(dim=1)


@right("correlation")
def into_a_volume_of_zeros(first, second, radius):
    batch, features, height, width = first.shape
    side = 2 * radius + 1
    padded = first.new_zeros(batch, features, height + 2 * radius, width + 2 * radius)
    padded[:, :, radius : radius + height, radius : radius + width] = second
    parts = [
        torch.einsum("bchw,bchw->bhw", first, padded[:, :, k // side : k // side + height, k % side : k % side + width]) / features
        for k in range(side * side)
    ]
    return torch.stack(parts, dim=1)


@wrong("correlation", message="a mean over features, not a sum")
def as_a_sum(first, second, radius):
    return by_unfolding(first, second, radius) * first.shape[1]


@wrong("correlation", message="a mean over features, not a sum")
def divided_by_the_root(first, second, radius):
    return by_unfolding(first, second, radius) * first.shape[1] ** 0.5


@wrong("correlation", message="rows of dy first")
def with_columns_first(first, second, radius):
    side = 2 * radius + 1
    return by_unfolding(first, second, radius).unflatten(1, (side, side)).transpose(1, 2).flatten(1, 2)


@wrong("correlation", message="F2 is read at p + delta")
def looking_the_other_way(first, second, radius):
    return by_unfolding(first, second, radius).flip(1)


@wrong("correlation", message="the result stands at the pixel of the first frame")
def with_the_frames_exchanged(first, second, radius):
    return by_unfolding(second, first, radius)


@wrong("correlation", message="not what comes round")
def rolled_round(first, second, radius):
    reach = range(-radius, radius + 1)
    return torch.stack([(first * second.roll((-dy, -dx), (2, 3))).mean(dim=1) for dy in reach for dx in reach], dim=1)


@wrong("correlation", message="beyond a picture smaller than the radius")
def rolled_and_cut(first, second, radius):
    def moved(*shift):
        seen = second.roll([-k for k in shift], (2, 3))
        for axis, k in zip((2, 3), shift, strict=True):
            came_round = slice(seen.shape[axis] - k, None) if k > 0 else slice(-k)
            seen.movedim(axis, 0)[came_round] = 0
        return seen

    reach = range(-radius, radius + 1)
    return torch.stack([(first * moved(dy, dx)).mean(dim=1) for dy in reach for dx in reach], dim=1)


@wrong("correlation", message="or the border again")
def with_the_border_repeated(first, second, radius):
    padded = F.pad(second, [radius] * 4, mode="replicate")
    batch, features, height, width = first.shape
    return (first[:, :, None] * F.unfold(padded, 2 * radius + 1).view(batch, features, -1, height, width)).mean(dim=1)


@wrong("correlation", message="got shape")
def with_a_smaller_reach(first, second, radius):
    return by_unfolding(first, second, max(radius - 1, 0))


@wrong("correlation", message="no gradient arrives at the second features")
def with_the_second_detached(first, second, radius):
    return by_unfolding(first, second.detach(), radius)


# FlowNet


class Variant(lesson.FlowNet):
    """The network with the steps of its path one by one, each of which an answer can do otherwise."""

    def pyramid(self, first, second):
        pairs = []
        for encoder in self.encoders:
            first, second = encoder(first), encoder(second)
            pairs.append((first, second))
        return pairs

    def grown(self, flow, size):
        return lesson.resize_flow(flow, *size)

    def cost(self, one, two, flow):
        return lesson.correlation(one, warp(two, flow), self.radius)

    def decided(self, decoder, cost, one, flow):
        return flow + decoder(torch.cat([cost, one, flow], dim=1))

    def levels(self):
        return reversed(self.decoders)

    def forward(self, first, second):
        flow, flows = first.new_zeros(len(first), 2, 1, 1), []
        for (one, two), decoder in zip(self.pyramid(first, second)[::-1], self.levels(), strict=True):
            flow = self.grown(flow, one.shape[-2:])
            flow = self.decided(decoder, self.cost(one, two, flow), one, flow)
            flows.append(self.grown(flow, first.shape[-2:]))
        return flows


@right("FlowNet")
class WithTheFramesEncodedOneByOne(Variant):
    pass


@right("FlowNet")
class WithAnUnfoldedCost(Variant):
    def cost(self, one, two, flow):
        return by_unfolding(one, sampled(two, *places(flow)), self.radius)


@wrong("FlowNet", message="the second features are warped by the flow so far")
class WithoutWarping(Variant):
    def cost(self, one, two, flow):
        return lesson.correlation(one, two, self.radius)


@wrong("FlowNet", message="each adds to the flow so far")
class WithTheFlowReplaced(Variant):
    def decided(self, decoder, cost, one, flow):
        return decoder(torch.cat([cost, one, flow], dim=1))


@wrong("FlowNet", message="resized to its level")
class WithFlowResizedAsAPicture(Variant):
    def grown(self, flow, size):
        return F.interpolate(flow, size=size, mode="bilinear", align_corners=False)


@wrong("FlowNet", message="decoder k belongs to encoder k")
class WithTheDecodersTurned(Variant):
    def levels(self):
        return self.decoders


@wrong("FlowNet", message="in this order")
class WithAnotherOrderOfInputs(Variant):
    def decided(self, decoder, cost, one, flow):
        return flow + decoder(torch.cat([one, cost, flow], dim=1))


@wrong("FlowNet", message="resized to the size of the frames")
class WithEachFlowAtItsOwnSize(Variant):
    def forward(self, first, second):
        sizes = [one.shape[-2:] for one, _ in self.pyramid(first, second)][::-1]
        return [lesson.resize_flow(flow, *size) for flow, size in zip(super().forward(first, second), sizes, strict=True)]


@wrong("FlowNet", message="expected a list of 3 flows")
class WithTheLastFlowOnly(Variant):
    def forward(self, first, second):
        return super().forward(first, second)[-1:]


@wrong("FlowNet", message="coarsest first")
class WithTheFinestFirst(Variant):
    def forward(self, first, second):
        return super().forward(first, second)[::-1]


@wrong("FlowNet", message="chunk(2), not every other one")
class WithTheBatchMixed(Variant):
    def pyramid(self, first, second):
        return [(torch.cat([one, two])[0::2], torch.cat([one, two])[1::2]) for one, two in super().pyramid(first, second)]


@wrong("FlowNet", message="nothing is detached")
class WithCutFeatures(Variant):
    def cost(self, one, two, flow):
        return super().cost(one.detach(), two.detach(), flow)

    def decided(self, decoder, cost, one, flow):
        return super().decided(decoder, cost, one.detach(), flow)


@wrong("FlowNet", message="through cost, warp and flow")
class WithTheCostCut(Variant):
    def cost(self, one, two, flow):
        return super().cost(one, two, flow).detach()


@wrong("FlowNet", message="which is not 2 or 4")
class WithTwiceTheFlow(Variant):
    def grown(self, flow, size):
        ratio = 2 ** round(np.log2(size[1] / flow.shape[3])) if flow.shape[3] > 1 else 0
        return F.interpolate(flow, size=size, mode="bilinear", align_corners=False) * ratio


@wrong("FlowNet", message="the second features are warped")
class WithTheFirstFeaturesWarped(Variant):
    def cost(self, one, two, flow):
        return lesson.correlation(warp(one, flow), two, self.radius)


@wrong("FlowNet", message="after .eval()")
class WithTheLastFlowInEvaluation(Variant):
    def forward(self, first, second):
        return super().forward(first, second)[0 if self.training else -1 :]


@wrong("FlowNet", message="after .eval()")
class WithoutGradientsInEvaluation(Variant):
    def forward(self, first, second):
        with torch.set_grad_enabled(self.training):
            return super().forward(first, second)
