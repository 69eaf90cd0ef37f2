"""Checks of lesson 3; their oracles are named where they stand."""

from autograder.checks.gated_labels import one_hot, template_bits, wrong_label_cost
from autograder.checks.gated_layers import GatedBlock, VerticalConv, gate, shift_down
from autograder.checks.gated_network import GatedPixelCNN

__all__ = ["GatedBlock", "GatedPixelCNN", "VerticalConv", "gate", "one_hot", "shift_down", "template_bits", "wrong_label_cost"]
