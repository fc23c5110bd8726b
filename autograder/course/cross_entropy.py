"""What is told of a wrong cross-entropy: how the probabilities were kept away from 0, and why exp overflows."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judging.compare import is_number

OVERFLOW = (
    "np.exp is infinite above 709 and 0 below -745: which number can be taken from all scores of a row first?"
)

_SMALL = (*(10.0**-k for k in range(3, 17)), float(np.finfo(np.float64).eps))
"""Numbers that people add to a probability before they take its logarithm."""


def what_is_told(got: Any, scores: np.ndarray, y: np.ndarray) -> str:
    """Say how a wrong mean cross-entropy of these scores was made; an empty text if that is unclear."""
    if not is_number(got):
        return ""
    if not np.isfinite(float(got)):
        return OVERFLOW
    shifted = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    right = p[np.arange(len(y)), y]
    for small in _SMALL:
        made = {
            f"with {small:.3g} added before the logarithm": right + small,
            f"that are {small:.3g} at least": np.maximum(right, small),
        }
        fits = [said for said, values in made.items() if _same(got, float(-np.log(values).mean()))]
        if fits:
            return f"it is that of probabilities {', or '.join(fits)}"
    return ""


def _same(got: Any, made: float) -> bool:
    return abs(float(got) - made) <= 1e-9 * abs(made)
