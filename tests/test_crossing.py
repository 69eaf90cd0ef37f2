"""What checks hand over to the student's side: no seed of theirs, in any lesson."""

import importlib
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from autograder.checks.student import Local, other_seed
from autograder.classroom.results import new_seed
from autograder.lesson import parse, slugs

SEED = 3_141_592_653_589_793_238  # as large as those that a run draws, and no number of a check's own
NEAR = 100_000  # checks draw other data from the numbers behind their seed


def whole_numbers(value: object) -> Iterator[int]:
    """Those in nested lists, tuples and dicts, keys included."""
    if type(value) is int:
        yield value
    elif isinstance(value, dict):
        yield from whole_numbers(list(value.items()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from whole_numbers(item)


def tells_the_seed(number: int) -> bool:
    """The seed or a neighbour, whole or as the lowest 32 bits, which are all that torch makes use of."""
    return min((number - SEED) % 2**32, (SEED - number) % 2**32) < NEAR


@pytest.mark.parametrize(
    ("slug", "name"), [pytest.param(slug, name, id=f"{slug[:3]}-{name}") for slug in slugs() for name in parse(slug).arguments]
)
def test_no_check_hands_over_its_seed(slug: str, name: str, monkeypatch: pytest.MonkeyPatch):
    asked = []

    def recorded(self: Local, operation: str, *arguments: object) -> object:
        asked.append((operation, arguments))
        return ask(self, operation, *arguments)

    ask = Local.ask
    monkeypatch.setattr(Local, "ask", recorded)
    solution = importlib.import_module(f"solutions.{slug}")
    students = [getattr(solution, argument) for argument in parse(slug).arguments[name]]
    results = list(getattr(importlib.import_module(f"autograder.checks.{slug}"), name).run(*students, seed=SEED))
    assert {result.state for result in results} == {"passed"}
    handed = [(operation, number) for operation, given in asked if operation != "seed" for number in whole_numbers(given)]
    assert any(operation == "call" for operation, _ in asked)
    assert [call for call in handed if tells_the_seed(call[1])] == []


def test_what_is_handed_over_instead_repeats_and_is_another_for_another_seed():
    assert other_seed(SEED) == other_seed(SEED)
    assert len({other_seed(seed) for seed in range(1000)}) == 1000
    assert not any(tells_the_seed(other_seed(SEED + k)) for k in range(100))


def test_a_run_draws_a_seed_that_cannot_be_searched_and_that_libraries_take():
    drawn = {new_seed() for _ in range(100)}
    assert len(drawn) == 100
    assert 2**60 < max(drawn) < 2**62
    for seed in drawn:
        np.random.default_rng(seed)
        torch.Generator().manual_seed(seed + NEAR)


@pytest.mark.parametrize("number", [SEED, SEED + 24, SEED - 5, SEED % 2**32], ids=["itself", "above", "below", "cut"])
def test_a_seed_that_crosses_would_be_seen(number: int):
    assert [tells_the_seed(found) for found in whole_numbers({"a": [1.0, ("b", number)]})] == [True]
