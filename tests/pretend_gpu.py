"""A device that computes on the CPU and is as strict as a GPU, so that a machine without one finds tensors left behind.

Its tensors are wrappers around tensors of the CPU. An operation on both kinds is an error, but for the few that CUDA allows
too (copies, indices, single numbers); so is `.numpy()`. Importing this module registers the device for the whole process.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_iter, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

_setup_privateuseone_for_python_backend("pretended")
GPU = torch.device("pretended", 0)
aten = torch.ops.aten
COPIES = {aten._to_copy, aten.copy_}
INDEXED = {aten.index, aten.index_put, aten.index_put_}


class PretendGPU(TorchDispatchMode):
    """Within it `device=GPU` and `.to(GPU)` work; `operations` counts what was computed there."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(self, function: Callable, types: Iterable[type], args: tuple = (), kwargs: dict | None = None) -> Any:
        out = _run(function, args, kwargs or {})
        self.operations += any(isinstance(part, OnGPU) for part in tree_iter(out))
        return out


class OnGPU(Tensor):
    """A tensor of the pretended device; `held` is the one that it wraps."""

    @staticmethod
    def __new__(cls, held: Tensor) -> "OnGPU":
        return torch.Tensor._make_wrapper_subclass(
            cls, held.size(), strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype, device=GPU
        )

    def __init__(self, held: Tensor) -> None:
        self.held = held

    def __repr__(self) -> str:
        return f"OnGPU({self.held})"

    def tolist(self) -> Any:
        return self.held.tolist()

    @classmethod
    def __torch_dispatch__(cls, function: Callable, types: Iterable[type], args: tuple = (), kwargs: dict | None = None) -> Any:
        return _run(function, args, kwargs or {})


def _run(function: Callable, args: tuple, kwargs: dict) -> Any:
    """An operation, on the CPU; its result is on the device where CUDA would have it, or where it was asked for."""
    there = any(isinstance(part, OnGPU) for part in tree_iter((args, kwargs)))
    if there:
        _reject_strays(function, args, kwargs)
    if "device" in kwargs and kwargs["device"] is not None:
        there = torch.device(kwargs["device"]).type == GPU.type
    elif function.overloadpacket is aten.copy_:
        there = isinstance(args[0], OnGPU)
    held_args, held = tree_map(_held, (args, kwargs))
    if there and held.get("generator") is not None:
        raise RuntimeError(f"{function} needs a generator of {GPU}, got one of {held['generator'].device}")
    if held.get("device") is not None:
        held["device"] = torch.device("cpu")
    out = function(*held_args, **held)
    if not there:
        return out
    wrapped = tree_map(lambda part: OnGPU(part) if isinstance(part, Tensor) else part, out)
    return return_and_correct_aliasing(function, args, kwargs, wrapped)


def _reject_strays(function: Callable, args: tuple, kwargs: dict) -> None:
    """Raise as CUDA would if a tensor of the CPU with axes takes part; indices of the CPU are allowed, not the other way round."""
    packet = function.overloadpacket
    if packet in COPIES or (packet in INDEXED and isinstance(args[0], OnGPU)):
        return
    strays = [part for part in tree_iter((args, kwargs)) if isinstance(part, Tensor) and not isinstance(part, OnGPU) and part.ndim > 0]
    if strays:
        raise RuntimeError(f"{function} needs all tensors on {GPU}, got one of shape {tuple(strays[0].shape)} on cpu")


def _held(part: Any) -> Any:
    return part.held if isinstance(part, OnGPU) else part


# what torch itself calls below the mode, for torch.tensor(..., device=GPU) and for lists as indices
_library = torch.library.Library("aten", "IMPL")


def _empty_strided(size: list[int], stride: list[int], dtype: torch.dtype | None = None, **ignored: Any) -> Tensor:
    return OnGPU(torch.empty_strided(size, stride, dtype=dtype))


def _copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    _held(target).copy_(_held(source))
    return target


_library.impl("empty_strided", _empty_strided, "PrivateUse1")
_library.impl("_copy_from", _copy_from, "PrivateUse1")
