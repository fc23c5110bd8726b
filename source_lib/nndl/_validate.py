"""Checks of arguments, so that a wrong array is refused where it enters and not ten calls later.

Every message names the argument, what came and what was expected.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def check_array(
    name: str,
    value: Any,
    *,
    ndim: int | None = None,
    shape: tuple[int | None, ...] | None = None,
    kinds: str = "fiu",
) -> np.ndarray:
    """Return ``value`` if it is an array of the expected kind and shape.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array
        What was passed.
    ndim : int, optional
        Number of axes that is required.
    shape : tuple of int or None, optional
        Required shape; ``None`` stands for any length.
    kinds : str, default "fiu"
        Accepted ``dtype.kind`` letters: floats, signed and unsigned integers.

    Raises
    ------
    TypeError
        If ``value`` is no array or its dtype is not of an accepted kind.
    ValueError
        If the number of axes or the shape differs.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, but got {type(value).__name__}")
    if value.dtype.kind not in kinds:
        raise TypeError(f"{name} must hold real numbers, but its dtype is {value.dtype}")
    if ndim is not None and value.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, but its shape is {value.shape}")
    if shape is not None:
        matches = len(shape) == value.ndim and all(
            want is None or want == got for want, got in zip(shape, value.shape, strict=True)
        )
        if not matches:
            expected = "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
            raise ValueError(f"{name} must have shape {expected}, but its shape is {value.shape}")
    return value


def check_labels(name: str, y: Any, rows: int, classes: int) -> np.ndarray:
    """Return ``y`` if it holds one class index in ``0 … classes - 1`` for each of ``rows`` rows.

    Raises
    ------
    TypeError
        If ``y`` is no integer array.
    ValueError
        If its shape is not ``(rows,)`` or a label is out of range.
    """
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu":
        came = f"an array of {y.dtype}" if isinstance(y, np.ndarray) else type(y).__name__
        raise TypeError(f"{name} must be an array of integer class labels, but got {came}")
    if y.shape != (rows,):
        raise ValueError(f"{name} must have shape ({rows},), one label per row, but its shape is {y.shape}")
    if y.size and not (0 <= y.min() and y.max() < classes):
        raise ValueError(f"{name} must hold labels from 0 to {classes - 1}, but has {y.min()} to {y.max()}")
    return y


def check_choice(name: str, value: Any, choices: Iterable[Any]) -> Any:
    """Return ``value`` if it is one of ``choices``; raise ``ValueError`` that lists them otherwise."""
    options = list(choices)
    if value not in options:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, options))}, but got {value!r}")
    return value
