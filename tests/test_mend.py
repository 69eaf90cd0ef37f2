"""Of exercises that use each other, the one that the others stand on is to be mended first."""

import pytest

from autograder.mend import begin_with, mend_first, notes

MAKER = {"codes": "codes", "count": "count", "Table": "count", "score": "score", "own": "own"}
NAMES = {"codes": {"np"}, "count": {"codes", "count"}, "score": {"Table", "score"}, "own": {"own"}}


@pytest.mark.parametrize(
    ("wrong", "unwritten", "found", "begin"),
    [
        pytest.param(["codes", "count", "score"], [], {"count": ["codes"], "score": ["count"]}, "codes", id="a-chain"),
        pytest.param(["score"], ["codes", "count"], {"score": ["count"]}, "count", id="on-what-is-not-written"),
        pytest.param(["own"], ["codes"], {}, "own", id="the-wrong-before-the-unwritten"),
        pytest.param([], ["count", "own"], {}, "count", id="nothing-wrong"),
        pytest.param([], [], {}, "", id="all-right"),
    ],
)
def test_what_others_stand_on_comes_first(wrong, unwritten, found, begin):
    states = {name: {"passed", "failed"} if name in wrong else {"not implemented" if name in unwritten else "passed"} for name in NAMES}
    first = mend_first(states, NAMES, MAKER)
    assert (first, begin_with(states, first)) == (found, begin)


def test_two_exercises_that_use_each_other_are_no_endless_search():
    states, names = {"a": {"failed"}, "b": {"failed"}}, {"a": {"b"}, "b": {"a"}}
    first = mend_first(states, names, {"a": "a", "b": "b"})
    assert first == {"a": ["b"], "b": ["a"]} and begin_with(states, first) in states
    assert notes({"a": ["b"]}) == ["a uses b, which is not right yet: mend b first"]
