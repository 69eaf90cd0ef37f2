# %% [markdown]
# # 11. Optical flow, warping, and how to measure flicker
#
# Where does each pixel go? Who knows that can carry a picture along with the motion, see what gets hidden, and tell a clip that moves from
# a clip that flickers. All video-to-video systems of the next lessons stand on one function of ten lines, the backward warp, and their
# public code often has it wrong without anybody noticing. *You write* thirteen short pieces: two warps, what two flows tell, three
# measures, and two ways to find the flow: by descent on one pair of frames, and by a small network.
#
# *Lecture:* [motion and flicker](../lectures/a11_optical_flow.md). *Time:* three to four hours of work; all runs take one to three minutes
# on two cores, most of it training the network of 11.12. With a GPU the same code trains on larger clips for a few minutes.
#
# **Conventions, from here to the end of the course.** Images are `(B, C, H, W)`, flow is `(B, 2, H, W)` **in pixels**, channel 0 to the
# right (x), channel 1 down (y); pixel centres have whole coordinates, the first is (0, 0). Flow lives on the grid of the frame that it
# starts from: `flow[b, :, y, x]` is where the thing seen at (x, y) goes. *Forward* flow starts on frame $t$ and points into $t+1$,
# *backward* flow starts on $t+1$ and points into $t$. A mask is named by what is true where it is 1: `visible`. New
# tensors go where the input is (`x.new_zeros(3)`, `device=x.device`): the checks notice, on any machine, what would fail on a GPU.

# %%
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.optical_flow import Raft_Small_Weights, raft_small

from assignments.common import devices, pictures
from assignments.common.results import result
from assignments.common.show import show_clip, show_images
from assignments.common.training import train
from autograder.checks import a11_optical_flow as check
from data_scripts import clips, fetch, toyworld

SEED = 0  # of all runs below

# %% [markdown]
# ## 11.1 Backward warping, by hand
#
# To see frame $t+1$ from where things stood in frame $t$, every pixel $p$ of the new picture asks where it should look:
#
# $$ \operatorname{warp}(I, f)(p) = I(p + f(p)) \tag{11.1} $$
#
# $I$ is the frame that the flow points **into**, the result lives on the grid that it starts **from**: forward flow brings frame $t+1$
# back to $t$; to bring frame $t$ to $t+1$ one needs the backward flow. The place $p + f(p) = (x, y)$ is rarely a whole pixel: with $x_0 =
# \lfloor x \rfloor$, $a = x - x_0$ and the same for $y_0$, $b$, mix the four pixels around it:
#
# $$ I(x, y) = (1-b)\,[(1-a)\, I_{y_0,x_0} + a\, I_{y_0,x_0+1}] + b\,[(1-a)\, I_{y_0+1,x_0} + a\, I_{y_0+1,x_0+1}] \tag{11.2} $$
#
# What looks beyond the border sees the nearest border pixel: clamp $x$ to $0 \dots W-1$ and $y$ to $0 \dots H-1$ first. Through $a$ and
# $b$ there is a gradient with respect to the flow; 11.11 descends along it.


# %% exercise="warp_by_hand"
def warp_by_hand(image: Tensor, flow: Tensor) -> Tensor:
    """Backward warp with bilinear interpolation, Eq. (11.1) and (11.2), in plain indexing: no grid_sample.

    Args:
        image: (B, C, H, W) float tensor, any unit, sides of 1 pixel included.
        flow: (B, 2, H, W) in pixels, channel 0 to the right, channel 1 down, of the type of `image`.

    Returns:
        (B, C, H, W): out(p) = image(p + flow(p)), with the nearest border pixel outside; differentiable in both, also at whole pixels.
    """
    # Hint: image.flatten(2).gather(2, index) picks pixels by row * width + column; the neighbour beyond the last column is the last column.
    # BEGIN SOLUTION
    height, width = image.shape[-2:]
    x = torch.arange(width, device=flow.device) + flow[:, 0]  # (B, H, W)
    y = torch.arange(height, device=flow.device)[:, None] + flow[:, 1]
    x, y = x.clamp(0, width - 1), y.clamp(0, height - 1)
    left, top = x.detach().floor(), y.detach().floor()
    a, b = (x - left)[:, None], (y - top)[:, None]

    def pixel(row: Tensor, column: Tensor) -> Tensor:
        index = row.clamp(max=height - 1) * width + column.clamp(max=width - 1)
        index = index.long().flatten(1)[:, None].expand(-1, image.shape[1], -1)
        return image.flatten(2).gather(2, index).view_as(image)

    upper = (1 - a) * pixel(top, left) + a * pixel(top, left + 1)
    lower = (1 - a) * pixel(top + 1, left) + a * pixel(top + 1, left + 1)
    return (1 - b) * upper + b * lower  # (11.2)
    # END SOLUTION


# %% check="warp_by_hand"
if __name__ == "__main__":
    check.warp_by_hand(warp_by_hand)

# %% [markdown]
# ## 11.2 The same with `grid_sample`
#
# torch has the four-pixel mix built in, and much faster. But `F.grid_sample(image, grid, ...)` wants *normalised* places: `grid` is `(B,
# H, W, 2)`, x first, and $-1$ and $1$ mean the two ends of the picture. There are two ideas of where the ends are, and each has its
# formula:
#
# $$ g = \frac{2x}{W-1} - 1 \;\text{ (align\_corners=True)}, \qquad g = \frac{2x+1}{W} - 1 \;\text{ (align\_corners=False)} \tag{11.3} $$
#
# ends at the centres of the outermost pixels, or at their outer edges; for y the same with $H$. Take either (with True, divide by
# `max(W - 1, 1)`), but both halves of it: the default changed from True to False in torch 1.3, and older code (grids from `linspace(-1,
# 1)`) has since moved its pictures by up to half a pixel. It also says `padding_mode="zeros"` unless asked for `"border"`.


# %% exercise="warp"
def warp(image: Tensor, flow: Tensor) -> Tensor:
    """Backward warp, Eq. (11.1), by `F.grid_sample` with the grid of Eq. (11.3); arguments and result are those of `warp_by_hand`."""
    # BEGIN SOLUTION
    height, width = image.shape[-2:]
    x = torch.arange(width, device=flow.device) + flow[:, 0]  # (B, H, W)
    y = torch.arange(height, device=flow.device)[:, None] + flow[:, 1]
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)  # (11.3)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)
    # END SOLUTION


# %% check="warp"
if __name__ == "__main__":
    check.warp(warp)

# %% [markdown]
# The toy world knows its flow exactly, so every convention can be tried. Frame $t+1$ of a street is brought back to $t$, rightly and in
# three wrong ways. These look plausible for a moment; on the pixels visible in both frames, each is *worse than not warping at all*.


# %%
def psnr(image: Tensor, truth: Tensor, mask: Tensor | None = None) -> float:
    """Peak signal-to-noise ratio in dB of pictures in [0, 1], over the pixels (B, 1, H, W) where `mask` is true, or all."""
    error = (image - truth).square().mean(dim=1, keepdim=True)
    return float(-10 * (error if mask is None else error[mask]).mean().log10())


def as_frames(clip: Tensor) -> Tensor:
    """A clip (T, C, H, W), cut to [0, 1], in the layout of the picture functions: (T, H, W, C)."""
    return clip.clamp(0, 1).permute(0, 2, 3, 1)


# %% demo
if __name__ == "__main__":
    street = toyworld.draw("street", seed=5, frames=8)
    now, coming = toyworld.to01(street.rgb[:-1]), toyworld.to01(street.rgb[1:])
    ways = {
        "forward flow (right)": warp(coming, street.flow_next),
        "no warping": coming,
        "the sign turned": warp(coming, -street.flow_next),
        "x and y swapped": warp(coming, street.flow_next.flip(1)),
        "backward flow": warp(coming, street.flow_prev),
    }
    quality = {name: psnr(image, now, street.visible_next) for name, image in ways.items()}
    shown = [as_frames(image)[3] for image in (now, *ways.values())]
    titles = ["frame t", *(f"{name}, {value:.1f} dB" for name, value in quality.items())]
    show_images(shown, alt="Frame t of a toy street, and frame t + 1 brought to it in five ways.", titles=titles, columns=3)

# %% [markdown]
# ## 11.3 One flow after another
#
# A point follows $f_{01}$ from frame 0 into frame 1, and there $f_{12}$ takes over. But $f_{12}$ lives on the grid of frame 1, so it must
# be read where the point has arrived. That is a warp, with a flow field in the place of the picture:
#
# $$ f_{02}(p) = f_{01}(p) + f_{12}\big(p + f_{01}(p)\big) \tag{11.4} $$


# %% exercise="compose"
def compose(first: Tensor, second: Tensor) -> Tensor:
    """Flow over two steps, Eq. (11.4).

    Args:
        first, second: (B, 2, H, W) in pixels, from frame 0 into 1 on the grid of frame 0, and from 1 into 2 on the grid of frame 1.

    Returns:
        (B, 2, H, W) in pixels, from frame 0 into 2, on the grid of frame 0; outside frame 1 its border is read; differentiable in both.
    """
    # BEGIN SOLUTION
    then = warp(second, first)
    both = first + then  # (11.4)
    return both
    # END SOLUTION


# %% check="compose"
if __name__ == "__main__":
    check.compose(compose)

# %% [markdown]
# ## 11.4 There and back
#
# Follow the forward flow from frame $t$ to $t+1$, and the backward flow home. Who does not come home was not followed rightly, or hidden:
#
# $$ r(p) = f(p) + b\big(p + f(p)\big) \tag{11.5} $$
#
# Mind the plus: $f$ and $b$ point in opposite directions, so they cancel. (The lecture tells why a slide prints a minus.)


# %% exercise="residual"
def residual(forward: Tensor, backward: Tensor) -> Tensor:
    """Forward-backward residual, Eq. (11.5).

    Args:
        forward, backward: (B, 2, H, W) in pixels, from frame t into t + 1 on the grid of t, and from t + 1 into t on the grid of t + 1.

    Returns:
        (B, 2, H, W) in pixels, on the grid of frame t: from the start to where the way there and back ends; differentiable in both.
    """
    # BEGIN SOLUTION
    way_back = warp(backward, forward)
    apart = forward + way_back  # (11.5)
    return apart
    # END SOLUTION


# %% check="residual"
if __name__ == "__main__":
    check.residual(residual)

# %% [markdown]
# ## 11.5 What gets hidden
#
# A pixel of frame $t$ is visible in $t+1$ if its way there and back ends near its start. The faster it moves, the more error is forgiven:
#
# $$ \text{visible} \iff |r|^2 \le 0.01\,(|f|^2 + |b(p+f)|^2) + 0.5\,\text{px}^2 \text{ and } p + f(p) \in [0, W-1] \times [0, H-1]
# \tag{11.6} $$
#
# The second half, the **bounds test**, is often forgotten. Beyond the border the warp repeats the border's flow, so that what drives out
# of the picture seems to come home all right; on a street that is where most of what disappears goes.


# %% exercise="visible"
def visible(forward: Tensor, backward: Tensor) -> Tensor:
    """Which pixels of frame t are seen in frame t + 1, too, Eq. (11.6).

    Args:
        forward, backward: (B, 2, H, W) in pixels, as in `residual`.

    Returns:
        (B, 1, H, W) bool on the grid of frame t; true where the pixel is visible. Places on the very border count as inside.

    Source: Sundaram, Brox and Keutzer (2010), with the numbers that Ruder and others (2016) and Lai and others (2018) use.
    """
    # BEGIN SOLUTION
    height, width = forward.shape[-2:]
    way_back = warp(backward, forward)
    apart = (forward + way_back).square().sum(dim=1, keepdim=True)
    length = (forward.square() + way_back.square()).sum(dim=1, keepdim=True)
    x = torch.arange(width, device=forward.device) + forward[:, :1]  # (B, 1, H, W)
    y = torch.arange(height, device=forward.device)[:, None] + forward[:, 1:]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return (apart <= 0.01 * length + 0.5) & inside  # (11.6)
    # END SOLUTION


# %% check="visible"
if __name__ == "__main__":
    check.visible(visible)

# %% demo
if __name__ == "__main__":
    hidden_iou, shown = {}, []
    for kind in ("street", "dancer"):
        clip = toyworld.draw(kind, seed=5, frames=8)
        there, back, gone = clip.flow_next, warp(clip.flow_prev, clip.flow_next), ~clip.visible_next
        apart, length = (there + back).square().sum(1, True), (there.square() + back.square()).sum(1, True)
        for name, found in {"with": ~visible(there, clip.flow_prev), "without": apart > 0.01 * length + 0.5}.items():
            hidden_iou[kind, name] = float((found & gone).sum() / (found | gone).sum())
            print(f"{kind}: intersection over union of hidden pixels, {name} the bounds test: {hidden_iou[kind, name]:.2f}")
        masks = [0.8 * ~mask[3, 0] for mask in (clip.visible_next, visible(clip.flow_next, clip.flow_prev))]
        shown += [as_frames(toyworld.to01(clip.rgb))[3], pictures.flow_colours(clip.flow_next[3].permute(1, 2, 0)), *masks]
    titles = ["frame t", "forward flow", "hidden, exactly", "hidden, by (11.6)"]
    show_images(shown, "A toy street and a dancer: frame, flow as colour, hidden pixels exactly and as found.", titles * 2)

# %% [markdown]
# ## 11.6 End-point error
#
# The measure of a flow is the length of its error, averaged over the pixels whose truth is known:
#
# $$ \mathrm{EPE} = \frac{1}{|V|} \sum_{p \in V} \sqrt{\Delta u(p)^2 + \Delta v(p)^2} \tag{11.7} $$
#
# An error of (3, 4) is 5 pixels, not 7 and not 3.5. Data sets put anything at pixels without truth, NaN and infinity included; and as a
# loss, its gradient must stay finite there and where the flow is perfect, which the plain square root does not manage.


# %% exercise="end_point_error"
def end_point_error(flow: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
    """Mean length of the flow's error over the valid pixels of the whole batch, Eq. (11.7).

    Args:
        flow, truth: (B, 2, H, W) in pixels; the truth may be NaN or infinite where not valid.
        valid: (B, 1, H, W) bool, where the truth is known; in some pictures perhaps nowhere.

    Returns:
        scalar tensor in pixels, with a finite gradient everywhere.

    Raises:
        ValueError: no pixel of the batch is valid.
    """
    # Hint: torch.linalg.vector_norm has gradient 0 at 0.
    # BEGIN SOLUTION
    if not valid.any():
        raise ValueError(f"no valid pixel among {valid.numel()}")
    known = valid.expand_as(flow)
    error = torch.where(known, flow - truth, 0)
    return torch.linalg.vector_norm(error, dim=1).sum() / valid.sum()  # (11.7)
    # END SOLUTION


# %% check="end_point_error"
if __name__ == "__main__":
    check.end_point_error(end_point_error)

# %% [markdown]
# ## 11.7 Warping error
#
# A clip flickers where a thing changes its colour while it moves. So follow the motion, and compare: bring each next frame back by the
# forward flow and take the mean squared difference over the pixels that are visible in both. With $M_t$ the visible pixels of pair $t$:
#
# $$ E_\text{warp} = \frac{1}{T-1} \sum_{t=1}^{T-1}
# \frac{\sum_{p,c} M_t(p)\,[\operatorname{warp}(I_{t+1}, f_t)(p, c) - I_t(p, c)]^2}{C \sum_p M_t(p)} \tag{11.8} $$
#
# Flow and mask belong to the *motion that should be there*: for a clip of the toy world the exact ones, for a translated clip those of
# the real clip. Comparing frames without warping would call all motion flicker.


# %% exercise="warping_error"
def warping_error(clip: Tensor, flow_next: Tensor, visible_next: Tensor) -> Tensor:
    """Mean squared difference along the motion, Eq. (11.8).

    Args:
        clip: (T, C, H, W) in units of brightness; noise may lead beyond [0, 1], and is not cut.
        flow_next: (T-1, 2, H, W) in pixels, on the grid of frame t, into t + 1.
        visible_next: (T-1, 1, H, W) bool, where the pixel of frame t is seen in t + 1.

    Returns:
        scalar tensor, a mean per pair, pixel and colour channel; a pair without a visible pixel counts as 0.
    """
    # BEGIN SOLUTION
    change = (warp(clip[1:], flow_next) - clip[:-1]).square()  # (T-1, C, H, W)
    shown = visible_next.expand_as(change)
    pairs = (change * shown).sum(dim=(1, 2, 3)) / shown.sum(dim=(1, 2, 3)).clamp(min=1)
    return pairs.mean()  # (11.8)
    # END SOLUTION


# %% check="warping_error"
if __name__ == "__main__":
    check.warping_error(warping_error)

# %% [markdown]
# ## 11.8 The law of flicker
#
# Add independent noise of variance $\sigma^2$ to every pixel of a clip that moves perfectly. The difference in (11.8) is noise minus
# *warped* noise, and warping mixes four pixels, which takes some of its variance away: $k = [(1-a)^2 + a^2]\,[(1-b)^2 + b^2]$, so
#
# $$ E_\text{warp} = (1 + k)\,\sigma^2, \qquad k = 1 \text{ for whole pixels}, \quad \tfrac12 \text{ for half a pixel along one axis}, \quad
# \tfrac14 \text{ along both} \tag{11.9} $$
#
# So the same flicker counts up to 1.6 times less in a clip that moves by fractions: only scores on the same motion can be compared.

# %% demo
if __name__ == "__main__":
    law, inside = {}, F.pad(torch.ones(5, 1, 90, 90, dtype=torch.bool), [3] * 4)
    noise = torch.randn(6, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    for (u, v), k in {(0.0, 0.0): 1, (2.0, 1.0): 1, (0.5, 0.0): 1 / 2, (0.5, 0.5): 1 / 4}.items():
        drift = torch.tensor([u, v])[:, None, None].expand(5, 2, 96, 96)
        law[u, v] = float(warping_error(0.5 + 0.05 * noise, drift, inside)) / ((1 + k) * 0.05**2)  # (11.9)

# %% [markdown]
# ## 11.9 Flicker, with fidelity beside it
#
# What is the steadiest clip of all? Grey: it has $E_\text{warp} = 0$, less than any real clip, because interpolation blurs and shadows
# move. So subtract the score of the real clip under the same motion, and **never report flicker without fidelity**, here the peak
# signal-to-noise ratio. (Flicker below zero says steadier than reality: somebody has smoothed.)
#
# $$ \text{flicker} = E_\text{warp}(\text{output}) - E_\text{warp}(\text{real}), \qquad
# \mathrm{PSNR} = 10 \log_{10} \frac{1}{\text{mean}\,(\text{output} - \text{real})^2}\;\text{dB} \tag{11.10} $$


# %% exercise="flicker"
def flicker(clip: Tensor, real: Tensor, flow_next: Tensor, visible_next: Tensor) -> tuple[float, float]:
    """How much a clip flickers more than the real one, and how faithful it is, Eq. (11.10).

    Args:
        clip, real: (T, C, H, W) in [0, 1].
        flow_next, visible_next: motion of the real clip, as in `warping_error`.

    Returns:
        (flicker, psnr_db): the difference of the warping errors, and the PSNR in dB over the whole clip, infinite for the real clip itself.
    """
    # BEGIN SOLUTION
    excess = warping_error(clip, flow_next, visible_next) - warping_error(real, flow_next, visible_next)
    error = (clip - real).square().mean()
    return float(excess), float(-10 * error.log10())  # (11.10)
    # END SOLUTION


# %% check="flicker"
if __name__ == "__main__":
    check.flicker(flicker)

# %% [markdown]
# Five clips of one street; *other clothes* comes of a generator that sees one frame at a time. Ranked by $E_\text{warp}$ alone, grey wins.

# %% demo
if __name__ == "__main__":
    scene = toyworld.make_scene("street", 5, 12, 64, 64)
    motion = toyworld.render(scene)
    real, noise = toyworld.to01(motion.rgb), 0.05 * torch.randn(motion.rgb.shape, generator=torch.Generator().manual_seed(0))
    handed_in = {
        "the real clip": real,
        "grey": torch.full_like(real, 0.5),
        "averaged over 3 frames": torch.stack([real[max(t - 1, 0) : t + 2].mean(dim=0) for t in range(12)]),
        "noise of 0.05": real + noise,
        "other clothes": torch.stack([toyworld.to01(toyworld.render(toyworld.restyle(scene, 50 + t)).rgb[t]) for t in range(12)]),
    }
    scores = {name: flicker(clip, real, motion.flow_next, motion.visible_next) for name, clip in handed_in.items()}
    for name, (excess, fidelity) in scores.items():
        print(f"{name:24} flicker {excess:+.5f}   PSNR {fidelity:5.1f} dB")
    row = [pictures.titled(as_frames(handed_in[name]), name) for name in ("the real clip", "noise of 0.05", "other clothes")]
    show_clip(pictures.side_by_side(*row), "A toy street: the real clip, with noise, and with other clothes in each frame.", 6)

# %% [markdown]
# ## 11.10 Flow at another size
#
# Coarse to fine, flow is resized all the time. It is a picture whose *values* are lengths in pixels, so x scales with the width, y with
# the height:
#
# $$ u' = \frac{W'}{W}\, \text{resize}(u), \qquad v' = \frac{H'}{H}\, \text{resize}(v) \tag{11.11} $$


# %% exercise="resize_flow"
def resize_flow(flow: Tensor, height: int, width: int) -> Tensor:
    """Flow of the same motion on a grid of another size, Eq. (11.11).

    Args:
        flow: (B, 2, H, W) in pixels of H x W.
        height, width: of the result.

    Returns:
        (B, 2, height, width) in pixels of the new size; bilinear without antialiasing; both grids cover one area (align_corners=False).
    """
    # BEGIN SOLUTION
    old_height, old_width = flow.shape[-2:]
    scale = torch.tensor([width / old_width, height / old_height], device=flow.device)
    resized = F.interpolate(flow, size=(height, width), mode="bilinear", align_corners=False)
    return resized * scale[:, None, None]  # (11.11)
    # END SOLUTION


# %% check="resize_flow"
if __name__ == "__main__":
    check.resize_flow(resize_flow)

# %% [markdown]
# ## 11.11 Finding the flow of one pair
#
# To find a flow, say what a good one does: it explains frame $t$ by frame $t+1$, and moves neighbours alike unless an edge lies between:
#
# $$ L(f) = \underset{p, c}{\text{mean}}\, \sqrt{[I_t - \operatorname{warp}(I_{t+1}, f)]^2 + \epsilon^2} \;+\; \lambda \sum_{d \in \{x, y\}}
# \underset{p, k}{\text{mean}}\; e^{-\alpha\, \overline{|\partial_d I_t|}}\, |\partial_d f_k| \tag{11.12} $$
#
# $\partial_x$ is the difference between a pixel and its right neighbour, $\partial_y$ to the one below, the bar is a mean over colours.
# The rounded absolute value is kinder than a square to pixels that got hidden, which no flow explains.

# %%
EPSILON, ALPHA = 1e-3, 10.0  # brightness; per unit of brightness
RATE_PX = 0.1  # of the descent below


# %% exercise="photometric_loss"
def photometric_loss(flow: Tensor, first: Tensor, second: Tensor, smoothness: float) -> Tensor:
    """How badly a forward flow explains a pair, Eq. (11.12), with EPSILON and ALPHA.

    Args:
        flow: (B, 2, H, W) in pixels, on the grid of `first`, into `second`.
        first, second: (B, C, H, W) frames t and t + 1 in [0, 1].
        smoothness: lambda, in units of brightness per pixel.

    Returns:
        scalar tensor.
    """
    # BEGIN SOLUTION
    unlike = (first - warp(second, flow)).square()
    loss = (unlike + EPSILON**2).sqrt().mean()
    for axis in (2, 3):
        edge = first.diff(dim=axis).abs().mean(dim=1, keepdim=True)
        bend = flow.diff(dim=axis).abs()
        loss = loss + smoothness * (torch.exp(-ALPHA * edge) * bend).mean()
    return loss  # (11.12)
    # END SOLUTION


# %% check="photometric_loss"
if __name__ == "__main__":
    check.photometric_loss(photometric_loss)

# %% [markdown]
# Now descend. A gradient sees only as far as the texture rises and falls, a pixel or two, so begin where the motion is that small: on the
# pair shrunk to a quarter of the side. Take the flow found there, resize it, and go on from it on the next finer level.


# %% exercise="estimate"
def estimate(first: Tensor, second: Tensor, levels: int, steps: int, smoothness: float) -> Tensor:
    """Forward flow of pairs, by coarse-to-fine descent on the photometric loss.

    Args:
        first, second: (B, C, H, W) frames t and t + 1 in [0, 1], sides divisible by 2**(levels-1).
        levels: of the pyramid of means; the coarsest, where the flow begins at 0, has sides H / 2**(levels-1) and W / 2**(levels-1).
        steps: of Adam on each level, a new optimiser per level with constant lr=RATE_PX, in pixels of that level.
        smoothness: lambda of Eq. (11.12).

    Returns:
        (B, 2, H, W) in pixels, on the grid of `first`; detached from any graph.
    """
    # Hint: F.avg_pool2d shrinks; flow.detach().requires_grad_() begins a new level; torch.optim.Adam([flow], lr=RATE_PX).
    # BEGIN SOLUTION
    flow = first.new_zeros(len(first), 2, 1, 1)
    for level in reversed(range(levels)):
        one, two = F.avg_pool2d(first, 2**level), F.avg_pool2d(second, 2**level)
        flow = resize_flow(flow, *one.shape[-2:]).detach().requires_grad_()
        optimiser = torch.optim.Adam([flow], lr=RATE_PX)
        for _ in range(steps):
            optimiser.zero_grad()
            photometric_loss(flow, one, two, smoothness).backward()
            optimiser.step()
    return flow.detach()
    # END SOLUTION


# %% check="estimate"
if __name__ == "__main__":
    check.estimate(estimate)

# %% demo
if __name__ == "__main__":
    pairs = toyworld.draw("sprites", 3, frames=2, speed=(2.5, 2.5))
    found = estimate(*toyworld.to01(pairs.rgb).split(1), levels=4, steps=100, smoothness=0.02)
    found_px, still_px = (float(end_point_error(flow, pairs.flow_next, pairs.visible_next)) for flow in (found, 0 * found))
    try:
        film = torch.from_numpy(clips.load("intel_samples/car-detection", start_s=5.5, duration_s=0.2, size=(96, 160), frame_rate_hz=12))
        film, about = film.permute(0, 3, 1, 2), f"cars; {clips.licence('intel_samples/car-detection')}"
    except fetch.DataMissing as missing:
        film, about = toyworld.to01(toyworld.draw("street", 8, 3, 96, 160).rgb), f"toy street, as {missing}"
    seen = estimate(film[:1], film[1:2], levels=4, steps=100, smoothness=0.1)
    before_db, after_db = psnr(film[1:2], film[:1]), psnr(warp(film[1:2], seen), film[:1])
    print(f"{about}: second frame {before_db:.1f} dB, brought to the first {after_db:.1f} dB")
    shown = [*as_frames(film)[:2], pictures.flow_colours(seen[0].permute(1, 2, 0)), as_frames(warp(film[1:2], seen))[0]]
    titles = ["frame t", "frame t + 1", f"flow, longest {float(seen.norm(dim=1).max()):.1f} px", "t + 1 brought to t"]
    show_images(shown, "Two frames of film, the flow between them as colour, and the second brought to the first.", titles, columns=2)

# %% [markdown]
# ## 11.12 A network that knows what motion looks like
#
# A network learns from many pairs. What all good ones have inside is a **cost volume**: how alike are the features here, and those a few
# pixels on in the other frame?
#
# $$ c_{\Delta}(p) = \frac1C \sum_{k=1}^{C} F^{(1)}_k(p)\, F^{(2)}_k(p + \Delta), \quad
# \Delta = (\Delta y, \Delta x) \in \{-R, \dots, R\}^2 \tag{11.13} $$
#
# where $F^{(2)}$ is 0 outside. Channels run through $\Delta$ row by row: $(-R, -R), (-R, -R+1), \dots, (R, R)$.


# %% exercise="correlation"
def correlation(first: Tensor, second: Tensor, radius: int) -> Tensor:
    """Cost volume of two feature maps, Eq. (11.13).

    Args:
        first, second: (B, C, H, W) features of frames t and t + 1.
        radius: R, at least 0.

    Returns:
        (B, (2R+1)**2, H, W), channel (dy + R) * (2R + 1) + dx + R for the neighbour dy down and dx to the right.
    """
    # BEGIN SOLUTION
    height, width = first.shape[-2:]
    reach = range(2 * radius + 1)
    padded = F.pad(second, [radius] * 4)
    moved = [padded[:, :, row : row + height, column : column + width] for row in reach for column in reach]
    return torch.stack([(first * other).mean(dim=1) for other in moved], dim=1)  # (11.13)
    # END SOLUTION


# %% check="correlation"
if __name__ == "__main__":
    check.correlation(correlation)

# %% [markdown]
# The network is the plan of PWC-Net: features at full size, a half, a quarter; then, from the coarsest level to the finest, resize the
# flow so far, *warp the second features by it*, correlate, and let a few convolutions say what to add. Each level has only the last pixel
# or two to find. The layers are given; you write the path through them, and detach nothing: gradients pass between levels. It trains on
# toy clips, where the truth is exact, by the end-point error of all three flows; unseen clips test it, beside *nothing moves*.


# %%
def layers(*widths: int, stride: int = 1) -> list[nn.Module]:
    """3 x 3 convolutions from each number of channels to the next, the first with a stride, with leaky ReLU between them."""
    steps = [stride] + [1] * (len(widths) - 2)
    convolutions = [nn.Conv2d(a, b, 3, step, 1) for a, b, step in zip(widths[:-1], widths[1:], steps, strict=True)]
    return [layer for convolution in convolutions for layer in (convolution, nn.LeakyReLU(0.1))][:-1]


# %% exercise="FlowNet"
class FlowNet(nn.Module):
    """Forward flow of pairs, coarse to fine over three levels (after Sun and others, "PWC-Net", 2018, much smaller)."""

    def __init__(self, width: int = 16, radius: int = 2) -> None:
        super().__init__()
        self.radius = radius
        levels = ((3, 1), (width, 2), (width, 2))  # channels and stride: full size, a half, a quarter
        self.encoders = nn.ModuleList(nn.Sequential(*layers(n, width, width, stride=k), nn.InstanceNorm2d(width)) for n, k in levels)
        seen = (2 * radius + 1) ** 2 + width + 2  # cost, features of the first frame, flow so far: in this order
        self.decoders = nn.ModuleList(nn.Sequential(*layers(seen, 2 * width, width, 2)) for _ in levels)  # decoder k goes with encoder k

    def forward(self, first: Tensor, second: Tensor) -> list[Tensor]:
        """The flow after each level, coarsest first, all at full size.

        Args:
            first, second: (B, 3, H, W) frames t and t + 1 in [0, 1], sides at least 8.

        Returns:
            three (B, 2, H, W) float tensors in pixels of full size: the flow so far, resized from each level's own size.
        """
        # Hint: both frames can pass the encoders as one batch. A decoder says what to *add*, in its pixels. Begin with zeros of 1 x 1.
        # BEGIN SOLUTION
        features, pyramid = torch.cat([first, second]), []
        for encoder in self.encoders:
            features = encoder(features)
            pyramid.append(features.chunk(2))
        flow, flows = first.new_zeros(len(first), 2, 1, 1), []
        for (one, two), decoder in zip(reversed(pyramid), reversed(self.decoders), strict=True):
            flow = resize_flow(flow, *one.shape[-2:])
            cost = correlation(one, warp(two, flow), self.radius)
            flow = flow + decoder(torch.cat([cost, one, flow], dim=1)).float()  # float: no half precision for pixels
            flows.append(resize_flow(flow, *first.shape[-2:]))
        return flows
        # END SOLUTION


# %% check="FlowNet"
if __name__ == "__main__":
    check.FlowNet(FlowNet)


# %%
def toy_pairs(part: str, scenes: int, side_px: int) -> list[Tensor]:
    """Three pairs of frames from each of many streets and sprites: first and second in [0, 1], forward flow in px, visible."""
    pairs, want = [], ("rgb", "flow_next", "visible_next")
    for kind in ("street", "sprites"):
        for seed in toyworld.split(kind, part)[:scenes]:
            clip = toyworld.draw(kind, seed, 4, side_px, side_px, want, speed=(1.0, 3.0))
            pairs.append((toyworld.to01(clip.rgb[:-1]), toyworld.to01(clip.rgb[1:]), clip.flow_next, clip.visible_next))
    return [torch.cat(parts) for parts in zip(*pairs, strict=True)]


# %% demo
if __name__ == "__main__":
    scenes, side_px, batch, steps = devices.choose(quick=(80, 32, 8, 900), full=(800, 64, 32, 6000))
    training = [part.to(devices.device()) for part in toy_pairs("train", scenes, side_px)]
    devices.seed_all(SEED)
    network = FlowNet().to(devices.device())
    optimiser = torch.optim.Adam(network.parameters())

    def loss_at(step: int) -> Tensor:
        """Mean end-point errors of the three flows on a random batch, every other one mirrored, with weights 0.64, 0.8 and 1."""
        mirrored = step % 2 == 1  # in a mirror, x runs the other way
        optimiser.param_groups[0]["lr"] = 3e-3 * min(10 * step / steps, (1 - step / steps) / 0.9)
        chosen = torch.randint(len(training[0]), (batch,), device=devices.device())
        first, second, truth, mask = (part[chosen].flip(3) if mirrored else part[chosen] for part in training)
        truth = truth * torch.tensor([-1.0 if mirrored else 1.0, 1.0], device=truth.device)[:, None, None]
        return sum(0.8 ** (2 - place) * end_point_error(flow, truth, mask) for place, flow in enumerate(network(first, second)))

    losses = train({"flow": (optimiser, loss_at)}, steps, {"flow": network}, seed=SEED, checkpoint="flow")
    first, second, truth, mask = (part.to(devices.device()) for part in toy_pairs("test", 20, side_px))
    guess = network(first, second)[-1].detach()
    network_px, rest_px = (float(end_point_error(flow, truth, mask)) for flow in (guess, 0 * guess))
    print(f"unseen clips: end-point error {network_px:.2f} px, of no flow {rest_px:.2f} px")
    fields = [pictures.flow_colours(flow[k].permute(1, 2, 0), 4) for k in (4, 70) for flow in (truth, guess)]
    shown = [as_frames(first)[4], *fields[:2], as_frames(first)[70], *fields[2:]]
    show_images(shown, "A street and sprites, each with its true flow and the network's.", ["frame t", "true flow", "network"] * 2, 3)

# %% [markdown]
# RAFT (Teed and Deng 2020) refines one flow a dozen times; torchvision has it, trained, for pictures in $[-1, 1]$ with sides of at least
# 128 px that 8 divides. With its weights on disk, it looks at our street.

# %% demo
if __name__ == "__main__":
    weights = Raft_Small_Weights.DEFAULT
    place = Path(torch.hub.get_dir()) / "checkpoints" / weights.url.rpartition("/")[2]
    if place.exists():
        raft, clip = raft_small(), toyworld.draw("street", 5, 2, 128, 128)
        raft.load_state_dict(torch.load(place, map_location="cpu", weights_only=True))
        with torch.no_grad():
            refined = raft.eval()(clip.rgb[:1], clip.rgb[1:])
        print("px after each step:", [round(float(end_point_error(flow, clip.flow_next, clip.visible_next)), 2) for flow in refined])
    else:
        print("no weights of RAFT; torchvision.models.optical_flow.Raft_Small_Weights.DEFAULT.get_state_dict() downloads them, 4 MB")

# %% [markdown]
# ## What you should see

# %% demo
if __name__ == "__main__":
    right, *others = quality.values()
    result("right warp above the best wrong one", right - max(others), expect=(5, 25), unit="dB")
    result("hidden pixels found on a street", hidden_iou["street", "with"], expect=(0.6, 1.0), unit="IoU")
    result("hidden pixels found around a dancer", hidden_iou["dancer", "with"], expect=(0.6, 1.0), unit="IoU")
    result("flicker law, largest deviation", max(abs(share - 1) for share in law.values()), expect=(0, 0.05))
    result("flicker of grey", scores["grey"][0], expect=(-0.01, 0))
    result("flicker, other clothes / noise", scores["other clothes"][0] / scores["noise of 0.05"][0], expect=(2, 60))
    result("descent on toy sprites", found_px / still_px, expect=(0, 0.5), unit="of the error of no flow")
    result("film, brought to the first frame", after_db - before_db, expect=(3, 30), unit="dB better than not warped")
    result("network on unseen clips", network_px / rest_px, expect=(0.2, 0.55), unit="of the error of no flow")
