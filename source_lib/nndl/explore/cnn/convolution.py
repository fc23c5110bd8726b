"""Step through a convolution: the window, the filter, their products, and the output pixel that they add up to.

In a notebook::

    from nndl.explore.cnn.convolution import explore
    explore()
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..._support.validate import check_array, check_integer
from ..shared import controls
from ..shared.scene import Scene, axes_in, panels

_PIXEL, _WINDOW, _ = controls.COLOURS
_MOST_PAD = 2
PICTURE = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 2, 2, 2, 2, 2, 0],
        [0, 0, 0, 0, 3, 0, 0],
        [0, 0, 0, 4, 0, 0, 0],
        [0, 0, 3, 0, 0, 0, 0],
        [0, 0, 2, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ],
    dtype=np.float64,
)
"""A figure seven, in the shades 0 to 4."""
FILTERS: dict[str, np.ndarray] = {
    "edge, light below": np.array([[-1.0, -1, -1], [0, 0, 0], [1, 1, 1]]),
    "edge, light on the right": np.array([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]),
    "diagonal stroke": np.array([[0.0, 0, 1], [0, 1, 0], [1, 0, 0]]),
    "sum of the window": np.ones((3, 3)),
    "copy": np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "one to the left": np.array([[0.0, 0, 0], [0, 0, 1], [0, 0, 0]]),
    "wide": np.array([[1.0, 0, 0, 0, -1]]),
}
"""What can be chosen: filters of 3 x 3, and one that is not square."""
DEFAULTS: dict[str, Any] = {"name": "edge, light below", "stride": 1, "pad": 1, "step": 18}


@dataclass(frozen=True)
class Scan:
    """One filter on its way over one image of one channel.

    Attributes
    ----------
    image, weights : float64 arrays with two axes
        The image without padding, and the filter.
    stride, pad : int
        As in ``conv_param``.
    """

    image: np.ndarray
    weights: np.ndarray
    stride: int = 1
    pad: int = 0

    def __post_init__(self) -> None:
        check_array("image", self.image, ndim=2)
        check_array("weights", self.weights, ndim=2)
        check_integer("stride", self.stride, minimum=1)
        check_integer("pad", self.pad, minimum=0)
        if min(self.shape) < 1:
            raise ValueError(
                f"weights must fit into the padded image, but their shape is {self.weights.shape} "
                f"and that of the image {self.image.shape} with pad {self.pad}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the output."""
        rows, columns = (
            1 + (size + 2 * self.pad - length) // self.stride
            for size, length in zip(self.image.shape, self.weights.shape, strict=True)
        )
        return rows, columns

    @property
    def steps(self) -> int:
        """Number of output pixels."""
        return self.shape[0] * self.shape[1]

    def place(self, step: int) -> tuple[int, int]:
        """Return row and column of the output pixel of a step, counted from 0."""
        return divmod(step, self.shape[1])

    def seen(self, step: int) -> np.ndarray:
        """Return what the filter lies on in a step; 0 where that is padding."""
        result: np.ndarray = self._windows()[self.place(step)]
        return result

    def output(self, steps: int) -> np.ndarray:
        """Return the output after a number of steps; NaN where nothing has been computed yet."""
        result = (self._windows() * self.weights).sum(axis=(2, 3))
        result.flat[steps:] = np.nan
        return result

    def _windows(self) -> np.ndarray:
        """Return what the filter lies on at each place: one window for each output pixel."""
        padded = np.pad(self.image, self.pad)
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.weights.shape)
        return windows[:: self.stride, :: self.stride]


def describe(scan: Scan, step: int) -> str:
    """Return the sum of one step in one line; products with 0 are left out."""
    row, column = scan.place(step)
    pairs = zip(scan.seen(step).ravel(), scan.weights.ravel(), strict=True)
    terms = [
        f"{value:g}·{weight:g}" if weight >= 0 else f"{value:g}·({weight:g})"
        for value, weight in pairs
        if value * weight
    ]
    total = scan.output(step + 1)[row, column]
    added = " + ".join(terms) or "nothing but zeros"
    return f"Step {step + 1} of {scan.steps}: output [{row}, {column}] = {added} = {total:g}"


def draw(scan: Scan, step: int) -> Figure:
    """Draw the padded image with the window, the filter, their products, and the output up to a step.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    return scene().figure((scan, step))


def _frames(found: tuple[Scan, int]) -> tuple[Hashable, Hashable, Hashable]:
    scan, _ = found
    image, weights = ((array.tobytes(), array.shape) for array in (scan.image, scan.weights))
    return (*image, scan.pad), weights, scan.shape


def _stage() -> Figure:
    figure = panels(3)
    left = axes_in(figure, 0, left=0.12)
    above = axes_in(figure, 1, left=0.3, right=0.8, bottom=0.62)
    below = axes_in(figure, 1, left=0.16, right=0.94, bottom=0.06, top=0.5)
    right = axes_in(figure, 2, left=0.12)
    for ax, title in ((above, "filter"), (below, "window · filter")):
        ax.set_title(title, fontsize=10)
    for ax in (left, right):
        ax.set(xlabel="column", ylabel="row")
    return figure


def _fit(panel: int, axes: list[Axes], frame: Any) -> None:
    if panel == 0:
        content, (rows, columns), pad = frame
        (ax,) = axes
        padded = np.pad(np.frombuffer(content).reshape(rows, columns), pad)
        _frame_numbers(ax, padded.shape)
        _draw_numbers(ax, padded, "Greys")
        if pad:
            inside = (pad - 0.5, pad - 0.5)
            ax.add_patch(Rectangle(inside, columns, rows, fill=False, edgecolor="black", linestyle="--"))
        ax.set_title(f"image with pad {pad}, and the window", fontsize=10)
    elif panel == 1:
        content, shape = frame
        for ax in axes:
            _frame_numbers(ax, shape)
            ax.set(xticks=[], yticks=[])
        _draw_numbers(axes[0], np.frombuffer(content).reshape(shape), "PuOr", centred=True)
    else:
        (ax,) = axes
        _frame_numbers(ax, frame)
        ax.set_title(f"output, {frame[0]} x {frame[1]}", fontsize=10)


def _act(axes: list[Axes], found: tuple[Scan, int]) -> None:
    scan, step = found
    left, _, below, right = axes
    row, column = (index * scan.stride for index in scan.place(step))
    height, width = scan.weights.shape
    corner = (column - 0.5, row - 0.5)
    left.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=_WINDOW, linewidth=4))
    seen, weights = scan.seen(step), scan.weights
    products = seen * weights
    texts = [
        f"{one:g}·{weight:g}\n={product + 0.0:g}"
        for one, weight, product in zip(seen.flat, weights.flat, products.flat, strict=True)
    ]
    _draw_numbers(below, products, "PuOr", centred=True, texts=texts)
    _draw_numbers(right, scan.output(step + 1), "PuOr", centred=True)
    row, column = scan.place(step)
    right.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=_PIXEL, linewidth=4))


def _frame_numbers(ax: Axes, shape: tuple[int, ...]) -> None:
    rows, columns = shape
    ax.set(xticks=range(columns), yticks=range(rows), xlim=(-0.6, columns - 0.4), ylim=(rows - 0.4, -0.6))


def _draw_numbers(
    ax: Axes, values: np.ndarray, colours: str, *, centred: bool = False, texts: list[str] | None = None
) -> None:
    """Draw a matrix as shaded cells with their numbers, or other texts; the ink is light where the cell is dark."""
    known = values[~np.isnan(values)]
    reach = max(float(np.abs(known).max(initial=0.0)), 1.0)
    low, high = (-reach, reach) if centred else (0.0, 1.5 * reach)
    shown = ax.imshow(values, cmap=colours, vmin=low, vmax=high, aspect="auto")
    lightness = shown.to_rgba(np.nan_to_num(values))[..., :3] @ np.array([0.3, 0.59, 0.11])
    for number, (row, column) in enumerate(np.ndindex(*values.shape)):
        if not np.isnan(values[row, column]):
            text = texts[number] if texts else f"{values[row, column] + 0.0:g}"
            ink = "black" if lightness[row, column] > 0.45 else "white"
            ax.text(column, row, text, ha="center", va="center", size=9, color=ink)


def explore() -> Figure | None:
    """Show the figure with a choice of filter, stride and padding, and a slider and buttons for the step.

    Returns
    -------
    figure : matplotlib figure or None
        Outside of a notebook, the figure of a step in the middle. In a notebook it is displayed instead, and
        remains as an ordinary picture where the notebook is read without a running kernel.
    """
    return controls.explore(scene(), DEFAULTS, _controls)


def scene() -> Scene:
    """Return what the explorer computes, draws and says."""

    def compute(name: str, stride: int, pad: int, step: int) -> tuple[Scan, int]:
        scan = Scan(PICTURE, FILTERS[name], stride, pad)
        return scan, min(step, scan.steps) - 1

    return Scene(
        compute=compute,
        stage=_stage,
        frames=_frames,
        fit=_fit,
        act=_act,
        words=lambda found: alt_text(*found),
        note=lambda found: describe(*found),
    )


def _controls() -> controls.Widgets:
    import ipywidgets as widgets
    import traitlets

    wide = {"layout": controls.WIDE}
    name = controls.buttons(list(FILTERS), DEFAULTS["name"], "filter", label_width="5.5em")
    stride = widgets.IntSlider(value=DEFAULTS["stride"], min=1, max=3, description="stride", **wide)
    pad = widgets.IntSlider(value=DEFAULTS["pad"], min=0, max=_MOST_PAD, description="pad", **wide)
    step = widgets.IntSlider(value=DEFAULTS["step"], min=1, description="step", **wide)
    back, onward = widgets.Button(description="step back"), widgets.Button(description="step on")

    def fit(_: Any) -> None:
        step.max = Scan(
            PICTURE, FILTERS[name.value], stride.value, pad.value
        ).steps  # pulls a larger step along

    fit(None)
    for control in (name, stride, pad):
        control.observe(fit, names="value")

    def move(by: int) -> None:
        step.value = min(max(step.value + by, step.min), step.max)

    back.on_click(lambda _: move(-1))
    onward.on_click(lambda _: move(1))
    stepper = widgets.HBox([step, back, onward], layout={"flex_flow": "row wrap"})
    for name_of_trait in ("value", "min", "max", "step"):  # what a slider tells of the moves that it can make
        stepper.add_traits(**{name_of_trait: traitlets.Int(getattr(step, name_of_trait))})
        traitlets.link((step, name_of_trait), (stepper, name_of_trait))
    return {"name": name, "stride": stride, "pad": pad, "step": stepper}


def alt_text(scan: Scan, step: int) -> str:
    """Return what `draw` shows, for those who cannot see it."""
    row, column = scan.place(step)
    height, width = scan.weights.shape
    return (
        f"Left: an image of {scan.image.shape[0]} by {scan.image.shape[1]} pixels with pad {scan.pad}; the window of "
        f"{height} by {width} begins in row {row * scan.stride} and column {column * scan.stride}. Middle: the filter, "
        f"and below it the products of window and filter. Right: the output so far. {describe(scan, step)}."
    )
