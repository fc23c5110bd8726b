"""See what batch and layer normalization make of one batch of points in the plane.

In a notebook::

    from nndl.explore.batchnorm.one_batch import explore
    explore()
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..._support.validate import check_choice, check_integer
from ..shared import controls
from ..shared.scene import Scene, axes_in, heading, panels

KINDS = ("batchnorm", "layernorm")
SETTINGS: dict[str, tuple[Any, ...]] = {
    "normalization": KINDS,
    "rows": (1, 2, 3, 5, 10, 50, 200),
    "gamma": (-1.0, 0.0, 0.5, 1.0, 2.0),
    "beta": (-2.0, -1.0, 0.0, 1.0, 2.0),
}
DEFAULTS: dict[str, Any] = {"normalization": "batchnorm", "rows": 50, "gamma": 1.0, "beta": 0.0}

NAMES = {"rows": "rows in the batch", "gamma": "γ of feature 1", "beta": "β of feature 1"}

_COLOUR, _MARKED, *_ = controls.COLOURS


def draw_points(rows: int, seed: int = 0) -> np.ndarray:
    """Return ``rows`` points of a slanted cloud off the origin, (rows, 2); the first ones do not depend on ``rows``."""
    check_integer("rows", rows, minimum=1)
    points = np.random.default_rng(seed).normal(size=(max(rows, *SETTINGS["rows"]), 2))
    return (points @ np.array([[1.2, 0.5], [0.0, 0.4]]) + np.array([2.5, 1.0]))[:rows]


def normalize(
    points: np.ndarray, normalization: str, gamma: float = 1.0, beta: float = 0.0, functions: Any = None
) -> np.ndarray:
    """Return what a layer makes of the points in training mode.

    Parameters
    ----------
    points : array (N, 2)
        The batch: points are rows, coordinates features.
    normalization : {"batchnorm", "layernorm"}
        Which layer.
    gamma, beta : float
        Of the first feature; the second has 1 and 0.
    functions : module, optional
        Where the layers come from; by default `nndl.layers`, as you have written them.
    """
    check_choice("normalization", normalization, KINDS)
    if functions is None:
        from ... import layers as functions
    forward = getattr(functions, f"{normalization}_forward")
    out: np.ndarray = forward(points, np.array([gamma, 1.0]), np.array([beta, 0.0]), {"mode": "train"})[0]
    return out


def _stage() -> Figure:
    figure = panels(2)
    for panel in range(2):
        ax = axes_in(figure, panel)
        ax.axhline(0, color="grey", linewidth=0.6)
        ax.axvline(0, color="grey", linewidth=0.6)
        ax.set(xlim=(-5, 7), ylim=(-4, 5.2), xlabel="feature 1", ylabel="feature 2")
    return figure


def _fit(_: int, axes: list[Axes], name: str) -> None:
    (mark,) = axes[0].plot([], [], "D", color=_MARKED, markeredgecolor="black")
    axes[0].legend([mark], [f"{name}: the first point"], loc="upper left", fontsize="small")


def draw_cloud(points: np.ndarray, ax: Axes) -> None:
    """Draw the points, the first of them marked, with mean and standard deviation of both features."""
    ax.plot(*points[1:].T, "o", color=_COLOUR, markersize=4, alpha=0.7)
    ax.plot(*points[:1].T, "D", color=_MARKED, markersize=8, markeredgecolor="black")
    heading(ax, statistics(points))


def draw(before: np.ndarray, after: np.ndarray, normalization: str) -> Figure:
    """Draw the batch before and after the layer.

    Returns
    -------
    figure : matplotlib figure
        Not shown, and not known to pyplot; the caller displays it.
    """
    return scene().figure((before, after, normalization))


def statistics(points: np.ndarray) -> str:
    """Return mean and standard deviation of each feature in one line."""
    statistics = zip(points.mean(axis=0).round(2) + 0.0, points.std(axis=0), strict=True)  # no -0
    return ", ".join(
        f"feature {i}: {mean:.2f} ± {std:.2f}" for i, (mean, std) in enumerate(statistics, start=1)
    )


def place(points: np.ndarray) -> str:
    """Return where the first point lies."""
    x, y = points[0].round(2) + 0.0  # no -0
    return f"({x:.2f}, {y:.2f})"


def scene(functions: Any = None) -> Scene:
    """Return what the explorer computes, draws and says."""

    def compute(rows: int, normalization: str, **settings: Any) -> tuple[np.ndarray, np.ndarray, str]:
        before = draw_points(rows)
        return before, normalize(before, normalization, **settings, functions=functions), normalization

    def act(axes: list[Axes], clouds: tuple[np.ndarray, np.ndarray, str]) -> None:
        for ax, points in zip(axes, clouds[:2], strict=True):
            draw_cloud(points, ax)

    def words(clouds: tuple[np.ndarray, np.ndarray, str]) -> str:
        before, after, normalization = clouds
        return (
            f"Two clouds of points. Left, the batch of {len(before)}: {statistics(before)}. "
            f"Right, after {normalization}: {statistics(after)}. The first point goes from {place(before)} to "
            f"{place(after)}."
        )

    def frames(clouds: tuple[np.ndarray, np.ndarray, str]) -> tuple[str, str]:
        return "the batch", f"after {clouds[2]}"

    return Scene(compute=compute, stage=_stage, frames=frames, fit=_fit, act=act, words=words)


def explore(functions: Any = None) -> Figure | None:
    """Show the figure with a choice of layer, and sliders for the size of the batch, gamma and beta.

    Parameters
    ----------
    functions : module, optional
        Where the layers come from; by default `nndl.layers`, as you have written them.

    Returns
    -------
    figure : matplotlib figure or None
        As `nndl.explore.shared.controls.explore` returns it.
    """
    return controls.explore(
        scene(functions), DEFAULTS, lambda: controls.sliders(SETTINGS, DEFAULTS, NAMES), needs="your layers"
    )
