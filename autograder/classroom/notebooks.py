"""The autograded notebook of a submission: the released one with the student's cells in it, and every outcome below its check.

nbgrader's own scoring reads the points from there, and its form grader and feedback show it to people.
"""

import json
from pathlib import Path

import nbformat

from autograder.checks.core import Picture, Result
from autograder.checks.show import Score
from autograder.classroom.pages import update
from autograder.grading.gate import Refused, Submission, admit
from autograder.grading.limits import Limits
from autograder.grading.merge import steps
from autograder.lesson import ROOT, Lesson


def judged(lesson: Lesson, submission: Submission, result: dict, root: Path = ROOT) -> nbformat.NotebookNode:
    """Put a submission and its result into the released notebook."""
    notebook = nbformat.read(root / "assignments" / f"{lesson.slug}.ipynb", as_version=4)
    plan, _ = steps(lesson, submission)
    answers: dict[str, list[str]] = {}
    for step in plan:
        if step.kind == "exercise":
            answers.setdefault(f"exercise-{step.name}", []).append(step.source)
    printed = {f"exercise-{cell['id']}": cell for cell in result["cells"]}
    outcomes = {f"check-{exercise['name']}": exercise for exercise in result["exercises"]}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if f"exercise-{name}" in answers:
            cell.source = "\n\n\n".join(answers[f"exercise-{name}"])
            cell.outputs = printed_output(printed.get(f"exercise-{name}"))
        elif name in outcomes:
            cell.outputs = [outcome_output(outcomes[name])]
    own = [nbformat.v4.new_code_cell(step.source, id=f"own-{number}") for number, step in enumerate(plan) if step.kind == "own"]
    notebook.cells += own
    return notebook


def write_autograded(path: Path, lesson: Lesson, submitted: Path, result: dict) -> None:
    """Write the autograded notebook of a graded submission where nbgrader's form grader and feedback look for it."""
    try:
        submission = admit(submitted, Limits())
    except Refused:
        return  # it was taken away since it was graded
    notebook = judged(lesson, submission, result)
    update(path, nbformat.writes(notebook) + "\n")


def printed_output(cell: dict | None) -> list[nbformat.NotebookNode]:
    """What a student's cell printed, and the error that ended it, as plain text: nothing in it is an error to nbgrader."""
    text = "\n".join(filter(None, (cell["output"], cell["error"]))) if cell else ""
    return [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []


def outcome_output(exercise: dict) -> nbformat.NotebookNode:
    """An exercise's outcome as the value of its check cell: points as text, which nbgrader takes, and the table for people."""
    score = Score(exercise["name"], [_result(check) for check in exercise["checks"]])
    data = {"text/plain": json.dumps(exercise["points"]), "text/html": score._repr_html_()}
    return nbformat.v4.new_output("execute_result", data=data, execution_count=None)


def _result(check: dict) -> Result:
    from base64 import b64decode

    picture = Picture(b64decode(check["picture"]["png"]), check["picture"]["alt"]) if check["picture"] else None
    return Result(check["name"], check["about"], check["points"], check["max_points"], check["state"], check["message"], picture)
