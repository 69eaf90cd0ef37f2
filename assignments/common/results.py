"""The numbers a lesson ends in: printed beside the range to expect, and recorded for `make results`."""

import json
import os
from pathlib import Path

from assignments.common.place import lesson

RECORD = "COURSE_RESULTS"  # names a file; every result is appended to it as one line of JSON


def result(name: str, value: float, expect: tuple[float, float], unit: str = "") -> None:
    """Print `name: value unit (expect low to high)`, marked where the value lies outside, and record it if asked to.

    Args:
        name: what was measured, in words.
        value: a number, also a tensor or array of one element.
        expect: lowest and highest value to expect, both included; an infinity leaves that end open.
        unit: of value and range; "" for a plain number.

    Raises:
        ValueError: the range is no range.
    """
    value, (low, high) = float(value), (float(end) for end in expect)
    if not low <= high:
        raise ValueError(f"expect needs low <= high, got ({low:g}, {high:g})")
    inside = low <= value <= high  # NaN is outside
    shown = f"{value:.4g} {unit}".rstrip()
    print(f"{name}: {shown} (expect {range_in_words(low, high)})" + ("" if inside else "  <-- outside"))
    if os.environ.get(RECORD):
        row = {"lesson": lesson(), "name": name, "value": value, "low": low, "high": high, "unit": unit}
        with Path(os.environ[RECORD]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def range_in_words(low: float, high: float) -> str:
    """`1 to 2`, `at least 1`, `at most 2`."""
    if low == float("-inf"):
        return f"at most {high:.4g}"
    if high == float("inf"):
        return f"at least {low:.4g}"
    return f"{low:.4g} to {high:.4g}"
