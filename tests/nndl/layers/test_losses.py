"""Softmax and SVM loss with their gradients."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nndl.gradient_check import eval_numerical_gradient
from nndl.layers import softmax_loss, svm_loss

Loss = Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]
both = pytest.mark.parametrize("loss", [svm_loss, softmax_loss])


@st.composite
def batches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose margins stay at least 0.01 away from the hinge, and labels."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, classes = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    scores = rng.integers(-30, 30, size=(n, classes)) / 10 + 0.03 * np.arange(classes)
    return scores, rng.integers(classes, size=n)


def slow_svm(x: np.ndarray, y: np.ndarray) -> float:
    rows = [
        sum(max(0.0, row[j] - row[c] + 1) for j in range(len(row)) if j != c)
        for row, c in zip(x, y, strict=True)
    ]
    return sum(rows) / len(rows)


def slow_softmax(x: np.ndarray, y: np.ndarray) -> float:
    rows = [log(sum(exp(s) for s in row)) - row[c] for row, c in zip(x, y, strict=True)]
    return sum(rows) / len(rows)


@pytest.mark.parametrize(("loss", "slow"), [(svm_loss, slow_svm), (softmax_loss, slow_softmax)])
@settings(max_examples=40, deadline=None, derandomize=True)
@given(batch=batches())
def test_loss_and_gradient(
    loss: Loss, slow: Callable[..., float], batch: tuple[np.ndarray, np.ndarray]
) -> None:
    x, y = batch
    x.flags.writeable = y.flags.writeable = False
    value, dx = loss(x, y)
    assert isinstance(value, float)
    assert value == pytest.approx(slow(x, y), rel=1e-12, abs=1e-12)
    want = eval_numerical_gradient(lambda scores: loss(scores, y)[0], x.copy(), verbose=False)
    np.testing.assert_allclose(dx, want, rtol=1e-7, atol=1e-9)


@pytest.mark.filterwarnings("error")
@both
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_finite_without_a_warning_at_extreme_logits(loss: Loss, dtype: type) -> None:
    x: np.ndarray = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4]], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        value, dx = loss(x, np.array([1, 0, 2]))
    assert np.isfinite(value)
    assert np.isfinite(dx).all()
    assert dx.dtype == dtype


def test_softmax_of_equal_logits_and_of_a_hopeless_row() -> None:
    assert softmax_loss(np.full((3, 10), 1e4), np.array([0, 4, 9]))[0] == pytest.approx(log(10))
    value, dx = softmax_loss(np.array([[1e4, -1e4]]), np.array([1]))
    assert value == pytest.approx(2e4)
    np.testing.assert_array_equal(dx, [[1.0, -1.0]])


def test_svm_of_near_zero_scores_and_at_the_hinge() -> None:
    assert svm_loss(np.full((2, 10), 1e-9), np.array([3, 4]))[0] == pytest.approx(9)
    value, dx = svm_loss(np.array([[2.0, 1.0]]), np.array([0]))
    assert value == 0
    np.testing.assert_array_equal(dx, [[0.0, 0.0]])


@both
@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (np.zeros((0, 3)), np.zeros(0, dtype=int), ValueError, "x must have at least one row and one class"),
        (np.zeros(3), np.zeros(3, dtype=int), ValueError, "x must have 2 axes, but its shape is (3,)"),
        (
            np.zeros((2, 3), dtype=int),
            np.zeros(2, dtype=int),
            TypeError,
            "x must hold floating-point numbers",
        ),
        (np.zeros((2, 3)), np.zeros(2), TypeError, "y must be an array of integer class labels"),
        (np.zeros((2, 3)), np.zeros((2, 1), dtype=int), ValueError, "y must have shape (2,)"),
        (np.zeros((2, 3)), np.array([0, 3]), ValueError, "y must hold labels from 0 to 2, but has 0 to 3"),
        (np.zeros((2, 3)), np.array([0, -1]), ValueError, "y must hold labels from 0 to 2, but has -1 to 0"),
    ],
)
def test_scores_and_labels_that_make_no_sense_are_refused(
    loss: Loss, x: np.ndarray, y: np.ndarray, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        loss(x, y)
