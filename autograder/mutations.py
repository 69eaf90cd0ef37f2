"""Small changes to the solution regions of a lesson, one at a time: the mistakes that a check should notice.

A mutant is the lesson's script with one expression or statement written differently. Mutations that can only crash (names,
texts, annotations) or that nobody grades (the words of an error) are left out, so that a score is not won cheaply.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.lesson import BEGIN, END, Lesson

OPERATORS = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult], ast.FloorDiv: [ast.Mult], ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd], ast.LShift: [ast.RShift], ast.RShift: [ast.LShift],
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.In: [ast.NotIn], ast.NotIn: [ast.In],
    ast.And: [ast.Or], ast.Or: [ast.And],
}  # fmt: skip
PAIRS = [("min", "max"), ("amin", "amax"), ("argmin", "argmax"), ("minimum", "maximum"), ("sum", "mean"), ("any", "all"), ("floor", "ceil"),
         ("zeros", "ones"), ("zeros_like", "ones_like"), ("tanh", "sigmoid"), ("sin", "cos"), ("triu", "tril")]  # fmt: skip
TWINS = {first: second for pair in PAIRS for first, second in (pair, pair[::-1])}
UNWRAPPED = {  # calls (and attributes) that can be taken away so that what they were applied to is left
    "T", "mT", "detach", "clone", "copy", "transpose", "permute", "swapaxes", "flip", "flipud", "fliplr", "roll", "clip", "clamp", "abs",
    "sqrt", "square", "exp", "expm1", "log", "log1p", "log2", "relu", "tanh", "sigmoid", "softplus", "softmax", "log_softmax",
    "normalize", "sorted", "reversed", "round", "floor", "cumsum", "cumprod", "pad",
}  # fmt: skip
LOOSE = (ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.IfExp)  # need parentheses inside another expression
SYMMETRIC = {"transpose", "swapaxes", "minimum", "maximum", "min", "max", "mse_loss", "zip", "isclose", "allclose"}


@dataclass(frozen=True)
class Mutant:
    """The script of a lesson with one change: `before` and `after` are the changed source lines, stripped."""

    exercise: str
    line: int
    before: str
    after: str
    script: str

    @property
    def label(self) -> str:
        """`causal: rows > 3  ->  rows >= 3`; what the list of equivalents names it by."""
        return f"{self.exercise}: {self.before}  ->  {self.after}"


def mutants(lesson: Lesson, exercise: str) -> list[Mutant]:
    """All mutants of one exercise's solution regions, each once, in the order of the lines."""
    script = lesson.path.read_text(encoding="utf-8")
    regions = _regions(lesson, script, exercise)
    found = {}
    for node in _graded(ast.parse(script)):
        if any(begin < node.lineno and node.end_lineno < end for begin, end in regions):
            for replacement in _rewritten(node):
                mutant = _spliced(script, exercise, node, replacement)
                if mutant.script != script:  # two equal arguments, swapped
                    found.setdefault((mutant.line, mutant.after), mutant)
    return sorted((mutant for mutant in found.values() if _compiles(mutant.script)), key=lambda mutant: mutant.line)


def _regions(lesson: Lesson, script: str, exercise: str) -> list[tuple[int, int]]:
    """First and last line (the marker comments) of the solution regions in the cell of an exercise."""
    lines = script.split("\n")
    start = lesson.exercises[exercise].line
    end = min((cell.line for cell in lesson.cells if cell.line > start), default=len(lines) + 1)
    numbered = [(number, lines[number - 1].strip()) for number in range(start, end)]
    begins = [number for number, line in numbered if line == f"# {BEGIN}"]
    ends = [number for number, line in numbered if line == f"# {END}"]
    return list(zip(begins, ends, strict=True))


def _graded(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes with a place in the script, except error messages, formatted texts, annotations, and sets of axes (their order is free)."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.arg):
        return
    if isinstance(node, ast.keyword) and node.arg in ("axis", "dim") and isinstance(node.value, ast.Tuple):
        node = node.value
    elif isinstance(node, ast.expr | ast.stmt):
        yield node
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in ("annotation", "returns"):
                yield from _graded(child)


def _rewritten(node: ast.AST) -> Iterator[ast.AST]:
    """What could stand in the place of a node."""
    for rule in RULES.get(type(node), ()):
        yield from rule(node)


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of a node with other values for some of its fields."""
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _other_operator(node: ast.BinOp | ast.BoolOp | ast.AugAssign) -> Iterator[ast.AST]:
    for operator in OPERATORS.get(type(node.op), ()):
        yield _changed(node, op=operator())
    if isinstance(node.op, ast.MatMult):
        yield _changed(node, left=node.right, right=node.left)


def _other_comparison(node: ast.Compare) -> Iterator[ast.AST]:
    for place, operator in enumerate(node.ops):
        for other in OPERATORS[type(operator)]:
            yield _changed(node, ops=[*node.ops[:place], other(), *node.ops[place + 1 :]])


def _without_sign(node: ast.UnaryOp) -> Iterator[ast.AST]:
    yield node.operand


def _other_constant(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))
    elif isinstance(node.value, float):
        yield ast.Constant(2 * node.value if node.value else 1.0)


def _shifted(node: ast.expr | None) -> Iterator[ast.AST]:
    """An index that is off by one, either way; constants have a rule of their own."""
    if node is not None and not isinstance(node, ast.Constant):
        for operator in (ast.Add(), ast.Sub()):
            yield ast.BinOp(node, operator, ast.Constant(1))


def _other_index(node: ast.Subscript) -> Iterator[ast.AST]:
    """Bounds of slices, each off by one or left out, and plain indices made of arithmetic."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for place, part in enumerate(parts):
        for other in _other_bounds(part):
            changed = [*parts[:place], other, *parts[place + 1 :]]
            yield _changed(node, slice=ast.Tuple(changed, ast.Load()) if isinstance(node.slice, ast.Tuple) else other)


def _other_bounds(part: ast.expr) -> Iterator[ast.AST]:
    if isinstance(part, ast.Slice):
        for bound in ("lower", "upper", "step"):
            if getattr(part, bound) is not None:
                yield _changed(part, **{bound: None})
        for bound in ("lower", "upper"):
            yield from (_changed(part, **{bound: other}) for other in _shifted(getattr(part, bound)))
    elif isinstance(part, ast.BinOp):
        yield from _shifted(part)


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_module(node: ast.expr) -> bool:
    """`np`, `torch.nn.functional`: lower-case roots of one or two letters, and the usual libraries."""
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and (root.id in ("np", "F", "torch", "math", "nn", "scipy", "ndimage") or root.id.isupper())


def _other_call(node: ast.Call) -> Iterator[ast.AST]:
    name = _name_of(node.func)
    if len(node.args) >= 2 and name not in SYMMETRIC and not any(isinstance(argument, ast.Starred) for argument in node.args[:2]):
        yield _changed(node, args=[node.args[1], node.args[0], *node.args[2:]])
    for place in range(len(node.keywords)):
        yield _changed(node, keywords=[*node.keywords[:place], *node.keywords[place + 1 :]])
    if name in TWINS:
        twin = TWINS[name]
        yield _changed(node, func=_changed(node.func, attr=twin) if isinstance(node.func, ast.Attribute) else ast.Name(twin, ast.Load()))
    if name in UNWRAPPED:
        if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
            yield node.func.value
        elif node.args:
            yield node.args[0]
    if name == "range":
        for place, bound in enumerate(node.args):
            for other in _shifted(bound):
                yield _changed(node, args=[*node.args[:place], other, *node.args[place + 1 :]])


def _without_attribute(node: ast.Attribute) -> Iterator[ast.AST]:
    if node.attr in ("T", "mT"):
        yield node.value


def _swapped(node: ast.Tuple) -> Iterator[ast.AST]:
    if len(node.elts) >= 2 and isinstance(node.ctx, ast.Load) and ast.dump(node.elts[0]) != ast.dump(node.elts[1]):
        yield _changed(node, elts=[node.elts[1], node.elts[0], *node.elts[2:]])


def _other_condition(node: ast.If | ast.While | ast.IfExp) -> Iterator[ast.AST]:
    if not isinstance(node.test, ast.Compare | ast.UnaryOp):  # those have rules of their own
        yield _changed(node, test=ast.UnaryOp(ast.Not(), node.test))


def _negated(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and not isinstance(node.value, ast.Tuple | ast.Dict | ast.List | ast.Constant | ast.ListComp):
        yield _changed(node, value=ast.UnaryOp(ast.USub(), node.value))


def _dropped(node: ast.stmt) -> Iterator[ast.AST]:
    """Nothing instead of a statement; of assignments to a name only `x = f(x)`, where `x` is bound without it."""
    if isinstance(node, ast.Assign) and not any(isinstance(target, ast.Subscript | ast.Attribute) for target in node.targets):
        written = {n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
        if not written <= {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}:
            return
    if not (isinstance(node, ast.If) and node.orelse):
        yield ast.Pass()


def _other_jump(node: ast.stmt) -> Iterator[ast.AST]:
    yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()


RULES = {
    ast.BinOp: [_other_operator],
    ast.BoolOp: [_other_operator],
    ast.AugAssign: [_other_operator, _dropped],
    ast.Compare: [_other_comparison],
    ast.UnaryOp: [_without_sign],
    ast.Constant: [_other_constant],
    ast.Subscript: [_other_index],
    ast.Call: [_other_call],
    ast.Attribute: [_without_attribute],
    ast.Tuple: [_swapped],
    ast.If: [_other_condition, _dropped],
    ast.While: [_other_condition],
    ast.IfExp: [_other_condition],
    ast.Return: [_negated],
    ast.Expr: [_dropped],
    ast.Assign: [_dropped],
    ast.Break: [_other_jump],
    ast.Continue: [_other_jump],
}


def _spliced(script: str, exercise: str, node: ast.AST, replacement: ast.AST) -> Mutant:
    """The script with the text of `node` exchanged for that of `replacement`."""
    lines = script.encode().split(b"\n")
    first, last = node.lineno - 1, node.end_lineno - 1
    if isinstance(node, ast.If | ast.While) and not isinstance(replacement, ast.Pass):  # only the condition: the body keeps its form
        node, replacement = node.test, replacement.test
        first, last = node.lineno - 1, node.end_lineno - 1
    text = ast.unparse(replacement)
    if isinstance(replacement, LOOSE) or (isinstance(replacement, ast.Tuple) and text[0] != "("):
        text = f"({text})"
    head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
    changed = head + text.encode() + tail
    mutated = b"\n".join([*lines[:first], changed, *lines[last + 1 :]]).decode()
    before = " ".join(line.decode().strip() for line in lines[first : last + 1])
    return Mutant(exercise, first + 1, before, changed.decode().strip(), mutated)


def _compiles(script: str) -> bool:
    try:
        compile(script, "<mutant>", "exec")
    except SyntaxError:
        return False
    return True
