"""How near lesson 2 comes to its full-size target without a GPU; an hour or more on one core, and it resumes if interrupted.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.masked_digits
    OMP_NUM_THREADS=1 python -m tests.benchmarks.masked_digits --kernel 3 --blocks 8

The lesson's own code on its digits of 28 x 28 with ink by chance: half as wide as its full size, half as often through the digits, in
bfloat16. Ends in the cost of all test digits (target at full size: at most 84 nats).
"""

import argparse
import math
import os

os.environ["COURSE_SIZE"] = "full"  # long runs are saved there
from assignments.common import likelihood
from data_scripts import small_images
from solutions import a02_pixelcnn as lesson
from tests.rehearsal import in_half_precision


def main() -> None:
    """Train, and print the cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=8000, help="of 64 digits each")
    parser.add_argument("--kernel", type=int, default=7)
    parser.add_argument("--blocks", type=int, default=6)
    asked = parser.parse_args()
    size = lesson.Size(32, asked.blocks, asked.steps, 64, 3e-3, asked.kernel)
    images, unseen = (small_images.digits(split, 2, sampled=True)[0] for split in ("train", "test"))
    with in_half_precision():
        model = lesson.fit(images, 2, size, f"half as wide, {asked.blocks} blocks of {asked.kernel}")
    nats = likelihood.held_out(model, lesson.bits_per_dim, unseen) * 784 * math.log(2)
    print(f"{sum(weight.numel() for weight in model.parameters())} parameters: {nats:.2f} nats on {len(unseen)} test digits")


if __name__ == "__main__":
    main()
