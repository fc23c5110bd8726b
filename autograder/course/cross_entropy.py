"""What is told of a wrong cross-entropy: how the probabilities were kept away from 0, and why exp overflows."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judging.compare import is_number, words

OVERFLOW = (
    "np.exp is infinite above 709 and 0 below -745: which number can be taken from all scores of a row first?"
)

_SMALL = (*(10.0**-k for k in range(3, 17)), float(np.finfo(np.float64).eps))
"""Numbers that people add to a probability before they take its logarithm."""


_LARGEST = 1e-5
"""A number that is larger changes losses by more than a rounding error of single precision does, and is a mistake."""

NEARLY = 1e-8
"""How exact the numbers have to be that a softmax makes: who adds 1e-9 to its sum, or less, has right ones."""

SMALL = (0.0, *(number for number in _SMALL if number <= _LARGEST))
"""The numbers that are added to probabilities, or none: which one it is shows where a probability is about as small."""


@words
def what_is_told(got: Any, scores: np.ndarray, y: np.ndarray) -> str:
    """Say how a wrong mean cross-entropy of these scores was made; an empty text if that is unclear."""
    if is_number(got) and not np.isfinite(float(got)):
        return OVERFLOW
    return told_of_probabilities(got, right_probabilities(scores, y))


def told_of_probabilities(got: Any, right: np.ndarray) -> str:
    """Say how a wrong mean cross-entropy was made of the right classes' probabilities; empty if that is unclear."""
    if not is_number(got):
        return ""
    if not np.isfinite(float(got)):
        return "a probability of 0 has no logarithm" if not right.all() else ""
    with np.errstate(divide="ignore"):
        if _same(got, float(-np.log(right).mean())):
            return "it is that of the probabilities as they are, with nothing added before the logarithm"
    for small in _SMALL:
        made = {
            f"with {small:.3g} added before the logarithm": right + small,
            f"that are {small:.3g} at least": np.maximum(right, small),
        }
        fits = [said for said, values in made.items() if _same(got, float(-np.log(values).mean()))]
        if fits:
            return f"it is that of probabilities {', or '.join(fits)}"
    return ""


def right_probabilities(scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return what the softmax of the scores gives to the right class of each row."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    return np.asarray(p[np.arange(len(y)), y])


def number_added(got: Any, right: np.ndarray) -> float | None:
    """Return which small number a mean cross-entropy adds to probabilities far above it, or holds them above.

    0 is among them, and gives the loss that has none. None for what is no such loss. That the number is another one
    than the contract's shows where a probability is about as small.
    """
    if not is_number(got) or not np.isfinite(float(got)):
        return None
    fits = (small for small in SMALL if _same(got, float(-np.log(right + small).mean())))
    return next(fits, None)


def loss_with_number_added(got: Any, scores: np.ndarray, y: np.ndarray) -> float | None:
    """Return the mean cross-entropy with the small number that this one adds to its probabilities; None without one.

    It is right where no probability is about as small: that it is wrong there is a demand of its own.
    """
    right = right_probabilities(scores, y)
    small = number_added(got, right)
    return None if small is None else float(-np.log(right + small).mean())


def _same(got: Any, made: float) -> bool:
    return bool(np.isfinite(made)) and abs(float(got) - made) <= 1e-9 * abs(made)
