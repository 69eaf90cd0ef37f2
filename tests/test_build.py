"""Building gives nbgrader's source, the student's notebook and a solved copy, always with the same bytes."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.build import build, stale
from autograder.lesson import ROOT, slugs

SLUG = "a00_motion_energy"


def notebook(example: Path, place: str) -> nbformat.NotebookNode:
    return nbformat.read(example / place / f"{SLUG}.ipynb", as_version=4)


def cell(book: nbformat.NotebookNode, cell_id: str) -> nbformat.NotebookNode:
    return next(cell for cell in book.cells if cell.id == cell_id)


def test_rebuilding_changes_no_byte(example):
    first = build([SLUG], example)
    bytes_before = [path.read_bytes() for path in first]
    assert len(first) == 3
    assert build([SLUG], example) == []
    for path in first:
        path.unlink()
    assert build([SLUG], example) == first
    assert [path.read_bytes() for path in first] == bytes_before


def test_a_notebook_somebody_worked_in_is_kept_when_it_is_replaced(example):
    build([SLUG], example)
    worked_in = example / "assignments" / f"{SLUG}.ipynb"
    worked_in.write_text("my answers", encoding="utf-8")
    assert build([SLUG], example) == [worked_in]
    assert [path.read_text(encoding="utf-8") for path in (example / "build" / "replaced").iterdir()] == ["my answers"]


def test_the_release_has_stubs_and_no_solution(example):
    build([SLUG], example)
    release = notebook(example, "assignments")
    stub = cell(release, "exercise-difference").source
    assert "raise NotImplementedError()" in stub and "clip[1:] - clip[:-1]" not in stub
    assert '"""Differences of neighbouring frames' in stub
    assert not any(c.get("outputs") or c.get("execution_count") for c in release.cells)


def test_check_cells_carry_the_points_of_their_checks(example):
    build([SLUG], example)
    release = notebook(example, "assignments")
    assert cell(release, "check-difference").metadata.nbgrader.points == 2
    assert cell(release, "check-busiest").metadata.nbgrader.points == 3


def test_demo_cells_are_tagged_and_guards_are_gone(example):
    build([SLUG], example)
    release = notebook(example, "assignments")
    demos = [c for c in release.cells if "demo" in c.metadata.get("tags", [])]
    assert [c.source.partition("\n")[0] for c in demos] == ["flash = np.zeros((8, 4, 4))"]
    assert not any("__main__" in c.source for c in release.cells)


def test_hidden_regions_stay_in_the_source_and_leave_the_release(example):
    script = example / "solutions" / f"{SLUG}.py"
    region = "    check.busiest(busiest)\n    ### BEGIN HIDDEN TESTS\n    check.busiest(busiest, seed=4711)\n    ### END HIDDEN TESTS"
    script.write_text(script.read_text(encoding="utf-8").replace("    check.busiest(busiest)", region), encoding="utf-8")
    build([SLUG], example)
    assert "4711" in cell(notebook(example, "build/course/source/" + SLUG), "check-busiest").source
    assert cell(notebook(example, "assignments"), "check-busiest").source.strip() == "check.busiest(busiest)"


def test_the_solved_notebook_has_no_markers(example):
    build([SLUG], example)
    solved = cell(notebook(example, "build/solved"), "exercise-difference").source
    assert "return clip[1:] - clip[:-1]" in solved and "SOLUTION" not in solved


def test_the_set_up_cell_is_the_second_and_refuses_a_notebook_outside_the_course(example, tmp_path):
    build([SLUG], example)
    setup = notebook(example, "assignments").cells[1]
    assert setup.id == "set-up"
    inside = subprocess.run([sys.executable, "-c", setup.source + "\nprint(root)"], cwd=ROOT / "lectures", capture_output=True, text=True)
    assert Path(inside.stdout.strip()) == ROOT
    outside = subprocess.run([sys.executable, "-c", setup.source], cwd=tmp_path, capture_output=True, text=True)
    assert "keep this notebook in the course's folder" in outside.stderr


def test_stale_and_orphaned_notebooks_are_named(example):
    build([SLUG], example)
    assert stale([SLUG], example) == []
    release = example / "assignments" / f"{SLUG}.ipynb"
    release.write_text(release.read_text(encoding="utf-8").replace("Motion energy", "Emotion"), encoding="utf-8")
    orphan = example / "assignments" / "a05_gone.ipynb"
    orphan.write_text("{}", encoding="utf-8")
    assert stale([SLUG], example) == [release, orphan]


def test_without_an_address_there_is_no_badge_and_no_clone(example):
    build([SLUG], example)
    assert "colab" not in (example / "assignments" / f"{SLUG}.ipynb").read_text(encoding="utf-8")


def test_with_an_address_there_is_a_badge_and_a_clone_cell(example):
    (example / "pyproject.toml").write_text('[tool.course]\nurl = "https://github.com/someone/course"\n', encoding="utf-8")
    build([SLUG], example)
    release = notebook(example, "assignments")
    badge = f"https://colab.research.google.com/github/someone/course/blob/main/assignments/{SLUG}.ipynb"
    assert badge in release.cells[0].source
    assert '"https://github.com/someone/course", "course"' in cell(release, "set-up").source


@pytest.mark.parametrize("slug", slugs())
def test_committed_notebooks_are_what_their_scripts_say(slug):
    assert slug not in [path.stem for path in stale([slug])]


def test_committed_notebooks_have_no_outputs():
    for path in (ROOT / "assignments").glob("*.ipynb"):
        book = json.loads(path.read_text(encoding="utf-8"))
        assert not any(c.get("outputs") for c in book["cells"]), path


@pytest.mark.parametrize("slug", ["a99_nothing", "../README"])
def test_an_unknown_lesson_ends_in_a_sentence(slug):
    run = subprocess.run([sys.executable, "-m", "autograder", "build", slug], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith(f"unknown lesson {slug!r}; there are:")
