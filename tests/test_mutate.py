"""Mutants are small changes to solution regions; the ones that no check notices are reported by line."""

from pathlib import Path

import pytest

import autograder.checks
from autograder import mutate as module
from autograder.lesson import LessonError, read
from autograder.mutate import mutate, read_equivalents
from autograder.mutations import mutants

SLUG = "a00_motion_energy"

LESSON = """# %% [markdown]
# # 1. Small
#
# *Lecture:* none.

# %%
from autograder.checks import a01_small as check

OUTSIDE = 3


# %% exercise="small"
def small(x: int = 4) -> int:
    total = 5
    # BEGIN SOLUTION
    BODY
    # END SOLUTION


# %% check="small"
if __name__ == "__main__":
    check.small(small)
"""

CHECKS = """
from autograder.checks.compare import same
from autograder.checks.core import Exercise

small = Exercise("small")


@small.check(points=1)
def gives_nine(student, seed):
    same(student(4), 9, "four")
"""


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """Writes a lesson of one exercise with this body, beside a check that small(4) is 9; returns its folder."""

    def write(*body: str) -> Path:
        (tmp_path / "checks").mkdir()
        (tmp_path / "checks" / "a01_small.py").write_text(CHECKS, encoding="utf-8")
        (tmp_path / "a01_small.py").write_text(LESSON.replace("BODY", "\n    ".join(body)), encoding="utf-8")
        monkeypatch.setattr(autograder.checks, "__path__", [*autograder.checks.__path__, str(tmp_path / "checks")])
        return tmp_path

    yield write
    module.sys.modules.pop("autograder.checks.a01_small", None)
    vars(autograder.checks).pop("a01_small", None)


CASES = [
    ("operator", "return total + x", "return (total - x)"),
    ("comparison", "return 9 if x > 3 else total", "return 9 if (x >= 3) else total"),
    ("constant-up", "return total + 4", "return total + 5"),
    ("constant-down", "return total + 4", "return total + 3"),
    ("float", "return x * 2.25", "return x * 4.5"),
    ("boolean", "return 9 * True", "return 9 * False"),
    ("index", "return [1, 9][x - 3]", "return [1, 9][x - 3 + 1]"),
    ("slice-bound-dropped", "return sum([4, 5, 9][:2])", "return sum([4, 5, 9][:])"),
    ("arguments-swapped", "return pow(9, 1)", "return pow(1, 9)"),
    ("keyword-dropped", "return max([], default=9)", "return max([])"),
    ("function-twin", "return max(x, 9)", "return min(x, 9)"),
    ("call-removed", "return sorted([9, 10])[0]", "return [9, 10][0]"),
    ("sign-removed", "return total - -x", "return total - x"),
    ("result-negated", "return total + x", "return -(total + x)"),
    ("pair-swapped", "return sum((x, total))", "return sum((total, x))"),
    ("range", "return sum(1 for _ in range(total + x))", "return sum(1 for _ in range(total + x - 1))"),
]


@pytest.mark.parametrize(("before", "after"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_a_line_is_rewritten(lesson, before, after):
    found = [mutant.after for mutant in mutants(read("a01_small", lesson(before)), "small")]
    assert after in found


@pytest.mark.parametrize(
    ("body", "before"),
    [
        pytest.param(["total += x", "return total"], "total += x", id="sum"),
        pytest.param(["total = total + x", "return total"], "total = total + x", id="assignment-of-a-bound-name"),
        pytest.param(["if x > 9:", "    return 0", "return total + x"], "if x > 9: return 0", id="early-return"),
    ],
)
def test_a_statement_is_dropped(lesson, body, before):
    found = mutants(read("a01_small", lesson(*body)), "small")
    assert f"small: {before}  ->  pass" in [mutant.label for mutant in found]


def test_nothing_outside_the_solution_region_is_changed(lesson):
    found = mutants(read("a01_small", lesson("return total + x")), "small")
    assert {mutant.line for mutant in found} == {16}


def test_the_words_of_an_error_are_not_changed(lesson):
    body = ["if x < 0:", '    raise ValueError(f"{x + 1}" + str(7))', "return total + x"]
    found = mutants(read("a01_small", lesson(*body)), "small")
    assert {mutant.line for mutant in found} == {16, 18}


def test_a_mutant_keeps_the_rest_of_the_script(lesson):
    folder = lesson("return total + x  # nine")
    mutant = mutants(read("a01_small", folder), "small")[0]
    assert mutant.script.replace(mutant.after, mutant.before) == (folder / "a01_small.py").read_text(encoding="utf-8")


def test_survivors_are_shown_with_their_line(lesson, capsys):
    assert not mutate("a01_small", folder=lesson("return max(x, 8) + 1 if x < 6 else 9"))
    shown = capsys.readouterr().out
    assert "survived solutions/a01_small.py:16" in shown
    assert "small: return max(x, 8) + 1 if x < 6 else 9  ->  return max(x, 8) + 1 if x < 7 else 9" in shown


def test_all_mutants_killed_is_a_score_of_one(lesson, capsys):
    assert mutate("a01_small", folder=lesson("return total + x"))
    assert capsys.readouterr().out == "small: 2 of 2 killed (100.0%)\n"


def test_equivalents_do_not_count(lesson, capsys):
    folder = lesson("return sum((total, x))")
    label = "small: return sum((total, x))  ->  return sum((x, total))"
    (folder / "a01_small.equivalents.txt").write_text(f"{label}\n    the order of a sum is free\n", encoding="utf-8")
    assert mutate("a01_small", folder=folder, equivalents=folder)
    assert "(100.0%), 1 equivalent" in capsys.readouterr().out


def test_an_equivalent_that_is_killed_is_stale(lesson, capsys):
    folder = lesson("return total + x")
    (folder / "a01_small.equivalents.txt").write_text("small: a  ->  b\n    gone\n", encoding="utf-8")
    assert not mutate("a01_small", folder=folder, equivalents=folder)
    assert "no mutant survives so: small: a  ->  b" in capsys.readouterr().out


def test_an_equivalent_needs_a_reason(tmp_path):
    path = tmp_path / "a01_small.equivalents.txt"
    path.write_text("small: a  ->  b\n", encoding="utf-8")
    with pytest.raises(LessonError, match="no reason"):
        read_equivalents(path)


def test_a_reason_needs_a_mutant(tmp_path):
    path = tmp_path / "a01_small.equivalents.txt"
    path.write_text("    because\n", encoding="utf-8")
    with pytest.raises(LessonError, match=r"a01_small\.equivalents\.txt:1: expected"):
        read_equivalents(path)


def test_an_endless_mutant_is_stopped(lesson, capsys, monkeypatch):
    monkeypatch.setattr(module, "SLACK_S", 1)
    folder = lesson("while total < 9:", "    total += 1", "return total")
    mutate("a01_small", folder=folder)
    assert "by time or memory" in capsys.readouterr().out


def test_a_reference_that_fails_is_not_mutated(lesson):
    with pytest.raises(LessonError, match=r"reference of small must pass.*gives nine: four: got 8, expected 9"):
        mutate("a01_small", folder=lesson("return 8"))


def test_an_unknown_exercise_is_named_with_the_known_ones(example):
    with pytest.raises(LessonError, match="no exercise 'dance'; there are: difference, busiest"):
        mutate(SLUG, "dance", folder=example / "solutions")


def test_one_exercise_can_be_chosen(example, capsys):
    assert mutate(SLUG, "difference", folder=example / "solutions")
    assert capsys.readouterr().out.startswith("difference: ")
