"""See which units a dropout layer silences, and that its output is right on average.

In a notebook::

    from nndl.explore.dropout import explore
    explore()
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .._support.validate import check_integer, check_number
from .shared import controls
from .shared.controls import COLOURS

_KEPT, _DROPPED = COLOURS[0], "#6b6b6b"
_STYLES = ("-", "--", ":")
_SHOWN_ROWS = 20
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
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    net, masks, means = figure.subplots(1, 3)
    draw_net(net, one.kept[0])
    _draw_masks(masks, one)
    for unit, colour, style in zip(_shown_units(one), COLOURS, _STYLES, strict=False):
        label = f"unit {unit}"
        means.plot(1 + np.arange(len(one.outputs)), one.running_mean(unit), style, color=colour, label=label)
    means.axhline(1, color="black", linewidth=0.8)
    means.set(
        xlabel="number of masks", ylabel="mean output / input", xscale="log", ylim=(0, 2.5),
        title="On average, a unit is what it was",
    )  # fmt: skip
    means.legend()
    return figure


def _shown_units(one: Sample) -> list[int]:
    return sorted({0, len(one.x) // 2, len(one.x) - 1})


def draw_net(ax: Axes, kept: np.ndarray) -> None:
    """Draw the hidden layer between inputs and outputs, with the connections of kept units only."""
    columns = [np.linspace(0, 1, n + 2)[1:-1] for n in (_INPUTS, len(kept), _OUTPUTS)]
    for place, stays in zip(columns[1], kept, strict=True):
        if stays:
            for side, others in ((0, columns[0]), (2, columns[2])):
                for other in others:
                    ax.plot(
                        [side, 1],
                        [other, place],
                        color=_KEPT,
                        linestyle="-",
                        linewidth=0.6,
                        alpha=0.5,
                        zorder=1,
                    )
    for column in (0, 2):
        ax.scatter([column] * len(columns[column]), columns[column], s=80, color="black", zorder=2)
    # A shape as well as a colour tells the two kinds apart.
    ax.scatter(np.ones(kept.sum()), columns[1][kept], s=80, color=_KEPT, zorder=2, label="kept")
    gone = columns[1][~kept]
    ax.scatter(np.ones(len(gone)), gone, s=60, marker="x", color=_DROPPED, zorder=2, label="dropped")
    ax.set(
        xlim=(-0.3, 2.3),
        ylim=(0, 1),
        yticks=[],
        title=f"The net of the first row: {kept.sum()} of {len(kept)} units",
    )
    ax.set_xticks([0, 1, 2], ["inputs", "hidden units", "outputs"])
    ax.set(xlabel="layer", ylabel="units of a layer")
    ax.legend(loc="lower right")


def _draw_masks(ax: Axes, one: Sample) -> None:
    kept = one.kept[:_SHOWN_ROWS]
    ax.imshow(kept, cmap="Blues", vmin=0, vmax=1.4, aspect="auto", interpolation="nearest")
    ax.set(xlabel="hidden unit", ylabel="row of the batch")
    ax.set_title(f"Masks: dark is kept, {100 * one.kept.mean():.1f} % of all")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xticks(np.arange(kept.shape[1] + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(kept.shape[0] + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1)
    ax.tick_params(which="minor", length=0)


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

    def now(**settings: Any) -> Sample:
        return sample(**settings, forward=forward)

    return controls.explore(
        lambda **settings: draw(now(**settings)),
        DEFAULTS,
        _widgets,
        lambda **settings: alt_text(now(**settings)),
        needs="your dropout layer",
        note=lambda **settings: describe(now(**settings)),
    )


def alt_text(one: Sample) -> str:
    """Say what the figure shows."""
    drawn = "Left a small net whose dropped units are crosses, in the middle masks, right running means."
    return f"{drawn} {describe(one)}."


def _widgets() -> controls.Widgets:
    import ipywidgets as widgets
    import traitlets

    class Again(widgets.Button):
        """A button that counts how often it was pressed."""

        value = traitlets.Int(0)

    wide = {"style": {"description_width": "10em"}, "layout": {"width": "30em"}, "continuous_update": False}
    again = Again(description="Draw new masks", tooltip="Draw new masks")
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
