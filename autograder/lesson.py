"""A lesson script as a sequence of cells, and everything that can be wrong with one.

`solutions/aNN_topic.py` is a jupytext percent script. Its cells are text, given code, exercises (`# %% exercise="name"`),
checks (`# %% check="name"`) and demos (`# %% demo`).
"""

import ast
import re
import textwrap
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import jupytext

ROOT = Path(__file__).resolve().parents[1]
SOLUTIONS = ROOT / "solutions"
SLUG = re.compile(r"a(\d\d)_[a-z0-9_]+")
GUARD = 'if __name__ == "__main__":'
BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"


class LessonError(Exception):
    """One or more faults of lesson scripts, each a line `file:line: what`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Cell:
    """One cell: its kind, the name of its exercise if any, its source, and the line of its marker in the script."""

    kind: str  # "text", "given", "exercise", "check" or "demo"
    name: str
    source: str
    line: int

    @cached_property
    def body(self) -> str:
        """The source as it stands in a notebook: without the guard that keeps it from running on import."""
        lines = self.source.split("\n")
        if GUARD not in lines:
            return self.source
        start = lines.index(GUARD)
        return "\n".join(lines[:start] + [textwrap.dedent("\n".join(lines[start + 1 :]))]).strip("\n")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of the body."""
        return ast.parse(self.body)


@dataclass
class Lesson:
    """A lesson script, read."""

    slug: str
    path: Path
    cells: list[Cell]
    faults: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        """NN of aNN_topic."""
        return int(self.slug[1:3])

    @property
    def title(self) -> str:
        """The heading of the first text cell, without its number: `# 8. Poisson blending`."""
        heading = next((line for cell in self.cells for line in cell.source.split("\n") if line.startswith("# ")), self.slug)
        return re.sub(r"^# (\d+\.)?\s*", "", heading)

    @cached_property
    def exercises(self) -> dict[str, Cell]:
        """Exercise cells by name, in order."""
        return {cell.name: cell for cell in self.cells if cell.kind == "exercise"}

    @cached_property
    def arguments(self) -> dict[str, list[str]]:
        """For every exercise the student's names that its check cell hands over."""
        calls = {cell.name: call_of(cell.body) for cell in self.cells if cell.kind == "check"}
        return {name: call[1] for name, call in calls.items() if call}

    def fault(self, line: int, what: str) -> None:
        """Note a fault at a line of the script."""
        self.faults.append(f"solutions/{self.path.name}:{line}: {what}")


def slugs(folder: Path = SOLUTIONS) -> list[str]:
    """All lessons that have a script, by number."""
    return sorted(path.stem for path in folder.glob("a[0-9][0-9]_*.py") if SLUG.fullmatch(path.stem))


def known(slug: str, folder: Path = SOLUTIONS) -> str:
    """The slug itself.

    Raises:
        LessonError: there is no such lesson.
    """
    if not (SLUG.fullmatch(slug) and (folder / f"{slug}.py").is_file()):
        raise LessonError([f"unknown lesson {slug!r}; there are: {', '.join(slugs(folder)) or 'none'}"])
    return slug


def call_of(source: str) -> tuple[str, list[str]] | None:
    """`check.NAME(a, b)` as (NAME, [a, b]); None if the source is anything else than one such call.

    Regions of hidden tests are passed over.
    """
    source = re.sub(r"(?ms)^#+ BEGIN HIDDEN TESTS$.*?^#+ END HIDDEN TESTS$", "", source)
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return None
    call = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    if not (isinstance(call, ast.Call) and call.args and not call.keywords and all(isinstance(a, ast.Name) for a in call.args)):
        return None
    function = call.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "check"):
        return None
    return function.attr, [argument.id for argument in call.args]


def read(slug: str, folder: Path = SOLUTIONS) -> Lesson:
    """The lesson, checked.

    Raises:
        LessonError: with every fault of the script, by line.
    """
    from autograder.lesson_faults import find_faults

    lesson = parse(slug, folder)
    if not lesson.faults:
        find_faults(lesson, folder)
    if lesson.faults:
        raise LessonError(lesson.faults)
    return lesson


def parse(slug: str, folder: Path = SOLUTIONS) -> Lesson:
    """The lesson's cells; markers that say nothing are noted as faults."""
    path = folder / f"{known(slug, folder)}.py"
    text = path.read_text(encoding="utf-8")
    lines = [number for number, line in enumerate(text.split("\n"), 1) if re.match(r"# %%( |$)", line)]
    cells = jupytext.reads(text, fmt="py:percent").cells
    lesson = Lesson(slug, path, [])
    if len(cells) != len(lines):
        lesson.fault(1, f"the script must begin with a cell marker `# %%` ({len(lines)} markers, {len(cells)} cells)")
        return lesson
    for cell, line in zip(cells, lines, strict=True):
        kind, name = _kind(lesson, cell, line)
        lesson.cells.append(Cell(kind, name, cell.source, line))
    return lesson


def _kind(lesson: Lesson, cell: dict, line: int) -> tuple[str, str]:
    """Kind and name of a cell from its marker."""
    marks = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
    if cell.cell_type == "markdown" and not marks:
        return "text", ""
    if not marks:
        return "given", ""
    if marks == {"title": "demo"}:
        return "demo", ""
    if len(marks) == 1:
        (key, value), *_ = marks.items()
        if key in ("exercise", "check") and isinstance(value, str) and value.isidentifier():
            return key, value
    shown = ", ".join(f"{key}={value!r}" for key, value in marks.items())
    lesson.fault(line, f'unknown cell marker {shown}; known are exercise="name", check="name", demo and [markdown]')
    return "given", ""
