"""The toy world's flow and visibility are exact: closed forms, other outputs and the pictures themselves agree with them."""

import functools
import itertools

import pytest
import torch

from data_scripts import toyworld
from data_scripts.toyworld import flow
from data_scripts.toyworld.cells import pack
from data_scripts.toyworld.layers import Layer, Texture, View, flat
from data_scripts.toyworld.raster import Raster
from data_scripts.toyworld.stage import set_up
from tests.toyworld_tools import DEEP, FLAT, HEIGHT, WIDTH, inside, psnr, sample

GREY = Texture((0.0, 0.0, 0.0))


@functools.cache
def clip(kind: str, seed: int = 2):
    return toyworld.draw(kind, seed, frames=6, height=HEIGHT, width=WIDTH, outputs=toyworld.OUTPUTS)


def residual(drawn):
    """Forward flow plus the backward flow where it leads to, in px: (T-1, H, W)."""
    return torch.linalg.vector_norm(drawn.flow_next + sample(drawn.flow_prev, drawn.flow_next), dim=1)


def moving_square(shift_px: tuple[float, float], side_px: float = 12.0) -> Raster:
    """A square over a still ground: two frames of 40 x 60 px, edges between pixel centres in the first."""
    view = View(40, 60)
    shift = torch.tensor([[0.0, 0.0], shift_px], dtype=torch.float64)
    x, y = (torch.tensor([20.0, 15.0], dtype=torch.float64) - torch.tensor([29.5, 19.5]) + shift).t() / view.unit
    half = side_px / 2 / view.unit
    layers = [
        Layer("ground", flat(0, 0, 2.0), GREY, half=(9.0, 9.0)),
        Layer("square", flat(x + 0.5 / 40, y + 0.5 / 40, 1.0), GREY, half=(half, half)),
    ]
    return Raster(*pack(layers, 2, view), 40, 60)


FIRST, SECOND = torch.tensor([0]), torch.tensor([1])


@pytest.mark.parametrize("shift_px", [(3.0, 0.0), (0.0, -4.0), (2.0, 5.0)], ids=str)
def test_a_moving_square_hides_as_much_ground_as_it_sweeps_over(shift_px):
    raster = moving_square(shift_px)
    motion = flow.flow(raster, FIRST, SECOND)
    hidden = ~flow.visible(raster, motion, FIRST, SECOND)[0, 0]
    swept = 12 * 12 - (12 - abs(shift_px[0])) * (12 - abs(shift_px[1]))
    assert hidden.sum() == swept


def test_a_fraction_of_a_pixel_hides_that_fraction_on_average():
    hidden = 0
    for tenth in range(10):
        raster = moving_square((2.3, 0.0), side_px=12.0 + tenth / 5)
        motion = flow.flow(raster, FIRST, SECOND)
        hidden += (
            int((~flow.visible(raster, motion, FIRST, SECOND)).sum()) / raster.top_cell.reshape(2, -1)[0].eq(1).reshape(40, 60).any(1).sum()
        )
    assert hidden / 10 == pytest.approx(2.3, abs=0.11)


def test_the_square_moves_by_its_shift_and_the_ground_not_at_all():
    raster = moving_square((2.25, -1.5))
    motion = flow.flow(raster, FIRST, SECOND)[0]
    square = raster.top_cell.reshape(2, 40, 60)[0] == 1
    assert square.sum() == 144
    assert torch.allclose(motion[:, square], torch.tensor([[2.25], [-1.5]]), atol=1e-5)
    assert motion[:, ~square].abs().max() < 1e-6


def test_a_thing_that_leaves_the_frame_is_not_visible_there():
    raster = moving_square((45.0, 0.0))
    seen = flow.visible(raster, flow.flow(raster, FIRST, SECOND), FIRST, SECOND)[0, 0]
    square = raster.top_cell.reshape(2, 40, 60)[0] == 1
    assert not seen[square].any()
    assert seen[~square].all()


def test_a_needle_thinner_than_a_pixel_still_hides_what_is_exactly_behind_it():
    view = View(40, 60)
    needle = flat(torch.tensor([0.4, 0.0125 + 0.3 / 40], dtype=torch.float64), 0.0, 1.0)
    slide = flat(torch.tensor([0.0, 0.3 / 40], dtype=torch.float64), 0.0, 2.0)
    layers = [Layer("ground", slide, GREY, half=(9.0, 9.0)), Layer("needle", needle, GREY, half=(0.001, 9.0))]
    raster = Raster(*pack(layers, 2, view), 40, 60)
    assert not (raster.top_cell.reshape(2, 40, 60)[1] == 3).any(), "no pixel centre shows the needle"
    hidden = ~flow.visible(raster, flow.flow(raster, FIRST, SECOND), FIRST, SECOND)[0, 0]
    assert hidden[:, :40].sum() == 40


@pytest.mark.parametrize("kind", toyworld.KINDS)
def test_forward_and_backward_flow_cancel_inside_regions(kind):
    error = residual(clip(kind))[inside(clip(kind))[:, 0]]
    assert error.mean() < 1e-3
    # bilinear sampling of flow is exact where it is affine; on planes in depth and on balls the field is curved between pixels
    assert error.max() < (1e-3 if kind in FLAT else 0.03)


@pytest.mark.parametrize("kind", toyworld.KINDS)
def test_warping_the_next_frame_by_the_flow_gives_this_one_inside_regions(kind):
    drawn = clip(kind)
    error = (drawn.rgb[:-1] - sample(drawn.rgb[1:], drawn.flow_next)).square().mean(1, keepdim=True)
    assert psnr(error[inside(drawn)]) > 40
    still = (drawn.rgb[:-1] - drawn.rgb[1:]).square().mean(1, keepdim=True)
    moving = drawn.visible_next & (torch.linalg.vector_norm(drawn.flow_next, dim=1, keepdim=True) > 0.5)
    assert psnr(error[moving]) > psnr(still[moving]) + 3


def test_what_stands_still_moves_by_exactly_zero():
    drawn = clip("dancer")
    still = drawn.flow_next.abs() < 1e-6
    assert still.float().mean() > 0.2
    assert (drawn.flow_next[still] == 0).all()


@pytest.mark.parametrize("kind", toyworld.KINDS)
def test_what_is_hidden_fits_worse_than_what_is_seen(kind):
    drawn = clip(kind)
    error = (drawn.rgb[:-1] - sample(drawn.rgb[1:], drawn.flow_next)).square().mean(1, keepdim=True)
    assert psnr(error[~drawn.visible_next]) < psnr(error[drawn.visible_next]) - 5


@pytest.mark.parametrize("kind", toyworld.KINDS)
def test_flow_over_two_frames_is_the_flow_of_the_first_and_then_of_the_second(kind):
    drawn = clip(kind)
    direct = drawn.flow_to(2)[:1]
    chained = drawn.flow_next[:1] + sample(drawn.flow_next[1:2], drawn.flow_next[:1])
    error = torch.linalg.vector_norm(direct - chained, dim=1)[inside(drawn)[:1, 0] & drawn.visible_to(2)[0]]
    assert error.max() < (1e-3 if kind in FLAT else 0.03)


@pytest.mark.parametrize("kind", toyworld.KINDS)
def test_flow_to_a_frame_agrees_with_the_flow_to_its_neighbours(kind):
    drawn = clip(kind)
    assert torch.allclose(drawn.flow_to(3)[2], drawn.flow_next[2], atol=1e-4)
    assert torch.allclose(drawn.flow_to(3)[4], drawn.flow_prev[3], atol=1e-4)
    assert (drawn.visible_to(3)[2] != drawn.visible_next[2]).sum() <= 2
    assert drawn.flow_to(3)[3].abs().max() < 1e-4
    assert drawn.visible_to(3)[3].all()


@pytest.mark.parametrize("kind", toyworld.KINDS)
def test_keypoints_move_with_the_flow_of_the_part_they_ride_on(kind):
    worst, compared = 0.0, 0
    for seed in range(8 if kind == "object3d" else 3):
        spec = toyworld.make_scene(kind, seed, 4, 160, 200)
        drawn = toyworld.render(spec, ("keypoints", "flow_next"))
        raster = set_up([spec], torch.float32, "cpu", 1.0).raster
        top = (raster.top_cell % raster.layers).reshape(4, 160, 200)
        own = [[layer.name for layer in spec.drawing.layers].index(point.layer) for point in spec.drawing.keypoints]
        for t, k in itertools.product(range(3), range(len(own))):
            x, y, shows = drawn.keypoints[t, k]
            around = t, slice(int(y), int(y) + 2), slice(int(x), int(x) + 2)
            if not shows or not (0 < x < 199 and 0 < y < 159) or not (top[around] == own[k]).all():
                continue
            a, b = x - x.floor(), y - y.floor()
            weights = torch.outer(torch.stack([1 - b, b]), torch.stack([1 - a, a]))
            told = (drawn.flow_next[t][:, *around[1:]] * weights).sum((1, 2))
            worst = max(worst, float((drawn.keypoints[t + 1, k, :2] - drawn.keypoints[t, k, :2] - told).abs().max()))
            compared += 1
    assert compared >= 10
    assert worst < (0.05 if kind == "object3d" else 1e-3)  # on a ball, flow is curved between pixels


@pytest.mark.parametrize("kind", [*FLAT, "street"])
def test_what_shows_is_the_nearest_of_all_layers_at_a_pixel(kind):
    stage = set_up([toyworld.make_scene(kind, 2, 3, HEIGHT, WIDTH)], torch.float32, "cpu", 1.0)
    raster = stage.raster
    fragments = raster.fragments
    covering = fragments.spot.distance_px < 0
    nearest = torch.zeros(3 * HEIGHT * WIDTH)
    nearest.scatter_reduce_(0, fragments.pixel[covering], fragments.spot.nearness[covering], "amax")
    shown = fragments.spot.nearness[raster.top]
    assert (shown >= nearest * (1 - 1e-3)).all()


@pytest.mark.parametrize(
    ("kind", "still"),
    [("object3d", ("table", "body", "head", "foot", "nose")), ("street", ("ground", "pavement", "road", "building", "tree"))],
)
def test_depth_and_camera_predict_the_flow_of_what_stands_still(kind, still):
    drawn = clip(kind)
    lens, turn, shift = drawn.camera
    y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    rays = torch.linalg.inv(lens.double()) @ torch.stack([x, y, torch.ones_like(x)]).double().flatten(1)
    ids = torch.tensor([toyworld.classes(kind).index(name) for name in still])
    for t in range(5):
        here = rays * drawn.depth[t].double().flatten(1)
        world = turn[t].double().t() @ (here - shift[t].double()[:, None])
        image = lens.double() @ (turn[t + 1].double() @ world + shift[t + 1].double()[:, None])
        predicted = (image[:2] / image[2:]).reshape(2, HEIGHT, WIDTH) - torch.stack([x, y])
        mask = torch.isin(drawn.sem[t], ids) & drawn.visible_next[t, 0]
        if kind == "street":
            mask &= drawn.depth[t, 0] < 100  # at the horizon float32 depth is not good to a thousandth of a pixel
            mask &= ~torch.isin(drawn.inst[t], torch.arange(1, 60)) & (drawn.edge_dist[t, 0] > 1.5)
        error = (predicted - drawn.flow_next[t]).abs().amax(0)[mask]
        assert error.quantile(0.99) < 1e-3


def test_sky_is_infinitely_far_and_nothing_else_is():
    drawn = clip("street")
    sky = drawn.sem == toyworld.classes("street").index("sky")
    assert torch.equal(torch.isinf(drawn.depth[:, 0]), sky)


@pytest.mark.parametrize("kind", DEEP)
def test_arithmetic_in_double_precision_changes_little(kind):
    spec = toyworld.make_scene(kind, 1, 3, HEIGHT, WIDTH)
    single = toyworld.render(spec, ("flow_next", "rgb"))
    double = toyworld.render(spec, ("flow_next", "rgb"), dtype=torch.float64)
    assert double.rgb.dtype == torch.float32
    assert (single.flow_next - double.flow_next).abs().quantile(0.999) < 1e-3
    assert (single.rgb - double.rgb).abs().mean() < 1e-4
