"""Watch the decision boundary of a two-layer net while its width, learning rate and regularization move.

In a notebook::

    from nndl.explore.two_layer_net.two_layer import explore
    explore()
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from ..shared import controls
from ..shared.controls import COLOURS, MARKERS
from .experiment import CLASSES, DATA_SETS, Experiment, run_experiment

SETTINGS: dict[str, tuple[Any, ...]] = {
    "data": DATA_SETS,
    "hidden": (1, 2, 3, 5, 10, 20, 50, 100),
    "learning_rate": (0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0),
    "reg": (0.0, 1e-4, 1e-3, 1e-2, 1e-1, 1.0),
    "num_iters": (0, 10, 100, 1000, 3000),
}
DEFAULTS: dict[str, Any] = {
    "data": "spiral",
    "hidden": 10,
    "learning_rate": 0.3,
    "reg": 1e-3,
    "num_iters": 1000,
}

REACH = 1.25  # the figure shows -1.25 to 1.25 on both axes


def draw_boundary(experiment: Experiment, ax: Axes) -> None:
    """Draw the training points, the class that the net chooses at each place, and the fold of each hidden unit.

    A fold is the line where the hidden unit's pre-activation is zero: on one side the ReLU passes it, on the
    other it gives zero.
    """
    if not experiment.diverged:
        axis = np.linspace(-REACH, REACH, 200)
        places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        chosen = experiment.net.predict(places).reshape(len(axis), len(axis))
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
        W1, b1 = (experiment.net.params[name] for name in ("W1", "b1"))
        for (w_x, w_y), b in zip(W1, b1, strict=True):
            if np.hypot(w_x, w_y) > 1e-6:
                foot = -b / (
                    w_x**2 + w_y**2
                )  # (w_x, w_y) times this is the line's point nearest to the origin
                ax.axline(
                    (foot * w_x, foot * w_y),
                    (foot * w_x - w_y, foot * w_y + w_x),
                    color="black",
                    linewidth=0.6,
                    alpha=0.4,
                )
    for label, (colour, marker) in enumerate(zip(COLOURS, MARKERS, strict=True)):
        points = experiment.X[experiment.y == label]
        ax.plot(*points.T, marker, color=colour, markersize=4, markeredgecolor="white", markeredgewidth=0.5)
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    ax.set_title(
        "diverged" if experiment.diverged else "chosen class; fold of each hidden unit", fontsize="medium"
    )


def draw(experiment: Experiment) -> Figure:
    """Draw the boundary beside the loss history.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    figure = Figure(figsize=(9.5, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_boundary(experiment, left)
    if experiment.diverged:
        right.text(0.5, 0.5, experiment.diverged, ha="center", wrap=True, transform=right.transAxes)
    elif experiment.loss_history:
        right.plot(experiment.loss_history)
        right.set_ylim(bottom=0)
    else:  # no line yet, but there is a loss
        right.plot(0, experiment.first_loss, "o")
        label = f"{experiment.first_loss:.3f}, before the first step"
        right.annotate(label, (0, experiment.first_loss), (12, 0), textcoords="offset points", va="center")
        right.set(xlim=(-1, 10), ylim=(0, 1.2 * experiment.first_loss))
    right.set(xlabel="iteration", ylabel="training loss")
    right.set_title(summary(experiment), fontsize="medium")
    right.grid(alpha=0.3)
    return figure


def summary(experiment: Experiment) -> str:
    """Return the accuracies in one line."""
    return (
        f"accuracy: {experiment.train_accuracy:.0%} of the points shown, "
        f"{experiment.new_accuracy:.0%} of new ones"
    )


def explore(net_class: Any = None) -> Figure | None:
    """Show the figure with sliders for width, learning rate, regularization and number of iterations.

    Parameters
    ----------
    net_class : class, optional
        By default `nndl.neural_net.TwoLayerNet`, as you have written it.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it.
    """
    return controls.explore(
        lambda **settings: draw(run_experiment(**settings, net_class=net_class)),
        DEFAULTS,
        lambda: controls.sliders(SETTINGS, DEFAULTS, {"num_iters": "iterations"}),
        alt_text,
        needs="your net",
    )


def alt_text(**settings: Any) -> str:
    """Say what the figure shows."""
    said = ", ".join(f"{name} {value}" for name, value in settings.items())
    return f"Left: points of three classes and the regions the net assigns them. Right: loss. {said}."
