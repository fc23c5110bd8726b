"""Layers as objects, and the net made of them."""

import numpy as np
import pytest

from nndl.gradient_check import eval_numerical_gradient_array, rel_error
from nndl.modules import Affine, OutputLayer, ReLU, Sigmoid, TwoLayerNet


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture
def net(rng):
    np.random.seed(5)
    net = TwoLayerNet(4, 6, 3, 0.3, weight_scale=0.5)
    for name in ("b1", "b2"):  # biases away from zero, or a missing one would not show
        net.params[name] = rng.normal(size=net.params[name].shape)
    return net


@pytest.fixture
def batch(rng):
    return rng.normal(size=(5, 4)), np.eye(3)[[0, 2, 1, 1, 0]]


class TestOutputLayer:
    def test_gradient(self, rng):
        x, t = rng.normal(size=(4, 3)), np.eye(3)[[0, 1, 2, 1]]
        layer = OutputLayer()
        layer.forward(x, t)
        numeric = eval_numerical_gradient_array(
            lambda x: np.array(OutputLayer().forward(x, t)), x, np.array(1.0)
        )
        np.testing.assert_allclose(layer.backward(), numeric, atol=1e-8)
        np.testing.assert_allclose(layer.backward(2), 2 * numeric, atol=1e-8)

    def test_large_scores(self):
        layer = OutputLayer()
        assert layer.forward(np.array([[5000.0, 0.0]]), np.array([[0, 1]])) == pytest.approx(-np.log(1e-9))
        np.testing.assert_allclose(layer.backward(), [[1, -1]])

    def test_class_indices_are_refused(self):
        with pytest.raises(ValueError, match="t must be one-hot"):
            OutputLayer().forward(np.zeros((2, 3)), np.array([0, 1]))


class TestReLU:
    def test_zero_blocks_the_gradient_and_integers_stay(self):
        layer = ReLU()
        x = np.array([[-1.0, 0.0, 2.0]])
        np.testing.assert_array_equal(layer.forward(x), [[0, 0, 2]])
        dx = layer.backward(np.array([[5, 6, 7]]))
        np.testing.assert_array_equal(dx, [[0, 0, 7]])
        assert dx.dtype.kind == "i"
        np.testing.assert_array_equal(x, [[-1, 0, 2]])

    def test_no_negative_zero_and_no_nan(self):
        out = ReLU().forward(np.array([-1.0, -np.inf, np.inf]))
        np.testing.assert_array_equal(out, [0, 0, np.inf])
        assert not np.signbit(out).any()

    def test_infinite_gradient_is_blocked_too(self):
        layer = ReLU()
        layer.forward(np.array([-1.0, 1.0]))
        np.testing.assert_array_equal(layer.backward(np.array([np.inf, 1.0])), [0, 1])


class TestSigmoid:
    def test_values_and_gradient(self, rng):
        x = rng.normal(size=(3, 4)) * 3
        dout = rng.normal(size=(3, 4))
        layer = Sigmoid()
        np.testing.assert_allclose(layer.forward(x), 1 / (1 + np.exp(-x)), rtol=1e-14)
        numeric = eval_numerical_gradient_array(lambda x: Sigmoid().forward(x), x, dout)
        assert rel_error(layer.backward(dout), numeric) < 1e-7

    @pytest.mark.filterwarnings("error")
    def test_far_out(self):
        out = Sigmoid().forward(np.array([-1e4, -700.0, 0.0, 1e4]))
        np.testing.assert_array_equal(out[[0, 2, 3]], [0, 0.5, 1])
        assert out[1] == pytest.approx(np.exp(-700.0), rel=1e-12)

    def test_integers(self):
        np.testing.assert_allclose(Sigmoid().forward(np.array([0, 2])), [0.5, 1 / (1 + np.exp(-2.0))])


class TestAffine:
    @pytest.mark.parametrize("bias_shape", [(3,), (1, 3)])
    def test_gradients(self, rng, bias_shape):
        x, W, b = rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=bias_shape)
        dout = rng.normal(size=(5, 3))
        layer = Affine(W, b)
        assert layer.dW is None
        np.testing.assert_allclose(layer.forward(x), x @ W + b)
        dx = layer.backward(dout)
        for got, array in ((dx, x), (layer.dW, W), (layer.db, b)):
            numeric = eval_numerical_gradient_array(lambda _: Affine(W, b).forward(x), array, dout)
            np.testing.assert_allclose(got, numeric.reshape(got.shape), atol=1e-8)
        assert layer.db.shape == (3,)

    def test_uses_the_very_array(self):
        W = np.zeros((2, 2))
        layer = Affine(W, np.zeros(2))
        W += 1
        np.testing.assert_array_equal(layer.forward(np.ones((1, 2))), [[2, 2]])

    def test_bias_that_does_not_fit(self):
        with pytest.raises(ValueError, match=r"b must have shape \(3,\) or \(1, 3\)"):
            Affine(np.zeros((2, 3)), np.zeros(2))


@pytest.mark.parametrize("layer", [OutputLayer(), ReLU(), Sigmoid(), Affine(np.zeros((2, 2)), np.zeros(2))])
def test_backward_before_forward(layer):
    with pytest.raises(RuntimeError, match="call forward first"):
        layer.backward(np.zeros((1, 2)))


class TestTwoLayerNet:
    def test_initial_values(self):
        np.random.seed(3)
        net = TwoLayerNet(30, 20, 10, 1e-4)
        np.random.seed(3)
        np.testing.assert_allclose(net.params["W1"], 0.01 * np.random.randn(30, 20))
        np.testing.assert_allclose(net.params["W2"], 0.01 * np.random.randn(20, 10))
        assert list(net.params) == ["W1", "b1", "W2", "b2"]
        assert not net.params["b1"].any()
        assert not net.params["b2"].any()

    def test_gradient(self, net, batch):
        before = {name: array.copy() for name, array in net.params.items()}
        numeric = net.numerical_gradient(*batch)
        analytic = net.gradient(*batch)
        assert analytic.keys() == numeric.keys() == net.params.keys()
        for name in numeric:
            assert np.abs(numeric[name]).max() > 1e-3  # zeros would compare equal to a stale copy's zeros
            np.testing.assert_allclose(analytic[name], numeric[name], atol=1e-7)
            np.testing.assert_array_equal(net.params[name], before[name])

    def test_penalty_counts_weights_but_not_biases(self, net, batch):
        with_penalty = net.loss(*batch)
        net.regularization = 0
        squares = sum((net.params[name] ** 2).sum() for name in ("W1", "W2"))
        assert with_penalty - net.loss(*batch) == pytest.approx(0.15 * squares)

    def test_update(self, net, batch):
        before = {name: array.copy() for name, array in net.params.items()}
        grads = net.gradient(*batch)
        net.update_params(0.25)
        for name, array in net.params.items():
            np.testing.assert_allclose(array, before[name] - 0.25 * grads[name], rtol=1e-14)

    def test_replaced_parameters_are_used(self, net, batch):
        net.params["W2"] = np.zeros((6, 3))
        net.params["b2"] = np.array([0.0, 0.0, 9.0])
        np.testing.assert_array_equal(net.predict(batch[0]).argmax(axis=1), 2)
        assert net.accuracy(*batch) == pytest.approx(1 / 5)

    def test_update_before_gradient(self, net):
        with pytest.raises(RuntimeError, match="call gradient"):
            net.update_params(0.1)

    def test_overfits_a_few_rows(self, rng):
        np.random.seed(0)
        x, t = rng.normal(size=(20, 30)), np.eye(10)[np.arange(20) % 10]
        net = TwoLayerNet(30, 40, 10, 1e-4, weight_scale=0.1)
        for _ in range(300):
            net.gradient(x, t)
            net.update_params(0.5)
        assert net.accuracy(x, t) == 1
