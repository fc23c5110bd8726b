"""`im2col` and `col2im` as existing courses call them."""

import numpy as np
import pytest

from nndl.compat.im2col import (
    col2im_6d_cython,
    col2im_cython,
    col2im_indices,
    get_im2col_indices,
    im2col_cython,
    im2col_indices,
)

CASES = [  # x shape, window, padding, stride
    ((2, 3, 5, 6), (3, 2), 1, 1),
    ((1, 2, 7, 7), (3, 3), 0, 2),
    ((3, 1, 4, 6), (1, 4), 2, 3),
    ((2, 2, 3, 3), (3, 3), 0, 1),
]


@pytest.mark.parametrize(("shape", "window", "padding", "stride"), CASES)
class TestLayout:
    def test_columns_are_patches_with_the_image_running_fastest(self, shape, window, padding, stride):
        x = np.random.default_rng(0).normal(size=shape)
        (N, C, H, W), (fh, fw) = shape, window
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        columns = [
            padded[n, :, i : i + fh, j : j + fw].ravel()
            for i in range(0, H + 2 * padding - fh + 1, stride)
            for j in range(0, W + 2 * padding - fw + 1, stride)
            for n in range(N)
        ]
        expected = np.stack(columns, axis=1)
        np.testing.assert_array_equal(im2col_indices(x, fh, fw, padding, stride), expected)
        np.testing.assert_array_equal(im2col_cython(x, fh, fw, padding, stride), expected)
        k, i, j = get_im2col_indices(shape, fh, fw, padding, stride)
        assert k.shape == (C * fh * fw, 1)
        assert i.shape == j.shape == (C * fh * fw, len(columns) // N)

    def test_folding_is_the_transpose(self, shape, window, padding, stride):
        rng = np.random.default_rng(1)
        fh, fw = window
        N, C, H, W = shape
        x = rng.normal(size=shape)
        cols = im2col_indices(x, fh, fw, padding, stride)
        weights = rng.normal(size=cols.shape)
        folded = col2im_indices(weights, shape, fh, fw, padding, stride)
        assert folded.shape == shape
        assert np.sum(folded * x) == pytest.approx(np.sum(weights * cols))
        np.testing.assert_array_equal(col2im_cython(weights, N, C, H, W, fh, fw, padding, stride), folded)
        out = [
            (size + 2 * padding - field) // stride + 1 for size, field in zip(shape[2:], window, strict=True)
        ]
        six = np.moveaxis(weights.reshape(shape[1], *window, *out, shape[0]), -1, 3)
        np.testing.assert_array_equal(col2im_6d_cython(six, N, C, H, W, fh, fw, padding, stride), folded)


def test_float32_stays():
    cols = im2col_indices(np.ones((1, 1, 4, 4), dtype=np.float32), 3, 3)
    assert cols.dtype == col2im_indices(cols, (1, 1, 4, 4)).dtype == np.float32


def test_window_that_does_not_fit():
    with pytest.raises(ValueError, match=r"field_height must be at most 2 \+ 2 \* 0, but got 3"):
        im2col_indices(np.zeros((1, 1, 2, 5)), 3, 3, 0, 1)


def test_columns_of_another_shape():
    with pytest.raises(ValueError, match=r"cols must have shape \(9, 16\)"):
        col2im_indices(np.zeros((9, 17)), (1, 1, 4, 4))
