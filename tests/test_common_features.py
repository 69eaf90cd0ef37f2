"""What a distance of clips is asked before it is believed; on one that can be done in the head."""

import pytest
import torch
from torch import Tensor

from assignments.common import features


def test_a_distance_is_shown_beside_its_own_scatter():
    real, others = torch.zeros(6, 1, 2, 2, 2), [torch.full((6, 1, 2, 2, 2), value) for value in (1.0, 2.0)]

    def worsened(clips: Tensor, strength: float, seed: int) -> dict[str, Tensor]:
        return {"brighter": clips + strength, "darker": clips - 2 * strength}

    itself, growth, figure = features.scrutinised(lambda one, other: float((one - other).abs().mean()), real, others, worsened, (0.5, 3))
    assert itself == pytest.approx([1, 2])
    assert growth == {"brighter": pytest.approx([1.5, 4]), "darker": pytest.approx([0, 5])}
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["brighter", "darker", "real against real"]
    assert figure.axes[0].get_ylabel() == "distance, 6 clips"
