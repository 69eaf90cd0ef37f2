"""Checks of lesson 1. Oracles: dictionaries of tuples, closed forms, toy texts worked out by hand, sources of known entropy."""
# ruff: noqa: F401, I001 - the exercises stand in the order of the lesson, which reports follow

from autograder.checks.ngram_counts import normalise, ngram_codes, count, look_up, maximum_likelihood
from autograder.checks.ngram_drawing import sample
from autograder.checks.ngram_chains import entropy_rate, score, plug_in_entropy
from autograder.checks.ngram_smoothing import witten_bell, kneser_ney, held_out
from autograder.checks.ngram_chains import guessing_bounds
