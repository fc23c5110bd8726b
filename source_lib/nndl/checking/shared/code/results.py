"""Results that are lost: not kept, overwritten before they are read, below a return; draws that are always the same."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator

from .fact import Fact, Function, arguments, blocks, is_start, loads

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
            kept_as_a_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            if (
                isinstance(statement, ast.Return)
                and not isinstance(following, ast.Raise)
                and not kept_as_a_text
            ):
                above = f"the return in line {statement.lineno} stands above it"
                yield Fact(following.lineno, f"this is never run, as {above}")


def has_no_return(function: Function) -> Iterator[Fact]:
    """See a function that is described as giving something, and has no return."""
    node = function.node
    described = node.returns is not None and ast.unparse(node.returns) != "None"
    if described and not _own_returns(node) and not _yields(node) and _may_fall_through(node.body):
        yield Fact(node.lineno, "this function has no return")


def may_give_none(function: Function) -> Iterator[Fact]:
    """See a way through a function that ends without a return, beside others that have one."""
    node = function.node
    own = _own_returns(node)
    if own and not _yields(node) and _may_fall_through(node.body):
        yield Fact(
            own[-1].lineno, "not every way through this function comes to a return, so it may give None"
        )


def _own_returns(node: ast.FunctionDef) -> list[ast.Return]:
    return [n for n in _without_inner_functions(node) if isinstance(n, ast.Return) and n.value is not None]


def _yields(node: ast.FunctionDef) -> bool:
    return any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(node))


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
    if isinstance(value, ast.UnaryOp) and isinstance(value.operand, ast.UnaryOp):
        sign = {ast.UAdd: "+", ast.USub: "-"}.get(type(value.op), "")
        if sign and type(value.operand.op) is type(value.op):
            shown = ast.unparse(value.operand.operand)
            return f"{sign}{sign}{shown} changes nothing in Python; {shown} {sign}= 1 does"
    if isinstance(value, _NOTHING_DONE):
        # what is called in it may have been called for what it does
        called = any(isinstance(n, ast.Call) and not _is_pure(n) for n in ast.walk(value))
        return "" if called else "the result of this line is not kept"
    if isinstance(value, ast.Attribute) and value.attr in _DOERS | _PURE:
        return f"{value.attr} is not called: its parentheses () are missing"
    if isinstance(value, ast.Call) and _is_pure(value):
        return f"the result of {value.func.attr}() is not kept; it changes no array"  # type: ignore[attr-defined]
    return ""


def _is_pure(call: ast.Call) -> bool:
    """Return whether a call gives a new array and changes nothing."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _PURE:
        return False
    owner = call.func.value
    if isinstance(owner, ast.Name) and owner.id == "self":
        return False  # a method of the student's
    most = _MOST_ARGUMENTS.get(call.func.attr)
    if most is not None and not _is_numpy(owner):
        most -= 1
    filled = any(keyword.arg in ("out", "inplace") for keyword in call.keywords)
    return not filled and (most is None or len(call.args) <= most)


_MOST_ARGUMENTS = {
    **dict.fromkeys(("exp", "sqrt", "log", "abs"), 1),
    **dict.fromkeys(("maximum", "minimum", "dot", "matmul"), 2),
    **{"clip": 3, "round": 2, "argmax": 2, "sum": 3, "mean": 3, "max": 2, "min": 2},
}
"""Arguments without a name behind which the next one is an array to be filled."""


def _is_numpy(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "numpy", "torch", "functional", "F")


def not_added(function: Function) -> Iterator[Fact]:
    """See =+ and =-, which give a name a number with a sign."""
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.UnaryOp):
            continue
        line = function.text.splitlines()[node.lineno - 1]
        found = re.search(r"=([+-]) \S", line)
        if found and not re.search(r"[=!<>+*/-]=[+-]", line):
            yield Fact(
                node.lineno, f"={found[1]} gives a new value, with a sign; {found[1]}= changes the old one"
            )


def hidden_errors(function: Function) -> Iterator[Fact]:
    """See an except that takes every error and says nothing of it."""
    for node in ast.walk(function.node):
        if not isinstance(node, ast.ExceptHandler):
            continue
        every = node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException")
        told = any(isinstance(n, ast.Raise) for n in ast.walk(node)) or (node.name and loads(node, node.name))
        if every and not told:
            yield Fact(
                node.lineno, "this except hides every error of the lines above it, and does not say which"
            )


def asks_every_entry(function: Function) -> Iterator[Fact]:
    """See == None, which compares the entries of an array."""
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            continue
        if any(
            isinstance(side, ast.Constant) and side.value is None for side in (node.left, *node.comparators)
        ):
            sign, word = ("==", "is") if isinstance(node.ops[0], ast.Eq) else ("!=", "is not")
            yield Fact(
                node.lineno,
                f"{sign} None asks each entry of an array; `{word} None` asks whether there is one",
            )


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
        if block is function.node.body:
            held = dict.fromkeys(arguments(function.node), 0)
        for statement in block:
            held = {shown: line for shown, line in held.items() if not _may_read(statement, shown)}
            for target in _targets(statement):
                shown = ast.unparse(target)
                if shown in held:
                    before = (
                        f"that of line {held[shown]}" if held[shown] else "what the caller has handed over"
                    )
                    lost = f"{before} is lost, as nothing has read it"
                    yield Fact(statement.lineno, f"`{shown}` gets another value here; {lost}")
                if not is_start(statement.value) and not _one_of_several_sizes(statement):  # type: ignore[attr-defined]
                    held[shown] = statement.lineno
            if not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr):
                held.clear()  # it may have been read there, or not have been reached


def _one_of_several_sizes(statement: ast.stmt) -> bool:
    """Return whether a shape is taken apart: some of its numbers may not be needed."""
    value = getattr(statement, "value", None)
    apart = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple)
    return apart and isinstance(value, ast.Attribute) and value.attr == "shape"


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
    within = {id(node.value) for node in ast.walk(statement) if isinstance(node, ast.Subscript)}
    for node in ast.walk(statement):
        if isinstance(node, ast.AugAssign) and ast.unparse(node.target).startswith(root):
            return True
        if isinstance(node, ast.Call) and root in ast.unparse(node):
            return True
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript) or not isinstance(
            node.ctx, ast.Load
        ):
            continue
        if isinstance(node, ast.Subscript) and entry and ast.unparse(node.value) == root:
            return True
        if ast.unparse(node) == root and not (entry and id(node) in within):
            return True
    return False


RULES: tuple[Callable[[Function], Iterator[Fact]], ...] = (
    never_run,
    has_no_return,
    result_not_kept,
    same_draws,
    lost_value,
    hidden_errors,
    asks_every_entry,
)
LOST: tuple[Callable[[Function], Iterator[Fact]], ...] = (not_added, never_run, result_not_kept)
"""Lines that do nothing, or something else than they seem to."""
WHERE_NONE_CAME: tuple[Callable[[Function], Iterator[Fact]], ...] = (may_give_none,)
"""For where something was None: ways through a function without a return may be ones that nothing takes."""
