"""What Python's own error messages leave out: the keys that a dict has, and the shapes of the arrays in a line.

This file is shown in the sandbox: it imports the standard library, and must hold no secret. What is looked at belongs
to a submission, so nothing of it is run: variables, an instance's own attributes, and items of dicts.
"""

from __future__ import annotations

import ast
import itertools
from types import TracebackType
from typing import Any

_MOST_KEYS, _MOST_ARRAYS = 6, 3
_LONGEST = 30
"""A longer key is not a name."""
_ABOUT_SIZES = (ValueError, RuntimeError, IndexError)
_SAYS_SHAPES = "broadcast together"


def beside(error: BaseException, place: TracebackType | None) -> str:
    """Return what helps to understand an error, in words to follow its message; an empty text if that is unclear.

    Parameters
    ----------
    error : BaseException
    place : traceback or None
        Its last entry in the library's own files.
    """
    try:
        if place is None:
            return ""
        if type(error) is KeyError:
            return _keys(place) if place.tb_next is None else ""
        if isinstance(error, _ABOUT_SIZES) and _SAYS_SHAPES not in str(error):
            return _shapes(place)
    except Exception:  # whatever a submission does to be looked at: its error is told without this
        pass
    return ""


def _keys(place: TracebackType) -> str:
    asked = _expression(place)
    if not isinstance(asked, ast.Subscript) or type(there := _value(asked.value, place)) is not dict:
        return ""
    name = ast.unparse(asked.value)
    keys = [key for key in itertools.islice(there, _MOST_KEYS) if type(key) is str and len(key) <= _LONGEST]
    if not there:
        return f" ({name} has no keys)"
    return (
        f" ({name} has {', '.join(map(repr, keys))}{', …' if len(there) > len(keys) else ''})" if keys else ""
    )


def _shapes(place: TracebackType) -> str:
    expression = _expression(place)
    shapes = {}
    for node in ast.walk(expression) if expression is not None else ():
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            shape = _shape(_value(node, place))
            if shape is not None:
                shapes[ast.unparse(node)] = shape
    said = [f"{name} has shape {shape}" for name, shape in itertools.islice(shapes.items(), _MOST_ARRAYS)]
    return f" (here {', '.join(said)})" if said else ""


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array or a tensor, and None for anything else: other classes may do anything."""
    if (type(value).__module__, type(value).__name__) not in {("numpy", "ndarray"), ("torch", "Tensor")}:
        return None
    return tuple(int(length) for length in value.shape)


def _expression(place: TracebackType) -> ast.expr | None:
    """Return the expression at which an error was raised; None if it is longer than a line, or a statement."""
    code, names = place.tb_frame.f_code, place.tb_frame.f_globals
    line, last, start, end = next(itertools.islice(code.co_positions(), place.tb_lasti // 2, None))
    if line is None or line != last or start is None or end is None:
        return None
    source = names["__loader__"].get_source(names["__name__"]).splitlines()[line - 1]
    text = source.encode()[start:end].decode()
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def _value(expression: ast.expr, place: TracebackType) -> Any:
    """Return a variable, an instance's own attribute, or a dict's item; None for what would have to be run."""
    if isinstance(expression, ast.Name):
        frame = place.tb_frame
        return frame.f_locals.get(expression.id, frame.f_globals.get(expression.id))
    if isinstance(expression, ast.Attribute):
        owner = _value(expression.value, place)
        own = owner.__dict__ if owner is not None and hasattr(owner, "__dict__") else {}
        return own.get(expression.attr) if type(own) is dict else None
    if isinstance(expression, ast.Subscript) and isinstance(expression.slice, ast.Constant):
        owner = _value(expression.value, place)
        return owner.get(expression.slice.value) if type(owner) is dict else None
    return None
