"""The single writer into nbgrader's gradebook, through nbgrader's own API, on any database that SQLAlchemy knows.

Only `auto_score` is ours. Manual scores, extra credit, comments, due dates and extensions stay as people set them, and
nbgrader's own late penalties are applied on top, so that the form grader and `nbgrader export` see what they expect.
"""

import logging
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import nbformat
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from autograder.classroom.results import GRADED, MISSING
from autograder.classroom.submissions import ClassError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of nbgrader's imports
    from nbgrader import api
    from nbgrader.dbutil import _temp_alembic_ini
    from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, ClearSolutions, ComputeChecksums, LockCells, SaveCells


@dataclass
class Standing:
    """Where a student stands in the gradebook: what counts, after manual scores and late penalties."""

    score: float | None = None  # None: there is no score to export
    late_penalty: float = 0.0
    needs_review: bool = False
    manual: dict[str, float] = field(default_factory=dict)  # exercise -> score set by a person
    extra: dict[str, float] = field(default_factory=dict)  # exercise -> points that a person added
    comments: dict[str, str] = field(default_factory=dict)  # exercise -> words of a person


@dataclass(frozen=True)
class Move:
    """Points of an exercise that another run of the checks changed."""

    student: str
    exercise: str
    before: float
    after: float | None


def write(
    url: str, source: Path, results: Iterable[dict], timestamps: dict[str, datetime | None], config: Path
) -> tuple[dict[str, Standing], list[Move]]:
    """Bring the gradebook up to the results; writing the same twice changes nothing.

    Args:
        url: SQLAlchemy address of a gradebook that is prepared, e.g. `sqlite:////tmp/gradebook.db` or `postgresql+psycopg://host/name`.
        source: nbgrader's source notebook of the lesson, SLUG.ipynb.
        results: of every student.
        timestamps: when each student handed in, UTC; None where it is not known.
        config: nbgrader_config.py, which may set how late submissions are punished.

    Returns:
        the standing of every student with a submission, and what the checks gave otherwise than before.
    """
    slug = source.stem
    with _opened(url) as gradebook:
        recorded, moves = _recorded(gradebook, slug), []
        for result in results:
            student, scores = result["student"], auto_scores(result)
            if result["status"] == MISSING and student not in recorded:
                continue
            if student not in recorded or _differs(recorded[student], scores, timestamps.get(student)):
                moves += _record(gradebook, slug, student, scores, timestamps.get(student))
        _punish_the_late(gradebook, url, slug, config)
        return _standings(gradebook, slug), moves


def prepare(url: str, source: Path) -> None:
    """Open the gradebook and make the lesson known to it, before an hour is spent on grading.

    Raises:
        ClassError: it cannot be opened, or holds submissions to other exercises under this lesson's name.
    """
    with _opened(url) as gradebook:
        _register(gradebook, url, source)


def auto_scores(result: dict) -> dict[str, float] | None:
    """Points by exercise; None for a submission that has no score."""
    return {exercise["name"]: exercise["points"] for exercise in result["exercises"]} if result["status"] == GRADED else None


def _tables_version() -> str:
    """The version that nbgrader notes in a new gradebook; it would start a program to ask for it, which takes seconds."""
    with _temp_alembic_ini("sqlite://") as settings:
        return ScriptDirectory.from_config(Config(settings)).get_current_head()


api.get_alembic_version = _tables_version


@contextmanager
def _opened(url: str) -> Iterator[api.Gradebook]:
    api.app_log.setLevel(logging.CRITICAL)  # nbgrader prints a traceback of every database error; we say the error in a sentence
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy's about nbgrader's models
        try:
            gradebook = api.Gradebook(url)
        except Exception as error:
            raise ClassError(f"cannot open the gradebook {_without_password(url)}: {_first_line(error)}") from error
        try:
            with gradebook:
                yield gradebook
        except (api.InvalidEntry, SQLAlchemyError) as error:
            raise ClassError(f"the gradebook {_without_password(url)} cannot be read or written: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _without_password(url: str) -> str:
    """An address as it may be shown."""
    return re.sub(r"(://[^:/@]*:).*(@)", r"\1***\2", url)


def _register(gradebook: api.Gradebook, url: str, source: Path) -> None:
    """Make the assignment and its cells known, the way `nbgrader generate_assignment` does."""
    gradebook.update_or_create_assignment(source.stem)
    notebook = nbformat.read(source, as_version=4)
    resources = {"nbgrader": {"notebook": source.stem, "assignment": source.stem, "db_url": url}}
    try:
        for step in (LockCells, ClearSolutions, CheckCellMetadata, ComputeChecksums, SaveCells):
            notebook, resources = step().preprocess(notebook, resources)
    except RuntimeError as error:
        raise ClassError(f"{error}; expected a gradebook whose exercises are those of {source.stem} now: use a new one") from None
    gradebook.db.expire_all()


def _rows(gradebook: api.Gradebook, slug: str, *columns: object) -> Iterator:
    """One row a grade of the assignment: student, cell, notebook, then these columns."""
    query = gradebook.db.query(api.Student.id, api.BaseCell.name, api.SubmittedNotebook, *columns)
    return (
        query.select_from(api.Grade)
        .join(api.BaseCell, api.BaseCell.id == api.Grade.cell_id)
        .join(api.SubmittedNotebook, api.SubmittedNotebook.id == api.Grade.notebook_id)
        .join(api.SubmittedAssignment, api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id)
        .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
        .join(api.Student, api.Student.id == api.SubmittedAssignment.student_id)
        .filter(api.Assignment.name == slug)
    )


@dataclass
class _Recorded:
    timestamp: datetime | None
    scores: dict[str, float | None] = field(default_factory=dict)


def _recorded(gradebook: api.Gradebook, slug: str) -> dict[str, _Recorded]:
    found: dict[str, _Recorded] = {}
    for student, cell, _, timestamp, score in _rows(gradebook, slug, api.SubmittedAssignment.timestamp, api.Grade.auto_score):
        found.setdefault(student, _Recorded(timestamp)).scores[_exercise(cell)] = score
    return found


def _differs(recorded: _Recorded, scores: dict[str, float] | None, timestamp: datetime | None) -> bool:
    expected = {exercise: (scores or {}).get(exercise) for exercise in recorded.scores}
    return expected != recorded.scores or (timestamp is not None and timestamp != recorded.timestamp)


def _record(gradebook: api.Gradebook, slug: str, student: str, scores: dict[str, float] | None, timestamp: datetime | None) -> list[Move]:
    gradebook.update_or_create_student(student)
    submission = gradebook.update_or_create_submission(slug, student, **({"timestamp": timestamp} if timestamp else {}))
    moves = []
    for grade in (grade for notebook in submission.notebooks for grade in notebook.grades):
        exercise = _exercise(grade.cell.name)
        before, after = grade.auto_score, (scores or {}).get(exercise)
        if before == after:
            continue
        if before is not None:
            moves.append(Move(student, exercise, before, after))
        grade.auto_score = after
        grade.needs_manual_grade = after is None or grade.manual_score is not None  # as nbgrader does: a person looks again
    gradebook.db.commit()
    return moves


def _punish_the_late(gradebook: api.Gradebook, url: str, slug: str, config: Path) -> None:
    """Let nbgrader's plugin, as configured, set the penalty of every submission that is late, and clear the others."""
    has_due_date = gradebook.find_assignment(slug).duedate is not None
    late = {s.student.id for s in gradebook.assignment_submissions(slug) if s.total_seconds_late > 0} if has_due_date else set()
    punished = gradebook.db.query(api.SubmittedNotebook).filter(api.SubmittedNotebook.late_submission_penalty.is_not(None))
    for notebook in punished:
        if notebook.assignment.name == slug and notebook.student.id not in late:
            notebook.late_submission_penalty = None
    gradebook.db.commit()
    step = AssignLatePenalties(config=_nbgrader_config(config)) if late else None
    for student in sorted(late):
        resources = {"nbgrader": {"notebook": slug, "assignment": slug, "student": student, "db_url": url}}
        step.preprocess(nbformat.v4.new_notebook(), resources)
    gradebook.db.expire_all()


def _nbgrader_config(path: Path) -> object:
    from traitlets.config import PyFileConfigLoader

    return PyFileConfigLoader(path.name, str(path.parent)).load_config()


def _standings(gradebook: api.Gradebook, slug: str) -> dict[str, Standing]:
    standings: dict[str, Standing] = defaultdict(Standing)
    columns = (api.Grade.score, api.Grade.auto_score, api.Grade.manual_score, api.Grade.extra_credit, api.Grade.needs_manual_grade)
    for student, cell, notebook, score, auto, manual, extra, review in _rows(gradebook, slug, *columns):
        standing = standings[student]
        standing.late_penalty = notebook.late_submission_penalty or 0.0
        standing.needs_review |= review
        if manual is not None:
            standing.manual[_exercise(cell)] = manual
        if extra:
            standing.extra[_exercise(cell)] = extra
        if auto is not None or manual is not None:
            standing.score = (standing.score or 0.0) + score
    for standing in standings.values():
        if standing.score is not None:
            standing.score = max(0.0, standing.score - standing.late_penalty)
    _add_comments(gradebook, slug, standings)
    return dict(standings)


def _add_comments(gradebook: api.Gradebook, slug: str, standings: dict[str, Standing]) -> None:
    comments = gradebook.db.query(api.Comment).filter(api.Comment.manual_comment.is_not(None))
    for comment in comments:
        if comment.assignment.name == slug:
            standings[comment.student.id].comments[comment.cell.name] = comment.manual_comment


def _exercise(cell: str) -> str:
    return cell.removeprefix("check-")
