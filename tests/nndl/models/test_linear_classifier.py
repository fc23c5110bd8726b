"""The linear classifier: costs and both descents."""

import functools

import numpy as np
import pytest

from nndl.linear_classifier import (
    batch_gradient_descent_func,
    cross_entropy_loss,
    linear_cost_func,
    linear_pred,
    linear_predict,
    softmax,
    stochastic_gradient_descent_func,
)


@pytest.fixture
def problem():
    """Twelve rows, four features, three classes, and a start away from zero."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(12, 4))
    Y = np.eye(3)[rng.integers(0, 3, 12)]
    return X, Y, rng.normal(size=(4, 3)), rng.normal(size=3)


def numeric_gradient(f, array, h=1e-6):
    grad = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        step = np.zeros_like(array)
        step[index] = h
        grad[index] = (f(array + step) - f(array - step)) / (2 * h)
    return grad


class TestSoftmax:
    def test_rows_are_probabilities(self):
        p = softmax(np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]))
        np.testing.assert_allclose(p.sum(axis=1), 1)
        np.testing.assert_allclose(p[1], 1 / 3)
        np.testing.assert_allclose(p[0, 1:] / p[0, :-1], np.e)

    @pytest.mark.filterwarnings("error")
    def test_large_integers(self):
        x = np.array([[2060, 2000, 2080], [-3000, 0, 3000]])
        p = softmax(x)
        np.testing.assert_allclose(p[0, 0], np.exp(-20.0), rtol=1e-8)
        np.testing.assert_array_equal(p[1], [0, 0, 1])
        np.testing.assert_array_equal(x[0], [2060, 2000, 2080])

    def test_shift_of_a_row_changes_nothing(self):
        x = np.random.default_rng(0).normal(size=(5, 4))
        np.testing.assert_allclose(softmax(x + np.arange(5)[:, None] * 100), softmax(x), rtol=1e-12)

    def test_needs_rows(self):
        with pytest.raises(ValueError, match="x must have 2 axes"):
            softmax(np.zeros(3))


class TestCrossEntropy:
    def test_mean_of_the_true_class(self):
        p = np.array([[0.5, 0.5], [0.25, 0.75]])
        t = np.array([[1, 0], [0, 1]])
        expected = -(np.log(0.5) + np.log(0.75)) / 2
        assert cross_entropy_loss(p, t) == pytest.approx(expected, abs=1e-8)

    def test_constant_is_inside_the_logarithm(self):
        assert cross_entropy_loss(np.zeros((1, 2)), np.array([[1, 0]])) == pytest.approx(
            -np.log(1e-9), rel=1e-14
        )
        assert cross_entropy_loss(np.array([[1.0, 0.0]]), np.array([[1, 0]])) < 0

    def test_class_indices_are_refused_with_a_hint(self):
        with pytest.raises(ValueError, match=r"target must be one-hot.*class indices"):
            cross_entropy_loss(np.full((2, 2), 0.5), np.array([0, 1]))

    def test_no_rows(self):
        with pytest.raises(ValueError, match="at least one row"):
            cross_entropy_loss(np.zeros((0, 2)), np.zeros((0, 2)))


def test_scores(problem):
    X, _, W, b = problem
    expected = [[sum(x * W[:, c]) + b[c] for c in range(3)] for x in X]
    np.testing.assert_allclose(linear_pred(X, W, b), expected)
    np.testing.assert_array_equal(linear_predict(X, W, b), linear_pred(X, W, b))


@pytest.mark.parametrize(
    ("X", "W", "b", "name"),
    [((2, 3), (4, 5), (5,), "W"), ((2, 3), (3, 5), (4,), "b"), ((3,), (3, 5), (5,), "X")],
)
def test_scores_with_shapes_that_do_not_fit(X, W, b, name):
    with pytest.raises(ValueError, match=f"{name} must have"):
        linear_pred(np.zeros(X), np.zeros(W), np.zeros(b))


def test_one_step_of_batch_descent_follows_the_numeric_gradient(problem):
    X, Y, W, b = problem
    W, b = 0.3 * W, 0.3 * b  # no tiny probabilities: there the 1e-9 in the loss is felt
    new_W, new_b, J, _ = batch_gradient_descent_func(X, Y, W, b, 0.5, 1)
    dW = numeric_gradient(lambda W: linear_cost_func(X, Y, W, b), W)
    db = numeric_gradient(lambda b: linear_cost_func(X, Y, W, b), b)
    np.testing.assert_allclose((W - new_W) / 0.5, dW, atol=1e-7)
    np.testing.assert_allclose((b - new_b) / 0.5, db, atol=1e-7)
    assert J[0] == linear_cost_func(X, Y, new_W, new_b)
    assert len(J) == 1


@pytest.mark.parametrize("mini_batch", [1, 5])
def test_stochastic_descent_replays_from_its_documented_draws(problem, mini_batch):
    X, Y, W, b = problem
    got_W, got_b, J, _ = stochastic_gradient_descent_func(X, Y, W, b, 0.1, 7, mini_batch, random_seed=4)
    np.random.seed(4)
    for _ in range(7):
        rows = np.random.choice(12, mini_batch)
        W, b, _, _ = batch_gradient_descent_func(X[rows], Y[rows], W, b, 0.1, 1)
    np.testing.assert_allclose(got_W, W, rtol=1e-12)
    np.testing.assert_allclose(got_b, b, rtol=1e-12)
    assert J[-1] == pytest.approx(linear_cost_func(X, Y, W, b), rel=1e-12)
    assert len(J) == 7


def test_stochastic_descent_without_a_seed_uses_the_stream_as_it_is(problem):
    X, Y, W, b = problem
    descend = functools.partial(stochastic_gradient_descent_func, X, Y, W, b, 0.1, 5, 2)
    np.random.seed(8)
    first = descend()[0]
    second = descend()[0]
    np.random.seed(8)
    again = descend()[0]
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    "descend",
    [
        functools.partial(batch_gradient_descent_func, alpha=0.1),
        functools.partial(stochastic_gradient_descent_func, alpha=0.1, mini_batch=2, random_seed=0),
    ],
)
class TestDescent:
    def test_inputs_are_left_alone(self, descend, problem):
        copies = [array.copy() for array in problem]
        descend(*problem, iterations=5)
        for array, copy in zip(problem, copies, strict=True):
            np.testing.assert_array_equal(array, copy)

    def test_history_holds_distinct_copies_ending_with_the_result(self, descend, problem):
        W, _, J, history = descend(*problem, iterations=5, history_every=1)
        assert len(J) == len(history) == 5
        np.testing.assert_array_equal(history[-1], W)
        assert not np.array_equal(history[0], history[1])
        assert not any(np.shares_memory(kept, W) for kept in history)

    @pytest.mark.parametrize(
        ("iterations", "every", "kept"),
        [(7, 3, 3), (6, 3, 2), (5, 0, 0), (250, None, 84), (3, None, 3), (0, None, 0)],
    )
    def test_how_many_weights_are_kept(self, descend, problem, iterations, every, kept):
        _, _, J, history = descend(*problem, iterations=iterations, history_every=every)
        assert len(history) == kept
        assert len(J) == iterations

    @pytest.mark.parametrize(
        ("iterations", "every", "measured"), [(7, 3, 3), (6, 3, 2), (5, 1, 5), (0, 1, 0)]
    )
    def test_how_often_the_cost_is_measured(self, descend, problem, iterations, every, measured):
        X, Y, _, _ = problem
        all_costs = descend(*problem, iterations=iterations)[2]
        W, b, J, _ = descend(*problem, iterations=iterations, cost_every=every)
        assert len(J) == measured
        assert set(J) <= set(all_costs)
        if J:
            assert J[-1] == linear_cost_func(X, Y, W, b)

    def test_learns_a_separable_problem_from_integer_zeros(self, descend):
        X = np.random.default_rng(1).normal(size=(20, 60))
        Y = np.eye(4)[np.arange(20) % 4]
        W, b, J, _ = descend(X, Y, np.zeros((60, 4), dtype=int), np.zeros(4, dtype=int), iterations=200)
        assert J[-1] < 0.1 < J[0]
        np.testing.assert_array_equal(linear_pred(X, W, b).argmax(axis=1), np.arange(20) % 4)

    def test_float32_stays(self, descend, problem):
        W, b, _, history = descend(*(array.astype(np.float32) for array in problem), iterations=2)
        assert W.dtype == b.dtype == history[0].dtype == np.float32

    @pytest.mark.parametrize(
        ("setting", "match"),
        [
            ({"iterations": -1}, "iterations must be at least 0"),
            ({"iterations": 1, "history_every": -2}, "history_every must be at least 0"),
            ({"iterations": 1, "cost_every": 0}, "cost_every must be at least 1"),
        ],
    )
    def test_bad_settings(self, descend, problem, setting, match):
        with pytest.raises(ValueError, match=match):
            descend(*problem, **setting)

    def test_bad_targets(self, descend, problem):
        X, Y, W, b = problem
        with pytest.raises(ValueError, match=r"Y must be one-hot rows of shape \(12, 3\)"):
            descend(X, Y[:5], W, b, iterations=1)


def test_mini_batch_must_be_positive(problem):
    X, Y, W, b = problem
    with pytest.raises(ValueError, match="mini_batch must be at least 1, but is 0"):
        stochastic_gradient_descent_func(X, Y, W, b, 0.1, 3, 0)
