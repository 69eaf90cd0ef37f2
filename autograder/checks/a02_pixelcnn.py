"""Checks of lesson 2; their oracles are named where they stand."""

from autograder.checks.pixelcnn_caches import conv_at, fold, logits_at, receptive_field
from autograder.checks.pixelcnn_layers import MaskedConv2d, ResidualBlock, bits_per_dim, mask
from autograder.checks.pixelcnn_network import PixelCNN, train
from autograder.checks.pixelcnn_sampling import draw, sample

__all__ = [
    "MaskedConv2d",
    "PixelCNN",
    "ResidualBlock",
    "bits_per_dim",
    "conv_at",
    "draw",
    "fold",
    "logits_at",
    "mask",
    "receptive_field",
    "sample",
    "train",
]
