"""What a student's normalization of images makes of its inputs, as the measure of its backward pass.

As for batch normalization: a forward pass with, say, another variance or over other groups than were asked for does
not cost the points of the backward pass, too, as long as it is a normalization at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judging.compare import is_array, is_finite

Gradients = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Normalized:
    """A forward pass with unit scale and no shift gave ``x_hat = (x - mean) * inverse_std`` within every cell.

    Attributes
    ----------
    x_hat, inverse_std, std : array (N, C, H, W)
        The last is that of each cell, whatever the forward pass divides by.
    cells : int array (N, C, H, W)
        Entries with the same number were normalized together.
    """

    x_hat: np.ndarray
    inverse_std: np.ndarray
    std: np.ndarray
    cells: np.ndarray


def channels(shape: tuple[int, ...]) -> Iterable[np.ndarray]:
    """Yield what a batch normalization takes together, or may take by mistake."""
    n, c, h, w = np.indices(shape)
    yield c  # right
    yield n * shape[1] + c  # each image alone
    yield (c * shape[2] + h) * shape[3] + w  # each pixel alone


def groupings(shape: tuple[int, ...], groups: int) -> Iterable[np.ndarray]:
    """Yield what a group normalization takes together, or may take by mistake.

    The largest cells come first: what was normalized as a whole looks normalized in every part of it, too.
    """
    n, c, _, _ = np.indices(shape)
    size = shape[1] // groups
    yield c // size  # over the batch
    yield n  # all channels
    yield n * groups + c // size  # right
    yield n * groups + c % groups  # every G-th channel
    yield n * shape[1] + c  # every channel alone


Rows = Callable[[np.ndarray], np.ndarray]


def exchanged_layouts(shape: tuple[int, ...]) -> Iterable[tuple[Rows, Rows, Rows]]:
    """Yield the wrong ways between images and rows of channels: reshaped where axes should be moved, in, out or both.

    Each is three functions: one makes rows of the images, one images of rows again, and one rows of the output. Rows
    have the shape ``(N * H * W, C, 1, 1)``.
    """
    n, c, h, w = shape

    def moved(images: np.ndarray) -> np.ndarray:
        return images.transpose(0, 2, 3, 1).reshape(-1, c, 1, 1)

    def moved_back(rows: np.ndarray) -> np.ndarray:
        return rows.reshape(n, h, w, c).transpose(0, 3, 1, 2)

    def reshaped(images: np.ndarray) -> np.ndarray:
        return images.reshape(-1, c, 1, 1)

    def reshaped_back(rows: np.ndarray) -> np.ndarray:
        return rows.reshape(shape)

    yield reshaped, reshaped_back, reshaped
    yield reshaped, reshaped_back, moved
    yield moved, moved_back, reshaped


def normalized_by(
    forward: Callable[[np.ndarray, np.ndarray, np.ndarray], Any],
    x: np.ndarray,
    shape: tuple[int, ...],
    partitions: Iterable[np.ndarray],
) -> Normalized | None:
    """Return what ``forward(x, gamma, beta)`` makes of ``x`` with unit scale and no shift; None if it is not one.

    It is one if for some partition every cell comes out as ``(x - m) * s`` with ``s`` within a factor 2 of one over the
    cell's standard deviation nearly everywhere, and ``m`` within one standard deviation of its mean. ``shape`` is that
    of gamma.
    """
    out = forward(x, np.ones(shape), np.zeros(shape))
    right = is_finite(out, x.shape) and out.dtype == np.float64
    if not right or np.abs(out).max() > 1e6:
        return None
    for cells in partitions:
        centred = x - _mean(x, cells)
        variance = _mean(centred**2, cells)
        if not variance.all():
            continue
        slope, shift = _mean(out * centred, cells) / variance, _mean(out, cells)
        relative = slope * np.sqrt(variance)
        # In small cells some variances are near 0, and eps is what they are divided by.
        plausible = (relative < 2).all() and (relative > 0.5).mean() > 0.8 and (np.abs(shift) <= 1).all()
        if plausible and np.abs(out - slope * centred - shift).max() < 1e-9:
            return Normalized(out, slope, np.sqrt(variance), cells)
    return None


def gradients(dout: np.ndarray, gamma: np.ndarray, own: Normalized, degrees: np.ndarray) -> Gradients:
    """Return ``dx, dgamma, dbeta`` by the closed form; a sum of squares was divided by ``degrees``.

    For ``inverse_std = 1 / (std + eps)``, with eps outside of the root, that is m times the two stds' quotient.
    """
    scale = gamma.reshape(1, -1, 1, 1)
    dx_hat, count = dout * scale, _counts(own.cells)
    through_std = own.x_hat * _mean(dx_hat * own.x_hat, own.cells) * count / degrees
    dx = own.inverse_std * (dx_hat - _mean(dx_hat, own.cells) - through_std)
    dgamma, dbeta = ((dout * factor).sum(axis=(0, 2, 3)).reshape(gamma.shape) for factor in (own.x_hat, 1))
    return dx, dgamma, dbeta


def own_gradients(
    forward: Callable[[np.ndarray, np.ndarray, np.ndarray], Any],
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    dout: np.ndarray,
    partitions: Iterable[np.ndarray],
) -> list[Gradients]:
    """Return what may be called the gradients of a wrong forward pass; none where it is not a normalization.

    Where it does not scale by gamma, a backward pass that does not either is right.
    """
    own = normalized_by(forward, x, gamma.shape, partitions)
    if own is None:
        return []
    unscaled, out = np.ones(gamma.shape), forward(x, gamma, beta)
    scaled = is_array(out, x.shape) and out.dtype == np.float64
    if scaled and min(np.abs(out - own.x_hat - b).max() for b in (0, beta.reshape(1, -1, 1, 1))) < 1e-9:
        gamma = unscaled
    count = _counts(own.cells)
    return [
        gradients(dout, gamma, own, degrees)
        for degrees in (count, count - 1, count * own.inverse_std * own.std)
    ]


def _counts(cells: np.ndarray) -> np.ndarray:
    return np.bincount(cells.ravel(), minlength=1)[cells]


def _mean(values: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return for every entry the mean of its cell."""
    return (np.bincount(cells.ravel(), values.ravel()) / np.maximum(np.bincount(cells.ravel()), 1))[cells]
