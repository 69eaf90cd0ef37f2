"""Video files: what is written comes back, and files of any kind come upright, in the right colours and at the right time."""

import struct
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from assignments.common import video

BLOCKS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "white": (1, 1, 1), "black": (0, 0, 0), "orange": (1, 0.5, 0)}


def smooth_clip(frames: int = 12, height: int = 48, width: int = 64) -> np.ndarray:
    """(T, H, W, 3): waves that move, each channel another way."""
    t, y, x = np.mgrid[:frames, :height, :width]
    return np.stack([0.5 + 0.4 * np.sin(0.1 * (a * x + b * y) + 0.3 * t) for a, b in [(1, 0), (0, 1), (1, 1)]], axis=-1)


def grey_levels(levels: list[float], height: int = 16, width: int = 16) -> np.ndarray:
    """(T, H, W, 3): frame t has one grey level."""
    return np.ones((len(levels), height, width, 3)) * np.array(levels)[:, None, None, None]


def write_frames(path: Path, planes: list[np.ndarray], pixel_format: str, times_ms: list[int], **tags: int) -> Path:
    """A file made by hand: raw frames in a pixel format, each shown at its time."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=1000, options={"crf": "1"})
        stream.height, stream.width = planes[0].shape[0] * 2 // 3, planes[0].shape[1]
        stream.pix_fmt, stream.time_base = pixel_format, Fraction(1, 1000)
        stream.codec_context.time_base = Fraction(1, 1000)
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        for image, time_ms in zip(planes, times_ms, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format=pixel_format)
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def planes(luma: int, blue: int = 128, red: int = 128, side: int = 32) -> np.ndarray:
    """A flat frame as PyAV takes planar 4:2:0: (3H/2, W) uint8."""
    chroma = np.concatenate([np.full(side * side // 4, blue), np.full(side * side // 4, red)])
    return np.concatenate([np.full(side * side, luma), chroma]).reshape(side * 3 // 2, side).astype(np.uint8)


@pytest.mark.parametrize("convert", [lambda clip: clip, lambda clip: torch.tensor(clip).float()], ids=["array", "tensor"])
def test_a_smooth_clip_comes_back_as_it_was_written(tmp_path, convert):
    clip = smooth_clip()
    path = video.write_clip(tmp_path / "new folder" / "waves.mp4", convert(clip), 25)
    back = video.read_clip(path)
    assert back.shape == clip.shape and back.dtype == np.float32
    assert back.min() >= 0 and back.max() <= 1
    assert np.sqrt(np.mean((back - clip) ** 2)) < 0.02


def test_at_best_quality_only_rounding_is_lost(tmp_path):
    """A colour plane that is off by half a pixel would give 0.011, one that is rounded down a mean of -0.005."""
    clip = smooth_clip()
    (tmp_path / "waves.mp4").write_bytes(video.encode_clip(clip, 25, quality=1, comment=""))
    lost = video.read_clip(tmp_path / "waves.mp4") - clip
    assert np.sqrt(np.mean(lost**2)) < 0.007
    assert np.abs(lost.mean(axis=(0, 1, 2))).max() < 0.001


@pytest.mark.parametrize("colour", BLOCKS.values(), ids=BLOCKS)
def test_colours_keep_their_order_and_strength(tmp_path, colour):
    clip = np.ones((3, 32, 32, 3)) * colour
    back = video.read_clip(video.write_clip(tmp_path / "colour.mp4", clip, 10))
    assert np.abs(back - clip).max() < 0.03


def test_a_grey_clip_becomes_one_of_three_equal_channels(tmp_path):
    clip = smooth_clip()[..., :1]
    back = video.read_clip(video.write_clip(tmp_path / "grey.mp4", clip, 10))
    assert np.abs(back - clip).max() < 0.05


def test_sides_of_odd_length_are_padded_by_their_last_row_and_column(tmp_path):
    clip = smooth_clip(3, 33, 47)
    back = video.read_clip(video.write_clip(tmp_path / "odd.mp4", clip, 10))
    assert back.shape == (3, 34, 48, 3)
    assert np.abs(back[:, :33, :47] - clip).mean() < 0.03
    assert np.abs(back[:, 33] - back[:, 32]).mean() < 0.03


def test_the_file_is_what_browsers_play(tmp_path):
    path = video.write_clip(tmp_path / "clip.mp4", smooth_clip(), 30000 / 1001)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == Fraction(30000, 1001)
        assert stream.codec_context.colorspace == 1  # BT.709, and says so
        assert stream.frames == 12
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays before all of it has come


def test_a_clip_of_one_frame_is_a_clip(tmp_path):
    path = video.write_clip(tmp_path / "one.mp4", smooth_clip(1), 10)
    assert video.read_clip(path).shape == (1, 48, 64, 3)
    assert video.read_clip(path, frame_rate_hz=30).shape == (3, 48, 64, 3)  # it stands for a tenth of a second


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = video.write_clip(tmp_path / "clip.mp4", smooth_clip(), 10)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        video.write_clip(path, smooth_clip(20), 10)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("clip.avi", smooth_clip(), 10), r"end in \.mp4, got clip\.avi"),
        (("clip.mp4", smooth_clip(), 0), "frame_rate_hz must be above 0, got 0"),
        (("clip.mp4", np.zeros((3, 16, 16)), 10), r"shape \(T, H, W, C\) with C 1 or 3, got \(3, 16, 16\)"),
    ],
    ids=["suffix", "rate", "layout"],
)
def test_write_clip_says_what_is_wrong_and_writes_nothing(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        video.write_clip(tmp_path / arguments[0], *arguments[1:])
    assert list(tmp_path.iterdir()) == []


def test_a_part_begins_and_ends_where_it_was_asked_to(tmp_path):
    path = video.write_clip(tmp_path / "levels.mp4", grey_levels([k / 20 for k in range(20)]), 10)
    part = video.read_clip(path, start_s=0.5, duration_s=0.3)[:, 0, 0, 0]
    assert np.abs(part - [0.25, 0.3, 0.35]).max() < 0.01
    assert len(video.read_clip(path, start_s=1.5)) == 5


@pytest.mark.parametrize(
    ("rate_hz", "expected"),
    [(10, [0, 1, 2, 3, 4, 5]), (5, [0, 2, 4]), (20, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5])],
    ids=["same", "half", "double"],
)
def test_another_frame_rate_repeats_and_drops_frames(tmp_path, rate_hz, expected):
    path = video.write_clip(tmp_path / "levels.mp4", grey_levels([k / 10 for k in range(6)]), 10)
    assert np.round(video.read_clip(path, frame_rate_hz=rate_hz)[:, 0, 0, 0] * 10).astype(int).tolist() == expected


def test_a_variable_frame_rate_becomes_an_even_one(tmp_path):
    lumas = [16, 60, 100, 140, 180]
    path = write_frames(tmp_path / "variable.mkv", [planes(luma) for luma in lumas], "yuv420p", [0, 100, 150, 600, 1000])
    levels = [(luma - 16) / 219 for luma in lumas]
    assert np.abs(video.read_clip(path)[:, 0, 0, 0] - levels).max() < 0.01
    even = video.read_clip(path, frame_rate_hz=10, duration_s=1.0)[:, 0, 0, 0]
    shown = [int(np.argmin(np.abs(np.array(levels) - level))) for level in even]
    assert shown == [0, 1, 2, 2, 2, 2, 3, 3, 3, 3]  # at 0.1 s frame 1 begins, at 0.2 s frame 2 stands since 0.15 s ...


def test_full_range_colours_are_not_stretched_twice(tmp_path):
    path = write_frames(tmp_path / "full.mkv", [planes(235), planes(16)], "yuvj420p", [0, 100])
    assert np.abs(video.read_clip(path)[:, 0, 0] * 255 - [[235] * 3, [16] * 3]).max() <= 1


@pytest.mark.parametrize(
    ("side", "tags", "luma_weights"),
    [
        (32, {}, (0.299, 0.587, 0.114)),
        (736, {}, (0.2126, 0.7152, 0.0722)),
        (32, {"colorspace": 1}, (0.2126, 0.7152, 0.0722)),
        (736, {"colorspace": 5}, (0.299, 0.587, 0.114)),
    ],
    ids=["small-is-601", "hd-is-709", "small-says-709", "hd-says-601"],
)
def test_the_colour_matrix_is_the_named_one_or_the_one_players_guess(tmp_path, side, tags, luma_weights):
    """Pure green, worked out by the definition of Y'CbCr from the weights of its luma."""
    red, green, blue = luma_weights
    image = planes(round(16 + 219 * green), round(128 - 112 * green / (1 - blue)), round(128 - 112 * green / (1 - red)), side)
    path = write_frames(tmp_path / "green.mkv", [image], "yuv420p", [0], **tags)
    assert np.abs(video.read_clip(path)[0, side // 2, side // 2] - [0, 1, 0]).max() < 0.02


@pytest.mark.parametrize(
    ("matrix", "turned"),
    [
        ((0, 1, -1, 0), lambda clip: np.rot90(clip, -1, axes=(1, 2))),
        ((-1, 0, 0, -1), lambda clip: np.rot90(clip, 2, axes=(1, 2))),
        ((0, -1, 1, 0), lambda clip: np.rot90(clip, 1, axes=(1, 2))),
    ],
    ids=["clockwise", "upside-down", "counterclockwise"],
)
def test_a_clip_of_a_turned_phone_comes_upright(tmp_path, matrix, turned):
    """The matrix (a, b, c, d) of the file's track header sends the stored pixel (x, y) to (ax + cy, bx + dy), y downwards."""
    path = video.write_clip(tmp_path / "turned.mp4", smooth_clip(3), 10)
    stored = video.read_clip(path)
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (value * 2**16 for value in matrix)
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 2**30)
    path.write_bytes(data)
    assert np.array_equal(video.read_clip(path), turned(stored))
    assert video.read_clip(path, size=(30, 20)).shape == (3, 30, 20, 3)


def test_another_size_covers_and_cuts_around_the_middle(tmp_path):
    clip = np.zeros((2, 40, 80, 3))
    clip[:, :, :20, 0] = 1  # a red band left, a blue one right, green between
    clip[:, :, 20:60, 1] = 1
    clip[:, :, 60:, 2] = 1
    path = video.write_clip(tmp_path / "bands.mp4", clip, 10)
    square = video.read_clip(path, size=(20, 20))
    assert square.shape == (2, 20, 20, 3)
    assert np.abs(square[:, :, 2:-2] - [0, 1, 0]).max() < 0.1
    flat = video.read_clip(path, size=(20, 80))
    assert np.abs(flat[:, 5:-5, [5, 40, 75]] - np.eye(3)).max() < 0.1


def test_memory_does_not_grow_with_the_length_of_a_stream(tmp_path):
    path = video.write_clip(tmp_path / "long.mp4", grey_levels([k / 200 for k in range(200)], 64, 64), 25)

    def peak_bytes(frames: int) -> int:
        tracemalloc.start()
        for _, _frame in zip(range(frames), video.stream_clip(path), strict=False):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak_bytes(200) < 2 * peak_bytes(5)


def test_a_clip_too_large_for_memory_is_refused_with_the_way_out(tmp_path, monkeypatch):
    path = video.write_clip(tmp_path / "clip.mp4", smooth_clip(), 10)
    monkeypatch.setattr(video, "LARGEST_CLIP_BYTES", 5 * 48 * 64 * 3 * 4)
    with pytest.raises(ValueError, match="stream_clip"):
        video.read_clip(path)
    assert len(video.read_clip(path, duration_s=0.5)) == 5


@pytest.mark.parametrize(
    "arguments", [{"start_s": -1}, {"duration_s": 0}, {"frame_rate_hz": 0}, {"start_s": 100}], ids=["start", "duration", "rate", "beyond"]
)
def test_arguments_that_ask_for_no_frames_are_refused(tmp_path, arguments):
    path = video.write_clip(tmp_path / "clip.mp4", smooth_clip(), 10)
    with pytest.raises(ValueError, match=r"need start_s|no frames from"):
        video.read_clip(path, **arguments)


def test_a_file_that_is_no_video_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.mp4"):
        video.read_clip(tmp_path / "absent.mp4")
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(ValueError, match=r"text\.mp4 cannot be read as video"):
        video.read_clip(tmp_path / "text.mp4")
