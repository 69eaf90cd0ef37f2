"""What checks of autoregressive models share: the order of values spelled out, who sees whom, weights that the check knows.

The values of an image (B, C, H, W) come in the order rows, columns, colours; scores are (B, L, C, H, W).
"""

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from autograder.checks import pictures
from autograder.checks.compare import agree
from autograder.checks.core import Failure
from autograder.checks.student import Handle, load, state, there, weight_vjp


def allowed_taps(kind: str, outputs: int, inputs: int, colours: int, kernel: tuple[int, int]) -> np.ndarray:
    """(outputs, inputs, height, width) booleans: does the value at the tap come before (A), or not after (B), the one at the centre?"""
    taps = np.zeros((outputs, inputs, *kernel), dtype=bool)
    for o, i, r, c in np.ndindex(taps.shape):
        there_, here = (r - kernel[0] // 2, c - kernel[1] // 2, i % colours), (0, 0, o % colours)
        taps[o, i, r, c] = there_ < here or (kind == "B" and there_ == here)
    return taps


def reach(layers: list[tuple[str, int, int]], colours: int, height: int, width: int) -> np.ndarray:
    """(values, values) booleans, values in their order (2.1): can the one of the column be seen from the one of the row through all layers?

    Each layer is (kind, kernel height, kernel width), with channels of every colour.
    """
    places = list(product(range(height), range(width), range(colours)))
    seen = np.eye(len(places), dtype=bool)
    for kind, rows, columns in layers:
        taps = allowed_taps(kind, colours, colours, colours, (rows, columns))
        step = np.zeros_like(seen)
        for (a, (r, c, o)), (b, (y, x, i)) in product(enumerate(places), repeat=2):
            down, right = y - r + rows // 2, x - c + columns // 2
            step[a, b] = 0 <= down < rows and 0 <= right < columns and taps[o, i, down, right]
        seen = step @ seen
    return seen


def dependencies(model: Handle, image: torch.Tensor, levels: int, least: float = 1e-9) -> np.ndarray:
    """(values, values) booleans: does changing the value of the column change any score of the one of the row? Tried on every image.

    A change counts from `least` of the largest score, or of 1.
    """
    _, colours, height, width = image.shape
    count = colours * height * width
    seen = np.zeros((count, count), dtype=bool)
    for one in image:
        changed = one.expand(count + 1, -1, -1, -1).clone()
        for place, (r, c, o) in enumerate(product(range(height), range(width), range(colours))):
            changed[place, o, r, c] = (changed[place, o, r, c] + 1) % levels
        logits = model(changed).permute(0, 3, 4, 2, 1).flatten(1, 3)  # (values + 1, values, L)
        enough = least * logits.abs().max().clamp(min=1)
        seen |= ((logits[:-1] - logits[-1:]).abs().amax(dim=2) > enough).T.numpy()
    return seen


LEAKS = "mask A belongs to the first layer, in every pass; output channel l C + c is of colour c"
MISSES = "after the first layer a feature may use its own place (mask B), and every colour those before it"


def sees_exactly(
    seen: np.ndarray, expected: np.ndarray, colours: int, height: int, width: int, case: str, leaks: str = LEAKS, misses: str = MISSES
) -> None:
    """Fail, with a picture, if a value sees one that it must not see (hint: `leaks`), or not one that it could (hint: `misses`)."""
    earlier = np.tri(len(seen), k=-1, dtype=bool)
    for what, wrong, hint in [
        ("sees", seen & ~earlier, f"it must not see itself or what comes later; {leaks}"),
        ("does not see", expected & ~seen, misses),
        ("sees", seen & ~expected, "that is further away than the layers reach that were asked for"),
    ]:
        if wrong.any():
            a, b = map(int, np.argwhere(wrong)[0])
            names = [_name(place, colours, width) for place in (a, b)]
            fields = [field[a].reshape(height, width, colours).any(axis=2) for field in (seen, expected)]
            picture = pictures.receptive_field(*fields, (a // colours // width, a // colours % width))
            raise Failure(f"{case}: the score at {names[0]} {what} {names[1]}", hint, picture)


def _name(place: int, colours: int, width: int) -> str:
    pixel, colour = divmod(place, colours)
    return f"pixel {divmod(pixel, width)}" + (f" colour {colour}" if colours > 1 else "")


def randomise(module: Handle, inputs: tuple, seed: int, scale: float = 1.0, double: bool = True) -> dict[str, torch.Tensor]:
    """Put random weights into a module, of double precision if so wished, buffers left alone; returns them by name.

    Raises:
        Failure: it has none.
    """
    if double:
        module.double()
    generator = torch.Generator().manual_seed(seed)
    gradients = weight_vjp(module, module, inputs, torch.ones_like(_first(module(*inputs))))
    if not gradients:
        raise Failure("the module has no weights", "assign layers to self, a list of them as an nn.ModuleList: then they are registered")
    tensors = state(module)
    for name in gradients:
        fan_in = math.sqrt(max(1, tensors[name][0].numel()))
        tensors[name] = scale * torch.randn(tensors[name].shape, generator=generator, dtype=torch.float64) / fan_in
    write(module, {name: tensors[name] for name in gradients})
    return {name: tensors[name] for name in gradients}


def write(module: Handle, weights: dict[str, torch.Tensor]) -> None:
    """Load some weights of a module by their first names, into all names that they have; the rest stays."""
    tensors = state(module)
    load(module, {name: weights.get(first, tensors[name]) for name, first in names_of(module).items()})


def names_of(module: Handle) -> dict[str, str]:
    """The first name of the tensor behind each name: a layer may be an attribute and stand in a sequence as well."""
    return there(module, "autograder.checks.autoregressive:first_names")(module)


def first_names(module: nn.Module) -> dict[str, str]:
    """What `names_of` asks on the student's side."""
    first: dict[int, str] = {}
    return {name: first.setdefault(id(tensor), name) for name, tensor in module.state_dict(keep_vars=True).items()}


def _first(output: torch.Tensor | tuple) -> torch.Tensor:
    return output[0] if isinstance(output, tuple) else output


def random_image(shape: tuple, levels: int, seed: int) -> torch.Tensor:
    """Integers from 0 to levels - 1."""
    return torch.randint(levels, shape, generator=torch.Generator().manual_seed(seed))


def uniforms_of(shape: tuple, seed: int) -> torch.Tensor:
    """Doubles in [0, 1)."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def on_pixels(function: Handle, *images: torch.Tensor) -> torch.Tensor:
    """What a function gives for tensors that lie in memory pixel by pixel, as images from files do: `view` cannot flatten those."""
    return there(function, "autograder.checks.autoregressive:laid_out")(function, *images)


def laid_out(function: Callable, *images: torch.Tensor) -> torch.Tensor:
    """What `on_pixels` does on the student's side: (B, ..., H, W) keep their axes, but height and width come first in memory."""
    return function(*(image.movedim((-2, -1), (1, 2)).contiguous().movedim((1, 2), (-2, -1)) for image in images))


def open_all(module: Handle, weights: dict[str, torch.Tensor]) -> None:
    """Make all weights positive and all biases large, so that no relu closes and no two paths cancel."""
    write(module, {name: weight.abs() + 9 * (weight.ndim == 1) for name, weight in weights.items()})


def does_not_peek(model: Handle, image: torch.Tensor, *conditions: torch.Tensor) -> None:
    """The second half of black and white images (B, 1, H, W) is turned to its opposite: scores up to the first changed pixel must stay."""
    middle = image.shape[2] // 2
    turned = torch.cat([image[:, :, :middle], 1 - image[:, :, middle:]], dim=2)
    before, after = (model(one, *conditions).flatten(2)[..., : middle * image.shape[3] + 1] for one in (image, turned))
    hint = "a score must not see what it predicts, however well that predicts it"
    agree(after, before, "a trained model, pixels changed: scores of those before them and of the first one", hint, 1e-4)


def bits(logits: torch.Tensor, image: torch.Tensor) -> float:
    """Mean bits per value, from scores that the student's model gave."""
    return float(F.cross_entropy(logits.double(), image) / math.log(2))
