"""System calls that no exercise needs, refused to the sandbox for good: ways to hold memory that no limit counts, and large targets.

Memory files, System V segments, queues and semaphores, and keys belong to no process, so neither RLIMIT_AS nor a look at /proc finds
them; keys are also counted for a user, and one sandbox could use up those of the others. The rest is kernel code that sandboxes
have been broken with. Of sockets there are the common families only: those of virtual machines (vsock), for one, reach past a
network namespace. A refused call fails with EPERM, and libraries do without.
"""

import ctypes
import errno
import os
import platform

REFUSED = {
    "x86_64": {
        "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68, "semget": 64, "add_key": 248, "request_key": 249,
        "keyctl": 250, "io_uring_setup": 425, "userfaultfd": 323, "bpf": 321, "perf_event_open": 298, "fanotify_init": 300,
    },
    "aarch64": {
        "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "msgget": 186, "semget": 190, "add_key": 217, "request_key": 218,
        "keyctl": 219, "io_uring_setup": 425, "userfaultfd": 282, "bpf": 280, "perf_event_open": 241, "fanotify_init": 262,
    },
}  # fmt: skip
SOCKET = {"x86_64": 41, "aarch64": 198}
FAMILIES = {"unix": 1, "inet": 2, "inet6": 10, "netlink": 16}
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
SECCOMP = {"x86_64": 317, "aarch64": 277}
SET_FILTER, SPECULATION_STAYS = 1, 4
OTHER_NUMBERS = 0x40000000  # from here on x86_64 numbers its calls a second time
LOAD, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # of the filter's little machine
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in what it looks at; of the argument, its lower half
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM


class _Step(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step))]


def refuse_calls(libc: ctypes.CDLL) -> None:
    """Refuse them to this process and all that come from it; it must not be able to gain rights any more.

    Raises:
        OSError: the system has no filters of system calls.
    """
    machine = platform.machine()
    steps = _steps(machine)
    program = _Program(len(steps), (_Step * len(steps))(*steps))
    if libc.syscall(SECCOMP[machine], SET_FILTER, SPECULATION_STAYS, ctypes.byref(program)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"a filter of system calls: {os.strerror(code)}")


def _steps(machine: str) -> list[_Step]:
    """The filter: three steps, the refused calls, two steps, the families, and the two ends that the tests jump to."""
    refused = [(IF_EQUAL, number) for number in sorted(REFUSED[machine].values())] + [(IF_AT_LEAST, OTHER_NUMBERS)]
    allow = len(refused) + len(FAMILIES) + 6
    refuse = allow - 1
    steps = [_Step(LOAD, 0, 0, ARCHITECTURE), _Step(IF_EQUAL, 0, refuse - 2, AUDIT[machine]), _Step(LOAD, 0, 0, NUMBER)]
    steps += [_Step(test, refuse - place - 1, 0, value) for place, (test, value) in enumerate(refused, len(steps))]
    steps += [_Step(IF_EQUAL, 0, allow - len(steps) - 1, SOCKET[machine]), _Step(LOAD, 0, 0, FIRST_ARGUMENT)]
    steps += [_Step(IF_EQUAL, allow - place - 1, 0, family) for place, family in enumerate(FAMILIES.values(), len(steps))]
    return [*steps, _Step(RETURN, 0, 0, REFUSE), _Step(RETURN, 0, 0, ALLOW)]
