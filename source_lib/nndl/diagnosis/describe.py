"""Short texts for values of any size."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np

_WIDE_ARRAY = 6  # arrays up to this many entries are printed in full


def describe(value: Any) -> str:
    """Return a short text for ``value``: small arrays in full, large ones by shape, dtype and range."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        if value.size <= _WIDE_ARRAY:
            return np.array2string(value, precision=6, separator=", ", max_line_width=10_000).replace(
                "\n", ""
            )
        numbers = value[~np.isnan(value)]
        values = f"values {numbers.min():.4g} to {numbers.max():.4g}" if numbers.size else "all NaN"
        if 0 < numbers.size < value.size:
            values += f", {value.size - numbers.size} of {value.size} NaN"
        return f"array of shape {value.shape}, {value.dtype}, {values}"
    if isinstance(value, (bool, np.bool_)) or value is None:
        return str(value)
    if isinstance(value, (int, float, np.integer, np.floating)) and not _is_huge(value):
        return f"{float(value) + 0.0:.10g}"  # never -0
    # Bounded: writing out a list of thousands of arrays takes minutes, and all but its beginning is cut off.
    text = _BRIEF.repr(value)
    return text if len(text) <= 200 else text[:197] + "..."


def _is_huge(value: Any) -> bool:
    """Whether this is an integer that no floating-point number comes near, and that may be too long to write out."""
    return isinstance(value, int) and value.bit_length() > 1000


class _Brief(reprlib.Repr):
    """A ``repr`` that looks at the beginning of containers only, and at no entry of a nested array."""

    def repr1(self, x: Any, level: int) -> str:
        if isinstance(x, np.ndarray):
            return f"array of shape {x.shape}, {x.dtype}"
        if _is_huge(x):
            return f"an integer of {x.bit_length()} bits"
        return super().repr1(x, level)


_BRIEF = _Brief()
_BRIEF.maxstring = _BRIEF.maxother = _BRIEF.maxlong = 200
