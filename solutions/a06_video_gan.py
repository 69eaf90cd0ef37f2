# %% [markdown]
# # 6. Video GANs
#
# An image generator turns noise into pixels with axes height and width. Add time as a third axis, replace every 2D layer by its 3D twin,
# and the same game of forger and detective makes clips. That is VGAN (Vondrick, Pirsiavash and Torralba 2016). It works badly enough that
# what came next is worth knowing: most of a clip stands still (VGAN's two streams), time is not just another axis (TGAN), and who moves is
# another question than how (MoCoGAN).
#
# *Lecture:* [video as a volume: video GANs](../lectures/a06_video_gan.md). *Time:* four hours of reading and writing. The runs take about
# three minutes on two CPU cores; at full size, on one GPU, the target is ten.
#
# **Conventions.** In networks a batch of clips is `(B, C, T, H, W)` with values in [-1, 1], because the generator ends in tanh. Kernels,
# strides and paddings are tuples (time, height, width). Scores of a discriminator are logits: above 0 means real. New
# tensors go where the input is (`x.new_zeros(3)`, `device=x.device`): the checks notice, on any machine, what would fail on a GPU.

# %%
import itertools
import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from assignments.common import adversarial, devices, distributed, features, pictures, show
from assignments.common.results import result
from autograder.checks import a06_video_gan as check
from data_scripts import moving_digits, moving_squares

SEED = 0  # of all runs below

# %% [markdown]
# ## 6.1 A 3D convolution is a sum of 2D convolutions
#
# Fix one *tap* $\tau$ of the kernel in time. What is left is an image convolution $*$ of one frame, with $s_t$ the stride and $p_t$ the
# zero frames of padding in time:
#
# $$ y_t = b + \sum_{\tau=0}^{k_t-1} w_\tau * x_{t s_t + \tau - p_t} \tag{6.1} $$
#
# To run an image layer on a clip, fold time into the batch: `(B, C, T, H, W)` becomes `(B*T, C, H, W)`. The axes must be *moved* before
# they are merged. `view` or `reshape` alone gives the right shape and mixes colours with frames. Write (6.1) with `F.conv2d`.


# %% exercise="conv3d"
def conv3d(clip: Tensor, weight: Tensor, bias: Tensor, stride: tuple[int, int, int], padding: tuple[int, int, int]) -> Tensor:
    """3D convolution as a sum of 2D convolutions over the taps in time, Eq. (6.1); what `F.conv3d` computes.

    Args:
        clip: (B, C, T, H, W).
        weight, bias: (O, C, kt, kh, kw) and (O,).
        stride: steps in time, height, width.
        padding: zeros put on both sides in time, height, width.

    Returns:
        (B, O, T', H', W'), each side floor((size + 2 padding - kernel) / stride) + 1.
    """
    # BEGIN SOLUTION
    padded = F.pad(clip, (0, 0, 0, 0, padding[0], padding[0]))
    frames = (padded.shape[2] - weight.shape[2]) // stride[0] + 1
    out = 0
    for tap in range(weight.shape[2]):
        taken = padded[:, :, tap : tap + stride[0] * (frames - 1) + 1 : stride[0]]
        folded = taken.transpose(1, 2).flatten(0, 1)  # (B, C, T', H, W) -> (B*T', C, H, W)
        out = out + F.conv2d(folded, weight[:, :, tap], None, stride[1:], padding[1:])  # (6.1)
    out = out.unflatten(0, (len(clip), frames)).transpose(1, 2)
    return out + bias[:, None, None, None]
    # END SOLUTION


# %% check="conv3d"
if __name__ == "__main__":
    check.conv3d(conv3d)

# %% [markdown]
# ## 6.2 Sizes, weights, memory
#
# Along each axis, with input size $n$, kernel $k$, stride $s$, padding $p$:
#
# $$ n_{\text{conv}}=n_{\text{pool}} = \lfloor (n + 2p - k) / s \rfloor + 1, \quad n_{\text{transposed}} = (n - 1)\,s - 2p + k \tag{6.2} $$
#
# A convolution, transposed or not, has $C_{in} C_{out} k_t k_h k_w$ weights and $C_{out}$ biases; max pooling has none and leaves the
# channels as they are. For one clip the output takes four bytes a number, and training must keep it for the backward pass. The third axis
# multiplies the weights by the kernel's length in time, and the memory by the clip's.


# %% exercise="layer_cost"
def layer_cost(
    kind: str, channels: tuple[int, int], size: tuple[int, ...], kernel: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...]
) -> tuple[tuple[int, ...], int, int]:
    """What one layer of a video network makes and costs, Eq. (6.2).

    Args:
        kind: "conv" (Conv3d), "transposed" (ConvTranspose3d, no output padding) or "pool" (MaxPool3d).
        channels: in and out; equal for "pool".
        size: (T, H, W) of the input; two sizes for an image layer.
        kernel: one number an axis, as are `stride` and `padding`.

    Returns:
        size of the output, number of parameters (with biases), bytes of the output for one clip in float32.

    Raises:
        ValueError: `kind` is none of the three.
    """
    # BEGIN SOLUTION
    if kind not in ("conv", "transposed", "pool"):
        raise ValueError(f"kind must be conv, transposed or pool, got {kind!r}")
    axes = list(zip(size, kernel, stride, padding, strict=True))
    if kind == "transposed":
        out = tuple((n - 1) * s - 2 * p + k for n, k, s, p in axes)  # (6.2)
    else:
        out = tuple((n + 2 * p - k) // s + 1 for n, k, s, p in axes)  # (6.2)
    parameters = 0 if kind == "pool" else channels[0] * channels[1] * math.prod(kernel) + channels[1]
    return out, parameters, 4 * channels[1] * math.prod(out)
    # END SOLUTION


# %% check="layer_cost"
if __name__ == "__main__":
    check.layer_cost(layer_cost)

# %% [markdown]
# ## 6.3 How many frames does one number see?
#
# Follow a stack of layers from the input on. $r$ is how many input frames one output depends on, $j$ by how many input frames neighbouring
# outputs are apart. Both start at 1; a layer with kernel $k$, stride $s$ and dilation $d$ in time makes
#
# $$ r \leftarrow r + (k - 1)\, d\, j \qquad\text{and then}\qquad j \leftarrow j\, s \tag{6.3} $$


# %% exercise="receptive_field"
def receptive_field(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    """Receptive field in time of a stack of convolutions, Eq. (6.3).

    Args:
        layers: (kernel, stride, dilation) in time of each, from the input on.

    Returns:
        frames that one output sees, and the distance of neighbouring outputs in frames of the input.
    """
    # BEGIN SOLUTION
    frames, jump = 1, 1
    for kernel, stride, dilation in layers:
        frames += (kernel - 1) * dilation * jump  # (6.3)
        jump *= stride
    return frames, jump
    # END SOLUTION


# %% check="receptive_field"
if __name__ == "__main__":
    check.receptive_field(receptive_field)

# %% [markdown]
# ## 6.4 Two other ways through time
#
# **Causal.** Pad the past instead of both sides, with $(k_t - 1)\,d$ zero frames before the first:
#
# $$ y_t = b + \sum_{\tau=0}^{k_t-1} w_\tau * x_{t - (k_t - 1 - \tau)\, d} \tag{6.4} $$
#
# Output $t$ depends on frames up to $t$ only, and an image is a clip of one frame. The video tokenizers of later lessons are built so.
#
# **Factorised**, or (2+1)D (Tran and others 2018): a $1 \times k \times k$ convolution in space, ReLU, then a $k_t \times 1 \times 1$
# convolution in time. With $M$ channels in between it has at most as many weights as the full $k_t \times k \times k$ one, and a
# nonlinearity more:
#
# $$ M = \left\lfloor \frac{k_t\, k^2\, N_{in} N_{out}}{k^2 N_{in} + k_t\, N_{out}} \right\rfloor \tag{6.5} $$


# %% exercise="CausalConv3d"
class CausalConv3d(nn.Module):
    """3D convolution, stride 1, that keeps T, H and W and sees no later frame, Eq. (6.4).

    Args:
        channels_in, channels_out: of the clip and the result.
        kernel: (t, h, w), h and w odd. Zeros are padded on both sides in space, before the first frame in time.
        dilation: of the kernel in time; 1 in space.

    Its parameters are those of one `nn.Conv3d`. Source: Yu and others, "Language Model Beats Diffusion" (2023).
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: tuple[int, int, int], dilation: int = 1) -> None:
        super().__init__()
        # BEGIN SOLUTION
        space = (kernel[1] // 2, kernel[2] // 2)
        self.conv = nn.Conv3d(channels_in, channels_out, kernel, padding=(0, *space), dilation=(dilation, 1, 1))
        self.past = (kernel[0] - 1) * dilation
        # END SOLUTION

    def forward(self, clip: Tensor) -> Tensor:
        """(B, channels_in, T, H, W) -> (B, channels_out, T, H, W)."""
        # BEGIN SOLUTION
        return self.conv(F.pad(clip, (0, 0, 0, 0, self.past, 0)))  # (6.4)
        # END SOLUTION


# %% check="CausalConv3d"
if __name__ == "__main__":
    check.CausalConv3d(CausalConv3d)


# %% exercise="FactorisedConv3d"
class FactorisedConv3d(nn.Module):
    """Convolution in space, ReLU, convolution in time, Eq. (6.5); stride 1, zero padding that keeps T, H and W.

    Args:
        channels_in, channels_out: N_in and N_out of Eq. (6.5).
        time, side: odd sizes k_t and k of the kernel, in frames and in pixels.

    Attributes:
        space: `nn.Conv3d` of kernel (1, k, k) to the M channels of Eq. (6.5), with bias.
        time: `nn.Conv3d` of kernel (k_t, 1, 1), with bias.

    Source: Tran and others, "A Closer Look at Spatiotemporal Convolutions for Action Recognition" (2018), without their batch norm between.
    """

    def __init__(self, channels_in: int, channels_out: int, time: int, side: int) -> None:
        super().__init__()
        # BEGIN SOLUTION
        between = time * side**2 * channels_in * channels_out // (side**2 * channels_in + time * channels_out)  # (6.5)
        self.space = nn.Conv3d(channels_in, between, (1, side, side), padding=(0, side // 2, side // 2))
        self.time = nn.Conv3d(between, channels_out, (time, 1, 1), padding=(time // 2, 0, 0))
        # END SOLUTION

    def forward(self, clip: Tensor) -> Tensor:
        """(B, channels_in, T, H, W) -> (B, channels_out, T, H, W)."""
        # BEGIN SOLUTION
        return self.time(F.relu(self.space(clip)))
        # END SOLUTION


# %% check="FactorisedConv3d"
if __name__ == "__main__":
    check.FactorisedConv3d(FactorisedConv3d)

# %% [markdown]
# ## 6.5 VGAN: a still background and something that moves
#
# Both streams are the same stack of transposed convolutions, in 2D and in 3D: from a noise vector to $4 \times 4$ pixels (and 2 frames),
# then twice as many along every axis with each layer. `trunk` builds either one; "replace 2D by 3D in your code" is an argument.
#
# At the end of the 2D trunk a transposed convolution and tanh give one background image $b$. The 3D trunk has two ends: the foreground $f$
# (tanh) and a one-channel mask $m$ (sigmoid). All layers at the ends have kernel 4, stride 2, padding 1. The clip is
#
# $$ x = m \odot f + (1 - m) \odot b \tag{6.6} $$
#
# with $b$ the same in all frames and $m$ the same for all colours. With widths 512, 256, 128, 64 it has 32 frames of $64 \times 64$ and
# 16.25 million parameters.


# %% exercise="trunk"
def trunk(dimensions: int, noise: int, widths: tuple[int, ...]) -> nn.Sequential:
    """Stack of transposed convolutions, each with bias and followed by batch norm and ReLU (in place or not); sizes by Eq. (6.2).

    Args:
        dimensions: 2 for images, 3 for clips.
        noise: channels of the input, which has side 1 along every axis.
        widths: channels after each layer. The first has kernel (4, 4), for clips (2, 4, 4), stride 1, no padding; the others kernel 4,
            stride 2, padding 1.

    Returns:
        network from (B, noise, 1, 1) to (B, widths[-1], 4s, 4s), or from (B, noise, 1, 1, 1) to (B, widths[-1], 2s, 4s, 4s),
        s = 2 to the power of len(widths) - 1.

    Source: Vondrick, Pirsiavash and Torralba, "Generating Videos with Scene Dynamics" (2016), and its public code.
    """
    # BEGIN SOLUTION
    convolution = nn.ConvTranspose2d if dimensions == 2 else nn.ConvTranspose3d
    norm = nn.BatchNorm2d if dimensions == 2 else nn.BatchNorm3d
    layers = [convolution(noise, widths[0], (2, 4, 4)[-dimensions:])]
    for before, after in itertools.pairwise(widths):
        layers += [norm(before), nn.ReLU(), convolution(before, after, 4, stride=2, padding=1)]
    return nn.Sequential(*layers, norm(widths[-1]), nn.ReLU())
    # END SOLUTION


# %% check="trunk"
if __name__ == "__main__":
    check.trunk(trunk)


# %% exercise="Generator"
class Generator(nn.Module):
    """VGAN's generator: static and moving stream, Eq. (6.6), after the `trunk` of each.

    Args:
        noise, widths: length of the noise vector, channels of the trunks.

    Attributes:
        foreground, mask: `nn.ConvTranspose3d`, the ends of the moving stream, without their tanh and sigmoid.
        background: `nn.ConvTranspose2d`, the end of the static stream, without its tanh.
    """

    def __init__(self, noise: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.still, self.moving = trunk(2, noise, widths), trunk(3, noise, widths)
        self.background = nn.ConvTranspose2d(widths[-1], 3, 4, stride=2, padding=1)
        self.foreground = nn.ConvTranspose3d(widths[-1], 3, 4, stride=2, padding=1)
        self.mask = nn.ConvTranspose3d(widths[-1], 1, 4, stride=2, padding=1)
        # END SOLUTION

    def streams(self, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, noise) -> foreground (B, 3, T, H, W) in [-1, 1], mask (B, 1, T, H, W) in [0, 1], background (B, 3, H, W) in [-1, 1]."""
        # BEGIN SOLUTION
        moving = self.moving(noise[:, :, None, None, None])
        still = self.still(noise[:, :, None, None])
        return self.foreground(moving).tanh(), self.mask(moving).sigmoid(), self.background(still).tanh()
        # END SOLUTION

    def forward(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """(B, noise) -> clip (B, 3, T, H, W) and mask (B, 1, T, H, W)."""
        # BEGIN SOLUTION
        foreground, mask, background = self.streams(noise)
        return mask * foreground + (1 - mask) * background.unsqueeze(2), mask  # (6.6)
        # END SOLUTION


# %% check="Generator"
if __name__ == "__main__":
    check.Generator(Generator)

# %% [markdown]
# ## 6.6 What each side wants
#
# The discriminator is given (`adversarial.Discriminator`): VGAN's, a mirror of the generator's moving stream that ends in one logit a clip.
# Let $r$ and $g$ be the logits of real and generated clips, and $\sigma$ the sigmoid. The original game asks the discriminator for the
# right answer, and the generator to make it say "real". *Non-saturating* means that the generator climbs $\log \sigma(g)$ and does not
# descend $\log(1 - \sigma(g))$, whose slope is zero where it is losing. The *hinge* form stops caring about clips that are judged well
# enough, by a margin of 1. Means are over the batch, the halves of the discriminator are added:
#
# $$ L_D = \mathbb E[-\log \sigma(r)] + \mathbb E[-\log(1 - \sigma(g))], \qquad L_G = \mathbb E[-\log \sigma(g)] \tag{6.7} $$
#
# $$ L_D = \mathbb E[\max(0, 1 - r)] + \mathbb E[\max(0, 1 + g)], \qquad L_G = -\mathbb E[g] \tag{6.8} $$
#
# A logit of 100 must not give infinity: $-\log \sigma(x) = \operatorname{softplus}(-x)$.


# %% exercise="discriminator_loss"
def discriminator_loss(real: Tensor, fake: Tensor, kind: str) -> Tensor:
    """Loss of the discriminator, Eq. (6.7) or (6.8), a scalar.

    Args:
        real, fake: logits of real and of generated clips, any shapes.
        kind: "non-saturating" or "hinge".

    Raises:
        ValueError: `kind` is neither.
    """
    # BEGIN SOLUTION
    if kind == "non-saturating":
        return F.softplus(-real).mean() + F.softplus(fake).mean()  # (6.7)
    if kind == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()  # (6.8)
    raise ValueError(f"kind must be non-saturating or hinge, got {kind!r}")
    # END SOLUTION


def generator_loss(fake: Tensor, kind: str) -> Tensor:
    """Loss of the generator, Eq. (6.7) or (6.8), a scalar; arguments and errors as above."""
    # BEGIN SOLUTION
    if kind == "non-saturating":
        return F.softplus(-fake).mean()  # (6.7)
    if kind == "hinge":
        return -fake.mean()  # (6.8)
    raise ValueError(f"kind must be non-saturating or hinge, got {kind!r}")
    # END SOLUTION


# %% check="discriminator_loss"
if __name__ == "__main__":
    check.discriminator_loss(discriminator_loss, generator_loss)

# %% [markdown]
# ## 6.7 Who learns in which turn
#
# Each side's turn is a loss that the training loop differentiates before it steps that side's weights. In the discriminator's turn no
# gradient may reach the generator: its clips are data now. Real and generated clips go through the discriminator in *two* calls. In one
# call its batch norm would normalise them together: a real clip's score would depend on the fakes beside it, and in the generator's turn,
# with fakes only, the discriminator would be another function than the one that was trained. In the generator's turn the gradient passes
# *through* the discriminator. A turn returns a loss and leaves the networks' modes, `requires_grad` and `.grad` alone.
#
# VGAN adds a price on the mask, so that the background does not stay unused (mean over all its elements, $\lambda = 0.1$):
#
# $$ L_G + \lambda\, \mathbb E[\,|m|\,] \tag{6.9} $$


# %% exercise="discriminator_turn"
def discriminator_turn(generator: nn.Module, discriminator: nn.Module, real: Tensor, noise: Tensor, kind: str) -> Tensor:
    """The discriminator's loss on a batch of real clips and one of generated clips, Eq. (6.7) or (6.8).

    Args:
        generator: (B, noise) -> clip and mask; called once, gets no gradient.
        discriminator: (B, 3, T, H, W) -> (B,) logits, called once for real and once for generated clips.
        real, noise: (B, 3, T, H, W) and (B, noise).
        kind: of the loss.
    """
    # BEGIN SOLUTION
    with torch.no_grad():
        fake, _ = generator(noise)
    return discriminator_loss(discriminator(real), discriminator(fake), kind)
    # END SOLUTION


def generator_turn(generator: nn.Module, discriminator: nn.Module, noise: Tensor, kind: str, sparsity: float) -> Tensor:
    """The generator's loss, Eq. (6.9), with one call of each network, `sparsity` being lambda; other arguments as above."""
    # BEGIN SOLUTION
    clip, mask = generator(noise)
    return generator_loss(discriminator(clip), kind) + sparsity * mask.mean()  # (6.9)
    # END SOLUTION


# %% check="discriminator_turn"
if __name__ == "__main__":
    check.discriminator_turn(discriminator_turn, generator_turn)

# %% [markdown]
# ## 6.8 First without an adversary
#
# Before two networks fight, find out whether one can learn at all: give every clip a fixed code and let the generator reproduce the clips.
# What the mask is for shows here, too.
#
# $$ \mathbb E[(x - \hat x)^2] + \lambda\, \mathbb E[\,|m|\,] \tag{6.10} $$


# %% exercise="reconstruct"
def reconstruct(generator: nn.Module, codes: Tensor, clips: Tensor, steps: int, sparsity: float, learning_rate: float) -> None:
    """Train the generator in place to turn each code into its clip: `steps` steps of Adam (beta1 0.5, beta2 0.999) down Eq. (6.10).

    Args:
        generator: (B, noise) -> clip and mask; all its parameters learn. It keeps its mode; gradients from before do not count.
        codes: (B, noise), fixed.
        clips: (B, 3, T, H, W), all of them in every step.
        steps, learning_rate: of Adam.
        sparsity: lambda.
    """
    # BEGIN SOLUTION
    optimiser = torch.optim.Adam(generator.parameters(), learning_rate, betas=(0.5, 0.999))
    for _ in range(steps):
        made, mask = generator(codes)
        loss = F.mse_loss(made, clips) + sparsity * mask.mean()  # (6.10)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    # END SOLUTION


# %% check="reconstruct"
if __name__ == "__main__":
    check.reconstruct(reconstruct, Generator)

# %% [markdown]
# ## 6.9 TGAN: a code for the clip, a code for each frame
#
# VGAN treats time as a third axis of space. TGAN (Saito, Matsumoto and Saito 2017) makes a clip in two steps. A *temporal generator* $G_0$
# of 1D transposed convolutions unrolls the clip's *slow* code $z \in [-1, 1]^{100}$ into one *fast* code a frame, and an image generator
# $G_1$ makes a frame of each pair, all frames of all clips in one batch:
#
# $$ (f_1, \dots, f_T) = G_0(z), \qquad x_t = G_1(z, f_t) \tag{6.11} $$


# %% exercise="TemporalGenerator"
class TemporalGenerator(nn.Module):
    """Slow code to one code a frame, Eq. (6.11): transposed 1D convolutions, batch norm and ReLU between them, tanh at the end.

    Args:
        slow, fast: lengths of the codes of a clip and of a frame.
        widths: channels between. The first layer has kernel 1, every further one (the last, to `fast`, included) kernel 4, stride 2,
            padding 1, all with bias; so the clip has T = 2 to the power of len(widths) frames.

    Source: Saito, Matsumoto and Saito, "Temporal Generative Adversarial Nets with Singular Value Clipping" (2017).
    """

    def __init__(self, slow: int, fast: int, widths: tuple[int, ...] = (512, 256, 128, 128)) -> None:
        super().__init__()
        # BEGIN SOLUTION
        layers = [nn.ConvTranspose1d(slow, widths[0], 1)]
        for before, after in zip(widths, (*widths[1:], fast), strict=True):
            layers += [nn.BatchNorm1d(before), nn.ReLU(), nn.ConvTranspose1d(before, after, 4, stride=2, padding=1)]
        self.layers = nn.Sequential(*layers, nn.Tanh())
        # END SOLUTION

    def forward(self, slow: Tensor) -> Tensor:
        """(B, slow) -> (B, T, slow + fast): the slow code, the same in all frames, and after it the fast one."""
        # BEGIN SOLUTION
        fast = self.layers(slow[:, :, None]).transpose(1, 2)  # (B, fast, T) -> (B, T, fast)
        return torch.cat([slow[:, None].expand(-1, fast.shape[1], -1), fast], dim=2)
        # END SOLUTION


# %% check="TemporalGenerator"
if __name__ == "__main__":
    check.TemporalGenerator(TemporalGenerator)

# %% [markdown]
# TGAN's critic is a Wasserstein one and must not be steeper than 1. A linear map stretches no vector by more than its largest singular
# value, so every five steps TGAN takes each weight as a matrix (first axis by all the rest) and cuts its singular values, $W = U
# \operatorname{diag}(s) V^\top$, at 1. For a convolution this is no promise: its windows overlap, and the reshaped kernel is not the matrix
# of the convolution. Batch norm in evaluation stretches channel $c$ by $\gamma_c / \sigma_c$ with $\sigma_c^2$ its
# running variance, so its gain is held between $0.01\, \sigma_c$ and $\sigma_c$:
#
# $$ W \leftarrow U \operatorname{diag}(\min(s,1)) V^\top,\ \gamma_c \leftarrow \min(\max(\gamma_c, \sigma_c/100), \sigma_c) \tag{6.12} $$


# %% exercise="clip_singular_values"
@torch.no_grad()
def clip_singular_values(network: nn.Module) -> None:
    """Cut the slopes of a critic's layers, in place, in the same parameters, Eq. (6.12).

    Args:
        network: one layer or a nest of them. Every `weight` of two or more axes is cut as a matrix of shape (first axis, all others);
            gains of batch norm are bounded by the root of the running variance. Biases stay, and so do all other weights of one axis.

    Source: Saito, Matsumoto and Saito (2017), section 4.2 and the public code.
    """
    # BEGIN SOLUTION
    for module in network.modules():
        weight, variance = getattr(module, "weight", None), getattr(module, "running_var", None)
        if weight is not None and variance is not None:
            weight.copy_(weight.clamp(0.01 * variance.sqrt(), variance.sqrt()))  # (6.12)
        elif weight is not None and weight.ndim > 1:
            left, values, right = torch.linalg.svd(weight.flatten(1), full_matrices=False)
            weight.copy_((left * values.clamp(max=1) @ right).view_as(weight))  # (6.12)
    # END SOLUTION


# %% check="clip_singular_values"
if __name__ == "__main__":
    check.clip_singular_values(clip_singular_values)

# %% [markdown]
# ## 6.10 MoCoGAN: what, and how it moves
#
# MoCoGAN (Tulyakov and others 2018) keeps the *content* code $c$ fixed over the clip and lets a recurrent cell draw a path of *motion*
# codes from fresh noise $\epsilon_t$:
#
# $$ h_t = \operatorname{GRU}(\epsilon_t, h_{t-1}), \qquad \text{frame } t \text{ is decoded from } (c, h_t) \tag{6.13} $$
#
# Motion code $t$ depends on the noise up to $t$, so a clip can be made longer without changing what there is. (Left out here: the category
# code and the instance noise.)


# %% exercise="MotionCodes"
class MotionCodes(nn.Module):
    """MoCoGAN's codes, Eq. (6.13).

    Args:
        motion: length of a motion code, of its noise and of the state.

    Attributes:
        cell: `nn.GRUCell(motion, motion)`.
    """

    def __init__(self, motion: int) -> None:
        super().__init__()
        self.cell = nn.GRUCell(motion, motion)

    def forward(self, content: Tensor, start: Tensor, noise: Tensor) -> Tensor:
        """Content (B, K), state before the first frame (B, M) and noise (B, T, M) -> codes (B, T, K + M), content first."""
        # BEGIN SOLUTION
        states = [start]
        for epsilon in noise.unbind(dim=1):
            states.append(self.cell(epsilon, states[-1]))  # (6.13)
        motion = torch.stack(states[1:], dim=1)
        return torch.cat([content[:, None].expand(-1, noise.shape[1], -1), motion], dim=2)
        # END SOLUTION


# %% check="MotionCodes"
if __name__ == "__main__":
    check.MotionCodes(MotionCodes)

# %% [markdown]
# Two discriminators judge: $D_V$ sees whole clips, $D_I$ one frame of each clip, drawn at random, so that pictures stay sharp while motion
# is learnt. With $t$ and $s$ the frames drawn for each real and each generated clip, and $L_D$ of (6.7) or (6.8),
#
# $$ L = L_D\bigl(D_I(x_t), D_I(\hat x_s)\bigr) + L_D\bigl(D_V(x), D_V(\hat x)\bigr) \tag{6.14} $$


# %% exercise="two_judges"
def two_judges(image_judge: nn.Module, video_judge: nn.Module, real: Tensor, fake: Tensor, frames: Tensor, kind: str) -> Tensor:
    """What MoCoGAN's discriminators lose together in their turn, Eq. (6.14), a scalar.

    Args:
        image_judge: (B, 3, H, W) -> (B,) logits; called once for real and once for generated frames.
        video_judge: (B, 3, T, H, W) -> (B,) logits; called once for real and once for generated clips.
        real, fake: (B, 3, T, H, W); no gradient goes on to what made `fake`.
        frames: (2, B) int64, from 0: which frame of each real and of each generated clip the image judge sees.
        kind: of the loss.

    Source: Tulyakov and others, "MoCoGAN: Decomposing Motion and Content for Video Generation" (2018), section 3.2.
    """
    # BEGIN SOLUTION
    fake, clips = fake.detach(), torch.arange(len(real), device=real.device)
    stills = discriminator_loss(image_judge(real[clips, :, frames[0]]), image_judge(fake[clips, :, frames[1]]), kind)
    return stills + discriminator_loss(video_judge(real), video_judge(fake), kind)  # (6.14)
    # END SOLUTION


# %% check="two_judges"
if __name__ == "__main__":
    check.two_judges(two_judges)

# %% [markdown]
# ## 6.11 A distance of distributions
#
# FVD (Unterthiner and others 2018) passes real and generated clips through a network that was trained to recognise actions, takes both
# clouds of features for Gaussians with means $\mu$ and covariances $\Sigma$, and measures how far the Gaussians are apart (Fréchet,
# squared):
#
# $$ d^2 = \lVert \mu_1 - \mu_2 \rVert^2 + \operatorname{tr}\bigl(\Sigma_1 + \Sigma_2 - 2\, (\Sigma_1 \Sigma_2)^{1/2}\bigr) \tag{6.15} $$
#
# The trace of the root is the sum of the roots of the eigenvalues of $\Sigma_1 \Sigma_2$. They are real and not negative, but rounding says
# otherwise where there are fewer clips than features. With $A_i$ the features less their mean, divided by $\sqrt{N_i - 1}$, so that
# $\Sigma_i = A_i^\top A_i$, the same roots are the singular values of $A_1 A_2^\top$: no root is taken at all. Work in float64.


# %% exercise="frechet_distance"
def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Squared Fréchet distance of the Gaussians of two clouds of features, Eq. (6.15).

    Args:
        first, second: (N, K) and (M, K) features of clips, all at least 2; N and M may be smaller than K.
    """
    # BEGIN SOLUTION
    first, second = first.double(), second.double()
    one, two = ((cloud - cloud.mean(dim=0)) / math.sqrt(len(cloud) - 1) for cloud in (first, second))
    roots = torch.linalg.svdvals(one @ two.T)
    apart = (first.mean(dim=0) - second.mean(dim=0)).square().sum()
    return float(apart + one.square().sum() + two.square().sum() - 2 * roots.sum())  # (6.15)
    # END SOLUTION


# %% check="frechet_distance"
if __name__ == "__main__":
    check.frechet_distance(frechet_distance)

# %% [markdown]
# ## 6.12 What it costs
#
# Every layer of VGAN's moving stream, and of the same widths as an image network.

# %% demo
if __name__ == "__main__":
    distributed.start()
    vgan = (512, 256, 128, 64)
    count = sum(weight.numel() for weight in Generator(100, vgan).parameters())
    result("parameters of VGAN's generator", count, expect=(16_245_383, 16_245_383))
    first, later = [(2, 4, 4), (1, 1, 1), (0, 0, 0)], [(4, 4, 4), (2, 2, 2), (1, 1, 1)]  # kernel, stride, padding
    for axes in (2, 3):
        size, parameters, memory = (1,) * axes, 0, 0
        for place, channels in enumerate(itertools.pairwise((100, *vgan, 3))):
            how = [numbers[-axes:] for numbers in (later if place else first)]
            size, weights, output = layer_cost("transposed", channels, size, *how)
            parameters, memory = parameters + weights, memory + output
        print(f"{axes}D stream to {size}: {parameters / 1e6:.2f} million parameters, outputs of {memory / 2**20:.2f} MiB a clip")
    result("frames that one number before VGAN's last discriminator layer sees", receptive_field([(4, 2, 1)] * 4)[0], expect=(46, 46))

# %% [markdown]
# ## 6.13 Two streams learn four clips
#
# Real digits (MNIST by Y. LeCun and C. Cortes, CC BY-SA 3.0), made small and set in motion. Without the data, squares stand in. Look at the
# mask: the price makes it leave what stands still to the background.

# %% demo
if __name__ == "__main__":
    devices.seed_all(SEED)
    clips, codes = moving_digits.moving_digits(4, 8, 16, seed=SEED), torch.randn(4, 32)
    generator = Generator(32, (64, 32))
    reconstruct(generator, codes, clips, 300, sparsity=0.02, learning_rate=5e-3)
    with torch.no_grad():
        made, mask = generator(codes)
    sheet = pictures.clip_sheet(torch.cat([clips, made, 2 * mask.expand_as(made) - 1]), columns=4)
    show.show_clip(sheet, "Four digits in motion, below them their reconstructions, below those the masks.", 6)
    still = (clips - clips.mean(dim=2, keepdim=True)).square().mean()
    result("squared error / variance", (made - clips).square().mean() / clips.var(), expect=(0, 0.05))
    result("mean of the mask", mask.mean(), expect=(0.02, 0.6))
    result("the best still background's error / variance", still / clips.var(), expect=(0.3, 0.9))

# %% [markdown]
# ## 6.14 The game at work
#
# `adversarial.play` lets the two step in turn: it differentiates each one's loss, steps its Adam, notes losses and gradient norms, saves
# checkpoints that resume, and runs in half precision on a GPU. Under `torchrun --nproc-per-node 4 -m solutions.a06_video_gan` four GPUs
# share batches, gradients and batch statistics. While it runs, look at what becomes of the same six codes.
#
# One thing is not VGAN's. Clips that go right and clips that go down are separate heaps, and Gaussian noise is one heap. A continuous
# generator has to put something in between, and it looks like it: squares that stand, fade, or drift askew. So $K$ of the $n$ numbers of
# the noise say one of $K$ categories, drawn at random, and the other numbers are Gaussian (MoCoGAN has such a code). With $e_k$ the
# one-hot vector of category $k$ and a factor that makes both parts equally long,
#
# $$ z = \bigl(\sqrt{n - K}\; e_k,\ \epsilon\bigr), \qquad k \sim \operatorname{uniform}\{1, \dots, K\}, \quad
# \epsilon \sim \mathcal N(0, I_{n-K}) \tag{6.16} $$
#
# Nobody says which category goes which way. $K = 16$ is more than there are ways, so that each may be found by several.
#
# The game does not settle: what a generator can do swings from one hundred steps to the next. Its weights $\theta$ circle a better place
# than they ever stop at, so what is kept in the end is a slow average of them (Yazici and others 2019),
#
# $$ \bar\theta \leftarrow \beta\, \bar\theta + (1 - \beta)\, \theta \quad\text{after every step.} \tag{6.17} $$

# %%
QUICK = adversarial.Game(widths=(64, 32), steps=700, learning_rate=1e-3, batch=32, noise=32, categories=16, decay=0.99)
FULL = adversarial.Game(widths=(256, 128, 64), steps=8000, learning_rate=2e-4, batch=64, noise=100, categories=16, decay=0.998)


def play(game: adversarial.Game, draw, look, checkpoint: str = "") -> tuple:
    """VGAN, trained on real clips `draw(step)`: the generator, and losses and gradient norms of both sides (see `adversarial.play`)."""
    devices.seed_all(SEED)
    networks = Generator(game.noise, game.widths), adversarial.Discriminator(game.widths)
    networks = [network.apply(adversarial.initialise) for network in networks]
    turns = {
        "discriminator": lambda *batch: discriminator_turn(*batch, game.kind),
        "generator": lambda *batch: generator_turn(*batch, game.kind, game.sparsity),
    }
    return networks[0], *adversarial.play(game, *networks, turns, draw, look, checkpoint, SEED)


# %% demo
if __name__ == "__main__":
    game = devices.choose(QUICK, FULL)
    frames, side_px = 2 ** (len(game.widths) + 1), 2 ** (len(game.widths) + 2)
    look = adversarial.gallery(game.codes(6), every=game.steps // 5)

    def real_clips(step: int) -> Tensor:
        """Of a step; every step has its own."""
        return moving_squares.moving_squares(game.batch, frames, side_px, seed=step)[0]

    generator, losses, norms = play(game, real_clips, look, "squares")
    show.show_figure(pictures.curve_figure(losses, "step", "loss"), "Losses of discriminator and generator over the steps.")
    show.show_figure(pictures.curve_figure(norms, "step", "norm of the gradient", log=True), "Norms of both gradients over the steps.")

# %% [markdown]
# The real clips are exact: a bright square of 4 by 4 pixels slides over a dark, still gradient, one pixel a frame, right, down, left or up.
# `track` calls a pixel foreground if the mean of its colours is above 0, and `direction_rate` counts the steps of its centre that go, by at
# least half a pixel, the way of the whole clip.
#
# Losses do not tell who is winning, nor whether clips are good. The square's area, the share of steps that go one way, and how much samples
# vary do. Real clips score 16, 1 and 1. A generator that has collapsed can have the first two, but not the third. Two cores reach, in a
# minute, a bright thing that goes its way more often than not. At full size the targets are an area within 30 % (11.2 to 20.8 pixels) and
# a rate of at least 0.8. They have not been measured on a GPU yet; a game half as wide came to 0.75 to 0.89 on one core, with 13 to 16
# pixels, from step 2,250 to 4,000 (`tests/benchmarks/video_gan.py` in the course's repository).

# %% demo
if __name__ == "__main__":
    with torch.no_grad():
        samples = generator(game.codes(256).to(devices.device()))[0].float().cpu()
    real, ways = moving_squares.moving_squares(256, frames, side_px, seed=1_000_000)
    area, centre = moving_squares.track(samples)
    result("area of the foreground", area.mean(), expect=devices.choose((8, 24), (11.2, 20.8)), unit="px")
    result("share of steps in the right direction", moving_squares.direction_rate(centre), expect=(devices.choose(0.5, 0.8), 1))
    result("diversity of samples, relative to real clips", moving_squares.diversity(samples, real), expect=(0.5, 1.2))

# %% [markdown]
# ## 6.15 Toy-FVD
#
# The features here come from a small network that learns within seconds which way squares go, so the number means nothing beyond this page:
# call it Toy-FVD. Of any such number ask what it is between two sets of real clips, whether it grows when clips get worse (strength: the
# deviation of added noise, or the share of clips frozen or shuffled in time), and how far it scatters at your sample size.

# %% demo
if __name__ == "__main__":
    network = features.trained(*moving_squares.moving_squares(2048, frames, side_px, seed=2_000_000), seed=SEED)

    def toy_fvd(first: Tensor, second: Tensor) -> float:
        """Toy-FVD of two sets of clips."""
        return frechet_distance(*(network(clips.to(devices.device())).cpu() for clips in (first, second)))

    others = [moving_squares.moving_squares(256, frames, side_px, seed=3_000_000 + place)[0] for place in range(10)]
    itself, growth, figure = features.scrutinised(toy_fvd, real, others, moving_squares.worsened)
    show.show_figure(figure, "Toy-FVD grows with noise, frozen and shuffled clips, above a band where real clips lie.")
    result("Toy-FVD of real clips against the same clips", toy_fvd(real, real), expect=(-1e-6, 1e-6))
    result("Toy-FVD of 256 real clips against 256 others", np.mean(itself), expect=(0.1, 1.5))
    result("its standard deviation over ten draws", np.std(itself), expect=(0.05, 0.8))
    result("least growth from one strength to the next", min(np.divide(v[1:], v[:-1]).min() for v in growth.values()), expect=(1, np.inf))
    result("Toy-FVD of the samples, over that of real clips", toy_fvd(real, samples) / np.mean(itself), expect=(1, np.inf))
