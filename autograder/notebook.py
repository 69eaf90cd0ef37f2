"""Runs a student's notebook in this process, for code one trusts: one's own. Classes are graded in a sandbox instead."""

import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.checks.core import Exercise, Result
from autograder.lesson import SLUG, call_of


class NotebookError(Exception):
    """A file that cannot be checked, and why, in one sentence."""


@dataclass(frozen=True)
class Trouble:
    """A cell that raised or was stopped: its number among all cells, counted from 1 as a reader does, and the whole in words."""

    cell: int
    words: str


@dataclass
class StudentNotebook:
    """A notebook, read: its lesson and its code cells."""

    path: Path
    slug: str
    cells: list  # (number, cell) of every code cell that is neither a demo nor a check
    calls: dict  # exercise name -> names of what its check cell hands over

    @property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises of its lesson, in the order of the checks module."""
        module = importlib.import_module(f"autograder.checks.{self.slug}")
        return {name: value for name, value in vars(module).items() if isinstance(value, Exercise)}


def read_notebook(path: Path) -> StudentNotebook:
    """Read a notebook of the course.

    Raises:
        NotebookError: it cannot be read, or belongs to no lesson.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a front end that writes no ids is no matter here
            notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise NotebookError(f"{path}: no such file; expected a notebook such as assignments/a01_shannon_ngrams.ipynb") from None
    except Exception as error:
        raise NotebookError(f"{path}: not a readable notebook ({type(error).__name__}: {str(error)[:120]})") from None
    slug = notebook.metadata.get("course", {}).get("lesson", path.stem)
    if not SLUG.fullmatch(str(slug)) or importlib.util.find_spec(f"autograder.checks.{slug}") is None:
        raise NotebookError(f"{path}: a notebook of no lesson of this course ({slug!r} has no checks)")
    code = [(number, cell) for number, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]
    calls = dict(filter(None, (call_of(cell.source) for _, cell in code)))
    run = [(number, cell) for number, cell in code if "demo" not in cell.metadata.get("tags", []) and not call_of(cell.source)]
    return StudentNotebook(path, slug, run, calls)


def run_cells(
    notebook: StudentNotebook, stopped: Iterable[Trouble] = (), tell: Callable[[int], None] = lambda number: None
) -> tuple[dict, list[Trouble]]:
    """Run the notebook's own cells, as Jupyter would but without demos and checks.

    Args:
        stopped: cells that are left out, because they would not end.
        tell: gets the number of each cell before it runs.

    Returns:
        the names that they bound, and the cells that raised or were left out; later cells run all the same.
    """
    from autograder.grading.shell import Shell

    sys.path.insert(0, str(notebook.path.resolve().parent))
    shell = Shell()
    troubles = {trouble.cell: trouble for trouble in stopped}
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # what warns at home warns here
        for number, cell in notebook.cells:
            if number in troubles:
                continue
            tell(number)
            outcome = shell.run_cell(cell.source, silent=True, store_history=False)
            error = outcome.error_before_exec or outcome.error_in_exec
            if error is not None:
                troubles[number] = Trouble(number, f"cell {number} raised {type(error).__name__}: {error}")
    return shell.user_ns, [troubles[number] for number in sorted(troubles)]


def check_exercise(notebook: StudentNotebook, name: str, names: dict, troubles: list[Trouble], seed: int = 0) -> Iterator[Result]:
    """Run the checks of one exercise on what the notebook bound; names that are missing give results that say so."""
    exercise = notebook.exercises[name]
    wanted = notebook.calls.get(name)
    missing = [argument for argument in wanted or [] if argument not in names]
    if wanted and not missing:
        yield from exercise.run(*(names[argument] for argument in wanted), seed=seed)
        return
    why = f"not defined: {', '.join(missing)}" if wanted else f"the cell `check.{name}(...)` is missing or was changed"
    why = "\n".join([why, *(trouble.words for trouble in troubles)])
    for check in exercise.checks:
        yield Result(check.name, check.about, 0, check.points, "error", why)
