"""Places of an array that += names more than once: seen in what the variables hold when a check runs once more."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import numpy as np

from ..errors.once_more import once_more
from ..errors.operation import UNKNOWN, value_of
from .facts import functions_of

_FUNCTIONS = {ast.Add: ("+=", "np.add.at adds"), ast.Sub: ("-=", "np.subtract.at subtracts")}


def repeated_places(where: str, again: Callable[[], object]) -> list[str]:
    """Return a sentence for each += that names a place of an array more than once: it adds to it only once.

    Parameters
    ----------
    where : str
        What a check says of where its work is done.
    again : callable
        Runs the check; it is not called where no line of the functions could be one.
    """
    lines = {
        (file, function.node.name): added
        for file, function in functions_of(where)
        if (added := list(_added_to_places(function.node)))
    }
    found: dict[str, None] = {}

    def look(frame: FrameType, event: str, argument: object) -> None:
        key = Path(frame.f_code.co_filename), frame.f_code.co_name
        for node in lines.get(key, ()) if event == "return" else ():
            target: ast.Subscript = node.target  # type: ignore[assignment]
            if _names_a_place_twice(target.slice, frame):
                sign, does = _FUNCTIONS[type(node.op)]
                shown = ast.unparse(target)
                found[
                    f"line {node.lineno}: `{shown}` names some places more than once, and {sign} changes each of them "
                    f"once only; {does} every time"
                ] = None

    if lines:
        once_more(again, look)
    return list(found)


def _added_to_places(node: ast.FunctionDef) -> Iterator[ast.AugAssign]:
    """Yield what adds to several places of an array that have names."""
    loops = [n for n in ast.walk(node) if isinstance(n, ast.For)]
    counted = {n.id for loop in loops for n in ast.walk(loop.target) if isinstance(n, ast.Name)}
    for inner in ast.walk(node):
        if not isinstance(inner, ast.AugAssign) or not isinstance(inner.target, ast.Subscript):
            continue
        index = inner.target.slice
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        arrays = any(isinstance(part, ast.Name) and part.id not in counted for part in parts)
        if arrays and type(inner.op) in _FUNCTIONS:
            yield inner


def _names_a_place_twice(index: ast.expr, frame: FrameType) -> bool:
    """Return whether arrays of whole numbers stand in [ ], with one place in them more than once."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    held = [part.value if isinstance(part, ast.Constant) else value_of(part, frame) for part in parts]
    arrays = [np.asarray(value) for value in held if isinstance(value, np.ndarray | list)]
    unknown = any(
        value is UNKNOWN and not isinstance(part, ast.Slice) for part, value in zip(parts, held, strict=True)
    )
    if unknown or not arrays or any(array.dtype.kind not in "iu" for array in arrays):
        return False
    try:
        places = np.stack([np.ravel(array) for array in np.broadcast_arrays(*arrays)], axis=1)
    except ValueError:
        return False
    return len(np.unique(places, axis=0)) < len(places)
