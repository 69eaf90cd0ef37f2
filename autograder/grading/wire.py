"""What crosses the wall of the sandbox: data of fixed kinds, as a JSON tree and raw little-endian buffers. Never pickle.

A frame is 16 bytes (two lengths), the tree, and the buffers one after the other. In the tree None, bool, int, float and str
stand for themselves; everything else is a list that begins with its kind:

    ["list", [...]]   ["tuple", [...]]   ["dict", [[key, value], ...]]
    ["array", dtype, shape]   ["tensor", dtype, shape]   ["ref", number, words]

The reader builds exact types itself and believes nothing: depth, number of items, dtypes, shapes and sizes are checked.
"""

import json
import math
import struct
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

PREFIX = struct.Struct("<QQ")
TREE_BYTES = 8 << 20
DEPTH = 40
ITEMS = 500_000
ALIGN = 16
DTYPES = {"bool": "|b1", "int8": "|i1", "uint8": "|u1"} | {
    f"{kind}{bits}": f"<{kind[0]}{bits // 8}" for kind in ("int", "uint", "float") for bits in (16, 32, 64)
}


class WireError(Exception):
    """A frame that is none of ours, or a value that cannot cross."""


@dataclass(frozen=True)
class Ref:
    """Something that stays on the student's side: its number there, and a few words on what it is."""

    number: int
    words: str = ""


def pack(value: Any) -> bytes:
    """A value as a frame.

    Raises:
        WireError: it is too deep, or of a kind or dtype that does not cross.
    """
    buffers: list[bytes] = []
    try:
        tree = json.dumps(_tree(value, buffers, DEPTH)).encode("ascii")
    except ValueError as error:  # an integer of too many digits
        raise WireError(str(error)) from error
    return b"".join([PREFIX.pack(len(tree), sum(map(len, buffers))), tree, *buffers])


def lengths(prefix: bytes, most: int) -> tuple[int, int]:
    """Lengths of tree and buffers from the first 16 bytes of a frame; `most` bytes of buffers are taken."""
    tree, body = PREFIX.unpack(prefix)
    if tree > TREE_BYTES or body > most:
        raise WireError(f"an answer of {tree + body} bytes; {TREE_BYTES} of structure and {most} of arrays are taken")
    return tree, body


def unpack(tree: bytes, body: bytearray) -> Any:
    """The value of a frame; arrays share the memory of `body`.

    Raises:
        WireError: anything in it is not as `pack` writes it.
    """
    try:
        reader = _Reader(body)
        value = reader.value(json.loads(tree), DEPTH)
    except WireError:
        raise
    except (ValueError, TypeError, RecursionError, OverflowError, MemoryError, AttributeError) as error:
        raise WireError(f"no frame: {type(error).__name__}") from error
    if reader.place != len(body):
        raise WireError(f"{len(body) - reader.place} bytes too many in a frame")
    return value


def _tree(value: Any, buffers: list[bytes], depth: int) -> Any:
    kind = type(value)
    if depth == 0:
        raise WireError(f"a value nested more than {DEPTH} deep")
    if value is None or kind in (bool, int, float, str):
        return value
    if kind in (list, tuple):
        return [kind.__name__, [_tree(item, buffers, depth - 1) for item in value]]
    if kind is dict:
        return ["dict", [[_tree(key, buffers, depth - 1), _tree(item, buffers, depth - 1)] for key, item in value.items()]]
    if kind is Ref:
        return ["ref", value.number, value.words]
    if isinstance(value, np.longdouble):
        return float(value)
    if kind is np.ndarray:
        return _array("array", value, buffers)
    torch = sys.modules.get("torch")
    if torch is not None and kind is torch.Tensor:
        name = str(value.dtype).removeprefix("torch.")
        value = value.detach()
        return _array("tensor", (value.view(torch.int16) if name == "bfloat16" else value).numpy(), buffers, name)
    raise WireError(f"a {kind.__name__} is no data")


def _array(kind: str, array: np.ndarray, buffers: list[bytes], name: str = "") -> list:
    if array.dtype == np.longdouble:
        array = array.astype(np.float64)
    name = name or array.dtype.name
    if name not in DTYPES and name != "bfloat16":
        raise WireError(f"an array of {name} does not cross; {', '.join(DTYPES)} do")
    data = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C").tobytes()
    buffers.append(data + bytes(-len(data) % ALIGN))
    return [kind, name, list(array.shape)]


class _Reader:
    """Turns a tree back into values, taking arrays from the body in order."""

    def __init__(self, body: bytearray) -> None:
        self.body, self.place, self.items = body, 0, 0

    def value(self, tree: Any, depth: int) -> Any:
        """The value that a part of the tree stands for."""
        self.items += 1
        if depth == 0 or self.items > ITEMS:
            raise WireError(f"a value nested more than {DEPTH} deep, or of more than {ITEMS} items")
        if not isinstance(tree, list):
            if isinstance(tree, dict):
                raise WireError("no frame: a bare object")
            return tree
        kind, *rest = tree
        if kind == "list" or kind == "tuple":
            items = [self.value(item, depth - 1) for item in _list(*rest)]
            return items if kind == "list" else tuple(items)
        if kind == "dict":
            return {self.value(key, depth - 1): self.value(item, depth - 1) for key, item in map(_list, _list(*rest))}
        if kind == "ref":
            return _ref(*rest)
        if kind == "array":
            return self.array(*rest)
        if kind == "tensor":
            return self.tensor(*rest)
        raise WireError("no frame: unknown kind")

    def array(self, name: str, shape: list) -> np.ndarray:
        """The next array of the body."""
        dtype = np.dtype(DTYPES[name] if name in DTYPES else _unknown(name))
        if not all(type(side) is int and side >= 0 for side in _list(shape)):
            raise WireError("an array with a side that is no size")
        count = math.prod(shape)
        end = self.place + count * dtype.itemsize
        if end > len(self.body):
            raise WireError("an array that is longer than its frame")
        values = np.frombuffer(self.body, dtype, count, self.place).reshape(shape) if count else np.zeros(shape, dtype)
        self.place = min(end + -count * dtype.itemsize % ALIGN, len(self.body))
        return values.astype(dtype.newbyteorder("="), copy=False)

    def tensor(self, name: str, shape: list) -> Any:
        """The next array of the body as a tensor."""
        import torch

        if name == "bfloat16":
            return torch.from_numpy(self.array("int16", shape)).view(torch.bfloat16)
        return torch.from_numpy(self.array(name, shape))


def _list(value: Any) -> list:
    if not isinstance(value, list):
        raise WireError("no frame: a list was expected")
    return value


def _ref(number: int, words: str) -> Ref:
    if type(number) is not int or type(words) is not str:
        raise WireError("no frame: a reference without number and words")
    return Ref(number, words)


def _unknown(name: Any) -> str:
    raise WireError(f"an array of unknown dtype {str(name)[:40]!r}")
