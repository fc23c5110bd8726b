"""Look at the steps of a function: the values of its own variables when it returns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def variables(function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """Call a Python function and return what its variables hold when it returns, by their names.

    Whoever listens to calls already, a debugger or a profiler, does so again afterwards.
    """
    code = getattr(function, "__code__", None)
    found: dict[str, Any] = {}

    def look(frame: FrameType, event: str, argument: Any) -> None:
        if event == "return" and frame.f_code is code:
            found.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        function(*arguments)
    finally:
        sys.setprofile(before)
    return found
