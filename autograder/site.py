"""The lectures as a static site: pages, figures made by running the project's code, what the lessons' own runs showed.

`student` leaves out the solutions; `instructor` links them. Nothing on a page asks the network for anything.
"""

import hashlib
import importlib.metadata
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from autograder.files import write_bytes, write_text
from autograder.lesson import ROOT, Lesson, read, slugs
from autograder.machine import at_a_time
from autograder.results import last_run
from autograder.site_pages import LECTURES, contributing_page, first_page, lesson_page, other_page, results_page

SITE = ROOT / "build" / "site"
MADE = ROOT / "build" / "lectures"
EDITIONS = ("student", "instructor")


def build_site(edition: str = "student") -> Path:
    """Build the site into build/site/html and return its first page.

    Raises:
        ValueError: a lecture's head lacks something; the message says what.
    """
    source, out = SITE / "source", SITE / "html"
    for folder in (source, out):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(LECTURES / "_static", source / "_static")
    shutil.copyfile(LECTURES / "conf.py", source / "conf.py")
    _mathjax(source / "_static" / "mathjax")
    lessons = [read(slug) for slug in slugs()]
    others = sorted({path.stem for path in LECTURES.glob("*.md")} - {lesson.slug for lesson in lessons})
    _figures([*(lesson.slug for lesson in lessons), *others], source / "_static" / "figures")
    for lesson in lessons:
        _downloads(lesson, source / "_static", edition)
        write_text(source / f"{lesson.slug}.md", lesson_page(lesson, source, edition))
    for name in others:
        write_text(source / f"{name}.md", other_page(LECTURES / f"{name}.md", source))
    runs = [run for lesson in lessons if (run := last_run(lesson.slug))]
    write_text(source / "index.md", first_page(lessons, others))
    write_text(source / "results.md", results_page(runs, source))
    write_text(source / "contributing.md", contributing_page(source))
    write_text(source / "changelog.md", other_page(ROOT / "CHANGELOG.md", source))
    subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(source), str(out)], check=True)
    return out / "index.html"


def _mathjax(folder: Path) -> None:
    """MathJax beside the pages: the one file that draws equations as SVG, and what reads them aloud."""
    static = Path(importlib.metadata.distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline/static/mathjax"))
    write_bytes(folder / "tex-svg.js", (static / "tex-svg.js").read_bytes())
    shutil.copytree(static / "a11y", folder / "a11y")


def _figures(names: list[str], folder: Path) -> None:
    """Make the lectures' figures and put those of each into the folder of its name."""
    scripts = [name for name in names if (LECTURES / "figures" / f"{name}.py").is_file()]
    jobs, environment = at_a_time(len(scripts))
    with ThreadPoolExecutor(jobs) as pool:
        drawn = pool.map(lambda name: _draw(name, environment), reversed(scripts))  # the later lectures take longest
        for _ in tqdm(drawn, total=len(scripts), desc="figures", unit="lecture"):
            pass
    for name in scripts:
        shutil.copytree(MADE / name, folder / name, ignore=shutil.ignore_patterns("stamp", "*.pt"))


def _draw(name: str, environment: dict[str, str]) -> None:
    """Run a lecture's figure script if it, its numbers or the solution have changed; it writes to build/lectures/NAME."""
    files = [*sorted((LECTURES / "figures").glob(f"{name}.*")), ROOT / "solutions" / f"{name}.py"]
    sources, stamp = hashlib.sha256(b"".join(path.read_bytes() for path in files if path.is_file())).hexdigest(), MADE / name / "stamp"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != sources:
        shutil.rmtree(MADE / name, ignore_errors=True)  # weights of an earlier solution are no figures of this one
        command = [sys.executable, "-m", f"lectures.figures.{name}"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        write_text(stamp, sources)


def _downloads(lesson: Lesson, static: Path, edition: str) -> None:
    """The notebook beside the pages, and for instructors the solution."""
    notebook = ROOT / "assignments" / f"{lesson.slug}.ipynb"
    write_bytes(static / "notebooks" / notebook.name, notebook.read_bytes())
    if edition == "instructor":
        write_bytes(static / "solved" / lesson.path.name, lesson.path.read_bytes())
