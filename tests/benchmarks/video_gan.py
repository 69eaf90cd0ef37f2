"""What a category in the noise does for lesson 6's small clips: `OMP_NUM_THREADS=1 python -m tests.benchmarks.video_gan`, ten minutes.

The lesson's quick game, played on, with and without categories in the noise. Four times on the way it is asked for what the full size is to
reach: an area of 11.2 to 20.8 px, and a rate of steps in the right direction of at least 0.8; the diversity beside them shows a collapse.
"""

import argparse
from dataclasses import replace

import torch
from torch import nn

from assignments.common.adversarial import Game
from data_scripts import moving_squares
from solutions import a06_video_gan as lesson

FRAMES, SIDE_PX, CLIPS, LOOKS = 8, 16, 256, 4


def main() -> None:
    """Play both games for each seed, and print the three numbers as they go."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    for lesson.SEED in range(options.seeds):
        for categories in (0, lesson.QUICK.categories):
            print(f"seed {lesson.SEED}, {categories} categories")
            played(replace(lesson.QUICK, steps=options.steps, categories=categories))


def played(game: Game) -> None:
    """Play one game, and print what comes of the same noise."""
    torch.manual_seed(1)
    noise = game.codes(CLIPS)
    real, _ = moving_squares.moving_squares(CLIPS, FRAMES, SIDE_PX, seed=1_000_000)

    def look(step: int, generator: nn.Module) -> None:
        if step and step % (game.steps // LOOKS) == 0:
            with torch.no_grad():
                made = torch.cat([generator(part)[0] for part in noise.split(64)])
            area, centre = moving_squares.track(made)
            rate, varied = moving_squares.direction_rate(centre), moving_squares.diversity(made, real)
            print(f"  step {step:5}: area {area.mean():5.1f} px, right direction {rate:.2f}, diversity {varied:.2f}", flush=True)

    def draw(step: int) -> torch.Tensor:
        return moving_squares.moving_squares(game.batch, FRAMES, SIDE_PX, seed=step)[0]

    generator, *_ = lesson.play(game, draw, look)
    look(game.steps, generator)


if __name__ == "__main__":
    main()
