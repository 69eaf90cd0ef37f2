"""A frozen network to compare pictures through: VGG-19 where its weights are on disk, else random layers that stand in for it."""

from itertools import pairwise
from pathlib import Path

import torch
from torch import nn
from torchvision.models import VGG19_Weights, vgg19

CUTS = (0, 2, 7, 12, 21, 30)  # VGG-19 after its first ReLU of each of five sizes: relu1_1, relu2_1, ... relu5_1
STANDINS = ((3, 16, 1), (16, 32, 2), (32, 32, 2), (32, 64, 2), (64, 64, 1))  # channels in, channels out, stride


def stages() -> list[nn.Module]:
    """Five networks to run one after another, from pictures (B, 3, H, W) in [-1, 1] to features at five depths.

    The stand-in has orthogonal random weights, drawn from torch's global generator, and has seen no photograph. As pix2pixHD does it,
    pictures are not normalised for VGG.
    """
    weights = VGG19_Weights.IMAGENET1K_V1
    place = Path(torch.hub.get_dir()) / "checkpoints" / weights.url.rpartition("/")[2]
    if place.exists():
        network = vgg19()
        network.load_state_dict(torch.load(place, map_location="cpu", weights_only=True))
        return [network.features[first:last] for first, last in pairwise(CUTS)]
    layers = [nn.Conv2d(before, after, 3, stride, 1) for before, after, stride in STANDINS]
    for layer in layers:
        nn.init.orthogonal_(layer.weight, gain=2**0.5)
    return [nn.Sequential(layer, nn.ReLU()) for layer in layers]
