"""Right convolutions and poolings that differ from the reference."""

from __future__ import annotations

from autograder.judging.room import Edits

_CONVOLUTION, _POOLING = "layers/convolution.py", "layers/pooling.py"

_FORWARD_LOOPS = """    for n in range(len(x)):
        for i in range(out_height):
            for j in range(out_width):
                top, left = i * stride, j * stride
                window = padded[n, :, top : top + kernel_height, left : left + kernel_width]
                out[n, :, i, j] = (w * window).sum(axis=(1, 2, 3)) + b
"""
_FORWARD_START = """    kernel_height, kernel_width = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.empty((len(x), len(w), out_height, out_width), dtype=np.result_type(x, w, b))
"""
_BACKWARD_BODY = """    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
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
"""
_POOL_FORWARD = """    out = np.empty((*x.shape[:2], out_height, out_width), dtype=x.dtype)
    for i in range(out_height):
        for j in range(out_width):
            window = x[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
            out[:, :, i, j] = window.max(axis=(2, 3))
"""
_POOL_BACKWARD = """    image, channel = np.ogrid[:n, :channels]
    for i in range(out_height):
        for j in range(out_width):
            window = x[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
            first = window.reshape(n, channels, height * width).argmax(axis=2)
            row, column = np.unravel_index(first, (height, width))
            dx[image, channel, i * stride + row, j * stride + column] += dout[:, :, i, j]
"""
ALTERNATIVES: dict[str, tuple[str, Edits]] = {
    "seven_loops": (
        _CONVOLUTION,
        (
            (
                _FORWARD_LOOPS,
                """    for n, f, i, j in np.ndindex(out.shape):
        total = b[f]
        for c, k, l in np.ndindex(w.shape[1:]):
            total += padded[n, c, i * stride + k, j * stride + l] * w[f, c, k, l]
        out[n, f, i, j] = total
""",
            ),
            (
                _BACKWARD_BODY,
                """    dx, dw = np.zeros(x.shape, dtype=dout.dtype), np.zeros(w.shape, dtype=dout.dtype)
    db = np.zeros(b.shape, dtype=dout.dtype)
    for n, f, i, j in np.ndindex(dout.shape):
        db[f] += dout[n, f, i, j]
        for c, k, l in np.ndindex(w.shape[1:]):
            row, column = i * stride + k - pad, j * stride + l - pad
            if 0 <= row < height and 0 <= column < width:
                dx[n, c, row, column] += dout[n, f, i, j] * w[f, c, k, l]
                dw[f, c, k, l] += dout[n, f, i, j] * x[n, c, row, column]
""",
            ),
        ),
    ),
    "loops_over_the_filter": (
        _CONVOLUTION,
        (
            (
                _FORWARD_LOOPS,
                """    out[:] = b.reshape(1, -1, 1, 1)
    for k in range(kernel_height):
        for l in range(kernel_width):
            taps = padded[:, :, k : k + stride * out_height : stride, l : l + stride * out_width : stride]
            out += np.tensordot(w[:, :, k, l], taps, axes=(1, 1)).swapaxes(0, 1)
""",
            ),
            (
                _BACKWARD_BODY,
                """    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded = np.zeros_like(padded)
    dw = np.zeros_like(w)
    db = np.einsum("nfij->f", dout)
    for k in range(kernel_height):
        for l in range(kernel_width):
            taps = np.s_[:, :, k : k + stride * out_height : stride, l : l + stride * out_width : stride]
            dw[:, :, k, l] = np.einsum("nfij,ncij->fc", dout, padded[taps])
            dpadded[taps] += np.einsum("nfij,fc->ncij", dout, w[:, :, k, l])
    dx = dpadded[:, :, pad : dpadded.shape[2] - pad, pad : dpadded.shape[3] - pad]
""",
            ),
        ),
    ),
    "views_and_einsum": (
        _CONVOLUTION,
        (
            (
                _FORWARD_START + _FORWARD_LOOPS,
                """    padded = np.zeros((*x.shape[:2], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad), dtype=x.dtype)
    padded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]] = x
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    out = np.einsum("ncijkl,fckl->nfij", windows[:, :, ::stride, ::stride], w) + b[:, None, None]
""",
            ),
            (
                _BACKWARD_BODY,
                """    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant", constant_values=0)
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    dw = np.einsum("nfij,ncijkl->fckl", dout, windows[:, :, ::stride, ::stride])
    db = dout.sum(axis=3).sum(axis=2).sum(axis=0)
    # the gradient of x is a convolution itself: dout spread by the stride, filters turned around
    spread = np.zeros(
        (*dout.shape[:2], padded.shape[2] - kernel_height + 1, padded.shape[3] - kernel_width + 1), dout.dtype
    )
    spread[:, :, ::stride, ::stride] = dout
    rim = ((0, 0), (0, 0), (kernel_height - 1, kernel_height - 1), (kernel_width - 1, kernel_width - 1))
    views = np.lib.stride_tricks.sliding_window_view(np.pad(spread, rim), w.shape[2:], axis=(2, 3))
    dpadded = np.einsum("nfijkl,fckl->ncij", views, w[:, :, ::-1, ::-1])
    dx = dpadded[:, :, pad : pad + height, pad : pad + width].copy()
""",
            ),
        ),
    ),
    "columns_and_matrix_products": (
        _CONVOLUTION,
        (
            (
                _FORWARD_LOOPS,
                """    rows = w.reshape(len(w), -1)
    for i in range(out_height):
        for j in range(out_width):
            window = padded[:, :, i * stride :, j * stride :][:, :, :kernel_height, :kernel_width]
            out[:, :, i, j] = window.reshape(len(x), -1) @ rows.T + b
""",
            ),
            (
                _BACKWARD_BODY,
                """    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), 0, 0
    for i in reversed(range(out_height)):
        for j in range(out_width):
            place = np.s_[:, :, i * stride : i * stride + kernel_height, j * stride : j * stride + kernel_width]
            dpadded[place] = dpadded[place] + (dout[:, :, i, j] @ w.reshape(len(w), -1)).reshape(padded[place].shape)
            dw = dw + (dout[:, :, i, j].T @ padded[place].reshape(len(x), -1)).reshape(w.shape)
            db = db + dout[:, :, i, j].sum(axis=0)
    dx = np.delete(dpadded, [*range(pad), *range(pad + height, height + 2 * pad)], axis=2)
    dx = np.delete(dx, [*range(pad), *range(pad + width, width + 2 * pad)], axis=3)
""",
            ),
        ),
    ),
    "pooling_with_plain_loops": (
        _POOLING,
        (
            (
                _POOL_FORWARD,
                """    out = np.full((*x.shape[:2], out_height, out_width), -np.inf, dtype=x.dtype)
    for n, c, i, j in np.ndindex(out.shape):
        for k, l in np.ndindex(height, width):
            out[n, c, i, j] = max(out[n, c, i, j], x[n, c, i * stride + k, j * stride + l])
""",
            ),
            (
                _POOL_BACKWARD,
                """    for image, c, i, j in np.ndindex(dout.shape):
        best = None
        for k, l in np.ndindex(height, width):
            value = x[image, c, i * stride + k, j * stride + l]
            if best is None or value > best:
                best, place = value, (image, c, i * stride + k, j * stride + l)
        dx[place] += dout[image, c, i, j]
""",
            ),
        ),
    ),
    "pooling_with_views": (
        _POOLING,
        (
            (
                _POOL_FORWARD,
                """    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))
    out = windows[:, :, ::stride, ::stride].max(axis=(4, 5))
""",
            ),
            (
                _POOL_BACKWARD,
                """    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].reshape(*dout.shape, height * width)
    k, l = np.divmod(windows.argmax(axis=-1), width)
    image, c, i, j = np.indices(dout.shape)
    np.add.at(dx, (image, c, i * stride + k, j * stride + l), dout)
""",
            ),
        ),
    ),
}
