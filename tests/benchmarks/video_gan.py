"""What categories in the noise and averaged weights do for lesson 6's clips.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.video_gan            # small clips, three seeds, ten minutes
    OMP_NUM_THREADS=1 python -m tests.benchmarks.video_gan --large    # clips of the full size, an hour

The lesson's quick game, played on, with and without categories in the noise; or a game on clips of the full size, half as wide and with
half of the batch, in bfloat16. Several times on the way it is asked for what the full size is to reach: an area of 11.2 to 20.8 px, and a
rate of steps in the right direction of at least 0.8, by the generator as it is and with averaged weights. The diversity beside them shows
a collapse.
"""

import argparse
import contextlib
from dataclasses import replace

import torch
from torch import nn

from assignments.common import training
from assignments.common.adversarial import Game
from data_scripts import moving_squares
from solutions import a06_video_gan as lesson
from tests.rehearsal import in_half_precision

CLIPS = 256
LARGE = replace(lesson.FULL, widths=(128, 64, 32), batch=32, learning_rate=4e-4)


def main() -> None:
    """Play the games, and print the three numbers as they go."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="one game on clips of 16 x 32 x 32")
    parser.add_argument("--steps", type=int, help="1,000, or 4,000 on large clips")
    parser.add_argument("--seeds", type=int, help="3, or 1 on large clips")
    options = parser.parse_args()
    game, steps, seeds, looks = (LARGE, 4000, 1, 16) if options.large else (lesson.QUICK, 1000, 3, 4)
    game = replace(game, steps=options.steps or steps)
    for lesson.SEED in range(options.seeds or seeds):
        for categories in (game.categories,) if options.large else (0, game.categories):
            print(f"seed {lesson.SEED}, {categories} categories")
            with in_half_precision() if options.large else contextlib.nullcontext():
                played(replace(game, categories=categories), looks)


def played(game: Game, looks: int) -> None:
    """Play one game, and print what comes of the same noise."""
    frames, side_px = 2 ** (len(game.widths) + 1), 2 ** (len(game.widths) + 2)
    torch.manual_seed(1)
    noise, averages = game.codes(CLIPS), []
    real, _ = moving_squares.moving_squares(CLIPS, frames, side_px, seed=1_000_000)

    def look(step: int, generator: nn.Module) -> None:
        if not averages:
            averages.append(training.averaged(generator, game.decay))
        elif step:
            averages[0].update_parameters(generator)
        if step and step % (game.steps // looks) == 0:
            print(f"  step {step:5}: {measured(generator)}; averaged {measured(averages[0])}", flush=True)

    def measured(generator: nn.Module) -> str:
        with torch.no_grad():
            made = torch.cat([generator(part)[0] for part in noise.split(64)]).float()
        area, centre = moving_squares.track(made)
        rate, varied = moving_squares.direction_rate(centre), moving_squares.diversity(made, real)
        return f"area {area.mean():5.1f} px, right direction {rate:.2f}, diversity {varied:.2f}"

    def draw(step: int) -> torch.Tensor:
        return moving_squares.moving_squares(game.batch, frames, side_px, seed=step)[0]

    generator, *_ = lesson.play(game, draw, look)
    print(f"  in the end, averaged: {measured(generator)}", flush=True)


if __name__ == "__main__":
    main()
