"""What runs: the released lesson with the student's solutions put in, whatever happened to the cells around them.

A cell of the submission belongs to an exercise if it has its id, its nbgrader id, or defines its name; all that belong to it run
in the student's order, as they do at home. Of all other cells only what the student added is taken, and only its imports,
functions, classes and plain constants, so that no experiment or training run is repeated.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.grading.gate import Cell, Submission
from autograder.lesson import Cell as LessonCell
from autograder.lesson import Lesson

KEPT = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
STUB = "raise NotImplementedError"
MAGIC = re.compile(r"(?m)^([ \t]*)[%!].*$")
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
    cells = [cell for cell in submission.cells if len(cell.source) <= SOURCE_BYTES]
    if len(cells) < len(submission.cells):
        notes.append(f"cells of more than {SOURCE_BYTES} characters were left out")
    owner = {number: name for number, cell in enumerate(cells) if (name := _exercise(lesson, cell))}
    own, left_out = _own(lesson, [(number, cell) for number, cell in enumerate(cells) if number not in owner])
    for name in sorted(left_out & set().union(*(reads(cells[number].source) for number in owner))):
        notes.append(
            f"{name}: the cell that sets it did not run; of cells that you add, only imports, functions, classes and plain constants do. "
            "Set it in the cell of the exercise"
        )
    plan = []
    last = -1  # the cells of the submission up to here have had their turn
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
    return set().union(*map(_bound, cell.tree.body))


def reads(source: str) -> set[str]:
    """Names that a cell of a notebook reads and binds nowhere."""
    nodes = [node for statement in _parsed(source)[1] for node in ast.walk(statement)]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    bound = {name.id for name in names if not isinstance(name.ctx, ast.Load)} | {node.arg for node in nodes if isinstance(node, ast.arg)}
    return {name.id for name in names} - bound


def _exercise(lesson: Lesson, cell: Cell) -> str | None:
    """The exercise that a cell belongs to."""
    by_id = cell.id.removeprefix("exercise-") if cell.id.startswith("exercise-") else ""
    for name in (by_id, cell.grade_id):
        if name in lesson.exercises:
            return name
    if cell.kind == "code":
        return next((name for name in lesson.exercises if re.search(rf"(?m)^(def|class) {name}\b", cell.source)), None)
    return None


def _ordered(places: list[int], cells: list[Cell]) -> list[int]:
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


def _own(lesson: Lesson, cells: list[tuple[int, Cell]]) -> tuple[list[tuple[int, Step]], set[str]]:
    """The student's own imports, definitions and constants, cell by cell, and the names that only other statements would have bound."""
    released = {cell.body.strip() for cell in lesson.cells}
    taken = set().union(*(defines(cell) for cell in lesson.cells if cell.kind in ("given", "exercise")))
    steps, bound, left_out, left = [], set(taken), set(), SOURCE_BYTES
    for number, cell in cells:
        if cell.kind != "code" or "set-up" in (cell.id, cell.grade_id) or cell.source.strip() in released:
            continue
        left -= len(cell.source)
        source, nodes = _parsed(cell.source) if left >= 0 else ("", [])
        kept = [node for node in nodes if _is_definition(node) and not _bound(node) & taken]
        left_out = left_out.union(*(_bound(node) for node in nodes if not _is_definition(node)))
        bound = bound.union(*map(_bound, kept))
        if kept:
            steps.append((number, Step("own", cell.id[:64], "\n\n".join(_texts(kept, source)))))
    return steps, left_out - bound


def _parsed(source: str) -> tuple[str, list[ast.stmt]]:
    """The source and its statements; lines of IPython's own (%magic, !shell) become `pass` where Python alone cannot read it."""
    source = re.sub("\r\n?", "\n", source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of invalid escapes in strings
        for text in (source, MAGIC.sub(r"\1pass", source)):
            try:
                return text, ast.parse(text).body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    return "", []


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        try:
            ast.literal_eval(node.value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return False
        return all(isinstance(target, ast.Name) for target in node.targets)
    return isinstance(node, KEPT)


def _bound(node: ast.stmt) -> set[str]:
    """Names that a top-level statement binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


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
