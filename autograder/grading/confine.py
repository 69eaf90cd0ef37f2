"""Shuts a forked process into namespaces of its own: no network, no other processes, a read-only system, its own /tmp.

What bubblewrap does for a fresh process, done by a process that has imported torch already. Works for an ordinary user (with
user namespaces) and for root, who first becomes nobody, because limits on the number of processes do not bind root.
"""

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.grading.syscalls import refuse_calls

NEW_NS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = 0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
MOUNT_SETATTR = 442  # the same number on every architecture
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
CAPSET = {"x86_64": 126, "aarch64": 91}
KEYCTL = {"x86_64": 250, "aarch64": 219}
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4
AT_RECURSIVE, AT_FDCWD = 0x8000, -100
SET_DEATH_SIGNAL, SET_DUMPABLE, SET_NO_NEW_PRIVS = 1, 4, 38
NOBODY = 65534
STUDENT = 1000
DEVICES = ("null", "zero", "full", "random", "urandom")
INODES = 20_000
OPEN_FILES = 512

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Walls:
    """What a sandbox shows and allows: folders to read, at their own places, and limits."""

    readable: tuple[str, ...]
    memory_mb: int
    processes: int
    disk_mb: int


def leave_host(walls: Walls) -> int:
    """Move to new namespaces and fork: 0 in the child, which is process 1 of the sandbox; its number in the parent."""
    if os.geteuid() != 0:
        _new_user()
    _call(libc.unshare(NEW_NS | NEW_UTS | NEW_IPC | NEW_PID | NEW_NET), "new namespaces")
    child = os.fork()
    if child == 0:
        _build_root(walls)
    return child


def give_up_rights() -> None:
    """Become an ordinary user who can get no rights back and make no further namespaces."""
    _new_keyring()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        libc.umount2(b"/proc/sys", 0)  # bubblewrap covers it read-only
        os.setresuid(NOBODY, NOBODY, NOBODY)
        _call(libc.prctl(SET_DUMPABLE, 1, 0, 0, 0), "own /proc entries")
        _new_user()
    with contextlib.suppress(OSError):  # bubblewrap has done it already, and covers the file
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
    _call(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    _call(libc.syscall(CAPSET[platform.machine()], header, none), "no capabilities")
    refuse_calls(libc)
    if _can_make_namespaces():
        raise OSError("the sandbox could make user namespaces of its own")


def _new_keyring() -> None:
    """A session keyring of its own in place of the grader's."""
    if libc.syscall(KEYCTL[platform.machine()], 1, None) < 0 and ctypes.get_errno() not in (errno.ENOSYS, errno.EPERM):
        _call(-1, "a keyring of its own")  # a machine without keyrings has none to inherit


def _can_make_namespaces() -> bool:
    child = os.fork()
    if child == 0:
        os._exit(1 if libc.unshare(NEW_USER) == 0 else 0)
    return os.waitpid(child, 0)[1] != 0


def die_with_parent() -> None:
    """Be killed when the parent ends, whatever ended it; to be said after the last change of user, which forgets it."""
    _call(libc.prctl(SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0), "dying with the parent")


def set_limits(walls: Walls) -> None:
    """Limits of one process; `memory_mb` comes on top of what is mapped now."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = {
        resource.RLIMIT_AS: mapped + (walls.memory_mb << 20),
        resource.RLIMIT_NPROC: walls.processes,
        resource.RLIMIT_FSIZE: walls.disk_mb << 20,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for limit, value in limits.items():
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))


def _new_user() -> None:
    """A user namespace in which this process is an ordinary user."""
    user, group = os.geteuid(), os.getegid()
    _call(libc.unshare(NEW_USER), "a user namespace")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{STUDENT} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{STUDENT} {group} 1")


def _build_root(walls: Walls) -> None:
    """A new root: an empty one with the readable folders in it, and nothing of the old one left."""
    _call(libc.sethostname(b"grader", 6), "a host name")
    places = {path: Path(path).resolve() for path in walls.readable}  # links lead nowhere once the root is another
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    _mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m,nr_inodes=1000")
    Path("/tmp/old").mkdir()
    _call(libc.syscall(PIVOT_ROOT[platform.machine()], b"/tmp", b"/tmp/old"), "a new root")
    os.chdir("/")
    for place, megabytes in {"/tmp": walls.disk_mb, "/dev/shm": walls.disk_mb}.items():
        Path(place).mkdir(parents=True)
        _mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, f"mode=1777,size={megabytes}m,nr_inodes={INODES}")
    _devices()
    Path("/proc").mkdir()
    _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
    for place, source in places.items():
        _show(place, source)
    for name in ("bin", "lib", "lib64", "sbin"):
        _show_or_link(name)
    _call(libc.umount2(b"/old", 2), "leaving the old root")  # 2: detach
    Path("/old").rmdir()
    _attributes("/", ATTR_RDONLY)


def _devices() -> None:
    for name in DEVICES:
        Path("/dev", name).touch()
        _mount(f"/old/dev/{name}", f"/dev/{name}", None, MS_BIND)
    Path("/dev/pts").mkdir()
    _mount("devpts", "/dev/pts", "devpts", MS_NOSUID, "newinstance,ptmxmode=0666,mode=620")
    for name, target in {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}.items():
        Path("/dev", name).symlink_to(target)


def _show(path: str, source: str | Path) -> None:
    """Bind a folder or file of the old root, read-only."""
    old = Path(f"/old{source}")
    if old.is_dir():
        Path(path).mkdir(parents=True, exist_ok=True)
    else:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    _mount(str(old), path, None, MS_BIND | MS_REC)
    _attributes(path, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, AT_RECURSIVE)


def _show_or_link(name: str) -> None:
    """/bin and its like are links into /usr on today's systems, folders on others."""
    old = Path("/old", name)
    if old.is_symlink():
        Path("/", name).symlink_to(old.readlink())
    elif old.is_dir():
        _show(f"/{name}", f"/{name}")


def _mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    encoded = [text.encode() if text is not None else None for text in (source, target, kind)]
    _call(libc.mount(*encoded, ctypes.c_ulong(flags), data.encode()), f"mounting {target}")


def _attributes(path: str, attributes: int, flags: int = 0) -> None:
    """Set mount attributes, on all mounts below as well with AT_RECURSIVE (Linux 5.12 and later)."""
    block = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    _call(libc.syscall(MOUNT_SETATTR, AT_FDCWD, path.encode(), flags, block, ctypes.sizeof(block)), f"closing {path}")


def _call(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def close_all_but(kept: Iterable[int]) -> None:
    """Close every file but these."""
    last = -1
    for number in sorted(kept):
        os.closerange(last + 1, number)
        last = number
    os.closerange(last + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
