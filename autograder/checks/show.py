"""How the outcome of an exercise is shown: a table in Jupyter and Colab, plain text elsewhere."""

import base64
import html
import sys
from typing import Any

MARKS = {"passed": "ok", "not implemented": "todo"}  # every other state is "not"
ADVICE = "Begin with the first that fails: the others may follow from it."  # checks ask simple things first


class Score(float):
    """Points reached in an exercise: a float whose Jupyter form is a table of its checks.

    nbgrader reads the plain text of a cell's value as partial credit, so `repr` is the number alone.
    """

    def __new__(cls, exercise: str, results: list) -> "Score":
        score = super().__new__(cls, sum(result.points for result in results))
        score.exercise, score.results = exercise, results
        return score

    def __repr__(self) -> str:
        return f"{float(self):g}"

    def __reduce__(self) -> tuple:
        return Score, (self.exercise, self.results)

    @property
    def headline(self) -> str:
        """`smooth: 2 of 4 points`."""
        return f"{self.exercise}: {float(self):g} of {sum(result.max_points for result in self.results):g} points"

    @property
    def advice(self) -> str:
        """What to do first, where several checks fail."""
        return ADVICE if sum(result.state not in MARKS for result in self.results) > 1 else ""

    def __str__(self) -> str:
        lines = [self.headline]
        for result in self.results:
            lines.append(f"  {MARKS.get(result.state, 'not'):4} {result.check} ({result.max_points:g})")
            if result.message and result.state != "not implemented":
                lines += [f"         {line}" for line in result.message.splitlines()]
        return "\n".join([*lines, self.advice] if self.advice else lines)

    def _repr_html_(self) -> str:
        rows = "".join(_row(result) for result in self.results)
        left = 'style="text-align:left"'
        return f"<table {left}><caption {left}><b>{html.escape(self.headline)}</b> {self.advice}</caption>{rows}</table>"

    def shown(self) -> "Score":
        """Print the table where nothing else would show it (a terminal), and return the score itself."""
        if not _in_notebook():
            print(self)
        return self


def _row(result: Any) -> str:
    mark = MARKS.get(result.state, "not")
    colour = {"ok": "#1b7837", "todo": "#666666", "not": "#b2182b"}[mark]  # readable on light and dark, safe for colour-blind
    detail = ""
    if result.message and mark == "not":
        style = "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;margin:0.3em 0 0;background:none"
        detail = f'<pre style="{style}">{html.escape(result.message)}</pre>'
    if result.picture:
        data = base64.b64encode(result.picture.png).decode()
        detail += f'<img alt="{html.escape(result.picture.alt)}" src="data:image/png;base64,{data}" style="max-width:100%">'
    left = 'style="text-align:left;vertical-align:top"'
    return (
        f'<tr><td {left}><b style="color:{colour}">{mark}</b></td>'
        f"<td {left}>{html.escape(result.check)}{detail}</td><td {left}>{result.points:g}&nbsp;of&nbsp;{result.max_points:g}</td></tr>"
    )


def _in_notebook() -> bool:
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and shell.has_trait("kernel")
