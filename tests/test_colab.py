"""A notebook opened in Colab clones the course, installs what is missing, and leaves Colab's own packages alone."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from assignments.common.colab import missing
from autograder.build import notebooks_of
from autograder.lesson import ROOT, read, slugs

ABSENT = ("pooch", "tqdm")  # what the stand-in for Colab lacks


@pytest.fixture
def colab(tmp_path: Path) -> Path:
    """A bare virtual environment that has the packages of this one but `ABSENT`, and a google.colab; returns its python."""
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    packages = tmp_path / "colab_packages"
    packages.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not entry.name.lower().startswith(ABSENT) and not entry.name.startswith(
            ("pip", "google", "_virtualenv", "distutils-precedence")
        ):
            (packages / entry.name).symlink_to(entry)
    (packages / "google" / "colab").mkdir(parents=True)
    (packages / "google" / "colab" / "__init__.py").touch()
    python = tmp_path / "venv" / "bin" / "python"
    site = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"], capture_output=True, text=True)
    Path(site.stdout.strip(), "colab.pth").write_text(f"{packages}\n", encoding="utf-8")
    return python


def test_the_notebook_runs_from_the_clone_cell_on(colab: Path, tmp_path: Path):
    remote = tmp_path / "remote"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(remote)], check=True)
    slug = slugs()[0]
    solved = json.loads(notebooks_of(read(slug), url=f"file://{remote}").solved)
    cells = ["".join(c["source"]) for c in solved["cells"] if c["cell_type"] == "code" and not c["id"].startswith("demo-")]
    program = "import google.colab\n" + "\n\n".join(cells) + "\n\nimport importlib.metadata\nprint(importlib.metadata.version('torch'))"
    (tmp_path / "content").mkdir()
    run = subprocess.run([colab, "-W", "ignore", "-c", program], cwd=tmp_path / "content", capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "installing " + " ".join(ABSENT[:1]) in run.stdout
    assert (tmp_path / "content" / "course" / "autograder").is_dir()
    assert "\n  not " not in run.stdout and "points" in run.stdout
    from importlib.metadata import version

    assert run.stdout.rstrip().endswith(version("torch"))


def test_only_absent_requirements_are_installed():
    assert missing("# words\nnumpy\nno-such-package>=2\nnbgrader\n") == ["no-such-package>=2"]
