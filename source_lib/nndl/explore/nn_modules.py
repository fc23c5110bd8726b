"""Step through a net of layer objects, forward and backward, with the numbers that pass between the layers.

In a notebook::

    from nndl.explore.nn_modules import explore
    explore()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._support.validate import check_integer
from .shared import controls
from .shared.scene import Scene, axes_in, heading, panels

_FORWARD, _BACKWARD = "#0072B2", "#D55E00"  # Okabe and Ito: blue and vermilion, apart for all eyes
STEPS = 8
"""Two for each of the example net's four layers."""

INPUTS = {"first": (1.0, 2.0), "mirrored": (2.0, 1.0), "far": (3.0, -2.0)}


@dataclass(frozen=True)
class Step:
    """One call of a layer.

    Attributes
    ----------
    layer : str
        Its name in the net.
    direction : {"forward", "backward"}
    came, left : array or float
        What the layer was given and what it returned.
    parameters : dict
        Gradients that an affine layer stored in ``backward``.
    """

    layer: str
    direction: str
    came: Any
    left: Any
    parameters: dict[str, np.ndarray]


def record(net: Any, x: np.ndarray, t: np.ndarray) -> list[Step]:
    """Let the net compute its gradient, and return what went into and out of every layer, in order.

    Parameters
    ----------
    net : nndl.modules.TwoLayerNet
        Its layers come back as they were.
    x, t : arrays (N, D) and (N, C)
        Inputs and one-hot targets.
    """
    steps: list[Step] = []
    layers = {**net.layers, "output layer": net.output_layer}

    def listen(name: str, layer: Any, direction: str) -> None:
        method = getattr(layer, direction)

        def heard(*arguments: Any) -> Any:
            left = method(*arguments)
            came = arguments[0] if arguments else 1.0
            stored = {key: np.array(getattr(layer, key)) for key in ("dW", "db") if hasattr(layer, key)}
            steps.append(Step(name, direction, came, left, stored if direction == "backward" else {}))
            return left

        setattr(layer, direction, heard)

    try:
        for name, layer in layers.items():
            for direction in ("forward", "backward"):
                listen(name, layer, direction)
        net.gradient(x, t)
    finally:
        for layer in layers.values():
            for direction in ("forward", "backward"):
                vars(layer).pop(direction, None)
    return steps


def example_net(net_class: Any = None) -> Any:
    """Return the net of the notebook's worked example: two inputs, two hidden units, two classes."""
    if net_class is None:
        from ..modules import TwoLayerNet as net_class
    state = np.random.get_state()
    net = net_class(2, 2, 2)
    np.random.set_state(state)
    net.params["W1"] = np.array([[1.0, 0.5], [-1.0, 0.5]])
    net.params["b1"] = np.array([0.0, -0.5])
    net.params["W2"] = np.array([[1.0, -1.0], [2.0, 1.0]])
    net.params["b2"] = np.array([0.0, 1.0])
    return net


def draw(steps: list[Step], taken: int) -> Figure:
    """Draw the stack of layers with the values of the first ``taken`` steps.

    Parameters
    ----------
    steps : list of Step
        From `record`.
    taken : int
        How many of them have happened.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    return scene().figure((steps, taken))


def _stage() -> Figure:
    figure = panels(1, height=3.4, width=6.4)
    ax = axes_in(figure, 0, left=0.01, right=0.99, bottom=0.02, top=0.9)
    ax.set(xlim=(-0.9, 3.9), ylim=(-1.5, 1.5))
    ax.axis("off")
    return figure


def _act(axes: list[Axes], found: tuple[list[Step], int]) -> None:
    draw_stack(*found, axes[0])
    heading(axes[0], describe(*found))


def draw_stack(steps: list[Step], taken: int, ax: Axes) -> None:
    """Draw what `draw` draws on axes that there are already, without a title."""
    check_integer("taken", taken, minimum=0)
    names = list(dict.fromkeys(step.layer for step in steps))
    ax.set(xlim=(-0.9, len(names) - 0.1), ylim=(-1.5, 1.5))
    ax.axis("off")
    for place, name in enumerate(names):
        now = taken > 0 and taken <= len(steps) and steps[taken - 1].layer == name
        box = {"boxstyle": "round", "facecolor": "#ffe9a8" if now else "white", "edgecolor": "black"}
        ax.text(place, 0, name, ha="center", va="center", bbox=box, weight="bold" if now else "normal")
    for step in steps[:taken]:
        place, forward = names.index(step.layer), step.direction == "forward"
        colour, height = (_FORWARD, 0.75) if forward else (_BACKWARD, -0.75)
        text = ("out: " if forward else "back: ") + numbers(step.left)
        text += "".join(f"\n{key}: {numbers(value)}" for key, value in step.parameters.items())
        ax.text(place, height, text, ha="center", va="center", color=colour, family="monospace", size=9)
        tail, head = (place - 0.85, place - 0.35) if forward else (place + 0.85, place + 0.35)
        side = 0.18 if forward else -0.18
        arrow = {"arrowstyle": "->", "color": colour, "linestyle": "-" if forward else "--"}
        ax.annotate("", (head, side), (tail, side), arrowprops=arrow)


def numbers(value: Any) -> str:
    """Return a small array or number as short text."""
    array = np.atleast_2d(np.round(np.asarray(value, dtype=float), 3)) + 0.0  # no -0
    return "\n".join(" ".join(f"{entry:g}" for entry in row) for row in array)


def describe(steps: list[Step], taken: int) -> str:
    """Return one line on the step taken last."""
    if taken == 0 or not steps:
        return "Before the first step"
    step = steps[min(taken, len(steps)) - 1]
    way = (
        "loss"
        if np.ndim(step.left) == 0
        else "output"
        if step.direction == "forward"
        else "gradient of its input"
    )
    said = "; ".join(numbers(step.left).split("\n"))
    return f"Step {min(taken, len(steps))} of {len(steps)}: {step.layer}, {step.direction}; {way}: {said}"


def explore(net_class: Any = None) -> Figure | None:
    """Show the stack with a slider for the step and a choice of input.

    Parameters
    ----------
    net_class : class, optional
        By default `nndl.modules.TwoLayerNet`, as you have written it.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it; at the beginning all steps are taken.
    """
    return controls.explore(
        scene(net_class), {"x": INPUTS["first"], "taken": STEPS}, _widgets, needs="your net"
    )


def scene(net_class: Any = None) -> Scene:
    """Return what the explorer computes, draws and says."""

    def compute(x: tuple[float, float], taken: int) -> tuple[list[Step], int]:
        return record(example_net(net_class), np.array([x]), np.array([[1.0, 0.0]])), taken

    return Scene(
        compute=compute,
        stage=_stage,
        act=_act,
        words=lambda found: alt_text(*found),
        note=lambda found: describe(*found),
    )


def _widgets() -> controls.Widgets:
    import ipywidgets as widgets

    choices = [(f"x = {values}", values) for values in INPUTS.values()]
    return {
        "x": controls.buttons(choices, INPUTS["first"], "input", label_width="5.5em"),
        "taken": widgets.IntSlider(value=STEPS, min=0, max=STEPS, description="step", layout=controls.WIDE),
    }


def alt_text(steps: list[Step], taken: int) -> str:
    """Say what the figure shows."""
    layers = ", ".join(dict.fromkeys(step.layer for step in steps))
    return f"A row of boxes, one for each layer: {layers}. {describe(steps, taken)}."
