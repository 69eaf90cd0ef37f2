"""The command line: `python -m autograder --help`."""

import sys
from pathlib import Path
from typing import Annotated

if sys.argv[1:] == ["doctor"] and __name__ == "__main__":  # before any import of what it may find missing
    from autograder.doctor import examine

    sys.exit(examine())

try:
    import typer
except ModuleNotFoundError:
    sys.exit(
        f"typer is missing in {sys.executable}: activate the course's environment (source .venv/bin/activate; Windows: "
        f".venv\\Scripts\\activate), or run `{sys.executable} -m pip install -r requirements.txt`"
    )

from autograder.grading.limits import Limits

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Build, check and grade the course.")

Slugs = Annotated[list[str] | None, typer.Argument(help="Lessons, e.g. a01_shannon_ngrams; all if none is named.")]


@app.command()
def build(slugs: Slugs = None, check: Annotated[bool, typer.Option(help="Write nothing; fail if a notebook is stale.")] = False) -> None:
    """Build the notebooks from the lesson scripts."""
    from autograder import build, lesson

    chosen = [lesson.known(slug) for slug in slugs] if slugs else lesson.slugs()
    if check:
        stale = build.stale(chosen)
        for path in stale:
            print(f"stale: {path.relative_to(lesson.ROOT)}")
        if stale:
            raise typer.Exit(fail("run `python -m autograder build` and commit what it writes"))
        print(f"{len(chosen)} notebooks are what their scripts say")
        return
    for path in build.build(chosen):
        print(f"wrote {path.relative_to(lesson.ROOT)}")
    kept = lesson.ROOT / "build" / "replaced"
    print(f"{len(chosen)} lessons built" + (f"; notebooks that were replaced are in {kept}" if kept.is_dir() else ""))


@app.command()
def check(
    notebook: Annotated[Path, typer.Argument(help="A student's notebook.")],
    time_limit: Annotated[float, typer.Option(help="Seconds for one cell or check.")] = Limits.time_s,
) -> None:
    """Run all checks on a notebook of one's own, without a sandbox; exit code 0 for full points."""
    from autograder.own import check_notebook

    reached, total = check_notebook(notebook, time_limit)
    if reached < total:
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Say what is installed, what is missing and how to get it."""
    from autograder.doctor import examine

    raise typer.Exit(examine())


@app.command()
def grade(
    slug: Annotated[str, typer.Argument(help="The lesson.")],
    submissions: Annotated[Path, typer.Option(help="Folder of STUDENT/SLUG/SLUG.ipynb, as nbgrader collects them.")],
    out: Annotated[Path, typer.Option(help="Gets grades.csv, results/, feedback/, report.html, gradebook.db.")],
    jobs: Annotated[int | None, typer.Option(help="Worker processes; one a core if not given.")] = None,
    scheduler: Annotated[str, typer.Option(help="A Dask scheduler to run on, tcp://HOST:PORT.")] = "",
    gradebook: Annotated[
        str, typer.Option(help="Address of nbgrader's gradebook, e.g. postgresql+psycopg://...; SQLite in OUT if empty.")
    ] = "",
    isolation: Annotated[str, typer.Option(help="auto, fork, bubblewrap, or none (for code one trusts).")] = "auto",
    seed: Annotated[
        int | None,
        typer.Option(help="Of the random cases, to repeat a run. If not given, that of the earlier run, or a new one that nobody guesses."),
    ] = None,
    time_limit: Annotated[float | None, typer.Option(help="Seconds for one cell or check.")] = None,
    memory_limit: Annotated[int | None, typer.Option(help="MB for one submission.")] = None,
    again: Annotated[bool, typer.Option(help="Grade everything anew, also what has not changed.")] = False,
) -> None:
    """Grade a class in a sandbox; an interrupted run goes on where it stopped. Exit code 0 if every submission was judged."""
    from autograder.classroom.run import grade_class

    limits = {"time_limit_s": time_limit, "memory_limit_mb": memory_limit}
    given = {name: value for name, value in limits.items() if value is not None}
    settings = {"jobs": jobs, "scheduler": scheduler, "gradebook": gradebook, "isolation": isolation, "seed": seed, "again": again}
    raise typer.Exit(grade_class(slug, submissions, out, **settings, **given))


@app.command()
def mutate(
    slug: Annotated[str, typer.Argument(help="A lesson.")],
    exercise: Annotated[str | None, typer.Option(help="One exercise of it; all if not named.")] = None,
    jobs: Annotated[int, typer.Option(help="Mutants judged at a time.")] = 2,
) -> None:
    """Make small mistakes in the reference solutions and see whether the checks notice; exit code 0 if they notice enough."""
    from autograder.mutate import mutate

    if not mutate(slug, exercise, jobs):
        raise typer.Exit(1)


@app.command()
def results(slugs: Slugs = None, again: Annotated[bool, typer.Option(help="Run also what has not changed.")] = False) -> None:
    """Run the solved notebooks from start to end and print their numbers; exit code 0 if all ran and lie in their ranges."""
    from time import perf_counter

    from autograder import lesson
    from autograder.results import inside, run_lessons, table

    started = perf_counter()
    runs = run_lessons([lesson.known(slug) for slug in slugs] if slugs else lesson.slugs(), again)
    for run in runs:
        print(f"{run.lesson}: {run.seconds:.0f} s {run.trouble}\n\n{table(run)}\n")
    print(f"together {(perf_counter() - started) / 60:.1f} min")
    outside = [row for run in runs for row in run.rows if not inside(row)]
    if outside or any(run.trouble for run in runs):
        raise typer.Exit(fail(f"{len(outside)} numbers outside their range, {sum(bool(run.trouble) for run in runs)} lessons ended early"))


@app.command()
def site(edition: Annotated[str, typer.Option(help="student, or instructor with links to the solutions.")] = "student") -> None:
    """Build the lectures as a static site in build/site/html."""
    from autograder.site import EDITIONS, build_site

    if edition not in EDITIONS:
        raise typer.Exit(fail(f"--edition must be one of {', '.join(EDITIONS)}, got {edition!r}"))
    print(f"open {build_site(edition)}")


export = typer.Typer(no_args_is_help=True, help="Write an edition of the course.")
app.add_typer(export, name="export")


@export.callback()
def editions() -> None:
    """Write an edition of the course."""


@export.command()
def student(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    upto: Annotated[str, typer.Option(help="The last lesson that is handed out; all if not named.")] = "",
    only: Annotated[
        bool, typer.Option("--only", help="Leave out the notebooks of earlier lessons, which students have worked in.")
    ] = False,
) -> None:
    """Write the student edition: no solutions of that lesson or later, no tests, no answers."""
    from autograder.export import export_student

    revealed = export_student(folder, upto, only)
    print(f"student edition in {folder}")
    if revealed:
        print(f"it reveals solutions, which its lessons import: {', '.join(revealed)}; hand it out when those are due")


def fail(why: str) -> int:
    """Print a reason to stderr; returns the exit code 1."""
    print(why, file=sys.stderr)
    return 1


def main() -> None:
    """Run the command line; known troubles end in a sentence and exit code 1, never in a traceback."""
    from autograder.export import ExportError
    from autograder.lesson import LessonError
    from autograder.notebook import NotebookError

    try:
        app()
    except (LessonError, NotebookError, ExportError) as error:
        sys.exit(fail(str(error)))
    except OSError as error:
        if error.filename is None:
            raise
        sys.exit(fail(f"{error.filename}: {error.strerror}; expected a place that can be read and written"))


if __name__ == "__main__":
    main()
