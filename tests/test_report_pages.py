"""The class report and the feedback pages in a browser: classes of 1, 30 and 1,000, on a telephone and on a desk, light and dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.classroom.feedback import write_feedback
from autograder.classroom.gradebook import Standing
from autograder.classroom.moves import Moved
from autograder.classroom.report import write_report
from autograder.classroom.results import ungraded
from tests.browser import PLACES, chromium, illegible, needs_browser, watched
from tests.test_reports import ODD, PIXEL, SLUG, TERMS, TITLE, check, result

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("axe_playwright_python", reason="axe is not installed: pip install -r tests/requirements.txt")
pytestmark = needs_browser()
WRONG = "constant clip: off by 0.28 at (0, 0, 0) (got 0.72, expected 1, allowed 1e-06)\nhint: repeat the edge frame"
SHOWN = "[...document.querySelectorAll('#students tbody tr')].filter(row => !row.hidden).map(row => row.cells[0].textContent)"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as opened:
        yield opened


def class_of(count: int) -> tuple[list[dict], dict[str, Standing]]:
    """A class with every outcome, as far as the count allows, and one name that is hard to print."""
    picture = {"png": PIXEL, "alt": "Two curves."}
    kinds = [
        lambda name: result(name, check("keeps constants", "failed", WRONG, 2, picture), check("spreads impulses")),
        lambda name: result(name, check("keeps constants", points=2), check("spreads impulses")),
        lambda name: result(
            name, check("keeps constants", "not implemented", "not written yet", 2), check("spreads impulses", "error", "x" * 200)
        ),
        lambda name: result(
            name, check("keeps constants", points=2), check("spreads impulses", "timeout", "stopped after 60 s"), seconds=75
        ),
        lambda name: ungraded(name, SLUG, TERMS, "refused", "the file is no notebook"),
        lambda name: ungraded(name, SLUG, TERMS, "missing", "there is no a00_motion_energy.ipynb"),
        lambda name: ungraded(name, SLUG, TERMS, "not graded", "the worker died 3 times"),
    ]
    names = [ODD, *(f"student-{number:04}" for number in range(1, count))]
    results = [kinds[place % len(kinds)](name) for place, name in enumerate(names)]
    standings = {one["student"]: Standing(one["score"] if one["status"] == "graded" else None) for one in results}
    standings[ODD] = Standing(
        1.5, late_penalty=0.5, manual={"smooth": 1.5}, extra={"smooth": 0.5}, comments={"smooth": "Nearly."}, needs_review=True
    )
    return results, standings


@pytest.mark.parametrize(("count", "places"), [(1, PLACES), (30, PLACES), (1000, [PLACES[0], PLACES[-1]])], ids=["1", "30", "1000"])
def test_a_class_report_is_legible_to_everyone(tmp_path: Path, browser: "Browser", count: int, places: list):
    write_report(tmp_path / "report.html", TITLE, 3, *class_of(count), [Moved(ODD, 1, 3, "new file")], ["all.zip"])
    page, troubles = watched(browser)
    page.goto((tmp_path / "report.html").as_uri())
    assert len(page.evaluate(SHOWN)) == count
    assert illegible(page, places) + troubles == []


def test_every_kind_of_feedback_is_legible_to_everyone(tmp_path: Path, browser: "Browser"):
    results, standings = class_of(7)
    page, troubles = watched(browser)
    found = []
    for one in results:
        write_feedback(tmp_path, TITLE, 3, one, standings[one["student"]])
    for path in sorted(tmp_path.iterdir()):
        page.goto(path.as_uri())
        found += illegible(page)
    assert len(list(tmp_path.iterdir())) == len(results)
    assert found + troubles == []


def test_students_of_a_report_can_be_sorted_and_found(tmp_path: Path, browser: "Browser"):
    write_report(tmp_path / "report.html", TITLE, 3, *class_of(30), [], [])
    page, troubles = watched(browser)
    page.goto((tmp_path / "report.html").as_uri())
    page.get_by_role("button", name="Time").click()
    page.get_by_role("button", name="Time").click()
    assert page.evaluate(SHOWN)[0] == "student-0003"
    page.get_by_role("searchbox").fill("nÚñez")
    assert page.evaluate(SHOWN) == [ODD]
    assert troubles == []
