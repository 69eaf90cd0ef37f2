"""A class in which every second student attacks, graded by the real command in one isolation mode.

Each attack of tests/attacks/ is a student, and beside each sits a peer with a right answer, who must get full points.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from autograder.files import write_text
from autograder.grading.limits import Limits
from tests import tiny_course
from tests.attacks.core import HERE, LIMITS, POINTS, RIGHT, SLUG, Range, faults, load, names, notebook, secrets_in, tries

LONGEST_S = 900


class AttackedClass(Range):
    """The class, what is around it, and what came of it. A context manager."""

    def __init__(self, isolation: str, attacks: list[str] | None = None) -> None:
        """Grade the class.

        Args:
            isolation: "fork" or "bubblewrap".
            attacks: some of the attacks; all if not given.
        """
        self.isolation, self.attacks = isolation, names() if attacks is None else attacks
        self.make_around()
        try:
            self.course = self._course()
            _ = self.before
            self._hand_in()
            self.said = self._grade()
            self.results = tiny_course.results(self.folder / "out")
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self.leave()

    def _course(self) -> Path:
        """A whole course with the target lesson, and the attacks' tight limits in place of a real class's."""
        root = self.folder / "course"
        tiny_course.copy_machine(root)
        for part, place in (("checks", "autograder/checks"), ("solutions", "solutions")):
            shutil.copytree(HERE / "target" / part, root / place, dirs_exist_ok=True, ignore=tiny_course.STALE)
        limits = "".join(f"    {field.name}: float = {getattr(LIMITS, field.name)!r}\n" for field in fields(Limits))
        head = "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Limits:\n"
        write_text(root / "autograder" / "grading" / "limits.py", head + limits)
        done = self._python(root, "-m", "autograder", "build", SLUG)
        assert done.returncode == 0, done.stderr
        return root

    def _hand_in(self) -> None:
        for name in self.attacks:
            attack = load(name)
            made = notebook({**attack.base, **attack.cells})
            if attack.change:
                attack.change(made)
            path = self._write(name, made)
            if attack.place:
                attack.place(path)
            self._write(peer(name), notebook(RIGHT))

    def _write(self, student: str, made: dict) -> Path:
        path = self.folder / "submitted" / student / SLUG / f"{SLUG}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(self.aimed(json.dumps(made)), encoding="utf-8")
        return path

    def _grade(self) -> str:
        options = ["--time-limit", str(LIMITS.time_s), "--memory-limit", str(LIMITS.memory_mb), "--isolation", self.isolation]
        options += ["--seed", "1", "--jobs", "2", "--submissions", str(self.folder / "submitted"), "--out", str(self.folder / "out")]
        done = self._python(self.course, "-m", "autograder", "grade", SLUG, *options)
        return done.stdout + done.stderr

    def _python(self, course: Path, *arguments: str) -> subprocess.CompletedProcess:
        environment = tiny_course.environment() | {"PYTHONDONTWRITEBYTECODE": "1"}  # the course must stay as it is
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=LONGEST_S)

    def faults(self, name: str) -> list[str]:
        """What went otherwise than it must, for the attacker and for the peer."""
        result, other = self.results.get(name), self.results.get(peer(name))
        if result is None or other is None:
            return [f"no result; the command said {self.said[-2000:]}"]
        found = faults(load(name), result) + secrets_in(result)
        if (other["score"], other["notes"]) != (POINTS, []):
            found.append(f"the peer got {other['score']} ({other['status']}: {other['why']})")
        return found

    def outcome(self, name: str) -> str:
        """What came of an attack, in a few words."""
        wrong, result = self.faults(name), self.results.get(name)
        if wrong:
            return f"BROKE IN: {'; '.join(wrong)}"
        if result["status"] != "graded":
            return f"{result['status']}: {result['why']}"
        states = sorted({check["state"] for exercise in result["exercises"] for check in exercise["checks"]} - {"passed", "failed"})
        return f"{result['score']:g} of {result['max_score']:g} points" + (f" ({', '.join(states)})" if states else "")


def peer(name: str) -> str:
    """The student beside an attacker."""
    return f"{name} peer"


def table() -> list[list[str]]:
    """A row an attack: name, what it tries, and what came of it in both modes.

    Raises:
        AssertionError: something outside was read, changed or reached, or a process was left behind.
    """
    outcomes = []
    for isolation in ("fork", "bubblewrap"):
        with AttackedClass(isolation) as attacked:
            assert attacked.damage() == []
            outcomes.append([attacked.outcome(name) for name in names()])
    return [[name.replace("_", " "), tries(name), *row] for name, *row in zip(names(), *outcomes, strict=True)]
