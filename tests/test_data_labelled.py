"""Labelled clips: their parts belong together, and a window cuts all of them alike."""

import pytest
import torch

from data_scripts import labelled_clips, toyworld
from solutions.a11_optical_flow import psnr, warp

SIZES = {"street": 1 + 10 + 1, "face": 1 + 1 + 1, "dancer": 1 + 3}


@pytest.mark.parametrize("kind", SIZES)
def test_parts_have_the_shapes_that_they_say(kind: str):
    known = labelled_clips.draw(kind, "test", 2, 5, 24)
    assert known.labels.shape == (2, 5, SIZES[kind], 24, 24)
    assert known.frames.shape == (2, 5, 3, 24, 24) and known.classes.shape == known.regions.shape == (2, 5, 24, 24)
    assert known.flow_prev.shape == known.flow_next.shape == (2, 4, 2, 24, 24)
    assert known.visible_prev.shape == known.visible_next.shape == (2, 4, 1, 24, 24)


def test_channel_0_is_1_on_the_background():
    street, face = (labelled_clips.draw(kind, "train", 3, 2, 32) for kind in ("street", "face"))
    names = toyworld.classes("street")
    is_front = sum(street.classes == names.index(name) for name in labelled_clips.IN_FRONT)
    assert torch.equal(street.labels[:, :, 0], 1 - is_front.float()) and 0 < is_front.sum() < is_front.numel() / 2
    assert (face.labels[:, :, 0] == 1).all()


def test_a_window_keeps_flow_with_its_frames():
    known = labelled_clips.draw("street", "test", 4, 6, 32).window([2, 0], 2, 3)
    assert known.frames.shape[:2] == (2, 3) and known.flow_prev.shape[:2] == (2, 2)
    carried = warp(known.frames[:, :-1].flatten(0, 1), known.flow_prev.flatten(0, 1))
    now, visible = known.frames[:, 1:].flatten(0, 1), known.visible_prev.flatten(0, 1)
    assert psnr(carried / 2, now / 2, visible) > psnr(known.frames[:, :-1].flatten(0, 1) / 2, now / 2, visible) + 3


def test_a_region_is_one_class():
    known = labelled_clips.draw("street", "test", 1, 1, 48)
    for number in known.regions.unique():
        assert len(known.classes[known.regions == number].unique()) == 1


def test_distance_grows_from_a_line_and_ends():
    lines = torch.zeros(1, 1, 1, 3, 20)
    lines[..., 2] = 1
    away = labelled_clips.distance(lines)
    assert away.shape == lines.shape
    assert torch.allclose(away[0, 0, 0, 1], ((torch.arange(20) - 2).abs() / labelled_clips.FAR_PX).clamp(max=1))


def test_clips_of_one_person_share_shapes_and_colours_but_not_motion():
    hair = toyworld.classes("face").index("hair")

    def tones(person: int | None) -> torch.Tensor:
        """(3, 4): the mean colour of the hair in each of four clips."""
        known = labelled_clips.draw("face", "train", 4, 1, 48, person)
        clips = zip(known.frames[:, 0], known.classes[:, 0], strict=True)
        return torch.stack([frame[:, classes == hair].mean(dim=1) for frame, classes in clips], dim=1)

    assert tones(7).std(dim=1).max() < 0.05 < tones(None).std(dim=1).min()
    first, second = labelled_clips.draw("face", "train", 2, 1, 48, 7).frames
    assert not torch.equal(first, second)
