"""Oracles of lesson 8: the equations written voxel by voxel, and small problems to ask about."""

import numpy as np
import torch

from autograder.checks import pictures
from autograder.checks.compare import brief
from autograder.checks.core import Broken, Failure

EVEN = (1.0, 1.0, 1.0)
UNEVEN = (0.5, 3.0, 2.0)
FLAT = (0.0, 1.0, 3.0)  # frame by frame


def neighbours(voxel, shape):
    """Axis, direction and place of every neighbour within the volume."""
    for axis in range(3):
        for direction in (-1, 1):
            place = list(voxel)
            place[axis] += direction
            if 0 <= place[axis] < shape[axis]:
                yield axis, direction, tuple(place)


def system(mask, weights, edges=None, background=None):
    """Matrix and right side of the equations of the unknown voxels, in C order."""
    voxels = [tuple(v) for v in np.argwhere(mask)]
    number = {voxel: i for i, voxel in enumerate(voxels)}
    matrix, right = np.zeros((len(voxels), len(voxels))), np.zeros(len(voxels))
    for voxel, i in number.items():
        for axis, direction, other in neighbours(voxel, mask.shape):
            matrix[i, i] += weights[axis]
            if other in number:
                matrix[i, number[other]] -= weights[axis]
            elif background is not None:
                right[i] += weights[axis] * background[other]
            if edges is not None:
                right[i] -= weights[axis] * direction * edges[axis][min(voxel, other)]
    return matrix, right


def spread(values, mask):
    """Values of the unknown voxels as a volume that is zero elsewhere."""
    volume = np.zeros(mask.shape)
    volume[mask] = values
    return volume


def apply(volume, weights):
    """The operator on a whole volume with natural boundaries, by padding with the edge."""
    padded = np.pad(volume, 1, mode="edge")
    inner = (slice(1, -1),) * 3
    total = np.zeros(volume.shape)
    for axis in range(3):
        for shift in (-1, 1):
            total += weights[axis] * (volume - np.roll(padded, shift, axis)[inner])
    return total


def differences(volume):
    """Differences of neighbours along each axis."""
    return tuple(np.diff(volume, axis=axis) for axis in range(3))


def some_mask(random, shape, share=0.6):
    """A ragged random mask that touches every border and leaves voxels known."""
    mask = random.random(shape) < share
    mask[0, 0, 0] = mask[-1, -1, -1] = True
    mask[min(shape[0] - 1, 1), 1, 1] = False
    return mask


def small_problem(seed, weights=UNEVEN, shape=(4, 6, 5)):
    """Mask, edges, background, and the dense system and its right side."""
    random = np.random.default_rng(seed)
    mask = some_mask(random, shape)
    edges = tuple(random.normal(size=differences(mask * 1)[axis].shape) for axis in range(3))
    background = random.normal(size=shape)
    return mask, edges, background, *system(mask, weights, edges, background)


def tensors(value):
    """The same with every array a tensor."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(value))
    return type(value)(map(tensors, value)) if isinstance(value, tuple | list) else value


def on_tensors(student, *arguments):
    """What the student's function makes of float64 tensors; the first item of a pair, or all, must be such a tensor as well."""
    hint = (
        "use slices, products and in-place sums, which both know: `0 * volume`, `1 * volume` for a copy, `_dot`; in all that it calls, too"
    )
    try:
        got = student(*tensors(arguments))
    except (NotImplementedError, Broken, Failure):
        raise
    except Exception as error:
        if type(error).__name__.endswith("Changed"):  # ArgumentChanged says enough; of the sandbox's only the name is the same
            raise
        raise Failure(f"torch tensors for arrays: got {type(error).__name__} ({error}), expected the same numbers", hint) from error
    volume = got[0] if isinstance(got, tuple | list) and got else got
    if not isinstance(volume, torch.Tensor):
        raise Failure(f"torch tensors for arrays: got {brief(volume)}, expected a tensor", hint)
    if volume.dtype is not torch.float64:
        hint = "zeros are `0 * volume`: those of torch.zeros are in single precision, unless told"
        raise Failure(f"torch tensors in double precision: got {volume.dtype}, expected torch.float64", hint)
    return got


def slice_picture(got, expected):
    """The middle frame of two volumes."""
    return pictures.images(got[len(got) // 2], expected[len(expected) // 2])


def ball(shape):
    """A blob that touches the first and last frame."""
    t, y, x = (np.linspace(-1, 1, size) for size in shape)
    return 0.3 * t[:, None, None] ** 2 + y[:, None] ** 2 + (x - 0.1) ** 2 < 0.7
