"""What the tests of the toy world share: warping by an independent formula, and masks of the insides of regions."""

import torch
from torch import Tensor

HEIGHT, WIDTH = 48, 72  # never square: a mix-up of the two must show
FLAT = ("sprites", "dancer", "face", "rotor", "texture", "transition")  # motion of each layer is affine: bilinear sampling of flow is exact
DEEP = ("street", "object3d")


def sample(image: Tensor, flow: Tensor) -> Tensor:
    """image (N, C, H, W) read bilinearly at p + flow(p): four gathers, borders repeated; no grid_sample, so no convention of its."""
    n, channels, height, width = image.shape
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    x, y = (x + flow[:, 0]).clamp(0, width - 1), (y + flow[:, 1]).clamp(0, height - 1)
    left, above = x.floor().clamp(max=width - 2), y.floor().clamp(max=height - 2)
    a, b = (x - left)[:, None], (y - above)[:, None]
    at = (above * width + left).long().reshape(n, 1, -1).expand(-1, channels, -1)
    flat = image.reshape(n, channels, -1)
    corners = [flat.gather(2, at + step).reshape(n, channels, height, width) for step in (0, 1, width, width + 1)]
    return (1 - b) * ((1 - a) * corners[0] + a * corners[1]) + b * ((1 - a) * corners[2] + a * corners[3])


def inside(clip) -> Tensor:
    """(T-1, 1, H, W) bool: seen in the next frame too, and more than 1.6 px from any outline in both."""
    away = clip.edge_dist > 1.6
    return away[:-1] & (sample(away[1:].float(), clip.flow_next) > 0.999) & clip.visible_next


def psnr(error: Tensor) -> float:
    """Of squared errors of pictures in [-1, 1], in dB."""
    return float(10 * torch.log10(4 / error.mean()))
