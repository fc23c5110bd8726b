"""Parts of an expression that are left out, exchanged, or made with another sign."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from .edit import Edit, Place, Put, short

_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.Mod: "%",
}
_OTHER_SIGNS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.MatMult, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div,),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[type[ast.cmpop], ...]]] = {
    ast.Gt: (">", (ast.GtE, ast.Lt, ast.LtE)),
    ast.GtE: (">=", (ast.Gt, ast.LtE, ast.Lt)),
    ast.Lt: ("<", (ast.LtE, ast.Gt, ast.GtE)),
    ast.LtE: ("<=", (ast.Lt, ast.GtE, ast.Gt)),
    ast.Eq: ("==", (ast.NotEq,)),
    ast.NotEq: ("!=", (ast.Eq,)),
    ast.Is: ("is", (ast.IsNot,)),
    ast.IsNot: ("is not", (ast.Is,)),
}
_ORDERED = (ast.Sub, ast.Div, ast.MatMult, ast.Pow)
_MOST_EXCHANGED = 6


def of_place(place: Place) -> Iterator[Edit]:
    """Yield the changes that leave out or exchange something in one expression."""
    node = place.node
    if isinstance(node, ast.BinOp):
        yield from _of_operation(place, node)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
        _, others = _COMPARISONS[type(node.ops[0])]
        for other in others:
            yield place.edit(
                ast.Compare(node.left, [other()], node.comparators),
                f"with another comparison than `{short(node)}`",
            )
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        sign = {ast.USub: "-", ast.Not: "not", ast.Invert: "~"}[type(node.op)]
        yield place.edit(node.operand, f"without the `{sign}` of `{short(node)}`")
    elif isinstance(node, ast.BoolOp):
        word, turned = ("and", ast.Or()) if isinstance(node.op, ast.And) else ("or", ast.And())
        yield place.edit(ast.BoolOp(turned, node.values), f"with the other of `and` and `or` than `{word}`")
        for value in node.values:
            yield place.edit(value, f"with `{short(value)}` alone as the condition")
    elif isinstance(node, ast.IfExp):
        for part in (node.body, node.orelse):
            yield place.edit(part, f"with `{short(part)}` in all cases")
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT", "real"):
        yield place.edit(node.value, f"without `.{node.attr}` behind `{short(node.value)}`")
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield place.edit(node.value, f"without `[{short(node.slice)}]` behind `{short(node.value)}`")
    elif isinstance(node, ast.Call):
        yield from _of_call(place, node)
    yield from _exchanged(place)


def _of_operation(place: Place, node: ast.BinOp) -> Iterator[Edit]:
    sign = _SIGNS.get(type(node.op), "")
    if not sign:
        return
    yield place.edit(node.left, f"without `{sign} {short(node.right)}` behind `{short(node.left)}`")
    for other in _OTHER_SIGNS.get(type(node.op), ()):
        yield place.edit(
            ast.BinOp(node.left, other(), node.right),
            f"with another sign than `{sign}` in `{short(node)}`",
        )
    yield place.edit(node.right, f"without `{short(node.left)} {sign}` before `{short(node.right)}`")
    if isinstance(node.op, _ORDERED):
        yield place.edit(
            ast.BinOp(node.right, node.op, node.left), f"with the two sides of `{short(node)}` exchanged"
        )
    yield from _regrouped(place, node)
    yield from _distributed(place, node)


def _distributed(place: Place, node: ast.BinOp) -> Iterator[Edit]:
    """Let an operation on a sum concern one of its two parts only: ``(a + b) / c`` → ``a / c + b``."""
    inner = node.left
    if (
        isinstance(inner, ast.BinOp)
        and isinstance(inner.op, ast.Add | ast.Sub)
        and not isinstance(node.op, ast.Add | ast.Sub)
    ):
        operation = f"`{_SIGNS[type(node.op)]} {short(node.right)}`"
        one = ast.BinOp(ast.BinOp(inner.left, node.op, node.right), inner.op, inner.right)
        yield place.edit(
            one, f"with {operation} for `{short(inner.left)}` alone, not for `{short(inner.right)}`"
        )
        other = ast.BinOp(inner.left, inner.op, ast.BinOp(inner.right, node.op, node.right))
        yield place.edit(
            other, f"with {operation} for `{short(inner.right)}` alone, not for `{short(inner.left)}`"
        )


def _regrouped(place: Place, node: ast.BinOp) -> Iterator[Edit]:
    """Set the parentheses of two operations otherwise: ``(a op b) op c`` and ``a op (b op c)``."""
    left, right = node.left, node.right
    if isinstance(left, ast.BinOp) and type(left.op) in _SIGNS:
        new = ast.BinOp(left.left, left.op, ast.BinOp(left.right, node.op, right))
        yield place.edit(new, f"with other parentheses in `{short(node)}`")
    if isinstance(right, ast.BinOp) and type(right.op) in _SIGNS:
        new = ast.BinOp(ast.BinOp(left, node.op, right.left), right.op, right.right)
        yield place.edit(new, f"with other parentheses in `{short(node)}`")


def keywords(place: Place) -> Iterator[Edit]:
    """Yield the changes that leave out a named argument of a call."""
    node = place.node
    for index, keyword in enumerate(node.keywords if isinstance(node, ast.Call) else ()):
        rest = [*node.keywords[:index], *node.keywords[index + 1 :]]  # type: ignore[attr-defined]
        if keyword.arg:
            yield Edit(
                place.line,
                f"without `{keyword.arg}={short(keyword.value)}` in `{short(node.func)}(…)`",  # type: ignore[attr-defined]
                (Put(node, "keywords", None, rest),),
            )


def _of_call(place: Place, node: ast.Call) -> Iterator[Edit]:
    name = short(node.func)
    method = isinstance(node.func, ast.Attribute) and not _is_library(node.func.value)
    if method:
        owner: ast.expr = node.func.value  # type: ignore[attr-defined]
        yield place.edit(owner, f"without `.{node.func.attr}(…)` behind `{short(owner)}`")  # type: ignore[attr-defined]
    for argument in () if _is_own(node) else node.args[: 1 if method else _MOST_ARGUMENTS]:
        if not isinstance(argument, ast.Starred | ast.Constant):
            yield place.edit(argument, f"with `{short(argument)}` alone in the place of `{name}(…)`")


_MOST_ARGUMENTS = 3


def _is_own(node: ast.Call) -> bool:
    """Return whether a call is one of a method of the same object, whose result is something else than its argument."""
    return isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "self"


def _is_library(node: ast.expr) -> bool:
    """Return whether an expression names a library's module, so that what stands behind it is a function."""
    return ast.unparse(node) in (
        *("np", "numpy", "torch", "nn", "functional", "F", "math", "np.random", "np.linalg", "torch.nn"),
        *("nn.functional", "nn.init", "np.add", "self"),
    )


def _exchanged(place: Place) -> Iterator[Edit]:
    """Exchange two entries of a tuple, or two arguments of a call."""
    node = place.node
    if isinstance(node, ast.Tuple):
        field, entries, what = "elts", node.elts, short(node)
    elif isinstance(node, ast.Call):
        field, entries, what = "args", node.args, f"{short(node.func)}(…)"
    else:
        return
    if len(entries) > _MOST_EXCHANGED or any(isinstance(entry, ast.Starred) for entry in entries):
        return
    for one, other in itertools.combinations(range(len(entries)), 2):
        if ast.dump(entries[one]) != ast.dump(entries[other]):
            yield Edit(
                place.line,
                f"with `{short(entries[one])}` and `{short(entries[other])}` exchanged in `{what}`",
                (Put(node, field, one, entries[other]), Put(node, field, other, entries[one])),
            )
