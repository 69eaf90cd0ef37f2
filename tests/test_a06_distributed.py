"""Two processes that share every batch train the video GAN as one process does; runs on CPU cores, with gloo."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STEPS = 4
PROGRAM = f"""
import json, sys
import torch
from assignments.common import adversarial, distributed
from data_scripts.moving_squares import moving_squares
from solutions.a06_video_gan import play

torch.set_num_threads(1)
distributed.start()
game = adversarial.Game(widths=(8, 6), steps={STEPS}, learning_rate=1e-3, batch=8, noise=5, categories=2)
generator, losses, norms = play(game, lambda step: moving_squares(8, 8, 16, seed=step)[0], lambda step, generator: None)
found = {{"processes": distributed.processes(), "losses": {{name: values.tolist() for name, values in losses.items()}}, "norms": norms,
         "kernels": [float(weight.abs().sum()) for weight in generator.parameters() if weight.ndim > 1]}}
if distributed.is_first():
    open(sys.argv[1], "w").write(json.dumps(found))
"""


def trained(folder: Path, *launcher: str) -> dict:
    """What a run of the program under the launcher found."""
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, *launcher, str(folder / "program.py"), str(folder / "found.json")]
    run = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads((folder / "found.json").read_text(encoding="utf-8"))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, dict]:
    """What one process and what two processes found."""
    torchrun = ("-m", "torch.distributed.run", "--nproc-per-node=2", "--master-addr=127.0.0.1", f"--master-port={free_port()}")
    return trained(tmp_path_factory.mktemp("one")), trained(tmp_path_factory.mktemp("two"), *torchrun)


def test_torchrun_starts_two_processes(runs: tuple[dict, dict]):
    one, two = runs
    assert (one["processes"], two["processes"]) == (1, 2)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_two_processes_have_the_losses_of_one(runs: tuple[dict, dict], player: str):
    one, two = runs
    assert len(one["losses"][player]) == STEPS
    assert two["losses"][player] == pytest.approx(one["losses"][player], abs=1e-4)


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_two_processes_have_the_gradients_of_one(runs: tuple[dict, dict], player: str):
    one, two = runs
    assert two["norms"][player] == pytest.approx(one["norms"][player], rel=1e-3)


def test_two_processes_end_with_the_kernels_of_one(runs: tuple[dict, dict]):
    one, two = runs
    assert two["kernels"] == pytest.approx(one["kernels"], rel=1e-3)  # biases before a batch norm get rounding for a gradient
