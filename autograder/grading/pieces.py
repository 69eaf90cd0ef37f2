"""What of the checks lives on the student's side: the words they share, and of each module no more than is asked for by `there`.

Oracles stay with the grader, so no answer can import them. The modules that lessons import have stand-ins, content with everything.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

SHARED = ("__init__", "compare", "core", "elsewhere", "pictures", "show", "student")
PACKAGE = "autograder.checks"
ALL = "*"
STAND_IN = f'''"""Stands for a lesson's checks, which run on the grader's side; called from a student's cell, they have nothing to say."""

from {PACKAGE}.core import Exercise


def __getattr__(name: str) -> Exercise:
    if name.startswith("__"):
        raise AttributeError(name)
    return Exercise(name)
'''


def pieces(slug: str, given: set[str], checks: Path) -> dict[str, str]:
    """What a lesson needs on the student's side of the folder `checks`, as the source of each module by its name.

    Args:
        slug: the lesson.
        given: lessons whose solutions it imports; they import their checks.
        checks: the folder.
    """
    trees = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in checks.glob("*.py")}
    sources = {name: (checks / f"{name}.py").read_text(encoding="utf-8") for name in SHARED}
    stand_ins = dict.fromkeys({slug, *given}, STAND_IN)
    sources |= stand_ins
    wanted: dict[str, set[str]] = {}
    waiting = [target for module in _reached(slug, trees) for target in targets(module, trees[module])]
    while waiting:
        module, name = waiting.pop()
        if module in SHARED or name in wanted.get(module, ()):
            continue
        wanted.setdefault(module, set()).add(name)
        kept = slice_of(trees[module], wanted[module])
        sources[module] = stand_ins.get(module, "") + ast.unparse(ast.Module(kept, []))
        waiting += _imported(kept, trees)
    return sources


def targets(module: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(module, name) of what a module of checks names for `there`, as "MODULE:NAME"; ALL for a name that is put together later."""
    texts = {"__name__": f"{PACKAGE}.{module}"}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.targets[0], ast.Name):
            texts[node.targets[0].id] = node.value.value
    for node in ast.walk(tree):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(str(_text(part, texts)) for part in parts)
        place, colon, name = text.partition(":")
        if colon and place.startswith(f"{PACKAGE}.") and place.count(".") == 2:
            yield place.rpartition(".")[2], name if name.isidentifier() else ALL


def _text(part: ast.AST, texts: dict[str, object]) -> object:
    """What a part of a string will read, ALL if that is not known here."""
    if isinstance(part, ast.Constant):
        return part.value
    value = part.value if isinstance(part, ast.FormattedValue) else None
    return texts.get(value.id, ALL) if isinstance(value, ast.Name) else ALL


def slice_of(tree: ast.Module, names: set[str]) -> list[ast.stmt]:
    """The statements of a module that bind these names, and what those use; imports bring no more than is used."""
    if ALL in names:
        return tree.body
    kept, used = [], set(names)
    while new := [node for node in tree.body if node not in kept and _bound(node) & used]:
        kept += new
        used |= {part.id for node in new for part in ast.walk(node) if isinstance(part, ast.Name)}
    return [_narrowed(node, used) for node in tree.body if node in kept]


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {_own(alias) for alias in node.names}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _own(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _narrowed(node: ast.stmt, used: set[str]) -> ast.stmt:
    if not isinstance(node, ast.ImportFrom):
        return node
    return ast.ImportFrom(node.module, [alias for alias in node.names if _own(alias) in used], node.level)


def _reached(slug: str, trees: dict[str, ast.Module]) -> set[str]:
    """The lesson's module of checks and all that it imports of their package, directly or through another."""
    found, waiting = set(), [slug]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += [other for other, _ in _imported(trees[module].body, trees)]
    return found


def _imported(statements: list[ast.stmt], trees: dict[str, ast.Module]) -> Iterator[tuple[str, str]]:
    """(module, name) that statements import of the package, ALL for a whole module."""
    for node in (part for statement in statements for part in ast.walk(statement)):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            yield from ((alias.name, ALL) for alias in node.names if alias.name in trees)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{PACKAGE}."):
            yield from ((node.module.rpartition(".")[2], alias.name) for alias in node.names)
