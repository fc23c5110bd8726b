"""CIFAR-10 as PyTorch data loaders, without torchvision."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from .._support.validate import check_array
from ..data_utils import read_CIFAR10
from ._torch import torch

CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
"""Mean of the red, green and blue channel over the training images, pixels scaled to [0, 1]."""

CIFAR10_STD = (0.2023, 0.1994, 0.2010)
"""Standard deviation of the channels, in the same units."""

NUM_TRAIN = 49000
"""Rows of the training file that are trained on; those after them are for validation."""

BATCH_SIZE = 64


class ImageDataset(torch.utils.data.Dataset):
    """Labelled colour images that come out normalized, channels first.

    Pixels are kept as bytes, a quarter of their size as float32, and normalized when they are read:
    ``(pixel / 255 - mean) / std`` for each channel.

    Parameters
    ----------
    images : uint8 array of shape (N, 3, H, W)
        Pixels.
    labels : integer array of shape (N,)
        Class indices.
    train : bool
        Whether the rows come from the training file. The accuracy functions read this attribute to
        say which split they measured.

    Raises
    ------
    TypeError
        If the images are not bytes, or the labels are not integers.
    ValueError
        If the shapes do not fit each other.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, *, train: bool) -> None:
        check_array("images", images, shape=(None, 3, None, None))
        if images.dtype != np.uint8:
            raise TypeError(f"images must hold bytes (uint8), but their dtype is {images.dtype}")
        check_array("labels", labels, shape=(len(images),), kinds="iu")
        self.pixels = torch.from_numpy(np.ascontiguousarray(images))
        self.labels = torch.from_numpy(labels.astype(np.int64))
        self.train = train
        self._mean = 255 * torch.tensor(CIFAR10_MEAN).view(3, 1, 1)
        self._std = 255 * torch.tensor(CIFAR10_STD).view(3, 1, 1)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int | slice) -> tuple[torch.Tensor, torch.Tensor]:
        return (self.pixels[row] - self._mean) / self._std, self.labels[row]


Loader = torch.utils.data.DataLoader


def make_loaders(
    data: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    num_train: int = NUM_TRAIN,
    batch_size: int = BATCH_SIZE,
) -> tuple[Loader, Loader, Loader]:
    """Turn the arrays of ``read_CIFAR10`` into loaders for training, validation and testing.

    Parameters
    ----------
    data : tuple of arrays
        ``X_train, y_train, X_test, y_test`` with images as bytes, of shape ``(N, 3, H, W)``.
    num_train : int, default 49000
        Rows ``0 … num_train - 1`` of the training images are trained on, the others validated on.
    batch_size : int, default 64
        Images per batch; the last batch of a pass may be smaller.

    Returns
    -------
    loader_train, loader_val, loader_test : DataLoader
        The first two draw their rows in a new random order at every pass, the last in file order.
        All give ``(images, labels)``: float32 ``(n, 3, H, W)`` and int64 ``(n,)``.

    Raises
    ------
    ValueError
        If ``num_train`` does not leave at least one row for training and one for validation.
    """
    x_train, y_train, x_test, y_test = data
    if not 0 < num_train < len(x_train):
        raise ValueError(f"num_train must be from 1 to {len(x_train) - 1}, but is {num_train}")
    train_file = ImageDataset(x_train, y_train, train=True)
    test_file = ImageDataset(x_test, y_test, train=False)
    in_random_order = torch.utils.data.SubsetRandomSampler
    return (
        Loader(train_file, batch_size=batch_size, sampler=in_random_order(range(num_train))),
        Loader(train_file, batch_size=batch_size, sampler=in_random_order(range(num_train, len(train_file)))),
        Loader(test_file, batch_size=batch_size),
    )


def cifar10_loaders(
    root: str | Path | None = None, num_train: int = NUM_TRAIN, batch_size: int = BATCH_SIZE
) -> tuple[Loader, Loader, Loader]:
    """Load CIFAR-10 as loaders for training, validation and testing.

    Parameters
    ----------
    root : path or "offline", optional
        The folder of the batch files; see `nndl.data_utils.find_CIFAR10` for others and the default.
    num_train, batch_size, and what is returned
        As for `make_loaders`.
    """
    return make_loaders(read_CIFAR10(root), num_train, batch_size)


@functools.cache
def default_loaders() -> tuple[Loader, Loader, Loader]:
    """Return the loaders of the images that ``cifar10_loaders()`` finds, which are read once."""
    return cifar10_loaders()
