"""How near lesson 2 comes to its full-size target without a GPU; about an hour on one core, and it resumes if interrupted.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.masked_digits

The lesson's own code on its digits of 28 x 28 with ink by chance: half as wide and two thirds as deep as its full size, half as often
through the digits, in bfloat16. Ends in the cost of all test digits (target at full size: at most 84 nats).
"""

import argparse
import math

from assignments.common import likelihood
from data_scripts import small_images
from solutions import a02_pixelcnn as lesson
from tests.rehearsal import in_half_precision


def main() -> None:
    """Train, and print the cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=8000, help="of 64 digits each")
    size = lesson.Size(32, 8, parser.parse_args().steps, 64, 3e-3)
    images, unseen = (small_images.digits(split, 2, sampled=True)[0] for split in ("train", "test"))
    with in_half_precision():
        model = lesson.fit(images, 2, size, "half as wide")
    bits = likelihood.held_out(model, lesson.bits_per_dim, unseen)
    print(f"{sum(weight.numel() for weight in model.parameters())} parameters, {size.steps} steps of {size.batch}", end=": ")
    print(f"{bits * 784 * math.log(2):.2f} nats on {len(unseen)} test digits")


if __name__ == "__main__":
    main()
