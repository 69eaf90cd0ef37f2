"""What the lessons' own runs showed: as a table, a figure, and a page of the site."""

import io
import math
from pathlib import Path

import pytest

from autograder import machine, results, site_pages
from autograder.lesson import slugs
from autograder.results import Run


@pytest.fixture
def run() -> Run:
    """A run of the first lesson with a number inside its range, one outside, one of an open range, one that is none."""
    names = {"residual": (0.5, 0, 1, "of |b|"), "ratio": (3, 1, 2, ""), "growth": (4, 1, math.inf, ""), "loss": (math.nan, 0, 1, "nats")}
    rows = [{"name": name, "value": value, "low": low, "high": high, "unit": unit} for name, (value, low, high, unit) in names.items()]
    return Run(slugs()[0], "a hash of an earlier notebook", 61.0, "2 CPU cores, Linux x86_64", rows, "")


def test_numbers_outside_their_range_are_marked(run):
    assert results.table(run).splitlines()[2:] == [
        r"| residual | 0.5 of \|b\| | 0 to 1 |",
        "| ratio | 3 | 1 to 2, outside |",
        "| growth | 4 | at least 1 |",
        "| loss | nan nats | 0 to 1, outside |",
    ]


def test_the_figure_has_the_ranges_of_two_ends(run):
    (axes,) = results.range_figure(run).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["loss", "ratio", "residual"]


def test_there_is_no_figure_without_such_a_range(run):
    assert results.range_figure(Run(run.lesson, run.notebook, 1.0, run.machine, [run.rows[2]], "")) is None


def test_the_page_names_the_machine_the_time_and_a_lesson_that_has_changed(run, tmp_path: Path):
    page = site_pages.results_page([run], tmp_path)
    assert "1 minutes on this machine: 2 CPU cores, Linux x86_64." in page
    assert "61 seconds. The lesson has changed since." in page
    assert (tmp_path / "_static" / "results" / f"{run.lesson}.png").is_file()


def test_the_page_says_how_to_fill_it(tmp_path: Path):
    assert "`make results`" in site_pages.results_page([], tmp_path)


def test_a_container_with_a_quota_of_one_core_has_one_core(monkeypatch: pytest.MonkeyPatch):
    real = open

    def with_quota(name: object, *arguments: object, **named: object) -> object:
        return io.StringIO("100000") if str(name).startswith("/sys/fs/cgroup/cpu") else real(name, *arguments, **named)

    monkeypatch.setattr("builtins.open", with_quota)
    assert machine.cores() == 1
