"""Measures the grading of a class against plain nbgrader, and how it grows: `python -m tests.benchmarks.grading`.

Everything happens in a copy of the course with one small lesson whose submissions import torch and fit a line. Ratios are
of one run on one machine. The numbers go to lectures/figures/instructor.json and from there into the instructor's page, with the day,
the cores, and how many other processes wanted them. `--only NAME` runs one part: throughput, startup, growth, report or kills.
"""

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from autograder.files import write_text
from autograder.lesson import ROOT
from tests import tiny_course
from tests.attack_table import PAGE, replace_between

SLUG = "a00_line_fit"
SCRIPT = '''\
# %% [markdown]
# # 0. A line
#
# Fits a line by gradient descent.

# %%
import torch

from autograder.checks import a00_line_fit as check


# %% exercise="predict"
def predict(x: torch.Tensor, slope: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
    """The line at (N,) places."""
    # BEGIN SOLUTION
    return slope * x + offset
    # END SOLUTION


# %% check="predict"
if __name__ == "__main__":
    check.predict(predict)


# %% exercise="fit"
def fit(x: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    """Slope and offset after 200 steps."""
    # BEGIN SOLUTION
    weights = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.SGD([weights], lr=0.3)
    for _ in range(200):
        optimizer.zero_grad()
        ((predict(x, weights[0], weights[1]) - y) ** 2).mean().backward()
        optimizer.step()
    return weights[0].item(), weights[1].item()
    # END SOLUTION


# %% check="fit"
if __name__ == "__main__":
    check.fit(fit)
'''
CHECKS = '''\
"""Checks of the benchmark's lesson."""

import torch

from autograder.checks.compare import agree
from autograder.checks.core import Exercise

predict = Exercise("predict")
fit = Exercise("fit")


@predict.check(points=1)
def is_a_line(student, seed):
    """At random places."""
    x = torch.rand(16, generator=torch.Generator().manual_seed(seed))
    agree(student(x, torch.tensor(2.0), torch.tensor(1.0)), 2 * x + 1, "slope 2")


@predict.check(points=1)
def is_flat_for_no_slope(student, seed):
    """A constant."""
    agree(student(torch.zeros(3), torch.tensor(0.0), torch.tensor(1.0)), torch.ones(3), "slope 0")


@fit.check(points=2)
def finds_a_line(student, seed):
    """Without noise."""
    x = torch.linspace(-1, 1, 32)
    agree(student(x, 3 * x - 0.5), (3.0, -0.5), "slope 3", tolerance=1e-2)
'''
ANSWERS = '''\
"""Answers to the benchmark's lesson."""
'''
JOBS = 2


NUMBERS = ROOT / "lectures" / "figures" / "instructor.json"
PARTS = ("throughput", "startup", "growth", "report", "kills")
BEGIN, END = "<!-- speed:begin -->", "<!-- speed:end -->"


def main() -> None:
    """Run the parts that were asked for, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=PARTS, help="one part, e.g. --only throughput")
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 100, 300, 1000], help="of the classes whose growth is measured")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="grading-benchmark-"))
    try:
        course = make_course(folder / "course")
        for name in [arguments.only] if arguments.only else PARTS:
            words = where()
            found = growth(course, arguments.sizes) if name == "growth" else globals()[name](course)
            print(json.dumps({name: found}, indent=1), flush=True)
            numbers = numbers_so_far() | {name: found | {"on": words}}
            write_text(NUMBERS, json.dumps(numbers, indent=1) + "\n")
            replace_between(PAGE, BEGIN, END, page(numbers))
    finally:
        shutil.rmtree(folder)


def where() -> str:
    """The day and the machine, and what else it was doing."""
    return f"{date.today()}, {os.cpu_count()} shared cores, {os.getloadavg()[0]:.1f} other processes running"


def numbers_so_far() -> dict:
    """What was measured, by part; the figure and the instructor's page are made of it."""
    return json.loads(NUMBERS.read_text(encoding="utf-8")) if NUMBERS.exists() else {}


def page(numbers: dict) -> str:
    """What the instructor's page says of them."""
    rows = [f"| {words.format(**numbers[part])} | {numbers[part]['on']} |" for part, words in WORDS.items() if part in numbers]
    text = ["| measured | on |", "|---|---|", *rows]
    if "growth" in numbers:
        text += ["", "| submissions | seconds | each | memory at most | on |", "|---:|---:|---:|---:|---|"]
        for count, point in numbers["growth"]["points"].items():
            each = point["seconds"] / int(count)
            text.append(f"| {count} | {point['seconds']:.0f} | {each:.2f} s | {point['most MB']} MB | {point['on']} |")
        text += ["", f"![{GROWTH}](../build/lectures/instructor/growth.png)"]
    return "\n".join(text)


GROWTH = "Seconds over the number of submissions, measured points on a straight line: time grows as the class does."
WORDS = {
    "throughput": "{ours 100} s a submission in a class of 100, {ours 20} s in one of 20, {nbgrader} s by `nbgrader autograde` and"
    " `generate_feedback` as they come: {times 100} and {times 20} times as many in the same time",
    "startup": "a forked sandbox with torch in it is ready in {median s} s, at worst in {worst s} s of 20",
    "growth": "{start s} s, and {slope s} s a submission; the worst of the points below is {off} off this line",
    "report": "the report of 1,000 students is drawn in a browser in {drawn s} s, the worst of 5; it has {kB} kB",
    "kills": "{submissions} submissions while {killed} workers were killed at random: {graded} graded, {kept} of them kept by the next run",
}


def make_course(root: Path) -> Path:
    """The machine and the benchmark's lesson, built."""
    tiny_course.copy_machine(root)
    for name, text in [("solutions", SCRIPT), ("autograder/checks", CHECKS), ("tests/answers", ANSWERS)]:
        (root / name).mkdir(exist_ok=True)
        (root / name / f"{SLUG}.py").write_text(text)
    done = tiny_course.python(root, "-m", "autograder", "build", SLUG)
    assert done.returncode == 0, done.stderr
    return root


def submit(course: Path, folder: Path, count: int) -> Path:
    """A class that hands in the solved notebook, each with a comment of its own."""
    release = json.loads((course / "assignments" / f"{SLUG}.ipynb").read_text())
    solved = {cell["id"]: cell["source"] for cell in json.loads((course / "build" / "solved" / f"{SLUG}.ipynb").read_text())["cells"]}
    for number in range(count):
        for cell in release["cells"]:
            if cell["id"].startswith("exercise-"):
                cell["source"] = [*solved[cell["id"]], f"\n# {number}"]
        path = folder / f"student{number:04}" / SLUG / f"{SLUG}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(release))
    return folder


def run_class(course: Path, submissions: Path, out: Path, *options: str) -> float:
    """Seconds that our command takes for a class, which must be graded whole and right."""
    arguments = ["-m", "autograder", "grade", SLUG, "--submissions", str(submissions), "--out", str(out), "--jobs", str(JOBS), *options]
    started = time.perf_counter()
    done = tiny_course.python(course, *arguments)
    seconds = time.perf_counter() - started
    assert done.returncode == 0, done.stderr
    reached = [result["score"] for result in tiny_course.results(out).values()]
    assert reached == [4.0] * len(list(submissions.iterdir())), reached
    return seconds


def throughput(course: Path) -> dict:
    """Our command with everything that it writes, against `nbgrader autograde` and `generate_feedback` as they come."""
    plain = course.parent / "plain"
    shutil.copytree(course / "build" / "course" / "source", plain / "source")
    submit(course, plain / "submitted", 20)
    programs = Path(sys.executable).parent
    path = os.pathsep.join([str(programs), os.environ["PATH"]])  # nbgrader calls alembic
    environment = tiny_course.environment() | {"PYTHONPATH": str(course), "PATH": path}

    def run_plain(*arguments: str) -> float:
        started = time.perf_counter()
        done = subprocess.run([programs / "nbgrader", *arguments], cwd=plain, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        return time.perf_counter() - started

    run_plain("generate_assignment", SLUG)
    small, large = submit(course, course.parent / "class20", 20), submit(course, course.parent / "class100", 100)
    before = run_class(course, small, course.parent / "before")
    theirs = run_plain("autograde", SLUG) + run_plain("generate_feedback", SLUG)
    after = run_class(course, small, course.parent / "after")
    each = {"nbgrader": theirs / 20, "ours 20": (before + after) / 40, "ours 100": run_class(course, large, course.parent / "out100") / 100}
    times = {f"times {count}": round(each["nbgrader"] / each[f"ours {count}"], 1) for count in (20, 100)}
    return {name: round(value, 2) for name, value in each.items()} | times


def startup(course: Path) -> dict:
    """Time until a forked sandbox with torch imported answers, 20 times."""
    script = f"""
import json, time
from autograder.grading import stage, launch
from autograder.grading.limits import Limits
from autograder.lesson import ROOT, read
if __name__ == "__main__":
    spec = stage.build(read("{SLUG}"), Limits(), ROOT)
    way, starter = launch.starter("fork", spec)
    times = []
    for _ in range(20):
        started = time.perf_counter()
        sandbox = starter.start()
        times.append(time.perf_counter() - started)
        sandbox.end()
    starter.close()
    print(json.dumps(times))
"""
    done = tiny_course.python(course, "-c", script)
    assert done.returncode == 0, done.stderr
    times = json.loads(done.stdout)
    return {"median s": round(statistics.median(times), 3), "worst s": round(max(times), 3)}


def growth(course: Path, counts: list[int]) -> dict:
    """Time and memory of classes of these sizes, everything written, beside the sizes measured earlier; a straight line through all."""
    import numpy as np

    points = numbers_so_far().get("growth", {}).get("points", {})
    for count in counts:
        submissions, out = submit(course, course.parent / f"growth{count}", count), course.parent / f"growth-out{count}"
        words, watch = where(), Memory()
        seconds = run_class(course, submissions, out)
        points[str(count)] = {"seconds": round(seconds, 1), "most MB": watch.stop(), "on": words}
        print(f"{count} submissions: {points[str(count)]}", flush=True)
        shutil.rmtree(submissions)
        shutil.rmtree(out)
    points = dict(sorted(points.items(), key=lambda point: int(point[0])))
    sizes, taken = [int(count) for count in points], [point["seconds"] for point in points.values()]
    slope, start = np.polyfit(sizes, taken, 1) if len(points) > 1 else (taken[0] / sizes[0], 0.0)
    off = max(abs(start + slope * size - seconds) / seconds for size, seconds in zip(sizes, taken, strict=True))
    return {"points": points, "slope s": round(slope, 3), "start s": round(start, 1), "off": f"{100 * off:.0f} %"}


class Memory:
    """Watches the memory of this process's descendants: the sum of their proportional shares, at its highest."""

    def __init__(self) -> None:
        import threading

        self.most_mb, self.going = 0, True
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while self.going:
            self.most_mb = max(self.most_mb, sum(map(share_mb, descendants(os.getpid()))))
            time.sleep(2)  # a look costs 0.1 s

    def stop(self) -> int:
        """The most that was seen, in MB."""
        self.going = False
        self.thread.join()
        return round(self.most_mb)


def descendants(process: int) -> list[int]:
    """Ids of all processes below this one."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:
            continue
        found += children + [below for child in children for below in descendants(child)]
    return found


def share_mb(process: int) -> float:
    """Proportional share of memory; 0 once the process is gone."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")), 0.0)


def report(course: Path) -> dict:
    """Time until the class report of 1,000 students is drawn in a headless browser."""
    from playwright.sync_api import sync_playwright

    from autograder.classroom.gradebook import Standing
    from autograder.classroom.report import write_report

    results = invented_class(1000)
    path = course.parent / "report.html"
    started = time.perf_counter()
    write_report(path, "0. A line", 12, results, {result["student"]: Standing(result["score"]) for result in results}, [], [])
    written = time.perf_counter() - started
    program = shutil.which("chromium") or shutil.which("google-chrome")
    drawn = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        times = []
        for _ in range(5):
            page = browser.new_page()
            page.goto(path.as_uri())
            times.append(page.evaluate(drawn) / 1000)
            page.close()
        browser.close()
    return {"kB": path.stat().st_size // 1024, "written s": round(written, 2), "drawn s": round(max(times), 2)}


def invented_class(count: int) -> list[dict]:
    """Results of students who pass each of twelve checks with a chance of their own."""
    from autograder.classroom.results import ungraded

    chance = random.Random(0)
    terms = {"isolation": "fork", "time_s": 60, "memory_mb": 4096, "seed": 1}
    found = []
    for number in range(count):
        skill = 0.4 + 0.05 * (number % 11)
        checks = [invented_check(place, chance.random() < skill, chance.random()) for place in range(12)]
        reached = sum(check["points"] for check in checks)
        exercise = {"name": "fit", "points": reached, "max_points": 12, "checks": checks}
        result = ungraded(f"student {number:04}", SLUG, terms, "graded", "")
        found.append(result | {"score": reached, "max_score": 12, "exercises": [exercise], "seconds": chance.expovariate(1)})
    return found


def invented_check(place: int, passed: bool, error: float) -> dict:
    """One check's result."""
    return {
        "name": f"check number {place}", "about": "", "points": int(passed), "max_points": 1, "state": "passed" if passed else "failed",
        "message": "" if passed else f"case {place}: off by {error:.3g}\nhint: look at axis {place}", "picture": None, "seconds": 0.1,
    }  # fmt: skip


def kills(course: Path) -> dict:
    """300 submissions while workers are killed at random; then once more in peace: the same scores, and nothing graded twice."""
    submissions, out = submit(course, course.parent / "killed", 300), course.parent / "killed-out"
    options = ["--submissions", str(submissions), "--out", str(out), "--jobs", str(JOBS), "--seed", "1"]
    arguments = ["-m", "autograder", "grade", SLUG, *options]
    chance, killed = random.Random(0), 0
    running = subprocess.Popen(
        [sys.executable, *arguments], cwd=course, env=tiny_course.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while running.poll() is None:
        time.sleep(chance.uniform(3, 12))
        workers = [child for child in descendants(running.pid) if is_worker(child)]
        if workers and killed < 20:
            os.kill(chance.choice(workers), signal.SIGKILL)
            killed += 1
    finished = {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    run_class(course, submissions, out, "--seed", "1")
    kept = sum(path.stat().st_mtime_ns == stamp for path, stamp in finished.items())
    assert (running.returncode, len(finished), kept) == (0, 300, 300), (running.returncode, len(finished), kept)
    return {"submissions": 300, "killed": killed, "graded": len(finished), "kept": kept}


def is_worker(process: int) -> bool:
    """Whether a process is a worker of the command."""
    try:
        return b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    main()
