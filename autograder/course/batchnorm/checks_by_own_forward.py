"""What a student's forward pass makes of its inputs, as the measure of what builds on it.

A gradient is judged by the formula on the student's *own* normalized values, where these are a normalization at all: a
forward pass with, say, another variance then does not cost the points of the backward pass, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judging.check import Draw
from autograder.judging.compare import is_finite
from nndl.diagnosis import agree

_FACTOR = 2.45
"""The least spread that is drawn is 0.5, and the largest eps 0.7: 0.5 / (0.5 + 0.7) is no less than one over this."""


@dataclass(frozen=True)
class Normalized:
    """A forward pass with unit scale and no shift gave ``x_hat = (x - mean) * inverse_std``."""

    x_hat: np.ndarray
    mean: np.ndarray
    inverse_std: np.ndarray
    axis: int | None
    """What it was taken along; None for all entries."""


def draw_inputs(draw: Draw, n: int, d: int, axis: int = 0) -> np.ndarray:
    """Draw inputs whose features (``axis`` 0) or rows (``axis`` 1) have unlike means and spreads.

    Means lie two to three spreads from 0, and the first spread is far from 1: a mean that is not taken off, or a
    variance in place of its root, is then no normalization in the sense of `normalized_by`.
    """
    if axis == 1:
        return draw_inputs(draw, d, n).T.copy()
    spread = np.array([draw.uniform(3, 4) if i == 0 else draw.uniform(0.5, 2) for i in range(d)])
    centre = np.array([draw.uniform(2, 3) * (-1) ** i for i in range(d)])
    x = draw.normal(n, d)
    if n > 1:
        x = (x - x.mean(axis=0)) / x.std(axis=0)
    return (x + centre) * spread


def draw_gamma(draw: Draw, d: int) -> np.ndarray:
    """Draw scales of both signs, none of them near 0 or 1."""
    return np.array([draw.uniform(1.3, 2.5) * (-1) ** (i // 2) for i in range(d)])


def normalized_by(
    forward: Callable[..., Any], x: np.ndarray, param: Mapping[str, Any], axis: int
) -> Normalized | None:
    """Return what a forward pass makes of ``x`` with unit scale and no shift; None if that is not a normalization.

    It is one if the numbers along ``axis`` come out as ``(x - m) * s``, with ``s`` within a factor 2.45 of one over
    their standard deviation and ``m`` within one standard deviation of their mean.
    """
    ones = np.ones(x.shape[1])
    out, _ = forward(x, ones, np.zeros(x.shape[1]), dict(param))
    right = is_finite(out, x.shape) and out.dtype == np.float64
    if not right or x.shape[axis] < 2 or np.abs(out).max() > 1e6:
        return None
    mean, std = x.mean(axis=axis, keepdims=True), x.std(axis=axis, keepdims=True)
    centred = x - mean
    slope = (out * centred).sum(axis=axis, keepdims=True) / (centred**2).sum(axis=axis, keepdims=True)
    shift = out.mean(axis=axis, keepdims=True)
    plausible = ((slope * std > 1 / _FACTOR) & (slope * std < _FACTOR)).all() and (np.abs(shift) <= 1).all()
    if not plausible or np.abs(out - slope * centred - shift).max() > 1e-9:
        return None
    return Normalized(out, mean - shift / slope, slope, axis)


def normalized_elsewhere(
    forward: Callable[..., Any], x: np.ndarray, param: Mapping[str, Any], axis: int
) -> Normalized | None:
    """Return what a forward pass makes of ``x`` that normalizes along the other axis, or all entries as one.

    None for any other one: which entries belong together is the only mistake that it may have.
    """
    for other in (1 - axis, None):
        found = _normalized_along(forward, x, param, other)
        if found is not None and x.shape[1 - axis] == 1:
            # A single number becomes 0, which what is made up does, too. Two of them tell the two apart.
            wider = np.concatenate([x, 1 - 2 * x], axis=1 - axis)
            found = found if _normalized_along(forward, wider, param, other) else None
        if found is not None:
            return found
    return None


def _normalized_along(
    forward: Callable[..., Any], x: np.ndarray, param: Mapping[str, Any], axis: int | None
) -> Normalized | None:
    mean = x.mean(axis=axis, keepdims=True)
    inverse_std = 1 / np.sqrt(x.var(axis=axis, keepdims=True) + param.get("eps", 1e-5))
    x_hat = (x - mean) * inverse_std
    out, _ = forward(x, np.ones(x.shape[1]), np.zeros(x.shape[1]), dict(param))
    scale = float(np.abs(x * inverse_std).max())
    return Normalized(x_hat, mean, inverse_std, axis) if agree(out, x_hat, scale=scale) else None


def eps_of(forward: Callable[..., Any], x: np.ndarray, param: Mapping[str, Any], axis: int) -> float | None:
    """Return the one number that a forward pass adds to all variances; None if it adds no such number."""
    own = normalized_by(forward, x, param, axis)
    if own is None:
        return None
    variance = x.var(axis=axis, keepdims=True)
    added = own.inverse_std**-2 - variance
    is_one = np.ptp(added) <= 1e-12 * variance.max() and -1e-12 * variance.max() <= added.min()
    return max(0.0, float(added.mean())) if is_one and added.size > 1 else None


def gradients(
    dout: np.ndarray, gamma: np.ndarray, own: Normalized, degrees: int | np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ``dx, dgamma, dbeta`` by the closed form; the sum of squares was divided by ``degrees``.

    For ``inverse_std = 1 / (std + eps)``, with eps outside of the root, that is N times the two stds' quotient.
    """
    dx_hat, axis = dout * gamma, own.axis
    through_std = own.x_hat * (dx_hat * own.x_hat).sum(axis=axis, keepdims=True) / degrees
    dx = own.inverse_std * (dx_hat - dx_hat.mean(axis=axis, keepdims=True) - through_std)
    return dx, (dout * own.x_hat).sum(axis=0), dout.sum(axis=0)


def condition(x: np.ndarray, axis: int, eps: float = 1e-5) -> float:
    """Return the size of what a normalization subtracts: inputs and their mean in units of the standard deviation."""
    return max(1.0, float(np.abs(x / np.sqrt(x.var(axis=axis, keepdims=True) + eps)).max()))
