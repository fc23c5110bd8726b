"""A two-layer network with its own training loop, in one class.

Weights are stored ``(out, in)`` here, so a layer is ``X @ W.T + b``. The linear classifier, the layers as objects and
the nets of layer functions store them ``(in, out)``, so that a layer is ``X @ W + b``. A batch may be a single row.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ._support.divergence import DivergenceError
from ._support.progress import ProgressBar
from ._support.storage import load_arrays, save_arrays
from ._support.validate import check_array, check_integer, check_labels, check_number


class TwoLayerNet:
    r"""A fully connected network with one hidden layer: affine, ReLU, affine, softmax loss.

    .. math::

        A = X W_1^\top + b_1, \qquad H = \max(0, A), \qquad S = H W_2^\top + b_2

    with the loss, for N rows with labels :math:`y_i`,

    .. math::

        L = -\frac{1}{N} \sum_i \log \frac{e^{S_{i, y_i}}}{\sum_c e^{S_{i, c}}}
            + \frac{reg}{2} \left( \sum W_1^2 + \sum W_2^2 \right)

    Parameters
    ----------
    input_size : int
        D, the number of features of a row.
    hidden_size : int
        H, the number of hidden units.
    output_size : int
        C, the number of classes.
    std : float, default 1e-4
        Standard deviation of the initial weights.

    Attributes
    ----------
    params : dict of str to array
        ``W1`` (H, D), ``b1`` (H,), ``W2`` (C, H), ``b2`` (C,). Weights are drawn from NumPy's global
        generator, W1 first, and scaled by ``std``; biases start at zero.

    Raises
    ------
    TypeError, ValueError
        For a size that is not a positive integer.
    """

    params: dict[str, np.ndarray]

    def __init__(self, input_size: int, hidden_size: int, output_size: int, std: float = 1e-4):
        input_size = check_integer("input_size", input_size, minimum=1)
        hidden_size = check_integer("hidden_size", hidden_size, minimum=1)
        output_size = check_integer("output_size", output_size, minimum=1)
        std = check_number("std", std, minimum=0)
        self.params = {
            "W1": std * np.random.randn(hidden_size, input_size),
            "b1": np.zeros(hidden_size),
            "W2": std * np.random.randn(output_size, hidden_size),
            "b2": np.zeros(output_size),
        }

    def loss(self, X: np.ndarray, y: np.ndarray | None = None, reg: float = 0.0) -> Any:
        """Compute the scores or, where labels are given, the loss and its gradients.

        Neither the arguments nor ``params`` are modified, and nothing is drawn at random. The loss and the
        gradients stay finite for scores as large as ±1e4. Gradients take a few times as long as scores, however many
        parameters there are.

        Parameters
        ----------
        X : array (N, D)
            One input per row.
        y : integer array (N,), optional
            The class of each row, from 0 to C - 1.
        reg : float, default 0.0
            Strength of the L2 penalty ``0.5 * reg * (sum(W1**2) + sum(W2**2))``. Biases are not penalized.

        Returns
        -------
        scores : array (N, C)
            If ``y`` is None.
        loss : float
            If ``y`` is given: the mean cross-entropy over the rows, plus the penalty.
        grads : dict of str to array
            If ``y`` is given: the gradient of ``loss`` for every key of ``params``, in that parameter's
            shape.

        Raises
        ------
        TypeError, ValueError
            If ``X`` or ``y`` has the wrong type, shape or range.
        """
        check_array("X", X, shape=(None, self.params["W1"].shape[1]))
        scores, hidden = self._forward(X)
        if y is None:
            return scores
        check_labels("y", y, rows=X.shape[0], classes=self.params["W2"].shape[0])
        loss, probabilities = self._softmax_loss(scores, y, reg)
        return loss, self._gradients(X, y, hidden, probabilities, reg)

    def _forward(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute the scores: affine, ReLU, affine, for all rows at once.

        Parameters
        ----------
        X : array (N, D)

        Returns
        -------
        scores : array (N, C)
            Unnormalized; no softmax yet.
        hidden : array (N, H)
            The hidden layer after the ReLU, never negative; the gradients need it.
        """
        ### BEGIN SOLUTION two_layer_net
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        hidden = np.maximum(0, X @ W1.T + b1)
        scores = hidden @ W2.T + b2
        return scores, hidden
        ### END SOLUTION

    def _softmax_loss(self, scores: np.ndarray, y: np.ndarray, reg: float) -> tuple[float, np.ndarray]:
        """Compute the mean softmax cross-entropy plus the L2 penalty.

        A large score overflows ``exp``, and a probability that rounds to 0 has no logarithm. Softmax does not
        change when a row's maximum is subtracted from that row, and the *logarithm* of a probability can be
        computed without the probability. Scores as large as ±1e4 must give a finite loss without a
        warning.

        Parameters
        ----------
        scores : array (N, C)
            Not to be modified.
        y : integer array (N,)
        reg : float

        Returns
        -------
        loss : float
            Mean over the rows, plus ``0.5 * reg * (sum(W1**2) + sum(W2**2))``.
        probabilities : array (N, C)
            The softmax of each row.
        """
        ### BEGIN SOLUTION two_layer_net
        shifted = scores - scores.max(axis=1, keepdims=True)
        log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        data_loss = -log_probabilities[np.arange(len(y)), y].mean()
        penalty = 0.5 * reg * ((self.params["W1"] ** 2).sum() + (self.params["W2"] ** 2).sum())
        return float(data_loss + penalty), np.exp(log_probabilities)
        ### END SOLUTION

    def _gradients(
        self, X: np.ndarray, y: np.ndarray, hidden: np.ndarray, probabilities: np.ndarray, reg: float
    ) -> dict[str, np.ndarray]:
        """Backpropagate from the loss to all four parameters.

        Start from the gradient of the mean cross-entropy on the scores, which is made of the probabilities and
        the labels alone, and go back layer by layer. The ReLU passes the gradient on only where its input was
        greater than zero; at exactly zero it passes nothing. The penalty has a share in the gradient of each
        weight matrix.

        Parameters
        ----------
        X : array (N, D)
        y : integer array (N,)
        hidden : array (N, H)
            The hidden layer after the ReLU.
        probabilities : array (N, C)
        reg : float

        Returns
        -------
        grads : dict of str to array
            ``W1``, ``b1``, ``W2``, ``b2``, each in the shape of the parameter. None of the arguments is
            modified.
        """
        ### BEGIN SOLUTION two_layer_net
        num_rows = X.shape[0]
        dscores = probabilities.copy()
        dscores[np.arange(num_rows), y] -= 1
        dscores /= num_rows

        dhidden = dscores @ self.params["W2"]
        # The hidden value is above zero exactly where the input of the ReLU was.
        dpre_activation = np.where(hidden > 0, dhidden, 0)
        return {
            "W1": dpre_activation.T @ X + reg * self.params["W1"],
            "b1": dpre_activation.sum(axis=0),
            "W2": dscores.T @ hidden + reg * self.params["W2"],
            "b2": dscores.sum(axis=0),
        }
        ### END SOLUTION

    def train(
        self,
        X: np.ndarray,
        y: np.ndarray,
        X_val: np.ndarray,
        y_val: np.ndarray,
        learning_rate: float = 1e-3,
        learning_rate_decay: float = 0.95,
        reg: float = 1e-5,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> dict[str, list[float]]:
        """Train with stochastic gradient descent.

        Each iteration draws a minibatch, computes loss and gradients on it and takes one step. An epoch
        counts as ``max(int(N / batch_size), 1)`` iterations. At the first iteration of each epoch (so also at
        iteration 0), and after its step, the accuracies on the current minibatch and on the validation set
        are recorded, and the learning rate is multiplied by ``learning_rate_decay``.

        The training accuracy is one of a single minibatch that the net has just been trained on: cheap, but
        noisy and a little too kind.

        Parameters
        ----------
        X : array (N, D)
            Training rows.
        y : integer array (N,)
            Their classes.
        X_val : array (N_val, D)
            Validation rows; at least one.
        y_val : integer array (N_val,)
            Their classes.
        learning_rate : float, default 1e-3
            Size of the first steps.
        learning_rate_decay : float, default 0.95
            Factor on the learning rate, once an epoch.
        reg : float, default 1e-5
            Strength of the L2 penalty; see `loss`.
        num_iters : int, default 100
            Number of steps.
        batch_size : int, default 200
            Rows per minibatch; N if there are fewer rows.
        verbose : bool, default False
            Show a progress bar, and the loss at every 100th iteration from 0 on. Silent otherwise.

        Returns
        -------
        history : dict of str to list of float
            ``loss_history``: the loss of each minibatch before its step, ``num_iters`` entries.
            ``train_acc_history``, ``val_acc_history``: one entry per epoch.

        Raises
        ------
        DivergenceError
            If the loss is no longer finite: more steps would not bring it back. It is a ``FloatingPointError``.
        """
        features, classes = self.params["W1"].shape[1], self.params["W2"].shape[0]
        check_array("X", X, shape=(None, features))
        check_labels("y", y, rows=X.shape[0], classes=classes)
        check_array("X_val", X_val, shape=(None, features))
        check_labels("y_val", y_val, rows=X_val.shape[0], classes=classes)
        for name, value in (("rows of X", len(X)), ("rows of X_val", len(X_val)), ("batch_size", batch_size)):
            if value < 1:
                raise ValueError(f"{name}: at least 1 is needed, but got {value}")

        iterations_per_epoch = max(int(len(X) / batch_size), 1)
        history: dict[str, list[float]] = {"loss_history": [], "train_acc_history": [], "val_acc_history": []}
        # Overflow is reported by the error below, once and with advice, instead of by NumPy's warnings.
        quiet = np.errstate(over="ignore", invalid="ignore")
        with quiet, ProgressBar(num_iters, visible=verbose) as bar:
            for it in range(num_iters):
                X_batch, y_batch = self._draw_batch(X, y, batch_size)
                loss, grads = self.loss(X_batch, y_batch, reg=reg)
                if not np.isfinite(loss):
                    raise DivergenceError(
                        f"the loss is {loss} at iteration {it}: training has diverged. Try a learning_rate "
                        f"smaller than {learning_rate:.3g}, or check the scale of the inputs: their largest "
                        f"absolute value is {np.abs(X).max():.3g}"
                    )
                history["loss_history"].append(loss)
                self._update(grads, learning_rate)
                if it % iterations_per_epoch == 0:
                    history["train_acc_history"].append(float((self.predict(X_batch) == y_batch).mean()))
                    history["val_acc_history"].append(float((self.predict(X_val) == y_val).mean()))
                    learning_rate *= learning_rate_decay
                bar.step()
                if it % 100 == 0:
                    bar.say(f"iteration {it} of {num_iters}: loss {loss:.4f}")
        return history

    def _draw_batch(self, X: np.ndarray, y: np.ndarray, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw a minibatch: ``min(N, batch_size)`` rows at random, *with* replacement, and their labels.

        The row indices come from a single call of ``np.random.choice``, and nothing else is drawn, so that
        ``np.random.seed`` makes a whole training run repeatable.

        Parameters
        ----------
        X : array (N, D)
        y : integer array (N,)
        batch_size : int

        Returns
        -------
        X_batch : array (min(N, batch_size), D)
        y_batch : integer array (min(N, batch_size),)
        """
        ### BEGIN SOLUTION two_layer_net
        num_rows = X.shape[0]
        rows = np.random.choice(num_rows, min(num_rows, batch_size))
        return X[rows], y[rows]
        ### END SOLUTION

    def _update(self, grads: dict[str, np.ndarray], learning_rate: float) -> None:
        """Take one step of gradient descent on all four parameters: ``p - learning_rate * dp``.

        The arrays in ``params`` may be changed in place, or replaced by new ones; ``grads`` stay as they are.

        Parameters
        ----------
        grads : dict of str to array
            As `loss` returns them.
        learning_rate : float
        """
        ### BEGIN SOLUTION two_layer_net
        for name, gradient in grads.items():
            self.params[name] = self.params[name] - learning_rate * gradient
        ### END SOLUTION

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predict the class of each row: the one with the highest score; scores may be as large as ±1e4.

        Parameters
        ----------
        X : array (N, D)

        Returns
        -------
        labels : integer array (N,)
        """
        ### BEGIN SOLUTION two_layer_net
        return self.loss(X).argmax(axis=1)
        ### END SOLUTION

    def save(self, path: str | os.PathLike[str]) -> None:
        """Store the parameters as a ``.npz`` file with the arrays ``W1``, ``b1``, ``W2`` and ``b2``."""
        save_arrays(path, self.params)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TwoLayerNet:
        """Read a net that `save` stored. Draws nothing at random, and runs no code from the file.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is not a stored net: arrays missing or superfluous, shapes that don't fit together, values
            that are not finite real numbers.
        """
        params = load_arrays(path, {"W1": 2, "b1": 1, "W2": 2, "b2": 1})
        (hidden, features), (classes, _) = params["W1"].shape, params["W2"].shape
        for name, shape in _shapes(features, hidden, classes).items():
            if params[name].shape != shape:
                raise ValueError(
                    f"{name} in {path} must have shape {shape}, but its shape is {params[name].shape}"
                )
        net = cls.__new__(cls)  # not cls(...), which would draw initial weights
        net.params = params
        return net


def _shapes(features: int, hidden: int, classes: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of each parameter."""
    return {"W1": (hidden, features), "b1": (hidden,), "W2": (classes, hidden), "b2": (classes,)}
