"""Watch what happens to signals and gradients on their way through a deep net, for a weight scale of your choice.

In a notebook::

    from nndl.explore.fc_net.signals import explore
    explore()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..._support.validate import check_integer, check_number
from ..shared import controls
from ..shared.controls import COLOURS, MARKERS
from ..shared.scene import Scene, axes_in, ends, panels

UNITS, CLASSES, ROWS, FEATURES = 100, 10, 50, 3072
SETTINGS: dict[str, tuple[Any, ...]] = {
    "depth": (2, 3, 5, 8, 12),
    "weight_scale": (1e-3, 3e-3, 1e-2, 2e-2, 3.5e-2, 5e-2, 7e-2, 0.1, 0.14, 0.2, 0.3, 0.5, 1.0),
}
START: dict[str, Any] = {"depth": 5, "weight_scale": 1e-2}
_LEAST, _MOST = 1e-30, 1e250  # drawn in place of 0, which a logarithmic axis does not have, and of infinity


@dataclass(frozen=True)
class Signals:
    """Sizes of what passes through the layers of a new net.

    Attributes
    ----------
    hidden : list of float
        Root mean square of the values after each hidden layer's ReLU.
    weights, biases : list of float
        Root mean square of the gradients of each W and each b, the output layer's included. The gradient of b is the
        sum of the upstream gradients that arrive at the layer.
    loss : float
        The net's loss on these inputs.
    """

    hidden: list[float]
    weights: list[float]
    biases: list[float]
    loss: float


def rms(values: np.ndarray) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def measure(
    depth: int = 5, weight_scale: float = 1e-2, X: Any = None, y: Any = None, seed: int = 0
) -> Signals:
    """Send inputs through a new net of ``depth`` layers with 100 units each, and its gradient back.

    Parameters
    ----------
    depth : int, default 5
        Number of affine layers, at least 1.
    weight_scale : float, default 1e-2
        Standard deviation of the initial weights.
    X, y : arrays, optional
        Inputs (N, ...) and labels (N,). By default 50 random rows of 3072 numbers as large as pixels less their mean.
    seed : int, default 0
        Of the weights and the random inputs. NumPy's global generator is put back to where it was.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range.
    NotImplementedError
        If the net is not written yet.
    """
    from ...fc_net import FullyConnectedNet
    from ...layer_utils import affine_relu_forward

    depth = check_integer("depth", depth, minimum=1)
    check_number("weight_scale", weight_scale, minimum=0)
    state = np.random.get_state()
    try:
        np.random.seed(seed)
        if X is None or y is None:
            X, y = 60 * np.random.randn(ROWS, FEATURES), np.random.randint(CLASSES, size=ROWS)
        X = np.asarray(X, dtype=np.float64)
        net = FullyConnectedNet(
            [UNITS] * (depth - 1),
            int(np.prod(X.shape[1:])),
            CLASSES,
            weight_scale=weight_scale,
            dtype=np.float64,
        )
    finally:
        np.random.set_state(state)
    hidden, out = [], X
    with np.errstate(all="ignore"):  # overflow is what the figure is to show
        for i in range(1, depth):
            out, _ = affine_relu_forward(out, net.params[f"W{i}"], net.params[f"b{i}"])
            hidden.append(rms(out))
        loss, grads = net.loss(X, y)
    weights, biases = ([rms(grads[f"{kind}{i}"]) for i in range(1, depth + 1)] for kind in "Wb")
    return Signals(hidden, weights, biases, float(loss))


_CURVES = (
    (0, "values after the ReLU", 0, "-"),
    (1, "gradient of W", 0, "-"),
    (1, "gradient of b: what arrives", 1, "--"),
)
"""Panel, name, number of the colour, line style."""


def _sizes(signals: Signals) -> tuple[np.ndarray, ...]:
    """Return what is drawn: sizes that a logarithmic axis has."""
    curves = (signals.hidden, signals.weights, signals.biases)
    return tuple(np.maximum(np.nan_to_num(c, nan=_LEAST, posinf=_MOST), _LEAST) for c in curves)


def _stage() -> Figure:
    figure = panels(2)
    for panel, (title, label) in enumerate((("Forward", "hidden layer"), ("Backward", "layer"))):
        ax = axes_in(figure, panel, left=0.18)
        ax.set(yscale="log", xlabel=label, ylabel="root mean square", title=title)
        for place, name, number, style in _CURVES:
            if place == panel:
                ax.plot([], [], color=COLOURS[number], marker=MARKERS[number], linestyle=style, label=name)
        ax.grid(alpha=0.3)
        ax.legend(fontsize="small", loc="upper left")
    return figure


Limits = tuple[int, tuple[float, float]]


def _frames(signals: Signals) -> tuple[Limits, Limits]:
    hidden, weights, biases = _sizes(signals)
    depth = len(signals.weights)
    return (depth, ends([*hidden, 1e-1, 10.0], 3)), (depth, ends([*weights, *biases, 1e-3, 1.0], 3))


def _fit(_: int, axes: list[Axes], limits: Limits) -> None:
    depth, heights = limits
    axes[0].set(xticks=np.arange(1, depth + 1), xlim=(0.5, depth + 0.5), ylim=heights)


def _act(axes: list[Axes], signals: Signals) -> None:
    for (panel, _, number, style), sizes in zip(_CURVES, _sizes(signals), strict=True):
        places = np.arange(1, len(sizes) + 1)
        axes[panel].plot(places, sizes, color=COLOURS[number], marker=MARKERS[number], linestyle=style)


def draw(signals: Signals) -> Figure:
    """Draw the size of the hidden values beside that of the gradients, layer by layer.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    return scene().figure(signals)


def scene(X: Any = None, y: Any = None) -> Scene:
    """Return what the explorer computes, draws and says."""
    return Scene(
        compute=lambda **settings: measure(**settings, X=X, y=y),
        stage=_stage,
        frames=_frames,
        fit=_fit,
        act=_act,
        words=summary,
        note=lambda signals: f"loss: {signals.loss:.4g}",
    )


def summary(signals: Signals) -> str:
    """Return the alternative text of the figure."""
    hidden = ", ".join(f"{size:.2g}" for size in signals.hidden) or "none"
    weights, biases = (
        ", ".join(f"{size:.2g}" for size in sizes) for sizes in (signals.weights, signals.biases)
    )
    return (
        f"Line plots over the layers. Left: size of the hidden values, {hidden}. Right: size of the gradients of W, "
        f"{weights}, and of b, {biases}. The loss is {signals.loss:.4g}."
    )


def explore(X: Any = None, y: Any = None) -> Figure | None:
    """Show the figure with sliders for depth and weight scale.

    Parameters
    ----------
    X, y : arrays, optional
        Inputs and labels; see `measure`.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it.
    """
    return controls.explore(scene(X, y), START, lambda: controls.sliders(SETTINGS, START), needs="your net")
