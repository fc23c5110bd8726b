"""The affine layer forward and backward."""

from __future__ import annotations

import re

import numpy as np
import pytest

from nndl.layers import affine_backward, affine_forward


def test_out_is_the_flattened_rows_times_the_weights_plus_the_bias() -> None:
    x = np.arange(12.0).reshape(2, 3, 2)
    w = np.arange(12.0).reshape(6, 2) - 5
    b = np.array([10.0, -10.0])
    out, _ = affine_forward(x, w, b)
    want = [[sum(row.flat[d] * w[d, m] for d in range(6)) + b[m] for m in range(2)] for row in x]
    np.testing.assert_allclose(out, want)


def test_cache_holds_the_arguments_themselves() -> None:
    x, w, b = np.zeros((2, 3, 4)), np.zeros((12, 5)), np.zeros(5)
    _, cache = affine_forward(x, w, b)
    assert [got is want for got, want in zip(cache, (x, w, b), strict=True)] == [True] * 3


def test_an_empty_batch_passes_through() -> None:
    out, cache = affine_forward(np.zeros((0, 2, 3)), np.ones((6, 4)), np.ones(4))
    assert out.shape == (0, 4)
    dx, dw, db = affine_backward(out, cache)
    assert dx.shape == (0, 2, 3)
    np.testing.assert_array_equal(dw, np.zeros((6, 4)))
    np.testing.assert_array_equal(db, np.zeros(4))


def test_integer_images_are_accepted() -> None:
    out, cache = affine_forward(np.full((2, 3), 200, dtype=np.uint8), np.ones((3, 1)), np.zeros(1))
    np.testing.assert_array_equal(out, [[600.0], [600.0]])
    np.testing.assert_array_equal(affine_backward(out, cache)[1], np.full((3, 1), 240000.0))


@pytest.mark.parametrize(
    ("x", "w", "b", "message"),
    [
        (np.zeros(3), np.zeros((3, 2)), np.zeros(2), "x must have a batch axis and at least one more"),
        (
            np.zeros((4, 3)),
            np.zeros((2, 3)),
            np.zeros(3),
            "w must have shape (3, any), but its shape is (2, 3)",
        ),
        (np.zeros((4, 3)), np.zeros(3), np.zeros(3), "w must have shape (3, any), but its shape is (3,)"),
        (
            np.zeros((4, 3)),
            np.zeros((3, 2)),
            np.zeros((1, 2)),
            "b must have shape (2,), but its shape is (1, 2)",
        ),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        affine_forward(x, w, b)


def test_what_is_no_array_of_numbers_is_refused() -> None:
    with pytest.raises(TypeError, match="w must be a NumPy array, but got list"):
        affine_forward(np.zeros((1, 1)), [[1.0]], np.zeros(1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="x must hold real numbers, but its dtype is complex128"):
        affine_forward(np.zeros((1, 1), dtype=complex), np.zeros((1, 1)), np.zeros(1))
