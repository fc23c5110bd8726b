"""A Solver that shows how training goes while an epoch is still under way."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..._support.validate import check_integer
from ...notebook_helpers import Screen
from ...solver import Solver
from ..shared.controls import COLOURS, in_notebook

ROWS = 500
"""Validation rows that are measured on the way: the first ones, so that nothing is drawn at random."""


class WatchedSolver(Solver):
    """A `nndl.solver.Solver` that redraws loss and accuracy every so many iterations.

    Accuracies on the way are those on the first 500 validation rows. They are only shown: neither the histories nor
    the choice of the best net depend on them.

    Parameters
    ----------
    model, data, **kwargs
        As for `nndl.solver.Solver`; without ``verbose`` there is a progress bar, but no line per iteration.
    every : int, default 50
        Iterations between two pictures.
    title : str, default "Training"
        Stands above the curves.
    goal : float, optional
        An accuracy that is marked by a dashed line.

    Attributes
    ----------
    watched : list of (int, float)
        Iteration and accuracy on the first validation rows, for each picture.
    """

    def __init__(
        self,
        model: Any,
        data: dict[str, Any],
        *,
        every: int = 50,
        title: str = "Training",
        goal: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(model, data, **{"print_every": 10**9, **kwargs})
        self.watched: list[tuple[int, float]] = []
        self._every = check_integer("every", every, minimum=1)
        self._title = title
        self._goal = goal
        self._screen: Screen | None = None

    def draw(self) -> Figure:
        """Return the figure of the training up to now, not shown and not known to pyplot."""
        figure = Figure(figsize=(12, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        iterations = np.arange(1, len(self.loss_history) + 1)
        left.plot(
            iterations, self.loss_history, color=COLOURS[0], linewidth=0.6, alpha=0.6, label="each minibatch"
        )
        width = min(self._every, len(iterations))
        smooth = np.convolve(self.loss_history, np.ones(width) / width, mode="valid")
        left.plot(iterations[width - 1 :], smooth, color=COLOURS[1], linestyle="--", label=f"mean of {width}")
        left.set(xlabel="iteration", ylabel="training loss", title=f"{self._title}: loss")
        left.legend()
        if self.watched:
            right.plot(
                *zip(*self.watched, strict=True), marker="o", color=COLOURS[0], label="validation images"
            )
        if self._goal is not None:
            right.axhline(self._goal, color="grey", linestyle=":", label="goal")
        right.set(xlabel="iteration", ylabel="accuracy", title=f"{self._title}: accuracy")
        if right.get_legend_handles_labels()[0]:
            right.legend()
        for ax in (left, right):
            ax.grid(alpha=0.3)
        return figure

    def summary(self) -> str:
        """Return the alternative text of the figure."""
        accuracy = f"{self.watched[-1][1]:.3f}" if self.watched else "not measured yet"
        return (
            f"{self._title}: loss of each minibatch and validation accuracy up to iteration {len(self.loss_history)}; "
            f"the last loss is {self.loss_history[-1]:.3f}, the last accuracy {accuracy}."
        )

    def train(self) -> None:
        """Train as `nndl.solver.Solver.train` does, and draw the whole run at its end."""
        super().train()
        self._show()

    def _step(self, iteration: int) -> None:
        super()._step(iteration)
        if iteration % self._every == 0:
            rows = slice(ROWS)
            self.watched.append((iteration, self.check_accuracy(self.X_val[rows], self.y_val[rows])))
            self._show()

    def _show(self) -> None:
        if not in_notebook() or not self.loss_history:
            return
        if self._screen is None:
            self._screen = Screen()
        self._screen.show(self.draw(), self.summary())
