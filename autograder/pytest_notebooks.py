"""Lets pytest collect a notebook of the course: `pytest assignments/a01_shannon_ngrams.ipynb`, one item a check."""

import warnings
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest

from autograder.checks.core import NOT_IMPLEMENTED, PASSED, Result
from autograder.notebook import NotebookError, StudentNotebook, check_exercise, read_notebook, run_cells


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "NotebookFile | None":
    """Notebooks that were named on the command line; a folder that is walked through is not searched for them."""
    if file_path.suffix != ".ipynb" or not parent.session.isinitpath(file_path):
        return None
    return NotebookFile.from_parent(parent, path=file_path)


class NotebookFile(pytest.File):
    """One notebook; its cells run once, when its first check does."""

    def collect(self) -> Iterator["CheckItem | CellItem"]:
        try:
            notebook = self.notebook
        except NotebookError as error:
            raise self.CollectError(str(error)) from None
        yield CellItem.from_parent(self, name="cells run")
        for name, exercise in notebook.exercises.items():
            for place, check in enumerate(exercise.checks):
                yield CheckItem.from_parent(self, name=f"{name}: {check.name}", exercise=name, place=place)

    @cached_property
    def notebook(self) -> StudentNotebook:
        return read_notebook(self.path)

    @cached_property
    def outcome(self) -> tuple[dict, list]:
        return run_cells(self.notebook)

    @cached_property
    def results(self) -> dict[str, list[Result]]:
        return {}

    def results_of(self, exercise: str) -> list[Result]:
        """Results of all checks of an exercise, run at the first call."""
        if exercise not in self.results:
            with warnings.catch_warnings():
                warnings.simplefilter("default")
                self.results[exercise] = list(check_exercise(self.notebook, exercise, *self.outcome))
        return self.results[exercise]


class CheckFailure(Exception):
    """Carries a check's message to the report."""


class NotebookItem(pytest.Item):
    """An item that reports in words, without a traceback through the machine."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo, style: str | None = None) -> str:
        if isinstance(excinfo.value, CheckFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


class CellItem(NotebookItem):
    """Fails if a cell raised, with its number; the checks run all the same."""

    def runtest(self) -> None:
        _, troubles = self.parent.outcome
        if troubles:
            raise CheckFailure("\n".join(trouble.words for trouble in troubles))


class CheckItem(NotebookItem):
    """One check of one exercise."""

    def __init__(self, exercise: str, place: int, **rest: object) -> None:
        super().__init__(**rest)
        self.exercise, self.place = exercise, place

    def runtest(self) -> None:
        result = self.parent.results_of(self.exercise)[self.place]
        if result.state == NOT_IMPLEMENTED:
            pytest.skip("not written yet")
        if result.state != PASSED:
            raise CheckFailure(result.message)
