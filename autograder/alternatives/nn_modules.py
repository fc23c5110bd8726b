"""Right solutions of layers as objects and the net made of them that differ from the reference."""

from __future__ import annotations

from . import Edits

_EDITS: dict[str, Edits] = {
    "mask_products": (
        ("return np.maximum(0, x)", "return x * self.mask"),
        ("return np.where(self.mask, dout, 0)", "return dout * self.mask"),
    ),
    "relu_keeps_its_output": (
        (
            "self.mask = x > 0\n        return np.maximum(0, x)",
            "self.mask = np.where(x > 0, x, 0)\n        return self.mask",
        ),
        (
            "return np.where(self.mask, dout, 0)",
            "dx = dout.copy()\n        dx[self.mask == 0] = 0\n        return dx",
        ),
    ),
    "plain_sigmoid": (
        ("self.out = np.where(x >= 0, 1, small) / (1 + small)", "self.out = 1 / (1 + np.exp(-x))"),
        ("return dout * self.out * (1 - self.out)", "return dout * (self.out - self.out**2)"),
    ),
    "sigmoid_by_tanh": (
        (
            "self.out = np.where(x >= 0, 1, small) / (1 + small)",
            "self.out = 0.5 * (1 + np.tanh(x / 2))",
        ),
    ),
    "own_softmax_and_cross_entropy": (
        (
            "self.probabilities = softmax(x)",
            "e = np.exp(x - x.max(axis=1)[:, None])\n        self.probabilities = e / e.sum(axis=1)[:, None]",
        ),
        (
            "return cross_entropy_loss(self.probabilities, t)",
            "rows, right = np.arange(len(t)), t.argmax(axis=1)\n"
            "        return -np.log(self.probabilities[rows, right] + 1e-9).sum() / len(t)",
        ),
        (
            "return dout * (self.probabilities - self.target) / self.probabilities.shape[0]",
            "dx = self.probabilities.copy()\n"
            "        dx[np.arange(len(dx)), self.target.argmax(axis=1)] -= 1\n"
            "        return dx * (dout / len(dx))",
        ),
    ),
    "einsum_affine": (
        ("return x @ self.W + self.b", "return np.einsum('nd,dm->nm', x, self.W) + self.b.reshape(1, -1)"),
        ("self.dW = self.x.T @ dout", "self.dW = np.einsum('nd,nm->dm', self.x, dout)"),
        ("self.db = dout.sum(axis=0)", "self.db = np.ones(len(dout)) @ dout"),
        ("return dout @ self.W.T", "return (self.W @ dout.T).T"),
    ),
    "parameters_are_replaced_by_the_step": (
        (
            "self.params[name] -= learning_rate * grad",
            "self.params[name] = self.params[name] - learning_rate * grad",
        ),
    ),
    "step_in_another_order": (
        (
            "        for name, grad in self.grads.items():\n            self.params[name] -= learning_rate * grad\n",
            "        for name in sorted(self.params, reverse=True):\n"
            "            np.subtract(self.params[name], learning_rate * self.grads[name], out=self.params[name])\n",
        ),
    ),
    "normal_and_extra_attributes": (
        ("weight_scale * np.random.randn(input_size, hidden_size)",
         "np.random.normal(0, weight_scale, (input_size, hidden_size))"),
        ("weight_scale * np.random.randn(hidden_size, output_size)",
         "np.random.randn(hidden_size, output_size) * weight_scale\n        self.history = []"),
    ),
    "explicit_chain": (
        (
            "        for layer in self.layers.values():\n            x = layer.forward(x)\n        return x\n",
            "        first, gate, second = self.layers.values()\n"
            "        return second.forward(gate.forward(first.forward(x)))\n",
        ),
        (
            "        for layer in reversed(self.layers.values()):\n            dout = layer.backward(dout)\n",
            "        first, gate, second = self.layers.values()\n"
            "        first.backward(gate.backward(second.backward(dout)))\n",
        ),
    ),
    "own_differences": (
        (
            "            name: eval_numerical_gradient(lambda _: self.loss(x, t), array, verbose=False)\n"
            "            for name, array in self.params.items()\n",
            "            name: self._differences(array, x, t, 1e-4) for name, array in self.params.items()\n",
        ),
        (
            "    def update_params(",
            "    def _differences(self, array, x, t, h):\n"
            "        result = np.zeros_like(array)\n"
            "        for index in np.ndindex(array.shape):\n"
            "            old = array[index]\n"
            "            array[index] = old + h\n"
            "            above = self.loss(x, t)\n"
            "            array[index] = old - h\n"
            "            result[index] = (above - self.loss(x, t)) / (2 * h)\n"
            "            array[index] = old\n"
            "        return result\n\n"
            "    def update_params(",
        ),
    ),
    "loops_and_counts": (
        (
            "return float(np.mean(np.argmax(self.predict(x), axis=1) == np.argmax(t, axis=1)))",
            "right = [int(s.argmax()) == int(row.argmax()) for s, row in zip(self.predict(x), t)]\n"
            "        return sum(right) / len(right)",
        ),
        (
            'squares = sum(float(np.sum(self.params[name] ** 2)) for name in ("W1", "W2"))',
            'squares = np.linalg.norm(self.params["W1"]) ** 2 + np.vdot(self.params["W2"], self.params["W2"])',
        ),
    ),
}  # fmt: skip

ALTERNATIVES = {name: ("modules.py", edits) for name, edits in _EDITS.items()}
