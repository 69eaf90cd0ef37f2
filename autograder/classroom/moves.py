"""Which students have another score than the last run wrote, and why: scores move by new files, but also by hand and by due dates."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom.gradebook import Standing
from autograder.classroom.results import GRADED

COLUMNS = ("score", "checks_score", "late_penalty")
CAUSES = {"submission": "new file", "checks": "checks", "terms": "settings"}  # what of a result changed, and its name
CLOSE = 1e-6  # scores in a grade sheet have ten digits


@dataclass(frozen=True)
class Moved:
    """A student's score that is another one now; the reasons, as far as they are known."""

    student: str
    before: float
    after: float | None
    why: str


def read_scores(path: Path) -> dict[str, dict[str, float]]:
    """The numbers in a grades.csv by student; a line without a score, or with what a person wrote into it, is passed over."""
    found = {}
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            for line in csv.DictReader(file):
                numbers = _numbers(line)
                if numbers:
                    found[line["student"]] = numbers
    except (OSError, csv.Error):
        return {}
    return found


def _numbers(line: dict) -> dict[str, float] | None:
    try:
        return {"score": float(line["score"])} | {name: float(line[name] or 0) for name in COLUMNS[1:]}
    except (KeyError, TypeError, ValueError):
        return None


def compare(
    before: dict[str, dict[str, float]], previous: dict[str, dict], results: Iterable[dict], standings: dict[str, Standing]
) -> list[Moved]:
    """Every score that moved.

    Args:
        before: what `read_scores` found.
        previous: results of the last run, by student.
        results: of this one.
    """
    moved = []
    for result in results:
        student, standing = result["student"], standings.get(result["student"], Standing())
        old = before.get(student)
        if old and (standing.score is None or abs(standing.score - old["score"]) > CLOSE):
            why = _why(old, previous.get(student), result, standing)
            moved.append(Moved(student, old["score"], standing.score, ", ".join(why)))
    return moved


def _why(old: dict[str, float], earlier: dict | None, result: dict, standing: Standing) -> list[str]:
    if result["status"] != GRADED and standing.score is None:
        return [result["status"]]
    checks_score, why = result["score"] if result["status"] == GRADED else 0.0, []
    if earlier and abs(checks_score - old["checks_score"]) > CLOSE:
        why += [cause for key, cause in CAUSES.items() if earlier[key] != result[key]]
    if abs(standing.late_penalty - old["late_penalty"]) > CLOSE:
        why.append("late")
    people_gave = (standing.score or 0.0) + standing.late_penalty - checks_score
    if abs(people_gave - (old["score"] + old["late_penalty"] - old["checks_score"])) > CLOSE:
        why.append("by hand")
    return why
