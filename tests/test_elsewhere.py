"""A function that would fail on a GPU is told so where there is none, once, and nobody else is disturbed."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from autograder.checks import elsewhere
from autograder.checks.core import Exercise
from autograder.checks.elsewhere import LeftBehind, try_elsewhere
from autograder.checks.student import Local


class WithMask(nn.Module):
    """A layer with a mask that is a buffer, or a mere attribute."""

    def __init__(self, buffer: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        if buffer:
            self.register_buffer("mask", torch.ones(3))
        else:
            self.mask = torch.ones(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight * self.mask


class InTurn(nn.Module):
    """Reads its weights by einsum, from where torch asks for devices."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.ones(2, 3, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for weight in self.weights:
            x = torch.einsum("kc,nc->nk", weight, x)
        return x


def written(x: torch.Tensor) -> torch.Tensor:
    place = torch.zeros(x.shape)
    place[:] = x
    return place


@pytest.fixture(autouse=True)
def afresh():
    elsewhere.begin()


@pytest.mark.parametrize(
    ("function", "words"),
    [
        pytest.param(lambda x: x + torch.arange(3), "would fail", id="a-new-tensor"),
        pytest.param(lambda x: torch.cat([x, torch.zeros(2, 3)]), "would fail", id="joined"),
        pytest.param(lambda x: torch.einsum("nc,c->n", x, torch.ones(3)), "would fail", id="einsum"),
        pytest.param(lambda x: nn.functional.linear(x, torch.eye(3)), "would fail", id="a-function-of-weights"),
        pytest.param(nn.Linear(3, 3).forward, None, id="a-method-of-a-network"),
        pytest.param(WithMask(buffer=False), "would fail", id="a-mask-that-is-no-buffer"),
        pytest.param(nn.Sequential(nn.GRUCell(3, 3), WithMask(buffer=False)), "would fail", id="behind-a-recurrent-cell"),
        pytest.param(nn.Sequential(nn.GRUCell(3, 3), WithMask(buffer=True)), None, id="a-recurrent-cell"),
        pytest.param(written, "be on the CPU", id="a-result-on-the-cpu"),
        pytest.param(lambda x: (x, {"more": [x.cpu()]}), "would not stay there", id="deep-in-a-result"),
        pytest.param(lambda x: x + x.new_ones(3), None, id="new-where-the-input-is"),
        pytest.param(lambda x: torch.arange(3, device=x.device) * x, None, id="with-a-device"),
        pytest.param(lambda x: x * x.new_tensor([1.0, 2.0, 3.0]), None, id="new-from-a-list"),
        pytest.param(lambda x: x * torch.tensor(2.0) + 1, None, id="single-numbers"),
        pytest.param(lambda x: x[torch.tensor([0, 1])], None, id="indices"),
        pytest.param(lambda x: x.sum().item(), None, id="a-number"),
        pytest.param(lambda x: x[x > 0] + torch.ones(()), None, id="numbers-decide"),
        pytest.param(lambda x: x.numpy(), None, id="numpy"),
        pytest.param(WithMask(buffer=True), None, id="a-mask-that-is-a-buffer"),
    ],
)
def test_what_is_left_behind_is_found(function, words):
    if words is None:
        assert try_elsewhere(function, (torch.ones(2, 3),), {}) is None
    else:
        with pytest.raises(LeftBehind, match=words):
            try_elsewhere(function, (torch.ones(2, 3),), {})


@pytest.mark.parametrize("given", [np.ones(3), 3, "three", (lambda: 1), object()], ids=["array", "number", "text", "function", "object"])
def test_a_call_without_tensors_is_not_repeated(given):
    calls = []
    try_elsewhere(calls.append, (given,), {})
    try_elsewhere(lambda x, other: calls.append(x), (torch.ones(2), object()), {})
    assert calls == []


def test_what_a_function_prints_is_printed_once(capsys: pytest.CaptureFixture):
    def talkative(x: torch.Tensor) -> torch.Tensor:
        print("a sum:", x.sum(), "here")
        return x

    Local(talkative)(torch.ones(3))
    assert capsys.readouterr().out == "a sum: tensor(3.) here\n"


def test_what_a_function_keeps_for_each_device_is_not_mixed_up():
    kept: dict = {}

    def ramp(x: torch.Tensor) -> torch.Tensor:
        key = (len(x), x.device)
        if key not in kept:
            kept[key] = torch.arange(len(x), device=x.device)
        return x + kept[key]

    for _ in range(2):
        assert Local(ramp)(torch.zeros(3)).tolist() == [0, 1, 2]
    assert (3, torch.device("cpu")) in kept and (3, torch.device("cuda", 0)) not in kept


def test_random_numbers_weights_and_inputs_are_as_if_nothing_had_been():
    network, x = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout()), torch.ones(2, 3, requires_grad=True)
    before = {name: value.clone() for name, value in network.state_dict().items()}

    def careless(x: torch.Tensor) -> torch.Tensor:
        random.random(), np.random.rand(), torch.rand(3)
        return network(x) + torch.rand(3)

    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(0)
    expected = random.random(), np.random.rand(), float(torch.rand(()))
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(0)
    try_elsewhere(network, (x,), {})
    with pytest.raises(LeftBehind):
        try_elsewhere(careless, (x,), {})
    assert (random.random(), np.random.rand(), float(torch.rand(()))) == expected
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert x.device.type == "cpu" and x.grad is None and all(weight.device.type == "cpu" for weight in network.parameters())


@pytest.mark.parametrize("most", range(1, 24))
def test_a_long_call_is_given_up_wherever_it_is(most: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(elsewhere, "MOST_OPERATIONS", most)
    assert try_elsewhere(InTurn(), (torch.ones(2, 3),), {}) is None


def test_a_check_says_it_once_with_the_line_and_goes_on():
    exercise = Exercise("doubled")
    for name in ("first", "second"):

        def asks(student, seed):
            """Twice."""
            assert student(torch.ones(3)).tolist() == [2, 2, 2]

        asks.__name__ = name
        exercise.check(points=1)(asks)

    def doubled(x: torch.Tensor) -> torch.Tensor:
        return x * torch.tensor([2.0, 2.0, 2.0])

    for _ in range(2):  # the same each time
        first, second = exercise.run(doubled)
        assert (first.state, second.state) == ("error", "passed")
        assert "x.new_zeros" in first.message and "return x * torch.tensor([2.0, 2.0, 2.0])" in first.message
    assert Local(doubled)(torch.ones(3)).tolist() == [2, 2, 2]
