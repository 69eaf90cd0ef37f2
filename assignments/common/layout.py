"""The one layout that clips and images are shown and stored in; anything else is refused with the way to get there."""

from typing import Any

import numpy as np

SLACK = 0.05  # a model's output may overshoot [0, 1] by this much and is cut; more is a mistake in its range


def to_array(values: Any) -> np.ndarray:
    """An array, a tensor on any device, or nested lists as an array."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.float() if values.dtype.is_floating_point else values
    return np.asarray(values)


def as_clip(clip: Any) -> np.ndarray:
    """A clip as (T, H, W, 3) float32 in [0, 1]; one channel becomes three.

    Raises:
        ValueError: it is not (T, H, W, C) with C 1 or 3 and T at least 1, not float, not finite, or far outside [0, 1].
    """
    array = to_array(clip)
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or 0 in array.shape:
        raise ValueError(f"clip needs shape (T, H, W, C) with C 1 or 3, got {array.shape}{_way_to_channels_last(array.shape, 'THW')}")
    return _in_range(array, "clip")


def as_image(image: Any) -> np.ndarray:
    """An image or a mask (H, W), (H, W, 1) or (H, W, 3) as (H, W, 3) float32 in [0, 1]; errors as in `as_clip`."""
    array = to_array(image)
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[-1] not in (1, 3) or 0 in array.shape:
        way = _way_to_channels_last(array.shape, "HW")
        raise ValueError(f"image needs shape (H, W) or (H, W, C) with C 1 or 3, got {array.shape}{way}")
    return _in_range(array, "image")


def as_flow(flow: Any) -> np.ndarray:
    """A flow field (..., H, W, 2) in pixels, x to the right and y down, as float32.

    Raises:
        ValueError: the last axis is not 2 long, or a value is not finite.
    """
    array = to_array(flow).astype(np.float32)
    if array.ndim < 3 or array.shape[-1] != 2:
        raise ValueError(f"flow needs shape (..., H, W, 2), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"flow holds {(~np.isfinite(array)).sum()} values that are not finite")
    return array


def as_labels(labels: Any) -> np.ndarray:
    """A label map (..., H, W) of whole numbers from 0, as int64.

    Raises:
        ValueError: it is not whole numbers, or holds a negative one.
    """
    array = to_array(labels)
    if array.ndim < 2 or array.dtype.kind not in "iub":
        raise ValueError(f"labels need whole numbers of shape (..., H, W), got {array.dtype} of shape {array.shape}")
    if array.size and array.min() < 0:
        raise ValueError(f"labels need values from 0, got {array.min()}")
    return array.astype(np.int64)


def _in_range(array: np.ndarray, what: str) -> np.ndarray:
    array = array.astype(np.float32) if array.dtype.kind == "b" else array
    if array.dtype.kind != "f":
        advice = "; divide by 255" if array.dtype == np.uint8 else ""
        raise ValueError(f"{what} needs floats in [0, 1], got {array.dtype}{advice}")
    low, high = float(array.min()), float(array.max())
    if not (low >= -SLACK and high <= 1 + SLACK):  # NaN comes here too
        advice = "; map [-1, 1] by (x + 1) / 2" if -1 - SLACK <= low < -SLACK and high <= 1 + SLACK else ""
        raise ValueError(f"{what} needs values in [0, 1], got {low:.3g} to {high:.3g}{advice}")
    array = np.clip(array, 0, 1).astype(np.float32)
    return np.repeat(array, 3, axis=-1) if array.shape[-1] == 1 else array


def _way_to_channels_last(shape: tuple, axes: str) -> str:
    """How to bring a shape that looks like one of a network into the layout on disk."""
    if len(shape) == len(axes) + 2:
        return "; show one item of the batch"
    if len(shape) != len(axes) + 1:
        return ""
    if shape[0] in (1, 3):
        return f"; from (C, {', '.join(axes)}) by permute({', '.join(map(str, range(1, len(shape))))}, 0)"
    if len(shape) == 4 and shape[1] in (1, 3):
        return "; from (T, C, H, W) by permute(0, 2, 3, 1)"
    return ""
