"""Small networks for the checks of lesson 13, importable on the student's side; what they say can be computed by hand."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from autograder.checks.pix2pix_tiny import with_gradients

SHARES = (0.3, 0.4, -0.2, 0.15, 0.05)  # of the last frame, the one before, and the label frames t, t-1, t-2 in what `Painter` paints


class Step(NamedTuple):
    """As in the lesson."""

    frame: Tensor
    raw: Tensor
    flow: Tensor
    hallucinate: Tensor


class Painter(nn.Module):
    """A generator's step that mixes all that it sees, times one weight; channels 0 to 2 of the labels are colours."""

    def __init__(self, gain: float) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(gain))

    def forward(self, labels: Tensor, past: Tensor) -> Step:
        """Step whose parts tell the frame again: raw is twice the frame, flow its first channels plus 1, the mask its last channel."""
        seen = (past[:, 1], past[:, 0], labels[:, 2, :3], labels[:, 1, :3], labels[:, 0, :3])
        frame = self.gain * sum(share * part for share, part in zip(SHARES, seen, strict=True))
        return Step(frame, 2 * frame, frame[:, :2] + 1, frame[:, 2:])


class Echo(nn.Module):
    """A critic that gives back what it is shown, times a number, so that its input and its name can be read."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = number

    def forward(self, shown: Tensor) -> list[list[Tensor]]:
        """A scale with two outputs and one with a single one; together they are number times the input."""
        return [[self.number * shown, shown], [-shown]]


class Critic(nn.Module):
    """A critic of two scales with two layers, linear up to an absolute value."""

    def __init__(self, channels: int, seed: int) -> None:
        super().__init__()
        chance = torch.Generator().manual_seed(seed)
        self.features = nn.Parameter(0.5 * torch.randn(2, 4, channels, generator=chance))
        self.scores = nn.Parameter(0.5 * torch.randn(2, 1, 4, generator=chance))

    def forward(self, shown: Tensor) -> list[list[Tensor]]:
        """(N, C, H, W) -> for each scale the features (N, 4, H, W) and scores (N, 1, H, W)."""
        said = []
        for first, second in zip(self.features, self.scores, strict=True):
            inner = torch.einsum("kc,nchw->nkhw", first, shown).abs()
            said.append([inner, torch.einsum("kc,nchw->nkhw", second, inner)])
        return said


def used(image: nn.Module, video: nn.Module) -> None:
    """Put two critics in the midst of a run: one in evaluation mode, their first weights frozen, gradients left by a backward pass."""
    for critic in (image, video.eval()):
        with_gradients(critic).features.requires_grad_(False)


def total(opinions: Callable, image: nn.Module, video: nn.Module, labels: Tensor, clip: Tensor, flow: Tensor) -> Tensor:
    """Sum of all that two critics say, so that it has one gradient."""
    return sum(part.sum() for said in opinions(image, [video], labels, clip, flow) for scale in said for part in scale)


def through(turn: Callable, image: nn.Module, video: nn.Module, labels: Tensor, real: Tensor, made: Tensor, flow: Tensor) -> Tensor:
    """A turn with one video critic, with all arguments in a row."""
    return turn(image, [video], labels, real, made, flow)
