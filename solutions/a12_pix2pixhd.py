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
# New tensors go where the input is (`x.new_zeros(3)`, `device=x.device`): the checks notice, on any machine, what would fail on a GPU.

# %%
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from assignments.common import adversarial, devices, eyes, labelmaps, pictures
from assignments.common.residual import ResidualGenerator
from assignments.common.results import result
from assignments.common.show import show_clip
from autograder.checks import a12_pix2pixhd as check
from data_scripts import clips, fetch, toyworld
from solutions.a11_optical_flow import as_frames, estimate, flicker, visible, warping_error

SEED = 0  # of all runs below

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
        instances: (B, H, W) int64, numbers from 0 on, as large as they like; the same number in two pictures of the batch is two instances.

    Returns:
        (B, C, H, W), constant inside each instance; differentiable in `features`.
    """
    # Hint: `unique(dim=1, return_inverse=True)` numbers the columns of a matrix, say (picture, instance); `index_add` sums rows by number.
    # BEGIN SOLUTION
    batch = torch.arange(len(instances), device=instances.device)[:, None, None].expand_as(instances)
    pairs = torch.stack([batch, instances]).flatten(1)  # (2, B*H*W)
    ids, owner = pairs.unique(dim=1, return_inverse=True)
    pixels = features.movedim(1, -1).flatten(0, 2)  # (B*H*W, C)
    sums = pixels.new_zeros(ids.shape[1], pixels.shape[1]).index_add(0, owner, pixels)
    means = sums / owner.bincount()[:, None]  # (12.3)
    return means[owner].unflatten(0, instances.shape).movedim(-1, 1)
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
# up enlarges to the size of $e_k$, `mode="nearest"`, so that odd sides come out right. The layers are given; you write the path.


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
# pix2pixHD and CycleGAN keep one size in the middle and change it little by little. A block *adds* to what it is given:
#
# $$ \operatorname{block}(x) = x + W_2 * \operatorname{ReLU}(W_1 * x + b_1) + b_2 \tag{12.5} $$
#
# with $3 \times 3$ kernels, and borders *reflected*: zeros would draw a frame around every picture. The published blocks normalise each
# channel over the picture (instance norm) after both convolutions. Ours do not, and 12.13 will be glad of it. It is given:
# `ResidualGenerator(channels_in, channels_out, width, downs, blocks)`, where `downs` counts the halvings before and doublings after the
# blocks.

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
    """Scores of patches of r px, Eq. (12.6), by the table above.

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
    """LSGAN loss of the discriminators, Eq. (12.8), a scalar.

    Args:
        real, fake: what `MultiscaleDiscriminator` returns for real and for made pictures, which need not be equally many.
    """
    # BEGIN SOLUTION
    seen = sum((scale[-1] - 1).square().mean() for scale in real)
    made = sum(scale[-1].square().mean() for scale in fake)
    return (seen + made) / 2  # (12.8)
    # END SOLUTION


def generator_loss(fake: list[list[Tensor]]) -> Tensor:
    """LSGAN loss of the generator, Eq. (12.8); the argument is what `MultiscaleDiscriminator` returns, the result is a scalar."""
    # BEGIN SOLUTION
    return sum((scale[-1] - 1).square().mean() for scale in fake)  # (12.8)
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
# A difference of 1 in all features costs 4, whatever $K$ and $n$, and 40 after the weight $\lambda = 10$ of 12.11. The features of the
# *real* picture are a target: no gradient goes there.


# %% exercise="feature_matching"
def feature_matching(real: list[list[Tensor]], fake: list[list[Tensor]]) -> Tensor:
    """Feature matching, Eq. (12.9), without the weight lambda.

    Args:
        real, fake: what `MultiscaleDiscriminator` returns, for true and made pictures. No gradient flows into `real`.

    Returns:
        scalar tensor.
    """
    # BEGIN SOLUTION
    seen = [features.detach() for scale in real for features in scale[:-1]]
    made = [features for scale in fake for features in scale[:-1]]
    gaps = [(one - other).abs().mean() for one, other in zip(seen, made, strict=True)]
    return 4 * sum(gaps) / len(gaps)  # (12.9)
    # END SOLUTION


# %% check="feature_matching"
if __name__ == "__main__":
    check.feature_matching(feature_matching)

# %% [markdown]
# ## 12.10 What a trained eye sees
#
# A network that has learned to name what is in photographs makes a third critic, one that does not learn: a measure, not a player. VGG-19
# serves everywhere; pix2pixHD compares its features at five depths, the deepest with the largest weight,
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

# %% [markdown]
# `eyes.stages()` gives VGG-19 in five pieces where torch has its weights on disk. Without them a stand-in takes the place: five layers with
# random orthogonal weights, never trained. It knows nothing of photographs, but it looks at five depths, and on toy pictures that will do.

# %% [markdown]
# ## 12.11 The two turns
#
# Now the game itself. $s$ is the condition, $x$ the true picture, $[\cdot, \cdot]$ puts channels above each other: the critics see what the
# picture should show, or the painter could paint any fine street:
#
# $$ \min_D L_D\big(D[s, x],\, D[s, G(s)]\big), \qquad
# \min_G L_\text{GAN}\big(D[s, G(s)]\big) + 10\, L_\text{FM}\big(D[s, x],\, D[s, G(s)]\big) + 10\, L_P\big(G(s), x\big) \tag{12.11} $$
#
# Each line is minimised over its own weights only: in the critics' turn the made picture is a mere picture, without a graph behind it. In
# each turn $G(s)$ is painted once, and all terms look at the same picture.

# %%
LAMBDA = 10.0  # weight of feature matching and of the perceptual loss


# %% exercise="turns"
def discriminator_turn(generator: nn.Module, discriminator: nn.Module, condition: Tensor, image: Tensor) -> Tensor:
    """The discriminators' loss on one batch, Eq. (12.11), left; no gradient reaches the generator.

    Args:
        generator: condition -> picture; called once.
        discriminator: a `MultiscaleDiscriminator` of condition and picture, in this order.
        condition: (B, C, H, W).
        image: (B, 3, H, W) true pictures in [-1, 1].

    Returns:
        scalar tensor; modes, `requires_grad` and gradients of both players are as before.
    """
    # BEGIN SOLUTION
    with torch.no_grad():
        made = generator(condition)
    on_made = discriminator(torch.cat([condition, made], dim=1))
    on_real = discriminator(torch.cat([condition, image], dim=1))
    return discriminator_loss(on_real, on_made)
    # END SOLUTION


def generator_turn(generator: nn.Module, discriminator: nn.Module, perceptual: nn.Module, condition: Tensor, image: Tensor) -> Tensor:
    """The generator's loss on one batch, Eq. (12.11), right, with LAMBDA; `perceptual` is a `PerceptualLoss`, the rest as above."""
    # BEGIN SOLUTION
    made = generator(condition)
    on_made = discriminator(torch.cat([condition, made], dim=1))
    on_real = discriminator(torch.cat([condition, image], dim=1))
    alike = feature_matching(on_real, on_made) + perceptual(made, image)
    return generator_loss(on_made) + LAMBDA * alike  # (12.11)
    # END SOLUTION


# %% check="turns"
if __name__ == "__main__":
    check.turns(discriminator_turn, generator_turn)

# %% [markdown]
# Streets of the toy world, with colours and textures that are new in each: labels, borders of instances and styles in, pictures out. Things
# are told apart by instance, the rest (sky, road) by class. Adam has $\beta_1 = 0.5$, as published.


# %%
CLASSES = len(toyworld.classes("street"))  # 10
RATE = devices.choose(1e-3, 2e-4)  # of Adam; published: 2e-4


def segments(clip: toyworld.Clip) -> Tensor:
    """A number for each thing, and for each class of what is no thing: (T, H, W) int64."""
    return clip.inst * CLASSES + clip.sem


def condition_of(labels: Tensor, instances: Tensor, styles: Tensor) -> Tensor:
    """What the generators of streets are told: (B, CLASSES + 1 + 3, H, W)."""
    return torch.cat([one_hot(labels, CLASSES), instance_edges(instances), styles], dim=1)


def true_condition(clip: toyworld.Clip) -> Tensor:
    """With the styles of the true pictures."""
    return condition_of(clip.sem, segments(clip), instance_average(clip.rgb, segments(clip)))


def fit(generator: nn.Module, condition: Tensor, image: Tensor, steps: int, batch: int, checkpoint: str) -> None:
    """Train a generator on pairs by the two turns, with critics of its own."""
    discriminator = MultiscaleDiscriminator(condition.shape[1] + 3, devices.choose(8, 64))
    perceptual = PerceptualLoss(eyes.stages()).to(devices.device())

    def some() -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(image), (batch,), device=image.device)
        return condition[chosen], image[chosen]

    turns = {
        "discriminator": lambda step, painter, critics: discriminator_turn(painter, critics, *some()),
        "generator": lambda step, painter, critics: generator_turn(painter, critics, perceptual, *some()),
    }
    adversarial.alternate(generator, discriminator, turns, steps, RATE, checkpoint, SEED)


# %% demo
if __name__ == "__main__":
    scenes, side_px, batch, steps = devices.choose(quick=(120, 48, 4, 320), full=(1000, 128, 8, 8000))
    want, seeds = ("rgb", "sem", "inst"), toyworld.split("street", "train")[:scenes]
    training = [toyworld.draw("street", seed, 2, side_px, side_px, want, frame_step=9).to(devices.device()) for seed in seeds]
    condition, image = torch.cat([true_condition(clip) for clip in training]), torch.cat([clip.rgb for clip in training])
    devices.seed_all(SEED)
    painter = nn.Sequential(ResidualGenerator(condition.shape[1], 3, devices.choose(16, 64), downs=0, blocks=2), nn.Tanh())
    fit(painter, condition, image, steps, batch, "painter")

# %% [markdown]
# ## 12.12 A clip, frame by frame
#
# The oldest way to make an image system work on clips is to give it one frame after another. Each frame must be made *alone*: a batch of
# all frames would give the same pictures only as long as no layer mixes its batch (batch norm in training mode does), and would need memory
# for all of them.


# %% exercise="frame_by_frame"
def frame_by_frame(generator: nn.Module, clip: Tensor) -> Tensor:
    """A translated clip, each frame made from its own condition and nothing else.

    Args:
        generator: (1, C, H, W) -> (1, 3, H, W) in [-1, 1]; its mode is left as it is, that of its parts, too; if it draws noise, it does so
            anew for each frame.
        clip: (T, C, H, W) conditions.

    Returns:
        (T, 3, H, W) in [0, 1]; no gradient is kept.
    """
    # BEGIN SOLUTION
    with torch.no_grad():
        frames = [generator(frame[None]) for frame in clip]
    return (torch.cat(frames) + 1) / 2
    # END SOLUTION


# %% check="frame_by_frame"
if __name__ == "__main__":
    check.frame_by_frame(frame_by_frame)

# %% [markdown]
# A drive that the network has not seen. Now there is no truth to take styles from: each thing gets a style that something of its class had
# in training, **once for the clip**. Or **anew in each frame**, which is what a generator does that draws noise for each picture. The
# truth's own styles are for comparison; only with them does PSNR mean much.


# %%
def styled(labels: Tensor, instances: Tensor, bank: list[Tensor], anew: bool) -> Tensor:
    """Conditions of a clip, with styles chosen from the bank once, or anew in each frame."""
    parts = zip(labels.split(1), instances.split(1), strict=True) if anew else [(labels, instances)]
    styles = torch.cat([labelmaps.choose_styles(*part, bank, seed) for seed, part in enumerate(parts)])
    return condition_of(labels, instances, styles)


def beside(alt: str, frame_rate_hz: float, **clips: Tensor) -> None:
    """Show clips (T, C, H, W) side by side under their names."""
    show_clip(
        pictures.side_by_side(*(pictures.titled(as_frames(clip), name.replace("_", " ")) for name, clip in clips.items())),
        alt,
        frame_rate_hz,
    )


# %% demo
if __name__ == "__main__":
    drive = toyworld.draw("street", toyworld.split("street", "test")[3], 24, side_px, side_px, speed=(1.5, 1.5)).to(devices.device())
    truth, things = toyworld.to01(drive.rgb), segments(drive)
    bank = labelmaps.style_bank(torch.cat([clip.sem for clip in training]), condition[:, -3:], CLASSES)
    made = {
        "true_styles": frame_by_frame(painter, true_condition(drive)),
        "lasting_styles": frame_by_frame(painter, styled(drive.sem, things, bank, anew=False)),
        "new_styles_in_each_frame": frame_by_frame(painter, styled(drive.sem, things, bank, anew=True)),
    }
    scores = {name: flicker(clip, truth, drive.flow_next, drive.visible_next) for name, clip in made.items()}
    for name, (excess, fidelity) in scores.items():
        print(f"{name:24} flicker {excess:+.5f}   PSNR {fidelity:5.1f} dB")
    labels = torch.from_numpy(pictures.label_colours(drive.sem.cpu())).movedim(-1, 1)
    beside("A drive: labels, painted with true, lasting and ever new styles, and the truth.", 8, labels=labels, **made, truth=truth)

# %% [markdown]
# ## 12.13 Where flicker comes from
#
# New styles are not all of it: lasting ones flicker, too. To find the sources, take away everything that could be one. A camera pans over a
# **still picture** by whole pixels, and styles last. Our painter is a residual one *without strides*, convolutions alone. What it paints
# moves with its input, exactly, away from the border:
#
# $$ G(\operatorname{shift}_d\, s) = \operatorname{shift}_d\, G(s) \quad\text{for every whole } d \tag{12.12} $$
#
# So nothing flickers. (Instance norm would break this: its means change with whatever comes into the frame.) Now one source at a time:
#
# - **noise**: the styles are chosen anew in each frame.
# - **strides**: the same plan with two halvings and doublings. It keeps (12.12) only for $d$ divisible by 4, and so does the U-Net.
# - **sub-pixel motion**: half a pixel a frame. Labels have no half pixels: an outline stays, then jumps.
# - **wrong labels**: 2 % of the pixels are given any class, others in each frame, as by a network that segments real film.
#
# The score is the warping error of lesson 11, less that of the true pictures under the same pan, which is 0 for whole pixels and about
# $10^{-4}$ for half ones. Expect about $10^{-16}$ without a source, and $10^{-4}$ to $10^{-2}$ with one.

# %% demo
if __name__ == "__main__":
    strided = nn.Sequential(ResidualGenerator(condition.shape[1], 3, 4, downs=2, blocks=1), nn.Tanh())
    fit(strided, condition, image, steps // 2, batch, "strided")
    still = toyworld.draw("street", 11, 1, 4 * 48, 4 * 128, want).to(devices.device())  # four pixels for one of the frame
    smooth = F.avg_pool2d(still.rgb, 5, 1, 2, count_include_pad=False)

    def panned(generator: nn.Module, speed_px: float, anew: bool = False, wrong: float = 0.0) -> tuple[Tensor, float, float]:
        """What is made of 8 frames of the pan, its warping error away from the left and right border, and that of the true pictures."""
        right, things, true = (labelmaps.pan(part, 4, speed_px, 8, 96) for part in (still.sem, segments(still), toyworld.to01(smooth)))
        called = labelmaps.mislabelled(right, CLASSES, wrong, seed=0)
        things = torch.where(called == right, things, called)  # what has a wrong label is a thing of its own
        clip = frame_by_frame(generator, styled(called, things, bank, anew))
        flow = true.new_tensor([-speed_px, 0])[:, None, None].expand(7, 2, 48, 96)
        middle = F.pad(torch.ones(7, 1, 48, 32, dtype=torch.bool, device=true.device), [32, 32])
        return clip, *(float(warping_error(frames, flow, middle)) for frames in (clip, true))

    pans = {
        "no_source": panned(painter, 1),
        "noise": panned(painter, 1, anew=True),
        "strides_and_4_px": panned(strided, 4),
        "strides": panned(strided, 1),
        "half_pixels": panned(painter, 0.5),
        "wrong_labels": panned(painter, 1, wrong=0.02),
    }
    for name, (_, error, error_of_truth) in pans.items():
        print(f"{name:18} warping error {error:.1e}, of the true pictures {error_of_truth:.1e}")
    beside(
        "A pan over a still street, made without and with each source of flicker.", 4, **{name: clip for name, (clip, *_) in pans.items()}
    )

# %% [markdown]
# ## 12.14 Without pairs
#
# Nobody has the same street by day and by night from the same spot. CycleGAN needs two *heaps* of pictures, $X$ and $Y$. Two generators,
# $G: X \to Y$ and $F: Y \to X$, each with a critic of the heap that it paints for (no condition: there is none). The critics alone would
# accept any night street for any day. So what went there and back must be what it was, and what is in $Y$ already should stay:
#
# $$ L_\text{cyc} = \operatorname{mean}|F(G(x)) - x| + \operatorname{mean}|G(F(y)) - y|, $$
#
# $$ L_\text{id} = \operatorname{mean}|G(y) - y| + \operatorname{mean}|F(x) - x| \tag{12.13} $$


# %% exercise="cycle_losses"
def cycle_losses(to_y: nn.Module, to_x: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Cycle and identity loss, Eq. (12.13), both directions of each added up, without weights.

    Args:
        to_y, to_x: G and F, pictures to pictures; each works in the mode in which it comes and is left in it.
        x, y: (B, C, H, W) and (B', C, H', W') from the two heaps; nothing belongs together.

    Returns:
        (cycle, identity), scalar tensors.
    """
    # BEGIN SOLUTION
    cycle = (to_x(to_y(x)) - x).abs().mean() + (to_y(to_x(y)) - y).abs().mean()
    identity = (to_y(y) - y).abs().mean() + (to_x(x) - x).abs().mean()
    return cycle, identity  # (12.13)
    # END SOLUTION


# %% check="cycle_losses"
if __name__ == "__main__":
    check.cycle_losses(cycle_losses)

# %% [markdown]
# ## 12.15 A critic with a memory
#
# Painter and critic can chase each other in circles: the critic forgets yesterday's tricks. CycleGAN shows it old pictures too, from a
# *pool* of 50. Picture by picture: while the pool is not full, keep a copy and hand the picture on. When it is full, toss a coin:
# half the time hand the new picture on and forget it; else choose one from the pool at random, hand *that* on, and put the new one in its
# place.


# %% exercise="ImagePool"
class ImagePool:
    """Mixes old pictures among new ones, as above; a pool of size 0 hands on what comes.

    Args:
        size: how many pictures it keeps, as copies.

    Source: Shrivastava and others (2017), as in CycleGAN.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.kept: list[Tensor] = []

    def __call__(self, images: Tensor) -> Tensor:
        """(B, C, H, W) new pictures -> (B, C, H, W) new and old ones, without gradient; random by torch's global generator."""
        # BEGIN SOLUTION
        handed = []
        for image in images.detach().clone():
            if len(self.kept) < self.size:
                self.kept.append(image)
            elif self.size and torch.rand(()) < 0.5:
                place = int(torch.randint(self.size, ()))
                image, self.kept[place] = self.kept[place], image
            handed.append(image)
        return torch.stack(handed)
        # END SOLUTION


# %% check="ImagePool"
if __name__ == "__main__":
    check.ImagePool(ImagePool)

# %% [markdown]
# Streets by day and *other* streets by night. The toy night is a fixed change of colours, so that we, not the networks, know what each day
# street should become. One Adam serves both generators; the weights are the published 10 and 5.


# %%
def night(image: Tensor) -> Tensor:
    """A day picture in [-1, 1] as it is at night: darker, and bluer."""
    return image.new_tensor([0.30, 0.38, 0.65])[:, None, None] * (image + 1) - 1


def fit_cycle(to_y: nn.Module, to_x: nn.Module, x: Tensor, y: Tensor, steps: int, batch: int) -> None:
    """Train CycleGAN on two heaps of pictures, with the published weights 10 and 5."""
    critics = nn.ModuleList(MultiscaleDiscriminator(3, devices.choose(8, 64), layers=2, scales=1) for _ in range(2))
    pools = ImagePool(50), ImagePool(50)

    def some() -> list[Tensor]:
        return [heap[torch.randint(len(heap), (batch,), device=heap.device)] for heap in (x, y)]

    def critics_turn(*_: object) -> Tensor:
        x, y = some()
        made_y, made_x = pools[0](to_y(x)), pools[1](to_x(y))
        return discriminator_loss(critics[0](y), critics[0](made_y)) + discriminator_loss(critics[1](x), critics[1](made_x))

    def painters_turn(*_: object) -> Tensor:
        x, y = some()
        cycle, identity = cycle_losses(to_y, to_x, x, y)
        return generator_loss(critics[0](to_y(x))) + generator_loss(critics[1](to_x(y))) + 10 * cycle + 5 * identity

    turns = {"discriminator": critics_turn, "generator": painters_turn}
    adversarial.alternate(nn.ModuleList([to_y, to_x]), critics, turns, steps, RATE, "cycle", SEED)


# %% demo
if __name__ == "__main__":
    half, small = len(image) // 2, F.avg_pool2d(image, 2)
    devices.seed_all(SEED)
    to_night, to_day = (nn.Sequential(ResidualGenerator(3, 3, devices.choose(8, 32), 0, 1), nn.Tanh()) for _ in range(2))
    fit_cycle(to_night, to_day, small[:half], night(small[half:]), devices.choose(400, 6000), 4)
    day = F.avg_pool2d(drive.rgb, 2)
    turned, dark = frame_by_frame(to_night, day), toyworld.to01(night(day))
    night_error = float((turned - dark).abs().mean() / (toyworld.to01(day) - dark).abs().mean())
    beside("A drive by day, CycleGAN's night of each frame, and the true night.", 8, day=toyworld.to01(day), CycleGAN=turned, night=dark)

# %% [markdown]
# ## 12.16 A face from its outlines
#
# Now film. Pictures of somebody talking, and for a condition the outlines in them, where the brightness changes: cheap to get from any
# picture, and enough to paint it. Two thirds of the clip are for training, the rest is new. Outlines in film are *wrong labels*: a line
# comes and goes with the noise. The true motion is unknown here, so `estimate` and `visible` of lesson 11 stand in for it.

# %% demo
if __name__ == "__main__":
    name = "grid_faces/id2_vcd_swwp2s"
    try:
        film, about = torch.from_numpy(clips.load(name, size=(64, 64))).permute(0, 3, 1, 2), f"a face; {clips.licence(name)}"
    except fetch.DataMissing as missing:
        film, about = toyworld.to01(toyworld.draw("face", 3, 75, 64, 64, ("rgb",)).rgb), f"a toy face, as {missing}"
    film = film.to(devices.device())
    lines, new = labelmaps.outlines(film, 0.12), 2 * len(film) // 3
    devices.seed_all(SEED)
    portraitist = nn.Sequential(UNet(1, 3, devices.choose(16, 64)), nn.Tanh())
    fit(portraitist, lines[:new], 2 * film[:new] - 1, devices.choose(300, 3000), batch, "portraitist")
    real, painted = film[new:], frame_by_frame(portraitist, lines[new:])
    there, back = (estimate(one, two, levels=3, steps=40, smoothness=0.1) for one, two in ((real[:-1], real[1:]), (real[1:], real[:-1])))
    film_flicker, film_db = flicker(painted, real, there, visible(there, back))
    print(f"{about}: flicker {film_flicker:+.5f}, PSNR {film_db:.1f} dB")
    beside(
        "Outlines of a face, the face painted from them frame by frame, and the film.", 12, outlines=lines[new:], painted=painted, film=real
    )

# %% [markdown]
# ## What you should see
#
# The clip that this lesson is about, once more: labels, the frame-by-frame result with the best styles there are, and the truth. Look at
# the outlines, and at what stands still in the picture while the street moves. What would a generator have to see to do better? Its last
# frame, and where everything went. That is lesson 13.

# %% demo
if __name__ == "__main__":
    beside("A drive: labels, the frame-by-frame result, and the truth.", 8, labels=labels, frame_by_frame=made["true_styles"], truth=truth)
    result("unseen drive, true styles", scores["true_styles"][1], expect=(18, 27), unit="dB")
    result("flicker by new styles", scores["new_styles_in_each_frame"][0] - scores["lasting_styles"][0], expect=(1e-3, 0.1))
    result("warping error without a source", max(pans[name][1] for name in ("no_source", "strides_and_4_px")), expect=(0, 1e-9))
    for name, least in {"noise": 1e-3, "strides": 1e-4, "half_pixels": 1e-4, "wrong_labels": 1e-4}.items():
        result(f"warping error by {name.replace('_', ' ')}", pans[name][1] - pans[name][2], expect=(least, 0.1))
    result("CycleGAN's nights", night_error, expect=(0, 0.4), unit="of the error of leaving it day")
    result("face, new frames", film_db, expect=(15, 30), unit="dB")
