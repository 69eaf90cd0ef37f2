"""Starts sandboxes in milliseconds: a process that has imported the heavy libraries forks, and the child is shut in.

It is started with the student edition as its only import root, holds no tests, no gradebook and no solutions of the lesson, runs
no torch operation and has one thread. A request is one byte with two sockets: the channel that the sandbox answers on, and the
lifeline. The sandbox lives as long as the lifeline is open, also when the grader dies without a word.
"""

import json
import os
import select
import shutil
import signal
import socket
import struct
import sys
import warnings
from pathlib import Path

from autograder.grading import confine, inside

BYE = b"."
LEAVE_S = 0.2  # that a sandbox whose grader hangs up has to leave
STATUS = struct.Struct("<i")  # the sandbox's process number first, how it ended last


def main(control: socket.socket, spec: dict) -> None:
    """Import, then fork a sandbox for every request until the grader says goodbye."""
    os.umask(0o022)  # under the grader's own, nobody might not read what libraries leave at home and where folders are shown
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inside.preload(spec["modules"])
        if "torch" in sys.modules:
            inside.preload(["torch._dynamo"])  # which the first optimiser would import, for a second
    inside.new_shell()
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        raise RuntimeError(f"a process with {threads} threads cannot be forked safely")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        control.sendall(b"+")
        _serve(control, spec)
    except ConnectionError:  # the grader is gone without a word, and cannot clean up
        shutil.rmtree(spec["stage"], ignore_errors=True)


def _serve(control: socket.socket, spec: dict) -> None:
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if request == BYE:
            return
        if not request:
            raise ConnectionError("the grader hung up")
        channel, lifeline = descriptors
        if os.fork() == 0:
            control.close()
            _keep(channel, socket.socket(fileno=lifeline), spec)
        os.close(channel)
        os.close(lifeline)


def _keep(channel: int, lifeline: socket.socket, spec: dict) -> None:
    """The keeper of one sandbox: waits for its end or for the lifeline's, whichever comes first. Never returns."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        walls = confine.Walls(**spec["walls"])
        child = confine.leave_host(walls)
        if child == 0:
            _live(channel, walls, spec)
        os.close(channel)
        lifeline.sendall(STATUS.pack(child))
        ended = os.pidfd_open(child)
        select.select([lifeline, ended], [], [])
        if select.select([ended], [], [], LEAVE_S)[0]:
            lifeline.sendall(STATUS.pack(os.waitpid(child, 0)[1]))
        else:
            os.kill(child, signal.SIGKILL)  # how it would have ended is not known, and not said
            os.waitpid(child, 0)
    except OSError as error:
        inside.report(socket.socket(fileno=channel), error)
    finally:
        os._exit(0)


def _live(channel: int, walls: confine.Walls, spec: dict) -> None:
    """The sandbox itself. Never returns."""
    try:
        os.dup2(channel, 3)
        confine.close_all_but([3])
        for number in (0, 1, 2):
            os.dup2(os.open("/dev/null", os.O_RDWR), number) if number else os.open("/dev/null", os.O_RDWR)
        confine.give_up_rights()
        confine.die_with_parent()
        confine.set_limits(walls)
        os.environ.update(spec["environment"])
        inside.settle_in(spec["stage"])
        inside.main(socket.socket(fileno=3), spec["output_bytes"])
    except BaseException as error:
        inside.report(socket.socket(fileno=3), error)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2]))
