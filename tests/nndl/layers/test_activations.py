"""ReLU forward and backward."""

from __future__ import annotations

import numpy as np

from nndl.layers import relu_backward, relu_forward


def test_negative_entries_become_a_plain_zero() -> None:
    out, cache = relu_forward(x := np.array([-2.0, -0.5, 0.0, 0.5, 2.0]))
    np.testing.assert_array_equal(out, [0, 0, 0, 0.5, 2])
    assert not np.signbit(out).any()
    assert cache is x


def test_infinity_and_nan_pass_through() -> None:
    out, _ = relu_forward(np.array([-np.inf, np.inf, np.nan]))
    np.testing.assert_array_equal(out, [0, np.inf, np.nan])


def test_no_gradient_at_exactly_zero_or_below() -> None:
    dx = relu_backward(np.array([5.0, np.inf, 7.0, 7.0, 11.0]), np.array([-1.0, -1.0, 0.0, -0.0, 1e-300]))
    np.testing.assert_array_equal(dx, [0, 0, 0, 0, 11])


def test_integers_stay_integers() -> None:
    x = np.array([[-3, 0, 4]])
    out, cache = relu_forward(x)
    assert out.dtype == x.dtype
    dx = relu_backward(np.array([[1, 2, 3]]), cache)
    assert dx.dtype == x.dtype
    np.testing.assert_array_equal(dx, [[0, 0, 3]])


def test_an_empty_batch_passes_through() -> None:
    out, cache = relu_forward(np.zeros((0, 4)))
    assert relu_backward(out, cache).shape == (0, 4)
