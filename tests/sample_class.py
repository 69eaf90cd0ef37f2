"""Makes a class of sample submissions for a lesson: `python -m tests.sample_class SLUG DIR`.

Every submission is the released notebook with the solution cells filled in: by the reference, by answers of
tests/answers, or by the accidents that happen in every class. Made twice, it is the same bytes.
"""

import ast
import copy
import importlib
import inspect
import re
import sys
from pathlib import Path

import nbformat

from autograder.build import notebooks_of
from autograder.files import write_text
from autograder.lesson import read
from tests.answers.core import Answer, answers

Notebook = nbformat.NotebookNode


def make(slug: str, folder: Path) -> list[str]:
    """Write FOLDER/STUDENT/SLUG/SLUG.ipynb for every student of the sample class; returns the students."""
    students = sample_class(slug)
    for student, text in students.items():
        write_text(folder / student / slug / f"{slug}.ipynb", text)
    return list(students)


def sample_class(slug: str) -> dict[str, str]:
    """Notebooks of a lesson, as text, by student."""
    notebooks = notebooks_of(read(slug))
    release, solved = (nbformat.reads(text, as_version=4) for text in (notebooks.release, notebooks.solved))
    exercises = {cell.id: cell.source for cell in solved.cells if cell.id.startswith("exercise-")}
    full = filled(release, exercises)
    first, last = next(iter(exercises)), next(reversed(exercises))
    half = dict(list(exercises.items())[: (len(exercises) + 1) // 2])
    students = {
        "full marks": full,
        "half right": filled(release, half),
        "untouched": release,
        "syntax error": filled(release, exercises | {first: exercises[first] + "\ndef unfinished(:"}),
        "infinite loop": filled(release, exercises | {last: exercises[last] + LOOP.format(last.removeprefix("exercise-"))}),
        'Núñez, José "Pepe"': with_a_copied_check(full),
        "deleted and reordered cells": without_checks(full),
        "warnings and much output": filled(release, exercises | {first: NOISE + exercises[first]}),
    }
    for number, answer in enumerate(two_wrong(slug), 1):
        cell = f"exercise-{answer.exercise}"
        students[f"wrong {number} {answer.function.__name__.replace('_', ' ')}"] = filled(
            release, exercises | {cell: f"{exercises[cell]}\n\n\n{source_of(answer)}"}
        )
    texts = {student: nbformat.writes(notebook) for student, notebook in students.items()}
    texts["no final newline"] = texts["full marks"].rstrip()
    texts["not valid JSON"] = texts["full marks"][: len(texts["full marks"]) // 2]
    return texts


LOOP = """


def {}(*arguments, **named):
    while True:
        pass
"""
NOISE = """\
import sys
import warnings

warnings.warn("a warning costs nothing")
print("a word on stderr", file=sys.stderr)
print("\\n".join(f"line {n}" for n in range(10_000)))

"""


def filled(release: Notebook, sources: dict[str, str]) -> Notebook:
    """A copy of the released notebook with these cells rewritten, by id."""
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        cell.source = sources.get(cell.id, cell.source)
    return notebook


def with_a_copied_check(notebook: Notebook) -> Notebook:
    """A check cell copied below itself by a slip of the keyboard, metadata and all, as JupyterLab does."""
    notebook = copy.deepcopy(notebook)
    place = next(i for i, cell in enumerate(notebook.cells) if cell.id.startswith("check-"))
    twin = copy.deepcopy(notebook.cells[place])
    twin.id = "copied-by-a-slip"
    notebook.cells.insert(place + 1, twin)
    return notebook


def without_checks(notebook: Notebook) -> Notebook:
    """All check cells deleted, the last text moved to the top, and a line of notes added."""
    notebook = copy.deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith("check-")]
    notebook.cells.insert(0, notebook.cells.pop())
    notebook.cells.append(nbformat.v4.new_markdown_cell("Notes to myself.", id="notes"))
    return notebook


def two_wrong(slug: str) -> list[Answer]:
    """Two wrong answers of the lesson, to different exercises where it has some, that stand on their own feet."""
    wrong = [answer for answer in answers(importlib.import_module(f"tests.answers.{slug}")) if answer.message and stands_alone(answer)]
    other = next((answer for answer in wrong if answer.exercise != wrong[0].exercise), wrong[1])
    return [wrong[0], other]


def stands_alone(answer: Answer) -> bool:
    """Whether the answer's source needs nothing of the course that a student does not have."""
    return not re.search(r"\b(solutions|tests)\b", source_of(answer))


def source_of(answer: Answer) -> str:
    """The answer as a student would have written it: its definitions, and the name that the exercise asks for."""
    tree = _without_marks(ast.parse(inspect.getsource(inspect.getmodule(answer.function))))
    defined = {name: node for node in tree.body for name in _names(node)}
    needed, waiting = set(), [answer.function.__name__]
    while waiting:
        node = defined.get(waiting.pop())
        if node is not None and node not in needed:
            needed.add(node)
            waiting += [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    statements = [ast.unparse(node) for node in tree.body if node in needed]
    return "\n\n".join([*statements, f"{answer.name} = {answer.function.__name__}"])


def _without_marks(tree: ast.Module) -> ast.Module:
    """The module without `@right` and `@wrong`."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.decorator_list = [mark for mark in node.decorator_list if not _is_mark(mark)]
    return tree


def _is_mark(mark: ast.expr) -> bool:
    return isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id in ("right", "wrong")


def _names(node: ast.stmt) -> list[str]:
    """The names that a top-level statement defines."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    return [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]


if __name__ == "__main__":
    chosen, target = sys.argv[1:]
    print(f"{len(make(chosen, Path(target)))} sample submissions in {target}")
