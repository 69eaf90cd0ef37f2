"""The toy world's batched renderer beside a plain loop over frames and layers, in one run: frames per second, the ratio, and memory.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.toyworld                  # two minutes on one core
    OMP_NUM_THREADS=1 python -m tests.benchmarks.toyworld --kinds street --sizes 64

The loop is what one would write first: every layer of every frame over the whole picture, every layer again at every moved point to
see what hides it. What both give must agree, or nothing is timed. Exit code 1 if the renderer is not 4 times as fast as the loop at the
same outputs for any kind, if the picture alone is not twice as fast as all outputs (on average over the kinds), or if memory grows with
the number of clips drawn.
"""

import argparse
import gc
import math
import resource
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from data_scripts import toyworld
from data_scripts.toyworld.cells import meet
from data_scripts.toyworld.raster import EDGE_REACH_PX, boxes
from data_scripts.toyworld.shade import FADE_FROM, FADE_TO
from data_scripts.toyworld.stage import Stage, set_up

FRAMES = 16
SAME = ("rgb", "sem", "inst", "part", "depth", "edge_dist", "uv", "alpha", "flow_next", "flow_prev", "visible_next", "visible_prev")
REPEATS = 5
FASTER_THAN_LOOP, PICTURE_FASTER = 4.0, 2.0
CLIPS, GROWTH_MB = 150, 10.0


class Loop:
    """A scene drawn frame by frame and layer by layer."""

    def __init__(self, stage: Stage):
        self.cells, self.rank = stage.raster.cells, stage.raster.rank
        self.frames, self.layers = self.rank.shape
        self.height, self.width = stage.raster.height, stage.raster.width
        self.stage = stage
        self.boxes = boxes(self.cells, self.height, self.width, EDGE_REACH_PX)
        y, x = torch.meshgrid(torch.arange(self.height).float(), torch.arange(self.width).float(), indexing="ij")
        self.x, self.y = x.flatten(), y.flatten()

    def at(self, frame: int, layer: int, x: Tensor, y: Tensor):
        return meet(self.cells, torch.full((len(x),), frame * self.layers + layer), x, y)

    def frame(self, frame: int) -> dict[str, Tensor]:
        """Everything of one frame, (H * W) each."""
        size = self.height * self.width
        rgb, alpha = torch.zeros(3, size), torch.zeros(size)
        top, rank, near, u, v = torch.zeros(size, dtype=torch.long), torch.full((size,), -1), *(torch.zeros(size) for _ in range(3))
        distances = []
        for layer in self.rank[frame].argsort().tolist():
            cell = frame * self.layers + layer
            if not self.cells.shown[cell]:
                continue
            spot = self.at(frame, layer, self.x, self.y)
            left, up, wide, tall = self.boxes[cell].tolist()
            near_it = (self.x >= left) & (self.x < left + wide) & (self.y >= up) & (self.y < up + tall)
            away = torch.where(near_it, spot.distance_px, 1e6)  # far from a tilted patch, first-order distances mean nothing
            cover, inside = (0.5 - away).clamp(0, 1), away < 0
            rgb = rgb + cover * (self.colour(cell, spot) - rgb)
            alpha = alpha + cover * (self.stage.foreground[cell].float() - alpha)
            top = torch.where(inside, layer, top)
            rank = torch.where(inside, self.rank[frame, layer], rank)
            near, u, v = (torch.where(inside, new, old) for new, old in ((spot.nearness, near), (spot.local[0], u), (spot.local[1], v)))
            distances.append((self.rank[frame, layer], away.abs()))
        edge_dist = torch.full((size,), EDGE_REACH_PX)
        for own, distance in distances:
            edge_dist = torch.where(own >= rank, torch.minimum(edge_dist, distance), edge_dist)
        cell = top + frame * self.layers
        labels = {name: getattr(self.stage, name)[cell] for name in ("sem", "inst", "part")}
        half = (self.cells.size[:, :2] + self.cells.size[:, 2:]).float()[cell]
        uv = torch.stack([u / half[:, 0], v / half[:, 1]])
        return {
            "rgb": rgb.clamp(-1, 1),
            "alpha": alpha,
            "top": top,
            "depth": torch.where(self.stage.sky[cell], torch.inf, 1 / near),
            "edge_dist": edge_dist,
            "uv": uv,
            **labels,
        }

    def colour(self, cell: int, spot) -> Tensor:
        """(3, H * W) texture of a flat layer."""
        numbers = self.stage.textures[self.stage.texture_of_cell[cell]]
        u, v, _ = spot.local
        a, b, _, d, e, _, g, h, _ = self.cells.to_local[cell].float().flatten()
        u_x, u_y, v_x, v_y = ((p - q * r) / spot.nearness for p, q, r in ((a, u, g), (b, u, h), (d, v, g), (e, v, h)))
        coarse = ((u_x - v_y).hypot(u_y + v_x) + (u_x + v_y).hypot(u_y - v_x)) / 2
        rgb = numbers[:3, None] + (numbers[3] * u + numbers[4] * v)
        for length, f_u, f_v, _, phase, *tint in numbers[6:].reshape(-1, 8):
            fade = ((FADE_TO - length * coarse) / (FADE_TO - FADE_FROM)).clamp(0, 1)
            rgb = rgb + torch.stack(tint)[:, None] * (fade * (f_u * u + f_v * v + phase).sin())
        return rgb

    def pair(self, source: int, target: int, top: Tensor) -> tuple[Tensor, Tensor]:
        """Flow (2, H * W) and visibility (H * W) from one frame to another."""
        flow = torch.zeros(2, len(self.x))
        for layer in range(self.layers):
            into = self.cells.to_image[target * self.layers + layer][:, [0, 1, 3]]
            h = (into @ self.cells.to_local[source * self.layers + layer]).float()
            image = h @ torch.stack([self.x, self.y, torch.ones_like(self.x)])
            flow = torch.where(top == layer, image[:2] / image[2] - torch.stack([self.x, self.y]), flow)
        x, y = self.x + flow[0], self.y + flow[1]
        seen = (x > -1e-3) & (x < self.width - 1 + 1e-3) & (y > -1e-3) & (y < self.height - 1 + 1e-3)
        seen &= self.cells.shown[target * self.layers + top]
        own = self.rank[target, top]
        for layer in range(self.layers):
            if self.cells.shown[target * self.layers + layer]:
                hides = (self.at(target, layer, x, y).distance_px < 0) & (self.rank[target, layer] > own)
                seen &= ~hides
        return flow, seen

    def clip(self) -> dict[str, Tensor]:
        """All frames and all pairs of neighbours."""
        frames = [self.frame(t) for t in range(self.frames)]
        pairs = {
            "next": [self.pair(t, t + 1, frames[t]["top"]) for t in range(self.frames - 1)],
            "prev": [self.pair(t + 1, t, frames[t + 1]["top"]) for t in range(self.frames - 1)],
        }
        shape = self.height, self.width
        found = {name: torch.stack([frame[name] for frame in frames]).unflatten(-1, shape) for name in frames[0]}
        for way, both in pairs.items():
            found[f"flow_{way}"] = torch.stack([flow for flow, _ in both]).unflatten(-1, shape)
            found[f"visible_{way}"] = torch.stack([seen for _, seen in both]).unflatten(-1, shape)
        return found


def loop(spec: toyworld.SceneSpec) -> dict[str, Tensor]:
    """The loop's outputs of a scene."""
    return Loop(set_up([spec], torch.float32, "cpu", 1.0)).clip()


def disagreement(spec: toyworld.SceneSpec) -> float:
    """Largest share of pixels in which loop and renderer differ, over the outputs that both give."""
    slow, fast = loop(spec), toyworld.render(spec, SAME)
    shares = []
    for name in SAME:
        one, other = slow[name], fast[name].reshape(slow[name].shape)
        differs = ~torch.isclose(one, other, rtol=1e-3, atol=2e-3) if one.is_floating_point() else one != other
        shares.append(float(differs.float().mean()))
    return max(shares)


def fastest(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Least CPU seconds of each, taken in turns so that a busy moment hits all."""
    seconds = dict.fromkeys(work, math.inf)
    for _ in range(REPEATS):
        for name, do in work.items():
            started = time.process_time()
            do()
            seconds[name] = min(seconds[name], time.process_time() - started)
    return seconds


def measure(kind: str, size: int, frames: int) -> dict[str, float]:
    """Seconds per clip, from seed to tensors, of the loop, of the same outputs, of all outputs, and of the picture alone."""

    def make() -> toyworld.SceneSpec:
        return toyworld.make_scene(kind, 1, frames, size, size)

    wrong = disagreement(make())
    if wrong > 0.005:
        raise SystemExit(f"{kind} at {size}: loop and renderer differ in {wrong:.2%} of the pixels of an output")
    return fastest(
        {
            "loop": lambda: loop(make()),
            "same": lambda: toyworld.render(make(), SAME),
            "all": lambda: toyworld.render(make(), toyworld.OUTPUTS),
            "rgb": lambda: toyworld.render(make(), ("rgb",)),
        }
    )


def growth_mb() -> float:
    """How far the peak of memory rises over many clips after the first few."""

    def draw(first: int, count: int) -> float:
        for seed in range(first, first + count):
            toyworld.draw("sprites", seed, frames=FRAMES, height=64, width=64, outputs=toyworld.OUTPUTS)
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)

    before = draw(0, 20)
    return draw(20, CLIPS) - before


def main() -> int:
    parser = argparse.ArgumentParser(description="Example: python -m tests.benchmarks.toyworld --kinds street --sizes 64")
    kinds = [kind for kind in toyworld.KINDS if kind != "object3d"]  # the loop knows no balls
    parser.add_argument("--kinds", nargs="+", default=kinds, choices=kinds)
    parser.add_argument("--sizes", nargs="+", type=int, default=[32, 64])
    parser.add_argument("--frames", type=int, default=FRAMES, help="of a clip; what a scene costs once is shared by them")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    grown = growth_mb()
    print(f"peak memory over {CLIPS} more clips: +{grown:.1f} MB (allowed {GROWTH_MB:g})")
    good = grown <= GROWTH_MB
    for size in arguments.sizes:
        ratios = {"same/loop": [], "rgb/all": []}
        print(f"\nframes/s at {size} x {size:<8}" + "".join(f"{name:>10}" for name in ("loop", "same", "all", "rgb", *ratios)))
        for kind in arguments.kinds:
            rate = {name: arguments.frames / seconds for name, seconds in measure(kind, size, arguments.frames).items()}
            for name, found in ratios.items():
                faster, slower = name.split("/")
                found.append(rate[faster] / rate[slower])
            print(f"{kind:22}" + "".join(f"{value:10.1f}" for value in (*rate.values(), *(found[-1] for found in ratios.values()))))
        least, picture = min(ratios["same/loop"]), math.prod(ratios["rgb/all"]) ** (1 / len(arguments.kinds))
        print(f"against the loop at least {least:.1f}x (wanted {FASTER_THAN_LOOP:g})")
        print(f"picture alone against all outputs {picture:.1f}x (wanted {PICTURE_FASTER:g})")
        good &= least >= FASTER_THAN_LOOP and picture >= PICTURE_FASTER
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
