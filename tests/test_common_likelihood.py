"""Training by maximum likelihood: a model of a coin finds its share of heads, and of each condition's coin where it is told which."""

import math

import pytest
import torch
from torch import Tensor, nn

from assignments.common import likelihood


class Coin(nn.Module):
    """Scores of two levels that are the same at every pixel, one pair for each condition."""

    def __init__(self, conditions: int = 1) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(conditions, 2))

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        scores = self.scores[torch.zeros(len(image), dtype=torch.long, device=image.device) if condition is None else condition]
        return scores[:, :, None, None, None].expand(-1, -1, *image.shape[1:])


def bits(logits: Tensor, image: Tensor) -> Tensor:
    return nn.functional.cross_entropy(logits, image, reduction="none").flatten(1).mean(dim=1) / math.log(2)


def entropy(share: float) -> float:
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share)


def test_a_coin_costs_its_entropy():
    images = (torch.arange(800) % 8 == 0).long().view(50, 1, 4, 4)
    coin = Coin()
    assert likelihood.held_out(coin, bits, images) == pytest.approx(1)
    costs = likelihood.fit(coin, bits, images, steps=200, batch=50, learning_rate=0.1, name="coin")
    assert costs.shape == (200,) and costs[0] == pytest.approx(1)
    assert likelihood.held_out(coin, bits, images) == pytest.approx(entropy(1 / 8), abs=1e-3)


def test_every_image_has_its_own_condition():
    conditions = torch.arange(60) % 2
    images = conditions[:, None, None, None].expand(-1, 1, 3, 3).clone()
    told, deaf = Coin(2), Coin()
    likelihood.fit(told, bits, images, 100, 30, 0.2, "told", conditions)
    likelihood.fit(deaf, bits, images, 100, 30, 0.02, "deaf")
    assert likelihood.held_out(told, bits, images, conditions, batch=7) < 0.05
    assert likelihood.held_out(told, bits, images, 1 - conditions) > 3
    assert likelihood.held_out(deaf, bits, images) == pytest.approx(1, abs=0.02)
