"""The grade sheet, and files that Canvas, Moodle and Gradescope take.

Only scores leave: a submission that was refused, or that we could not grade, has an empty score in the grade sheet and no
line in the files for other systems, so that nobody gets a zero for a fault that is not theirs.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.classroom.gradebook import Move, Standing
from autograder.classroom.moves import Moved
from autograder.classroom.pages import update
from autograder.classroom.results import GRADED
from autograder.classroom.submissions import file_name

GRADES = ("student", "assignment", "score", "max_score", "status", "checks_score", "late_penalty", "needs_review", "why")
MOVES = ("when", "student", "exercise", "before", "after", "why")


def write_grades(path: Path, results: Iterable[dict], standings: dict[str, Standing], max_score: float) -> None:
    """grades.csv: one line a student; `score` is what counts, after manual scores and late penalties."""
    lines = []
    for result in results:
        standing = standings.get(result["student"], Standing())
        reached = number(result["score"]) if result["status"] == GRADED else ""
        lines.append((
            result["student"], result["assignment"], number(standing.score), number(max_score), result["status"],
            reached, number(standing.late_penalty), "yes" if standing.needs_review else "", result["why"],
        ))  # fmt: skip
    update(path, table(GRADES, lines))


def write_canvas(path: Path, slug: str, max_score: float, results: Iterable[dict], standings: dict[str, Standing]) -> None:
    """canvas.csv for Grades > Import: students are matched by their SIS login, the name of their folder."""
    header = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", slug)
    points = ("    Points Possible", "", "", "", "", number(max_score))
    rows = [(student, "", "", student, "", number(score)) for student, score in _scored(results, standings)]
    update(path, table(header, [points, *rows]))


def write_moodle(path: Path, slug: str, results: Iterable[dict], standings: dict[str, Standing]) -> None:
    """moodle.csv for Grades > Import > CSV file: students are matched by their username, the name of their folder."""
    update(path, table(("username", slug), [(student, number(score)) for student, score in _scored(results, standings)]))


def write_gradescope(folder: Path, results: Iterable[dict], standings: dict[str, Standing]) -> None:
    """gradescope/STUDENT/results.json, in the form that a Gradescope autograder leaves behind."""
    for result in results:
        standing = standings.get(result["student"])
        if standing is None or standing.score is None:
            continue
        tests = [_gradescope_test(exercise["name"], check) for exercise in result["exercises"] for check in exercise["checks"]]
        output = "\n".join([*_adjustments(standing), *result["notes"]])
        content = {"score": standing.score, "execution_time": round(result["seconds"]), "output": output, "tests": tests}
        update(folder / file_name(result["student"]) / "results.json", json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def append_moves(path: Path, when: str, moved: Sequence[Moved], exercises: Sequence[Move]) -> None:
    """moved.csv: every score that moved, the newest last. A line without exercise is of the student's whole score, and says why."""
    new = [(when, move.student, "", number(move.before), number(move.after), move.why) for move in moved]
    new += [(when, move.student, move.exercise, number(move.before), number(move.after), "") for move in exercises]
    if new:
        old = path.read_text(encoding="utf-8") if path.exists() else table(MOVES, [])
        update(path, old + table(new[0], new[1:]))


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Lines as CSV text."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([header, *lines])
    return buffer.getvalue()


def number(value: float | None) -> str:
    """A number in as few digits as it needs; nothing for None."""
    return "" if value is None else f"{value:.10g}"


def _scored(results: Iterable[dict], standings: dict[str, Standing]) -> list[tuple[str, float]]:
    """Students that have a score to hand on, and the score."""
    found = [(result["student"], standings.get(result["student"], Standing()).score) for result in results]
    return [(student, score) for student, score in found if score is not None]


def _adjustments(standing: Standing) -> list[str]:
    """Why a score is another one than the sum of the checks."""
    found = [f"{name}: your instructor gave {number(points)} points" for name, points in standing.manual.items()]
    found += [f"{name}: your instructor gave {number(points)} extra points" for name, points in standing.extra.items()]
    return found + ([f"{number(standing.late_penalty)} points less for handing in late"] if standing.late_penalty else [])


def _gradescope_test(exercise: str, check: dict) -> dict:
    return {
        "name": f"{exercise}: {check['name']}",
        "score": check["points"],
        "max_score": check["max_points"],
        "status": "passed" if check["state"] == "passed" else "failed",
        "output": check["message"],
        "visibility": "visible",
    }
