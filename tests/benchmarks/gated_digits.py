"""How near lesson 3 comes to its full-size targets without a GPU; about two hours on one core, and it resumes if interrupted.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.gated_digits

The lesson's own code on digits of 28 x 28 with ink by chance: half as wide and two thirds as deep as its full size, 10 times through
the digits in place of 15, in bfloat16. Ends in the cost of all test digits (target: at most 85 nats) and in how often a judge agrees with
the digit that was asked for (target: 80 %).
"""

import argparse
import math
import os

import torch

os.environ["COURSE_SIZE"] = "full"  # read where the lesson chooses its digits
from assignments.common import devices, likelihood
from solutions import a03_gated_pixelcnn as lesson
from tests.rehearsal import in_half_precision

DRAWN = 200


def main() -> None:
    """Train, and print both numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=8000, help="of 64 digits each")
    lesson.SIZE = size = lesson.Size(28, 32, 8, parser.parse_args().steps, 64, 1500, DRAWN)
    devices.seed_all(lesson.SEED)
    (images, classes), (unseen, asked_of) = (lesson.digits(split) for split in ("train", "test"))
    model = lesson.GatedPixelCNN(1, 2, size.features, size.blocks, conditions=10)
    with in_half_precision():
        heard = lesson.one_hot(classes, 10)
        likelihood.fit(model, lesson.bits_per_dim, images, size.steps, size.batch, 3e-3, "half as wide", heard, lesson.SEED)
    bits = likelihood.held_out(model, lesson.bits_per_dim, unseen, lesson.one_hot(asked_of, 10))
    print(f"{sum(weight.numel() for weight in model.parameters())} parameters, {size.steps} steps of {size.batch}", end=": ")
    print(f"{bits * 784 * math.log(2):.2f} nats on {len(unseen)} test digits")
    judge, asked = lesson.train_judge(images, classes), torch.arange(DRAWN) % 10
    uniforms = torch.rand(DRAWN, 1, 28, 28, generator=torch.Generator().manual_seed(lesson.SEED))
    drawn = lesson.sample(lambda image: model(image, lesson.one_hot(asked, 10)), uniforms)
    print(f"the judge agrees with {lesson.agreement(judge, unseen, asked_of):.1%} of test digits", end=" and ")
    print(f"{lesson.agreement(judge, drawn, asked):.1%} of {DRAWN} drawn ones")


if __name__ == "__main__":
    main()
