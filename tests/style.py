"""Counts what the style guide asks for, with the worst place of each: `python -m tests.style`."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

from autograder.lesson import BEGIN, END, ROOT, slugs

LIBRARY = ("autograder", "assignments/common", "data_scripts")


def main() -> None:
    """Print each count beside its aim."""
    library = [path for path in tracked(*LIBRARY) if path.suffix == ".py"]
    lessons = [ROOT / "solutions" / f"{slug}.py" for slug in slugs()]
    print("| count | aim | now | worst |\n|---|---|---|---|")
    lengths("lines of a library file, median / most", "150 / 400", {str(path): lines(path) for path in library})
    lengths("lines of a lesson, median / most", "450 / 700", {str(path): lines(path) for path in lessons})
    bodies = {place: function.end_lineno - start(function) + 1 for place, function in functions([*library, *lessons])}
    row("lines of a function, median / nine of ten / most", "12 / 30 / 60", spread(bodies), max(bodies, key=bodies.get))
    regions = {f"{path}: {place}": size for path in lessons for place, size in solution_lines(path).items()}
    row(
        "lines to write in an exercise, least / most",
        "3 / 20",
        f"{min(regions.values())} / {max(regions.values())}",
        max(regions, key=regions.get),
    )
    public = {place: function for place, function in functions(library, inner=False) if not function.name.startswith("_")}
    share("public functions with a docstring", public, lambda function: ast.get_docstring(function) is not None)
    checks = {place: function for place, function in functions(library) if "/checks/" not in place}
    share("library functions with types", checks, typed)
    numbers = {f"{path}: ({number})": cited(path, number) for path in lessons for number in equations(path)}
    share("numbered equations that code cites", numbers, bool)
    subjects = subprocess.run(["git", "log", "--format=%s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    share("commit subjects up to 60 characters", {subject: subject for subject in subjects}, lambda subject: len(subject) <= 60)


def tracked(*folders: str) -> list[Path]:
    """Files under version control, by name."""
    names = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [ROOT / name for name in names]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(paths: list[Path], inner: bool = True) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function and method with its place, `file:line name`; those inside of functions only if asked for."""
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        outer = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]
        for node in ast.walk(tree) if inner else [node for scope in outer for node in scope.body]:
            if isinstance(node, ast.FunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def start(function: ast.FunctionDef) -> int:
    """The first line after signature and docstring."""
    return function.body[1 if ast.get_docstring(function) and len(function.body) > 1 else 0].lineno


def typed(function: ast.FunctionDef) -> bool:
    given = [argument for argument in [*function.args.args, *function.args.kwonlyargs] if argument.arg not in ("self", "cls")]
    return function.returns is not None and all(argument.annotation for argument in given)


def solution_lines(path: Path) -> dict[str, int]:
    """Lines between the marks of each exercise cell, those of a cell with several regions together."""
    found = {}
    for name, cell in re.findall(r'(?ms)^# %% exercise="(\w+)"$(.*?)(?=^# %%|\Z)', path.read_text(encoding="utf-8")):
        regions = re.findall(f"(?s)# {BEGIN}\n(.*?)# {END}", cell)
        found[name] = sum(bool(line.strip()) for region in regions for line in region.splitlines())
    return found


def equations(path: Path) -> list[str]:
    return [number.strip() for tag in re.findall(r"\\tag\{([^}]*)\}", path.read_text(encoding="utf-8")) for number in tag.split(",")]


def cited(path: Path, number: str) -> bool:
    """Whether the lesson or a helper that lessons share names the equation in a line of its own."""
    texts = (file.read_text(encoding="utf-8") for file in [path, *tracked("assignments/common/*.py")])
    return any(f"({number})" in line for text in texts for line in text.splitlines() if "\\tag" not in line)


def spread(sizes: dict[str, int]) -> str:
    return f"{median(sizes.values()):g} / {quantiles(sizes.values(), n=10)[-1]:g} / {max(sizes.values())}"


def lengths(what: str, aim: str, sizes: dict[str, int]) -> None:
    row(what, aim, f"{median(sizes.values()):g} / {max(sizes.values())}", max(sizes, key=sizes.get))


def share(what: str, things: dict, holds: Callable) -> None:
    missing = [place for place, thing in things.items() if not holds(thing)]
    row(what, "all", f"{len(things) - len(missing)} of {len(things)}", missing[0] if missing else "")


def row(what: str, aim: str, now: str, worst: str) -> None:
    print(f"| {what} | {aim} | {now} | {worst.replace(f'{ROOT}/', '')} |")


if __name__ == "__main__":
    main()
