"""What the command says when it is done."""

import sys
from collections import Counter
from collections.abc import Sequence

from autograder.classroom.gradebook import Standing
from autograder.classroom.moves import Moved
from autograder.classroom.results import NOT_GRADED

SHOWN = 40  # a larger class is counted, not listed


def show(max_score: float, results: Sequence[dict], standings: dict[str, Standing], moved: Sequence[Moved], loose: list[str]) -> None:
    """Print a table of the class, the scores that moved, and what needs a person; `loose`: files beside the students' folders."""
    if len(results) <= SHOWN:
        _table(max_score, results, standings)
    counts = Counter(result["status"] for result in results)
    print(f"{len(results)} students: " + ", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    for move in moved[:SHOWN]:
        after, why = "no score" if move.after is None else f"{move.after:.4g}", f", {move.why}" if move.why else ""
        print(f"moved: {move.student}: {move.before:.4g} -> {after}{why}")
    if moved:
        more = f"and {len(moved) - SHOWN} more; " if len(moved) > SHOWN else ""
        print(f"{more}all that moved, by exercise, is in moved.csv")
    if loose:
        print(f"not graded, beside the students' folders: {', '.join(loose)}", file=sys.stderr)
    for result in results:
        if result["status"] == NOT_GRADED:
            print(f"not graded: {result['student']}: {result['why']}", file=sys.stderr)


def _table(max_score: float, results: Sequence[dict], standings: dict[str, Standing]) -> None:
    width = max(len("student"), *(len(result["student"]) for result in results))
    print(f"{'student':{width}}  score of {max_score:g}  status")
    for result in results:
        score = standings.get(result["student"], Standing()).score
        shown = "" if score is None else f"{score:.4g}"
        why = f": {result['why'].splitlines()[0]}" if result["why"] else ""
        print(f"{result['student']:{width}}  {shown:>{len(f'score of {max_score:g}')}}  {result['status']}{why}")
