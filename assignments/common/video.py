"""Video files in and out, through PyAV (FFmpeg). A clip is a (T, H, W, 3) float32 array in [0, 1], RGB."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from assignments.common.layout import as_clip

LARGEST_CLIP_BYTES = 4 * 2**30  # read_clip refuses more, before the memory is gone
EXACT = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT  # without both, colours come blurred and too dark by 0.5 %
UNSPECIFIED = 2  # FFmpeg's AVCOL_SPC_UNSPECIFIED
HD_HEIGHT_PX = 720  # files that do not name their colour matrix: BT.709 from here on, BT.601 below, as players guess


def read_clip(
    path: str | Path,
    start_s: float = 0.0,
    duration_s: float | None = None,
    size: tuple[int, int] | None = None,
    frame_rate_hz: float | None = None,
) -> np.ndarray:
    """Read a clip, or a part of it, into memory; arguments and errors as in `stream_clip`.

    Returns:
        (T, H, W, 3) float32 array in [0, 1].

    Raises:
        ValueError: besides what `stream_clip` raises, the clip would take more than 4 GiB.
    """
    frames, taken = [], 0
    for frame in stream_clip(path, start_s, duration_s, size, frame_rate_hz):
        taken += frame.nbytes
        if taken > LARGEST_CLIP_BYTES:
            raise ValueError(f"{path} takes over 4 GiB in memory: give a duration_s or a smaller size, or go through stream_clip")
        frames.append(frame)
    if not frames:
        raise ValueError(f"{path} has no frames from {start_s:g} s on")
    return np.stack(frames)


def stream_clip(
    path: str | Path,
    start_s: float = 0.0,
    duration_s: float | None = None,
    size: tuple[int, int] | None = None,
    frame_rate_hz: float | None = None,
) -> Iterator[np.ndarray]:
    """The frames of a video file one by one, upright and in RGB; memory does not grow with the file.

    Args:
        path: any file that FFmpeg reads (MP4, MKV, MPEG, GIF ...).
        start_s: where to begin, counted from the first frame.
        duration_s: how much to read; None reads to the end.
        size: (H, W) of the result: scaled to cover it, then cut around the middle, so that nothing is distorted.
            None keeps the file's size.
        frame_rate_hz: frames are shown at 0, 1/rate, 2/rate ... after `start_s`, each the one a player would show then;
            this is how a variable frame rate becomes an even one. None yields every frame of the file once.

    Returns:
        iterator of (H, W, 3) float32 arrays in [0, 1].

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file holds no video, or the arguments ask for no frames.
    """
    if start_s < 0 or (duration_s is not None and duration_s <= 0) or (frame_rate_hz is not None and frame_rate_hz <= 0):
        raise ValueError(f"need start_s >= 0, duration_s > 0, frame_rate_hz > 0; got {start_s}, {duration_s}, {frame_rate_hz}")
    end_s = float("inf") if duration_s is None else start_s + duration_s
    timed = _decoded(path)
    picked = _every(timed, start_s, end_s) if frame_rate_hz is None else _at_rate(timed, start_s, end_s, frame_rate_hz)
    return (_pixels(frame, size) for frame in picked)


def write_clip(path: str | Path, clip: Any, frame_rate_hz: float) -> Path:
    """Write a clip as H.264 in MP4, which browsers and Colab play; sides of odd length are padded by their last row or column.

    Args:
        path: ends in .mp4; its folder is made if missing. The file appears whole or not at all.
        clip: (T, H, W, C) floats in [0, 1], C 1 or 3; array or tensor.
        frame_rate_hz: frames a second.

    Returns:
        the path.
    """
    path = Path(path)
    if path.suffix != ".mp4":
        raise ValueError(f"the path must end in .mp4, got {path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _encode(part, clip, frame_rate_hz)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def encode_clip(clip: Any, frame_rate_hz: float, quality: int, comment: str) -> bytes:
    """A clip as the bytes of an MP4 file as `write_clip` writes it.

    Args:
        quality: x264's constant rate factor: 18 looks like the original, +6 halves the bytes, 51 is the end.
        comment: words kept in the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        _encode(path, clip, frame_rate_hz, quality, comment)
        return path.read_bytes()


def _encode(path: Path, clip: Any, frame_rate_hz: float, quality: int = 18, comment: str = "") -> None:
    if frame_rate_hz <= 0:
        raise ValueError(f"frame_rate_hz must be above 0, got {frame_rate_hz}")
    pixels = np.round(as_clip(clip) * 255).astype(np.uint8)
    odd = [(0, side % 2) for side in pixels.shape[1:3]]
    pixels = np.pad(pixels, [(0, 0), *odd, (0, 0)], mode="edge")
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        container.metadata["comment"] = comment
        options = {"crf": str(quality), "x264-params": "chromaloc=1"}  # colours are sampled midway between pixels: say so
        stream = container.add_stream("libx264", rate=Fraction(frame_rate_hz).limit_denominator(1001), options=options)
        stream.height, stream.width, stream.pix_fmt = *pixels.shape[1:3], "yuv420p"
        context = stream.codec_context
        context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 1, 1, 1  # limited range, BT.709
        for image in pixels:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame = frame.reformat(
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
                interpolation=EXACT | Interpolation.BICUBIC,
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _decoded(path: str | Path) -> Iterator[tuple[float, av.VideoFrame]]:
    """Frames with their time in s after the first one."""
    try:
        container = av.open(str(path))
    except FileNotFoundError:
        raise
    except av.FFmpegError as error:
        raise ValueError(f"{path} cannot be read as video ({error.strerror})") from error
    with container:
        if not container.streams.video:
            raise ValueError(f"{path} holds no video")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        first = None
        for frame in container.decode(stream):
            first = frame.time if first is None else first
            yield frame.time - first, frame


def _every(timed: Iterator, start_s: float, end_s: float) -> Iterator[av.VideoFrame]:
    for time_s, frame in timed:
        if time_s >= end_s - 1e-6:
            return
        if time_s >= start_s - 1e-6:
            yield frame


def _at_rate(timed: Iterator, start_s: float, end_s: float, rate_hz: float) -> Iterator[av.VideoFrame]:
    """The frame that stands at start, start + 1/rate ...; the last one stands until the file ends."""
    ticks = itertools.takewhile(lambda t: t < end_s - 1e-6, (start_s + k / rate_hz for k in itertools.count()))
    tick = next(ticks, None)
    shown = None
    for time_s, frame in timed:
        while shown is not None and tick is not None and time_s > tick + 1e-6:
            yield shown
            tick = next(ticks, None)
        if tick is None:
            return
        shown = frame
        ends_s = time_s + float(frame.duration * frame.time_base)
    while shown is not None and tick is not None and tick < ends_s - 1e-6:
        yield shown
        tick = next(ticks, None)


def _pixels(frame: av.VideoFrame, size: tuple[int, int] | None) -> np.ndarray:
    """A decoded frame as (H, W, 3) float32 in [0, 1], turned upright and brought to size."""
    turns = round(frame.rotation / 90) % 4  # counterclockwise quarter turns
    height, width = (frame.height, frame.width) if turns % 2 == 0 else (frame.width, frame.height)
    covering = (height, width)
    if size is not None:
        scale = max(size[0] / height, size[1] / width)
        covering = (max(size[0], round(height * scale)), max(size[1], round(width * scale)))
    stored = covering if turns % 2 == 0 else covering[::-1]
    matrix = frame.colorspace
    if matrix == UNSPECIFIED:
        matrix = Colorspace.ITU709 if frame.height >= HD_HEIGHT_PX else Colorspace.ITU601
    image = frame.reformat(
        height=stored[0],
        width=stored[1],
        format="rgb24",
        src_colorspace=matrix,
        interpolation=EXACT | (Interpolation.AREA if covering[0] < height else Interpolation.BICUBIC),
    ).to_ndarray()
    image = np.rot90(image, turns)
    if size is not None:
        top, left = (covering[0] - size[0]) // 2, (covering[1] - size[1]) // 2
        image = image[top : top + size[0], left : left + size[1]]
    return image.astype(np.float32) / 255
