"""Images for accuracy checks that no student has seen.

With CIFAR-10 these are the 10,000 test images.  With the drawn offline set they are drawn afresh from a seed of
the run, so even knowing the generator does not tell which images come.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Collection, Iterator

import numpy as np

from nndl.data_utils import draw_offline_images, offline_blocks, read_CIFAR10

from ..library import made_ahead

OFFLINE = "offline"
TRAINING_ROWS = 49_000
"""The course's training split; its mean image is subtracted everywhere."""
SMALL_TRAINING_ROWS = 10_000
"""The training split of the milestones that work with few images and scale them to [0, 1]."""
DRAWN_IMAGES = 10_000


class DataUnavailable(Exception):
    """The hidden images are not available: a matter for the instructor, never the student's fault."""


class InTurn:
    """An array whose first rows may be there before the others: they are asked for one slice after another.

    Parameters
    ----------
    length : int
        How many rows there are.
    with_rows : callable
        Gives an array whose first so many rows are there.
    """

    def __init__(self, length: int, with_rows: Callable[[int], np.ndarray]):
        self._length = length
        self._with_rows = with_rows

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, rows: slice) -> np.ndarray:
        rows = slice(*rows.indices(self._length))
        return self._with_rows(rows.stop)[rows]


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
                    made_ahead.order((seed, n), like, functools.partial(offline_blocks, n, seed))
                else:
                    made_ahead.order(seed, _DRAWN, functools.partial(_flat_blocks, seed))
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

    def unseen_in_turn(self, seed: int) -> tuple[InTurn, InTurn]:
        """Return the same as `unseen` in an order that is drawn, for who may not need all of them.

        Raises
        ------
        DataUnavailable
            If the source cannot be read.
        """
        if self._source == OFFLINE:
            return _in_turn(seed, lambda: self.unseen(seed))
        images, labels = self.unseen(seed)
        order = np.random.default_rng(seed).permutation(len(labels))
        return _in_turn(None, lambda: (images[order], labels[order]))

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

    def pixels_in_turn(self, seed: int, n: int) -> tuple[InTurn, InTurn]:
        """Return the same as `unseen_pixels`, for who may not need all of them.

        Raises
        ------
        DataUnavailable
            If the source cannot be read.
        """
        return _in_turn((seed, n), lambda: self.unseen_pixels(seed, n))

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


def _in_turn(ordered: object, otherwise: Callable[[], made_ahead.Arrays]) -> tuple[InTurn, InTurn]:
    """Return images and labels as somebody makes them meanwhile, or all of them from a function."""
    everything = functools.cache(otherwise)

    def part(which: int, rows: int) -> np.ndarray:
        return (made_ahead.ordered(ordered, rows) or everything())[which]

    length = len(part(0, 0))
    images, labels = (InTurn(length, functools.partial(part, which)) for which in range(2))
    return images, labels


def _flat(images: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return np.subtract(images.reshape(len(images), -1), mean, dtype=np.float32)


_CHANNELS_FIRST = (3, 32, 32)
PIXELS = 3 * 32 * 32
"""Numbers of one image."""
_DRAWN = (((DRAWN_IMAGES, PIXELS), "float32"), ((DRAWN_IMAGES,), "int64"))
"""What `_drawn_flat` returns."""


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
    images, labels = made_ahead.ordered(seed) or _drawn_flat(seed)
    return _read_only(images), labels


def _read_only(images: np.ndarray) -> np.ndarray:
    """Return images that no submission's check can change for the next one."""
    images.flags.writeable = False
    return images


def _drawn_flat(seed: int) -> tuple[np.ndarray, np.ndarray]:
    images, labels = draw_offline_images(DRAWN_IMAGES, seed)
    return _flat(images, _mean_image(OFFLINE)), labels


def _flat_blocks(seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield what `_drawn_flat` returns, block by block."""
    mean = _mean_image(OFFLINE)
    for images, labels in offline_blocks(DRAWN_IMAGES, seed):
        yield _flat(images.transpose(0, 2, 3, 1), mean), labels


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
