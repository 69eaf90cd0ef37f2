"""What a class is graded on, as the lesson's notebook says, and whether the checks say the same."""

from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.classroom.results import GRADED
from autograder.classroom.submissions import ClassError
from autograder.lesson import ROOT, known


@dataclass(frozen=True)
class Sheet:
    """A lesson and its points."""

    slug: str
    source: Path  # nbgrader's source notebook
    title: str
    points: dict[str, float]  # by exercise

    @property
    def max_score(self) -> float:
        """The points of all exercises."""
        return sum(self.points.values())

    def expect(self, result: dict) -> None:
        """Compare with the checks that gave a result: a changed check may give other points than the notebook that was built before.

        Raises:
            ClassError: they are checks of other exercises, or give other points.
        """
        given = {exercise["name"]: exercise["max_points"] for exercise in result["exercises"]}
        if result["status"] == GRADED and given != self.points:
            names = [name for name in {**self.points, **given} if self.points.get(name) != given.get(name)]
            raise ClassError(
                f"expected checks that give {_listed(self.points, names)} points, as {self.source.relative_to(ROOT)} says, "
                f"got {_listed(given, names)}; run `python -m autograder build {self.slug}`, then this again"
            )


def _listed(points: dict[str, float], names: list[str]) -> str:
    return ", ".join(f"{name} {points.get(name, 0):g}" for name in names)


def read_sheet(slug: str) -> Sheet:
    """What the lesson's source notebook says.

    Raises:
        ClassError: it was not built yet.
    """
    source = ROOT / "build" / "course" / "source" / known(slug) / f"{slug}.ipynb"
    if not source.is_file():
        raise ClassError(f"no notebook {source.relative_to(ROOT)}; run `python -m autograder build {slug}` first")
    cells = nbformat.read(source, as_version=4).cells
    heading = next((line for cell in cells for line in cell.source.split("\n") if line.startswith("# ")), slug)
    checks = [cell.metadata.nbgrader for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return Sheet(slug, source, heading.removeprefix("# "), {check.grade_id.removeprefix("check-"): check.points for check in checks})
