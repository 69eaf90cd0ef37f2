"""Shows clips, figures and images: inline in Jupyter and Colab; as a script, saved under build/pictures/ with the path printed.

Everything shown has words for readers who cannot see it: `alt` says what there is to see, in a sentence.
"""

import base64
import html
import io
import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

from assignments.common.layout import as_clip, as_image
from assignments.common.place import BUILD, in_notebook, lesson

LARGEST_BYTES = 1_500_000  # of one clip; base64 makes 2 MB of it in the notebook
SMALLEST_SIDE_PX = 256  # smaller clips are enlarged by whole pixels, to be seen
DPI = 100
WIDEST_INCH = 9.0  # a notebook's text column at DPI

_numbers = itertools.count(1)


def show_clip(clip: Any, alt: str, frame_rate_hz: float = 12.0) -> None:
    """Show a clip as a video with controls that loops; it starts when the reader starts it, and shows its middle frame until then.

    Args:
        clip: (T, H, W, C) floats in [0, 1], C 1 or 3; array or tensor.
        alt: what there is to see, in words.
        frame_rate_hz: frames a second.
    """
    alt = _words(alt)
    clip = enlarged(as_clip(clip))
    data = small_mp4(clip, frame_rate_hz, alt)
    if not in_notebook():
        return _save(data, alt, ".mp4")
    poster = io.BytesIO()
    Image.fromarray(_bytes(clip[len(clip) // 2])).save(poster, "jpeg", quality=80)
    _display(
        f'<video controls loop playsinline preload="metadata" width="{clip.shape[2]}" height="{clip.shape[1]}" '
        f'style="max-width:100%;height:auto" aria-label="{html.escape(alt)}" title="{html.escape(alt)}" '
        f'poster="{_data("image/jpeg", poster.getvalue())}"><source type="video/mp4" src="{_data("video/mp4", data)}">'
        f"{html.escape(alt)}</video>",
        alt,
    )


def show_figure(figure: Figure, alt: str) -> None:
    """Show a matplotlib figure; `alt` says in words what there is to see."""
    alt = _words(alt)
    width = figure.get_size_inches()[0]
    if width > WIDEST_INCH:
        raise ValueError(f"a figure is at most {WIDEST_INCH:g} inches wide to stay legible in a notebook, got {width:g}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None, "Description": alt})
    _show_png(buffer.getvalue(), alt)


def show_image(image: Any, alt: str) -> None:
    """Show one image (H, W) or (H, W, C), floats in [0, 1]; a small one is enlarged by whole pixels."""
    alt = _words(alt)
    words = PngImagePlugin.PngInfo()
    words.add_itxt("Description", alt)
    buffer = io.BytesIO()
    Image.fromarray(_bytes(enlarged(as_image(image)[None])[0])).save(buffer, "png", pnginfo=words)
    _show_png(buffer.getvalue(), alt)


def show_images(images: Sequence, alt: str, titles: Sequence[str] | None = None, columns: int | None = None) -> None:
    """Show images beside each other, in rows of `columns`, each with its title.

    Args:
        images: each (H, W) or (H, W, C), floats in [0, 1]; sizes may differ.
        alt: what there is to see, in words.
        titles: one for each image; None shows none.
        columns: images in a row; None chooses.
    """
    from assignments.common.pictures import grid_figure

    show_figure(grid_figure(images, titles, columns), alt)


def enlarged(clip: np.ndarray) -> np.ndarray:
    """(T, H, W, C) with every pixel repeated so that the larger side reaches SMALLEST_SIDE_PX."""
    times = -(-SMALLEST_SIDE_PX // max(clip.shape[1:3]))
    return clip.repeat(times, axis=1).repeat(times, axis=2)


def small_mp4(clip: np.ndarray, frame_rate_hz: float, comment: str) -> bytes:
    """The clip as MP4 within LARGEST_BYTES: first in lower quality, then in half the size.

    Raises:
        ValueError: even so it does not fit; the clip is too long to show whole.
    """
    from assignments.common.video import encode_clip

    while True:
        for quality in (18, 24, 30):
            data = encode_clip(clip, frame_rate_hz, quality, comment)
            if len(data) <= LARGEST_BYTES:
                return data
        if min(clip.shape[1:3]) < 128:
            raise ValueError(f"a clip of {len(clip)} frames does not fit into {LARGEST_BYTES / 1e6:g} MB: show a part of it")
        height, width = clip.shape[1] // 2, clip.shape[2] // 2
        clip = clip[:, : 2 * height, : 2 * width].reshape(len(clip), height, 2, width, 2, -1).mean(axis=(2, 4))


def _words(alt: str) -> str:
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt must say in words what there is to see, got {alt!r}")
    return alt.strip()


def _bytes(image: np.ndarray) -> np.ndarray:
    return np.round(image * 255).astype(np.uint8)


def _data(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _show_png(data: bytes, alt: str) -> None:
    if not in_notebook():
        return _save(data, alt, ".png")
    _display(f'<img alt="{html.escape(alt)}" style="max-width:100%" src="{_data("image/png", data)}">', alt)


def _display(page: str, alt: str) -> None:
    from IPython.display import display

    display({"text/html": page, "text/plain": alt}, raw=True)


def _save(data: bytes, alt: str, suffix: str) -> None:
    """Save under a name made of a number and the first words of `alt`; print the path, and the words after it."""
    words = "-".join(re.findall(r"[a-z0-9]+", alt.lower())[:6])
    path = BUILD / "pictures" / lesson() / f"{next(_numbers):02d}-{words}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    print(f"{_short(path)}: {alt}")


def _short(path: Path) -> Path:
    """Relative to the working directory, where it lies below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
