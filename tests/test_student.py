"""What a check holds of the student's work: copies and handles, and what a function must leave as it was."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from autograder.checks.compare import array
from autograder.checks.core import Failure
from autograder.checks.student import Local, load, state, there, vjp, weight_vjp


def test_a_handle_has_no_truth_no_equality_and_no_length():
    handle = Local(object())
    for question in (lambda: bool(handle), lambda: handle == 3, lambda: len(handle), lambda: handle + 1):
        with pytest.raises(TypeError):
            question()
    with pytest.raises(Failure, match="expected numbers"):
        array(handle, "case")


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


@pytest.mark.parametrize(
    ("tell", "told"), [(torch.set_grad_enabled, False), (torch.set_default_dtype, torch.float64), (torch.manual_seed, 42)]
)
def test_a_function_that_leaves_a_setting_of_torch_changed_is_told(tell: Callable, told: object):
    def student(x=None, fails=False):
        tell(told)
        if fails:
            raise KeyError("from within")

    with pytest.raises(KeyError, match="from within"):
        Local(student)(fails=True)
    one = torch.ones(1)
    layer, seed = Local(torch.nn.Linear(1, 1)), torch.initial_seed()
    for ask in (Local(student), lambda: vjp(Local(student), (one,), one), lambda: weight_vjp(Local(student), layer, (one,), one)):
        with pytest.raises(RuntimeError, match=rf"torch.{tell.__name__}\({told}\) holds after this call"):
            ask()
    assert (torch.is_grad_enabled(), torch.get_default_dtype(), torch.initial_seed()) == (True, torch.float32, seed)


def test_who_is_given_a_seed_may_seed_torch():
    draw = Local(lambda seed: torch.manual_seed(seed) and torch.rand(2))
    assert draw(3).tolist() == draw(seed=3).tolist() != draw(4).tolist()


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
