"""Which version of a lesson's checks graded a submission: a regrade runs only what is out of date."""

import hashlib
import re
from pathlib import Path

from autograder.lesson import ROOT

IMPORTS = re.compile(r"(?m)^\s*from autograder\.checks(?:\.(\w+))? import ([\w ,]+)")


def checks_version(slug: str, source: Path, root: Path = ROOT) -> str:
    """SHA-256 of what decides on points: the lesson's notebook, its checks, and the modules of checks that they import."""
    digest = hashlib.sha256(source.read_bytes())
    for path in _modules(root / "autograder" / "checks", slug):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _modules(folder: Path, slug: str) -> list[Path]:
    found, waiting = set(), [slug]
    while waiting:
        path = folder / f"{waiting.pop()}.py"
        if path.is_file() and path not in found:
            found.add(path)
            for module, names in IMPORTS.findall(path.read_text(encoding="utf-8")):
                waiting += [module] if module else [name.split(" as ")[0].strip() for name in names.split(",")]
    return sorted(found)
