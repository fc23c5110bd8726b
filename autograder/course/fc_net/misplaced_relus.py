"""Gradients of fully connected nets whose ReLUs are misplaced: one forgotten, on the scores, before the first layer.

Where such a net makes the student's scores, its gradients are right, too: the mistake is in the scores, which have
a check of their own. All numbers are computed here. The slope of the student's own loss would not do: scores in
which a parameter is missing have a slope of 0, which takes no backward pass.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection

import numpy as np

from autograder.course.nets import Params
from nndl.diagnosis import agree


def of_the_same_scores(
    params: Params,
    X: np.ndarray,
    y: np.ndarray,
    reg: float,
    *,
    many: np.ndarray,
    scores: Callable[[np.ndarray], object],
) -> Params | None:
    """Return the gradients of the net with misplaced ReLUs that has these scores; None if there is none.

    Parameters
    ----------
    params, X, y, reg
        Of the net, and what it is asked for.
    many : ndarray
        So many other rows that no unit of the net is off for all of them.
    scores : callable
        Gives what came as the scores of rows.
    """
    places = range(len(params) // 2 + 1)
    came = {"X": scores(X), "many": scores(many)}
    for number in range(len(places) + 1):
        for relus in itertools.combinations(places, number):
            due = {"X": _forward(params, X, relus)[-1], "many": _forward(params, many, relus)[-1]}
            if all(agree(came[k], due[k], scale=float(np.abs(due[k]).max())) for k in due):
                return _gradients(params, X, y, reg, relus)
    return None


def _forward(params: Params, X: np.ndarray, relus: Collection[int]) -> list[np.ndarray]:
    """Return what goes into each affine layer, and the scores: place 0 is before the first layer, 1 behind it."""
    out = X.reshape(len(X), -1)
    passed = [np.maximum(out, 0) if 0 in relus else out]
    for i in range(1, len(params) // 2 + 1):
        out = passed[-1] @ params[f"W{i}"] + params[f"b{i}"]
        passed.append(np.maximum(out, 0) if i in relus else out)
    return passed


def _gradients(params: Params, X: np.ndarray, y: np.ndarray, reg: float, relus: Collection[int]) -> Params:
    passed, grads = _forward(params, X, relus), {}
    shifted = np.exp(passed[-1] - passed[-1].max(axis=1, keepdims=True))
    back = shifted / shifted.sum(axis=1, keepdims=True)
    back[np.arange(len(y)), y] -= 1
    back /= len(y)
    for i in range(len(passed) - 1, 0, -1):
        if i in relus:
            back = np.where(passed[i] > 0, back, 0)
        grads[f"W{i}"] = passed[i - 1].T @ back + reg * params[f"W{i}"]
        grads[f"b{i}"] = back.sum(axis=0)
        back = back @ params[f"W{i}"].T
    return grads
