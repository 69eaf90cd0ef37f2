"""Checks of lesson 12. Oracles: maps by hand, networks rebuilt from their weights, closed forms, and tiny games known here."""
# ruff: noqa: F401, I001 - the exercises stand in the order of the lesson, which reports follow

from autograder.checks.pix2pix_labels import one_hot, instance_edges, instance_average
from autograder.checks.pix2pix_networks import UNet
from autograder.checks.pix2pix_critics import PatchDiscriminator, MultiscaleDiscriminator
from autograder.checks.pix2pix_losses import gan_losses, feature_matching, PerceptualLoss
from autograder.checks.pix2pix_game import turns, frame_by_frame
from autograder.checks.pix2pix_cycle import cycle_losses, ImagePool
