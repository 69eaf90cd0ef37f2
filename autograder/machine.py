"""What this machine is, and how much it does at a time."""

import os
import platform

from dask.system import cpu_count


def cores() -> int:
    """CPU cores that this process may use, by its affinity and by the quota of its container."""
    return cpu_count()


def at_a_time(tasks: int) -> tuple[int, dict[str, str]]:
    """How many of some programs to run at a time, and the environment for each.

    On a GPU one after the other, else one a core: small networks gain little from a second thread.
    """
    import torch

    jobs = 1 if torch.cuda.is_available() else max(1, min(cores(), tasks))
    return jobs, os.environ | {"OMP_NUM_THREADS": str(cores() // jobs)}


def in_words() -> str:
    """The machine in a few words."""
    import torch

    count = "1 CPU core" if cores() == 1 else f"{cores()} CPU cores"
    device = f"{torch.cuda.get_device_name()} and {count}" if torch.cuda.is_available() else count
    return f"{device}, {platform.system()} {platform.machine()}, Python {platform.python_version()}, torch {torch.__version__}"
