"""A clip with everything that is known about it, side by side, as one film."""

import numpy as np
import torch
from matplotlib import colormaps
from torch import Tensor

from assignments.common.pictures import flow_colours, label_colours, side_by_side, titled
from data_scripts.toyworld.clip import Clip
from data_scripts.toyworld.points import capsules
from data_scripts.toyworld.raster import EDGE_REACH_PX, Raster
from data_scripts.toyworld.render import to01
from data_scripts.toyworld.shade import composite

COLUMNS = 5


def gallery(clip: Clip) -> np.ndarray:
    """All panels of a clip that was rendered with all outputs: (T, H', W', 3) float32 in [0, 1]."""
    titles = [titled(panel, title) for title, panel in panels(clip).items()]
    rows = [side_by_side(*titles[k : k + COLUMNS]) for k in range(0, len(titles), COLUMNS)]
    wide = max(row.shape[2] for row in rows)
    return np.concatenate([np.pad(row, [(0, 0), (0, 0), (0, wide - row.shape[2]), (0, 0)], constant_values=1) for row in rows], axis=1)


def panels(clip: Clip) -> dict[str, np.ndarray]:
    """Each output as a clip (T or T - 1, H, W, 1 or 3) in [0, 1], by title."""
    flows = [last(clip[name]) for name in ("flow_next", "flow_prev")]
    longest = float(np.quantile(np.linalg.norm(np.concatenate(flows), axis=-1), 0.99))
    dim = 0.35 * to01(clip.rgb)
    pictures = {
        "rgb": last(to01(clip.rgb)),
        "sem, sem_onehot": label_colours(clip.sem),
        "inst": label_colours(torch.where(clip.inst > 0, clip.inst % 17 + 1, 0)),
        "part": label_colours(clip.part),
        "edge": last(clip.edge),
        "sketch": last(clip.sketch),
        "pose_image": last(clip.pose_image),
        "keypoints": last(dots(clip.keypoints, dim)),
        "part_affine: u, v": last(axes(clip.part_affine, dim)),
        f"flow_next, to {longest:.1f} px": flow_colours(flows[0], longest),
        "flow_prev": flow_colours(flows[1], longest),
        "visible_next": last(clip.visible_next.float()),
        "visible_prev": last(clip.visible_prev.float()),
        "depth: near is bright": near_is_bright(clip.depth),
        "edge_dist": last(clip.edge_dist / EDGE_REACH_PX),
        "uv": last(torch.cat([clip.uv, torch.zeros_like(clip.uv[:, :1])], 1) / 2 + 0.5),
        "alpha": last(clip.alpha),
        "fg_mask": last(clip.fg_mask),
    }
    return {title: np.clip(np.asarray(picture, np.float32), 0, 1) for title, picture in pictures.items()}


def last(planes: Tensor) -> np.ndarray:
    """Channels last."""
    return planes.movedim(1, -1).numpy()


def near_is_bright(depth: Tensor) -> np.ndarray:
    """Depth as colour, by the logarithm, from the nearest to the farthest that is not the sky."""
    deep = depth[:, 0].clamp_max(100).log()
    return colormaps["viridis"](((deep.max() - deep) / (deep.max() - deep.min()).clamp_min(1e-3)).numpy())[..., :3]


def dots(keypoints: Tensor, ground: Tensor) -> Tensor:
    """Keypoints over a picture: yellow where seen, blue where not."""
    seen = keypoints[..., 2:] > 0
    tints = torch.where(seen, torch.tensor([1.0, 0.9, 0.2]), torch.tensor([0.3, 0.5, 1.0]))
    return strokes(keypoints[..., :2], keypoints[..., :2], tints, ground)


def axes(part_affine: Tensor, ground: Tensor) -> Tensor:
    """The first axis of each part in red, the second in green, all of one length."""
    origin, across = part_affine[..., 2], part_affine[..., :2]
    unit = across / torch.linalg.vector_norm(across, dim=2, keepdim=True).clamp_min(1e-6)
    ends = torch.cat([origin + 0.08 * min(ground.shape[2:]) * unit[..., k] for k in (0, 1)], 1)
    tints = torch.tensor([[1.0, 0.3, 0.2], [0.3, 1.0, 0.4]]).repeat_interleave(origin.shape[1], 0).expand(*ends.shape[:2], 3)
    return strokes(torch.cat([origin, origin], 1), ends, tints, ground)


def strokes(start: Tensor, end: Tensor, tints: Tensor, ground: Tensor) -> Tensor:
    """Strokes (T, N, 2) px in colours (T, N, 3) over pictures (T, 3, H, W)."""
    shown = torch.ones(start.shape[:2], dtype=torch.bool)
    cells = capsules(start.double(), end.double(), max(1.0, 0.015 * min(ground.shape[2:])), shown)
    raster = Raster(cells, torch.arange(start.shape[1]).expand(start.shape[:2]), *ground.shape[2:], reach_px=1.0)
    chosen, share, _ = raster.blend
    colours = tints.flatten(0, 1)[raster.fragments.cell[chosen]]
    drawn = composite(raster, [*colours.t(), torch.ones_like(share)])
    return drawn[:, :3] + (1 - drawn[:, 3:]) * ground
