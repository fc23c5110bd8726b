"""``nndl.neural_net``."""

from typing import Any as _Any

import numpy as np

from ... import neural_net as _library
from ..progress import show_loss as _show_loss
from ..tolerance import as_labels as _as_labels


class TwoLayerNet(_library.TwoLayerNet):
    """As :class:`nndl.neural_net.TwoLayerNet`; ``train`` prints the course's lines, without a progress bar."""

    def loss(self, X: np.ndarray, y: _Any = None, reg: float = 0.0) -> _Any:
        """Scores, or loss and gradients."""
        return super().loss(X, None if y is None else _as_labels(y), reg)

    def train(
        self,
        X: np.ndarray,
        y: _Any,
        X_val: np.ndarray,
        y_val: _Any,
        learning_rate: float = 1e-3,
        learning_rate_decay: float = 0.95,
        reg: float = 1e-5,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> dict[str, list[float]]:
        """Train as the library's net does, and go on where the loss is no number."""
        y, y_val = _as_labels(y), _as_labels(y_val)
        steps_per_epoch = max(len(X) // batch_size, 1)
        history: dict[str, list[float]] = {"loss_history": [], "train_acc_history": [], "val_acc_history": []}
        for it in range(num_iters):
            X_batch, y_batch = self._draw_batch(X, y, batch_size)
            loss, grads = self.loss(X_batch, y_batch, reg)
            history["loss_history"].append(loss)
            self._update(grads, learning_rate)
            _show_loss(verbose, it, num_iters, loss)
            if it % steps_per_epoch == 0:
                history["train_acc_history"].append(float((self.predict(X_batch) == y_batch).mean()))
                history["val_acc_history"].append(float((self.predict(X_val) == y_val).mean()))
                learning_rate *= learning_rate_decay
        return history
