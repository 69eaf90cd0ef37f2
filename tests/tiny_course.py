"""A whole course with the example lesson alone, in a folder of its own: for tests that run the real commands."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.lesson import ROOT

SLUG = "a00_motion_energy"
EXAMPLE = ROOT / "tests" / "example"
COPIED = ("autograder", "assignments/common", "data_scripts", "pyproject.toml", "nbgrader_config.py",
          "tests/__init__.py", "tests/sample_class.py", "tests/answers/__init__.py", "tests/answers/core.py")  # fmt: skip
PREPARE = f"""
from pathlib import Path
from autograder.build import build
from tests.sample_class import make
build(["{SLUG}"])
make("{SLUG}", Path("submitted"))
"""
STALE = shutil.ignore_patterns("__pycache__")


def make(root: Path) -> Path:
    """Copy the machine and the example lesson to a new folder; build its notebooks, and its sample class in `submitted`."""
    copy_machine(root)
    for source, target in [("solutions", "solutions"), ("checks", "autograder/checks"), ("answers", "tests/answers")]:
        shutil.copytree(EXAMPLE / source, root / target, dirs_exist_ok=True, ignore=STALE)
    done = python(root, "-c", PREPARE)
    assert done.returncode == 0, done.stderr
    return root


def copy_machine(root: Path) -> None:
    """Copy what is of no lesson, and the lessons' checks with it."""
    for name in COPIED:
        source, target = ROOT / name, root / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=STALE)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def grade(root: Path, submissions: Path, out: Path, *options: str) -> subprocess.CompletedProcess:
    """Run the real command on a class."""
    return python(root, *command(submissions, out, *options))


def command(submissions: Path, out: Path, *options: str) -> list[str]:
    """The arguments of Python that grade a class."""
    return ["-m", "autograder", "grade", SLUG, "--submissions", str(submissions), "--out", str(out), *options]


def python(root: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run Python in the course; returns what it printed."""
    return subprocess.run([sys.executable, *arguments], cwd=root, env=environment(), capture_output=True, text=True)


def environment() -> dict[str, str]:
    """The environment of commands in the course: little of the test run's own, one thread a process."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"OMP_NUM_THREADS": "1"}


def guide(section: str) -> list[str]:
    """The commands, and lines of Python, that the instructor's guide gives in a section, for the lesson of this course."""
    text = (ROOT / "lectures" / "instructor.md").read_text(encoding="utf-8")
    text = re.split(rf"(?m)^## {re.escape(section)}$", text)[1].partition("\n## ")[0].replace("a01_shannon_ngrams", SLUG)
    blocks = re.findall(r"(?ms)^```(?:python)?\n(.*?)^```", text)
    return [line.partition("  #")[0].rstrip() for block in blocks for line in block.splitlines()]


def results(out: Path) -> dict[str, dict]:
    """What OUT says of every student."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (out / "results").glob("*.json")]
    return {result["student"]: result for result in found}


def scores(out: Path) -> dict[str, tuple[str, float]]:
    """Status and score of every student."""
    return {student: (result["status"], result["score"]) for student, result in results(out).items()}
