"""Checks of lesson 6, video GANs; their oracles are named where they stand."""

from autograder.checks.video_gan_codes import MotionCodes, TemporalGenerator, clip_singular_values, frechet_distance
from autograder.checks.video_gan_game import discriminator_loss, discriminator_turn, reconstruct, two_judges
from autograder.checks.video_gan_generator import Generator, trunk
from autograder.checks.video_gan_layers import CausalConv3d, FactorisedConv3d, conv3d, layer_cost, receptive_field

__all__ = [
    "CausalConv3d",
    "FactorisedConv3d",
    "Generator",
    "MotionCodes",
    "TemporalGenerator",
    "clip_singular_values",
    "conv3d",
    "discriminator_loss",
    "discriminator_turn",
    "frechet_distance",
    "layer_cost",
    "receptive_field",
    "reconstruct",
    "trunk",
    "two_judges",
]
