"""Drawing the images of the offline set: a setting, some clutter, and the figure that gives the class.

What can be learned from it is meant to resemble CIFAR-10. Colours of the setting and of the figure go with
the class, but overlap: enough for a linear classifier to get some way, and a little more for a fully
connected net. The figure itself decides, and it appears in any place, size and orientation: that takes a
convolutional net.
"""

from __future__ import annotations

import numpy as np

from .shapes import FIGURES

SIDE = 32
CLASSES = len(FIGURES)

# Where the pixels' centres lie when the image reaches from -1 to 1.
_AXIS = ((np.arange(SIDE) + 0.5) * 2 / SIDE - 1).astype(np.float32)

# One setting per class: the colours (RGB, 0 to 255) of the top and the bottom of the picture.
_SETTINGS = np.array(
    [
        [[125, 185, 240], [65, 120, 180]],
        [[150, 150, 150], [80, 70, 65]],
        [[150, 195, 230], [80, 130, 40]],
        [[170, 125, 80], [125, 80, 50]],
        [[45, 75, 15], [100, 100, 35]],
        [[210, 175, 140], [185, 175, 155]],
        [[50, 40, 0], [25, 50, 0]],
        [[165, 195, 180], [165, 140, 75]],
        [[195, 230, 240], [45, 75, 125]],
        [[235, 245, 250], [120, 120, 130]],
    ],
    dtype=np.float32,
)
# Two usual colours of the figure for each class.
_FIGURE_COLOURS = np.array(
    [
        [[225, 225, 225], [190, 60, 50]],
        [[200, 40, 40], [40, 60, 140]],
        [[120, 80, 60], [60, 60, 60]],
        [[220, 190, 150], [50, 50, 55]],
        [[170, 120, 70], [110, 80, 60]],
        [[240, 230, 215], [120, 85, 60]],
        [[90, 140, 60], [200, 170, 70]],
        [[130, 75, 45], [215, 205, 190]],
        [[235, 235, 240], [60, 70, 90]],
        [[230, 200, 60], [60, 110, 190]],
    ],
    dtype=np.float32,
)
_OWN_SETTING, _SHARED_SETTING, _USUAL_COLOUR = 0.48, 0.17, 0.5


def _setting_odds() -> np.ndarray:
    """Probability of each setting (column) given the class (row): its own, two shared ones, or any other."""
    rest = (1 - _OWN_SETTING - 2 * _SHARED_SETTING) / (CLASSES - 3)
    odds = np.full((CLASSES, CLASSES), rest)
    for label in range(CLASSES):
        odds[label, [label, (label + 3) % CLASSES, (label + 7) % CLASSES]] = (
            _OWN_SETTING,
            _SHARED_SETTING,
            _SHARED_SETTING,
        )
    return odds


_CUMULATIVE_ODDS = _setting_odds().cumsum(axis=1)[:, :-1]


def draw(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one image for each label.

    Parameters
    ----------
    labels : integer array (n,)
    rng : Generator

    Returns
    -------
    images : uint8 array (n, 3, 32, 32)
    """
    n = len(labels)
    images = _backgrounds(labels, rng)
    for _ in range(2):
        clutter, colours = rng.integers(CLASSES, size=n), rng.uniform(20, 235, (n, 3))
        _paint(images, clutter, colours, rng, sizes=(0.15, 0.3), spread=0.9)
    usual = _FIGURE_COLOURS[labels, rng.integers(2, size=n)]
    colours = np.where(rng.random((n, 1)) < _USUAL_COLOUR, usual, rng.uniform(20, 235, (n, 3)))
    _paint(images, labels, colours + rng.normal(0, 18, (n, 3)), rng, sizes=(0.35, 0.75), spread=0.4)

    exposure = rng.normal(1, 0.12, (n, 1, 1, 1))
    images *= exposure.astype(np.float32)
    images += 9 * rng.standard_normal(images.shape, dtype=np.float32)
    return np.clip(images, 0, 255).astype(np.uint8)


def _backgrounds(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return images (n, 3, 32, 32) of settings: two colours that blend at some height, uneven light and texture."""
    n = len(labels)
    setting = (rng.random((n, 1)) > _CUMULATIVE_ODDS[labels]).sum(axis=1)
    brightness, brightness_of_each, tint = (
        rng.normal(0, 22, (n, 1, 1)),
        rng.normal(0, 16, (n, 2, 1)),
        rng.normal(0, 10, (n, 2, 3)),
    )
    colours = _SETTINGS[setting] + brightness + brightness_of_each + tint
    top, bottom = colours.transpose(1, 0, 2)[..., None]  # (n, 3, 1) each

    horizon, softness = rng.normal(0, 0.45, (n, 1)), rng.uniform(0.1, 1.2, (n, 1))
    blend = np.clip(0.5 + (_AXIS - horizon) / (2 * softness), 0, 1)[:, None]  # (n, 1, 32)
    columns = (top + blend * (bottom - top)).astype(np.float32)

    roughness = rng.gamma(2, 6, (n, 1, 1)).astype(np.float32)
    light = 18 * _smooth_fields(n, 3, rng) + roughness * _smooth_fields(n, 9, rng)
    return columns[..., None] + light[:, None]


def _smooth_fields(n: int, cells: int, rng: np.random.Generator) -> np.ndarray:
    """Return random fields (n, 32, 32): a grid of ``cells`` × ``cells`` normal values, interpolated linearly."""
    at = np.linspace(0, cells - 1, SIDE)[:, None]
    weights = np.maximum(0, 1 - np.abs(at - np.arange(cells))).astype(np.float32)
    return weights @ rng.standard_normal((n, cells, cells), dtype=np.float32) @ weights.T


def _paint(
    images: np.ndarray,
    figures: np.ndarray,
    colours: np.ndarray,
    rng: np.random.Generator,
    sizes: tuple[float, float],
    spread: float,
) -> None:
    """Paint one figure into each image, at a random place within ``±spread``, in a random size and orientation."""
    n = len(images)
    across, down = rng.uniform(-spread, spread, (2, n))
    size, stretch = rng.uniform(*sizes, n), np.exp(rng.normal(0, 0.12, n))
    angle, slope = rng.normal(0, 0.35, n), rng.normal(0, 0.15, n)
    placement = np.stack([across, down, size, stretch, np.cos(angle), np.sin(angle), slope]).astype(
        np.float32
    )
    for label, (outline, pattern) in enumerate(FIGURES.values()):
        rows = np.flatnonzero(figures == label)
        x, y, s, a, cosine, sine, tilt = placement[:, rows, None, None]
        right, below = _AXIS - x, _AXIS[:, None] - y
        u = (cosine * right + sine * below) / (s * a)
        v = (cosine * below - sine * right) / (s / a)
        coverage = np.clip(0.5 - outline(u, v) * s * (SIDE / 2), 0, 1)
        shade = 1 + tilt * u
        if pattern is not None:
            shade *= 1 - 0.45 * pattern(u, v)
        colour = colours[rows].astype(np.float32)[:, :, None, None]
        images[rows] += coverage[:, None] * (colour * shade[:, None] - images[rows])
