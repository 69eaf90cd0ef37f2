"""Writes the table of attacks and what came of them into the instructor's page: `python -m tests.attack_table`; takes some minutes."""

from tqdm import tqdm

from autograder.files import write_text
from autograder.lesson import ROOT
from tests.attacks.core import names, outcomes

PAGE = ROOT / "lectures" / "instructor.md"
BEGIN, END = "<!-- attacks:begin -->", "<!-- attacks:end -->"


def main() -> None:
    """Run every attack in both isolation modes and put the table between its marks."""
    rows = list(tqdm(outcomes(), total=len(names()), unit="attack"))
    cells = [[row["name"], row["tries"], row["fork"], row["bubblewrap"]] for row in rows]
    lines = ["| attack | what it tries | forked sandbox | bubblewrap |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in cells]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    table = "\n".join(lines)
    write_text(PAGE, f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
