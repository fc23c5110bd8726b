"""Two-layer nets on points in the plane: what the explorer trains."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._support.validate import check_choice

CLASSES = 3
DATA_SETS = ("spiral", "rings", "stripes")


@dataclass(frozen=True)
class Experiment:
    """A net trained on points in the plane.

    Attributes
    ----------
    X, y : arrays (N, 2) and (N,)
        The training points and their classes.
    net : TwoLayerNet
        After training, or wherever it stood when it diverged.
    loss_history : list of float
        One entry per iteration; empty if training diverged.
    first_loss : float
        The loss of the initial weights on all training points.
    train_accuracy, new_accuracy : float
        Fraction of right answers on the training points, and on new points of the same kind.
    diverged : str
        Why training stopped early; empty if it did not.
    """

    X: np.ndarray
    y: np.ndarray
    net: Any
    loss_history: list[float]
    first_loss: float
    train_accuracy: float
    new_accuracy: float
    diverged: str = ""


def toy_points(data: str, per_class: int = 50, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw points of three classes in the plane.

    Parameters
    ----------
    data : {"spiral", "rings", "stripes"}
        How the classes lie.
    per_class : int, default 50
        Number of points of each class.
    seed : int, default 0
        Of a generator of its own; NumPy's global one is left alone.

    Returns
    -------
    X : float64 array (3 * per_class, 2)
        Mostly within -1 to 1.
    y : int64 array (3 * per_class,)

    Raises
    ------
    ValueError
        If there is no such data set.
    """
    check_choice("data", data, DATA_SETS)
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(CLASSES), per_class)
    along = rng.uniform(size=len(y))
    noise = rng.normal(0, 0.06, (len(y), 2))
    if data == "stripes":
        side = 2 * rng.uniform(size=len(y)) - 1
        return np.stack([side, (2 * (y + 0.8 * along) / CLASSES) - 1], axis=1) + noise, y
    if data == "rings":
        radius, angle = (y + 0.5) / CLASSES, 2 * np.pi * along
    else:
        radius, angle = 0.1 + 0.9 * along, 2 * np.pi * (y / CLASSES + 0.75 * along)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + noise, y


def run_experiment(
    data: str = "spiral",
    hidden: int = 10,
    learning_rate: float = 0.3,
    reg: float = 1e-3,
    num_iters: int = 1000,
    seed: int = 0,
    net_class: Any = None,
    after: Experiment | None = None,
) -> Experiment:
    """Train a two-layer net on points in the plane, all points in each step and the learning rate constant.

    The steps are those of the net's own ``train``, without its minibatches and without the accuracies that it measures
    on the way: a slider waits for this.

    Parameters
    ----------
    data : {"spiral", "rings", "stripes"}
        See `toy_points`.
    hidden : int, default 10
        Number of hidden units.
    learning_rate, reg, num_iters
        As for `nndl.neural_net.TwoLayerNet.train`.
    seed : int, default 0
        Decides the initial weights. NumPy's global generator is put back to where it was.
    net_class : class, optional
        By default `nndl.neural_net.TwoLayerNet`.
    after : Experiment, optional
        What fewer iterations with the same settings have given: only the iterations that are missing are run.

    Returns
    -------
    experiment : Experiment
    """
    if net_class is None:
        from ...neural_net import TwoLayerNet as net_class
    X, y = toy_points(data)
    X_new, y_new = toy_points(data, per_class=200, seed=1)
    if after is not None and after.diverged:
        return after
    state = np.random.get_state()
    try:
        np.random.seed(seed)
        net = net_class(2, hidden, CLASSES, std=1.0) if after is None else copy.deepcopy(after.net)
    finally:
        np.random.set_state(state)
    losses = [] if after is None else list(after.loss_history)
    first_loss = float(net.loss(X, y, reg=reg)[0]) if after is None else after.first_loss
    diverged = ""
    with np.errstate(over="ignore", invalid="ignore"):
        for iteration in range(len(losses), num_iters):
            loss, grads = net.loss(X, y, reg=reg)
            if not np.isfinite(loss):
                losses, diverged = [], f"the loss is {loss} at iteration {iteration}: training has diverged"
                break
            losses.append(float(loss))
            net._update(grads, learning_rate)
        train_accuracy, new_accuracy = (
            float((net.predict(points) == labels).mean()) for points, labels in ((X, y), (X_new, y_new))
        )
    return Experiment(X, y, net, losses, first_loss, train_accuracy, new_accuracy, diverged)
