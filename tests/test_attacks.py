"""Every attack of tests/attacks/, in both isolation modes, through the real command, beside honest peers."""

import re
from collections.abc import Iterator

import pytest

from autograder.grading.one import IsolationError
from tests.attack_class import AttackedClass
from tests.attack_table import BEGIN, END, PAGE
from tests.attacks.core import WRONG, Attack, Range, names, tries

MODES = [pytest.param(mode, marks=pytest.mark.xdist_group(f"attacks-{mode}")) for mode in ("fork", "bubblewrap")]


@pytest.fixture(scope="module", params=MODES)
def attacked(request: pytest.FixtureRequest) -> Iterator[AttackedClass]:
    """A class in which every second student attacks, graded."""
    try:
        with Range(request.param):
            pass
    except IsolationError as error:
        pytest.skip(str(error))
    with AttackedClass(request.param) as made:
        yield made


@pytest.mark.parametrize("name", names())
def test_an_attack_earns_nothing_and_costs_nobody_else(name: str, attacked: AttackedClass):
    assert not attacked.faults(name)


def test_nothing_outside_is_read_changed_reached_or_left_behind(attacked: AttackedClass):
    assert not attacked.damage()


def test_the_attacks_start_from_nothing():
    with Range("auto") as shooting_range:
        assert shooting_range.shoot(Attack(base=WRONG))["score"] == 0


@pytest.mark.parametrize("name", names())
def test_every_attack_says_what_it_tries(name: str):
    assert len(tries(name)) > 30


def test_the_instructors_page_has_the_table_of_all_attacks():
    """What came of each is measured by `python -m tests.attack_table`; an attack that broke in is not to be committed."""
    table = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table.splitlines() if line.startswith("| ")][1:]
    assert [row[:2] for row in rows] == [[name.replace("_", " "), tries(name).replace("|", "\\|")] for name in names()]
    assert all(outcome and "BROKE IN" not in outcome for row in rows for outcome in row[2:])
