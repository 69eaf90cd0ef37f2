"""Clips and pictures in real JupyterLab, in a real browser: they load, play when told to, and have words."""

from collections.abc import Iterator

import nbformat
import pytest

from tests.browser import CHROMIUM, START_S, jupyterlab, needs_browser

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -r tests/requirements.txt")
pytestmark = needs_browser()

CODE = """
import numpy as np
from assignments.common import show, place

assert place.in_notebook()
t, y, x = np.mgrid[:24, :48, :64]
disc = ((x - 8 - 2 * t) ** 2 + (y - 24) ** 2 < 64)[..., None] * np.array([1.0, 0.6, 0.1])
show.show_clip(disc, "An orange disc moves to the right.", frame_rate_hz=12)
show.show_image(disc[0], "The disc at its start.")
show.show_images(disc[::8], "The disc at three moments.", titles=["t = 0", "t = 8", "t = 16"])
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab with one notebook in it; yields the notebook's address."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "clips.ipynb")
    with jupyterlab(folder, tmp_path_factory.mktemp("home")) as address:
        yield f"{address}/clips.ipynb"


@pytest.fixture(scope="module")
def page(address: str) -> Iterator["sync_api.Page"]:
    """The notebook, run from top to bottom."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        page.set_default_timeout(1000 * START_S)
        page.goto(address)
        page.locator(".jp-Notebook .jp-CodeCell").first.click()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.locator(".jp-OutputArea img[alt='The disc at three moments.']").wait_for()
        yield page
        browser.close()


def test_the_clip_loads_with_controls_and_words_and_does_not_start_by_itself(page):
    video = page.locator(".jp-OutputArea video")
    assert video.count() == 1
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    state = video.evaluate(
        "v => ({paused: v.paused, controls: v.controls, loop: v.loop, duration: v.duration, width: v.videoWidth, words: v.ariaLabel,"
        " poster: v.poster.startsWith('data:image/jpeg'), error: v.error})"
    )
    assert state == {
        "paused": True,
        "controls": True,
        "loop": True,
        "duration": 2,
        "width": 256,
        "words": "An orange disc moves to the right.",
        "poster": True,
        "error": None,
    }


def test_the_clip_plays_in_its_colours(page):
    """The frame that the browser decodes is looked at: orange where the disc is, black elsewhere."""
    video = page.locator(".jp-OutputArea video")
    video.evaluate("v => v.play()")
    page.wait_for_function("document.querySelector('video').currentTime > 0.2")
    video.evaluate("v => { v.pause(); v.currentTime = 1.04 }")  # frame 12: the disc is at x = 32
    page.wait_for_function("!document.querySelector('video').seeking")
    pixels = video.evaluate(
        "v => { const c = document.createElement('canvas'); c.width = v.videoWidth; c.height = v.videoHeight;"
        " const d = c.getContext('2d'); d.drawImage(v, 0, 0);"
        " return [[128, 96], [20, 96], [236, 96]].map(([x, y]) => Array.from(d.getImageData(x, y, 1, 1).data.slice(0, 3))) }"
    )
    assert pixels[0] == pytest.approx([255, 153, 26], abs=12)
    assert max(pixels[1] + pixels[2]) < 12


def test_every_picture_has_its_words_and_fits_the_column(page):
    images = page.locator(".jp-OutputArea img")
    assert images.evaluate_all("all => all.map(i => i.alt)") == ["The disc at its start.", "The disc at three moments."]
    widths = images.evaluate_all("all => all.map(i => [i.naturalWidth, i.clientWidth, i.closest('.jp-OutputArea-output').clientWidth])")
    assert all(natural >= 256 and 0 < shown <= column for natural, shown, column in widths)


def test_no_text_stands_beside_what_is_shown(page):
    assert page.locator(".jp-OutputArea .jp-RenderedText").count() == 0
