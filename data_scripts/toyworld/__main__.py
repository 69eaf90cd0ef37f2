"""Film of a toy scene with everything that is known about it, side by side.

python -m data_scripts.toyworld --kind street --seed 3 --out street.mp4
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from assignments.common.video import write_clip
from data_scripts import toyworld
from data_scripts.toyworld.gallery import gallery

FRAMES, FRAME_RATE_HZ = 48, 12


def size(text: str) -> tuple[int, int]:
    """HEIGHTxWIDTH."""
    height, _, width = text.partition("x")
    if not (height.isdigit() and width.isdigit() and min(int(height), int(width)) >= 8):
        raise argparse.ArgumentTypeError(f"expected HEIGHTxWIDTH of at least 8 px each, as in 128x192, got {text}")
    return int(height), int(width)


def main(words: Sequence[str] | None = None) -> None:
    """Draw, write, and say what was written; words are those of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=toyworld.KINDS, default="street")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=size, default=(128, 192), help="HEIGHTxWIDTH of each picture, 128x192 if not given")
    parser.add_argument("--out", type=Path, required=True, help="an .mp4 file to write")
    arguments = parser.parse_args(words)
    if arguments.out.suffix != ".mp4":
        parser.error(f"--out must end in .mp4, got {arguments.out.name}")
    height, width = arguments.size
    clip = toyworld.draw(arguments.kind, arguments.seed, FRAMES, height, width, toyworld.OUTPUTS)
    try:
        path = write_clip(arguments.out, gallery(clip), FRAME_RATE_HZ)
    except OSError as error:
        parser.error(str(error))
    print(f"{path}: {clip.meta['caption']}, {FRAMES} frames of {height} x {width}, {len(toyworld.OUTPUTS)} outputs")


if __name__ == "__main__":
    main()
