"""What may come in: one regular file of sane size that is a notebook. Everything else is refused, with the reason in words."""

import hashlib
import itertools
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.grading.limits import Limits
from autograder.grading.text import clean

EXPECTED_BESIDE = {"timestamp.txt", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini"}
ENTRIES = 1000
PARTS = 3_000_000  # objects and lists of a notebook; a megabyte of them may take 20 MB of memory


class Refused(Exception):
    """The submission cannot be graded as it is; the message tells the student why."""


@dataclass(frozen=True)
class Cell:
    """One cell of the submitted notebook, as far as it matters."""

    kind: str  # "code", "markdown" or "raw"
    id: str
    grade_id: str
    source: str


@dataclass(frozen=True)
class Submission:
    """A notebook that may be graded."""

    sha256: str
    cells: list[Cell]
    notes: list[str]


def admit(path: Path, limits: Limits) -> Submission:
    """Read a submitted notebook.

    Raises:
        Refused: it is no regular file, too large, no notebook, or lies beside links or special files.
    """
    data, notes = look(path, limits)
    return Submission(hashlib.sha256(data).hexdigest(), _cells(_parse(data), limits), notes)


def look(path: Path, limits: Limits) -> tuple[bytes, list[str]]:
    """The bytes of a submitted file, and what the student should be told of the files beside it.

    Raises:
        Refused: it is no regular file, too large, or lies beside links or special files.
    """
    notes = _look_around(path)
    return _read(path, limits.notebook_mb << 20), notes


def _look_around(path: Path) -> list[str]:
    """Refuse links and special files in the folder; name what is not used."""
    unused = []
    try:
        if path.parent.is_symlink():
            raise Refused("the folder of the submission is a link; hand in the folder itself")
        with os.scandir(path.parent) as entries:
            folder = [(entry.name, entry.stat(follow_symlinks=False)) for entry in itertools.islice(entries, ENTRIES + 1)]
    except OSError as error:
        raise Refused(f"the folder of the submission cannot be read: {error.strerror}") from None
    if len(folder) > ENTRIES:
        raise Refused(f"more than {ENTRIES} files were handed in; one is needed: {path.name}")
    for name, status in folder:
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise Refused(f"{clean(name, 100)} is a link or a special file; hand in the file itself")
        if stat.S_ISREG(status.st_mode) and status.st_nlink != 1:
            raise Refused(f"{clean(name, 100)} is a hard link to another file; hand in a copy of its own")
        if name != path.name and name not in EXPECTED_BESIDE:
            unused.append(clean(name, 60))
    return [f"not used, only the notebook is graded: {', '.join(sorted(unused)[:10])}"] if unused else []


def _read(path: Path, most: int) -> bytes:
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(f"{path.name} cannot be read: {error.strerror}") from None
    try:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise Refused(f"{path.name} is a link or a special file; hand in the file itself")
        with open(number, "rb", closefd=False) as file:
            data = file.read(most + 1)
    finally:
        os.close(number)
    if len(data) > most:
        raise Refused(f"{path.name} is larger than {most >> 20} MB; clear its outputs (Edit, Clear Outputs of All Cells) and save it")
    return data


def _parse(data: bytes) -> dict:
    if data.count(b"{") + data.count(b"[") > PARTS:
        raise Refused(f"the file has more than {PARTS} objects and lists; clear its outputs (Edit, Clear Outputs of All Cells) and save it")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Refused("the file is not text in UTF-8, so it is no notebook") from None
    except RecursionError:
        raise Refused("the file is no notebook: it is nested too deep") from None
    except ValueError as error:
        raise Refused(f"the file is no notebook: it is not valid JSON ({clean(str(error), 200)})") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        if isinstance(notebook, dict) and "worksheets" in notebook:
            raise Refused("the notebook is of an old format: open it in Jupyter and save it again")
        raise Refused("the file is no notebook: it has no cells")
    return notebook


def _cells(notebook: dict, limits: Limits) -> list[Cell]:
    if len(notebook["cells"]) > limits.cells:
        raise Refused(f"the notebook has {len(notebook['cells'])} cells; at most {limits.cells} are taken")
    return [_cell(cell, number) for number, cell in enumerate(notebook["cells"], 1)]


def _cell(cell: Any, number: int) -> Cell:
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        raise Refused(f"cell {number} of the notebook is no cell")
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Refused(f"cell {number} of the notebook has no text")
    metadata = _dict(cell.get("metadata"))
    return Cell(cell["cell_type"], _text(cell.get("id")), _text(_dict(metadata.get("nbgrader")).get("grade_id")), source)


def _dict(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
