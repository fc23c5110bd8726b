"""Figures of the notebooks: image grids, learned weights, training curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ._support.validate import check_array

_BETWEEN = 3
"""Pixels between the tiles of a net's weights."""


def visualize_grid(Xs: np.ndarray, ubound: float = 255.0, padding: int = 1) -> np.ndarray:
    """Lay images out on a square grid.

    Each image is scaled by its own minimum and maximum to 0 … ``ubound``; an image that is the same
    everywhere becomes ``ubound / 2``. Cells without an image, and the lines between cells, are 0.

    Parameters
    ----------
    Xs : array (N, H, W, C)
        Images of any range.
    ubound : float, default 255.0
        The largest value of the result.
    padding : int, default 1
        Pixels between images.

    Returns
    -------
    grid : float64 array (H*side + padding*(side-1), W*side + padding*(side-1), C)
        With ``side = ceil(sqrt(N))``.

    Raises
    ------
    TypeError, ValueError
        If ``Xs`` is not an array of real numbers with 4 axes and at least one image, or ``padding`` is negative.
    """
    check_array("Xs", Xs, ndim=4)
    N, H, W, C = Xs.shape
    if Xs.size == 0:
        raise ValueError(f"Xs must hold at least one pixel, but its shape is {Xs.shape}")
    if padding < 0:
        raise ValueError(f"padding must be at least 0, but got {padding}")
    side = ceil(sqrt(N))
    grid = np.zeros((H * side + padding * (side - 1), W * side + padding * (side - 1), C))
    for i, image in enumerate(Xs.astype(np.float64)):
        top, left = (i // side) * (H + padding), (i % side) * (W + padding)
        low, high = image.min(), image.max()
        scaled = ubound * ((image - low) / (high - low)) if high > low else ubound / 2
        grid[top : top + H, left : left + W] = scaled
    return grid


def show_net_weights(
    W1: np.ndarray, image_shape: tuple[int, int, int] = (32, 32, 3), ax: Axes | None = None
) -> Axes:
    """Show each hidden unit's weights as a picture: of all with one sum of squares, what the unit responds to most.

    Parameters
    ----------
    W1 : array (H, D)
        First-layer weights, one hidden unit per row, as in `nndl.neural_net.TwoLayerNet`. For weights stored
        ``(in, out)`` pass the transpose.
    image_shape : tuple of int, default (32, 32, 3)
        Height, width and channels of an input row; their product is D.
    ax : matplotlib axes, optional
        Where to draw; by default on new axes.

    Returns
    -------
    ax : matplotlib axes
    """
    check_array("W1", W1, shape=(None, int(np.prod(image_shape))))
    ax = _axes(ax, figsize=(6, 6))
    grid = visualize_grid(W1.reshape(-1, *image_shape), padding=_BETWEEN).astype(np.uint8)
    rows = ceil(len(W1) / ceil(sqrt(len(W1))))  # the grid is square; a row without a tile would only be black
    ax.imshow(grid[: rows * (image_shape[0] + _BETWEEN) - _BETWEEN])
    ax.set_title("First-layer weights, one tile per hidden unit")
    ax.axis("off")
    return ax


def show_images(
    images: np.ndarray, labels: Sequence[int] | np.ndarray, class_names: Sequence[str], per_class: int = 7
) -> Axes:
    """Show the first few images of each class, a row per class.

    Parameters
    ----------
    images : array (N, H, W, 3)
        With values 0 to 255.
    labels : sequence of int, length N
        The class of each image.
    class_names : sequence of str
        The name of class 0, 1, …
    per_class : int, default 7
        How many images of each class.

    Returns
    -------
    ax : matplotlib axes
    """
    check_array("images", images, shape=(None, None, None, 3))
    H, W = images.shape[1:3]
    labels = np.asarray(labels)
    canvas = np.full((len(class_names) * (H + 1), per_class * (W + 1), 3), 255, dtype=np.uint8)
    for row in range(len(class_names)):
        for column, index in enumerate(np.flatnonzero(labels == row)[:per_class]):
            top, left = row * (H + 1), column * (W + 1)
            canvas[top : top + H, left : left + W] = np.clip(images[index], 0, 255)
    ax = _axes(None, figsize=(per_class, len(class_names)))
    ax.imshow(canvas)
    ax.set_xticks([])
    ax.set_yticks([(row + 0.5) * (H + 1) for row in range(len(class_names))], class_names)
    ax.tick_params(length=0)
    return ax


def plot_loss_history(
    loss_history: Sequence[float] | Mapping[str, Sequence[float]], ax: Axes | None = None, title: str = "Loss"
) -> Axes:
    """Plot the loss at each iteration.

    Parameters
    ----------
    loss_history : sequence of float, or dict of str to such sequences
        One curve, or several with their names.
    ax : matplotlib axes, optional
        Where to draw; by default on new axes.
    title : str, default "Loss"
        Title of the axes.

    Returns
    -------
    ax : matplotlib axes
    """
    return _plot(loss_history, ax, title, "iteration", "training loss")


def plot_accuracy_history(
    train_acc_history: Sequence[float],
    val_acc_history: Sequence[float],
    ax: Axes | None = None,
    title: str = "Accuracy",
    goal: float | None = None,
) -> Axes:
    """Plot training and validation accuracy of each epoch.

    Parameters
    ----------
    train_acc_history, val_acc_history : sequence of float
        Fractions, one per epoch.
    ax : matplotlib axes, optional
        Where to draw; by default on new axes.
    title : str, default "Accuracy"
        Title of the axes.
    goal : float, optional
        An accuracy to mark with a dashed line.

    Returns
    -------
    ax : matplotlib axes
    """
    curves = {"training": train_acc_history, "validation": val_acc_history}
    ax = _plot(curves, ax, title, "epoch", "accuracy")
    if goal is not None:
        ax.axhline(goal, color="grey", linestyle="--", label="goal")
        ax.legend()
    return ax


def _plot(curves: Any, ax: Axes | None, title: str, xlabel: str, ylabel: str) -> Axes:
    ax = _axes(ax, figsize=(7, 4))
    if isinstance(curves, Mapping):
        for name, values in curves.items():
            ax.plot(values, marker="." if len(values) < 60 else None, label=name)
        ax.legend()
    else:
        ax.plot(curves)
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))  # there is no half epoch
    ax.grid(alpha=0.3)
    return ax


def _axes(ax: Axes | None, figsize: tuple[float, float]) -> Axes:
    return ax if ax is not None else plt.figure(figsize=figsize, layout="constrained").add_subplot()
