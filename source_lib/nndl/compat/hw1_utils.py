"""``utils`` of the first homework: its data and its two figures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["model_plot", "one_hot", "plotCostOpt", "prepare_data"]


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
    from ..data_utils import get_flat_CIFAR10_data

    X_tr, y_tr, _, _, X_te, y_te = get_flat_CIFAR10_data(num_train, 0, num_test, root=root)
    return X_tr / 255, one_hot(y_tr), X_te / 255, y_te, one_hot(y_te)


def plotCostOpt(J_history: Sequence[float], ax: Any = None) -> Any:
    """Plot the cost after each iteration; return the matplotlib axes, new ones unless ``ax`` is given."""
    ax = ax if ax is not None else _new_axes()
    ax.plot(range(1, len(J_history) + 1), J_history)
    ax.set(xlabel="iteration", ylabel="cost", title="Cost during optimization")
    return ax


def model_plot(train_acc: Sequence[float], test_acc: Sequence[float], ax: Any = None) -> Any:
    """Plot training and test accuracy; return the matplotlib axes, new ones unless ``ax`` is given."""
    ax = ax if ax is not None else _new_axes()
    ax.plot(train_acc, label="train")
    ax.plot(test_acc, label="test")
    ax.set(xlabel="epoch", ylabel="accuracy", title="model accuracy")
    ax.legend(loc="upper left")
    return ax


def _new_axes() -> Any:
    # imported here: installing the homework's names must not need a drawing library
    import matplotlib.pyplot as plt

    return plt.subplots()[1]
