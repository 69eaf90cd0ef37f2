"""A whole course with the example lesson alone, in a folder of its own: for tests that run the real commands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.lesson import ROOT

SLUG = "a00_motion_energy"
EXAMPLE = ROOT / "tests" / "example"
COPIED = ("autograder", "assignments/common", "data_scripts", "pyproject.toml", "nbgrader_config.py",
          "tests/__init__.py", "tests/sample_class.py", "tests/answers/__init__.py", "tests/answers/core.py")  # fmt: skip


def make(root: Path) -> Path:
    """Copy the machine and the example lesson to a new folder, and build its notebooks."""
    for name in COPIED:
        source, target = ROOT / name, root / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for source, target in [("solutions", "solutions"), ("checks", "autograder/checks"), ("answers", "tests/answers")]:
        shutil.copytree(EXAMPLE / source, root / target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    done = run(root, "-m", "autograder", "build")
    assert done.returncode == 0, done.stderr
    return root


def run(root: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess:
    """Run Python in the course; returns what it printed."""
    return subprocess.run([sys.executable, *arguments], cwd=root, env=environment(), capture_output=True, text=True, **options)


def environment() -> dict[str, str]:
    """The environment of commands in the course: nothing of this run's settings but its path, and one thread a process."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"OMP_NUM_THREADS": "1"}
