"""The student edition: everything a student needs to solve the lessons up to one, and nothing of a later one.

Of solutions it holds those of earlier lessons that the handed-out ones build on.
"""

import re
import shutil
from pathlib import Path

from autograder.lesson import ROOT, known, slugs

WHOLE = (
    "LICENSE",
    "requirements.txt",
    "pyproject.toml",
    "conftest.py",
    "assignments/common",
    "autograder",
    "data_scripts",
)
CHECKS = Path("autograder", "checks")
SOLUTIONS = Path("solutions")
FOR_STUDENTS = ("Lessons", "I want to learn")  # sections of the README


class ExportError(Exception):
    """The edition cannot be written, and why."""


def export_student(folder: Path, upto: str = "", only: bool = False, root: Path = ROOT) -> list[str]:
    """Write the student edition into a new or empty folder.

    Args:
        upto: the last lesson that is handed out; all if empty.
        only: leave out the notebooks of the lessons before it.

    Returns:
        the lessons whose solutions it reveals.

    Raises:
        ExportError: the folder holds something, or the notebooks have not been built.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder}: expected a new or empty folder, and this one is not")
    files = student_files(upto, only, root)
    for path in files:
        if path.suffix == ".ipynb" and not (root / path).is_file():
            raise ExportError(f"{path} has not been built; run `python -m autograder build`")
    for path in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, folder / path)
    (folder / "README.md").write_text(readme(root, files), encoding="utf-8")
    return [path.stem for path in files if path.parent == SOLUTIONS]


def student_files(upto: str = "", only: bool = False, root: Path = ROOT) -> list[Path]:
    """The files of the student edition of `export_student`, relative to the course's root."""
    lessons = slugs(root / "solutions")
    last = known(upto, root / "solutions") if upto else lessons[-1]
    handed_out = [slug for slug in lessons if slug <= last]
    files = [path.relative_to(root) for whole in WHOLE for path in _files(root / whole)]
    checks = _checks(handed_out, root)
    files = [path for path in files if path.parent != CHECKS or path.stem in checks]
    files += [Path("assignments", f"{slug}.ipynb") for slug in handed_out if slug == last or not only]
    pages = [page for page in (*handed_out, "toyworld") if (root / "lectures" / f"{page}.md").is_file()]
    files += [Path("lectures", f"{page}.md") for page in pages]
    files += [path.relative_to(root) for page in pages for path in (root / "build" / "lectures" / page).glob("*.*")]
    files += [SOLUTIONS / f"{slug}.py" for slug in needed(handed_out, root) if slug < last]
    return sorted(set(files))


def readme(root: Path, files: list[Path]) -> str:
    """What the README says to students: its first paragraph, the lessons they have, and how to take them."""
    head, *sections = re.split(r"(?m)^## ", (root / "README.md").read_text(encoding="utf-8"))
    head = head.partition("```")[0]
    kept = [f"## {section}" for section in sections if section.partition("\n")[0] in FOR_STUDENTS]
    rows = re.compile(r"\| \[a\d\d .*\]\((lectures/a\d\d_\w+\.md)\)")
    lines = "".join([head, *kept]).splitlines()
    return "\n".join(line for line in lines if not (row := rows.match(line)) or Path(row[1]) in files).rstrip() + "\n"


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts]


def _checks(handed_out: list[str], root: Path) -> set[str]:
    """The check modules of these lessons, and those that they name, directly or through another."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (root / CHECKS).glob("*.py")}
    name = re.compile(r"\b(?:" + "|".join(texts) + r")\b")
    needed: set[str] = set()
    waiting = {"__init__", *handed_out}
    while waiting:
        needed |= waiting
        waiting = {found for module in waiting for found in name.findall(texts.get(module, ""))} - needed
    return needed


def needed(lessons: list[str], root: Path) -> set[str]:
    """The lessons whose solutions these ones import, directly or through another."""
    imported: set[str] = set()
    waiting = list(lessons)
    while waiting:
        text = (root / "solutions" / f"{waiting.pop()}.py").read_text(encoding="utf-8")
        found = set(re.findall(r"(?m)^\s*(?:from|import) solutions\.(a\d\d_\w+)", text))
        found |= set(re.findall(r"(?m)^\s*from solutions import (a\d\d_\w+)", text))
        waiting += found - imported
        imported |= found
    return imported
