"""What a longer game makes of lesson 6's small clips: `OMP_NUM_THREADS=1 python -m tests.benchmarks.video_gan`, about four minutes.

The lesson's quick game takes 700 steps. Here it goes on, and eight times on the way it is asked for what the full size is to reach: an area
of 11.2 to 20.8 px, and a rate of steps in the right direction of at least 0.8; the diversity beside them shows a collapse.
"""

import argparse
from dataclasses import replace

import torch
from torch import nn

from data_scripts import moving_squares
from solutions import a06_video_gan as lesson

FRAMES, SIDE_PX, CLIPS, LOOKS = 8, 16, 256, 8


def main() -> None:
    """Play, and print the three numbers as it goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--rate", type=float, default=5e-4, help="of Adam; the lesson's is 1e-3")
    options = parser.parse_args()
    game = replace(lesson.QUICK, steps=options.steps, learning_rate=options.rate)
    noise = torch.randn(CLIPS, game.noise, generator=torch.Generator().manual_seed(1))
    real, _ = moving_squares.moving_squares(CLIPS, FRAMES, SIDE_PX, seed=1_000_000)

    def look(step: int, generator: nn.Module) -> None:
        if step % (game.steps // LOOKS) == 0:
            with torch.no_grad():
                made = torch.cat([generator(part)[0] for part in noise.split(64)])
            area, centre = moving_squares.track(made)
            rate, varied = moving_squares.direction_rate(centre), moving_squares.diversity(made, real)
            print(f"step {step:5}: area {area.mean():5.1f} px, right direction {rate:.2f}, diversity {varied:.2f}", flush=True)

    def draw(step: int) -> torch.Tensor:
        return moving_squares.moving_squares(game.batch, FRAMES, SIDE_PX, seed=step)[0]

    generator, *_ = lesson.play(game, draw, look)
    look(game.steps, generator)


if __name__ == "__main__":
    main()
