"""Watch the decision boundary of a two-layer net while its width, learning rate and regularization move.

In a notebook::

    from nndl.explore.two_layer import explore
    explore()
"""

from __future__ import annotations

import html
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from .two_layer_experiment import CLASSES, DATA_SETS, Experiment, run_experiment

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
