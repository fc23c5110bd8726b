"""Judging what a student has trained: the stored arrays, and the points for their accuracy on unseen images."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nndl.checking.shared.accuracy import AccuracyRule

from ..failures import StudentError
from ..library.interface import Library
from .check import Finding
from .compare import claim, dict_with_keys, graded
from .hidden_images import InTurn

STANDARD_ERRORS = 3.5
"""How much chance is allowed for: a net at the threshold falls below it in fewer than 1 of 1,000 draws."""

LOOKS = (500, 1000, 1500, 2000, 3000, 5000)
"""After so many images `settled_early` may leave out the others."""

SURE_OF_ALL, SURE_OF_NONE = 4.0, 5.0
"""So many standard errors from where points change: the others change them in fewer than 1 of 5,000 draws, after all
looks together. To earn none is the harder to be sure of: nobody loses a point by it."""

_ROUNDING = 1e-3
"""Far more than what float32 changes in a score of a net, compared with the largest one."""


def stored_arrays(
    student: Library, file: str, names: Sequence[str] | None, how: str
) -> dict[str, Any] | Finding:
    """Return the arrays of a file that was handed in, or the finding that there are none.

    Parameters
    ----------
    student : Library
        The submission.
    file : str
        Name of the ``.npz`` file.
    names : sequence of str or None
        The arrays that it must hold, and no others; None for any.
    how : str
        How a student gets such a file, e.g. ``"the cell `store` of the notebook writes it"``.
    """
    try:
        arrays = student.load_arrays(file)
        return arrays if names is None else dict_with_keys(arrays, names, file)
    except StudentError as error:
        if error.type_name == "FileNotFoundError":
            message = f"{file} was not handed in: {how}"
        else:
            what = "arrays" if names is None else f"the arrays {', '.join(names)}"
            message = f"{file} does not hold {what}: {error.message}"
        return refused(file, message)


def refused(file: str, message: str) -> Finding:
    """Return the finding that a file which was handed in, or should have been, earns nothing."""
    return claim("accuracy", file, False, message, expected="stored arrays", actual="none")


def floats(
    stored: Mapping[str, Any], file: str, name: str, shape: tuple[int, ...], why: str = ""
) -> np.ndarray:
    """Return one stored array in float64.

    Raises
    ------
    StudentError
        If it is not an array of finite floating-point numbers of this shape; ``why`` is put after the right shape.
    """
    array = stored[name]
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        raise StudentError("TypeError", f"{name} in {file} must be an array of floating-point numbers")
    if array.shape != shape:
        message = f"{name} in {file} has shape {array.shape}, but it must be {shape}"
        raise StudentError("ValueError", f"{message}: {why}" if why else message)
    if not np.isfinite(array).all():
        raise StudentError("ValueError", f"{name} in {file} contains NaN or infinity")
    return array.astype(np.float64)


def accuracy_of(
    scores: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    labels: np.ndarray,
    batch: int = 1000,
    *,
    roughly: Callable[[np.ndarray], np.ndarray] | None = None,
) -> float:
    """Return the share of images whose highest score is that of their label.

    Parameters
    ----------
    scores : callable
        Gives the scores of some images.
    images, labels : array
    batch : int, default 1000
        How many images it is given at once.
    roughly : callable, optional
        Gives the same in float32, which takes half the time or less. Then ``scores`` is only asked about images whose
        two highest scores are nearly the same.
    """
    right = sum(
        _right(scores, images[start : start + batch], labels[start : start + batch], roughly)
        for start in range(0, len(images), batch)
    )
    return right / len(images)


def _right(
    scores: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    labels: np.ndarray,
    roughly: Callable[[np.ndarray], np.ndarray] | None,
) -> int:
    """Return for how many images the highest score is that of their label."""
    found = (roughly or scores)(images)
    chosen = found.argmax(axis=1)
    if roughly is not None and (unsure := _nearly_even(found)).any():
        chosen[unsure] = scores(images[unsure]).argmax(axis=1)
    return int(np.sum(chosen == labels))


def in_float32(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays of a net for `accuracy_of`'s rough scores; what is too large becomes infinite."""
    with np.errstate(over="ignore"):
        return {name: array.astype(np.float32) for name, array in arrays.items()}


@np.errstate(invalid="ignore", over="ignore")
def _nearly_even(scores: np.ndarray) -> np.ndarray:
    """Return for each row whether its two highest scores differ by so little that rounding may change their order."""
    second, first = np.partition(scores, -2, axis=1)[:, -2:].T
    return ~(first - second > _ROUNDING * np.abs(scores).max(axis=1))  # also where they are no numbers


def settled_early(
    rule: AccuracyRule,
    scores: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray | InTurn,
    labels: np.ndarray | InTurn,
    batch: int = LOOKS[0],
    *,
    roughly: Callable[[np.ndarray], np.ndarray] | None = None,
) -> tuple[float, int]:
    """Return an accuracy, and on how many images: all, or the first ones where these leave no doubt about the points.

    For images in an order that is drawn. Nothing is left out unless all would earn every
    point, or none, even if the other images were as unlike the first ones as `SURE_OF_ALL` and `SURE_OF_NONE` allow.

    Parameters
    ----------
    rule : AccuracyRule
    scores : callable
        Gives the scores of some images.
    images, labels : array
    batch : int, default 500
        How many images at once.
    roughly : callable, optional
        As for `accuracy_of`.
    """
    right = seen = 0
    while seen < len(images):
        rows = slice(seen, seen + batch)
        right += _right(scores, images[rows], labels[rows], roughly)
        seen = min(seen + batch, len(images))
        if seen in LOOKS and _is_settled(rule, right / seen, seen, len(images)):
            break
    return right / seen, seen


def _is_settled(rule: AccuracyRule, accuracy: float, seen: int, images: int) -> bool:
    # of the difference between some images and all of them, were every second answer right
    error = math.sqrt(0.25 * (1 / seen - 1 / images))
    lowest, highest = accuracy - SURE_OF_ALL * error, accuracy + SURE_OF_NONE * error
    return credit(rule, lowest, images) == 1 or credit(rule, highest, images) == 0


def credit(rule: AccuracyRule, accuracy: float, images: int) -> float:
    """Return the share of the points that an accuracy on ``images`` drawn images earns.

    The rule gets an allowance for the draw of the images: none where no point is earned, growing to 3.5 standard
    errors where all are, so that a net that is truly at the threshold loses a point in fewer than 1 of 1,000
    cases.
    """
    threshold = rule.full / 100
    error = 100 * math.sqrt(threshold * (1 - threshold) / images)
    share = (100 * accuracy - rule.none) / (rule.full - rule.none)
    return rule.credit(accuracy, STANDARD_ERRORS * error * min(max(share, 0.0), 1.0))


def accuracy_finding(rule: AccuracyRule, accuracy: float, images: int, note: str = "") -> Finding:
    """Return the finding about a stored net's accuracy; ``note`` is put after the message."""
    earned = credit(rule, accuracy, images)
    message = (
        f"the stored net classifies {100 * accuracy:.1f} % of {images} unseen images correctly, which earns "
        f"{100 * earned:.0f} % of the points; {rule.full} % earns full points"
    )
    message = f"{message}. {note}" if note else message
    return graded(
        "accuracy",
        "accuracy on unseen images",
        earned,
        message,
        expected=f">= {rule.full / 100}",
        actual=accuracy,
    )
