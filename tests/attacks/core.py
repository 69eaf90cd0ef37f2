"""How an attack is written and run: its module holds a docstring and `ATTACK`; it is graded as any submission is.

An attack starts from a notebook that is wrong everywhere (honest score 0), or from a solved one where it should cost only what
it breaks. In its cells, OUTSIDE stands for a folder on the machine with a gradebook and the like, PORT for a listening socket.
"""

import functools
import hashlib
import importlib
import json
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import autograder.checks
from autograder.build import notebooks_of
from autograder.grading.limits import Limits
from autograder.grading.one import Warm
from autograder.lesson import ROOT, read

HERE = Path(__file__).parent
SLUG = "a50_target"
POINTS = 7
LIMITS = Limits(
    time_s=4, total_s=24, memory_mb=600, processes=32, disk_mb=64, reply_mb=8, output_bytes=4000, all_output_bytes=20_000, notebook_mb=4,
    cells=500,
)  # fmt: skip
SECRETS = ("secret-of-the-solution", "secret-of-the-lesson-aside", "secret-of-the-lesson-after", "secret-of-the-gradebook", "root:x:0:0")
MARK = b"mallory was here"  # in the command line of processes that an attack leaves behind
WRONG = {
    "double": "def double(values):\n    return values",
    "letters": "def letters(text):\n    return {}",
    "Meter": "class Meter:\n    total = -1\n    def add(self, amount):\n        pass",
    "root": "def root(number):\n    return 0.0",
    "largest": "def largest(values):\n    return 0.0",
}
RIGHT = {
    "double": "def double(values):\n    return 2 * values",
    "letters": "def letters(text):\n    return {letter: text.count(letter) for letter in text}",
    "Meter": "class Meter:\n    def __init__(self):\n        self.total = 0\n    def add(self, amount):\n        self.total += amount",
    "root": "def root(number):\n    return math.sqrt(number)",
    "largest": "def largest(values):\n    return max(values)",
}

autograder.checks.__path__.append(str(HERE / "target" / "checks"))


@dataclass(frozen=True)
class Attack:
    """What is handed in, and what must come of it."""

    cells: dict[str, str] = field(default_factory=dict)  # by exercise, instead of the base's
    base: dict[str, str] = field(default_factory=lambda: WRONG)
    change: Callable[[dict], None] | None = None  # of the whole notebook
    place: Callable[[Path], None] | None = None  # of the submitted files; gets the notebook's path
    score: float = 0
    status: str = "graded"
    states: dict[str, str] = field(default_factory=dict)  # by exercise, of its first check
    says: str = ""  # words of the result
    never: str = ""  # words that must not be in it


def names() -> list[str]:
    """All attacks, by the names of their files."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("__init__", "core"))


def load(name: str) -> Attack:
    """The attack of a file."""
    return importlib.import_module(f"tests.attacks.{name}").ATTACK


def tries(name: str) -> str:
    """What it tries and what must happen, in its own words."""
    return re.sub(r"\s+", " ", importlib.import_module(f"tests.attacks.{name}").__doc__).strip()


@functools.cache
def released() -> str:
    """The target lesson's notebook as students get it."""
    return notebooks_of(read(SLUG, HERE / "target" / "solutions")).release


def notebook(cells: dict[str, str]) -> dict:
    """A student's notebook with these solutions."""
    made = json.loads(released())
    for cell in made["cells"]:
        name = cell["id"].removeprefix("exercise-")
        if name in cells:
            cell["source"] = cells[name]
    return made


def course(root: Path) -> Path:
    """Make a course of the target lesson, and give its folder back."""
    shutil.copytree(ROOT / "autograder", root / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(HERE / "target" / "checks", root / "autograder" / "checks", dirs_exist_ok=True)
    shutil.copytree(HERE / "target" / "solutions", root / "solutions")
    return root


class Range:
    """The shooting range: a course with the target lesson, a machine around it, and a warm grader. A context manager."""

    def __init__(self, isolation: str) -> None:
        self.make_around()
        try:
            self.course = self._course()
            self.warm = Warm(SLUG, isolation=isolation, limits=LIMITS, root=self.course)
        except BaseException:
            self.leave()
            raise

    def __enter__(self) -> "Range":
        return self

    def __exit__(self, *_: object) -> None:
        self.warm.close()
        self.leave()

    def make_around(self) -> None:
        """What stands around the course: a folder with a gradebook and a peer's notebook, and a listening socket."""
        self.folder = Path(tempfile.mkdtemp(prefix="range-"))
        self.outside = self.folder / "outside"
        for name in ("gradebook.db", "nbgrader_config.py", "submitted/peer/a50_target/a50_target.ipynb"):
            path = self.outside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("secret-of-the-gradebook")
            path.chmod(0o666)
        for path in (self.folder, self.outside):
            path.chmod(0o777)  # only the sandbox stands between it and the attack
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)

    def leave(self) -> None:
        """Take it all away."""
        self.listener.close()
        shutil.rmtree(self.folder)

    def _course(self) -> Path:
        return course(self.folder / "course")

    def shoot(self, attack: Attack, seed: int = 1) -> dict:
        """Hand the attack in and grade it."""
        home = self.folder / "submitted"
        path = home / "mallory" / SLUG / f"{SLUG}.ipynb"
        path.parent.mkdir(parents=True)
        try:
            made = notebook({**attack.base, **attack.cells})
            if attack.change:
                attack.change(made)
            path.write_text(self.aimed(json.dumps(made)), encoding="utf-8")
            if attack.place:
                attack.place(path)
            return self.warm.grade(path, seed)
        finally:
            shutil.rmtree(home)

    def aimed(self, text: str) -> str:
        """Text with the places filled in."""
        return text.replace("OUTSIDE", str(self.outside)).replace("PORT", str(self.listener.getsockname()[1]))

    def damage(self) -> list[str]:
        """What was reached that should not have been: files changed, a connection made, processes left."""
        found = []
        if self.fingerprint() != self.before:
            found.append("changed files outside")
        try:
            self.listener.accept()[0].close()
            found.append("made a connection")
        except BlockingIOError:
            pass
        if self._left_behind():
            found.append("left a process behind")
        return found

    def _left_behind(self) -> bool:
        """Whether a process with the attacker's mark still runs; one that is being killed has a second to die."""
        for _ in range(10):
            if not any(MARK in _bytes(path) for path in Path("/proc").glob("[0-9]*/cmdline")):
                return False
            time.sleep(0.1)
        return True

    @functools.cached_property
    def before(self) -> str:
        """The state of all that must not change."""
        return self.fingerprint()

    def fingerprint(self) -> str:
        """Names and contents of the course and of the folder outside."""
        digest = hashlib.sha256()
        for folder in (self.outside, self.course):
            for path in sorted(folder.rglob("*")):
                digest.update(f"{path} {path.lstat().st_mode}".encode() + (path.read_bytes() if path.is_file() else b""))
        return digest.hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def faults(attack: Attack, result: dict) -> list[str]:
    """Where the result of an attack is not as it must be."""
    found = []
    if result["status"] != attack.status:
        found.append(f"status {result['status']} ({result['why']}), expected {attack.status}")
    if result["score"] != attack.score:
        found.append(f"score {result['score']}, expected {attack.score}")
    states = {exercise["name"]: exercise["checks"][0]["state"] for exercise in result["exercises"]}
    for name, state in attack.states.items():
        if states.get(name) != state:
            found.append(f"{name} is {states.get(name)}, expected {state}")
    if attack.says not in json.dumps(result, ensure_ascii=False):
        found.append(f"does not say {attack.says!r}")
    if attack.never and attack.never in json.dumps(result):
        found.append(f"says {attack.never!r}")
    return found


def secrets_in(result: dict) -> list[str]:
    """Secrets that a result holds."""
    text = json.dumps(result)
    return [f"read {secret}" for secret in SECRETS if secret in text]
