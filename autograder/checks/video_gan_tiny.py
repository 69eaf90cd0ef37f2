"""Networks small enough to be followed by hand, made alike on the student's side and on the check's, and oracles on stacks of layers."""

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autograder.checks.compare import agree, array
from autograder.checks.core import Failure
from autograder.checks.student import load, state, there


class TinyGenerator(nn.Module):
    """(B, 4) -> clip (B, 3, 2, 2, 2) and mask (B, 1, 2, 2, 2), linear but for tanh and sigmoid, from a norm and a layer that both share."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.norm, self.shared, self.clip, self.mask = nn.BatchNorm1d(4), nn.Linear(4, 5), nn.Linear(5, 24), nn.Linear(5, 8)
        fill(self, seed)

    def forward(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """(B, codes) -> clips (B, 3, 2, 2, 2) and masks (B, 1, 2, 2, 2)."""
        self.calls += 1
        hidden = self.shared(self.norm(noise))
        return self.clip(hidden).tanh().view(-1, 3, 2, 2, 2), self.mask(hidden).sigmoid().view(-1, 1, 2, 2, 2)


class TinyDiscriminator(nn.Module):
    """Clips or frames of one shape -> (B,), through a batch norm, so that a score depends on what shares its batch."""

    def __init__(self, seed: int, shape: tuple[int, ...] = (3, 2, 2, 2)) -> None:
        super().__init__()
        self.shape = shape
        self.first, self.norm, self.last = nn.Linear(math.prod(shape), 5), nn.BatchNorm1d(5), nn.Linear(5, 1)
        fill(self, seed)

    def forward(self, clip: Tensor) -> Tensor:
        """(B, *shape) -> (B,) scores."""
        self.calls += 1
        if clip.shape[1:] != self.shape:
            raise ValueError(f"a judge of (B, {', '.join(map(str, self.shape))}) got a batch of shape {tuple(clip.shape)}")
        return self.last(self.norm(self.first(clip.flatten(1))).tanh()).flatten()


def twins(student, kind, mode, *arguments):
    """The same tiny network there and here, in training or in evaluation."""
    return [made(*arguments).train(mode == "training") for made in (there(student, f"{__name__}:{kind.__name__}"), kind)]


def fill(module: nn.Module, seed: int) -> None:
    """Weights that depend on the seed alone, not on any global generator, gradients of 1 from some earlier step, and no call yet."""
    random = torch.Generator().manual_seed(seed)
    module.calls = 0
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape, generator=random) / max(weight.shape[-1], 2) ** 0.5 + 0.1)
            weight.grad = torch.ones_like(weight)


def condition(module: nn.Module) -> dict:
    """What a loss has no business to change: modes, what learns, gradients from before, and which tensors the weights are."""
    weights = dict(module.named_parameters())
    return {
        "identity of the weights": {name: id(weight) for name, weight in weights.items()},
        "training mode": [part.training for part in module.modules()],
        "requires_grad of the weights": [weight.requires_grad for weight in weights.values()],
        "sums of the weights' .grad": [None if weight.grad is None else float(weight.grad.sum()) for weight in weights.values()],
    }


def parameters(tensors: dict) -> dict:
    """Those of a module's tensors that learn: without the buffers of batch norm."""
    return {name: value for name, value in tensors.items() if not name.endswith(("running_mean", "running_var", "num_batches_tracked"))}


def own_numbers(network, seed: int) -> dict:
    """Give every parameter of a student's network numbers of its own, and return them by name; layers that share one fail."""
    tensors = state(network)
    given = {
        name: value + normal(seed + place, *value.shape) / 5 for place, (name, value) in enumerate(parameters(tensors).items(), start=1)
    }
    load(network, {**tensors, **given})
    kept = state(network)
    for name, value in given.items():
        if not torch.equal(kept[name], value):
            hint = "make every convolution and every batch norm anew, those of equal width, too"
            raise Failure(f"{name} is not a parameter of its own: two layers share it", hint)
    return given


def transposed_stack(tensors: dict, inputs: Tensor, ends_in_norm: bool, statistics: dict | None = None) -> Tensor | None:
    """Run transposed convolutions with batch norm and ReLU between them, from the parameters of a stack in their order.

    Args:
        tensors: `parameters` of the student's stack: weight and bias of a layer, gain and bias of its norm, and so on.
        inputs: (B, C, ...), with one, two or three more axes; the first layer makes them larger, the others double them.
        ends_in_norm: whether norm and ReLU follow the last layer, too.
        statistics: the network's `state`, for evaluation by its running means and variances; in training those of the batch count.

    Returns:
        the output, or None if the parameters are not those of such a stack.
    """
    names, values = list(tensors), list(tensors.values())
    if len(values) % 4 != (0 if ends_in_norm else 2):
        return None
    convolution = {3: F.conv_transpose1d, 4: F.conv_transpose2d, 5: F.conv_transpose3d}[inputs.ndim]
    out, running = inputs, [None, None]
    for place in range(0, len(values), 4):
        weight, bias, *norm = values[place : place + 4]
        if weight.ndim != inputs.ndim or weight.shape[0] != out.shape[1] or any(value.shape != bias.shape for value in norm):
            return None
        out = convolution(out, weight, bias, **({"stride": 2, "padding": 1} if place else {}))
        if norm:
            if statistics is not None:
                layer = names[place + 2].rpartition(".")[0]
                untouched = (("mean", torch.zeros_like(bias)), ("var", torch.ones_like(bias)))
                running = [statistics.get(f"{layer}.running_{what}", value) for what, value in untouched]
            out = F.relu(F.batch_norm(out, *running, *norm, training=statistics is None))
    return out


def in_order_of_use(tensors: dict, sizes: tuple) -> dict:
    """Parameters of a stack in the order of use, each layer and norm the first left that fits; `sizes` are the channels along it."""
    left, ordered = {}, {}
    for name, value in tensors.items():
        left.setdefault(name.rpartition(".")[0], {})[name] = value
    for channels in [size for pair in itertools.pairwise(sizes) for size in (pair, pair[1:])]:
        fitting = (layer for layer, own in left.items() if next(iter(own.values())).shape[:2] == channels)
        ordered |= left.pop(next(fitting, None), {})
    return ordered | {name: value for own in left.values() for name, value in own.items()}


def compare_gradients(got, expected, case, hint):
    """Fail unless the gradients by name are those expected, in their order."""
    for (name, gradient), right in zip(got.items(), expected, strict=True):
        if gradient is None:
            raise Failure(f"{case}: no gradient reaches {name}", hint)
        agree(gradient, right, f"{case}, gradient of {name}", hint, 1e-4 * max(1.0, float(right.abs().max())))


def likeliest(got, explained, otherwise):
    """The hint to a wrong number: that of the mistake which would give it, of (hint, number) pairs."""
    got = array(got, "answer")
    return next((hint for hint, number in explained if got.ndim == 0 and abs(got - array(number, hint)) < 1e-4), otherwise)


def normal(seed, *shape):
    """Random numbers that depend on the seed alone."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def shapes_of(tensors):
    """Shapes in the order of registration, for a message."""
    return ", ".join(str(tuple(value.shape)) for value in tensors.values())
