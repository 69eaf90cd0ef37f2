"""Puts a socket beside the notebook (a device where the grader runs as root); refused."""

import os
import socket
import stat
from pathlib import Path

from tests.attacks.core import RIGHT, Attack


def place(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
    finally:
        os.chdir(here)
    if os.geteuid() == 0:
        os.mknod(path.parent / "device", stat.S_IFCHR | 0o666, os.makedev(1, 5))


ATTACK = Attack(base=RIGHT, place=place, status="refused", says="special file")
