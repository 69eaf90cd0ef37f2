"""What a check holds of the student's work: data by value, everything else behind a handle.

At home the student's code lives in the same process as the checks; when a class is graded it lives in a sandbox. A check
cannot tell the difference: it sees plain data (None, bool, int, float, str, list, tuple, dict, arrays, tensors), and for
everything else a `Handle` that can be called or asked for an attribute. Arguments are copied on the way in, results on the
way out, so nothing that a check holds can be changed behind its back; a function that changes data it was given, data that it has
handed out before or a setting of torch (its seed is one), or that would fail on a GPU (elsewhere.py), is told so.
"""

import hashlib
import importlib
import inspect
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograder.checks import elsewhere

ARRAY_KINDS = "biuf"  # bool, signed, unsigned and floating arrays cross; objects, strings and dates do not
HANDED_OUT: deque = deque(maxlen=4)  # the last calls: what was called, what it returned, and the trace of that


class ArgumentChanged(RuntimeError):
    """A function wrote into the data it was given, which its caller goes on to use."""


class ResultChanged(RuntimeError):
    """A function wrote into what it had returned before, which its caller still holds."""


class SettingChanged(RuntimeError):
    """A function left a setting of torch, which holds for the whole program, other than it was."""


class Handle:
    """Something of the student's that is not data: a function, a class, a model, an optimiser.

    `ask(operation, *arguments)` performs one of the operations of `perform` on it, wherever it lives.
    """

    __slots__ = ()

    def ask(self, operation: str, *arguments: Any) -> Any:
        """Do something with the object: an operation by name."""
        raise NotImplementedError

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.ask("call", arguments, named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # copy, pickle and numpy probe for these; the student's answers are not to be asked
            raise AttributeError(name)
        return self.ask("attribute", name)

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} is no data: it has no truth value")

    def __eq__(self, other: object) -> bool:
        raise TypeError(f"{self!r} is no data: it cannot be compared")

    __hash__ = object.__hash__


class Local(Handle):
    """A handle on an object of this process."""

    __slots__ = ("_target",)

    def __init__(self, target: Any) -> None:
        object.__setattr__(self, "_target", target)

    def __repr__(self) -> str:
        return f"<{describe(self._target)}>"

    def ask(self, operation: str, *arguments: Any) -> Any:
        """Do it in this process, with data copied on the way."""
        arguments = plain(arguments, unwrap)
        return plain(perform(self._target, operation, *arguments), Local)


def unwrap(value: Any) -> Any:
    """The object behind a local handle; other objects that are no data have no business in a check's arguments."""
    if isinstance(value, Local):
        return value._target
    raise TypeError(f"a check can hand over data and handles only, got {describe(value)}")


def describe(value: Any) -> str:
    """A few words on what a value is: its kind, and its name where it has one."""
    name = getattr(value, "__qualname__", None)
    kind = type(value).__qualname__
    return f"{kind} {name}" if isinstance(name, str) else kind


def plain(value: Any, other: Callable[[Any], Any]) -> Any:
    """Copy of a value made of exact built-in types, arrays and tensors; whatever else is in it goes through `other`."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if isinstance(value, np.generic) and value.dtype.kind in ARRAY_KINDS:
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in ARRAY_KINDS:
        return np.array(value, order="C", subok=False)
    if kind in (list, tuple):
        return kind(plain(item, other) for item in value)
    if kind is dict:
        return {plain(key, other): plain(item, other) for key, item in value.items()}
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return value.detach().as_subclass(torch.Tensor).to("cpu", copy=True).contiguous()  # no view: it can be written in place
    if isinstance(value, tuple):  # a named tuple is a tuple
        return tuple(plain(item, other) for item in value)
    return other(value)


def perform(target: Any, operation: str, *arguments: Any) -> Any:
    """Do one operation on an object of this process; the same function serves at home and inside the sandbox."""
    return OPERATIONS[operation](target, *arguments)


def _call(target: Any, arguments: tuple, named: dict) -> Any:
    before = _traces(arguments, named)
    with _settings_kept((*arguments, *named.values())):
        result = target(*arguments, **named)
    changed = [name for name, trace in _traces(arguments, named).items() if trace != before[name]]
    if changed:
        place = changed[0] if isinstance(changed[0], str) else _parameter(target, changed[0])
        raise ArgumentChanged(f"{place} was changed in place: leave what is given as it came, and work on a copy")
    for earlier, returned, trace in HANDED_OUT:
        if earlier == target and _trace(returned) != trace:
            raise ResultChanged("this call changed what an earlier one had returned: make a new array, tensor or list each time")
    HANDED_OUT.append((target, result, _trace(result)))
    elsewhere.try_elsewhere(target, arguments, named)
    return result


def _settings() -> dict:
    """What torch is told by functions that hold for all that comes after: name of the function -> what it was told."""
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    return {
        "set_grad_enabled": torch.is_grad_enabled(),
        "set_default_dtype": torch.get_default_dtype(),
        "manual_seed": torch.initial_seed(),
    }


@contextmanager
def _settings_kept(given: tuple) -> Iterator[None]:
    """Puts torch's settings back to what they were; that one was changed is an error, unless there is another.

    Who was given a seed may seed torch with it.
    """
    before, seeds = _settings(), [value for value in given if type(value) is int]
    try:
        yield
    finally:
        now = _settings()
        changed = [name for name in before if now[name] != before[name] and not (name == "manual_seed" and now[name] in seeds)]
        for name in changed:
            getattr(sys.modules["torch"], name)(before[name])
    if changed:
        told = f"torch.{changed[0]}({now[changed[0]]})"
        raise SettingChanged(f"{told} holds after this call: leave the setting as it was (a `with` does)")


def _traces(arguments: tuple, named: dict) -> dict:
    """Position or name of each argument -> what its data are, in short."""
    return {name: _trace(value) for name, value in (*enumerate(arguments), *named.items())}


def _trace(value: Any) -> Any:
    """Something that differs when the data of an array, a tensor or a collection of them do."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return (
            value.requires_grad,
            tuple(value.shape),
            str(value.dtype),
            zlib.crc32(value.detach().clone(memory_format=torch.contiguous_format).reshape(-1).view(torch.uint8).numpy().tobytes()),
        )
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, zlib.crc32(value.tobytes())
    if isinstance(value, list | tuple):
        return tuple(_trace(item) for item in value)
    if isinstance(value, dict):
        return tuple((key, _trace(item)) for key, item in value.items())
    return value if isinstance(value, int | float | str) and value == value else None


def _parameter(function: Any, position: int) -> str:
    """What a function calls the argument at a position."""
    try:
        parameters = [*inspect.signature(function).parameters.values()]
        named = [parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
        return named[position]
    except (IndexError, TypeError, ValueError):
        return f"argument {position + 1}"


def _attribute(target: Any, name: str) -> Any:
    return getattr(target, name)


def _import(_: None, path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def _state(target: Any) -> dict:
    return dict(target.state_dict())


def _load(target: Any, tensors: dict) -> None:
    target.load_state_dict(tensors)
    HANDED_OUT.clear()  # views of the weights have changed with them


def _begin(_: None) -> None:
    HANDED_OUT.clear()
    elsewhere.begin()


def _seed(_: None, seed: int) -> None:
    import random

    random.seed(seed)
    np.random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def _vjp(target: Any, inputs: tuple, cotangent: Any) -> tuple:
    """Gradients with respect to the floating tensors among the inputs; None where no gradient arrives."""
    import torch

    leaves = [x.requires_grad_() if isinstance(x, torch.Tensor) and x.is_floating_point() else x for x in inputs]
    wanted = [x for x in leaves if isinstance(x, torch.Tensor) and x.requires_grad]
    with _settings_kept(inputs):
        outputs = target(*leaves)
    if not all(x.requires_grad for x in wanted):
        raise ArgumentChanged("a tensor that was given has lost its graph: detach a copy of it, not the caller's own")
    found = iter(_gradients(outputs, wanted, cotangent))
    return tuple(next(found) if isinstance(x, torch.Tensor) and x.requires_grad else None for x in leaves)


def _weight_vjp(target: Any, module: Any, inputs: tuple, cotangent: Any) -> dict:
    """Gradients with respect to the parameters of `module`, by name; None where no gradient arrives, or none is wanted."""
    names, weights = zip(*module.named_parameters(), strict=True)
    with _settings_kept(inputs):
        outputs = target(*inputs)
    return dict(zip(names, _gradients(outputs, list(weights), cotangent), strict=True))


def _gradients(outputs: Any, wanted: list, cotangent: Any) -> tuple:
    import torch

    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    cotangent = cotangent if isinstance(cotangent, list | tuple) else [cotangent]
    pairs = [(y, c) for y, c in zip(outputs, cotangent, strict=True) if isinstance(y, torch.Tensor) and y.requires_grad]
    for y, c in pairs:
        if y.shape != c.shape:
            raise ValueError(f"got a result of shape {tuple(y.shape)}, expected {tuple(c.shape)}")
    leaves = [x for x in wanted if x.requires_grad]  # frozen weights get none
    if not pairs or not leaves:
        return (None,) * len(wanted)
    outputs, cotangent = zip(*pairs, strict=True)
    found = iter(torch.autograd.grad(outputs, leaves, [c.to(y.dtype) for y, c in pairs], allow_unused=True))
    return tuple(next(found) if x.requires_grad else None for x in wanted)


OPERATIONS = {
    "call": _call,
    "attribute": _attribute,
    "import": _import,
    "state": _state,
    "load": _load,
    "begin": _begin,
    "seed": _seed,
    "vjp": _vjp,
    "weight_vjp": _weight_vjp,
}


def vjp(function: Handle, inputs: tuple, cotangent: Any) -> tuple:
    """Vector-Jacobian product of a student's function: the gradient of sum(cotangent * function(*inputs)).

    Args:
        function: handle on a function of tensors.
        inputs: its arguments; the floating tensors among them are differentiated.
        cotangent: tensor of the shape of the output, or a list of them where the output is a list or tuple.

    Returns:
        one entry an input: a tensor of its shape, or None where no gradient arrives (or the input is no floating tensor).
    """
    return function.ask("vjp", tuple(inputs), cotangent)


def weight_vjp(function: Handle, module: Handle, inputs: tuple, cotangent: Any) -> dict:
    """Gradient of sum(cotangent * function(*inputs)) with respect to the weights of `module`, which `function` uses.

    Returns:
        dict of parameter name to tensor, or to None where no gradient arrives.
    """
    return function.ask("weight_vjp", module, tuple(inputs), cotangent)


def state(module: Handle) -> dict:
    """Weights and buffers of a student's module: dict of name to tensor, in the order of registration."""
    return module.ask("state")


def load(module: Handle, tensors: dict) -> None:
    """Put tensors into a student's module; names and shapes must be those of `state(module)`."""
    module.ask("load", tensors)


def there(student: Handle, path: str) -> Any:
    """Something importable on the student's side, e.g. `there(student, "torch.optim:Adam")`, as a handle on it.

    A sandbox holds of a module of checks what some module names as one string, "autograder.checks.MODULE:NAME" or f"{HERE}:NAME".
    """
    return student.ask("import", path)


def begin(student: Handle) -> None:
    """An exercise begins: forget the calls of the one before."""
    student.ask("begin")


def seed_all(student: Handle, seed: int) -> None:
    """Seed the global generators (random, numpy, torch) on the student's side; a sandbox takes a seed of its own instead."""
    student.ask("seed", seed)


def other_seed(seed: int) -> int:
    """A seed below 2**32 to hand over: from a check's own seed, the student could foresee its random data."""
    return int.from_bytes(hashlib.sha256(f"student's side {seed}".encode()).digest()[:4], "little")
