"""What a slip of the pen makes of one node of a syntax tree, each change with words for it.

The words hold nothing of the solution's text but signs, numbers, and names of NumPy's and Python's functions.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterator, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)

_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_RESULTS: dict[type[ast.operator], str] = {
    ast.Add: "sum",
    ast.Sub: "difference",
    ast.Mult: "product",
    ast.Div: "quotient",
    ast.Pow: "power",
    ast.FloorDiv: "whole quotient",
    ast.Mod: "remainder",
    ast.MatMult: "matrix product",
}
_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_LEFT_OUT: dict[type[ast.stmt], str] = {
    ast.Assign: "an assignment is left out",
    ast.AugAssign: "a line that adds to, or takes from, what is there is left out",
    ast.Expr: "a call is left out",
    ast.For: "a loop is left out",
    ast.While: "a loop is left out",
    ast.If: "what is done under a condition is left out",
}
_OTHER_FUNCTION = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "amax": "amin",
    "argmax": "argmin",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "exp": "expm1",
    "log": "log1p",
    "var": "std",
    "std": "var",
    "randn": "rand",
    "rand": "randn",
    "zeros_": "ones_",
    "kaiming_normal_": "kaiming_uniform_",
}
_IDENTITY = frozenset({"sqrt", "abs", "reversed", "relu", "float", "sorted", "pad"})
"""Functions that are left out: ``sqrt(x)`` → ``x``."""
_ROWS_AND_COLUMNS = ("height", "width"), ("top", "left"), ("row", "column")
_ORDERLESS = frozenset({"result_type", "maximum", "minimum", "max", "min"})
"""Functions whose arguments have no order."""
_FEW = 6
"""Longer tuples are lists of things, not of axes."""
_REMOVABLE = frozenset({"copy", "T", "clone", "abs", "detach", "float"})
"""Methods and attributes that are left out: ``x.copy()`` → ``x``."""


def rows_and_columns(tree: ast.AST) -> dict[str, str]:
    """Return what is exchanged for what: the names of rows for those of columns, where both are there."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    pairs = [
        (name, name.replace(one, other)) for name in names for one, other in _ROWS_AND_COLUMNS if one in name
    ]
    pairs += [("i", "j"), ("h", "w"), ("H", "W"), ("HH", "WW")]
    found = {one: other for one, other in pairs if one in names and other in names}
    return found | {other: one for one, other in found.items()}


def of_node(node: ast.expr | ast.stmt, mates: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield texts to replace a node, each with what is done in words."""
    if isinstance(node, ast.stmt):
        yield from _statement_changes(node)
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in mates:
        yield mates[node.id], "an index or a size of the rows and one of the columns are exchanged"
    for new, words in _expression_changes(node):
        yield f"({ast.unparse(new)})", words
    for new, words in _exchanges(node):
        yield ast.unparse(new), words


def _statement_changes(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.For, ast.While, ast.If, ast.With)):
        yield "pass", _LEFT_OUT.get(type(node), "")
    if isinstance(node, ast.AugAssign):
        if type(node.op) in _ARITHMETIC:
            other = _ARITHMETIC[type(node.op)]
            words = f"`{_SIGNS[other]}=` stands where `{_SIGNS[type(node.op)]}=` belongs"
            yield ast.unparse(_with(node, op=other())), words
        words = f"`=` stands where `{_SIGNS.get(type(node.op), '+')}=` belongs"
        yield ast.unparse(ast.Assign([node.target], node.value, lineno=node.lineno)), words
    if isinstance(node, ast.Return) and node.value is not None:
        yield "return None", ""
    if isinstance(node, ast.Break):
        yield "continue", ""
    if isinstance(node, ast.Continue):
        yield "break", ""


def _expression_changes(node: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult, ast.Pow)):
        yield (
            _with(node, left=node.right, right=node.left),
            f"the two sides of a {_result(node)} are exchanged",
        )
    if isinstance(node, ast.Slice):
        return  # its bounds are changed where it is used
    if isinstance(node, ast.Subscript):
        yield from _bounds(node)
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        other = _with(node, op=_ARITHMETIC[type(node.op)]())
        yield other, f"a {_result(other)} stands where a {_result(node)} belongs"
        yield node.left, f"the second part of a {_result(node)} is left out"
        yield node.right, f"the first part of a {_result(node)} is left out"
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for op in _COMPARISONS[type(node.ops[0])]:
            yield (
                _with(node, ops=[op()]),
                f"a comparison asks for `{_SIGNS[op]}` instead of `{_SIGNS[type(node.ops[0])]}`",
            )
    elif isinstance(node, ast.BoolOp):
        one, other_name = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        yield (
            _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And()),
            f"`{other_name}` stands where `{one}` belongs",
        )
        for value in node.values:
            yield value, "a part of a condition is left out"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield node.operand, "a minus is left out" if isinstance(node.op, ast.USub) else "a `not` is left out"
    elif isinstance(node, ast.IfExp):
        yield node.body, "one of two cases is treated like the other"
        yield node.orelse, "one of two cases is treated like the other"
    elif isinstance(node, ast.Constant):
        for constant in _constants(node):
            is_number = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
            what = "the number {} stands where {} belongs" if is_number else "`{}` stands where `{}` belongs"
            yield constant, what.format(ast.unparse(constant), ast.unparse(node))
    elif isinstance(node, ast.Attribute) and node.attr in _REMOVABLE:
        yield node.value, f"`.{node.attr}` is left out"
    elif isinstance(node, ast.Call):
        yield from _calls(node)


def _exchanges(node: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Yield tuples and calls of which two neighbouring entries are exchanged: two axes, or two arguments."""
    if isinstance(node, ast.Tuple) and len(node.elts) <= _FEW:
        for elts in _neighbours_exchanged(node.elts):
            yield (
                _with(node, elts=elts),
                "two neighbours in a tuple, a shape or a list of names are exchanged",
            )
    if isinstance(node, ast.Call) and _called(node) not in _ORDERLESS:
        for args in _neighbours_exchanged(node.args):
            yield _with(node, args=args), f"two arguments of {_a_call(node)} are exchanged"


def _neighbours_exchanged(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for i, (one, other) in enumerate(itertools.pairwise(items)):
        starred = isinstance(one, ast.Starred) or isinstance(other, ast.Starred)
        if not starred and ast.dump(one) != ast.dump(other):
            yield [*items[:i], other, one, *items[i + 2 :]]


def _bounds(node: ast.Subscript) -> Iterator[tuple[ast.expr, str]]:
    """Yield a subscript of which one slice begins or ends one entry early or late."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for i, part in enumerate(parts):
        for bound in ("lower", "upper") if isinstance(part, ast.Slice) else ():
            for new, when in _off_by_one(getattr(part, bound)):
                entries = [*parts[:i], _with(part, **{bound: new}), *parts[i + 1 :]]
                single = not isinstance(node.slice, ast.Tuple)
                words = f"a slice {'begins' if bound == 'lower' else 'ends'} one entry too {when}"
                yield _with(node, slice=entries[0] if single else ast.Tuple(entries, ast.Load())), words


def _off_by_one(node: ast.expr | None) -> Iterator[tuple[ast.expr, str]]:
    """Yield a size or bound and one more or less; a constant is changed elsewhere."""
    if node is not None and not isinstance(node, ast.Constant):
        for op, when in ((ast.Add(), "late"), (ast.Sub(), "early")):
            yield ast.BinOp(node, op, ast.Constant(1)), when


def _constants(node: ast.Constant) -> Iterator[ast.Constant]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, float):
        yield ast.Constant(2 * value if value else 1.0)
    elif isinstance(value, str):
        yield ast.Constant(value + "_")


def _calls(node: ast.Call) -> Iterator[tuple[ast.expr, str]]:
    name = _called(node)
    if name in _OTHER_FUNCTION:
        func = copy.deepcopy(node.func)
        if isinstance(func, ast.Attribute):
            func.attr = _OTHER_FUNCTION[name]
        elif isinstance(func, ast.Name):
            func.id = _OTHER_FUNCTION[name]
        yield _with(node, func=func), f"`{_OTHER_FUNCTION[name]}` stands where `{name}` belongs"
    if name in _IDENTITY and node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0], f"`{name}` is left out"
    if isinstance(node.func, ast.Attribute) and name in _REMOVABLE and not node.args:
        yield node.func.value, f"`.{name}()` is left out"
    if name == "where" and len(node.args) == 3:
        yield (
            _with(node, args=[node.args[0], node.args[2], node.args[1]]),
            "the two results of a `where` are exchanged",
        )
    if name == "range" and len(node.args) == 1:
        yield _with(node, args=[ast.Constant(1), *node.args]), "a loop begins at 1, not at 0"
    if name == "range" and node.args:
        last = 0 if len(node.args) == 1 else 1
        for new, when in _off_by_one(node.args[last]):
            yield (
                _with(node, args=[*node.args[:last], new, *node.args[last + 1 :]]),
                f"a loop ends one step too {when}",
            )
    if name in ("sum", "mean") and node.args and isinstance(node.args[0], ast.BinOp):
        power = node.args[0]
        if isinstance(power.op, ast.Pow):  # the square of the sum for the sum of squares
            whole = _with(power, left=_with(node, args=[power.left, *node.args[1:]]))
            yield whole, f"the power of a {name} stands where the {name} of the powers belongs"
    for index, keyword in enumerate(node.keywords):
        rest = _with(node, keywords=node.keywords[:index] + node.keywords[index + 1 :])
        yield rest, f"`{keyword.arg}=` is left out of {_a_call(node)}" if keyword.arg else ""


def _result(node: ast.BinOp) -> str:
    """Return what the result of an operation is called."""
    return _RESULTS[type(node.op)]


def _a_call(node: ast.Call) -> str:
    """Name a call by its function, if that is not one of the solution's own helpers."""
    name = _called(node)
    return f"a call of `{name}`" if name and not name.startswith("_") else "a call"


def _called(node: ast.Call) -> str:
    """Return the name of the function or method that is called."""
    name: str = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name


def _with(node: Node, **fields: object) -> Node:
    result = copy.copy(node)
    for name, value in fields.items():
        setattr(result, name, value)
    return result
