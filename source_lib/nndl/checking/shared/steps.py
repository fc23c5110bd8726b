"""Look at the steps of a function: the values of its own variables when it returns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

import numpy as np

from .model import Remark


def variables(
    function: Callable[..., Any], *arguments: Any, into: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Call a Python function and return what its variables hold when it returns, by their names.

    With ``into`` they come into that dict, also if the function fails. Whoever listens to calls already, a debugger or
    a profiler, does so again afterwards.
    """
    code = getattr(function, "__code__", None)
    found = {} if into is None else into

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


def remark_on_float64(function: Callable[..., Any], *arguments: Any) -> Remark | None:
    """Return which variable of a function is the first that is of float64, where all arguments are of float32."""
    for name, value in _so_far(function, *arguments).items():
        if isinstance(value, np.ndarray | np.generic) and value.dtype == np.float64:
            return Remark(f"the first of your variables in `{function.__name__}` that is float64 is `{name}`")
    return None


def remarks_on_variables(
    meanings: Mapping[str, np.ndarray], function: Callable[..., Any], *arguments: Any
) -> Iterator[Remark]:
    """Say which variables of a function hold something that a mistake is known to put there.

    Parameters
    ----------
    meanings : mapping
        What an array is, such as ``"the mean over the rows of the batch"``, and its numbers.
    function, arguments
        What is called.
    """
    given = {id(argument) for argument in arguments}
    for name, value in _so_far(function, *arguments).items():
        if not isinstance(value, np.ndarray | np.floating) or id(value) in given:
            continue
        for meaning, numbers in meanings.items():
            if value.size == np.size(numbers) and np.allclose(
                np.ravel(value), np.ravel(numbers), rtol=1e-9, atol=1e-12
            ):
                yield Remark(f"your variable `{name}` holds {meaning}")


def remarks_on_borders(
    x: np.ndarray, pad: int, function: Callable[..., Any], *arguments: Any
) -> Iterator[Remark]:
    """Say which variables hold the images with a border on other axes than those of rows and columns."""
    for name, value in _so_far(function, *arguments).items():
        if not isinstance(value, np.ndarray) or value.ndim != x.ndim:
            continue
        grown = [after - before for before, after in zip(x.shape, value.shape, strict=True)]
        if any(grown) and set(grown) <= {0, 2 * pad} and grown != [0, 0, 2 * pad, 2 * pad]:
            axes = ", ".join(str(axis) for axis, more in enumerate(grown) if more)
            yield Remark(
                f"your variable `{name}` has a border along axis {axes}; rows and columns are axes 2 and 3"
            )


def _so_far(function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """Return what the variables hold when a function returns or fails."""
    found: dict[str, Any] = {}
    with suppress(Exception), np.errstate(all="ignore"):
        variables(function, *arguments, into=found)
    return found
