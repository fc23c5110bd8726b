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
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from .shared import controls
from .shared.controls import COLOURS, MARKERS
from .shared.scene import Scene, above, axes_in, heading, panels
from .two_layer_net.experiment import CLASSES, DATA_SETS, toy_points
from .two_layer_net.two_layer import REACH

SETTINGS: dict[str, tuple[Any, ...]] = {
    "data": DATA_SETS,
    "alpha": (0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0),
    "mini_batch": ("all", 50, 10, 3, 1),
    "iterations": (0, 1, 2, 5, 10, 30, 100, 300, 1000),
}
DEFAULTS: dict[str, Any] = {"data": "stripes", "alpha": 1.0, "mini_batch": "all", "iterations": 100}

_POINTS = 60  # the cost is measured so often in a run, and the weights are kept
_HALF = 5.0  # an arrow for weights of this size is half as long as an arrow can be
_PLACES = 80  # rows and columns of places whose class is shown


@dataclass(frozen=True)
class Experiment:
    """A linear classifier fitted to points in the plane.

    Attributes
    ----------
    X, y : arrays (N, 2) and (N,)
        The training points and their classes.
    W, b : arrays (2, 3) and (3,)
        After the last step.
    iterations : array
        The steps after which cost and weights were measured, 0 included.
    cost_history, sizes : list of float
        After these steps: the cost on all points, and the norm of the longest column of W.
    train_accuracy, new_accuracy : float
        Fraction of right answers on the training points, and on new points of the same kind.
    """

    X: np.ndarray
    y: np.ndarray
    W: np.ndarray
    b: np.ndarray
    iterations: np.ndarray
    cost_history: list[float]
    sizes: list[float]
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
    every = max(iterations // _POINTS, 1)
    recorded = {"cost_every": every, "history_every": every}
    state = np.random.get_state()
    try:
        if mini_batch == "all":
            found = functions.batch_gradient_descent_func(X, Y, W, b, alpha, iterations, **recorded)
        else:
            found = functions.stochastic_gradient_descent_func(
                X, Y, W, b, alpha, iterations, mini_batch, seed, **recorded
            )
    finally:
        np.random.set_state(state)
    W, b, history, weights = found
    costs += [float(cost) for cost in history]
    measured = np.r_[0, [i for i in range(1, iterations + 1) if i % every == 0 or i == iterations]]
    sizes = [0.0, *(longest(kept) for kept in weights)]
    train, new = (
        float((functions.linear_pred(points, W, b).argmax(axis=1) == labels).mean())
        for points, labels in ((X, y), (X_new, y_new))
    )
    return Experiment(X, y, W, b, measured[: len(costs)], costs, sizes[: len(costs)], train, new)


def longest(W: np.ndarray) -> float:
    """Return the norm of the longest column."""
    return float(np.linalg.norm(W, axis=0).max())


def certainty(experiment: Experiment) -> np.ndarray:
    """Return for a grid of places the colour of the chosen class, paler where its probability is lower.

    Returns
    -------
    picture : array (places, places, 3)
        Rows from the bottom to the top.
    """
    axis = np.linspace(-REACH, REACH, _PLACES)
    places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    scores = places @ experiment.W + experiment.b
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    chosen = scores.argmax(axis=1)
    sure = 1 / powers.sum(axis=1)  # the probability of the chosen class, 1/3 to 1
    strength = 0.08 + 0.52 * (sure - 1 / CLASSES) / (1 - 1 / CLASSES)
    colours = np.array([to_rgb(colour) for colour in COLOURS])[chosen]
    picture: np.ndarray = 1 - strength[:, np.newaxis] * (1 - colours)
    return picture.reshape(_PLACES, _PLACES, 3)


def draw_regions(experiment: Experiment, ax: Axes) -> None:
    """Draw the training points, the class chosen at each place and how certain it is, and the columns of W.

    An arrow starts at the origin and points to where its class's score grows fastest. Its length grows with the
    weights, on the same scale for all settings, and ends within the frame.
    """
    ax.imshow(
        certainty(experiment),
        extent=(-REACH, REACH, -REACH, REACH),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
    )
    for label, (colour, marker) in enumerate(zip(COLOURS, MARKERS, strict=True)):
        points = experiment.X[experiment.y == label]
        ax.plot(*points.T, marker, color=colour, markersize=4, markeredgecolor="white", markeredgewidth=0.5)
    for column, colour in zip(experiment.W.T, COLOURS, strict=True):
        size = float(np.linalg.norm(column))
        if size > 0:
            tip = REACH * column / (size + _HALF)
            style = {"arrowstyle": "-|>", "color": colour, "linewidth": 2.5, "mutation_scale": 14}
            ax.annotate("", xy=(float(tip[0]), float(tip[1])), xytext=(0, 0), arrowprops=style)


def _stage() -> Figure:
    figure = panels(2)
    regions = axes_in(figure, 0)
    regions.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="$x_1$", ylabel="$x_2$")
    costs = axes_in(figure, 1, bottom=0.56)
    sizes = axes_in(figure, 1, top=0.48)
    for ax, label in ((costs, "cost on all points"), (sizes, "longest column of W")):
        ax.set_ylabel(label, fontsize=9)
        ax.grid(alpha=0.3)
    costs.tick_params(labelbottom=False)
    sizes.set_xlabel("iteration")
    return figure


def _frames(experiment: Experiment) -> tuple[None, tuple[int, float, float]]:
    costs = [cost for cost in experiment.cost_history if np.isfinite(cost)]
    last = int(above(float(experiment.iterations[-1]), (1, 10)))
    return None, (last, above(max(costs), (1.5, 10)), above(max(experiment.sizes), (2, 10)))


def _fit(_: int, axes: list[Axes], limits: tuple[int, float, float]) -> None:
    last, *tops = limits
    for ax, top in zip(axes, tops, strict=True):
        ax.set(xlim=(-0.02 * last, 1.02 * last), ylim=(0, top))


def _act(axes: list[Axes], experiment: Experiment) -> None:
    regions, costs, sizes = axes
    draw_regions(experiment, regions)
    heading(regions, f"darker: more certain; the longest arrow is {longest(experiment.W):.2g}")
    marker = "." if len(experiment.iterations) < _POINTS else ""
    costs.plot(experiment.iterations, experiment.cost_history, marker=marker, color=COLOURS[0])
    sizes.plot(experiment.iterations, experiment.sizes, marker=marker, color=COLOURS[1])
    heading(costs, summary(experiment))


def draw(experiment: Experiment) -> Figure:
    """Draw the regions beside the histories of the cost and of the size of the weights.

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


def scene(functions: Any = None) -> Scene:
    """Return what the explorer computes, draws and says."""
    return Scene(
        compute=lambda **settings: run_experiment(**settings, functions=functions),
        stage=_stage,
        frames=_frames,
        fit=_fit,
        act=_act,
        words=alt_text,
    )


def explore(functions: Any = None) -> Figure | None:
    """Show the figure with controls for data, step size, rows per step, and number of steps.

    Parameters
    ----------
    functions : module, optional
        By default `nndl.linear_classifier`, as you have written it.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it.
    """
    names = {"alpha": "step size alpha", "mini_batch": "rows a step"}
    return controls.explore(
        scene(functions),
        DEFAULTS,
        lambda: controls.sliders(SETTINGS, DEFAULTS, names),
        needs="your functions",
    )


def alt_text(experiment: Experiment) -> str:
    """Say what the figure shows."""
    return (
        "Left: points of three classes, the regions the classifier assigns them, darker where it is more certain, and "
        f"an arrow for each column of W, the longest {longest(experiment.W):.2g}. Right: the cost over "
        f"{experiment.iterations[-1]} iterations, from {experiment.cost_history[0]:.2f} to "
        f"{experiment.cost_history[-1]:.3g}, and the length of the longest column. {summary(experiment)}."
    )
