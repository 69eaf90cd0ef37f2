"""A student's first minutes in real JupyterLab: the first exercise unsolved, wrong, and right."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.export import export_student
from autograder.lesson import ROOT, parse
from tests.browser import CHROMIUM, jupyterlab, needs_browser

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -r tests/requirements.txt")
pytestmark = needs_browser()
SLUG = "a09_video_textures"  # its first exercise shows a picture when it is wrong
WRONG = """\
def distances(frames, block):
    pixels = frames.reshape(len(frames), -1).astype(float)
    return ((pixels[:, None] - pixels) ** 2).sum(axis=-1)"""
PICTURES = ROOT / "build" / "screenshots"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """JupyterLab on the student edition of a lesson; yields the address of its notebook."""
    export_student(tmp_path / "edition", SLUG)
    with jupyterlab(tmp_path / "edition", tmp_path / "home") as address:
        yield f"{address}/assignments/{SLUG}.ipynb"


class Page:
    """The notebook in the browser."""

    def __init__(self, page: "playwright.Page") -> None:
        self.page = page
        release = json.loads((ROOT / "assignments" / f"{SLUG}.ipynb").read_text(encoding="utf-8"))
        self.places = {cell["id"]: place for place, cell in enumerate(release["cells"])}

    def cell(self, cell_id: str) -> "playwright.Locator":
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{self.places[cell_id]}"]')

    def run(self, cell_id: str) -> None:
        """Click into a cell and run it."""
        self.cell(cell_id).scroll_into_view_if_needed()
        self.cell(cell_id).locator(".cm-content, .jp-InputArea").first.click()
        self.page.keyboard.press("Control+Enter")

    def type(self, cell_id: str, source: str) -> None:
        """Replace what stands in a cell, as one pastes."""
        self.cell(cell_id).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    def check(self, name: str, words: str, picture: str) -> str:
        """Run an exercise and its check, wait for these words in the outcome, and take a screenshot."""
        self.run(f"exercise-{name}")
        self.run(f"check-{name}")
        output = self.cell(f"check-{name}").locator(".jp-OutputArea")
        output.get_by_text(words).first.wait_for(timeout=30_000)
        output.scroll_into_view_if_needed()
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"jupyterlab-{picture}.png")
        return output.inner_text()


def test_an_exercise_goes_from_not_written_over_wrong_to_right(lab: str):
    name, cell = next(iter(parse(SLUG).exercises.items()))
    with playwright.sync_playwright() as run:
        browser = run.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1400, "height": 1400})
        tab.goto(lab)
        tab.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=90_000)
        tab.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=90_000)
        page = Page(tab)
        for place in [cell_id for cell_id in page.places if not cell_id.startswith(("text-", "demo-"))][:2]:
            page.run(place)
        calm = page.check(name, "todo", "unsolved")
        assert f"{name}: 0 of" in calm and "Error" not in calm
        page.type(f"exercise-{name}", WRONG)
        wrong = page.check(name, "expected", "wrong")
        assert "\nnot\t" in wrong and "Traceback" not in wrong
        picture = page.cell(f"check-{name}").locator(".jp-OutputArea img").first
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0 && image.alt !== ''")
        page.type(f"exercise-{name}", cell.body)
        right = page.check(name, "ok", "right")
        assert "\nnot\t" not in right and "todo" not in right
        browser.close()
