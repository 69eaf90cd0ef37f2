"""The process inside the sandbox: an IPython shell that runs cells, and answers questions about what they defined.

It talks through one inherited socket and is not trusted: what it sends is data and nothing else (wire.py).
"""

import builtins
import contextlib
import importlib
import io
import os
import shutil
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from autograder.checks.core import explain
from autograder.checks.student import describe, perform, plain
from autograder.grading import wire

HOME = Path("/tmp/home")
FONTS = Path("home", ".cache", "matplotlib")  # in the stage


class Sink(io.TextIOBase):
    """Keeps the first characters that are written and drops the rest, so that no amount of output costs anything."""

    def __init__(self, most: int) -> None:
        self.most, self.kept, self.left = most, [], most

    def writable(self) -> bool:
        """It is, as print() asks."""
        return True

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        if self.left > 0:
            self.kept.append(text[: self.left])
            self.left -= len(text)
        return len(text)

    def take(self) -> str:
        """What was kept since the last call."""
        text = "".join(self.kept) + ("\n..." if self.left < 0 else "")
        self.kept, self.left = [], self.most
        return text


class Inside:
    """Answers the requests of the grader, one after the other."""

    def __init__(self, channel: socket.socket, output_bytes: int) -> None:
        self.channel = channel
        self.sink = sys.stdout = sys.stderr = Sink(output_bytes)
        self.shell = new_shell()
        self.held: dict[int, Any] = {}
        self.actions = {"cell": self.cell, "hold": self.hold, "ask": self.ask, "forget": self.held.clear}

    def serve(self) -> None:
        """Answer until the grader hangs up."""
        while request := self.receive():
            number, action = request.pop("number"), request.pop("action")
            try:
                answer = wire.pack({"number": number, "value": self.actions[action](**request)})
            except BaseException as error:
                answer = wire.pack({"number": number, "error": in_words(error)})
            self.channel.sendall(answer)

    def receive(self) -> dict | None:
        """The next request; None when the grader has hung up."""
        prefix = self.read(wire.PREFIX.size)
        if not prefix:
            return None
        tree, body = wire.lengths(bytes(prefix), sys.maxsize)
        return wire.unpack(bytes(self.read(tree)), self.read(body))

    def read(self, size: int) -> bytearray:
        """So many bytes of the channel; none if it ends before."""
        data = bytearray(size)
        view = memoryview(data)
        while view:
            count = self.channel.recv_into(view)
            if not count:
                return bytearray()
            view = view[count:]
        return data

    def cell(self, source: str) -> dict:
        """Run a cell as a notebook would: `output` is what it printed, `error` what ended it."""
        outcome = self.shell.run_cell(source, store_history=True)
        error = outcome.error_before_exec or outcome.error_in_exec
        return {"output": self.sink.take(), "error": in_words(error) if error else None}

    def hold(self, name: str) -> wire.Ref | None:
        """What the student calls `name`, function or data alike, as something to ask; None if there is no such name."""
        return self.ref(self.shell.user_ns[name]) if name in self.shell.user_ns else None

    def ask(self, on: wire.Ref | None, operation: str, arguments: tuple) -> Any:
        """One operation of `autograder.checks.student.perform`."""
        target = self.held[on.number] if on else None
        return plain(perform(target, operation, *self.known(arguments)), self.ref)

    def known(self, value: Any) -> Any:
        """Arguments, with the objects themselves where the grader named them."""
        return plain(value, lambda item: self.held[item.number])

    def ref(self, value: Any) -> wire.Ref:
        """A reference to a value that stays here."""
        number = len(self.held) + 1
        self.held[number] = value
        return wire.Ref(number, describe(value)[:100])


def new_shell() -> Any:
    """An IPython shell without history, files and colours; magics and `!` work. There is one: a forked child finds its parent's."""
    from traitlets.config import Config

    from autograder.grading.shell import Shell  # not above: the grader reads this file as well, and needs no IPython

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Minimal"
    return Shell.instance(config=config)


def in_words(error: BaseException) -> dict:
    """An exception as data: its name, the built-in ones it is a kind of, its words and the student's line."""
    kinds = [kind.__name__ for kind in type(error).__mro__ if vars(builtins).get(kind.__name__) is kind]
    name = type(error).__name__
    try:
        message = explain(error).removeprefix(f"{name}: ")
    except Exception:
        message = "(its message cannot be shown)"
    return {"name": str(name)[:100], "kinds": kinds, "message": message[:4000]}


def preload(modules: list[str]) -> None:
    """Import what the lesson's own cells import, so that no submission waits for it. What fails here fails there, in words."""
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:
            continue


def settle_in(stage: str) -> None:
    """A home and a working folder of its own, and the list of fonts that matplotlib would take seconds to make."""
    work = Path("/tmp/work")
    work.mkdir(exist_ok=True)
    shutil.copytree(Path(stage, "home"), HOME, dirs_exist_ok=True)
    os.chdir(work)


def main(channel: socket.socket, output_bytes: int) -> None:
    """Say that it is ready, and serve."""
    try:
        inside = Inside(channel, output_bytes)
    except BaseException as error:
        report(channel, error)
        raise
    channel.sendall(wire.pack({"number": 0, "value": "ready"}))
    inside.serve()


def report(channel: socket.socket, error: BaseException) -> None:
    """Tell the grader why there is no sandbox."""
    with contextlib.suppress(OSError):
        channel.sendall(wire.pack({"number": 0, "fault": traceback.format_exception_only(error)[-1].strip()}))
