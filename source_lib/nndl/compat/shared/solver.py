"""The Solver as the courses have it: plain lines instead of a progress bar, and their names of the update rules."""

import importlib as _importlib
from typing import Any as _Any

import numpy as np

from ... import optim
from ...solver import DivergenceError
from ...solver import Solver as _LibrarySolver
from .. import settings as _settings
from ..notices import say as _say
from ..tolerance import as_labels as _as_labels

#: Rules that a course has under another name.
_RULES = {"sgd_nesterov_momentum": "nesterov"}


class Solver(_LibrarySolver):
    """As :class:`nndl.solver.Solver`.

    The labels may be of any type of number. A loss that is no number ends the training, with a line that says so,
    and no error: a search over learning rates goes on. Where the layers are to be the student's own, so are the
    update rules.
    """

    def __init__(self, model: _Any, data: dict[str, _Any], **kwargs: _Any) -> None:
        labels = {name: _as_labels(data[name]) for name in ("y_train", "y_val") if name in data}
        rule = kwargs.get("update_rule", "sgd")
        if _settings.students_optim is not None:
            students = _importlib.import_module(_settings.students_optim)
            if not hasattr(students, rule):
                raise ValueError(f"{students.__name__} ({students.__file__}) has no update rule {rule!r}")
            optim.UPDATE_RULES[rule] = getattr(students, rule)
        elif "update_rule" in kwargs:
            kwargs["update_rule"] = _RULES.get(rule, rule)
        super().__init__(model, data | labels, **kwargs)

    def train(self) -> None:
        """Run all iterations, then put the best parameters found back into the model."""
        # Silenced, the library shows no progress bar; the lines are printed below, at the same moments.
        self._prints, self.verbose, self._steps = self.verbose, False, 0
        try:
            super().train()
        except DivergenceError as error:
            _say(str(error))
            if not self.train_acc_history:
                self._check(
                    1
                )  # the courses measure after iteration 1 whatever the loss, and plot the maximum
        finally:
            self.verbose = self._prints

    def _step(self, *args: _Any) -> None:
        super()._step(*args)
        self._steps += 1
        if self._prints and (self._steps - 1) % self.print_every == 0:
            total = self.num_epochs * max(len(self.X_train) // self.batch_size, 1)
            print(f"(Iteration {self._steps} / {total}) loss: {self.loss_history[-1]:f}")

    def _check(self, *args: _Any) -> None:
        super()._check(*args)
        if self._prints:
            accuracies = f"train acc: {self.train_acc_history[-1]:f}; val_acc: {self.val_acc_history[-1]:f}"
            print(f"(Epoch {self.epoch} / {self.num_epochs}) {accuracies}")
