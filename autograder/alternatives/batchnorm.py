"""Right solutions of batch and layer normalization, and of the net that uses them, that differ from the reference."""

from __future__ import annotations

from . import Edits

_BATCH, _LAYER, _NET = "layers/batchnorm.py", "layers/layernorm.py", "fc_net.py"

_FORWARD = """\
        mean = x.mean(axis=0)
        var = x.var(axis=0)
        std = np.sqrt(var + eps)
        x_hat = (x - mean) / std
        out = gamma * x_hat + beta
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
        cache = (x_hat, gamma, std)
"""
_TEST = "        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta\n"
_BACKWARD = """\
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma

    # x_hat = centred / std: centred feeds it directly and through std
    dcentred = dx_hat / std
    dstd = -(dx_hat * x_hat).sum(axis=0) / std
    # std = sqrt(mean(centred ** 2) + eps), so its derivative is centred / (N * std) = x_hat / N
    dcentred += dstd * x_hat / len(dout)
    # centred = x - mean(x)
    dx = dcentred - dcentred.mean(axis=0)
"""
_CLOSED = """\
    rows = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma / (rows * std) * (rows * dout - dbeta - x_hat * dgamma)
"""
_LN_FORWARD = """\
    mean = x.mean(axis=1, keepdims=True)
    std = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    x_hat = (x - mean) / std
    out = gamma * x_hat + beta
    cache = (x_hat, gamma, std)
"""
_LN_BACKWARD = """\
    x_hat, gamma, std = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    through_mean = dx_hat.mean(axis=1, keepdims=True)
    through_std = x_hat * (dx_hat * x_hat).mean(axis=1, keepdims=True)
    dx = (dx_hat - through_mean - through_std) / std
"""

# Both backward functions begin with the same line; what stands in front of it tells them apart.
_FENCE = '    """\n    _check_backward(dout, cache)\n    ### BEGIN SOLUTION batchnorm\n    x_hat, gamma, std = cache\n'
_IN_BACKWARD = f"and ``beta``.\n{_FENCE}"
_IN_ALT = f"both take the same cache.\n{_FENCE}"


def _unpacking(line: str) -> Edits:
    """Return the edits that let both backward functions unpack another kind of cache."""
    old = "x_hat, gamma, std = cache"
    return tuple((text, text.replace(old, line)) for text in (_IN_BACKWARD, _IN_ALT))


ALTERNATIVES: dict[str, tuple[str, Edits]] = {
    "closed_form_everywhere": (
        _BATCH,
        (
            (
                _BACKWARD,
                "    dgamma, dbeta = np.einsum('nd,nd->d', dout, x_hat), np.ones(len(dout)) @ dout\n"
                "    dx = (gamma / std) * (dout - dbeta / len(dout) - x_hat * (dgamma / len(dout)))\n",
            ),
        ),
    ),
    "graph_everywhere": (
        _BATCH,
        ((_CLOSED, "    dx, dgamma, dbeta = batchnorm_backward(dout, (x_hat, gamma, std))\n"),),
    ),
    "cache_is_a_dict": (
        _BATCH,
        (
            (
                "        cache = (x_hat, gamma, std)\n",
                "        cache = {'x': x.copy(), 'gamma': gamma, 'eps': eps, 'calls': 0}\n",
            ),
            *_unpacking(
                "x, gamma = cache['x'], cache['gamma']\n"
                "    std = np.std(x, axis=0)\n"
                "    std = np.hypot(std, np.sqrt(cache['eps']))\n"
                "    x_hat = (x - np.mean(x, axis=0)) / std"
            ),
        ),
    ),
    "one_operation_a_line": (
        _BATCH,
        (
            (
                _FORWARD,
                "        n = x.shape[0]\n"
                "        mean = np.sum(x, axis=0) / n\n"
                "        centred = x - mean\n"
                "        squares = centred ** 2\n"
                "        var = np.sum(squares, axis=0) / n\n"
                "        std = (var + eps) ** 0.5\n"
                "        inverse = 1.0 / std\n"
                "        x_hat = centred * inverse\n"
                "        out = x_hat * gamma\n"
                "        out = out + beta\n"
                "        running_mean = running_mean + (1 - momentum) * (mean - running_mean)\n"
                "        running_var = running_var + (1 - momentum) * (var - running_var)\n"
                "        cache = [centred, gamma, std, inverse, x_hat]\n",
            ),
            *_unpacking("centred, gamma, std, inverse, x_hat = cache"),
            (
                _BACKWARD,
                "    n = dout.shape[0]\n"
                "    dbeta = np.sum(dout, axis=0)\n"
                "    dgamma = np.sum(x_hat * dout, axis=0)\n"
                "    dx_hat = gamma * dout\n"
                "    dinverse = np.sum(centred * dx_hat, axis=0)\n"
                "    dcentred = inverse * dx_hat\n"
                "    dstd = -1.0 / std**2 * dinverse\n"
                "    dvar = 0.5 / std * dstd\n"
                "    dsquares = np.ones_like(dout) / n * dvar\n"
                "    dcentred = dcentred + 2 * centred * dsquares\n"
                "    dmean = -np.sum(dcentred, axis=0)\n"
                "    dx = dcentred + np.ones_like(dout) / n * dmean\n",
            ),
        ),
    ),
    "loops_over_features": (
        _BATCH,
        (
            (
                _FORWARD,
                "        out, x_hat, std = np.empty_like(x), np.empty_like(x), np.empty_like(gamma)\n"
                "        running_mean, running_var = running_mean.copy(), running_var.copy()\n"
                "        for j in range(x.shape[1]):\n"
                "            column = x[:, j]\n"
                "            mean = sum(column) / len(column)\n"
                "            var = ((column - mean) ** 2).mean()\n"
                "            std[j] = np.sqrt(var + eps)\n"
                "            x_hat[:, j] = (column - mean) / std[j]\n"
                "            out[:, j] = gamma[j] * x_hat[:, j] + beta[j]\n"
                "            running_mean[j] = momentum * running_mean[j] + (1 - momentum) * mean\n"
                "            running_var[j] = momentum * running_var[j] + (1 - momentum) * var\n"
                "        cache = (x_hat, gamma, std)\n",
            ),
            (
                _BACKWARD,
                "    n, d = dout.shape\n"
                "    dx, dgamma, dbeta = np.zeros_like(dout), np.zeros(d), np.zeros(d)\n"
                "    for j in range(d):\n"
                "        dbeta[j], dgamma[j] = dout[:, j].sum(), dout[:, j] @ x_hat[:, j]\n"
                "        jacobian = np.eye(n) - 1 / n - np.outer(x_hat[:, j], x_hat[:, j]) / n\n"
                "        dx[:, j] = gamma[j] / std[j] * jacobian @ dout[:, j]\n",
            ),
        ),
    ),
    "variance_from_squares": (
        _BATCH,
        (
            ("var = x.var(axis=0)", "var = (x * x).mean(axis=0) - mean * mean"),
            ("x_hat = (x - mean) / std", "x_hat = x / std - mean / std"),
        ),
    ),
    "test_mode_folded_into_one_map": (
        _BATCH,
        (
            (
                _TEST,
                "        slope = gamma * (running_var + eps) ** -0.5\n"
                "        out = x * slope + (beta - running_mean * slope)\n",
            ),
        ),
    ),
    "layernorm_on_columns": (
        _LAYER,
        (
            (
                _LN_FORWARD,
                "    columns = x.T\n"
                "    centred = columns - columns.mean(axis=0)\n"
                "    var = (centred**2).mean(axis=0)\n"
                "    x_hat = (centred * (var + eps) ** -0.5).T\n"
                "    out = x_hat * gamma + beta\n"
                "    cache = {'centred': centred, 'var': var, 'eps': eps, 'gamma': gamma}\n",
            ),
            (
                _LN_BACKWARD,
                "    centred, var, gamma = cache['centred'], cache['var'] + cache['eps'], cache['gamma']\n"
                "    dbeta = dout.sum(axis=0)\n"
                "    dgamma = (dout.T * centred / np.sqrt(var)).sum(axis=1)\n"
                "    dnormal = (dout * gamma).T\n"
                "    dvar = (dnormal * centred).sum(axis=0) * -0.5 * var**-1.5\n"
                "    dcentred = dnormal / np.sqrt(var) + 2 * centred * dvar / len(centred)\n"
                "    dx = (dcentred - dcentred.sum(axis=0) / len(centred)).T\n",
            ),
        ),
    ),
    "layernorm_row_by_row": (
        _LAYER,
        (
            (
                _LN_FORWARD,
                "    x_hat, std = np.empty_like(x), np.empty((len(x), 1), dtype=x.dtype)\n"
                "    for i, row in enumerate(x):\n"
                "        std[i] = np.sqrt(np.var(row) + eps)\n"
                "        x_hat[i] = (row - np.mean(row)) / std[i]\n"
                "    out = np.stack([gamma * row + beta for row in x_hat])\n"
                "    cache = (x_hat, gamma, std)\n",
            ),
            (
                "    dx = (dx_hat - through_mean - through_std) / std\n",
                "    d = dout.shape[1]\n"
                "    rows = zip(dx_hat, x_hat, std)\n"
                "    dx = np.array([(d * g - g.sum() - h * (g @ h)) / (d * s) for g, h, s in rows])\n",
            ),
        ),
    ),
    "closed_form_in_the_net": (
        _NET,
        (
            ("    batchnorm_backward,\n", "    batchnorm_backward_alt,\n"),
            (
                "        backward = batchnorm_backward if self.use_batchnorm else layernorm_backward\n"
                "        return backward(dout, cache)\n",
                "        if self.normalization == 'layernorm':\n"
                "            return layernorm_backward(dout, cache)\n"
                "        dx, dgamma, dbeta = batchnorm_backward_alt(dout, cache)\n"
                "        return dx, dgamma, dbeta\n",
            ),
        ),
    ),
    "settings_are_handed_over_in_another_dict": (
        _NET,
        (
            (
                '        return forward(x, self.params[f"gamma{i}"], self.params[f"beta{i}"], self.bn_params[i - 1])\n',
                "        settings = dict(self.bn_params[i - 1])\n"
                "        scale, shift = (self.params[word + str(i)] for word in ('gamma', 'beta'))\n"
                "        out, cache = forward(x=x, gamma=scale, beta=shift, **{\n"
                "            'bn_param' if self.use_batchnorm else 'ln_param': settings\n"
                "        })\n"
                "        self.bn_params[i - 1].update(settings)\n"
                "        self.last_normalized = i\n"
                "        return out, (self.normalization, cache)\n",
            ),
            (
                "        backward = batchnorm_backward if self.use_batchnorm else layernorm_backward\n"
                "        return backward(dout, cache)\n",
                "        kind, cache = cache\n"
                "        which = {'batchnorm': batchnorm_backward, 'layernorm': layernorm_backward}\n"
                "        return which[kind](dout, cache)\n",
            ),
        ),
    ),
    "gammas_and_betas_with_the_weights": (
        _NET,
        (
            (
                '            self.params[f"b{i}"] = np.zeros(dims[i])\n        ### END SOLUTION\n'
                "        if self.normalization is not None:\n",
                '            self.params[f"b{i}"] = np.zeros(dims[i])\n'
                "        for i in reversed(range(self.num_layers - 1)):\n"
                "            if self.normalization:\n"
                "                self.params['beta%d' % (i + 1)] = 0.0 * np.ones(hidden_dims[i])\n"
                "                self.params['gamma%d' % (i + 1)] = np.full(hidden_dims[i], 1.0)\n"
                "        if False:\n",
            ),
        ),
    ),
    "sandwich_layers": (
        _NET,
        (
            (
                "from .layer_utils import affine_relu_backward, affine_relu_forward\n",
                "from .layer_utils import (\n"
                "    affine_bn_relu_backward, affine_bn_relu_forward, affine_ln_relu_backward,\n"
                "    affine_ln_relu_forward, affine_relu_backward, affine_relu_forward,\n"
                ")\n",
            ),
            (
                '        out, affine_cache = affine_forward(x, self.params[f"W{i}"], self.params[f"b{i}"])\n'
                "        norm_cache = dropout_cache = None\n",
                "        if self.normalization is not None:\n"
                "            given = [self.params[f'{word}{i}'] for word in ('W', 'b', 'gamma', 'beta')]\n"
                "            forward = affine_bn_relu_forward if self.use_batchnorm else affine_ln_relu_forward\n"
                "            return forward(x, *given, self.bn_params[i - 1])\n"
                '        out, affine_cache = affine_forward(x, self.params[f"W{i}"], self.params[f"b{i}"])\n'
                "        norm_cache = dropout_cache = None\n",
            ),
            (
                "        affine_cache, norm_cache, relu_cache, dropout_cache = cache\n",
                "        if self.normalization is not None:\n"
                "            backward = affine_bn_relu_backward if self.use_batchnorm else affine_ln_relu_backward\n"
                "            dx, *found = backward(dout, cache)\n"
                "            return dx, {f'{word}{i}': g for word, g in zip(('W', 'b', 'gamma', 'beta'), found)}\n"
                "        affine_cache, norm_cache, relu_cache, dropout_cache = cache\n",
            ),
        ),
    ),
}
