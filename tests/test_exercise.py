"""An exercise runs its checks and reports each of them."""

import pytest

from autograder.checks.compare import agree
from autograder.checks.core import Exercise


def test_an_exercise_reports_every_check_and_names_its_state():
    exercise = Exercise("double")

    @exercise.check(points=1)
    def doubles(student, seed):
        """Two times two."""
        agree(student(2), 4, "two")

    @exercise.check(points=2)
    def divides(student, seed):
        """Never mind."""
        student(0)

    @exercise.check(points=3)
    def waits(student, seed):
        """Not yet."""
        student(None)

    def student(value):
        if value is None:
            raise NotImplementedError
        return 8 / value

    results = list(exercise.run(student))
    assert [result.state for result in results] == ["passed", "error", "not implemented"]
    score = exercise(student)
    assert float(score) == 1 and repr(score) == "1" and "double: 1 of 6 points" in str(score)
    assert "ZeroDivisionError" in results[1].message and "return 8 / value" in results[1].message
    assert score.advice == ""  # one failed, one is to be written
    more = type(score)("double", [*results, results[1]])
    assert "Begin with the first" in str(more) and "Begin with the first" in more._repr_html_()


def test_a_check_needs_points():
    with pytest.raises(ValueError, match="needs points above 0, got 0"):
        Exercise("nothing").check(points=0)
