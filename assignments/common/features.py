"""Features of clips, from a small 3D network that learns on the spot to tell classes of clips apart: what toy FVDs are measured on."""

import torch
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
