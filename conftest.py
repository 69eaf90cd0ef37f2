"""Teaches pytest to read the course's notebooks, from anywhere in the course."""

pytest_plugins = ["autograder.pytest_notebooks"]
