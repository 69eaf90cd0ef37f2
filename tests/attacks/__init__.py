"""Attacks on the grader, one a file; core.py says how they are written and run."""
