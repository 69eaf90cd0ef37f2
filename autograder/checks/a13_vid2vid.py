"""Checks of lesson 13. Oracles: scipy's map_coordinates, recursions in numpy, motions in closed form, stub networks computed by hand."""
# ruff: noqa: F401, I001 - the exercises stand in the order of the lesson, which reports follow

from autograder.checks.vid2vid_generator import blend, generate
from autograder.checks.vid2vid_rollout import rollout
from autograder.checks.vid2vid_training import flow_loss, schedule
from autograder.checks.vid2vid_measures import texture, coherent
from autograder.checks.vid2vid_critics import windows, long_flow, video_input, opinions, turns
from autograder.checks.vid2vid_styles import paint_style
