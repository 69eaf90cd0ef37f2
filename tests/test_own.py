"""`python -m autograder check` prints what one's own notebook reaches, and what to do next; nothing in it lasts for ever."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import tiny_course

STUB = "def {}(clip):\n    raise NotImplementedError"
RIGHT = """def difference(clip):
    if len(clip) < 2:
        raise ValueError("a difference needs two frames")
    return clip[1:] - clip[:-1]"""
BUSIEST = "def busiest(clip):\n    return int((difference(clip) ** 2).mean(axis=(1, 2)).argmax())"
WRONG = RIGHT.replace("clip[1:] - clip[:-1]", "clip[1:] * 0")
ENDLESS = RIGHT.replace("return", "while True:\n        pass\n    return")
WITHDRAWN = RIGHT.replace("return", "import os\n    os._exit(3)\n    return")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The machine with the example lesson alone, where the second process finds its checks too."""
    root = tmp_path_factory.mktemp("course")
    tiny_course.copy_machine(root)
    for source, target in [("solutions", "solutions"), ("checks", "autograder/checks")]:
        shutil.copytree(tiny_course.EXAMPLE / source, root / target, dirs_exist_ok=True, ignore=tiny_course.STALE)
    built = tiny_course.python(root, "-m", "autograder", "build")
    assert built.returncode == 0, built.stderr
    return root


def check(course: Path, answers: dict[str, str], *options: str) -> subprocess.CompletedProcess:
    """The command's run on the release with these cells in place of exercises."""
    book = json.loads((course / "assignments" / f"{tiny_course.SLUG}.ipynb").read_text(encoding="utf-8"))
    for cell in book["cells"]:
        cell["source"] = answers.get(cell["id"].removeprefix("exercise-"), cell["source"])
    (course / "mine.ipynb").write_text(json.dumps(book), encoding="utf-8")
    return tiny_course.python(course, "-m", "autograder", "check", "mine.ipynb", *options)


def test_full_points_end_the_command_well_and_leave_nothing_to_begin_with(course):
    run = check(course, {"difference": RIGHT, "busiest": BUSIEST})
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == f"{tiny_course.SLUG}: 5 of 5 points"


@pytest.mark.parametrize("answer", [WRONG, "def"], ids=["wrong", "no-python"])
def test_an_exercise_that_stands_on_another_is_not_the_one_to_begin_with(course, answer):
    run = check(course, {"difference": answer, "busiest": BUSIEST + " + 1"})
    assert run.returncode == 1
    assert "busiest uses difference, which is not right yet: mend difference first" in run.stdout
    assert run.stdout.splitlines()[-1] == "begin with: difference"


def test_exercises_that_are_not_written_take_one_line_together(course):
    run = check(course, {"difference": STUB.format("difference"), "busiest": STUB.format("busiest")})
    assert run.stdout.splitlines() == ["not written yet: difference, busiest", "a00_motion_energy: 0 of 5 points", "begin with: difference"]


@pytest.mark.parametrize(
    ("answer", "words"), [(ENDLESS, "stopped after 3 s"), (WITHDRAWN, "the process ended with exit code 3")], ids=["endless", "gone"]
)
def test_a_check_that_does_not_end_costs_its_exercise(course, answer, words):
    run = check(course, {"difference": answer, "busiest": "def busiest(clip):\n    return 0"}, "--time-limit", "3")
    first, _, rest = run.stdout.partition("busiest: ")
    assert first.startswith("difference: 0 of") and words in first and "not run: an earlier check of this exercise ended so" in first
    assert "hint: " in rest and words not in rest


@pytest.mark.parametrize(
    ("line", "words"),
    [("while True: pass", "stopped after 3 s"), ("import os; os._exit(3)", "ended with exit code 3")],
    ids=["endless", "gone"],
)
def test_a_cell_that_does_not_end_is_named_and_hides_no_other_exercise(course, line, words):
    run = check(course, {"difference": RIGHT, "busiest": f"print('so far')\n{line}"}, "--time-limit", "3")
    assert "so far\n" in run.stdout and "difference: 2 of 2 points" in run.stdout
    assert "not defined: busiest\n         cell 8: " in run.stdout and words in run.stdout
