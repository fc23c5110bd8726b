"""Small helpers that the notebooks share: figures with a text, printed statistics, curves of several solvers."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ._support.figure_html import as_html, figure_strips, side_by_side
from .gradient_check import rel_error
from .solver import Solver

__all__ = ["Screen", "in_words", "plot_training_history", "print_mean_std", "rel_error", "show"]


def show(figure: Figure, alt: str) -> None:
    """Show a figure in a notebook together with a text for those who cannot see it, and close the figure.

    Parameters
    ----------
    figure : matplotlib figure
    alt : str
        What there is to see, in words.
    """
    Screen().show(figure, alt)


class Screen:
    """A place in a notebook where a figure is shown and replaced by the next one, always with its text.

    Notebooks show it as HTML that fits the theme and the window, with the text as alternative text. A plain PNG goes
    along, because that is what a grader's page keeps of an output. The text also stands below, folded, for everybody.
    """

    def __init__(self) -> None:
        self._picture: Any = None
        self._words: Any = None

    def show(self, figure: Figure, alt: str) -> None:
        """Show a figure in the place of the one before; parameters as for :func:`show`."""
        from IPython.display import display

        whole, strips, title = figure_strips(figure)
        plain = f"(the figure in words: {alt})"
        bundle = {"image/png": whole, "text/html": side_by_side(strips, alt, title), "text/plain": plain}
        metadata = {"image/png": {"alt": alt}}
        words = {"text/html": in_words(alt), "text/plain": plain}
        if self._picture is None:
            self._picture = display(bundle, raw=True, metadata=metadata, display_id=True)
            self._words = display(words, raw=True, display_id=True)
        else:
            self._picture.update(bundle, raw=True, metadata=metadata)
            self._words.update(words, raw=True)
        plt.close(figure)


def in_words(text: str) -> str:
    """Return the description of a figure as HTML that can be unfolded.

    JupyterLab and Notebook do not use the alternative text that goes with a picture; exported pages do.
    """
    return f"<details><summary>the figure in words</summary>{html.escape(text)}</details>"


def print_mean_std(x: np.ndarray, axis: Any = 0) -> None:
    """Print mean and standard deviation of ``x`` over ``axis`` (an axis, a tuple of axes, or ``None`` for all)."""
    for name, found in (("means: ", x.mean(axis=axis)), ("stds:  ", x.std(axis=axis))):
        print(f"  {name}{found}".replace("\n", "\n" + " " * len(f"  {name}")))  # rows below each other
    print()


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
        If ``labels`` does not have one entry for each of ``bn_solvers``.
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


def _fit_all_figures() -> None:
    """Let a notebook show every figure in colours that fit its theme, also those that are not shown by :func:`show`."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel") or shell.display_formatter is None:
        return
    formatter = shell.display_formatter.formatters["text/html"]

    def fit(*_: Any) -> None:
        formatter.for_type(Figure, as_html)

    # Again before each cell: `%matplotlib inline` forgets what others have said about figures.
    shell.events.register("pre_run_cell", fit)


_fit_all_figures()
