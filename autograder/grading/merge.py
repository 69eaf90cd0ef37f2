"""What runs: the released lesson with the student's solutions put in, whatever happened to the cells around them.

A cell of the submission belongs to an exercise if it has its id, its nbgrader id, or defines its name; all that belong to it run
in the student's order, as they do at home. Of all other cells only what the student added is taken, and only its imports,
functions, classes and plain constants, so that no experiment or training run is repeated. What is lost by that is told.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.grading.gate import Cell, Submission
from autograder.lesson import Cell as LessonCell
from autograder.lesson import Lesson
from autograder.names import bound, needed

KEPT = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
STUB = "raise NotImplementedError"
# What only IPython reads: lines of %magic, !shell, ?help or help?, and `name = %magic`. IPython's own reader is not asked: it goes through
# the whole cell again for each such line, and this runs outside the sandbox, on whatever is handed in.
MAGIC = re.compile(r"(?m)^([ \t]*(?:\w[\w., \t]*=[ \t]*)?)(?:(?:[!?](?!=)|%[%\w])(?:.*\\\n)*.*|[\w.*%]+\?\??[ \t]*)$")
SOURCE_BYTES = 1 << 20  # of one cell, and of all cells that are searched for additions


@dataclass(frozen=True)
class Step:
    """One cell to run: given code, a solution, or the student's own additions."""

    kind: str  # "given", "exercise" or "own"
    name: str  # of the exercise; else the id of the cell
    source: str


def steps(lesson: Lesson, submission: Submission) -> tuple[list[Step], list[str]]:
    """What to run, in order, and what the student should be told."""
    notes: list[str] = []
    cells = {number: cell for number, cell in enumerate(submission.cells, 1) if len(cell.source) <= SOURCE_BYTES}
    if len(cells) < len(submission.cells):
        notes.append(f"cells of more than {SOURCE_BYTES} characters were left out")
    owner = {number: name for number, cell in cells.items() if (name := _exercise(lesson, cell))}
    own, left_out, unread = _own(lesson, {number: cell for number, cell in cells.items() if number not in owner})
    if unread:
        notes.append(
            f"cell {', '.join(map(str, unread))} of the notebook: not to be read as Python, or more than {SOURCE_BYTES} characters "
            "together, so nothing of it ran. Mend it, or move what your solutions use to the cells of the exercises"
        )
    sources = [cells[number].source for number in owner] + [step.source for _, step in own]
    for name in sorted(left_out & set().union(*map(reads, sources))):
        notes.append(
            f"{name}: the cell that sets it did not run; of cells that you add, only imports, functions, classes and plain constants do. "
            "Set it in the cell of the exercise"
        )
    plan = []
    last = 0  # the cells of the submission up to here have had their turn
    for number, cell in enumerate(lesson.cells):
        if cell.kind == "given":
            plan.append(Step("given", f"given-{number:02}", cell.body))
        elif cell.kind == "exercise":
            places = _ordered([place for place, name in owner.items() if name == cell.name], cells)
            _note(notes, cell.name, [cells[place] for place in places])
            before = min(places, default=last)
            plan += [step for place, step in own if last < place < before]
            plan += [Step("exercise", cell.name, cells[place].source) for place in places]
            last = max(last, before)
    return plan + [step for place, step in own if place > last], notes


def defines(cell: LessonCell) -> set[str]:
    """Names that a cell of the lesson binds at its top level."""
    return bound(cell.tree)


def reads(source: str) -> set[str]:
    """Names that a cell of a notebook reads and binds nowhere."""
    return needed(*(_parsed(source)[1] or ()))


def _exercise(lesson: Lesson, cell: Cell) -> str | None:
    """The exercise that a cell belongs to."""
    by_id = cell.id.removeprefix("exercise-") if cell.id.startswith("exercise-") else ""
    for name in (by_id, cell.grade_id):
        if name in lesson.exercises:
            return name
    if cell.kind == "code":
        return next((name for name in lesson.exercises if re.search(rf"(?m)^(def|class) {name}\b", cell.source)), None)
    return None


def _ordered(places: list[int], cells: dict[int, Cell]) -> list[int]:
    """Cells of one exercise: untouched stubs first, so that an empty copy further down does not win over the solution."""
    return sorted(places, key=lambda place: (STUB not in cells[place].source, place))


def _note(notes: list[str], name: str, found: list[Cell]) -> None:
    if not found:
        notes.append(f"{name}: its cell is missing from the notebook")
    if len(found) > 1:
        notes.append(f"{name}: {len(found)} cells belong to it; they ran in the order of the notebook, and the last definition counts")
    if any(cell.kind != "code" for cell in found):
        notes.append(f"{name}: its cell is no longer a code cell; it was run as one")
    if found and not any(cell.id == f"exercise-{name}" for cell in found):
        by_name = any(cell.grade_id == name for cell in found)
        notes.append(f"{name}: its cell lost its id and was found by {'its nbgrader name' if by_name else 'what it defines'}")


def _own(lesson: Lesson, cells: dict[int, Cell]) -> tuple[list[tuple[int, Step]], set[str], list[int]]:
    """The student's own imports, definitions and constants, cell by cell.

    Returns:
        the steps with the numbers of their cells, the names that only other statements would have bound, and the cells that were not read.
    """
    released = {cell.body.strip() for cell in lesson.cells}
    taken = set().union(*(defines(cell) for cell in lesson.cells if cell.kind in ("given", "exercise")))
    steps, kept_names, names, unread, left = [], set(taken), set(), [], SOURCE_BYTES
    for number, cell in cells.items():
        if cell.kind != "code" or "set-up" in (cell.id, cell.grade_id) or cell.source.strip() in released:
            continue
        left -= len(cell.source)
        source, nodes = _parsed(cell.source) if left >= 0 else ("", None)
        if nodes is None:
            unread.append(number)
            continue
        kept = [node for node in nodes if _is_definition(node) and not bound(node) & taken]
        names |= bound(*nodes)
        kept_names |= bound(*kept)
        if kept:
            steps.append((number, Step("own", cell.id[:64], "\n\n".join(_texts(kept, source)))))
    return steps, names - kept_names, unread


def _parsed(source: str) -> tuple[str, list[ast.stmt] | None]:
    """The source and its statements, None if they cannot be read; lines of IPython's own become a call where Python alone cannot."""
    source = re.sub("\r\n?", "\n", source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of invalid escapes in strings
        for text in (source, MAGIC.sub(r"\1get_ipython()", source)):
            try:
                return text, ast.parse(text).body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    return "", None


def _is_definition(node: ast.stmt) -> bool:
    """Whether it imports, defines or names a constant; also under a `try`, whatever is done where that fails."""
    if isinstance(node, ast.Try):
        return all(map(_is_definition, [*node.body, *node.orelse, *node.finalbody]))
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return all(isinstance(target, ast.Name) for target in targets) and _is_constant(node.value)
    return isinstance(node, KEPT)


def _is_constant(value: ast.expr | None) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _texts(nodes: list[ast.stmt], source: str) -> Iterator[str]:
    """The source of each statement, cut out exactly: neighbours on the same line stay behind."""
    lines = source.encode().split(b"\n")  # as the parser counts: lines by newlines, columns by bytes
    for node in nodes:
        first = min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))])
        found = lines[first - 1 : node.end_lineno]
        found[-1] = found[-1][: node.end_col_offset]
        if first == node.lineno:
            found[0] = found[0][node.col_offset :]
        yield b"\n".join(found).decode()
