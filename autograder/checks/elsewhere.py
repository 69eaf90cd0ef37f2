"""Whether a function would work on a GPU, found out without one.

A call is repeated on torch's fake tensors: they have a shape and a device, here that of a GPU, and no numbers. What the function
makes of its own accord lies on the CPU, unless it says otherwise, and mixing the two is an error, as it is on a GPU. Where numbers
decide what happens next, nothing can be said.
"""

import copy
import io
import logging
import random
import sys
import types
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import numpy as np

TRIES = 2  # calls of a function that are repeated
MOST_OPERATIONS = 3000  # of a call; then it is given up
GPU = "cuda:7"  # none that a machine has: what a function keeps for its device is not mixed up
MIXED = ("same device", "two different devices")  # in torch's words
ADVICE = "make new tensors where the input is (x.new_zeros, device=x.device), keep layers in nn.ModuleList and masks as buffers"

_tries: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()  # function, or class of a module -> how many are left


def begin() -> None:
    """Forget which calls were repeated: an exercise begins."""
    _tries.clear()


class LeftBehind(RuntimeError):
    """A function makes tensors on the CPU whatever device its input is on."""


class Unknown(Exception):
    """Nothing can be said about this call."""


def try_elsewhere(target: Callable, arguments: tuple, named: dict) -> None:
    """Repeat a call of a function or module as if its tensors lay on a GPU; its first calls with tensors only.

    Raises:
        LeftBehind: it would fail there, or leave its result on the CPU.
    """
    if "torch" not in sys.modules or not _holds_tensor((arguments, named)):
        return
    owner = getattr(target, "__self__", target)
    kind = owner if isinstance(owner, types.FunctionType) else type(owner)
    left = _tries.setdefault(kind, TRIES)
    if left:
        _tries[kind] = 0  # once is enough to say that something is left behind
        with _undisturbed():
            _repeat(target, arguments, named)
        _tries[kind] = left - 1


def _repeat(target: Callable, arguments: tuple, named: dict) -> None:
    try:
        mode = _mode()
        arguments, named = _moved((arguments, named), mode)
        if isinstance(target, types.MethodType):
            target = types.MethodType(target.__func__, _moved(target.__self__, mode))
        elif not isinstance(target, types.FunctionType):
            target = _moved(target, mode)
        with mode:
            result = target(*arguments, **named)
        left = any(x.ndim and x.device.type == "cpu" for x in _tensors(result))
    except Exception as error:
        words = str(error).partition("\n")[0].replace(GPU, "cuda")
        if "cpu" in words and any(sign in words for sign in MIXED):
            raise LeftBehind(f"on a GPU this would fail ({words}): {ADVICE}").with_traceback(error.__traceback__) from None
        return
    if left:
        raise LeftBehind(f"on a GPU the result would not stay there but be on the CPU: {ADVICE}")


def _mode() -> Any:
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    class Fake(FakeTensorMode):
        count = 0

        def __torch_dispatch__(self, operation: Any, *rest: Any) -> Any:
            if operation.namespace == "aten":  # others ask a tensor for its device, from where an exception ends the process
                self.count += 1
                if self.count > MOST_OPERATIONS:
                    raise Unknown
            if operation is torch.ops.aten._thnn_fused_gru_cell.default:  # torch has no fake one
                state = rest[1][2]
                return torch.empty_like(state), state.new_empty(len(state), 5 * state.shape[1])
            return super().__torch_dispatch__(operation, *rest)

    return Fake(allow_non_fake_inputs=True)


def _moved(value: Any, mode: Any) -> Any:
    """A likeness of a value whose tensors lie on the GPU."""
    import torch

    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, torch.Tensor):
        with mode:
            return mode.from_tensor(value.detach()).to(GPU).requires_grad_(value.requires_grad)
    if isinstance(value, torch.nn.Module):
        return _moved_module(copy.deepcopy(value), mode)
    if type(value) in (list, tuple):
        return type(value)(_moved(item, mode) for item in value)
    if type(value) is dict:
        return {key: _moved(item, mode) for key, item in value.items()}
    raise Unknown  # a function, say: nobody knows what tensors it holds


def _moved_module(module: Any, mode: Any) -> Any:
    import torch

    for part in module.modules():
        for name, weight in part._parameters.items():
            if weight is not None:
                part._parameters[name] = torch.nn.Parameter(_moved(weight.detach(), mode), weight.requires_grad)
        for name, buffer in part._buffers.items():
            part._buffers[name] = _moved(buffer, mode)
    return module


def _tensors(value: Any) -> Iterator[Any]:
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)


def _holds_tensor(value: Any) -> bool:
    return any(tensor.ndim for tensor in _tensors(value))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """In silence; and random numbers go on as if nothing had been between."""
    import torch

    states, silenced = (random.getstate(), np.random.get_state(), torch.get_rng_state()), logging.root.manager.disable
    logging.disable()  # torch logs what it cannot fake
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(silenced)
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
