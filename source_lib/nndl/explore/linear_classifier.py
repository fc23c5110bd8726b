"""Watch the borders of a linear classifier while the data, the step size, the rows per step and the steps change.

In a notebook::

    from nndl.explore.linear_classifier import explore
    explore()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from .shared import controls
from .shared.controls import COLOURS, MARKERS
from .two_layer_net.experiment import CLASSES, DATA_SETS, toy_points
from .two_layer_net.two_layer import REACH

SETTINGS: dict[str, tuple[Any, ...]] = {
    "data": DATA_SETS,
    "alpha": (0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0),
    "mini_batch": ("all", 50, 10, 3, 1),
    "iterations": (0, 1, 2, 5, 10, 30, 100, 300, 1000),
}
DEFAULTS: dict[str, Any] = {"data": "stripes", "alpha": 1.0, "mini_batch": "all", "iterations": 100}

_LONGEST_ARROW = 0.9


@dataclass(frozen=True)
class Experiment:
    """A linear classifier fitted to points in the plane.

    Attributes
    ----------
    X, y : arrays (N, 2) and (N,)
        The training points and their classes.
    W, b : arrays (2, 3) and (3,)
        After the last step.
    cost_history : list of float
        The cost before the first step and after each one.
    train_accuracy, new_accuracy : float
        Fraction of right answers on the training points, and on new points of the same kind.
    """

    X: np.ndarray
    y: np.ndarray
    W: np.ndarray
    b: np.ndarray
    cost_history: list[float]
    train_accuracy: float
    new_accuracy: float


def run_experiment(
    data: str = "stripes",
    alpha: float = 1.0,
    mini_batch: int | str = "all",
    iterations: int = 100,
    seed: int = 0,
    functions: Any = None,
) -> Experiment:
    """Fit a linear classifier to points in the plane, from weights of zero.

    Parameters
    ----------
    data : {"spiral", "rings", "stripes"}
        See `nndl.explore.two_layer_net.experiment.toy_points`.
    alpha : float, default 1.0
        Step size.
    mini_batch : int or "all"
        Rows of a step: drawn at random, or all of them.
    iterations : int, default 100
        Number of steps.
    seed : int, default 0
        Decides which rows are drawn. NumPy's global generator is put back to where it was.
    functions : module, optional
        Where the functions come from; by default `nndl.linear_classifier`.

    Returns
    -------
    experiment : Experiment
    """
    if functions is None:
        from .. import linear_classifier as functions
    X, y = toy_points(data)
    X_new, y_new = toy_points(data, per_class=200, seed=1)
    Y = np.eye(CLASSES)[y]
    W, b = np.zeros((2, CLASSES)), np.zeros(CLASSES)
    costs = [float(functions.linear_cost_func(X, Y, W, b))]
    state = np.random.get_state()
    try:
        if mini_batch == "all":
            found = functions.batch_gradient_descent_func(X, Y, W, b, alpha, iterations)
        else:
            found = functions.stochastic_gradient_descent_func(
                X, Y, W, b, alpha, iterations, mini_batch, seed
            )
    finally:
        np.random.set_state(state)
    W, b, history, _ = found
    train, new = (
        float((functions.linear_pred(points, W, b).argmax(axis=1) == labels).mean())
        for points, labels in ((X, y), (X_new, y_new))
    )
    return Experiment(X, y, W, b, costs + [float(cost) for cost in history], train, new)


def draw_regions(experiment: Experiment, ax: Axes) -> None:
    """Draw the training points, the class chosen at each place, and an arrow for each column of W.

    An arrow starts at the origin and points to where its class's score grows fastest; the longest is drawn at a
    fixed length.
    """
    axis = np.linspace(-REACH, REACH, 200)
    places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    chosen = (places @ experiment.W + experiment.b).argmax(axis=1).reshape(len(axis), len(axis))
    ax.pcolormesh(
        axis,
        axis,
        chosen,
        cmap=ListedColormap(COLOURS),
        vmin=0,
        vmax=CLASSES - 1,
        alpha=0.3,
        rasterized=True,
    )
    for label, (colour, marker) in enumerate(zip(COLOURS, MARKERS, strict=True)):
        points = experiment.X[experiment.y == label]
        ax.plot(*points.T, marker, color=colour, markersize=4, markeredgecolor="white", markeredgewidth=0.5)
    longest = float(np.linalg.norm(experiment.W, axis=0).max())
    if longest > 0:
        for (x1, x2), colour in zip(experiment.W.T * _LONGEST_ARROW / longest, COLOURS, strict=True):
            style = {"arrowstyle": "-|>", "color": colour, "linewidth": 2.5}
            ax.annotate("", xy=(x1, x2), xytext=(0, 0), arrowprops=style)
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    ax.set_title("chosen class; columns of W as arrows", fontsize="medium")


def draw(experiment: Experiment) -> Figure:
    """Draw the regions beside the cost history.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    figure = Figure(figsize=(9.5, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_regions(experiment, left)
    right.plot(experiment.cost_history, marker="." if len(experiment.cost_history) < 60 else None)
    right.set_ylim(bottom=0)
    right.set(xlabel="iteration", ylabel="cost on all points")
    right.set_title(summary(experiment), fontsize="medium")
    right.grid(alpha=0.3)
    return figure


def summary(experiment: Experiment) -> str:
    """Return the accuracies in one line."""
    return (
        f"accuracy: {experiment.train_accuracy:.0%} of the points shown, "
        f"{experiment.new_accuracy:.0%} of new ones"
    )


def explore(functions: Any = None) -> Figure | None:
    """Show the figure with sliders for data, step size, rows per step, and number of steps.

    Parameters
    ----------
    functions : module, optional
        By default `nndl.linear_classifier`, as you have written it.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it.
    """
    return controls.explore(
        lambda **settings: draw(run_experiment(**settings, functions=functions)),
        DEFAULTS,
        lambda: controls.sliders(
            SETTINGS, DEFAULTS, {"alpha": "step size alpha", "mini_batch": "rows a step"}
        ),
        alt_text,
        needs="your functions",
    )


def alt_text(**settings: Any) -> str:
    """Say what the figure shows."""
    said = ", ".join(f"{name} {value}" for name, value in settings.items())
    what = "Left: points of three classes and the regions the classifier assigns them. Right: cost."
    return f"{what} {said}."
