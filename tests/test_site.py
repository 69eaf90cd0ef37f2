"""The site as its readers meet it: in a browser, from disk, without a network, on a telephone and on a desk, light and dark."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import pytest

from autograder.lesson import slugs
from autograder.site import build_site
from tests.browser import CHROMIUM, needs_browser

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -r tests/requirements.txt")
pytest.importorskip("sphinx", reason="sphinx is not installed: pip install -r tests/requirements.txt")
pytestmark = needs_browser()
PLACES = [(width, scheme) for width in (400, 1400) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built; returns its folder."""
    return build_site().parent


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as run:
        browser = run.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def pages(site: Path) -> list[Path]:
    """All pages but Sphinx's own index of nothing."""
    return sorted(path for path in site.glob("*.html") if path.stem != "genindex")


def test_every_lesson_has_a_page(site):
    assert set(slugs()) <= {path.stem for path in pages(site)}


def test_pages_load_without_errors_and_without_a_request_to_the_network(site, browser):
    troubles = []
    context = browser.new_context()
    page = context.new_page()
    page.on("console", lambda message: troubles.append(f"{page.url}: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    page.on(
        "request",
        lambda request: (
            troubles.append(f"{page.url}: asks {request.url}") if urlparse(request.url).scheme not in ("file", "data", "blob") else None
        ),
    )
    for path in pages(site):
        page.goto(path.as_uri())
        page.wait_for_load_state("networkidle")
    context.close()
    assert troubles == []


def test_internal_links_and_images_resolve(site, browser):
    context = browser.new_context()
    page = context.new_page()
    anchors: dict[Path, set[str]] = {}
    links = []
    for path in pages(site):
        page.goto(path.as_uri())
        anchors[path] = set(page.eval_on_selector_all("[id]", "all => all.map(e => e.id)"))
        found = page.eval_on_selector_all("a[href], img[src], video source[src]", "all => all.map(e => e.href || e.src)")
        links += [(path, link) for link in found if link.startswith("file:")]
    context.close()
    broken = []
    for path, link in links:
        address, anchor = urldefrag(link)
        target = Path(unquote(urlparse(address).path))
        if not target.is_file() or (anchor and target in anchors and unquote(anchor) not in anchors[target]):
            broken.append(f"{path.name} -> {link}")
    assert broken == []


def test_pictures_and_clips_have_words_and_clips_play(site, browser):
    context = browser.new_context()
    page = context.new_page()
    for path in pages(site):
        page.goto(path.as_uri())
        silent = page.eval_on_selector_all(
            "article img:not([alt]), article img[alt=''], video:not([aria-label])", "all => all.map(e => e.outerHTML.slice(0, 90))"
        )
        assert silent == [], path.name
        played = page.evaluate("""async () => {
            const stuck = [];
            for (const video of document.querySelectorAll('video')) {
                video.muted = true;
                try { await video.play(); } catch (error) { stuck.push(String(error)); }
                video.pause();
            }
            return stuck;
        }""")
        assert played == [], path.name
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [pytest.param(*place, id=f"{place[0]}px-{place[1]}") for place in PLACES])
def test_pages_fit_their_width_and_pass_the_accessibility_checker(site, browser, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    troubles = []
    for path in pages(site):
        page.goto(path.as_uri())
        page.wait_for_load_state("networkidle")
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if overflow > 1:
            troubles.append(f"{path.name} is {overflow} px too wide")
        rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}}
        found = axe.run(page, options=rules).response["violations"]
        troubles += [f"{path.name}: {item['id']}: {item['nodes'][0]['html'][:120]}" for item in found]
    context.close()
    assert troubles == []


def test_search_finds_a_word_of_a_lesson(site, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto((site / "search.html").as_uri() + "?q=entropy")
    page.locator("#search-results li").first.wait_for(timeout=10_000)
    context.close()


def test_solutions_are_linked_in_the_instructors_edition_only(site):
    assert not list(site.rglob("solved/*.py"))
    assert not any("solved/" in path.read_text(encoding="utf-8") for path in pages(site))
