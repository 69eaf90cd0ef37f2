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

WIDTH = 80  # of a value in a message
RETURN = "is there a `return`?"
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
    if got is None and expected is not None:
        raise unexpected(got, brief(expected), case)
    if type(got) is not type(expected) or got != expected:
        raise Failure(f"{case}: {_difference(got, expected)}", hint)


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


def unexpected(got: Any, wanted: str, case: str, hint: str = "") -> Failure:
    """The failure of an answer that is not even of the kind that is wanted; of None, whatever the case, the hint is at `return`."""
    return Failure(f"{case}: got {brief(got)}, expected {wanted}", RETURN if got is None else hint)


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
        raise unexpected(value, "numbers", case, hint)
    return result


def brief(value: Any, width: int = WIDTH) -> str:
    """A value in about `width` characters and one line."""
    if isinstance(value, Handle):
        return repr(value)
    if _is_array(value):
        return f"{describe(value)} of shape {tuple(value.shape)}"
    if isinstance(value, list | tuple) and any(map(_is_array, value)):
        return f"a {type(value).__name__} of {len(value)} {'arrays' if all(map(_is_array, value)) else 'values'}"
    text = repr(value).replace("\n", " ")
    return text if len(text) <= width else f"{text[: width - 4]} ..."


def _is_array(value: Any) -> bool:
    """Is it an array or a tensor, and not of one number alone?"""
    return isinstance(getattr(value, "shape", None), tuple) and value.ndim > 0


def _difference(got: Any, expected: Any) -> str:
    """How two values differ: both of them if they are short; of long ones their lengths, and the first place that differs."""
    if type(got) is not type(expected) or not isinstance(got, str | list | tuple) or len(f"{got!r}{expected!r}") <= WIDTH:
        return f"got {brief(got)}, expected {brief(expected)}"
    kind = "characters" if isinstance(got, str) else "values"
    lengths = f"got {len(got)} {kind}, expected {len(expected)}; " if len(got) != len(expected) else ""
    both = min(len(got), len(expected))
    place = next((place for place in range(both) if got[place] != expected[place]), both)
    if place == both:
        return f"{lengths}the first {both} are right"
    if isinstance(got, str):
        return f"{lengths}from character {place} on got {brief(got[place:], WIDTH // 2)}, expected {brief(expected[place:], WIDTH // 2)}"
    return f"{lengths}differs first at [{place}]: {_difference(got[place], expected[place])}"


def _range(low: float, high: float) -> str:
    if low == -np.inf:
        return f"at most {high:g}"
    if high == np.inf:
        return f"at least {low:g}"
    return f"{low:g} to {high:g}"
