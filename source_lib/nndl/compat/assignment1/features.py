"""``cs231n.features``: histograms of oriented gradients and of colours."""

from collections.abc import Callable as _Callable
from collections.abc import Sequence as _Sequence

import matplotlib
import matplotlib.colors
import numpy as np

_CELL = 8  # pixels, in both directions
_ORIENTATIONS = 9
# As the course has them; the usual weight of blue is 0.114.
_GREY = (0.299, 0.587, 0.144)


def extract_features(
    imgs: np.ndarray, feature_fns: _Sequence[_Callable[[np.ndarray], np.ndarray]], verbose: bool = False
) -> np.ndarray:
    """Apply feature functions to images, and put the features of an image side by side.

    Parameters
    ----------
    imgs : array (N, H, W, C)
    feature_fns : sequence of callable
        Each takes one image (H, W, C) and returns one axis of features.
    verbose : bool, default False
        Print a line for every thousand images.

    Returns
    -------
    features : float64 array (N, F_1 + ... + F_k)
    """
    rows = []
    for i, image in enumerate(imgs, start=1):
        rows.append(np.concatenate([feature(image.squeeze()) for feature in feature_fns]))
        if verbose and i % 1000 == 0:
            print(f"Done extracting features for {i} / {len(imgs)} images")
    return np.array(rows, dtype=np.float64)


def rgb2gray(rgb: np.ndarray) -> np.ndarray:
    """Return the brightness (..., H, W) of an image (..., H, W, 3)."""
    return rgb[..., :3] @ np.array(_GREY)


def hog_feature(im: np.ndarray) -> np.ndarray:
    """Compute a histogram of oriented gradients.

    The brightness of each pixel is compared with that of its right and lower neighbours. In cells of 8 × 8 pixels, the
    lengths of these gradients are averaged separately for nine ranges of 20 degrees of their direction; gradients
    whose direction is in none of them, half of the circle, do not count.

    Parameters
    ----------
    im : array (H, W) or (H, W, 3)

    Returns
    -------
    feature : array (H // 8 * W // 8 * 9,)

    References
    ----------
    N. Dalal and B. Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
    """
    grey = rgb2gray(im) if im.ndim == 3 else np.atleast_2d(im)
    gx, gy = np.zeros(grey.shape), np.zeros(grey.shape)
    gx[:, :-1] = np.diff(grey, axis=1)
    gy[:-1] = np.diff(grey, axis=0)
    length = np.sqrt(gx**2 + gy**2)
    direction = np.degrees(np.arctan2(gy, gx + 1e-15)) + 90

    height, width = grey.shape[0] // _CELL, grey.shape[1] // _CELL
    histogram = np.zeros((width, height, _ORIENTATIONS))
    for i in range(_ORIENTATIONS):
        step = 180 / _ORIENTATIONS
        inside = (direction >= step * i) & (direction < step * (i + 1)) & (direction > 0)
        chosen = np.where(inside, length, 0)[: height * _CELL, : width * _CELL]
        cells = chosen.reshape(height, _CELL, width, _CELL).mean(axis=(1, 3))
        histogram[:, :, i] = cells.T
    return histogram.ravel()


def color_histogram_hsv(
    im: np.ndarray, nbin: int = 10, xmin: float = 0, xmax: float = 255, normalized: bool = True
) -> np.ndarray:
    """Compute the histogram of the hues of an image.

    Parameters
    ----------
    im : array (H, W, 3)
        Pixels from 0 to ``xmax``.
    nbin : int, default 10
    xmin, xmax : float, default 0 and 255
        Range of the histogram; hues are scaled to 0 … ``xmax``.
    normalized : bool, default True
        Return shares of the pixels, which sum to 1.

    Returns
    -------
    feature : array (nbin,)
    """
    hue = matplotlib.colors.rgb_to_hsv(im / xmax)[:, :, 0] * xmax
    counts, edges = np.histogram(hue, bins=np.linspace(xmin, xmax, nbin + 1), density=normalized)
    return counts * np.diff(edges)
