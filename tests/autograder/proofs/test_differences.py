"""A backward pass that takes differences of the forward pass costs too much, and one of plain loops does not."""

from __future__ import annotations

import pytest

from autograder.judging import milestone_content
from autograder.sources import Sources

from ..course.proofs import hand_in

CENTRAL = """\
def _differences(forward, given, dout):
    given = [np.array(a, dtype=np.float64) for a in given]
    found = []
    for one in given:
        d = np.zeros(one.shape)
        for place in np.ndindex(*one.shape):
            kept = one[place]
            one[place] = kept + 1e-5
            more = forward(*given)
            one[place] = kept - 1e-5
            d[place] = np.sum((more - forward(*given)) * dout) / 2e-5
            one[place] = kept
        found.append(d.astype(getattr(dout, "dtype", np.float64)))
    return found
"""
"""Two evaluations for each entry of everything that came in."""

COMPLEX = """\
def _differences(forward, given, dout):
    given = [np.array(a, dtype=np.complex128) for a in given]
    found = []
    for one in given:
        d = np.zeros(one.shape)
        for place in np.ndindex(*one.shape):
            one[place] += 1e-30j
            d[place] = np.sum(forward(*given).imag * dout) / 1e-30
            one[place] -= 1e-30j
        found.append(d.astype(getattr(dout, "dtype", np.float64)))
    return found


def _normalized(x, eps, axis):
    centred = x - x.mean(axis=axis, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(axis=axis, keepdims=True) + eps)


def _relu(x):
    return x * (x.real > 0)


def _entropy(s, y):
    s = s - s.real.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(s).sum(axis=1)) - s[np.arange(len(s)), y])


def _convolved(x, w, b, param):
    stride, pad = param["stride"], param["pad"]
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.tensordot(windows, w, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2) + b[:, None, None]


def _pooled(x):
    n, c, h, w = x.shape
    x = x[:, :, : h // 2 * 2, : w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
    x = x.reshape(n, c, h // 2, w // 2, 4)
    return np.take_along_axis(x, x.real.argmax(axis=-1)[..., None], axis=-1)[..., 0]


def _of_loss(params, reg, scores, y):
    names = sorted(params)

    def loss(*arrays):
        p = dict(zip(names, arrays))
        return _entropy(scores(p), y) + 0.5 * reg * sum((p[k] ** 2).sum() for k in names if k[0] == "W")

    return dict(zip(names, _differences(loss, [params[k] for k in names], 1.0)))
"""
"""One evaluation for each entry, in complex numbers: exact to the last digit, which `CENTRAL` is not."""

BATCHNORM = """
_forward = batchnorm_forward


def batchnorm_forward(x, gamma, beta, bn_param):
    out, cache = _forward(x, gamma, beta, bn_param)
    return out, cache and (x.copy(), gamma, beta, dict(bn_param))


def batchnorm_backward(dout, cache):
    return tuple(_differences(lambda *a: _forward(*a, dict(cache[3]))[0], cache[:3], dout))


batchnorm_backward_alt = batchnorm_backward
"""
BATCHNORM_COMPLEX = BATCHNORM.replace(
    "_forward(*a, dict(cache[3]))[0]", "_normalized(a[0], cache[3].get('eps', 1e-5), 0) * a[1] + a[2]"
)
LAYERNORM = """
_forward = layernorm_forward


def layernorm_forward(x, gamma, beta, ln_param):
    return _forward(x, gamma, beta, ln_param)[0], (x.copy(), gamma, beta, dict(ln_param))


def layernorm_backward(dout, cache):
    return tuple(_differences(lambda *a: _forward(*a, cache[3])[0], cache[:3], dout))
"""
LAYERNORM_COMPLEX = LAYERNORM.replace(
    "_forward(*a, cache[3])[0]", "_normalized(a[0], cache[3].get('eps', 1e-5), 1) * a[1] + a[2]"
)
CONV = """
def conv_backward_naive(dout, cache):
    return tuple(_differences(lambda *a: _convolved(*a, cache[3]), cache[:3], dout))
"""
SPATIAL = """
_batch, _group = spatial_batchnorm_forward, spatial_groupnorm_forward


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    out, cache = _batch(x, gamma, beta, bn_param)
    return out, (x.copy(), gamma, beta, dict(bn_param))


def spatial_batchnorm_backward(dout, cache):
    return tuple(_differences(lambda *a: _batch(*a, dict(cache[3]))[0], cache[:3], dout))


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    return _group(x, gamma, beta, G, gn_param)[0], (x.copy(), gamma, beta, G, gn_param)


def spatial_groupnorm_backward(dout, cache):
    return tuple(_differences(lambda *a: _group(*a, *cache[3:])[0], cache[:3], dout))
"""
SPATIAL_COMPLEX = SPATIAL.replace(
    "_batch(*a, dict(cache[3]))[0]",
    "_normalized(a[0], cache[3].get('eps', 1e-5), (0, 2, 3)) * a[1][:, None, None] + a[2][:, None, None]",
).replace(
    "_group(*a, *cache[3:])[0]",
    "_normalized(a[0].reshape(len(a[0]), cache[3], -1), cache[4].get('eps', 1e-5), 2)"
    ".reshape(a[0].shape) * a[1] + a[2]",
)
AFFINE = """
def affine_backward(dout, cache):
    given = cache[0], cache[1], cache[2]
    return tuple(_differences(lambda x, w, b: x.reshape(len(x), -1) @ w + b, given, dout))
"""
SOFTMAX = """
_right = softmax_loss


def softmax_loss(x, y):
    return _right(x, y)[0], _differences(lambda a: _entropy(a, y), (x,), 1.0)[0].astype(x.dtype)
"""
SVM = """
_right = svm_loss


def _hinge(x, y):
    margins = x - x[np.arange(len(x)), y][:, None] + 1
    return (margins * (margins.real > 0)).sum() / len(x)


def svm_loss(x, y):
    return _right(x, y)[0], _differences(lambda a: _hinge(a, y), (x,), 1.0)[0].astype(x.dtype)
"""
NET = """
_loss = {name}.loss


def _with_differences(self, X, y=None{options}):
    if y is None:
        return _loss(self, X)
    value = _loss(self, X, y{options})[0]
    X = np.asarray(X, dtype=np.float64)
    return value, {{
        k: g.astype(self.params[k].dtype) for k, g in _of_loss(self.params, {reg}, {scores}, y).items()
    }}


{name}.loss = _with_differences
"""
TWO_LAYERS = 'lambda p: _relu(X.reshape(len(X), -1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]'
FC_TWO_LAYERS = NET.format(name="TwoLayerNet", options="", reg="self.reg", scores=TWO_LAYERS)
DEEP = """
def _deep(self, X):
    masks = {}

    def scores(p):
        out = X.reshape(len(X), -1)
        for i in range(1, self.num_layers):
            out = out @ p[f"W{i}"] + p[f"b{i}"]
            if self.normalization is not None:
                out = _normalized(out, 1e-5, 0 if self.use_batchnorm else 1) * p[f"gamma{i}"] + p[f"beta{i}"]
            out = _relu(out)
            if self.use_dropout:
                if i not in masks:
                    masks[i] = dropout_forward(np.ones(out.shape), self.dropout_param)[0]
                out = out * masks[i]
        return out @ p[f"W{self.num_layers}"] + p[f"b{self.num_layers}"]

    return scores
"""
DEEP += NET.format(name="FullyConnectedNet", options="", reg="self.reg", scores="_deep(self, X)")
CONVNET = NET.format(
    name="ThreeLayerConvNet",
    options="",
    reg="self.reg",
    scores="""lambda p: _relu(
                _pooled(_relu(_convolved(X, p["W1"], p["b1"], self.conv_param))).reshape(len(X), -1)
                @ p["W2"] + p["b2"]) @ p["W3"] + p["b3"]""",
)
MODULES = """
def _affine_backward(self, dout):
    dx, self.dW, self.db = _differences(lambda x, W, b: x @ W + b, (self.x, self.W, self.b), dout)
    return dx


def _output_backward(self, dout=1):
    return dout * _differences(lambda x: _entropy(x, self.target.argmax(axis=1)), (self.scores,), 1.0)[0]


_forward = OutputLayer.forward


def _kept_scores(self, x, t):
    self.scores = x.copy()
    return _forward(self, x, t)


Affine.backward, OutputLayer.backward, OutputLayer.forward = _affine_backward, _output_backward, _kept_scores
"""
MODULES_NET = f"""
def _gradient(self, x, t):
    X, y = x, t.argmax(axis=1)
    self.grads = _of_loss(self.params, self.regularization, {TWO_LAYERS}, y)
    return self.grads


TwoLayerNet.gradient = _gradient
"""
DESCENTS = """
def _descent(X, Y, W, b, alpha, iterations, rows, cost_every, history_every):
    W, b = checked_start(X, Y, W, b)
    is_measured, is_kept = when_to_record(iterations, cost_every, history_every)
    J_history, W_history = [], []
    for iteration in range(1, iterations + 1):
        some = rows()
        x, y = X[some], Y[some].argmax(axis=1)
        dW, db = _differences(lambda W, b: _entropy(x @ W + b, y), (W, b), 1.0)
        W, b = W - alpha * dW, b - alpha * db
        if is_measured(iteration):
            J_history.append(linear_cost_func(X, Y, W, b))
        if is_kept(iteration):
            W_history.append(W.copy())
    return W, b, J_history, W_history


def batch_gradient_descent_func(X, Y, W, b, alpha, iterations, *, cost_every=1, history_every=None):
    return _descent(X, Y, W, b, alpha, iterations, lambda: slice(None), cost_every, history_every)


def stochastic_gradient_descent_func(
    X, Y, W, b, alpha, iterations, mini_batch, random_seed=None, *, cost_every=1, history_every=None
):
    if random_seed is not None:
        np.random.seed(random_seed)
    rows = lambda: np.random.choice(len(X), mini_batch)
    return _descent(X, Y, W, b, alpha, iterations, rows, cost_every, history_every)
"""
NEURAL_NET = NET.format(
    name="TwoLayerNet",
    options=", reg=0.0",
    reg="reg",
    scores='lambda p: _relu(X @ p["W1"].T + p["b1"]) @ p["W2"].T + p["b2"]',
).replace("_loss(self, X, y, reg=0.0)", "_loss(self, X, y, reg)")
NORMS = ("batchnorm_backward", "batchnorm_backward_alt")
SPATIAL_NORMS = ("spatial_batchnorm_backward", "spatial_groupnorm_backward")
DIFFERENCES = {
    "descents": (
        "linear_classifier",
        "linear_classifier.py",
        COMPLEX + DESCENTS,
        ("batch_steps", "stochastic_steps"),
    ),
    "modules": ("nn_modules", "modules.py", COMPLEX + MODULES, ("affine", "output_layer")),
    "net of modules": ("nn_modules", "modules.py", COMPLEX + MODULES_NET, ("gradients",)),
    "neural net": ("two_layer_net", "neural_net.py", COMPLEX + NEURAL_NET, ("gradients",)),
    "affine": ("fc_net", "layers/affine.py", COMPLEX + AFFINE, ("affine_backward",)),
    "affine, central": ("fc_net", "layers/affine.py", CENTRAL + AFFINE, ("affine_backward",)),
    "softmax": ("fc_net", "layers/losses.py", COMPLEX + SOFTMAX, ("softmax_loss",)),
    "svm": ("fc_net", "layers/losses.py", COMPLEX + SVM, ("svm_loss",)),
    "two layers": ("fc_net", "fc_net.py", COMPLEX + FC_TWO_LAYERS, ("two_layer_gradients",)),
    "many layers": ("fc_net", "fc_net.py", COMPLEX + DEEP, ("deep_gradients",)),
    "batchnorm": ("batchnorm", "layers/batchnorm.py", COMPLEX + BATCHNORM_COMPLEX, NORMS),
    "batchnorm, central": ("batchnorm", "layers/batchnorm.py", CENTRAL + BATCHNORM, NORMS),
    "layernorm": ("batchnorm", "layers/layernorm.py", COMPLEX + LAYERNORM_COMPLEX, ("layernorm_backward",)),
    "layernorm, central": ("batchnorm", "layers/layernorm.py", CENTRAL + LAYERNORM, ("layernorm_backward",)),
    "net with normalization": ("batchnorm", "fc_net.py", COMPLEX + DEEP, ("net_gradients",)),
    "net with dropout": ("dropout", "fc_net.py", COMPLEX + DEEP, ("net_gradients",)),
    "convolution": ("cnn", "layers/convolution.py", COMPLEX + CONV, ("conv_backward",)),
    "spatial norms": ("cnn", "layers/spatial_norm.py", CENTRAL + SPATIAL, SPATIAL_NORMS),
    "spatial norms, complex": ("cnn", "layers/spatial_norm.py", COMPLEX + SPATIAL_COMPLEX, SPATIAL_NORMS),
    "convnet": ("cnn", "cnn.py", COMPLEX + CONVNET, ("convnet_gradients",)),
}


FORWARD = {"output_layer": {"forward"}, "affine": {"output"}, "softmax_loss": {"loss"}, "svm_loss": {"loss"}}
"""Parts of these checks that are not about a gradient."""


@pytest.mark.slow
@pytest.mark.parametrize("name", DIFFERENCES)
def test_differences_earn_nothing_of_a_backward_pass(name, tmp_path):
    milestone, file, lines, names = DIFFERENCES[name]
    report = hand_in(tmp_path, milestone, added={file: lines})
    parts_of = {check.name: check.parts for check in milestone_content.checks(Sources().milestone(milestone))}
    for check in report["checks"]:
        if check["name"] in names:
            credits = {part["name"]: part["credit"] for part in check["parts"]}
            earned = {part for part in parts_of[check["name"]] if credits[part]}
            assert earned <= FORWARD.get(check["name"], set()), (check["name"], credits, check["message"])


LOOPS = {
    ("linear_classifier", "linear_classifier.py"): """
def batch_gradient_descent_func(X, Y, W, b, alpha, iterations, *, cost_every=1, history_every=None):
    W, b = checked_start(X, Y, W, b)
    is_measured, is_kept = when_to_record(iterations, cost_every, history_every)
    J_history, W_history = [], []
    for iteration in range(1, iterations + 1):
        P = softmax(linear_pred(X, W, b))
        dW, db = np.zeros(W.shape), np.zeros(b.shape)
        for n in range(X.shape[0]):
            for c in range(Y.shape[1]):
                error = (P[n, c] - Y[n, c]) / X.shape[0]
                db[c] += error
                for d in range(X.shape[1]):
                    dW[d, c] += X[n, d] * error
        W = W - alpha * dW
        b = b - alpha * db
        if is_measured(iteration):
            J_history.append(linear_cost_func(X, Y, W, b))
        if is_kept(iteration):
            W_history.append(W.copy())
    return W, b, J_history, W_history
""",
    ("nn_modules", "modules.py"): """
def _output_backward(self, dout=1):
    n, c = self.probabilities.shape
    dx = np.zeros((n, c))
    for i in range(n):
        for j in range(c):
            dx[i, j] = dout * (self.probabilities[i, j] - self.target[i, j]) / n
    return dx


def _affine_backward(self, dout):
    n, d = self.x.shape
    dx, self.dW, self.db = np.zeros((n, d)), np.zeros(self.W.shape), np.zeros(dout.shape[1])
    for i in range(n):
        for j in range(dout.shape[1]):
            self.db[j] += dout[i, j]
            for k in range(d):
                self.dW[k, j] += self.x[i, k] * dout[i, j]
                dx[i, k] += self.W[k, j] * dout[i, j]
    return dx


OutputLayer.backward, Affine.backward = _output_backward, _affine_backward
""",
    ("fc_net", "layers/affine.py"): """
def affine_backward(dout, cache):
    x, w, b = cache
    rows = x.reshape(len(x), -1)
    dx, dw, db = np.zeros_like(rows), np.zeros_like(w), np.zeros_like(b)
    for n in range(len(rows)):
        for m in range(w.shape[1]):
            db[m] += dout[n, m]
            for d in range(w.shape[0]):
                dx[n, d] += dout[n, m] * w[d, m]
                dw[d, m] += dout[n, m] * rows[n, d]
    return dx.reshape(x.shape), dw, db
""",
    ("fc_net", "layers/losses.py"): """
def svm_loss(x, y):
    loss, dx = 0.0, np.zeros_like(x)
    for n in range(len(x)):
        for c in range(x.shape[1]):
            margin = x[n, c] - x[n, y[n]] + 1
            if c != y[n] and margin > 0:
                loss += margin
                dx[n, c] += 1
                dx[n, y[n]] -= 1
    return float(loss) / len(x), dx / np.array(len(x), dtype=x.dtype)


def softmax_loss(x, y):
    loss, dx = 0.0, np.zeros_like(x)
    for n in range(len(x)):
        scores = x[n] - np.max(x[n])
        p = np.exp(scores) / np.sum(np.exp(scores))
        loss -= scores[y[n]] - np.log(np.sum(np.exp(scores)))
        jacobian = np.diag(p) - np.outer(p, p)  # of the probabilities for the scores
        dx[n] = p
        dx[n, y[n]] -= 1
        assert jacobian.shape == (len(p), len(p))
    return float(loss) / len(x), dx / np.array(len(x), dtype=x.dtype)
""",
    ("batchnorm", "layers/batchnorm.py"): """
def batchnorm_backward(dout, cache):
    x_hat, gamma, std = cache
    N, D = dout.shape
    dx, dgamma, dbeta = np.zeros_like(dout), np.zeros(D), np.zeros(D)
    for d in range(D):
        for n in range(N):
            dbeta[d] += dout[n, d]
            dgamma[d] += dout[n, d] * x_hat[n, d]
    for d in range(D):
        for n in range(N):
            dx[n, d] = gamma[d] / (N * std[d]) * (N * dout[n, d] - dbeta[d] - x_hat[n, d] * dgamma[d])
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, std = cache
    N, D = dout.shape
    dx = np.zeros_like(dout)
    for d in range(D):  # with the whole Jacobian of a feature
        jacobian = gamma[d] / std[d] * (np.eye(N) - 1 / N - np.outer(x_hat[:, d], x_hat[:, d]) / N)
        dx[:, d] = jacobian @ dout[:, d]
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)
""",
    ("batchnorm", "layers/layernorm.py"): """
def layernorm_backward(dout, cache):
    x_hat, gamma, std = cache
    N, D = dout.shape
    dx, dgamma, dbeta = np.zeros_like(dout), np.zeros(D), np.zeros(D)
    for n in range(N):
        mean = mean_with_x = 0.0
        for d in range(D):
            dbeta[d] += dout[n, d]
            dgamma[d] += dout[n, d] * x_hat[n, d]
            mean += dout[n, d] * gamma[d] / D
            mean_with_x += dout[n, d] * gamma[d] * x_hat[n, d] / D
        for d in range(D):
            dx[n, d] = (dout[n, d] * gamma[d] - mean - x_hat[n, d] * mean_with_x) / std[n, 0]
    return dx, dgamma, dbeta
""",
    ("cnn", "layers/convolution.py"): """
def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    out = np.zeros((N, F, 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride), x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    total = b[f]
                    for c in range(C):
                        for k in range(HH):
                            for l in range(WW):
                                r, s = i * stride + k - pad, j * stride + l - pad
                                if 0 <= r < H and 0 <= s < W:
                                    total += x[n, c, r, s] * w[f, c, k, l]
                    out[n, f, i, j] = total
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    d = dout[n, f, i, j]
                    db[f] += d
                    for c in range(C):
                        for k in range(HH):
                            for l in range(WW):
                                r, s = i * stride + k - pad, j * stride + l - pad
                                if 0 <= r < H and 0 <= s < W:
                                    dx[n, c, r, s] += d * w[f, c, k, l]
                                    dw[f, c, k, l] += d * x[n, c, r, s]
    return dx, dw, db
""",
    ("cnn", "layers/spatial_norm.py"): """
def spatial_batchnorm_backward(dout, cache):
    (N, C, H, W), (x_hat, gamma, std) = cache
    x_hat = x_hat.reshape(N, H, W, C)
    M = N * H * W
    dx, dgamma, dbeta = np.zeros_like(dout), np.zeros(C), np.zeros(C)
    for c in range(C):
        for n in range(N):
            for i in range(H):
                for j in range(W):
                    dbeta[c] += dout[n, c, i, j]
                    dgamma[c] += dout[n, c, i, j] * x_hat[n, i, j, c]
        for n in range(N):
            for i in range(H):
                for j in range(W):
                    rest = M * dout[n, c, i, j] - dbeta[c] - x_hat[n, i, j, c] * dgamma[c]
                    dx[n, c, i, j] = gamma[c] / (M * std[c]) * rest
    return dx, dgamma, dbeta


def spatial_groupnorm_backward(dout, cache):
    x_hat, gamma, std, (N, G, M) = cache
    C = dout.shape[1]
    dx, dgamma, dbeta = np.zeros_like(dout), np.zeros_like(gamma), np.zeros_like(gamma)
    for c in range(C):
        for n in range(N):
            dbeta[0, c] += dout[n, c].sum()
            dgamma[0, c] += (dout[n, c] * x_hat[n, c]).sum()
    for n in range(N):
        for g in range(G):
            group = range(g * C // G, (g + 1) * C // G)
            mean = mean_with_x = 0.0
            for c in group:
                for d, x in zip(dout[n, c].ravel(), x_hat[n, c].ravel()):
                    mean += d * gamma[0, c, 0, 0] / M
                    mean_with_x += d * x * gamma[0, c, 0, 0] / M
            for c in group:
                for i in range(dout.shape[2]):
                    for j in range(dout.shape[3]):
                        rest = dout[n, c, i, j] * gamma[0, c, 0, 0] - mean - x_hat[n, c, i, j] * mean_with_x
                        dx[n, c, i, j] = rest / std[n, g, 0]
    return dx, dgamma, dbeta
""",
}
"""Right functions that go through everything number by number, once."""
PAIRS = """
def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for f, k, l in np.ndindex(len(w), *w.shape[2:]):
        reached = padded[:, :, k : k + stride * dout.shape[2] : stride, l : l + stride * dout.shape[3] : stride]
        dw[f, :, k, l] = (reached * dout[:, f, None]).sum(axis=(0, 2, 3))
    for n, row, column in np.ndindex(len(x), *x.shape[2:]):
        for f, i, j in np.ndindex(*dout.shape[1:]):
            used = np.zeros_like(w[f])
            k, l = row + pad - i * stride, column + pad - j * stride
            if 0 <= k < w.shape[2] and 0 <= l < w.shape[3]:
                used[:, k, l] = 1
            dx[n, :, row, column] += dout[n, f, i, j] * (w[f] * used).sum(axis=(1, 2))
    return dx, dw, dout.sum(axis=(0, 2, 3))
"""
"""Right code that asks of each pixel and each output whether one reaches the other."""
LIMITS = {"conv_backward": 30.0}


@pytest.mark.slow
@pytest.mark.parametrize("milestone", sorted({milestone for milestone, _ in LOOPS}))
def test_loops_over_numbers_earn_everything_in_a_fraction_of_the_time(milestone, tmp_path):
    added = {file: lines for (of, file), lines in LOOPS.items() if of == milestone}
    report = hand_in(tmp_path, milestone, added=added)
    failed = {c["name"]: c["message"] for c in report["checks"] if c["verdict"] != "passed"}
    assert all("was not handed in" in message for message in failed.values()), failed
    slow = {c["name"] for c in report["checks"] if c["seconds"] > LIMITS.get(c["name"], 10.0) / 3}
    assert not slow, slow


@pytest.mark.sandbox
def test_a_convolution_over_all_pairs_of_a_pixel_and_an_output_earns_everything(tmp_path):
    report = hand_in(tmp_path, "cnn", added={"layers/convolution.py": PAIRS})
    (check,) = (c for c in report["checks"] if c["name"] == "conv_backward")
    assert (check["verdict"], check["message"]) == ("passed", "")
    assert check["seconds"] < LIMITS["conv_backward"] / 3
