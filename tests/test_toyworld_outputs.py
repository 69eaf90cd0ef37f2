"""What the toy world gives: names, shapes, types, ranges and polarity, and that a seed means the same bytes every time."""

import random

import pytest
import torch

from data_scripts import toyworld
from tests.toyworld_tools import HEIGHT, WIDTH

T = 5
SHAPES = {
    "rgb": ((T, 3, HEIGHT, WIDTH), torch.float32),
    "sem": ((T, HEIGHT, WIDTH), torch.int64),
    "inst": ((T, HEIGHT, WIDTH), torch.int64),
    "part": ((T, HEIGHT, WIDTH), torch.int64),
    "edge": ((T, 1, HEIGHT, WIDTH), torch.float32),
    "sketch": ((T, 1, HEIGHT, WIDTH), torch.float32),
    "pose_image": ((T, 3, HEIGHT, WIDTH), torch.float32),
    "flow_next": ((T - 1, 2, HEIGHT, WIDTH), torch.float32),
    "flow_prev": ((T - 1, 2, HEIGHT, WIDTH), torch.float32),
    "visible_next": ((T - 1, 1, HEIGHT, WIDTH), torch.bool),
    "visible_prev": ((T - 1, 1, HEIGHT, WIDTH), torch.bool),
    "depth": ((T, 1, HEIGHT, WIDTH), torch.float32),
    "edge_dist": ((T, 1, HEIGHT, WIDTH), torch.float32),
    "uv": ((T, 2, HEIGHT, WIDTH), torch.float32),
    "alpha": ((T, 1, HEIGHT, WIDTH), torch.float32),
    "fg_mask": ((T, 1, HEIGHT, WIDTH), torch.float32),
}


@pytest.fixture(scope="module", params=toyworld.KINDS)
def clip(request):
    return toyworld.draw(request.param, 1, frames=T, height=HEIGHT, width=WIDTH, outputs=toyworld.OUTPUTS)


def kind_of(clip) -> str:
    return clip.meta["kind"]


def test_every_output_has_the_shape_and_type_of_the_table(clip):
    for name, (shape, dtype) in SHAPES.items():
        assert (tuple(clip[name].shape), clip[name].dtype) == (shape, dtype), name
    assert clip.sem_onehot.shape == (T, len(clip.classes), HEIGHT, WIDTH)
    assert clip.keypoints.shape[::2] == (T, 3)
    assert clip.part_affine.shape[::2] == (T, 2)
    assert clip.part_affine.shape[3] == 3
    assert [tuple(part.shape) for part in clip.camera] == [(3, 3), (T, 3, 3), (T, 3)]
    floats = (clip.sem_onehot, clip.keypoints, clip.part_affine, *clip.camera)
    assert {value.dtype for value in floats} == {torch.float32}


def test_every_output_stays_in_its_range(clip):
    limits = {"rgb": (-1, 1), "edge": (0, 1), "sketch": (0, 1), "pose_image": (0, 1), "uv": (-1, 1), "alpha": (0, 1), "fg_mask": (0, 1)}
    for name, (low, high) in limits.items():
        assert low - 1e-5 <= clip[name].min() and clip[name].max() <= high + 1e-5, name
    assert (clip.depth > 0).all()
    assert (clip.edge_dist >= 0).all()
    for name in set(clip.outputs) - {"camera", "depth"}:
        assert not clip[name].is_floating_point() or clip[name].isfinite().all(), name


def test_labels_are_hard_and_agree_with_each_other(clip):
    assert torch.equal(clip.sem_onehot.argmax(1), clip.sem)
    assert torch.equal(clip.sem_onehot.sum(1), torch.ones(T, HEIGHT, WIDTH))
    assert set(clip.edge.unique().tolist()) <= {0.0, 1.0}
    assert set(clip.fg_mask.unique().tolist()) <= {0.0, 1.0}
    solid = (clip.alpha - clip.fg_mask).abs() < 0.51
    assert solid.float().mean() > 0.99, "smooth coverage and the hard mask differ by more than half a pixel's edge"


def test_edges_stand_where_neighbours_are_of_other_instances(clip):
    expected = torch.zeros(T, HEIGHT, WIDTH)
    for shift in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        rolled = clip.inst.roll(shift, (1, 2))
        differs = (rolled != clip.inst).float()
        if shift[0]:
            differs[:, 0 if shift[0] > 0 else -1] = 0
        else:
            differs[:, :, 0 if shift[1] > 0 else -1] = 0
        expected = expected.maximum(differs)
    assert torch.equal(clip.edge[:, 0], expected)


def test_pixels_next_to_another_layer_are_near_its_outline(clip):
    border = clip.edge[:, 0] == 1
    assert clip.edge_dist[:, 0][border].quantile(0.95) <= 1.01
    assert clip.edge_dist.max() == 3


def test_seen_keypoints_are_inside_the_frame(clip):
    seen = clip.keypoints[clip.keypoints[..., 2] == 1]
    assert set(clip.keypoints[..., 2].unique().tolist()) <= {0.0, 1.0}
    assert len(seen)
    assert (seen[:, :2] >= 0).all()
    assert (seen[:, 0] <= WIDTH - 1).all() and (seen[:, 1] <= HEIGHT - 1).all()


def test_the_pose_image_is_coloured_where_the_sketch_is_drawn(clip):
    assert torch.allclose((clip.pose_image.amax(1, keepdim=True) > 0.02).float(), (clip.sketch > 0.02).float())
    assert clip.sketch.amax() > 0.5


@pytest.mark.parametrize("kind", toyworld.KINDS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(kind):
    first, again, other = (toyworld.draw(kind, seed, frames=3, height=HEIGHT, width=WIDTH, outputs=toyworld.OUTPUTS) for seed in (4, 4, 5))
    for name in set(first.outputs) - {"camera"}:
        assert torch.equal(first[name], again[name]), name
    assert first.meta == again.meta
    assert not torch.equal(first.rgb, other.rgb)


@pytest.mark.parametrize("kind", toyworld.KINDS)
def test_drawing_leaves_the_global_random_state_alone(kind):
    before, before_python = torch.get_rng_state(), random.getstate()
    toyworld.draw(kind, 0, frames=2, height=16, width=24, outputs=toyworld.OUTPUTS, jitter_px=1.0, flicker=0.1, occluders=1.5)
    assert torch.equal(torch.get_rng_state(), before)
    assert random.getstate() == before_python


@pytest.mark.parametrize("kind", toyworld.KINDS)
def test_a_batch_holds_what_its_clips_hold_alone(kind):
    specs = [toyworld.make_scene(kind, seed, 3, 24, 40, occluders=0.5) for seed in (3, 4)]
    batch = toyworld.render_batch(specs, toyworld.OUTPUTS)
    for number, spec in enumerate(specs):
        alone = toyworld.render(spec, toyworld.OUTPUTS)
        assert batch.meta[number] == alone.meta
        for name in set(alone.outputs) - {"camera"}:
            together = batch[name][number]
            assert together.shape == alone[name].shape, name
            if together.is_floating_point():
                assert torch.isclose(together, alone[name], atol=1e-4).float().mean() > 0.999, name
            else:
                assert (together == alone[name]).float().mean() > 0.999, name
        assert torch.allclose(batch.camera.t[number], alone.camera.t)
        assert torch.allclose(batch.flow_to(0)[number], alone.flow_to(0), atol=1e-3)


def test_only_what_is_wanted_is_there_and_the_rest_is_named_in_the_error():
    drawn = toyworld.draw("sprites", 0, frames=2, height=16, width=24, outputs=("rgb", "inst"))
    assert set(drawn.outputs) == {"rgb", "inst"}
    with pytest.raises(AttributeError, match="no 'depth'; it was rendered with rgb, inst"):
        drawn.depth  # noqa: B018


def test_a_slice_holds_the_frames_and_pairs_of_its_span():
    drawn = toyworld.draw("street", 0, frames=6, height=16, width=24, outputs=toyworld.OUTPUTS)
    part = drawn.slice(2, 3)
    assert torch.equal(part.rgb, drawn.rgb[2:5])
    assert torch.equal(part.flow_next, drawn.flow_next[2:4])
    assert torch.equal(part.camera.t, drawn.camera.t[2:5])
    assert torch.allclose(part.flow_to(1)[0], drawn.flow_to(3)[2], atol=1e-4)
    assert len(part.meta["actions"]) == 2


@pytest.mark.parametrize(("first", "frames"), [(-1, 2), (0, 0), (3, 4)], ids=["before", "none", "beyond"])
def test_a_slice_outside_the_clip_is_refused(first, frames):
    with pytest.raises(ValueError, match="the clip has 5"):
        toyworld.draw("rotor", 0, frames=5, height=16, width=24, outputs=("rgb",)).slice(first, frames)


def test_a_clip_of_one_frame_has_no_pairs():
    drawn = toyworld.draw("dancer", 0, frames=1, height=16, width=24, outputs=toyworld.OUTPUTS)
    assert drawn.rgb.shape == (1, 3, 16, 24)
    assert drawn.flow_next.shape == (0, 2, 16, 24)
    assert drawn.visible_prev.shape == (0, 1, 16, 24)


def test_a_clip_moves_to_another_device_as_a_whole():
    moved = toyworld.draw("rotor", 0, frames=2, height=16, width=24, outputs=("rgb", "camera", "inst")).to("meta")
    assert {moved.rgb.device.type, moved.inst.device.type, moved.camera.K.device.type} == {"meta"}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: toyworld.draw("streets", 0), "unknown kind 'streets'; there are sprites, street"),
        (lambda: toyworld.draw("street", 0, outputs=("rgb", "flow")), "unknown output 'flow'; there are rgb, sem"),
        (lambda: toyworld.draw("street", 0, frames=0), "at least 1 frame, got 0"),
        (lambda: toyworld.draw("street", 0, height=4), "at least 8 x 8 pixels, got 4 x 64"),
        (lambda: toyworld.draw("street", 0, instances=20), "street shows 1 to 8 instances, got 20"),
        (lambda: toyworld.draw("dancer", 0, drop_rate=1.5), "0 <= drop_rate <= 1"),
        (lambda: toyworld.render_batch([]), "the list of scenes is empty"),
        (lambda: toyworld.render_batch([toyworld.make_scene("rotor", 0, n, 16, 16) for n in (2, 3)]), "need one kind, length"),
        (lambda: toyworld.draw("rotor", 0, frames=3, height=16, width=16).flow_to(3), "no frame 3: the clip has frames 0 to 2"),
    ],
    ids=["kind", "output", "frames", "size", "instances", "control", "empty batch", "mixed batch", "flow to"],
)
def test_what_cannot_be_drawn_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_pictures_in_zero_to_one_keep_their_order():
    assert torch.equal(toyworld.to01(torch.tensor([-1.0, 0.0, 1.0])), torch.tensor([0.0, 0.5, 1.0]))
