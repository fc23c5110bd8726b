"""Awkward values: every kind that a submission could give in place of the one that a check expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Path = tuple[Any, ...]
"""Keys and indices that lead from a value to something in it."""


class Hostile:
    """What no message can carry, but an edited reference in this process can return."""

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError("compared")

    __hash__ = None

    def __bool__(self) -> bool:
        raise ZeroDivisionError("asked for its truth")

    def __len__(self) -> int:
        raise ZeroDivisionError("asked for its length")

    def __iter__(self) -> Iterator[Any]:
        raise ZeroDivisionError("gone through")

    def __float__(self) -> float:
        raise ZeroDivisionError("taken as a number")

    def __array__(self, *arguments: Any, **options: Any) -> Any:
        raise ZeroDivisionError("taken as an array")

    def __repr__(self) -> str:
        raise ZeroDivisionError("shown")


class AlwaysEqual:
    """Says that it is equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 0


def _array(value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        return np.ones((2, 3))
    return array if array.dtype.kind in "fiub" else np.ones((2, 3))


def _objects(*items: Any) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        array[index] = item
    return array


def _nested(value: Any) -> Any:
    for _ in range(30):
        value = [value]
    return value


WRONG: dict[str, Callable[[Any], Any]] = {
    "None": lambda value: None,
    "text": lambda value: "0.5",
    "text for a number": lambda value: np.asarray(["a", "b"]),
    "bytes": lambda value: b"\x00",
    "empty list": lambda value: [],
    "empty tuple": lambda value: (),
    "empty dict": lambda value: {},
    "empty array": lambda value: np.empty((0,)),
    "array without rows": lambda value: np.empty((0, 3, 2)),
    "no axes": lambda value: np.array(-271.5),
    "another shape": lambda value: np.full((2, 5, 3), 0.25),
    "one more axis": lambda value: _array(value)[..., np.newaxis] * np.ones(7),
    "one row more": lambda value: np.concatenate([np.atleast_1d(_array(value)).ravel(), [1.0, 2.0]]),
    "NaN": lambda value: np.full(_array(value).shape, np.nan),
    "infinity": lambda value: np.full(_array(value).shape, -np.inf),
    "huge numbers": lambda value: np.full(_array(value).shape, 1.7e308),
    "tiny numbers": lambda value: np.full(_array(value).shape, -5e-324) - 3.25,
    "smallest integer": lambda value: np.full(_array(value).shape, -(2**63), dtype=np.int64),
    "largest integer": lambda value: np.full(_array(value).shape, 2**64 - 1, dtype=np.uint64),
    "an integer out of range": lambda value: -(2**63),
    "NaN alone": lambda value: float("nan"),
    "complex": lambda value: np.full(_array(value).shape, 3.5 + 2j),
    "nested": lambda value: _nested(value),
    "ragged": lambda value: [[1.0], [2.0, 3.0], "x"],
    "dict of itself": lambda value: {"value": value, 3: value},
    "pair of itself": lambda value: (value, value),
    "large array": lambda value: np.full(1 << 17, 7.25),
    "long list": lambda value: [0.125] * 20_000,
    "structured keys": lambda value: {(1, 2): 3, None: 4, 2.5: "x"},
    "hostile object": lambda value: Hostile(),
    "equal to everything": lambda value: AlwaysEqual(),
    "list of hostile objects": lambda value: [Hostile(), Hostile()],
    "array of objects": lambda value: _objects(Hostile(), None, "x"),
}
"""Kinds that are right for nothing: name → what makes one in place of a value."""

ODD: dict[str, Callable[[Any], Any]] = {
    "half precision": lambda value: _array(value).astype(np.float16),
    "single precision": lambda value: _array(value).astype(np.float32),
    "integers": lambda value: np.nan_to_num(_array(value)).astype(np.int64),
    "truth values": lambda value: _array(value) > 0,
    "big-endian": lambda value: _array(value).astype(">f8"),
    "list": lambda value: _array(value).tolist(),
    "transposed": lambda value: _array(value).T,
    "flat": lambda value: _array(value).ravel(),
    "alone in a list": lambda value: [value],
    "zeros": lambda value: np.zeros(_array(value).shape),
}
"""Kinds that some check may take for right."""


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield where something can be replaced in a value: the whole, and each item of dicts, lists and tuples."""
    yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list | tuple)
        else ()
    )
    for key, item in list(items)[:12]:
        yield from places(item, (*path, key))


def at(value: Any, path: Path) -> Any:
    """Return what is at a place."""
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: Path, new: Any) -> Any:
    """Return a value with something else at a place."""
    if not path:
        return new
    key, *rest = path
    inner = replaced(value[key], tuple(rest), new)
    if isinstance(value, dict):
        return value | {key: inner}
    copy = [*value]
    copy[key] = inner
    return copy if isinstance(value, list) else tuple(copy)


def clearly_wrong(value: Any) -> Any:
    """Return a value of the same form that is wrong in every entry."""
    if isinstance(value, dict):
        return {key: clearly_wrong(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(clearly_wrong(item) for item in value)
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, str):
        return value + "?"
    if isinstance(value, np.ndarray) and value.dtype.kind == "b":
        return ~value
    if isinstance(value, np.ndarray | np.generic | int | float):
        wrong = np.asarray(value)
        if wrong.dtype.kind in "iu":
            return wrong + 1 if isinstance(value, np.ndarray) else int(value) + 1
        ramp = np.linspace(3.1, 5.7, wrong.size, dtype=wrong.dtype).reshape(wrong.shape)
        made = (ramp - 1.7 * wrong).astype(wrong.dtype)
        return made if isinstance(value, np.ndarray) else float(made)
    return 41.5
