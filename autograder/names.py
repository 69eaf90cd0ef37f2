"""Which names a piece of Python binds, and which it needs."""

import ast

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.comprehension


def bound(*trees: ast.AST) -> set[str]:
    """Names that statements bind where they stand, and not inside their functions, classes and comprehensions."""
    names: set[str] = set()
    waiting = list(trees)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        if not isinstance(node, Scope):
            waiting += ast.iter_child_nodes(node)
    return names


def needed(*trees: ast.AST) -> set[str]:
    """Names that statements read and bind nowhere, the insides of functions included."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {name.id for name in names if not isinstance(name.ctx, ast.Load)} | {node.arg for node in nodes if isinstance(node, ast.arg)}
    return {name.id for name in names} - own - bound(*trees)
