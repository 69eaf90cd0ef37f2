"""What of the checks a sandbox holds: all that the student's side is asked for, and no oracle."""

import ast
import math
from pathlib import Path
from types import ModuleType

import pytest

from autograder.build import notebooks_of
from autograder.grading.launch import IsolationError
from autograder.grading.one import Warm
from autograder.grading.pieces import ALL, SHARED, pieces, slice_of, targets
from autograder.lesson import ROOT, read, slugs

CHECKS = ROOT / "autograder" / "checks"
MODULE = """
from math import pi, tau
from autograder.checks import other_oracles as slow
from autograder.checks.compare import agree, same
HERE = "autograder.checks.one"
RADIUS = 2
def area(radius=RADIUS):
    return square(radius) * pi
def square(x):
    return x * x
def oracle():
    return slow.truth() * tau
@exercise.check(points=1)
def asks(student, seed):
    agree(there(student, f"{HERE}:area")(), oracle())
"""


@pytest.mark.parametrize("slug", slugs())
def test_a_solved_lesson_gets_full_points_with_the_pieces_alone(slug: str, tmp_path: Path):
    path = tmp_path / slug / f"{slug}.ipynb"
    path.parent.mkdir()
    path.write_text(notebooks_of(read(slug)).solved, encoding="utf-8")
    try:
        with Warm(slug) as warm:
            result = warm.grade(path, seed=7)
    except IsolationError as error:
        pytest.skip(str(error))
    lost = [check for exercise in result["exercises"] for check in exercise["checks"] if check["state"] != "passed"]
    assert (result["status"], lost) == ("graded", [])


@pytest.mark.parametrize("slug", slugs())
def test_no_check_and_no_oracle_of_a_lesson_is_among_its_pieces(slug: str):
    found = pieces(slug, set(), CHECKS)
    assert {*SHARED, slug} <= set(found)
    own = {name: source for name, source in found.items() if name not in SHARED}
    assert not any(name.endswith("_oracles") for name in own)
    assert not any(".check(" in source for source in own.values())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('X = "autograder.checks.two:Thing"', ("two", "Thing")),
        ('X = f"{__name__}:Thing"', ("one", "Thing")),
        ('TWO = "autograder.checks.two"\nX = f"{TWO}:Thing"', ("two", "Thing")),
        ('TWO = "autograder.checks.two"\ndef look(name):\n    return f"{TWO}:{name}"', ("two", ALL)),
        ('X = "torch.nn:Linear", "autograder.grading.one:Warm"', None),
        ('X = f"{student}: nothing"', None),
    ],
    ids=["whole", "own", "constant", "put-together", "elsewhere", "text"],
)
def test_what_checks_ask_for_is_found_in_their_strings(line: str, expected: tuple | None):
    assert set(targets("one", ast.parse(line))) == ({expected} if expected else set())


def test_a_slice_holds_what_is_asked_for_and_what_that_uses():
    kept = ast.unparse(ast.Module(slice_of(ast.parse(MODULE), {"area"}), []))
    assert kept.splitlines()[:2] == ["from math import pi", "RADIUS = 2"]
    assert "def square" in kept
    assert not any(word in kept for word in ("oracle", "asks", "compare", "HERE", "tau"))


def test_an_oracle_that_is_asked_for_brings_its_module_along(tmp_path: Path):
    for name in SHARED:
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "one.py").write_text(MODULE.replace(":area", ":oracle"))
    (tmp_path / "other_oracles.py").write_text("def truth():\n    return 1")
    assert set(pieces("one", set(), tmp_path)) == {*SHARED, "one", "other_oracles"}
    (tmp_path / "one.py").write_text(MODULE)
    assert set(pieces("one", set(), tmp_path)) == {*SHARED, "one"}


def test_a_stand_in_holds_what_is_asked_for_and_is_content_with_everything_else(tmp_path: Path, capsys: pytest.CaptureFixture):
    for name in SHARED:
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "one.py").write_text(MODULE)
    found = pieces("one", {"before"}, tmp_path)
    one, before = (ModuleType(name) for name in ("one", "before"))
    for module in (one, before):
        exec(found[module.__name__], vars(module))
    assert one.area() == 4 * math.pi
    assert one.asks(lambda: 0) == before.anything(lambda: 0) == 0
    assert "anything: 0 of 0 points" in capsys.readouterr().out
    with pytest.raises(AttributeError):
        _ = before.__path__
