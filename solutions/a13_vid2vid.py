# %% [markdown]
# # 13. Video to video
#
# A clip of labels comes in, a clip of frames goes out, and it stays the same world from frame to frame. This is vid2vid (Wang and others
# 2018), where the first half of the course meets: a U-Net and critics from lesson 12, warping and the measure of flicker from lesson 11.
# Each frame is partly *carried* along the flow from the frame before, partly *invented*; a mask decides where. *You write* fourteen short
# functions: the generator's step, the rollout, the losses, the two kinds of critics, and what one measures and compares it with.
#
# *Lecture:* [video to video](../lectures/a13_vid2vid.md). *Time:* four to five hours of work; all runs take about seven minutes on two
# cores, most of it training. With a GPU the same code trains longer on larger clips; those numbers have not been measured yet.
#
# **Conventions** are those of lesson 11: new tensors go where the input is (`device=x.device`), for a GPU's sake. Flow is in pixels,
# channel 0 to the right, channel 1 down. Flow that brings the last frame into the new one lives **on the grid of the new frame** and points
# into the last: `flow_prev` in the toy world. Clips are `(B, T, C, H, W)`, time second, one clip by itself is `(T, C, H, W)`; images are in
# $[-1, 1]$ inside networks, in $[0, 1]$ where something is measured. Masks are named by what is true at 1. Equations count frames from 1.
# Real ones are $x_t$, generated ones $\hat x_t$; the first is given, $\hat x_1 = x_1$.

# %%
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from assignments.common import devices, pictures
from assignments.common.results import result
from assignments.common.show import show_clip, show_images
from assignments.common.training import train
from autograder.checks import a13_vid2vid as check
from data_scripts import clips, fetch, labelled_clips, toyworld
from data_scripts.labelled_clips import LabelledClips
from solutions.a11_optical_flow import compose, end_point_error, estimate, psnr, warp, warping_error
from solutions.a12_pix2pixhd import MultiscaleDiscriminator, UNet, discriminator_loss, feature_matching, generator_loss, one_hot

PAST = 2  # frames that the generator looks back, L in the paper
FLOW_PX = 4.0  # the network's unit of flow; the public code takes 20 at 512 px, 40 at 1024 px
CRITICS_RATE = 2e-3  # of their Adam
SEED = 0

# %% [markdown]
# ## 13.1 Carry or invent
#
# What the new frame shows was mostly there a moment ago. Three things are needed to make it: the flow $w_t$ that carries the last frame
# along, a hallucinated image $h_t$ for what was hidden, and a mask $m_t$ that is **1 where to hallucinate**. In a street the hallucination
# has two layers, because cars and houses have little in common: the mask $m^B_t$, which is 1 on the background, comes with the labels.
#
# $$ h_t = (1 - m^B_t)\, h^F_t + m^B_t\, h^B_t \tag{13.1} $$
#
# $$ \hat x_t = (1 - m_t)\, \operatorname{warp}(\hat x_{t-1}, w_t) + m_t\, h_t \tag{13.2} $$
#
# The generator sees several past frames, but it warps only the last one.


# %% exercise="blend"
def blend(
    past: Tensor, flow: Tensor, foreground: Tensor, background: Tensor, is_background: Tensor, hallucinate: Tensor
) -> tuple[Tensor, Tensor]:
    """Make a frame of what can be carried and what is invented, Eq. (13.1) and (13.2).

    Args:
        past: (B, L, 3, H, W) the last frames, oldest first.
        flow: (B, 2, H, W) in pixels, on the grid of the new frame, into the last one.
        foreground, background: (B, 3, H, W) invented images h^F and h^B.
        is_background: (B, 1, H, W) in [0, 1], m^B: 1 on the background.
        hallucinate: (B, 1, H, W) in [0, 1], m: 1 where to invent.

    Returns:
        (frame, raw): the new frame and the invented image h, both (B, 3, H, W).

    Source: Wang and others, "Video-to-Video Synthesis" (2018).
    """
    # BEGIN SOLUTION
    raw = (1 - is_background) * foreground + is_background * background  # (13.1)
    carried = warp(past[:, -1], flow)
    frame = (1 - hallucinate) * carried + hallucinate * raw  # (13.2)
    return frame, raw
    # END SOLUTION


# %% check="blend"
if __name__ == "__main__":
    check.blend(blend)

# %% [markdown]
# ## 13.2 One step of the generator
#
# All of that comes out of networks that look at the labels $s_{t-2}, s_{t-1}, s_t$ and the past frames. One network, `sequential`, sees
# both and says the background image, the flow and the mask:
#
# $$ (b, f, a) = \operatorname{sequential}(s_{t-2}, s_{t-1}, s_t, \hat x_{t-2}, \hat x_{t-1}), \quad
# h^B = \tanh b, \quad w = 4\,\text{px} \cdot f, \quad m = \operatorname{sigmoid} a \tag{13.3} $$
#
# Images are in $[-1, 1]$, so the image needs a tanh. Flow has no such bounds and gets none, but a unit: a network's outputs are numbers
# around 1, and motions are some pixels. The other network, `still`, sees the labels only and says $h^F = \tanh(\operatorname{still}(s))$:
# things in front move too fast for the flow, so they must be known from the labels.


# %%
class Step(NamedTuple):
    """What the generator says at one time."""

    frame: Tensor  # (B, 3, H, W), about in [-1, 1]
    raw: Tensor  # (B, 3, H, W), the hallucination alone
    flow: Tensor  # (B, 2, H, W) in pixels, on the grid of the new frame, into the last one
    hallucinate: Tensor  # (B, 1, H, W) in [0, 1]


# %% exercise="generate"
def generate(sequential: nn.Module, still: nn.Module, labels: Tensor, past: Tensor) -> Step:
    """One step of the generator, Eq. (13.3) and `blend`.

    Args:
        sequential: network from (B, 3 C + 6, H, W) to (B, 6, H, W). Its input is the three label frames and then the two past frames, each
            oldest first; its output b (3 channels), f (2, x first) and a (1).
        still: network from (B, 3 C, H, W), the label frames alone, to (B, 3, H, W).
        labels: (B, 3, C, H, W) of the last two frames and the new one, oldest first; channel 0 of each is its mask `is_background`.
        past: (B, 2, 3, H, W) the last two frames, oldest first.

    Returns:
        Step(frame, raw, flow, hallucinate), flow in pixels: FLOW_PX times f. All four are trained on: nothing is detached here.
    """
    # BEGIN SOLUTION
    seen = torch.cat([labels.flatten(1, 2), past.flatten(1, 2)], dim=1)  # (B, 3 C + 6, H, W)
    b, f, a = sequential(seen).float().split([3, 2, 1], dim=1)  # float: no half precision for pixels
    foreground = still(labels.flatten(1, 2)).float().tanh()
    flow, hallucinate = FLOW_PX * f, a.sigmoid()  # (13.3)
    frame, raw = blend(past, flow, foreground, b.tanh(), labels[:, -1, :1], hallucinate)
    return Step(frame, raw, flow, hallucinate)
    # END SOLUTION


# %% check="generate"
if __name__ == "__main__":
    check.generate(generate)

# %% [markdown]
# ## 13.3 Frame after frame
#
# The model of the whole clip is a product over time, as in lessons 1 to 3, with a memory of $L = 2$ frames:
#
# $$ p(x_1 \dots x_T \mid s_1 \dots s_T) = \prod_t p(x_t \mid x_{t-2}, x_{t-1}, s_{t-2}, s_{t-1}, s_t) \tag{13.4} $$
#
# At test time the past frames are *the generator's own*. In training, too: one that only ever sees real past frames never learns to live
# with its own mistakes. Where the story begins, the oldest frame is repeated: the first given frame stands for what was before it, and so
# does the first label frame. The first frame itself is given; in 13.10 another network makes it.
#
# To train, one may cut the graph between the steps. Each frame then answers for itself alone, and if its loss goes back at once, memory no
# longer grows with the length of the clip.


# %% exercise="rollout"
def rollout(step: Callable[[Tensor, Tensor], Step], labels: Tensor, clip: Tensor, given: int, detach: bool) -> Step:
    """Generate a clip from its first frames, Eq. (13.4).

    Args:
        step: (B, 3, C, H, W) labels up to the new frame and (B, 2, 3, H, W) past frames, both oldest first -> Step of the new frame.
        labels: (B, T, C, H, W).
        clip: (B, T or fewer, 3, H, W) real frames, of which only the first `given` may be looked at, and none changed.
        given: how many frames are given, from 1 to T - 1.
        detach: whether no gradient flows from a frame back into those that it was made of, given or not; labels and new frames keep theirs.

    Returns:
        Step whose parts have a time axis after the batch. `frame` has all T frames, the given ones first; `raw`, `flow` and `hallucinate`
        have the T - given generated ones.
    """
    # BEGIN SOLUTION
    frames, steps = list(clip[:, :given].unbind(dim=1)), []
    for t in range(given, labels.shape[1]):
        window = labels[:, [max(k, 0) for k in range(t - PAST, t + 1)]]
        past = torch.stack([frames[max(k, 0)] for k in range(t - PAST, t)], dim=1)
        steps.append(step(window, past.detach() if detach else past))
        frames.append(steps[-1].frame)
    made = Step(*(torch.stack(parts, dim=1) for parts in zip(*steps, strict=True)))
    return made._replace(frame=torch.stack(frames, dim=1))
    # END SOLUTION


# %% check="rollout"
if __name__ == "__main__":
    check.rollout(rollout)

# %% [markdown]
# ## 13.4 What the flow should be
#
# A frame that is right says little about the flow: in a flat wall every flow is right. So the flow gets a loss of its own, against a
# reference $\bar w$ (the paper takes FlowNet2's, the toy world knows it), and by what it does to the *real* frames:
#
# $$ L_W = \frac{1}{T-1} \sum_{t=2}^{T} \;\underset{b,\,p}{\text{mean}}\;\; M_t(p) \Big[ \sum_{k=1}^{2} |w_{t,k} - \bar w_{t,k}|(p) +
# \frac13 \sum_{c=1}^{3} |\operatorname{warp}(x_{t-1}, w_t) - x_t|(p, c) \Big] \tag{13.5} $$
#
# $M_t$ is 1 where the pixel was visible in the last frame: nothing can be carried to the others. The mean is over *all* pixels, so that
# a frame in which much is hidden does not count more for the rest. A clip of one frame has no flow, and no loss.


# %% exercise="flow_loss"
def flow_loss(flow: Tensor, truth: Tensor, visible: Tensor, real: Tensor) -> Tensor:
    """The loss of the flow, Eq. (13.5).

    Args:
        flow, truth: (B, T-1, 2, H, W) in pixels, on the grids of frames 2 to T, each into the frame before.
        visible: (B, T-1, 1, H, W) bool, where the pixel is seen in the frame before; elsewhere the truth may be NaN.
        real: (B, T, 3, H, W) real frames.

    Returns:
        scalar tensor, 0 if T is 1.
    """
    # BEGIN SOLUTION
    if flow.shape[1] == 0:
        return flow.sum()
    carried = warp(real[:, :-1].flatten(0, 1), flow.flatten(0, 1)).unflatten(0, flow.shape[:2])
    off = torch.where(visible, flow - truth, 0).abs().sum(dim=2)  # chosen, not multiplied: 0 * NaN is NaN
    unlike = visible.squeeze(2) * (carried - real[:, 1:]).abs().mean(dim=2)  # (B, T-1, H, W)
    return (off + unlike).mean()  # (13.5): the mean over the pairs divides by T - 1
    # END SOLUTION


# %% check="flow_loss"
if __name__ == "__main__":
    check.flow_loss(flow_loss)

# %% [markdown]
# ## 13.5 Two kinds of critics
#
# Absolute errors make what is uncertain blurred. So vid2vid has critics: $D_I$ looks at a single frame beside its labels, as in lesson 12;
# $D_V$ looks at *three frames and the flow between them*, without labels, and judges whether the motion is real. There are several $D_V$,
# one for each pace: the one of scale $s$ takes frames that are $3^s$ apart, so three critics see 3, 7 and 19 frames.


# %% exercise="windows"
def windows(frames: int, scale: int) -> list[list[int]]:
    """The triples of frames that the video critic of a scale looks at.

    Args:
        frames: length of the clip.
        scale: s; neighbours in a triple are 3**s frames apart.

    Returns:
        all triples that fit, [first, second, third] by rising first; an empty list if none does.
    """
    # BEGIN SOLUTION
    stride = 3**scale
    starts = range(frames - 2 * stride)
    return [[start, start + stride, start + 2 * stride] for start in starts]
    # END SOLUTION


# %% check="windows"
if __name__ == "__main__":
    check.windows(windows)

# %% [markdown]
# Between frames that are several steps apart, flow is the composition of the steps in between (lesson 11). Going back in time, the first
# step is the *newest*: from $t$ into $t-1$, and from there on into $t-2$,
#
# $$ w_{t \to t-k}(p) = w_{t \to t-1}(p) + w_{t-1 \to t-k}\big(p + w_{t \to t-1}(p)\big) \tag{13.6} $$


# %% exercise="long_flow"
def long_flow(flow_prev: Tensor, stride: int) -> Tensor:
    """Flow over several frames, Eq. (13.6).

    Args:
        flow_prev: (B, T-1, 2, H, W) in pixels, on the grids of frames 2 to T, each into the frame before.
        stride: k, from 1 to T - 1.

    Returns:
        (B, T-k, 2, H, W) in pixels, on the grids of frames k+1 to T, each into the frame k before.
    """
    # BEGIN SOLUTION
    count = flow_prev.shape[1] + 1 - stride
    total = flow_prev[:, stride - 1 :]
    for back in range(1, stride):
        further = flow_prev[:, stride - 1 - back :][:, :count]
        total = compose(total.flatten(0, 1), further.flatten(0, 1)).unflatten(0, (-1, count))  # (13.6)
    return total
    # END SOLUTION


# %% check="long_flow"
if __name__ == "__main__":
    check.long_flow(long_flow)

# %% [markdown]
# The input of $D_V$ has 13 channels: three frames, oldest first (9), and the two flows *between neighbours of the triple*, older first (4),
# in units of FLOW_PX so that all channels are of one size. The flow is the reference flow of the *real* clip, for real and generated frames
# alike: the question is whether these frames move like that.


# %% exercise="video_input"
def video_input(clip: Tensor, flow_prev: Tensor, scale: int) -> Tensor:
    """What the video critic of a scale sees: all triples of `windows`.

    Args:
        clip: (B, T, 3, H, W).
        flow_prev: (B, T-1, 2, H, W) in pixels, on the grids of frames 2 to T, each into the frame before.
        scale: s, such that at least one triple fits.

    Returns:
        (B N, 13, H, W) for N triples, those of the first clip first.
    """
    # BEGIN SOLUTION
    stride = 3**scale
    triples = torch.tensor(windows(clip.shape[1], scale), device=clip.device)  # (N, 3)
    frames = clip[:, triples].flatten(2, 3)  # (B, N, 9, H, W)
    flows = long_flow(flow_prev, stride)[:, triples[:, :2]].flatten(2, 3)  # flow k lives on frame k + stride
    return torch.cat([frames, flows / FLOW_PX], dim=2).flatten(0, 1)
    # END SOLUTION


# %% check="video_input"
if __name__ == "__main__":
    check.video_input(video_input)

# %% [markdown]
# Now all critics look at a clip: $D_I$ at every frame beside its labels (labels first), each $D_V$ at its triples. The first frame is
# given: it is real in the generated clip, too, and $D_I$ would be told that it is not. So $D_I$ begins with the second frame; $D_V$ needs
# the first one for its triples. Where a clip is too short for a pace, that critic has nothing to say.


# %% exercise="opinions"
def opinions(
    image_critic: nn.Module, video_critics: list[nn.Module], labels: Tensor, clip: Tensor, flow_prev: Tensor
) -> list[list[list[Tensor]]]:
    """What all critics say about a clip.

    Args:
        image_critic: from (N, C + 3, H, W), labels and then frame, to what `MultiscaleDiscriminator` returns.
        video_critics: critic number s, of scale s, from (N, 13, H, W) to the same.
        labels: (B, T, C, H, W), T at least 2.
        clip: (B, T, 3, H, W), the first frame given.
        flow_prev: as in `video_input`.

    Returns:
        list of what the image critic and then the video critics return; those for which no triple fits are left out.
    """
    # BEGIN SOLUTION
    said = [image_critic(torch.cat([labels, clip], dim=2)[:, 1:].flatten(0, 1))]
    for scale, critic in enumerate(video_critics):
        if windows(clip.shape[1], scale):
            said.append(critic(video_input(clip, flow_prev, scale)))
    return said
    # END SOLUTION


# %% check="opinions"
if __name__ == "__main__":
    check.opinions(opinions)

# %% [markdown]
# The game is lesson 12's, summed over the critics $j$, and with feature matching. In the critics' turn the generated clip is a fact: no
# gradient may reach the generator. In the generator's turn, gradients that reach the critics are discarded by `train`: both turns leave
# the critics' modes, `requires_grad` and gradients alone.
#
# $$ L_D = \sum_j L_D(D_j), \qquad L_G = \sum_j L_\text{GAN}(D_j) + 10 \sum_j L_\text{FM}(D_j) \tag{13.7} $$
#
# `discriminator_loss`, `generator_loss` and `feature_matching` of lesson 12 take what one critic says.

# %%
MATCHING = 10.0  # weight of feature matching


# %% exercise="turns"
def critics_turn(
    image_critic: nn.Module, video_critics: list[nn.Module], labels: Tensor, real: Tensor, made: Tensor, flow_prev: Tensor
) -> Tensor:
    """Loss of all critics, Eq. (13.7), a scalar; `real` and `made` are (B, T, 3, H, W), the rest is as in `opinions`."""
    # BEGIN SOLUTION
    truth = opinions(image_critic, video_critics, labels, real, flow_prev)
    lies = opinions(image_critic, video_critics, labels, made.detach(), flow_prev)
    return sum(discriminator_loss(*pair) for pair in zip(truth, lies, strict=True))  # (13.7)
    # END SOLUTION


def generators_turn(
    image_critic: nn.Module, video_critics: list[nn.Module], labels: Tensor, real: Tensor, made: Tensor, flow_prev: Tensor
) -> Tensor:
    """Loss of the generator against all critics, with feature matching, Eq. (13.7), a scalar; arguments as in `critics_turn`."""
    # BEGIN SOLUTION
    truth = opinions(image_critic, video_critics, labels, real, flow_prev)
    lies = opinions(image_critic, video_critics, labels, made, flow_prev)
    pairs = zip(truth, lies, strict=True)
    return sum(generator_loss(fake) + MATCHING * feature_matching(seen, fake) for seen, fake in pairs)  # (13.7)
    # END SOLUTION


# %% check="turns"
if __name__ == "__main__":
    check.turns(critics_turn, generators_turn)

# %% [markdown]
# ## 13.6 Small and short first
#
# vid2vid grows in two directions, in turn: the clips get longer (T), doubling their length, and the picture finer (S). A new, finer scale
# is trained alone at first, with the scales inside it frozen; then all learn together:
#
# | stage | 0 | 1 | 2 | 3 | 4 | ... |
# |---|---|---|---|---|---|---|
# | what grows | | T | S | T | S | T, S in turn |
# | frames | $T_0$ | $2\,T_0$ | $2\,T_0$ | $4\,T_0$ | $4\,T_0$ | up to the longest |
# | scales | 1 | 1 | 2 | 2 | 3 | up to all |
#
# A stage takes `stage_epochs` epochs. In the first `alone` epochs of a stage that adds a scale, all older scales are frozen. Our
# generator has one scale; it uses the first row only.


# %% exercise="schedule"
def schedule(epoch: int, stage_epochs: int, alone: int, shortest: int, longest: int, scales: int) -> tuple[int, int, tuple[int, ...]]:
    """What is trained in an epoch of spatio-temporally progressive training.

    Args:
        epoch: from 0 on.
        stage_epochs: length of a stage of the table above.
        alone: how many epochs a new scale trains alone, at most `stage_epochs`.
        shortest, longest: frames of a clip, T_0 and the most.
        scales: of the finished generator, at least 1.

    Returns:
        (frames, scales in use, numbers of the frozen scales); 0 is the coarsest. Stages after the last scale was added freeze nothing.
    """
    # BEGIN SOLUTION
    stage = epoch // stage_epochs
    frames = min(shortest * 2 ** ((stage + 1) // 2), longest)
    used = min(1 + stage // 2, scales)
    is_new = stage % 2 == 0 and 1 + stage // 2 <= scales
    frozen = range(used - 1) if is_new and epoch % stage_epochs < alone else ()
    return frames, used, tuple(frozen)
    # END SOLUTION


# %% check="schedule"
if __name__ == "__main__":
    check.schedule(schedule)

# %% [markdown]
# ## 13.7 A street, carried along
#
# The textures of toy streets are drawn anew for each clip: *no* network can know them from labels, but one that is given the first frame
# can carry them along. That is what vid2vid claims. Its rival is lesson 12's way, a U-Net that paints each frame from its own labels. Both
# minimise the same loss, with $h$ the hallucination that each frame was made with:
#
# $$ L = \operatorname{mean} |\hat x - x| + 0.3 \operatorname{mean} |h - x| + 0.2\, L_W + g\, L_G \tag{13.8} $$
#
# The means are over frames 2 to $T$: the first is given, and a loss of 0 for it would make short clips count less.
# The absolute errors stand for the paper's VGG loss. Painting frame by frame has no flow to learn, its $L_W$ is a constant. On two cores
# there are no critics at first, $g = 0$.
#
# A label frame is the mask $m^B$, one channel a class, and the edges of instances. A small encoder turns each into eight channels *once*;
# the rollout takes windows of what is encoded, instead of encoding every frame three times.


# %%
class Generator(nn.Module):
    """vid2vid: an encoder of label frames and the two networks of `generate`; the foreground is small, and so is its network."""

    def __init__(self, channels: int, width: int, encoded: int = 8) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(channels, encoded, 3, padding=1), nn.LeakyReLU(0.2))
        seen = (PAST + 1) * (encoded + 1)
        self.sequential = UNet(seen + 3 * PAST, 6, width)
        self.still = nn.Sequential(nn.Conv2d(seen, width, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(width, 3, 3, padding=1))

    def encode(self, labels: Tensor) -> Tensor:
        """Each label frame by itself, (B, T, C, H, W) -> (B, T, 1 + encoded, H, W); channel 0 stays."""
        features = self.encoder(labels.flatten(0, 1)).unflatten(0, labels.shape[:2])
        return torch.cat([labels[:, :, :1], features], dim=2)

    def step(self, window: Tensor, past: Tensor) -> Step:
        """`generate` with the own networks; labels are encoded."""
        return generate(self.sequential, self.still, window, past)

    def forward(self, labels: Tensor, clip: Tensor, detach: bool = True) -> Step:
        """Roll a clip out from its first frame; arguments and result as of `rollout`."""
        return rollout(self.step, self.encode(labels), clip, 1, detach)


class FrameByFrame(nn.Module):
    """Lesson 12's way, as a generator that invents everything, with a flow of 0; arguments and result as of `Generator`."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.network = UNet(channels, 3, width)

    def forward(self, labels: Tensor, clip: Tensor, detach: bool = True) -> Step:
        """Every frame from its own labels, the first one, too."""
        frame = self.network(labels.flatten(0, 1)).float().unflatten(0, labels.shape[:2])
        return Step(frame, frame[:, 1:], torch.zeros_like(frame[:, 1:, :2]), torch.ones_like(frame[:, 1:, :1]))


@dataclass(frozen=True)
class Settings:
    """Of a training run."""

    width: int  # of the U-Nets
    epochs: int  # of 50 steps each
    stage_epochs: int  # before the clips get longer
    longest: int  # frames of a clip
    shortest: int = 2
    batch: int = 4  # clips
    rate: float = 2e-3  # of the generator's Adam, falls to nothing
    flow: float = 0.2  # weight of L_W
    game: float = 0.0  # g of Eq. (13.8); 0: no critics
    paces: int = 1  # video critics
    detach: bool = False  # as in the public code; with one backward pass for the whole rollout it saves no memory


LOOK = {"texture": 4.0, "speed": (0.5, 0.5)}  # slow streets with four times the usual contrast inside things
SLOW = {"speed": (0.5, 0.5)}  # dancers
HER = 77  # the person that some generators know
LIVELY = {"speed": (1.0, 2.0), "frame_step": 2, "zoom": 1.5}  # faces that are near and quick
QUICK = Settings(width=16, epochs=12, stage_epochs=3, longest=4, rate=4e-3)
FULL = Settings(width=32, epochs=48, stage_epochs=6, longest=20, batch=16, game=0.01, paces=3, detach=True)


def fit(generator: nn.Module, known: LabelledClips, settings: Settings, checkpoint: str) -> dict[str, np.ndarray]:
    """Train on windows of clips that grow by `schedule`; returns the losses of the generator and of its critics, if there are any."""
    devices.seed_all(SEED)
    known, steps = LabelledClips(*(part.to(devices.device()) for part in known)), 50 * settings.epochs
    image_critic = MultiscaleDiscriminator(known.labels.shape[2] + 3, settings.width // 2, layers=2)
    video_critics = nn.ModuleList(MultiscaleDiscriminator(13, settings.width // 2, layers=2) for _ in range(settings.paces))
    networks = {"generator": generator, "critics": nn.ModuleList([image_critic, video_critics])}
    adams = {name: torch.optim.Adam(network.to(devices.device()).parameters(), CRITICS_RATE) for name, network in networks.items()}

    def some(step: int) -> LabelledClips:
        """Windows of clips by chance, as long as it is their turn."""
        frames, _, _ = schedule(step // 50, settings.stage_epochs, 0, settings.shortest, settings.longest, 1)
        start = int(torch.randint(known.frames.shape[1] - frames + 1, ()))
        return known.window(torch.randint(len(known.frames), (settings.batch,)), start, frames)

    def of_critics(step: int) -> Tensor:
        clip = some(step)
        with torch.no_grad():
            made = generator(clip.labels, clip.frames)
        return critics_turn(image_critic, video_critics, clip.labels, clip.frames, made.frame, clip.flow_prev)

    def of_generator(step: int) -> Tensor:
        adams["generator"].param_groups[0]["lr"] = settings.rate * min(1, 2 * (1 - step / steps))
        clip = some(step)
        made = generator(clip.labels, clip.frames, settings.detach)
        loss = (made.frame - clip.frames)[:, 1:].abs().mean() + 0.3 * (made.raw - clip.frames[:, 1:]).abs().mean()
        loss = loss + settings.flow * flow_loss(made.flow, clip.flow_prev, clip.visible_prev, clip.frames)
        if settings.game:
            plays = generators_turn(image_critic, video_critics, clip.labels, clip.frames, made.frame, clip.flow_prev)
            loss = loss + settings.game * plays  # (13.8)
        return loss

    turns = {"critics": of_critics, "generator": of_generator} if settings.game else {"generator": of_generator}
    return train({name: (adams[name], turn) for name, turn in turns.items()}, steps, networks, seed=SEED, checkpoint=checkpoint)


# %% demo
if __name__ == "__main__":
    settings, scenes, side_px = devices.choose((QUICK, 64, 32), (FULL, 300, 64))
    streets = labelled_clips.draw("street", "train", scenes, settings.longest + 2, side_px, **LOOK)
    painter, generator = (kind(streets.labels.shape[2], settings.width) for kind in (FrameByFrame, Generator))
    fit(painter, streets, replace(settings, rate=2e-3), "frame by frame")  # at a higher rate it paints the same for all labels
    fit(generator, streets, settings, "street")
    unseen = labelled_clips.draw("street", "test", 16, devices.choose(8, 16), side_px, **LOOK)
    with torch.no_grad():
        painted, rolled = (net.cpu()(unseen.labels, unseen.frames) for net in (painter, generator))

# %% [markdown]
# ## 13.8 How good is it, and is it alive?
#
# Three numbers together say what one cannot. The PSNR says how near the truth the frames are. The warping error of lesson 11 says whether
# things keep their colours. Both can be bought with blur, so the third measures what blur takes away: how much colour varies *inside* the
# things. Let region $r$ of a frame be all pixels of one thing, with mean colour $\mu_r$, and $r(p)$ the region that $p$ is in:
#
# $$ \text{texture} = \sqrt{\;\underset{t,\,p,\,c}{\text{mean}}\; \big[x_t(p, c) - \mu_{t,\,r(p)}(c)\big]^2\;} \tag{13.9} $$
#
# A clip whose things are flat has texture 0. Read it as a share of the real clip's.


# %% exercise="texture"
def texture(clip: Tensor, regions: Tensor) -> float:
    """How much colours vary inside the things of a clip, Eq. (13.9).

    Args:
        clip: (T, 3, H, W) in [0, 1].
        regions: (T, H, W) int64, any numbers; the same number in two frames is two regions, each with its own mean.

    Returns:
        standard deviation from the mean colours of the regions.
    """
    # BEGIN SOLUTION
    apart = torch.empty_like(clip)
    for frame, owners, rest in zip(clip, regions, apart, strict=True):
        for number in owners.unique():
            inside = owners == number
            rest[:, inside] = frame[:, inside] - frame[:, inside].mean(dim=1, keepdim=True)
    return float(apart.square().mean().sqrt())  # (13.9)
    # END SOLUTION


# %% check="texture"
if __name__ == "__main__":
    check.texture(texture)


# %%
class Scores(NamedTuple):
    """Of generated clips, their first, given frame left out."""

    psnr_db: float  # of all frames
    first_db: float  # of the first generated frame
    flicker: float  # warping error
    texture: float  # share of the real clips'


def score(made: Tensor, known: LabelledClips) -> Scores:
    """Judge clips (N, T, 3, H, W) in [-1, 1]."""
    made, real = (toyworld.to01(clip.clamp(-1, 1))[:, 1:] for clip in (made, known.frames))
    flicker = np.mean([float(warping_error(*clip)) for clip in zip(made, known.flow_next[:, 1:], known.visible_next[:, 1:], strict=True)])
    alive, alive_real = (texture(clip.flatten(0, 1), known.regions[:, 1:].flatten(0, 1)) for clip in (made, real))
    return Scores(psnr(made.flatten(0, 1), real.flatten(0, 1)), psnr(made[:, 0], real[:, 0]), flicker, alive / alive_real)


def moving_px(flow: Tensor, known: LabelledClips) -> float:
    """End-point error of flow (N, T-1, 2, H, W) on visible pixels that move by more than half a pixel."""
    truth, visible = known.flow_prev.flatten(0, 1), known.visible_prev.flatten(0, 1)
    return float(end_point_error(flow.flatten(0, 1), truth, visible & (truth.norm(dim=1, keepdim=True) > 0.5)))


# %% demo
if __name__ == "__main__":
    repeated = unseen.frames[:, :1].expand_as(unseen.frames)
    handed_in = {"real": unseen.frames, "first frame": repeated, "frame by frame": painted.frame, "vid2vid": rolled.frame}
    scores = {name: score(made, unseen) for name, made in handed_in.items()}
    for name, s in scores.items():
        print(f"{name:15} PSNR {s.psnr_db:5.1f} dB, first generated frame {s.first_db:5.1f} dB", end=", ")
        print(f"warping error {s.flicker:.5f}, texture {s.texture:.2f}")
    flow_px, still_px = moving_px(rolled.flow, unseen), moving_px(0 * rolled.flow, unseen)
    print(f"flow: off by {flow_px:.2f} px where things move, no flow by {still_px:.2f} px")

# %% [markdown]
# On two cores the street was learnt without critics, which double the time of a step. A short game goes on here, with one video critic.
# Critics ask for what is plausible, not for what was there: expect more texture, and more flicker with it, from a hundred steps little.

# %% demo
if __name__ == "__main__":
    if not settings.game:
        fit(generator, streets, replace(settings, epochs=2, shortest=settings.longest, rate=2e-3, game=0.2), "game")
    with torch.no_grad():
        played = generator.cpu()(unseen.labels, unseen.frames)
    scores["with critics"] = score(played.frame, unseen)
    for name in ("vid2vid", "with critics"):
        print(f"{name:15} PSNR {scores[name].psnr_db:.1f} dB, warping error {scores[name].flicker:.5f}, texture {scores[name].texture:.2f}")

# %% [markdown]
# ## 13.9 Coherent afterwards?
#
# Could one not make frame-by-frame pictures coherent later? The simplest way seeks a compromise between each picture $f_t$ and the last
# result, brought along by the flow where it was visible ($M_t$). (The paper's rival COVST does this inside the network, with features.)
#
# $$ x_t = \arg\min_x\; \lVert x - f_t \rVert^2 + a\, M_t\, \lVert x - \operatorname{warp}(x_{t-1}, w_t) \rVert^2 \quad\Rightarrow\quad
# x_t = \frac{f_t + a\, M_t \operatorname{warp}(x_{t-1}, w_t)}{1 + a\, M_t}, \quad x_1 = f_1 \tag{13.10} $$
#
# The sum is over pixels that have nothing to do with each other, so the best $x$ is a weighted mean at each. Past *results* are warped, not
# past pictures: with a large $a$ the first frame is carried on and on.


# %% exercise="coherent"
def coherent(frames: Tensor, flow_prev: Tensor, visible_prev: Tensor, strength: float) -> Tensor:
    """Make a clip coherent along a flow that is known, Eq. (13.10).

    Args:
        frames: (T, 3, H, W) in any range, each made by itself; T is at least 1.
        flow_prev: (T-1, 2, H, W) in pixels, on the grids of frames 2 to T, each into the frame before.
        visible_prev: (T-1, 1, H, W) bool, on the same grids: where the pixel is seen in the frame before.
        strength: a, at least 0.

    Returns:
        (T, 3, H, W).
    """
    # BEGIN SOLUTION
    made = [frames[:1]]
    for t in range(1, len(frames)):
        carried = warp(made[-1], flow_prev[t - 1 : t])
        weight = strength * visible_prev[t - 1 : t]
        made.append((frames[t : t + 1] + weight * carried) / (1 + weight))  # (13.10)
    return torch.cat(made)
    # END SOLUTION


# %% check="coherent"
if __name__ == "__main__":
    check.coherent(coherent)

# %% [markdown]
# It gets the *exact* flow here. And still: what is carried is a picture that was wrong in the first place.

# %% demo
if __name__ == "__main__":
    motion = zip(painted.frame, unseen.flow_prev, unseen.visible_prev, strict=True)
    scores["made coherent"] = score(torch.stack([coherent(*clip, 4.0) for clip in motion]), unseen)
    print(f"frame by frame, made coherent: {scores['made coherent'].psnr_db:.1f} dB, warping error {scores['made coherent'].flicker:.5f}")

# %% [markdown]
# ## 13.10 One edge map, many faces
#
# Edges of a face do not say what colour the hair is. vid2vid chooses: an encoder averages features of a picture over each part of the
# face, and at test time the averages of *another* picture may be taken. Our features are the colours themselves. With $c_k$ the mean
# colour of region $k$ in the style's picture, and $k(p)$ the region at $p$ of the map to be painted:
#
# $$ \text{style}(p) = c_{k(p)}, \qquad c_k = 0 \text{ for a region that the picture does not have} \tag{13.11} $$
#
# With these three channels beside the edges, a single-frame network makes the *first* frame of each style; vid2vid makes the rest.


# %% exercise="paint_style"
def paint_style(image: Tensor, regions: Tensor, onto: Tensor) -> Tensor:
    """Mean colours of the regions of one picture, painted on the regions of another, Eq. (13.11).

    Args:
        image: (B, 3, H, W) in [-1, 1], the style.
        regions: (B, H, W) int64, regions of `image`, numbers from 0 on.
        onto: (B, H', W') int64, regions to paint, numbered alike.

    Returns:
        (B, 3, H', W'); 0, which is grey, where the picture has no such region.
    """
    # BEGIN SOLUTION
    count = int(max(regions.max(), onto.max())) + 1
    member = one_hot(regions, count).to(image.dtype)  # (B, K, H, W)
    sums = torch.einsum("bchw,bkhw->bck", image, member)
    colours = sums / member.sum(dim=(2, 3)).clamp(min=1)[:, None]  # (B, 3, K)
    return torch.einsum("bck,bkhw->bchw", colours, one_hot(onto, count).to(image.dtype))  # (13.11)
    # END SOLUTION


# %% check="paint_style"
if __name__ == "__main__":
    check.paint_style(paint_style)


# %%
def shown(**named: Tensor) -> np.ndarray:
    """Clips (T, C, H, W) in [-1, 1] beside each other, each with its name; underscores become blanks."""
    frames = {name: toyworld.to01(clip.clamp(-1, 1)).permute(0, 2, 3, 1) for name, clip in named.items()}
    return pictures.side_by_side(*(pictures.titled(clip, name.replace("_", " ")) for name, clip in frames.items()))


def with_style(known: LabelledClips, models: LabelledClips) -> LabelledClips:
    """Clips whose labels have three channels more, the style of the models' first frames."""
    style = [paint_style(models.frames[:, 0], models.classes[:, 0], now) for now in known.classes.unbind(1)]
    return known._replace(labels=torch.cat([known.labels, torch.stack(style, dim=1)], dim=2))


# %% demo
if __name__ == "__main__":
    faces = labelled_clips.draw("face", "train", scenes, settings.longest + 2, side_px, **LIVELY)
    beginnings = with_style(faces, faces)
    opener, actor = FrameByFrame(beginnings.labels.shape[2], settings.width), Generator(faces.labels.shape[2], settings.width)
    fit(opener, beginnings, replace(settings, rate=2e-3), "first frames")
    fit(actor, faces, settings, "faces")
    motion = labelled_clips.draw("face", "test", 1, 12, side_px, **LIVELY).window([0, 0, 0], 0, 12)
    models = labelled_clips.draw("face", "val", 3, 1, side_px, **LIVELY)
    with torch.no_grad():
        first = opener.cpu()(with_style(motion, models).labels[:, :1], motion.frames).frame
        styles = actor.cpu()(motion.labels, first).frame
    edges = 1 - 2 * motion.labels[0, :, 1:2].expand(-1, 3, -1, -1)
    clip = shown(edges=edges, style_1=styles[0], style_2=styles[1], style_3=styles[2])
    show_clip(clip, "The edges of a face, and three faces made of them in different colours.", 6)

# %% [markdown]
# ## 13.11 A face for another
#
# Take the edges of one person's clip and let a generator that knows *another* make a clip of them. It only ever saw clips of her, so it
# need not carry everything along: it learns to invent. On toy faces we know what should come out: the same motion in her colours.
#
# With film, edges are where brightness changes by much. The flow is what lesson 11's descent finds, trusted where it explains the picture,
# as in the public code: where the squared difference, summed over colours in $[-1, 1]$, is below 0.02. One speaker of the GRID corpus is
# learnt from 1.6 s of film and then driven by the edges of what comes after, and of another speaker. Half a minute of training carries the
# face along, and little more. Without the films this part is left out.


# %%
def filmed(name: str, side_px: int) -> LabelledClips:
    """A film of a face as one clip, with its edges as labels and the flow that descent finds."""
    film = torch.from_numpy(clips.load(name, duration_s=2.6, size=(side_px, side_px))).permute(0, 3, 1, 2)
    flow = estimate(film[1:], film[:-1], levels=3, steps=30, smoothness=0.05)
    trusted = (2 * warp(film[:-1], flow) - 2 * film[1:]).square().sum(dim=1, keepdim=True) < 0.02
    down, across = torch.gradient(film.mean(dim=1, keepdim=True), dim=(2, 3))
    edges = (across.square() + down.square() > 0.1**2).float()
    labels = torch.cat([torch.ones_like(edges), edges, labelled_clips.distance(edges)], dim=1)
    nothing, unknown, nowhere = torch.zeros(len(film), side_px, side_px, dtype=torch.long), flow * torch.nan, trusted & False
    return LabelledClips(*(part[None] for part in (labels, 2 * film - 1, flow, trusted, unknown, nowhere, nothing, nothing)))


# %% demo
if __name__ == "__main__":
    person = Generator(faces.labels.shape[2], settings.width)
    fit(person, labelled_clips.draw("face", "train", scenes, settings.longest + 2, side_px, HER, **LIVELY), settings, "person")
    acts = [toyworld.make_scene("face", seed, 8, side_px, side_px, **LIVELY) for seed in toyworld.split("face", "test")[:8]]
    source, target = labelled_clips.of(acts), labelled_clips.of([toyworld.restyle(act, HER) for act in acts])
    with torch.no_grad():
        swapped, vague = (net.cpu()(source.labels, target.frames).frame for net in (person, actor))
    swap, many, rest = (score(made, target) for made in (swapped, vague, target.frames[:, :1].expand_as(target.frames)))
    print(f"toy face swap: PSNR {swap.psnr_db:.1f} dB, by the generator of many faces {many.psnr_db:.1f} dB", end="; ")
    print(f"the first frame again: {rest.psnr_db:.1f} dB")
    clip = shown(somebody=source.frames[5], edges=1 - 2 * source.labels[5, :, 1:2], swapped=swapped[5], truth=target.frames[5])
    show_clip(clip, "A toy face, its edges, the face that a generator of another person made of them, and the right answer.", 6)
    name, other_name = "grid_faces/id2_vcd_swwp2s", "grid_faces/sbwe5n"
    try:
        film, other = (filmed(one, devices.choose(40, 128)) for one in (name, other_name))
    except fetch.DataMissing as missing:
        print(f"no film of a face, as {missing}")
    else:
        print(f"{name} and {other_name}: {clips.licence(name)}")
        speaker, ahead = Generator(film.labels.shape[2], settings.width), film.window([0], 40, 24)
        fit(speaker, film.window([0], 0, 40), settings, "speaker")
        with torch.no_grad():
            said, aped = speaker.cpu()(ahead.labels, ahead.frames).frame[0], speaker(other.labels[:, :24], film.frames[:, :1]).frame[0]
        clip = shown(edges=1 - 2 * ahead.labels[0, :, 1:2], film=ahead.frames[0], vid2vid=said, another=other.frames[0, :24], swapped=aped)
        show_clip(clip, "Edges of a speaker, the film, the film made of the edges; another speaker, and the first made of his edges.", 8)

# %% [markdown]
# ## 13.12 Poses, and the clip to end with
#
# The third task: a skeleton drawn in colours, a dancer made of it. Nothing tells the outline of her body, but the generator has seen her
# dance, and her alone. And the street once more: labels, frame by frame, and vid2vid, from the same labels.

# %% demo
if __name__ == "__main__":
    dancers = labelled_clips.draw("dancer", "train", scenes, settings.longest + 2, side_px, HER, **SLOW)
    dancer = Generator(dancers.labels.shape[2], settings.width)
    fit(dancer, dancers, settings, "dancers")
    stage = labelled_clips.draw("dancer", "test", 8, 8, side_px, HER, **SLOW)
    drive = labelled_clips.draw("street", "test", 4, 16, side_px, **LOOK)
    with torch.no_grad():
        danced = dancer.cpu()(stage.labels, stage.frames).frame
        ours, theirs = (net(drive.labels, drive.frames).frame[3] for net in (generator, painter))
    clip = shown(pose=2 * stage.labels[1, :, 1:] - 1, vid2vid=danced[1], real=stage.frames[1])
    show_clip(clip, "A skeleton, the dancer made of it, and the real one.", 6)
    classes = 2 * torch.from_numpy(pictures.label_colours(drive.classes[3])).permute(0, 3, 1, 2) - 1
    clip = shown(labels=classes, frame_by_frame=theirs, vid2vid=ours, real=drive.frames[3])
    show_clip(clip, "Labels of a street, frame by frame, vid2vid, and the real clip.", 8)
    flow, mask = pictures.flow_colours(rolled.flow[3, 3].permute(1, 2, 0)), rolled.hallucinate[3, 3, 0]
    frames = [toyworld.to01(part[3].clamp(-1, 1)).permute(0, 2, 3, 1) for part in (painted.frame, rolled.raw, rolled.frame, unseen.frames)]
    images = [frames[0][4], frames[1][3], flow, mask / mask.max(), frames[2][4], frames[3][4]]
    titles = ["frame by frame", "hallucinated", "flow into the last", f"hallucinate, up to {float(mask.max()):.2f}", "vid2vid", "real"]
    show_images(images, "Frame 5 of a street, frame by frame and as vid2vid made it, with the parts that it is made of.", titles, columns=3)

# %% [markdown]
# ## What you should see

# %% demo
if __name__ == "__main__":
    ours, theirs = scores["vid2vid"], scores["frame by frame"]
    result("street, vid2vid above frame by frame", ours.psnr_db - theirs.psnr_db, expect=(4, 15), unit="dB")
    above = ours.psnr_db - scores["first frame"].psnr_db
    result("street, vid2vid above the first frame again", above, expect=devices.choose((4, 15), (3, 15)), unit="dB")
    result("street, first generated frame above frame by frame", ours.first_db - theirs.first_db, expect=(8, 20), unit="dB")
    result("street, warping error", ours.flicker / theirs.flicker, expect=(0.05, 0.6), unit="of that frame by frame")
    result("street, texture", ours.texture, expect=(devices.choose(0.5, 0.6), 1.2), unit="of the real clips'")
    if not settings.game:
        result("street, texture after a game", scores["with critics"].texture / ours.texture, expect=(1, 1.2), unit="of that before")
    within = devices.choose((0.1, 0.65), (0.05, 0.4))
    result("street, flow where things move", flow_px / still_px, expect=within, unit="of the error of no flow")
    result("toy face swap above the first frame again", swap.psnr_db - rest.psnr_db, expect=(1.5, 10), unit="dB")
    waiting = score(stage.frames[:, :1].expand_as(stage.frames), stage)
    result("dancer above the first frame again", score(danced, stage).psnr_db - waiting.psnr_db, expect=(3, 12), unit="dB")
