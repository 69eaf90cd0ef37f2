"""Runs tasks in worker processes of this machine.

Every worker has a pipe of its own, over which text goes and nothing pickled: killing one at any moment can neither block
nor break the others, which the pools of the standard library do not promise.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait

TRIES = 3  # the first and two more, for a student whose worker was killed
LONGEST_S = 1800.0  # of one task: far beyond what a submission may take, warming up included; then a check of ours must hang
_spawn = multiprocessing.get_context("spawn")


class Lost(str):
    """Why a task has no result: its worker was killed again and again."""


class Worker:
    """A process that runs one task at a time."""

    def __init__(self, function: Callable[[str], str]) -> None:
        self.pipe, there = _spawn.Pipe()
        self.process = _spawn.Process(target=_serve, args=(there, function), daemon=True)
        self.process.start()
        there.close()
        self.student: str | None = None
        self.since = 0.0

    def give(self, student: str, text: str) -> None:
        """Hand over a task; a worker that is gone shows when its answer is awaited."""
        self.student, self.since = student, time.monotonic()
        with contextlib.suppress(OSError):
            self.pipe.send_bytes(text.encode())

    def answer(self) -> str | None:
        """The answer that has come; None if the worker died without one."""
        try:
            return self.pipe.recv_bytes().decode() if self.pipe.poll() else None
        except (EOFError, OSError):
            return None

    def stop(self) -> None:
        """End the process now, and what it started."""
        self.process.terminate()
        self.process.join(5)
        self.process.kill()
        self.process.join()
        self.process.close()
        self.pipe.close()


def run(tasks: dict[str, str], function: Callable[[str], str], jobs: int, longest_s: float = LONGEST_S) -> Iterator[tuple[str, str]]:
    """Start workers at once, and yield (student, answer) as the answers come; a student whose worker dies is tried again, at last `Lost`.

    Args:
        tasks: student to task.
        function: importable; called with a task in a worker, returns its answer.
        jobs: how many workers.
        longest_s: a task that takes longer is ended with its worker, and `Lost`.
    """
    waiting = deque(tasks)
    workers: list[Worker] = []
    _keep_busy(workers, waiting, tasks, function, jobs)
    return _answers(workers, waiting, tasks, function, jobs, longest_s)


def _answers(
    workers: list[Worker], waiting: deque, tasks: dict[str, str], function: Callable[[str], str], jobs: int, longest_s: float
) -> Iterator[tuple[str, str]]:
    tries: Counter[str] = Counter()
    try:
        while waiting or any(worker.student for worker in workers):
            _keep_busy(workers, waiting, tasks, function, jobs)
            wait([handle for worker in workers for handle in (worker.pipe, worker.process.sentinel)], timeout=1)
            for worker in list(workers):
                student, answer = worker.student, worker.answer()
                if answer is not None:
                    worker.student = None
                    yield student, answer
                elif worker.process.exitcode is not None:
                    ended = worker.process.exitcode
                    workers.remove(worker)
                    worker.stop()
                    if student:
                        yield from _again(student, ended, tries, waiting)
                elif student and time.monotonic() - worker.since > longest_s:
                    workers.remove(worker)
                    worker.stop()
                    yield student, Lost(f"not done after {longest_s:g} s, which no submission may take: a check must hang")
    except BaseException:  # ctrl-C, or the reader of the answers has had enough
        for worker in workers:
            worker.process.terminate()  # all at once, then one by one
        for worker in workers:
            worker.stop()
        raise
    for worker in workers:
        worker.pipe.close()  # it ends in its own time, while the command goes on


def _keep_busy(workers: list[Worker], waiting: deque, tasks: dict[str, str], function: Callable, jobs: int) -> None:
    busy = sum(worker.student is not None for worker in workers)
    while len(workers) < min(jobs, busy + len(waiting)):
        workers.append(Worker(function))
    for worker in workers:
        if worker.student is None and waiting:
            student = waiting.popleft()
            worker.give(student, tasks[student])


def _again(student: str, ended: int, tries: Counter, waiting: deque) -> Iterator[tuple[str, str]]:
    tries[student] += 1
    if tries[student] < TRIES:
        waiting.append(student)
    else:
        how = f"signal {-ended}" if ended < 0 else f"exit code {ended}"
        yield student, Lost(f"the worker that graded it died {TRIES} times, last by {how}")


def _serve(pipe: Connection, function: Callable[[str], str]) -> None:
    """The life of a worker: in a session of its own, so that ctrl-C reaches the command alone, which then ends it in order."""
    if hasattr(os, "setsid"):
        os.setsid()
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.suppress(EOFError, OSError):  # the command is done, or gone
        while True:
            pipe.send_bytes(function(pipe.recv_bytes().decode()).encode())
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is leaving already


def _leave(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(1)
