"""``nndl.cnn``."""

### ANSWERS cnn

from typing import Any as _Any

import numpy as np

from ... import cnn as _library
from ..tolerance import as_labels as _as_labels
from .conv_layer_utils import *
from .layer_utils import *
from .layers import *


class ThreeLayerConvNet(_library.ThreeLayerConvNet):
    """As :class:`nndl.cnn.ThreeLayerConvNet`, with batch normalization if wanted.

    Parameters
    ----------
    use_batchnorm : bool, default False
        Normalize in front of both ReLUs: convolution, spatial batchnorm, ReLU, pooling; affine, batchnorm, ReLU;
        affine. ``params`` then has ``gamma1``, ``beta1`` (F,) and ``gamma2``, ``beta2`` (hidden_dim,) too, and
        ``bn_params`` the state of both, which a Solver keeps.
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
        dtype: _Any = np.float32,
        use_batchnorm: bool = False,
    ) -> None:
        super().__init__(
            input_dim, num_filters, filter_size, hidden_dim, num_classes, weight_scale, reg, dtype
        )
        self.use_batchnorm = use_batchnorm
        self.bn_params: list[dict[str, _Any]] = []
        if use_batchnorm:
            self.bn_params = [{"mode": "train"}, {"mode": "train"}]
            for i, features in enumerate((num_filters, hidden_dim), start=1):
                self.params[f"gamma{i}"] = np.ones(features, dtype)
                self.params[f"beta{i}"] = np.zeros(features, dtype)

    def loss(self, X: np.ndarray, y: _Any = None) -> _Any:
        """Scores, or loss and gradients."""
        if y is not None:
            y = _as_labels(y)
        if not self.use_batchnorm:
            return super().loss(X, y)
        for bn_param in self.bn_params:
            bn_param["mode"] = "test" if y is None else "train"
        W1, b1, W2, b2, W3, b3 = (self.params[name] for name in ("W1", "b1", "W2", "b2", "W3", "b3"))
        gamma1, beta1, gamma2, beta2 = (self.params[name] for name in ("gamma1", "beta1", "gamma2", "beta2"))
        out, conv_cache = conv_forward_fast(X, W1, b1, self.conv_param)
        out, norm1_cache = spatial_batchnorm_forward(out, gamma1, beta1, self.bn_params[0])
        out, relu1_cache = relu_forward(out)
        out, pool_cache = max_pool_forward_fast(out, self.pool_param)
        out, affine_cache = affine_forward(out, W2, b2)
        out, norm2_cache = batchnorm_forward(out, gamma2, beta2, self.bn_params[1])
        out, relu2_cache = relu_forward(out)
        scores, scores_cache = affine_forward(out, W3, b3)
        if y is None:
            return scores

        grads = {}
        loss, dout = softmax_loss(scores, y)
        dout, grads["W3"], grads["b3"] = affine_backward(dout, scores_cache)
        dout = relu_backward(dout, relu2_cache)
        dout, grads["gamma2"], grads["beta2"] = batchnorm_backward(dout, norm2_cache)
        dout, grads["W2"], grads["b2"] = affine_backward(dout, affine_cache)
        dout = relu_backward(max_pool_backward_fast(dout, pool_cache), relu1_cache)
        dout, grads["gamma1"], grads["beta1"] = spatial_batchnorm_backward(dout, norm1_cache)
        _, grads["W1"], grads["b1"] = conv_backward_fast(dout, conv_cache)
        for name in ("W1", "W2", "W3"):
            loss += 0.5 * self.reg * float(np.sum(self.params[name] ** 2))
            grads[name] += self.reg * self.params[name]
        return loss, grads
