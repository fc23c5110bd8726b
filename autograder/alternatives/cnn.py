"""Right solutions of the convolutional nets that differ from the reference."""

from __future__ import annotations

from . import Edits

_CONVOLUTION, _POOLING = "layers/convolution.py", "layers/pooling.py"
_NORMS, _NET = "layers/spatial_norm.py", "cnn.py"

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
                upstream = dout[n, :, i, j].reshape(-1, 1, 1, 1)
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
_BATCH_FORWARD = """    pixels = x.transpose(0, 2, 3, 1).reshape(n * height * width, channels)
    out, pixel_cache = batchnorm_forward(pixels, gamma, beta, bn_param)
    cache = (x.shape, pixel_cache)
    out = out.reshape(n, height, width, channels).transpose(0, 3, 1, 2)
"""
_BATCH_BACKWARD = """    shape, pixel_cache = cache
    check_array("dout", dout, shape=shape)
    n, channels, height, width = shape
    pixels = dout.transpose(0, 2, 3, 1).reshape(n * height * width, channels)
    dx, dgamma, dbeta = batchnorm_backward(pixels, pixel_cache)
    dx = dx.reshape(n, height, width, channels).transpose(0, 3, 1, 2)
"""
_GROUP_FORWARD = """    groups = x.reshape(n, G, channels // G * height * width)
    mean = groups.mean(axis=2, keepdims=True)
    std = np.sqrt(groups.var(axis=2, keepdims=True) + eps)
    x_hat = ((groups - mean) / std).reshape(x.shape)
    out = gamma * x_hat + beta
    cache = (x_hat, gamma, std, groups.shape)
"""
_GROUP_BACKWARD = """    x_hat, gamma, std, groups = cache
    check_array("dout", dout, shape=x_hat.shape)
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dx_hat, x_hat = (dout * gamma).reshape(groups), x_hat.reshape(groups)
    through_mean = dx_hat.mean(axis=2, keepdims=True)
    through_std = x_hat * (dx_hat * x_hat).mean(axis=2, keepdims=True)
    dx = ((dx_hat - through_mean - through_std) / std).reshape(dout.shape)
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
    "norms_without_the_batchnorm_layer": (
        _NORMS,
        (
            (
                _BATCH_FORWARD,
                """    def wide(v):
        return v[None, :, None, None]

    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    if bn_param["mode"] == "train":
        mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
        for key, value in (("running_mean", mean), ("running_var", var)):
            old = bn_param.get(key, np.zeros(channels, dtype=x.dtype))
            bn_param[key] = old * momentum + value * (1 - momentum)
    else:
        mean, var = bn_param["running_mean"], bn_param["running_var"]
    inverse = 1 / np.sqrt(var + eps)
    out = wide(gamma * inverse) * (x - wide(mean)) + wide(beta)
    cache = {"x": x - wide(mean), "inverse": wide(inverse), "gamma": wide(gamma)}
""",
            ),
            (
                _BATCH_BACKWARD,
                """    centred, inverse = cache["x"], cache["inverse"]
    axes, count = (0, 2, 3), dout[:, 0].size
    dbeta = dout.sum(axis=axes)
    dgamma = (dout * centred * inverse).sum(axis=axes)
    dnormal = dout * cache["gamma"]
    dvar = -0.5 * (dnormal * centred).sum(axis=axes, keepdims=True) * inverse**3
    dmean = -(dnormal * inverse).sum(axis=axes, keepdims=True)
    dx = dnormal * inverse + dvar * 2 * centred / count + dmean / count
""",
            ),
            (
                _GROUP_FORWARD,
                """    blocks = x.reshape(n, G, channels // G, height, width)
    mean = np.einsum("ngchw->ng", blocks) / blocks[0, 0].size if n else np.zeros((0, G))
    centred = blocks - mean[:, :, None, None, None]
    root = np.sqrt((centred**2).mean(axis=(2, 3, 4), keepdims=True) + eps)
    out = np.multiply((centred / root).reshape(x.shape), gamma)
    out += beta
    cache = centred, root, gamma
""",
            ),
            (
                _GROUP_BACKWARD,
                """    centred, root, gamma = cache
    normal = (centred / root).reshape(dout.shape)
    dgamma = np.einsum("nchw,nchw->c", dout, normal).reshape(gamma.shape)
    dbeta = np.einsum("nchw->c", dout).reshape(1, -1, 1, 1)
    upstream = (gamma * dout).reshape(centred.shape)
    count = centred[0, 0].size
    dcentred = upstream / root
    droot = -(upstream * centred).sum(axis=(2, 3, 4), keepdims=True) / root**2
    dcentred = dcentred + droot * centred / (count * root)
    dx = dcentred - dcentred.sum(axis=(2, 3, 4), keepdims=True) / count
    dx = dx.reshape(dout.shape)
""",
            ),
        ),
    ),
    "norms_image_by_image": (
        _NORMS,
        (
            (
                _BATCH_FORWARD,
                """    rows = np.moveaxis(x, 1, -1).reshape(-1, channels)
    out, inner = batchnorm_forward(rows, gamma, beta, bn_param)
    out = np.moveaxis(out.reshape(n, height, width, channels), -1, 1)
    cache = inner
""",
            ),
            (
                _BATCH_BACKWARD,
                """    from .batchnorm import batchnorm_backward_alt

    n, channels, height, width = dout.shape
    rows = np.rollaxis(dout, 1, 4).reshape(-1, channels)
    dx, dgamma, dbeta = batchnorm_backward_alt(rows, cache)
    dx = np.rollaxis(dx.reshape(n, height, width, channels), 3, 1)
""",
            ),
            (
                _GROUP_FORWARD,
                """    size = channels // G
    x_hat, roots = np.empty_like(x), np.empty((n, channels, 1, 1), dtype=x.dtype)
    for image in range(n):
        for g in range(G):
            group = np.s_[image, g * size : (g + 1) * size]
            roots[group] = np.sqrt(np.var(x[group]) + eps)
            x_hat[group] = (x[group] - np.mean(x[group])) / roots[group]
    out = x_hat * gamma + beta
    cache = x_hat, roots, gamma, size
""",
            ),
            (
                _GROUP_BACKWARD,
                """    x_hat, roots, gamma, size = cache
    dbeta = dout.sum(axis=(0, 2, 3))[None, :, None, None]
    dgamma = (x_hat * dout).sum(axis=(0, 2, 3)).reshape(gamma.shape)
    dx = dout * gamma
    for image in range(len(dx)):
        for start in range(0, dx.shape[1], size):
            group = np.s_[image, start : start + size]
            mean, slope = dx[group].mean(), (dx[group] * x_hat[group]).mean()
            dx[group] = (dx[group] - mean - slope * x_hat[group]) / roots[group]
""",
            ),
        ),
    ),
    "net_of_naive_layers": (
        _NET,
        (
            (
                "from .layers import affine_backward, affine_forward, softmax_loss\n",
                "from .layers import affine_backward, affine_forward, softmax_loss\n"
                "from .layers import conv_backward_naive, conv_forward_naive, max_pool_backward_naive\n"
                "from .layers import max_pool_forward_naive, relu_backward, relu_forward\n",
            ),
            (
                "        pooled, conv_cache = conv_relu_pool_forward(X, W1, b1, self.conv_param, self.pool_param)\n",
                "        pooled, conv = conv_forward_naive(X, W1, b1, self.conv_param)\n"
                "        pooled, gate = relu_forward(pooled)\n"
                "        pooled, pool = max_pool_forward_naive(pooled, self.pool_param)\n",
            ),
            (
                '        _, grads["W1"], grads["b1"] = conv_relu_pool_backward(dout, conv_cache, need_dx=False)\n',
                "        dout = relu_backward(max_pool_backward_naive(dout, pool), gate)\n"
                '        _, grads["W1"], grads["b1"] = conv_backward_naive(dout, conv)\n',
            ),
        ),
    ),
    "other_order_of_keys_and_extra_attributes": (
        _NET,
        (
            (
                '        self.params["b1"] = np.zeros(num_filters)\n',
                "        self.input_dim, self.history = input_dim, []\n",
            ),
            (
                '        self.params["b3"] = np.zeros(num_classes)\n',
                '        self.params |= {"b3": np.zeros(num_classes), "b1": np.zeros(num_filters)}\n',
            ),
            (
                "weight_scale * np.random.randn(hidden_dim, num_classes)",
                "np.random.normal(0, weight_scale, (hidden_dim, num_classes))",
            ),
            (
                "        grads = {}\n",
                "        squares = sum(np.vdot(w, w) for w in (W3, W2, W1))\n        grads = {}\n",
            ),
            (
                "                loss += 0.5 * self.reg * float(np.sum(self.params[name] ** 2))\n",
                "                loss += (self.reg * squares / 2) if name == 'W3' else 0\n",
            ),
            (
                "                grads[name] += self.reg * self.params[name]\n",
                "                grads[name] = self.reg * self.params[name] + grads[name]\n",
            ),
        ),
    ),
    "flattened_by_hand": (
        _NET,
        (
            (
                "        hidden, hidden_cache = affine_relu_forward(pooled, W2, b2)\n",
                "        flat = pooled.reshape(len(X), -1)\n        hidden = np.maximum(flat @ W2 + b2, 0)\n",
            ),
            (
                '        dout, grads["W2"], grads["b2"] = affine_relu_backward(dout, hidden_cache)\n',
                "        dout = np.where(hidden > 0, dout, 0)\n"
                '        grads["W2"], grads["b2"] = flat.T @ dout, dout.sum(axis=0)\n'
                "        dout = (dout @ W2.T).reshape(pooled.shape)\n",
            ),
        ),
    ),
}
