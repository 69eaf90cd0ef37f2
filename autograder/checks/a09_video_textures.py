"""Checks of lesson 9. Oracles: double loops, closed forms, designed clips, statistics, policy iteration, every combination of loops."""
# ruff: noqa: F401, I001 - the exercises stand in the order of the lesson, which reports follow

from autograder.checks.texture_distances import distances, preserve_dynamics, transition_costs
from autograder.checks.texture_chains import future_cost, probabilities, prune, play
from autograder.checks.texture_loops import best_loop, cross_fade
