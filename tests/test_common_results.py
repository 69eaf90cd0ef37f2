"""Result lines, and the choice of device, size and seed."""

import json
import math
import random
import subprocess
import sys

import numpy as np
import pytest
import torch

from assignments.common import devices, results


@pytest.fixture(autouse=True)
def nothing_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(results.RECORD, raising=False)
    monkeypatch.delenv("COURSE_SIZE", raising=False)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("bits per letter", 2.3456, (2.2, 2.4), "bits"), "bits per letter: 2.346 bits (expect 2.2 to 2.4)"),
        (("ratio", 3, (3, 3)), "ratio: 3 (expect 3 to 3)"),
        (("ratio", torch.tensor(0.5), (1, math.inf)), "ratio: 0.5 (expect at least 1)  <-- outside"),
        (("error", np.float32(1e-7), (-math.inf, 1e-6), "px"), "error: 1e-07 px (expect at most 1e-06)"),
        (("loss", math.nan, (0, 1)), "loss: nan (expect 0 to 1)  <-- outside"),
    ],
    ids=["inside", "edge", "below", "open", "nan"],
)
def test_a_result_is_one_line_with_its_range(capsys, arguments, line):
    results.result(*arguments)
    assert capsys.readouterr().out == line + "\n"


def test_a_range_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"low <= high, got \(2, 1\)"):
        results.result("ratio", 1, (2, 1))


def test_results_are_recorded_one_a_line(tmp_path, monkeypatch):
    monkeypatch.setenv(results.RECORD, str(tmp_path / "results.jsonl"))
    monkeypatch.setattr(results, "lesson", lambda: "a00_test")
    results.result("error", 0.25, (0, 1), "px")
    results.result("ratio", 2, (3, math.inf))
    first, second = map(json.loads, (tmp_path / "results.jsonl").read_text().splitlines())
    assert first == {"lesson": "a00_test", "name": "error", "value": 0.25, "low": 0, "high": 1, "unit": "px"}
    assert second["high"] == math.inf


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")], ids=["cuda", "mps", "cpu"]
)
def test_the_fastest_device_is_taken(monkeypatch, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert devices.device().type == expected
    assert devices.choose(quick=1, full=2) == (2 if cuda else 1)


@pytest.mark.parametrize(("asked", "expected"), [("quick", "quick"), ("full", "full")])
def test_the_size_can_be_asked_for(monkeypatch, asked, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: asked == "quick")
    monkeypatch.setenv("COURSE_SIZE", asked)
    assert devices.size() == expected


def test_an_unknown_size_is_refused(monkeypatch):
    monkeypatch.setenv("COURSE_SIZE", "Full")
    with pytest.raises(ValueError, match="must be quick or full, got 'Full'"):
        devices.size()


def test_one_seed_sets_every_global_generator():
    def draw(seed: int) -> tuple[float, float, float]:
        devices.seed_all(seed)
        return random.random(), float(np.random.rand()), float(torch.rand(()))

    assert draw(5) == draw(5)
    assert all(a != b for a, b in zip(draw(5), draw(2**40), strict=True))


def test_what_plain_numpy_lessons_import_does_not_load_torch():
    modules = ["place", "results", "devices", "layout", "video", "show", "pictures", "colours"]
    imports = "; ".join(f"import assignments.common.{name}" for name in modules)
    loaders = "; ".join(f"import data_scripts.{name}" for name in ["fetch", "text", "mnist", "tiles", "clips", "plates", "keypoints"])
    code = f"import sys; {imports}; {loaders}; from assignments.common import devices; devices.seed_all(0); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
