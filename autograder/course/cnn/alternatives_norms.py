"""Right normalizations of images that differ from the reference."""

from __future__ import annotations

from autograder.judging.room import Edits

_NORMS = "layers/spatial_norm.py"

_BATCH_FORWARD = """    pixels = x.transpose(0, 2, 3, 1).reshape(n * height * width, channels)
    out, pixel_cache = batchnorm_forward(pixels, gamma, beta, bn_param)
    cache = (x.shape, pixel_cache)
    out = out.reshape(n, height, width, channels).transpose(0, 3, 1, 2)
"""
_BATCH_BACKWARD = """    shape, pixel_cache = cache
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
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dx_hat, x_hat = (dout * gamma).reshape(groups), x_hat.reshape(groups)
    through_mean = dx_hat.mean(axis=2, keepdims=True)
    through_std = x_hat * (dx_hat * x_hat).mean(axis=2, keepdims=True)
    dx = ((dx_hat - through_mean - through_std) / std).reshape(dout.shape)
"""

ALTERNATIVES: dict[str, tuple[str, Edits]] = {
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
}
