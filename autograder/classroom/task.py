"""One student's task: JSON text in, JSON text out, so that it runs the same in a worker here and on a cluster."""

import atexit
import json
import threading
from pathlib import Path

from autograder.grading.limits import Limits
from autograder.grading.one import Warm

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
            result = warm(asked["slug"], terms).grade(Path(asked["notebook"]), terms["seed"])
    except Exception as fault:
        cool_down()
        result = failed_task(text, f"{type(fault).__name__}: {fault}")
    return json.dumps({**result, "student": asked["student"], "terms": terms})


def failed_task(text: str, why: str) -> dict:
    """The result of a task that our side could not carry out."""
    asked = json.loads(text)
    return {
        "student": asked["student"], "assignment": asked["slug"], "status": "not graded", "why": why, "score": 0, "max_score": 0,
        "seed": asked["terms"]["seed"], "isolation": asked["terms"]["isolation"], "submission": "", "checks": "", "seconds": 0,
        "notes": [], "exercises": [], "terms": asked["terms"],
    }  # fmt: skip


def warm(slug: str, terms: dict) -> Warm:
    """The warm grader of this process for these terms; a new lesson replaces it."""
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
