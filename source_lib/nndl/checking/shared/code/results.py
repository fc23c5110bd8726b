"""Results that are lost: not kept, overwritten before they are read, below a return; draws that are always the same."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator

from .fact import Fact, Function, blocks, is_start

_PURE = frozenset(
    {
        *(
            "reshape",
            "transpose",
            "copy",
            "astype",
            "sum",
            "mean",
            "var",
            "std",
            "max",
            "min",
            "argmax",
            "clip",
            "dot",
        ),
        *(
            "matmul",
            "maximum",
            "minimum",
            "exp",
            "sqrt",
            "log",
            "abs",
            "pad",
            "where",
            "zeros",
            "zeros_like",
            "ones",
        ),
        *(
            "ones_like",
            "flatten",
            "ravel",
            "squeeze",
            "detach",
            "clone",
            "view",
            "permute",
            "unsqueeze",
            "relu",
        ),
        *("norm", "array", "concatenate", "stack", "tile", "repeat", "swapaxes", "round"),
    }
)
"""Functions that give a new array and change none."""
_DOERS = frozenset({"backward", "step", "eval", "train", "zero_grad", "zero_", "detach_", "append"})
"""Methods that are called for what they do."""
_NOTHING_DONE = ast.BinOp | ast.UnaryOp | ast.BoolOp | ast.Subscript | ast.Name | ast.Tuple


def never_run(function: Function) -> Iterator[Fact]:
    """See lines below a return."""
    for block in blocks(function.node):
        for statement, following in itertools.pairwise(block):
            if isinstance(statement, ast.Return) and not isinstance(following, ast.Raise):
                above = f"the return in line {statement.lineno} stands above it"
                yield Fact(following.lineno, f"this is never run, as {above}")


def returns_nothing(function: Function) -> Iterator[Fact]:
    """See a way through a function that ends without a return, or no return at all."""
    node = function.node
    own = [n for n in _without_inner_functions(node) if isinstance(n, ast.Return) and n.value is not None]
    yields = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(node))
    if yields or not _may_fall_through(node.body):
        return
    if own:
        yield Fact(
            own[-1].lineno, "not every way through this function comes to a return, so it may give None"
        )
    elif node.returns is not None and ast.unparse(node.returns) != "None":
        yield Fact(node.lineno, "this function has no return")


def _without_inner_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child
            yield from _without_inner_functions(child)


def _may_fall_through(block: list[ast.stmt]) -> bool:
    """Return whether the line below a block may be reached."""
    last = block[-1]
    if isinstance(last, ast.Return | ast.Raise | ast.Continue | ast.Break):
        return False
    if isinstance(last, ast.If):
        return not last.orelse or _may_fall_through(last.body) or _may_fall_through(last.orelse)
    if isinstance(last, ast.With):
        return _may_fall_through(last.body)
    if isinstance(last, ast.Try):
        return _may_fall_through(last.body) or any(_may_fall_through(h.body) for h in last.handlers)
    if isinstance(last, ast.While):
        endless = isinstance(last.test, ast.Constant) and last.test.value
        return not endless or any(isinstance(n, ast.Break) for n in ast.walk(last))
    return True


def result_not_kept(function: Function) -> Iterator[Fact]:
    """See a line that computes something and does nothing with it."""
    for block in blocks(function.node):
        for statement in block:
            if isinstance(statement, ast.Expr) and (why := _without_effect(statement.value)):
                yield Fact(statement.lineno, why)


def _without_effect(value: ast.expr) -> str:
    if isinstance(value, ast.Compare):
        return "this line compares and changes nothing; a single = gives a value"
    if isinstance(value, _NOTHING_DONE):
        return "the result of this line is not kept"
    if isinstance(value, ast.Attribute) and value.attr in _DOERS | _PURE:
        return f"{value.attr} is not called: its parentheses () are missing"
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in _PURE:
        filled = any(keyword.arg == "out" for keyword in value.keywords)
        return "" if filled else f"the result of {value.func.attr}() is not kept; it changes no array"
    return ""


def same_draws(function: Function) -> Iterator[Fact]:
    """See a seed that is written into a function."""
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        if ast.unparse(node.func) in ("np.random.seed", "torch.manual_seed", "random.seed"):
            yield Fact(node.lineno, f"`{ast.unparse(node)}` makes every call draw the same numbers")


def lost_value(function: Function) -> Iterator[Fact]:
    """See a second value for a name or an entry before the first was read."""
    for block in blocks(function.node):
        held: dict[str, int] = {}  # a name or an entry → the line that has given it a value
        for statement in block:
            held = {shown: line for shown, line in held.items() if not _may_read(statement, shown)}
            for target in _targets(statement):
                shown = ast.unparse(target)
                if shown in held:
                    lost = f"that of line {held[shown]} is lost, as nothing has read it"
                    yield Fact(statement.lineno, f"`{shown}` gets another value here; {lost}")
                if not is_start(statement.value):  # type: ignore[attr-defined]
                    held[shown] = statement.lineno
            if not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr):
                held.clear()  # it may have been read there, or not have been reached


def _targets(statement: ast.stmt) -> list[ast.expr]:
    """Return the names and named entries that a statement gives values."""
    if not isinstance(statement, ast.Assign):
        return []
    every = [
        one
        for target in statement.targets
        for one in (target.elts if isinstance(target, ast.Tuple) else [target])
    ]
    return [
        one
        for one in every
        if (isinstance(one, ast.Name) and not one.id.startswith("_"))
        or (isinstance(one, ast.Subscript) and isinstance(one.slice, ast.Constant | ast.JoinedStr))
    ]


def _may_read(statement: ast.stmt, shown: str) -> bool:
    """Return whether a statement may read what a name or an entry holds."""
    root, entry, _ = shown.partition("[")
    for node in ast.walk(statement):
        if isinstance(node, ast.AugAssign) and ast.unparse(node.target).startswith(root):
            return True
        if isinstance(node, ast.Call) and root in ast.unparse(node):
            return True
        reads = isinstance(node, ast.Name | ast.Subscript) and isinstance(node.ctx, ast.Load)
        if reads and ast.unparse(node.value if entry and isinstance(node, ast.Subscript) else node) == root:
            return not entry or isinstance(node, ast.Subscript)
    return False


RULES: tuple[Callable[[Function], Iterator[Fact]], ...] = (
    never_run,
    returns_nothing,
    result_not_kept,
    same_draws,
    lost_value,
)
