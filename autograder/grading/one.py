"""Grades one submission: gate, sandbox, trusted checks, and a result that is plain JSON."""

import base64
import importlib
import time
from pathlib import Path
from types import TracebackType

from autograder import lesson as lessons
from autograder import mend
from autograder.checks import core
from autograder.checks.core import Broken, Exercise
from autograder.grading import gate, launch, merge, stage
from autograder.grading.launch import IsolationError
from autograder.grading.limits import Limits
from autograder.grading.session import Remote, Session
from autograder.grading.text import clean

MESSAGE = 4000  # characters kept of one message

__all__ = ["IsolationError", "Limits", "Warm"]


class Warm:
    """Keeps what many submissions of one lesson share: the staged student edition and the fork server. A context manager.

    Use it from one thread, and keep that thread alive as long as it is open: bubblewrap ends with the thread that started it.
    """

    def __init__(self, slug: str, *, isolation: str = "auto", limits: Limits | None = None, root: Path = lessons.ROOT) -> None:
        """
        Args:
            isolation: "fork", "bubblewrap", "none", or "auto" for the first of the first two that works here.

        Raises:
            LessonError: there is no such lesson, or it has faults.
            IsolationError: the isolation cannot be had; the message says what to do.
        """
        self.limits = limits or Limits()
        self.lesson = lessons.read(slug, root / "solutions")
        if isolation != "none":
            launch.keep_hidden(root)
        self.exercises = {name: getattr(importlib.import_module(f"autograder.checks.{slug}"), name) for name in self.lesson.arguments}
        self.spec = stage.build(self.lesson, self.limits, root)
        try:
            self.isolation, self.starter = launch.starter(isolation, self.spec)
        except BaseException:
            stage.remove(self.spec)
            raise

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop the fork server and remove the stage."""
        self.starter.close()
        stage.remove(self.spec)

    def grade(self, notebook: Path, seed: int) -> dict:
        """Grade one submission; JSON-ready, never raises for what a student did.

        Args:
            seed: of the checks' random data, 0 or more. The student's side never sees it.
        """
        started = time.perf_counter()
        result = self._blank(seed)
        try:
            if self.isolation != "none":
                launch.keep_hidden(notebook.parent)
            submission = gate.admit(notebook, self.limits)
            result |= {"submission": submission.sha256, "notes": submission.notes}
            result |= Attempt(self, submission, seed).result()
        except gate.Refused as reason:
            result |= {"status": "refused", "why": str(reason)}
        except (IsolationError, OSError, NotGraded) as fault:
            result |= {"status": "not graded", "why": clean(str(fault), MESSAGE)}
        except Exception as fault:  # of the grader: it must not end a class, and must not look like a zero
            result |= {"status": "not graded", "why": clean(f"a fault of the grader: {type(fault).__name__}: {fault}", MESSAGE)}
        return result | {"seconds": round(time.perf_counter() - started, 3)}

    def _blank(self, seed: int) -> dict:
        most = sum(exercise.points for exercise in self.exercises.values())
        return {
            "assignment": self.lesson.slug, "status": "graded", "why": "", "score": 0.0, "max_score": float(most), "seed": seed,
            "isolation": self.isolation, "submission": "", "checks": "", "seconds": 0.0, "notes": [], "exercises": [], "cells": [],
        }  # fmt: skip


class NotGraded(Exception):
    """The course or the machine is at fault, not the student."""


class Attempt:
    """One run of one submission."""

    def __init__(self, warm: Warm, submission: gate.Submission, seed: int) -> None:
        self.warm, self.seed = warm, seed
        self.steps, notes = merge.steps(warm.lesson, submission)
        self.notes = submission.notes + notes
        self.session = Session(warm.starter.start, warm.limits, seed=int(submission.sha256[:8], 16))  # tells nothing of the checks'
        self.outcomes: dict[int, dict] = {}  # by number of the step: what it printed, and its error
        self.breakers: dict[int, Broken] = {}  # steps that ended the process; they are not run again

    def result(self) -> dict:
        """Run and judge everything."""
        try:
            exercises = [self._exercise(name, exercise) for name, exercise in self.warm.exercises.items()]
        finally:
            self.session.close()
        score = sum(check["points"] for exercise in exercises for check in exercise["checks"])
        cells, notes = self._cells()
        return {"score": float(score), "exercises": exercises, "cells": cells, "notes": self.notes + self._first(exercises) + notes}

    def _first(self, exercises: list[dict]) -> list[str]:
        """Of exercises that failed and use another one that is not right either: which to mend first."""
        lesson = self.warm.lesson
        states = {exercise["name"]: {check["state"] for check in exercise["checks"]} for exercise in exercises}
        maker = {name: cell.name for cell in lesson.exercises.values() for name in merge.defines(cell)}
        read = {name: [merge.reads(step.source) for step in self.steps if step.name == name] for name in states}
        names = {name: set(lesson.arguments[name]).union(*read[name]) for name in states}
        return mend.notes(mend.mend_first(states, names, maker))

    def _exercise(self, name: str, exercise: Exercise) -> dict:
        try:
            students = self._hold(self.warm.lesson.arguments[name])
            checks = [check_as_json(result) for result in self._run(exercise, students)]
        except Unavailable as reason:
            checks = [
                {"name": check.name, "about": check.about, "points": 0, "max_points": check.points, "state": reason.state,
                 "message": clean(str(reason), MESSAGE), "picture": None, "seconds": 0.0}
                for check in exercise.checks
            ]  # fmt: skip
        points = sum(check["points"] for check in checks)
        return {"name": name, "points": points, "max_points": exercise.points, "checks": checks}

    def _run(self, exercise: Exercise, students: list[Remote]) -> list[core.Result]:
        results = exercise.run(*students, seed=self.seed)
        found = []
        for _ in exercise.checks:
            self.session.allow()
            found.append(next(results))
        return found

    def _hold(self, names: list[str]) -> list[Remote]:
        """Handles on the student's functions, in a process that is alive.

        Raises:
            Unavailable: one of them does not exist, and why.
        """
        try:
            self._ensure()
            self.session.allow()
            self.session.forget()
            found = {name: self.session.hold(name) for name in names}
        except Broken as broken:
            raise Unavailable(broken.state, str(broken)) from None
        for name, handle in found.items():
            if handle is None:
                raise self._why_missing(name)
        return list(found.values())

    def _why_missing(self, name: str) -> "Unavailable":
        """A name that the student's cells did not define: its cell broke, failed, or is not there."""
        for number, step in enumerate(self.steps):
            if step.kind == "exercise" and name in merge.defines(self.warm.lesson.exercises[step.name]):
                if number in self.breakers:
                    return Unavailable(self.breakers[number].state, f"its cell: {self.breakers[number]}")
                if self.outcomes.get(number, {}).get("error"):
                    return Unavailable(core.ERROR, f"its cell ended in an error: {self.outcomes[number]['error']}")
        if any(step.name == name for step in self.steps):
            return Unavailable(core.ERROR, f"{name} is not defined: was it renamed?")
        return Unavailable(core.NOT_IMPLEMENTED, "its cell is missing from the notebook")

    def _ensure(self) -> None:
        """A living process in which all cells have run that leave it alive; after a crash a new one, with a replay."""
        while self.session.sandbox is None:
            if time.monotonic() >= self.session.end:
                raise Broken(core.TIMEOUT, f"not run: the submission used up its {self.warm.limits.total_s:g} s")
            self.session.open()
            self.session.ask(None, "seed", (self.seed,))
            for number, step in enumerate(self.steps):
                if number not in self.breakers and not self._step(number, step):
                    break

    def _step(self, number: int, step: merge.Step) -> bool:
        """Run one cell; False if it ended the process."""
        self.session.allow()
        try:
            outcome = self.session.cell(step.source)
        except Broken as broken:
            self.breakers[number] = broken
            return False
        self.outcomes.setdefault(number, outcome)
        if step.kind == "given" and outcome["error"] and not any(earlier.kind != "given" for earlier in self.steps[:number]):
            raise NotGraded(f"the lesson's own cell {step.name} failed: {outcome['error']}")
        return True

    def _cells(self) -> tuple[list[dict], list[str]]:
        """What the student's cells printed, and what ended them, as far as there is room; and a note if there was not enough."""
        shown, most = [], self.warm.limits.all_output_bytes
        left = most
        for number, step in enumerate(self.steps):
            outcome = self.outcomes.get(number, {"output": "", "error": None})
            error = str(self.breakers[number]) if number in self.breakers else outcome["error"]
            if step.kind != "given" and (outcome["output"] or error):
                cell = {"id": step.name, "output": outcome["output"], "error": error or ""}
                left -= len(cell["output"]) + len(cell["error"])
                if left < 0:
                    return shown, [f"from cell {step.name} on nothing is shown: all cells together printed more than {most} characters"]
                shown.append(cell)
        return shown, []


class Unavailable(Exception):
    """An exercise that cannot be asked, and the state that all its checks get."""

    def __init__(self, state: str, message: str) -> None:
        super().__init__(message)
        self.state = state


def check_as_json(result: core.Result) -> dict:
    """The result of one check as plain JSON."""
    picture = result.picture and {"png": base64.b64encode(result.picture.png).decode(), "alt": clean(result.picture.alt, 1000)}
    return {
        "name": result.check, "about": result.about, "points": result.points, "max_points": result.max_points, "state": result.state,
        "message": clean(result.message, MESSAGE), "picture": picture, "seconds": round(result.seconds, 4),
    }  # fmt: skip
