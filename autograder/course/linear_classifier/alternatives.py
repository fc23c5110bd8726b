"""Right solutions of the linear classifier that differ from the reference."""

from __future__ import annotations

from autograder.judging.room import Edits

RESIDUAL = "(softmax(linear_pred(X, W, b)) - Y) / X.shape[0]\n"
BATCH = "        W -= alpha * (X.T @ residual)\n        b -= alpha * residual.sum(axis=0)\n"
STOCHASTIC = "        W -= alpha * (x.T @ residual)\n        b -= alpha * residual.sum(axis=0)\n"
RECORD = (
    "        if is_measured(iteration):\n            J_history.append(linear_cost_func(X, Y, W, b))\n"
    "        if is_kept(iteration):\n            W_history.append(W.copy())\n"
)

_EDITS: dict[str, Edits] = {
    "softmax_by_logarithms": (
        (
            "    exponentials = np.exp(x - x.max(axis=1, keepdims=True))\n"
            "    return exponentials / exponentials.sum(axis=1, keepdims=True)\n",
            "    s = x - x.max(axis=1, keepdims=True)\n"
            "    return np.exp(s - np.log(np.exp(s).sum(axis=1, keepdims=True)))\n",
        ),
    ),
    "softmax_row_by_row": (
        (
            "    exponentials = np.exp(x - x.max(axis=1, keepdims=True))\n"
            "    return exponentials / exponentials.sum(axis=1, keepdims=True)\n",
            "    out = []\n    for row in x:\n        e = [np.exp(v - max(row)) for v in row]\n"
            "        out.append([v / sum(e) for v in e])\n    return np.array(out)\n",
        ),
    ),
    "loss_at_the_right_class": (
        (
            "float(np.mean(-np.sum(target * np.log(score + 1e-9), axis=1)))",
            "-np.log(score[np.arange(len(score)), target.argmax(axis=1)] + 1e-9).sum() / len(score)",
        ),
    ),
    "loss_as_an_array_without_axes": (
        (
            "float(np.mean(-np.sum(target * np.log(score + 1e-9), axis=1)))",
            "np.array(-np.vdot(target, np.log(1e-9 + score)) / score.shape[0])",
        ),
    ),
    "scores_with_einsum": (("return X @ W + b", "return np.einsum('nd,dc->nc', X, W) + b[None, :]"),),
    "scores_with_a_column_of_ones": (
        ("return X @ W + b", "return np.c_[X, np.ones(len(X))] @ np.vstack([W, b])"),
    ),
    "cost_from_the_scores_alone": (
        (
            "return cross_entropy_loss(softmax(linear_pred(X, W, b)), Y)",
            "S = X @ W + b\n"
            "    P = np.exp(S - S.max(axis=1)[:, None])\n"
            "    P = P / P.sum(axis=1)[:, None]\n"
            "    return -np.log((P * Y).sum(axis=1) + 1e-9).mean()",
        ),
    ),
    "new_arrays_every_step": (
        (BATCH + RECORD, BATCH.replace("W -=", "W = W -").replace("b -=", "b = b -")
         + RECORD.replace(".copy()", "")),
        (STOCHASTIC + RECORD, STOCHASTIC.replace("W -=", "W = W -").replace("b -=", "b = b -")
         + RECORD.replace(".copy()", "")),
    ),
    "averaged_in_the_step": (
        (RESIDUAL + BATCH, RESIDUAL.replace(" / X.shape[0]", "")
         + BATCH.replace("alpha * ", "alpha / len(X) * ")),
    ),
    "sum_of_outer_products": (
        (STOCHASTIC, STOCHASTIC.replace("(x.T @ residual)", "sum(np.outer(a, r) for a, r in zip(x, residual))")),
    ),
    "batch_by_rows_of_all": (
        (
            "residual = (softmax(linear_pred(x, W, b)) - y) / mini_batch",
            "residual = softmax(linear_pred(x, W, b)).copy()\n"
            "        residual[np.arange(len(x)), y.argmax(axis=1)] -= 1\n"
            "        residual /= len(x)",
        ),
    ),
    "histories_as_arrays": (
        (
            BATCH + RECORD + "    ### END SOLUTION\n    return W, b, J_history, W_history",
            BATCH + RECORD + "    ### END SOLUTION\n    return [W, b, np.array(J_history), np.array(W_history)]",
        ),
    ),
    "helper_of_ones_own": (
        ("        residual = " + RESIDUAL + BATCH, "        W, b = _step(X, Y, W, b, alpha)\n"),
        (
            "        residual = (softmax(linear_pred(x, W, b)) - y) / mini_batch\n" + STOCHASTIC,
            "        W, b = _step(x, y, W, b, alpha)\n",
        ),
        (
            "def linear_cost_func(",
            "def _step(X, Y, W, b, alpha):\n"
            "    slope = (softmax(X @ W + b) - Y) * (alpha / len(X))\n"
            "    return W - X.T.dot(slope), b - np.ones(len(X)) @ slope\n\n\ndef linear_cost_func(",
        ),
    ),
}  # fmt: skip

ALTERNATIVES = {name: ("linear_classifier.py", edits) for name, edits in _EDITS.items()}
