"""Builds notebooks from lesson scripts: nbgrader's source, the student's release, and a solved copy."""

import logging
import re
import shutil
import tempfile
import tomllib
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.files import write_bytes, write_text
from autograder.lesson import BEGIN, END, ROOT, Cell, Lesson, LessonError, read

SETUP = """\
# Set-up, run this first: finds the course from wherever this notebook is.
import sys
from pathlib import Path
{clone}
places = [Path.cwd(), *Path.cwd().parents, Path.cwd() / "course"]
root = next((place for place in places if (place / "autograder" / "checks").is_dir()), None)
if root is None:
    raise FileNotFoundError(f"no course around {{Path.cwd()}}: keep this notebook in the course's folder assignments/")
sys.path.insert(0, str(root))"""
CLONE = """
if "google.colab" in sys.modules and not Path("course").exists():
    import subprocess

    subprocess.run(["git", "clone", "--quiet", "--depth", "1", "{url}", "course"], check=True)
    subprocess.run([sys.executable, "course/assignments/common/colab.py"], check=True)  # installs only what is missing
"""
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}


@dataclass(frozen=True)
class Notebooks:
    """The three notebooks of a lesson, as text."""

    source: str  # for nbgrader: with solution regions and hidden tests
    release: str  # for students
    solved: str  # to run: solutions without their markers


def build(slugs: Iterable[str], root: Path = ROOT) -> list[Path]:
    """Write the notebooks of these lessons where they differ from what is there, and return what was written.

    Somebody may have worked in a notebook of assignments/: what is replaced there is kept in build/replaced/.
    """
    written = []
    for path, text in _files(slugs, root):
        former = path.read_bytes() if path.is_file() else None
        if former == text.encode():
            continue
        if former is not None and path.parent.name == "assignments":
            write_bytes(root / "build" / "replaced" / f"{path.stem}.{sha256(former).hexdigest()[:8]}.ipynb", former)
        write_text(path, text)
        written.append(path)
    return written


def stale(slugs: Iterable[str], root: Path = ROOT) -> list[Path]:
    """The committed notebooks that are not what their scripts say, and those that no script stands for."""
    slugs = list(slugs)
    expected = {path: text for path, text in _files(slugs, root) if path.parent.name == "assignments"}
    orphans = [path for path in (root / "assignments").glob("*.ipynb") if path not in expected and path.stem not in slugs]
    return sorted([path for path, text in expected.items() if not path.is_file() or path.read_text(encoding="utf-8") != text] + orphans)


def _files(slugs: Iterable[str], root: Path) -> list[tuple[Path, str]]:
    files, faults = [], []
    for slug in slugs:
        try:
            notebooks = notebooks_of(read(slug, root / "solutions"), colab_url(root))
        except LessonError as error:
            faults += error.faults
            continue
        files += [
            (root / "build" / "course" / "source" / slug / f"{slug}.ipynb", notebooks.source),
            (root / "assignments" / f"{slug}.ipynb", notebooks.release),
            (root / "build" / "solved" / f"{slug}.ipynb", notebooks.solved),
        ]
    if faults:
        raise LessonError(faults)
    return files


def colab_url(root: Path = ROOT) -> str:
    """The address to clone from, `[tool.course] url` of pyproject.toml; empty if the course has none."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["course"]["url"]


def notebooks_of(lesson: Lesson, url: str = "") -> Notebooks:
    """All notebooks of one lesson; the same script always gives the same bytes."""
    cells = [_notebook_cell(lesson, cell, number) for number, cell in enumerate(lesson.cells)]
    setup = new_code_cell(SETUP.format(clone=CLONE.format(url=url) if url else ""), id="set-up", metadata=_nbgrader("set-up"))
    if url:
        cells[0].source += f"\n\n[![Open in Colab]({BADGE})]({colab_page(lesson.slug, url)})"
    cells.insert(1, setup)
    metadata = {**KERNEL, "course": {"lesson": lesson.slug}}
    source = new_notebook(cells=cells, metadata=metadata)
    solved = nbformat.from_dict(source)
    for cell in solved.cells:
        cell.source = re.sub(f"(?m)^ *# ({BEGIN}|{END})\n?", "", cell.source)
        cell.metadata.pop("nbgrader", None)
    return Notebooks(_text(source), _release(lesson.slug, _text(source)), _text(solved))


def _notebook_cell(lesson: Lesson, cell: Cell, number: int) -> nbformat.NotebookNode:
    if cell.kind == "text":
        return new_markdown_cell(cell.source, id=f"text-{number:02}")
    if cell.kind == "demo":
        return new_code_cell(cell.body, id=f"demo-{number:02}", metadata={"tags": ["demo"]})
    if cell.kind == "given":
        return new_code_cell(cell.body, id=f"given-{number:02}", metadata=_nbgrader(f"given-{number:02}"))
    if cell.kind == "exercise":
        return new_code_cell(cell.body, id=_id("exercise", cell.name), metadata=_nbgrader(cell.name, solution=True))
    return new_code_cell(cell.body, id=_id("check", cell.name), metadata=_nbgrader(f"check-{cell.name}", points=_points(lesson, cell)))


def _id(kind: str, name: str) -> str:
    return f"{kind}-{name}"[:64]  # nbformat's limit


def _points(lesson: Lesson, cell: Cell) -> float:
    import importlib

    return getattr(importlib.import_module(f"autograder.checks.{lesson.slug}"), cell.name).points


def _nbgrader(grade_id: str, solution: bool = False, points: float | None = None) -> dict:
    """nbgrader's metadata of a cell: a solution cell, a check cell with points, or a read-only one."""
    graded = points is not None
    metadata = {
        "grade": graded, "grade_id": grade_id, "locked": not solution, "schema_version": 3, "solution": solution, "task": False,
    }  # fmt: skip
    return {"nbgrader": metadata | ({"points": points} if graded else {})}


def colab_page(slug: str, url: str) -> str:
    """Where Colab opens the notebook of a course that is cloned from this address."""
    address = re.sub(r"^https://github\.com/(.+?)(\.git)?/?$", r"https://colab.research.google.com/github/\1", url)
    return f"{address}/blob/main/assignments/{slug}.ipynb"


def _text(notebook: nbformat.NotebookNode) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def _release(slug: str, source: str) -> str:
    """The student's notebook, made by nbgrader's own generate_assignment in a course folder of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of nbgrader's imports
        from nbgrader.converters import GenerateAssignment
        from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    folder = Path(tempfile.mkdtemp(prefix="course-"))
    try:
        write_text(folder / "source" / slug / f"{slug}.ipynb", source)
        config = Config()
        config.CourseDirectory.root = str(folder)
        config.CourseDirectory.assignment_id = slug
        course = CourseDirectory(config=config)
        converter = GenerateAssignment(coursedir=course, no_database=True, config=config)
        converter.preprocessors = [step for step in converter.preprocessors if step.__name__ != "SaveCells"]  # it needs the database
        converter.log.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            converter.start()
        made = nbformat.read(folder / "release" / slug / f"{slug}.ipynb", as_version=4)
    finally:
        shutil.rmtree(folder)
    made.metadata.pop("celltoolbar", None)
    return _text(made)
