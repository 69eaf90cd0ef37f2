"""Numbers as colours: optical flow with its key, label maps with a legend, and one palette for lines."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from assignments.common.layout import as_flow, as_labels

# Okabe and Ito, "Color Universal Design" (2008), black last; then Tol's "muted" scheme (2021). Both are made for colour-blind readers.
CYCLE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000")
LABELS = CYCLE + ("#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499", "#dddddd")


def flow_colours(flow: Any, largest_px: float | None = None) -> np.ndarray:
    """Flow as colour: the hue is the direction, white is rest, and full colour is `largest_px` or more.

    Args:
        flow: (..., H, W, 2) in pixels; channel 0 to the right, channel 1 down.
        largest_px: length of full colour; None takes the longest vector. Give it to compare pictures.

    Returns:
        (..., H, W, 3) float32 in [0, 1].

    Source: the colour wheel of Baker et al., "A Database and Evaluation Methodology for Optical Flow" (2007), by torchvision.
    """
    import torch
    from torchvision.utils import flow_to_image

    flow = as_flow(flow)
    length = np.linalg.norm(flow, axis=-1, keepdims=True)
    largest = float(length.max(initial=0)) if largest_px is None else float(largest_px)
    if largest <= 0:
        return np.ones((*flow.shape[:-1], 3), np.float32)
    flow = flow / largest / np.maximum(length / largest, 1)  # full colour is length 1
    fields = np.pad(flow.reshape(-1, *flow.shape[-3:]), [(0, 0), (0, 0), (0, 1), (0, 0)])
    fields[0, 0, -1] = 1, 0  # flow_to_image takes the longest vector as full colour: an extra column holds one
    colours = flow_to_image(torch.from_numpy(fields).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)[:, :, :-1]
    return (colours.numpy().astype(np.float32) / 255).reshape(*flow.shape[:-1], 3)


def flow_key(side_px: int = 101) -> np.ndarray:
    """The key to `flow_colours`: (side, side, 3), the colour of every vector of a disc, white outside."""
    y, x = np.mgrid[-1 : 1 : side_px * 1j, -1 : 1 : side_px * 1j]
    inside = np.hypot(x, y)[..., None] <= 1
    return np.where(inside, flow_colours(np.stack([x, y], -1), largest_px=1), 1).astype(np.float32)


def flow_figure(flow: Any, largest_px: float | None = None) -> Figure:
    """One flow field (H, W, 2) as colour and arrows, with its key beside it; hues alone would not serve every reader."""
    flow = as_flow(flow)
    if flow.ndim != 3:
        raise ValueError(f"flow needs shape (H, W, 2) for a figure, got {flow.shape}")
    largest = largest_px or float(np.linalg.norm(flow, axis=-1).max()) or 1.0
    height, width, _ = flow.shape
    figure = Figure(figsize=(6.6, min(5.0 * height / width, 6.0) + 0.3), layout="constrained")
    field, key = figure.subplots(1, 2, width_ratios=[4, 1])
    field.imshow(flow_colours(flow, largest))
    step = max(1, max(height, width) // 16)
    y, x = np.mgrid[step // 2 : height : step, step // 2 : width : step]
    field.quiver(x, y, *np.moveaxis(flow[y, x], -1, 0), angles="xy", scale_units="xy", scale=largest / step, color="0.15", width=0.004)
    key.imshow(flow_key(), extent=(-largest, largest, largest, -largest))
    key.set_title("key, in px", fontsize=9)
    key.tick_params(labelsize=8)
    field.set_xticks([])
    field.set_yticks([])
    return figure


def label_colours(labels: Any) -> np.ndarray:
    """A label map (..., H, W) as colours (..., H, W, 3); after 18 labels the colours begin again."""
    palette = np.array([to_rgb(colour) for colour in LABELS], np.float32)
    return palette[as_labels(labels) % len(palette)]


def label_figure(labels: Any, names: Sequence[str]) -> Figure:
    """One label map (H, W) with a legend of the labels that it holds; `names[k]` is the name of label k."""
    labels = as_labels(labels)
    if labels.ndim != 2 or labels.max() >= len(names):
        raise ValueError(f"labels need shape (H, W) and values below {len(names)}, got {labels.shape} with values up to {labels.max()}")
    height, width = labels.shape
    figure = Figure(figsize=(6.6, min(4.6 * height / width, 6.0) + 0.2), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(label_colours(labels), interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    patches = [Patch(facecolor=LABELS[k % len(LABELS)], edgecolor="0.3", label=f"{k} {names[k]}") for k in np.unique(labels)]
    figure.legend(handles=patches, loc="outside right upper", fontsize=9)
    return figure
