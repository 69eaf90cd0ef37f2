"""nbgrader's own commands work from the root of the course, with our isolation and trust, and give the same scores."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests import tiny_course
from tests.tiny_course import SLUG, grade

OPTIONS = ("--Grade.seed=1", "--Grade.time_s=3")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose sample class, with some more accidents, went through nbgrader's commands."""
    root = tiny_course.make(tmp_path_factory.mktemp("course"))
    submitted = root / "build" / "course" / "submitted"
    shutil.copytree(root / "submitted", submitted)
    spoil(submitted)
    nbgrader(root, "generate_assignment", SLUG)
    done = nbgrader(root, "autograde", SLUG, *OPTIONS, fails=True)  # because of those that are refused
    (root / "autograde.log").write_text(done.stderr, encoding="utf-8")
    nbgrader(root, "generate_feedback", SLUG)
    nbgrader(root, "export", "--to", str(root / "nbgrader.csv"))
    return root


def spoil(submitted: Path) -> None:
    """What would have stopped or fooled nbgrader, each around a right answer that is honest."""
    for name in ("linked notebook", "linked file", "extra files", "old schema", "skip tags", "handed in"):
        shutil.copytree(submitted / "full marks", submitted / name)
    linked = submitted / "linked notebook" / SLUG / f"{SLUG}.ipynb"
    linked.unlink()
    linked.symlink_to(submitted / "full marks" / SLUG / f"{SLUG}.ipynb")
    (submitted / "linked file" / SLUG / "notes.txt").symlink_to("/dev/zero")  # nbgrader alone would copy it for ever
    (submitted / "extra files" / SLUG / "numpy.py").write_text("raise SystemExit")
    rewrite(submitted / "old schema" / SLUG / f"{SLUG}.ipynb", lambda metadata: metadata.nbgrader.update(schema_version=1))
    rewrite(submitted / "skip tags" / SLUG / f"{SLUG}.ipynb", lambda metadata: metadata.update(tags=["skip-execution"]))
    (submitted / "handed in" / SLUG / "timestamp.txt").write_text("2026-09-01 12:00:00 UTC")


def rewrite(path: Path, change: object) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            change(cell.metadata)
    nbformat.write(notebook, path)


def nbgrader(root: Path, *arguments: str, fails: bool = False, folder: Path | None = None) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).parent / "nbgrader"), *arguments]
    environment = tiny_course.environment() | ({"COURSE_FOLDER": str(folder)} if folder else {})
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done.stderr
    return done


def read(path: Path, student: str) -> dict[str, str]:
    """Score by student, as written in a grade sheet."""
    with path.open(encoding="utf-8", newline="") as file:
        return {line[student]: line["score"] for line in csv.DictReader(file)}


def autograded(course: Path, student: str) -> Path:
    return course / "build" / "course" / "autograded" / student / SLUG


def test_both_ways_give_the_same_scores(course):
    done = grade(course, course / "build" / "course" / "submitted", course / "out", "--seed", "1", "--time-limit", "3")
    assert done.returncode == 0, done.stderr
    ours, theirs = read(course / "out" / "grades.csv", "student"), read(course / "nbgrader.csv", "student_id")
    assert {student: float(score) if score else None for student, score in theirs.items()} == {
        student: float(score) if score else None for student, score in ours.items()
    }
    assert len(ours) == 18 and ours["full marks"] == "5" and ours["half right"] == "2" and ours["untouched"] == "0"


@pytest.mark.parametrize("student", ["extra files", "old schema", "skip tags", "handed in"])
def test_accidents_keep_their_points(course, student):
    assert read(course / "nbgrader.csv", "student_id")[student] == "5.0"


@pytest.mark.parametrize("student", ["linked notebook", "linked file", "not valid JSON"])
def test_what_the_gate_refuses_is_said_and_has_no_score(course, student):
    assert f"submitted/{student}/{SLUG}/{SLUG}.ipynb: " in (course / "autograde.log").read_text(encoding="utf-8")
    assert read(course / "nbgrader.csv", "student_id")[student] == ""
    assert not autograded(course, student).exists()


def test_no_file_of_a_submission_is_copied_but_its_time(course):
    assert [path.name for path in autograded(course, "extra files").iterdir()] == [f"{SLUG}.ipynb"]
    assert (autograded(course, "handed in") / "timestamp.txt").read_text(encoding="utf-8") == "2026-09-01 12:00:00 UTC\n"


def test_check_cells_come_from_the_release_and_carry_the_outcome(course):
    notebook = nbformat.read(autograded(course, "skip tags") / f"{SLUG}.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == "check-busiest")
    assert "tags" not in cell.metadata
    (output,) = cell.outputs
    assert output.data["text/plain"] == "3" and "busiest: 3 of 3 points" in output.data["text/html"]


def test_feedback_of_nbgrader_shows_our_messages(course):
    path = course / "build" / "course" / "feedback" / "wrong 2 by the signed mean" / SLUG / f"{SLUG}.html"
    assert "square before the mean" in path.read_text(encoding="utf-8")


def test_nbgrader_makes_feedback_of_a_class_that_our_command_graded(course, tmp_path):
    shutil.copytree(course / "submitted" / "half right", tmp_path / "submitted" / "ada")
    assert grade(course, tmp_path / "submitted", tmp_path / "out").returncode == 0
    nbgrader(course, "generate_feedback", SLUG, folder=tmp_path / "out")
    page = tmp_path / "out" / "feedback" / "ada" / SLUG / f"{SLUG}.html"
    assert "(Score: 2.0 / 5.0)" in page.read_text(encoding="utf-8")


def test_a_new_submission_is_graded_again_by_nbgrader_too(course):
    folder = course / "build" / "course" / "submitted" / "handed in" / SLUG
    shutil.copy(folder.parents[1] / "half right" / SLUG / f"{SLUG}.ipynb", folder)
    (folder / "timestamp.txt").write_text("2026-09-02 12:00:00 UTC")
    nbgrader(course, "autograde", SLUG, "--student=handed in", *OPTIONS)
    nbgrader(course, "export", "--to", str(course / "later.csv"))
    assert read(course / "later.csv", "student_id")["handed in"] == "2.0"
