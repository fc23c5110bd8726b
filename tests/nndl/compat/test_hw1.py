"""The helper module of the first homework, `utils`: its data and its figures."""

import numpy as np
import pytest

from nndl import data_utils
from nndl.compat.hw1 import utils as hw1_utils
from nndl.linear_classifier import batch_gradient_descent_func

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def test_plots():
    hw1_utils.plotCostOpt([3.0, 2.0, 1.5])
    cost = plt.gca()
    np.testing.assert_array_equal(cost.lines[0].get_xydata(), [[1, 3], [2, 2], [3, 1.5]])
    shown = vars(hw1_utils)["model_plot"]([0.1, 0.3], [0.2, 0.25])
    assert shown is None  # a cell's last line shows the figure alone
    accuracy = plt.gca()
    assert accuracy is not cost
    assert accuracy.get_title() == "model accuracy"
    np.testing.assert_array_equal([line.get_ydata() for line in accuracy.lines], [[0.1, 0.3], [0.2, 0.25]])
    assert [text.get_text() for text in accuracy.get_legend().get_texts()] == ["train", "test"]
    hw1_utils.plotCostOpt([1.0], ax=cost)
    assert len(cost.lines) == 2


def test_one_hot():
    np.testing.assert_array_equal(hw1_utils.one_hot(np.array([2, 0]), 3), [[0, 0, 1], [1, 0, 0]])


def test_data_are_scaled_and_centred_for_the_prescribed_step(monkeypatch):
    def flat_images(num_training, num_validation, num_test, subtract_mean, root):
        """Stands in for the data set: rows of 0 to 255, as `get_flat_CIFAR10_data` gives them."""
        assert (num_validation, subtract_mean, root) == (0, False, "somewhere")
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, size=(num_training + num_test, 3072)).astype(float)
        labels = np.arange(num_training + num_test) % 10
        none = np.zeros((0, 3072)), np.zeros(0, dtype=int)
        return (
            images[:num_training],
            labels[:num_training],
            *none,
            images[num_training:],
            labels[num_training:],
        )

    monkeypatch.setattr(data_utils, "get_flat_CIFAR10_data", flat_images)
    X_tr, Y_tr, X_te, y_te, Y_te = hw1_utils.prepare_data(20, 7, root="somewhere")
    assert X_tr.shape == (20, 3072)
    assert X_te.shape == (7, 3072)
    assert 1 < np.ptp(X_tr) <= 2
    np.testing.assert_array_equal(Y_tr.argmax(axis=1), np.arange(20) % 10)
    np.testing.assert_array_equal(Y_te.argmax(axis=1), y_te)
    _, _, J, _ = batch_gradient_descent_func(X_tr, Y_tr, np.zeros((3072, 10)), np.zeros(10), 0.1, 20)
    assert J[-1] < 0.05


class TestTheHomeworksNames:
    @pytest.fixture
    def names(self, install):
        install("hw1")
        namespace: dict = {}
        exec("from utils import *\nfrom HW_YourAnswer import *", namespace)
        return namespace

    def test_what_the_star_imports_bring(self, names):
        import time

        assert (names["np"], names["plt"], names["time"]) == (np, plt, time)
        assert {
            "get_CIFAR10_data",
            "plotCostOpt",
            "model_plot",
            "softmax",
            "linear_pred",
            "Affine",
        } <= names.keys()

    def test_weights_of_every_iteration_are_kept(self, names):
        X, Y = np.random.default_rng(0).normal(size=(6, 4)), np.eye(3)[[0, 1, 2, 0, 1, 2]]
        W, b = np.zeros((4, 3)), np.zeros(3)
        W_end, _, J, history = names["batch_gradient_descent_func"](X, Y, W, b, 0.1, 250)
        assert len(J) == len(history) == 250  # the library would keep about 100
        np.testing.assert_array_equal(history[-1], W_end)
        np.testing.assert_array_equal(W, 0)
        _, _, J, history = names["stochastic_gradient_descent_func"](X, Y, W, b, 0.1, 250, 2, 7)
        assert len(J) == len(history) == 250

    def test_two_layer_net_has_the_initial_scale_in_the_fourth_place(self, names):
        np.random.seed(0)
        net = names["TwoLayerNet"](40, 50, 3, 0.5, 0.25)
        assert net.params["W1"].std() == pytest.approx(0.5, rel=0.1)
        assert net.regularization == 0.25
        assert (
            names["TwoLayerNet"](input_size=4, hidden_size=5, output_size=3, regularization=7).regularization
            == 7
        )

    def test_data(self, names, monkeypatch):
        rng = np.random.default_rng(0)
        train, test = (
            rng.integers(0, 256, size=(n, 3072)).astype(float) for n in (30, 7)
        )  # few, whatever is asked for
        y_train, y_test = np.arange(30) % 10, np.arange(7) % 10
        none = np.zeros((0, 3072)), np.zeros(0, dtype=int)

        def flat_images(num_training, num_validation, num_test, subtract_mean, root):
            assert (num_training, num_validation, num_test, subtract_mean) == (10000, 0, 1000, False)
            return train, y_train, *none, test, y_test

        monkeypatch.setattr(data_utils, "get_flat_CIFAR10_data", flat_images)
        X_tr, Y_tr, X_te, Y_te, mean = names["get_CIFAR10_data"]()
        assert (X_tr.shape, X_te.shape, mean.shape) == ((30, 3072), (7, 3072), (3072,))
        np.testing.assert_allclose(X_tr + mean, train / 255)
        np.testing.assert_allclose(X_te + mean, test / 255)  # the *training* mean
        np.testing.assert_allclose(mean, train.mean(axis=0) / 255)
        np.testing.assert_array_equal(Y_tr, y_train)
        np.testing.assert_array_equal(Y_te, y_test)
