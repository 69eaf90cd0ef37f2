"""`python -m autograder check` and `pytest NOTEBOOK` judge the student's own file, and say what they cannot read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.build import build
from autograder.lesson import ROOT
from autograder.notebook import NotebookError, check_exercise, read_notebook, run_cells

SLUG = "a00_motion_energy"


@pytest.fixture
def solved(example: Path) -> Path:
    """The example's release with the reference put in, as a student would hand it in."""
    build([SLUG], example)
    release = example / "assignments" / f"{SLUG}.ipynb"
    book = json.loads(release.read_text(encoding="utf-8"))
    answers = {
        c["id"]: c["source"] for c in json.loads((example / "build" / "solved" / f"{SLUG}.ipynb").read_text(encoding="utf-8"))["cells"]
    }
    for cell in book["cells"]:
        if cell["id"].startswith("exercise-"):
            cell["source"] = answers[cell["id"]]
    release.write_text(json.dumps(book), encoding="utf-8")
    return release


def edit(path: Path, cell_id: str, source: str) -> None:
    book = json.loads(path.read_text(encoding="utf-8"))
    next(cell for cell in book["cells"] if cell["id"] == cell_id)["source"] = source
    path.write_text(json.dumps(book), encoding="utf-8")


def states(path: Path) -> dict[str, list[str]]:
    """The state of every check, by exercise."""
    notebook = read_notebook(path)
    names, troubles = run_cells(notebook)
    return {name: [result.state for result in check_exercise(notebook, name, names, troubles)] for name in notebook.exercises}


def run_pytest(path: Path) -> subprocess.CompletedProcess:
    """pytest on a notebook, with the example's checks in reach."""
    options = [str(path), "-v", "--rootdir", ".", "-p", "autograder.pytest_notebooks"]
    code = f"import tests.conftest, pytest, sys; sys.exit(pytest.main({options!r}))"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


def test_a_solved_notebook_passes_every_check(solved):
    assert states(solved) == {"difference": ["passed"] * 2, "busiest": ["passed"] * 2}


def test_the_students_own_file_is_the_one_that_is_checked(solved):
    edit(solved, "exercise-busiest", "def busiest(clip):\n    return 'poison'")
    assert states(solved) == {"difference": ["passed"] * 2, "busiest": ["failed"] * 2}


def test_an_untouched_notebook_is_not_written_yet(example):
    build([SLUG], example)
    found = states(example / "assignments" / f"{SLUG}.ipynb")
    assert set(found["difference"] + found["busiest"]) == {"not implemented"}


def test_a_cell_that_raises_is_named_and_hides_no_other_exercise(solved):
    edit(solved, "exercise-busiest", "def busiest(clip:\n    return 1")
    notebook = read_notebook(solved)
    names, troubles = run_cells(notebook)
    assert [trouble.cell for trouble in troubles] == [8]
    assert all(result.state == "passed" for result in check_exercise(notebook, "difference", names, troubles))
    result = next(check_exercise(notebook, "busiest", names, troubles))
    assert result.state == "error" and "not defined: busiest\ncell 8 raised SyntaxError" in result.message


def test_a_changed_check_cell_is_named(solved):
    edit(solved, "check-busiest", "5.0")
    notebook = read_notebook(solved)
    result = next(check_exercise(notebook, "busiest", *run_cells(notebook)))
    assert "`check.busiest(...)` is missing or was changed" in result.message


@pytest.mark.parametrize(
    "magic", ["%matplotlib", "%matplotlib inline", "%matplotlib widget", "%pylab inline", "%config InlineBackend.close_figures = False"]
)
def test_magics_that_tell_jupyter_how_to_show_figures_are_taken(solved, magic):
    source = next(cell.source for _, cell in read_notebook(solved).cells if cell.id == "exercise-busiest")
    edit(solved, "exercise-busiest", f"{magic}\n{source}")
    assert states(solved)["busiest"] == ["passed"] * 2


def test_demo_cells_are_not_run(solved):
    book = json.loads(solved.read_text(encoding="utf-8"))
    demo = next(cell["id"] for cell in book["cells"] if cell["id"].startswith("demo-"))
    edit(solved, demo, "raise SystemExit('a demo ran')")
    assert run_cells(read_notebook(solved))[1] == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        pytest.param("a00_motion_energy.ipynb", "{", "not a readable notebook", id="broken-json"),
        pytest.param(
            "a77_nothing.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "of no lesson", id="other-lesson"
        ),
        pytest.param("notes.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "of no lesson", id="no-lesson"),
    ],
)
def test_a_file_that_is_no_notebook_of_the_course_is_refused_in_a_sentence(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotebookError, match=message):
        read_notebook(path)


def test_pytest_collects_one_item_a_check_and_passes_on_a_solved_notebook(solved):
    run = run_pytest(solved)
    assert "5 passed" in run.stdout, run.stdout


def test_pytest_shows_the_message_of_a_failing_check_without_a_traceback(solved):
    edit(solved, "exercise-difference", "def difference(clip):\n    return clip[:-1] - clip[1:]")
    run = run_pytest(solved)
    assert "hint: the next frame minus this one" in run.stdout
    assert "Traceback" not in run.stdout and "2 failed" in run.stdout


def test_the_command_ends_with_the_points_and_an_exit_code(tmp_path):
    missing = subprocess.run(
        [sys.executable, "-m", "autograder", "check", str(tmp_path / "a.ipynb")], cwd=ROOT, capture_output=True, text=True
    )
    assert missing.returncode == 1 and "no such file" in missing.stderr
