"""What `nbgrader autograde` runs in place of its own steps; nbgrader_config.py puts them there.

`refuse` looks at a submission before nbgrader opens it, and none of its other files is copied. `Admit` stands for nbgrader's sanitizing:
the notebook that goes on is the released one with the student's solutions, so nothing that was done to tags, metadata or
check cells is left. `Grade` stands for its executing: the submission runs as in our own command, and each outcome is
written below its check, from where nbgrader takes the points.
"""

import sys
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.converters import Autograde, BaseConverter
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Enum, Float, Integer

from autograder.classroom.notebooks import judged
from autograder.classroom.results import GRADED, new_seed
from autograder.classroom.submissions import ClassError, Submission
from autograder.classroom.task import judge
from autograder.files import write_text
from autograder.grading.gate import Refused, admit
from autograder.grading.launch import WAYS
from autograder.grading.limits import Limits
from autograder.lesson import read

NOTHING = {"exercises": [], "cells": []}


class Ungraded(Exception):
    """A submission that has no score; nbgrader says so and goes on with the next."""


def refuse(assignment: str, student: str, notebooks: list[str]) -> None:
    """nbgrader's hook before it opens a submission: notebooks that the gate refuses are taken off its list.

    An error in a hook is only logged by nbgrader, so whatever happens here empties the list.
    """
    for notebook in list(notebooks):
        try:
            admit(Path(notebook), Limits())
        except Exception as error:
            notebooks.remove(notebook)
            why = error if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
            print(f"refused: {notebook}: {why}", file=sys.stderr)


_copy_files = BaseConverter.init_assignment


def copy_files(converter: BaseConverter, assignment_id: str, student_id: str) -> None:
    """nbgrader's copying of the files beside a notebook, but none of a submission's.

    It follows links there, to /etc/passwd or /dev/zero as well, and the setting that would stop it stops nbgrader's exchange
    too. Only the notebook is graded: nothing needs those files.
    """
    if not isinstance(converter, Autograde):
        _copy_files(converter, assignment_id, student_id)


BaseConverter.init_assignment = copy_files


class Admit(NbGraderPreprocessor):
    """Puts the released notebook, with the student's solutions in it, in place of the submitted one."""

    def preprocess(self, notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """The notebook that goes on."""
        submitted = Path(resources["metadata"]["path"]) / f"{resources['nbgrader']['notebook']}.ipynb"
        return judged(read(resources["nbgrader"]["assignment"]), admit(submitted, Limits()), NOTHING), resources


class Grade(NbGraderPreprocessor):
    """Runs the submission in its sandbox and writes every outcome below its check."""

    isolation = Enum(tuple(WAYS), "auto", help="How the submission is kept from the machine.").tag(config=True)
    seed = Integer(None, allow_none=True, help="Seed of the random cases, to repeat a run; drawn if not set.").tag(config=True)
    time_s = Float(Limits.time_s, help="Time limit of one check or cell, in seconds.").tag(config=True)
    memory_mb = Integer(Limits.memory_mb, help="Memory limit of one submission, in MB.").tag(config=True)

    def preprocess(self, notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """The notebook with its outcomes.

        Raises:
            Ungraded: the submission was refused, or our side failed.
        """
        slug, submission = resources["nbgrader"]["assignment"], self._submission(resources)
        seed = new_seed() if self.seed is None else self.seed
        terms = {"isolation": self.isolation, "time_s": self.time_s, "memory_mb": self.memory_mb, "seed": seed}
        result = judge(slug, terms, submission.notebook)
        if result["status"] != GRADED:
            raise Ungraded(f"{submission.student}: {result['status']}: {result['why']}")
        self._keep_timestamp(submission, Path(resources["metadata"]["path"]))
        return judged(read(slug), admit(submission.notebook, Limits()), result), resources

    def _submission(self, resources: dict) -> Submission:
        course, names = self.parent.parent.coursedir, resources["nbgrader"]
        folder = course.format_path(course.submitted_directory, names["student"], names["assignment"])
        return Submission(names["student"], Path(folder) / f"{names['notebook']}.ipynb")

    def _keep_timestamp(self, submission: Submission, folder: Path) -> None:
        """nbgrader compares the time beside the graded notebook with that of a new submission; no other file is copied."""
        try:
            time = submission.timestamp()
        except ClassError as error:
            raise Ungraded(f"{submission.student}: {error}") from None
        if time:
            write_text(folder / "timestamp.txt", f"{time} UTC\n")
