"""Watch the decision boundary of a two-layer net while its width, learning rate and regularization move.

In a notebook::

    from nndl.explore.two_layer import explore
    explore()
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from .._validate import check_choice

CLASSES = 3
DATA_SETS = ("spiral", "rings", "stripes")
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

# Colours that colour-blind eyes can tell apart (Okabe and Ito), and a marker each for eyes that see none.
_COLOURS, _MARKERS = ("#0072B2", "#D55E00", "#009E73"), ("o", "s", "^")
_REACH = 1.25  # the figure shows -1.25 to 1.25 on both axes


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
    train_accuracy, new_accuracy : float
        Fraction of right answers on the training points, and on new points of the same kind.
    diverged : str
        Why training stopped early; empty if it did not.
    """

    X: np.ndarray
    y: np.ndarray
    net: Any
    loss_history: list[float]
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
) -> Experiment:
    """Train a two-layer net on points in the plane, all points in each step and the learning rate constant.

    Parameters
    ----------
    data : {"spiral", "rings", "stripes"}
        See `toy_points`.
    hidden : int, default 10
        Number of hidden units.
    learning_rate, reg, num_iters
        See `nndl.neural_net.TwoLayerNet.train`.
    seed : int, default 0
        Decides the initial weights. NumPy's global generator is put back to where it was.
    net_class : class, optional
        By default `nndl.neural_net.TwoLayerNet`.

    Returns
    -------
    experiment : Experiment
    """
    if net_class is None:
        from ..neural_net import TwoLayerNet as net_class
    X, y = toy_points(data)
    X_new, y_new = toy_points(data, per_class=200, seed=1)
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        net = net_class(2, hidden, CLASSES, std=1.0)
        losses, diverged = [], ""
        try:
            history = net.train(
                X,
                y,
                X_new,
                y_new,
                learning_rate=learning_rate,
                learning_rate_decay=1.0,
                reg=reg,
                num_iters=num_iters,
                batch_size=len(X),
            )
            losses = history["loss_history"]
        except FloatingPointError as error:
            diverged = str(error)
        with np.errstate(over="ignore", invalid="ignore"):
            train_accuracy, new_accuracy = (
                float((net.predict(points) == labels).mean()) for points, labels in ((X, y), (X_new, y_new))
            )
    finally:
        np.random.set_state(state)
    return Experiment(X, y, net, losses, train_accuracy, new_accuracy, diverged)


def draw_boundary(experiment: Experiment, ax: Axes) -> None:
    """Draw the training points, the class that the net chooses at each place, and the fold of each hidden unit.

    A fold is the line where the hidden unit's pre-activation is zero: on one side the ReLU passes it, on the
    other it gives zero.
    """
    if not experiment.diverged:
        axis = np.linspace(-_REACH, _REACH, 200)
        places = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        chosen = experiment.net.predict(places).reshape(len(axis), len(axis))
        ax.pcolormesh(
            axis,
            axis,
            chosen,
            cmap=ListedColormap(_COLOURS),
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
    for label, (colour, marker) in enumerate(zip(_COLOURS, _MARKERS, strict=True)):
        points = experiment.X[experiment.y == label]
        ax.plot(*points.T, marker, color=colour, markersize=4, markeredgecolor="white", markeredgewidth=0.5)
    ax.set(xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
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
        right.text(
            0.5, 0.5, "no loss to show:\nit is no longer finite", ha="center", transform=right.transAxes
        )
    else:
        right.plot(experiment.loss_history)
        right.set_ylim(bottom=0)
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
        Outside of a notebook, the figure for the default settings. In a notebook it is displayed instead, and
        remains as an ordinary picture where the notebook is read without a running kernel.
    """
    try:
        figure = draw(run_experiment(**DEFAULTS, net_class=net_class))
    except NotImplementedError as error:
        print(f"The explorer needs your net, and a part of it is not written yet: {error}")
        return None
    shell = _notebook()
    if shell is None:
        return figure
    _show_controls(figure, net_class)
    return None


def _notebook() -> Any:
    """Return the running notebook's shell, if there is one."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    return shell if hasattr(shell, "kernel") else None


def _alt_text(settings: dict[str, Any]) -> dict[str, dict[str, str]]:
    said = ", ".join(f"{name} {value}" for name, value in settings.items())
    return {
        "image/png": {
            "alt": f"Left: points of three classes and the regions the net assigns them. Right: loss. {said}."
        }
    }


def _show_controls(figure: Figure, net_class: Any) -> None:
    import ipywidgets as widgets
    from IPython.display import display

    controls = {
        name: widgets.SelectionSlider(
            options=[(f"{value:g}" if isinstance(value, float) else str(value), value) for value in values],
            value=DEFAULTS[name],
            description=name.replace("_", " ").replace("num iters", "iterations"),
            continuous_update=False,
            style={"description_width": "9em"},
            layout={"width": "30em"},
        )
        for name, values in SETTINGS.items()
    }
    message = widgets.HTML()

    def update(_: Any) -> None:
        settings = {name: control.value for name, control in controls.items()}
        try:
            experiment = run_experiment(**settings, net_class=net_class)
            picture.update(draw(experiment), metadata=_alt_text(settings))
            message.value = html.escape(experiment.diverged)
        except Exception as error:  # the student's code runs here, and a callback has nobody to raise to
            message.value = html.escape(f"{type(error).__name__}: {error}")

    for control in controls.values():
        control.observe(update, names="value")
    display(widgets.VBox([*controls.values(), message]))
    picture = display(figure, metadata=_alt_text(DEFAULTS), display_id=True)
