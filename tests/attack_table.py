"""Writes the table of attacks and what came of them into the instructor's page: `python -m tests.attack_table`; takes some minutes."""

from datetime import date
from pathlib import Path

from autograder.files import write_text
from autograder.lesson import ROOT
from tests.attack_class import table

PAGE = ROOT / "lectures" / "instructor.md"
BEGIN, END = "<!-- attacks:begin -->", "<!-- attacks:end -->"


def main() -> None:
    """Grade a class of attackers in both isolation modes and write what came of it."""
    write(table())


def write(rows: list[list[str]]) -> None:
    """Put the table between its marks."""
    broken = [row[0] for row in rows if any("BROKE IN" in outcome for outcome in row[2:])]
    lines = [f"{len(rows)} attacks, {len(broken)} broke in; run on {date.today()}.", ""]
    lines += ["| attack | what it tries | forked sandbox | bubblewrap |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    replace_between(PAGE, BEGIN, END, "\n".join(lines))
    print(lines[0], *broken)


def replace_between(page: Path, begin: str, end: str, text: str) -> None:
    """Put a text between two marks of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    write_text(page, f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}")


if __name__ == "__main__":
    main()
