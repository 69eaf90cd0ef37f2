"""report.html: where the class stands, on one page that opens fast and asks nothing of the network."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from urllib.parse import quote

from autograder.classroom.feedback import split_hint
from autograder.classroom.gradebook import Standing
from autograder.classroom.moves import Moved
from autograder.classroom.pages import render, seconds, update
from autograder.classroom.results import GRADED
from autograder.classroom.submissions import file_name

UNDEFINED = re.compile(r"name '\w+' is not defined")
MESSAGES = 12  # how many of the commonest messages are shown


@dataclass(frozen=True)
class Bar:
    """A row of a bar chart: a label, a count, and how long the bar is, 0 to 100."""

    label: str
    count: str
    length: float


def write_report(
    path: Path,
    title: str,
    max_score: float,
    results: Sequence[dict],
    standings: dict[str, Standing],
    moved: Sequence[Moved],
    loose: Sequence[str],
) -> None:
    """Write the page of the class; `loose` are files beside the students' folders."""
    graded = [result for result in results if result["status"] == GRADED]
    ours = [standings[result["student"]] for result in results if result["student"] in standings]  # a gradebook may hold other classes
    scores = [standing.score for standing in ours if standing.score is not None]
    page = render(
        "report.html.j2",
        title=title,
        max_score=max_score,
        counts=Counter(result["status"] for result in results),
        students=len(results),
        mean=fmean(scores) if scores else None,
        median=median(scores) if scores else None,
        unprotected=any(result["isolation"] == "none" for result in graded),
        attention=[(result["student"], result["status"], result["why"]) for result in results if _needs_attention(result, standings)],
        review=[result["student"] for result in graded if _needs_review(result, standings) and not result["why"]],
        loose=loose,
        distribution=histogram([min(100, 100 * score / max_score) for score in scores], range(0, 101, 10), "{} to {} %"),
        exercises=pass_rates(graded),
        messages=commonest(graded),
        times=histogram_of_times([result["seconds"] for result in graded]),
        slowest=sorted(((result["seconds"], result["student"]) for result in graded), reverse=True)[:5],
        moved=moved,
        someone_is_late=any(standing.late_penalty for standing in ours),
        rows=[_row(result, standings.get(result["student"], Standing())) for result in results],
    )
    update(path, page)


def _needs_attention(result: dict, standings: dict[str, Standing]) -> bool:
    return result["status"] != GRADED or bool(result["why"] and _needs_review(result, standings))


def _needs_review(result: dict, standings: dict[str, Standing]) -> bool:
    return standings.get(result["student"], Standing()).needs_review


def histogram(values: Sequence[float], edges: Sequence[float], label: str) -> list[Bar]:
    """How many values lie between neighbouring edges, the last edge included."""
    bins = list(pairwise(edges))
    counts = [sum(low <= value < high or value == high == edges[-1] for value in values) for low, high in bins]
    most = max(counts, default=0) or 1
    return [Bar(label.format(low, high), str(count), 100 * count / most) for (low, high), count in zip(bins, counts, strict=True)]


def histogram_of_times(times: Sequence[float]) -> list[Bar]:
    """How many submissions took how long, in steps that double from half a second."""
    if not times:
        return []
    edges = [0.0, 0.5]
    while edges[-1] <= max(times):
        edges.append(2 * edges[-1])
    bars = histogram(times, edges, "{}|{}")
    return [Bar(" to ".join(seconds(float(edge)) for edge in bar.label.split("|")), bar.count, bar.length) for bar in bars]


def pass_rates(graded: Iterable[dict]) -> dict[str, list[Bar]]:
    """For every exercise its checks, with the share of graded submissions that pass each."""
    passed, asked = Counter(), Counter()
    for result in graded:
        for exercise in result["exercises"]:
            for check in exercise["checks"]:
                key = exercise["name"], check["name"]
                asked[key] += 1
                passed[key] += check["state"] == "passed"
    found: dict[str, list[Bar]] = {}
    for (exercise, check), count in asked.items():
        share = 100 * passed[exercise, check] / count
        found.setdefault(exercise, []).append(Bar(check, f"{share:.0f} %", share))
    return found


def commonest(graded: Iterable[dict]) -> list[tuple[int, str, str, str]]:
    """The messages that most students got: how many, exercise, check, and the message of one of them.

    Messages of one exercise that differ in numbers only are one message, and a student has it once.
    """
    counts, example = Counter(), {}
    for result in graded:
        found = {}
        for exercise, check in _complaints(result):
            text, hint = split_hint(check["message"])
            key = exercise, re.sub(r"[-+]?\d[\d.e+-]*", "#", text.partition("\n")[0])
            found.setdefault(key, (exercise, check["name"], f"{text}\n{hint}".strip()))
        counts.update(found.keys())
        example = found | example
    return [(count, *example[key]) for key, count in counts.most_common(MESSAGES)]


def _complaints(result: dict) -> Iterator[tuple[str, dict]]:
    """Exercise and check of what went wrong, without what only follows: checks not run, and names that a broken cell left undefined."""
    checks = [(exercise["name"], check) for exercise in result["exercises"] for check in exercise["checks"]]
    is_broken = any(check["message"].startswith("its cell") for _, check in checks)
    for exercise, check in checks:
        message = check["message"]
        follows = is_broken and not message.startswith("its cell") and UNDEFINED.search(message)
        if check["state"] not in ("passed", "not implemented") and not message.startswith("not run:") and not follows:
            yield exercise, check


def _row(result: dict, standing: Standing) -> dict:
    return {
        "student": result["student"],
        "page": f"feedback/{quote(file_name(result['student']))}.html",
        "score": standing.score,
        "status": result["status"],
        "late_penalty": standing.late_penalty,
        "seconds": result["seconds"],
    }
