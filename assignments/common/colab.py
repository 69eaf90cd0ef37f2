"""Run once in Colab after cloning: installs what the course needs and Colab lacks, and replaces nothing."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AT_HOME_ONLY = {"jupyter", "nbgrader", "jupytext", "distributed", "psycopg", "pytest-xdist", "typer"}  # for building and grading


def missing(requirements: str) -> list[str]:
    """The requirements that are not installed, without those that only building and grading need."""
    lines = [line.strip() for line in requirements.splitlines()]
    names = {re.match(r"[\w.-]+", line)[0]: line for line in lines if line and not line.startswith("#")}
    return [line for name, line in names.items() if name not in AT_HOME_ONLY and not _installed(name)]


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def install() -> None:
    """Install what is missing, with every package that is there held at its version."""
    wanted = missing((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    if not wanted:
        return
    print("installing", *wanted)
    held = ROOT / "build" / "installed.txt"
    held.parent.mkdir(exist_ok=True)
    packages = sorted({(found.name, found.version) for found in importlib.metadata.distributions() if found.name})
    held.write_text("".join(f"{name}=={version}\n" for name, version in packages), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--constraint", str(held), *wanted], check=True)


if __name__ == "__main__":
    install()
