"""The three-layer ConvNet: parameters, loss, gradients."""

import numpy as np
import pytest

from nndl.cnn import ThreeLayerConvNet
from nndl.gradient_check import eval_numerical_gradient
from nndl.layers import (
    affine_forward,
    conv_forward_naive,
    max_pool_forward_naive,
    relu_forward,
    softmax_loss,
)
from nndl.solver import Solver


@pytest.fixture
def net():
    np.random.seed(7)
    net = ThreeLayerConvNet(
        (2, 6, 8),
        num_filters=3,
        filter_size=3,
        hidden_dim=5,
        num_classes=4,
        weight_scale=0.3,
        dtype=np.float64,
    )
    for i in (1, 2, 3):
        net.params[f"b{i}"] += np.random.randn(*net.params[f"b{i}"].shape)
    return net


@pytest.fixture
def batch():
    return np.random.default_rng(8).normal(size=(3, 2, 6, 8)), np.array([1, 3, 0])


def test_default_shapes_and_draw_order():
    np.random.seed(1)
    net = ThreeLayerConvNet()
    np.random.seed(1)
    for name, shape in (("W1", (32, 3, 7, 7)), ("W2", (8192, 100)), ("W3", (100, 10))):
        np.testing.assert_array_equal(net.params[name], (1e-3 * np.random.randn(*shape)).astype(np.float32))
    for name, size in (("b1", 32), ("b2", 100), ("b3", 10)):
        np.testing.assert_array_equal(net.params[name], np.zeros(size, dtype=np.float32), strict=True)
    assert list(net.params) == ["W1", "b1", "W2", "b2", "W3", "b3"]


@pytest.mark.parametrize("size", [(4, 4), (5, 7), (2, 3)])
@pytest.mark.parametrize("filter_size", [1, 3, 5])
def test_sizes(size, filter_size):
    net = ThreeLayerConvNet((1, *size), 2, filter_size, 3, 4)
    X = np.random.default_rng(0).normal(size=(2, 1, *size))
    assert net.loss(X).shape == (2, 4)
    _, grads = net.loss(X, np.array([0, 3]))
    assert {name: grad.shape for name, grad in grads.items()} == {
        name: value.shape for name, value in net.params.items()
    }


def test_scores_and_loss_from_the_naive_layers(net, batch):
    X, y = batch
    p = net.params
    out, _ = conv_forward_naive(X, p["W1"], p["b1"], {"stride": 1, "pad": 1})
    out, _ = max_pool_forward_naive(np.maximum(out, 0), {"pool_height": 2, "pool_width": 2, "stride": 2})
    out, _ = relu_forward(affine_forward(out, p["W2"], p["b2"])[0])
    scores, _ = affine_forward(out, p["W3"], p["b3"])
    np.testing.assert_allclose(net.loss(X), scores, rtol=1e-10)

    net.reg = 0.4
    squares = sum((p[name] ** 2).sum() for name in ("W1", "W2", "W3"))
    assert net.loss(X, y)[0] == pytest.approx(softmax_loss(scores, y)[0] + 0.2 * squares)


@pytest.mark.parametrize("reg", [0.0, 0.7])
def test_gradients(net, batch, reg):
    net.reg = reg
    _, grads = net.loss(*batch)
    assert set(grads) == set(net.params)
    for name, array in net.params.items():
        numeric = eval_numerical_gradient(lambda _: net.loss(*batch)[0], array, verbose=False)
        np.testing.assert_allclose(grads[name], numeric, atol=1e-7, err_msg=name)


def test_initial_loss_in_mixed_precision():
    np.random.seed(0)
    X, y = np.random.randn(4, 3, 32, 32), np.arange(4)
    net = ThreeLayerConvNet()
    assert net.loss(X).dtype == np.float64
    assert net.loss(X.astype(np.float32)).dtype == np.float32
    assert net.loss(X, y)[0] == pytest.approx(np.log(10), abs=1e-4)
    assert {value.dtype for value in net.params.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"filter_size": 4}, "filter_size must be odd"),
        ({"filter_size": 0}, "filter_size must be at least 1"),
        ({"input_dim": (3, 32)}, "input_dim must be"),
        ({"input_dim": (3, 1, 32)}, r"input_dim\[1\] must be at least 2"),
        ({"num_filters": 0}, "num_filters must be"),
        ({"dtype": int}, "dtype must be"),
    ],
)
def test_out_of_range(given, match):
    with pytest.raises(ValueError, match=match):
        ThreeLayerConvNet(**given)


def test_overfits_a_few_images():
    np.random.seed(0)
    X, y = np.random.randn(20, 1, 8, 8), np.arange(20) % 10
    net = ThreeLayerConvNet((1, 8, 8), num_filters=8, filter_size=3, hidden_dim=30, weight_scale=0.1)
    solver = Solver(
        net,
        {"X_train": X, "y_train": y, "X_val": X, "y_val": y},
        update_rule="adam",
        optim_config={"learning_rate": 1e-2},
        batch_size=10,
        num_epochs=40,
        verbose=False,
    )
    solver.train()
    assert max(solver.train_acc_history) == 1
