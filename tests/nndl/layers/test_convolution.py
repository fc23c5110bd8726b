"""The naive convolution forward and backward."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from nndl.layers import conv_backward_naive, conv_forward_naive


def by_definition(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, pad: int) -> np.ndarray:
    """The sum of the docstring, one product at a time; pixels outside of the image are zero."""
    n_images, channels, height, width = x.shape
    filters, _, rows, columns = w.shape
    out_height, out_width = 1 + (height + 2 * pad - rows) // stride, 1 + (width + 2 * pad - columns) // stride
    out = np.zeros((n_images, filters, out_height, out_width))
    for n, f, i, j in np.ndindex(out.shape):
        out[n, f, i, j] = b[f]
        for c, k, m in np.ndindex(channels, rows, columns):
            row, column = i * stride + k - pad, j * stride + m - pad
            if 0 <= row < height and 0 <= column < width:
                out[n, f, i, j] += x[n, c, row, column] * w[f, c, k, m]
    return out


@pytest.mark.parametrize(
    ("image", "kernel", "stride", "pad"),
    [
        ((5, 7), (3, 3), 1, 1),
        ((5, 7), (2, 3), 1, 0),
        ((7, 5), (3, 2), 2, 1),
        ((6, 6), (3, 3), 2, 0),  # the last row and column fill no window
        ((4, 5), (1, 1), 1, 0),
        ((4, 5), (1, 1), 3, 0),
        ((4, 3), (4, 3), 1, 0),  # one window
        ((2, 2), (3, 3), 1, 2),
        ((1, 1), (1, 1), 1, 0),
        ((3, 4), (2, 2), 5, 3),
    ],
)
def test_forward_follows_the_definition(
    image: tuple[int, int], kernel: tuple[int, int], stride: int, pad: int
) -> None:
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, 3, *image)), rng.normal(size=(4, 3, *kernel)), rng.normal(size=4)
    conv_param = {"stride": stride, "pad": pad}
    out, cache = conv_forward_naive(x, w, b, conv_param)
    np.testing.assert_allclose(out, by_definition(x, w, b, stride, pad), rtol=1e-12, atol=1e-12)
    assert cache[0] is x
    assert cache[1] is w
    assert cache[2] is b
    assert cache[3] == conv_param == {"stride": stride, "pad": pad}


def test_pixels_that_no_window_covers_get_no_gradient() -> None:
    x, w = np.ones((1, 1, 4, 6)), np.ones((1, 1, 1, 1))
    out, cache = conv_forward_naive(x, w, np.zeros(1), {"stride": 4, "pad": 0})
    dx, dw, db = conv_backward_naive(np.ones_like(out), cache)
    want = np.zeros((1, 1, 4, 6))
    want[..., 0, [0, 4]] = 1
    np.testing.assert_array_equal(dx, want)
    assert (dw.item(), db.item()) == (2, 2)


def test_integer_images_are_accepted() -> None:
    x = np.full((1, 3, 4, 4), 255, dtype=np.uint8)
    out, _ = conv_forward_naive(x, np.ones((1, 3, 2, 2)), np.zeros(1), {"stride": 2, "pad": 0})
    np.testing.assert_array_equal(out, np.full((1, 1, 2, 2), 12 * 255.0))


def test_an_empty_batch_passes_through() -> None:
    w = np.ones((2, 3, 3, 3))
    out, cache = conv_forward_naive(np.zeros((0, 3, 5, 6)), w, np.ones(2), {"stride": 1, "pad": 0})
    assert out.shape == (0, 2, 3, 4)
    dx, dw, db = conv_backward_naive(out, cache)
    assert dx.shape == (0, 3, 5, 6)
    np.testing.assert_array_equal(dw, np.zeros_like(w))
    np.testing.assert_array_equal(db, [0, 0])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"x": np.zeros((3, 4, 4))}, ValueError, "x must have 4 axes, but its shape is (3, 4, 4)"),
        ({"w": np.zeros((2, 4, 3, 3))}, ValueError, "w must have shape (any, 3, any, any)"),
        ({"b": np.zeros(3)}, ValueError, "b must have shape (2,), but its shape is (3,)"),
        (
            {"w": np.zeros((2, 3, 7, 3))},
            ValueError,
            "w must have kernels from 1 x 1 up to the padded image's 6 x 6",
        ),
        ({"w": np.zeros((2, 3, 0, 3))}, ValueError, "w must have kernels from 1 x 1 up to"),
        ({"conv_param": {"stride": 1}}, ValueError, "conv_param must have the key 'pad'"),
        ({"conv_param": {"pad": 1}}, ValueError, "conv_param must have the key 'stride'"),
        (
            {"conv_param": {"stride": 0, "pad": 1}},
            ValueError,
            "conv_param['stride'] must be at least 1, but got 0",
        ),
        (
            {"conv_param": {"stride": 1, "pad": -1}},
            ValueError,
            "conv_param['pad'] must be at least 0, but got -1",
        ),
        ({"conv_param": {"stride": 1.0, "pad": 1}}, TypeError, "conv_param['stride'] must be an integer"),
        ({"conv_param": (1, 1)}, TypeError, "conv_param must be a dict of settings, but got tuple"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    arguments: dict[str, Any] = {"x": np.zeros((1, 3, 4, 4)), "w": np.zeros((2, 3, 3, 3)), "b": np.zeros(2)}
    arguments |= {"conv_param": {"stride": 1, "pad": 1}} | changes
    with pytest.raises(error, match=re.escape(message)):
        conv_forward_naive(**arguments)
