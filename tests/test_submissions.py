"""What one student handed in: found by name, judged by what is there, and never in another student's way."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.classroom.submissions import ClassError, Submission, file_name, find, find_loose
from autograder.lesson import ROOT

SLUG = "a00_motion_energy"


def hand_in(submissions: Path) -> Path:
    """Put ada's notebook into a class; returns its folder."""
    folder = submissions / "ada" / SLUG
    folder.mkdir(parents=True)
    (folder / f"{SLUG}.ipynb").write_text("{}")
    return folder


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    """The folder of ada's notebook, in a class of one."""
    return hand_in(tmp_path)


def only_a_bad_time(folder: Path) -> None:
    (folder / f"{SLUG}.ipynb").unlink()
    (folder / "timestamp.txt").write_text("soon")


TROUBLES = {
    "no folder": (lambda folder: shutil.rmtree(folder), "missing", "nothing handed in"),
    "no notebook": (lambda folder: (folder / f"{SLUG}.ipynb").rename(folder / "mine.ipynb"), "refused", "found mine.ipynb"),
    "empty folder": (lambda folder: (folder / f"{SLUG}.ipynb").unlink(), "refused", "found nothing"),
    "a file for a folder": (lambda folder: (shutil.rmtree(folder), folder.write_text("")), "refused", "found a file"),
    "a bad time": (lambda folder: (folder / "timestamp.txt").write_text("soon"), "not graded", "2026-09-30 12:00:00 UTC"),
    "a linked time": (lambda folder: (folder / "timestamp.txt").symlink_to("/etc/passwd"), "not graded", "no plain file"),
    "a bad time alone": (only_a_bad_time, "not graded", "soon"),
}


@pytest.mark.parametrize(("spoil", "status", "words"), TROUBLES.values(), ids=[name.replace(" ", "-") for name in TROUBLES])
def test_a_submission_that_is_not_there_is_said_in_words(handed_in, spoil, status, words):
    spoil(handed_in)
    (submission,) = find(handed_in.parents[1], SLUG)
    found, why = submission.trouble()
    assert found == status and words in why


PLACES = {  # where one notebook lies in a student's folder, and whether it may be meant for this lesson
    "misspelt folder": ("a00_motion_energie/a00_motion_energie.ipynb", True),
    "other case": (f"A00_Motion_Energy/{SLUG}.ipynb", True),
    "no folder": (f"{SLUG}.ipynb", True),
    "deep in a handout": (f"handout/assignments/{SLUG}.ipynb", True),
    "an archive": (f"{SLUG}.zip", True),
    "another lesson's folder": (f"a02_pixelcnn/{SLUG} (1).ipynb", True),
    "other lesson": ("a02_pixelcnn/a02_pixelcnn.ipynb", False),
    "other lesson in no folder": ("A02_PixelCNN.ipynb", False),
    "left by Jupyter": (f".ipynb_checkpoints/{SLUG}-checkpoint.ipynb", False),
    "left by a Mac": (f"__MACOSX/{SLUG}/._{SLUG}.ipynb", False),
}


@pytest.mark.parametrize(("place", "meant"), PLACES.values(), ids=[name.replace(" ", "-") for name in PLACES])
def test_work_in_another_place_is_never_taken_for_nothing(tmp_path, place, meant):
    path = tmp_path / "ada" / place
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    (submission,) = find(tmp_path, SLUG)
    refused = ("refused", f"found {place}; expected {SLUG}/{SLUG}.ipynb")
    assert submission.trouble() == (refused if meant else ("missing", f"nothing handed in: no folder {SLUG}"))


def outcome(*states: str) -> dict:
    return {"exercises": [{"checks": [{"state": state} for state in states]}]}


def test_a_notebook_with_nothing_in_it_is_doubted_if_there_is_another_one(handed_in):
    (submission,) = find(handed_in.parents[1], SLUG)
    empty = outcome("not implemented", "not implemented")
    assert submission.doubt(empty) == ""
    (handed_in / f"{SLUG} (1).ipynb").write_text("{}")
    assert submission.doubt(empty) == (
        f"nothing is written in {SLUG}/{SLUG}.ipynb, and there is also {SLUG}/{SLUG} (1).ipynb: a person should look"
    )
    assert submission.doubt(outcome("not implemented", "failed")) == ""


TIMES = {
    "2026-09-30 12:00:00 UTC": "2026-09-30 12:00:00",
    "2026-09-30 12:00:00.123456 UTC": "2026-09-30 12:00:00.123456",
    "2026-09-30 12:00:00": "2026-09-30 12:00:00",
    "2026-12-01 12:00:00 EST": "2026-12-01 17:00:00",
    "2026-12-01 12:00:00 CET": "2026-12-01 11:00:00",
    "2026-12-01 12:00:00 America/New_York": "2026-12-01 17:00:00",
    "2026-07-01 12:00:00 Europe/Berlin": "2026-07-01 10:00:00",
    "2026-09-30 12:00:00 +02:00": "2026-09-30 10:00:00",
    "2026-09-30 12:00:00 -0500": "2026-09-30 17:00:00",
    "2026-09-30T12:00:00Z": "2026-09-30 12:00:00",
    "Sep 30 2026 1:00 PM": "2026-09-30 13:00:00",
}


@pytest.mark.parametrize(("text", "utc"), TIMES.items(), ids=[name.replace(" ", "_") for name in TIMES])
def test_a_time_of_any_zone_is_kept_in_utc(handed_in, text, utc):
    (handed_in / "timestamp.txt").write_text(f"{text}\n")
    assert str(Submission("ada", handed_in / f"{SLUG}.ipynb").timestamp()) == utc


NO_TIMES = {
    "before year 1": "0001-01-01 00:00:00 +10:00",
    "offset of a day": "2026-09-30 12:00:00 +24:00",
    "number of too many digits": f"2026-09-30 {'1' * 30}h",
    "zone of no base": "2026-07-01 12:00:00 XYZT",
    "name of a file": "2026-09-30 12:00:00 /etc/passwd",
    "nothing": "",
}


@pytest.mark.parametrize("text", NO_TIMES.values(), ids=[name.replace(" ", "-") for name in NO_TIMES])
def test_a_time_that_is_none_costs_no_other_student(handed_in, text):
    (handed_in / "timestamp.txt").write_text(text, encoding="utf-8")
    status, why = Submission("ada", handed_in / f"{SLUG}.ipynb").trouble()
    assert status == "not graded" and f"holds {text!r}; expected a line such as 2026-09-30 12:00:00 UTC" in why


CLOSED = {  # the folder's place in the class, what an ordinary user may do there, and the status that is known without looking in
    "lesson may be listed": (f"ada/{SLUG}", 0o444, "not graded"),
    "lesson is closed": (f"ada/{SLUG}", 0o000, "not graded"),
    "lesson may be entered": (f"ada/{SLUG}", 0o111, None),
    "student may be listed": ("ada", 0o444, "not graded"),
    "student is closed": ("ada", 0o000, "not graded"),
}
AS_NOBODY = f"""
import json, os, sys
from pathlib import Path
from autograder.classroom.submissions import find
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
(submission,) = find(Path(sys.argv[1]), "{SLUG}")
print(json.dumps([submission.trouble(), submission.version()]))
"""


def seen_by_nobody(submissions: Path) -> tuple[list | None, str]:
    """Trouble and version of the only submission, as an ordinary user sees it."""
    done = subprocess.run([sys.executable, "-c", AS_NOBODY, str(submissions)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of folders")
@pytest.mark.parametrize(("place", "mode", "status"), CLOSED.values(), ids=[name.replace(" ", "-") for name in CLOSED])
def test_a_folder_that_may_not_be_read_is_our_fault_and_costs_no_other_student(place, mode, status):
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        submissions = Path(name)
        submissions.chmod(0o755)
        hand_in(submissions)
        (submissions / place).chmod(mode)
        try:
            trouble, version = seen_by_nobody(submissions)
        finally:
            (submissions / place).chmod(0o755)
    assert "Permission denied" in version
    if status is None:
        assert trouble is None
    else:
        assert trouble[0] == status and trouble[1].startswith(f"cannot read {submissions}/ada/{SLUG}")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of folders")
def test_a_closed_folder_of_another_name_may_hold_the_work():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        Path(name, "ada", "closed").mkdir(parents=True)
        Path(name, "ada", "closed").chmod(0)
        trouble, _ = seen_by_nobody(Path(name))
    assert trouble == ["refused", f"found closed; expected {SLUG}/{SLUG}.ipynb"]


def test_a_name_longer_than_the_gradebook_holds_is_not_graded():
    status, why = Submission("x" * 129, Path("nowhere", SLUG, f"{SLUG}.ipynb")).trouble()
    assert status == "not graded" and "129 characters, expected at most 128" in why


def test_a_name_too_long_for_a_file_is_cut_and_stays_unique():
    first, second = file_name("语" * 84), file_name("语" * 83 + "言")
    assert first != second and max(len(first.encode()), len(second.encode())) <= 200


def test_folders_that_are_no_text_or_no_students_are_handled(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "__MACOSX").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")).mkdir()
    assert [submission.student for submission in find(tmp_path, SLUG)] == ["caf\\xe9"]


def test_students_are_found_by_name(tmp_path):
    for name in ("zoe", "Ada", "b,c"):
        (tmp_path / name).mkdir()
    for name in ("notes.txt", "loose.ipynb", "all.zip", "._loose.ipynb"):
        (tmp_path / name).write_text("")
    assert find_loose(tmp_path) == ["all.zip", "loose.ipynb"]
    assert [submission.student for submission in find(tmp_path, SLUG)] == ["Ada", "b,c", "zoe"]
    with pytest.raises(ClassError, match="no submissions in"):
        find(tmp_path / "zoe", SLUG)
