"""What can be wrong with a lesson script, all found at once, each with its line."""

import ast
import importlib
import re
from collections import Counter
from pathlib import Path

from autograder.checks.core import Exercise
from autograder.lesson import BEGIN, END, GUARD, Cell, Lesson, call_of
from autograder.names import bound, needed


def find_faults(lesson: Lesson, folder: Path) -> None:
    """Note every fault of a parsed lesson in `lesson.faults`."""
    for cell in lesson.cells:
        if cell.kind != "text":
            _syntax(lesson, cell)
    if lesson.faults:
        return
    _names(lesson)
    _exercises(lesson)
    _checks(lesson)
    _guards(lesson)
    _demos(lesson)
    _imports(lesson)
    lesson.faults.sort(key=lambda fault: int(fault.split(":")[1]))


def _syntax(lesson: Lesson, cell: Cell) -> None:
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        lesson.fault(cell.line + (error.lineno or 0), f"syntax error: {error.msg}")


def _names(lesson: Lesson) -> None:
    for kind in ("exercise", "check"):
        count = Counter(cell.name for cell in lesson.cells if cell.kind == kind)
        for cell in lesson.cells:
            if cell.kind == kind and count[cell.name] > 1:
                lesson.fault(cell.line, f"two cells have {kind}={cell.name!r}; names are ids and must differ")


def _exercises(lesson: Lesson) -> None:
    checked = {cell.name for cell in lesson.cells if cell.kind == "check"}
    for cell in lesson.cells:
        marks = re.findall(f"# ({BEGIN}|{END})$", cell.source, re.MULTILINE)
        if marks != [BEGIN, END] * (len(marks) // 2):
            lesson.fault(cell.line, f"a solution region needs `# {BEGIN}` and then `# {END}`, got {' '.join(marks)}")
        elif cell.kind == "exercise" and not marks:
            lesson.fault(cell.line, f"exercise {cell.name!r} has no solution region (`# {BEGIN}` ... `# {END}`)")
        elif cell.kind != "exercise" and marks:
            lesson.fault(cell.line, "a solution region outside an exercise cell")
        if cell.kind == "exercise" and cell.name not in checked:
            lesson.fault(cell.line, f"exercise {cell.name!r} has no check cell")


def _checks(lesson: Lesson) -> None:
    cells = [cell for cell in lesson.cells if cell.kind == "check"]
    try:
        module = importlib.import_module(f"autograder.checks.{lesson.slug}")
    except ModuleNotFoundError as error:
        lesson.fault(1, f"the lesson's checks cannot be imported: {error}")
        return
    exercises = {name: value for name, value in vars(module).items() if isinstance(value, Exercise)}
    for cell in cells:
        call = call_of(cell.body)
        if call is None or call[0] not in exercises or call[0] != cell.name:
            lesson.fault(cell.line, f"check cell {cell.name!r} must be one call `check.{cell.name}(...)` of an exercise that has checks")
        elif not exercises[call[0]].points > 0:
            lesson.fault(cell.line, f"exercise {cell.name!r} has no points: it needs at least one check")
        if cell.name not in lesson.exercises:
            lesson.fault(cell.line, f"check of {cell.name!r}, but there is no such exercise cell")


def _guards(lesson: Lesson) -> None:
    for cell in lesson.cells:
        if cell.kind in ("check", "demo") and not _is_guarded(cell):
            lesson.fault(cell.line, f"a {cell.kind} cell must stand under `{GUARD}`")


def _is_guarded(cell: Cell) -> bool:
    body = ast.parse(cell.source).body
    return len(body) == 1 and isinstance(body[0], ast.If) and cell.source.split("\n")[body[0].lineno - 1] == GUARD


def _demos(lesson: Lesson) -> None:
    """Grading skips demos, so graded cells must not need a name that only a demo binds."""
    code = [cell for cell in lesson.cells if cell.kind != "text"]
    elsewhere = set().union(*[bound(cell.tree) for cell in code if cell.kind != "demo"])
    by_demo = set().union(*[bound(cell.tree) for cell in code if cell.kind == "demo"]) - elsewhere
    for cell in code:
        if cell.kind != "demo":
            for name in sorted(needed(cell.tree) & by_demo):
                lesson.fault(cell.line, f"this cell needs {name!r}, which only a demo defines; grading skips demos")


def _imports(lesson: Lesson) -> None:
    for cell in lesson.cells:
        if cell.kind == "text":
            continue
        for node in ast.walk(ast.parse(cell.source)):
            for name in _modules(node):
                found = re.fullmatch(r"solutions\.a(\d\d)_\w+", name)
                if found and int(found[1]) >= lesson.number:
                    line = cell.line + node.lineno
                    lesson.fault(line, f"imports {name}: a lesson may use the solutions of lessons with a lower number only")


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []
