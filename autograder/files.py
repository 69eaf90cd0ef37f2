"""Writing files so that nothing is ever half-written."""

import contextlib
from pathlib import Path
from secrets import token_hex


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: to a neighbour first, then renamed.

    Raises:
        OSError: it cannot be written; `filename` is the path, or the folder that cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    neighbour = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        with neighbour.open("xb") as file:
            file.write(data)
        neighbour.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            neighbour.unlink()
        if isinstance(error, OSError):
            error.filename = str(path)  # a full disk names no file
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8 with plain newlines, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))
