"""Writes into `lectures/grader.md` what the checks of every lesson were tried on.

python -m tests.grader_table                         # counts the answers anew; seconds
python -m tests.grader_table --mutate a02_pixelcnn   # and mutates these lessons; minutes for each
"""

import argparse
import importlib
import re

from autograder.lesson import ROOT, read, slugs
from autograder.mutate import EQUIVALENTS, examine, read_equivalents
from tests.answers.core import answers
from tests.attack_table import replace_between

PAGE = ROOT / "lectures" / "grader.md"
BEGIN, END = "<!-- tried:begin -->", "<!-- tried:end -->"
HEAD = ["lesson", "exercises", "checks", "right answers", "wrong answers", "mutants noticed"]


def main() -> None:
    """Count, mutate the lessons that were named, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutate", nargs="+", default=[], metavar="SLUG", choices=slugs(), help="lessons")
    named = parser.parse_args().mutate
    for slug in named:
        write({**noticed(), slug: mutated(slug)})
    write(noticed())


def counted(slug: str) -> list[int]:
    """Numbers of exercises, checks, right answers and wrong answers of a lesson."""
    exercises, checks = read(slug).arguments, importlib.import_module(f"autograder.checks.{slug}")
    found = answers(importlib.import_module(f"tests.answers.{slug}"))
    right = sum(answer.message is None for answer in found)
    return [len(exercises), sum(len(getattr(checks, name).checks) for name in exercises), right, len(found) - right]


def mutated(slug: str) -> str:
    """`195 of 200 (97.5 %)`: mutants that the checks of a lesson notice, of those that differ from the reference."""
    lesson, listed = read(slug), read_equivalents(EQUIVALENTS / f"{slug}.equivalents.txt")
    reports = [examine(lesson, name, jobs=2, listed=listed) for name in lesson.exercises]
    killed, survived = sum(report.killed for report in reports), sum(len(report.survivors) for report in reports)
    return f"{killed} of {killed + survived} ({killed / (killed + survived):.1%})".replace("%", " %")


def rows() -> dict[str, list[str]]:
    """The cells of the page's table as it stands, by lesson."""
    lines = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| [")]
    return {re.search(r"\((a\d\d_\w+)\.md\)", row[0])[1]: row[1:] for row in cells}


def noticed() -> dict[str, str]:
    """What the page says of mutants, by lesson."""
    return {slug: cells[-1] for slug, cells in rows().items()}


def write(mutants: dict[str, str]) -> None:
    """Put the table between its marks."""
    lines = ["| " + " | ".join(HEAD) + " |", "|---|" + "---:|" * (len(HEAD) - 1)]
    for slug in slugs():
        lesson = read(slug)
        cells = [f"[{lesson.number}. {lesson.title}]({slug}.md)", *map(str, counted(slug)), mutants.get(slug, "not yet")]
        lines.append("| " + " | ".join(cells) + " |")
    replace_between(PAGE, BEGIN, END, "\n".join(lines))


if __name__ == "__main__":
    main()
