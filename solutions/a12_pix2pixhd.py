# %% [markdown]
# # 12. Frame by frame: image-to-image translation, and why it flickers
#
# A map of labels goes in, a photograph comes out: pix2pixHD does it for single pictures, CycleGAN without a single pair to learn from. Show
# them a clip, one frame after another, and each frame is fine, and the clip is not: it flickers. *You write* the parts of both systems, and
# then find out where the flicker comes from, one source at a time, with the ruler of lesson 11. What repairs it is lesson 13.
#
# *Lecture:* [frame by frame](../lectures/a12_pix2pixhd.md). *Time:* four hours of work; all runs take about four minutes on two cores. The
# sizes for a GPU are in the code and not yet measured.
#
# **Conventions.** Pictures are `(B, C, H, W)`, inside networks in [-1, 1], for measures in [0, 1]. Label maps are `(B, H, W)` int64: the
# *class* of each pixel (sky, road, car ...), or the *instance*, one number for each single thing. A generator paints a picture from its
# *condition*, what it is told; a discriminator sees the condition and a picture, in this order, one above the other in the channels.

# %%
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import a12_pix2pixhd as check

# %% [markdown]
# ## 12.1 Labels as channels
#
# Class 7 is not seven times class 1, so a label map enters a network as one channel a class, 1 where the pixel has it and 0 elsewhere:
#
# $$ s_{b,k,y,x} = [\,\ell_{b,y,x} = k\,], \qquad k = 0 \dots K-1 \tag{12.1} $$


# %% exercise="one_hot"
def one_hot(labels: Tensor, classes: int) -> Tensor:
    """A channel for each class, Eq. (12.1).

    Args:
        labels: (B, H, W) int64, values from 0 to classes - 1.
        classes: K.

    Returns:
        (B, K, H, W) float32 of zeros and ones, 1 once at each pixel.

    Raises:
        ValueError: a label is below 0 or not below `classes`.
    """
    # BEGIN SOLUTION
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels need values from 0 to {classes - 1}, got {int(labels.min())} to {int(labels.max())}")
    channels = F.one_hot(labels, classes)  # (12.1), (B, H, W, K)
    return channels.movedim(-1, 1).float()
    # END SOLUTION


# %% check="one_hot"
if __name__ == "__main__":
    check.one_hot(one_hot)

# %% [markdown]
# ## 12.2 Where one car ends and the next begins
#
# Two cars, one before the other, are one blob of class *car*. Their instances differ, but instance numbers mean nothing in themselves and
# there may be hundreds. What matters is where they change: pix2pixHD gives the generator one more channel,
#
# $$ e_p = \big[\, i_p \neq i_q \text{ for any of the four neighbours } q \text{ of } p \,\big] \tag{12.2} $$
#
# so both sides of a border are marked. Beyond the picture there is no neighbour, and no border.


# %% exercise="instance_edges"
def instance_edges(instances: Tensor) -> Tensor:
    """The borders of instances, Eq. (12.2).

    Args:
        instances: (B, H, W) int64, any numbers.

    Returns:
        (B, 1, H, W) float32, 1 where a pixel differs from any of its neighbours above, below, left or right, else 0.
    """
    # BEGIN SOLUTION
    edges = torch.zeros_like(instances, dtype=torch.bool)
    across = instances[:, :, 1:] != instances[:, :, :-1]
    down = instances[:, 1:] != instances[:, :-1]
    edges[:, :, 1:] |= across
    edges[:, :, :-1] |= across
    edges[:, 1:] |= down
    edges[:, :-1] |= down
    return edges[:, None].float()  # (12.2)
    # END SOLUTION


# %% check="instance_edges"
if __name__ == "__main__":
    check.instance_edges(instance_edges)

# %% [markdown]
# ## 12.3 One style for one thing
#
# Labels do not say that the car is red. Where a label map has many right pictures, pix2pixHD adds three channels of *style*: an encoder
# looks at the true picture, and its features are averaged over each instance, so that they can tell what the thing is like, but not paint
# it pixel by pixel:
#
# $$ z_p = \frac{1}{|\{q : i_q = i_p\}|} \sum_{q\,:\,i_q = i_p} E(x)_q \tag{12.3} $$
#
# In training the styles come from the truth; at test time there is none, and one is chosen for each instance among those seen in training.
# Our encoder is the simplest there is, $E(x) = x$: the style is the mean colour. (pix2pixHD learns a small network instead, through
# (12.3).)


# %% exercise="instance_average"
def instance_average(features: Tensor, instances: Tensor) -> Tensor:
    """Every pixel gets the mean of the features over its instance, Eq. (12.3).

    Args:
        features: (B, C, H, W) float tensor.
        instances: (B, H, W) int64, numbers from 0 on; the same number in two pictures of the batch is two instances.

    Returns:
        (B, C, H, W), constant inside each instance; differentiable in `features`.
    """
    # Hint: `unique(return_inverse=True)` numbers the instances of the batch without gaps; `index_add` sums rows by number.
    # BEGIN SOLUTION
    batch = torch.arange(len(instances), device=instances.device)[:, None, None]
    ids, owner = (instances * len(instances) + batch).unique(return_inverse=True)
    pixels = features.movedim(1, -1).flatten(0, 2)  # (B*H*W, C)
    sums = pixels.new_zeros(len(ids), pixels.shape[1]).index_add(0, owner.flatten(), pixels)
    means = sums / owner.flatten().bincount()[:, None]  # (12.3)
    return means[owner].movedim(-1, 1)
    # END SOLUTION


# %% check="instance_average"
if __name__ == "__main__":
    check.instance_average(instance_average)

# %% [markdown]
# ## 12.4 A generator that keeps the outlines: the U-Net
#
# To decide what a region should look like, a generator must see far; to paint its outline, it must know it to the pixel. A U-Net goes down
# by strides of 2 to see far, comes up again, and on the way up each level is joined with what the same level knew on the way down (the
# *skip*):
#
# $$ d_k = D_k\big([\operatorname{up}(d_{k+1}),\, e_k]\big), \qquad e_k = E_k(e_{k-1}), \quad e_{-1} = s, \quad d_2 = e_2, \quad
# \text{out} = L(d_0) \tag{12.4} $$
#
# up enlarges to the size of $e_k$, nearest neighbour, so that odd sides come out right. The layers are given; you write the path.


# %%
def convolutions(channels: int, width: int, stride: int) -> nn.Sequential:
    """Two 3 x 3 convolutions with leaky ReLU, the first with a stride; a side of n becomes ceil(n / stride)."""
    first, second = nn.Conv2d(channels, width, 3, stride, 1), nn.Conv2d(width, width, 3, 1, 1)
    return nn.Sequential(first, nn.LeakyReLU(0.2), second, nn.LeakyReLU(0.2))


# %% exercise="UNet"
class UNet(nn.Module):
    """Two levels down and up again, with skips, Eq. (12.4). No normalisation, no tanh at the end.

    Args:
        channels_in, channels_out: of condition and picture.
        width: channels at full size; twice and four times as many below.

    Source: Ronneberger, Fischer and Brox (2015), as the generator of pix2pix (Isola and others, 2017), much smaller.
    """

    def __init__(self, channels_in: int, channels_out: int, width: int) -> None:
        super().__init__()
        down = ((channels_in, width, 1), (width, 2 * width, 2), (2 * width, 4 * width, 2))
        self.encoders = nn.ModuleList(convolutions(*sizes) for sizes in down)  # E_0, E_1, E_2
        self.decoders = nn.ModuleList(convolutions(3 * n, n, 1) for n in (2 * width, width))  # D_1, D_0
        self.last = nn.Conv2d(width, channels_out, 3, 1, 1)  # L

    def forward(self, condition: Tensor) -> Tensor:
        """(B, channels_in, H, W) -> (B, channels_out, H, W), any sides."""
        # BEGIN SOLUTION
        levels = []
        for encoder in self.encoders:
            condition = encoder(condition)
            levels.append(condition)
        out = levels.pop()
        for decoder in self.decoders:
            skip = levels.pop()
            out = F.interpolate(out, size=skip.shape[-2:], mode="nearest")
            out = decoder(torch.cat([out, skip], dim=1))  # (12.4)
        return self.last(out)
        # END SOLUTION


# %% check="UNet"
if __name__ == "__main__":
    check.UNet(UNet)

# %% [markdown]
# ## 12.5 The other generator: residual blocks
#
# pix2pixHD and CycleGAN keep one size in the middle and change it little by little. A block *adds* to what it is given; at first it adds
# next to nothing, so many of them can stand in a row:
#
# $$ \operatorname{block}(x) = x + W_2 * \operatorname{ReLU}(W_1 * x + b_1) + b_2 \tag{12.5} $$
#
# with $3 \times 3$ kernels, and borders *reflected* (`padding_mode="reflect"`): zeros would draw a frame around every picture. The
# published blocks normalise each channel over the picture (instance norm) after both convolutions. Ours do not, and 12.13 will be glad of
# it.


# %% exercise="ResidualBlock"
class ResidualBlock(nn.Module):
    """Eq. (12.5): (B, width, H, W) -> (B, width, H, W), sides at least 2. Its weights are W_1, b_1, W_2, b_2, in this order."""

    def __init__(self, width: int) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.first = nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect")
        self.second = nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect")
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        # BEGIN SOLUTION
        change = self.second(F.relu(self.first(x)))
        return x + change  # (12.5)
        # END SOLUTION


# %% check="ResidualBlock"
if __name__ == "__main__":
    check.ResidualBlock(ResidualBlock)


# %%
class ResidualGenerator(nn.Sequential):
    """The plan of pix2pixHD's global generator: 7 x 7, `downs` halvings, `blocks`, as many doublings, 7 x 7; no tanh at the end."""

    def __init__(self, channels_in: int, channels_out: int, width: int, downs: int, blocks: int) -> None:
        reflect = {"padding_mode": "reflect"}
        layers = [nn.Conv2d(channels_in, width, 7, 1, 3, **reflect), nn.ReLU()]
        for k in range(downs):
            layers += [nn.Conv2d(width << k, width << k + 1, 3, 2, 1), nn.ReLU()]
        layers += [ResidualBlock(width << downs) for _ in range(blocks)]
        for k in reversed(range(downs)):
            layers += [nn.ConvTranspose2d(width << k + 1, width << k, 3, 2, 1, output_padding=1), nn.ReLU()]
        super().__init__(*layers, nn.Conv2d(width, channels_out, 7, 1, 3, **reflect))


# %% [markdown]
# ## 12.6 A critic of patches
#
# A discriminator with one score for a whole picture must judge everything at once. PatchGAN gives a map of scores: each judges the patch
# that it sees, fully convolutional, at any size. With $n$ `layers`:
#
# | convolution | channels | stride | then |
# |---|---|---|---|
# | 1 | width | 2 | leaky ReLU, slope 0.2 |
# | $k = 2 \dots n$ | width $\cdot \min(2^{k-1}, 8)$ | 2 | leaky ReLU |
# | $n + 1$ | width $\cdot \min(2^n, 8)$ | 1 | leaky ReLU |
# | $n + 2$ | 1 | 1 | nothing: the scores |
#
# Kernels are $4 \times 4$ and the padding is 2, so a side becomes $\lfloor m / 2 \rfloor + 1$, or $m + 1$ with stride 1. How much does one
# score see? From the last layer back, $r \leftarrow (r - 1) \cdot \text{stride} + 4$, beginning with 1:
#
# $$ r = 4 \to 7 \to 16 \to 34 \to 70 \text{ px for } n = 3 \tag{12.6} $$
#
# All layers' outputs are wanted, since 12.9 compares them. (The paper has instance norm after the convolutions $2 \dots n+1$. At our sizes
# the maps are a few pixels wide, and a mean over few pixels takes more away than it repairs.)


# %% exercise="PatchDiscriminator"
class PatchDiscriminator(nn.Module):
    """Scores of patches, by the table above.

    Args:
        channels: of condition and picture together.
        width: channels after the first convolution.
        layers: convolutions with stride 2, at least 1.

    Source: Isola and others, "Image-to-Image Translation with Conditional Adversarial Networks" (2017); Wang and others, pix2pixHD (2018).
    """

    def __init__(self, channels: int, width: int, layers: int = 3) -> None:
        super().__init__()
        # BEGIN SOLUTION
        widths = [channels] + [width * min(2**k, 8) for k in range(layers + 1)]
        strides = [2] * layers + [1]
        inner = zip(widths[:-1], widths[1:], strides, strict=True)
        self.inner = nn.ModuleList(nn.Conv2d(before, after, 4, stride, 2) for before, after, stride in inner)
        self.scores = nn.Conv2d(widths[-1], 1, 4, 1, 2)
        # END SOLUTION

    def forward(self, picture: Tensor) -> list[Tensor]:
        """(B, channels, H, W) -> layers + 2 tensors: features of each layer after its leaky ReLU, and last the (B, 1, h, w) scores."""
        # BEGIN SOLUTION
        features = [picture]
        for layer in self.inner:
            features.append(F.leaky_relu(layer(features[-1]), 0.2))
        return [*features[1:], self.scores(features[-1])]
        # END SOLUTION


# %% check="PatchDiscriminator"
if __name__ == "__main__":
    check.PatchDiscriminator(PatchDiscriminator)

# %% [markdown]
# ## 12.7 The same critic, twice
#
# At $2048 \times 1024$ a patch of 70 px is a headlight. Rather than a deeper critic, pix2pixHD takes several, alike but with weights of
# their own: the first sees the picture, each next one the picture shrunk to half by an average over $3 \times 3$ pixels with stride 2,
# padding 1. At the border the average is over the pixels that exist (`count_include_pad=False`), or grey pictures would get a dark rim:
#
# $$ x^{(0)} = x, \qquad x^{(k+1)} = \operatorname{pool}(x^{(k)}), \qquad \text{out}_k = D_k(x^{(k)}) \tag{12.7} $$


# %% exercise="MultiscaleDiscriminator"
class MultiscaleDiscriminator(nn.Module):
    """`scales` patch discriminators on a pyramid, Eq. (12.7), in the order of the pyramid; arguments as of `PatchDiscriminator`."""

    def __init__(self, channels: int, width: int, layers: int = 3, scales: int = 2) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.critics = nn.ModuleList(PatchDiscriminator(channels, width, layers) for _ in range(scales))
        # END SOLUTION

    def forward(self, picture: Tensor) -> list[list[Tensor]]:
        """(B, channels, H, W) -> for each scale, finest first, what its discriminator returns."""
        # BEGIN SOLUTION
        scales = []
        for critic in self.critics:
            scales.append(critic(picture))
            picture = F.avg_pool2d(picture, 3, stride=2, padding=1, count_include_pad=False)  # (12.7)
        return scales
        # END SOLUTION


# %% check="MultiscaleDiscriminator"
if __name__ == "__main__":
    check.MultiscaleDiscriminator(MultiscaleDiscriminator)

# %% [markdown]
# ## 12.8 The game, with squares
#
# LSGAN asks the critic to answer 1 for real patches and 0 for made ones, and the painter to get a 1, all in squares, without sigmoid or
# logarithm. With scores $D_k(\cdot)$ at scale $k$, means over patches and batch, *sums over scales*:
#
# $$ L_D = \frac12 \sum_k \Big( \operatorname{mean}\,[D_k(\text{real}) - 1]^2 + \operatorname{mean}\, D_k(\text{made})^2 \Big), \qquad
# L_\text{GAN} = \sum_k \operatorname{mean}\,[D_k(\text{made}) - 1]^2 \tag{12.8} $$


# %% exercise="gan_losses"
def discriminator_loss(real: list[list[Tensor]], fake: list[list[Tensor]]) -> Tensor:
    """LSGAN loss of the discriminators, Eq. (12.8); arguments are what `MultiscaleDiscriminator` returns, the result is a scalar."""
    # BEGIN SOLUTION
    return sum(((seen[-1] - 1).square().mean() + made[-1].square().mean()) / 2 for seen, made in zip(real, fake, strict=True))  # (12.8)
    # END SOLUTION


def generator_loss(fake: list[list[Tensor]]) -> Tensor:
    """LSGAN loss of the generator, Eq. (12.8); the argument is what `MultiscaleDiscriminator` returns, the result is a scalar."""
    # BEGIN SOLUTION
    return sum((made[-1] - 1).square().mean() for made in fake)  # (12.8)
    # END SOLUTION


# %% check="gan_losses"
if __name__ == "__main__":
    check.gan_losses(discriminator_loss, generator_loss)

# %% [markdown]
# ## 12.9 Feature matching
#
# The score is one number a patch; the layers below know much more. Let the made picture look like the true one to *every layer* of every
# critic. With $K$ scales, features $D_k^{(i)}$ of $n + 1$ layers, *the last output, the scores, left out*:
#
# $$ L_\text{FM} = \frac{4}{n+1} \cdot \frac1K \sum_{k=1}^{K} \sum_{i=1}^{n+1}
# \operatorname{mean}\big|D_k^{(i)}(\text{real}) - D_k^{(i)}(\text{made})\big| \tag{12.9} $$
#
# With $n = 3$ a difference of 1 in all features costs 4, and 40 after the weight $\lambda = 10$ of 12.11. The features of the *real*
# picture are a target: no gradient goes there.


# %% exercise="feature_matching"
def feature_matching(real: list[list[Tensor]], fake: list[list[Tensor]]) -> Tensor:
    """Feature matching, Eq. (12.9), without the weight lambda.

    Args:
        real, fake: what `MultiscaleDiscriminator` returns, for true and made pictures. No gradient flows into `real`.

    Returns:
        scalar tensor.
    """
    # BEGIN SOLUTION
    pairs = [pair for seen, made in zip(real, fake, strict=True) for pair in zip(seen[:-1], made[:-1], strict=True)]
    return 4 / len(pairs) * sum((seen.detach() - made).abs().mean() for seen, made in pairs)  # (12.9)
    # END SOLUTION


# %% check="feature_matching"
if __name__ == "__main__":
    check.feature_matching(feature_matching)

# %% [markdown]
# ## 12.10 What a trained eye sees
#
# A network that has learned to name what is in photographs makes a third critic, which does not learn and cannot be fooled. VGG-19 serves
# everywhere; pix2pixHD compares its features at five depths, the deepest with the largest weight,
#
# $$ L_P = \sum_{i=1}^{5} w_i \operatorname{mean}\big|F_i(\text{made}) - F_i(\text{real})\big|, \qquad
# w = \big(\tfrac1{32}, \tfrac1{16}, \tfrac18, \tfrac14, 1\big) \tag{12.10} $$
#
# where stage $i$ takes the output of stage $i-1$. The eye is frozen: in evaluation mode, no gradient for its weights, no gradient into the
# real side. But *through* it to the made picture there must be one, so `no_grad` around everything is wrong.

# %%
WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)  # w of Eq. (12.10)


# %% exercise="PerceptualLoss"
class PerceptualLoss(nn.Module):
    """Eq. (12.10), with WEIGHTS.

    Args:
        stages: five networks, each fed with what the one before returns; this freezes them and puts them in evaluation mode.
    """

    def __init__(self, stages: Sequence[nn.Module]) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.stages = nn.ModuleList(stages).eval().requires_grad_(False)
        # END SOLUTION

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """Pictures (B, C, H, W) in [-1, 1] -> scalar tensor, differentiable in `made` alone."""
        # BEGIN SOLUTION
        loss, real = 0, real.detach()
        for weight, stage in zip(WEIGHTS, self.stages, strict=True):
            made, real = stage(made), stage(real)
            loss = loss + weight * (made - real).abs().mean()  # (12.10)
        return loss
        # END SOLUTION


# %% check="PerceptualLoss"
if __name__ == "__main__":
    check.PerceptualLoss(PerceptualLoss)
