"""The words that checks are written in: each compares, and fails in one form.

case: off by 2 at (0, 0, 0) (got 4, expected 6, allowed 1e-06)
  hint: each axis adds 2; an answer of 4 means one axis is missing
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.core import Broken, Failure, Picture
from autograder.checks.student import Handle, describe

Drawing = Callable[[np.ndarray, np.ndarray], Picture]  # of what came and what was expected; see pictures.py


def agree(got: Any, expected: Any, case: str, hint: str = "", tolerance: float = 1e-6, picture: Drawing | None = None) -> None:
    """Fail unless `got` has the shape of `expected` and is nowhere further off than `tolerance` (absolute; NaN fails).

    Both are numbers, arrays, tensors or nested lists of numbers. `picture` draws both, and is called on failure only.
    """
    expected = array(expected, "the oracle")
    got = array(got, case, hint)
    has_shape(got, expected.shape, case, hint)
    if expected.size == 0:
        return
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(got.astype(float) - expected.astype(float))
        error = np.where(got == expected, 0, np.where(np.isnan(error), np.inf, error))  # infinities may be equal
    if got.dtype.kind in "biu" and expected.dtype.kind in "biu":
        error = np.maximum(error, got != expected)  # floats cannot tell large integers apart
    worst = np.unravel_index(np.argmax(error), error.shape)
    if error[worst] <= tolerance:
        return
    place = f" at {tuple(int(i) for i in worst)}" if error.shape else ""
    came, wanted = (f"{values[worst]:.6g}" for values in (got, expected))
    if came == wanted:
        came, wanted = (str(values[worst]) for values in (got, expected))
    raise Failure(
        f"{case}: off by {error[worst]:.4g}{place} (got {came}, expected {wanted}, allowed {tolerance:g})",
        hint,
        picture(got, expected) if picture else None,
    )


def same(got: Any, expected: Any, case: str, hint: str = "") -> None:
    """Fail unless two plain values (text, numbers, lists, tuples, dicts) are equal, types included; for arrays use `agree`."""
    if type(got) is not type(expected) or got != expected:
        raise Failure(f"{case}: got {brief(got)}, expected {brief(expected)}", hint)


def has_shape(got: Any, expected: tuple, case: str, hint: str = "") -> None:
    """Fail unless an array or tensor has this shape."""
    shape = tuple(array(got, case, hint).shape)
    if shape != tuple(expected):
        raise Failure(f"{case}: got shape {shape}, expected {tuple(expected)}", hint)


def within(value: Any, low: float, high: float, case: str, hint: str = "", picture: Picture | None = None) -> None:
    """Fail unless a number lies in [low, high]; NaN fails."""
    number = array(value, case, hint)
    has_shape(number, (), case, hint)
    if not low <= float(number) <= high:
        raise Failure(f"{case}: got {float(number):.6g}, expected {_range(low, high)}", hint, picture)


def raises(error: type[Exception], call: Callable[[], Any], case: str, hint: str = "") -> None:
    """Fail unless the call raises this kind of error."""
    try:
        got = call()
    except (NotImplementedError, Broken, Failure):
        raise
    except error:
        return
    except Exception as other:
        raise Failure(f"{case}: got {type(other).__name__} ({other}), expected {error.__name__}", hint) from other
    raise Failure(f"{case}: got {brief(got)}, expected {error.__name__}", hint)


def differ(first: Any, second: Any, case: str, hint: str = "", least: float = 1e-6) -> None:
    """Fail if two arrays of one shape are nowhere further apart than `least`."""
    first, second = array(first, case, hint), array(second, case, hint)
    has_shape(second, first.shape, case, hint)
    apart = float(np.max(np.abs(first.astype(float) - second.astype(float)), initial=0))
    if not apart > least:
        raise Failure(f"{case}: nothing changed (largest difference {apart:.4g}, expected more than {least:g})", hint)


def array(value: Any, case: str, hint: str = "") -> np.ndarray:
    """A number, array, tensor or nested list as a numeric array; anything else fails and says what came."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().to("cpu", torch.float32 if value.dtype is torch.bfloat16 else value.dtype).numpy()
    try:
        result = np.asarray(value)
    except (TypeError, ValueError):
        result = None  # a ragged list
    if isinstance(value, Handle) or result is None or result.dtype.kind not in "biuf":
        raise Failure(f"{case}: got {brief(value)}, expected numbers", hint or "does the function return its result?")
    return result


def brief(value: Any, width: int = 80) -> str:
    """A value in at most `width` characters."""
    if isinstance(value, Handle):
        return repr(value)
    shape = getattr(value, "shape", None)
    if shape is not None and getattr(value, "ndim", 0):
        return f"{describe(value)} of shape {tuple(shape)}"
    text = repr(value)
    return text if len(text) <= width else f"{text[: width - 4]} ..."


def _range(low: float, high: float) -> str:
    if low == -np.inf:
        return f"at most {high:g}"
    if high == np.inf:
        return f"at least {low:g}"
    return f"{low:g} to {high:g}"
