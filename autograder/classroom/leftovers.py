"""Takes away what an earlier run wrote of students who no longer have it, so that no folder holds a score that does not count."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from autograder.classroom.gradebook import Standing
from autograder.classroom.results import GRADED
from autograder.classroom.submissions import file_name


def remove_leftovers(out: Path, slug: str, results: Iterable[dict], standings: dict[str, Standing], gone: Iterable[str]) -> None:
    """Remove stale files from OUT.

    Args:
        results: of every student of the class. Who is not graded loses the notebook in autograded/, who has no score the file in
            gradescope/.
        gone: students of an earlier run who are not in the class. They lose their page and their file in gradescope/; the
            notebook in autograded/ stays, as their scores stay in the gradebook.
    """
    for result in results:
        student = result["student"]
        if result["status"] != GRADED:
            _remove_folder(out / "autograded" / student / slug)
        if standings.get(student, Standing()).score is None:
            _remove_folder(out / "gradescope" / file_name(student))
    for student in gone:
        _remove_folder(out / "gradescope" / file_name(student))
        (out / "feedback" / f"{file_name(student)}.html").unlink(missing_ok=True)


def _remove_folder(folder: Path) -> None:
    if os.path.isdir(folder):  # noqa: PTH112 (false for a name too long to be one, where Path raises)
        shutil.rmtree(folder)
