"""The words of the checks fail in one form, and only when they should."""

from collections import Counter

import numpy as np
import pytest
import torch

from autograder.checks.compare import agree, differ, has_shape, raises, same, within
from autograder.checks.core import Broken, Failure
from autograder.checks.student import Local


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        pytest.param(3, 3.0, id="numbers"),
        pytest.param([1.0, np.inf], [1, np.inf], id="equal-infinities"),
        pytest.param(torch.ones(2, requires_grad=True), np.ones(2), id="a-tensor-with-gradient"),
        pytest.param(torch.ones(2, dtype=torch.bfloat16), np.ones(2), id="bfloat16"),
        pytest.param(np.zeros((0, 3)), np.zeros((0, 3)), id="nothing"),
    ],
)
def test_equal_values_agree(got, expected):
    agree(got, expected, "case")


@pytest.mark.parametrize(
    ("got", "expected", "message"),
    [
        pytest.param(4, 3, r"case: off by 1 \(got 4, expected 3, allowed 1e-06\)", id="numbers"),
        pytest.param([[0, 2.5]], [[0, 2]], r"case: off by 0.5 at \(0, 1\) \(got 2.5, expected 2", id="place"),
        pytest.param([np.nan], [1.0], r"off by inf at \(0,\) \(got nan", id="nan"),
        pytest.param([np.nan], [np.nan], "off by inf", id="nan-is-not-nan"),
        pytest.param([np.inf], [-np.inf], "off by inf", id="infinities"),
        pytest.param([1, 2, 3], [1, 2], r"got shape \(3,\), expected \(2,\)", id="shape"),
        pytest.param("3", 3, "got '3', expected numbers", id="text"),
        pytest.param([[1], [1, 2]], [1], "expected numbers", id="ragged"),
        pytest.param(np.array([object()]), [1], "expected numbers", id="objects"),
    ],
)
def test_other_values_do_not(got, expected, message):
    with pytest.raises(Failure, match=message) as caught:
        agree(got, expected, "case", hint="look again")
    assert str(caught.value).endswith("hint: look again")


@pytest.mark.parametrize("word", [agree, same], ids=["agree", "same"])
def test_none_is_a_missing_return_whatever_the_hint_of_the_case(word):
    with pytest.raises(Failure, match="case: got None, expected") as caught:
        word(None, [1.0], "case", hint="look again")
    assert str(caught.value).endswith("hint: is there a `return`?")
    same(None, None, "case")


LONG = [*range(40)]


@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        pytest.param([1, 2], [1, 3], "got [1, 2], expected [1, 3]", id="short"),
        pytest.param(LONG[:39], LONG, "got 39 values, expected 40; the first 39 are right", id="too-few"),
        pytest.param([*LONG, 7], LONG, "got 41 values, expected 40; the first 40 are right", id="too-many"),
        pytest.param([*LONG[:30], 7, *LONG[31:]], LONG, "differs first at [30]: got 7, expected 30", id="one-place"),
        pytest.param(LONG[1:], LONG, "got 39 values, expected 40; differs first at [0]: got 1, expected 0", id="shifted"),
        pytest.param([LONG, LONG[:9]], [LONG, LONG[:8]], "differs first at [1]: got [0, 1, 2, 3, 4, 5, 6, 7, 8], expected", id="nested"),
        pytest.param("ab" * 50 + "c", "ab" * 50 + "d", "from character 100 on got 'c', expected 'd'", id="text"),
        pytest.param((1, LONG), [1, LONG], "got (1, [0, 1, 2", id="kind"),
        pytest.param(Local(Counter("ab")), [1], "got <Counter>, expected [1]", id="object"),
        pytest.param((np.ones(3), np.ones(2)), 1, "got a tuple of 2 arrays, expected 1", id="arrays"),
        pytest.param([np.ones(3), 2], 1, "got a list of 2 values, expected 1", id="mixed"),
        pytest.param({"a": np.ones((2, 2))}, 1, "got {'a': array([[1., 1.],        [1., 1.]])}, expected 1", id="one-line"),
    ],
)
def test_a_message_shows_where_two_values_differ(got, expected, words):
    with pytest.raises(Failure) as caught:
        same(got, expected, "case")
    assert f"case: {words}" in str(caught.value)


def test_a_picture_is_drawn_on_failure_only():
    drawn = []
    agree(1, 1, "case", picture=lambda got, expected: drawn.append(1))
    with pytest.raises(Failure):
        agree(1, 2, "case", picture=lambda got, expected: drawn.append(1))
    assert drawn == [1]


def test_the_other_words_fail_when_they_should():
    same({"a": 1}, {"a": 1}, "case")
    within(0.5, 0, 1, "case")
    differ([1, 2], [1, 3], "case")
    has_shape(torch.zeros(2, 3), (2, 3), "case")
    raises(ValueError, lambda: int("x"), "case")
    with pytest.raises(Failure, match="got True, expected 1"):
        same(True, 1, "case")
    with pytest.raises(Failure, match="got nan, expected at most 1"):
        within(float("nan"), -np.inf, 1, "case")
    with pytest.raises(Failure, match="nothing changed"):
        differ([1, 2], [1, 2], "case")
    with pytest.raises(Failure, match=r"got ZeroDivisionError \(division by zero\), expected ValueError"):
        raises(ValueError, lambda: 1 / 0, "case")
    with pytest.raises(Failure, match="got 3, expected ValueError"):
        raises(ValueError, lambda: 3, "case")


def test_a_stub_is_calm_also_where_an_error_is_expected():
    def stub():
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        raises(RuntimeError, stub, "case")


def test_a_broken_process_is_no_error_of_the_students():
    def hang():
        raise Broken("timeout", "stopped")

    with pytest.raises(Broken):
        raises(Exception, hang, "case")


def test_large_integers_are_compared_exactly():
    with pytest.raises(Failure, match=r"off by 1 at \(0,\) \(got 9007199254740993, expected 9007199254740992"):
        agree(np.array([2**53 + 1]), [2**53], "case")


def test_a_failure_is_no_error_that_was_asked_for():
    def failing():
        raise Failure("from within")

    with pytest.raises(Failure, match="from within"):
        raises(Exception, failing, "case")
