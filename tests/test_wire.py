"""What crosses the wall, and what does not."""

import contextlib
import json

import numpy as np
import pytest

from autograder.grading import wire

MOST = 1 << 20


def back(value: object) -> object:
    frame = wire.pack(value)
    tree, body = wire.lengths(frame[:16], MOST)
    assert len(frame) == 16 + tree + body
    return wire.unpack(frame[16 : 16 + tree], bytearray(frame[16 + tree :]))


PLAIN = [None, True, False, 0, -(10**30), 1.5, float("inf"), -0.0, "", "Núñez \ud800 \x00", [], (), {}, [1, (2, {"a": [None]})],
         {1: "x", (2, 3): "y"}]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=range(len(PLAIN)))
def test_plain_values_come_back_as_they_were(value: object):
    assert back(value) == value
    assert type(back(value)) is type(value)
    assert repr(back(value)) == repr(value)


def test_nan_comes_back_as_nan():
    assert np.isnan(back(float("nan")))


@pytest.mark.parametrize("dtype", [*wire.DTYPES, ">f8", ">i2"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 5), (3, 1, 5)], ids=str)
def test_arrays_come_back_in_value_shape_and_dtype(dtype: str, shape: tuple):
    array = (np.arange(np.prod(shape, dtype=int)) % 2).reshape(shape).astype(dtype)
    got = back(["before", array, array, "after"])[1]
    assert got.shape == shape
    assert got.dtype == array.dtype.newbyteorder("=")
    assert np.array_equal(got, array)
    assert got.flags.writeable


@pytest.mark.parametrize("name", [*(name for name in wire.DTYPES), "bfloat16"])
def test_tensors_come_back_in_value_shape_and_dtype(name: str):
    torch = pytest.importorskip("torch")
    for shape in [(), (0, 3), (2, 3)]:
        tensor = torch.ones(shape).to(getattr(torch, name))
        got = back({"weights": tensor})["weights"]
        assert got.dtype is tensor.dtype
        assert torch.equal(got, tensor)


def test_long_doubles_cross_as_doubles():
    assert back(np.ones(2, np.longdouble)).dtype == np.float64
    assert type(back(np.longdouble(2))) is float


def knot() -> list:
    made = []
    made.append(made)
    return made


REFUSED = {
    "a function": print, "an object": object(), "a subclass of a list": type("Mine", (list,), {})(), "bytes": b"x", "digits": 10**5000,
    "complex": np.ones(2, complex), "objects": np.array([print]), "dates": np.zeros(2, "M8[s]"), "text": np.array(["a"]), "a knot": knot(),
}  # fmt: skip


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_what_is_no_data_is_not_packed(value: object):
    with pytest.raises(wire.WireError):
        wire.pack(value)


FORGED = {
    "no JSON": b"hello",
    "an object": b'{"number": 1}',
    "unknown kind": b'["pickle", "x"]',
    "empty list": b"[]",
    "kind that is none": b"[[1], 2]",
    "list without items": b'["list"]',
    "list of a text": b'["list", "abc"]',
    "pairs that are none": b'["dict", [[1, 2, 3]]]',
    "key that cannot be one": b'["dict", [[["list", []], 1]]]',
    "unknown dtype": b'["array", "object", [2]]',
    "dtype that is a list": b'["array", ["f8"], [2]]',
    "negative side": b'["array", "float64", [-1]]',
    "side that is a float": b'["array", "float64", [1.0]]',
    "side that is true": b'["array", "float64", [true]]',
    "longer than the frame": b'["array", "float64", [1000000000000]]',
    "empty and endless": b'["array", "float64", [0, 99999999999999999999]]',
    "too many sides": json.dumps(["array", "float64", [1] * 100]).encode(),
    "reference to a text": b'["ref", "1", "x"]',
    "too deep": b'["list", [' * 100 + b"1" + b"]]" * 100,
    "far too deep": b"[" * 100_000,
    "digits": b"1" * 5000,
    "too many items": b'["list", [' + b"0," * wire.ITEMS + b"0]]",
    "not even text": bytes([255, 254, 0]),
}


@pytest.mark.parametrize("tree", FORGED.values(), ids=FORGED)
def test_what_pack_would_not_write_is_refused(tree: bytes):
    with pytest.raises(wire.WireError):
        wire.unpack(tree, bytearray(16))


def test_bytes_that_nothing_stands_for_are_refused():
    with pytest.raises(wire.WireError, match="16 bytes too many"):
        wire.unpack(b"1", bytearray(16))


@pytest.mark.parametrize("sizes", [(wire.TREE_BYTES + 1, 0), (0, MOST + 1), (2**63, 2**63)], ids=["tree", "buffers", "both"])
def test_frames_beyond_the_limits_are_refused_before_they_are_read(sizes: tuple):
    with pytest.raises(wire.WireError, match="are taken"):
        wire.lengths(wire.PREFIX.pack(*sizes), MOST)


@pytest.mark.parametrize("seed", range(20))
def test_a_frame_with_a_flipped_byte_gives_data_or_a_wire_error(seed: int):
    random = np.random.default_rng(seed)
    frame = bytearray(wire.pack({"number": 3, "value": [np.arange(6.0), (1, "two", None), wire.Ref(4, "function f")]}))
    tree, _ = wire.lengths(bytes(frame[:16]), MOST)
    for _ in range(200):
        bent = bytearray(frame)
        bent[random.integers(16, len(frame))] = random.integers(256)
        with contextlib.suppress(wire.WireError):
            assert not callable(wire.unpack(bytes(bent[16 : 16 + tree]), bent[16 + tree :]))
