"""The naive max pooling forward and backward."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from nndl.layers import max_pool_backward_naive, max_pool_forward_naive


def window(height: int, width: int, stride: int) -> dict[str, int]:
    return {"pool_height": height, "pool_width": width, "stride": stride}


@pytest.mark.parametrize(
    ("image", "param"),
    [
        ((4, 6), window(2, 2, 2)),
        ((5, 7), window(2, 3, 2)),
        ((7, 7), window(3, 3, 2)),
        ((4, 5), window(1, 1, 1)),
        ((4, 5), window(4, 5, 3)),
        ((5, 8), window(2, 1, 3)),
    ],
)
def test_forward_takes_the_maximum_of_each_window(image: tuple[int, int], param: dict[str, int]) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, *image)) - 5
    out, cache = max_pool_forward_naive(x, param)
    height, width, stride = param["pool_height"], param["pool_width"], param["stride"]
    assert out.shape == (2, 3, 1 + (image[0] - height) // stride, 1 + (image[1] - width) // stride)
    for n, c, i, j in np.ndindex(out.shape):
        rows = x[n, c, i * stride : i * stride + height]
        assert out[n, c, i, j] == max(max(row[j * stride : j * stride + width]) for row in rows)
    assert cache[0] is x
    assert cache[1] == param


def test_among_equal_maxima_the_first_in_row_major_order_gets_the_gradient() -> None:
    x = np.array([[0.0, 2, 2, 2], [2, 2, 1, 2]])[np.newaxis, np.newaxis]
    _, cache = max_pool_forward_naive(x, window(2, 2, 2))
    dx = max_pool_backward_naive(np.array([[[[3.0, 5.0]]]]), cache)
    np.testing.assert_array_equal(dx[0, 0], [[0, 3, 5, 0], [0, 0, 0, 0]])


def test_what_overlapping_windows_pass_on_adds_up() -> None:
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1
    _, cache = max_pool_forward_naive(x, window(2, 2, 1))
    dx = max_pool_backward_naive(np.array([[[[1.0, 2.0], [4.0, 8.0]]]]), cache)
    np.testing.assert_array_equal(dx[0, 0], [[0, 0, 0], [0, 15, 0], [0, 0, 0]])


def test_integers_stay_integers() -> None:
    out, _ = max_pool_forward_naive(np.arange(16, dtype=np.uint8).reshape(1, 1, 4, 4), window(2, 2, 2))
    assert out.dtype == np.uint8
    np.testing.assert_array_equal(out[0, 0], [[5, 7], [13, 15]])


def test_an_empty_batch_passes_through() -> None:
    out, cache = max_pool_forward_naive(np.zeros((0, 3, 4, 4)), window(2, 2, 2))
    assert out.shape == (0, 3, 2, 2)
    assert max_pool_backward_naive(out, cache).shape == (0, 3, 4, 4)


@pytest.mark.parametrize(
    ("x", "param", "error", "message"),
    [
        (np.zeros((3, 4, 4)), window(2, 2, 2), ValueError, "x must have 4 axes, but its shape is (3, 4, 4)"),
        (np.zeros((1, 1, 4, 4)), window(5, 2, 2), ValueError, "pool_param must have windows no larger than"),
        (np.zeros((1, 1, 4, 4)), window(2, 2, 0), ValueError, "pool_param['stride'] must be at least 1"),
        (np.zeros((1, 1, 4, 4)), window(2, 0, 1), ValueError, "pool_param['pool_width'] must be at least 1"),
        (np.zeros((1, 1, 4, 4)), {"stride": 2}, ValueError, "pool_param must have the key 'pool_height'"),
        (np.zeros((1, 1, 4, 4)), window(2, 2, 2.0), TypeError, "pool_param['stride'] must be an integer"),  # type: ignore[arg-type]
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    x: np.ndarray, param: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        max_pool_forward_naive(x, param)
