"""The words of the checks fail in one form, and only when they should."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from autograder.checks.compare import agree, array, differ, has_shape, raises, same, within
from autograder.checks.core import Broken, Exercise, Failure
from autograder.checks.student import Local, load, state, there, vjp, weight_vjp


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
        pytest.param(None, [1.0], "got None, expected numbers", id="none"),
        pytest.param("3", 3, "got '3', expected numbers", id="text"),
        pytest.param([[1], [1, 2]], [1], "expected numbers", id="ragged"),
        pytest.param(np.array([object()]), [1], "expected numbers", id="objects"),
    ],
)
def test_other_values_do_not(got, expected, message):
    with pytest.raises(Failure, match=message) as caught:
        agree(got, expected, "case", hint="look again")
    assert str(caught.value).endswith("hint: look again")


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


def test_a_handle_has_no_truth_no_equality_and_no_length():
    handle = Local(object())
    for question in (lambda: bool(handle), lambda: handle == 3, lambda: len(handle), lambda: handle + 1):
        with pytest.raises(TypeError):
            question()
    with pytest.raises(Failure, match="expected numbers"):
        array(handle, "case")


def test_large_integers_are_compared_exactly():
    with pytest.raises(Failure, match=r"off by 1 at \(0,\) \(got 9007199254740993, expected 9007199254740992"):
        agree(np.array([2**53 + 1]), [2**53], "case")


def test_a_failure_is_no_error_that_was_asked_for():
    def failing():
        raise Failure("from within")

    with pytest.raises(Failure, match="from within"):
        raises(Exception, failing, "case")


def test_arguments_and_results_are_copies():
    kept = []

    def student(values):
        kept.append(values)
        return values

    mine = np.zeros(3)
    result = Local(student)(mine)
    kept[0] += 5
    assert mine.tolist() == [0, 0, 0] and result.tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", ["clip", "argument 1"])
def test_a_function_that_changes_what_it_is_given_is_told(name: str):
    def named(clip):
        clip *= 2

    def nameless(*clips):
        clips[0][:] = 2

    with pytest.raises(RuntimeError, match=f"{name} was changed in place"):
        Local(named if name == "clip" else nameless)(np.ones(3))


def test_the_graph_of_an_argument_is_the_callers():
    x = torch.ones(2)
    for without in (lambda clip: clip.requires_grad_(False), torch.Tensor.detach_):
        with pytest.raises(RuntimeError, match="lost its graph"):
            vjp(Local(lambda clip, without=without: 2 * without(clip)), (x,), x)
    with pytest.raises(RuntimeError, match="clip was changed in place"):
        Local(lambda clip: 2 * clip.requires_grad_())(x)


def test_a_function_that_changes_what_it_has_returned_is_told():
    place, names = np.zeros(2), []

    def filling(value):
        place[:] = value
        return place

    def growing(name):
        names.append(name)
        return names

    for function, values in ((filling, (1, 2)), (growing, ("a", "b"))):
        handle = Local(function)
        handle(values[0])
        with pytest.raises(RuntimeError, match="changed what an earlier one had returned"):
            handle(values[1])


@pytest.mark.parametrize(("tell", "told"), [(torch.set_grad_enabled, False), (torch.set_default_dtype, torch.float64)])
def test_a_function_that_leaves_a_setting_of_torch_changed_is_told(tell: Callable, told: object):
    def student(x=None, fails=False):
        tell(told)
        if fails:
            raise KeyError("from within")

    with pytest.raises(KeyError, match="from within"):
        Local(student)(fails=True)
    one = torch.ones(1)
    layer = Local(torch.nn.Linear(1, 1))
    for ask in (Local(student), lambda: vjp(Local(student), (one,), one), lambda: weight_vjp(Local(student), layer, (one,), one)):
        with pytest.raises(RuntimeError, match=rf"torch.{tell.__name__}\({told}\) holds after this call"):
            ask()
    assert (torch.is_grad_enabled(), torch.get_default_dtype()) == (True, torch.float32)


def test_views_of_weights_may_change_with_them():
    layer = torch.nn.Linear(2, 3)
    column, linear = Local(lambda: layer.weight.data[:, 0]), Local(layer)
    column()
    load(linear, {"weight": torch.ones(3, 2), "bias": torch.zeros(3)})
    assert column().tolist() == [1, 1, 1]


def test_results_may_be_handed_out_twice():
    table = np.arange(3)
    handle = Local(lambda: table)
    assert handle().tolist() == handle().tolist() == [0, 1, 2]


def test_a_gradient_needs_a_result_of_the_right_shape():
    with pytest.raises(ValueError, match=r"got a result of shape \(3,\), expected \(1, 3\)"):
        vjp(Local(lambda x: 2 * x[0]), (torch.ones(1, 3),), torch.ones(1, 3))


def test_results_may_be_views_without_memory_of_their_own():
    for shape in [(1,), (2, 3)]:
        assert Local(lambda shape: torch.ones(()).expand(shape))(shape).tolist() == np.ones(shape).tolist()


def test_what_is_not_a_number_counts_as_unchanged():
    assert np.isnan(Local(lambda clip: clip[0])([float("nan"), np.array([np.nan])]))


def test_gradients_weights_and_imports_go_through_a_handle():
    layer = Local(torch.nn.Linear)(2, 1)
    load(layer, {"weight": torch.tensor([[2.0, 3.0]]), "bias": torch.zeros(1)})
    x = torch.tensor([[1.0, 5.0]])
    assert vjp(layer, (x,), torch.ones(1, 1))[0].tolist() == [[2, 3]]
    assert weight_vjp(layer, layer, (x,), torch.ones(1, 1))["weight"].tolist() == [[1, 5]]
    assert list(state(layer)) == ["weight", "bias"]
    detached = Local(lambda value: (value * 2).detach())
    assert vjp(detached, (x,), torch.ones(1, 2)) == (None,)
    frozen = Local(torch.nn.Linear(2, 1).requires_grad_(False))
    assert weight_vjp(frozen, frozen, (x,), torch.ones(1, 1)) == {"weight": None, "bias": None}
    optimiser = there(layer, "torch.optim:SGD")(layer.parameters(), lr=0.1)
    assert isinstance(optimiser, Local)


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
