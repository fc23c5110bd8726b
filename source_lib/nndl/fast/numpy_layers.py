"""Convolution and max pooling in NumPy, without a Python loop over the pixels.

Convolution turns every image into a matrix with one column per output position, which holds the window that
this output sees; convolving is then one matrix product. Backward, the gradient of that matrix is folded back:
for each position in the kernel, the entries that saw it form a strided view of the image. Pooling
compares such views, one for each position of the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..layers._geometry import ConvSizes, PoolSizes, check_image_gradient, conv_sizes, pool_sizes

Cache = tuple[Any, ...]


def conv_forward_fast(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: dict[str, Any]
) -> tuple[np.ndarray, Cache]:
    """See :func:`nndl.fast_layers.conv_forward_fast`."""
    sizes = conv_sizes(x, w, b, conv_param)
    flat_filters = _flat(w)
    positions = sizes.out_height * sizes.out_width
    out = np.empty((len(x), len(w), positions), dtype=np.result_type(x, w, b))
    padded = _pad(x, sizes.pad)
    for image in range(len(x)):
        columns = _columns(padded[image], w.shape[2:], sizes.stride)
        np.matmul(flat_filters, columns, out=out[image])
        out[image] += b[:, np.newaxis]
    return out.reshape(len(x), len(w), sizes.out_height, sizes.out_width), (padded, w, sizes)


def conv_backward_fast(
    dout: np.ndarray, cache: Cache, *, need_dx: bool = True
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """See :func:`nndl.fast_layers.conv_backward_fast`."""
    padded, w, sizes = cache
    check_image_gradient(dout, len(padded), len(w), sizes)
    flat_filters = _flat(w)
    dw = np.zeros(flat_filters.shape, dtype=np.result_type(dout, padded))
    dpadded = np.zeros(padded.shape if need_dx else (0, 0, 0, 0), dtype=np.result_type(dout, w))
    for image in range(len(padded)):
        columns = _columns(padded[image], w.shape[2:], sizes.stride)
        upstream = _flat(dout[image])
        dw += upstream @ columns.T
        if not need_dx:
            continue
        dcolumns = (flat_filters.T @ upstream).reshape(w.shape[1], -1, sizes.out_height, sizes.out_width)
        for tap, seen in enumerate(_taps(w.shape[2:], sizes)):
            dpadded[image][seen] += dcolumns[:, tap]
    inside = slice(sizes.pad, -sizes.pad or None)
    dx = dpadded[:, :, inside, inside] if need_dx else None
    return dx, dw.reshape(w.shape), dout.sum(axis=(0, 2, 3))


def max_pool_forward_fast(x: np.ndarray, pool_param: dict[str, Any]) -> tuple[np.ndarray, Cache]:
    """See :func:`nndl.fast_layers.max_pool_forward_fast`."""
    sizes = pool_sizes(x, pool_param)
    first, *others = _taps((sizes.height, sizes.width), sizes)
    out = x[first].copy()
    for seen in others:
        np.maximum(out, x[seen], out=out)
    return out, (x, out, sizes)


def max_pool_backward_fast(dout: np.ndarray, cache: Cache) -> np.ndarray:
    """See :func:`nndl.fast_layers.max_pool_backward_fast`."""
    x, out, sizes = cache
    check_image_gradient(dout, x.shape[0], x.shape[1], sizes)
    dx = np.zeros(x.shape, dtype=dout.dtype)
    waiting = np.ones(out.shape, dtype=bool)  # windows whose first maximum has not come yet
    for seen in _taps((sizes.height, sizes.width), sizes):
        entries = x[seen]
        found = waiting & ((entries == out) | (entries != entries))  # NaN is the maximum of its window
        dx[seen] += np.where(found, dout, 0)
        waiting &= ~found
    return dx


def _flat(array: np.ndarray) -> np.ndarray:
    return array.reshape(len(array), prod(array.shape[1:]))


def _pad(x: np.ndarray, pad: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))


def _columns(image: np.ndarray, kernel: tuple[int, ...], stride: int) -> np.ndarray:
    """Copy the windows of one padded image (C, H, W) into columns: (C * HH * WW, H' * W')."""
    windows = sliding_window_view(image, kernel, axis=(1, 2))[:, ::stride, ::stride]
    channels, out_height, out_width = windows.shape[:3]
    return windows.transpose(0, 3, 4, 1, 2).reshape(channels * prod(kernel), out_height * out_width)


def _taps(kernel: tuple[int, ...], sizes: ConvSizes | PoolSizes) -> Iterator[tuple[Any, ...]]:
    """For each position in a window, row by row: the index of what all windows have there."""
    row_span, column_span = sizes.stride * sizes.out_height, sizes.stride * sizes.out_width
    for row, column in np.ndindex(*kernel):
        yield ..., slice(row, row + row_span, sizes.stride), slice(column, column + column_span, sizes.stride)
