"""The grader's side of a sandbox: runs cells, holds handles, and turns whatever goes wrong there into a named state."""

import builtins
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from autograder.checks.core import CRASHED, OUT_OF_MEMORY, TIMEOUT, Broken
from autograder.checks.student import Handle, describe, plain
from autograder.grading import wire
from autograder.grading.launch import Sandbox, family
from autograder.grading.limits import Limits
from autograder.grading.text import clean

LOOK_S = 0.25  # how often memory is looked at
NO_WORDS = {"name": "StudentError", "kinds": [], "message": ""}
KNOWN = {
    kind.__name__: kind
    for kind in (
        ArithmeticError, AssertionError, AttributeError, FloatingPointError, ImportError, IndexError, KeyError, LookupError, NameError,
        NotImplementedError, OSError, OverflowError, RecursionError, RuntimeError, TypeError, ValueError, ZeroDivisionError,
    )
}  # fmt: skip  # StopIteration is left out on purpose: inside `map` it would end a check's loop without a word


class StudentError(Exception):
    """An exception of the student's that is no kind of the built-in ones above."""


class Remote(Handle):
    """A handle on something in the sandbox."""

    __slots__ = ("_life", "_number", "_session", "_words")

    def __init__(self, session: "Session", ref: wire.Ref) -> None:
        for name, value in zip(self.__slots__, (session.life, ref.number, session, clean(ref.words, 100)), strict=True):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"<{self._words}>"

    def ask(self, operation: str, *arguments: Any) -> Any:
        """Do it in the sandbox."""
        return self._session.ask(self, operation, arguments)


class Session:
    """One sandbox after the other for one submission. `allow` starts the clock of what comes next."""

    def __init__(self, start: Callable[[], Sandbox], limits: Limits, seed: int = 0) -> None:
        """`seed` is that of the global generators on the student's side, below 2**32."""
        self.start, self.limits, self.seed = start, limits, seed
        self.end = time.monotonic() + limits.total_s
        self.sandbox: Sandbox | None = None
        self.broken: Broken | None = None
        self.life = 0  # handles of an earlier life are dead
        self.count = 0

    def open(self) -> None:
        """Start a fresh sandbox in place of the old one."""
        self.close()
        self.sandbox, self.broken, self.count = self.start(), None, 0
        self.life += 1
        self.base_mb = memory_mb(self.sandbox.process)
        self.allow()

    def close(self) -> int | None:
        """End the sandbox; its exit status, if there was one and it is known."""
        sandbox, self.sandbox = self.sandbox, None
        return sandbox.end() if sandbox else None

    def allow(self) -> None:
        """From now on, one check or one cell has its time."""
        self.deadline = min(time.monotonic() + self.limits.time_s, self.end)

    def cell(self, source: str) -> dict:
        """Run a cell: `output`, and `error` in words or None.

        Raises:
            Broken: the process is gone or was stopped.
        """
        answer = self._answer("cell", source=source)
        if not isinstance(answer, dict):
            answer = {}
        error = answer.get("error")
        return {"output": clean(answer.get("output"), self.limits.output_bytes), "error": describe_error(error) if error else None}

    def hold(self, name: str) -> Remote | None:
        """A handle on what the student calls `name`, or None."""
        ref = self._answer("hold", name=name)
        return Remote(self, ref) if isinstance(ref, wire.Ref) else None

    def forget(self) -> None:
        """Let go of all that was handed out; all handles are dead from here."""
        self.life += 1
        self._answer("forget")

    def _answer(self, action: str, **request: Any) -> Any:
        """An answer that cannot honestly be an error."""
        try:
            return self.exchange(action, **request)
        except Broken:
            raise
        except Exception as error:
            self._give_up(Broken(CRASHED, f"the process does not answer as it should: {error}"))

    def _give_up(self, broken: Broken) -> NoReturn:
        self.broken = broken
        self.close()
        raise broken from None

    def ask(self, on: Remote | None, operation: str, arguments: tuple) -> Any:
        """Have the sandbox perform one operation; data comes back by value, the rest as handles."""
        if operation == "seed":  # never with the checks' own, nor with what is made of it: their random data could be foreseen
            return self._answer("ask", on=None, operation="seed", arguments=(self.seed,))
        ref = self.ref(on) if on is not None else None
        value = self.exchange("ask", on=ref, operation=operation, arguments=plain(arguments, self.ref))
        return plain(value, lambda found: Remote(self, found))

    def ref(self, value: Any) -> wire.Ref:
        """A handle as it is named on the wire."""
        if not isinstance(value, Remote) or value._session is not self:
            raise TypeError(f"a check can hand over data and handles only, got {describe(value)}")
        if value._life != self.life:
            raise self.broken or Broken(CRASHED, "the process that this came from is gone")
        return wire.Ref(value._number)

    def exchange(self, action: str, **request: Any) -> Any:
        """One request and its answer.

        Raises:
            Broken: no answer came, or none that is one; the sandbox is gone then.
            Exception: what the student's code raised, as the built-in error of that name or a StudentError.
        """
        if self.sandbox is None:
            raise self.broken or Broken(CRASHED, "there is no process")
        self.count += 1
        frame = wire.pack({"number": self.count, "action": action, **request})
        try:
            self._send(frame)
            answer = self._receive()
            if not isinstance(answer, dict) or answer.get("number") != self.count:
                raise wire.WireError("an answer that was not asked for")
        except Broken as broken:
            self._give_up(broken)
        except wire.WireError as error:
            self._give_up(Broken(CRASHED, f"the process sent what is no answer: {error}"))
        except OSError:
            self._give_up(_how_it_ended(self.close()))
        if "error" in answer:
            raise as_exception(answer["error"])
        return answer.get("value")

    def _send(self, frame: bytes) -> None:
        view = memoryview(frame)
        while view:
            self._wait()
            try:
                view = view[self.sandbox.channel.send(view) :]
            except TimeoutError:
                continue

    def _receive(self) -> Any:
        tree, body = wire.lengths(bytes(self._read(wire.PREFIX.size)), self.limits.reply_mb << 20)
        return wire.unpack(bytes(self._read(tree)), self._read(body))

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            self._wait()
            try:
                count = self.sandbox.channel.recv_into(view)
            except TimeoutError:
                continue
            if not count:
                raise ConnectionError("the process hung up")
            view = view[count:]
        return data

    def _wait(self) -> None:
        """Give the next step on the channel a moment, if there is time and memory left."""
        now = time.monotonic()
        if now >= self.end:
            raise Broken(TIMEOUT, f"the submission used up its {self.limits.total_s:g} s")
        if now >= self.deadline:
            raise Broken(TIMEOUT, f"stopped after {self.limits.time_s:g} s")
        if self._looked + LOOK_S <= now:
            self._looked = now
            used = memory_mb(self.sandbox.process) - self.base_mb
            if used > self.limits.memory_mb:
                raise Broken(OUT_OF_MEMORY, f"used {used:.0f} MB of memory, {self.limits.memory_mb} are allowed")
        self.sandbox.channel.settimeout(LOOK_S)

    _looked = 0.0


def _how_it_ended(status: int | None) -> Broken:
    if status is None:
        return Broken(CRASHED, "the process hung up")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == 9:
            return Broken(OUT_OF_MEMORY, "the process was killed, most likely because the machine had no memory left")
        return Broken(CRASHED, f"the process crashed (signal {number})")
    return Broken(CRASHED, f"the process ended with exit code {os.WEXITSTATUS(status)}")


def as_exception(words: Any) -> Exception:
    """An exception of the sandbox as one of this process: of its name, and of the first built-in kind that is known."""
    words = _checked(words)
    message = words["message"]
    if "MemoryError" in words["kinds"] or "can't allocate memory" in message:
        return Broken(OUT_OF_MEMORY, f"out of memory: {message}")
    kind = next((KNOWN[name] for name in words["kinds"] if name in KNOWN), StudentError)
    return type(words["name"], (kind,), {"__str__": lambda self: message})(message)


def describe_error(words: Any) -> str:
    """An exception of the sandbox in one line or a few."""
    words = _checked(words)
    return f"{words['name']}: {words['message']}"


def _checked(words: Any) -> dict:
    if not isinstance(words, dict):
        return NO_WORDS
    name, kinds, message = words.get("name"), words.get("kinds"), words.get("message")
    name = name if isinstance(name, str) and name.isidentifier() and len(name) <= 100 else "StudentError"
    kinds = [kind for kind in kinds if isinstance(kind, str)] if isinstance(kinds, list) else []
    return {"name": name, "kinds": [kind for kind in kinds if kind in vars(builtins)], "message": clean(message, 4000)}


def memory_mb(process: int) -> float:
    """Memory that a process and its descendants hold, in MB; 0 where /proc does not tell.

    Pages that they share are counted once, when the quick sum that counts them often would be too much to trust.
    """
    numbers = family(process)
    quick = sum(_lines(f"/proc/{number}/status", ("RssAnon", "RssShmem")) for number in numbers)
    if len(numbers) == 1 or quick < 1 << 20:
        return quick / 1024
    return sum(_lines(f"/proc/{number}/smaps_rollup", ("Pss_Anon", "Pss_Shmem")) for number in numbers) / 1024


def _lines(path: str, names: tuple[str, ...]) -> int:
    """Sum of some lines of a file of /proc, in kB; 0 if the process is gone."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.partition(":")[0] in names)
