"""What is let in, what runs of it, and that accidents which happen in every class cost nothing."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.grading.gate import Refused, admit
from autograder.grading.limits import Limits
from autograder.grading.merge import steps
from autograder.lesson import read
from tests.attacks.core import HERE, LIMITS, POINTS, RIGHT, SLUG, WRONG, Attack, Range, notebook

LESSON = read(SLUG, HERE / "target" / "solutions")


@pytest.fixture(scope="module")
def warm() -> Iterator[Range]:
    with Range("auto") as made:
        yield made


@pytest.fixture
def handed_in(tmp_path: Path) -> Callable[[object], Path]:
    """Writes a submission and gives its path."""

    def write(content: object) -> Path:
        path = tmp_path / "student" / SLUG / f"{SLUG}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


def cell(made: dict, name: str) -> dict:
    return next(cell for cell in made["cells"] if cell["id"] == f"exercise-{name}")


def copied_solution(made: dict) -> None:
    place = made["cells"].index(cell(made, "double"))
    made["cells"].insert(place + 1, {**cell(made, "double"), "id": "a1b2"})


def stub_kept_below(made: dict) -> None:
    made["cells"].append({**cell(made, "double"), "id": "a1b2", "source": "def double(values):\n    raise NotImplementedError"})


def solution_in_a_new_cell(made: dict) -> None:
    place = made["cells"].index(cell(made, "double"))
    made["cells"].insert(place + 1, {"cell_type": "code", "id": "a1b2", "metadata": {}, "source": cell(made, "double")["source"]})
    cell(made, "double")["source"] = "def double(values):\n    raise NotImplementedError"


def split_solution(made: dict) -> None:
    whole = cell(made, "double")
    whole["source"] = "def twice(values):\n    return 2 * values"
    part = {**whole, "id": "a1b2", "source": "def double(values):\n    return twice(values)"}
    made["cells"].insert(made["cells"].index(whole) + 1, part)


def helper_in_a_new_cell(made: dict) -> None:
    place = made["cells"].index(cell(made, "double"))
    source = "import itertools\nFACTOR = 2\n\n@staticmethod\ndef twice(values):\n    return FACTOR * values\n\nprint(1 / 0)"
    made["cells"].insert(place, {"cell_type": "code", "id": "a1b2", "metadata": {}, "outputs": [], "source": source})
    cell(made, "double")["source"] = "def double(values):\n    return twice(values)"


def helper_in_a_changed_given_cell(made: dict) -> None:
    given = next(cell for cell in made["cells"] if cell["id"].startswith("given-"))
    given["source"] += "\nimport operator"
    cell(made, "double")["source"] = "def double(values):\n    return operator.mul(values, 2)"


def deleted_checks(made: dict) -> None:
    made["cells"] = [cell for cell in made["cells"] if cell["id"].startswith("exercise-")]


def reordered(made: dict) -> None:
    made["cells"].reverse()


def retyped(made: dict) -> None:
    cell(made, "double")["cell_type"] = "markdown"
    cell(made, "letters")["cell_type"] = "raw"


def another_front_end(made: dict) -> None:
    made["nbformat_minor"] = 2
    for number, one in enumerate(made["cells"]):
        del one["id"]
        one["metadata"] = {"id": f"colab{number}", "colab": {"base_uri": "https://localhost/"}}
        one["source"] = one["source"].splitlines(keepends=True) if isinstance(one["source"], str) else one["source"]


def ids_lost(made: dict) -> None:
    for one in made["cells"]:
        del one["id"]


def windows_line_ends(made: dict) -> None:
    for one in made["cells"]:
        one["source"] = "".join(one["source"]).replace("\n", "\r\n")


def noise(made: dict) -> None:
    cell(made, "double")["source"] += NOISE


NOISE = """
import sys, warnings
from tqdm import tqdm
warnings.warn("beware")
print("careful", file=sys.stderr)
for _ in tqdm(range(1000)):
    pass
"""


def huge_outputs(made: dict) -> None:
    cell(made, "double")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 2_000_000}]
    cell(made, "double")["source"] += "\nprint('y' * 5_000_000)"


def unicode_names(made: dict) -> None:
    cell(made, "double")["source"] = "π = 2\n\ndef verdoppeln_größe(values):\n    return π * values\n\ndouble = verdoppeln_größe  # 二倍"


def helper_beside_magics(made: dict) -> None:
    source = "%matplotlib inline\n!pip list\nimport itertools\n\ndef twice(values):\n    %time doubled = 2 * values\n    return 2 * values"
    made["cells"].insert(0, {"cell_type": "code", "id": "a1b2", "metadata": {}, "outputs": [], "source": source})
    cell(made, "double")["source"] = "def double(values):\n    return twice(values)"


def helper_beside(line: str) -> Callable[[dict], None]:
    """Makes an accident: a helper in a cell with another line."""

    def accident(made: dict) -> None:
        source = f"{line}\ndef twice(values):\n    return 2 * values"
        made["cells"].insert(0, {"cell_type": "code", "id": "a1b2", "metadata": {}, "outputs": [], "source": source})
        cell(made, "double")["source"] = "def double(values):\n    return twice(values)"

    return accident


ONLY_IPYTHON = {
    "cell-magic": "%%time",
    "shell-over-two-lines": "!echo it's \\\n    long",
    "help-before": "?math.sqrt",
    "help-behind": "math.sqrt??",
    "captured-shell": "files = !ls",
    "captured-magic": "took = %timeit -o -n1 -r1 1",
    "magic-below-a-broken-line": "name = ('%s'\n     % 'a')\n%pwd",
}


@pytest.mark.parametrize("line", ONLY_IPYTHON.values(), ids=ONLY_IPYTHON)
def test_a_helper_runs_whatever_ipython_stands_beside_it(line: str, handed_in: Callable[[object], Path]):
    made = notebook(RIGHT)
    helper_beside(line)(made)
    plan, notes = steps(LESSON, admit(handed_in(made), LIMITS))
    assert [step.source for step in plan if step.kind == "own"] == ["def twice(values):\n    return 2 * values"]
    assert notes == []


def helper_with_what_may_be_missing(made: dict) -> None:
    tries = "try:\n    from nowhere import nothing\nexcept ImportError:\n    print('not here')\n    nothing = 1\nelse:\n    import nowhere"
    source = f"{tries}\nAXIS: int = 2\n\ndef twice(values):\n    return AXIS * nothing * values"
    made["cells"].insert(0, {"cell_type": "code", "id": "a1b2", "metadata": {}, "outputs": [], "source": source})
    cell(made, "double")["source"] = "def double(values):\n    return twice(values)"


def helper_below_odd_line_ends(made: dict) -> None:
    source = "NOTE = 'a\u2028b\x85c'\n\x0c\nPAGE = 2; 1 / 0; import operator\r\n\r\ndef twice(values):\r\n    return PAGE * values"
    made["cells"].insert(0, {"cell_type": "code", "id": "a1b2", "metadata": {}, "outputs": [], "source": source})
    cell(made, "double")["source"] = "def double(values):\n    assert operator and len(NOTE) == 5\n    return twice(values)"


def experiments(made: dict) -> None:
    made["cells"].append({"cell_type": "code", "id": "a1b2", "metadata": {}, "outputs": [], "source": "while True:\n    train()"})
    made["cells"].append({"cell_type": "code", "id": "a1b3", "metadata": {}, "outputs": [], "source": "%matplotlib inline\n!sleep 100"})


ACCIDENTS = [copied_solution, stub_kept_below, solution_in_a_new_cell, split_solution, helper_in_a_new_cell, helper_in_a_changed_given_cell,
             deleted_checks, reordered, retyped, another_front_end, ids_lost, windows_line_ends, noise, huge_outputs, unicode_names,
             experiments, helper_beside_magics, helper_with_what_may_be_missing, helper_below_odd_line_ends]  # fmt: skip


@pytest.mark.parametrize("accident", ACCIDENTS, ids=lambda accident: accident.__name__)
def test_an_accident_costs_nothing(accident: Callable[[dict], None], warm: Range):
    result = warm.shoot(Attack(base=RIGHT, change=accident))
    assert [check["message"] for exercise in result["exercises"] for check in exercise["checks"] if check["state"] != "passed"] == []
    assert (result["status"], result["score"]) == ("graded", POINTS)


def with_a_byte_order_mark(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def without_a_final_newline(path: Path) -> None:
    path.write_bytes(path.read_bytes().rstrip())


def beside_other_files(path: Path) -> None:
    for name in ("timestamp.txt", ".DS_Store", "notes, with a comma.txt", "Größe.pdf"):
        (path.parent / name).write_text("2026-11-20 12:00:00 UTC")
    (path.parent / ".ipynb_checkpoints").mkdir()


@pytest.mark.parametrize("place", [with_a_byte_order_mark, without_a_final_newline, beside_other_files], ids=lambda place: place.__name__)
def test_files_as_they_come_cost_nothing(place: Callable[[Path], None], warm: Range):
    result = warm.shoot(Attack(base=RIGHT, place=place))
    assert result["score"] == POINTS
    expected = ["not used, only the notebook is graded: Größe.pdf, notes, with a comma.txt"] if place is beside_other_files else []
    assert result["notes"] == expected


def device_in_a_new_cell(made: dict) -> None:
    source = "import itertools\nFACTOR = float('2')\nvalues = FACTOR\nitertools = itertools"
    made["cells"].insert(0, {"cell_type": "code", "id": "a1b2", "metadata": {}, "outputs": [], "source": source})
    cell(made, "double")["source"] = "def double(values):\n    return FACTOR * values + next(itertools.repeat(0))"


def unreadable_cell(made: dict) -> None:
    helper_beside("if:")(made)


def more_than_is_read(made: dict) -> None:
    for number in range(3):
        helper_beside(f"note_{number} = '{'x' * 600_000}'")(made)


def helper_that_needs_a_result(made: dict) -> None:
    source = "FACTOR = float('2')\ndef twice(values):\n    return FACTOR * values\ndef unused():\n    return twice(1)"
    made["cells"].insert(0, {"cell_type": "code", "id": "a1b2", "metadata": {}, "outputs": [], "source": source})
    cell(made, "double")["source"] = "def double(values):\n    return twice(values)"


def name_of_an_import_that_is_left_out(made: dict) -> None:
    source = "try:\n    import math\n    import operator\nexcept ImportError:\n    pass"
    made["cells"].insert(0, {"cell_type": "code", "id": "a1b2", "metadata": {}, "outputs": [], "source": source})
    cell(made, "double")["source"] = "def double(values):\n    return operator.mul(values, 2)"


TOLD = {
    unreadable_cell: "cell 1 of the notebook: not to be read as Python",
    more_than_is_read: "cell 2, 3 of the notebook: not to be read as Python, or more than 1048576 characters together",
    helper_that_needs_a_result: "FACTOR: the cell that sets it did not run",
    name_of_an_import_that_is_left_out: "operator: the cell that sets it did not run",
    device_in_a_new_cell: "FACTOR: the cell that sets it did not run",
    copied_solution: "double: 2 cells belong to it",
    retyped: "double: its cell is no longer a code cell",
    another_front_end: "double: its cell lost its id and was found by what it defines",
    ids_lost: "double: its cell lost its id and was found by its nbgrader name",
}


@pytest.mark.parametrize("accident", TOLD, ids=lambda accident: accident.__name__)
def test_what_was_odd_is_told(accident: Callable[[dict], None], handed_in: Callable[[object], Path]):
    made = notebook(RIGHT)
    accident(made)
    _, notes = steps(LESSON, admit(handed_in(made), LIMITS))
    assert any(note.startswith(TOLD[accident]) for note in notes)
    assert not any(note.startswith(("values", "itertools")) for note in notes)  # a name of the function's own, and one that was imported


def test_a_missing_cell_is_told_and_is_not_implemented(warm: Range):
    result = warm.shoot(Attack(base=RIGHT, change=lambda made: made["cells"].remove(cell(made, "double"))))
    assert result["notes"] == ["double: its cell is missing from the notebook"]
    assert [exercise["checks"][0]["state"] for exercise in result["exercises"]] == ["not implemented", *["passed"] * 4]


def test_an_untouched_notebook_is_not_implemented(warm: Range):
    result = warm.shoot(Attack(base={}))
    assert result["score"] == 0
    assert {exercise["checks"][0]["state"] for exercise in result["exercises"]} == {"not implemented"}


def test_a_syntax_error_is_told_with_its_line_and_costs_its_exercise(warm: Range):
    result = warm.shoot(Attack(base=RIGHT, cells={"letters": "def letters(text)\n    return {}"}))
    assert result["score"] == POINTS - 1
    assert "SyntaxError" in result["exercises"][1]["checks"][0]["message"]


def test_only_what_the_student_added_runs_besides_solutions(handed_in: Callable[[object], Path]):
    made = notebook(RIGHT)
    helper_in_a_new_cell(made)
    experiments(made)
    plan, _ = steps(LESSON, admit(handed_in(made), LIMITS))
    assert [step.kind for step in plan] == ["given", "own", *["exercise"] * 5]
    assert "1 / 0" not in plan[1].source
    assert "FACTOR = 2" in plan[1].source
    assert "@staticmethod\ndef twice" in plan[1].source


def test_demo_and_check_cells_of_the_lesson_do_not_run(handed_in: Callable[[object], Path]):
    plan, notes = steps(LESSON, admit(handed_in(notebook(WRONG)), LIMITS))
    assert not any("np.arange(3)" in step.source or "check.double(" in step.source for step in plan)
    assert notes == []


REFUSED = {
    "empty": (b"", "not valid JSON"),
    "a picture": (bytes(range(256)), "not text in UTF-8"),
    "a list": ([], "it has no cells"),
    "an old notebook": ({"worksheets": [], "nbformat": 3}, "of an old format"),
    "cells that are none": ({"cells": ["x"]}, "cell 1 of the notebook is no cell"),
    "an unknown kind": ({"cells": [{"cell_type": "heading", "source": ""}]}, "cell 1 of the notebook is no cell"),
    "text that is none": ({"cells": [{"cell_type": "code", "source": 5}]}, "cell 1 of the notebook has no text"),
    "many cells": ({"cells": [{"cell_type": "code", "source": ""}] * 501}, "501 cells; at most 500"),
    "digits": (b'{"cells": ' + b"1" * 5000 + b"}", "not valid JSON"),
}


@pytest.mark.parametrize(("content", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_notebook_is_refused_with_the_reason(content: object, why: str, handed_in: Callable[[object], Path]):
    with pytest.raises(Refused, match=why):
        admit(handed_in(content), LIMITS)


def test_a_file_that_would_fill_the_memory_is_refused_before_it_is_read_as_json(handed_in: Callable[[object], Path]):
    path = handed_in(b'{"cells": [], "metadata": [' + b"[]," * 3_100_000 + b"[]]}")
    with pytest.raises(Refused, match="more than 3000000 objects and lists; clear its outputs"):
        admit(path, Limits())


def test_a_missing_notebook_is_refused(tmp_path: Path):
    with pytest.raises(Refused, match="cannot be read: No such file"):
        admit(tmp_path / "x.ipynb", Limits())


def test_a_folder_in_place_of_the_notebook_is_refused(tmp_path: Path):
    (tmp_path / "x.ipynb").mkdir()
    with pytest.raises(Refused, match="special file"):
        admit(tmp_path / "x.ipynb", Limits())


def test_a_notebook_that_may_not_be_read_is_refused(handed_in: Callable[[object], Path]):
    path = handed_in({})
    path.chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    with pytest.raises(Refused, match="cannot be read: Permission denied"):
        admit(path, Limits())
