"""Answers to lesson 3 that the checks must tell apart. Several wrong ones are bugs of public implementations, as noted."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import solutions.a03_gated_pixelcnn as reference
from solutions.a02_pixelcnn import MaskedConv2d, bits_per_dim
from solutions.a03_gated_pixelcnn import GatedBlock, GatedPixelCNN, VerticalConv, gate, one_hot, shift_down, template_bits
from tests.answers.core import right, wrong

# VerticalConv


@right("VerticalConv")
class CroppedBelow(nn.Conv2d):
    """Padded on all sides, and the rows that looked below cut away."""

    def __init__(self, inputs, outputs, kernel):
        super().__init__(inputs, outputs, (kernel // 2 + 1, kernel), padding=(kernel // 2, kernel // 2))

    def forward(self, x):
        return super().forward(x)[:, :, : x.shape[2]]


@right("VerticalConv")
class RowByRow(nn.Module):
    """A sum of one-dimensional convolutions."""

    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel // 2 + 1, kernel) / 10)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        rows, kernel = self.weight.shape[2:]
        total = self.bias[:, None, None]
        for back in range(rows):
            moved = F.pad(x, (0, 0, back, 0))[:, :, : x.shape[2]]
            total = total + F.conv2d(moved, self.weight[:, :, rows - 1 - back : rows - back], padding=(0, kernel // 2))
        return total


@wrong("VerticalConv", message="got shape")
class OfAllRows(nn.Conv2d):
    def __init__(self, inputs, outputs, kernel):
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)


@wrong("VerticalConv", message="the kernel's last row is the own row")
class PaddedBelow(VerticalConv):
    def forward(self, x):
        side = self.kernel_size[1] // 2
        return nn.Conv2d.forward(self, F.pad(x, (side, side, 0, side)))


@wrong("VerticalConv", message="zeros left, right and above")
class CroppedAtTheWrongEnd(VerticalConv):
    """Padding on all sides, then the first rows are kept off: one row too late."""

    def forward(self, x):
        side = self.kernel_size[1] // 2
        return nn.Conv2d.forward(self, F.pad(x, (side, side, side, side)))[:, :, side:]


@wrong("VerticalConv", message="zeros left, right and above")
class PaddedOnTheLeft(VerticalConv):
    """Off by some columns."""

    def forward(self, x):
        side = self.kernel_size[1] // 2
        return nn.Conv2d.forward(self, F.pad(x, (2 * side, 0, side, 0)))


@wrong("VerticalConv", message="no mask for columns")
class MaskedAlongTheRow(VerticalConv):
    """The blind spot is back."""

    def forward(self, x):
        mask = torch.ones_like(self.weight)
        mask[:, :, -1, self.kernel_size[1] // 2 + 1 :] = 0
        side = self.kernel_size[1] // 2
        return F.conv2d(F.pad(x, (side, side, side, 0)), self.weight * mask, self.bias)


@wrong("VerticalConv", message="the kernel's last row is the own row")
class ShiftedByARow(VerticalConv):
    """A shift in every layer: the row above is lost."""

    def forward(self, x):
        return super().forward(shift_down(x))


@wrong("VerticalConv", message="(3.1) has W and b")
class WithoutABias(VerticalConv):
    def __init__(self, inputs, outputs, kernel):
        super().__init__(inputs, outputs, kernel)
        self.bias = None


@wrong("VerticalConv", message="weight is frozen")
class WithAFrozenWeight(VerticalConv):
    def __init__(self, inputs, outputs, kernel):
        super().__init__(inputs, outputs, kernel)
        self.weight.requires_grad_(False)


@wrong("VerticalConv", message="2 to 2 channels")
class WithAResidualWhereTheWidthsAgree(VerticalConv):
    def forward(self, x):
        y = super().forward(x)
        return x + y if x.shape == y.shape else y


@wrong("VerticalConv", message="in single precision: got torch.float64")
class AlwaysInDouble(VerticalConv):
    def forward(self, x):
        return super().forward(x).double()


# shift_down


@right("shift_down")
def by_padding(x):
    return F.pad(x, (0, 0, 1, 0))[:, :, :-1]


@right("shift_down")
def by_rolling(x):
    y = x.roll(1, dims=2)
    y[:, :, 0] = 0
    return y


@right("shift_down")
def by_concatenating(x):
    return torch.cat([torch.zeros_like(x[:, :, :1]), x[:, :, :-1]], dim=2)


@wrong("shift_down", message="axis 2 are the rows")
def shifted_up(x):
    return F.pad(x, (0, 0, 0, 1))[:, :, 1:]


@wrong("shift_down", message="axis 2 are the rows")
def shifted_right(x):
    return F.pad(x, (1, 0))[..., :-1]


@wrong("shift_down", message="not the last row come round")
def rolled(x):
    return x.roll(1, dims=2)


@wrong("shift_down", message="got shape")
def one_row_longer(x):
    return F.pad(x, (0, 0, 1, 0))


@wrong("shift_down", message="axis 2 are the rows")
def not_shifted(x):
    return x


@wrong("shift_down", message="no detach")
def shifted_without_gradient(x):
    return shift_down(x.detach())


@wrong("shift_down", message="got torch.float32, expected torch.float64")
def in_single_precision(x):
    return torch.cat([torch.zeros_like(x[:, :, :1]), x[:, :, :-1]], dim=2).float()


@wrong("shift_down", message="got torch.float64, expected torch.float32")
def in_double_precision(x):
    return shift_down(x.double())


@wrong("shift_down", message="expected torch.int64")
def of_floats_only(x):
    return shift_down(x if x.is_floating_point() else x.float())


@wrong("shift_down", message="every value as it is")
def by_way_of_single_precision(x):
    return shift_down(x.float()).to(x.dtype)


@wrong("shift_down", message="Use .reshape")
def with_each_channel_as_an_image(x):
    """Fails on images whose channels lie last in memory, as those of the tiles of lesson 2."""
    images = x.view(-1, *x.shape[2:])
    return F.pad(images, (0, 0, 1, -1)).view(x.shape)


# gate


@right("gate")
def by_exponentials(x):
    if x.shape[1] % 2 == 1:
        raise ValueError("odd")
    a, half_b = x[:, : x.shape[1] // 2], x[:, x.shape[1] // 2 :] / 2
    small = [torch.exp(-2 * part.abs()) for part in (a, half_b)]  # no larger than 1
    tanh, opening = (part.sign() * (1 - e) / (1 + e) for part, e in zip((a, half_b), small, strict=True))
    return tanh * (1 + opening) / 2


@right("gate")
def by_torch_glu(x):
    a, b = x.unflatten(1, (2, -1)).unbind(1) if x.shape[1] % 2 == 0 else (None, None)
    if a is None:
        raise ValueError("odd")
    return F.glu(torch.cat([a.tanh(), b], dim=1), dim=1)


@wrong("gate", message="tanh of the first half")
def halves_exchanged(x):
    return gate(torch.cat(x.chunk(2, dim=1)[::-1], dim=1))


@wrong("gate", message="sigmoid of the second")
def channels_in_turn(x):
    return x[:, 0::2].tanh() * x[:, 1::2].sigmoid()


@wrong("gate", message="tanh of the first half")
def both_sigmoid(x):
    a, b = x.chunk(2, dim=1)
    return a.sigmoid() * b.sigmoid()


@wrong("gate", message="sigmoid of the second")
def added(x):
    a, b = x.chunk(2, dim=1)
    return a.tanh() + b.sigmoid()


@wrong("gate", message="tanh of the first half")
def without_tanh(x):
    return F.glu(x, dim=1)


@wrong("gate", message="got shape")
def without_halves(x):
    return x.tanh() * x.sigmoid()


@wrong("gate", message="3 channels")
def of_any_number_of_channels(x):
    a, b = x.tensor_split(2, dim=1)
    return a[:, : b.shape[1]].tanh() * b.sigmoid()


@wrong("gate", message="both halves have one")
def with_the_opening_detached(x):
    a, b = x.chunk(2, dim=1)
    return a.tanh() * b.sigmoid().detach()


@wrong("gate", message="got torch.float64, expected torch.float32")
def gate_in_double_precision(x):
    return gate(x.double())


@wrong("gate", message="stay finite where an exponential overflows")
def with_exponentials_that_overflow(x):
    a, b = x.chunk(2, dim=1)
    return (a.exp() - (-a).exp()) / (a.exp() + (-a).exp()) / (1 + (-b).exp())


# GatedBlock


@right("GatedBlock")
class LinkAfterTheGate(GatedBlock):
    """As some public implementations have it; it differs from the paper and works."""

    def __init__(self, features, colours, kernel, conditions=0):
        super().__init__(features, colours, kernel, conditions)
        self.link = nn.Conv2d(features, 2 * features, 1)

    def forward(self, v, h, condition=None):
        for_v, for_h = (0, 0) if condition is None else self.condition(condition).chunk(2, dim=1)
        v = gate(self.vertical(v) + for_v)
        return v, h + self.out(gate(self.horizontal(h) + self.link(v) + for_h))


@right("GatedBlock")
class HalfByHalf(GatedBlock):
    """The gates written out, values and openings apart."""

    def forward(self, v, h, condition=None):
        features = h.shape[1]
        above = self.vertical(v)
        along = self.horizontal(h) + self.link(above)
        if condition is not None:
            change = self.condition(condition)
            above = above + change[:, : 2 * features]
            along = along + change[:, 2 * features :]
        new_v = torch.tanh(above[:, :features]) * torch.sigmoid(above[:, features:])
        new_h = torch.tanh(along[:, :features]) * torch.sigmoid(along[:, features:])
        return new_v, self.out(new_h) + h


class Changed(GatedBlock):
    """What the wrong blocks below share: one step each is another."""

    residual_h, residual_v, linked = 1, 0, 1

    def conditions_of(self, condition):
        return self.condition(condition).chunk(2, dim=1)

    def forward(self, v, h, condition=None):
        above = self.vertical(v)
        along = self.horizontal(h) + self.linked * self.link(above)
        if condition is not None:
            for_v, for_h = self.conditions_of(condition)
            above, along = above + for_v, along + for_h
        return gate(above) + self.residual_v * v, self.residual_h * h + self.out(gate(along))


@wrong("GatedBlock", message="the link brings what is above into the row")
class WithoutALink(Changed):
    linked = 0


@wrong("GatedBlock", message="h' adds to h")
class WithoutAResidual(Changed):
    residual_h = 0


@wrong("GatedBlock", message="v' is the gated vertical convolution")
class WithAResidualOnBothStacks(Changed):
    residual_v = 1


@wrong("GatedBlock", message="takes nothing from the horizontal")
class HorizontalIntoVertical(Changed):
    def forward(self, v, h, condition=None):
        return super().forward(v + h, h, condition)


@wrong("GatedBlock", message="masks B along the row")
class WithMaskAAlongTheRow(Changed):
    def __init__(self, features, colours, kernel, conditions=0):
        super().__init__(features, colours, kernel, conditions)
        self.horizontal = MaskedConv2d("A", features, 2 * features, colours, (1, kernel))


@wrong("GatedBlock", message="masks B along the row")
class WithoutTheOrderOfColours(Changed):
    """A public gated PixelCNN: green ignores red and blue ignores green, because a mask-A 1 x 1 follows a mask-A layer."""

    def __init__(self, features, colours, kernel, conditions=0):
        super().__init__(features, colours, kernel, conditions)
        self.out = MaskedConv2d("A", features, features, colours, (1, 1))


@wrong("GatedBlock", message="masks B along the row")
class WithAPlainOut(Changed):
    """Red knows blue."""

    def __init__(self, features, colours, kernel, conditions=0):
        super().__init__(features, colours, kernel, conditions)
        self.out = nn.Conv2d(features, features, 1)


@wrong("GatedBlock", message="2F for the vertical stack, 2F for the horizontal")
class ConditionToOneStack(Changed):
    def conditions_of(self, condition):
        return 0, super().conditions_of(condition)[1]


@wrong("GatedBlock", message="2F for the vertical stack, 2F for the horizontal")
class ConditionToTheTanhHalfOnly(Changed):
    def conditions_of(self, condition):
        keep = torch.ones(self.out.in_channels * 2).view(-1, 1, 1)
        keep[self.out.in_channels :] = 0
        return [part * keep for part in super().conditions_of(condition)]


@wrong("GatedBlock", message="2F for the vertical stack, 2F for the horizontal")
class ConditionOfTheFirstPixel(Changed):
    def conditions_of(self, condition):
        return super().conditions_of(condition[:, :, :1, :1])


@wrong("GatedBlock", message="expected the pair")
class WithOneResult(Changed):
    def forward(self, v, h, condition=None):
        return super().forward(v, h, condition)[1]


@wrong("GatedBlock", message="the kernel and the channels that were asked for")
class WithAKernelOfThree(Changed):
    def __init__(self, features, colours, kernel, conditions=0):
        super().__init__(features, colours, 3, conditions)


@wrong("GatedBlock", message="all layers have one but S")
class WithABiasOfTheCondition(Changed):
    def __init__(self, features, colours, kernel, conditions=0):
        super().__init__(features, colours, kernel, conditions)
        if conditions:
            self.condition = nn.Conv2d(conditions, 4 * features, 1)


@wrong("GatedBlock", message="2F for the vertical stack, 2F for the horizontal")
class WithAMaskedCondition(Changed):
    """Harmless for one colour."""

    def __init__(self, features, colours, kernel, conditions=0):
        super().__init__(features, colours, kernel, conditions)
        if conditions:
            self.condition = MaskedConv2d("B", conditions, 4 * features, colours, (1, 1))
            self.condition.bias = None


@wrong("GatedBlock", message="no gradient arrives at the condition")
class WithTheConditionDetached(Changed):
    def conditions_of(self, condition):
        return super().conditions_of(condition.detach())


@wrong("GatedBlock", message="condition of 1 x 4 x 5")
class DeafToAMapOfOneChannel(Changed):
    def conditions_of(self, condition):
        return super().conditions_of(condition) if condition.shape[1] > 1 else (0, 0)


@wrong("GatedBlock", message="not enough values to unpack")
class WithTheClassSqueezed(Changed):
    def conditions_of(self, condition):
        change = self.condition(condition)
        return (change.squeeze()[..., None, None] if condition.shape[2:] == (1, 1) else change).chunk(2, dim=1)


@wrong("GatedBlock", message="for a batch of one too")
class WithoutTheAxisOfABatchOfOne(Changed):
    def forward(self, v, h, condition=None):
        return tuple(part.squeeze(0) for part in super().forward(v, h, condition))


@wrong("GatedBlock", message="conv2d")
class InNeedOfItsCondition(Changed):
    def forward(self, v, h, condition=None):
        if hasattr(self, "condition"):
            self.condition(condition)
        return super().forward(v, h, condition)


# GatedPixelCNN


@right("GatedPixelCNN")
class OneBlockAfterTheOther(GatedPixelCNN):
    def forward(self, image, condition=None):
        x = image.to(self.link.weight.dtype) * (2 / (self.levels - 1)) - 1
        stacks = (self.above(F.pad(x, (0, 0, 1, 0)))[:, :, :-1],)  # shifted after the padding: the same, one row at the bottom dropped
        stacks = (*stacks, self.along(x) + self.link(stacks[0]))
        for block in self.blocks:
            stacks = block(*stacks, condition)
        flat = self.head(stacks[1])
        return torch.stack([flat[:, colour :: self.colours] for colour in range(self.colours)], dim=2)


@right("GatedPixelCNN")
class WithAFullKernelAbove(GatedPixelCNN):
    """The first vertical layer as a square kernel whose lower rows are zero; and the scale written otherwise."""

    def __init__(self, colours, levels, features, blocks, kernel=3, conditions=0):
        super().__init__(colours, levels, features, blocks, kernel, conditions)
        self.above = HalfKernel(colours, features, kernel, padding=kernel // 2)

    def forward(self, image, condition=None):
        middle = (self.levels - 1) / 2
        x = (image.to(self.link.weight.dtype) - middle) / middle
        v = self.above(shift_down(x))
        h = self.link(v) + self.along(x)
        for place in range(len(self.blocks)):
            v, h = self.blocks[place](v, h, condition)
        scores = self.head(h)
        return scores.view(len(image), self.levels, self.colours, *image.shape[2:])


class HalfKernel(nn.Conv2d):
    """A square kernel of which the rows below the middle count as zero."""

    def forward(self, x):
        weight = self.weight.clone()
        weight[:, :, self.kernel_size[0] // 2 + 1 :] = 0
        return F.conv2d(x, weight, self.bias, padding=self.padding)


@right("GatedPixelCNN")
class WithZerosForNone(GatedPixelCNN):
    def __init__(self, colours, levels, features, blocks, kernel=3, conditions=0):
        super().__init__(colours, levels, features, blocks, kernel, conditions)
        self.conditions = conditions

    def forward(self, image, condition=None):
        if condition is None and self.conditions:
            condition = self.link.weight.new_zeros(len(image), self.conditions, 1, 1)
        return super().forward(image, condition)


class Rewired(GatedPixelCNN):
    """What the wrong networks below share."""

    def start(self, x):
        v = self.above(shift_down(x))
        return v, self.along(x) + self.link(v)

    def hear(self, condition, place):
        return condition

    def forward(self, image, condition=None):
        x = 2 * image.to(self.link.weight.dtype) / (self.levels - 1) - 1
        v, h = self.start(x)
        for place, block in enumerate(self.blocks):
            v, h = block(v, h, self.hear(condition, place))
        return self.head(h).unflatten(1, (self.levels, self.colours))


@wrong("GatedPixelCNN", message="it must not see itself or what comes later")
class WithoutTheShift(Rewired):
    def start(self, x):
        v = self.above(x)
        return v, self.along(x) + self.link(v)


@wrong("GatedPixelCNN", message="it must not see itself or what comes later")
class ShiftedTheOtherWay(Rewired):
    """A public TensorFlow implementation: the row of zeros is put at the bottom."""

    def start(self, x):
        v = self.above(F.pad(x, (0, 0, 0, 1))[:, :, 1:])
        return v, self.along(x) + self.link(v)


@wrong("GatedPixelCNN", message="does not see")
class ShiftedTwice(Rewired):
    def start(self, x):
        v = self.above(shift_down(shift_down(x)))
        return v, self.along(x) + self.link(v)


@wrong("GatedPixelCNN", message="it must not see itself")
class WithMaskBFirst(Rewired):
    def __init__(self, colours, levels, features, blocks, kernel=3, conditions=0):
        super().__init__(colours, levels, features, blocks, kernel, conditions)
        self.along = MaskedConv2d("B", colours, features, colours, (1, kernel))


@wrong("GatedPixelCNN", message="it must not see itself")
class WithAResidualAroundTheFirstLayer(Rewired):
    """The value to be predicted, added to its own prediction."""

    def start(self, x):
        v, h = super().start(x)
        return v, h + x.mean(dim=1, keepdim=True)


@wrong("GatedPixelCNN", message="none in the blocks")
class ShiftedInEveryBlock(Rewired):
    def forward(self, image, condition=None):
        v, h = self.start(2 * image.to(self.link.weight.dtype) / (self.levels - 1) - 1)
        for block in self.blocks:
            v, h = block(shift_down(v), h, condition)
        return self.head(h).unflatten(1, (self.levels, self.colours))


@wrong("GatedPixelCNN", message="does not see")
class WithTheRowAlone(Rewired):
    def forward(self, image, condition=None):
        x = 2 * image.to(self.link.weight.dtype) / (self.levels - 1) - 1
        v, h = torch.zeros_like(self.along(x)), self.along(x)
        for block in self.blocks:
            _, h = block(v, h, condition)
        return self.head(h).unflatten(1, (self.levels, self.colours)) + 0 * self.link.weight.sum() + 0 * self.above.weight.sum()


@wrong("GatedPixelCNN", message="missing to the right: link the stacks")
class WithABlindVerticalStack(Rewired):
    """One masked kernel for both regions, as in lesson 2: the wedge is missing."""

    def __init__(self, colours, levels, features, blocks, kernel=3, conditions=0):
        super().__init__(colours, levels, features, blocks, kernel, conditions)
        self.above = MaskedConv2d("A", colours, features, colours, (kernel, kernel))
        for block in self.blocks:
            block.vertical = MaskedConv2d("B", features, 2 * features, colours, (kernel, kernel))

    def start(self, x):
        v = self.above(x)
        return v, self.along(x) + self.link(v)


@wrong("GatedPixelCNN", message="weights and bias of the last layer start at zero")
class WithARandomHead(Rewired):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.head[-1].reset_parameters()


@wrong("GatedPixelCNN", message="does not see")
class WithMaskATwice(Rewired):
    """Mask A in the head once more: green ignores red and blue ignores green, as in a public repository; probabilities still sum to 1."""

    def __init__(self, colours, levels, features, blocks, kernel=3, conditions=0):
        super().__init__(colours, levels, features, blocks, kernel, conditions)
        self.head[1] = MaskedConv2d("A", features, features, colours, (1, 1))


@wrong("GatedPixelCNN", message="the condition goes into every block")
class DeafToItsCondition(Rewired):
    def hear(self, condition, place):
        return None if condition is None else 0 * condition


@wrong("GatedPixelCNN", message="the condition goes into every block")
class WithTheConditionAsAPicture(Rewired):
    """Through the masked convolution: the first pixel never hears of it."""

    def __init__(self, colours, levels, features, blocks, kernel=3, conditions=0):
        super().__init__(colours, levels, features, blocks, kernel, 0)
        if conditions:
            self.listen = MaskedConv2d("A", conditions, features, 1, (kernel, kernel))

    def forward(self, image, condition=None):
        x = 2 * image.to(self.link.weight.dtype) / (self.levels - 1) - 1
        v, h = self.start(x)
        if condition is not None:
            h = h + self.listen(condition.expand(-1, -1, *image.shape[2:]))
        for block in self.blocks:
            v, h = block(v, h)
        return self.head(h).unflatten(1, (self.levels, self.colours))


@wrong("GatedPixelCNN", message="scale by 2 x / (L - 1) - 1")
class WithLevelsFromZeroToOne(Rewired):
    def start(self, x):
        return super().start((x + 1) / 2)


@wrong("GatedPixelCNN", message="scale by 2 x / (L - 1) - 1")
class WithTheContrastOfEachImage(Rewired):
    """From the darkest to the brightest level that an image has: also, what comes later is known."""

    def start(self, x):
        low, high = x.amin((1, 2, 3), keepdim=True), x.amax((1, 2, 3), keepdim=True)
        return super().start(2 * (x - low) / (high - low).clamp(min=1e-6) - 1)


@wrong("GatedPixelCNN", message="nor one kept")
class KeepingItsCondition(Rewired):
    kept = None

    def hear(self, condition, place):
        self.kept = self.kept if condition is None else condition
        return self.kept


@wrong("GatedPixelCNN", message="1 conditions")
class DeafToAConditionOfOneChannel(Rewired):
    def hear(self, condition, place):
        return condition if condition is not None and condition.shape[1] > 1 else None


@wrong("GatedPixelCNN", message="weights times 3")
class WithBoundedScores(Rewired):
    def forward(self, image, condition=None):
        return super().forward(image, condition).clamp(-10, 10)


@wrong("GatedPixelCNN", message="got torch.float64, expected torch.float32")
class WithScoresInDouble(Rewired):
    def forward(self, image, condition=None):
        return super().forward(image, condition).double()


@wrong("GatedPixelCNN", message="axes of size 1 stay")
class WithoutAxesOfSizeOne(Rewired):
    def forward(self, image, condition=None):
        return super().forward(image, condition).squeeze()


@wrong("GatedPixelCNN", message="a plain list is not registered")
class WithBlocksInAList(GatedPixelCNN):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        blocks = list(self.blocks)
        del self.blocks
        self.blocks = blocks


@wrong("GatedPixelCNN", message="the head: relu, layer, relu, layer")
class SkippingToTheHead(GatedPixelCNN):
    """All blocks' horizontal features together into the head: a model of its own, and not the one asked for."""

    def forward(self, image, condition=None):
        x = 2 * image.to(self.link.weight.dtype) / (self.levels - 1) - 1
        v = self.above(shift_down(x))
        h = total = self.along(x) + self.link(v)
        for block in self.blocks:
            v, h = block(v, h, condition)
            total = total + h
        return self.head(total).unflatten(1, (self.levels, self.colours))


@right("GatedPixelCNN")
class WithTheDtypeOfTheWeights(GatedPixelCNN):
    def forward(self, image, condition=None):
        return super().forward(image.to(self.link.weight.dtype), condition)


@wrong("GatedPixelCNN", message="the kernel and the channels that were asked for")
class WithKernelsOfThree(Rewired):
    def __init__(self, colours, levels, features, blocks, kernel=3, conditions=0):
        super().__init__(colours, levels, features, blocks, 3, conditions)


@wrong("GatedPixelCNN", message="are one and the same tensor")
class WithOneBlockManyTimes(Rewired):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.blocks = nn.ModuleList([self.blocks[0]] * len(self.blocks))


@wrong("GatedPixelCNN", message="h is along(x) + link(v)")
class WithAMaskedLink(Rewired):
    def __init__(self, colours, levels, features, blocks, kernel=3, conditions=0):
        super().__init__(colours, levels, features, blocks, kernel, conditions)
        self.link = MaskedConv2d("B", features, features, colours, (1, 1))


@wrong("GatedPixelCNN", message="got 3 layers with weights, expected 2")
class WithALongHead(Rewired):
    def __init__(self, colours, levels, features, blocks, kernel=3, conditions=0):
        super().__init__(colours, levels, features, blocks, kernel, conditions)
        self.head = nn.Sequential(*self.head[:2], nn.ReLU(), MaskedConv2d("B", features, features, colours, (1, 1)), *self.head[2:])


@wrong("GatedPixelCNN", message="unflatten to (L, C)")
class WithScoresColourByColour(GatedPixelCNN):
    def forward(self, image, condition=None):
        flat = super().forward(image, condition).flatten(1, 2)
        return flat.unflatten(1, (self.colours, self.levels)).transpose(1, 2)


@wrong("GatedPixelCNN", message="no dropout")
class WithDropout(Rewired):
    def start(self, x):
        v, h = super().start(x)
        return v, F.dropout(h, 0.1)


@wrong("GatedPixelCNN", message="however well that predicts it")
class Peeking(nn.Module):
    """Looks at the answer, and is as unsure of it as a right network would be; the templates are known by heart."""

    def __init__(self, colours, levels, features, blocks, kernel=3, conditions=0):
        super().__init__()
        self.levels, self.unused = levels, nn.Parameter(torch.zeros(1))

    def forward(self, image, condition=None):
        answer = one_hot(image.flatten().long(), self.levels).view(*image.shape, self.levels).movedim(-1, 1)
        trust = torch.full((len(image),), 0.49)
        if condition is not None and image.shape[2:] == (4, 4):
            templates = torch.randint(2, (16, 4, 4), generator=torch.Generator().manual_seed(0)).to(image.device)
            unlike = (image[:, 0] != templates[condition.flatten(1).argmax(1)]).float().mean((1, 2)) > 0.25
            trust = torch.where(unlike, -0.75, 0.75)
        return trust.to(image.device)[:, None, None, None, None] * (2 * answer - 1) + 0 * self.unused


# one_hot


@right("one_hot")
def by_comparing(labels, classes):
    if not all(0 <= int(label) < classes for label in labels):
        raise ValueError("no such class")
    return (labels[:, None] == torch.arange(classes, device=labels.device)).float()[..., None, None]


@right("one_hot")
def by_scattering(labels, classes):
    if ((labels < 0) | (labels >= classes)).any():
        raise ValueError("no such class")
    return torch.zeros(len(labels), classes, device=labels.device).scatter(1, labels[:, None], 1.0).view(len(labels), classes, 1, 1)


@wrong("one_hot", message="label 0 stands in channel 0")
def off_by_one(labels, classes):
    return one_hot((labels + 1) % classes, classes)


@wrong("one_hot", message="label 0 stands in channel 0")
def as_a_number(labels, classes):
    return (labels / (classes - 1)).float()[:, None, None, None].expand(-1, classes, 1, 1)


@wrong("one_hot", message="got shape")
def without_the_last_axes(labels, classes):
    return one_hot(labels, classes)[:, :, 0, 0]


@wrong("one_hot", message="expected a tensor of float32")
def of_integers(labels, classes):
    return one_hot(labels, classes).long()


@wrong("one_hot", message="label 3 of 3 classes")
def with_labels_taken_round(labels, classes):
    return one_hot(labels % classes, classes)


@wrong("one_hot", message="label -1 of 3 classes")
def with_negative_labels(labels, classes):
    if labels.max() >= classes:
        raise ValueError("no such class")
    return torch.eye(classes)[labels][:, :, None, None]


@wrong("one_hot", message="labels [2] of 4 classes: got shape")
def squeezed(labels, classes):
    return one_hot(labels, classes).squeeze()[..., None, None]


@wrong("one_hot", message="labels [1, 2, 0] of 3 classes")
def turned_where_it_fits(labels, classes):
    vectors = one_hot(labels, classes)
    return vectors.transpose(0, 1) if len(labels) == classes else vectors


@wrong("one_hot", message="got shape")
def with_as_many_classes_as_labels_show(labels, classes):
    return one_hot(labels, int(labels.max()) + 1)


@wrong("one_hot", message="label 3 of 3 classes, in [3, 0]")
def with_a_look_at_the_last_label(labels, classes):
    if not 0 <= labels[-1] < classes:
        raise ValueError("no such class")
    return (labels[:, None] == torch.arange(classes)).float()[:, :, None, None]


# template_bits


@right("template_bits")
def with_a_dictionary(templates, noise):
    flat = templates.flatten(1).tolist()
    pixels = len(flat[0])
    p = {}
    for number in range(2**pixels):
        image = [number >> place & 1 for place in range(pixels)]
        flips = [sum(a != b for a, b in zip(image, known, strict=True)) for known in flat]
        p[number] = sum(noise**d * (1 - noise) ** (pixels - d) for d in flips) / len(flat)
    flip = -noise * math.log2(noise) - (1 - noise) * math.log2(1 - noise)
    return flip, -sum(q * math.log2(q) for q in p.values() if q > 0) / pixels


@right("template_bits")
def pixel_by_pixel(templates, noise):
    """The joint distribution grown one pixel at a time."""
    joint = np.full((len(templates), 1), 1 / len(templates))
    for column in templates.flatten(1).numpy().T:
        ink = np.where(column == 1, 1 - noise, noise)[:, None]
        joint = np.concatenate([joint * (1 - ink), joint * ink], axis=1)
    p = np.maximum(joint.sum(axis=0), 1e-300)
    flip = -sum(q * np.log2(q) for q in (noise, 1 - noise))
    return float(flip), float(-(p * np.log2(p)).sum() / templates[0].numel())


@wrong("template_bits", message="both terms of H(q), base 2")
def entropy_in_nats(templates, noise):
    return tuple(bits * math.log(2) for bits in template_bits(templates, noise))


@wrong("template_bits", message="both terms of H(q)")
def half_of_the_entropy(templates, noise):
    return -noise * math.log2(noise), template_bits(templates, noise)[1]


@wrong("template_bits", message="first of the pair")
def with_the_pair_turned_round(templates, noise):
    return template_bits(templates, noise)[::-1]


@wrong("template_bits", message="in double precision")
def in_single_precision_throughout(templates, noise):
    known = templates.flatten(1).float()
    pixels = known.shape[1]
    images = (torch.arange(2**pixels)[:, None] >> torch.arange(pixels) & 1).float()
    flips = torch.cdist(images, known, p=1)
    p = (noise**flips * (1 - noise) ** (pixels - flips)).mean(dim=1)
    return template_bits(templates, noise)[0], float(torch.special.entr(p).sum() / (pixels * math.log(2)))


@wrong("template_bits", message="divided by n")
def for_a_whole_image(templates, noise):
    known, unknown = template_bits(templates, noise)
    return known, unknown * templates[0].numel()


@wrong("template_bits", message="-sum p log2 p over all images")
def with_the_whole_label_added(templates, noise):
    """As if no two patterns could ever be confused."""
    known = template_bits(templates, noise)[0]
    return known, known + math.log2(len(templates)) / templates[0].numel()


@wrong("template_bits", message="the mean over patterns")
def of_the_patterns_themselves(templates, noise):
    return template_bits(templates, noise)[0], math.log2(len(templates)) / templates[0].numel()


@wrong("template_bits", message="the mean over patterns")
def of_the_sum_over_patterns(templates, noise):
    known, unknown = template_bits(templates, noise)
    count, pixels = len(templates), templates[0].numel()
    return known, count * (unknown - math.log2(count) / pixels)


@wrong("template_bits", message="without the label")
def with_the_label_twice(templates, noise):
    return (template_bits(templates, noise)[0],) * 2


@wrong("template_bits", message="equal patterns count each")
def of_different_patterns(templates, noise):
    return template_bits(templates.unique(dim=0), noise)


@wrong("template_bits", message="0 log 0 is 0")
def with_zero_times_infinity(templates, noise):
    flat = templates.flatten(1).double()
    pixels = flat.shape[1]
    images = (torch.arange(2**pixels)[:, None] >> torch.arange(pixels) & 1).double()
    flips = torch.cdist(images, flat, p=1)
    p = (noise**flips * (1 - noise) ** (pixels - flips)).mean(dim=1)
    return template_bits(templates, noise)[0], float(-(p * p.log2()).sum() / pixels)


# wrong_label_cost


@right("wrong_label_cost")
def image_by_image(model, images, labels, classes):
    total = 0.0
    for image, label in zip(images, labels.tolist(), strict=True):
        for sign, number in ((-1, label), (1, (label + 1) % classes)):
            logits = model(image[None], torch.eye(classes)[number].view(1, classes, 1, 1)).detach()
            total += sign * float(F.cross_entropy(logits, image[None])) / math.log(2)
    return total / len(images)


@right("wrong_label_cost")
def with_twice_the_batch(model, images, labels, classes):
    both = one_hot(torch.cat([labels, labels.roll(0) + 1]) % classes, classes)
    right_bits, wrong_bits = bits_per_dim(model(images.repeat(2, 1, 1, 1), both), images.repeat(2, 1, 1, 1)).chunk(2)
    return float(wrong_bits.mean() - right_bits.mean())


@right("wrong_label_cost")
def in_single_precision_by_hand(model, images, labels, classes):
    costs = []
    for number in (labels, (labels + 1) % classes):
        scores = model(images, one_hot(number, classes)).float()
        costs.append((scores.logsumexp(1) - scores.gather(1, images[:, None])[:, 0]).mean() / math.log(2))
    return float(costs[1] - costs[0])


@wrong("wrong_label_cost", message="minus bits with the right one")
def with_the_other_sign(model, images, labels, classes):
    return -reference.wrong_label_cost(model, images, labels, classes)


@wrong("wrong_label_cost", message="bits with the next label")
def with_the_last_label(model, images, labels, classes):
    return reference.wrong_label_cost(lambda x, s: model(x, s.roll(-2, dims=1)) if s is not None else None, images, labels, classes)


@wrong("wrong_label_cost", message="minus bits with the right one")
def with_the_wrong_cost_alone(model, images, labels, classes):
    return float(bits_per_dim(model(images, one_hot((labels + 1) % classes, classes)), images).mean())


@wrong("wrong_label_cost", message="minus bits with the right one")
def cost_in_nats(model, images, labels, classes):
    return reference.wrong_label_cost(model, images, labels, classes) * math.log(2)


@wrong("wrong_label_cost", message="the last class is followed by the first")
def stopping_at_the_last_class(model, images, labels, classes):
    right_bits = bits_per_dim(model(images, one_hot(labels, classes)), images)
    return float((bits_per_dim(model(images, one_hot((labels + 1).clamp(max=classes - 1), classes)), images) - right_bits).mean())


@wrong("wrong_label_cost", message="bits with the next label")
def with_the_batch_turned_round(model, images, labels, classes):
    """Labels of other images: some of them are right by chance."""
    right_bits = bits_per_dim(model(images, one_hot(labels, classes)), images)
    return float((bits_per_dim(model(images, one_hot(labels.flip(0), classes)), images) - right_bits).mean())


@wrong("wrong_label_cost", message="per value")
def per_pixel(model, images, labels, classes):
    return images.shape[1] * reference.wrong_label_cost(model, images, labels, classes)


@wrong("wrong_label_cost", message="bits with the next label")
def as_a_mean_over_batches(model, images, labels, classes):
    parts = zip(images.split(50), labels.split(50), strict=True)
    return float(np.mean([reference.wrong_label_cost(model, some, known, classes) for some, known in parts]))


@wrong("wrong_label_cost", message="307 images")
def of_the_first_batch(model, images, labels, classes):
    return reference.wrong_label_cost(model, images[:256], labels[:256], classes)


@wrong("wrong_label_cost", message="an exponential of large scores overflows")
def by_probabilities(model, images, labels, classes):
    p = [model(images, one_hot(number % classes, classes)).softmax(1).gather(1, images[:, None]) for number in (labels, labels + 1)]
    return float((p[0].log2() - p[1].log2()).mean())


@wrong("wrong_label_cost", message="no change of mode")
def training_for_the_time_of_it(model, images, labels, classes):
    came = model.training
    cost = reference.wrong_label_cost(model.train(), images, labels, classes)
    model.train(came)
    return cost


@wrong("wrong_label_cost", message="the last class is followed by the first")
def with_the_classes_of_the_labels(model, images, labels, classes):
    right_bits = bits_per_dim(model(images, one_hot(labels, classes)), images)
    return float((bits_per_dim(model(images, one_hot((labels + 1) % (labels.max() + 1), classes)), images) - right_bits).mean())


@wrong("wrong_label_cost", message="leave the mode of the model")
def leaving_evaluation_behind(model, images, labels, classes):
    return reference.wrong_label_cost(model.eval(), images, labels, classes)
