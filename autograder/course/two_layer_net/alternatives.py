"""Right solutions of the two-layer net that differ from the reference."""

from __future__ import annotations

from autograder.judging.room import Edits

_EDITS: dict[str, Edits] = {
    "einsum_and_where": (
        ("np.maximum(0, X @ W1.T + b1)", "np.where((a := np.einsum('nd,hd->nh', X, W1) + b1) > 0, a, 0.0)"),
    ),
    "in_place_step": (
        (
            "self.params[name] = self.params[name] - learning_rate * gradient",
            "self.params[name] -= learning_rate * gradient",
        ),
    ),
    "loops_over_rows": (
        (
            "data_loss = -log_probabilities[np.arange(len(y)), y].mean()",
            "data_loss = sum(-log_probabilities[i, y[i]] for i in range(len(y))) / len(y)",
        ),
        (
            "return self.loss(X).argmax(axis=1)",
            "return np.array([int(np.argmax(self.loss(X[i : i + 1])[0])) for i in range(len(X))])",
        ),
    ),
    "mask_product": (("np.where(hidden > 0, dhidden, 0)", "dhidden * (hidden > 0)"),),
    "one_hot": (
        ("dscores[np.arange(num_rows), y] -= 1", "dscores = dscores - np.eye(probabilities.shape[1])[y]"),
    ),
    "other_order_of_sums": (
        (
            "log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
            "log_probabilities = shifted - np.log(np.exp(shifted)[:, ::-1].cumsum(axis=1)[:, -1:])",
        ),
        ("dpre_activation.sum(axis=0)", "np.ones(num_rows) @ dpre_activation"),
    ),
    "penalty_by_norms": (
        (
            '0.5 * reg * ((self.params["W1"] ** 2).sum() + (self.params["W2"] ** 2).sum())',
            '0.5 * reg * (np.linalg.norm(self.params["W1"]) ** 2 + np.vdot(self.params["W2"], self.params["W2"]))',
        ),
    ),
    "extra_attributes_and_keys_in_another_order": (
        (
            "        for name, gradient in grads.items():\n"
            "            self.params[name] = self.params[name] - learning_rate * gradient\n",
            "        self.steps = getattr(self, 'steps', 0) + 1\n"
            "        self.params = {k: self.params[k] - learning_rate * grads[k] for k in ('b2', 'W2', 'b1', 'W1')}\n",
        ),
    ),
}

ALTERNATIVES = {name: ("neural_net.py", edits) for name, edits in _EDITS.items()}
