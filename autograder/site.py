"""The lectures as a static site: pages, figures made by running the project's code, what the lessons' own runs showed.

`student` leaves out the solutions; `instructor` links them. Nothing on a page asks the network for anything.
"""

import base64
import hashlib
import html
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.build import colab_url
from autograder.files import write_bytes, write_text
from autograder.lesson import ROOT, Lesson, read, slugs
from autograder.results import RESULTS, Run, last_run, machine, table

LECTURES = ROOT / "lectures"
SITE = ROOT / "build" / "site"
EDITIONS = ("student", "instructor")


def build_site(edition: str = "student") -> Path:
    """Build the site into build/site/html and return its first page."""
    source, out = SITE / "source", SITE / "html"
    shutil.rmtree(source, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(LECTURES, source, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    shutil.copyfile(LECTURES / "conf.py", source / "conf.py")
    _mathjax(source / "_static" / "mathjax")
    lessons = [read(slug) for slug in slugs()]
    for lesson in lessons:
        _figures(lesson.slug, source)
        _lesson_page(lesson, source, edition)
    for page in sorted({path.stem for path in LECTURES.glob("*.md")} - {lesson.slug for lesson in lessons}):
        _figures(page, source)
        text = (source / f"{page}.md").read_text(encoding="utf-8")
        write_text(source / f"{page}.md", _local(text, page))
    write_text(source / "index.md", _index(lessons))
    write_text(source / "results.md", _results([run for lesson in lessons if (run := last_run(lesson.slug))]))
    for name in ("CONTRIBUTING", "CHANGELOG"):
        text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
        write_text(source / f"{name.lower()}.md", text.replace("(CHANGELOG.md)", "(changelog.md)"))
    subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(source), str(out)], check=True)
    return out / "index.html"


def _mathjax(folder: Path) -> None:
    """MathJax beside the pages: the one file that draws equations as SVG, and what reads them aloud."""
    static = Path(importlib.metadata.distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline/static/mathjax"))
    write_bytes(folder / "tex-svg.js", (static / "tex-svg.js").read_bytes())
    shutil.copytree(static / "a11y", folder / "a11y")


def _figures(slug: str, source: Path) -> None:
    """Run the lesson's figure script if it or the solution has changed; what it leaves in build/lectures/SLUG goes beside the page."""
    made = ROOT / "build" / "lectures" / slug
    script, solution = LECTURES / "figures" / f"{slug}.py", ROOT / "solutions" / f"{slug}.py"
    if script.is_file():
        stamp = hashlib.sha256(b"".join(path.read_bytes() for path in (script, solution) if path.is_file())).hexdigest()
        if not (made / "stamp").is_file() or (made / "stamp").read_text(encoding="utf-8") != stamp:
            subprocess.run([sys.executable, "-m", f"lectures.figures.{slug}"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            write_text(made / "stamp", stamp)
    if made.is_dir():
        shutil.copytree(made, source / "figures" / slug, dirs_exist_ok=True, ignore=shutil.ignore_patterns("stamp"))


def _lesson_page(lesson: Lesson, source: Path, edition: str) -> None:
    """The lecture, links to the notebook and back, and what the lesson's runs showed."""
    page = source / f"{lesson.slug}.md"
    front, heading, rest = _parts(page.read_text(encoding="utf-8"))
    for folder, name in {"notebooks": f"assignments/{lesson.slug}.ipynb", "solved": f"solutions/{lesson.slug}.py"}.items():
        if folder == "notebooks" or edition == "instructor":
            write_bytes(source / "_static" / folder / Path(name).name, (ROOT / name).read_bytes())
    links = []
    if url := colab_url():
        address = re.sub(r"^https://github\.com/", "https://colab.research.google.com/github/", url).removesuffix(".git")
        links.append(f'<a href="{address}/blob/main/assignments/{lesson.slug}.ipynb">Open in Colab</a>')
    if edition == "instructor":
        links.append(f'<a href="_static/solved/{lesson.slug}.py" download>Solution</a>')
    linked = f'<p class="links">{" ".join(links)}</p>\n' if links else ""
    write_text(page, f"{front}{heading}\n\n{linked}{_local(rest, lesson.slug)}\n{_shown(lesson.slug, source)}")


def _parts(text: str) -> tuple[str, str, str]:
    """A lecture's front matter, its heading, and what follows."""
    found = re.fullmatch(r"(---\n.*?\n---\n+)?(# [^\n]+)\n(.*)", text, re.DOTALL)
    if not found:
        raise ValueError(f"a lecture begins with its heading `# ...`, after front matter if it has any; got {text[:60]!r}")
    return found[1] or "", found[2], found[3]


def _local(text: str, slug: str) -> str:
    """Links that reach out of the folder of lectures, turned to where the site has them."""
    text = re.sub(rf"\.\./build/lectures/{slug}/", f"figures/{slug}/", text)
    text = re.sub(r"\.\./assignments/(a\d\d_\w+)\.ipynb", r"_static/notebooks/\1.ipynb", text)
    return re.sub(r"\[([^\]]+)\]\(\.\./(?!build)[^)]*\)", r"\1", text)  # other files of the course stay words


def _shown(slug: str, source: Path) -> str:
    """Pictures and clips of the lesson's last run, with their words, as files beside the page."""
    path = RESULTS / f"{slug}.ipynb"
    if not path.is_file():
        return ""
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            page = "".join(output.get("data", {}).get("text/html", ""))
            if page.startswith(("<img", "<video")):
                parts.append(_as_files(page, source / "_static" / "runs" / slug, len(parts)))
    return "\n\n".join(["\n## What the lesson's own runs show", *parts]) if parts else ""


def _as_files(page: str, folder: Path, number: int) -> str:
    """A shown picture or clip with its data in files instead of in the page, and its words below."""
    suffixes = iter("abc")

    def as_file(found: re.Match) -> str:
        name = f"{number:02}{next(suffixes)}.{found['kind'].replace('jpeg', 'jpg')}"
        write_bytes(folder / name, base64.b64decode(found["data"]))
        return f"_static/runs/{folder.name}/{name}"

    page = re.sub(r"data:(?:image|video)/(?P<kind>\w+);base64,(?P<data>[A-Za-z0-9+/=]+)", as_file, page)
    words = re.search(r'(?:alt|aria-label)="([^"]*)"', page)
    return f"<figure>{page}<figcaption>{html.escape(html.unescape(words[1])) if words else ''}</figcaption></figure>"


def _index(lessons: list[Lesson]) -> str:
    rows = [
        f"| [{lesson.title}]({lesson.slug}.md) | {_front(lesson, 'time')} | {_front(lesson, 'level')} | {_needs(lesson)} |"
        for lesson in lessons
    ]
    extra = sorted(path.stem for path in LECTURES.glob("*.md") if path.stem not in [lesson.slug for lesson in lessons])
    return "\n".join([
        "# Video synthesis and editing",
        "",
        "A course that grades itself. Each lesson is a notebook of short functions to write, with checks that answer in seconds,",
        "and a page here with the theory behind it. Everything runs on two CPU cores; with a GPU it runs larger.",
        "",
        "| lesson | time | level | needs |",
        "|---|---|---|---|",
        *rows,
        "",
        "```{toctree}\n:hidden:\n:caption: Lessons\n" + "\n".join(lesson.slug for lesson in lessons) + "\n```",
        "```{toctree}\n:hidden:\n:caption: About\n" + "\n".join([*extra, "results", "contributing", "changelog"]) + "\n```",
        "",
    ])  # fmt: skip


def _front(lesson: Lesson, key: str) -> str:
    """A field of the lecture's front matter."""
    front, _, _ = _parts((LECTURES / f"{lesson.slug}.md").read_text(encoding="utf-8"))
    found = re.search(rf"(?m)^{key}: (.+)$", front)
    return found[1] if found else ""


def _needs(lesson: Lesson) -> str:
    text = lesson.path.read_text(encoding="utf-8")
    return ", ".join(sorted({name[:3] for name in re.findall(r"from solutions\.(a\d\d_\w+)", text)})) or "nothing before"


def _results(runs: list[Run]) -> str:
    if not runs:
        return "# Results\n\nNothing has been run yet: `make results` runs every lesson and fills this page.\n"
    times = "\n".join(f"| {run.lesson} | {run.seconds:.0f} s | {run.trouble or 'whole'} |" for run in runs)
    total = sum(run.seconds for run in runs) / 60
    return (
        "# Results\n\nWhat the solved notebooks print when they run from start to end at quick size, with the range that each lesson\n"
        f"tells its reader to expect. Machine: {machine()}.\n\n{table(runs)}\n\n"
        f"## Time\n\n| lesson | time | ran |\n|---|---:|---|\n{times}\n\n"
        f"Together {total:.0f} minutes.\n"
    )
