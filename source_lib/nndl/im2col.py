"""Images as matrices: the rearrangement that turns convolution into one matrix product.

``im2col_indices`` copies every window of every image into a column; ``col2im_indices`` is its transpose: it
adds every entry of a column back to the pixel it came from. The fast layers use the same idea, image by
image; these functions are for experiments.
"""

from __future__ import annotations

import numpy as np

from ._validate import check_array, check_integer

__all__ = ["col2im_indices", "get_im2col_indices", "im2col_indices"]


def get_im2col_indices(
    x_shape: tuple[int, int, int, int], field_height: int, field_width: int, padding: int = 1, stride: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where in the padded images the entries of the columns stand.

    Parameters
    ----------
    x_shape : tuple of int
        (N, C, H, W) of the images before padding.
    field_height, field_width : int
        Size of a window.
    padding : int, default 1
        Zero rows and columns on each side.
    stride : int, default 1
        Step between neighbouring windows.

    Returns
    -------
    channels : integer array of shape (C * field_height * field_width, 1)
    rows, columns : integer arrays of shape (C * field_height * field_width, H' * W')
        Entry (q, p) of each image's matrix is ``padded[channels[q, 0], rows[q, p], columns[q, p]]``, with
        ``H' = 1 + (H + 2 * padding - field_height) // stride`` and ``W'`` likewise. q runs over channels, then
        window rows, then window columns; p over output rows, then output columns.

    Raises
    ------
    TypeError
        If a setting is no integer.
    ValueError
        If a setting is too small or a window larger than the padded image.
    """
    _, channels, height, width = x_shape
    field_height = check_integer("field_height", field_height, minimum=1)
    field_width = check_integer("field_width", field_width, minimum=1)
    padding = check_integer("padding", padding, minimum=0)
    stride = check_integer("stride", stride, minimum=1)
    height, width = height + 2 * padding, width + 2 * padding
    for name, field, size in (("field_height", field_height, height), ("field_width", field_width, width)):
        if field > size:
            raise ValueError(f"{name} must be at most {size}, the padded image's size, but got {field}")

    # the entries of the first window, then the corners of all windows
    channel, row, column = np.indices((channels, field_height, field_width)).reshape(3, -1, 1)
    out_height, out_width = 1 + (height - field_height) // stride, 1 + (width - field_width) // stride
    top, left = stride * np.indices((out_height, out_width)).reshape(2, 1, -1)
    return channel, row + top, column + left


def im2col_indices(
    x: np.ndarray, field_height: int, field_width: int, padding: int = 1, stride: int = 1
) -> np.ndarray:
    """Copy the windows of all images into the columns of one matrix.

    Parameters
    ----------
    x : array of shape (N, C, H, W)
        Images.
    field_height, field_width, padding, stride
        As for :func:`get_im2col_indices`, with the same errors.

    Returns
    -------
    cols : array of shape (C * field_height * field_width, H' * W' * N)
        One column per window; the columns of the N images at one position are neighbours. In the dtype of ``x``.
    """
    check_array("x", x, ndim=4)
    channels, rows, columns = get_im2col_indices(x.shape, field_height, field_width, padding, stride)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    cols = padded[:, channels, rows, columns].transpose(1, 2, 0)
    return cols.reshape(len(rows), rows.shape[1] * len(x))


def col2im_indices(
    cols: np.ndarray,
    x_shape: tuple[int, int, int, int],
    field_height: int = 3,
    field_width: int = 3,
    padding: int = 1,
    stride: int = 1,
) -> np.ndarray:
    """Add the entries of all columns back to the pixels they came from.

    Parameters
    ----------
    cols : array of shape (C * field_height * field_width, H' * W' * N)
        Columns as :func:`im2col_indices` lays them out.
    x_shape : tuple of int
        (N, C, H, W) of the images.
    field_height, field_width : int, default 3
        Size of a window.
    padding, stride
        As for :func:`get_im2col_indices`, with the same errors.

    Returns
    -------
    x : array of shape (N, C, H, W)
        Sums, in the dtype of ``cols``; what fell on the padding is dropped.

    Raises
    ------
    TypeError, ValueError
        Also if ``cols`` is no array of real numbers of the shape above.
    """
    n, channels, height, width = x_shape
    where = get_im2col_indices(x_shape, field_height, field_width, padding, stride)
    check_array("cols", cols, shape=(len(where[1]), where[1].shape[1] * n))
    padded = np.zeros((n, channels, height + 2 * padding, width + 2 * padding), dtype=cols.dtype)
    per_image = cols.reshape(len(where[1]), where[1].shape[1], n).transpose(2, 0, 1)
    np.add.at(padded, (slice(None), *where), per_image)  # type: ignore[arg-type]
    return padded[:, :, padding : padding + height, padding : padding + width]
