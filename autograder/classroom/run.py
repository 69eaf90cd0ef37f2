"""Grades a whole class: finds what is to be done, has it done, and writes every file that is made of the results."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL
from tqdm import tqdm

from autograder.classroom import local, results
from autograder.classroom.sheet import Sheet, read_sheet
from autograder.classroom.submissions import ClassError, Submission, find, find_loose
from autograder.classroom.task import answered, lost, run_task, task
from autograder.classroom.versions import checks_version
from autograder.files import write_text
from autograder.grading.launch import WAYS, IsolationError, keep_hidden
from autograder.grading.limits import Limits
from autograder.lesson import ROOT, LessonError, known, parse
from autograder.machine import cores

INTERRUPTED = 130


def grade_class(
    slug: str,
    submissions: Path,
    out: Path,
    *,
    jobs: int | None = None,
    scheduler: str = "",
    gradebook: str = "",
    isolation: str = "auto",
    seed: int | None = None,
    time_limit_s: float = Limits.time_s,
    memory_limit_mb: int = Limits.memory_mb,
    again: bool = False,
) -> int:
    """Grade every submission of a lesson; what an earlier run finished is kept unless the submission or a check changed.

    Args:
        slug: the lesson.
        submissions: folder of STUDENT/SLUG/SLUG.ipynb.
        out: gets grades.csv, canvas.csv, moodle.csv, moved.csv, results/, feedback/, gradescope/, report.html, gradebook.db.
        jobs: worker processes; default: one a core.
        scheduler: address of a Dask scheduler that runs the tasks instead.
        gradebook: SQLAlchemy address; default: SQLite in `out`.
        isolation: "auto", "fork", "bubblewrap" or "none".
        seed: of the random cases, to repeat a run; default: that of the earlier run, or a new one.
        time_limit_s: of one check or cell.
        memory_limit_mb: of one submission.
        again: grade everything anew.

    Returns:
        exit code: 0 if every submission was judged, 1 if some could not be, 2 if nothing could be done, 130 after ctrl-C.
    """
    try:
        students = find(submissions, known(slug))
        if isolation not in WAYS:
            raise ClassError(f"isolation must be one of {', '.join(WAYS)}, got {isolation!r}")
        keep_apart(submissions, out)
        for folder in (submissions, out) if isolation != "none" else ():
            keep_hidden(folder)
        sheet = read_sheet(slug)
        make_writable(out)
        previous = results.load(out, slug)
        terms = {"isolation": isolation, "time_s": time_limit_s, "memory_mb": memory_limit_mb,
                 "seed": seed if seed is not None else _seed(previous)}  # fmt: skip
        url = gradebook or str(URL.create("sqlite", database=str(out.resolve() / "gradebook.db")))
        try:
            outcome = _grade(sheet, students, out, {} if again else previous, terms, _runner(scheduler, jobs), url)
            _write(sheet, students, out, outcome, url, previous, find_loose(submissions))
        except KeyboardInterrupt:
            print(f"\nstopped; what is graded is in {out}, run the same command again to go on", file=sys.stderr)
            return INTERRUPTED
    except (ClassError, IsolationError, LessonError) as error:
        print(error, file=sys.stderr)
        return 2
    return int(any(result["status"] == results.NOT_GRADED for result in outcome.values()))


def keep_apart(submissions: Path, out: Path) -> None:
    """Write nothing among the students: the next run would take it for one. The class may lie in `out`, where nobody looks for students.

    Raises:
        ClassError: `out` is the folder of the class, or in it.
    """
    if out.resolve().is_relative_to(submissions.resolve()):
        raise ClassError(f"{out} lies in {submissions}, whose folders are students; expected a folder elsewhere to write to")


def make_writable(folder: Path) -> None:
    """Make the folder if need be.

    Raises:
        ClassError: nothing can be written there.
    """
    try:
        write_text(folder / ".writable", "")
        (folder / ".writable").unlink()
    except OSError as error:
        raise ClassError(f"cannot write to {folder} ({error.strerror}); expected a folder that is writable") from None


def _seed(previous: dict[str, dict]) -> int:
    kept = results.kept_seed(previous.values())
    return results.new_seed() if kept is None else kept


def _runner(scheduler: str, jobs: int | None) -> object:
    if scheduler:
        from autograder.classroom import cluster

        return lambda tasks: cluster.run(tasks, run_task, scheduler)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core a worker
    return lambda tasks: local.run(tasks, run_task, jobs or cores())


def _grade(
    sheet: Sheet, students: list[Submission], out: Path, previous: dict[str, dict], terms: dict, runner: object, url: str
) -> dict[str, dict]:
    """Results by student, in order; each is on disk as soon as it is known. Workers warm up while nbgrader is imported."""
    outcome, tasks, versions = {}, {}, {}
    checks = checks_version(sheet.slug, sheet.source)
    for submission in students:
        trouble = submission.trouble()
        version = {"submission": submission.version(), "checks": checks}
        earlier = previous.get(submission.student)
        if trouble:
            outcome[submission.student] = results.ungraded(submission.student, sheet.slug, terms, *trouble, version["submission"])
            results.save(out, outcome[submission.student])
        elif results.is_finished(earlier, version, terms):
            outcome[submission.student] = earlier
        else:
            versions[submission.student] = version
            tasks[submission.student] = task(submission.notebook.absolute(), submission.student, sheet.slug, terms)
    answers = runner(tasks)
    from autograder.classroom.gradebook import prepare
    from autograder.classroom.notebooks import write_autograded

    prepare(url, sheet.source)  # a gradebook that cannot be had is known before an hour is spent
    lesson = parse(sheet.slug)  # its faults, if any, are the workers' to find
    notebooks = {submission.student: submission.notebook for submission in students}
    for result in _with_progress(sheet, outcome, tasks, answers):
        student = result["student"]
        outcome[student] = result | versions[student]
        if result["status"] == results.GRADED:
            write_autograded(out / "autograded" / student / sheet.slug / f"{sheet.slug}.ipynb", lesson, notebooks[student], result)
        results.save(out, outcome[student])
    return {s.student: _doubted(s, outcome[s.student]) for s in students}


def _doubted(submission: Submission, result: dict) -> dict:
    """The result, with the reason why a person should look at it: what lies beside a notebook may change while the notebook does not."""
    return result | {"why": submission.doubt(result)} if result["status"] == results.GRADED else result


def _with_progress(sheet: Sheet, finished: dict[str, dict], tasks: dict[str, str], answers: Iterator) -> Iterator[dict]:
    counts = Counter(result["status"] for result in finished.values())
    total = len(finished) + len(tasks)
    bar = tqdm(desc=sheet.slug, total=total, initial=len(finished), unit="submission", disable=None, dynamic_ncols=True)
    with bar, closing(answers):
        for student, answer in answers:
            result = lost(tasks[student], answer) if isinstance(answer, local.Lost) else answered(answer)
            sheet.expect(result)
            counts[result["status"]] += 1
            bar.update()
            bar.set_postfix(counts)
            yield result


def _write(
    sheet: Sheet, students: list[Submission], out: Path, outcome: dict[str, dict], url: str, previous: dict[str, dict], loose: list[str]
) -> None:
    """Everything that is made of the results: gradebook first, for it knows what counts."""
    from autograder.classroom import exports, summary
    from autograder.classroom.feedback import write_feedback
    from autograder.classroom.gradebook import Standing, write
    from autograder.classroom.leftovers import remove_leftovers
    from autograder.classroom.moves import compare, read_scores
    from autograder.classroom.report import write_report

    everyone = list(outcome.values())
    timestamps = {s.student: s.timestamp() for s in students if outcome[s.student]["status"] in (results.GRADED, results.REFUSED)}
    standings, exercises = write(url, sheet.source, everyone, timestamps, ROOT / "nbgrader_config.py")
    for result in everyone:
        if result["status"] == results.GRADED and result["why"] and not standings[result["student"]].manual:
            standings[result["student"]].needs_review = True  # until somebody gave it a score by hand
    remove_leftovers(out, sheet.slug, everyone, standings, gone=previous.keys() - outcome.keys())
    moved = compare(read_scores(out / "grades.csv"), previous, everyone, standings)
    exports.append_moves(out / "moved.csv", datetime.now(UTC).isoformat(timespec="seconds"), moved, exercises)
    exports.write_grades(out / "grades.csv", everyone, standings, sheet.max_score)
    exports.write_canvas(out / "canvas.csv", sheet.slug, sheet.max_score, everyone, standings)
    exports.write_moodle(out / "moodle.csv", sheet.slug, everyone, standings)
    exports.write_gradescope(out / "gradescope", everyone, standings)
    for result in everyone:
        write_feedback(out / "feedback", sheet.title, sheet.max_score, result, standings.get(result["student"], Standing()))
    write_report(out / "report.html", sheet.title, sheet.max_score, everyone, standings, moved, loose)
    summary.show(sheet.max_score, everyone, standings, moved, loose)
