"""The site as its readers meet it: in a browser, from disk, without a network, on a telephone and on a desk, light and dark."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlparse

import pytest

from autograder import site_pages
from autograder.lesson import ROOT, slugs
from autograder.site import build_site
from tests.browser import chromium, illegible, needs_browser, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("sphinx", reason="sphinx is not installed: pip install -r tests/requirements.txt")
pytest.importorskip("axe_playwright_python", reason="axe is not installed: pip install -r tests/requirements.txt")
pytestmark = needs_browser()
PLAY = """async () => {
    const stuck = [];
    for (const video of document.querySelectorAll('video')) {
        video.muted = true;
        try { await video.play(); } catch (error) { stuck.push(video.currentSrc + ': ' + error); }
        await new Promise(done => setTimeout(done, 200));
        if (video.currentTime === 0) stuck.push(video.currentSrc + ': stands still');
        video.pause();
    }
    return stuck;
}"""
CUT = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 90))"
UNSET = "mjx-merror, [data-mjx-error]"
SILENT = "img:not([alt]), img[alt=''], video:not([aria-label]), video[aria-label='']"


@dataclass(frozen=True)
class Visit:
    """What a reader met on one page."""

    troubles: list[str]  # of the console, and requests to the network
    anchors: set[str]
    links: list[str]  # addresses of links, pictures and clips
    silent: list[str]  # pictures and clips without words
    clips: int
    stuck: list[str]  # clips that do not play
    cut: list[str]  # equations wider than the text on a desk
    unset: list[str]  # equations that MathJax could not set
    illegible: list[str]


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built; returns its folder."""
    return build_site().parent


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def visits(site: Path, browser: "Browser") -> dict[Path, Visit]:
    """Every page, opened once."""
    page, troubles = watched(browser)
    return {path: visit(page, path, troubles) for path in pages(site)}


def visit(page: "Page", path: Path, troubles: list[str]) -> Visit:
    troubles.clear()
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    return Visit(
        anchors=set(page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")),
        links=page.eval_on_selector_all("a[href], img[src], video[src], source[src]", "all => all.map(e => e.href || e.src)"),
        silent=page.eval_on_selector_all(SILENT, "all => all.map(e => e.outerHTML.slice(0, 90))"),
        clips=page.locator("video").count(),
        stuck=page.evaluate(PLAY),
        cut=page.eval_on_selector_all("div.math", CUT),
        unset=page.eval_on_selector_all(UNSET, "all => all.map(e => e.textContent)"),
        illegible=illegible(page),
        troubles=list(troubles),
    )


def pages(site: Path) -> list[Path]:
    """All pages but Sphinx's own index of nothing."""
    return sorted(path for path in site.glob("*.html") if path.stem != "genindex")


def test_every_lesson_has_a_page(site):
    assert set(slugs()) <= {path.stem for path in pages(site)}


def test_pages_load_without_errors_and_without_a_request_to_the_network(visits):
    assert [trouble for visit in visits.values() for trouble in visit.troubles] == []


def test_internal_links_and_pictures_resolve(visits):
    broken = []
    for path, link in [(path, link) for path, visit in visits.items() for link in visit.links if link.startswith("file:")]:
        address, anchor = urldefrag(link)
        target = Path(unquote(urlparse(address).path))
        if not target.is_file() or (anchor and target in visits and unquote(anchor) not in visits[target].anchors):
            broken.append(f"{path.name} -> {link}")
    assert broken == []


def test_pictures_and_clips_have_words(visits):
    assert {path.name: visit.silent for path, visit in visits.items() if visit.silent} == {}


def test_clips_play(visits):
    assert sum(visit.clips for visit in visits.values()) > 0
    assert [stuck for visit in visits.values() for stuck in visit.stuck] == []


def test_equations_are_set(visits):
    assert {path.name: visit.unset for path, visit in visits.items() if visit.unset} == {}


def test_equations_fit_on_a_desk(visits):
    assert {path.name: visit.cut for path, visit in visits.items() if visit.cut} == {}


def test_pages_fit_their_width_and_pass_the_accessibility_checker(visits):
    assert [trouble for visit in visits.values() for trouble in visit.illegible] == []


def test_every_picture_of_a_lecture_is_on_its_page(visits):
    for path, visit in visits.items():
        lecture = site_pages.LECTURES / f"{path.stem}.md"
        named = re.findall(r"\.\./build/lectures/(\S+?)\)", lecture.read_text(encoding="utf-8")) if lecture.is_file() else []
        missing = [name for name in named if not any(link.endswith(f"figures/{name}") for link in visit.links)]
        assert missing == [], path.name


def test_search_finds_a_word_of_a_lesson(site, browser):
    page, troubles = watched(browser)
    page.goto((site / "search.html").as_uri() + "?q=entropy")
    page.locator("#search-results li").get_by_text("Text as a Markov chain").first.wait_for(timeout=10_000)
    assert troubles == []


def test_solutions_are_linked_in_the_instructors_edition_only(site):
    lesson = site_pages.parse(slugs()[0])
    solution = f"_static/solved/{lesson.slug}.py"
    source = site.parent / "source"
    assert solution in site_pages.lesson_page(lesson, source, "instructor")
    assert solution not in site_pages.lesson_page(lesson, source, "student")
    assert not list(site.rglob("solved/*.py"))
    assert not any("solved/" in path.read_text(encoding="utf-8") for path in pages(site))


@pytest.mark.parametrize("slug", slugs())
def test_numbered_equations_of_a_lecture_are_those_of_the_notebook(slug):
    lecture = (site_pages.LECTURES / f"{slug}.md").read_text(encoding="utf-8")
    lesson = (ROOT / "solutions" / f"{slug}.py").read_text(encoding="utf-8")
    numbers = {number.strip() for tag in re.findall(r"\\tag\{([^}]*)\}", lecture) for number in tag.split(",")}
    assert numbers, "no equation of the lecture has the number that it has in the notebook"
    assert numbers <= set(re.findall(r"\\tag\{([^}]*)\}", lesson))
