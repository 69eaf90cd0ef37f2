"""The same tasks on a real Dask cluster on loopback, of which parts are killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.classroom import cluster
from autograder.classroom.submissions import ClassError
from tests import tiny_course
from tests.tiny_course import SLUG, grade, guide, scores

STUDENTS = 12
SCHEDULER, WORKERS, GRADE = guide("A class too large for one machine")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tiny_course.make(tmp_path_factory.mktemp("course"))
    shutil.rmtree(root / "submitted" / "infinite loop")
    return root


class Cluster:
    """A scheduler and workers, started by the guide's lines, each a process that the test may kill."""

    def __init__(self, course: Path) -> None:
        self.course = course
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker(), self.start_worker()]

    def start_scheduler(self) -> subprocess.Popen:
        return self._start(SCHEDULER, "--no-show")

    def start_worker(self) -> subprocess.Popen:
        return self._start(WORKERS.replace("--nworkers 16", "--no-nanny"), "--no-dashboard", "--local-directory", "/tmp")

    def _start(self, line: str, *more: str) -> subprocess.Popen:
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = tiny_course.environment() | {"PATH": programs, "DASK_DISTRIBUTED__SCHEDULER__DASHBOARD__ENABLED": "false"}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = ["env", *line.replace("10.0.0.1", "127.0.0.1").replace("8786", str(self.port)).split(), *more]
        return subprocess.Popen(command, cwd=self.course, env=environment, start_new_session=True, **quiet)

    def close(self) -> None:
        for process in [*self.workers, self.scheduler]:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def dask(course: Path) -> Iterator[Cluster]:
    found = Cluster(course)
    yield found
    found.close()


def many(course: Path, folder: Path) -> Path:
    sources = sorted((course / "submitted").iterdir())
    for number in range(STUDENTS):
        shutil.copytree(sources[number % len(sources)], folder / f"student {number:02}")
    return folder


def count(out: Path) -> int:
    return len(list((out / "results").glob("*.json")))


def wait_for(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_a_worker_and_then_the_scheduler_die_and_nothing_finished_is_lost(course, dask, tmp_path):
    submissions, out = many(course, tmp_path / "submitted"), tmp_path / "out"
    *_, option, _ = GRADE.split()
    arguments = tiny_course.command(submissions, out, "--seed", "1", option, dask.address)
    running = subprocess.Popen(
        [sys.executable, *arguments], cwd=course, env=tiny_course.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    wait_for(lambda: count(out) >= 2 or running.poll() is not None)
    dask.workers[0].kill()
    wait_for(lambda: count(out) >= 5 or running.poll() is not None)
    dask.scheduler.kill()
    dask.scheduler.wait()
    finished = {path: path.read_bytes() for path in (out / "results").glob("*.json")}
    assert 5 <= len(finished) < STUDENTS
    dask.scheduler = dask.start_scheduler()
    dask.workers.append(dask.start_worker())  # a worker leaves with its scheduler
    said = running.communicate()[0]
    assert running.returncode == 0 and "Traceback" not in said, said
    assert all(path.read_bytes() == data for path, data in finished.items())
    assert grade(course, submissions, tmp_path / "local", "--seed", "1").returncode == 0
    assert scores(out) == scores(tmp_path / "local") and len(scores(out)) == STUDENTS


def test_a_scheduler_that_is_not_there_is_named():
    with pytest.raises(ClassError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        next(cluster.run({"ada": "{}"}, str.upper, "tcp://127.0.0.1:9", patience_s=1))


def test_an_address_that_is_none_is_named():
    with pytest.raises(ClassError, match="'nonsense' is no scheduler address"):
        next(cluster.run({"ada": "{}"}, str.upper, "nonsense"))


def test_what_travels_is_text(course):
    """Nothing of a submission is in a task, and an answer is JSON: there is nothing of a student's to unpickle."""
    from autograder.classroom.task import task

    text = task(course / "submitted" / "full marks" / SLUG / f"{SLUG}.ipynb", "full marks", SLUG, {"seed": 1})
    assert isinstance(text, str) and "def difference" not in text
