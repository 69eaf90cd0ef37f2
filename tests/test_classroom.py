"""A class is graded by the real command: nothing is lost, nobody costs anybody else anything, and a second run changes nothing."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.classroom import local
from autograder.classroom.results import load, ungraded
from autograder.classroom.versions import checks_version
from tests import tiny_course
from tests.tiny_course import SLUG, grade, results, scores

FULL, HALF, NOTHING = ("graded", 5.0), ("graded", 2.0), ("graded", 0.0)
EXPECTED = {
    "full marks": FULL,
    'Núñez, José "Pepe"': FULL,
    "deleted and reordered cells": FULL,
    "warnings and much output": FULL,
    "no final newline": FULL,
    "half right": HALF,
    "infinite loop": HALF,
    "untouched": NOTHING,
    "syntax error": NOTHING,
    "wrong 1 the other way round": ("graded", 4.0),
    "wrong 2 by the signed mean": HALF,
    "not valid JSON": ("refused", 0.0),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_course.make(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def graded(course: Path) -> Path:
    """The sample class, graded once: what came out."""
    done = grade(course, course / "submitted", course / "out", "--time-limit", "3", "--seed", "1")
    assert done.returncode == 0, done.stderr
    return course / "out"


@pytest.fixture
def copied(course: Path, graded: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the class and of what came out, to change."""
    shutil.copytree(course / "submitted", tmp_path / "submitted")
    shutil.copytree(graded, tmp_path / "out")
    return tmp_path / "submitted", tmp_path / "out"


def many(course: Path, folder: Path, count: int) -> Path:
    """A class of `count` students that hand in the sample answers in turn, without the one that takes long."""
    sources = [course / "submitted" / student / SLUG for student in EXPECTED if student != "infinite loop"]
    for number in range(count):
        shutil.copytree(sources[number % len(sources)], folder / f"student {number:03}" / SLUG)
    return folder


def again(course: Path, submissions: Path, out: Path, *options: str) -> subprocess.CompletedProcess:
    """Grade with the settings of the first run."""
    return grade(course, submissions, out, "--time-limit", "3", *options)


def started(course: Path, submissions: Path, out: Path) -> subprocess.Popen:
    """The command, running in a session of its own."""
    arguments = tiny_course.command(submissions, out, "--seed", "1", "--jobs", "2")
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=course, env=tiny_course.environment(), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def workers(command: int) -> list[int]:
    """Process ids of the command's workers."""
    try:
        children = Path(f"/proc/{command}/task/{command}/children").read_text().split()
        return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    except OSError:
        return []


def stamps(out: Path) -> dict[Path, int]:
    """When each file but the database was last written."""
    return {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file() and path.suffix != ".db"}


def test_every_submission_of_the_sample_class_gets_its_score(graded):
    assert scores(graded) == EXPECTED


def test_the_grade_sheet_has_one_line_a_student_and_no_score_for_a_refused_one(graded):
    with (graded / "grades.csv").open(encoding="utf-8", newline="") as file:
        lines = {line["student"]: line for line in csv.DictReader(file)}
    assert list(lines) == sorted(EXPECTED)
    assert {line["assignment"] for line in lines.values()} == {SLUG} and {line["max_score"] for line in lines.values()} == {"5"}
    shown = {student: (line["status"], line["score"]) for student, line in lines.items()}
    assert shown == {student: (status, f"{score:g}" if status == "graded" else "") for student, (status, score) in EXPECTED.items()}


def test_every_student_gets_a_page(graded):
    assert {path.stem for path in (graded / "feedback").iterdir()} == set(EXPECTED)


def test_a_second_run_writes_no_file(course, copied):
    submissions, out = copied
    before = stamps(out)
    done = again(course, submissions, out)
    assert done.returncode == 0 and "moved" not in done.stdout
    assert stamps(out) == before


def test_only_a_changed_submission_is_graded_again_and_what_moved_is_said(course, copied):
    submissions, out = copied
    before = stamps(out / "results")
    shutil.copytree(submissions / "full marks", submissions / "half right", dirs_exist_ok=True)
    done = again(course, submissions, out)
    assert "moved: half right: 2 -> 5, new file\n" in done.stdout and "busiest" not in done.stdout
    assert [path.stem for path, stamp in stamps(out / "results").items() if before[path] != stamp] == ["half right"]
    _, total, exercise = (out / "moved.csv").read_text(encoding="utf-8").splitlines()
    assert total.endswith(",half right,,2,5,new file") and exercise.endswith(",half right,busiest,0,3,")
    assert scores(out) == EXPECTED | {"half right": FULL}


def test_a_result_without_its_last_half_is_made_again(course, copied):
    submissions, out = copied
    path = out / "results" / "full marks.json"
    path.write_text(path.read_text(encoding="utf-8")[:100], encoding="utf-8")
    assert again(course, submissions, out).returncode == 0
    assert scores(out) == EXPECTED


def test_a_result_of_another_program_is_passed_over(tmp_path):
    full = ungraded("ada", SLUG, {"isolation": "none", "seed": 1}, "graded", "")
    strange = {"bo": {"student": "bo", "assignment": SLUG}, "cy": [1], "dee": {**full, "student": "dee", "more": 1}}
    (tmp_path / "results").mkdir()
    for student, content in {"ada": full, **strange}.items():
        (tmp_path / "results" / f"{student}.json").write_text(json.dumps(content))
    (tmp_path / "results" / "eve.json").write_text("[" * 100_000)
    assert list(load(tmp_path, SLUG)) == ["ada", "dee"]


def test_who_loses_a_score_keeps_no_file_that_has_one(course, copied):
    """A file that no longer reads, a folder that was taken away, and a student who left."""
    submissions, out = copied
    (submissions / "half right" / SLUG / f"{SLUG}.ipynb").write_text("{")
    shutil.rmtree(submissions / "untouched" / SLUG)
    shutil.rmtree(submissions / "no final newline")
    done = again(course, submissions, out)
    assert done.returncode == 0, done.stderr
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        lines = {line["student"]: (line["status"], line["score"]) for line in csv.DictReader(file)}
    assert lines["half right"] == ("refused", "") and lines["untouched"] == ("missing", "") and "no final newline" not in lines
    with (out / "canvas.csv").open(encoding="utf-8", newline="") as file:
        exported = {line["SIS Login ID"] for line in csv.DictReader(file)} - {""}
    assert exported == {student for student, (status, _) in lines.items() if status == "graded"}
    assert {path.name for path in (out / "gradescope").iterdir()} == exported
    assert {path.stem for path in (out / "feedback").iterdir()} == set(lines)
    notebooks = {path.parts[-3] for path in (out / "autograded").glob(f"*/{SLUG}/{SLUG}.ipynb")}
    assert notebooks == exported | {"no final newline"}  # whose scores stay in the gradebook


def test_one_seed_gives_one_result_and_another_seed_the_same_scores(course, graded):
    """Five times with the first run's seed, once with another, in one process that stays warm."""
    script = """
import json, sys
from pathlib import Path
from autograder.classroom.task import run_task, task
def once(seed):
    terms = {"isolation": "auto", "time_s": 3, "memory_mb": 4096, "seed": seed}
    paths = [path for path in sorted(Path("submitted").glob("*/*/*.ipynb")) if path.parts[1] != "infinite loop"]
    return [json.loads(run_task(task(path, path.parts[1], path.stem, terms))) for path in paths]
if __name__ == "__main__":
    print(json.dumps([once(1) for _ in range(5)] + [once(2)]))
"""
    done = tiny_course.python(course, "-c", script)
    assert done.returncode == 0, done.stderr
    *runs, other = [{result["student"]: result for result in run} for run in json.loads(done.stdout)]
    recorded = results(graded)
    for run in runs:
        for student, result in run.items():
            assert without_times(result) == without_times(recorded[student])
    assert {student: (result["status"], result["score"]) for student, result in other.items()} == {s: EXPECTED[s] for s in other}


def without_times(result: dict) -> dict:
    """What must be the same in every run: all but how long it took, and the versions that the class notes beside it."""
    exercises = [exercise | {"checks": [check | {"seconds": 0} for check in exercise["checks"]]} for exercise in result["exercises"]]
    return result | {"seconds": 0, "checks": "", "submission": "", "exercises": exercises}


def test_killed_workers_lose_nothing(course, graded, tmp_path):
    submissions, chance = many(course, tmp_path / "submitted", 40), random.Random(0)
    running = started(course, submissions, tmp_path / "out")
    killed = 0
    while running.poll() is None:
        alive = workers(running.pid)
        if killed < 4 and alive and len(list((tmp_path / "out" / "results").glob("*.json"))) >= 8 * killed:
            os.kill(chance.choice(alive), signal.SIGKILL)
            killed += 1
        time.sleep(0.1)
    said = running.communicate()[0]
    assert running.returncode == 0, said
    assert killed == 4
    assert_all_graded(course, submissions, tmp_path / "out")


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-C", "kill"])
def test_a_run_that_is_stopped_goes_on_where_it_was(course, graded, tmp_path, way):
    submissions, out = many(course, tmp_path / "submitted", 24), tmp_path / "out"
    running = started(course, submissions, out)
    wait_for(lambda: len(list((out / "results").glob("*.json"))) >= 4 or running.poll() is not None)
    its_workers = workers(running.pid)
    running.send_signal(way)
    said = running.communicate(timeout=30)[0]
    if way == signal.SIGINT:
        assert running.returncode == 130 and "run the same command again" in said and "Traceback" not in said
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in its_workers))
    finished = stamps(out / "results")
    assert 4 <= len(finished) < 24
    assert grade(course, submissions, out).returncode == 0
    assert finished.items() <= stamps(out / "results").items()
    assert_all_graded(course, submissions, out)


def assert_all_graded(course: Path, submissions: Path, out: Path) -> None:
    by_bytes = {(course / "submitted" / student / SLUG / f"{SLUG}.ipynb").read_bytes(): EXPECTED[student] for student in EXPECTED}
    expected = {path.name: by_bytes[(path / SLUG / f"{SLUG}.ipynb").read_bytes()] for path in submissions.iterdir()}
    assert scores(out) == expected


def deadly(text: str) -> str:
    """Dies if told so, else answers in capitals; run in a worker."""
    if text == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return text.upper()


def test_a_task_that_kills_its_worker_is_tried_three_times_and_costs_no_other():
    answers = dict(local.run({"a": "one", "b": "die", "c": "two", "d": "three"}, deadly, jobs=2))
    assert isinstance(answers["b"], local.Lost) and "died 3 times, last by signal 9" in answers.pop("b")
    assert answers == {"a": "ONE", "c": "TWO", "d": "THREE"}


def sleepy(text: str) -> str:
    """Hangs if told so; run in a worker."""
    time.sleep(60 if text == "hang" else 0)
    return text.upper()


def test_a_task_that_hangs_is_ended_and_costs_no_other():
    """The worker is warm before its first task counts, as it is started here by the same import."""
    answers = dict(local.run({"a": "one", "b": "hang", "c": "two", "d": "three"}, sleepy, jobs=2, longest_s=20))
    assert isinstance(answers["b"], local.Lost) and "not done after 20 s" in answers.pop("b")
    assert answers == {"a": "ONE", "c": "TWO", "d": "THREE"}


def test_the_command_waits_for_no_import_that_it_does_not_need(course):
    """Torch is the workers' business, and a grammar of web addresses is nobody's: seconds each."""
    script = "import sys; from autograder.classroom import gradebook, notebooks, run, task; print(*sys.modules)"
    loaded = tiny_course.python(course, "-c", script).stdout.split()
    assert "nbgrader.api" in loaded
    assert not {"torch", "rfc3987_syntax.syntax_helpers", "distributed"} & set(loaded)


def test_a_submission_that_was_refused_for_what_lay_beside_it_is_graded_once_that_is_gone(course, one_student, tmp_path):
    beside = one_student / "ada" / SLUG / "notes.txt"
    beside.symlink_to("/etc/passwd")
    assert grade(course, one_student, tmp_path / "out").returncode == 0
    assert scores(tmp_path / "out") == {"ada": ("refused", 0.0)}
    beside.unlink()
    assert grade(course, one_student, tmp_path / "out").returncode == 0
    assert scores(tmp_path / "out") == {"ada": FULL}


def test_work_that_lies_elsewhere_is_said_and_gets_no_silent_zero(course, one_student, tmp_path):
    """In a folder of another name; beside an empty notebook; beside the students."""
    ada = one_student / "ada" / SLUG
    shutil.copytree(course / "submitted" / "untouched", one_student / "bo")
    shutil.copy(ada / f"{SLUG}.ipynb", one_student / "bo" / SLUG / f"{SLUG} (1).ipynb")
    shutil.copy(ada / f"{SLUG}.ipynb", one_student / "cy.ipynb")
    ada.rename(ada.parent / "motion")
    done = grade(course, one_student, tmp_path / "out")
    assert done.returncode == 0 and "not graded, beside the students' folders: cy.ipynb" in done.stderr
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8", newline="") as file:
        lines = {line["student"]: line for line in csv.DictReader(file)}
    assert {name: (line["status"], line["score"], line["needs_review"]) for name, line in lines.items()} == {
        "ada": ("refused", "", "yes"), "bo": ("graded", "0", "yes")}  # fmt: skip
    assert f"motion/{SLUG}.ipynb" in lines["ada"]["why"] and f"{SLUG} (1).ipynb" in lines["bo"]["why"]
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert lines["bo"]["why"] in report and "cy.ipynb" in report
    assert lines["bo"]["why"] in (tmp_path / "out" / "feedback" / "bo.html").read_text(encoding="utf-8")


VERSIONED = {
    "autograder/checks/a70_x.py": "from autograder.checks.deep import (\n    one,\n)\nfrom autograder.checks import flat as f",
    "autograder/checks/deep.py": "import autograder.checks.deeper",
    "autograder/checks/deeper.py": "",
    "autograder/checks/flat.py": "",
    "solutions/a70_x.py": "from assignments.common import show\nfrom solutions.a69_y import thing",
    "assignments/common/show.py": "",
    "solutions/a69_y.py": "",
}


@pytest.mark.parametrize("name", VERSIONED)
def test_whatever_decides_on_points_is_part_of_the_version(tmp_path, name):
    for path, text in [*VERSIONED.items(), ("autograder/checks/other.py", ""), ("source.ipynb", "")]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    before = checks_version("a70_x", tmp_path / "source.ipynb", tmp_path)
    (tmp_path / "autograder/checks/other.py").write_text("changed = 1")
    assert checks_version("a70_x", tmp_path / "source.ipynb", tmp_path) == before
    (tmp_path / name).write_text(f"{VERSIONED[name]}\nchanged = 1")
    assert checks_version("a70_x", tmp_path / "source.ipynb", tmp_path) != before


def test_what_our_side_could_not_do_is_not_a_zero(course, copied):
    """A check that kills the grader is our fault."""
    submissions, out = copied
    broken = out.parent / "course"
    shutil.copytree(course, broken, ignore=shutil.ignore_patterns("__pycache__", "out", "submitted"))
    path = broken / "autograder" / "checks" / f"{SLUG}.py"
    deadly_check = path.read_text(encoding="utf-8").replace("np.random.default_rng(seed)", "__import__('os')._exit(3)")
    path.write_text(deadly_check, encoding="utf-8")
    shutil.rmtree(submissions / "infinite loop")
    for student in [path.name for path in submissions.iterdir() if path.name not in ("full marks", "not valid JSON")]:
        shutil.rmtree(submissions / student)
    done = again(broken, submissions, out)
    assert done.returncode == 1
    assert "not graded: full marks: the worker that graded it died 3 times, last by exit code 3" in done.stderr
    assert (out / "grades.csv").read_text(encoding="utf-8").splitlines()[1].startswith(f"full marks,{SLUG},,5,not graded,")
    assert "full marks" not in (out / "canvas.csv").read_text(encoding="utf-8")


def test_checks_that_give_other_points_than_the_notebook_says_grade_nobody(course, one_student, tmp_path):
    """Else a score would lie above its maximum: the notebook is older than the checks."""
    changed = tmp_path / "course"
    shutil.copytree(course, changed, ignore=shutil.ignore_patterns("__pycache__", "out", "submitted"))
    path = changed / "autograder" / "checks" / f"{SLUG}.py"
    path.write_text(path.read_text(encoding="utf-8").replace("points=2", "points=20"), encoding="utf-8")
    done = grade(changed, one_student, tmp_path / "out")
    assert done.returncode == 2 and f"run `python -m autograder build {SLUG}`" in done.stderr
    assert "expected checks that give busiest 3 points" in done.stderr and "got busiest 21" in done.stderr
    assert not (tmp_path / "out" / "grades.csv").exists()
    assert tiny_course.python(changed, "-m", "autograder", "build", SLUG).returncode == 0
    assert grade(changed, one_student, tmp_path / "out").returncode == 0
    assert scores(tmp_path / "out") == {"ada": ("graded", 23.0)}


def test_a_folder_whose_name_is_odd_in_addresses_holds_its_gradebook(course, one_student, tmp_path):
    out = tmp_path / "really done? 100%41"
    assert grade(course, one_student, out).returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"submitted", out.name}
    command = [str(Path(sys.executable).parent / "nbgrader"), "export", "--to", str(out / "theirs.csv")]
    environment = tiny_course.environment() | {"COURSE_FOLDER": str(out)}
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with (out / "theirs.csv").open(encoding="utf-8", newline="") as file:
        assert [(line["student_id"], line["score"]) for line in csv.DictReader(file)] == [("ada", "5.0")]


def test_a_full_disk_ends_in_a_sentence_with_the_file_that_it_had_no_room_for(course, tmp_path):
    (tmp_path / "submitted" / "ada").mkdir(parents=True)  # and nothing in it: the first result is written at once
    script = f"""
import resource, sys
from autograder.__main__ import main
import autograder.classroom.run
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    sys.argv = {["autograder", *tiny_course.command(tmp_path / "submitted", tmp_path / "out")[2:]]!r}
    main()
"""
    done = tiny_course.python(course, "-B", "-c", script)
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path}/out/results/ada.json: File too large; expected a place that can be read and written\n"


@pytest.fixture
def one_student(course: Path, graded: Path, tmp_path: Path) -> Iterator[Path]:
    """A class of one right answer, at STUDENT/SLUG/SLUG.ipynb."""
    shutil.copytree(course / "submitted" / "full marks", tmp_path / "submitted" / "ada")
    yield tmp_path / "submitted"


def test_another_lessons_notebook_scores_nothing_and_says_why(course, one_student, tmp_path):
    path = one_student / "ada" / SLUG / f"{SLUG}.ipynb"
    path.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    assert grade(course, one_student, tmp_path / "out").returncode == 0
    (result,) = results(tmp_path / "out").values()
    assert result["score"] == 0
    assert "its cell is missing" in json.dumps(result)


REFUSALS = {  # submissions, out, settings, and words of the sentence
    "no such folder": ("nowhere", "new", {}, "cannot read the submissions"),
    "no students": ("empty", "new", {}, "no submissions in"),
    "out not writable": ("submitted", "file/out", {}, "expected a folder that is writable"),
    "out of another lesson": ("submitted", "other", {}, "holds results of a99_other"),
    "out among the students": ("submitted", "submitted/graded", {}, "whose folders are students"),
    "out is the class": ("submitted", "submitted", {}, "whose folders are students"),
    "no gradebook": ("submitted", "new", {"gradebook": "nonsense"}, "cannot open the gradebook nonsense"),
    "no scheduler": ("submitted", "new", {"scheduler": "nonsense"}, "no scheduler address"),
    "unknown isolation": ("submitted", "new", {"isolation": "hope"}, "isolation must be one of"),
}


@pytest.fixture(scope="module")
def refused(course: Path) -> dict[str, tuple[int, str]]:
    """Exit code and words of every call that cannot work, all made in one process."""
    (course / "file").write_text("")
    (course / "empty").mkdir()
    (course / "other" / "results").mkdir(parents=True)
    other = ungraded("ada", "a99_other", {"isolation": "none", "seed": 1}, "graded", "")
    (course / "other" / "results" / "ada.json").write_text(json.dumps(other))
    script = f"""
import contextlib, io, json
from pathlib import Path
from autograder.classroom.run import grade_class
def call(submissions, out, settings, _):
    with contextlib.redirect_stderr(io.StringIO()) as said:
        return grade_class("{SLUG}", Path(submissions), Path(out), **settings), said.getvalue()
if __name__ == "__main__":
    print(json.dumps({{name: call(*case) for name, case in {REFUSALS!r}.items()}}))
"""
    done = tiny_course.python(course, "-c", script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", REFUSALS, ids=[name.replace(" ", "-") for name in REFUSALS])
def test_what_cannot_work_ends_in_a_sentence(refused, case):
    code, said = refused[case]
    assert code == 2
    assert REFUSALS[case][-1] in said and len(said.splitlines()) == 1


def test_an_unknown_lesson_is_named(course, tmp_path):
    done = tiny_course.python(course, "-m", "autograder", "grade", "a77_nothing", "--submissions", str(tmp_path), "--out", str(tmp_path))
    assert done.returncode != 0 and "unknown lesson 'a77_nothing'" in done.stderr
