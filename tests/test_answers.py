"""The grader is graded: wrong answers fail with the message that helps, right ones pass, for every lesson."""

import importlib.util
import inspect
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.build import notebooks_of
from autograder.checks.core import NOT_IMPLEMENTED, Exercise, Result
from autograder.lesson import BEGIN, END, ROOT, Lesson, parse, read, slugs
from autograder.mutate import ENOUGH
from tests.answers.core import Answer, answers
from tests.grader_table import counted, rows

EXAMPLE = "a00_motion_energy"
LESSONS = slugs()
FOLDERS = {"solutions": "py", "autograder/checks": "py", "tests/answers": "py", "lectures": "md", "assignments": "ipynb"}


def exercise(slug: str, name: str) -> Exercise:
    return getattr(importlib.import_module(f"autograder.checks.{slug}"), name)


def marked(slug: str) -> list[Answer]:
    if importlib.util.find_spec(f"tests.answers.{slug}") is None:
        return []  # test_a_lesson_has_the_same_name_in_every_folder says so
    return answers(importlib.import_module(f"tests.answers.{slug}"))


def answer_cases() -> list:
    return [pytest.param(slug, answer, id=f"{slug[:3]}-{answer.label}") for slug in LESSONS for answer in marked(slug)]


def exercise_cases() -> list:
    return [pytest.param(slug, name, id=f"{slug[:3]}-{name}") for slug in LESSONS for name in parse(slug).exercises]


def judge(slug: str, answer: Answer) -> Iterator[Result]:
    """Results of an answer as they come, with the reference for the exercise's other functions."""
    solution = importlib.import_module(f"solutions.{slug}")
    names = parse(slug).arguments[answer.exercise]
    students = [answer.function if name == answer.name else getattr(solution, name) for name in names]
    assert answer.name in names, f"{answer.label} replaces {answer.name!r}, but the check takes {names}"
    return exercise(slug, answer.exercise).run(*students, seed=0)


@pytest.mark.parametrize(("slug", "answer"), answer_cases())
def test_answers_are_told_apart(slug: str, answer: Answer):
    failed = (f"{result.check}: {result.message}" for result in judge(slug, answer) if result.state != "passed")
    if answer.message is None:
        assert list(failed) == []
        return
    seen = []
    for text in failed:
        seen.append(text)
        if answer.message in text:  # the other checks need not run
            break
    assert answer.message in "\n".join(seen)


@pytest.mark.parametrize(("slug", "name"), exercise_cases())
def test_the_reference_reaches_full_points(slug: str, name: str):
    solution = importlib.import_module(f"solutions.{slug}")
    students = [getattr(solution, argument) for argument in parse(slug).arguments[name]]
    failed = [f"{result.check}: {result.message}" for result in exercise(slug, name).run(*students, seed=1) if result.state != "passed"]
    assert failed == []


@pytest.mark.parametrize(("slug", "name"), exercise_cases())
def test_an_exercise_has_five_wrong_and_two_right_answers(slug: str, name: str):
    found = [answer for answer in marked(slug) if answer.exercise == name]
    assert len([answer for answer in found if answer.message is not None]) >= 5
    assert len([answer for answer in found if answer.message is None]) >= 2


@pytest.mark.parametrize(("slug", "name"), exercise_cases())
def test_an_exercise_has_three_to_twenty_lines_to_write(slug: str, name: str):
    regions = re.findall(f"# {BEGIN}\n(.*?)# {END}", parse(slug).exercises[name].source, re.DOTALL)
    lines = [len([line for line in region.split("\n") if line.strip()]) for region in regions]
    assert sum(lines) >= 3 and max(lines) <= 20, f"{lines} lines"


@pytest.mark.parametrize("slug", LESSONS)
def test_a_lesson_has_the_same_name_in_every_folder(slug: str):
    for folder, suffix in FOLDERS.items():
        assert (ROOT / folder / f"{slug}.{suffix}").is_file(), f"{folder}/{slug}.{suffix} is missing"


@pytest.mark.parametrize("slug", LESSONS)
def test_a_lesson_has_a_row_in_the_readme(slug: str):
    assert f"(lectures/{slug}.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_folder_holds_a_lesson_that_has_no_script():
    for folder, suffix in FOLDERS.items():
        stray = {path.stem for path in (ROOT / folder).glob(f"a[0-9][0-9]_*.{suffix}")} - set(LESSONS)
        assert stray == set(), f"{folder}: {stray}"


def stub_of(lesson: Lesson) -> str:
    """The cells of a lesson as students get them, without checks and demos, as one module."""
    release = json.loads(notebooks_of(lesson).release)
    kept = [cell for cell in release["cells"] if cell["id"].startswith(("given-", "exercise-"))]
    return "\n\n".join("".join(cell["source"]) for cell in kept)


@pytest.mark.parametrize("slug", LESSONS)
def test_an_untouched_notebook_reaches_nothing(slug: str):
    lesson = read(slug)
    names: dict = {"__name__": "untouched"}
    exec(compile(stub_of(lesson), "untouched", "exec"), names)
    for name, arguments in lesson.arguments.items():
        states = {result.state for result in exercise(slug, name).run(*(names[argument] for argument in arguments))}
        assert states == {NOT_IMPLEMENTED}, f"{name}: {states}"


@pytest.mark.parametrize("slug", LESSONS)
def test_every_check_says_what_it_asks(slug: str):
    for name in parse(slug).arguments:
        for check in exercise(slug, name).checks:
            assert check.about, f"{name}: {check.name} has no docstring"
            assert "seed" in inspect.signature(check.function).parameters


def test_the_page_on_the_grader_counts_right():
    """`python -m tests.grader_table` counts; with `--mutate SLUG` it says of a lesson what mutants were noticed."""
    found = rows()
    assert {slug: list(map(int, cells[:-1])) for slug, cells in found.items()} == {slug: counted(slug) for slug in LESSONS}
    shares = [re.search(r"\(([\d.]+) %\)$", cells[-1]) for cells in found.values()]
    assert all(share and float(share[1]) >= 100 * ENOUGH for share in shares)


def test_checks_never_look_at_solutions():
    for path in (ROOT / "autograder" / "checks").glob("*.py"):
        assert "solutions" not in [line.split()[1].partition(".")[0] for line in import_lines(path)], path.name


def test_helpers_of_students_hold_no_answer():
    for path in (ROOT / "assignments" / "common").glob("*.py"):
        assert not any("solutions" in line or "autograder" in line for line in import_lines(path)), path.name


def import_lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip().startswith(("import ", "from "))]


def test_files_of_a_lesson_are_all_tracked_or_all_new():
    listed = subprocess.run(["git", "ls-files", "-o", "-c", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    stray = [name for name in listed if name.endswith(".ipynb") and not name.startswith("assignments/")]
    assert stray == [], "notebooks are built; only those in assignments/ are committed"
