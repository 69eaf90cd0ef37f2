"""The site's pages as Markdown for Sphinx: lectures with their pictures and runs, the table of lessons, the results."""

import base64
import html
import json
import re
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from assignments.common.video import read_clip
from autograder.build import colab_page, colab_url
from autograder.files import write_bytes
from autograder.lesson import ROOT, Lesson, parse
from autograder.results import RESULTS, Run, is_current, range_figure, table

LECTURES = ROOT / "lectures"
EXAMPLE = ROOT / "tests" / "example"
WIDE_PX = 600  # wider pictures do not shrink below reading size on a telephone, but scroll
PAGES = {"CONTRIBUTING": "contributing", "CHANGELOG": "changelog", "README": "index"}  # files of the root that are pages here


def lesson_page(lesson: Lesson, source: Path, edition: str) -> str:
    """A lecture with what the lesson asks of its reader, and what its own runs showed."""
    front, heading, rest = _parts(LECTURES / f"{lesson.slug}.md")
    needs = _needs(lesson)
    facts = [f"{front['time'].capitalize()}, {front['level']}.", f"Needs {needs}." if needs else ""]
    facts += [f"[Open in Colab]({colab_page(lesson.slug, url)})." if (url := colab_url()) else ""]
    facts += [f"[Solution](_static/solved/{lesson.slug}.py)." if edition == "instructor" else ""]
    head = " ".join(fact for fact in facts if fact)
    return f"{heading}\n\n{head}\n{_body(rest, source)}\n{_shown(lesson.slug, source)}"


def other_page(path: Path, source: Path) -> str:
    """A page that belongs to no lesson."""
    return _body(path.read_text(encoding="utf-8"), source)


def contributing_page(source: Path) -> str:
    """The contributor's guide, and the four files of the lesson that it walks through."""
    files = sorted(EXAMPLE.glob("*/a00_*.*"), key=lambda path: ["solutions", "checks", "answers", "lectures"].index(path.parent.name))
    kinds = {".py": "python", ".md": "markdown"}
    shown = [
        f"### {path.relative_to(ROOT)}\n\n````{kinds[path.suffix]}\n{path.read_text(encoding='utf-8')}````\n"
        for path in files
        if path.suffix in kinds
    ]
    return "\n".join([other_page(ROOT / "CONTRIBUTING.md", source), "## The example, file by file\n", *shown])


def first_page(lessons: Iterable[Lesson], others: Iterable[str]) -> str:
    """The table of lessons, and the order of all pages."""
    built = dict(re.findall(r"(?m)^\| \[.*\]\(lectures/(a\d\d_\w+)\.md\) \| (.*) \|$", (ROOT / "README.md").read_text(encoding="utf-8")))
    rows = []
    for lesson in lessons:
        front, _, _ = _parts(LECTURES / f"{lesson.slug}.md")
        what = f"[{lesson.number}. {lesson.title}]({lesson.slug}.md)<br>{built.get(lesson.slug, '')}"
        rows.append(f"| {what} | {front['time']} | {front['level']} | {_needs(lesson) or 'nothing'} |")
    pages = [f"{lesson.number}. {lesson.title} <{lesson.slug}>" for lesson in lessons]
    return "\n".join([
        "# Video synthesis and editing",
        "",
        "A course that grades itself. Each lesson is a notebook of short functions to write, with checks that answer in seconds,",
        "and a page here with the theory behind it. Everything runs on two CPU cores; with a GPU it runs larger.",
        "",
        "::::{container} lessons",
        "| lesson | time | level | needs |",
        "|---|---|---|---|",
        *rows,
        "::::",
        "",
        "```{toctree}\n:hidden:\n:caption: Lessons\n" + "\n".join(pages) + "\n```",
        "```{toctree}\n:hidden:\n:caption: About\n" + "\n".join([*others, "results", "contributing", "changelog"]) + "\n```",
        "",
    ])  # fmt: skip


def results_page(runs: list[Run], source: Path) -> str:
    """What the solved notebooks printed, beside what they tell their reader to expect."""
    if not runs:
        return "# Results\n\nNothing has been run yet: `make results` runs every lesson and fills this page.\n"
    machines = " and ".join(sorted({run.machine for run in runs}))
    total = sum(run.seconds for run in runs) / 60
    parts = [
        "# Results\n\nWhat the solved notebooks print when they run from start to end, beside the range that each lesson tells its\n"
        f"reader to expect. The times add up to {total:.0f} minutes on this machine: {machines}.\n"
    ]
    for run in runs:
        lesson = parse(run.lesson)
        notes = [f"{run.seconds:.0f} seconds."]
        notes += [f"It ended early: {run.trouble}."] if run.trouble else []
        notes += [] if is_current(run) else ["The lesson has changed since."]
        notes += [f"Its pictures are in [the lecture]({run.lesson}.md)."]
        parts.append(f"## {lesson.number}. {lesson.title}\n\n{' '.join(notes)}\n")
        parts.append(f"{table(run)}\n")
        if figure := range_figure(run):
            path = source / "_static" / "results" / f"{run.lesson}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=110, metadata={"Software": None})
            parts.append(_figure(path, f"Where each number of lesson {lesson.number} lies within its expected range.", source))
    return "\n".join(parts)


def _parts(path: Path) -> tuple[dict[str, str], str, str]:
    """A lecture's front matter, its heading, and what follows."""
    found = re.fullmatch(r"---\n(.*?)\n---\n+(# [^\n]+)\n(.*)", path.read_text(encoding="utf-8"), re.DOTALL)
    front = dict(re.findall(r"(?m)^(\w+): (.+)$", found[1])) if found else {}
    if not {"level", "time"} <= set(front):
        raise ValueError(f"{path.name} must begin with `---`, `level: ...`, `time: ...`, `---` and a heading `# ...`; got {sorted(front)}")
    return front, found[2], found[3]


def _needs(lesson: Lesson) -> str:
    """What a reader should have: the words of the lecture's head, and the lessons whose solutions the script imports."""
    front, _, _ = _parts(LECTURES / f"{lesson.slug}.md")
    imported = sorted(set(re.findall(r"from solutions\.(a\d\d_\w+)", lesson.path.read_text(encoding="utf-8"))))
    return ", ".join([*([front["needs"]] if "needs" in front else []), *(f"[lesson {int(slug[1:3])}]({slug}.md)" for slug in imported)])


def _body(text: str, source: Path) -> str:
    """A page's text with its pictures as figures, and links out of and into the folder of lectures turned to where the site has them."""

    def figure(found: re.Match) -> str:
        path = source / "_static" / "figures" / found["file"]
        return _figure(path, found["alt"], source) if path.is_file() else f"*Could not be made here: {found['alt']}*"

    text = re.sub(r"(?m)^!\[(?P<alt>[^\]]+)\]\(\.\./build/lectures/(?P<file>[^)]+)\)$", figure, text)
    text = re.sub(r"\]\(\.\./assignments/(a\d\d_\w+)\.ipynb\)", r"](_static/notebooks/\1.ipynb)", text)
    text = re.sub(r"\]\(lectures/(\w+)\.md", r"](\1.md", text)
    text = re.sub(r"\]\((?:\.\./)?(CONTRIBUTING|CHANGELOG|README)\.md", lambda found: f"]({PAGES[found[1]]}.md", text)
    return re.sub(r"\[([^\]]+)\]\(\.\./[^)]*\)", r"\1", text)  # other files of the course stay words


def _figure(path: Path, words: str, source: Path, caption: str = "") -> str:
    """A picture that opens whole when touched, or a clip, from a file beside the page; and a blank line, which ends HTML in Markdown."""
    address, words = path.relative_to(source).as_posix(), html.escape(words)
    if path.suffix == ".mp4":
        poster, frames = path.with_suffix(".jpg"), read_clip(path)
        frame = Image.fromarray((255 * frames[len(frames) // 2]).round().astype("uint8"))
        frame.save(poster, quality=80)
        size = f'width="{frame.width}" height="{frame.height}" poster="{poster.relative_to(source).as_posix()}"'
        shown = f'<video controls loop playsinline preload="metadata" {size} aria-label="{words}" src="{address}"></video>'
        return f"<figure>{shown}{caption}</figure>\n"
    with Image.open(path) as image:
        wide = ' class="wide"' if image.width > WIDE_PX else ""
    return f'<figure{wide}><a href="{address}"><img src="{address}" alt="{words}"></a>{caption}</figure>\n'


def _shown(slug: str, source: Path) -> str:
    """Pictures and clips of the lesson's last run, with their words, as files beside the page."""
    path = RESULTS / f"{slug}.ipynb"
    if not path.is_file():
        return ""
    parts = ["## What the lesson's own runs show\n"]
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            page = "".join(output.get("data", {}).get("text/html", ""))
            data = re.search(r"data:(?:image/(png)|video/(mp4));base64,([A-Za-z0-9+/=]+)", page)
            words = re.search(r'(?:alt|aria-label)="([^"]*)"', page)
            if data and words:
                file = source / "_static" / "runs" / slug / f"{len(parts):02}.{data[1] or data[2]}"
                write_bytes(file, base64.b64decode(data[3]))
                parts.append(_figure(file, html.unescape(words[1]), source, f"<figcaption>{words[1]}</figcaption>"))
    return "\n".join(parts) if len(parts) > 1 else ""
