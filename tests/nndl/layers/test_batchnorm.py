"""Batch normalization forward and both ways back."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nndl.layers import batchnorm_backward, batchnorm_backward_alt, batchnorm_forward

backwards = pytest.mark.parametrize("backward", [batchnorm_backward, batchnorm_backward_alt])


def batch(n: int = 6, d: int = 4, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    x: np.ndarray = (3 * rng.normal(size=(n, d)) + 7).astype(dtype)
    return x, rng.uniform(1, 2, size=d).astype(dtype), rng.normal(size=d).astype(dtype)


def test_training_normalizes_each_feature() -> None:
    x, gamma, beta = batch(n=500)
    out, _ = batchnorm_forward(x, gamma, beta, {"mode": "train"})
    np.testing.assert_allclose(out.mean(axis=0), beta, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=0), gamma, rtol=1e-5)


def test_eps_is_added_to_the_variance_inside_the_root() -> None:
    x = np.array([[1.0], [-1.0]])
    out, _ = batchnorm_forward(x, np.ones(1), np.zeros(1), {"mode": "train", "eps": 3.0})
    np.testing.assert_allclose(out, [[0.5], [-0.5]])
    default, _ = batchnorm_forward(x / 1000, np.ones(1), np.zeros(1), {"mode": "train"})
    np.testing.assert_allclose(default, x / 1000 / np.sqrt(1e-6 + 1e-5))


def test_running_statistics_average_the_biased_variance_with_the_momentum_on_the_old_value() -> None:
    x, gamma, beta = batch(n=3)
    bn_param: dict[str, Any] = {"mode": "train", "momentum": 0.7}
    batchnorm_forward(x, gamma, beta, bn_param)
    batchnorm_forward(2 * x, gamma, beta, bn_param)
    mean, var = x.mean(axis=0), ((x - x.mean(axis=0)) ** 2).sum(axis=0) / 3
    np.testing.assert_allclose(bn_param["running_mean"], 0.7 * 0.3 * mean + 0.3 * 2 * mean)
    np.testing.assert_allclose(bn_param["running_var"], 0.7 * 0.3 * var + 0.3 * 4 * var)
    assert (bn_param["mode"], bn_param["momentum"]) == ("train", 0.7)


def test_default_momentum() -> None:
    x, gamma, beta = batch()
    bn_param: dict[str, Any] = {"mode": "train"}
    batchnorm_forward(x, gamma, beta, bn_param)
    np.testing.assert_allclose(bn_param["running_mean"], 0.1 * x.mean(axis=0))


def test_running_statistics_are_new_arrays_at_every_training_call() -> None:
    x, gamma, beta = batch()
    mean, var = np.zeros(4), np.ones(4)
    mean.flags.writeable = var.flags.writeable = False
    bn_param: dict[str, Any] = {"mode": "train", "running_mean": mean, "running_var": var}
    batchnorm_forward(x, gamma, beta, bn_param)
    assert bn_param["running_mean"] is not mean
    assert bn_param["running_var"] is not var


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_running_statistics_have_the_dtype_of_the_input(dtype: type) -> None:
    x, gamma, beta = batch(dtype=dtype)
    bn_param: dict[str, Any] = {"mode": "train", "running_mean": np.zeros(4)}
    bn_param |= {"running_var": np.zeros(4, np.float32), "eps": np.float64(1e-5), "momentum": np.float64(0.9)}
    out, _ = batchnorm_forward(x, gamma, beta, bn_param)
    assert {out.dtype, bn_param["running_mean"].dtype, bn_param["running_var"].dtype} == {np.dtype(dtype)}
    out, _ = batchnorm_forward(x, gamma, beta, bn_param | {"mode": "test"})
    assert out.dtype == dtype


def test_test_mode_uses_the_running_statistics_and_leaves_them() -> None:
    x, gamma, beta = batch()
    mean, var = np.array([1.0, 2.0, 3.0, 4.0]), np.array([4.0, 9.0, 16.0, 25.0])
    bn_param = {"mode": "test", "eps": 0.5, "running_mean": mean, "running_var": var}
    before = dict(bn_param)
    out, cache = batchnorm_forward(x, gamma, beta, bn_param)
    np.testing.assert_allclose(out, gamma * (x - mean) / np.sqrt(var + 0.5) + beta)
    assert all(bn_param[key] is before[key] for key in before)
    assert bn_param.keys() == before.keys()
    assert cache is None
    rows = [batchnorm_forward(row[np.newaxis], gamma, beta, bn_param)[0][0] for row in x]
    np.testing.assert_allclose(out, rows)


def test_test_mode_before_any_training_takes_zeros_and_stores_nothing() -> None:
    x, gamma, beta = batch()
    bn_param = {"mode": "test", "eps": 4.0}
    out, _ = batchnorm_forward(x, gamma, beta, bn_param)
    np.testing.assert_allclose(out, gamma * x / 2 + beta)
    assert bn_param == {"mode": "test", "eps": 4.0}


@backwards
def test_a_cache_of_a_test_call_is_refused(backward: Any) -> None:
    x, gamma, beta = batch()
    _, cache = batchnorm_forward(x, gamma, beta, {"mode": "test"})
    with pytest.raises(ValueError, match="cache must come from a forward pass"):
        backward(x, cache)


@backwards
def test_gradients_sum_to_zero_over_the_batch(backward: Any) -> None:
    x, gamma, beta = batch()
    _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
    dx, _, _ = backward(np.random.default_rng(0).normal(size=x.shape), cache)
    assert np.abs(dx).max() > 1e-3
    np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-12)


@backwards
def test_one_row_and_constant_features_get_no_gradient(backward: Any) -> None:
    for x in (np.array([[1.0, -5.0]]), np.full((4, 2), 3.0)):
        out, cache = batchnorm_forward(x, np.ones(2), np.array([5.0, 6.0]), {"mode": "train"})
        np.testing.assert_array_equal(out, np.broadcast_to([5.0, 6.0], x.shape))
        dx, dgamma, dbeta = backward(np.ones(x.shape), cache)
        np.testing.assert_allclose(dx, 0, atol=1e-12)
        np.testing.assert_array_equal(dgamma, [0, 0])
        np.testing.assert_array_equal(dbeta, [len(x), len(x)])


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(1, 20), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_both_backward_passes_agree(n: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, dout = rng.normal(size=(2, n, d))
    _, cache = batchnorm_forward(x, rng.normal(size=d), rng.normal(size=d), {"mode": "train"})
    for got, want in zip(batchnorm_backward_alt(dout, cache), batchnorm_backward(dout, cache), strict=True):
        scale = max(1.0, np.abs(want).max())
        np.testing.assert_allclose(got / scale, want / scale, atol=1e-11)


@pytest.mark.parametrize(
    ("bn_param", "error", "message"),
    [
        ({}, ValueError, "bn_param must have the key 'mode', but its keys are []"),
        ({"train": "train"}, ValueError, "bn_param must have the key 'mode', but its keys are ['train']"),
        ({"mode": "eval"}, ValueError, "bn_param['mode'] must be one of 'train', 'test', but got 'eval'"),
        ({"mode": True}, ValueError, "bn_param['mode'] must be one of 'train', 'test', but got True"),
        ({"mode": "train", "eps": -1}, ValueError, "bn_param['eps'] must be at least 0, but got -1"),
        (
            {"mode": "train", "momentum": 1.5},
            ValueError,
            "bn_param['momentum'] must be at least 0 and at most 1",
        ),
        (
            {"mode": "train", "momentum": "0.9"},
            TypeError,
            "bn_param['momentum'] must be a number, but got '0.9'",
        ),
        (
            {"mode": "test", "running_mean": np.zeros(3)},
            ValueError,
            "bn_param['running_mean'] must have shape (4,)",
        ),
        ({"mode": "test", "running_var": 1.0}, TypeError, "bn_param['running_var'] must be a NumPy array"),
        (None, TypeError, "bn_param must be a dict of settings, but got NoneType"),
    ],
)
def test_settings_that_make_no_sense_are_refused(bn_param: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        batchnorm_forward(*batch(), bn_param)


def test_arrays_that_do_not_fit_are_refused() -> None:
    x, gamma, beta = batch()
    with pytest.raises(ValueError, match=re.escape("gamma must have shape (4,), but its shape is (3,)")):
        batchnorm_forward(x, gamma[:3], beta, {"mode": "train"})
    with pytest.raises(ValueError, match=re.escape("beta must have shape (4,), but its shape is (1, 4)")):
        batchnorm_forward(x, gamma, beta[np.newaxis], {"mode": "train"})
    with pytest.raises(ValueError, match="x must have 2 axes"):
        batchnorm_forward(x[np.newaxis], gamma, beta, {"mode": "train"})
    with pytest.raises(TypeError, match="x must hold floating-point numbers, but its dtype is int64"):
        batchnorm_forward(x.astype(np.int64), gamma, beta, {"mode": "train"})


def test_an_empty_batch_has_no_statistics_but_may_be_tested() -> None:
    x, gamma, beta = batch(n=0)
    with pytest.raises(ValueError, match="x must have at least one row in training mode"):
        batchnorm_forward(x, gamma, beta, {"mode": "train"})
    assert batchnorm_forward(x, gamma, beta, {"mode": "test"})[0].shape == (0, 4)
