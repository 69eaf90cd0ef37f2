"""The helpers of image-to-image translation: label maps, generators of residual blocks, frozen eyes."""

import pytest
import torch

from assignments.common import eyes, labelmaps
from assignments.common.residual import ResidualGenerator


def test_a_style_lasts_for_a_clip_and_belongs_to_the_class():
    labels = torch.tensor([[[0, 0, 1]], [[0, 1, 1]]])
    bank = labelmaps.style_bank(labels, torch.stack([labels + 0.5, labels + 1.0], dim=1), classes=3)
    assert [len(styles) for styles in bank] == [1, 1, 0]
    styles = labelmaps.choose_styles(labels, labels + 10, bank, seed=3)
    assert torch.equal(styles[:, 0], labels + 0.5)
    assert torch.equal(styles[:, 1], labels + 1.0)


def test_a_pan_takes_every_fourth_pixel_and_moves():
    still = torch.arange(40).expand(1, 8, 40)
    clip = labelmaps.pan(still, finer=4, speed_px=0.5, frames=3, width=5)
    assert clip.shape == (3, 2, 5)
    assert clip[:, 0, 0].tolist() == [0, 2, 4]
    assert clip[0, 1].tolist() == [0, 4, 8, 12, 16]


def test_a_pan_refuses_a_still_picture_that_is_too_narrow():
    with pytest.raises(ValueError, match="24 px wide, got 20"):
        labelmaps.pan(torch.zeros(1, 4, 20), finer=4, speed_px=1, frames=2, width=5)


def test_the_share_of_wrong_labels_is_as_asked():
    labels = torch.zeros(4, 100, 100, dtype=torch.int64)
    share = (labelmaps.mislabelled(labels, classes=10, share=0.1, seed=0) > 0).float().mean()
    assert share == pytest.approx(0.09, abs=0.01)  # one in ten is right by chance
    assert torch.equal(labelmaps.mislabelled(labels, classes=10, share=0.0, seed=0), labels)


def test_outlines_stand_at_a_step_only():
    clip = torch.zeros(1, 3, 6, 8)
    clip[..., 4:] = 1
    assert labelmaps.outlines(clip, 0.5)[0, 0, 2].tolist() == [0, 0, 0, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("downs", [0, 2])
def test_a_residual_generator_keeps_the_size(downs: int):
    assert ResidualGenerator(5, 3, 4, downs, 1)(torch.zeros(2, 5, 16, 24)).shape == (2, 3, 16, 24)


def test_an_eye_looks_at_five_depths():
    x, sides = torch.zeros(1, 3, 32, 32), []
    for stage in eyes.stages():
        x = stage(x)
        sides.append(x.shape[-1])
    assert sides in ([32, 16, 8, 4, 4], [32, 16, 8, 4, 2])  # the stand-in, and VGG
