"""See which units a dropout layer silences, and that its output is right on average.

In a notebook::

    from nndl.explore.dropout import explore
    explore()
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .._support.validate import check_integer, check_number
from .shared import controls
from .shared.controls import COLOURS
from .shared.scene import Scene, axes_in, panels

_KEPT, _DROPPED = COLOURS[0], "#6b6b6b"
_STYLES = ("-", "--", ":")
_SHOWN_ROWS = 20
_SQUARE = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
_INPUTS, _OUTPUTS = 3, 2
DEFAULTS: dict[str, Any] = {"keep": 0.5, "units": 10, "seed": 0}

Forward = Callable[[np.ndarray, dict[str, Any]], tuple[np.ndarray, Any]]


@dataclass(frozen=True)
class Sample:
    """What a dropout layer makes of one row of hidden values, many times.

    Attributes
    ----------
    keep : float
        Probability of keeping a unit.
    x : array (units,)
        The hidden values.
    outputs : array (calls, units)
        One row for each mask.
    """

    keep: float
    x: np.ndarray
    outputs: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """Which units each mask keeps, (calls, units)."""
        return self.outputs != 0

    def running_mean(self, unit: int) -> np.ndarray:
        """Return the mean of a unit's output over the first 1, 2, … masks, as a share of its input."""
        means: np.ndarray = np.cumsum(self.outputs[:, unit]) / np.arange(1, len(self.outputs) + 1)
        return means / self.x[unit]


def sample(
    keep: float = 0.5, units: int = 10, seed: int = 0, calls: int = 400, forward: Forward | None = None
) -> Sample:
    """Send a batch of equal rows through a dropout layer in training mode: every row gets a mask of its own.

    Parameters
    ----------
    keep : float, default 0.5
        Probability of keeping a unit, above 0 and at most 1.
    units : int, default 10
        Number of hidden units.
    seed : int, default 0
        Decides the masks. NumPy's global generator is put back to where it was.
    calls : int, default 400
        Number of rows.
    forward : callable, optional
        By default `nndl.layers.dropout_forward`.

    Raises
    ------
    TypeError, ValueError
        For a setting that makes no sense, and if what comes back is not in the shape of what went in.
    """
    layer: Forward = _students() if forward is None else forward
    keep = check_number("keep", keep, above=0, maximum=1)
    units = check_integer("units", units, minimum=1)
    x = np.linspace(0.5, 1.5, units)
    rows = np.tile(x, (check_integer("calls", calls, minimum=1), 1))
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        outputs = np.asarray(layer(rows, {"mode": "train", "p": keep})[0])
    finally:
        np.random.set_state(state)
    if outputs.shape != rows.shape:
        raise ValueError(
            f"the layer gave an output of shape {outputs.shape} for an input of shape {rows.shape}"
        )
    return Sample(keep, x, outputs)


def _students() -> Forward:
    from .. import layers  # looked up when it is used, so that a reloaded function is the one that is shown

    return layers.dropout_forward


def describe(one: Sample) -> str:
    """Return in words what the figure shows."""
    first, means = one.kept[0], [one.running_mean(unit)[-1] for unit in _shown_units(one)]
    return (
        f"The first of {len(one.outputs)} masks keeps {first.sum()} of {len(one.x)} units, all masks together "
        f"{100 * one.kept.mean():.1f} percent; the probability is {one.keep:g}. Over all masks the mean output "
        f"of three units is {', '.join(f'{mean:.2f}' for mean in means)} times their input"
    )


def draw(one: Sample) -> Figure:
    """Draw the net that the first mask leaves, the masks of some rows, and the mean over more and more masks.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    return scene().figure(one)


def _stage() -> Figure:
    figure = panels(3)
    net, masks, means = axes_in(figure, 0, left=0.08), axes_in(figure, 1), axes_in(figure, 2)
    _frame_net(net)
    net.set_title("The net of the first row", fontsize=10)
    masks.set_title("Masks: blue is kept", fontsize=10)
    masks.set(xlabel="hidden unit", ylabel="row of the batch")
    masks.yaxis.set_major_locator(MaxNLocator(integer=True))
    means.set(ylim=(0, 2.5), xscale="log")
    means.set(xlabel="number of masks", ylabel="mean output / input")
    means.set_title("The mean over more and more masks", fontsize=10)
    means.axhline(1, color="black", linewidth=0.8)
    lines = [
        means.plot([], [], style, color=colour, label=f"{which} unit")[0]
        for which, colour, style in zip(("first", "middle", "last"), COLOURS, _STYLES, strict=True)
    ]
    means.legend(handles=lines)
    return figure


def _frames(one: Sample) -> tuple[None, tuple[int, int], int]:
    calls, units = one.outputs.shape
    return None, (units, min(_SHOWN_ROWS, calls)), calls


def _fit(panel: int, axes: list[Axes], sizes: Any) -> None:
    (ax,) = axes
    if panel == 1:
        units, rows = sizes
        ax.set(xlim=(-0.5, units - 0.5), ylim=(rows - 0.5, -0.5))
    else:
        ax.set_xlim(1, sizes)


def _act(axes: list[Axes], one: Sample) -> None:
    net, masks, means = axes
    _draw_units(net, one.kept[0])
    rows, units = np.nonzero(one.kept[:_SHOWN_ROWS])
    places = np.stack([units, rows], axis=1)[:, None] + _SQUARE
    masks.add_collection(PolyCollection(list(places), facecolors=_KEPT, edgecolors="white", linewidths=1))
    for unit, colour, style in zip(_shown_units(one), COLOURS, _STYLES, strict=False):
        means.plot(1 + np.arange(len(one.outputs)), one.running_mean(unit), style, color=colour)


def _shown_units(one: Sample) -> list[int]:
    return sorted({0, len(one.x) // 2, len(one.x) - 1})


def draw_net(ax: Axes, kept: np.ndarray) -> None:
    """Draw the hidden layer between inputs and outputs, with the connections of kept units only."""
    _frame_net(ax)
    _draw_units(ax, kept)
    ax.set_title(f"The net of the first row: {kept.sum()} of {len(kept)} units")


def _frame_net(ax: Axes) -> None:
    ax.set(xlim=(-0.3, 2.3), ylim=(0, 1), yticks=[], xlabel="layer")
    ax.set_xticks([0, 1, 2], ["inputs", "hidden units", "outputs"])
    # A shape as well as a colour tells the two kinds apart.
    ax.plot([], [], "o", color=_KEPT, markersize=8, label="kept")
    ax.plot([], [], "x", color=_DROPPED, markersize=8, label="dropped")
    ax.legend(loc="lower right", fontsize="small")


def _draw_units(ax: Axes, kept: np.ndarray) -> None:
    inputs, hidden, outputs = (np.linspace(0, 1, n + 2)[1:-1] for n in (_INPUTS, len(kept), _OUTPUTS))
    lines = [
        [(side, other), (1, place)]
        for place in hidden[kept]
        for side, others in ((0, inputs), (2, outputs))
        for other in others
    ]
    ax.add_collection(LineCollection(lines, colors=_KEPT, linewidths=0.6, alpha=0.5, zorder=1))
    for column, places in ((0, inputs), (2, outputs)):
        ax.plot([column] * len(places), places, "o", color="black", markersize=9, zorder=2)
    ax.plot(np.ones(kept.sum()), hidden[kept], "o", color=_KEPT, markersize=9, zorder=2)
    ax.plot(np.ones((~kept).sum()), hidden[~kept], "x", color=_DROPPED, markersize=8, zorder=2)


def explore(forward: Forward | None = None) -> Figure | None:
    """Show the figure with sliders for keep probability and number of units, and a button for new masks.

    Parameters
    ----------
    forward : callable, optional
        By default `nndl.layers.dropout_forward`, as you have written it.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it.
    """
    return controls.explore(scene(forward), DEFAULTS, _widgets, needs="your dropout layer")


def scene(forward: Forward | None = None) -> Scene:
    """Return what the explorer computes, draws and says."""
    return Scene(
        compute=lambda **settings: sample(**settings, forward=forward),
        stage=_stage,
        frames=_frames,
        fit=_fit,
        act=_act,
        words=alt_text,
        note=describe,
    )


def alt_text(one: Sample) -> str:
    """Say what the figure shows."""
    drawn = "Left a small net whose dropped units are crosses, in the middle masks, right running means."
    return f"{drawn} {describe(one)}."


def _widgets() -> controls.Widgets:
    import ipywidgets as widgets
    import traitlets

    class Again(widgets.Button):
        """A button that counts how often it was pressed, as a slider that only goes up."""

        value = traitlets.Int(0)
        min, max, step = 0, math.inf, 1

    wide = {"style": {"description_width": "10em"}, "layout": controls.WIDE}
    again = Again(description="Draw new masks", tooltip="Draw new masks", layout={"width": "max-content"})
    again.on_click(lambda button: setattr(button, "value", button.value + 1))
    return {
        "keep": widgets.FloatSlider(
            value=DEFAULTS["keep"], min=0.05, max=1.0, step=0.05, description="keep probability", **wide
        ),
        "units": widgets.IntSlider(
            value=DEFAULTS["units"], min=4, max=24, description="hidden units", **wide
        ),
        "seed": again,
    }
