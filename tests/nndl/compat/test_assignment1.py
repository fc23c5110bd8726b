"""CS231n's assignment 1: classifiers and features, against scikit-learn and PyTorch."""

from __future__ import annotations

import importlib
import re

import numpy as np
import pytest

from nndl.gradient_check import eval_numerical_gradient, rel_error

RNG = np.random.default_rng(0)
X, X_NEW = RNG.normal(size=(40, 6)), RNG.normal(size=(15, 6))
Y = RNG.integers(0, 4, size=40)
W = RNG.normal(size=(6, 4))


@pytest.fixture(autouse=True)
def cs231n(install):
    install("cs231n")


def classifier(name):
    return getattr(importlib.import_module("cs231n.classifiers"), name)


class TestNearestNeighbours:
    @pytest.fixture
    def model(self):
        model = classifier("KNearestNeighbor")()
        model.train(X, Y)
        return model

    def test_three_ways_to_the_same_distances(self, model):
        want = np.linalg.norm(X_NEW[:, None] - X[None], axis=2)
        for way in ("two_loops", "one_loop", "no_loops"):
            np.testing.assert_allclose(getattr(model, f"compute_distances_{way}")(X_NEW), want, rtol=1e-10)

    @pytest.mark.parametrize("k", [1, 3, 5, 20])
    @pytest.mark.parametrize("num_loops", [0, 1, 2])
    def test_as_scikit_learn(self, model, k, num_loops):
        neighbors = pytest.importorskip("sklearn.neighbors")
        want = neighbors.KNeighborsClassifier(k, algorithm="brute").fit(X, Y).predict(X_NEW)
        np.testing.assert_array_equal(model.predict(X_NEW, k=k, num_loops=num_loops), want)

    def test_a_tie_goes_to_the_smallest_label(self, model):
        model.train(np.zeros((4, 1)), [3, 1, 1, 3])
        np.testing.assert_array_equal(model.predict(np.zeros((1, 1)), k=4), [1])

    def test_equal_rows_have_distance_zero(self, model):
        far = 1e6 + RNG.normal(size=(5, 3))
        model.train(far, np.arange(5))
        assert np.isfinite(model.compute_distances_no_loops(far)).all()

    def test_arguments_out_of_range(self, model):
        with pytest.raises(ValueError, match="num_loops must be 0, 1 or 2, but got 3"):
            model.predict(X_NEW, num_loops=3)
        for k in (0, 41):
            with pytest.raises(ValueError, match=f"k must be from 1 to the 40 training rows, but got {k}"):
                model.predict(X_NEW, k=k)


@pytest.mark.parametrize(("module", "loss"), [("linear_svm", "svm_loss"), ("softmax", "softmax_loss")])
class TestLosses:
    def functions(self, module, loss):
        found = importlib.import_module(f"cs231n.classifiers.{module}")
        return getattr(found, f"{loss}_naive"), getattr(found, f"{loss}_vectorized")

    @pytest.mark.parametrize("reg", [0.0, 0.7])
    def test_naive_and_vectorized_agree_with_numeric_gradients(self, module, loss, reg):
        naive, vectorized = self.functions(module, loss)
        slow, slow_grad = naive(W, X, Y, reg)
        fast, fast_grad = vectorized(W, X, Y, reg)
        assert slow == pytest.approx(fast, rel=1e-12)
        np.testing.assert_allclose(slow_grad, fast_grad, atol=1e-12)
        point = W.copy()
        numeric = eval_numerical_gradient(lambda W: vectorized(W, X, Y, reg)[0], point, verbose=False)
        assert rel_error(fast_grad, numeric) < 1e-5
        np.testing.assert_array_equal(point, W)

    @pytest.mark.torch
    def test_as_pytorch(self, module, loss):
        torch = pytest.importorskip("torch")
        weights = torch.tensor(W, requires_grad=True)
        scores, labels = torch.tensor(X) @ weights, torch.tensor(Y)
        if loss == "softmax_loss":
            cost = torch.nn.functional.cross_entropy(scores, labels)
        else:  # PyTorch divides by the number of classes, too
            cost = torch.nn.functional.multi_margin_loss(scores, labels) * 4
        (cost + 0.7 * (weights**2).sum()).backward()
        for function in self.functions(module, loss):
            value, grad = function(W, X, Y, 0.7)
            assert value == pytest.approx((cost + 0.7 * (weights**2).sum()).item())
            np.testing.assert_allclose(grad, weights.grad.numpy(), atol=1e-10)

    def test_labels_of_any_number_type_and_unchanged_arguments(self, module, loss):
        before = W.copy(), X.copy()
        for function in self.functions(module, loss):
            want = function(W, X, Y, 0.1)[0]
            assert function(W, X, Y.tolist(), 0.1)[0] == function(W, X, Y.astype(float), 0.1)[0] == want
        np.testing.assert_array_equal(W, before[0])
        np.testing.assert_array_equal(X, before[1])

    def test_the_penalty_is_halved_in_2016(self, install, module, loss):
        _, vectorized = self.functions(module, loss)
        data_loss, data_grad = vectorized(W, X, Y, 0.0)
        for year, factor in ((2016, 0.5), (2017, 1), (2024, 1)):
            install("cs231n", year=year)
            cost, grad = vectorized(W, X, Y, 0.6)
            assert cost - data_loss == pytest.approx(factor * 0.6 * (W**2).sum())
            np.testing.assert_allclose(grad - data_grad, factor * 1.2 * W)


class TestLinearClassifiers:
    def separable(self):
        centres = np.array([[4, 0], [-4, 4], [0, -4]])
        y = np.arange(90) % 3
        rows = centres[y] + np.random.default_rng(0).normal(size=(90, 2))
        return np.hstack([rows, np.ones((90, 1))]), y

    @pytest.mark.parametrize("name", ["LinearSVM", "Softmax"])
    def test_training(self, name, capsys):
        rows, y = self.separable()
        model = classifier(name)()
        np.random.seed(0)
        history = model.train(
            rows, y, learning_rate=1e-1, reg=1e-4, num_iters=201, batch_size=30, verbose=True
        )
        assert len(history) == 201
        lines = [f"iteration {it} / 201: loss {history[it]:f}" for it in (0, 100, 200)]
        assert capsys.readouterr().out.splitlines() == lines
        assert (model.predict(rows) == y).mean() > 0.97
        more = model.train(rows, y, learning_rate=1e-1, num_iters=1, batch_size=30)
        assert more[0] < 0.5  # a second training goes on where the first ended

    def test_as_scikit_learn(self):
        linear_model = pytest.importorskip("sklearn.linear_model")
        rows, y = self.separable()
        model = classifier("Softmax")()
        np.random.seed(0)
        model.train(rows, y, learning_rate=0.3, reg=0.05, num_iters=3000, batch_size=90)
        # scikit-learn minimizes C * (sum of the losses) + 0.5 * sum(W**2)
        theirs = linear_model.LogisticRegression(C=1 / (90 * 2 * 0.05), fit_intercept=False, tol=1e-8).fit(
            rows, y
        )
        np.testing.assert_array_equal(model.predict(rows), theirs.predict(rows))
        np.testing.assert_allclose(model.W, theirs.coef_.T, atol=0.05)

    def test_weights_are_kept_in_a_file(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        model = classifier("Softmax")()
        model.W = W.copy()
        model.save("best_softmax.npy")
        other = classifier("Softmax")()
        assert other.load("best_softmax.npy")
        np.testing.assert_array_equal(other.W, W)

    def test_a_classifier_without_a_loss(self):
        with pytest.raises(NotImplementedError, match="LinearClassifier has no loss of its own"):
            classifier("LinearClassifier")().train(X, Y)


class TestOlderTwoLayerNet:
    def net(self, **kwargs):
        np.random.seed(0)
        return importlib.import_module("cs231n.classifiers.neural_net").TwoLayerNet(6, 5, 4, **kwargs)

    def test_gradients(self):
        net = self.net(std=0.5)
        assert net.params["W1"].shape == (6, 5)
        loss, grads = net.loss(X, Y, reg=0.05)
        assert grads.keys() == net.params.keys()
        for name, grad in grads.items():
            numeric = eval_numerical_gradient(
                lambda _: net.loss(X, Y, reg=0.05)[0], net.params[name], verbose=False
            )
            assert rel_error(grad, numeric) < 1e-5, name
        without, _ = net.loss(X, Y)
        squares = sum((net.params[name] ** 2).sum() for name in ("W1", "W2"))
        assert loss - without == pytest.approx(0.05 * squares)
        np.testing.assert_array_equal(net.predict(X), net.loss(X).argmax(axis=1))

    def test_training(self, capsys):
        net = self.net(std=0.1)
        stats = net.train(X, Y, X_NEW, np.zeros(15), 0.5, 0.9, 1e-5, 102, 20, verbose=True)
        assert {key: len(value) for key, value in stats.items()} == {
            "loss_history": 102,
            "train_acc_history": 51,
            "val_acc_history": 51,
        }
        lines = [f"iteration {it} / 102: loss {stats['loss_history'][it]:f}" for it in (0, 100)]
        assert capsys.readouterr().out.splitlines() == lines
        assert stats["loss_history"][-1] < stats["loss_history"][0]

    def test_it_is_an_older_name(self, capsys):
        import sys

        sys.modules.pop("nndl.compat.assignment1.neural_net", None)
        self.net()
        assert re.search(r"cs231n.classifiers.neural_net is a name of older", capsys.readouterr().err)


class TestFeatures:
    IMAGES = np.random.default_rng(2).integers(0, 256, size=(3, 32, 32, 3)).astype(float)

    @pytest.fixture
    def features(self):
        return importlib.import_module("cs231n.features")

    def test_side_by_side(self, features, capsys):
        def mean(image):
            return image.mean(axis=(0, 1))

        got = features.extract_features(self.IMAGES, [features.hog_feature, mean], verbose=True)
        assert got.shape == (3, 144 + 3)
        np.testing.assert_array_equal(got[1, :144], features.hog_feature(self.IMAGES[1]))
        np.testing.assert_array_equal(got[:, 144:], self.IMAGES.mean(axis=(1, 2)))
        assert capsys.readouterr().out == ""
        features.extract_features(np.ones((1000, 2, 2, 3)), [mean], verbose=True)
        assert capsys.readouterr().out == "Done extracting features for 1000 / 1000 images\n"

    def test_an_edge_falls_into_the_range_of_its_direction(self, features):
        upright = np.zeros((16, 16))
        upright[:, 4:] = 8.0  # brighter to the right: direction 90 degrees, in the fifth of nine ranges
        got = features.hog_feature(upright).reshape(2, 2, 9)
        want = np.zeros((2, 2, 9))
        want[0, :, 4] = 1.0  # the column of cells on the left: one pixel in eight has the gradient 8
        np.testing.assert_allclose(got, want)

    def test_every_gradient_in_half_of_the_circle_counts_once(self, features):
        image = self.IMAGES[0] @ [0.299, 0.587, 0.144]
        gx, gy = np.zeros((32, 32)), np.zeros((32, 32))
        gx[:, :-1], gy[:-1] = np.diff(image, axis=1), np.diff(image, axis=0)
        length = np.where(gx > 0, np.hypot(gx, gy), 0)  # directions from -90 to 90 degrees
        got = features.hog_feature(self.IMAGES[0])
        assert got.sum() == pytest.approx(length.sum() / 64, rel=1e-2)

    def test_hues(self, features):
        image = np.zeros((2, 2, 3))
        image[0] = [255, 0, 0]  # hue 0
        image[1] = [0, 255, 0]  # hue a third of the circle
        np.testing.assert_allclose(features.color_histogram_hsv(image, nbin=3), [0.5, 0.5, 0])
        assert features.color_histogram_hsv(self.IMAGES[0]).sum() == pytest.approx(1)
        assert features.color_histogram_hsv(self.IMAGES[0], nbin=7).shape == (7,)


def test_a_star_import_of_the_package_brings_its_classifiers(install):
    install("cs231n")
    names: dict = {}
    exec("from cs231n.classifiers import *", names)
    classifiers = importlib.import_module("cs231n.classifiers")
    for name in ("KNearestNeighbor", "LinearClassifier", "LinearSVM", "Softmax"):
        assert names[name] is getattr(classifiers, name)
    assert names["np"] is np
    assert not hasattr(classifiers, "another")
