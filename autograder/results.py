"""Runs the solved notebooks of all lessons from start to end and keeps what they showed: the numbers, the pictures, the time."""

import hashlib
import json
import os
import platform
import tempfile
import time
import warnings
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from tqdm import tqdm

from autograder.build import build
from autograder.files import write_text
from autograder.lesson import ROOT

RESULTS = ROOT / "build" / "results"
LONGEST_CELL_S = 900


@dataclass(frozen=True)
class Run:
    """One lesson, run: its numbers, how long it took and on what."""

    lesson: str
    notebook: str  # hash of the solved notebook that ran
    seconds: float
    machine: str
    rows: list[dict]  # name, value, low, high, unit
    trouble: str  # what ended it early; empty if nothing did


def run_lessons(slugs: Iterable[str], again: bool = False) -> list[Run]:
    """Run the solved notebooks of these lessons; one that has not changed since its last run is taken as it was."""
    slugs = list(slugs)
    build(slugs)
    runs = []
    for slug in tqdm(slugs, unit="lesson"):
        known = None if again else last_run(slug)
        runs.append(known if known and known.notebook == _hash(slug) and not known.trouble else _run(slug))
    return runs


def last_run(slug: str) -> Run | None:
    """The last run of a lesson, if there was one."""
    path = RESULTS / f"{slug}.json"
    return Run(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def table(runs: list[Run]) -> str:
    """All numbers as a Markdown table, those outside their range marked."""
    lines = ["| lesson | what | value | expected | |", "|---|---|---:|---|---|"]
    for run in runs:
        for row in run.rows:
            inside = row["low"] <= row["value"] <= row["high"]
            shown = f"{row['value']:.4g} {row['unit']}".rstrip()
            lines.append(
                f"| {run.lesson[:3]} | {row['name']} | {shown} | {row['low']:.4g} to {row['high']:.4g} | {'' if inside else 'outside'} |"
            )
    return "\n".join(lines)


def machine() -> str:
    """The machine in a few words."""
    import torch

    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{os.cpu_count()} CPU cores"
    return f"{device}, {platform.system()} {platform.machine()}, Python {platform.python_version()}, torch {torch.__version__}"


def _solved(slug: str) -> Path:
    return ROOT / "build" / "solved" / f"{slug}.ipynb"


def _hash(slug: str) -> str:
    return hashlib.sha256(_solved(slug).read_bytes()).hexdigest()


def _run(slug: str) -> Run:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook = nbformat.read(_solved(slug), as_version=4)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "results.jsonl"
        client = NotebookClient(notebook, timeout=LONGEST_CELL_S, resources={"metadata": {"path": str(ROOT / "assignments")}})
        trouble = ""
        try:
            client.execute(env=os.environ | {"COURSE_RESULTS": str(record)})
        except CellExecutionError as error:
            trouble = f"{error.ename}: {error.evalue}"
        rows = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()] if record.is_file() else []
    run = Run(slug, _hash(slug), time.perf_counter() - started, machine(), rows, trouble)
    write_text(RESULTS / f"{slug}.ipynb", nbformat.writes(notebook))
    write_text(RESULTS / f"{slug}.json", json.dumps(asdict(run), indent=1))
    return run
