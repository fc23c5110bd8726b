"""``im2col`` and ``im2col_cython``: images as matrices of their patches, and back.

A row of the matrix belongs to one entry of a patch (channel, then row, then column), a column to one position
of the window in one image (row, then column, then image, the image running fastest). A convolution is then
one matrix product. :mod:`nndl.fast_layers` does without this; the names are here for notebooks that use them.
"""

from __future__ import annotations

import numpy as np

from .._support.validate import check_array, check_integer

__all__ = [
    "col2im_6d_cython",
    "col2im_cython",
    "col2im_indices",
    "get_im2col_indices",
    "im2col_cython",
    "im2col_indices",
]


def get_im2col_indices(
    x_shape: tuple[int, int, int, int], field_height: int, field_width: int, padding: int = 1, stride: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where each entry of the patch matrix of *one* padded image comes from.

    Parameters
    ----------
    x_shape : tuple (N, C, H, W)
        Shape of the images before padding.
    field_height, field_width : int
        Size of the window.
    padding, stride : int, default 1
        Rows and columns of zeros on each side, and the step of the window.

    Returns
    -------
    k : int array (C * field_height * field_width, 1)
        Channels.
    i, j : int array (C * field_height * field_width, H' * W')
        Rows and columns of the padded image.

    Raises
    ------
    ValueError
        If the window is larger than the padded image, or a setting out of range.
    """
    channels, out_height, out_width = _geometry(x_shape, field_height, field_width, padding, stride)
    k, i, j = np.indices((channels, field_height, field_width)).reshape(3, -1, 1)
    top, left = stride * np.indices((out_height, out_width)).reshape(2, 1, -1)
    return k, i + top, j + left


def im2col_indices(
    x: np.ndarray, field_height: int, field_width: int, padding: int = 1, stride: int = 1
) -> np.ndarray:
    """Return the patch matrix (C * field_height * field_width, H' * W' * N) of images ``x`` (N, C, H, W).

    Raises
    ------
    TypeError, ValueError
        If ``x`` is not an array with four axes, and as :func:`get_im2col_indices`.
    """
    check_array("x", x, ndim=4)
    k, i, j = get_im2col_indices(x.shape, field_height, field_width, padding, stride)
    border = (padding, padding)
    padded = np.pad(x, ((0, 0), (0, 0), border, border))
    return padded[:, k, i, j].transpose(1, 2, 0).reshape(len(k), -1)


def col2im_indices(
    cols: np.ndarray,
    x_shape: tuple[int, int, int, int],
    field_height: int = 3,
    field_width: int = 3,
    padding: int = 1,
    stride: int = 1,
) -> np.ndarray:
    """Add every entry of a patch matrix to the pixel it came from: images (N, C, H, W).

    This is the transpose of :func:`im2col_indices`, not its inverse: where windows overlap, entries add up.

    Raises
    ------
    TypeError, ValueError
        If ``cols`` does not have the shape that images of ``x_shape`` give, and as :func:`get_im2col_indices`.
    """
    channels, out_height, out_width = _geometry(x_shape, field_height, field_width, padding, stride)
    count = x_shape[0]
    check_array("cols", cols, shape=(channels * field_height * field_width, out_height * out_width * count))
    patches = cols.reshape(channels, field_height, field_width, out_height, out_width, count)
    return _fold(np.moveaxis(patches, -1, 3), x_shape, padding, stride)


def im2col_cython(
    x: np.ndarray, field_height: int, field_width: int, padding: int, stride: int
) -> np.ndarray:
    """As :func:`im2col_indices`."""
    return im2col_indices(x, field_height, field_width, padding, stride)


def col2im_cython(
    cols: np.ndarray,
    N: int,
    C: int,
    H: int,
    W: int,
    field_height: int,
    field_width: int,
    padding: int,
    stride: int,
) -> np.ndarray:
    """As :func:`col2im_indices` with ``x_shape = (N, C, H, W)``."""
    return col2im_indices(cols, (N, C, H, W), field_height, field_width, padding, stride)


def col2im_6d_cython(
    cols: np.ndarray, N: int, C: int, H: int, W: int, HH: int, WW: int, pad: int, stride: int
) -> np.ndarray:
    """As :func:`col2im_cython` for patches of shape (C, HH, WW, N, H', W')."""
    _, out_height, out_width = _geometry((N, C, H, W), HH, WW, pad, stride)
    check_array("cols", cols, shape=(C, HH, WW, N, out_height, out_width))
    return _fold(cols, (N, C, H, W), pad, stride)


def _fold(patches: np.ndarray, x_shape: tuple[int, int, int, int], padding: int, stride: int) -> np.ndarray:
    """Fold patches (C, HH, WW, N, H', W') into images: one addition per entry of the window."""
    N, C, H, W = x_shape
    _, field_height, field_width, _, out_height, out_width = patches.shape
    padded = np.zeros((C, N, H + 2 * padding, W + 2 * padding), dtype=patches.dtype)
    for i in range(field_height):
        for j in range(field_width):
            rows = slice(i, i + stride * out_height, stride)
            columns = slice(j, j + stride * out_width, stride)
            padded[:, :, rows, columns] += patches[:, i, j]
    return np.ascontiguousarray(padded[:, :, padding : padding + H, padding : padding + W].swapaxes(0, 1))


def _geometry(
    x_shape: tuple[int, int, int, int], field_height: int, field_width: int, padding: int, stride: int
) -> tuple[int, int, int]:
    """Return channels, output height and output width, after checking that the window fits."""
    _, channels, height, width = x_shape
    check_integer("padding", padding, minimum=0)
    check_integer("stride", stride, minimum=1)
    steps = []
    for name, size, field in (("height", height, field_height), ("width", width, field_width)):
        check_integer(f"field_{name}", field, minimum=1)
        room = size + 2 * padding - field
        if room < 0:
            raise ValueError(f"field_{name} must be at most {size} + 2 * {padding}, but got {field}")
        steps.append(room // stride + 1)
    return channels, steps[0], steps[1]
