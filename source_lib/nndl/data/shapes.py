"""The ten figures of the offline image set, as distances from their outlines.

Each function takes the coordinates u (to the right) and v (down) of points, in units of the figure's size,
and returns a number per point: negative inside the figure, positive outside, and about the distance to the
outline near it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Points = np.ndarray


def _box(u: Points, v: Points, half_width: float, half_height: float) -> Points:
    return np.maximum(np.abs(u) - half_width, np.abs(v) - half_height)


def disc(u: Points, v: Points) -> Points:
    """Fill a circle."""
    return np.hypot(u, v) - 1


def square(u: Points, v: Points) -> Points:
    """Fill a square."""
    return _box(u, v, 0.9, 0.9)


def triangle(u: Points, v: Points) -> Points:
    """Fill a triangle that points up."""
    return np.maximum(np.sqrt(0.75) * np.abs(u) - 0.5 * v, v) - 0.5


def ring(u: Points, v: Points) -> Points:
    """Fill a circle that has a hole."""
    return np.abs(np.hypot(u, v) - 0.72) - 0.26


def plus(u: Points, v: Points) -> Points:
    """Fill two bars that cross in their middles."""
    return np.minimum(_box(u, v, 0.33, 1), _box(u, v, 1, 0.33))


def star(u: Points, v: Points) -> Points:
    """Fill a star with five arms."""
    return np.hypot(u, v) - 0.72 - 0.38 * np.cos(5 * np.arctan2(u, -v))


def bar(u: Points, v: Points) -> Points:
    """Fill a long rectangle."""
    return _box(u, v, 1.3, 0.4)


def crescent(u: Points, v: Points) -> Points:
    """Fill a disc but for another that overlaps it from the right."""
    return np.maximum(np.hypot(u, v) - 1, 0.8 - np.hypot(u - 0.5, v))


def checks(u: Points, v: Points) -> Points:
    """Return 1 where a check pattern is dark, 0 elsewhere."""
    return (np.floor(2.2 * u) + np.floor(2.2 * v)) % 2


def stripes(u: Points, v: Points) -> Points:
    """Return 1 where a pattern of horizontal stripes is dark, 0 elsewhere."""
    return np.floor(2.4 * v) % 2


Field = Callable[[Points, Points], Points]

FIGURES: dict[str, tuple[Field, Field | None]] = {
    "disc": (disc, None),
    "square": (square, None),
    "triangle": (triangle, None),
    "ring": (ring, None),
    "plus": (plus, None),
    "star": (star, None),
    "bar": (bar, None),
    "crescent": (crescent, None),
    "checked disc": (disc, checks),
    "striped square": (square, stripes),
}
"""Class name → outline and, if any, the pattern that darkens the figure; in the order of the labels."""
