"""One student's task: JSON text in, JSON text out, so that it runs the same in a worker here and on a cluster."""

import atexit
import json
import threading
from pathlib import Path

from autograder.classroom.results import NOT_GRADED, ungraded
from autograder.classroom.submissions import ClassError
from autograder.grading.limits import Limits
from autograder.grading.one import IsolationError, Warm
from autograder.lesson import LessonError

_one_at_a_time = threading.Lock()
_warm: dict[tuple, Warm] = {}  # what this process keeps warm; one entry at most


def task(notebook: Path, student: str, slug: str, terms: dict) -> str:
    """The task as text."""
    return json.dumps({"notebook": str(notebook), "student": student, "slug": slug, "terms": terms})


def run_task(text: str) -> str:
    """Grade one submission; faults of ours come back as a result that says so, never as an exception."""
    asked = json.loads(text)
    terms = asked["terms"]
    try:
        with _one_at_a_time:
            result = judge(asked["slug"], terms, Path(asked["notebook"]))
    except (IsolationError, LessonError) as error:
        return json.dumps({"fatal": str(error)})
    except Exception as fault:
        cool_down()
        return json.dumps(lost(text, f"{type(fault).__name__}: {fault}"))
    return json.dumps({**result, "student": asked["student"], "terms": terms})


def judge(slug: str, terms: dict, notebook: Path) -> dict:
    """The result of `Warm.grade`; a fork server that has died, killed for memory perhaps, is replaced once.

    Raises:
        IsolationError: submissions cannot be isolated here.
        LessonError: the lesson has faults.
    """
    result = warm(slug, terms).grade(notebook, terms["seed"])
    if result["status"] == NOT_GRADED and not warm(slug, terms).starter.alive():
        cool_down()
        result = warm(slug, terms).grade(notebook, terms["seed"])
    return result


def answered(text: str) -> dict:
    """The result in an answer.

    Raises:
        ClassError: what went wrong there would go wrong for every student.
    """
    result = json.loads(text)
    if "fatal" in result:
        raise ClassError(result["fatal"])
    return result


def lost(text: str, why: str) -> dict:
    """The result of a task that our side could not carry out."""
    asked = json.loads(text)
    return ungraded(asked["student"], asked["slug"], asked["terms"], NOT_GRADED, why)


def warm(slug: str, terms: dict) -> Warm:
    """The warm grader of this process for these terms; another lesson or other terms replace it.

    Raises:
        IsolationError: submissions cannot be isolated here.
    """
    key = (slug, terms["isolation"], terms["time_s"], terms["memory_mb"])
    if key not in _warm:
        cool_down()
        limits = Limits(time_s=terms["time_s"], memory_mb=terms["memory_mb"])
        _warm[key] = Warm(slug, isolation=terms["isolation"], limits=limits).__enter__()
    return _warm[key]


@atexit.register
def cool_down() -> None:
    """Stop what is kept warm."""
    while _warm:
        _warm.popitem()[1].close()
