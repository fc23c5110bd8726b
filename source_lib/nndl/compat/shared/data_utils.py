"""Images from where the courses keep them: beside the notebook, before anything is downloaded."""

import os
import platform
from typing import Any as _Any

import numpy as np

from ... import data_utils as _library
from ...data_utils import load_CIFAR_batch, load_pickle
from ..beside import find_data as _find_data
from ..notices import say_once as _say_once

_CIFAR10 = "cifar-10-batches-py"
_IMAGENET = "imagenet_val_25.npz"


def load_CIFAR10(ROOT: str | os.PathLike[str] | None = None) -> tuple[np.ndarray, ...]:
    """Load all images, channels last, float64: training images and labels, test images and labels.

    Where there is no ``ROOT`` the images come from ``NNDL_DATA``, a folder ``cs231n/datasets``, ``utils/datasets``
    or ``datasets`` beside the notebook or above it, or from the network; a line says so.
    """
    return _library.load_CIFAR10(folder_of(ROOT))


def get_CIFAR10_data(
    num_training: int = 49000, num_validation: int = 1000, num_test: int = 1000, subtract_mean: bool = True
) -> dict[str, np.ndarray]:
    """Load images, channels first, from where :func:`load_CIFAR10` finds them."""
    data = _library.get_CIFAR10_data(
        num_training, num_validation, num_test, subtract_mean, root=folder_of(None)
    )
    return {f"{kind}_{split}": data[f"{kind}_{split}"] for split in ("train", "val", "test") for kind in "Xy"}


def flat_rows(
    num_train: int, num_test: int, root: str | os.PathLike[str] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load the first training and test images as rows (n, 3072) of pixels from 0 to 1, with their labels."""
    X_train, y_train, _, _, X_test, y_test = _library.get_flat_CIFAR10_data(
        num_train, 0, num_test, subtract_mean=False, root=folder_of(None) if root is None else root
    )
    return X_train / 255, y_train, X_test / 255, y_test


def load_imagenet_val(num: int | None = None) -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
    """Load ImageNet photographs, class numbers, and the names of the classes."""
    return _library.load_imagenet_val(num, path=None if _is_set("NNDL_DATA") else _find_data(_IMAGENET))


def load_tiny_imagenet(path: _Any, dtype: _Any = np.float32, subtract_mean: bool = True) -> _Any:
    """Is not here.

    Raises
    ------
    NotImplementedError
        Always.
    """
    raise NotImplementedError(
        "load_tiny_imagenet is not part of nndl.compat: no notebook of assignments 1 and 2 calls it, and "
        "TinyImageNet is not among the data that this library loads"
    )


def folder_of(given: str | os.PathLike[str] | None) -> str | os.PathLike[str] | None:
    """Return the folder of CIFAR-10 to read; None leaves it to the library: ``NNDL_DATA``, then the network."""
    if given is not None:
        try:
            return _library.find_CIFAR10(given)
        except FileNotFoundError:
            pass  # a path of whoever wrote the notebook
    found = None if _is_set("NNDL_DATA") else _find_data(_CIFAR10)
    if given is not None:
        place = found or os.environ.get("NNDL_DATA") or "the cache, which the network fills"
        _say_once(f"there are no CIFAR-10 batches at {os.fspath(given)!r}: they are read from {place}")
    return found


def _is_set(variable: str) -> bool:
    return bool(os.environ.get(variable))
