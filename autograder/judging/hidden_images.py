"""Images for accuracy checks that no student has seen.

With CIFAR-10 these are the 10,000 test images.  With the drawn offline set they are drawn afresh from a seed of
the run, so even knowing the generator does not tell which images come.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Collection

import numpy as np

from nndl.data_utils import draw_offline_images, read_CIFAR10

from ..library import made_ahead

OFFLINE = "offline"
TRAINING_ROWS = 49_000
"""The course's training split; its mean image is subtracted everywhere."""
SMALL_TRAINING_ROWS = 10_000
"""The training split of the milestones that work with few images and scale them to [0, 1]."""
DRAWN_IMAGES = 10_000


class DataUnavailable(Exception):
    """The hidden images are not available: a matter for the instructor, never the student's fault."""


class HiddenImages:
    """The source of hidden images of one run.

    Parameters
    ----------
    source : str or None
        A folder with CIFAR-10, ``"offline"``, or None for the environment variable ``NNDL_DATA``.
    """

    def __init__(self, source: str | None):
        self._source = source or os.environ.get("NNDL_DATA") or ""

    @property
    def name(self) -> str:
        """What the report says: ``"offline"`` or ``"CIFAR-10"``."""
        return OFFLINE if self._source == OFFLINE else "CIFAR-10"

    def prepare(self, asked: Collection[tuple[int, int]] = ()) -> None:
        """Read what every run needs, whatever its seed, or have images drawn meanwhile.

        Parameters
        ----------
        asked : collection of (seed, n)
            What will be asked of `unseen_pixels`; with ``n = 0`` of `unseen`.
        """
        if self._source == OFFLINE:
            for seed, n in asked:
                if n:
                    like = (((n, *_CHANNELS_FIRST), "uint8"), ((n,), "int64"))
                    made_ahead.order((seed, n), like, functools.partial(_drawn_pixels, seed, n))
                else:
                    made_ahead.order(seed, _DRAWN, functools.partial(_drawn_with_mean, seed))
            if not asked:
                _mean_image(OFFLINE)
        else:
            _test_set(self._source)

    def unseen(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return flat images (N, 3072) less the training mean, float32 and read-only, and their labels (N,).

        Raises
        ------
        DataUnavailable
            If the source cannot be read.
        """
        try:
            if self._source == OFFLINE:
                return _drawn_set(seed)
            return _test_set(self._source)
        except (OSError, ValueError) as error:
            raise DataUnavailable(str(error)) from None

    def unseen_scaled(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the same images scaled to [0, 1], less the mean of the first 10,000 training images.

        That is ``get_flat_CIFAR10_data(10_000)`` divided by 255: the recipe of the linear classifier and of the
        neural network modules.

        Raises
        ------
        DataUnavailable
            If the source cannot be read.
        """
        X, y = self.unseen(seed)
        try:
            shift = _mean_image(self._source) - _mean_image(self._source, SMALL_TRAINING_ROWS)
        except (OSError, ValueError) as error:
            raise DataUnavailable(str(error)) from None
        return (X + shift) / np.float32(255), y

    def unseen_pixels(self, seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return ``n`` hidden images as bytes, channels first: uint8 (n, 3, 32, 32), and their labels (n,).

        Raises
        ------
        DataUnavailable
            If the source cannot be read.
        """
        try:
            return _pixels(self._source, seed, n)
        except (OSError, ValueError) as error:
            raise DataUnavailable(str(error)) from None


def _flat(images: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return np.subtract(images.reshape(len(images), -1), mean, dtype=np.float32)


_CHANNELS_FIRST = (3, 32, 32)
_PIXELS = 3 * 32 * 32
_DRAWN = (((DRAWN_IMAGES, _PIXELS), "float32"), ((DRAWN_IMAGES,), "int64"), ((_PIXELS,), "float32"))
"""What `_drawn_with_mean` returns."""


@functools.lru_cache(maxsize=4)
def _mean_image(source: str, rows: int = TRAINING_ROWS) -> np.ndarray:
    images, *_ = read_CIFAR10(source or None)
    mean = images[:rows].mean(axis=0, dtype=np.float64)
    return mean.transpose(1, 2, 0).ravel().astype(np.float32)


@functools.lru_cache(maxsize=1)
def _test_set(source: str) -> tuple[np.ndarray, np.ndarray]:
    _, _, images, labels = read_CIFAR10(source or None)
    return _read_only(_flat(images.transpose(0, 2, 3, 1), _mean_image(source))), labels


@functools.lru_cache(maxsize=1)
def _drawn_set(seed: int) -> tuple[np.ndarray, np.ndarray]:
    images, labels, _ = made_ahead.ordered(seed) or _drawn_with_mean(seed)
    return _read_only(images), labels


def _read_only(images: np.ndarray) -> np.ndarray:
    """Return images that no submission's check can change for the next one."""
    images.flags.writeable = False
    return images


def _drawn_with_mean(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    images, labels = draw_offline_images(DRAWN_IMAGES, seed)
    mean = _mean_image(OFFLINE)
    return _flat(images, mean), labels, mean


def _drawn_pixels(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    images, labels = draw_offline_images(n, seed)
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)), labels


@functools.lru_cache(
    maxsize=8
)  # a milestone's checks have a seed each, the same for every submission of a run
def _pixels(source: str, seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    if source == OFFLINE:
        images, labels = made_ahead.ordered((seed, n)) or _drawn_pixels(seed, n)
        return images, labels
    _, _, images, labels = read_CIFAR10(source or None)
    rows = np.random.default_rng(seed).permutation(len(images))[:n]
    return images[rows], labels[rows]
