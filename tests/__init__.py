import autograder  # noqa: F401 (first, so that nbformat is quick to import)
