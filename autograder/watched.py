"""Runs a notebook in a second process, which is stopped when a cell or a check takes too long or ends it.

No alarm inside the process would do: Windows has none, and a loop in compiled code hears none.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from autograder.checks.core import CRASHED, TIMEOUT, Broken, Exercise, Result
from autograder.notebook import StudentNotebook, Trouble, check_exercise, read_notebook, run_cells


def run_exercises(notebook: StudentNotebook, time_s: float, troubles: list[Trouble]) -> Iterator[tuple[str, list[Result]]]:
    """Names of the exercises, and the results of their checks as they come.

    What ends the process, or is stopped, costs its cell or its exercise; the rest goes on in a new process.

    Args:
        time_s: that one cell, or one check, may take.
        troubles: becomes the cells that raised or were stopped.
    """
    stopped: list[Trouble] = []
    left = list(notebook.exercises)
    while left:
        worker = Worker(notebook.path, stopped, left, time_s)
        try:
            troubles[:] = worker.run_cells()
            while left and not worker.broken:
                yield left[0], worker.check(notebook.exercises[left[0]])
                del left[0]
        except Broken as broken:
            stopped.append(Trouble(worker.cell, f"cell {worker.cell}: {broken}"))
        finally:
            worker.process.kill()
            worker.process.join()


class Worker:
    """The second process, and the cell that it is at."""

    def __init__(self, path: Path, stopped: list[Trouble], exercises: list[str], time_s: float) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.channel, theirs = spawn.Pipe(duplex=False)
        self.process = spawn.Process(target=_work, args=(path, stopped, exercises, theirs))
        self.process.start()
        theirs.close()
        self.time_s, self.cell, self.broken = time_s, 0, False

    def run_cells(self) -> list[Trouble]:
        """Run all cells but those that were stopped before; returns what went wrong with any.

        Raises:
            Broken: `cell` took too long, or ended the process.
        """
        message = self._receive(None)  # the imports of the checks have all the time they need
        while isinstance(message, int):
            self.cell = message
            message = self._receive(self.time_s)
        return message

    def check(self, exercise: Exercise) -> list[Result]:
        """The results of the next exercise; those of checks that could not end say so."""
        found: list[Result] = []
        try:
            while len(found) < len(exercise.checks):
                found.append(self._receive(self.time_s))
        except Broken as broken:
            self.broken = True
            first, *rest = exercise.checks[len(found) :]
            why = f"not run: an earlier check of this exercise ended so ({first.name})"
            ended = [(first, str(broken)), *((check, why) for check in rest)]
            found += [Result(check.name, check.about, 0, check.points, broken.state, words) for check, words in ended]
        return found

    def _receive(self, time_s: float | None) -> Any:
        try:
            if self.channel.poll(time_s):
                return self.channel.recv()
        except (EOFError, OSError):
            self.process.join()
            raise Broken(CRASHED, f"the process ended with exit code {self.process.exitcode}") from None
        raise Broken(TIMEOUT, f"stopped after {time_s:g} s")


def _work(path: Path, stopped: list[Trouble], exercises: list[str], channel: Connection) -> None:
    """What the second process does: it sends the number of each cell before it runs, then all troubles, then the result of each check."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C ends the first process, which ends this one
    os.environ["MPLBACKEND"] = "agg"
    sys.stdout.reconfigure(line_buffering=True)  # what is in a buffer is lost when this process is stopped
    notebook = read_notebook(path)
    left = [name for name in notebook.exercises if name in exercises]  # this imports the checks, in no cell's time
    channel.send(0)
    names, troubles = run_cells(notebook, stopped, channel.send)
    channel.send(troubles)
    for name in left:
        for result in check_exercise(notebook, name, names, troubles):
            channel.send(result)
