"""Right solutions of dropout, and of the net that uses it, that differ from the reference."""

from __future__ import annotations

from autograder.judging.room import Edits

_LAYER, _NET = "layers/dropout.py", "fc_net.py"

_TRAIN = """\
        mask = (np.random.rand(*x.shape) < p).astype(x.dtype) / p
        out = x * mask
"""
_TEST = "        out = x\n"
_CACHE = "    return out, (dropout_param, mask)\n"
_UNPACK = '    _, mask = cache\n    check_array("dout", dout, shape=None if mask is None else mask.shape, kinds="f")\n'
_BACK = "    dx = dout if mask is None else dout * mask\n"

ALTERNATIVES: dict[str, tuple[str, Edits]] = {
    "uniform_and_where": (
        _LAYER,
        (
            (
                _TRAIN,
                "        draws = np.random.uniform(size=x.shape)\n"
                "        mask = np.where(draws < p, x.dtype.type(1 / p), x.dtype.type(0))\n"
                "        out = np.multiply(mask, x)\n",
            ),
            (_TEST, "        out = x.copy()\n"),
            (_BACK, "    dx = dout.copy()\n    if mask is not None:\n        dx *= mask\n"),
        ),
    ),
    "mask_of_booleans": (
        _LAYER,
        (
            (
                _TRAIN,
                "        mask = np.random.random_sample(x.shape) < p\n        out = np.zeros_like(x)\n"
                "        out[mask] = x[mask] / p\n",
            ),
            (
                _BACK,
                '    dx = dout.copy()\n    if mask is not None:\n        dx[~mask] = 0\n        dx /= cache[0]["p"]\n',
            ),
        ),
    ),
    "loops": (
        _LAYER,
        (
            (
                _TRAIN,
                "        draws = np.random.rand(x.size).reshape(x.shape)\n        mask = np.empty_like(x)\n"
                "        out = np.empty_like(x)\n        for index in np.ndindex(x.shape):\n"
                "            mask[index] = 0 if draws[index] >= p else 1 / p\n"
                "            out[index] = x[index] * mask[index]\n",
            ),
            (
                _BACK,
                "    dx = np.array(dout)\n    if mask is not None:\n        for index in np.ndindex(dx.shape):\n"
                "            dx[index] = dout[index] * mask[index]\n",
            ),
        ),
    ),
    "float64_inside": (
        _LAYER,
        (
            (
                _TRAIN,
                "        mask = (np.random.rand(*x.shape) < p) / p\n        out = (x * mask).astype(x.dtype)\n",
            ),
            (_BACK, "    dx = dout if mask is None else (dout * mask).astype(dout.dtype)\n"),
        ),
    ),
    "cache_of_another_kind": (
        _LAYER,
        (
            (_CACHE, '    return out, {"mask": mask, "settings": dict(dropout_param)}\n'),
            (_UNPACK, '    mask = cache["mask"]\n'),
            (_BACK, "    dx = 1 * dout if mask is None else np.einsum('...,...->...', dout, mask)\n"),
        ),
    ),
    "mask_of_ones_at_test_time": (
        _LAYER,
        (
            (_TEST, "        mask = np.ones_like(x)\n        out = x * mask\n"),
            (_BACK, "    dx = dout * mask\n"),
        ),
    ),
    "division_instead_of_a_scaled_mask": (
        _LAYER,
        (
            (
                _TRAIN,
                "        if p == 1:\n            mask, out = np.ones_like(x), 1 * x\n        else:\n"
                "            dropped = ~(np.random.sample(x.shape) < p)\n"
                "            mask = (1 - dropped.astype(x.dtype)) / p\n"
                "            out = x / p\n            out[dropped] = 0\n",
            ),
            (
                _BACK,
                "    if mask is None:\n        dx = +dout\n    else:\n"
                "        dx = np.where(mask == 0, np.zeros_like(dout), dout * mask.max())\n",
            ),
        ),
    ),
    "dropout_before_the_relu": (
        # A mask is never negative, so max(0, m x) = m max(0, x).
        _NET,
        (
            (
                "        out, relu_cache = relu_forward(out)\n        if self.use_dropout:\n"
                "            out, dropout_cache = self._drop_out(out)\n",
                "        if self.use_dropout:\n            out, dropout_cache = self._drop_out(out)\n"
                "        out, relu_cache = relu_forward(out)\n",
            ),
            (
                "        if self.use_dropout:\n            dout = self._drop_out_backward(dout, dropout_cache)\n"
                "        dout = relu_backward(dout, relu_cache)\n",
                "        dout = relu_backward(dout, relu_cache)\n"
                "        if self.use_dropout:\n            dout = self._drop_out_backward(dout, dropout_cache)\n",
            ),
        ),
    ),
    "net_with_helpers_and_attributes": (
        _NET,
        (
            (
                "        return dropout_forward(x, self.dropout_param)\n",
                "        out, cache = dropout_forward(x, dropout_param=dict(self.dropout_param))\n"
                "        self.passes = [*getattr(self, 'passes', []), (out, cache)][-3:]\n"
                "        return out, (cache, x.shape)\n",
            ),
            (
                "        return dropout_backward(dout, cache)\n",
                "        inner, shape = cache\n        return dropout_backward(dout.reshape(shape), cache=inner)\n",
            ),
        ),
    ),
    "net_multiplies_by_the_mask_itself": (
        _NET,
        (("        return dropout_backward(dout, cache)\n", "        return dout * cache[1]\n"),),
    ),
}
"""Name → file and edits."""
