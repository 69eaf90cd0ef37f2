"""Every attack of tests/attacks/, in both isolation modes, through the real grading path."""

from collections.abc import Iterator

import pytest

from autograder.grading.one import IsolationError
from tests.attacks.core import POINTS, RIGHT, WRONG, Attack, Range, faults, load, names, tries


@pytest.fixture(scope="module", params=["fork", "bubblewrap"])
def shooting_range(request: pytest.FixtureRequest) -> Iterator[Range]:
    try:
        made = Range(request.param)
    except IsolationError as error:
        pytest.skip(str(error))
    with made:
        yield made


@pytest.mark.parametrize("name", names())
def test_an_attack_earns_nothing_reaches_nothing_and_costs_nobody_else(name: str, shooting_range: Range):
    result = shooting_range.shoot(load(name))
    assert not faults(load(name), result)
    assert not shooting_range.damage(result)
    if shooting_range.warm.isolation == "fork":  # what comes next shares its parent process
        an_honest_submission_is_graded_as_ever(shooting_range)


def test_an_honest_submission_after_all_of_them_is_graded_as_ever(shooting_range: Range):
    an_honest_submission_is_graded_as_ever(shooting_range)


def an_honest_submission_is_graded_as_ever(shooting_range: Range) -> None:
    honest = shooting_range.shoot(Attack(base=RIGHT))
    assert honest["score"] == POINTS
    assert honest["notes"] == []


def test_the_attacks_start_from_nothing(shooting_range: Range):
    assert shooting_range.shoot(Attack(base=WRONG))["score"] == 0


@pytest.mark.parametrize("name", names())
def test_every_attack_says_what_it_tries(name: str):
    assert len(tries(name)) > 30
