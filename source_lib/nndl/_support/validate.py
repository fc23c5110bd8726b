"""Checks of arguments, so that a wrong array is refused where it enters and not ten calls later.

Every message names the argument, what came and what was expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral, Real
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
        If ``value`` is not an array, or its dtype is not of an accepted kind.
    ValueError
        If the number of axes or the shape differs.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, but got {type(value).__name__}")
    if value.dtype.kind not in kinds:
        wanted = "floating-point numbers" if kinds == "f" else "real numbers"
        raise TypeError(f"{name} must hold {wanted}, but its dtype is {value.dtype}")
    if ndim is not None and value.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, but its shape is {value.shape}")
    if shape is not None:
        matches = len(shape) == value.ndim and all(
            want is None or want == got for want, got in zip(shape, value.shape, strict=True)
        )
        if not matches:
            lengths = ["any" if n is None else str(n) for n in shape]
            expected = f"({lengths[0]},)" if len(lengths) == 1 else f"({', '.join(lengths)})"
            raise ValueError(f"{name} must have shape {expected}, but its shape is {value.shape}")
    return value


def check_labels(name: str, y: Any, rows: int, classes: int) -> np.ndarray:
    """Return ``y`` if it holds one class index in ``0 … classes - 1`` for each of ``rows`` rows.

    Raises
    ------
    TypeError
        If ``y`` is not an integer array.
    ValueError
        If its shape is not ``(rows,)`` or a label is out of range.
    """
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu":
        came = f"an array of {y.dtype}" if isinstance(y, np.ndarray) else type(y).__name__
        raise TypeError(f"{name} must be an array of integer class labels, but got {came}")
    if y.shape != (rows,):
        raise ValueError(f"{name} must have shape ({rows},), one label per row, but its shape is {y.shape}")
    if y.size and not (y.min() >= 0 and y.max() < classes):
        raise ValueError(f"{name} must hold labels from 0 to {classes - 1}, but has {y.min()} to {y.max()}")
    return y


def check_choice(name: str, value: Any, choices: Iterable[Any]) -> Any:
    """Return ``value`` if it is one of ``choices``; raise ``ValueError`` that lists them otherwise."""
    options = list(choices)
    if value not in options:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, options))}, but got {value!r}")
    return value


def check_key(name: str, params: Any, key: str) -> Any:
    """Return ``params[key]`` of the settings dict that the caller knows as ``name``.

    Raises
    ------
    TypeError
        If ``params`` is not a dict.
    ValueError
        If the key is missing.
    """
    check_dict(name, params)
    if key not in params:
        raise ValueError(f"{name} must have the key {key!r}, but its keys are {list(params)}")
    return params[key]


def check_dict(name: str, params: Any) -> Mapping[str, Any]:
    """Return ``params`` if it is a dict; raise ``TypeError`` otherwise."""
    if not isinstance(params, Mapping):
        raise TypeError(f"{name} must be a dict of settings, but got {type(params).__name__}")
    return params


def check_integer(name: str, value: Any, *, minimum: int) -> int:
    """Return ``value`` as an ``int`` if it is a whole number that is not below ``minimum``.

    Raises
    ------
    TypeError
        If it is not an integer; neither a bool nor a float such as 2.0 is one.
    ValueError
        If it is too small.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, but got {value!r}")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, but got {value!r}")
    return int(value)


def check_number(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
) -> float:
    """Return ``value`` as a Python float if it lies in the range; ``above`` itself is excluded.

    A Python float, unlike ``np.float64``, leaves float32 arrays at float32 when it is multiplied with them.

    Raises
    ------
    TypeError
        If it is not a real number.
    ValueError
        If it is out of range or NaN.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, but got {value!r}")
    number = float(value)
    inside = (
        number == number
        and (above is None or number > above)
        and (minimum is None or number >= minimum)
        and (maximum is None or number <= maximum)
    )
    if not inside:
        bounds = [f"above {above:g}"] if above is not None else []
        bounds += [f"at least {minimum:g}"] if minimum is not None else []
        bounds += [f"at most {maximum:g}"] if maximum is not None else []
        raise ValueError(f"{name} must be {' and '.join(bounds) or 'a number'}, but got {value!r}")
    return number
