"""The convolution layer, written to be read; ``nndl.fast_layers`` has the same one written to be fast."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._geometry import check_image_gradient, conv_sizes

Cache = tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]


def conv_forward_naive(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: dict[str, Any]
) -> tuple[np.ndarray, Cache]:
    """Slide F filters over zero-padded images.

    With ``xp`` the images after padding and ``s`` the stride::

        out[n, f, i, j] = b[f] + sum over c, k, l of xp[n, c, i*s + k, j*s + l] * w[f, c, k, l]

    The filters are not flipped, so mathematicians would call this a cross-correlation. ``x``, ``w`` and ``b`` are
    left as they are.

    Parameters
    ----------
    x : array of shape (N, C, H, W)
        A batch of N images with C channels. N may be 0 or 1.
    w : array of shape (F, C, HH, WW)
        Filters; HH and WW may differ.
    b : array of shape (F,)
        One bias per filter.
    conv_param : dict
        - ``stride``: step between neighbouring windows in either direction, an integer of at least 1.
        - ``pad``: number of zero rows and columns added on *each* of the four sides, an integer of at
          least 0.

        Both are required.

    Returns
    -------
    out : array of shape (N, F, H', W')
        ``H' = 1 + (H + 2 * pad - HH) // stride``, and ``W'`` likewise: rows and columns at the end that fill
        no whole window are left out. In the dtype NumPy promotes ``x``, ``w`` and ``b`` to (float32 stays
        float32).
    cache : tuple
        ``(x, w, b, conv_param)``.

    Raises
    ------
    TypeError
        If an argument is not an array of real numbers, ``conv_param`` is not a dict, or a setting is not an
        integer.
    ValueError
        If shapes do not fit together, a setting is missing or too small, or a filter is larger than the
        padded image.

    Notes
    -----
    Do the work here, with NumPy: where this function is graded, :mod:`nndl.fast_layers` and what it is made of
    cannot be used.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86, 1998.
    """
    stride, pad, out_height, out_width = conv_sizes(x, w, b, conv_param)
    ### BEGIN SOLUTION cnn
    kernel_height, kernel_width = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((len(x), len(w), out_height, out_width), dtype=np.result_type(x, w, b))
    for n in range(len(x)):
        for i in range(out_height):
            for j in range(out_width):
                top, left = i * stride, j * stride
                window = padded[n, :, top : top + kernel_height, left : left + kernel_width]
                out[n, :, i, j] = (w * window).sum(axis=(1, 2, 3)) + b
    ### END SOLUTION
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout: np.ndarray, cache: Cache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagate through :func:`conv_forward_naive`.

    Each output is a sum of products, so its upstream gradient flows to every entry of its window in
    proportion to the filter, and to every entry of the filter in proportion to the window. Windows overlap
    and filters are shared, hence both gradients add up over all outputs. This takes a few times as long as the
    forward pass; differences of the forward pass, one for each pixel, would take far longer. The padding may be as
    wide as a filter or wider. ``dout`` and the cache are left as they are.

    Parameters
    ----------
    dout : array of shape (N, F, H', W')
        Upstream gradient; N may be 1.
    cache : tuple
        What :func:`conv_forward_naive` returned.

    Returns
    -------
    dx : array of shape (N, C, H, W)
        Gradient with respect to ``x``, without the padding; 0 in rows and columns that were left over.
    dw : array of shape (F, C, HH, WW)
        Gradient with respect to ``w``.
    db : array of shape (F,)
        Gradient with respect to ``b``. All three are float32 if ``dout``, ``x`` and ``w`` are.

    Notes
    -----
    Do the work here, with NumPy: where this function is graded, :mod:`nndl.fast_layers` and what it is made of
    cannot be used.
    """
    x, w, b, conv_param = cache
    sizes = conv_sizes(x, w, b, conv_param)
    stride, pad, out_height, out_width = sizes
    check_image_gradient(dout, len(x), len(w), sizes)
    ### BEGIN SOLUTION cnn
    height, width = x.shape[2:]
    kernel_height, kernel_width = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded = np.zeros(padded.shape, dtype=np.result_type(dout, w))
    dw = np.zeros(w.shape, dtype=np.result_type(dout, x))
    db = dout.sum(axis=(0, 2, 3))
    for n in range(len(x)):
        for i in range(out_height):
            for j in range(out_width):
                top, left = i * stride, j * stride
                window = np.s_[n, :, top : top + kernel_height, left : left + kernel_width]
                upstream = dout[n, :, i, j, None, None, None]
                dpadded[window] += (upstream * w).sum(axis=0)
                dw += upstream * padded[window]
    dx = dpadded[:, :, pad : pad + height, pad : pad + width]
    ### END SOLUTION
    return dx, dw, db
