"""Shows that a lesson's checks are no matter of luck: the reference must pass them for many seeds, with 1 and 2 torch threads.

python -m tests.steady a01_shannon_ngrams --seeds 50
"""

import argparse
import importlib
import sys
import time

from tqdm import tqdm

from autograder.lesson import read


def main() -> int:
    """Run the reference through its checks, seed by seed; returns the number of failures, at most 100."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slug")
    parser.add_argument("--seeds", type=int, default=50, help="how many, from 0 on")
    parser.add_argument("--exercise", help="one exercise only")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of torch threads")
    options = parser.parse_args()
    lesson = read(options.slug)
    solution = importlib.import_module(f"solutions.{options.slug}")
    checks = importlib.import_module(f"autograder.checks.{options.slug}")
    names = [options.exercise] if options.exercise else list(lesson.arguments)
    threads = options.threads if "torch" in sys.modules else [1]
    failures, started = 0, time.perf_counter()
    for count in threads:
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(count)
        for seed in tqdm(range(options.seeds), desc=f"{count} threads", unit="seed"):
            for name in names:
                students = [getattr(solution, argument) for argument in lesson.arguments[name]]
                for result in getattr(checks, name).run(*students, seed=seed):
                    if result.state != "passed":
                        failures += 1
                        tqdm.write(f"{name}, seed {seed}, {count} threads: {result.check}: {result.message}")
    total = options.seeds * len(threads) * len(names)
    print(f"{failures} failures in {total} runs of {len(names)} exercises, {time.perf_counter() - started:.0f} s")
    return min(failures, 100)


if __name__ == "__main__":
    sys.exit(main())
