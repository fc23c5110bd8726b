"""``nndl.layer_tests``: six functions that compare the layers with numbers and print how far they are off.

The layers are those that ``nndl.layers``, ``nndl.layer_utils`` and ``nndl.fc_net`` mean when a function is called.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from ...gradient_check import eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from . import fc_net, layer_utils, layers

__all__ = [
    "affine_backward_test",
    "affine_forward_test",
    "affine_relu_test",
    "fc_net_test",
    "relu_backward_test",
    "relu_forward_test",
]


def affine_forward_test() -> None:
    """Compare ``affine_forward`` with a table of its values."""
    x = np.linspace(-0.1, 0.5, 240).reshape(2, 4, 5, 6)
    w = np.linspace(-0.2, 0.3, 360).reshape(120, 3)
    b = np.linspace(-0.3, 0.1, 3)
    table = [[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]]
    out, _ = layers.affine_forward(x, w, b)
    print("affine_forward: the difference should be below 1e-9")
    print(f"difference: {rel_error(out, table)}")


def affine_backward_test() -> None:
    """Compare ``affine_backward`` with numeric gradients."""
    print("affine_backward: the errors should be below 1e-9")
    _compare_gradients(layers, "affine", {"x": (10, 2, 3), "w": (6, 5), "b": (5,)}, (10, 5))


def relu_forward_test() -> None:
    """Compare ``relu_forward`` with a table of its values."""
    x = np.linspace(-0.5, 0.5, 12).reshape(3, 4)
    table = np.zeros((3, 4))
    table.ravel()[6:] = [0.04545455, 0.13636364, 0.22727273, 0.31818182, 0.40909091, 0.5]
    out, _ = layers.relu_forward(x)
    print("relu_forward: the difference should be about 1e-8")
    print(f"difference: {rel_error(out, table)}")


def relu_backward_test() -> None:
    """Compare ``relu_backward`` with a numeric gradient."""
    print("relu_backward: the error should be below 1e-9")
    _compare_gradients(layers, "relu", {"x": (10, 10)}, (10, 10))


def affine_relu_test() -> None:
    """Compare ``affine_relu_backward`` with numeric gradients."""
    print("affine_relu_forward and affine_relu_backward: the errors should be below 1e-9")
    _compare_gradients(layer_utils, "affine_relu", {"x": (2, 3, 4), "w": (12, 10), "b": (10,)}, (2, 10))


def fc_net_test() -> None:
    """Print the loss of a small ``FullyConnectedNet`` and compare its gradients with numeric ones."""
    X, y = np.random.randn(2, 15), np.random.randint(10, size=2)
    for reg in (0, 3.14):
        print(f"Running check with reg = {reg}")
        net = fc_net.FullyConnectedNet(
            [20, 30], input_dim=15, num_classes=10, reg=reg, weight_scale=5e-2, dtype=np.float64
        )
        loss, grads = net.loss(X, y)
        print(f"Initial loss: {loss}")
        for name in sorted(grads):
            error = rel_error(_numeric_gradient(net, name, X, y), grads[name])
            print(f"{name} relative error: {error}")


def _numeric_gradient(net: Any, name: str, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    return eval_numerical_gradient(lambda _: net.loss(X, y)[0], net.params[name], verbose=False)


def _compare_gradients(
    module: ModuleType, layer: str, shapes: dict[str, tuple[int, ...]], out_shape: tuple[int, ...]
) -> None:
    """Print the error of each gradient that a layer's backward function gives at random arguments."""
    forward: Callable[..., Any] = getattr(module, f"{layer}_forward")
    arguments = {name: np.random.randn(*shape) for name, shape in shapes.items()}
    dout = np.random.randn(*out_shape)
    _, cache = forward(*arguments.values())
    grads = getattr(module, f"{layer}_backward")(dout, cache)
    grads = grads if isinstance(grads, tuple) else (grads,)
    for (name, argument), grad in zip(arguments.items(), grads, strict=True):
        numeric = eval_numerical_gradient_array(lambda _: forward(*arguments.values())[0], argument, dout)
        print(f"d{name} error: {rel_error(numeric, grad)}")
