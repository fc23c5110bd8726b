"""Small pictures of a wrong image or matrix: the right one, the student's and where they differ.

A report keeps them as a few levels of at most 16 by 16 places, which is enough to see a shifted, transposed or
half-filled array and too little to read inputs from.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

LEVELS = "0123456789"
UNKNOWN = "x"
"""Of a place whose number is not finite."""
_SIDE = 16
_SMALLEST = 4
"""Rows and columns; fewer are read faster as numbers."""


def levels(expected: Any, actual: Any) -> dict[str, list[str]] | None:
    """Return pictures as rows of digits by their names; None where these values have no picture.

    Parameters
    ----------
    expected, actual : object
        Arrays of one shape are drawn: their last two axes, in the slice that is wrong most.
    """
    if not (isinstance(expected, np.ndarray) and isinstance(actual, np.ndarray)):
        return None
    if expected.shape != actual.shape or expected.ndim < 2 or min(expected.shape[-2:]) < _SMALLEST:
        return None
    if expected.dtype.kind not in "fiub" or actual.dtype.kind not in "fiub":
        return None
    right, got = (np.asarray(a, dtype=float).reshape(-1, *expected.shape[-2:]) for a in (expected, actual))
    with np.errstate(all="ignore"):
        off = np.abs(right - got)
        off_or_lost = np.where(np.isfinite(off), off, np.inf)
        if not off_or_lost.any():
            return None
        worst, row, column = np.unravel_index(int(np.argmax(off_or_lost)), off.shape)
        shown = np.ix_(_some(off.shape[1], row), _some(off.shape[2], column))
        right, got, off = (a[worst][shown] for a in (right, got, off))
        finite = right[np.isfinite(right)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        return {
            "right": _digits(right, low, high),
            "yours": _digits(got, low, high),
            "difference": _digits(off, 0.0, float(off[np.isfinite(off)].max(initial=0.0))),
        }


def _some(length: int, wanted: np.intp) -> np.ndarray:
    """Return at most 16 places of an axis, evenly apart, and the one that is wanted."""
    evenly = np.linspace(0, length - 1, min(length, _SIDE)).round().astype(int)
    evenly[np.argmin(np.abs(evenly - wanted))] = wanted
    return evenly


def _digits(a: np.ndarray, low: float, high: float) -> list[str]:
    known = np.isfinite(a)
    share = (a - low) / (high - low) if high > low else np.where(a > low, 1.0, 0.0)
    level = np.clip(np.where(known, share, 0.0) * len(LEVELS), 0, len(LEVELS) - 1).astype(int)
    return [
        "".join(LEVELS[n] if is_known else UNKNOWN for n, is_known in zip(*row, strict=True))
        for row in zip(level, known, strict=True)
    ]


def address(rows: Sequence[str]) -> str:
    """Return a picture of rows of digits as a ``data:`` address; places that are not finite are red."""
    from PIL import Image  # processes that only grade do not need it

    red, scale = (200, 30, 30), 255 // (len(LEVELS) - 1)
    dots = [[red if d == UNKNOWN else (255 - scale * LEVELS.index(d),) * 3 for d in row] for row in rows]
    stream = io.BytesIO()
    Image.fromarray(np.asarray(dots, dtype=np.uint8)).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def of_check(check: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the pictures of a check, one for each part: its name, and names and addresses of its pictures."""
    found: dict[str, dict[str, Any]] = {}
    for finding in check["findings"]:
        part = finding["part"] or finding["label"]
        if finding.get("picture") and part not in found:
            shown = [(name, address(rows)) for name, rows in finding["picture"].items()]
            found[part] = {"part": part, "pictures": shown}
    return list(found.values())
