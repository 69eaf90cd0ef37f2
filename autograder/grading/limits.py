"""What a submission may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on one submission; what goes beyond them costs the exercise that did it, or the submission where it is said."""

    time_s: float = 60.0  # one check, and one cell
    total_s: float = 600.0  # the whole submission
    memory_mb: int = 4096  # of all its processes together, beyond what the imported libraries take
    processes: int = 64  # and threads
    disk_mb: int = 512  # of temporary files, which live in memory
    reply_mb: int = 128  # of one answer to a check
    output_bytes: int = 20_000  # kept of what a cell prints
    all_output_bytes: int = 200_000  # kept of what all cells print, errors included
    notebook_mb: int = 32  # a larger notebook is refused
    cells: int = 2000  # a notebook with more of them is refused
