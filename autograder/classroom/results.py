"""What is known of every student: one JSON file each, written whole or not at all."""

import json
from collections.abc import Iterable
from pathlib import Path
from secrets import randbits

from autograder.classroom.submissions import ClassError, file_name
from autograder.files import write_text

GRADED, REFUSED, NOT_GRADED, MISSING = "graded", "refused", "not graded", "missing"


def save(out: Path, result: dict) -> None:
    """Write OUT/results/STUDENT.json."""
    path = out / "results" / f"{file_name(result['student'])}.json"
    write_text(path, json.dumps(result, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def load(out: Path, slug: str) -> dict[str, dict]:
    """All results in OUT by student; files that are no results are passed over, so their students are graded again.

    Raises:
        ClassError: the folder belongs to another lesson.
    """
    found = {}
    for path in sorted((out / "results").glob("*.json")):
        try:
            result = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if not (isinstance(result, dict) and result.keys() >= KEYS):
            continue
        if result["assignment"] != slug:
            raise ClassError(f"{out} holds results of {result['assignment']}; expected a folder of its own for {slug}")
        found[result["student"]] = result
    return found


def ungraded(student: str, slug: str, terms: dict, status: str, why: str, submission: str = "") -> dict:
    """The result of a submission that was not run."""
    return {
        "student": student, "assignment": slug, "status": status, "why": why, "score": 0, "max_score": 0, "seed": terms["seed"],
        "isolation": terms["isolation"], "submission": submission, "checks": "", "seconds": 0, "notes": [], "exercises": [], "cells": [],
        "terms": terms,
    }  # fmt: skip


KEYS = ungraded("", "", {"seed": 0, "isolation": ""}, "", "").keys()  # of every result


def is_finished(result: dict | None, version: dict, terms: dict) -> bool:
    """Whether this result stands: same submission, same checks, same terms, and a judgement rather than a fault of ours."""
    if result is None or result["status"] not in (GRADED, REFUSED):
        return False
    return result["terms"] == terms and all(result[key] == value for key, value in version.items())


def kept_seed(results: Iterable[dict]) -> int | None:
    """The seed that an earlier run of this class drew, so that a regrade repeats it."""
    return next((result["seed"] for result in results), None)


def new_seed() -> int:
    """A seed that no submission finds by trying; numpy and torch take it, and sums with it."""
    return randbits(62)
