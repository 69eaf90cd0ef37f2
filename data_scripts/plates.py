"""What a fixed camera sees when nobody is there, and where somebody is: the median over time, and what differs from it."""

from collections.abc import Iterable

import numpy as np
from scipy import ndimage

from data_scripts import clips

# Clips of a fixed camera, and the seconds to take the median of: in the first, people stand in one place most of the time.
FIXED = {
    "intel_samples/one-by-one-person-detection": {"start_s": 0.0, "duration_s": 5.0},
    "intel_samples/car-detection": {"frame_rate_hz": 2.0},
}
LARGEST_BYTES = 2 * 2**30  # the median needs its frames at once


def load(name: str, size: tuple[int, int] | None = None) -> np.ndarray:
    """The background of one of the FIXED clips: (H, W, 3) float32 in [0, 1]; `size` as in `video.stream_clip`.

    Raises:
        ValueError: the clip is none of them.
        fetch.DataMissing: its file cannot be had.
    """
    if name not in FIXED:
        raise ValueError(f"no background is known for {name!r}, only for {', '.join(FIXED)}; take `background` of its empty frames")
    return background(clips.stream(name, size=size, **FIXED[name]))


def background(frames: Iterable[np.ndarray]) -> np.ndarray:
    """The median over time of every pixel and channel: what stands there more than half of the time.

    Args:
        frames: (H, W, 3) float arrays; a clip (T, H, W, 3) is one. Some tens of frames, far apart in time, do:
            `clips.stream(name, frame_rate_hz=0.5)` gives them.

    Returns:
        (H, W, 3) float32 array.

    Raises:
        ValueError: there are no frames, or they are too many to be in memory together.
    """
    taken, size = [], 0
    for frame in frames:
        taken.append(np.asarray(frame, np.float32))
        size += taken[-1].nbytes
        if size > LARGEST_BYTES:
            raise ValueError(
                f"the median of more than {len(taken)} frames of shape {frame.shape} takes over 2 GiB: take fewer, or smaller ones"
            )
    if not taken:
        raise ValueError("the median needs at least one frame, got none")
    return np.median(np.stack(taken), axis=0).astype(np.float32)


def mask(frame: np.ndarray, plate: np.ndarray, threshold: float = 0.1, smallest_px: int = 64) -> np.ndarray:
    """Where something stands before the background, brighter or darker light over the whole frame set aside.

    Args:
        frame: (H, W, 3) or (T, H, W, 3) floats in [0, 1].
        plate: (H, W, 3), the background.
        threshold: a pixel differs if its largest channel differs by more, after the median of the differences is taken off.
        smallest_px: connected areas with fewer pixels are noise and are dropped; holes in what is left are filled.

    Returns:
        (H, W) or (T, H, W) bool array, True on what is not background.
    """
    if frame.shape[-3:] != plate.shape:
        raise ValueError(f"frame and plate must have one size, got {frame.shape} and {plate.shape}")
    if frame.ndim == 4:
        return np.stack([mask(one, plate, threshold, smallest_px) for one in frame])
    change = frame - plate
    change = change - np.median(change, axis=(0, 1))
    differs = ndimage.binary_opening(np.abs(change).max(axis=-1) > threshold)
    areas, _ = ndimage.label(differs, structure=np.ones((3, 3)))
    large = np.bincount(areas.ravel()) >= smallest_px
    large[0] = False  # area 0 is the background
    return ndimage.binary_fill_holes(ndimage.binary_closing(large[areas], iterations=2))
