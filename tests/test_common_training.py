"""The training loop: an interrupted run ends as an uninterrupted one, averages follow, and what goes wrong is said."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from assignments.common import training

STEPS = 12


class Interrupted(Exception):
    """Stands for a closed notebook."""


class Setting:
    """A small network with everything that could fail to resume: dropout, batch statistics, momentum, an average, random data."""

    def __init__(self, width: int = 8, device: str = "cpu") -> None:
        torch.manual_seed(1)
        self.network = nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width), nn.Dropout(0.3), nn.Linear(width, 1)).to(device)
        self.device = device
        self.average = training.averaged(self.network, decay=0.9)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=0.05)
        self.stop_at = -1

    def loss(self, step: int) -> torch.Tensor:
        if step == self.stop_at:
            raise Interrupted
        points = torch.randn(16, 3, device=self.device)
        return (self.network(points)[:, 0] - points.sum(dim=1)).square().mean()

    def train(self, **options: object) -> np.ndarray:
        arguments = {"steps": STEPS, "averages": {"network": self.average}} | options
        return training.train({"error": (self.optimiser, self.loss)}, networks={"network": self.network}, **arguments)["error"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where checkpoints go, saved after every step."""
    monkeypatch.setattr(training, "BUILD", tmp_path)
    monkeypatch.setattr(training, "lesson", lambda: "a00_test")
    monkeypatch.setattr(training, "SAVE_EVERY_S", 0.0)
    return tmp_path / "checkpoints" / "a00_test"


def same_state(first: nn.Module, second: nn.Module) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=on_gpu)])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(folder, capsys, device):
    whole = Setting(device=device)
    expected = whole.train()
    broken = Setting(device=device)
    broken.stop_at = 7
    with pytest.raises(Interrupted):
        broken.train(checkpoint="run")
    assert [path.name for path in folder.iterdir()] == ["run.pt"]
    again = Setting(device=device)
    got = again.train(checkpoint="run")
    assert f"resuming at step 7 from {folder / 'run.pt'}" in capsys.readouterr().out
    assert np.array_equal(got, expected)
    assert same_state(again.network, whole.network) and same_state(again.average, whole.average)
    assert list(folder.iterdir()) == []


def test_an_interrupt_while_saving_leaves_the_checkpoint_before(folder, monkeypatch):
    setting = Setting()
    setting.stop_at = 5
    with pytest.raises(Interrupted):
        setting.train(checkpoint="run")
    before = (folder / "run.pt").read_bytes()

    def half(_: dict, path: Path) -> None:
        path.write_bytes(b"half")
        raise Interrupted

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(Interrupted):
        Setting().train(checkpoint="run")
    assert (folder / "run.pt").read_bytes() == before
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("other", [{"width": 9}, {"steps": STEPS + 1}], ids=["network", "steps"])
def test_a_checkpoint_of_another_run_is_refused(folder, other):
    setting = Setting()
    setting.stop_at = 5
    with pytest.raises(Interrupted):
        setting.train(checkpoint="run")
    with pytest.raises(ValueError, match=r"(?s)run\.pt is of another run .* remove it"):
        Setting(other.get("width", 8)).train(checkpoint="run", steps=other.get("steps", STEPS))


def test_nothing_is_saved_unless_asked_for(folder):
    Setting().train()
    assert not folder.exists()


def test_equal_seeds_give_equal_runs_and_others_give_others():
    runs = {seed: Setting().train(seed=seed) for seed in (0, 1)}
    assert np.array_equal(Setting().train(seed=0), runs[0])
    assert not np.array_equal(runs[0], runs[1])
    assert len(runs[0]) == STEPS and np.isfinite(runs[0]).all()


def test_the_random_numbers_of_a_step_depend_on_the_seed_and_the_step_alone():
    weight = nn.Parameter(torch.tensor(1.0))
    drawn: list[tuple] = []

    def loss(step: int) -> torch.Tensor:
        drawn.append((random.random(), float(np.random.rand()), float(torch.rand(()))))
        return weight.square()

    for before in (1, 2):
        torch.manual_seed(before)
        players = {"loss": (torch.optim.SGD([weight], lr=0.1), loss)}
        training.train(players, steps=5, networks={"weight": nn.ParameterList([weight])}, seed=3)
    assert drawn[:5] == drawn[5:] and len(set(drawn)) == 5


def test_training_lowers_the_loss():
    losses = Setting().train(steps=200)
    assert losses[-20:].mean() < 0.5 * losses[:3].mean()


def test_players_take_turns_and_each_moves_its_own_weights():
    """A game: one player lowers (a - b)^2, the other a * b; worked out by hand for plain gradient descent."""
    pair = nn.ParameterDict({"a": nn.Parameter(torch.tensor(2.0)), "b": nn.Parameter(torch.tensor(1.0))})
    players = {
        "first": (torch.optim.SGD([pair["a"]], lr=0.25), lambda step: (pair["a"] - pair["b"]).square()),
        "second": (torch.optim.SGD([pair["b"]], lr=0.1), lambda step: pair["a"] * pair["b"]),
    }
    losses = training.train(players, steps=2, networks={"pair": pair})
    # a: 2 - 0.25 * 2 * (2 - 1) = 1.5; then b: 1 - 0.1 * 1.5 = 0.85; then a: 1.5 - 0.5 * 0.65 = 1.175; b: 0.85 - 0.1175
    assert np.allclose(losses["first"], [1.0, 0.65**2]) and np.allclose(losses["second"], [1.5, 1.175 * 0.85])
    assert np.allclose([pair["a"].item(), pair["b"].item()], [1.175, 0.7325])


def test_long_gradients_are_shortened():
    weight = nn.Parameter(torch.tensor([3.0, 4.0]))
    players = {"loss": (torch.optim.SGD([weight], lr=1.0), lambda step: weight.square().sum() / 2)}
    training.train(players, steps=1, networks={"weight": nn.ParameterList([weight])}, clip_norm=1.0)
    assert np.allclose(weight.detach(), [3 - 0.6, 4 - 0.8], atol=1e-5)


def test_an_average_follows_slowly():
    weight = nn.Linear(1, 1, bias=False)
    nn.init.constant_(weight.weight, 1.0)
    average = training.averaged(weight, decay=0.75)
    players = {"loss": (torch.optim.SGD(weight.parameters(), lr=1.0), lambda step: weight.weight.sum())}  # 1, 0, -1, -2 ...
    training.train(players, steps=3, networks={"weight": weight}, averages={"weight": average})
    expected = 0.0  # a first update takes the network as it is
    for network in (-1.0, -2.0):
        expected = 0.75 * expected + 0.25 * network
    assert np.isclose(average.module.weight.item(), expected)


@pytest.mark.parametrize("first", [3, STEPS - 1], ids=["within", "at-the-end"])
def test_a_loss_that_is_not_finite_stops_the_run_and_says_where(first, monkeypatch):
    monkeypatch.setattr(training, "SHOW_EVERY_S", 0.0)
    weight = nn.Parameter(torch.tensor(1.0))
    players = {"loss": (torch.optim.SGD([weight], lr=0.0), lambda step: weight * (torch.inf if step >= first else 1.0))}
    with pytest.raises(FloatingPointError, match=f"not finite from step {first} on: .*inf"):
        training.train(players, steps=STEPS, networks={"weight": nn.ParameterList([weight])})


@pytest.mark.parametrize(
    ("brain", "dtype", "scales"), [(True, torch.bfloat16, False), (False, torch.float16, True)], ids=["bfloat16", "float16"]
)
def test_on_a_gpu_the_forward_pass_runs_in_half_precision(monkeypatch, brain, dtype, scales):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: brain)
    monkeypatch.setattr(torch.cuda.amp.common, "amp_definitely_not_available", lambda: False)
    autocast, scaler = training.half_precision(torch.device("cuda"))
    assert (autocast.fast_dtype, autocast._enabled, scaler.is_enabled()) == (dtype, True, scales)


def test_on_the_cpu_everything_stays_in_full_precision():
    autocast, scaler = training.half_precision(torch.device("cpu"))
    with autocast:
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    assert not scaler.is_enabled()
