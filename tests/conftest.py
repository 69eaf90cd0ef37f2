"""Fixtures that many tests share: the example lesson as a small course of its own."""

import shutil
from pathlib import Path

import pytest

import autograder.checks

EXAMPLE = Path(__file__).parent / "example"
autograder.checks.__path__.append(str(EXAMPLE / "checks"))  # so that autograder.checks.a00_motion_energy imports


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A course with the example lesson alone, not built yet; returns its root."""
    root = tmp_path / "course"
    shutil.copytree(EXAMPLE, root)
    return root
