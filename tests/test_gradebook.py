"""nbgrader's gradebook gets every score from one writer, and keeps what people put there."""

import csv
import io
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from autograder.classroom import gradebook
from autograder.classroom.gradebook import Move
from autograder.classroom.results import ungraded
from autograder.classroom.submissions import ClassError
from autograder.lesson import ROOT
from tests import tiny_course
from tests.tiny_course import SLUG, guide

TERMS = {"isolation": "auto", "time_s": 60, "memory_mb": 4096, "seed": 1}
EARLY, LATE = datetime(2026, 9, 1, 12), datetime(2026, 10, 1, 12)
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # where Debian and Ubuntu keep the server


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_course.make(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def prepared(course: Path) -> Path:
    """A gradebook that knows the lesson and nobody; making one takes seconds."""
    gradebook.prepare(f"sqlite:///{course / 'gradebook.db'}", source_of(course))
    return course / "gradebook.db"


@pytest.fixture
def url(prepared: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(prepared, tmp_path)}"


def source_of(course: Path) -> Path:
    return course / "build" / "course" / "source" / SLUG / f"{SLUG}.ipynb"


def graded(student: str, difference: float, busiest: float) -> dict:
    exercises = [{"name": "difference", "points": difference, "checks": []}, {"name": "busiest", "points": busiest, "checks": []}]
    return ungraded(student, SLUG, TERMS, "graded", "") | {"exercises": exercises, "score": difference + busiest}


def write(course: Path, url: str, *results: dict, times: dict[str, datetime] | None = None) -> tuple[dict, list[Move]]:
    return gradebook.write(url, source_of(course), results, times or {}, course / "nbgrader_config.py")


def by_hand(url: str, student: str, **changes: object) -> None:
    """What nbgrader's form grader does to the grade of `busiest`."""
    with gradebook._opened(url) as book:
        grade = book.find_grade("check-busiest", SLUG, SLUG, student)
        for name, value in changes.items():
            setattr(grade, name, value)
        book.db.commit()


def grade_of(url: str, student: str) -> tuple[float | None, float | None, bool]:
    """Automatic and manual score of `busiest`, and whether a person is to look at it."""
    with gradebook._opened(url) as book:
        grade = book.find_grade("check-busiest", SLUG, SLUG, student)
        return grade.auto_score, grade.manual_score, grade.needs_manual_grade


def test_a_gradebook_of_ours_has_the_version_that_nbgrader_gives_one(url):
    command = [sys.executable, "-c", "from nbgrader.api import get_alembic_version; print(get_alembic_version())"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    expected = subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=True).stdout.strip()
    with gradebook._opened(url) as book:
        assert book.db.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == expected


def test_no_password_is_shown_when_a_gradebook_cannot_be_opened(course):
    with pytest.raises(ClassError) as told:
        gradebook.prepare("postgresql+psycopg://grader:pass:w@rd@127.0.0.1:9/grades", source_of(course))
    assert str(told.value).startswith("cannot open the gradebook postgresql+psycopg://grader:***@127.0.0.1:9/grades")
    assert "w@rd" not in str(told.value)


def test_scores_arrive_and_writing_them_again_changes_nothing(course, url):
    results = [graded("ada", 2, 3), graded("b, c", 1, 0)]
    standings, moves = write(course, url, *results)
    assert {student: standing.score for student, standing in standings.items()} == {"ada": 5, "b, c": 1}
    assert moves == []
    assert write(course, url, *results) == (standings, [])


def test_a_score_that_moves_is_reported(course, url):
    write(course, url, graded("ada", 2, 0), graded("bo", 1, 1))
    standings, moves = write(course, url, graded("ada", 2, 3), graded("bo", 1, 1))
    assert moves == [Move("ada", "busiest", 0, 3)]
    assert standings["ada"].score == 5


def test_a_manual_score_counts_and_outlives_a_regrade(course, url):
    write(course, url, graded("ada", 2, 0))
    by_hand(url, "ada", manual_score=2.5, needs_manual_grade=False)
    standings, _ = write(course, url, graded("ada", 2, 0))
    assert (standings["ada"].score, standings["ada"].manual, standings["ada"].needs_review) == (4.5, {"busiest": 2.5}, False)
    standings, moves = write(course, url, graded("ada", 2, 3))
    assert moves == [Move("ada", "busiest", 0, 3)]
    assert standings["ada"].score == 4.5
    assert grade_of(url, "ada") == (3, 2.5, True)  # the checks changed their mind: a person looks again


def test_extra_credit_and_comments_of_a_person_stay(course, url):
    write(course, url, graded("ada", 2, 0))
    by_hand(url, "ada", extra_credit=0.5)
    with gradebook._opened(url) as book:
        book.find_comment("busiest", SLUG, SLUG, "ada").manual_comment = "Nearly."
        book.db.commit()
    standings, _ = write(course, url, graded("ada", 2, 1))
    assert standings["ada"].score == 3.5 and standings["ada"].comments == {"busiest": "Nearly."}
    assert standings["ada"].extra == {"busiest": 0.5}


@pytest.mark.parametrize("status", ["refused", "not graded"])
def test_what_has_no_score_waits_for_a_person(course, url, status):
    standings, _ = write(course, url, ungraded("ada", SLUG, TERMS, status, "why"))
    assert standings["ada"].score is None and standings["ada"].needs_review
    assert grade_of(url, "ada") == (None, None, True)


def test_a_refused_submission_gets_a_score_as_the_guide_says(course, url):
    refused = ungraded("ada", SLUG, TERMS, "refused", "why")
    write(course, url, refused)
    code = "\n".join(guide("Manual scores, comments, late days"))
    code = code[code.index("from nbgrader") : code.index("nbgrader db")].replace("sqlite:///graded/gradebook.db", url)
    exec(code.replace("normalise", "busiest"), {})
    standings, _ = write(course, url, refused)
    assert (standings["ada"].score, standings["ada"].manual) == (3, {"busiest": 3})
    assert grade_of(url, "ada") == (None, 3, False)


def test_who_hands_in_nothing_is_not_in_the_gradebook(course, url):
    standings, _ = write(course, url, ungraded("ada", SLUG, TERMS, "missing", "why"), graded("bo", 2, 3))
    assert list(standings) == ["bo"]


def test_a_submission_that_was_taken_away_keeps_only_what_a_person_gave(course, url):
    write(course, url, graded("ada", 2, 3), graded("bo", 2, 3))
    by_hand(url, "bo", manual_score=2.5)
    gone = [ungraded(student, SLUG, TERMS, "missing", "why") for student in ("ada", "bo")]
    standings, moves = write(course, url, *gone)
    assert {student: standing.score for student, standing in standings.items()} == {"ada": None, "bo": 2.5}
    assert Move("ada", "busiest", 3, None) in moves and grade_of(url, "bo") == (None, 2.5, True)
    assert write(course, url, *gone) == (standings, [])


def test_a_database_that_cannot_grow_ends_in_a_sentence(course, url, caplog):
    path = Path(url.removeprefix("sqlite:///"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        with pytest.raises(
            ClassError, match=r"^the gradebook sqlite:.*gradebook\.db cannot be read or written: \(sqlite3.OperationalError\)"
        ):
            write(course, url, *[graded(f"student {number}", 2, 3) for number in range(200)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caplog.text == ""  # no traceback of nbgrader's


def test_a_late_submission_is_punished_as_nbgrader_is_told(course, url, tmp_path):
    late_course = tmp_path / "course"
    shutil.copytree(course, late_course, ignore=shutil.ignore_patterns("__pycache__"))
    with (late_course / "nbgrader_config.py").open("a") as file:
        file.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    with gradebook._opened(url) as book:
        book.update_or_create_assignment(SLUG, duedate="2026-09-15 12:00:00 UTC")
    results, times = [graded("ada", 2, 3), graded("bo", 2, 3)], {"ada": EARLY, "bo": LATE}
    standings, _ = write(late_course, url, *results, times=times)
    assert {student: (standing.score, standing.late_penalty) for student, standing in standings.items()} == {"ada": (5, 0), "bo": (0, 5)}
    standings, moves = write(late_course, url, *results, times={"ada": EARLY, "bo": EARLY})
    assert standings["bo"].score == 5 and moves == []


def test_a_gradebook_of_other_exercises_is_refused_with_a_sentence(course, url, tmp_path):
    write(course, url, graded("ada", 2, 3))
    other = tmp_path / f"{SLUG}.ipynb"
    other.write_text(
        source_of(course).read_text(encoding="utf-8").replace('"grade_id": "busiest"', '"grade_id": "calmest"'), encoding="utf-8"
    )
    with pytest.raises(ClassError, match="expected a gradebook whose exercises are those"):
        gradebook.prepare(url, other)


def test_nbgrader_exports_what_we_wrote(course, url, tmp_path):
    """With any name, and empty where nothing was graded."""
    write(course, url, graded("b, c", 2, 1), ungraded("dee", SLUG, TERMS, "not graded", "why"))
    by_hand(url, "b, c", manual_score=2.0)
    command = [str(Path(sys.executable).parent / "nbgrader"), "export", "--db", url, "--to", str(tmp_path / "grades.csv")]
    done = subprocess.run(command, cwd=course, env=tiny_course.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = list(csv.DictReader(io.StringIO((tmp_path / "grades.csv").read_text(encoding="utf-8"))))
    assert [(line["student_id"], line["score"], line["max_score"]) for line in lines] == [("b, c", "4.0", "5.0"), ("dee", "", "5.0")]


@pytest.fixture
def postgres() -> Iterator[str]:
    """The address of an empty PostgreSQL database of our own on loopback, run by an ordinary user."""
    if not POSTGRES:
        pytest.skip("PostgreSQL is not installed: sudo apt-get install postgresql")
    with PostgresServer(POSTGRES[-1]) as server:
        yield server.url


class PostgresServer:
    """A server in a temporary folder; initdb refuses root, so root becomes `postgres` for it."""

    def __init__(self, binaries: Path) -> None:
        import socket
        import tempfile

        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.folder.chmod(0o777)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"postgresql+psycopg://grader@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> "PostgresServer":
        self._run("initdb", "--auth=trust", "--username=grader", "--no-sync")
        settings = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -F"
        self._run("pg_ctl", "--wait", "--log", str(self.folder / "log"), "--options", settings, "start")
        return self

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "--mode=immediate", "stop")
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        command = [*as_user, str(self.binaries / program), "--pgdata", str(self.folder / "data"), *arguments]
        # The server keeps the log open, not our pipe.
        done = subprocess.run(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert done.returncode == 0, f"{program} ended with {done.returncode}"


def test_postgresql_holds_what_sqlite_holds(course, url, postgres):
    """Scores, a manual score, a late penalty that is cleared, and a regrade."""
    first = [graded("ada", 2, 0), graded("Núñez, José", 1, 1), ungraded("dee", SLUG, TERMS, "refused", "why")]
    second = [graded("ada", 2, 3), *first[1:]]
    outcomes = []
    gradebook.prepare(postgres, source_of(course))
    for address in (url, postgres):
        write(course, address, *first, times={"ada": EARLY})
        by_hand(address, "Núñez, José", manual_score=2.5)
        outcomes.append(write(course, address, *second, times={"ada": LATE}))
    assert outcomes[0] == outcomes[1]
    standings, moves = outcomes[1]
    assert {student: standing.score for student, standing in standings.items()} == {"ada": 5, "Núñez, José": 3.5, "dee": None}
    assert moves == [Move("ada", "busiest", 0, 3)]


def test_the_command_fills_a_postgresql_gradebook(course, postgres, tmp_path):
    shutil.copytree(course / "submitted" / "half right", tmp_path / "submitted" / "ada")
    done = tiny_course.grade(course, tmp_path / "submitted", tmp_path / "out", "--gradebook", postgres)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "out" / "gradebook.db").exists()
    with gradebook._opened(postgres) as book:
        assert [(entry["student"], entry["score"]) for entry in book.submission_dicts(SLUG)] == [("ada", 2)]


def test_the_machine_has_no_gradebook_of_its_own():
    """Nothing that a test graded may land in the course itself."""
    assert not (ROOT / "gradebook.db").exists()
