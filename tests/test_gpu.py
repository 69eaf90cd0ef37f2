"""Every lesson that trains runs on a GPU: rehearsed on a device that pretends to be one, and in half precision on the CPU."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.lesson import slugs

ROOT = Path(__file__).resolve().parents[1]
TRAINERS = r"(?m)^from assignments\.common.*\b(adversarial|likelihood|training)\b"


def scripts_with(words: str) -> list[str]:
    """Lessons whose script matches."""
    return [slug for slug in slugs() if re.search(words, (ROOT / "solutions" / f"{slug}.py").read_text(encoding="utf-8"))]


def python(*command: str) -> subprocess.CompletedProcess:
    """What a program of its own prints: a device is registered once and for all in a process."""
    surroundings = {**os.environ, "COURSE_SIZE": "quick", "MPLBACKEND": "agg"}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=400)


@pytest.mark.parametrize("slug", scripts_with(r"devices\.device\(\)"))
def test_lesson_leaves_no_tensor_behind(slug: str):
    run = python("-m", "tests.rehearsal", slug, "gpu")
    assert run.returncode == 0, run.stderr[-3000:]
    assert int(re.search(r"(\d+) operations on the GPU", run.stdout)[1]) > 100


@pytest.mark.parametrize("slug", scripts_with(TRAINERS))
def test_lesson_trains_in_half_precision(slug: str):
    run = python("-m", "tests.rehearsal", slug, "bfloat16")
    assert run.returncode == 0, run.stderr[-3000:]


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param("there + torch.ones(3)", id="a-tensor-left-behind"),
        pytest.param("torch.nn.Linear(3, 2)(there)", id="a-network-left-behind"),
        pytest.param("torch.ones(3)[there.long()]", id="indices-of-the-gpu"),
        pytest.param("torch.randn(3, device=GPU, generator=torch.Generator())", id="a-generator-of-the-cpu"),
        pytest.param("there.numpy()", id="numpy"),
    ],
)
def test_pretended_gpu_rejects(mistake: str):
    run = python(
        "-c", f"import torch\nfrom tests.pretend_gpu import *\nwith PretendGPU():\n    there = torch.ones(3, device=GPU)\n    {mistake}"
    )
    assert run.returncode != 0
    assert re.search(r"needs all tensors|needs a generator|numpy\(\)|indices", run.stderr), run.stderr[-1000:]


def test_pretended_gpu_computes_as_the_cpu_does():
    program = """
import torch
from torch import nn
from tests.pretend_gpu import *
torch.__future__.set_overwrite_module_params_on_conversion(True)
def losses(on):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv1d(1, 4, 3), nn.BatchNorm1d(4), nn.ReLU(), nn.Flatten(), nn.Linear(24, 1))
    data, adam = torch.randn(16, 1, 8).to(on), torch.optim.Adam(network.to(on).parameters(), 1e-2)
    for _ in range(5):
        loss = (network(data) ** 2)[[0, 2, 4]].sum() * torch.tensor([2.0], device=on)[0] + torch.tensor(1.0)
        adam.zero_grad()
        loss.backward()
        adam.step()
        yield loss.item()
with PretendGPU():
    assert list(losses(GPU)) == list(losses("cpu"))
"""
    run = python("-c", program)
    assert run.returncode == 0, run.stderr[-3000:]
