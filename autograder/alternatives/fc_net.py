"""Right solutions of the fully connected nets and optimizers that differ from the reference."""

from __future__ import annotations

from . import Edits

_ROWS = "    rows = x.reshape(x.shape[0], w.shape[0])\n    out = rows @ w + b\n"
_AFFINE_BACK = (
    "    rows = x.reshape(x.shape[0], w.shape[0])\n"
    "    dx = (dout @ w.T).reshape(x.shape)\n"
    "    dw = rows.T @ dout\n"
    "    db = dout.sum(axis=0)\n"
)
_AFFINE: dict[str, Edits] = {
    "affine_by_einsum": (
        (
            _ROWS,
            '    out = np.einsum("nd,dm->nm", x.reshape(len(x), -1), w) + b.reshape(1, -1)\n',
        ),
        (
            _AFFINE_BACK,
            '    dx = np.einsum("nm,dm->nd", dout, w).reshape(x.shape)\n'
            '    dw = np.einsum("nd,nm->dm", x.reshape(len(x), -1), dout)\n'
            '    db = np.einsum("nm->m", dout)\n',
        ),
    ),
    "affine_row_by_row": (
        (
            _ROWS,
            "    out = np.stack([np.dot(row.ravel(), w) + b for row in x])\n",
        ),
        (
            _AFFINE_BACK,
            "    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(w[0])\n"
            "    for i in range(len(x)):\n"
            "        dx[i] = (w @ dout[i]).reshape(x.shape[1:])\n"
            "        dw += np.outer(x[i], dout[i])\n"
            "        db += dout[i]\n",
        ),
    ),
    "affine_with_another_cache": (
        (
            _ROWS + "    ### END SOLUTION\n    return out, (x, w, b)\n",
            "    rows = x.reshape(x.shape[0], -1)\n    out = np.dot(rows, w)\n    out += b\n    ### END SOLUTION\n"
            '    return out, {"rows": rows, "w": w, "shape": x.shape}\n',
        ),
        (
            "    x, w, _ = cache\n    check_array(\"dout\", dout, shape=(x.shape[0], w.shape[1]))\n",
            '    if isinstance(cache, tuple):\n'
            '        cache = {"rows": cache[0].reshape(len(cache[0]), -1), "w": cache[1], "shape": cache[0].shape}\n',
        ),
        (
            _AFFINE_BACK,
            '    dx = dout.dot(cache["w"].T).reshape(cache["shape"])\n'
            '    dw = (dout.T @ cache["rows"]).T\n'
            "    db = np.ones(len(dout), dtype=dout.dtype) @ dout\n",
        ),
    ),
    "affine_flattened_as_a_view": (
        (_ROWS, "    rows = np.reshape(x, (x.shape[0], -1))\n    out = rows @ w + b\n"),
        ("    dw = rows.T @ dout\n    db = dout.sum(axis=0)\n", "    dw, db = rows.T.dot(dout), np.sum(dout, 0)\n"),
    ),
}  # fmt: skip
_RELU: dict[str, Edits] = {
    "relu_clipped": (
        ("out = np.maximum(0, x)", "out = np.clip(x, 0, None)"),
        ("dx = np.where(x > 0, dout, 0)", "dx = dout.copy()\n    dx[x <= 0] = 0"),
    ),
    "relu_masked_copy": (
        ("out = np.maximum(0, x)", "out = x.copy()\n    out[x < 0] = 0"),
        ("dx = np.where(x > 0, dout, 0)", "dx = dout * (x > 0)"),
    ),
    "relu_keeps_its_output": (
        (
            "    ### END SOLUTION\n    return out, x\n",
            "    ### END SOLUTION\n    return out, out\n",
        ),
        ("dx = np.where(x > 0, dout, 0)", "dx = np.multiply(dout, np.sign(np.maximum(x, 0)))"),
    ),
}
_SOFTMAX = (
    "    shifted = x - x.max(axis=1, keepdims=True)\n"
    "    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))\n"
    "    loss = -log_probs[rows, y].mean()\n\n"
    "    dx = np.exp(log_probs)\n"
    "    dx[rows, y] -= 1\n"
    "    dx /= len(x)\n"
)
_LOSS: dict[str, Edits] = {
    "softmax_by_one_hot_rows": (
        (
            _SOFTMAX,
            "    one_hot = np.eye(x.shape[1], dtype=x.dtype)[y]\n"
            "    z = x - np.max(x, axis=1)[:, None]\n"
            "    e = np.exp(z)\n"
            "    total = e.sum(axis=1)\n"
            "    loss = np.mean(np.log(total) - (z * one_hot).sum(axis=1))\n"
            "    dx = (e / total[:, None] - one_hot) / x.shape[0]\n",
        ),
    ),
    "softmax_by_logaddexp": (
        (
            _SOFTMAX,
            "    log_total = np.logaddexp.reduce(x, axis=1)\n"
            "    loss = np.sum(log_total - x[rows, y]) / len(y)\n"
            "    dx = np.exp(x - log_total[:, None])\n"
            "    dx[rows, y] -= 1\n"
            "    dx = dx / len(y)\n",
        ),
    ),
    "softmax_row_by_row": (
        (
            _SOFTMAX,
            "    loss, dx = 0.0, np.zeros_like(x)\n"
            "    for i in rows:\n"
            "        z = x[i] - max(x[i])\n"
            "        log_total = np.log(np.sum(np.exp(z)))\n"
            "        loss += (log_total - z[y[i]]) / len(rows)\n"
            "        dx[i] = np.exp(z - log_total) / len(rows)\n"
            "        dx[i, y[i]] -= 1 / len(rows)\n",
        ),
    ),
}

_TWO_LAYER = (
    '        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))\n'
    "        hidden, hidden_cache = affine_relu_forward(X, W1, b1)\n"
    "        scores, scores_cache = affine_forward(hidden, W2, b2)\n"
)
_TWO_LAYER_BACK = (
    "        dhidden, dW2, db2 = affine_backward(dscores, scores_cache)\n"
    "        _, dW1, db1 = affine_relu_backward(dhidden, hidden_cache)\n"
    '        return loss, {"W1": dW1 + self.reg * W1, "b1": db1, "W2": dW2 + self.reg * W2, "b2": db2}\n'
)
_BLOCKS = (
    "        out = X\n"
    "        caches = {}\n"
    "        for i in range(1, last):\n"
    "            out, caches[i] = self._block_forward(i, out)\n"
    '        scores, caches[last] = affine_forward(out, self.params[f"W{last}"], self.params[f"b{last}"])\n'
)
_BLOCKS_BACK = (
    '        dout, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dout, caches[last])\n'
    "        for i in range(last - 1, 0, -1):\n"
    "            dout, block_grads = self._block_backward(i, dout, caches[i])\n"
    "            grads |= block_grads\n"
    "        if self.reg:\n"
    "            for i in range(1, last + 1):\n"
    '                W = self.params[f"W{i}"]\n'
    "                loss += 0.5 * self.reg * float(np.sum(W**2))\n"
    '                grads[f"W{i}"] += self.reg * W\n'
)
_NETS: dict[str, Edits] = {
    "two_layer_net_step_by_step": (
        (
            _TWO_LAYER,
            '        W1, b1 = self.params["W1"], self.params["b1"]\n'
            '        W2, b2 = self.params["W2"], self.params["b2"]\n'
            "        affine, first = affine_forward(X, W1, b1)\n"
            "        gated, gate = relu_forward(affine)\n"
            "        scores, second = affine_forward(gated, W2, b2)\n",
        ),
        (
            _TWO_LAYER_BACK,
            "        grads = {}\n"
            '        dgated, grads["W2"], grads["b2"] = affine_backward(dscores, second)\n'
            '        grads["W1"], grads["b1"] = affine_backward(relu_backward(dgated, gate), first)[1:]\n'
            '        for name in ("W1", "W2"):\n'
            '            grads[name] = grads[name] + self.params[name] * self.reg\n'
            "        return loss, grads\n",
        ),
    ),
    "two_layer_net_without_layers": (
        (
            _TWO_LAYER,
            '        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))\n'
            "        rows = X.reshape(len(X), -1)\n"
            "        hidden = np.maximum(0, rows @ W1 + b1)\n"
            "        scores = hidden @ W2 + b2\n",
        ),
        (
            _TWO_LAYER_BACK,
            "        dhidden = dscores @ W2.T * (hidden > 0)\n"
            '        return loss, {"W2": hidden.T @ dscores + self.reg * W2, "b2": dscores.sum(0),\n'
            '                      "W1": rows.T @ dhidden + self.reg * W1, "b1": dhidden.sum(0)}\n',
        ),
    ),
    "normal_draws_and_extra_attributes": (
        (
            'self.params["W1"] = weight_scale * np.random.randn(input_dim, hidden_dims)',
            "self.drawn = True\n"
            '        self.params["W1"] = np.random.normal(0, weight_scale, (input_dim, hidden_dims))',
        ),
        (
            'self.params["W2"] = weight_scale * np.random.randn(hidden_dims, num_classes)',
            'self.params["W2"] = np.random.normal(scale=weight_scale, size=(hidden_dims, num_classes))',
        ),
        (
            'self.params[f"W{i}"] = weight_scale * np.random.randn(dims[i - 1], dims[i])',
            'self.params[f"W{i}"] = np.random.normal(0.0, weight_scale, size=(dims[i - 1], dims[i]))',
        ),
    ),
    "deep_net_in_one_list": (
        (
            _BLOCKS,
            "        out, stack = X, []\n"
            "        for i in range(1, last + 1):\n"
            '            out, cache = affine_forward(out, self.params[f"W{i}"], self.params[f"b{i}"])\n'
            "            stack.append(cache)\n"
            "            if i < last:\n"
            "                out, cache = relu_forward(out)\n"
            "                stack.append(cache)\n"
            "        scores = out\n",
        ),
        (
            _BLOCKS_BACK,
            "        for i in reversed(range(1, last + 1)):\n"
            "            if i < last:\n"
            "                dout = relu_backward(dout, stack.pop())\n"
            '            dout, grads[f"W{i}"], grads[f"b{i}"] = affine_backward(dout, stack.pop())\n'
            '            grads[f"W{i}"] = grads[f"W{i}"] + self.reg * self.params[f"W{i}"]\n'
            '        squares = [np.vdot(w, w) for name, w in self.params.items() if name.startswith("W")]\n'
            "        loss = loss + self.reg * float(sum(squares)) / 2\n",
        ),
    ),
    "deep_net_by_recursion": (
        (
            _BLOCKS,
            "        def forward(i, x):\n"
            "            if i == last:\n"
            '                return (*affine_forward(x, self.params[f"W{i}"], self.params[f"b{i}"]), None)\n'
            "            out, cache = self._block_forward(i, x)\n"
            "            top, kept, rest = forward(i + 1, out)\n"
            "            return top, cache, (kept, rest)\n\n"
            "        scores, kept, rest = forward(1, X)\n",
        ),
        (
            _BLOCKS_BACK,
            "        def backward(i, cache, following):\n"
            "            if i == last:\n"
            '                dx, grads[f"W{i}"], grads[f"b{i}"] = affine_backward(dout, cache)\n'
            "                return dx\n"
            "            dx, block = self._block_backward(i, backward(i + 1, *following), cache)\n"
            "            grads.update(block)\n"
            "            return dx\n\n"
            "        backward(1, kept, rest)\n"
            "        for name in self.params:\n"
            '            if name[0] == "W":\n'
            "                loss += float((self.params[name] ** 2).sum()) * self.reg / 2\n"
            "                grads[name] += self.reg * self.params[name]\n",
        ),
    ),
    "blocks_of_sandwich_layers": (
        (
            '        out, affine_cache = affine_forward(x, self.params[f"W{i}"], self.params[f"b{i}"])\n'
            "        norm_cache = dropout_cache = None\n"
            "        if self.normalization is not None:\n"
            "            out, norm_cache = self._normalize(i, out)\n"
            "        out, relu_cache = relu_forward(out)\n"
            "        if self.use_dropout:\n"
            "            out, dropout_cache = self._drop_out(out)\n"
            "        return out, (affine_cache, norm_cache, relu_cache, dropout_cache)\n",
            '        return affine_relu_forward(x, self.params[f"W{i}"], self.params[f"b{i}"])\n',
        ),
        (
            "        affine_cache, norm_cache, relu_cache, dropout_cache = cache\n"
            "        grads: Params = {}\n"
            "        if self.use_dropout:\n"
            "            dout = self._drop_out_backward(dout, dropout_cache)\n"
            "        dout = relu_backward(dout, relu_cache)\n"
            "        if self.normalization is not None:\n"
            '            dout, grads[f"gamma{i}"], grads[f"beta{i}"] = self._normalize_backward(dout, norm_cache)\n'
            '        dx, grads[f"W{i}"], grads[f"b{i}"] = affine_backward(dout, affine_cache)\n'
            "        return dx, grads\n",
            "        dx, dw, db = affine_relu_backward(dout, cache)\n"
            '        return dx, {f"b{i}": db, f"W{i}": dw}\n',
        ),
    ),
}  # fmt: skip

_ADAM_STEP = (
    '    m_hat = config["m"] / (1 - beta1 ** config["t"])\n'
    '    v_hat = config["v"] / (1 - beta2 ** config["t"])\n'
    '    return w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"]), config\n'
)
_RULES: dict[str, Edits] = {
    "rules_in_another_order": (
        (
            '    velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw\n'
            '    config["velocity"] = velocity\n    return w + velocity, config\n',
            '    step = config["learning_rate"] * dw - config["momentum"] * config["velocity"]\n'
            '    config.update(velocity=-step, steps=config.get("steps", 0) + 1)\n'
            "    next_w = w - step\n    return next_w, config\n",
        ),
        (
            "    cache = decay * config[\"cache\"] + (1 - decay) * dw**2\n",
            '    cache = config["cache"] + (1 - decay) * (dw * dw - config["cache"])\n',
        ),
        (
            _ADAM_STEP,
            '    t = config["t"]\n'
            '    size = (config["v"] / (1 - beta2**t)) ** 0.5 + config["epsilon"]\n'
            '    return w - (config["learning_rate"] / (1 - beta1**t)) * config["m"] / size, config\n',
        ),
    ),
    "state_updated_in_place": (
        (
            '    velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw\n'
            '    config["velocity"] = velocity\n    return w + velocity, config\n',
            '    config["velocity"] *= config["momentum"]\n'
            '    config["velocity"] -= config["learning_rate"] * dw\n'
            '    return w + config["velocity"], config\n',
        ),
        (
            '    config["m"] = beta1 * config["m"] + (1 - beta1) * dw\n'
            '    config["v"] = beta2 * config["v"] + (1 - beta2) * dw**2\n',
            '    config["m"] += (1 - beta1) * (dw - config["m"])\n'
            '    config["v"] += (1 - beta2) * (np.square(dw) - config["v"])\n',
        ),
    ),
    "next_w_in_a_copy": (
        (
            '    return w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"]), config\n',
            "    next_w = w.copy()\n"
            '    next_w -= config["learning_rate"] * dw / (cache**0.5 + config["epsilon"])\n'
            "    return next_w, config\n",
        ),
    ),
}  # fmt: skip

ALTERNATIVES = {
    name: (file, edits)
    for file, group in (
        ("layers/affine.py", _AFFINE),
        ("layers/activations.py", _RELU),
        ("layers/losses.py", _LOSS),
        ("fc_net.py", _NETS),
        ("optim.py", _RULES),
    )
    for name, edits in group.items()
}
