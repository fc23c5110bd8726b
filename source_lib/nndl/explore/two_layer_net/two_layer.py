"""Watch the decision boundary of a two-layer net while its width, learning rate and regularization move.

In a notebook::

    from nndl.explore.two_layer_net.two_layer import explore
    explore()
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ..shared import controls
from ..shared.controls import COLOURS, MARKERS
from ..shared.scene import Scene, above, axes_in, heading, panels
from .experiment import DATA_SETS, Experiment, run_experiment

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

_STOPS = (0, 10, 100, *range(500, 3001, 500))
"""Iterations at which a training can be left and gone on with."""
REACH = 1.25  # the figure shows -1.25 to 1.25 on both axes


_PLACES = 100  # rows and columns of places whose class is shown


def draw_boundary(experiment: Experiment, ax: Axes) -> None:
    """Draw the training points, the class that the net chooses at each place, and the fold of each hidden unit.

    A fold is the line where the hidden unit's pre-activation is zero: on one side the ReLU passes it, on the
    other it gives zero.
    """
    if not experiment.diverged:
        axis = np.linspace(-REACH, REACH, _PLACES)
        places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        chosen = experiment.net.predict(places).reshape(len(axis), len(axis))
        pale = 0.7 + 0.3 * np.array([to_rgb(colour) for colour in COLOURS])
        extent = (-REACH, REACH, -REACH, REACH)
        ax.imshow(pale[chosen], extent=extent, origin="lower", aspect="auto", interpolation="nearest")
        ax.add_collection(LineCollection(folds(experiment), colors="black", linewidths=0.6, alpha=0.4))
    for label, (colour, marker) in enumerate(zip(COLOURS, MARKERS, strict=True)):
        points = experiment.X[experiment.y == label]
        ax.plot(*points.T, marker, color=colour, markersize=4, markeredgecolor="white", markeredgewidth=0.5)


def folds(experiment: Experiment) -> list[np.ndarray]:
    """Return two points of each hidden unit's fold, both outside of what is shown."""
    lines = []
    for weights, b in zip(experiment.net.params["W1"], experiment.net.params["b1"], strict=True):
        size = float(np.hypot(*weights))
        if size > 1e-6:
            nearest = -b * weights / size**2  # the line's point that is nearest to the origin
            along = np.array([-weights[1], weights[0]]) / size
            lines.append(np.stack([nearest - 4 * REACH * along, nearest + 4 * REACH * along]))
    return lines


def _stage() -> Figure:
    figure = panels(2)
    left, right = axes_in(figure, 0), axes_in(figure, 1)
    left.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="$x_1$", ylabel="$x_2$")
    right.set(xlabel="iteration", ylabel="training loss")
    right.grid(alpha=0.3)
    return figure


def _frames(experiment: Experiment) -> tuple[None, tuple[int, float]]:
    highest = above(max([experiment.first_loss, *experiment.loss_history]))
    return None, (max(len(experiment.loss_history), 1), highest)


def _fit(_: int, axes: list[Axes], limits: tuple[int, float]) -> None:
    last, loss = limits
    axes[0].set(xlim=(-0.02 * last, 1.02 * last), ylim=(0, loss))


def _act(axes: list[Axes], experiment: Experiment) -> None:
    left, right = axes
    draw_boundary(experiment, left)
    heading(left, "diverged" if experiment.diverged else "chosen class; fold of each hidden unit")
    if experiment.diverged:
        message = experiment.diverged.replace(": ", ":\n")
        right.text(0.5, 0.5, message, ha="center", va="center", transform=right.transAxes, fontsize=8)
    elif experiment.loss_history:
        right.plot(experiment.loss_history, color=COLOURS[0])
    else:  # no line yet, but there is a loss
        right.plot(0, experiment.first_loss, "o", color=COLOURS[0])
        label = f"{experiment.first_loss:.3f}, before the first step"
        right.annotate(label, (0, experiment.first_loss), (12, 0), textcoords="offset points", va="center")
    heading(right, summary(experiment))


def draw(experiment: Experiment) -> Figure:
    """Draw the boundary beside the loss history.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    return scene().figure(experiment)


def summary(experiment: Experiment) -> str:
    """Return the accuracies in one line."""
    return (
        f"right: {experiment.train_accuracy:.0%} of these points, {experiment.new_accuracy:.0%} of new ones"
    )


def scene(net_class: Any = None) -> Scene:
    """Return what the explorer computes, draws and says."""

    def before(num_iters: int, **settings: Any) -> list[dict[str, Any]]:
        return [{**settings, "num_iters": stop} for stop in _STOPS if stop < num_iters]

    def compute(**settings: Any) -> Experiment:
        # More iterations go on from fewer: those are kept, and need not be run again.
        fewer = before(**settings)
        after = made.result(**fewer[-1]) if fewer else None
        return run_experiment(**settings, net_class=net_class, after=after)

    made = Scene(
        compute=compute, stage=_stage, frames=_frames, fit=_fit, act=_act, words=alt_text, before=before
    )
    return made


def explore(net_class: Any = None) -> Figure | None:
    """Show the figure with controls for width, learning rate, regularization and number of iterations.

    Parameters
    ----------
    net_class : class, optional
        By default `nndl.neural_net.TwoLayerNet`, as you have written it.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it.
    """
    names = {"num_iters": "iterations"}
    return controls.explore(
        scene(net_class), DEFAULTS, lambda: controls.sliders(SETTINGS, DEFAULTS, names), needs="your net"
    )


def alt_text(experiment: Experiment) -> str:
    """Say what the figure shows."""
    steps = len(experiment.loss_history)
    ended = experiment.diverged or f"the loss after {steps} iterations, from {experiment.first_loss:.3g}"
    if experiment.loss_history:
        ended += f" to {experiment.loss_history[-1]:.3g}"
    return (
        "Left: points of three classes, the regions the net assigns them, and the folds of "
        f"{len(experiment.net.params['b1'])} hidden units. Right: {ended}. {summary(experiment)}."
    )
