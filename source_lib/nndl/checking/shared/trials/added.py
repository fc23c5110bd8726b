"""What may be missing around an expression: a sign, a function, a copy, a further part."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .edit import Edit, Place, Put, short
from .replaced import Around


def _np(name: str, node: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load()), [node], [])


def signs(place: Place) -> Iterator[Edit]:
    """Put a minus before a value that is kept, given back or handed on."""
    if _is_value(place):
        yield place.edit(ast.UnaryOp(ast.USub(), place.node), f"with a minus before `{short(place.node)}`")


def copies(place: Place) -> Iterator[Edit]:
    """Take a copy of what is given another name, kept in a list, or given back."""
    node, owner = place.node, place.owner
    kept = isinstance(owner, ast.Assign | ast.Return | ast.Tuple | ast.Dict) or (
        isinstance(owner, ast.Call) and getattr(owner.func, "attr", "") == "append"
    )
    if (
        kept
        and isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call)
        and not _is_stored(node)
    ):
        copied = ast.Call(ast.Attribute(node, "copy", ast.Load()), [], [])
        yield place.edit(copied, f"with a copy of `{short(node)}`")
        cloned = ast.Call(ast.Attribute(node, "clone", ast.Load()), [], [])
        yield place.edit(cloned, f"with a copy of `{short(node)}`")


def _is_stored(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store)


def first_results(place: Place) -> Iterator[Edit]:
    """Take one of several results of a call."""
    node = place.node
    if isinstance(node, ast.Call) and not isinstance(place.owner, ast.Subscript | ast.Expr):
        for number in (0, 1):
            one = ast.Subscript(node, ast.Constant(number), ast.Load())
            yield place.edit(one, f"with [{number}], one of its results, behind `{short(node)}`")


def arguments(place: Place) -> Iterator[Edit]:
    """Put a 0 before the arguments of a library's function, which so come one place later."""
    node = place.node
    if isinstance(node, ast.Call) and 0 < len(node.args) < 3 and isinstance(node.func, ast.Attribute):
        says = f"with 0 before `{short(node.args[0])}` in `{short(node.func)}(…)`"
        yield Edit(place.line, says, (Put(node, "args", None, [ast.Constant(0), *node.args]),))


def functions(place: Place) -> Iterator[Edit]:
    """Put a function around a value, or a part of an operation."""
    if not _is_value(place) and not (isinstance(place.owner, ast.BinOp) and not _is_number(place.node)):
        return
    node = place.node
    square = ast.BinOp(node, ast.Pow(), ast.Constant(2))
    yield place.edit(square, f"with the square of `{short(node)}`")
    for name, words in (("sqrt", "the root"), ("exp", "the exponential"), ("log", "the logarithm")):
        yield place.edit(_np(name, node), f"with {words} of `{short(node)}`")


def parts(place: Place, around: Around) -> Iterator[Edit]:
    """Add, or multiply by, another variable."""
    if not _is_value(place) or isinstance(place.node, ast.Tuple):
        return
    others: list[ast.expr] = [
        ast.parse(name, mode="eval").body for name in around.variables if name != "self"
    ]
    sizes = [
        ast.Subscript(ast.Attribute(o, "shape", ast.Load()), ast.Constant(0), ast.Load()) for o in others
    ]
    numbers = [ast.Constant(number) for number in (1, 2, 0.5)]
    for other in (*others, *sizes, *numbers):
        for sign, words in (
            (ast.Mult(), "multiplied by"),
            (ast.Div(), "divided by"),
            (ast.Add(), "plus"),
            (ast.Sub(), "minus"),
        ):
            yield place.edit(
                ast.BinOp(place.node, sign, other),
                f"with `{short(place.node)}` {words} `{ast.unparse(other)}`",
            )


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _is_value(place: Place) -> bool:
    """Return whether an expression is what a statement keeps, gives back or hands on."""
    node, owner = place.node, place.owner
    if isinstance(node, ast.Constant | ast.Tuple | ast.List | ast.Dict | ast.Lambda):
        return False
    if isinstance(owner, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return):
        return place.field == "value"
    return isinstance(owner, ast.Tuple) and isinstance(owner.ctx, ast.Load)
