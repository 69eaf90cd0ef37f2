"""Sampling with kept features against whole passes, measured in one run: 28 x 28, batch 16, six layers of 7 x 7 with 32 channels.

python -m tests.benchmarks.pixelcnn    # one thread, about half a minute
"""

import sys
import time
from itertools import product

import torch
from tqdm import tqdm

from solutions.a02_pixelcnn import PixelCNN, empty_caches, fold_all, logits_at, put, sample, sample_cached

SIDE, BATCH, FEATURES, BLOCKS, KERNEL = 28, 16, 32, 5, 7
PASSES = 5  # whole passes that are timed, of the 784 that an image takes
WANTED = 70


def make_model() -> PixelCNN:
    """A stem of 7 x 7 and five blocks whose middle layer is 7 x 7 with 32 channels; random weights, so that logits differ."""
    torch.manual_seed(0)
    model = PixelCNN(1, 2, FEATURES, BLOCKS, KERNEL, KERNEL)
    for weight in model.head[-1].parameters():
        torch.nn.init.normal_(weight, std=0.1)
    return model.eval()


@torch.no_grad()
def largest_difference(model: PixelCNN) -> float:
    """Of logits, between step-by-step evaluation and one whole pass over the same image."""
    image = torch.randint(2, (BATCH, 1, SIDE, SIDE))
    fold_all(model)
    caches, scaled = empty_caches(model, BATCH, SIDE, SIDE), 2.0 * image - 1
    expected, worst = model(image), 0.0
    for row, column in product(range(SIDE), repeat=2):
        got = logits_at(model, caches, row, column)
        worst = max(worst, float((got - expected[..., row, column]).abs().max()))
        put(model.stem, caches[0], scaled[:, :, row, column], row, column)
    return worst


@torch.no_grad()
def seconds_of_products(model: PixelCNN) -> float:
    """The floor on this machine: the matrix products of all pixels one after another, weights ready and nothing else done."""
    layers = [layer for layer in model.modules() if hasattr(layer, "mask")]
    pairs = [(torch.randn(BATCH, layer.matrix.shape[1]), layer.matrix.T.contiguous()) for layer in layers]
    started = time.process_time()
    for _ in range(SIDE * SIDE):
        for x, weight in pairs:
            torch.mm(x, weight)
    return time.process_time() - started


def compare() -> None:
    """Measure and print; the exit code says whether the wanted factor was reached."""
    torch.set_num_threads(1)
    model = make_model()
    uniforms = torch.rand(BATCH, 1, SIDE, SIDE)
    difference = largest_difference(model)
    image = torch.zeros(BATCH, 1, SIDE, SIDE, dtype=torch.long)
    with torch.no_grad():
        model(image)
        started = time.process_time()
        for _ in tqdm(range(PASSES), desc="whole passes", leave=False):
            model(image)
        naive = (time.process_time() - started) / PASSES * SIDE * SIDE
    started = time.process_time()
    sample_cached(model, uniforms)
    cached = time.process_time() - started
    floor = seconds_of_products(model)
    small = uniforms[:2, :, :5, :5]
    same = torch.equal(sample(model, small), sample_cached(model, small))
    print(f"{SIDE} x {SIDE}, batch {BATCH}, {BLOCKS + 1} layers of {KERNEL} x {KERNEL} x {FEATURES}; one thread, seconds of CPU")
    print(f"whole passes        {naive:9.1f} s   (extrapolated from {PASSES} of {SIDE * SIDE} passes)")
    print(f"kept features       {cached:9.2f} s   {naive / cached:.0f} times faster (wanted {WANTED})")
    print(f"products alone      {floor:9.2f} s   the floor of {SIDE * SIDE} steps; kept features take {cached / floor:.1f} times that")
    print(f"largest difference of logits {difference:.2g} (allowed 1e-5); equal samples: {same}")
    sys.exit(not (naive / cached >= WANTED and difference <= 1e-5 and same))


if __name__ == "__main__":
    compare()
