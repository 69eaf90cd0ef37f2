"""Shows that the numbers a lesson ends in are no matter of luck: runs it whole with several seeds, its constant SEED.

python -m tests.seeds a02_pixelcnn --seeds 5
"""

import argparse
import subprocess
import sys
import time

from autograder.lesson import ROOT, SOLUTIONS


def with_seed(script: str, seed: int) -> str:
    """The script of a lesson with another seed.

    Raises:
        ValueError: it does not set one.
    """
    if "\nSEED = 0" not in script:
        raise ValueError("the lesson must set SEED = 0 at the start of a line")
    return script.replace("\nSEED = 0", f"\nSEED = {seed}")


def main() -> int:
    """Run the lesson seed by seed in processes of their own; returns the number of results outside their ranges, at most 100."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slug")
    parser.add_argument("--seeds", type=int, default=5, help="how many, from 0 on")
    options = parser.parse_args()
    script = (SOLUTIONS / f"{options.slug}.py").read_text(encoding="utf-8")
    outside = 0
    for seed in range(options.seeds):
        started = time.perf_counter()
        run = subprocess.run([sys.executable, "-c", with_seed(script, seed)], cwd=ROOT, capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"seed {seed}: {run.stderr.strip().splitlines()[-1]}")
        lines = [line for line in run.stdout.splitlines() if "(expect " in line]
        outside += sum("<-- outside" in line for line in lines)
        print(f"seed {seed}, {time.perf_counter() - started:.0f} s\n  " + "\n  ".join(lines), flush=True)
    print(f"{outside} results outside their ranges")
    return min(outside, 100)


if __name__ == "__main__":
    sys.exit(main())
