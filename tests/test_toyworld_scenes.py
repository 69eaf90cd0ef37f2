"""Scenes of the toy world as data: acting, retargeting, restyling, perturbing, splitting, and every control."""

import itertools

import pytest
import torch

from data_scripts import toyworld
from tests.toyworld_tools import HEIGHT, WIDTH

KINDS = list(toyworld.KINDS)
ALL = ("rgb", "sem", "inst", "flow_next", "keypoints")


def draw(kind: str, seed: int = 0, frames: int = 4, outputs=ALL, **controls):
    return toyworld.draw(kind, seed, frames=frames, height=HEIGHT, width=WIDTH, outputs=outputs, **controls)


def largest_flow(clip) -> torch.Tensor:
    return torch.linalg.vector_norm(clip.flow_next, dim=1).max()


@pytest.mark.parametrize("kind", KINDS)
def test_playing_the_recorded_actions_again_gives_the_same_clip(kind):
    spec = toyworld.make_scene(kind, 3, 4, HEIGHT, WIDTH)
    state = toyworld.first_state(kind, 3, HEIGHT, WIDTH)
    for t in range(4):
        alone = toyworld.render(toyworld.spec_from_state(state), ("rgb",)).rgb[0]
        assert (alone - toyworld.render(spec, ("rgb",)).rgb[t]).abs().mean() < 1e-4
        if t < 3:
            state = toyworld.animate(kind, state, spec.actions[t])
    assert dict(state.values) == dict(spec.states[3])


@pytest.mark.parametrize("kind", KINDS)
def test_acting_changes_no_state_that_was_given(kind):
    state = toyworld.first_state(kind, 0, HEIGHT, WIDTH)
    before = dict(state.values)
    action = {name: high for name, (_, high) in toyworld.actions(kind).items()}
    assert toyworld.animate(kind, state, action).values != before
    assert dict(state.values) == before


@pytest.mark.parametrize("kind", KINDS)
def test_two_hundred_steps_at_full_action_stay_drawable(kind):
    state = toyworld.first_state(kind, 1, HEIGHT, WIDTH)
    action = {name: high for name, (_, high) in toyworld.actions(kind).items()}
    for _ in range(200):
        state = toyworld.animate(kind, state, action)
    assert toyworld.render(toyworld.spec_from_state(state), ("rgb",)).rgb.isfinite().all()


def test_steering_right_moves_the_camera_right_and_the_street_to_the_left():
    state = toyworld.first_state("street", 0, HEIGHT, WIDTH)
    left, right = state, state
    for _ in range(5):
        left, right = (toyworld.animate("street", now, {"steer": way}) for now, way in ((left, -1.0), (right, 1.0)))
    assert right.values["x"] > left.values["x"]
    dash = toyworld.classes("street").index("marking")
    columns = torch.arange(WIDTH).float()
    middle = []
    for now in (left, right):
        mark = (toyworld.render(toyworld.spec_from_state(now), ("sem",)).sem[0] == dash)[HEIGHT // 2 :].float()
        middle.append((mark.sum(0) * columns).sum() / mark.sum())
    assert middle[1] < middle[0] - 2


def test_the_dancer_walks_where_it_is_told_and_stands_when_it_is_not():
    start = toyworld.first_state("dancer", 2, HEIGHT, WIDTH)
    ends = {}
    for walk in (-1.0, 0.0, 1.0):
        state = start
        for _ in range(4):
            state = toyworld.animate("dancer", state, {"walk": walk})
        ends[walk] = state.values["x"] - start.values["x"]
    assert ends[0.0] == 0
    assert ends[1.0] > 0 > ends[-1.0]


def test_actions_beyond_their_range_count_as_the_end_of_it():
    state = toyworld.first_state("rotor", 0, HEIGHT, WIDTH)
    assert toyworld.animate("rotor", state, {"turn": 9.0}) == toyworld.animate("rotor", state, {"turn": 1.0})


def test_unknown_actions_controls_and_kinds_are_refused_by_name():
    state = toyworld.first_state("street", 0, HEIGHT, WIDTH)
    with pytest.raises(ValueError, match="street has no action brake; it has steer, throttle"):
        toyworld.animate("street", state, {"brake": 1.0})
    with pytest.raises(ValueError, match="of kind 'street', not 'dancer'"):
        toyworld.animate("dancer", state, {})
    with pytest.raises(ValueError, match="there is no control colour; there are texture, speed, "):
        toyworld.make_scene("street", 0, 1, HEIGHT, WIDTH, colour=1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_retargeting_keeps_the_motion_and_changes_the_looks(kind):
    spec = toyworld.make_scene(kind, 1, 3, HEIGHT, WIDTH)
    other = toyworld.retarget(spec, identity_seed=77)
    assert other.states == spec.states
    assert other.world.identity != spec.world.identity
    assert not torch.equal(toyworld.render(other, ("rgb",)).rgb, toyworld.render(spec, ("rgb",)).rgb)
    assert toyworld.render(toyworld.retarget(spec, 1), ("rgb",)).rgb.equal(toyworld.render(spec, ("rgb",)).rgb)


@pytest.mark.parametrize("kind", KINDS)
def test_restyling_keeps_every_label_and_the_flow_and_changes_the_colours(kind):
    spec = toyworld.make_scene(kind, 1, 3, HEIGHT, WIDTH)
    first, second = toyworld.render(spec, ALL), toyworld.render(toyworld.restyle(spec, style_seed=5), ALL)
    for name in ("sem", "inst", "flow_next", "keypoints"):
        assert torch.equal(first[name], second[name]), name
    assert (first.rgb - second.rgb).abs().mean() > 0.05


@pytest.mark.parametrize("kind", [kind for kind in KINDS if toyworld.KINDS[kind].JOINTS])
def test_perturbing_moves_the_keypoints_more_the_larger_the_noise(kind):
    spec = toyworld.make_scene(kind, 0, 3, HEIGHT, WIDTH)
    true = toyworld.render(spec, ("keypoints",)).keypoints[..., :2]
    moved = [
        (toyworld.render(toyworld.perturb(spec, noise, seed=1), ("keypoints",)).keypoints[..., :2] - true).abs().mean()
        for noise in (0.0, 0.01, 0.1)
    ]
    assert moved[0] == 0
    assert moved[2] > 3 * moved[1] > 0


def test_perturbing_by_another_seed_gives_another_noise():
    spec = toyworld.make_scene("dancer", 0, 3, HEIGHT, WIDTH)
    assert toyworld.perturb(spec, 0.1, seed=1) == toyworld.perturb(spec, 0.1, seed=1)
    assert toyworld.perturb(spec, 0.1, seed=1) != toyworld.perturb(spec, 0.1, seed=2)


def test_splits_never_share_a_seed():
    parts = [toyworld.split("face", part) for part in ("train", "val", "test", "hidden")]
    for one, other in itertools.pairwise(parts):
        assert one[-1] < other[0]
    with pytest.raises(ValueError, match="unknown part 'dev'; there are train, val, test, hidden"):
        toyworld.split("face", "dev")


@pytest.mark.parametrize("kind", ["transition"])
def test_a_transition_repeats_itself_after_exactly_its_period(kind):
    clip = draw(kind, seed=3, frames=44, outputs=("rgb", "inst"))
    period = clip.meta["period"]
    assert period == int(period)
    assert torch.equal(clip.rgb[0], clip.rgb[int(period)])
    assert torch.equal(clip.rgb[3], clip.rgb[3 + 2 * int(period)])
    differences = [(clip.rgb[0] - clip.rgb[t]).abs().mean() for t in range(1, int(period))]
    assert min(differences) > 0.001


def test_without_texture_a_layer_without_shade_has_one_colour():
    clip = draw("rotor", texture=0.0, outputs=("rgb", "part", "edge_dist"))
    for part in clip.part.unique():
        inner = (clip.part == part) & (clip.edge_dist[:, 0] > 1.5)
        assert inner.sum() < 2 or clip.rgb.permute(0, 2, 3, 1)[inner].std(0).max() < 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_more_speed_is_more_flow(kind):
    slow, fast = draw(kind, speed=(0.5, 0.5), frames=8), draw(kind, speed=(2.0, 2.0), frames=8)
    assert largest_flow(fast) > 1.5 * largest_flow(slow)
    assert draw(kind, speed=(0.5, 2.0)).meta["speed"] == draw(kind, speed=(0.5, 2.0)).meta["speed"]


def test_the_speed_is_drawn_from_its_range_by_the_seed():
    speeds = [toyworld.make_scene("rotor", seed, 1, 16, 16, speed=(0.5, 2.0)).world.pace for seed in range(20)]
    assert all(0.5 <= speed <= 2 for speed in speeds)
    assert max(speeds) - min(speeds) > 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_step_of_two_skips_every_other_state(kind):
    state = toyworld.first_state(kind, 0, HEIGHT, WIDTH)
    twice = toyworld.first_state(kind, 0, HEIGHT, WIDTH, frame_step=2)
    for _ in range(2):
        state = toyworld.animate(kind, state)
    assert toyworld.animate(kind, twice).values == state.values


def test_zoom_makes_things_larger_about_the_middle():
    near, far = draw("rotor", zoom=1.5), draw("rotor", zoom=1.0)
    assert (near.inst > 0).sum() > 1.8 * (far.inst > 0).sum()
    middle = torch.tensor([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    assert torch.allclose((near.keypoints[..., :2] - middle), 1.5 * (far.keypoints[..., :2] - middle), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_background_fills_the_frame_at_the_widest_zoom(kind):
    clip = draw(kind, zoom=0.3, outputs=("sem", "alpha", "rgb"))  # a pixel that no layer covers makes `sem` raise
    assert clip.sem.shape == (4, HEIGHT, WIDTH)


@pytest.mark.parametrize("kind", ["sprites", "street"])
def test_there_are_as_many_instances_as_asked_for(kind):
    drawn = [len(toyworld.make_scene(kind, 0, 1, 16, 16, instances=count).drawing.curves) for count in (1, 4)]
    assert drawn[1] == 4 * drawn[0]


def test_occluders_pass_in_front_of_everything():
    clip = draw("dancer", frames=8, occluders=3.0, outputs=("sem", "inst", "depth", "alpha"))
    pole = clip.sem == clip.classes.index("occluder")
    assert pole.any()
    assert (clip.inst[pole] >= 5000).all()
    assert clip.depth[:, 0][pole].max() < clip.depth[:, 0][~pole].min()


def test_a_rate_of_half_an_occluder_draws_one_in_half_of_the_scenes():
    counts = [
        sum(layer.name.startswith("pole") for layer in toyworld.make_scene("rotor", s, 1, 16, 16, occluders=0.5).drawing.layers)
        for s in range(60)
    ]
    assert 18 <= sum(counts) <= 42


@pytest.mark.parametrize(("kind", "part"), [("dancer", "scarf_tail"), ("face", "hair_back")])
def test_without_lag_the_scarf_and_the_hair_do_not_swing(kind, part):
    name = {"dancer": "scarf", "face": "sway"}[kind]
    still, swinging = (toyworld.make_scene(kind, 0, 12, HEIGHT, WIDTH, lag=lag) for lag in (0.0, 1.0))
    assert {state[name] for state in still.states} == {0.0}
    assert max(abs(state[name]) for state in swinging.states) > 0.05
    assert part in [layer.name for layer in still.drawing.layers]


def test_flicker_changes_the_light_of_frames_and_nothing_else():
    steady, flickering = draw("transition", frames=8), draw("transition", frames=8, flicker=0.2)
    assert torch.equal(steady.sem, flickering.sem)
    assert torch.equal(steady.flow_next, flickering.flow_next)
    means = toyworld.to01(flickering.rgb).mean((1, 2, 3)) / toyworld.to01(steady.rgb).mean((1, 2, 3))
    assert means.std() > 0.05


def test_jitter_and_drops_change_what_is_told_of_keypoints_and_not_the_picture():
    true = draw("dancer", frames=30)
    noisy = draw("dancer", frames=30, jitter_px=0.5, drop_rate=0.2)
    assert torch.equal(true.rgb, noisy.rgb)
    off = (noisy.keypoints - true.keypoints)[..., :2]
    assert 0.4 < off.std() < 0.6
    seen = true.keypoints[..., 2] == 1
    assert 0.7 < noisy.keypoints[..., 2][seen].mean() < 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_meta_tells_what_is_in_the_clip(kind):
    meta = draw(kind, seed=6, frames=3, outputs=("rgb",)).meta
    assert (meta["kind"], meta["seed"], meta["identity_seed"], meta["style_seed"]) == (kind, 6, 6, 6)
    assert len(meta["actions"]) == 2
    assert set(meta["actions"][0]) == set(toyworld.actions(kind))
    assert len(meta["caption"].split()) >= 5
    assert meta["identity"]
