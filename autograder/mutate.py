"""Mutation testing of a lesson's checks: how many small mistakes in the reference solutions do they notice?

Every mutant (`mutations.py`) runs its exercise's checks in a process of its own, forked from one that has already imported the
lesson, with limits on time and memory; the first check that fails kills it. Known mutation tools patch files and start pytest anew
for each mutant, which takes seconds where this takes milliseconds. A fork is needed: Linux or macOS.

Mutants that change nothing anyone could see are listed in `tests/answers/SLUG.equivalents.txt`, each with its reason:

    smooth: return total / window  ->  return total * (1 / window)
        the same number
"""

import contextlib
import importlib
import multiprocessing
import os
import resource
import sys
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from tqdm import tqdm

from autograder.checks.core import PASSED
from autograder.lesson import ROOT, SOLUTIONS, Lesson, LessonError, read
from autograder.mutations import Mutant, mutants

EQUIVALENTS = ROOT / "tests" / "answers"
ENOUGH = 0.95  # share of mutants that must be killed
PATIENCE = 5  # times the reference's own time, and SLACK_S more, before a mutant counts as hanging
SLACK_S = 5
MEMORY_BYTES = 4 << 30
CONTEXT = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Report:
    """What the mutants of one exercise came to."""

    exercise: str
    killed: int
    hung: int  # of those killed, the ones that ran out of time or memory
    survivors: list[Mutant]
    equivalents: int
    stale: list[str]  # listed as equivalent, but killed or no mutant any more

    @property
    def score(self) -> float:
        """Share of mutants killed, equivalents left out; 1 where there are none."""
        total = self.killed + len(self.survivors)
        return self.killed / total if total else 1.0


def mutate(slug: str, exercise: str | None = None, jobs: int = 2, folder: Path = SOLUTIONS, equivalents: Path = EQUIVALENTS) -> bool:
    """Mutate a lesson's solutions, print the score and the survivors of each exercise; true if every score is good enough.

    Raises:
        LessonError: the lesson or the exercise is unknown, the reference itself fails a check, or the list of equivalents is unreadable.
    """
    lesson = read(slug, folder)
    if exercise and exercise not in lesson.exercises:
        raise LessonError([f"{slug} has no exercise {exercise!r}; there are: {', '.join(lesson.exercises)}"])
    listed = read_equivalents(equivalents / f"{slug}.equivalents.txt")
    names = [exercise] if exercise else list(lesson.exercises)
    reports = [examine(lesson, name, jobs, listed) for name in names]
    for report in reports:
        show(report, f"solutions/{slug}.py")
    return all(report.score >= ENOUGH and not report.stale for report in reports)


def examine(lesson: Lesson, exercise: str, jobs: int, listed: dict[str, str]) -> Report:
    """Run the reference and then every mutant of one exercise."""
    _warm(lesson)
    limit_s = int(PATIENCE * _time_of_reference(lesson, exercise) + SLACK_S)
    candidates = mutants(lesson, exercise)
    outcomes = dict(_outcomes(lesson, candidates, jobs, limit_s))
    survivors = [mutant for mutant in candidates if outcomes[mutant] == PASSED]
    labels = {mutant.label for mutant in survivors}
    return Report(
        exercise,
        killed=len(candidates) - len(survivors),
        hung=sum(outcome == "" for outcome in outcomes.values()),
        survivors=[mutant for mutant in survivors if mutant.label not in listed],
        equivalents=sum(mutant.label in listed for mutant in survivors),
        stale=[label for label in listed if label.startswith(f"{exercise}: ") and label not in labels],
    )


def show(report: Report, script: str) -> None:
    """Print one exercise's score, and the lines of its survivors."""
    total = report.killed + len(report.survivors)
    notes = [f"{report.equivalents} equivalent"] * bool(report.equivalents) + [f"{report.hung} by time or memory"] * bool(report.hung)
    print(f"{report.exercise}: {report.killed} of {total} killed ({report.score:.1%})" + (f", {', '.join(notes)}" if notes else ""))
    for mutant in report.survivors:
        print(f"  survived {script}:{mutant.line}\n    {mutant.label}")
    for label in report.stale:
        print(f"  listed as equivalent, but no mutant survives so: {label}")


def read_equivalents(path: Path) -> dict[str, str]:
    """Labels of mutants that nobody can tell from the original, and why; empty without the file.

    Raises:
        LessonError: a label stands without a reason, or a reason without a label.
    """
    listed: dict[str, str] = {}
    label = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else [], 1):
        if line and not line[0].isspace():
            label = line.strip()
            listed[label] = ""
        elif line.strip():
            if not label:
                raise LessonError([f"{path.name}:{number}: expected `exercise: before  ->  after`, got a reason without one"])
            listed[label] = f"{listed[label]} {line.strip()}".strip()
    missing = [label for label, reason in listed.items() if not reason]
    if missing:
        raise LessonError([f"{path.name}: no reason (an indented line below) for: {label}" for label in missing])
    return listed


def _warm(lesson: Lesson) -> None:
    """Import here, once, what every child needs; nothing is computed, so that no thread pool is alive when forking."""
    torch = importlib.import_module("torch") if "import torch" in lesson.path.read_text(encoding="utf-8") else None
    if torch:
        torch.set_num_threads(1)
        importlib.import_module("torch.optim")
    importlib.import_module(f"autograder.checks.{lesson.slug}")
    _execute(lesson.path.read_text(encoding="utf-8"), lesson.slug)


def _execute(script: str, slug: str) -> dict:
    """The names that a script defines; for that long it stands in `sys.modules` under the name it would be imported by."""
    module = types.ModuleType(f"solutions.{slug}")
    imported = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        exec(compile(script, f"solutions/{slug}.py", "exec"), vars(module))
    finally:
        del sys.modules[module.__name__]
        if imported:
            sys.modules[module.__name__] = imported
    return vars(module)


def _time_of_reference(lesson: Lesson, exercise: str) -> float:
    reference = Mutant(exercise, 0, "", "", lesson.path.read_text(encoding="utf-8"))
    started = time.perf_counter()
    ((_, outcome),) = _outcomes(lesson, [reference], jobs=1, limit_s=600)
    if outcome != PASSED:
        raise LessonError([f"the reference of {exercise} must pass before it is mutated, got: {outcome or 'no answer in 600 s'}"])
    return time.perf_counter() - started


def _outcomes(lesson: Lesson, candidates: list[Mutant], jobs: int, limit_s: int) -> Iterator[tuple[Mutant, str]]:
    """Each mutant with `passed`, the check that noticed it and what it said, or nothing if it ran out of time or memory."""
    waiting, running = candidates[::-1], {}
    with tqdm(total=len(candidates), desc=candidates[0].exercise if candidates else "", disable=len(candidates) < 2, leave=False) as bar:
        while waiting or running:
            while waiting and len(running) < jobs:
                mutant = waiting.pop()
                end, other_end = CONTEXT.Pipe(duplex=False)
                process = CONTEXT.Process(target=_judge, args=(lesson, mutant, other_end, limit_s), daemon=True)
                process.start()
                other_end.close()
                running[end] = mutant, process, time.monotonic() + 4 * limit_s  # asleep, or starved by others
            for end in wait(list(running), timeout=1):
                mutant, process, _ = running.pop(end)
                with contextlib.suppress(EOFError):
                    outcome = ""
                    outcome = end.recv()
                end.close()
                process.join()
                bar.update()
                yield mutant, outcome
            for _, process, deadline in running.values():
                if time.monotonic() > deadline:
                    process.kill()


def _judge(lesson: Lesson, mutant: Mutant, end: Connection, limit_s: int) -> None:
    """In the child: run the exercise's checks on the mutant and tell the first that fails."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        end.send(_first_failure(lesson, mutant))


def _first_failure(lesson: Lesson, mutant: Mutant) -> str:
    checks = importlib.import_module(f"autograder.checks.{lesson.slug}")
    try:
        names = _execute(mutant.script, lesson.slug)
    except Exception as error:
        return f"import: {error!r}"
    students = [names[name] for name in lesson.arguments[mutant.exercise]]
    for result in getattr(checks, mutant.exercise).run(*students):
        if result.state != PASSED:
            return f"{result.check}: {result.message}"
    return PASSED
