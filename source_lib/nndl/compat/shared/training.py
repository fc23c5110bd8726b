"""The training loop that two courses' two-layer nets share, with the courses' lines of progress."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...neural_net import TwoLayerNet
from ..progress import show_loss
from ..tolerance import as_labels


class CourseTraining(TwoLayerNet):
    """A two-layer net whose ``train`` prints what the courses print, and goes on where the loss is no number."""

    #: Format of the printed loss; the default strength of the penalty.
    digits = ""
    default_reg = 1e-5

    def train(
        self,
        X: np.ndarray,
        y: Any,
        X_val: np.ndarray,
        y_val: Any,
        learning_rate: float = 1e-3,
        learning_rate_decay: float = 0.95,
        reg: float | None = None,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> dict[str, list[float]]:
        """Train with stochastic gradient descent, as :meth:`nndl.neural_net.TwoLayerNet.train` does.

        Parameters
        ----------
        X, X_val : arrays (N, D) and (N_val, D)
        y, y_val : labels (N,) and (N_val,)
        learning_rate, learning_rate_decay : float
            Size of the first steps, and the factor on it at the first iteration of every epoch.
        reg : float, optional
        num_iters, batch_size : int
        verbose : bool, default False
            Print the loss at every 100th iteration.

        Returns
        -------
        history : dict of str to list of float
            ``loss_history``, an entry per iteration; ``train_acc_history`` (of the minibatch) and
            ``val_acc_history``, an entry per epoch.
        """
        y, y_val = as_labels(y), as_labels(y_val)
        reg = self.default_reg if reg is None else reg
        steps_per_epoch = max(len(X) // batch_size, 1)
        history: dict[str, list[float]] = {"loss_history": [], "train_acc_history": [], "val_acc_history": []}
        for it in range(num_iters):
            X_batch, y_batch = self._draw_batch(X, y, batch_size)
            loss, grads = self.loss(X_batch, y_batch, reg)
            history["loss_history"].append(loss)
            self._update(grads, learning_rate)
            show_loss(verbose, it, num_iters, loss, self.digits)
            if it % steps_per_epoch == 0:
                history["train_acc_history"].append(float((self.predict(X_batch) == y_batch).mean()))
                history["val_acc_history"].append(float((self.predict(X_val) == y_val).mean()))
                learning_rate *= learning_rate_decay
        return history
