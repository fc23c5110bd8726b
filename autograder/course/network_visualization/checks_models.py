"""Small classifiers whose scores the grader knows, and what the checks of pixel gradients share."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judging.check import Draw, Finding
from autograder.judging.compare import claim, dict_with_keys, is_same

Weights = list[np.ndarray]

CHANNELS, HEIGHT, WIDTH = 3, 5, 7
ROUNDING = 1e-6
"""Room for one rounding to float32."""

STEP = 1e-5
"""Room for a small number, say 1e-6, that is added to a length so that nothing is divided by 0."""

WALL = 30.0  # the first call imports PyTorch


def linear(draw: Draw, classes: int) -> Weights:
    """Draw a classifier whose scores are linear in the pixels."""
    return [draw.normal(CHANNELS * HEIGHT * WIDTH, classes, scale=0.4)]


def convolutional(draw: Draw, classes: int) -> Weights:
    """Draw a classifier with one layer of filters; each class has two of its own, so that it can win anywhere."""
    matrix = draw.normal(2 * classes, classes, scale=0.3)
    for own in range(classes):
        matrix[own::classes, own] += 2.0
    return [draw.normal(2 * classes, CHANNELS, 3, 3), matrix]


MODELS = {"linear": linear, "convolutional": convolutional}


def scores(weights: Weights, X: np.ndarray) -> np.ndarray:
    """Return what the classifier with these weights gives for images."""
    if len(weights) == 2:
        windows = np.lib.stride_tricks.sliding_window_view(X, weights[0].shape[2:], axis=(2, 3))
        X = np.maximum(np.einsum("ncpqhw,fchw->nfpq", windows, weights[0]), 0).mean(axis=(2, 3))
    return X.reshape(len(X), -1) @ weights[-1]


def images(draw: Draw, n: int, scale: float = 1.0) -> np.ndarray:
    """Draw images."""
    return draw.normal(n, CHANNELS, HEIGHT, WIDTH, scale=scale)


def out_of_reach_for(
    steps: int, X: np.ndarray, target: int, other: int, classes: int
) -> tuple[np.ndarray, Weights]:
    """Return an image near ``X``, and a classifier that takes it for ``target`` after so many steps of length 1.

    The target's score is one pixel, so that every norm of its gradient is 1. All other scores fall by 9 where it rises
    by 1: after the last step it leads by 5, which is beyond doubt enough. ``other`` leads before, by a
    pixel of large numbers with a small weight, so that climbing the difference of the two leads the same way.
    """
    weights = np.eye(X.size)[:, :classes] / 1000
    weights[target] = -9
    weights[target, target] = 1
    X = X.copy()
    X.reshape(-1)[other] = 1000 * (10 * (X.reshape(-1)[target] + steps) - 5)
    return X, [weights]


def fields(answer: Any, *names: str) -> dict[str, Any]:
    """Return the fields of an answer of `nndl.as_arrays.visualization`, which runs beside the student's code."""
    return dict_with_keys(answer, names, "the answer of nndl.as_arrays.visualization")


def same(part: str, name: str, after: Any, before: np.ndarray) -> Finding:
    """Say whether an argument still holds what it held."""
    right = is_same(after, before)
    message = f"{name} was modified: work on a copy"
    return claim(part, f"{name} unchanged", right, message, expected=before, actual=after)
