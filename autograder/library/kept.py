"""What is kept of a value until the report is written: all of it if it is small, and otherwise what can be said of it.

A submission decides how large its values are, and a finding outlives the case that showed it. Without a limit, the
values of some hundred findings of 64 MiB each would wait in the grader's memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from nndl.diagnosis import describe

from ..sandbox.inside.protocol import encode

SMALL = 64 << 10
"""Bytes that every value may take."""

LARGEST = 4 << 20
"""Bytes that no value takes that is kept whole."""

_CONTAINER = 64


@dataclass(frozen=True)
class Described:
    """Stands for a value that was too large to be kept.

    Attributes
    ----------
    text : str
        What `nndl.diagnosis.describe` says of it.
    digest : bytes
        Equal for equal values.
    """

    text: str
    digest: bytes

    def __repr__(self) -> str:
        return self.text


def kept(value: Any, expected: Any = None) -> Any:
    """Return a value, or what stands for it if it is large, and much larger than the one that was expected.

    Parameters
    ----------
    value : object
        Anything that may have come from a submission.
    expected : object, optional
        A value of ours; what is about as large is kept.
    """
    limit = min(max(SMALL, 4 * size(expected, LARGEST)), LARGEST)
    if size(value, limit) <= limit:
        # a small piece of a large array would keep all of it
        return value.copy() if _is_piece(value) else value
    try:
        digest = hashlib.sha256(encode(value)).digest()
    except Exception:  # it never crossed the boundary: its text has to do
        digest = b""
    return Described(describe(value), digest)


def _is_piece(value: Any) -> bool:
    return (
        isinstance(value, np.ndarray) and isinstance(value.base, np.ndarray) and value.base.size > value.size
    )


def same_array(one: Any, other: Any) -> bool:
    """Return whether two values are arrays that cannot be told apart."""
    return (
        type(one) is type(other) is np.ndarray
        and one.dtype == other.dtype
        and one.shape == other.shape
        and one.tobytes() == other.tobytes()
    )


def size(value: Any, enough: int) -> int:
    """Return about how many bytes a value takes; counting ends above ``enough``."""
    if type(value) is np.ndarray:
        return _CONTAINER + value.nbytes
    total = 0
    pending = [value]
    while pending and total <= enough:
        item = pending.pop()
        total += _CONTAINER
        if isinstance(item, np.ndarray):
            total += item.nbytes
        elif isinstance(item, str | bytes):
            total += len(item)
        elif isinstance(item, int):
            total += item.bit_length() // 8
        elif isinstance(item, dict):
            # what is not looked at any more counts, too
            total += _CONTAINER * len(item)
            pending += [*item.keys(), *item.values()] if total <= enough else []
        elif isinstance(item, list | tuple | set):
            total += _CONTAINER * len(item)
            pending += item if total <= enough else []
    return total
