"""A Solver whose curves can be watched while it trains."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from ...notebook_helpers import Screen
from ...solver import Solver
from ...vis_utils import plot_accuracy_history, plot_loss_history
from .controls import in_notebook


class LiveSolver(Solver):
    """A `nndl.solver.Solver` with a progress bar that redraws loss and accuracy after every epoch.

    Parameters
    ----------
    model, data, **kwargs
        As for `nndl.solver.Solver`; ``verbose`` is off unless given.
    title : str, default "Training"
        Stands above the curves.
    goal : float, optional
        An accuracy that is marked by a dashed line.
    """

    def __init__(
        self,
        model: Any,
        data: dict[str, Any],
        *,
        title: str = "Training",
        goal: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(model, data, **{"verbose": False, **kwargs})
        self._title = title
        self._goal = goal
        self._screen: Screen | None = None
        self._bar: Any = None

    def train(self) -> None:
        """Train as `nndl.solver.Solver.train` does, with a progress bar in a notebook."""
        if not in_notebook():
            super().train()
            return
        # imported here: slow to import, and not needed when training without a notebook
        from tqdm.auto import tqdm

        steps = max(len(self.X_train) // self.batch_size, 1)
        with tqdm(total=self.num_epochs * steps, desc=self._title, unit="step", leave=False) as bar:
            self._bar = bar
            super().train()

    def draw(self) -> Figure:
        """Return the figure of the training up to now, not shown and not known to pyplot."""
        figure = Figure(figsize=(12, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        plot_loss_history(self.loss_history, left, title=f"{self._title}: loss of each minibatch")
        plot_accuracy_history(
            self.train_acc_history,
            self.val_acc_history,
            right,
            title=f"{self._title}: accuracy",
            goal=self._goal,
        )
        return figure

    def summary(self) -> str:
        """Return the alternative text of the figure."""
        return (
            f"{self._title}: loss and accuracy up to epoch {self.epoch} of {self.num_epochs}; training accuracy "
            f"{self.train_acc_history[-1]:.3f}, validation accuracy {self.val_acc_history[-1]:.3f}, at best "
            f"{self.best_val_acc:.3f}."
        )

    def _step(self, iteration: int) -> None:
        super()._step(iteration)
        if self._bar is not None:
            self._bar.update()

    def _check(self, iteration: int) -> None:
        super()._check(iteration)
        if not in_notebook():
            return
        if self._screen is None:
            self._screen = Screen()
        self._screen.show(self.draw(), self.summary())
