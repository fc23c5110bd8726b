"""``HW_YourAnswer``: what the first homework asks for, under its names and with its arguments."""

from collections import OrderedDict

import numpy as np

from ... import linear_classifier as _linear
from ... import modules as _modules
from ...linear_classifier import cross_entropy_loss, linear_cost_func, linear_pred, linear_predict, softmax
from ...modules import Affine, OutputLayer, ReLU, Sigmoid

_Descent = tuple[np.ndarray, np.ndarray, list[float], list[np.ndarray]]


def batch_gradient_descent_func(
    X: np.ndarray, y: np.ndarray, weight: np.ndarray, bias: np.ndarray, alpha: float, num_iters: int
) -> _Descent:
    """As :func:`nndl.linear_classifier.batch_gradient_descent_func`, keeping the weights of every iteration."""
    return _linear.batch_gradient_descent_func(X, y, weight, bias, alpha, num_iters, history_every=1)


def stochastic_gradient_descent_func(
    X: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    alpha: float,
    num_iters: int,
    mini_batch: int,
    random_seed: int | None = None,
) -> _Descent:
    """As :func:`nndl.linear_classifier.stochastic_gradient_descent_func`, keeping the weights of every iteration."""
    return _linear.stochastic_gradient_descent_func(
        X, y, weight, bias, alpha, num_iters, mini_batch, random_seed, history_every=1
    )


class TwoLayerNet(_modules.TwoLayerNet):
    """As :class:`nndl.modules.TwoLayerNet`, with the arguments in the homework's order."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float = 0.01,
        regularization: float = 0.0,
    ) -> None:
        super().__init__(input_size, hidden_size, output_size, regularization, weight_init_std)


TwoLayerNN = TwoLayerNet  # the homework uses both names
