"""Right solutions of the convolutional nets that differ from the reference."""

from __future__ import annotations

from autograder.judging.room import Edits

from . import alternatives_layers as cnn_layers
from . import alternatives_norms as cnn_norms

_NET = "cnn.py"

ALTERNATIVES: dict[str, tuple[str, Edits]] = {
    **cnn_layers.ALTERNATIVES,
    **cnn_norms.ALTERNATIVES,
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
