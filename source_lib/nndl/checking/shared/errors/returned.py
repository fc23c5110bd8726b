"""What a function has given back where its caller could not work with it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from .once_more import once_more
from .operation import failing_node, statement_at, what_it_is


class Returned(NamedTuple):
    """What came back from one call.

    Attributes
    ----------
    function : str
        The name of what was called.
    what : str
        What it gave, in words.
    wanted : int
        How many values were to be taken apart; 0 where none were.
    """

    function: str
    what: str
    wanted: int

    def sentence(self) -> str:
        """Return it as a sentence that is true whatever the function should have given."""
        taken = f", and {self.wanted} are taken apart here" if self.wanted else ""
        return f"`{self.function}` gives back {self.what}{taken}"


def what_came_back(step: TracebackType | None, again: Callable[[], object]) -> Returned | None:
    """Return what a call gave whose result has led to an error; None if the error is about something else.

    Parameters
    ----------
    step : traceback or None
        Where the error arose.
    again : callable
        Does all of it once more: what a line has handed on is not kept, so somebody must listen.
    """
    name, wanted = _called(step)
    if step is None or not name:
        return None
    code, lines = step.tb_frame.f_code, _statement_lines(step)
    found: list[Any] = []

    def look(frame: FrameType, event: str, argument: Any) -> None:
        caller = frame.f_back
        is_it = event == "return" and frame.f_code.co_name == name and caller is not None
        if is_it and caller.f_code is code and caller.f_lineno in lines:  # type: ignore[union-attr]
            found[:] = [what_it_is(argument)]

    once_more(again, look)
    return Returned(name, found[0], wanted) if found else None


def _called(step: TracebackType | None) -> tuple[str, int]:
    """Return the name of the call whose result is taken apart or looked into, and into how many values."""
    node = failing_node(step)
    value: ast.expr | None = None
    wanted = 0
    if isinstance(node, ast.Tuple | ast.List) and step is not None:
        statement = statement_at(step.tb_frame, step.tb_lineno)
        if isinstance(statement, ast.Assign):
            value, wanted = statement.value, len(node.elts)
    elif isinstance(node, ast.Subscript | ast.Attribute):
        value = node.value
    if not isinstance(value, ast.Call):
        return "", 0
    return getattr(value.func, "id", getattr(value.func, "attr", "")), wanted


def _statement_lines(step: TracebackType) -> range:
    statement = statement_at(step.tb_frame, step.tb_lineno)
    if statement is None:
        return range(step.tb_lineno, step.tb_lineno + 1)
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
