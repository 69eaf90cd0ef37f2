"""Toy FVDs: features of clips from a small 3D network that learns on the spot to tell classes apart, and what to ask of such a number."""

from collections.abc import Callable, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional as F

from assignments.common import devices, training

FEATURES = 32


def trained(clips: Tensor, labels: Tensor, steps: int = 300, batch: int = 64, seed: int = 0) -> nn.Sequential:
    """Train a classifier and return it without its last layer, in evaluation mode, without gradients.

    Args:
        clips: (N, C, T, H, W), every side at least 4.
        labels: (N,) int64, classes from 0; telling them apart should need what the features are to see.
        steps: of Adam, each on `batch` clips.
        seed: of weights and batches.

    Returns:
        network from clips of any number and size to (N, FEATURES).
    """
    devices.seed_all(seed)
    clips, labels = clips.to(devices.device()), labels.to(devices.device())
    layers = [
        nn.Conv3d(clips.shape[1], 16, 3, stride=(1, 2, 2), padding=1),
        nn.ReLU(),
        nn.Conv3d(16, FEATURES, 3, stride=2, padding=1),
        nn.ReLU(),
    ]
    body = nn.Sequential(
        *layers,
        nn.Conv3d(FEATURES, FEATURES, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool3d(1),
        nn.Flatten(),
        nn.BatchNorm1d(FEATURES, affine=False),
    )
    head = nn.Linear(FEATURES, int(labels.max()) + 1)
    network = nn.Sequential(body, head).to(clips.device)
    adam = torch.optim.Adam(network.parameters(), 2e-3)

    def loss(step: int) -> Tensor:
        chosen = torch.randint(len(clips), (batch,), device=clips.device)
        return F.cross_entropy(network(clips[chosen]).float(), labels[chosen])

    training.train({"features": (adam, loss)}, steps, {"features": network})
    return body.eval().requires_grad_(False)


def scrutinised(
    distance: Callable[[Tensor, Tensor], float],
    real: Tensor,
    others: Sequence[Tensor],
    worsened: Callable[[Tensor, float, int], dict[str, Tensor]],
    strengths: Sequence[float] = (0.25, 0.5, 1.0),
) -> tuple[list[float], dict[str, list[float]], Figure]:
    """How a distance scatters between sets of real clips, and whether it grows as clips get worse.

    Args:
        distance: of two sets of clips.
        real: (N, C, T, H, W).
        others: further sets of real clips.
        worsened: clips, strength and seed -> name -> the clips made worse in that way.
        strengths: from weak to strong.

    Returns:
        distances of `real` to each of the others; name -> distances to the worsened first of them, one a strength; a figure of both.
    """
    itself = [distance(real, other) for other in others]
    worse = [worsened(others[0], strength, 0) for strength in strengths]
    growth = {name: [distance(real, clips[name]) for clips in worse] for name in worse[0]}
    figure = Figure(figsize=(6.6, 3.2), layout="constrained")
    axes = figure.add_subplot(yscale="log", xlabel="strength", ylabel=f"distance, {len(real)} clips")
    for (name, values), mark in zip(growth.items(), ("o-", "s--", "^:"), strict=False):
        axes.plot(strengths, values, mark, label=name)
    axes.axhspan(min(itself), max(itself), color="0.75", label="real against real")
    axes.legend(loc="upper left", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return itself, growth, figure
