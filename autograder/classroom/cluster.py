"""Runs tasks on an existing Dask cluster: one task a student, text in and text out.

Its workers need the same checkout (as their working folder and on PYTHONPATH), the same environment, and the submissions
under the same path. Start them with one thread each: `dask worker --nthreads 1`.
"""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError

from distributed import Client, KilledWorker, as_completed
from distributed.comm import get_address_host_port

from autograder.classroom.local import Lost
from autograder.classroom.submissions import ClassError

PATIENCE_S = 60  # how long a scheduler that is gone is awaited


def run(tasks: dict[str, str], function: Callable[[str], str], address: str, patience_s: float = PATIENCE_S) -> Iterator[tuple[str, str]]:
    """Yield (student, answer) as the answers come; when the scheduler goes away, wait for it and hand in again what is left.

    Raises:
        ClassError: the address is none, no scheduler answers at the address, or it has no workers.
    """
    try:
        get_address_host_port(address)
    except ValueError as error:
        raise ClassError(f"{address!r} is no scheduler address ({error}); expected e.g. tcp://host:8786") from None
    for name in ("distributed", "distributed.client", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # they report lost connections at length; we say it in a sentence
    left = dict(tasks)
    while left:
        with _connected(address, patience_s) as client:
            _await_workers(client, address, patience_s)
            try:
                for student, answer in _submitted(client, left, function):
                    del left[student]
                    yield student, answer
            except (CancelledError, OSError, TimeoutError):
                time.sleep(0.5)  # the scheduler is gone and everything on it; connect again


def _connected(address: str, patience_s: float) -> Client:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return Client(address, timeout=min(5, patience_s), set_as_default=False)
        except (OSError, TimeoutError):
            if time.monotonic() > deadline:
                raise ClassError(f"no Dask scheduler answers at {address}; what is graded is kept: run the command again") from None
            time.sleep(0.5)


def _await_workers(client: Client, address: str, patience_s: float) -> None:
    try:
        client.wait_for_workers(1, timeout=patience_s)
    except TimeoutError:
        raise ClassError(f"the Dask scheduler at {address} has no workers; start some: dask worker --nthreads 1 {address}") from None


def _submitted(client: Client, tasks: dict[str, str], function: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    students = {client.submit(function, text, pure=False): student for student, text in tasks.items()}
    for future in as_completed(list(students), loop=client.loop):
        try:
            yield students[future], future.result()
        except KilledWorker:
            yield students[future], Lost("every worker of the cluster that graded it died")
