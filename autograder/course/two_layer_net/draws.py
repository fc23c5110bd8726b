"""Parameters and rows by which a mistake shows, whatever the seed of the run is.

A small net can hide a mistake: one hidden unit that is on for every row needs no ReLU, and the largest of two scores is
often the largest share of its column, too. Such draws are made again, so that the points do not depend on the seed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.course.nets import Params
from autograder.judging.check import Draw
from autograder.judging.students_own_values import MANY_ROWS, rows_differ

_TRIES = 500


def draw_params(draw: Draw, d: int, h: int, c: int) -> Params:
    """Draw parameters that keep scores near 1, so that no probability is 0 or 1; biases included."""
    return {
        "W1": draw.normal(h, d, scale=d**-0.5),
        "b1": draw.normal(h),
        "W2": draw.normal(c, h, scale=h**-0.5),
        "b2": draw.normal(c),
    }


def many_rows(draw: Draw, X: np.ndarray) -> np.ndarray:
    """Draw so many rows like those of ``X`` that a mistake does not switch off all units for all of them."""
    return draw.normal(MANY_ROWS, X.shape[1], scale=max(float(X.std()), 0.1))


def draw_net_and_rows(
    draw: Draw,
    n: int,
    d: int,
    h: int,
    c: int,
    *,
    changed: Callable[[Params, np.ndarray], None] = lambda params, X: None,
    fits: Callable[[Params, np.ndarray], bool] = lambda params, X: True,
) -> tuple[Params, np.ndarray]:
    """Draw parameters and rows by which mistakes in the forward pass show, and by whose wrong scores others are judged.

    Parameters
    ----------
    draw : Draw
    n, d, h, c : int
        Numbers of rows, inputs, hidden units and classes.
    changed : callable
        Changes what was drawn.
    fits : callable
        What else must hold of the parameters and rows.
    """
    for _ in range(_TRIES):
        params, X = draw_params(draw, d, h, c), draw.normal(n, d)
        changed(params, X)
        if _shows_mistakes(params, X, many_rows(draw, X)) and fits(params, X):
            break
    return params, X


def to_large_scores(scores: np.ndarray, b2: np.ndarray) -> float:
    """Return what W2 is multiplied with to make the largest score about 1e4.

    It is positive then: exp of a negative one is 0, which is right for all but the largest of a row.
    """
    of_weights = scores - b2
    # Where no hidden unit is on there is nothing to make larger; such nets are drawn anew.
    return 1e4 / (float(max(of_weights.max(), of_weights.min(), key=abs)) or 1.0)


def tells_how_chosen(scores: np.ndarray) -> bool:
    """Return whether labels that are chosen otherwise than by the highest score of a row are wrong in some row."""
    columns = np.exp(scores - scores.max(axis=0))
    others = (-scores, np.abs(scores), columns / columns.sum(axis=0))
    labels = scores.argmax(axis=1)
    if len(scores) > 1 and not np.ptp(labels):
        return False  # the same class for every row would be right without any work
    return all((other.argmax(axis=1) != labels).any() for other in others)


def _shows_mistakes(params: Params, X: np.ndarray, many: np.ndarray) -> bool:
    before = X @ params["W1"].T + params["b1"]
    if not (before > 0).any() or not (before < 0).any():
        return False  # a ReLU that is missing, or a bias, makes no difference then
    scores, many_scores = scores_of(params, X), scores_of(params, many)
    if not (scores < 0).any():
        return False  # nor does a ReLU too many
    large = to_large_scores(scores, params["b2"]) * (many_scores - params["b2"]) + params["b2"]
    return all(rows_differ(view) for some in (many_scores, large) for view in _views(some))


def scores_of(params: Params, X: np.ndarray) -> np.ndarray:
    """Return the right scores."""
    hidden = np.maximum(0, X @ params["W1"].T + params["b1"])
    return np.asarray(hidden @ params["W2"].T + params["b2"])


def _views(scores: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return scores, and what frequent mistakes make of them: a ReLU, probabilities."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores, np.maximum(scores, 0), shares / shares.sum(axis=1, keepdims=True)
