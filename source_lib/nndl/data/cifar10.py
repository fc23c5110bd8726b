"""CIFAR-10 in its official layout: batch files, raw arrays, and the arrays a notebook trains on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from .sources import find_CIFAR10
from .unpickle import load_pickle

BATCHES = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST_BATCH = "test_batch"
IMAGE = (3, 32, 32)


def read_batch(filename: str | os.PathLike[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read one batch file as stored: images uint8 (n, 3, 32, 32) and labels int64 (n,).

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, or is not a batch of 32 × 32 colour images with labels from 0 to 9.
    """
    path = Path(filename)
    if not path.is_file():
        raise FileNotFoundError(
            f"the data set is incomplete: {path} is missing; delete its folder and load again"
        )
    batch = load_pickle(path)
    damaged = f"{path} is not a batch of CIFAR-10 images; delete its folder and load again: "
    if not isinstance(batch, dict) or not {"data", "labels"} <= batch.keys():
        raise ValueError(damaged + "it has no entries `data` and `labels`")
    images, labels = batch["data"], np.asarray(batch["labels"])
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != (3072,):
        raise ValueError(damaged + "`data` must be rows of 3072 bytes")
    if (
        labels.shape != (len(images),)
        or labels.dtype.kind not in "iu"
        or labels.min(initial=0) < 0
        or labels.max(initial=0) > 9
    ):
        raise ValueError(damaged + "`labels` must be one number from 0 to 9 for each row")
    return images.reshape(-1, *IMAGE), labels.astype(np.int64)


def read_CIFAR10(
    root: str | os.PathLike[str] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read all images as stored, in the least memory: uint8, channels first.

    Parameters
    ----------
    root : path or "offline", optional
        See `find_CIFAR10`.

    Returns
    -------
    X_train : uint8 array (50000, 3, 32, 32)
    y_train : int64 array (50000,)
    X_test : uint8 array (10000, 3, 32, 32)
    y_test : int64 array (10000,)
    """
    folder = find_CIFAR10(root)
    images, labels = zip(*(read_batch(folder / name) for name in BATCHES), strict=True)
    return np.concatenate(images), np.concatenate(labels), *read_batch(folder / TEST_BATCH)


def load_class_names(root: str | os.PathLike[str] | None = None) -> list[str]:
    """Return the names of the ten classes, in the order of their labels."""
    return list(load_pickle(find_CIFAR10(root) / "batches.meta")["label_names"])


def load_CIFAR_batch(
    filename: str | os.PathLike[str], dtype: DTypeLike = np.float64
) -> tuple[np.ndarray, np.ndarray]:
    """Read one batch file: images (n, 32, 32, 3) with values 0 to 255, and labels (n,)."""
    images, labels = read_batch(filename)
    return _channels_last(images, dtype), labels


def load_CIFAR10(
    ROOT: str | os.PathLike[str] | None = None, dtype: DTypeLike = np.float64
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read the whole data set, channels last.

    Parameters
    ----------
    ROOT : path or "offline", optional
        The folder of the batch files; see `find_CIFAR10` for others and the default.
    dtype : dtype, default float64
        Of the images. In float64 they take 1.5 GB, in uint8 an eighth of that.

    Returns
    -------
    X_train : array (50000, 32, 32, 3)
    y_train : int64 array (50000,)
    X_test : array (10000, 32, 32, 3)
    y_test : int64 array (10000,)
    """
    X_train, y_train, X_test, y_test = read_CIFAR10(ROOT)
    return _channels_last(X_train, dtype), y_train, _channels_last(X_test, dtype), y_test


def get_CIFAR10_data(
    num_training: int = 49000,
    num_validation: int = 1000,
    num_test: int = 1000,
    subtract_mean: bool = True,
    root: str | os.PathLike[str] | None = None,
    dtype: DTypeLike = np.float64,
) -> dict[str, np.ndarray]:
    """Load training, validation and test images, channels first, with the mean training image subtracted.

    Parameters
    ----------
    num_training : int, default 49000
        Number of training images: the first ones.
    num_validation : int, default 1000
        Number of validation images: those that follow the training images.
    num_test : int, default 1000
        Number of test images: the first ones of the test set.
    subtract_mean : bool, default True
        Subtract the mean image of the training rows from all three.
    root : path or "offline", optional
        See `find_CIFAR10`.
    dtype : dtype, default float64
        Floating-point type of the images.

    Returns
    -------
    data : dict of str to array
        ``X_train``, ``X_val``, ``X_test`` (n, 3, 32, 32) and ``y_train``, ``y_val``, ``y_test`` (n,) int64.

    Raises
    ------
    TypeError
        If ``dtype`` is not a floating-point type.
    ValueError
        If more images are asked for than there are.
    """
    splits = _split(num_training, num_validation, num_test, root)
    data = _prepare([X for X, _ in splits.values()], subtract_mean, dtype)
    return {f"X_{name}": X for name, X in zip(splits, data, strict=True)} | {
        f"y_{name}": y for name, (_, y) in splits.items()
    }


def get_flat_CIFAR10_data(
    num_training: int = 49000,
    num_validation: int = 1000,
    num_test: int = 1000,
    subtract_mean: bool = True,
    root: str | os.PathLike[str] | None = None,
    dtype: DTypeLike = np.float64,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load the same images as flat rows, for nets that see no space.

    The parameters are those of `get_CIFAR10_data`. A row holds an image in the order height, width, channel:
    ``row.reshape(32, 32, 3)`` is the picture.

    Returns
    -------
    X_train, y_train, X_val, y_val, X_test, y_test : arrays
        Images (n, 3072), labels (n,) int64.
    """
    splits = _split(num_training, num_validation, num_test, root).values()
    # Reordered while they are bytes: eight times less to move, and never two copies in float64.
    rows = [_channels_last(X, np.uint8).reshape(len(X), 3072) for X, _ in splits]
    X_train, X_val, X_test = _prepare(rows, subtract_mean, dtype)
    y_train, y_val, y_test = (y for _, y in splits)
    return X_train, y_train, X_val, y_val, X_test, y_test


def _split(
    num_training: int, num_validation: int, num_test: int, root: str | os.PathLike[str] | None
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the images, as stored, and labels of ``train``, ``val`` and ``test``."""
    if min(num_training, num_validation, num_test) < 0 or num_training < 1:
        raise ValueError("num_training must be at least 1, num_validation and num_test at least 0")
    images, labels, test_images, test_labels = read_CIFAR10(root)
    end = num_training + num_validation
    if end > len(images):
        raise ValueError(f"num_training + num_validation is {end}, but there are {len(images)} images")
    if num_test > len(test_images):
        raise ValueError(f"num_test is {num_test}, but there are {len(test_images)} test images")
    return {
        "train": (images[:num_training], labels[:num_training].copy()),
        "val": (images[num_training:end], labels[num_training:end].copy()),
        "test": (test_images[:num_test], test_labels[:num_test].copy()),
    }


def _prepare(splits: list[np.ndarray], subtract_mean: bool, dtype: DTypeLike) -> list[np.ndarray]:
    """Turn bytes into numbers of ``dtype``, and subtract the mean of the first array from all."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"dtype must be a floating-point type, but got {np.dtype(dtype)}")
    if not subtract_mean:
        return [X.astype(dtype) for X in splits]
    mean = splits[0].mean(axis=0, dtype=np.float64).astype(dtype)
    return [np.subtract(X, mean, dtype=dtype) for X in splits]


def _channels_last(images: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1), dtype=dtype)
