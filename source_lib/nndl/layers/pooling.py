"""Max pooling, written to be read; ``nndl.fast_layers`` has the same one written to be fast."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._geometry import check_image_gradient, pool_sizes

Cache = tuple[np.ndarray, dict[str, Any]]


def max_pool_forward_naive(x: np.ndarray, pool_param: dict[str, Any]) -> tuple[np.ndarray, Cache]:
    """Take the largest entry of each window, channel by channel.

    With ``s`` the stride, ``out[n, c, i, j]`` is the maximum of
    ``x[n, c, i*s : i*s + pool_height, j*s : j*s + pool_width]``. Windows overlap where the stride is smaller
    than they are, and leave gaps where it is larger.

    Parameters
    ----------
    x : array of shape (N, C, H, W)
        A batch of images. N may be 0 or 1. It is left as it is.
    pool_param : dict
        ``pool_height``, ``pool_width`` and ``stride``, integers of at least 1; all three are required.

    Returns
    -------
    out : array of shape (N, C, H', W')
        ``H' = 1 + (H - pool_height) // stride``, and ``W'`` likewise: rows and columns at the end that fill no
        whole window are left out. In the dtype of ``x``.
    cache : tuple
        ``(x, pool_param)``.

    Raises
    ------
    TypeError
        If ``x`` is not an array of real numbers, ``pool_param`` is not a dict, or a setting is not an integer.
    ValueError
        If ``x`` does not have four axes, a setting is missing or too small, or a window is larger than the
        image.

    Notes
    -----
    Do the work here, with NumPy: where this function is graded, :mod:`nndl.fast_layers` and what it is made of
    cannot be used.
    """
    height, width, stride, out_height, out_width = pool_sizes(x, pool_param)
    ### BEGIN SOLUTION cnn
    out = np.zeros((*x.shape[:2], out_height, out_width), dtype=x.dtype)
    for i in range(out_height):
        for j in range(out_width):
            window = x[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
            out[:, :, i, j] = window.max(axis=(2, 3))
    ### END SOLUTION
    return out, (x, pool_param)


def max_pool_backward_naive(dout: np.ndarray, cache: Cache) -> np.ndarray:
    """Backpropagate through :func:`max_pool_forward_naive`.

    Parameters
    ----------
    dout : array of shape (N, C, H', W')
        Upstream gradient; N may be 1. It is left as it is, and so is the cache.
    cache : tuple
        What :func:`max_pool_forward_naive` returned.

    Returns
    -------
    dx : array of shape (N, C, H, W)
        Gradient with respect to ``x``, in the dtype of ``dout``. Each window passes its gradient on to its
        maximum, and to the *first* one in row-major order (row by row, left to right) if several are equal.
        What overlapping windows pass to the same entry adds up; all other entries get 0, also those of rows
        and columns that are left over at the end.

    Notes
    -----
    Do the work here, with NumPy: where this function is graded, :mod:`nndl.fast_layers` and what it is made of
    cannot be used.
    """
    x, pool_param = cache
    sizes = pool_sizes(x, pool_param)
    height, width, stride, out_height, out_width = sizes
    n, channels = x.shape[:2]
    check_image_gradient(dout, n, channels, sizes)
    ### BEGIN SOLUTION cnn
    dx = np.zeros(x.shape, dtype=dout.dtype)
    image, channel = np.ogrid[:n, :channels]
    for i in range(out_height):
        for j in range(out_width):
            window = x[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
            first = window.reshape(n, channels, height * width).argmax(axis=2)
            row, column = np.unravel_index(first, (height, width))
            dx[image, channel, i * stride + row, j * stride + column] += dout[:, :, i, j]
    ### END SOLUTION
    return dx
