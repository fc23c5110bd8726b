r"""A small convolutional network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ._support.fc_options import float_dtype
from ._support.validate import check_integer, check_number

# The numbers of the functions of these names in `layer_utils`, in less time.
from .fast_layers import conv_relu_pool_backward_fast as conv_relu_pool_backward
from .fast_layers import conv_relu_pool_forward_fast as conv_relu_pool_forward
from .layer_utils import (
    affine_relu_backward,
    affine_relu_forward,
)
from .layers import affine_backward, affine_forward, softmax_loss

__all__ = ["ThreeLayerConvNet"]


class ThreeLayerConvNet:
    r"""Convolution, ReLU, 2x2 max pooling; affine, ReLU; affine, softmax loss.

    The convolution has stride 1 and pads with ``(filter_size - 1) // 2`` zeros on each side, which keeps the
    image size; pooling with stride 2 then halves it, leaving out the last row or column of an odd size. The
    loss is the mean softmax loss plus :math:`\frac{\lambda}{2} \sum W^2` over W1, W2 and W3.

    Parameters
    ----------
    input_dim : tuple of int, default (3, 32, 32)
        Channels C, height H and width W of an image, the last two at least 2.
    num_filters : int, default 32
        F.
    filter_size : int, default 7
        Height and width of a filter; odd.
    hidden_dim : int, default 100
        Units of the hidden affine layer.
    num_classes : int, default 10
        Classes.
    weight_scale : float, default 1e-3
        Standard deviation of the initial weights.
    reg : float, default 0.0
        Strength of the L2 penalty; an attribute that may be changed at any time.
    dtype : float dtype, default np.float32
        Of the parameters. ``X`` is used as it is, so float64 images compute in float64.

    Attributes
    ----------
    params : dict
        ``W1`` (F, C, filter_size, filter_size), ``b1`` (F,), ``W2`` (F * (H // 2) * (W // 2), hidden_dim),
        ``b2`` (hidden_dim,), ``W3`` (hidden_dim, num_classes), ``b3`` (num_classes,). Weights are
        ``weight_scale * np.random.randn``, drawn in the order W1, W2, W3 before they are cast to ``dtype``;
        biases start at zero.
    conv_param, pool_param : dict
        Settings of the convolution and the pooling.

    Raises
    ------
    ValueError
        If a size is too small, ``filter_size`` even, or a number out of range.
    TypeError
        If a size is not an integer.
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (3, 32, 32),
        num_filters: int = 32,
        filter_size: int = 7,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if len(input_dim) != 3:
            raise ValueError(f"input_dim must be (channels, height, width), but got {tuple(input_dim)!r}")
        channels = check_integer("input_dim[0]", input_dim[0], minimum=1)
        height = check_integer("input_dim[1]", input_dim[1], minimum=2)
        width = check_integer("input_dim[2]", input_dim[2], minimum=2)
        check_integer("num_filters", num_filters, minimum=1)
        check_integer("hidden_dim", hidden_dim, minimum=1)
        check_integer("num_classes", num_classes, minimum=1)
        weight_scale = check_number("weight_scale", weight_scale, minimum=0)
        if check_integer("filter_size", filter_size, minimum=1) % 2 == 0:
            raise ValueError(f"filter_size must be odd to keep the image size, but got {filter_size}")

        self.reg = reg
        self.dtype = float_dtype(dtype)
        self.conv_param = {"stride": 1, "pad": (filter_size - 1) // 2}
        self.pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        self.params: dict[str, np.ndarray] = {}
        ### BEGIN SOLUTION cnn
        pooled_size = num_filters * (height // 2) * (width // 2)
        self.params["W1"] = weight_scale * np.random.randn(num_filters, channels, filter_size, filter_size)
        self.params["b1"] = np.zeros(num_filters)
        self.params["W2"] = weight_scale * np.random.randn(pooled_size, hidden_dim)
        self.params["b2"] = np.zeros(hidden_dim)
        self.params["W3"] = weight_scale * np.random.randn(hidden_dim, num_classes)
        self.params["b3"] = np.zeros(num_classes)
        ### END SOLUTION
        for name, value in self.params.items():
            self.params[name] = value.astype(self.dtype)

    def loss(self, X: np.ndarray, y: np.ndarray | None = None) -> Any:
        """Scores, or loss and gradients; these take a few times as long, however many parameters there are.

        Parameters
        ----------
        X : float array (N, C, H, W)
            Images; N may be 1. Neither ``X`` nor the arrays in ``params`` are modified.
        y : integer array (N,), optional
            Labels.

        Returns
        -------
        scores : ndarray (N, num_classes)
            Without labels.
        loss, grads : float (Python's or NumPy's) and dict
            With labels; ``grads`` has exactly the keys of ``params``.
        """
        ### BEGIN SOLUTION cnn
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        W3, b3 = self.params["W3"], self.params["b3"]
        pooled, conv_cache = conv_relu_pool_forward(X, W1, b1, self.conv_param, self.pool_param)
        hidden, hidden_cache = affine_relu_forward(pooled, W2, b2)
        scores, scores_cache = affine_forward(hidden, W3, b3)
        if y is None:
            return scores

        grads = {}
        loss, dout = softmax_loss(scores, y)
        dout, grads["W3"], grads["b3"] = affine_backward(dout, scores_cache)
        dout, grads["W2"], grads["b2"] = affine_relu_backward(dout, hidden_cache)
        _, grads["W1"], grads["b1"] = conv_relu_pool_backward(dout, conv_cache, need_dx=False)
        if self.reg:
            for name in ("W1", "W2", "W3"):
                loss += 0.5 * self.reg * float(np.sum(self.params[name] ** 2))
                grads[name] += self.reg * self.params[name]
        return loss, grads
        ### END SOLUTION
