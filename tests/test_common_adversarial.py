"""The noise of the video GAN's game: categories, and the rest."""

import pytest
import torch

from assignments.common.adversarial import Game

SETTINGS = {"widths": (8, 6), "steps": 1, "learning_rate": 1e-3, "batch": 4}


def test_a_category_is_one_hot_and_as_long_as_the_rest():
    torch.manual_seed(0)
    codes = Game(**SETTINGS, noise=20, categories=4).codes(4000)
    category, rest = codes[:, :4], codes[:, 4:]
    assert codes.shape == (4000, 20)
    assert sorted(category.unique().tolist()) == [0, 4]
    assert torch.equal(category.sum(dim=1), torch.full((4000,), 4.0))
    assert category.mean(dim=0).tolist() == pytest.approx([1] * 4, abs=0.15)  # each as often as the others
    assert rest.square().sum(dim=1).mean().item() == pytest.approx(16, rel=0.03)


def test_without_categories_all_of_the_noise_is_gaussian():
    torch.manual_seed(0)
    codes = Game(**SETTINGS, noise=20).codes(5)
    torch.manual_seed(0)
    assert torch.equal(codes, torch.randn(5, 20))


def test_categories_leave_something_of_the_noise():
    with pytest.raises(ValueError, match="20 categories take all of the 20 numbers"):
        Game(**SETTINGS, noise=20, categories=20).codes(1)
