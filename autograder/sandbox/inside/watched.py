"""What was put into a worker, and whether it still is that: told with each reply, it need not be asked and sent back.

This file is shown in the sandbox: it imports NumPy and the standard library, and must hold no secret.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_LARGEST = 4 << 20
"""Bytes of an array that is watched."""

_SMALL, _MOST = 1 << 12, 50
"""Bytes of the arrays in a dict that is told as it is, and its entries."""

_TOLD = frozenset((np.ndarray, np.float64, np.float32, np.int64, bool, int, float, type(None)))
_INTEGERS, _WIDEST = 1 << 62, 8
"""What is told of a dict: numbers of the usual sizes, and arrays of them."""


class Watched:
    """Arrays and dicts by the numbers under which a worker keeps them."""

    def __init__(self) -> None:
        self._arrays: dict[int, tuple[np.ndarray, np.dtype, tuple[int, ...], bytes]] = {}
        self._dicts: dict[int, dict[Any, Any]] = {}

    def put(self, number: int, value: Any) -> None:
        """Watch a value from here on, if it is of a kind that is watched."""
        if type(value) is np.ndarray and value.nbytes <= _LARGEST:
            self._arrays[number] = value, value.dtype, value.shape, value.tobytes()
        elif type(value) is dict:
            self._dicts[number] = value

    def drop(self, number: int) -> None:
        """Watch a value no more."""
        self._arrays.pop(number, None)
        self._dicts.pop(number, None)

    def clear(self) -> None:
        """Watch nothing any more."""
        self._arrays.clear()
        self._dicts.clear()

    def told(self) -> dict[str, Any]:
        """Return the fields of a reply about what is watched: what is ``still`` as it was, and what is ``held``."""
        still = [
            number
            for number, (value, dtype, shape, before) in self._arrays.items()
            if value.dtype == dtype and value.shape == shape and value.tobytes() == before
        ]
        held = {number: value for number, value in self._dicts.items() if _is_small(value)}
        return {**({"still": still} if still else {}), **({"held": held} if held else {})}


def _is_small(value: dict[Any, Any]) -> bool:
    """Whether a dict holds a few plain things, which can be sent whatever they are."""
    return (
        len(value) <= _MOST
        and all(type(key) is str for key in value)
        and all(map(_is_plain, value.values()))
        and sum(item.nbytes for item in value.values() if type(item) is np.ndarray) <= _SMALL
    )


def _is_plain(item: Any) -> bool:
    kind = type(item)
    if kind is np.ndarray:
        return item.dtype.kind in "fiub" and item.dtype.itemsize <= _WIDEST
    return kind in _TOLD and (kind is not int or -_INTEGERS < item < _INTEGERS)
