"""Fixtures that many tests share: the example lesson as a small course of its own."""

import shutil
import signal
from pathlib import Path

import pytest

import autograder.checks

EXAMPLE = Path(__file__).parent / "example"
autograder.checks.__path__.append(str(EXAMPLE / "checks"))  # so that autograder.checks.a00_motion_energy imports

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a background job ignores ctrl-C, and so would the commands under test
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A course with the example lesson alone, not built yet; returns its root."""
    root = tmp_path / "course"
    shutil.copytree(EXAMPLE, root)
    return root
