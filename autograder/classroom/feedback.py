"""feedback/STUDENT.html: what a student is told, in one file that needs nothing else. Seeds stay with us."""

from pathlib import Path

from autograder.checks.show import ADVICE
from autograder.classroom.gradebook import Standing
from autograder.classroom.pages import render, update
from autograder.classroom.submissions import file_name

WORDS = {
    "passed": "Passed:",
    "failed": "Not right yet:",
    "not implemented": "Not written yet:",
    "error": "Raised an error:",
    "timeout": "Took too long:",
    "crashed": "Crashed:",
    "out of memory": "Ran out of memory:",
}
MARKS = {"passed": "passed", "not implemented": "todo"}  # every other state is "failed"


def write_feedback(folder: Path, title: str, max_score: float, result: dict, standing: Standing) -> None:
    """Write the page of one student."""
    page = render(
        "feedback.html.j2",
        title=title,
        student=result["student"],
        status=result["status"],
        why=result["why"],
        score=standing.score,
        max_score=max_score,
        late_penalty=standing.late_penalty,
        notes=result["notes"],
        cells=result["cells"],
        manual=standing.manual,
        extra=standing.extra,
        comments=standing.comments,
        advice=ADVICE,
        exercises=[_counted(exercise, standing) for exercise in result["exercises"]],
    )
    update(folder / f"{file_name(result['student'])}.html", page)


def _counted(exercise: dict, standing: Standing) -> dict:
    """The exercise with the points that count, a person's instead of the checks' where there are some."""
    name = exercise["name"]
    counting = standing.manual.get(name, exercise["points"]) + standing.extra.get(name, 0)
    return exercise | {"counting": counting, "checks": [_shown(check) for check in exercise["checks"]]}


def _shown(check: dict) -> dict:
    message, hint = split_hint("" if check["state"] in ("passed", "not implemented") else check["message"])
    return check | {
        "word": WORDS[check["state"]],
        "mark": MARKS.get(check["state"], "failed"),
        "message": message,
        "hint": hint,
    }


def split_hint(message: str) -> tuple[str, str]:
    """A check's message without its hint, and the hint."""
    text, _, hint = message.partition("\nhint: ")
    return text, hint
