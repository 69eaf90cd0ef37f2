"""An exercise, its checks, and what comes out of running them."""

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autograder.checks.show import Score
from autograder.checks.student import Handle, Local, begin, seed_all

PASSED = "passed"
FAILED = "failed"
NOT_IMPLEMENTED = "not implemented"
ERROR = "error"
TIMEOUT = "timeout"
CRASHED = "crashed"
OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class Picture:
    """A picture that says what a message cannot: PNG bytes, and the same in words."""

    png: bytes
    alt: str


class Failure(AssertionError):
    """An answer is wrong: what was asked, what came, and a hint at the likeliest mistake."""

    def __init__(self, message: str, hint: str = "", picture: Picture | None = None) -> None:
        super().__init__(f"{message}\nhint: {hint}" if hint else message)
        self.picture = picture


class Broken(Exception):
    """The student's process is gone or hangs; `state` says how. Raised by the handles of a sandbox, never at home."""

    def __init__(self, state: str, message: str) -> None:
        super().__init__(message)
        self.state = state


@dataclass(frozen=True)
class Check:
    """One question to an answer: a function of the student's work and a seed that raises `Failure` or returns."""

    function: Callable
    points: float

    @property
    def name(self) -> str:
        """The function's name, read as a sentence."""
        return self.function.__name__.replace("_", " ")

    @property
    def about(self) -> str:
        """The first line of the docstring."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True)
class Result:
    """What one check found."""

    check: str
    about: str
    points: float
    max_points: float
    state: str
    message: str = ""
    picture: Picture | None = None
    seconds: float = 0.0


class Exercise:
    """The checks of one exercise; calling it with what the student wrote runs and shows them all."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.checks: list[Check] = []

    def __repr__(self) -> str:
        return f"Exercise({self.name!r})"

    @property
    def points(self) -> float:
        """Points of all checks together."""
        return sum(check.points for check in self.checks)

    def check(self, points: float) -> Callable[[Callable], Callable]:
        """Decorator: this function is a check of the exercise, worth `points` (above 0)."""
        if not points > 0:
            raise ValueError(f"a check of {self.name} needs points above 0, got {points!r}")

        def register(function: Callable) -> Callable:
            self.checks.append(Check(function, points))
            return function

        return register

    def run(self, *students: Any, seed: int = 0) -> Iterator[Result]:
        """Run every check on the student's functions or classes, and yield its result as it comes.

        Once the student's process is broken, the checks that are left share its state: a crash costs one exercise.
        """
        handles = [student if isinstance(student, Handle) else Local(student) for student in students]
        broken = self._prepare(begin, handles[0])
        for check in self.checks:
            broken = broken or self._prepare(seed_all, handles[0], seed)
            result = _run_one(check, handles, seed, broken)
            if result.state in (TIMEOUT, CRASHED, OUT_OF_MEMORY):
                broken = broken or Broken(result.state, f"not run: an earlier check of this exercise ended so ({check.name})")
            yield result

    def __call__(self, *students: Any, seed: int = 0) -> Score:
        """Run and show all checks; the value is the points reached, a number that Jupyter draws as a table."""
        return Score(self.name, list(self.run(*students, seed=seed))).shown()

    @staticmethod
    def _prepare(step: Callable, *arguments: Any) -> Broken | None:
        try:
            step(*arguments)
        except Broken as broken:
            return broken
        return None


def _run_one(check: Check, handles: list[Handle], seed: int, broken: Broken | None) -> Result:
    started = time.perf_counter()

    def result(state: str, message: str = "", picture: Picture | None = None) -> Result:
        points = check.points if state == PASSED else 0
        return Result(check.name, check.about, points, check.points, state, message, picture, time.perf_counter() - started)

    if broken:
        return result(broken.state, str(broken))
    try:
        check.function(*handles, seed=seed)
    except Failure as failure:
        return result(FAILED, str(failure), failure.picture)
    except NotImplementedError:
        return result(NOT_IMPLEMENTED, "not written yet")
    except Broken as fault:
        return result(fault.state, str(fault))
    except Exception as error:
        return result(ERROR, explain(error))
    return result(PASSED)


def explain(error: Exception) -> str:
    """An exception in words, with the last line of the student's code that it passed through."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_student_code(frame.filename)]
    where = f"\n  in {own[-1].name}, line {own[-1].lineno}: {own[-1].line}" if own and own[-1].line else ""
    return f"{type(error).__name__}: {error}{where}"


def _is_student_code(filename: str) -> bool:
    return "ipykernel_" in filename or "<ipython" in filename or "/solutions/" in filename or "/tests/" in filename
