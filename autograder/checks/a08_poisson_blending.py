"""Checks of lesson 8. Oracles: the equations written voxel by voxel and solved densely, closed forms, symmetry, limits."""
# ruff: noqa: F401, I001 - the exercises stand in the order of the lesson, which reports follow

from autograder.checks.poisson_equations import guidance, laplacian, right_side
from autograder.checks.poisson_solvers import jacobi, conjugate_gradients
from autograder.checks.poisson_transforms import solve_box, v_cycle
from autograder.checks.poisson_blends import blend
