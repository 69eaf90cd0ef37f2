"""Scores and comments set in nbgrader's own form grader, and late days, count and stay, through the real commands."""

import csv
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import tiny_course
from tests.tiny_course import SLUG, grade

START_S = 180  # on a busy machine
LATE = '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which `ada` (2 of 5 points) and `bo` (5 points) were graded into `graded`."""
    root = tiny_course.make(tmp_path_factory.mktemp("course"))
    for student, answer in {"ada": "half right", "bo": "full marks"}.items():
        shutil.copytree(root / "submitted" / answer, root / "class" / student)
    assert run(root).returncode == 0
    return root


def run(root: Path) -> subprocess.CompletedProcess:
    return grade(root, root / "class", root / "graded", "--seed", "1")


@pytest.fixture(scope="module")
def formgrader(course: Path) -> Iterator[str]:
    """nbgrader's form grader on the class, as the instructor's page says to start it; yields the address of its interface."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"]
    places = {name: str(course / "jupyter") for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    environment = tiny_course.environment() | places | {"COURSE_FOLDER": "graded"}
    with (course / "jupyter.log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], cwd=course, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}/formgrader/api"
        end = time.monotonic() + START_S
        while True:
            try:
                ask(f"{url}/assignments")
                break
            except OSError:
                assert time.monotonic() < end and server.poll() is None, (course / "jupyter.log").read_text()[-2000:]
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def ask(url: str, **put: object) -> object:
    """What the form grader answers; with values, after putting them."""
    request = urllib.request.Request(url, json.dumps(put).encode() if put else None, method="PUT" if put else "GET")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def sheet(course: Path) -> dict[str, dict[str, str]]:
    """grades.csv by student."""
    with (course / "graded" / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {line["student"]: line for line in csv.DictReader(file)}


def stamps(course: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (course / "graded" / "results").iterdir()}


def test_what_a_person_set_in_the_form_grader_counts_and_outlives_a_regrade(course, formgrader):
    (notebook,) = [one for one in ask(f"{formgrader}/submitted_notebooks/{SLUG}/{SLUG}") if one["student"] == "ada"]
    assert notebook["score"] == 2
    by_name = {entry["name"]: entry for entry in ask(f"{formgrader}/grades?submission_id={notebook['id']}")}
    ask(f"{formgrader}/grade/{by_name['check-busiest']['id']}", manual_score=2.5)
    comments = {entry["name"]: entry for entry in ask(f"{formgrader}/comments?submission_id={notebook['id']}")}
    ask(f"{formgrader}/comment/{comments['busiest']['id']}", manual_comment="Nearly: mind the sign.")

    before = stamps(course)
    assert "moved: ada: 2 -> 4.5, by hand" in run(course).stdout
    assert stamps(course) == before  # nothing is graded again
    assert sheet(course)["ada"]["score"] == "4.5" and sheet(course)["ada"]["checks_score"] == "2"
    page = (course / "graded" / "feedback" / "ada.html").read_text(encoding="utf-8")
    assert "2.5 of 3 points count" in page and "Nearly: mind the sign." in page

    shutil.copytree(course / "submitted" / "full marks", course / "class" / "ada", dirs_exist_ok=True)  # handed in again
    done = run(course)
    assert done.returncode == 0 and "moved" not in done.stdout  # the score by hand counts still
    assert (course / "graded" / "moved.csv").read_text(encoding="utf-8").endswith(",ada,busiest,0,3,\n")
    assert [path.stem for path, stamp in stamps(course).items() if before[path] != stamp] == ["ada"]
    ada = sheet(course)["ada"]
    assert (ada["score"], ada["checks_score"], ada["needs_review"]) == ("4.5", "5", "yes")


def test_a_late_submission_loses_what_nbgraders_plugin_says_and_an_extension_gives_it_back(course):
    (course / "class" / "bo" / SLUG / "timestamp.txt").write_text("2026-10-02 12:00:00 UTC")
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + LATE, encoding="utf-8")
    due = ["db", "assignment", "add", SLUG, "--duedate=2026-09-30 12:00:00 UTC", f"--db=sqlite:///{course}/graded/gradebook.db"]
    nbgrader = str(Path(sys.executable).parent / "nbgrader")
    done = subprocess.run([nbgrader, *due], cwd=course, env=tiny_course.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "moved: bo: 5 -> 0, late" in run(course).stdout
    bo = sheet(course)["bo"]
    assert (bo["score"], bo["checks_score"], bo["late_penalty"]) == ("0", "5", "5")
    assert "5 points less for handing in late" in (course / "graded" / "feedback" / "bo.html").read_text(encoding="utf-8")

    script = f"""
from nbgrader.api import Gradebook
with Gradebook("sqlite:///graded/gradebook.db") as book:
    book.grant_extension("{SLUG}", "bo", days=3)
"""
    assert tiny_course.python(course, "-W", "ignore", "-c", script).returncode == 0
    assert "moved: bo: 0 -> 5, late" in run(course).stdout
    assert (sheet(course)["bo"]["score"], sheet(course)["bo"]["late_penalty"]) == ("5", "0")
