"""Starts sandboxes: forked, in bubblewrap, or, for code that one trusts, none at all."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from autograder.grading import wire
from autograder.grading.forkserver import BYE, LEAVE_S, STATUS
from autograder.grading.stage import Spec, shown

WAYS = {"auto": ["fork", "bubblewrap"], "fork": ["fork"], "bubblewrap": ["bubblewrap"], "none": ["none"]}  # isolation -> what is tried
START_S = 120.0  # a machine may be busy
LINUX_ONLY, NO_BUBBLEWRAP = "works on Linux only", "`bwrap` is not installed"
REMEDIES = {  # by words of the faults that they mend
    LINUX_ONLY: "grade on Linux, in a virtual machine or a container perhaps",
    NO_BUBBLEWRAP: "install bubblewrap (`apt install bubblewrap`)",
    "namespace": "let ordinary users make user namespaces (`sysctl user.max_user_namespaces=10000`)",
}
LAST_RESORT = "`--isolation none` runs the submissions without any protection: only for code that you trust"


class IsolationError(Exception):
    """The asked-for isolation cannot be had on this machine; the message says what to do."""


class Sandbox:
    """A running sandbox: a channel to talk through, a process number to watch, and a way to end it."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.process = 0

    def end(self) -> int | None:
        """Kill whatever still runs in it; the exit status as `os.waitpid` gives it, None if it had to be killed or is not known."""
        raise NotImplementedError

    def complaint(self) -> str:
        """What it said when it could not start."""
        return "it ended at once"


class Forked(Sandbox):
    """A child of the fork server; it lives as long as the lifeline is open."""

    def __init__(self, channel: socket.socket, lifeline: socket.socket) -> None:
        super().__init__(channel)
        self.lifeline = lifeline
        self.lifeline.settimeout(START_S)
        self.process = self._status() or 0

    def _status(self) -> int | None:
        try:
            data = self.lifeline.recv(STATUS.size, socket.MSG_WAITALL)
        except OSError:
            return None
        return STATUS.unpack(data)[0] if len(data) == STATUS.size else None

    def end(self) -> int | None:
        """Hang up and wait; the exit status as `os.wait` tells it, None if none came in time."""
        self.channel.close()
        self.lifeline.shutdown(socket.SHUT_WR)
        status = self._status()
        self.lifeline.close()
        return status


class Started(Sandbox):
    """A process of its own, bubblewrap or a plain one; it is killed with its children."""

    def __init__(self, channel: socket.socket, process: subprocess.Popen) -> None:
        super().__init__(channel)
        self._popen = process
        self.process = process.pid

    def complaint(self) -> str:
        """What it wrote to stderr before it was ready; afterwards nothing can be written there."""
        return self._popen.stderr.read().decode(errors="replace").strip()[-2000:]

    def end(self) -> int | None:
        """Hang up, wait a moment, then kill it with all below it; the status as `os.wait` tells it, None if it was killed."""
        self.channel.close()
        try:
            code = self._popen.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            for number in reversed(family(self.process)):  # the sandbox has a session, and so a group, of its own
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            self._popen.wait()
            code = None
        self._popen.stderr.close()
        if code is None:
            return None
        if code < 0 or code > 128:
            return -code if code < 0 else code - 128
        return code << 8


class ForkServer:
    """The fork server's process, as the grader sees it."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.control, theirs = socket.socketpair()
        command = _python("autograder.grading.forkserver", theirs, spec)
        places = {"HOME": f"{spec.stage}/home", "IPYTHONDIR": f"{spec.stage}/ipython"}
        self.process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], env=spec.environment | places, cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        theirs.close()
        self.control.settimeout(START_S)
        if self.control.recv(1) != b"+":
            raise IsolationError(f"the fork server did not start: {self.process.stderr.read().decode(errors='replace')[-2000:]}")

    def start(self) -> Sandbox:
        """A new sandbox."""
        channel, far_channel = socket.socketpair()
        lifeline, far_lifeline = socket.socketpair()
        with far_channel, far_lifeline:
            try:
                socket.send_fds(self.control, [b"+"], [far_channel.fileno(), far_lifeline.fileno()])
            except OSError as error:
                channel.close()
                lifeline.close()
                raise IsolationError(f"the fork server is gone: {error}") from None
        return ready(Forked(channel, lifeline))

    def alive(self) -> bool:
        """Whether it can still start sandboxes."""
        return self.process.poll() is None

    def close(self) -> None:
        """Say goodbye, and wait for its end."""
        with contextlib.suppress(OSError):  # it may be dead
            self.control.sendall(BYE)
        self.control.close()
        self.process.stderr.close()
        self.process.wait()


class Fresh:
    """Starts every sandbox from nothing."""

    def __init__(self, spec: Spec, walled: bool) -> None:
        self.spec, self.walled = spec, walled

    def start(self) -> Sandbox:
        """A new sandbox."""
        channel, theirs = socket.socketpair()
        command = _python("autograder.grading.fresh", theirs, self.spec)
        environment = self.spec.environment | {"COURSE_WALLED": "1"}
        if self.walled:
            command = bubblewrap(self.spec) + command
        else:
            environment = {**os.environ, "PYTHONPATH": self.spec.stage, "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
        with theirs:
            process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], env=environment, cwd=f"{self.spec.stage}/home", start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )  # fmt: skip
        return ready(Started(channel, process))

    def alive(self) -> bool:
        """Always: there is nothing that could die between two sandboxes."""
        return True

    def close(self) -> None:
        """Nothing outlives a sandbox."""


def family(process: int) -> list[int]:
    """A process and its descendants, from /proc; itself alone where there is none."""
    found = [process]
    for number in found:
        for path in Path(f"/proc/{number}/task").glob("*/children"):
            try:
                found += [int(child) for child in path.read_text().split()]
            except OSError:
                continue
    return found


def ready(sandbox: Sandbox) -> Sandbox:
    """The sandbox, once it has said that it is ready.

    Raises:
        IsolationError: it could not be set up.
    """
    try:
        sandbox.channel.settimeout(START_S)
        prefix = sandbox.channel.recv(wire.PREFIX.size, socket.MSG_WAITALL)
        tree, _ = wire.lengths(prefix, 0) if prefix else (0, 0)
        first = wire.unpack(sandbox.channel.recv(tree, socket.MSG_WAITALL), bytearray()) if tree else {"fault": sandbox.complaint()}
    except (OSError, wire.WireError) as error:
        first = {"fault": str(error)}
    if first.get("value") != "ready":
        sandbox.end()
        raise IsolationError(f"no sandbox: {first.get('fault')}")
    return sandbox


def starter(isolation: str, spec: Spec) -> tuple[str, ForkServer | Fresh]:
    """What starts sandboxes in the asked-for way, proven by starting one; `auto` takes the first way that works.

    Raises:
        IsolationError: it cannot be had; the message says how to get it.
    """
    if isolation not in WAYS:
        raise ValueError(f"isolation must be one of {', '.join(WAYS)}, got {isolation!r}")
    faults = []
    for way in WAYS[isolation]:
        found = None
        try:
            found = _way(way, spec)
            found.start().end()
            return way, found
        except (IsolationError, OSError) as error:
            faults.append(f"{way}: {error}")
            if found:
                found.close()
    raise IsolationError("\n".join(["submissions cannot be isolated on this machine.", *faults, *_to_do(faults)]))


def _to_do(faults: list[str]) -> list[str]:
    """What mends these faults, and what is left to do where nothing stands in the way but them."""
    found = {words: remedy for words, remedy in REMEDIES.items() if any(words in fault for fault in faults)}
    lines = [f"To do: {', or '.join(found.values())}."] if found else []
    return lines + ([f"{LAST_RESORT}."] if all(any(words in fault for words in found) for fault in faults) else [])


def keep_hidden(folder: Path) -> None:
    """Let nobody's work or solutions lie where submissions could read them.

    Raises:
        IsolationError: the folder lies in one that every sandbox is shown.
    """
    for seen in shown():
        if folder.resolve().is_relative_to(seen.resolve()):
            raise IsolationError(f"{folder} lies in {seen}, which every submission can read; move one of them, {folder} to /srv say")


def _way(way: str, spec: Spec) -> ForkServer | Fresh:
    if way != "none" and not sys.platform.startswith("linux"):
        raise IsolationError(f"{LINUX_ONLY}, this is {sys.platform}")
    if way == "bubblewrap" and not shutil.which("bwrap"):
        raise IsolationError(NO_BUBBLEWRAP)
    return ForkServer(spec) if way == "fork" else Fresh(spec, walled=way == "bubblewrap")


def _python(module: str, channel: socket.socket, spec: Spec) -> list[str]:
    return [sys.executable, "-s", "-P", "-m", module, str(channel.fileno()), json.dumps(spec.as_json())]


def bubblewrap(spec: Spec) -> list[str]:
    """The command before the command.

    Root's sandbox keeps the rights it needs to become nobody, and drops them there. Its first process stays bubblewrap's own, as
    root: one that has become nobody can no longer be ended by a bubblewrap that dies.
    """
    walls = spec.walls
    tmpfs = ["--size", str(walls.disk_mb << 20), "--tmpfs"]
    command = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--hostname", "grader"]
    command += ["--die-with-parent", "--new-session"]
    if os.geteuid() == 0:
        command += ["--cap-drop", "ALL"]
        for right in ("CAP_SETUID", "CAP_SETGID", "CAP_SYS_ADMIN"):
            command += ["--cap-add", right]
    else:
        command += ["--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--as-pid-1"]
    command += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", *tmpfs, "/tmp", "--perms", "1777", *tmpfs, "/dev/shm"]
    for path in walls.readable:
        for parent in reversed(Path(path).parents[:-1]):
            command += ["--perms", "0755", "--dir", str(parent)]
        command += ["--ro-bind", path, path]
    for name in ("bin", "lib", "lib64", "sbin"):
        place = Path("/", name)
        if place.is_symlink():
            command += ["--symlink", str(place.readlink()), str(place)]
        elif place.is_dir():
            command += ["--ro-bind", str(place), str(place)]
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
