"""Small helpers that the notebooks share: printed statistics, and curves of several solvers in one figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from .gradient_check import rel_error
from .solver import Solver

__all__ = ["plot_training_history", "print_mean_std", "rel_error"]


def print_mean_std(x: np.ndarray, axis: Any = 0) -> None:
    """Print mean and standard deviation of ``x`` over ``axis`` (an axis, a tuple of axes, or ``None`` for all)."""
    print(f"  means: {x.mean(axis=axis)}")
    print(f"  stds:  {x.std(axis=axis)}\n")


def plot_training_history(
    title: str,
    label: str,
    baseline: Solver,
    bn_solvers: Sequence[Solver],
    plot_fn: Callable[[Solver], Sequence[float]],
    bl_marker: str = ".",
    bn_marker: str = ".",
    labels: Sequence[Any] | None = None,
) -> Axes:
    """Draw one curve for each solver with normalization, and one for the baseline, on the current axes.

    Parameters
    ----------
    title : str
        Title of the axes.
    label : str
        Label of the horizontal axis.
    baseline : Solver
        Trained without normalization.
    bn_solvers : sequence of Solver
        Trained with it.
    plot_fn : callable
        Takes a solver and returns the history to draw, as ``lambda solver: solver.val_acc_history``.
    bl_marker, bn_marker : str, default "."
        Matplotlib format of the baseline's and of the other curves.
    labels : sequence, optional
        What tells the curves apart in the legend, one entry for each of ``bn_solvers``: ``with_norm<label>``.
        The baseline, ``baseline<labels[0]>``, is taken to share the first one's setting. Without labels the
        legend says ``with_norm`` and ``baseline``.

    Returns
    -------
    ax : matplotlib axes

    Raises
    ------
    ValueError
        If ``labels`` has not one entry for each of ``bn_solvers``.
    """
    names = [""] * len(bn_solvers) if labels is None else list(labels)
    if len(names) != len(bn_solvers):
        raise ValueError(
            f"labels must have {len(bn_solvers)} entries, one for each solver, but has {len(names)}"
        )
    ax = plt.gca()
    for solver, name in zip(bn_solvers, names, strict=True):
        ax.plot(plot_fn(solver), bn_marker, label=f"with_norm{name}")
    ax.plot(plot_fn(baseline), bl_marker, label=f"baseline{names[0] if names else ''}")
    ax.set(title=title, xlabel=label)
    ax.legend(loc="lower center", ncol=len(bn_solvers) + 1)
    return ax
