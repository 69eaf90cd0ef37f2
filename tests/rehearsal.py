"""Runs a lesson from start to end the way a GPU would, without one: each training for two steps, checks left out.

python -m tests.rehearsal a11_optical_flow gpu          # all that a GPU computes, on a device that pretends (pretend_gpu.py)
python -m tests.rehearsal a11_optical_flow bfloat16     # the forward passes of training in half precision, on the CPU
"""

import argparse
import contextlib
import runpy
from typing import Any

import torch

from assignments.common import devices, training
from autograder.checks.core import Exercise

STEPS = 2


def main() -> None:
    """Rehearse a lesson; what breaks on a GPU breaks here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slug")
    parser.add_argument("way", choices=["gpu", "bfloat16"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    Exercise.__call__ = lambda self, *students, seed=0: None
    train, training.train = (
        training.train,
        lambda players, steps, networks, **settings: train(players, min(steps, STEPS), networks, **{**settings, "checkpoint": ""}),
    )
    with on_gpu() if options.way == "gpu" else in_half_precision():
        runpy.run_module(f"solutions.{options.slug}", run_name="__main__")


@contextlib.contextmanager
def on_gpu() -> Any:
    """Every lesson takes the pretended device for the fastest one."""
    from tests.pretend_gpu import GPU, PretendGPU

    torch.__future__.set_overwrite_module_params_on_conversion(True)  # weights of another kind of tensor cannot be swapped in
    devices.device = training.device = lambda: GPU
    training.half_precision = lambda on: (contextlib.nullcontext(), torch.amp.GradScaler("cpu", enabled=False))
    with PretendGPU() as gpu:
        yield
    print(f"{gpu.operations} operations on the GPU")


@contextlib.contextmanager
def in_half_precision() -> Any:
    """Training computes in bfloat16 where torch thinks it safe."""
    training.half_precision = lambda on: (torch.autocast("cpu", torch.bfloat16), torch.amp.GradScaler("cpu", enabled=False))
    yield


if __name__ == "__main__":
    main()
