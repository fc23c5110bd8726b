"""Follow signals and gradients through a deep net while weight scale, depth and normalization change.

In a notebook::

    from nndl.explore.batchnorm.normalization import explore
    explore()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..._support.validate import check_choice, check_integer, check_number
from ..shared import controls

KINDS = ("none", "batchnorm", "layernorm")
SETTINGS: dict[str, tuple[Any, ...]] = {
    "weight_scale": (1e-4, 1e-3, 3e-3, 0.01, 0.02, 0.05, 0.1, 0.14, 0.2, 0.3, 0.5, 1.0),
    "depth": (2, 4, 6, 8, 10),
    "normalization": KINDS,
}
DEFAULTS: dict[str, Any] = {"weight_scale": 0.02, "depth": 8, "normalization": "batchnorm"}
ROWS, WIDTH = 200, 100

_REACH = 3.0  # the histograms show -3 to 3; what lies beyond is counted at the ends
_CHOSEN, _PLAIN, *_ = controls.COLOURS


@dataclass(frozen=True)
class Signals:
    """What passes through an untrained net, forward and backward.

    Attributes
    ----------
    normalization : {"none", "batchnorm", "layernorm"}
    weight_scale : float
        Standard deviation of the weights.
    values : list of array (200, 100)
        What enters the ReLU of each layer.
    gradients : list of float
        Mean size of the gradient that arrives at the output of each layer; empty if it could not be computed.
    missing : str
        Why there are no gradients; empty if there are.
    """

    normalization: str
    weight_scale: float
    values: list[np.ndarray]
    gradients: list[float]
    missing: str = ""

    @property
    def spreads(self) -> list[float]:
        """Standard deviation of what enters the ReLU of each layer."""
        return [float(value.std()) for value in self.values]


def run(
    weight_scale: float = 0.02,
    depth: int = 8,
    normalization: str = "batchnorm",
    seed: int = 0,
    functions: Any = None,
) -> Signals:
    """Send a batch through layers of affine, normalization and ReLU, and random gradients back.

    Parameters
    ----------
    weight_scale : float, default 0.02
        Standard deviation of the weights.
    depth : int, default 8
        Number of layers, 100 units each.
    normalization : {"none", "batchnorm", "layernorm"}, default "batchnorm"
        What stands between affine and ReLU.
    seed : int, default 0
        Of a generator of its own; NumPy's global one is left alone.
    functions : module, optional
        Where the layers come from; by default `nndl.layers`, as you have written them.

    Raises
    ------
    NotImplementedError
        If the forward pass of the normalization is not written yet.
    """
    check_choice("normalization", normalization, KINDS)
    check_integer("depth", depth, minimum=1)
    check_number("weight_scale", weight_scale, minimum=0)
    if functions is None:
        from ... import layers as functions
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, WIDTH))
    values, caches = [], []
    for _ in range(depth):
        x, affine_cache = functions.affine_forward(
            x, weight_scale * rng.normal(size=(WIDTH, WIDTH)), np.zeros(WIDTH)
        )
        norm_cache = None
        if normalization != "none":
            forward = getattr(functions, f"{normalization}_forward")
            x, norm_cache = forward(x, np.ones(WIDTH), np.zeros(WIDTH), {"mode": "train"})
        values.append(x)
        x, relu_cache = functions.relu_forward(x)
        caches.append((affine_cache, norm_cache, relu_cache))

    dout = rng.normal(size=x.shape)
    gradients: list[float] = []
    try:
        for affine_cache, norm_cache, relu_cache in reversed(caches):
            gradients.insert(0, float(np.abs(dout).mean()))
            dout = functions.relu_backward(dout, relu_cache)
            if normalization != "none":
                dout = getattr(functions, f"{normalization}_backward")(dout, norm_cache)[0]
            dout = functions.affine_backward(dout, affine_cache)[0]
    except NotImplementedError as error:
        return Signals(normalization, weight_scale, values, [], str(error))
    return Signals(normalization, weight_scale, values, gradients)


def draw_histogram(values: np.ndarray, ax: Axes) -> None:
    """Draw how the values are spread between -3 and 3; larger ones are counted in the outermost bins."""
    bins = np.linspace(-_REACH, _REACH, 42)
    ax.hist(np.clip(values.ravel(), -_REACH, _REACH), bins=list(bins), color=_CHOSEN)
    ax.set(xlim=(-_REACH, _REACH), xticks=(-2, 0, 2), yticks=())


def draw_sizes(chosen: list[float], plain: list[float], ax: Axes, name: str, ylabel: str) -> None:
    """Draw one size per layer on a logarithmic axis, with that of the plain net for comparison."""
    layers = np.arange(1, len(plain) + 1)
    ax.plot(layers, plain, "s--", color=_PLAIN, label="none")
    if chosen and name != "none":
        ax.plot(layers, chosen, "o-", color=_CHOSEN, label=name)
    ax.set(yscale="log", xlabel="layer", ylabel=ylabel)
    if len(layers) <= max(SETTINGS["depth"]):
        ax.set_xticks(layers)
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, 1e-2), max(high, 1e1))
    ax.grid(alpha=0.3)
    ax.legend(title="normalization", fontsize="small", title_fontsize="small")


def draw(signals: Signals, plain: Signals) -> Figure:
    """Draw a histogram of what enters the ReLU of each layer, and the sizes of signals and gradients.

    Parameters
    ----------
    signals, plain : Signals
        Of the net to show, and of the same net without normalization.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    halves = np.asarray(figure.subfigures(2, 1, height_ratios=(1, 1.5)))
    top, bottom = halves
    axes = np.atleast_1d(top.subplots(1, len(signals.values)))
    for layer, (ax, values) in enumerate(zip(axes, signals.values, strict=True), start=1):
        draw_histogram(values, ax)
        ax.set_title(f"layer {layer}\nstd {values.std():.2g}", fontsize="small")
    axes[0].set_ylabel("how often")
    top.supxlabel("what enters the ReLU (beyond ±3: counted at the ends)", fontsize="medium")
    left, right = bottom.subplots(1, 2)
    name = signals.normalization
    draw_sizes(signals.spreads, plain.spreads, left, name, "std of what enters the ReLU")
    draw_sizes(signals.gradients, plain.gradients, right, name, "mean size of the gradient")
    if signals.missing:
        right.set_title(f"no gradient through {name} yet", fontsize="small")
    return figure


def describe(signals: Signals) -> str:
    """Return one line on what a net does to signals and gradients."""
    first, last = signals.spreads[0], signals.spreads[-1]
    said = f"standard deviation {first:.2g} in layer 1 and {last:.2g} in layer {len(signals.values)}"
    if signals.gradients:
        said += f"; gradient {signals.gradients[0]:.2g} in layer 1, {signals.gradients[-1]:.2g} in the last"
    return f"Weight scale {signals.weight_scale:g}, normalization {signals.normalization}: {said}."


def explore(functions: Any = None) -> Figure | None:
    """Show the figure with sliders for weight scale and depth, and a choice of normalization.

    Parameters
    ----------
    functions : module, optional
        Where the layers come from; by default `nndl.layers`, as you have written them.

    Returns
    -------
    figure : matplotlib figure or None
        Outside of a notebook, the figure for the default settings. In a notebook it is displayed instead, and
        remains as an ordinary picture where the notebook is read without a running kernel. Without your forward pass
        it shows the net without normalization, and says so.
    """
    settings = dict(DEFAULTS)
    try:
        run(**settings, functions=functions)
    except NotImplementedError as error:
        print(f"The explorer shows the net without normalization until your layer is written: {error}")
        settings["normalization"] = "none"

    def picture(**chosen: Any) -> Figure:
        plain = {**chosen, "normalization": "none"}
        return draw(run(**chosen, functions=functions), run(**plain, functions=functions))

    def summary(**chosen: Any) -> str:
        return describe(run(**chosen, functions=functions))

    return controls.explore(
        picture,
        settings,
        lambda: controls.sliders(SETTINGS, settings),
        lambda **chosen: (
            "Top: a histogram for each layer of what enters its ReLU. Bottom: its standard deviation, and the size of "
            f"the gradient, over the layers, with and without normalization. {summary(**chosen)}"
        ),
        needs="your layer",
        note=summary,
    )
