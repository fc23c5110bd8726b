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
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from ..._support.validate import check_choice, check_integer, check_number
from ..shared import controls
from ..shared.scene import Scene, axes_in, ends, panels

KINDS = ("none", "batchnorm", "layernorm")
SETTINGS: dict[str, tuple[Any, ...]] = {
    "weight_scale": (1e-4, 1e-3, 3e-3, 0.01, 0.02, 0.05, 0.1, 0.14, 0.2, 0.3, 0.5, 1.0),
    "depth": (2, 4, 6, 8, 10),
    "normalization": KINDS,
}
DEFAULTS: dict[str, Any] = {"weight_scale": 0.02, "depth": 8, "normalization": "batchnorm"}
ROWS, WIDTH = 200, 100

_REACH = 3.0  # the histograms show -3 to 3; what lies beyond is counted at the ends
_BINS = 41
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


def outlines(values: list[np.ndarray]) -> list[np.ndarray]:
    """Return a polygon for each layer: how often each value enters its ReLU, from -3 to 3 from bottom to top.

    The widest place of each is as wide as a layer; values beyond are counted at the ends.
    """
    edges = np.linspace(-_REACH, _REACH, _BINS + 1)
    shapes = []
    for layer, found in enumerate(values, start=1):
        counts, _ = np.histogram(np.clip(found, -_REACH, _REACH), bins=edges)
        half = 0.45 * np.repeat(counts / max(counts.max(), 1), 2)
        heights = np.repeat(edges, 2)[1:-1]
        right, left = np.stack([layer + half, heights], axis=1), np.stack([layer - half, heights], axis=1)
        shapes.append(np.concatenate([right, left[::-1]]))
    return shapes


def _stage() -> Figure:
    figure = panels(3, height=3.4)
    for panel, (label, name) in enumerate(
        (
            ("what enters the ReLU", "Values (beyond ±3: at the ends)"),
            ("standard deviation", "Size of the signal"),
            ("mean size", "Size of the gradient"),
        )
    ):
        ax = axes_in(figure, panel, left=0.18)
        ax.set(xlabel="layer", ylabel=label, title=name)
        ax.title.set_fontsize(10)
        ax.grid(alpha=0.3)
        if panel:
            ax.set_yscale("log")
    for look, colour, label in (("s--", _PLAIN, "none"), ("o-", _CHOSEN, "with")):
        figure.axes[1].plot([], [], look, color=colour, label=label)
    figure.axes[1].legend(title="normalization", fontsize="small", title_fontsize="small", loc="upper left")
    return figure


Limits = tuple[int, tuple[float, float]]


def _frames(pair: tuple[Signals, Signals]) -> tuple[Limits, Limits, Limits]:
    """Return limits that seldom change: a layer keeps its place while the depth is moved."""
    signals, plain = pair
    most = max(len(plain.values), *SETTINGS["depth"])
    spreads = ends([1e-2, 10.0, *plain.spreads, *signals.spreads], 4)
    gradients = ends([1e-2, 10.0, *plain.gradients, *signals.gradients], 4)
    return (most, (-_REACH, _REACH)), (most, spreads), (most, gradients)


def _fit(_: int, axes: list[Axes], limits: Limits) -> None:
    layers, heights = limits
    axes[0].set(xticks=range(1, layers + 1), xlim=(0.4, layers + 0.6), ylim=heights)


def _act(axes: list[Axes], pair: tuple[Signals, Signals]) -> None:
    signals, plain = pair
    shapes, sizes, gradients = axes
    shapes.add_collection(PolyCollection(outlines(signals.values), facecolors=_CHOSEN, linewidths=0))
    layers = np.arange(1, len(plain.values) + 1)
    for ax, chosen, without in (
        (sizes, signals.spreads, plain.spreads),
        (gradients, signals.gradients, plain.gradients),
    ):
        ax.plot(layers, without, "s--", color=_PLAIN)
        if chosen and signals.normalization != "none":
            ax.plot(layers, chosen, "o-", color=_CHOSEN)
    if signals.missing:
        text = f"no gradient through\n{signals.normalization} yet"
        gradients.text(0.5, 0.5, text, ha="center", va="center", transform=gradients.transAxes)


def draw(signals: Signals, plain: Signals) -> Figure:
    """Draw how often each value enters the ReLU of each layer, and the sizes of signals and gradients.

    Parameters
    ----------
    signals, plain : Signals
        Of the net to show, and of the same net without normalization.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    return scene().figure((signals, plain))


def describe(signals: Signals) -> str:
    """Return one line on what a net does to signals and gradients."""
    first, last = signals.spreads[0], signals.spreads[-1]
    said = f"standard deviation {first:.2g} in layer 1 and {last:.2g} in layer {len(signals.values)}"
    if signals.gradients:
        said += f"; gradient {signals.gradients[0]:.2g} in layer 1, {signals.gradients[-1]:.2g} in the last"
    return f"Weight scale {signals.weight_scale:g}, normalization {signals.normalization}: {said}."


def scene(functions: Any = None) -> Scene:
    """Return what the explorer computes, draws and says."""

    def compute(normalization: str, **settings: Any) -> tuple[Signals, Signals]:
        if normalization == "none":
            plain = run(**settings, normalization="none", functions=functions)
            return plain, plain
        plain = made.result(**settings, normalization="none")[1]  # shared by both normalizations
        return run(**settings, normalization=normalization, functions=functions), plain

    made = Scene(
        compute=compute,
        stage=_stage,
        frames=_frames,
        fit=_fit,
        act=_act,
        words=lambda pair: (
            "Left: for each layer, how often each value enters its ReLU. Middle and right: its standard deviation, and "
            f"the size of the gradient, over the layers, with and without normalization. {describe(pair[0])}"
        ),
        note=lambda pair: describe(pair[0]),
    )
    return made


def explore(functions: Any = None) -> Figure | None:
    """Show the figure with sliders for weight scale and depth, and a choice of normalization.

    Parameters
    ----------
    functions : module, optional
        Where the layers come from; by default `nndl.layers`, as you have written them.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it. Without your forward pass it shows the net without
        normalization, and says so.
    """
    settings = dict(DEFAULTS)
    try:
        run(**settings, functions=functions)
    except NotImplementedError as error:
        print(f"The explorer shows the net without normalization until your layer is written: {error}")
        settings["normalization"] = "none"
    return controls.explore(
        scene(functions), settings, lambda: controls.sliders(SETTINGS, settings), needs="your layer"
    )
