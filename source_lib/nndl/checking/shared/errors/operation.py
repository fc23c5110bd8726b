"""Which operation of a line of code has failed, and the values that its parts have."""

from __future__ import annotations

import ast
import linecache
from types import FrameType, ModuleType, TracebackType
from typing import Any

_OPERATORS = {
    **{"add": "Add", "subtract": "Sub", "multiply": "Mult", "divide": "Div", "true_divide": "Div"},
    **{"dot": "MatMult", "matmul": "MatMult", "power": "Pow"},
}
"""NumPy's functions for what has an operator, as the parser calls it."""

UNKNOWN = object()
"""Stands for a value that cannot be told without running code."""


def failing_node(step: TracebackType | None) -> ast.AST | None:
    """Return the part of a line that has failed in one step of a traceback; None if that cannot be told."""
    if step is None or step.tb_lasti < 0:
        return None
    code = step.tb_frame.f_code
    positions = list(code.co_positions())
    line, last_line, start, end = positions[min(step.tb_lasti // 2, len(positions) - 1)]
    if line is None or line != last_line:
        return None
    text = linecache.getline(code.co_filename, line, step.tb_frame.f_globals).encode()[start:end].decode()
    try:
        (statement,) = ast.parse(text.strip()).body
    except (SyntaxError, ValueError):
        return None
    return statement.value if isinstance(statement, ast.Expr) else statement


def operation(node: ast.AST | None) -> str:
    """Return what kind of operation it is, such as ``BinOp Sub``; nothing for None."""
    if node is None:
        return ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _OPERATORS:
        return f"BinOp {_OPERATORS[node.func.attr]}"  # np.multiply(a, b) fails as a * b does
    operator = getattr(node, "op", None)
    return type(node).__name__ + (f" {type(operator).__name__}" if operator else "")


def statement_at(frame: FrameType, line: int) -> ast.stmt | None:
    """Return the innermost statement around a line of a frame's file; None if the file cannot be read."""
    around = [
        node
        for node in ast.walk(_tree(frame))
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return max(around, key=lambda node: (node.lineno, node.col_offset), default=None)


def origin(node: ast.AST | None, frame: FrameType) -> ast.expr | None:
    """Return what a name was last made of above the line that runs; an expression that is no name stands for itself.

    None if that cannot be told: an argument, or a name that gets its value in several branches or in a loop.
    """
    if not isinstance(node, ast.Name):
        return node if isinstance(node, ast.expr) else None
    found = [
        statement
        for statement in ast.walk(function_of(frame))
        if isinstance(statement, ast.Assign | ast.AugAssign | ast.For | ast.With)
        and statement.lineno < frame.f_lineno
        and any(isinstance(n, ast.Name) and n.id == node.id for n in _stores(statement))
    ]
    last = max(found, key=lambda statement: statement.lineno, default=None)
    if isinstance(last, ast.Assign) and any(isinstance(t, ast.Name) for t in last.targets):
        return last.value
    return None


def _stores(statement: ast.stmt) -> list[ast.AST]:
    parts = getattr(statement, "targets", None) or [
        getattr(statement, "target", None) or ast.Tuple(elts=[], ctx=ast.Store())
    ]
    return [n for part in parts for n in ast.walk(part)]


def function_of(frame: FrameType) -> ast.AST:
    """Return the function that a frame runs; an empty module if that cannot be told."""
    around = [
        node
        for node in ast.walk(_tree(frame))
        if isinstance(node, ast.FunctionDef | ast.Lambda)
        and node.lineno <= frame.f_lineno <= (node.end_lineno or node.lineno)
    ]
    return max(around, key=lambda node: node.lineno, default=ast.Module(body=[], type_ignores=[]))


def _tree(frame: FrameType) -> ast.Module:
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    try:
        return ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module(body=[], type_ignores=[])


def what_it_is(value: Any) -> str:
    """Return what a value is, without its numbers."""
    if value is None:
        return "None"
    if isinstance(value, tuple | list):
        return f"{len(value)} values" if len(value) != 1 else f"a {type(value).__name__} of 1 value"
    if type(value) is dict:
        return f"a dict with the keys {', '.join(sorted(map(str, value)))}" if value else "an empty dict"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"one array of shape {tuple(shape)}" if shape else "one number"
    return "one number" if isinstance(value, int | float) else f"one {type(value).__name__}"


def kind_of_operation(node: ast.AST | None, frame: FrameType) -> str:
    """Return the kind of an operation as far as two mistakes with one error differ in it, and what it looks into."""
    if isinstance(node, ast.Subscript | ast.Attribute):
        owner = value_of(node.value, frame)
        of = "" if owner is UNKNOWN else f" of {what_it_is(owner)}"
        return f"{_kind_of_operation(node)}{of}"
    if operation(node) == "BinOp MatMult":
        shapes = [getattr(value_of(side, frame), "shape", "?") for side in operands(node)]
        return f"BinOp MatMult of {shapes}"
    return _kind_of_operation(node)


def _kind_of_operation(node: ast.AST | None) -> str:
    if isinstance(node, ast.Call) and not operation(node).startswith("BinOp"):
        return f"Call {getattr(node.func, 'id', getattr(node.func, 'attr', ''))}"
    if isinstance(node, ast.Subscript):
        return f"Subscript {operation(node.slice)}"
    return operation(node)


def operands(node: ast.AST | None) -> list[ast.expr]:
    """Return the two sides of an operation, whether it is written with a sign or as a call."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Call) and operation(node).startswith("BinOp") and not node.keywords:
        owner = getattr(node.func, "value", None)
        if len(node.args) == 2:
            return list(node.args)
        if len(node.args) == 1 and owner is not None:
            return [owner, node.args[0]]
    return []


def value_of(node: ast.AST | None, frame: FrameType) -> Any:
    """Return the value of a name, of an attribute or of a named entry, without running code; `UNKNOWN` otherwise."""
    if isinstance(node, ast.Name):
        for names in (frame.f_locals, frame.f_globals, frame.f_builtins):
            if node.id in names:
                return names[node.id]
    if isinstance(node, ast.Attribute):
        owner = value_of(node.value, frame)
        if owner is UNKNOWN:
            return UNKNOWN
        if isinstance(owner, ModuleType):
            return vars(owner).get(node.attr, UNKNOWN)
        if node.attr in ("T", "shape") and type(owner).__name__ == "ndarray":
            return getattr(owner, node.attr)
        own = getattr(owner, "__dict__", {})
        return own.get(node.attr, UNKNOWN) if isinstance(own, dict) else UNKNOWN
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        owner = value_of(node.value, frame)
        if type(owner) is dict:
            return owner.get(node.slice.value, UNKNOWN)
    return UNKNOWN
