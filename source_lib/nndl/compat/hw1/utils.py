"""``utils`` of the first homework: its data and its two figures, and what its star import brings besides."""

import os
import sys
import time
from collections.abc import Sequence as _Sequence
from typing import Any as _Any

import matplotlib.pyplot as plt
import numpy as np

from ..shared.data_utils import flat_rows as _flat_rows
from ..shared.data_utils import load_CIFAR10


def get_CIFAR10_data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load the first 10,000 training images and the first 1,000 test images.

    Returns
    -------
    X_tr : ndarray (10000, 3072)
        Pixels from 0 to 1, minus the mean training image.
    Y_tr : ndarray (10000,) of int
    X_te : ndarray (1000, 3072)
        Likewise, minus the mean *training* image.
    Y_te : ndarray (1000,) of int
    mean_img : ndarray (3072,)
        The mean training image; adding it gives pictures again.
    """
    X_tr, Y_tr, X_te, Y_te = _flat_rows(10000, 1000)
    mean_img = X_tr.mean(axis=0)
    return X_tr - mean_img, Y_tr, X_te - mean_img, Y_te, mean_img


def one_hot(labels: np.ndarray, classes: int = 10) -> np.ndarray:
    """Return rows (N, ``classes``) of zeros with a one at each label of ``labels`` (N,)."""
    return np.eye(classes)[labels]


def prepare_data(
    num_train: int = 10000, num_test: int = 1000, root: str | os.PathLike[str] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load CIFAR-10 as the homework's gradient descents need it.

    Pixels are scaled to [0, 1] and the mean training image is subtracted. Without the one or the other the
    prescribed step sizes do not work.

    Parameters
    ----------
    num_train, num_test : int
        Number of images, the first ones of each set.
    root : path or "offline", optional
        As in :func:`nndl.data_utils.get_CIFAR10_data`.

    Returns
    -------
    X_tr : ndarray (num_train, 3072)
    Y_tr_onehot : ndarray (num_train, 10)
    X_te : ndarray (num_test, 3072)
    Y_te : ndarray (num_test,) of int
    Y_te_onehot : ndarray (num_test, 10)
    """
    X_tr, y_tr, X_te, y_te = _flat_rows(num_train, num_test, root)
    mean = X_tr.mean(axis=0)
    return X_tr - mean, one_hot(y_tr), X_te - mean, y_te, one_hot(y_te)


def plotCostOpt(J_history: _Sequence[float], ax: _Any = None) -> None:
    """Plot the cost after each iteration, on new axes unless ``ax`` is given."""
    ax = ax if ax is not None else plt.subplots()[1]
    ax.plot(range(1, len(J_history) + 1), J_history)
    ax.set(xlabel="iteration", ylabel="cost", title="Cost during optimization")


def model_plot(train_acc: _Sequence[float], test_acc: _Sequence[float], ax: _Any = None) -> None:
    """Plot training and test accuracy, on new axes unless ``ax`` is given."""
    ax = ax if ax is not None else plt.subplots()[1]
    ax.plot(train_acc, label="train")
    ax.plot(test_acc, label="test")
    ax.set(xlabel="epoch", ylabel="accuracy", title="model accuracy")
    ax.legend(loc="upper left")
