"""Which version of a lesson's checks graded a submission: a regrade runs only what is out of date."""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from autograder.lesson import ROOT

OURS = ("autograder.checks", "assignments", "data_scripts", "solutions")


def checks_version(slug: str, source: Path, root: Path = ROOT) -> str:
    """SHA-256 of what decides on points: the lesson's notebook, its checks, and whatever of the course they and the lesson import."""
    digest = hashlib.sha256(source.read_bytes())
    for path in _files(root, slug):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(root: Path, slug: str) -> list[Path]:
    found, waiting = set(), [root / "autograder" / "checks" / f"{slug}.py", root / "solutions" / f"{slug}.py"]
    while waiting:
        path = waiting.pop()
        if path.is_file() and path not in found:
            found.add(path)
            for name in _imported(path):
                place = root / name.replace(".", "/")
                waiting += [place.with_suffix(".py"), place / "__init__.py"]
    return sorted(found)


def _imported(path: Path) -> Iterator[str]:
    """Modules of the course that a file may import; `from a import b` may mean a module b or a name in a."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            names = [str(node.module), *(f"{node.module}.{name}" for name in names)]
        yield from (name for name in names if name.startswith(OURS))
