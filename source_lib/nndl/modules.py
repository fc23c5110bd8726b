r"""Layers as objects: each keeps in ``forward`` what its ``backward`` needs.

``forward`` takes a batch with one example per row and returns the layer's output; ``backward`` takes the
upstream gradient, the derivative of the loss with respect to that output, and returns the gradient with
respect to the input of the *last* ``forward``; before any ``forward`` it raises a ``RuntimeError``. Neither changes
its arguments. :class:`TwoLayerNet` composes the layers, and does not change its arguments, either. Targets are one-hot.
A batch may be a single row.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np

from ._support.descent import check_one_hot
from ._support.validate import check_array, check_integer, check_number
from .gradient_check import eval_numerical_gradient
from .linear_classifier import cross_entropy_loss, softmax

__all__ = ["Affine", "OutputLayer", "ReLU", "Sigmoid", "TwoLayerNet"]

Params = dict[str, np.ndarray]


class _Layer:
    """A layer whose ``backward`` belongs to its last ``forward``."""

    has_run = False

    def _require_forward(self) -> None:
        if not self.has_run:
            raise RuntimeError("backward needs what forward keeps: call forward first")


class OutputLayer(_Layer):
    """Softmax and cross entropy in one layer, at the end of a network."""

    def __init__(self) -> None:
        self.probabilities: Any = None
        self.target: Any = None

    def forward(self, x: np.ndarray, t: np.ndarray) -> float:
        """Mean cross entropy of ``softmax(x)`` against ``t``; finite, as its gradient, for scores as large as ±1e4.

        Parameters
        ----------
        x : ndarray (N, C)
            Scores.
        t : ndarray (N, C)
            One-hot targets.

        Returns
        -------
        float
            The cross entropy of :mod:`nndl.linear_classifier`, with its 1e-9 inside the logarithm, of the softmax
            of ``x``.

        Raises
        ------
        TypeError, ValueError
            If ``x`` is not two-dimensional or ``t`` has another shape.
        """
        check_array("x", x, ndim=2)
        check_one_hot("t", t, x.shape)
        self.has_run = True
        ### BEGIN SOLUTION nn_modules
        self.probabilities = softmax(x)
        self.target = t
        return cross_entropy_loss(self.probabilities, t)
        ### END SOLUTION

    def backward(self, dout: float = 1) -> np.ndarray:
        """Gradient with respect to the scores, shaped like them, times ``dout``.

        Of the loss without its 1e-9; the difference is far below what matters. Softmax and cross entropy are one
        layer because their derivative together is so much simpler than either alone: work it out for one row. It takes
        about as long as the forward pass.
        """
        self._require_forward()
        ### BEGIN SOLUTION nn_modules
        return dout * (self.probabilities - self.target) / self.probabilities.shape[0]
        ### END SOLUTION


class ReLU(_Layer):
    """Rectifier: negative inputs become 0."""

    def __init__(self) -> None:
        self.mask: Any = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return ``max(0, x)``, elementwise, for an array of any shape."""
        check_array("x", x)
        self.has_run = True
        ### BEGIN SOLUTION nn_modules
        self.mask = x > 0
        return np.maximum(0, x)
        ### END SOLUTION

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Gradient with respect to the input, in the shape and dtype of ``dout`` (integers in, integers out).

        By how much does each output move when its input does? At exactly 0 the derivative counts as 0.
        """
        self._require_forward()
        ### BEGIN SOLUTION nn_modules
        return np.where(self.mask, dout, 0)
        ### END SOLUTION


class Sigmoid(_Layer):
    r"""Logistic function, :math:`s(x) = 1 / (1 + e^{-x})`."""

    def __init__(self) -> None:
        self.out: Any = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        r"""Return :math:`s(x)`, elementwise, for an array of any shape.

        Neither large positive nor large negative inputs overflow: for :math:`x < 0` the equal form
        :math:`e^x / (1 + e^x)` is the safe one.
        """
        check_array("x", x)
        self.has_run = True
        ### BEGIN SOLUTION nn_modules
        small = np.exp(-np.abs(x))  # at most 1 on both sides
        self.out = np.where(x >= 0, 1, small) / (1 + small)
        return self.out
        ### END SOLUTION

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Gradient with respect to the input of the last ``forward``, in the shape of ``dout``.

        The derivative of :math:`s` can be written with :math:`s` alone, so the output is all that must be kept.
        """
        self._require_forward()
        ### BEGIN SOLUTION nn_modules
        return dout * self.out * (1 - self.out)
        ### END SOLUTION


class Affine(_Layer):
    r"""Fully connected layer, :math:`x W + b`.

    Parameters
    ----------
    W : ndarray (D, M)
        Weights. The layer uses this very array, so a change made to it in place is seen.
    b : ndarray (M,) or (1, M)
        Biases; also used without a copy.

    Attributes
    ----------
    dW : ndarray (D, M)
        Gradient with respect to ``W``, after ``backward``; ``None`` before.
    db : ndarray (M,)
        Gradient with respect to ``b``; one axis whatever shape ``b`` has.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        check_array("W", W, ndim=2)
        check_array("b", b)
        if b.shape not in ((W.shape[1],), (1, W.shape[1])):
            raise ValueError(
                f"b must have shape ({W.shape[1]},) or (1, {W.shape[1]}) to go with W {W.shape}, "
                f"but its shape is {b.shape}"
            )
        self.W = W
        self.b = b
        self.x: Any = None
        self.dW: Any = None
        self.db: Any = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return ``x W + b`` of shape (N, M) for ``x`` (N, D)."""
        check_array("x", x, shape=(None, self.W.shape[0]))
        self.has_run = True
        ### BEGIN SOLUTION nn_modules
        self.x = x
        return x @ self.W + self.b
        ### END SOLUTION

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Store ``dW`` and ``db`` of this very call, and return the gradient with respect to the input.

        A gradient has the shape of what it belongs to, which leaves only one way to write each product. Nothing
        adds up from call to call, and it takes a few times as long as the forward pass.

        Parameters
        ----------
        dout : ndarray (N, M)
            Upstream gradient.

        Returns
        -------
        ndarray (N, D)
            Gradient with respect to the input.
        """
        self._require_forward()
        ### BEGIN SOLUTION nn_modules
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
        ### END SOLUTION


class TwoLayerNet:
    """Affine, ReLU, affine, softmax: a classifier made of the layer objects above.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
        D, H and C.
    regularization : float, default 0.0
        Strength of the L2 penalty on both weight matrices.
    weight_scale : float, default 0.01
        Standard deviation of the initial weights.

    Attributes
    ----------
    params : dict
        ``W1`` (D, H), ``b1`` (H,), ``W2`` (H, C), ``b2`` (C,). Weights are ``weight_scale * np.random.randn``
        of the global generator, W1 drawn before W2; biases start at zero.
    layers : OrderedDict
        ``Affine1``, ``ReLU``, ``Affine2``, in the order of the forward pass.
    output_layer : OutputLayer
        Turns the scores into the loss.
    grads : dict or None
        What the last call of :meth:`gradient` returned.

    Raises
    ------
    TypeError, ValueError
        For a size that is not a positive integer.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        regularization: float = 0.0,
        weight_scale: float = 0.01,
    ) -> None:
        input_size = check_integer("input_size", input_size, minimum=1)
        hidden_size = check_integer("hidden_size", hidden_size, minimum=1)
        output_size = check_integer("output_size", output_size, minimum=1)
        weight_scale = check_number("weight_scale", weight_scale, minimum=0)
        self.regularization = regularization
        self.grads: Params | None = None
        self.params: Params = {}
        self.layers: OrderedDict[str, Any] = OrderedDict()
        self.output_layer = OutputLayer()
        ### BEGIN SOLUTION nn_modules
        self.params["W1"] = weight_scale * np.random.randn(input_size, hidden_size)
        self.params["b1"] = np.zeros(hidden_size)
        self.params["W2"] = weight_scale * np.random.randn(hidden_size, output_size)
        self.params["b2"] = np.zeros(output_size)
        self.layers["Affine1"] = Affine(self.params["W1"], self.params["b1"])
        self.layers["ReLU"] = ReLU()
        self.layers["Affine2"] = Affine(self.params["W2"], self.params["b2"])
        ### END SOLUTION

    def _hand_over_params(self) -> None:
        """Give the affine layers the arrays that stand in ``params`` now, should one have been replaced."""
        for i in (1, 2):
            self.layers[f"Affine{i}"].W = self.params[f"W{i}"]
            self.layers[f"Affine{i}"].b = self.params[f"b{i}"]

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the scores (N, C) of the rows of ``x`` (N, D), computed with the current ``params``.

        An entry of ``params`` may have been changed in place or replaced by another float64 array of its shape since
        the last call.
        """
        ### BEGIN SOLUTION nn_modules
        self._hand_over_params()
        for layer in self.layers.values():
            x = layer.forward(x)
        return x
        ### END SOLUTION

    def loss(self, x: np.ndarray, t: np.ndarray) -> float:
        r"""Cross entropy plus L2 penalty, :math:`\frac{\lambda}{2} (\sum W_1^2 + \sum W_2^2)`.

        Parameters
        ----------
        x : ndarray (N, D)
            One example per row.
        t : ndarray (N, C)
            One-hot targets.
        """
        ### BEGIN SOLUTION nn_modules
        data_loss = self.output_layer.forward(self.predict(x), t)
        squares = sum(float(np.sum(self.params[name] ** 2)) for name in ("W1", "W2"))
        return data_loss + 0.5 * self.regularization * squares
        ### END SOLUTION

    def accuracy(self, x: np.ndarray, t: np.ndarray) -> float:
        """Fraction of rows, from 0 to 1, whose largest score is where the one-hot ``t`` has its 1."""
        check_array("t", t, ndim=2, kinds="fiub")
        ### BEGIN SOLUTION nn_modules
        return float(np.mean(np.argmax(self.predict(x), axis=1) == np.argmax(t, axis=1)))
        ### END SOLUTION

    def gradient(self, x: np.ndarray, t: np.ndarray) -> Params:
        """Gradient of :meth:`loss` with respect to every parameter, by backpropagation.

        It takes a few times as long as the loss, however many parameters there are.

        Returns
        -------
        dict
            ``W1``, ``b1``, ``W2``, ``b2``, shaped like ``params``; also stored as ``grads``.
        """
        ### BEGIN SOLUTION nn_modules
        self.loss(x, t)
        dout = self.output_layer.backward()
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for i in (1, 2):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"] = affine.dW + self.regularization * affine.W
            grads[f"b{i}"] = affine.db
        self.grads = grads
        return grads
        ### END SOLUTION

    def numerical_gradient(self, x: np.ndarray, t: np.ndarray) -> Params:
        """Return the same gradient from central differences of :meth:`loss`, to check :meth:`gradient`.

        Two losses per entry, so slow; you may print how far it is. ``params`` come back unchanged and ``grads`` is
        left alone.
        """
        ### BEGIN SOLUTION nn_modules
        return {
            name: eval_numerical_gradient(lambda _: self.loss(x, t), array, verbose=False)
            for name, array in self.params.items()
        }
        ### END SOLUTION

    def update_params(self, learning_rate: float) -> None:
        """Take one step of gradient descent on all ``params`` with the gradients stored by :meth:`gradient`.

        The arrays in ``params`` may be changed in place, or replaced by new ones.

        Raises
        ------
        RuntimeError
            If :meth:`gradient` has not been called.
        """
        if self.grads is None:
            raise RuntimeError("update_params needs gradients: call gradient(x, t) first")
        ### BEGIN SOLUTION nn_modules
        for name, grad in self.grads.items():
            self.params[name] -= learning_rate * grad
        ### END SOLUTION
