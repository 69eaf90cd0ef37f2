# %% [markdown]
# # 2. PixelCNN
#
# A GAN draws pictures and cannot say how likely one is. An autoregressive model can: it turns the joint distribution of all pixels into a
# product of small questions, "what is this value, given everything before it?", and answers all of them at once with one network that is
# not allowed to look ahead. You build it from a convolution with a mask, train it by plain maximum likelihood, compare its bits with known
# entropies, and draw from it, first the slow way and then a hundred times faster. Its field of view has a hole, which lesson 3 closes.
#
# *Lecture:* [autoregressive models](../lectures/a02_pixelcnn.md). *Time:* three hours of reading and writing; the demos run in about 3
# minutes on two CPU cores (QUICK) and are laid out for 10 minutes on one GPU (FULL, not measured yet, see the end). *Data:* MNIST digits
# (CC BY-SA 3.0) and game tiles (CC0 1.0). *Source:* van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel Recurrent Neural Networks" (2016).
#
# **Conventions.** Images are `(B, C, H, W)` integers, the *levels*. New tensors go where the input is (`x.new_zeros(3)`, `torch.arange(3,
# device=x.device)`): then the same code runs on a GPU. The checks notice, on any machine, what would not.

# %%
import math
import time
from dataclasses import dataclass
from itertools import product

import torch
from torch import nn
from torch.nn import functional as F

from assignments.common import devices, likelihood, pictures
from assignments.common.results import result
from assignments.common.show import show_figure, show_image
from autograder.checks import a02_pixelcnn as check
from data_scripts import small_images

SEED = 0  # of all runs below

# %% [markdown]
# ## 2.1 An image is a sequence
#
# Read an image like a page: rows from top to bottom, in each row from left to right, and at each pixel red, then green, then blue. With the
# values in that order, the chain rule writes any distribution as
#
# $$ p(\mathbf{x}) = \prod_{i} p(x_i \mid x_1, \dots, x_{i-1}) \tag{2.1} $$
#
# Nothing is approximated in (2.1); the model enters where one network computes all the factors. It reads the whole image and gives, for
# every value, the scores (logits) of all levels, but the scores of $x_i$ may depend on $x_1 \dots x_{i-1}$ only. A convolution obeys that
# if the taps of its kernel that reach ahead are multiplied by zero. At the centre tap, colour decides:
#
# $$ M_{o,i}^{\text{centre}} = \begin{cases} [\,\mathrm{colour}(i) < \mathrm{colour}(o)\,] & \text{mask A} \\
#    [\,\mathrm{colour}(i) \le \mathrm{colour}(o)\,] & \text{mask B} \end{cases} \tag{2.2} $$
#
# where $\mathrm{colour}(c) = c \bmod n$ for channel $c$ of any layer, for images of $n$ colours: channels 0, 3, 6, ... of a colour network
# belong to red, 1, 4, 7, ... to green, 2, 5, 8, ... to blue. In the image a channel holds its colour; after the first layer it holds what
# may be used to *predict* it: of its own pixel, red's channels know nothing, green's know red, blue's know red and green. Taps in the rows
# above the centre, and to its left in the same row, are 1; all others 0.
#
# Mask A stands only in the first layer, where "own colour at the centre" is the very value to be predicted. After it, the feature at a
# pixel no longer holds the value of that pixel, so every later layer may look at its own position (mask B). With A in all layers,
# information about the left neighbour would lose one pixel per layer.


# %% exercise="mask"
def mask(kind: str, outputs: int, inputs: int, colours: int, kernel: tuple[int, int]) -> torch.Tensor:
    """Which weights of a convolution may be used, Eq. (2.2).

    Args:
        kind: "A" (first layer) or "B" (all others).
        outputs, inputs: number of channels; channel c belongs to colour c % colours on both sides.
        colours: 1 for grey images, 3 for red, green, blue.
        kernel: (height, width), both odd.

    Returns:
        (outputs, inputs, height, width) float tensor of zeros and ones.

    Raises:
        ValueError: `kind` is neither "A" nor "B".

    Source: van den Oord et al. (2016), section 3.4.
    """
    # BEGIN SOLUTION
    if kind not in ("A", "B"):
        raise ValueError(f'kind must be "A" or "B", got {kind!r}')
    row, column = kernel[0] // 2, kernel[1] // 2
    allowed = torch.zeros(outputs, inputs, *kernel)
    allowed[:, :, :row] = 1
    allowed[:, :, row, :column] = 1
    own = torch.arange(outputs)[:, None] % colours
    seen = torch.arange(inputs)[None, :] % colours
    allowed[:, :, row, column] = (seen < own if kind == "A" else seen <= own).float()  # (2.2)
    return allowed
    # END SOLUTION


# %% check="mask"
if __name__ == "__main__":
    check.mask(mask)

# %% [markdown]
# ## 2.2 A convolution that cannot look ahead
#
# The mask must hold in every forward pass. Multiplying the weights once, when the layer is made, is not enough: the next optimiser step
# writes into the zeros again.
#
# $$ y = (W \odot M) * x + b \tag{2.3} $$
#
# The layer is an `nn.Conv2d`, so `self.weight` and `self.bias` are there once its `__init__` has run. Keep the mask with
# `self.register_buffer("mask", ...)`: a buffer moves to the GPU with the layer and is no parameter. Pad with zeros so that height and width
# stay.


# %% exercise="MaskedConv2d"
class MaskedConv2d(nn.Conv2d):
    """Convolution with stride 1 that keeps the size of the image and uses only the weights its mask allows, Eq. (2.3).

    Args:
        kind, inputs, outputs, colours, kernel: as for `mask`; mind the order here, inputs first as in torch.

    The layer maps (B, inputs, H, W) to (B, outputs, H, W), and has the buffer `mask`. By (2.3) masked weights get zero gradients.
    """

    def __init__(self, kind: str, inputs: int, outputs: int, colours: int, kernel: tuple[int, int]) -> None:
        # BEGIN SOLUTION
        super().__init__(inputs, outputs, kernel, padding=(kernel[0] // 2, kernel[1] // 2))
        self.register_buffer("mask", mask(kind, outputs, inputs, colours, kernel))
        # END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # BEGIN SOLUTION
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)  # (2.3)
        # END SOLUTION


# %% check="MaskedConv2d"
if __name__ == "__main__":
    check.MaskedConv2d(MaskedConv2d)

# %% [markdown]
# ## 2.3 How good is a guess? Bits per value
#
# The value of a pixel is one of $L$ levels (256, or 2 for black and white). The network treats them as classes: no level is "near" another
# until it learns so, and any shape of distribution can be expressed. With scores $s_{i,0}, \dots, s_{i,L-1}$ for value $i$, the cost of an
# image in bits per value ("bits per dimension", the unit of the papers) is
#
# $$ b = \frac{-1}{H W C \ln 2} \sum_i \ln \frac{e^{s_{i,x_i}}}{\sum_l e^{s_{i,l}}} \tag{2.4} $$
#
# Two forgotten factors make published numbers wrong: $\ln 2$ (nats sold as bits) and $C$ (bits per pixel instead of per value). A model
# that knows nothing pays $\log_2 L$: 8 bits at 256 levels. The tensor of scores has the levels in axis 1, (B, L, C, H, W), where torch's
# own losses expect classes.


# %% exercise="bits_per_dim"
def bits_per_dim(logits: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    """Cost of each image in bits per value, Eq. (2.4).

    Args:
        logits: (B, L, C, H, W) scores of L levels for each value.
        image: (B, C, H, W) integers from 0 to L-1.

    Returns:
        (B,) bits per value; differentiable.
    """
    # BEGIN SOLUTION
    log_p = logits.log_softmax(dim=1)  # (B, L, C, H, W)
    nats = -log_p.gather(1, image[:, None]).flatten(1)  # (B, C H W)
    return nats.mean(dim=1) / math.log(2)  # (2.4)
    # END SOLUTION


# %% check="bits_per_dim"
if __name__ == "__main__":
    check.bits_per_dim(bits_per_dim)

# %% [markdown]
# ## 2.4 A residual block
#
# The trunk carries $2h$ channels. A block squeezes them to $h$, looks around with a $k \times k$ kernel, widens again, and adds the result:
#
# $$ x \leftarrow x + U\big(\mathrm{relu}(K(\mathrm{relu}(D(\mathrm{relu}(x)))))\big) \tag{2.5} $$
#
# $D$ and $U$ are $1 \times 1$, $K$ is $k \times k$, all with mask B (a $1 \times 1$ kernel has a centre tap too: it mixes colours). No
# batch norm: in training its mean runs over all pixels, also those to come, and each score would know a little of the future.


# %% exercise="ResidualBlock"
class ResidualBlock(nn.Module):
    """Residual block of masked convolutions, Eq. (2.5): (B, 2h, H, W) to the same shape.

    Args:
        features: h, a multiple of `colours`.
        colours: as for `mask`.
        kernel: side k of the kernel in the middle, odd.

    The three layers are the attributes `down`, `across` and `up`; a later exercise uses them one by one.

    Source: van den Oord et al. (2016), figure 5, left.
    """

    def __init__(self, features: int, colours: int, kernel: int) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.down = MaskedConv2d("B", 2 * features, features, colours, (1, 1))
        self.across = MaskedConv2d("B", features, features, colours, (kernel, kernel))
        self.up = MaskedConv2d("B", features, 2 * features, colours, (1, 1))
        # END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # BEGIN SOLUTION
        hidden = self.down(F.relu(x))
        hidden = self.across(F.relu(hidden))
        return x + self.up(F.relu(hidden))  # (2.5)
        # END SOLUTION


# %% check="ResidualBlock"
if __name__ == "__main__":
    check.ResidualBlock(ResidualBlock)

# %% [markdown]
# ## 2.5 The whole network
#
# A stem with mask A, then the blocks, then a head of two $1 \times 1$ layers that gives $L$ scores for every colour:
#
# $$ \mathrm{head}(x) = H_2(\mathrm{relu}(H_1(\mathrm{relu}(x)))) \tag{2.6} $$
#
# - The levels enter as numbers from -1 (level 0) to 1 (level L-1). Long integers and floats are both fine as input; a float image lets
#   gradients through.
# - $H_1$ keeps the $2h$ channels, $H_2$ gives $L C$. Output channel $l\,C + c$ is the score of level $l$ for colour $c$, so that its colour
#   is again its number mod $C$; then `unflatten` makes axes (L, C) of it.
# - Weights and bias of $H_2$ start at zero: before training all levels are equally likely and the cost is exactly $\log_2 L$. A cost at the
#   start that is anything else is a bug, seen before any time is spent on training.


# %% exercise="PixelCNN"
class PixelCNN(nn.Module):
    """PixelCNN: from an image to the scores of all levels for each of its values.

    Args:
        colours: C, 1 or 3.
        levels: L, how many values a colour can have.
        features: h; the trunk has 2h channels; a multiple of `colours`.
        blocks: number of residual blocks.
        kernel: side of the kernels in the blocks.
        first: side of the stem's kernel.

    `model(image)` takes (B, C, H, W) levels and gives (B, L, C, H, W) logits. The parts are the attributes `stem` (a layer with mask
    A), `blocks` (an nn.ModuleList) and `head` (an nn.Sequential of four: relu, H_1, relu, H_2).
    """

    def __init__(self, colours: int, levels: int, features: int, blocks: int, kernel: int = 3, first: int = 7) -> None:
        super().__init__()
        self.colours, self.levels = colours, levels
        # BEGIN SOLUTION
        self.stem = MaskedConv2d("A", colours, 2 * features, colours, (first, first))
        self.blocks = nn.ModuleList([ResidualBlock(features, colours, kernel) for _ in range(blocks)])
        self.head = nn.Sequential(
            nn.ReLU(),
            MaskedConv2d("B", 2 * features, 2 * features, colours, (1, 1)),
            nn.ReLU(),
            MaskedConv2d("B", 2 * features, levels * colours, colours, (1, 1)),
        )
        nn.init.zeros_(self.head[-1].weight)
        nn.init.zeros_(self.head[-1].bias)
        # END SOLUTION

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        # BEGIN SOLUTION
        x = self.stem(2 * image.to(self.stem.weight.dtype) / (self.levels - 1) - 1)
        for block in self.blocks:
            x = block(x)
        return self.head(x).unflatten(1, (self.levels, self.colours))  # (B, L C, H, W) -> (B, L, C, H, W)
        # END SOLUTION


# %% check="PixelCNN"
if __name__ == "__main__":
    check.PixelCNN(PixelCNN)

# %% [markdown]
# ## 2.6 Training
#
# Maximum likelihood, nothing else: no second network, no sampling while training. All values of an image are predicted in one pass, each
# from the *true* values before it (teacher forcing):
#
# $$ \min_\theta \; \mathbb{E}_{\mathbf{x}}\, b_\theta(\mathbf{x}) \tag{2.7} $$
#
# The check trains a small network on a field whose entropy is known: each pixel copies the one above it and errs with probability 0.05. No
# model can go below that entropy on new images; one that does is looking at the answer.


# %% exercise="train"
def train(model: nn.Module, images: torch.Tensor, steps: int, batch: int, learning_rate: float, seed: int) -> list[float]:
    """Minimise the mean bits per value with Adam on random batches, Eq. (2.7); the model is changed in place.

    Args:
        model: maps (B, C, H, W) levels to (B, L, C, H, W) logits.
        images: (N, C, H, W) integers, on the model's device; batches are drawn from all of them, with replacement.
        steps: number of updates.
        batch: images per update.
        learning_rate: of torch.optim.Adam, its other settings left as they are.
        seed: of the draws; the same seed gives the same run.

    Returns:
        the cost of each batch before its update, bits per value.
    """
    # BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    history = []
    for _ in range(steps):
        chosen = images[torch.randint(len(images), (batch,), generator=generator)]
        loss = bits_per_dim(model(chosen), chosen).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    return history
    # END SOLUTION


# %% check="train"
if __name__ == "__main__":
    check.train(train, PixelCNN)

# %% [markdown]
# ## Digits, from real data
#
# MNIST, 28 x 28, once in black and white (ink by chance, with the probability of its grey, as the papers do) and once with four grey
# levels; and game tiles, 32 x 32 in colour with all 256 levels. `likelihood.fit` is your loop with a progress bar around it and a learning
# rate that falls to zero at the end; on a GPU it runs in half precision and goes on from its last checkpoint. Papers give binarised digits
# in nats per image, $784\, b \ln 2$.


# %%
@dataclass(frozen=True)
class Size:
    """What one training run takes."""

    features: int
    blocks: int
    steps: int
    batch: int
    learning_rate: float
    kernel: int = 3  # of the blocks; a wide one has a narrow blind spot


DIGITS = devices.choose(Size(16, 5, 500, 32, 3e-3), Size(64, 6, 8000, 128, 1e-3, kernel=7))
GREYS = devices.choose(Size(16, 4, 300, 32, 2e-3), Size(64, 10, 3000, 128, 1e-3))
TILES = devices.choose(Size(30, 3, 250, 8, 2e-3), Size(96, 10, 4000, 64, 1e-3))


def fit(images: torch.Tensor, levels: int, size: Size, name: str) -> PixelCNN:
    """A PixelCNN trained on (N, C, H, W) levels."""
    devices.seed_all(SEED)
    model = PixelCNN(images.shape[1], levels, size.features, size.blocks, size.kernel)
    likelihood.fit(model, bits_per_dim, images, size.steps, size.batch, size.learning_rate, name, seed=SEED)
    return model


# %% demo
if __name__ == "__main__":
    tested = devices.choose(1000, 10_000)
    test_digits = small_images.digits("test", 2, sampled=True)[0][:tested]
    digit_model = fit(small_images.digits("train", 2, sampled=True)[0], 2, DIGITS, "digits")
    nats = likelihood.held_out(digit_model, bits_per_dim, test_digits) * 784 * math.log(2)
    result("binarised digits, cost of a test image", nats, expect=devices.choose((88, 104), (70, 84)), unit="nats")
    grey_model = fit(small_images.digits("train", 4)[0], 4, GREYS, "greys")
    grey_bits = likelihood.held_out(grey_model, bits_per_dim, small_images.digits("test", 4)[0][:tested])
    result("digits at 4 levels, cost of a test pixel", grey_bits, expect=devices.choose((0.22, 0.32), (0.2, 0.4)), unit="bits")
    mixed = small_images.shuffled_tiles(SEED)
    tile_model = fit(mixed[300:], 256, TILES, "tiles")
    tile_bits = likelihood.held_out(tile_model, bits_per_dim, mixed[:300])
    result("tiles, cost of a test value", tile_bits, expect=devices.choose((2.6, 3.6), (1.5, 4.0)), unit="bits (8 unknowing)")

# %% [markdown]
# Why no batch norm: with it, in training mode, what stands at the *first* pixel changes when the *last* one does.

# %% demo
if __name__ == "__main__":
    image, changed = torch.eye(3)[None, None], torch.diag(torch.tensor([1.0, 1.0, 0.0]))[None, None]
    leak = (nn.BatchNorm2d(1)(image) - nn.BatchNorm2d(1)(changed))[0, 0, 0, 0]
    result("batch norm: change at the first pixel when the last one changes", abs(leak.item()), expect=(0.4, 0.5))

# %% [markdown]
# ## 2.7 Drawing one value
#
# To draw from a discrete distribution, lay the probabilities end to end on the unit interval and look where a uniform random number $u \in
# [0, 1)$ falls:
#
# $$ x = \min \{\, l : p_0 + \dots + p_l > u \,\} \tag{2.8} $$
#
# Passing $u$ in, instead of drawing inside, makes a sampler repeatable and lets two samplers be compared value by value. The largest level
# is the answer of last resort: rounded sums can stay a hair below 1. And draw, do not take the maximum: the most likely picture is often a
# blank one.


# %% exercise="draw"
def draw(logits: torch.Tensor, uniforms: torch.Tensor) -> torch.Tensor:
    """Levels drawn by inverting the cumulative distribution, Eq. (2.8).

    Args:
        logits: (B, L) scores, maybe large or -inf.
        uniforms: (B,) in [0, 1).

    Returns:
        (B,) integers from 0 to L-1.
    """
    # BEGIN SOLUTION
    cumulative = logits.softmax(dim=1).cumsum(dim=1)
    level = (cumulative <= uniforms[:, None]).sum(dim=1)  # (2.8)
    return level.clamp(max=logits.shape[1] - 1)
    # END SOLUTION


# %% check="draw"
if __name__ == "__main__":
    check.draw(draw)

# %% [markdown]
# ## 2.8 Drawing an image, and completing one
#
# The factors of (2.1) are drawn in their order, each from a network that has seen the values drawn before: one pass of the network per
# *value*. Filling all pixels from one pass would draw from a product of unrelated marginals, which is noise.
#
# In-painting comes free: values that are known stay. Only what comes after them can react to them, so the upper half of an image is a good
# start and the lower half a poor one.


# %% exercise="sample"
@torch.no_grad()
def sample(model, uniforms: torch.Tensor, image: torch.Tensor | None = None, known: torch.Tensor | None = None) -> torch.Tensor:
    """Draw images value by value in the order of Eq. (2.1): rows, columns, colours.

    Args:
        model: maps (B, C, H, W) levels to (B, L, C, H, W) logits.
        uniforms: (B, C, H, W) in [0, 1), one for each value.
        image: (B, C, H, W) integers, what is known already; not changed. None: nothing is.
        known: (B, C, H, W) booleans, true where `image` holds: elsewhere it must not reach the model, whose unknown values start at 0.
            It comes with `image` or not at all.

    Returns:
        (B, C, H, W) integers.
    """
    # BEGIN SOLUTION
    drawn = torch.zeros_like(uniforms, dtype=torch.long)
    if image is not None:
        drawn[known] = image[known]
    _, colours, height, width = uniforms.shape
    for row, column, colour in product(range(height), range(width), range(colours)):
        level = draw(model(drawn)[:, :, colour, row, column], uniforms[:, colour, row, column])
        if known is not None:
            level = torch.where(known[:, colour, row, column], drawn[:, colour, row, column], level)
        drawn[:, colour, row, column] = level
    return drawn
    # END SOLUTION


# %% check="sample"
if __name__ == "__main__":
    check.sample(sample)

# %% [markdown]
# ## 2.9 A hundred times faster: keep what does not change
#
# `sample` computes every feature of every pixel anew for each value, $O(N^2)$ passes of $O(N^2)$ work for an image of side $N$. But
# features at earlier pixels cannot change any more: that is what causal means. So keep them, and compute at each step the features at the
# new pixel only. For one pixel a convolution is one product of a matrix with the patch around it,
#
# $$ y_{r,c} = b + \sum_{i \le 0,\, j} (W \odot M)_{i,j}\; x_{r+i,\,c+j} \tag{2.9} $$
#
# with $i$ and $j$ counted from the centre of the kernel; the rows below it are masked and left out. What remains is $O(N^2)$ work for a
# whole image, in $N^2$ steps that must come one after another whatever the network: the floor of any autoregressive sampler.
#
# The weights do not change while sampling, so they are masked and laid out once. Features are kept with the channels last, (B, H, W,
# channels): then a patch is nearly one piece of memory, and the features of one pixel are just (B, channels).


# %% exercise="fold"
def fold(layer: MaskedConv2d) -> torch.Tensor:
    """The matrix of Eq. (2.9) of a masked convolution with a kernel of (height, width).

    Returns:
        (outputs, (height // 2 + 1) * width * inputs): the masked weights of the rows from the kernel's first to the centre's, in the order
        of a flattened patch (rows, width, inputs).
    """
    # BEGIN SOLUTION
    masked = layer.weight * layer.mask
    upper = masked[:, :, : layer.kernel_size[0] // 2 + 1]
    return upper.permute(0, 2, 3, 1).flatten(1)  # (outputs, inputs, rows, width) -> (outputs, rows * width * inputs)
    # END SOLUTION


# %% check="fold"
if __name__ == "__main__":
    check.fold(fold, MaskedConv2d)


# %%
def fold_all(model: nn.Module) -> None:
    """Give every masked convolution in a model (or the one that it is) its matrix of now, as the buffer `matrix`."""
    for layer in model.modules():
        if isinstance(layer, MaskedConv2d):
            layer.register_buffer("matrix", fold(layer).detach(), persistent=False)


# %% exercise="conv_at"
def conv_at(layer: MaskedConv2d, padded: torch.Tensor, row: int, column: int) -> torch.Tensor:
    """Output of a masked convolution at one pixel, Eq. (2.9).

    Args:
        layer: a masked convolution with a kernel of (height, width), and with its `matrix`.
        padded: (B, H + height - 1, W + width - 1, inputs), its zero-padded input: pixel (r, c) is at (r + height // 2, c + width // 2).
        row, column: the pixel, counted without padding.

    Returns:
        (B, outputs), what `layer(x)` has at that pixel.
    """
    # Hint: F.linear(x, matrix, bias).
    # BEGIN SOLUTION
    height, width = layer.kernel_size
    patch = padded[:, row : row + height // 2 + 1, column : column + width]
    return F.linear(patch.flatten(1), layer.matrix, layer.bias)  # (2.9)
    # END SOLUTION


# %% check="conv_at"
if __name__ == "__main__":
    check.conv_at(conv_at, MaskedConv2d, fold_all)

# %% [markdown]
# Only two kinds of layers look beyond their own pixel: the stem, at the image, and `across` in each block, at the relu of `down`. Their
# padded inputs are all that needs to be kept. The others are $1 \times 1$: `F.linear(x, layer.matrix, layer.bias)`.


# %%
def empty_caches(model: PixelCNN, batch: int, height: int, width: int) -> list[torch.Tensor]:
    """Zeros for the padded inputs of the stem and of each block's `across`, in that order, each (B, H + ..., W + ..., channels)."""
    layers = [model.stem, *(block.across for block in model.blocks)]
    sides = [(height + layer.kernel_size[0] - 1, width + layer.kernel_size[1] - 1) for layer in layers]
    return [model.stem.weight.new_zeros(batch, *side, layer.in_channels) for layer, side in zip(layers, sides, strict=True)]


def put(layer: MaskedConv2d, padded: torch.Tensor, value: torch.Tensor, row: int, column: int) -> None:
    """Write (B, channels), the input of a layer at pixel (row, column), into its padded map."""
    padded[:, row + layer.kernel_size[0] // 2, column + layer.kernel_size[1] // 2] = value


# %% exercise="logits_at"
def logits_at(model: PixelCNN, caches: list[torch.Tensor], row: int, column: int) -> torch.Tensor:
    """The scores at one pixel, from the kept inputs of the layers; what this pixel adds to them is written into `caches`.

    Args:
        model: a PixelCNN whose layers have their `matrix`.
        caches: as from `empty_caches`. The first holds the scaled image (-1 to 1) up to the colour in question; the others are
            complete for all earlier pixels: relu of `down`, to be written in place at this one.
        row, column: the pixel.

    Returns:
        (B, L, C) logits, what `model(image)` has at that pixel.
    """
    # BEGIN SOLUTION
    x = conv_at(model.stem, caches[0], row, column)
    for block, cache in zip(model.blocks, caches[1:], strict=True):
        hidden = F.linear(F.relu(x), block.down.matrix, block.down.bias)
        put(block.across, cache, F.relu(hidden), row, column)
        hidden = conv_at(block.across, cache, row, column)
        x = x + F.linear(F.relu(hidden), block.up.matrix, block.up.bias)  # (2.5)
    for layer in (model.head[1], model.head[3]):
        x = F.linear(F.relu(x), layer.matrix, layer.bias)  # (2.6)
    return x.unflatten(1, (model.levels, model.colours))
    # END SOLUTION


# %% check="logits_at"
if __name__ == "__main__":
    check.logits_at(logits_at, PixelCNN, fold_all, empty_caches)


# %%
@torch.no_grad()
def sample_cached(model: PixelCNN, uniforms: torch.Tensor, image=None, known=None) -> torch.Tensor:
    """The same images as `sample` draws, in a small fraction of its time."""
    batch, colours, height, width = uniforms.shape
    drawn = torch.zeros_like(uniforms, dtype=torch.long)
    fold_all(model)
    caches = empty_caches(model, batch, height, width)
    for row, column, colour in product(range(height), range(width), range(colours)):
        level = draw(logits_at(model, caches, row, column)[:, :, colour], uniforms[:, colour, row, column])
        if known is not None:
            level = torch.where(known[:, colour, row, column], image[:, colour, row, column], level)
        drawn[:, colour, row, column] = level
        put(model.stem, caches[0], 2 * drawn[:, :, row, column] / (model.levels - 1) - 1, row, column)
    return drawn


# %% [markdown]
# ## 2.10 What the network cannot see
#
# A gradient shows what an output depends on: set it to 1 at one output pixel, and see where it arrives in the input.
#
# $$ R_{i,j} = \sum_{k} \Big| \frac{\partial}{\partial x_{k,i,j}} \sum_o y_{o,r,c} \Big| \tag{2.10} $$
#
# With all weights equal to one and no relu between, (2.10) counts paths and nothing cancels.


# %% exercise="receptive_field"
def receptive_field(network, inputs: int, size: int, row: int, column: int) -> torch.Tensor:
    """How strongly the output at one pixel depends on each input pixel, Eq. (2.10).

    Args:
        network: maps (1, inputs, size, size) floats to (1, any, size, size).
        inputs: number of input channels.
        size: side of the image in pixels.
        row, column: the output pixel.

    Returns:
        (size, size): absolute gradients of the sum of all output channels, at a zero image, summed over the input channels.
    """
    # BEGIN SOLUTION
    x = torch.zeros(1, inputs, size, size, requires_grad=True)
    (gradient,) = torch.autograd.grad(network(x)[0, :, row, column].sum(), x)
    return gradient[0].abs().sum(dim=0)  # (2.10)
    # END SOLUTION


# %% check="receptive_field"
if __name__ == "__main__":
    check.receptive_field(receptive_field, MaskedConv2d)

# %% [markdown]
# ## The blind spot
#
# Ask a stack of 3 x 3 layers what the centre of a 15 x 15 image can see. Each layer reaches one pixel to the right, but only in the row
# above; so a pixel $n$ to the right is seen at least $n$ rows up, and below that line there is a wedge of earlier pixels that no depth
# reaches. No test of causality notices it, and the probabilities still sum to 1.


# %%
def field_of_stack(depth: int) -> torch.Tensor:
    """(15, 15) numbers of paths from each pixel to the centre through so many 3 x 3 layers, the first with mask A."""
    layers = [MaskedConv2d("B" if number else "A", 1, 1, 1, (3, 3)) for number in range(depth)]
    for layer in layers:
        nn.init.ones_(layer.weight)
    return receptive_field(nn.Sequential(*layers), 1, 15, 7, 7)


# %% demo
if __name__ == "__main__":
    fields = {f"{depth} layers": field_of_stack(depth) for depth in (2, 5, 10)}
    show_figure(pictures.seen_figure(fields), "Seen from the centre: more with each layer, but a wedge to the right at no depth.")
    result("pixels seen through ten layers", (fields["10 layers"] > 0).sum(), expect=(91, 91), unit="of 112")

# %% [markdown]
# ## What your code draws
#
# Digits; the lower halves of test digits, drawn three times each from the same upper half; and tiles. Strokes join up though nobody said
# what a stroke is. At QUICK size digits fall apart over longer distances, and tiles are noise in the right colours.

# %% demo
if __name__ == "__main__":
    noise = torch.Generator().manual_seed(SEED)

    def numbers(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=noise).to(devices.device())

    drawn = sample_cached(digit_model, numbers(16, 1, 28, 28)).cpu()
    greys = sample_cached(grey_model, numbers(16, 1, 28, 28)).cpu()
    given = test_digits[:8].repeat(3, 1, 1, 1).to(devices.device())
    upper = torch.zeros_like(given, dtype=torch.bool)
    upper[:, :, :14] = True
    completed = sample_cached(digit_model, numbers(24, 1, 28, 28), given, upper).cpu()
    tiles_drawn = sample_cached(tile_model, numbers(8, *mixed.shape[1:])).cpu()
    sheets = {
        "Drawn digits: two rows in black and white, two with four greys.": torch.cat([drawn, greys / 3]),
        "Eight digits; below, three ways to go on from each upper half.": torch.cat([test_digits[:8], completed]),
        "Eight tiles above, eight drawn ones below.": torch.cat([mixed[:8], tiles_drawn]) / 255,
    }
    for alt, images in sheets.items():
        show_image(pictures.image_sheet(images, columns=8), alt)
    result("ink of drawn digits against real ones", drawn.float().mean() / test_digits.float().mean(), expect=(0.6, 1.5))
    result("share of upper halves kept", (completed == given.cpu())[:, :, :14].float().mean(), expect=(1, 1))

# %% [markdown]
# The two samplers on the same random numbers. On larger layers (a batch of 16, six layers of 7 x 7 with 32 channels) one run of `python -m
# tests.benchmarks.pixelcnn` on one CPU thread was 141 times as fast with kept features, in 7 times the floor: the products of $N^2$ steps.

# %% demo
if __name__ == "__main__":
    uniforms = numbers(16, 1, 28, 28)
    started = time.perf_counter()
    fast = sample_cached(digit_model, uniforms)
    ended = time.perf_counter()
    with torch.no_grad():
        digit_model(fast).sum().item()  # waits for a GPU
    naive = (time.perf_counter() - ended) * 784  # that many passes
    print(f"16 digits: {ended - started:.1f} s with kept features; about {naive:.0f} s value by value")
    known = torch.ones_like(fast, dtype=torch.bool)
    known[:, :, 13:15] = False
    slow = sample(digit_model, uniforms[:2], fast[:2], known[:2])
    result("values on which both samplers agree", (slow == fast[:2]).float().mean(), expect=(0.999, 1))

# %% [markdown]
# ## What to take along
#
# - The order of values is a choice; the mask turns it into an architecture.
# - $\log_2 L$ before training, the entropy of a known source after it, a sum of 1 over all images: three numbers find nearly every bug.
# - Sampling costs one step per value. Keeping features makes the steps cheap; nothing makes them fewer.
# - A correct model can still be blind. Lesson 3 opens its eyes.
#
# **FULL size: not measured yet.** On one GPU in 10 minutes the target for binarised digits is at most 84 nats (a public PyTorch collection
# reports 81.5, on digits resampled in each epoch). Widths and steps of the FULL sizes above are estimates, and so is every FULL range. Half
# as wide, in half of the passes through the digits, the same network reached 81.8 nats on one busy core in two hours, and eight blocks of
# 3 x 3 in place of six of 7 x 7 reached 87.9 (`tests/benchmarks/masked_digits.py` in the course's repository).
