"""Checks of lesson 11. Oracles: scipy's map_coordinates, affine motions and moving squares in closed form, the law of flicker."""
# ruff: noqa: F401, I001 - the exercises stand in the order of the lesson, which reports follow

from autograder.checks.flow_warps import warp_by_hand, warp
from autograder.checks.flow_pairs import compose, residual, visible
from autograder.checks.flow_measures import end_point_error, warping_error, flicker
from autograder.checks.flow_search import resize_flow, photometric_loss, estimate, correlation
from autograder.checks.flow_network import FlowNet
