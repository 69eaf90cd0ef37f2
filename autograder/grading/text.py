"""Text of a student's made fit to be kept, shown and sent on."""

import re
from typing import Any

UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # control characters and halves of surrogate pairs
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def clean(text: Any, most: int) -> str:
    """At most `most` characters of a text that any file, page and database takes; what is no text is empty."""
    if not isinstance(text, str):
        return ""
    short = COLOURS.sub("", text[: 2 * most]).replace("\r\n", "\n")
    short = UNFIT.sub("\ufffd", short.replace("\r", "\n"))
    return short if len(short) <= most else f"{short[: most - 4]} ..."
