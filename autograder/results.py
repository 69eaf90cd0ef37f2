"""Runs the solved notebooks of all lessons from start to end and keeps what they showed: the numbers, the pictures, the time."""

import hashlib
import json
import math
import tempfile
import textwrap
import time
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from matplotlib.figure import Figure
from tqdm import tqdm

from assignments.common.results import range_in_words
from autograder.build import build
from autograder.files import write_text
from autograder.lesson import ROOT
from autograder.machine import at_a_time, in_words

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
    runs = {slug: run for slug in slugs if not again and (run := last_run(slug)) and is_current(run) and not run.trouble}
    stale = [slug for slug in slugs if slug not in runs]
    jobs, environment = at_a_time(len(stale))
    with ThreadPoolExecutor(jobs) as pool:
        started = [pool.submit(_run, slug, environment) for slug in reversed(stale)]  # the later lessons take longest
        try:
            for done in tqdm(as_completed(started), total=len(started), unit="lesson"):
                runs[done.result().lesson] = done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [runs[slug] for slug in slugs]


def last_run(slug: str) -> Run | None:
    """The last run of a lesson, if there was one."""
    path = RESULTS / f"{slug}.json"
    return Run(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def is_current(run: Run) -> bool:
    """Whether the solved notebook, as it was built last, is the one that ran."""
    return _solved(run.lesson).is_file() and run.notebook == _hash(run.lesson)


def table(run: Run) -> str:
    """A lesson's numbers as a Markdown table, those outside their range marked."""
    lines = ["| what | value | expected |", "|---|---:|---|"]
    for row in run.rows:
        shown = f"{row['value']:.4g} {row['unit']}".rstrip()
        expected = range_in_words(row["low"], row["high"]) + ("" if inside(row) else ", outside")
        cells = [row["name"], shown, expected]
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines)


def inside(row: dict) -> bool:
    """Whether a number lies in its range; NaN does not."""
    return row["low"] <= row["value"] <= row["high"]


def range_figure(run: Run) -> Figure | None:
    """Where each number lies within its range; None if no range of the lesson has two ends that differ."""
    rows = [row for row in run.rows if math.isfinite(row["high"] - row["low"]) and row["low"] < row["high"]][::-1]
    if not rows:
        return None
    figure = Figure(figsize=(8, 0.7 + 0.3 * len(rows)), layout="constrained")
    axes = figure.add_subplot(xlim=(-0.3, 1.3), xticks=(0, 0.5, 1), xticklabels=("lowest", "middle", "highest"))
    axes.set_yticks(range(len(rows)), [textwrap.shorten(row["name"], 60, placeholder=" ...") for row in rows], fontsize=8)
    axes.barh(range(len(rows)), 1, height=0.5, color="#c9dcea", label="expected")
    places = [(row["value"] - row["low"]) / (row["high"] - row["low"]) for row in rows]
    axes.plot([min(1.25, max(-0.25, place)) for place in places], range(len(rows)), "o", color="#0072b2", label="found")
    axes.tick_params(axis="x", labelsize=8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return figure


def _solved(slug: str) -> Path:
    return ROOT / "build" / "solved" / f"{slug}.ipynb"


def _hash(slug: str) -> str:
    return hashlib.sha256(_solved(slug).read_bytes()).hexdigest()


def _run(slug: str, environment: dict[str, str]) -> Run:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook = nbformat.read(_solved(slug), as_version=4)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "results.jsonl"
        where = {"metadata": {"path": str(ROOT / "assignments")}}
        quiet = ["--log-level=ERROR"]  # of the kernel, which warns of its own transport
        client = NotebookClient(notebook, timeout=LONGEST_CELL_S, resources=where, extra_arguments=quiet)
        trouble = ""
        try:
            client.execute(env=environment | {"COURSE_RESULTS": str(record)})
        except CellExecutionError as error:
            trouble = f"{error.ename}: {error.evalue}"
        rows = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()] if record.is_file() else []
    run = Run(slug, _hash(slug), time.perf_counter() - started, in_words(), rows, trouble)
    write_text(RESULTS / f"{slug}.ipynb", nbformat.writes(notebook))
    write_text(RESULTS / f"{slug}.json", json.dumps(asdict(run), indent=1))
    return run
