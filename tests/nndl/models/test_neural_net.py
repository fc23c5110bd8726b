"""TwoLayerNet beyond the golden numbers: gradients, extremes, training rules, stored nets."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from nndl.gradient_check import eval_numerical_gradient, rel_error
from nndl.neural_net import TwoLayerNet
from nndl.solver import DivergenceError


@pytest.fixture
def problem():
    np.random.seed(5)
    net = TwoLayerNet(7, 6, 4, std=0.5)
    X, y = np.random.randn(12, 7), np.random.randint(4, size=12)
    return net, X, y


@pytest.mark.parametrize("reg", [0.0, 0.3])
@pytest.mark.parametrize("rows", [1, 12])
def test_gradients_match_centred_differences(problem, reg, rows):
    net, X, y = problem
    X, y = X[:rows], y[:rows]
    net.params["b1"] += 0.1
    _, grads = net.loss(X, y, reg=reg)
    assert grads.keys() == net.params.keys()
    for name, array in net.params.items():
        numeric = eval_numerical_gradient(lambda _: net.loss(X, y, reg=reg)[0], array, verbose=False)
        assert grads[name].shape == array.shape
        assert rel_error(numeric, grads[name]) < 1e-6


def test_nothing_passes_a_relu_at_exactly_zero():
    net = TwoLayerNet(3, 5, 2)
    net.params["W1"] = np.zeros((5, 3))
    net.params["W2"] = np.ones((2, 5)) * np.array([[1], [-1]])
    _, grads = net.loss(np.ones((4, 3)), np.array([0, 1, 1, 1]))
    assert not grads["W1"].any()
    assert not grads["b1"].any()
    assert grads["b2"].any()


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_large_scores_stay_finite_and_silent(problem, size):
    net, X, y = problem
    net.params["b2"] = np.array([size, 0.0, 0.0, -size])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, grads = net.loss(X, y)
    assert np.isfinite(loss)
    assert 100 < loss < 3e4
    assert all(np.isfinite(array).all() for array in grads.values())


def test_loss_modifies_nothing_and_draws_nothing(problem):
    net, X, y = problem
    before = {name: array.copy() for name, array in net.params.items()}
    X_before, y_before, state = X.copy(), y.copy(), np.random.get_state(legacy=False)["state"]["key"].copy()
    net.loss(X)
    net.loss(X, y, reg=1.0)
    net.predict(X)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], state)
    for name, array in net.params.items():
        np.testing.assert_array_equal(array, before[name])


def test_predict_takes_the_highest_score(problem):
    net, X, _ = problem
    np.testing.assert_array_equal(net.predict(X), net.loss(X).argmax(axis=1))


def test_history_has_an_entry_per_iteration_and_per_epoch(problem):
    net, X, y = problem
    history = net.train(X, y, X[:3], y[:3], num_iters=10, batch_size=4)  # 3 iterations an epoch: 0, 3, 6, 9
    assert {name: len(values) for name, values in history.items()} == {
        "loss_history": 10,
        "train_acc_history": 4,
        "val_acc_history": 4,
    }
    assert all(type(value) is float for values in history.values() for value in values)


def test_one_step_decays_the_rate_only_after_it(problem):
    net, X, y = problem
    start = {name: array.copy() for name, array in net.params.items()}
    np.random.seed(3)
    history = net.train(
        X, y, X, y, learning_rate=0.1, learning_rate_decay=0.5, reg=0.2, num_iters=2, batch_size=12
    )
    by_hand = TwoLayerNet(7, 6, 4)
    by_hand.params = start
    np.random.seed(3)
    for rate in (0.1, 0.05):
        rows = np.random.choice(12, 12)
        _, grads = by_hand.loss(X[rows], y[rows], reg=0.2)
        by_hand.params = {name: array - rate * grads[name] for name, array in by_hand.params.items()}
    for name, array in net.params.items():
        np.testing.assert_allclose(array, by_hand.params[name], rtol=1e-12)
    assert history["train_acc_history"][-1] == (net.predict(X[rows]) == y[rows]).mean()
    assert history["val_acc_history"][-1] == (net.predict(X) == y).mean()


def test_training_says_when_it_diverges(problem):
    net, X, y = problem
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DivergenceError, match=r"diverged.*learning_rate"):
            net.train(X * 1e3, y, X, y, learning_rate=1e8, num_iters=200)


def test_training_is_silent_unless_asked(problem, capsys):
    net, X, y = problem
    net.train(X, y, X, y, num_iters=2)
    assert capsys.readouterr() == ("", "")
    net.train(X, y, X, y, num_iters=101, verbose=True)
    lines = capsys.readouterr().out.split("\n")
    assert [line for line in lines if "iteration 0 of 101: loss" in line]
    assert [line for line in lines if "iteration 100 of 101: loss" in line]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X[:, :5], y), r"X must have shape \(any, 7\), but its shape is \(12, 5\)"),
        (lambda X, y: (X, y[:5]), r"y must have shape \(12,\)"),
        (lambda X, y: (X, y + 4), "labels from 0 to 3"),
        (lambda X, y: (X, y.astype(float)), "integer class labels"),
    ],
)
def test_wrong_arguments_are_named(problem, change, message):
    net, X, y = problem
    with pytest.raises((TypeError, ValueError), match=message):
        net.loss(*change(X, y))
    with pytest.raises((TypeError, ValueError), match=message):
        net.train(*change(X, y), X, y)


def test_empty_sets_are_refused(problem):
    net, X, y = problem
    with pytest.raises(ValueError, match="rows of X_val"):
        net.train(X, y, X[:0], y[:0])
    with pytest.raises(ValueError, match="batch_size"):
        net.train(X, y, X, y, batch_size=0)
    with pytest.raises(ValueError, match="hidden_size"):
        TwoLayerNet(3, 0, 2)


def test_a_stored_net_comes_back(problem, tmp_path):
    net, X, _ = problem
    state = np.random.get_state(legacy=False)["state"]["key"].copy()
    net.save(tmp_path / "best_net.npz")
    again = TwoLayerNet.load(tmp_path / "best_net.npz")
    np.testing.assert_array_equal(again.loss(X), net.loss(X))
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], state)
    with np.load(tmp_path / "best_net.npz", allow_pickle=False) as stored:
        assert sorted(stored.files) == ["W1", "W2", "b1", "b2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b1": None}, "must hold the arrays W1, b1, W2, b2, but holds: W1, W2, b2"),
        ({"extra": np.zeros(1)}, "must hold the arrays"),
        ({"W1": np.zeros(6)}, "W1 in .* must have 2 axes"),
        ({"b2": np.zeros(5)}, r"b2 in .* must have shape \(4,\)"),
        ({"W2": np.zeros((4, 5))}, r"W2 in .* must have shape \(4, 6\)"),
        ({"b1": np.full(6, np.nan)}, "not finite"),
        ({"b1": np.zeros(6, dtype=int)}, "floating-point numbers, not int64"),
        ({"b1": np.array([{}] * 6)}, "not an .npz file of plain arrays"),
    ],
)
def test_a_wrong_file_is_refused(problem, tmp_path, change, message):
    net, *_ = problem
    arrays = {name: array for name, array in (net.params | change).items() if array is not None}
    np.savez(tmp_path / "net.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        TwoLayerNet.load(tmp_path / "net.npz")


def test_no_npz_file_is_refused(tmp_path):
    path = tmp_path / "net.npz"
    with pytest.raises(FileNotFoundError):
        TwoLayerNet.load(path)
    for content in (b"", b"text", b"PK\x03\x04 and so on"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"not an \.npz file"):
            TwoLayerNet.load(path)
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ValueError, match="single array"):
        TwoLayerNet.load(path)


def test_only_numbers_are_stored(problem, tmp_path):
    net, *_ = problem
    net.params["b1"] = [0.0] * 6
    with pytest.raises(TypeError, match="b1 must be an array of real numbers, but got list"):
        net.save(tmp_path / "net.npz")
    assert not (tmp_path / "net.npz").exists()


def test_notebooks_may_catch_divergence_as_a_floating_point_error():
    assert issubclass(DivergenceError, FloatingPointError)
