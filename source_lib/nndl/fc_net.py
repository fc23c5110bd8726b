r"""Fully connected networks made of the layer functions.

Both classes have the interface that :class:`nndl.solver.Solver` trains: ``params``, a dict from name to
array, and ``loss(X, y=None)``. Without labels it returns the scores (N, C), computed in test mode; with labels
it returns ``(loss, grads)``, computed in training mode, and ``grads`` has exactly the keys of ``params``. The
loss is the mean softmax loss over the rows plus :math:`\frac{\lambda}{2} \sum W^2` over all weight matrices,
never over biases, gammas or betas; ``reg`` (:math:`\lambda`) is read at every call. A batch may be a single row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ._support.fc_options import float_dtype, keep_ratio, normalization_kind, one_of_two_names
from ._support.validate import check_integer, check_number
from .layer_utils import affine_relu_backward, affine_relu_forward
from .layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_forward,
    dropout_backward,
    dropout_forward,
    layernorm_backward,
    layernorm_forward,
    relu_backward,
    relu_forward,
    softmax_loss,
)

__all__ = ["FullyConnectedNet", "TwoLayerNet"]

Params = dict[str, np.ndarray]


class TwoLayerNet:
    """Affine, ReLU, affine, softmax loss.

    Parameters
    ----------
    input_dim : int, default 3072
        Numbers per example, D.
    hidden_dims : int, default 100
        Hidden units, H: one number despite the plural.
    num_classes : int, default 10
        C.
    dropout : float, default 0
        Accepted and not used.
    weight_scale : float, default 1e-3
        Standard deviation of the initial weights.
    reg : float, default 0.0
        Strength of the L2 penalty; an attribute that may be changed at any time.
    hidden_dim : int, optional
        Another name of ``hidden_dims``.

    Attributes
    ----------
    params : dict
        ``W1`` (D, H), ``b1`` (H,), ``W2`` (H, C), ``b2`` (C,), float64. Weights are
        ``weight_scale * np.random.randn``, W1 drawn before W2; biases start at zero.

    Raises
    ------
    TypeError, ValueError
        For a size that is not a positive integer, and if ``hidden_dims`` and ``hidden_dim`` disagree.
    """

    def __init__(
        self,
        input_dim: int = 3 * 32 * 32,
        hidden_dims: int | None = None,
        num_classes: int = 10,
        dropout: float = 0,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        *,
        hidden_dim: int | None = None,
    ) -> None:
        hidden_dims = one_of_two_names("hidden_dims", hidden_dims, "hidden_dim", hidden_dim, 100)
        input_dim = check_integer("input_dim", input_dim, minimum=1)
        hidden_dims = check_integer("hidden_dims", hidden_dims, minimum=1)
        num_classes = check_integer("num_classes", num_classes, minimum=1)
        weight_scale = check_number("weight_scale", weight_scale, minimum=0)
        self.reg = reg
        self.params: Params = {}
        ### BEGIN SOLUTION fc_net
        self.params["W1"] = weight_scale * np.random.randn(input_dim, hidden_dims)
        self.params["b1"] = np.zeros(hidden_dims)
        self.params["W2"] = weight_scale * np.random.randn(hidden_dims, num_classes)
        self.params["b2"] = np.zeros(num_classes)
        ### END SOLUTION

    def loss(self, X: np.ndarray, y: np.ndarray | None = None) -> Any:
        """Scores, or loss and gradients.

        Parameters
        ----------
        X : float array (N, ...)
            Examples; each is flattened to ``input_dim`` numbers.
        y : integer array (N,), optional
            Labels.

        Returns
        -------
        scores : ndarray (N, C)
            Without labels.
        loss, grads : float (Python's or NumPy's) and dict
            With labels.

        Notes
        -----
        Neither ``X`` nor the arrays in ``params`` are modified. With labels it takes a few times as long as without,
        however many parameters there are.
        """
        ### BEGIN SOLUTION fc_net
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        hidden, hidden_cache = affine_relu_forward(X, W1, b1)
        scores, scores_cache = affine_forward(hidden, W2, b2)
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * float(np.sum(W1**2) + np.sum(W2**2))
        dhidden, dW2, db2 = affine_backward(dscores, scores_cache)
        _, dW1, db1 = affine_relu_backward(dhidden, hidden_cache)
        return loss, {"W1": dW1 + self.reg * W1, "b1": db1, "W2": dW2 + self.reg * W2, "b2": db2}
        ### END SOLUTION


class FullyConnectedNet:
    r"""A fully connected network of any depth, with optional normalization and dropout.

    With L layers, each of the first L - 1 is a *hidden block*: affine, normalization if wanted, ReLU, dropout
    if wanted. Layer L is affine only, with the softmax loss on top. No hidden layers at all (L = 1) is a
    linear classifier.

    Parameters
    ----------
    hidden_dims : sequence of int
        Units of each hidden layer; may be empty.
    input_dim : int, default 3072
        Numbers per example.
    num_classes : int, default 10
        Classes.
    dropout_keep_ratio : float in (0, 1], default 1
        Probability of *keeping* a hidden unit; 1 means no dropout layers.
    normalization : None, "batchnorm" or "layernorm", default None
        What stands between affine and ReLU in each hidden block.
    reg : float, default 0.0
        Strength of the L2 penalty; an attribute that may be changed at any time.
    weight_scale : float, default 1e-2
        Standard deviation of the initial weights.
    dtype : float dtype, default np.float32
        Of parameters and computation. Use np.float64 for numeric gradient checks.
    seed : int, optional
        Given to the dropout layers so that their masks repeat. Every dropout call then reseeds NumPy's
        *global* generator: for checks only.
    dropout : float in [0, 1], optional
        The same setting under the name of another course: 0 means no dropout, any other value is
        the probability of *keeping* a unit (0.9 drops a tenth), so 0 and 1 both mean none.
    use_batchnorm : bool, optional
        ``normalization`` under the name of another course: true means ``"batchnorm"``, false none.

    Attributes
    ----------
    params : dict
        ``W1`` … ``WL`` of shape (inputs, outputs) and ``b1`` … ``bL``; with normalization also ``gamma1`` …
        and ``beta1`` … for the L - 1 hidden blocks. Weights are ``weight_scale * np.random.randn``, drawn in
        layer order and before anything is cast to ``dtype``; biases and betas start at zero, gammas at one.
    num_layers : int
        L.
    use_dropout, use_batchnorm : bool
        Whether there are such layers.
    normalization, reg, dtype
        As given.
    dropout_param : dict
        ``mode``, ``p`` and, if given, ``seed``; shared by all dropout layers. Empty without dropout.
    bn_params : list of dict
        For batchnorm one dict with ``mode`` per hidden block, in which its running statistics gather; for
        layernorm one empty dict per block; empty without normalization.

    Raises
    ------
    TypeError, ValueError
        For a setting of the wrong type or out of range, and if its two names are given and disagree.
    """

    def __init__(
        self,
        hidden_dims: Sequence[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout_keep_ratio: float | None = None,
        normalization: str | None = None,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: DTypeLike = np.float32,
        seed: int | None = None,
        *,
        dropout: float | None = None,
        use_batchnorm: bool | None = None,
    ) -> None:
        hidden_dims = list(hidden_dims)
        keep = keep_ratio(dropout_keep_ratio, dropout)
        sizes = [
            ("input_dim", input_dim),
            *(("hidden_dims", n) for n in hidden_dims),
            ("num_classes", num_classes),
        ]
        dims = [check_integer(name, size, minimum=1) for name, size in sizes]
        weight_scale = check_number("weight_scale", weight_scale, minimum=0)
        self.normalization = normalization_kind(normalization, use_batchnorm)
        self.use_batchnorm = self.normalization == "batchnorm"
        self.use_dropout = keep != 1
        self.reg = reg
        self.num_layers = len(dims) - 1
        self.dtype = float_dtype(dtype)
        self.params: Params = {}
        self.dropout_param: dict[str, Any] = {}
        if self.use_dropout:
            self.dropout_param = {"mode": "train", "p": keep}
            if seed is not None:
                self.dropout_param["seed"] = seed
        self.bn_params: list[dict[str, Any]] = []
        if self.normalization is not None:
            self.bn_params = [{"mode": "train"} if self.use_batchnorm else {} for _ in hidden_dims]

        # layer i has dims[i - 1] inputs and dims[i] outputs; the first layer is 1
        ### BEGIN SOLUTION fc_net
        for i in range(1, self.num_layers + 1):
            self.params[f"W{i}"] = weight_scale * np.random.randn(dims[i - 1], dims[i])
            self.params[f"b{i}"] = np.zeros(dims[i])
        ### END SOLUTION
        if self.normalization is not None:
            ### BEGIN SOLUTION batchnorm
            for i in range(1, self.num_layers):
                self.params[f"gamma{i}"] = np.ones(dims[i])
                self.params[f"beta{i}"] = np.zeros(dims[i])
            ### END SOLUTION

        for name, value in self.params.items():
            self.params[name] = value.astype(self.dtype)

    def loss(self, X: np.ndarray, y: np.ndarray | None = None) -> Any:
        """Scores, or loss and gradients; ``X`` is cast to ``dtype`` first.

        The helpers below run one hidden block forward and backward. Only what `loss` returns is judged: divide the
        work as you like, or leave the helpers unwritten and do without them.

        Parameters
        ----------
        X : array of numbers (N, ...)
            Examples; each is flattened to ``input_dim`` numbers.
        y : integer array (N,), optional
            Labels. Without them all layers run in test mode, with them in training mode.

        Returns
        -------
        scores : ndarray (N, C)
            Without labels.
        loss, grads : float (Python's or NumPy's) and dict
            With labels.

        Notes
        -----
        Neither ``X`` nor the arrays in ``params`` are modified. With labels it takes a few times as long as without,
        however many parameters there are.
        """
        X = np.asarray(X).astype(self.dtype, copy=False)
        self._set_mode("test" if y is None else "train")
        last = self.num_layers
        ### BEGIN SOLUTION fc_net
        out = X
        caches = {}
        for i in range(1, last):
            out, caches[i] = self._block_forward(i, out)
        scores, caches[last] = affine_forward(out, self.params[f"W{last}"], self.params[f"b{last}"])
        if y is None:
            return scores

        grads: Params = {}
        loss, dout = softmax_loss(scores, y)
        dout, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dout, caches[last])
        for i in range(last - 1, 0, -1):
            dout, block_grads = self._block_backward(i, dout, caches[i])
            grads |= block_grads
        if self.reg:
            for i in range(1, last + 1):
                W = self.params[f"W{i}"]
                loss += 0.5 * self.reg * float(np.sum(W**2))
                grads[f"W{i}"] += self.reg * W
        return loss, grads
        ### END SOLUTION

    def _set_mode(self, mode: str) -> None:
        if self.use_dropout:
            self.dropout_param["mode"] = mode
        if self.use_batchnorm:
            for bn_param in self.bn_params:
                bn_param["mode"] = mode

    def _block_forward(self, i: int, x: np.ndarray) -> tuple[np.ndarray, Any]:
        """Run hidden block ``i``; return its output and whatever :meth:`_block_backward` needs.

        With ``self.normalization`` set, the affine output goes through :meth:`_normalize` before the ReLU;
        with ``self.use_dropout``, the ReLU's output through :meth:`_drop_out`. Neither is called otherwise: in the
        assignment fc_net both are off, and leaving these two calls out costs nothing there.
        """
        ### BEGIN SOLUTION fc_net
        out, affine_cache = affine_forward(x, self.params[f"W{i}"], self.params[f"b{i}"])
        norm_cache = dropout_cache = None
        if self.normalization is not None:
            out, norm_cache = self._normalize(i, out)
        out, relu_cache = relu_forward(out)
        if self.use_dropout:
            out, dropout_cache = self._drop_out(out)
        return out, (affine_cache, norm_cache, relu_cache, dropout_cache)
        ### END SOLUTION

    def _block_backward(self, i: int, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, Params]:
        """Backpropagate through hidden block ``i``.

        Returns the gradient with respect to the block's input and a dict of the gradients of its parameters
        (``W<i>``, ``b<i>`` and, with normalization, ``gamma<i>``, ``beta<i>``), without the L2 term. What
        :meth:`_block_forward` leaves out is left out here, too.
        """
        ### BEGIN SOLUTION fc_net
        affine_cache, norm_cache, relu_cache, dropout_cache = cache
        grads: Params = {}
        if self.use_dropout:
            dout = self._drop_out_backward(dout, dropout_cache)
        dout = relu_backward(dout, relu_cache)
        if self.normalization is not None:
            dout, grads[f"gamma{i}"], grads[f"beta{i}"] = self._normalize_backward(dout, norm_cache)
        dx, grads[f"W{i}"], grads[f"b{i}"] = affine_backward(dout, affine_cache)
        return dx, grads
        ### END SOLUTION

    def _normalize(self, i: int, x: np.ndarray) -> tuple[np.ndarray, Any]:
        """Batch or layer normalization of hidden block ``i`` with its gamma, beta and ``bn_params[i - 1]``."""
        ### BEGIN SOLUTION batchnorm
        forward = batchnorm_forward if self.use_batchnorm else layernorm_forward
        return forward(x, self.params[f"gamma{i}"], self.params[f"beta{i}"], self.bn_params[i - 1])
        ### END SOLUTION

    def _normalize_backward(self, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Backpropagate through :meth:`_normalize`: ``(dx, dgamma, dbeta)``."""
        ### BEGIN SOLUTION batchnorm
        backward = batchnorm_backward if self.use_batchnorm else layernorm_backward
        return backward(dout, cache)
        ### END SOLUTION

    def _drop_out(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        """Dropout with the net's one ``dropout_param``, in which :meth:`loss` has set the mode: ``(out, cache)``."""
        ### BEGIN SOLUTION dropout
        return dropout_forward(x, self.dropout_param)
        ### END SOLUTION

    def _drop_out_backward(self, dout: np.ndarray, cache: Any) -> np.ndarray:
        """Backpropagate through :meth:`_drop_out`; returns the gradient of its input."""
        ### BEGIN SOLUTION dropout
        return dropout_backward(dout, cache)
        ### END SOLUTION
