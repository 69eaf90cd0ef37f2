"""Answers to lesson 2 that the checks must tell apart. Several wrong ones are bugs of public implementations, as noted."""

import collections
import copy
import itertools
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import solutions.a02_pixelcnn as reference
from solutions.a02_pixelcnn import MaskedConv2d, PixelCNN, ResidualBlock, bits_per_dim, conv_at, put
from tests.answers.core import right, wrong

# mask


@right("mask")
def tap_by_tap(kind, outputs, inputs, colours, kernel):
    if kind not in ("A", "B"):
        raise ValueError(kind)
    taps = torch.zeros(outputs, inputs, *kernel)
    centre = (kernel[0] // 2, kernel[1] // 2)
    for o in range(outputs):
        for i in range(inputs):
            for r in range(kernel[0]):
                for c in range(kernel[1]):
                    ours, theirs = (*centre, o % colours), (r, c, i % colours)
                    taps[o, i, r, c] = theirs < ours or (kind == "B" and theirs == ours)
    return taps


@right("mask")
def by_counting_along_the_kernel(kind, outputs, inputs, colours, kernel):
    if kind == "A":
        last = -1
    elif kind == "B":
        last = 0
    else:
        raise ValueError("A or B")
    taps = np.arange(kernel[0] * kernel[1]).reshape(kernel) * colours
    own = kernel[0] * kernel[1] // 2 * colours + np.arange(outputs) % colours
    order = taps[None, None] + (np.arange(inputs) % colours)[None, :, None, None]
    return torch.from_numpy((order - own[:, None, None, None] <= last).astype(np.float32))


@wrong("mask", message="at the centre A has 0, B has 1")
def with_the_centre_seen_by_a(kind, outputs, inputs, colours, kernel):
    if kind not in ("A", "B"):
        raise ValueError(kind)
    return reference.mask("B", outputs, inputs, colours, kernel)


@wrong("mask", message="at the centre A has 0, B has 1")
def with_the_row_zeroed_for_b(kind, outputs, inputs, colours, kernel):
    """A public PyTorch implementation: `height // 2` where `height // 2 + 1` was meant."""
    taps = reference.mask(kind, outputs, inputs, colours, kernel)
    if kind == "B":
        taps[:, :, kernel[0] // 2] = 0
    return taps


@wrong("mask", message="for A, less or equal for B")
def without_colours(kind, outputs, inputs, colours, kernel):
    """A public TensorFlow implementation: the mask is spatial only."""
    return reference.mask(kind, outputs, inputs, 1, kernel)


@wrong("mask", message="all colours everywhere else")
def with_colours_at_every_tap(kind, outputs, inputs, colours, kernel):
    own, seen = torch.arange(outputs)[:, None] % colours, torch.arange(inputs) % colours
    return reference.mask(kind, outputs, inputs, colours, kernel) * (seen <= own)[..., None, None]


@wrong("mask", message="compare i % colours with o % colours")
def with_colours_in_blocks(kind, outputs, inputs, colours, kernel):
    taps = reference.mask(kind, outputs, inputs, colours, kernel)
    own = torch.arange(outputs)[:, None] * colours // outputs
    seen = torch.arange(inputs)[None] * colours // inputs
    taps[:, :, kernel[0] // 2, kernel[1] // 2] = (seen < own if kind == "A" else seen <= own).float()
    return taps


@wrong("mask", message="compare i % colours with o % colours")
def with_inputs_and_outputs_exchanged(kind, outputs, inputs, colours, kernel):
    return reference.mask(kind, inputs, outputs, colours, kernel).transpose(0, 1)


@wrong("mask", message="1 in the rows above")
def with_the_page_upside_down(kind, outputs, inputs, colours, kernel):
    return reference.mask(kind, outputs, inputs, colours, kernel).flip(2, 3)


@wrong("mask", message="expected ValueError")
def with_any_kind(kind, outputs, inputs, colours, kernel):
    return reference.mask("A" if kind == "A" else "B", outputs, inputs, colours, kernel)


@wrong("mask", message='kind "AB": got')
def with_any_part_of_a_word(kind, outputs, inputs, colours, kernel):
    if kind not in "AB":
        raise ValueError(kind)
    return reference.mask(kind or "A", outputs, inputs, colours, kernel) if kind != "AB" else torch.ones(1)


@wrong("mask", message="expected a float tensor")
def of_booleans(kind, outputs, inputs, colours, kernel):
    return reference.mask(kind, outputs, inputs, colours, kernel).bool()


MASKS = {}  # by the shape of a layer's weight


@wrong("mask", message="each call by its own arguments")
def of_the_last_layer_of_this_shape(kind, outputs, inputs, colours, kernel):
    made = MASKS.setdefault((kind, outputs, inputs, *kernel), reference.mask(kind, outputs, inputs, colours, kernel))
    return made.clone()


# MaskedConv2d


class Masked(nn.Conv2d):
    """What most of the layers below share."""

    def __init__(self, kind, inputs, outputs, colours, kernel):
        super().__init__(inputs, outputs, kernel, padding=(kernel[0] // 2, kernel[1] // 2))
        self.register_buffer("mask", reference.mask(kind, outputs, inputs, colours, kernel))


@right("MaskedConv2d")
class OverwritingItsWeights(Masked):
    """As many public implementations do it: `weight.data` in place, in each pass."""

    def forward(self, x):
        self.weight.data *= self.mask
        x = super().forward(x)
        if self.weight.requires_grad:
            self.weight.register_hook(lambda gradient: gradient * self.mask) if not hasattr(self, "hooked") else None
            self.hooked = True
        return x


@right("MaskedConv2d")
class ByUnfolding(nn.Module):
    """Patches times a matrix."""

    def __init__(self, kind, inputs, outputs, colours, kernel):
        super().__init__()
        self.kernel, self.outputs = kernel, outputs
        self.weight = nn.Parameter(torch.randn(outputs, inputs, *kernel) / 10)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("mask", reference.mask(kind, outputs, inputs, colours, kernel))

    def forward(self, x):
        patches = F.unfold(x, self.kernel, padding=(self.kernel[0] // 2, self.kernel[1] // 2))
        flat = (self.weight * self.mask).flatten(1) @ patches + self.bias[:, None]
        return flat.unflatten(2, x.shape[2:])


@wrong("MaskedConv2d", message="in forward, each time")
class MaskedOnceAtTheStart(Masked):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.weight.data *= self.mask


@wrong("MaskedConv2d", message="in forward, each time")
class WithoutAMask(Masked):
    pass


@wrong("MaskedConv2d", message="multiply the weights by the mask")
class MaskingItsOutput(Masked):
    def forward(self, x):
        return super().forward(x) * self.mask[:, :1, 0, 0][None, :, :, None]


@wrong("MaskedConv2d", message="got shape")
class WithoutPadding(Masked):
    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias)


@wrong("MaskedConv2d", message="multiply the weights by the mask")
class WithoutItsBias(Masked):
    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, padding=self.padding)


@wrong("MaskedConv2d", message="no gradient")
class WithDetachedWeights(Masked):
    def forward(self, x):
        return F.conv2d(x, self.weight.data * self.mask, self.bias, padding=self.padding)


@wrong("MaskedConv2d", message="bias: no gradient arrives")
class WithADetachedBias(Masked):
    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias.data, padding=self.padding)


@wrong("MaskedConv2d", message="weights with a gradient (1) and without (0)")
class OverwritingItsWeightsOnly(Masked):
    """A public PyTorch implementation: gradients still reach what is masked, and count in a norm of all gradients."""

    def forward(self, x):
        self.weight.data *= self.mask
        return super().forward(x)


@wrong("MaskedConv2d", message="dependency of colours")
class DetachedFromItsInput(Masked):
    """Right values, and wrong gradients for what lies before it."""

    def forward(self, x):
        y = F.conv2d(x.detach(), self.weight * self.mask, self.bias, padding=self.padding)
        return y + 0 * x.sum()


@wrong("MaskedConv2d", message="multiply the weights by the mask")
class WithoutTheOrderOfColours(reference.MaskedConv2d):
    """A public gated PixelCNN, where green ignores red and blue ignores green."""

    def __init__(self, kind, inputs, outputs, colours, kernel):
        super().__init__("A", inputs, outputs, 1, kernel)


@wrong("MaskedConv2d", message="no buffer `mask`")
class WithAFrozenParameter(nn.Conv2d):
    def __init__(self, kind, inputs, outputs, colours, kernel):
        super().__init__(inputs, outputs, kernel, padding=(kernel[0] // 2, kernel[1] // 2))
        self.mask = nn.Parameter(reference.mask(kind, outputs, inputs, colours, kernel), requires_grad=False)

    forward = MaskedConv2d.forward


@wrong("MaskedConv2d", message="in eval mode")
class MaskedInTrainingOnly(MaskedConv2d):
    def forward(self, x):
        return super().forward(x) if self.training else F.conv2d(x, self.weight, self.bias, padding=self.padding)


@wrong("MaskedConv2d", message="the kind as it is given")
class WithMaskAForImagesOfOneColour(MaskedConv2d):
    def __init__(self, kind, inputs, outputs, colours, kernel):
        super().__init__("A" if inputs == 1 else kind, inputs, outputs, colours, kernel)


@wrong("MaskedConv2d", message="the kind as it is given")
class WithMaskBForFeatures(MaskedConv2d):
    def __init__(self, kind, inputs, outputs, colours, kernel):
        super().__init__("B" if inputs > colours else kind, inputs, outputs, colours, kernel)


# bits_per_dim


@right("bits_per_dim")
def by_gathering(logits, image):
    log_p = logits.log_softmax(1).gather(1, image.unsqueeze(1)).squeeze(1)
    return -log_p.mean(dim=(1, 2, 3)) / math.log(2)


@right("bits_per_dim")
def by_logsumexp(logits, image):
    chosen = (logits * F.one_hot(image, logits.shape[1]).permute(0, 4, 1, 2, 3)).sum(1)
    return ((logits.logsumexp(1) - chosen) / math.log(2)).flatten(1).mean(1)


@wrong("bits_per_dim", message="Use .reshape")
def by_views(logits, image):
    """The tiles of this lesson lie in memory pixel by pixel, and with them their scores."""
    flat = logits.view(len(logits), logits.shape[1], -1)
    return F.cross_entropy(flat, image.view(len(image), -1), reduction="none").mean(dim=1) / math.log(2)


@wrong("bits_per_dim", message="divide by H, W, C and ln 2")
def in_nats(logits, image):
    return bits_per_dim(logits, image) * math.log(2)


@wrong("bits_per_dim", message="divide by H, W, C and ln 2")
def per_pixel(logits, image):
    return bits_per_dim(logits, image) * image.shape[1]


@wrong("bits_per_dim", message="expected (2,)")
def of_the_whole_batch(logits, image):
    return bits_per_dim(logits, image).mean()


@wrong("bits_per_dim", message="the softmax runs over the levels")
def with_the_softmax_over_colours(logits, image):
    return -logits.log_softmax(2).gather(1, image.unsqueeze(1)).mean(dim=(1, 2, 3, 4)) / math.log(2)


@wrong("bits_per_dim", message="not the log of a softmax")
def with_the_log_of_a_softmax(logits, image):
    return -logits.softmax(1).gather(1, image.unsqueeze(1)).log().mean(dim=(1, 2, 3, 4)) / math.log(2)


@wrong("bits_per_dim", message="of each value, not of the image")
def with_one_maximum_for_each_image(logits, image):
    scores = logits - logits.amax(dim=(1, 2, 3, 4), keepdim=True)
    log_p = scores - scores.exp().sum(1, keepdim=True).log()
    return -log_p.gather(1, image.unsqueeze(1)).mean(dim=(1, 2, 3, 4)) / math.log(2)


@wrong("bits_per_dim", message="no gradient")
def without_a_gradient(logits, image):
    return bits_per_dim(logits, image).detach()


@wrong("bits_per_dim", message="nats times 1 / ln 2")
def with_a_constant(logits, image):
    return torch.full((len(image),), 8.0)


# ResidualBlock


@right("ResidualBlock")
class AsASequence(nn.Module):
    def __init__(self, features, colours, kernel):
        super().__init__()
        self.up = MaskedConv2d("B", features, 2 * features, colours, (1, 1))
        self.across = MaskedConv2d("B", features, features, colours, (kernel, kernel))
        self.down = MaskedConv2d("B", 2 * features, features, colours, (1, 1))

    def forward(self, x):
        return x + nn.Sequential(nn.ReLU(), self.down, nn.ReLU(), self.across, nn.ReLU(), self.up)(x)


@right("ResidualBlock")
class ByClamping(ResidualBlock):
    def forward(self, x):
        for_layer = x.clone()
        for layer in (self.down, self.across, self.up):
            for_layer = layer(for_layer.clamp(min=0))
        return for_layer + x


@wrong("ResidualBlock", message="add x as it came")
class WithoutASkip(ResidualBlock):
    def forward(self, x):
        return super().forward(x) - x


@wrong("ResidualBlock", message="add x as it came")
class AddingTheReluOfItsInput(ResidualBlock):
    def forward(self, x):
        x = F.relu(x)
        return x + self.up(F.relu(self.across(F.relu(self.down(x)))))


@wrong("ResidualBlock", message="relu before each of the three layers")
class WithoutTheFirstRelu(ResidualBlock):
    def forward(self, x):
        return x + self.up(F.relu(self.across(F.relu(self.down(x)))))


@wrong("ResidualBlock", message="mask B in all three")
class WithMaskA(ResidualBlock):
    def __init__(self, features, colours, kernel):
        super().__init__(features, colours, kernel)
        self.across = MaskedConv2d("A", features, features, colours, (kernel, kernel))


@wrong("ResidualBlock", message="mask B in all three")
class WithPlainOneByOnes(ResidualBlock):
    def __init__(self, features, colours, kernel):
        super().__init__(features, colours, kernel)
        self.down = nn.Conv2d(2 * features, features, 1)
        self.up = nn.Conv2d(features, 2 * features, 1)


@wrong("ResidualBlock", message="down maps 2h to h channels")
class WithoutABottleneck(ResidualBlock):
    def __init__(self, features, colours, kernel):
        super().__init__(features, colours, kernel)
        self.down = MaskedConv2d("B", 2 * features, 2 * features, colours, (1, 1))
        self.across = MaskedConv2d("B", 2 * features, features, colours, (kernel, kernel))


@wrong("ResidualBlock", message="in `down`, expected (6, 12, 1, 1)")
class WithNamesExchanged(ResidualBlock):
    """The right function; whoever takes its layers one by one takes the wrong ones."""

    def __init__(self, features, colours, kernel):
        super().__init__(features, colours, kernel)
        self.down, self.up = self.up, self.down

    def forward(self, x):
        return x + self.down(F.relu(self.across(F.relu(self.up(F.relu(x))))))


@wrong("ResidualBlock", message="relu before each of the three layers")
class WithAReluAtTheEnd(ResidualBlock):
    def forward(self, x):
        return x + F.relu(super().forward(x) - x)


@right("ResidualBlock")
class AlsoInASequence(ResidualBlock):
    """The layers have two names each."""

    def __init__(self, features, colours, kernel):
        super().__init__(features, colours, kernel)
        self.branch = nn.Sequential(nn.ReLU(), self.down, nn.ReLU(), self.across, nn.ReLU(), self.up)

    def forward(self, x):
        return x + self.branch(x)


@wrong("ResidualBlock", message="every path must carry its gradient")
class WithADetachedSkip(ResidualBlock):
    def forward(self, x):
        return x.detach() + self.up(F.relu(self.across(F.relu(self.down(F.relu(x))))))


@wrong("ResidualBlock", message="every path must carry its gradient")
class DetachedInTheMiddle(ResidualBlock):
    def forward(self, x):
        return x + self.up(F.relu(self.across(F.relu(self.down(F.relu(x))).detach())))


@wrong("ResidualBlock", message="layers are registered as attributes")
class WithLayersInAList(ResidualBlock):
    def __init__(self, features, colours, kernel):
        super().__init__(features, colours, kernel)
        self.layers = [self.down, self.across, self.up]
        del self.down, self.across, self.up

    def forward(self, x):
        return x + nn.Sequential(nn.ReLU(), self.layers[0], nn.ReLU(), self.layers[1], nn.ReLU(), self.layers[2])(x)


# PixelCNN


class Scaled(PixelCNN):
    """What the networks below share: they differ in what enters the stem."""

    def forward(self, image):
        x = self.stem(self.scaled(image))
        for block in self.blocks:
            x = block(x)
        return self.head(x).unflatten(1, (self.levels, self.colours))


@right("PixelCNN")
class ScaledInTheDefaultType(Scaled):
    def scaled(self, image):
        return 2 * image / (self.levels - 1) - 1


@right("PixelCNN")
class ScaledAsFloats(Scaled):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.body = nn.Sequential(self.stem, *self.blocks)

    def scaled(self, image):
        return image.float() / (self.levels - 1) * 2 - 1


@wrong("PixelCNN", message="it must not see itself or what comes later")
class ScaledByEachLargest(Scaled):
    """Which level is the largest is known at the end only."""

    def scaled(self, image):
        return 2 * image / image.amax((1, 2, 3), keepdim=True).clamp(min=1) - 1


@wrong("PixelCNN", message="levels 0 and 1 only")
class ScaledIfLarge(Scaled):
    def scaled(self, image):
        return 2 * image / (self.levels - 1 if image.max() > 1 else 1) - 1


@wrong("PixelCNN", message="no gradient arrives at the input")
class WithLongLevels(PixelCNN):
    def forward(self, image):
        return super().forward(image.long())


@wrong("PixelCNN", message="blocks in an nn.ModuleList")
class WithBlocksInAList(PixelCNN):
    """They are not among the parameters: no optimiser sees them."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        blocks = [*self.blocks]
        del self.blocks
        self.blocks = blocks


@wrong("PixelCNN", message="no attribute 'stem'")
class WithItsStemElsewhere(PixelCNN):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.first = self.stem
        del self.stem

    def forward(self, image):
        x = self.first(2 * image.to(self.first.weight.dtype) / (self.levels - 1) - 1)
        return self.head(nn.Sequential(*self.blocks)(x)).unflatten(1, (self.levels, self.colours))


@wrong("PixelCNN", message="head[1] and head[3]")
class WithAnotherLayerBeforeTheHead(PixelCNN):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.head = nn.Sequential(nn.Identity(), *self.head)


@wrong("PixelCNN", message="make a new block for each")
class WithOneBlockRepeated(PixelCNN):
    def __init__(self, colours, levels, features, blocks, kernel=3, first=7):
        super().__init__(colours, levels, features, blocks, kernel, first)
        self.blocks = nn.ModuleList([ResidualBlock(features, colours, kernel)] * blocks)


@wrong("PixelCNN", message="across h to h with the large kernel")
class WithSmallKernels(PixelCNN):
    def __init__(self, colours, levels, features, blocks, kernel=3, first=7):
        super().__init__(colours, levels, features, blocks, 3, first)


@wrong("PixelCNN", message="only the last layer starts at zero")
class WithAllOfTheHeadZero(PixelCNN):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        nn.init.zeros_(self.head[1].weight)
        nn.init.zeros_(self.head[1].bias)


@right("PixelCNN")
class OneHotAndBack(PixelCNN):
    """Every score written as a sum over levels: another path to the same numbers."""

    def forward(self, image):
        x = self.stem(image.to(self.stem.weight.dtype).mul(2).div(self.levels - 1).sub(1))
        x = nn.Sequential(*self.blocks)(x)
        x = self.head(x)
        batch, _, height, width = x.shape
        return x.view(batch, self.levels, self.colours, height, width)


@right("PixelCNN")
class WithTheHeadByNames(PixelCNN):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        names = ("relu", "mix", "again", "scores")
        self.head = nn.Sequential(collections.OrderedDict(zip(names, self.head, strict=True)))


@right("PixelCNN")
class ColourByColour(PixelCNN):
    def forward(self, image):
        x = self.stem(image.to(self.stem.bias.dtype) / ((self.levels - 1) / 2) - 1)
        for place in range(len(self.blocks)):
            x = self.blocks[place](x)
        flat = self.head(x)
        return torch.stack([flat[:, colour :: self.colours] for colour in range(self.colours)], dim=2)


@right("PixelCNN")
class WithReluInPlace(PixelCNN):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        for place in (0, 2):
            self.head[place] = nn.ReLU(inplace=True)


@wrong("PixelCNN", message="weights and bias of the last layer start at zero")
class WithARandomHead(PixelCNN):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.head[-1].reset_parameters()


@wrong("PixelCNN", message="it must not see itself")
class WithMaskBFirst(PixelCNN):
    """The loss falls to zero: the model copies the answer."""

    def __init__(self, colours, levels, features, blocks, kernel=3, first=7):
        super().__init__(colours, levels, features, blocks, kernel, first)
        self.stem = MaskedConv2d("B", colours, 2 * features, colours, (first, first))


@wrong("PixelCNN", message="mask B")
class WithMaskAInTheHead(PixelCNN):
    def __init__(self, colours, levels, features, blocks, kernel=3, first=7):
        super().__init__(colours, levels, features, blocks, kernel, first)
        self.head[1] = MaskedConv2d("A", 2 * features, 2 * features, colours, (1, 1))


@wrong("PixelCNN", message="it must not see itself or what comes later")
class WithAPlainHead(PixelCNN):
    def __init__(self, colours, levels, features, blocks, kernel=3, first=7):
        super().__init__(colours, levels, features, blocks, kernel, first)
        self.head[1] = nn.Conv2d(2 * features, 2 * features, 3, padding=1)


@wrong("PixelCNN", message="output channel l C + c is level l")
class WithLevelsAndColoursMixedUp(PixelCNN):
    def forward(self, image):
        flat = super().forward(image).flatten(1, 2)
        return flat.unflatten(1, (self.colours, self.levels)).transpose(1, 2)


@wrong("PixelCNN", message="all blocks in turn")
class WithOneBlockForAll(PixelCNN):
    """`[block] * n` repeats one block."""

    def __init__(self, colours, levels, features, blocks, kernel=3, first=7):
        super().__init__(colours, levels, features, blocks, kernel, first)
        one = self.blocks[0]
        self.blocks = nn.ModuleList([one] + [ResidualBlock(features, colours, kernel) for _ in range(blocks - 1)])

    def forward(self, image):
        x = self.stem(2 * image.to(self.stem.weight.dtype) / (self.levels - 1) - 1)
        for _ in self.blocks:
            x = self.blocks[0](x)
        return self.head(x).unflatten(1, (self.levels, self.colours))


@wrong("PixelCNN", message="scale by 2 x / (L - 1) - 1")
class ScaledToOne(PixelCNN):
    def forward(self, image):
        return super().forward((image / (self.levels - 1) + 1) * (self.levels - 1) / 2)


@wrong("PixelCNN", message="it must not see itself or what comes later")
class WithANormOverPixels(PixelCNN):
    """The mean runs over all pixels of an image, also those to come."""

    def forward(self, image):
        x = self.stem(2 * image.to(self.stem.weight.dtype) / (self.levels - 1) - 1)
        x = F.instance_norm(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x).unflatten(1, (self.levels, self.colours))


# train


@right("train")
def with_gradients_by_function(model, images, steps, batch, learning_rate, seed):
    random = np.random.default_rng(seed)
    weights = [*model.parameters()]
    adam = torch.optim.Adam(weights, learning_rate)
    history = []
    for _ in range(steps):
        chosen = images[torch.from_numpy(random.integers(len(images), size=batch))]
        loss = F.cross_entropy(model(chosen), chosen) / math.log(2)
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.grad = gradient
        adam.step()
        history.append(loss.item())
    return history


@right("train")
def with_torch_seeded_and_the_cost_by_a_pass_of_its_own(model, images, steps, batch, learning_rate, seed):
    torch.manual_seed(seed)
    adam = torch.optim.Adam(model.parameters(), learning_rate)
    history = []
    for _ in range(steps):
        chosen = images[torch.randint(len(images), (batch,))]
        with torch.no_grad():
            history.append(bits_per_dim(model(chosen), chosen).mean().item())
        adam.zero_grad()
        bits_per_dim(model(chosen), chosen).mean().backward()
        adam.step()
    return history


@right("train")
def with_batches_in_parts(model, images, steps, batch, learning_rate, seed):
    """Gradients of the parts add up, as where a whole batch does not fit the memory."""
    generator = torch.Generator().manual_seed(seed)
    adam = torch.optim.Adam(model.parameters(), learning_rate)
    history = [0.0] * steps
    for step in range(steps):
        adam.zero_grad()
        for part in images[torch.randint(len(images), (batch,), generator=generator)].split(5):
            loss = bits_per_dim(model(part), part).sum() / batch
            loss.backward()
            history[step] += loss.item()
        adam.step()
    return history


@wrong("train", message="with replacement")
def with_epochs_cut_to_size(model, images, steps, batch, learning_rate, seed):
    """Each image comes as often as any other: that is no draw with replacement."""
    generator = torch.Generator().manual_seed(seed)
    adam = torch.optim.Adam(list(model.parameters()), learning_rate)
    order, history = torch.empty(0, dtype=torch.long), []
    while len(history) < steps:
        while len(order) < batch:
            order = torch.cat([order, torch.randperm(len(images), generator=generator)])
        chosen, order = images[order[:batch]], order[batch:]
        loss = bits_per_dim(model(chosen), chosen).mean()
        for weight in model.parameters():
            weight.grad = None
        loss.backward()
        adam.step()
        history.append(float(loss.detach()))
    return history


@wrong("train", message="zero_grad in every step")
def without_zero_grad(model, images, steps, batch, learning_rate, seed):
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    history = []
    for _ in range(steps):
        chosen = images[torch.randint(len(images), (batch,), generator=generator)]
        loss = bits_per_dim(model(chosen), chosen).mean()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    return history


@wrong("train", message="a model can come with gradients of another use")
def with_zero_grad_after_each_step(model, images, steps, batch, learning_rate, seed):
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    history = []
    for _ in range(steps):
        chosen = images[torch.randint(len(images), (batch,), generator=generator)]
        loss = bits_per_dim(model(chosen), chosen).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        history.append(loss.item())
    return history


@wrong("train", message="must be drawn at random")
def on_the_first_images_only(model, images, steps, batch, learning_rate, seed):
    return reference.train(model, images[:1], steps, batch, learning_rate, seed)


@wrong("train", message="drawn from all images")
def on_a_part_of_the_images(model, images, steps, batch, learning_rate, seed):
    return reference.train(model, images[: len(images) // 20 + 1], steps, batch, learning_rate, seed)


@wrong("train", message="draw batches from torch.Generator")
def without_the_seed(model, images, steps, batch, learning_rate, seed):
    return reference.train(model, images, steps, batch, learning_rate, int(torch.randint(10**6, ())))


@wrong("train", message="first step of")
def without_a_step(model, images, steps, batch, learning_rate, seed):
    return [float(bits_per_dim(model(images), images).mean().detach()) for _ in range(steps)]


@wrong("train", message="first step of")
def upwards(model, images, steps, batch, learning_rate, seed):
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, maximize=True)
    loss = bits_per_dim(model(images), images).mean()
    loss.backward()
    optimizer.step()
    return [loss.item()] * steps


@wrong("train", message="the cost before the update, bits per value")
def with_the_cost_in_nats(model, images, steps, batch, learning_rate, seed):
    return [bits * math.log(2) for bits in reference.train(model, images, steps, batch, learning_rate, seed)]


@wrong("train", message="apart from the learning rate")
def with_other_settings(model, images, steps, batch, learning_rate, seed):
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.5, 0.999))
    generator = torch.Generator().manual_seed(seed)
    history = []
    for _ in range(steps):
        chosen = images[torch.randint(len(images), (batch,), generator=generator)]
        loss = bits_per_dim(model(chosen), chosen).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    return history


def train_with(model, images, steps, learning_rate, choose, cost=torch.Tensor.item):
    """The steps that the wrong answers below share; `choose` gives the numbers of a batch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    history = []
    for _ in range(steps):
        chosen = images[choose()]
        loss = bits_per_dim(model(chosen), chosen).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(cost(loss))
    return history


@wrong("train", message="the same batches come again")
def on_one_batch(model, images, steps, batch, learning_rate, seed):
    chosen = torch.randint(len(images), (batch,), generator=torch.Generator().manual_seed(seed))
    return train_with(model, images, steps, learning_rate, lambda: chosen)


@wrong("train", message="with replacement")
def without_replacement(model, images, steps, batch, learning_rate, seed):
    generator = torch.Generator().manual_seed(seed)
    return train_with(model, images, steps, learning_rate, lambda: torch.randperm(len(images), generator=generator)[:batch])


@wrong("train", message="no image comes twice in a batch")
def with_replacement_where_images_are_few(model, images, steps, batch, learning_rate, seed):
    generator = torch.Generator().manual_seed(seed)

    def choose():
        few = len(images) < batch
        return (
            torch.randint(len(images), (batch,), generator=generator) if few else torch.randperm(len(images), generator=generator)[:batch]
        )

    return train_with(model, images, steps, learning_rate, choose)


@wrong("train", message="the same batches come again")
def on_five_batches(model, images, steps, batch, learning_rate, seed):
    generator = torch.Generator().manual_seed(seed)
    batches = itertools.cycle([torch.randint(len(images), (batch,), generator=generator) for _ in range(5)])
    return train_with(model, images, steps, learning_rate, lambda: next(batches))


@wrong("train", message="of the model's weights, expected 30")
def on_a_copy(model, images, steps, batch, learning_rate, seed):
    return reference.train(copy.deepcopy(model), images, steps, batch, learning_rate, seed)


@wrong("train", message="never came")
def without_the_last(model, images, steps, batch, learning_rate, seed):
    return reference.train(model, images[: max(1, len(images) - 1)], steps, batch, learning_rate, seed)


@wrong("train", message="the cost of each batch before its update")
def with_the_first_cost(model, images, steps, batch, learning_rate, seed):
    return reference.train(model, images, steps, batch, learning_rate, seed)[:1] * steps


@wrong("train", message="expected a list of floats")
def with_a_history_of_tensors(model, images, steps, batch, learning_rate, seed):
    generator = torch.Generator().manual_seed(seed)
    return train_with(model, images, steps, learning_rate, lambda: torch.randint(len(images), (batch,), generator=generator), torch.clone)


# draw


@right("draw")
def by_searching(logits, uniforms):
    cumulative = logits.softmax(1).cumsum(1)
    return torch.searchsorted(cumulative, uniforms[:, None].contiguous(), right=True)[:, 0].clamp(max=logits.shape[1] - 1)


@right("draw")
def row_by_row(logits, uniforms):
    levels = []
    for scores, uniform in zip(logits, uniforms, strict=True):
        total, level = 0.0, -1
        for probability in (scores - scores.max()).exp() / (scores - scores.max()).exp().sum():
            level += 1
            total += float(probability)
            if total > float(uniform):
                break
        levels.append(level)
    return torch.tensor(levels)


@wrong("draw", message="not the most likely level")
def the_most_likely(logits, uniforms):
    return logits.argmax(1)


@wrong("draw", message="draw in proportion")
def by_torch(logits, uniforms):
    return torch.multinomial(logits.softmax(1), 1)[:, 0]


@wrong("draw", message="softmax over the levels first")
def from_scores(logits, uniforms):
    return (logits.cumsum(1) <= uniforms[:, None]).sum(1).clamp(max=logits.shape[1] - 1)


@wrong("draw", message="clamp to the last level")
def without_a_clamp(logits, uniforms):
    return (logits.softmax(1).cumsum(1) <= uniforms[:, None]).sum(1)


@wrong("draw", message="largest of 16 levels")
def with_bytes_in_mind(logits, uniforms):
    return (logits.softmax(1).cumsum(1) <= uniforms[:, None]).sum(1).clamp(max=255)


@wrong("draw", message="no squeeze")
def without_the_batch_of_one(logits, uniforms):
    return by_searching(logits, uniforms).squeeze()


@wrong("draw", message="strictly larger than u")
def with_the_first_at_least_as_large(logits, uniforms):
    return (logits.softmax(1).cumsum(1) < uniforms[:, None]).sum(1).clamp(max=logits.shape[1] - 1)


@wrong("draw", message="cumulative probability is larger than u")
def one_too_high(logits, uniforms):
    return (by_searching(logits, uniforms) + 1).clamp(max=logits.shape[1] - 1)


@wrong("draw", message="cumulative probability is larger than u")
def with_a_softmax_over_the_batch(logits, uniforms):
    return (logits.softmax(0).cumsum(1) <= uniforms[:, None]).sum(1).clamp(max=logits.shape[1] - 1)


@wrong("draw", message="clamp to the last level")
def with_the_first_level_as_last_resort(logits, uniforms):
    return (logits.softmax(1).cumsum(1) > uniforms[:, None]).int().argmax(1)


@wrong("draw", message="subtracts the largest score")
def with_a_bare_exp(logits, uniforms):
    shares = logits.exp() / logits.exp().sum(1, keepdim=True)
    return (shares.cumsum(1) <= uniforms[:, None]).sum(1).clamp(max=logits.shape[1] - 1)


# sample


@right("sample")
def along_the_page(model, uniforms, image=None, known=None):
    known = torch.zeros_like(uniforms, dtype=torch.bool) if known is None else known
    image = torch.zeros_like(uniforms, dtype=torch.long) if image is None else image * known
    _, colours, height, width = uniforms.shape
    for place in range(height * width * colours):
        row, column, colour = place // colours // width, place // colours % width, place % colours
        logits = model(image)[:, :, colour, row, column]
        level = by_searching(logits, uniforms[:, colour, row, column])
        free = ~known[:, colour, row, column]
        image[free, colour, row, column] = level[free]
    return image


@right("sample")
def image_by_image(model, uniforms, image=None, known=None):
    out = []
    for place in range(len(uniforms)):
        part = slice(place, place + 1)
        out.append(reference.sample(model, uniforms[part], None if image is None else image[part], None if known is None else known[part]))
    return torch.cat(out)


@right("sample")
def on_the_rows_so_far(model, uniforms, image=None, known=None):
    """A causal model has no need of the rows below."""
    drawn = torch.zeros_like(uniforms, dtype=torch.long) if image is None else image * known
    _, colours, height, width = uniforms.shape
    for row, column, colour in itertools.product(range(height), range(width), range(colours)):
        logits = model(drawn[:, :, : row + 1])[:, :, colour, row, column]
        level = reference.draw(logits, uniforms[:, colour, row, column])
        given = torch.zeros_like(level, dtype=torch.bool) if known is None else known[:, colour, row, column]
        drawn[:, colour, row, column] = torch.where(given, drawn[:, colour, row, column], level)
    return drawn


@wrong("sample", message="unknown values are 0 when the model is asked")
def starting_from_ones(model, uniforms, image=None, known=None):
    start = torch.ones_like(uniforms, dtype=torch.long)
    free = torch.ones_like(start, dtype=torch.bool) if known is None else ~known
    return starting_from_the_whole_image(model, uniforms, start if image is None else torch.where(free, start, image), ~free)


@wrong("sample", message="one pass for each value")
def in_one_pass(model, uniforms, image=None, known=None):
    """All values from one pass: a product of unrelated marginals."""
    start = torch.zeros_like(uniforms, dtype=torch.long) if image is None else image * known
    logits = model(start)
    flat = logits.permute(0, 2, 3, 4, 1).flatten(0, 3)
    drawn = reference.draw(flat, uniforms.flatten()).view(uniforms.shape)
    return drawn if known is None else torch.where(known, image, drawn)


@wrong("sample", message="one pass for each value, red first")
def with_all_colours_at_once(model, uniforms, image=None, known=None):
    drawn = torch.zeros_like(uniforms, dtype=torch.long) if image is None else image * known
    _, colours, height, width = uniforms.shape
    for row in range(height):
        for column in range(width):
            logits = model(drawn)[..., row, column]
            for colour in range(colours):
                level = reference.draw(logits[:, :, colour], uniforms[:, colour, row, column])
                drawn[:, colour, row, column] = (
                    level if known is None else torch.where(known[:, colour, row, column], image[:, colour, row, column], level)
                )
    return drawn


@wrong("sample", message="one pass for each value")
def column_by_column(model, uniforms, image=None, known=None):
    turned = [None if x is None else x.transpose(2, 3) for x in (image, known)]
    return reference.sample(lambda x: model(x.transpose(2, 3)).transpose(3, 4), uniforms.transpose(2, 3), *turned).transpose(2, 3)


@wrong("sample", message="one pass for each value")
def the_most_likely_image(model, uniforms, image=None, known=None):
    return reference.sample(lambda x: 1e6 * model(x), uniforms, image, known)


@wrong("sample", message="a known value is never drawn")
def forgetting_what_is_known(model, uniforms, image=None, known=None):
    return reference.sample(model, uniforms)


@wrong("sample", message="one pass for each value")
def pasting_what_is_known_at_the_end(model, uniforms, image=None, known=None):
    drawn = reference.sample(model, uniforms)
    return drawn if known is None else torch.where(known, image, drawn)


@wrong("sample", message="copy the known values only")
def starting_from_the_whole_image(model, uniforms, image=None, known=None):
    if known is None:
        return reference.sample(model, uniforms)
    drawn = image.clone()
    _, colours, height, width = uniforms.shape
    for row in range(height):
        for column in range(width):
            for colour in range(colours):
                level = reference.draw(model(drawn)[:, :, colour, row, column], uniforms[:, colour, row, column])
                drawn[:, colour, row, column] = torch.where(known[:, colour, row, column], drawn[:, colour, row, column], level)
    return drawn


@wrong("sample", message="smallest of 256 levels")
def into_bytes_with_a_sign(model, uniforms, image=None, known=None):
    return reference.sample(model, uniforms, image, known).to(torch.int8)


# fold


@right("fold")
def by_gathering_taps(layer):
    height, width = layer.kernel_size
    taps = [(layer.weight * layer.mask)[:, :, row, column] for row in range(height // 2 + 1) for column in range(width)]
    return torch.stack(taps, dim=1).flatten(1)


@right("fold")
def by_asking_the_layer(layer):
    """The layer's answers to one bright pixel after another."""
    height, width = layer.kernel_size
    columns = []
    for row in range(height // 2 + 1):
        for column in range(width):
            for channel in range(layer.in_channels):
                x = torch.zeros(1, layer.in_channels, height, width, dtype=layer.weight.dtype)
                still = layer(x)
                x[0, channel, row, column] = 1
                columns.append((layer(x) - still)[0, :, height // 2, width // 2])
    return torch.stack(columns, dim=1)


@wrong("fold", message="weights times mask")
def fold_without_the_mask(layer):
    return layer.weight[:, :, : layer.kernel_size[0] // 2 + 1].permute(0, 2, 3, 1).flatten(1)


@wrong("fold", message="axes in the order rows, columns, inputs")
def fold_with_channels_first(layer):
    return (layer.weight * layer.mask)[:, :, : layer.kernel_size[0] // 2 + 1].flatten(1)


@wrong("fold", message="got shape")
def fold_with_all_rows(layer):
    return (layer.weight * layer.mask).permute(0, 2, 3, 1).flatten(1)


@wrong("fold", message="got shape")
def fold_without_the_own_row(layer):
    return (layer.weight * layer.mask)[:, :, : layer.kernel_size[0] // 2].permute(0, 2, 3, 1).flatten(1)


@wrong("fold", message="axes in the order rows, columns, inputs")
def fold_with_rows_and_columns_exchanged(layer):
    return (layer.weight * layer.mask)[:, :, : layer.kernel_size[0] // 2 + 1].permute(0, 3, 2, 1).flatten(1)


@wrong("fold", message="as they are now")
def fold_of_the_first_call(layer):
    if not hasattr(layer, "kept"):
        layer.kept = reference.fold(layer).detach()
    return layer.kept


# conv_at


@right("conv_at")
def by_the_whole_map(layer, padded, row, column):
    height, width = layer.kernel_size
    inner = padded[:, height // 2 : padded.shape[1] - height // 2, width // 2 : padded.shape[2] - width // 2]
    return layer(inner.permute(0, 3, 1, 2))[:, :, row, column]


@right("conv_at")
def by_a_sum_of_products(layer, padded, row, column):
    height, width = layer.kernel_size
    patch = padded[:, row : row + height, column : column + width]
    return torch.einsum("bhwi,oihw->bo", patch, layer.weight * layer.mask) + layer.bias


@wrong("conv_at", message="and the bias")
def without_the_bias(layer, padded, row, column):
    return conv_at(layer, padded, row, column) - layer.bias


@wrong("conv_at", message="the patch begins at (row, column)")
def rows_and_columns_exchanged(layer, padded, row, column):
    height, width = layer.kernel_size
    last_row, last_column = padded.shape[1] - height, padded.shape[2] - width
    return conv_at(layer, padded, min(column, last_row), min(row, last_column))


@wrong("conv_at", message="the patch begins at (row, column)")
def at_a_patch_that_is_shifted(layer, padded, row, column):
    return conv_at(layer, F.pad(padded, (0, 0, layer.kernel_size[1] // 2, 0, layer.kernel_size[0] // 2, 0)), row, column)


@wrong("conv_at", message="mat1 and mat2 shapes cannot be multiplied")
def with_the_rows_below(layer, padded, row, column):
    height, width = layer.kernel_size
    return F.linear(padded[:, row : row + height, column : column + width].flatten(1), layer.matrix, layer.bias)


@wrong("conv_at", message="expected (2, 2)")
def with_the_axes_of_a_map(layer, padded, row, column):
    return conv_at(layer, padded, row, column)[:, :, None, None]


@wrong("conv_at", message="the patch begins at (row, column)")
def of_the_mean_over_the_batch(layer, padded, row, column):
    return conv_at(layer, padded.mean(dim=0, keepdim=True).expand_as(padded), row, column)


@wrong("conv_at", message="keep the batch axis")
def without_the_axis_of_one(layer, padded, row, column):
    return conv_at(layer, padded, row, column).squeeze(0)


# logits_at


@right("logits_at")
def writing_by_hand(model, caches, row, column):
    x = by_a_sum_of_products(model.stem, caches[0], row, column)
    for place, block in enumerate(model.blocks, 1):
        margin = block.across.kernel_size[0] // 2
        caches[place][:, margin + row, margin + column] = block.down(x[:, :, None, None].relu()).relu()[:, :, 0, 0]
        hidden = by_a_sum_of_products(block.across, caches[place], row, column).relu()
        x = x + block.up(hidden[:, :, None, None])[:, :, 0, 0]
    return model.head(x[:, :, None, None]).view(len(x), model.levels, model.colours)


@right("logits_at")
def by_small_maps(model, caches, row, column):
    """Each layer on a map of one pixel."""
    x = conv_at(model.stem, caches[0], row, column)[..., None, None]
    for block, cache in zip(model.blocks, caches[1:], strict=True):
        put(block.across, cache, F.relu(block.down(F.relu(x)))[..., 0, 0], row, column)
        x = x + block.up(F.relu(conv_at(block.across, cache, row, column))[..., None, None])
    return model.head(x).unflatten(1, (model.levels, model.colours))[..., 0, 0]


@wrong("logits_at", message="features that are kept are the point")
def by_the_whole_network(model, caches, row, column):
    """The image out of its cache, and a full pass: right, and as slow as before."""
    margin = model.stem.kernel_size[0] // 2
    inner = caches[0][:, margin:-margin, margin:-margin].permute(0, 3, 1, 2)
    return model((inner + 1) / 2 * (model.levels - 1))[..., row, column]


def logits_with(model, caches, row, column, early=True, late=False, inner=F.relu, skip=1):
    """The steps that the wrong answers below change."""
    x = conv_at(model.stem, caches[0], row, column)
    for block, cache in zip(model.blocks, caches[1:], strict=True):
        hidden = inner(F.linear(F.relu(x), block.down.matrix, block.down.bias))
        if early:
            put(block.across, cache, hidden, row, column)
        x = skip * x + F.linear(F.relu(conv_at(block.across, cache, row, column)), block.up.matrix, block.up.bias)
        if late:
            put(block.across, cache, hidden, row, column)
    for layer in (model.head[1], model.head[3]):
        x = F.linear(F.relu(x), layer.matrix, layer.bias)
    return x.unflatten(1, (model.levels, model.colours))


@wrong("logits_at", message="first, then use conv_at on it")
def writing_too_late(model, caches, row, column):
    return logits_with(model, caches, row, column, early=False, late=True)


@wrong("logits_at", message="write relu(down(relu(x))) into the block's cache")
def without_writing(model, caches, row, column):
    return logits_with(model, caches, row, column, early=False)


@wrong("logits_at", message="write relu(down(relu(x)))")
def with_a_relu_missing_in_the_cache(model, caches, row, column):
    return logits_with(model, caches, row, column, inner=lambda x: x)


@wrong("logits_at", message="into the block's cache, in place")
def into_new_tensors(model, caches, row, column):
    """The list changes, and not the tensors that others hold."""
    caches[1:] = [cache.clone() for cache in caches[1:]]
    return reference.logits_at(model, caches, row, column)


@wrong("logits_at", message="add to x")
def without_the_skip(model, caches, row, column):
    return logits_with(model, caches, row, column, skip=0)


@wrong("logits_at", message="head last")
def with_levels_and_colours_exchanged(model, caches, row, column):
    logits = reference.logits_at(model, caches, row, column)
    return logits.flatten(1).unflatten(1, (model.colours, model.levels)).transpose(1, 2)


@wrong("logits_at", message="write relu(down(relu(x))) into the block's cache")
def with_one_cache_for_all_blocks(model, caches, row, column):
    return reference.logits_at(model, [caches[0], *[caches[1]] * (len(caches) - 1)], row, column)


# receptive_field


@right("receptive_field")
def by_autograd(network, inputs, size, row, column):
    x = torch.zeros(1, inputs, size, size).requires_grad_()
    y = network(x)
    one = torch.zeros_like(y)
    one[:, :, row, column] = 1
    return torch.autograd.grad(y, x, one)[0].abs().sum((0, 1))


@right("receptive_field")
def by_a_jacobian(network, inputs, size, row, column):
    x = torch.zeros(1, inputs, size, size)
    return torch.autograd.functional.jacobian(lambda x: network(x)[0, :, row, column], x).sum(0)[0].abs().sum(0)


@wrong("receptive_field", message="not a difference")
def by_changing_one_pixel_at_a_time(network, inputs, size, row, column):
    """A difference is the gradient of a linear network only."""
    with torch.no_grad():
        ones = torch.eye(inputs * size * size).view(-1, inputs, size, size)
        still = network(torch.zeros(1, inputs, size, size))
        change = torch.cat([network(one[None]) - still for one in ones])[:, :, row, column].sum(1)
    return change.view(inputs, size, size).abs().sum(0)


@wrong("receptive_field", message="expected 91")
def of_all_outputs(network, inputs, size, row, column):
    x = torch.ones(1, inputs, size, size, requires_grad=True)
    network(x).sum().backward()
    return x.grad[0].abs().sum(0)


@wrong("receptive_field", message="the gradient of that one pixel's output")
def rows_for_columns(network, inputs, size, row, column):
    return reference.receptive_field(network, inputs, size, column, row)


@wrong("receptive_field", message="absolute values before the sum")
def with_signs(network, inputs, size, row, column):
    x = torch.ones(1, inputs, size, size, requires_grad=True)
    network(x)[0, :, row, column].sum().backward()
    return x.grad[0].sum(0)


@wrong("receptive_field", message="the gradient of that one pixel's output")
def yes_or_no(network, inputs, size, row, column):
    return (reference.receptive_field(network, inputs, size, row, column) > 0).float()


@wrong("receptive_field", message="all output channels together")
def of_the_first_channel(network, inputs, size, row, column):
    x = torch.ones(1, inputs, size, size, requires_grad=True)
    network(x)[0, 0, row, column].backward()
    return x.grad[0].abs().sum(0)


@wrong("receptive_field", message="all output channels together")
def output_by_output(network, inputs, size, row, column):
    x = torch.zeros(1, inputs, size, size)
    return torch.autograd.functional.jacobian(lambda x: network(x)[0, :, row, column], x).abs().sum((0, 1, 2))


@wrong("receptive_field", message="expected 91")
def of_everything_before(network, inputs, size, row, column):
    """What one would like to see."""
    return (torch.arange(size * size).view(size, size) < row * size + column).float()
