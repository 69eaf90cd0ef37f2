"""The noise of the video GAN's game, and what is kept of its generator."""

import pytest
import torch
from torch import nn

from assignments.common.adversarial import Game, alternate

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


def played(decay: float) -> tuple[list[torch.Tensor], torch.Tensor]:
    """A game of five steps on numbers: the generator's weights before each step, and those that it ends with."""
    torch.manual_seed(0)
    generator, discriminator, seen = nn.Linear(2, 1), nn.Linear(1, 1), []

    def of_generator(step: int, generator: nn.Module, discriminator: nn.Module) -> torch.Tensor:
        seen.append(generator.weight.detach().cpu().clone())
        return -discriminator(generator(torch.ones(3, 2, device=generator.weight.device))).mean()

    def of_discriminator(step: int, generator: nn.Module, discriminator: nn.Module) -> torch.Tensor:
        return discriminator(generator(torch.ones(3, 2, device=generator.weight.device))).square().mean()

    alternate(generator, discriminator, {"discriminator": of_discriminator, "generator": of_generator}, 5, 0.1, decay=decay)
    return seen, generator.weight.detach().cpu()


def test_a_game_ends_with_the_average_of_the_generators_weights():
    before, last = played(0.0)
    first, *rest = [*before[1:], last]  # after each step
    average = first
    for weights in rest:
        average = 0.5 * average + 0.5 * weights
    assert torch.allclose(played(0.5)[1], average, atol=1e-6)
    assert not torch.allclose(average, last, atol=1e-2)
