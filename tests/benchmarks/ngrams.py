"""Lesson 1's n-grams beside nltk.lm and KenLM, in one run on one split: time, memory, and whether the probabilities agree.

    python -m tests.benchmarks.ngrams                # needs `pip install nltk`; KenLM takes part after `pip install kenlm`
    python -m tests.benchmarks.ngrams --order 6 --grams 100   # nltk counts for a minute, and thinks 30 ms about each n-gram

Every contender runs in a process of its own, on the letters of Tiny Shakespeare or, without them, on Python's help texts. The lesson and
nltk count nine tenths and score the rest; KenLM, whose Python package has no estimator, loads the lesson's model and scores the rest.
Exit code 1 if the lesson is not 100 times faster than nltk at scoring Kneser-Ney, or if a probability differs by more than 1e-9 (1e-6 for
KenLM, which keeps logarithms in 32 bits).
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from data_scripts import text as corpus
from solutions import a01_shannon_ngrams as lesson

DISCOUNT = 0.75
SIZE = 27
NAMES = ["_", *lesson.SYMBOLS[1:]]  # KenLM parts words by spaces, so the space needs another name
WANTED = 100  # times faster than nltk
ALLOWED = {"nltk": 1e-9, "kenlm": 1e-6}  # largest difference of a probability


class Clock:
    """Seconds of named stages, and how far the memory of this process rose in all of them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.before_mb = peak_mb()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        started = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - started

    @property
    def memory_mb(self) -> float:
        """Rise of the peak since the clock was made."""
        return peak_mb() - self.before_mb


def peak_mb() -> float:
    """Largest memory of this process so far; Linux counts in kB, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def split(order: int) -> tuple[np.ndarray, np.ndarray]:
    """Symbols to count, and those to score with the order - 1 before them."""
    letters = lesson.encode(lesson.normalise(corpus.load_or_stand_in("tinyshakespeare").text))
    known = int(0.9 * len(letters))
    return letters[:known], letters[known - order + 1 :]


def run_lesson(order: int, grams: int) -> tuple[dict[str, float], float, np.ndarray]:
    """Count, score the whole rest, and draw a million letters."""
    known, rest = split(order)
    clock = Clock()
    with clock.stage("fit"):
        tables = [lesson.count([known], n, SIZE) for n in range(1, order + 1)]
    with clock.stage("score"):
        p = lesson.kneser_ney(tables, lesson.ngram_codes(rest, order, SIZE), SIZE, DISCOUNT)
    memory_mb = clock.memory_mb
    with clock.stage("draw 1,000,000"):
        lesson.sample(tables, known[:order], 1_000_000, SIZE, seed=0)
    return clock.seconds, memory_mb, p


def run_nltk(order: int, grams: int) -> tuple[dict[str, float], float, np.ndarray]:
    """The same with nltk.lm on the first `grams` n-grams.

    Its unigrams are replaced by the lesson's: nltk neither discounts them nor gives unseen symbols a share of 1/V.
    """
    from nltk.lm import KneserNeyInterpolated, Vocabulary
    from nltk.util import everygrams

    known, rest = ([NAMES[symbol] for symbol in part] for part in split(order))
    clock = Clock()
    with clock.stage("fit"):
        model = KneserNeyInterpolated(order, discount=DISCOUNT, vocabulary=Vocabulary(NAMES, unk_cutoff=1))
        model.fit([everygrams(known, max_len=order)])
    counts = {name: model.estimator._continuation_counts(name) for name in NAMES}
    kinds = sum(count > 0 for count, _ in counts.values())
    unigrams = {name: (max(count - DISCOUNT, 0) + DISCOUNT * kinds / SIZE) / total for name, (count, total) in counts.items()}
    model.estimator.unigram_score = unigrams.__getitem__
    with clock.stage("score"):
        p = [model.score(rest[t], rest[t - order + 1 : t]) for t in range(order - 1, order - 1 + grams)]
    return clock.seconds, clock.memory_mb, np.array(p)


def run_kenlm(order: int, grams: int) -> tuple[dict[str, float], float, np.ndarray]:
    """KenLM scores the whole rest by the lesson's model, handed over as an ARPA file."""
    import kenlm

    _, rest = split(order)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letters.arpa"
        elsewhere(write_arpa, order, path)  # so that its memory is not counted as KenLM's
        clock = Clock()
        with clock.stage("load"):
            model = kenlm.Model(str(path))
    words = " ".join(NAMES[symbol] for symbol in rest)
    with clock.stage("score"):
        model.score(words, bos=False, eos=False)
    logs = [log for log, _, _ in model.full_scores(words, bos=False, eos=False)]
    return clock.seconds, clock.memory_mb, 10.0 ** np.array(logs[order - 1 :])


def elsewhere(function: Callable, *arguments: object) -> Any:
    """Call a function in a new process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def write_arpa(orders: int, path: Path) -> None:
    """Kneser-Ney as a back-off model: log10 p of every n-gram, and log10 of d T / c for what follows it."""
    known, _ = split(orders)
    tables = [lesson.count([known], n, SIZE) for n in range(1, orders + 1)]
    tables = [*(np.unique(tables[n][0] % SIZE**n, return_counts=True) for n in range(1, orders)), tables[-1]]
    lines = ["\\data\\", f"ngram 1={len(tables[0][0]) + 3}", *(f"ngram {n}={len(tables[n - 1][0])}" for n in range(2, orders + 1))]
    for order, (grams, _) in enumerate(tables, start=1):
        lines += ["", f"\\{order}-grams:"] + ["-99\t<unk>\t0", "-99\t<s>\t0", "-99\t</s>\t0"] * (order == 1)
        p = np.full(len(grams), 1 / SIZE)
        for n, table in enumerate(tables[:order], start=1):
            count, total, kinds = lesson.look_up(table, grams % SIZE**n, SIZE)
            p = (np.maximum(count - DISCOUNT, 0) + DISCOUNT * kinds * p) / total
        weights = [""] * len(grams)
        if order < orders:
            _, total, kinds = lesson.look_up(tables[order], grams * SIZE, SIZE)
            weights = [f"\t{weight:.9f}" for weight in np.log10(np.where(total > 0, DISCOUNT * kinds / np.maximum(total, 1), 1))]
        for code, log, weight in zip(grams.tolist(), np.log10(p), weights, strict=True):
            lines.append(f"{log:.9f}\t{' '.join(NAMES[code // SIZE**k % SIZE] for k in reversed(range(order)))}{weight}")
    path.write_text("\n".join([*lines, "", "\\end\\", ""]), encoding="utf-8")


RUNS = {"lesson": run_lesson, "nltk": run_nltk, "kenlm": run_kenlm}


def main() -> int:
    """Run every contender that is installed, print a table, and say whether the lesson keeps its promises."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--order", type=int, default=3, help="of all models")
    parser.add_argument("--grams", type=int, default=200, help="n-grams that nltk scores")
    options = parser.parse_args()
    missing = [name for name in ALLOWED if find_spec(name) is None]
    for name in missing:
        print(f"{name} is not installed and takes no part: pip install {name}")
    found = {}
    for name in [name for name in RUNS if name not in missing]:
        found[name] = elsewhere(RUNS[name], options.order, options.grams)
        seconds, memory_mb, p = found[name]
        scored = options.grams if name == "nltk" else len(p)
        stages = ", ".join(f"{stage} {s:.3g} s" for stage, s in seconds.items())
        print(f"{name:7} {stages} ({scored} n-grams, {1e6 * seconds['score'] / scored:.3g} us each), memory +{memory_mb:.0f} MB")
    return judge(found)


def judge(found: dict[str, tuple]) -> int:
    """Compare what was found; 0 if all is well."""
    failures = 0
    mine = found["lesson"][2]
    for name in [name for name in ALLOWED if name in found]:
        p = found[name][2]
        difference = float(np.abs(mine[: len(p)] - p).max())
        failures += difference > ALLOWED[name]
        print(f"{name}: largest difference of {len(p)} probabilities {difference:.2g} (allowed {ALLOWED[name]:g})")
    if "nltk" in found:
        each = {name: found[name][0]["score"] / len(found[name][2]) for name in ("lesson", "nltk")}
        ratio = each["nltk"] / each["lesson"]
        failures += ratio < WANTED
        fit = found["nltk"][0]["fit"] / found["lesson"][0]["fit"]
        print(f"the lesson against nltk: {fit:.0f} times faster to fit, {ratio:.0f} times faster to score (wanted {WANTED})")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
