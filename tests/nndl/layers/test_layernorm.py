"""Layer normalization forward and backward."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from nndl.layers import layernorm_backward, layernorm_forward


def test_each_row_is_normalized_over_its_features() -> None:
    x = 3 * np.random.default_rng(0).normal(size=(4, 500)) + 7
    out, _ = layernorm_forward(x, np.full(500, 2.0), np.full(500, 5.0), {})
    np.testing.assert_allclose(out.mean(axis=1), 5, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=1), 2, rtol=1e-5)


def test_gamma_and_beta_belong_to_features() -> None:
    x = np.array([[1.0, -1.0], [10.0, -10.0]])
    out, _ = layernorm_forward(x, np.array([2.0, 3.0]), np.array([100.0, 200.0]), {"eps": 0.0})
    np.testing.assert_allclose(out, [[102, 197], [102, 197]])


def test_rows_do_not_depend_on_each_other_and_the_mode_is_ignored() -> None:
    rng = np.random.default_rng(1)
    x, gamma, beta = rng.normal(size=(5, 6)), rng.normal(size=6), rng.normal(size=6)
    ln_param = {"mode": "test"}
    out, _ = layernorm_forward(x, gamma, beta, ln_param)
    assert ln_param == {"mode": "test"}
    np.testing.assert_array_equal(out, layernorm_forward(x, gamma, beta, {"mode": "train"})[0])
    np.testing.assert_allclose(out[3:4], layernorm_forward(x[3:4], gamma, beta, {})[0])


def test_one_feature_is_its_beta() -> None:
    out, cache = layernorm_forward(np.array([[3.0], [-8.0]]), np.array([2.0]), np.array([7.0]), {})
    np.testing.assert_array_equal(out, [[7.0], [7.0]])
    dx, dgamma, dbeta = layernorm_backward(np.array([[1.0], [2.0]]), cache)
    np.testing.assert_array_equal(dx, [[0.0], [0.0]])
    assert (dgamma, dbeta) == (0, 3)


def test_an_empty_batch_passes_through() -> None:
    out, cache = layernorm_forward(np.zeros((0, 3)), np.ones(3), np.zeros(3), {})
    dx, dgamma, dbeta = layernorm_backward(out, cache)
    assert dx.shape == (0, 3)
    np.testing.assert_array_equal([dgamma, dbeta], np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("shape", "ln_param", "error", "message"),
    [
        ((2, 4), {}, ValueError, "gamma must have shape (4,), but its shape is (3,)"),
        ((2, 0), {}, ValueError, "x must have at least one feature, but its shape is (2, 0)"),
        ((2, 3, 1), {}, ValueError, "x must have 2 axes, but its shape is (2, 3, 1)"),
        ((2, 3), None, TypeError, "ln_param must be a dict of settings, but got NoneType"),
        ((2, 3), {"eps": -1e-5}, ValueError, "ln_param['eps'] must be at least 0, but got -1e-05"),
        ((2, 3), {"eps": np.nan}, ValueError, "ln_param['eps'] must be at least 0, but got nan"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    shape: tuple[int, ...], ln_param: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        layernorm_forward(np.zeros(shape), np.ones(3), np.zeros(3), ln_param)
