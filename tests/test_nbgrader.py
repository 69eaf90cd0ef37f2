"""nbgrader's own commands work from the root of the course, with our isolation and trust, and give the same scores."""

import csv
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.lesson import ROOT
from tests import tiny_course
from tests.tiny_course import SLUG, grade, guide, scores

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
    nbgrader(root, "export")
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
    ours, theirs = read(course / "out" / "grades.csv", "student"), read(course / "build" / "course" / "nbgrader.csv", "student_id")
    assert {student: float(score) if score else None for student, score in theirs.items()} == {
        student: float(score) if score else None for student, score in ours.items()
    }
    assert len(ours) == 18 and ours["full marks"] == "5" and ours["half right"] == "2" and ours["untouched"] == "0"


@pytest.mark.parametrize("student", ["extra files", "old schema", "skip tags", "handed in"])
def test_accidents_keep_their_points(course, student):
    assert read(course / "build" / "course" / "nbgrader.csv", "student_id")[student] == "5.0"


@pytest.mark.parametrize("student", ["linked notebook", "linked file", "not valid JSON"])
def test_what_the_gate_refuses_is_said_and_has_no_score(course, student):
    assert f"submitted/{student}/{SLUG}/{SLUG}.ipynb: " in (course / "autograde.log").read_text(encoding="utf-8")
    assert read(course / "build" / "course" / "nbgrader.csv", "student_id")[student] == ""
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


COLLECTED = {  # names in archives, and the student
    "canvas": {
        f"smithjane_1234_98765_{SLUG}.ipynb": "smithjane",
        f"garciajose_LATE_1235_98766_{SLUG}-1.ipynb": "garciajose",
        f"liwei_1236_98767_{SLUG} (1).ipynb": "liwei",
        f"o_brien_1237_98768_work/{SLUG}.ipynb": "o_brien",
        f"__MACOSX/._smithjane_1234_98765_{SLUG}.ipynb": None,
    },
    "moodle": {
        f"Jane Smith_12345_assignsubmission_file_/{SLUG}.ipynb": "Jane Smith",
        f"Łukasz Żółć_12346_assignsubmission_file_/my work/{SLUG}(2).ipynb": "Łukasz Żółć",
        f"Łukasz Żółć_12346_assignsubmission_file_/my work/.ipynb_checkpoints/{SLUG}-checkpoint.ipynb": None,
    },
}


@pytest.mark.parametrize("system", COLLECTED)
def test_archives_are_collected_as_the_guide_says(course, tmp_path, system):
    notebook = course / "submitted" / "full marks" / SLUG / f"{SLUG}.ipynb"
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        for name in COLLECTED[system]:
            archive.write(notebook, name)
    folder, copy, collect, then = (line.split() for line in guide("Collect")[-4:])
    for command in (folder, [*copy[:-2], tmp_path / "submissions.zip", copy[-1]]):
        subprocess.run(command, cwd=course, check=True)
    submitted = course / then[then.index("--submissions") + 1]
    kept = submitted.rename(tmp_path / "kept")
    try:
        nbgrader(course, *collect[1:])
        assert grade(course, submitted, tmp_path / "out").returncode == 0
    finally:
        shutil.rmtree(submitted)
        kept.rename(submitted)
        shutil.rmtree(course / "build" / "course" / "downloaded")
    assert scores(tmp_path / "out") == {student: ("graded", 5.0) for student in COLLECTED[system].values() if student}


def test_a_lesson_is_released_to_the_exchange_as_the_guide_says(course, tmp_path):
    tmp_path.chmod(0o777)
    for command in guide("Release")[-2:]:
        nbgrader(course, *command.split()[1:], f"--Exchange.root={tmp_path}", "--force")
    assert (tmp_path / "video_synthesis" / "outbound" / SLUG / f"{SLUG}.ipynb").is_file()


def test_git_sees_nothing_of_what_the_guide_makes(tmp_path):
    """Names and grades are nobody's business."""
    shutil.copy(ROOT / ".gitignore", tmp_path)
    lines = [line.split() for section in ("Release", "Collect", "Grade") for line in guide(section)]
    made = {line[line.index(word) + 1] for line in lines for word in ("student", "--submissions", "--out") if word in line}
    assert made == {"handout", "submitted", "graded", "build/course/submitted"}
    for name in made:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "ada.txt").write_text("")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    command = ["git", "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == "?? .gitignore\n"
