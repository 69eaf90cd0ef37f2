"""Clips and images made of other clips and images, and figures of them. Clips are (T, H, W, C), images (H, W, C), in [0, 1]."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import LogFormatter
from PIL import Image, ImageDraw, ImageFont

from assignments.common.colours import CYCLE, flow_colours, flow_figure, flow_key, label_colours, label_figure
from assignments.common.layout import as_clip, as_image, to_array

__all__ = [
    "clip_sheet",
    "contact_sheet",
    "curve_figure",
    "difference",
    "flow_colours",
    "flow_figure",
    "flow_key",
    "frame_strip",
    "grid_figure",
    "image_sheet",
    "label_colours",
    "label_figure",
    "seen_figure",
    "side_by_side",
    "space_time_slice",
    "strip_figure",
    "titled",
]

GAP_PX = 4
SHEET_PX = 64  # an image on a sheet is at least so large
TITLE_PX = 20  # height of the band that a title stands in
READABLE_PX = 160  # a titled clip is at least so wide
WIDTH_INCH = 8.0
DASHES = ("-", "--", ":", "-.")


def side_by_side(*clips: Any) -> np.ndarray:
    """Clips beside each other, with a white gap; lower ones get white below, shorter ones stay on their last frame.

    Args:
        clips: each (T, H, W, C), C 1 or 3.

    Returns:
        (T, H, W, 3) float32 of the longest, the highest, and all widths together.
    """
    clips = [as_clip(clip) for clip in clips]
    frames, height = max(len(clip) for clip in clips), max(clip.shape[1] for clip in clips)
    padded = []
    for place, clip in enumerate(clips):
        clip = np.concatenate([clip, np.repeat(clip[-1:], frames - len(clip), axis=0)])
        left = GAP_PX if place else 0
        padded.append(np.pad(clip, [(0, 0), (0, height - clip.shape[1]), (left, 0), (0, 0)], constant_values=1))
    return np.concatenate(padded, axis=2)


def titled(clip: Any, title: str) -> np.ndarray:
    """A clip with a line of text above, for one of several side by side; a small one is enlarged by whole pixels.

    Returns:
        (T, TITLE_PX + H', W', 3) float32, W' at least READABLE_PX.
    """
    clip = as_clip(clip)
    times = -(-READABLE_PX // clip.shape[2])
    clip = clip.repeat(times, axis=1).repeat(times, axis=2)
    band = Image.new("L", (clip.shape[2], TITLE_PX), 255)
    ImageDraw.Draw(band).text((2, TITLE_PX // 2), title, fill=0, font=ImageFont.load_default(14), anchor="lm")
    band = np.asarray(band, np.float32)[..., None] / 255
    return np.concatenate([np.broadcast_to(band, (len(clip), *band.shape[:2], 3)), clip], axis=1)


def difference(first: Any, second: Any, largest: float = 1.0) -> np.ndarray:
    """Where two clips differ: black where equal, bright where the mean over channels differs by `largest` or more.

    Returns:
        (T, H, W, 3) float32.
    """
    first, second = as_clip(first), as_clip(second)
    if first.shape != second.shape:
        raise ValueError(f"clips must have one shape, got {first.shape} and {second.shape}")
    apart = np.abs(first - second).mean(axis=-1) / largest
    return colormaps["magma"](np.clip(apart, 0, 1))[..., :3].astype(np.float32)


def contact_sheet(images: Sequence, columns: int | None = None) -> np.ndarray:
    """Many images of one size on one, row by row, with white gaps.

    Args:
        images: (N, H, W, C) or a sequence of images; a clip is one, too.
        columns: images in a row; None makes the sheet about square.

    Returns:
        (H', W', 3) float32.
    """
    images = [as_image(image) for image in images]
    shapes = {image.shape for image in images}
    if len(shapes) != 1:
        raise ValueError(f"images must have one shape, got {sorted(shapes) or 'none'}")
    columns = columns or int(np.ceil(np.sqrt(len(images))))
    rows = -(-len(images) // columns)
    height, width, _ = images[0].shape
    sheet = np.ones((rows * (height + GAP_PX) - GAP_PX, columns * (width + GAP_PX) - GAP_PX, 3), np.float32)
    for place, image in enumerate(images):
        top, left = place // columns * (height + GAP_PX), place % columns * (width + GAP_PX)
        sheet[top : top + height, left : left + width] = image
    return sheet


def image_sheet(images: Any, columns: int | None = None) -> np.ndarray:
    """A contact sheet of images as networks have them, (B, C, H, W) in [0, 1]; small ones are enlarged by whole pixels."""
    images = to_array(images).astype(np.float32).transpose(0, 2, 3, 1)
    times = -(-SHEET_PX // max(images.shape[1:3]))
    return contact_sheet(images.repeat(times, axis=1).repeat(times, axis=2), columns)


def clip_sheet(clips: Any, columns: int | None = None) -> np.ndarray:
    """As `image_sheet` for clips (B, C, T, H, W) in [-1, 1], cut off beyond: a clip (T, H', W', 3)."""
    frames = np.clip(to_array(clips) / 2 + 0.5, 0, 1).transpose(2, 0, 1, 3, 4)  # (T, B, C, H, W)
    return np.stack([image_sheet(frame, columns) for frame in frames])


def frame_strip(clip: Any, count: int = 8) -> np.ndarray:
    """`count` frames of a clip, evenly spaced from first to last, in one row: (H, W', 3)."""
    clip = as_clip(clip)
    return contact_sheet(clip[_spread(len(clip), count)], columns=min(count, len(clip)))


def strip_figure(clips: dict[str, Any], count: int = 8) -> Figure:
    """Frame strips of several clips under each other, each with its name, the frame numbers above."""
    clips = {name: as_clip(clip) for name, clip in clips.items()}
    frames = min(len(clip) for clip in clips.values())
    places = _spread(frames, count)
    height = sum(clip.shape[1] / clip.shape[2] for clip in clips.values()) * WIDTH_INCH / len(places)
    figure = Figure(figsize=(WIDTH_INCH, height + 0.3), layout="constrained")
    axes = figure.subplots(len(clips), len(places), squeeze=False)
    for row, (name, clip) in zip(axes, clips.items(), strict=True):
        for cell, place in zip(row, places, strict=True):
            _bare(cell).imshow(clip[place], interpolation="nearest")
        row[0].set_ylabel(name, fontsize=9)
    for cell, place in zip(axes[0], places, strict=True):
        cell.set_title(f"t = {place}", fontsize=8)
    return figure


def space_time_slice(clip: Any, row: int | None = None, column: int | None = None) -> np.ndarray:
    """One line of every frame, stacked over time: motion is a slant, flicker a stripe.

    Args:
        clip: (T, H, W, C).
        row: the row to follow, giving (T, W, 3), time downwards; or
        column: the column to follow, giving (H, T, 3), time to the right.
    """
    clip = as_clip(clip)
    if (row is None) == (column is None):
        raise ValueError(f"give either a row or a column, got row={row}, column={column}")
    return clip[:, row] if row is not None else clip[:, :, column].swapaxes(0, 1)


def grid_figure(images: Sequence, titles: Sequence[str] | None = None, columns: int | None = None) -> Figure:
    """Images of any sizes in a grid, each with its title; pixels stay sharp."""
    images = [as_image(image) for image in images]
    titles = [""] * len(images) if titles is None else list(titles)
    if len(titles) != len(images) or not images:
        raise ValueError(f"need one title for each image, got {len(titles)} for {len(images)}")
    columns = columns or min(len(images), 4)
    rows = -(-len(images) // columns)
    tallest = max(image.shape[0] / image.shape[1] for image in images)
    height = rows * (min(WIDTH_INCH / columns, 4) * tallest + 0.3)
    figure = Figure(figsize=(min(WIDTH_INCH, 4 * columns), height), layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for cell, image, title in zip(cells, images, titles, strict=False):
        _bare(cell).imshow(image, interpolation="nearest")
        cell.set_title(title, fontsize=9)
    for cell in cells[len(images) :]:
        cell.set_axis_off()
    return figure


def curve_figure(curves: dict[str, Any], x: str, y: str, log: bool = False) -> Figure:
    """Curves over their steps, each (N,), each with its name, told apart by colour and by dashes.

    A curve of more than 400 steps is drawn as its running mean over a fiftieth of them, pale behind it as it is.

    Args:
        curves: name -> values.
        x: what the steps are.
        y: what the values are, with their unit.
        log: whether the values are on a logarithmic axis.
    """
    figure = Figure(figsize=(6.6, 3.0), layout="constrained")
    axes = figure.add_subplot(xlabel=x, ylabel=y, yscale="log" if log else "linear")
    for place, (name, values) in enumerate(curves.items()):
        values = to_array(values).astype(float)
        style = {"color": CYCLE[place % len(CYCLE)], "linestyle": DASHES[place % len(DASHES)]}
        window = max(1, len(values) // 50) if len(values) > 400 else 1
        if window > 1:
            axes.plot(values, color=style["color"], alpha=0.2, linewidth=0.8)
        means = np.convolve(values, np.ones(window) / window, mode="valid")
        axes.plot(np.arange(len(means)) + (window - 1) / 2, means, label=name, **style)
    if log:
        axes.yaxis.set_major_formatter(LogFormatter())  # 20, not 2 x 10^1
        axes.yaxis.set_minor_formatter(LogFormatter())
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def seen_figure(fields: dict[str, Any]) -> Figure:
    """What the pixel in the middle depends on, in reading order, for several networks beside each other; counts stand in the titles.

    Args:
        fields: name -> (H, W), other than zero at the pixels that the one at (H // 2, W // 2) depends on.
    """
    figure = Figure(figsize=(min(WIDTH_INCH, 2.7 * len(fields)), WIDTH_INCH / max(len(fields), 3) + 0.7), layout="constrained")
    paints = {"seen": "#56b4e9", "earlier, not seen": "#d55e00", "later": "#ededed", "later, and seen: a leak": "#000000"}
    shown = 3
    for cell, (name, field) in zip(figure.subplots(1, len(fields), squeeze=False)[0], fields.items(), strict=True):
        seen = to_array(field) != 0
        if seen.ndim != 2:
            raise ValueError(f"a field needs shape (H, W), got {seen.shape} for {name!r}")
        middle = (seen.shape[0] // 2, seen.shape[1] // 2)
        before = np.arange(seen.size).reshape(seen.shape) < middle[0] * seen.shape[1] + middle[1]
        kind = np.select([before & seen, before, ~seen], [0, 1, 2], 3)
        shown = 4 if (kind == 3).any() else shown
        _bare(cell).imshow(np.array([to_rgb(paint) for paint in paints.values()])[kind], interpolation="nearest")
        cell.plot(*middle[::-1], "X", markersize=9, markerfacecolor="white", markeredgecolor="black")
        cell.set_title(f"{name}: {(before & seen).sum()} of {before.sum()}", fontsize=9)
    patches = [Patch(facecolor=paint, edgecolor="0.5", label=name) for name, paint in list(paints.items())[:shown]]
    figure.legend(handles=patches, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def _spread(length: int, count: int) -> np.ndarray:
    return np.unique(np.linspace(0, length - 1, count).round().astype(int))


def _bare(axes: Any) -> Any:
    """Axes without ticks, that still have room for labels."""
    axes.set_xticks([])
    axes.set_yticks([])
    return axes
