"""The contributor's guide, followed line by line: its example becomes a lesson of its own that passes all tests."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from autograder.lesson import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the course as it is now, with this environment."""
    names = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(names, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def test_the_example_becomes_a_lesson_by_the_guides_own_commands(copy: Path):
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Add a lesson")[2].partition("\n## ")[0]
    commands = re.findall(r"(?ms)^```sh\n(.*?)^```$", guide)
    assert len(commands) == 2
    run = subprocess.run(["bash", "-e", "-c", "".join(commands)], cwd=copy, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert "0 failures in" in run.stdout
    assert re.search(r"\(a27_topic\.md\).* \([\d.]+ %\) \|", (copy / "lectures" / "grader.md").read_text(encoding="utf-8"))
    assert (copy / "assignments" / "a27_topic.ipynb").is_file()
