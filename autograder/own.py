"""`python -m autograder check`: the checks of one's own notebook, and what to do next."""

import re
from pathlib import Path

from autograder.checks.core import NOT_IMPLEMENTED
from autograder.checks.show import Score
from autograder.grading import merge
from autograder.grading.limits import Limits
from autograder.mend import begin_with, mend_first, notes
from autograder.notebook import StudentNotebook, Trouble, read_notebook
from autograder.watched import run_exercises


def check_notebook(path: Path, time_s: float = Limits.time_s) -> tuple[float, float]:
    """Run and print all checks of a notebook; returns the points reached and the points there are.

    Args:
        time_s: that one cell, or one check, may take.

    Raises:
        NotebookError: it cannot be read, or belongs to no lesson.
    """
    notebook = read_notebook(path)
    troubles: list[Trouble] = []
    scores, states = {}, {}
    for name, results in run_exercises(notebook, time_s, troubles):
        scores[name], states[name] = Score(name, results), {result.state for result in results}
        if states[name] != {NOT_IMPLEMENTED}:
            print(scores[name], flush=True)
    if unwritten := [name for name in states if states[name] == {NOT_IMPLEMENTED}]:
        print(f"not written yet: {', '.join(unwritten)}")
    for trouble in troubles:
        print(trouble.words)
    first = mend_first(states, *_names(notebook))
    for note in notes(first):
        print(note)
    reached, total = sum(scores.values()), sum(exercise.points for exercise in notebook.exercises.values())
    print(f"{notebook.slug}: {reached:g} of {total:g} points")
    if name := begin_with(states, first):
        print(f"begin with: {name}")
    return reached, total


def _names(notebook: StudentNotebook) -> tuple[dict[str, set[str]], dict[str, str]]:
    """What `mend_first` asks of a notebook: the names that each exercise needs, and the exercise that makes each name."""
    cells = [(cell.source, re.findall(r"(?m)^(?:def|class) (\w+)", cell.source)) for _, cell in notebook.cells]
    needs = {name: set(notebook.calls.get(name, ())) for name in notebook.exercises}
    maker = {name: name for name in needs}
    for name in needs:
        for source, made in cells:
            if name in made:
                needs[name] |= merge.reads(source)
                maker |= dict.fromkeys(made, name)
    return needs, maker
