"""Finds the submissions of a class in a folder laid out like nbgrader's `submitted/`: STUDENT/SLUG/SLUG.ipynb."""

import hashlib
import os
import stat
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dateutil.parser import UnknownTimezoneWarning, parse

from autograder.grading.gate import Refused, look
from autograder.grading.limits import Limits

LONGEST_NAME = 128  # characters of a student's name that nbgrader's gradebook holds
A_TIME = "a line such as 2026-09-30 12:00:00 UTC, or with +02:00 or Europe/Berlin in place of UTC"


class ClassError(Exception):
    """The class cannot be graded, and why, in one sentence."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in, or where it should be."""

    student: str
    notebook: Path

    @property
    def file_name(self) -> str:
        """The student's name as the stem of a file name: itself, or cut and numbered where it is too long for one."""
        return file_name(self.student)

    def trouble(self) -> tuple[str, str] | None:
        """Status and reason if there is nothing to grade; None if the notebook is there to be judged."""
        slug, folder = self.notebook.stem, self.notebook.parent
        if len(self.student) > LONGEST_NAME:
            return "not graded", f"the folder's name has {len(self.student)} characters, expected at most {LONGEST_NAME}"
        try:
            if not _exists(folder):
                return "missing", f"nothing handed in: no folder {slug}"
            if not folder.is_dir():
                return "refused", f"expected {slug} to be a folder with {slug}.ipynb in it, found a file"
            self.timestamp()  # of the refused as well: it goes into the gradebook
            if not _exists(self.notebook):
                found = ", ".join(sorted(path.name for path in folder.iterdir())[:5]) or "nothing"
                return "refused", f"expected a notebook {slug}.ipynb in the folder {slug}, found {found}"
        except OSError as error:
            return "not graded", f"cannot read {folder}: {error.strerror}"
        except ClassError as error:
            return "not graded", str(error)
        return None

    def version(self) -> str:
        """SHA-256 of the notebook; where it is not let in, why."""
        try:
            return hashlib.sha256(look(self.notebook, Limits())[0]).hexdigest()
        except (Refused, OSError) as reason:
            return str(reason)

    def timestamp(self) -> datetime | None:
        """When it was handed in, UTC without a zone as nbgrader keeps it, from timestamp.txt; None if that does not say.

        Raises:
            ClassError: there is a timestamp.txt, and it holds no time.
        """
        path = self.notebook.parent / "timestamp.txt"
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                raise ClassError(f"{path} is no plain file; expected {A_TIME}")
            with path.open(encoding="utf-8", errors="replace") as file:
                text = file.read(100).strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ClassError(f"cannot read {path}: {error.strerror}") from None
        try:
            return _utc(text)
        except (ValueError, ArithmeticError, UnknownTimezoneWarning):  # arithmetic: beyond the years 1 to 9999, and odd numbers
            raise ClassError(f"{path} holds {text!r}; expected {A_TIME}") from None


def find(folder: Path, slug: str) -> list[Submission]:
    """Every student's submission, by name; folders that begin with a dot are passed over.

    Raises:
        ClassError: the folder is missing, unreadable, or holds no student's folder.
    """
    expected = f"expected folders STUDENT/{slug}/{slug}.ipynb"
    try:
        students = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise ClassError(f"cannot read the submissions in {folder} ({error.strerror}); {expected}") from None
    if not students:
        raise ClassError(f"no submissions in {folder}; {expected}")
    return [Submission(_readable(path.name), path / slug / f"{slug}.ipynb") for path in students]


def file_name(student: str) -> str:
    """The stem of the student's files: the name itself unless it is too long for a file name."""
    data = student.encode("utf-8")
    if len(data) <= 200:
        return student
    return f"{data[:180].decode('utf-8', errors='ignore')}-{hashlib.sha256(data).hexdigest()[:12]}"


def _readable(name: str) -> str:
    """A folder's name as text that can be written anywhere: bytes that are no UTF-8 are spelled out."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def _exists(path: Path) -> bool:
    """Whether something has this name, be it a link that leads nowhere; an OSError where we may not know."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _utc(text: str) -> datetime:
    """A time in UTC, without a zone as nbgrader keeps it; a time that names no zone is one in UTC.

    nbgrader's own `parse_utc` takes +02:00, and zones that it does not know, for UTC: here they count, or are an error.
    """
    day, _, name = text.rpartition(" ")
    try:
        zone = ZoneInfo(name)  # what the exchange writes: EST, CET, or a whole name such as Europe/Berlin, which `parse` does not know
    except (KeyError, ValueError, OSError):
        zone = None
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnknownTimezoneWarning)
        time = parse(day).replace(tzinfo=zone) if zone else parse(text)
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
