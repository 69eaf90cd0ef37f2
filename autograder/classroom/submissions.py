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

from autograder.grading.gate import EXPECTED_BESIDE, Refused, look
from autograder.grading.limits import Limits
from autograder.grading.text import clean
from autograder.lesson import slugs

LONGEST_NAME = 128  # characters of a student's name that nbgrader's gradebook holds
NAMED = 5  # how many of the files that were found are named
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
                return self._elsewhere()
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

    def _elsewhere(self) -> tuple[str, str]:
        """Status and reason where the lesson's folder is not there: whatever may be meant for it is for a person to look at."""
        slug, files = self.notebook.stem, self._files()
        if not files:
            return "missing", f"nothing handed in: no folder {slug}"
        return "refused", f"found {_listed(files)}; expected {slug}/{slug}.ipynb"

    def doubt(self, result: dict) -> str:
        """Why a person should look at what was graded: nothing is written in it, and there is another notebook; else nothing."""
        states = {check["state"] for exercise in result["exercises"] for check in exercise["checks"]}
        if states != {"not implemented"}:
            return ""
        mine = f"{self.notebook.stem}/{self.notebook.name}"
        others = [name for name in self._files() if name != mine and name.endswith(".ipynb")]
        return f"nothing is written in {mine}, and there is also {_listed(others)}: a person should look" if others else ""

    def _files(self) -> list[str]:
        """Paths in the student's folder of all that may be meant for this lesson, notebooks first; a closed folder may hold it too."""
        top, found = self.notebook.parents[1], []
        for folder, folders, names in os.walk(top, onerror=lambda error: found.append(os.path.relpath(error.filename, top))):
            folders[:] = [name for name in folders if not _is_litter(name)]
            found.extend(os.path.relpath(Path(folder, name), top) for name in names if not _is_litter(name))
        return sorted(filter(self._may_be_meant, found), key=lambda name: (not name.endswith(".ipynb"), name))

    def _may_be_meant(self, name: str) -> bool:
        """Whether a path carries the name of this lesson, or that of no other."""
        mine, parts = self.notebook.stem.lower(), Path(name.lower()).with_suffix("").parts
        others = {slug.lower() for slug in slugs()} - {mine}
        return mine in parts[-1] or others.isdisjoint(parts)

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
    """Every student's submission, by name; hidden folders, and `__MACOSX` of an archive made on a Mac, are no students.

    Raises:
        ClassError: the folder is missing, unreadable, or holds no student's folder.
    """
    expected = f"expected folders STUDENT/{slug}/{slug}.ipynb"
    try:
        students = sorted(path for path in folder.iterdir() if path.is_dir() and not _is_litter(path.name))
    except OSError as error:
        raise ClassError(f"cannot read the submissions in {folder} ({error.strerror}); {expected}") from None
    if not students:
        raise ClassError(f"no submissions in {folder}; {expected}")
    return [Submission(_readable(path.name), path / slug / f"{slug}.ipynb") for path in students]


def find_loose(folder: Path) -> list[str]:
    """Notebooks and archives that lie beside the students' folders, so that nobody's work is passed over without a word."""
    return sorted(_readable(path.name) for path in folder.iterdir() if path.suffix in (".ipynb", ".zip") and not _is_litter(path.name))


def file_name(student: str) -> str:
    """The stem of the student's files: the name itself unless it is too long for a file name."""
    data = student.encode("utf-8")
    if len(data) <= 200:
        return student
    return f"{data[:180].decode('utf-8', errors='ignore')}-{hashlib.sha256(data).hexdigest()[:12]}"


def _is_litter(name: str) -> bool:
    """Whether a name is one that machines leave behind, and no work."""
    return name.startswith(".") or name in {"__MACOSX", *EXPECTED_BESIDE}


def _listed(names: list[str]) -> str:
    """The first names, as text that can be written anywhere, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(clean(name, 100) for name in names[:NAMED]) + more


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
