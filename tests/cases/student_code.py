"""Student code, wrong and right, in few lines: the project's own solution with other code in some of its fences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .material import Files, fill, sources

BN, LN, SP = "nndl/layers/batchnorm.py", "nndl/layers/layernorm.py", "nndl/layers/spatial_norm.py"
CO, PO, DR = "nndl/layers/convolution.py", "nndl/layers/pooling.py", "nndl/layers/dropout.py"
AC, OP = "nndl/layers/activations.py", "nndl/optim.py"
FC, CN = "nndl/fc_net.py", "nndl/cnn.py"

FLOAT32 = "float32, or approximated"
"""What is said of values that are only nearly right."""

Want = str | tuple[float, float]


@dataclass(frozen=True)
class Case:
    """What is handed in, and what must come of it. Checks of stored nets are left out: no net is handed in.

    Attributes
    ----------
    milestone : str
    what : str
        What is wrong, or odd, about the code.
    edits : mapping
        File → number of a fence in it → the code that stands there.
    checks : mapping
        Check → "passed", "failed", or the points that it must have at least and at most.
    rest : str or None
        The verdict that all other checks must have; None where it does not matter.
    loses : tuple
        Checks of which at least one must not be passed.
    names : tuple
        Named bugs of which one must be named.
    never : tuple
        Named bugs that must not be named.
    says, not_says : tuple
        Patterns that must, or must not, occur in what the student reads.
    """

    milestone: str
    what: str
    edits: Mapping[str, Mapping[int, str]]
    checks: Mapping[str, Want] = field(default_factory=dict)
    rest: str | None = "passed"
    loses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    not_says: tuple[str, ...] = ()

    def files(self) -> Files:
        """Return the code that is handed in."""
        given = sources(self.milestone)
        unknown = set(self.edits) - set(given)
        if unknown:
            raise ValueError(f"nobody hands in {', '.join(sorted(unknown))} for {self.milestone}")
        return {name: fill(text, self.edits.get(name, {})) for name, text in given.items()}


# fences of fc_net.py: 0 and 1 two-layer net, 2 __init__, 3 gamma and beta, 4 loss, 5 and 6 block and its way back,
# 7 and 8 normalization and its way back, 9 and 10 dropout and its way back
CASES: dict[str, Case] = {
    "r01": Case(
        "batchnorm",
        "the net has no normalization: _normalize gives its input back",
        {FC: {7: "return x, None", 8: "return dout, np.zeros(dout.shape[1]), np.zeros(dout.shape[1])"}},
        checks={"batchnorm_net": "failed", "layernorm_net": "failed", "net_gradients": "failed"},
        never=("bn_param_thrown_away",),
    ),
    "r02": Case(
        "batchnorm",
        "layernorm by a transposed batchnorm, whose mode may be overwritten by what stands in ln_param",
        {
            LN: {
                0: """
            from .batchnorm import batchnorm_forward
            settings = {"mode": "train", **ln_param}
            n = len(x)
            xhat_t, inner = batchnorm_forward(x.T, np.ones(n, x.dtype), np.zeros(n, x.dtype), settings)
            out = gamma * xhat_t.T + beta
            std = np.sqrt(x.var(axis=1, keepdims=True) + eps)
            cache = (xhat_t.T, gamma, std)"""
            }
        },
        checks={"layernorm_forward": "failed"},
        says=(r"mode.{0,60}test|test.{0,60}mode",),
    ),
    "r03": Case(
        "batchnorm",
        "eps added to the standard deviation, in training and at test time",
        {
            BN: {
                0: """
            mean, var = x.mean(axis=0), x.var(axis=0)
            spread = np.sqrt(var) + eps
            x_hat = (x - mean) / spread
            out = gamma * x_hat + beta
            running_mean = momentum * running_mean + (1 - momentum) * mean
            running_var = momentum * running_var + (1 - momentum) * var
            cache = (x_hat, gamma, spread)""",
                1: "out = gamma * (x - running_mean) / (np.sqrt(running_var) + eps) + beta",
            }
        },
        checks={"batchnorm_train": "failed", "batchnorm_test": "failed"},
        names=("eps_outside_the_root",),
        not_says=(FLOAT32,),
    ),
    "r04": Case(
        "batchnorm",
        "running_var averages x.std(), without the root of eps, and test time squares it",
        {
            BN: {
                0: """
            mean, sigma = x.mean(axis=0), x.std(axis=0)
            std = np.sqrt(sigma ** 2 + eps)
            x_hat = (x - mean) / std
            out = gamma * x_hat + beta
            running_mean = momentum * running_mean + (1 - momentum) * mean
            running_var = momentum * running_var + (1 - momentum) * sigma
            cache = (x_hat, gamma, std)""",
                1: "out = gamma * (x - running_mean) / np.sqrt(running_var ** 2 + eps) + beta",
            }
        },
        checks={"running_statistics": (0, 2), "batchnorm_test": "failed"},
        names=("running_std_instead_of_variance",),
    ),
    "r05": Case(
        "batchnorm",
        "dgamma of batchnorm_backward divides by the root of the variance without eps",
        {
            BN: {
                0: """
            mean, var = x.mean(axis=0), x.var(axis=0)
            std = np.sqrt(var + eps)
            x_hat = (x - mean) / std
            out = gamma * x_hat + beta
            running_mean = momentum * running_mean + (1 - momentum) * mean
            running_var = momentum * running_var + (1 - momentum) * var
            cache = (x_hat, gamma, std, x - mean, var)""",
                2: """
            x_hat, gamma, std, centred, var = cache
            n = len(dout)
            dbeta = dout.sum(axis=0)
            dgamma = (dout * centred / np.sqrt(var)).sum(axis=0)
            dx = gamma / (n * std) * (n * dout - dbeta - x_hat * (dout * x_hat).sum(axis=0))""",
                3: """
            x_hat, gamma, std, centred, var = cache
            n = len(dout)
            dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
            dx = gamma / (n * std) * (n * dout - dbeta - x_hat * dgamma)""",
            }
        },
        checks={"batchnorm_backward": (4, 5)},
        not_says=(FLOAT32,),
    ),
    "r06": Case(
        "batchnorm",
        "dx of layernorm is batchnorm's formula with other axes: gamma in front, sums of features over the batch",
        {
            LN: {
                0: """
            mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
            std = np.sqrt(var + eps)
            x_hat = (x - mean) / std
            out = gamma * x_hat + beta
            cache = (x_hat, gamma, std)""",
                1: """
            x_hat, gamma, std = cache
            d = dout.shape[1]
            dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
            dx = gamma / (d * std) * (d * dout - dbeta - x_hat * (dout * x_hat).sum(axis=1, keepdims=True))""",
            }
        },
        checks={"layernorm_backward": (1, 2)},
        not_says=(FLOAT32,),
    ),
    "r07": Case(
        "cnn",
        "batchnorm channel by channel with numbers for gamma; [pad:-pad] with pad 0; window height and width "
        "exchanged; number of features // 4",
        {
            SP: {
                0: """
            out = np.zeros_like(x)
            cache = []
            for c in range(x.shape[1]):
                rows = x[:, c].reshape(-1, 1)
                piece, one = batchnorm_forward(rows, gamma[c], beta[c], bn_param)
                out[:, c] = piece.reshape(x[:, c].shape)
                cache.append(one)""",
                1: """
            dx, dgamma, dbeta = np.zeros_like(dout), np.zeros(dout.shape[1]), np.zeros(dout.shape[1])
            for c, one in enumerate(cache):
                a, b, d = batchnorm_backward(dout[:, c].reshape(-1, 1), one)
                dx[:, c], dgamma[c], dbeta[c] = a.reshape(dx[:, c].shape), b[0], d[0]""",
            },
            PO: {
                0: """
            out = np.zeros((x.shape[0], x.shape[1], out_height, out_width), dtype=x.dtype)
            for i in range(out_height):
                for j in range(out_width):
                    r, c = i * stride, j * stride
                    out[:, :, i, j] = x[:, :, r:r + width, c:c + height].max(axis=(2, 3))"""
            },
            CN: {
                0: """
            size = num_filters * height * width // 4
            self.params["W1"] = weight_scale * np.random.randn(num_filters, channels, filter_size, filter_size)
            self.params["b1"] = np.zeros(num_filters)
            self.params["W2"] = weight_scale * np.random.randn(size, hidden_dim)
            self.params["b2"] = np.zeros(hidden_dim)
            self.params["W3"] = weight_scale * np.random.randn(hidden_dim, num_classes)
            self.params["b3"] = np.zeros(num_classes)"""
            },
            CO: {
                0: """
            f, _, hh, ww = w.shape
            big = np.zeros((x.shape[0], x.shape[1], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad), dtype=x.dtype)
            big[:, :, pad:-pad, pad:-pad] = x
            out = np.zeros((len(x), f, out_height, out_width), dtype=x.dtype)
            for i in range(out_height):
                for j in range(out_width):
                    part = big[:, :, i * stride:i * stride + hh, j * stride:j * stride + ww]
                    out[:, :, i, j] = np.tensordot(part, w, axes=([1, 2, 3], [1, 2, 3])) + b"""
            },
        },
        checks={
            "conv_forward": (1, 4),
            "max_pool_forward": (0, 1),
            "initial_params": (1, 1.9),
            "spatial_batchnorm_forward": "failed",
            "spatial_batchnorm_backward": "failed",
        },
    ),
    "r08": Case(
        "cnn",
        "the net and spatial batchnorm are right for square images only, or not at all: (height // 2) ** 2; "
        "reshaped, not transposed",
        {
            CN: {
                0: """
            size = num_filters * (height // 2) ** 2
            self.params["W1"] = weight_scale * np.random.randn(num_filters, channels, filter_size, filter_size)
            self.params["b1"] = np.zeros(num_filters)
            self.params["W2"] = weight_scale * np.random.randn(size, hidden_dim)
            self.params["b2"] = np.zeros(hidden_dim)
            self.params["W3"] = weight_scale * np.random.randn(hidden_dim, num_classes)
            self.params["b3"] = np.zeros(num_classes)"""
            },
            SP: {
                0: """
            n, c, h, w = x.shape
            rows, cache = batchnorm_forward(x.reshape(-1, c), gamma, beta, bn_param)
            out = rows.reshape(n, h, w, c).transpose(0, 3, 1, 2)"""
            },
        },
        checks={
            "initial_params": (1, 1.9),
            "spatial_batchnorm_forward": "failed",
            "spatial_batchnorm_backward": (0, 3),
        },
    ),
    "r09": Case(
        "dropout",
        "forward unpacks two axes: other inputs than matrices stop it; backward is right",
        {DR: {0: "n, d = x.shape\nmask = ((np.random.rand(n, d) < p) / p).astype(x.dtype)\nout = x * mask"}},
        checks={"forward_train": (2, 7.9), "seeds": (0, 4), "backward": "passed"},
        says=(r"ax[ei]s|dimension|shape|unpack",),
    ),
    "r10": Case(
        "dropout",
        "the mask of the textbook is float64",
        {DR: {0: "mask = (np.random.rand(*x.shape) < p) / p\nout = x * mask"}},
        checks={"forward_train": (6, 6)},
        names=("output_becomes_float64",),
    ),
    "r11": Case(
        "dropout",
        "forward is not written; backward is right",
        {DR: {0: 'raise NotImplementedError("dropout_forward: write this part")'}},
        checks={"forward_train": "failed", "seeds": (0, 2), "backward": "passed"},
        says=(r"[Nn]ot written yet",),
    ),
    "r12": Case(
        "dropout",
        "a right layer beside a net file with a syntax error: all points of the layer stay",
        {FC: {9: "return dropout_forward(x, self.dropout_param"}},
        checks={"net_scores": "failed", "net_loss": "failed", "net_gradients": "failed"},
        says=(r"fc_net\.py",),
    ),
    "r13": Case(
        "fc_net",
        "the net works without and with several hidden layers, and stops with exactly one",
        {
            FC: {
                2: """
            sizes = dims[1:-1]
            if sizes:
                self.params["W1"] = weight_scale * np.random.randn(dims[0], sizes[0])
                self.params["b1"] = np.zeros(sizes[0])
                for i in range(len(sizes) - 1):
                    self.params[f"W{i + 2}"] = weight_scale * np.random.randn(sizes[i], sizes[i + 1])
                    self.params[f"b{i + 2}"] = np.zeros(sizes[i + 1])
                self.params[f"W{i + 3}"] = weight_scale * np.random.randn(sizes[-1], dims[-1])
                self.params[f"b{i + 3}"] = np.zeros(dims[-1])
            else:
                self.params["W1"] = weight_scale * np.random.randn(dims[0], dims[-1])
                self.params["b1"] = np.zeros(dims[-1])"""
            }
        },
        checks={"deep_start": (0, 2), "deep_loss": (0, 3), "deep_gradients": (0, 3)},
        loses=("deep_start", "deep_loss", "deep_gradients"),
    ),
    "r14": Case(
        "dropout",
        "an own net, from the milestone before, that cannot be without hidden layers: all points of the layer stay",
        {
            FC: {
                2: """
            self.params["W1"] = weight_scale * np.random.randn(dims[0], hidden_dims[0])
            self.params["b1"] = np.zeros(hidden_dims[0])
            for i in range(2, self.num_layers + 1):
                self.params[f"W{i}"] = weight_scale * np.random.randn(dims[i - 1], dims[i])
                self.params[f"b{i}"] = np.zeros(dims[i])"""
            }
        },
        checks={
            "forward_train": "passed",
            "forward_test": "passed",
            "seeds": "passed",
            "backward": "passed",
        },
        rest=None,
    ),
    "r15": Case(
        "cnn",
        "the penalty squares the sum of W3 instead of summing squares",
        {
            CN: {
                1: """
            p = self.params
            pooled, c1 = conv_relu_pool_forward(X, p["W1"], p["b1"], self.conv_param, self.pool_param)
            hidden, c2 = affine_relu_forward(pooled, p["W2"], p["b2"])
            scores, c3 = affine_forward(hidden, p["W3"], p["b3"])
            if y is None:
                return scores
            loss, d = softmax_loss(scores, y)
            loss += 0.5 * self.reg * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2) + np.sum(p["W3"]) ** 2)
            g = {}
            d, g["W3"], g["b3"] = affine_backward(d, c3)
            d, g["W2"], g["b2"] = affine_relu_backward(d, c2)
            _, g["W1"], g["b1"] = conv_relu_pool_backward(d, c1)
            for n in ("W1", "W2", "W3"):
                g[n] += self.reg * p[n]
            return loss, g"""
            }
        },
        checks={"convnet_loss": (1, 1.9)},
        says=(r"reg|penalty",),
    ),
    "r16": Case(
        "dropout",
        "the net has no dropout: _drop_out gives its input back",
        {FC: {9: "return x, None", 10: "return dout"}},
        checks={"net_scores": "failed", "net_loss": "failed", "net_gradients": "failed"},
        not_says=(r"calls dropout",),
    ),
    "r17": Case(
        "dropout",
        "the mask is drawn with randn, for matrices only; backward is right",
        {DR: {0: "n, d = x.shape\nmask = (np.random.randn(n, d) < p) / p\nout = (x * mask).astype(x.dtype)"}},
        checks={"forward_train": (0, 4), "seeds": (0, 2), "backward": "passed"},
        names=("normal_draws",),
    ),
    "r18": Case(
        "fc_net",
        "ReLU's way back is right but for its dtype: the gate is float64",
        {AC: {1: "gate = (x > 0).astype(float)\ndx = dout * gate"}},
        checks={"float32_layers": (0.1, 0.9)},
        never=("relu_gradient_is_the_mask",),
        says=(r"float64|float32",),
    ),
    "r19": Case(
        "fc_net",
        "adam as in the paper's faster form: epsilon is added before the correction",
        {
            OP: {
                2: """
            b1, b2 = config["beta1"], config["beta2"]
            t = config["t"] + 1
            m = b1 * config["m"] + (1 - b1) * dw
            v = b2 * config["v"] + (1 - b2) * dw * dw
            rate = config["learning_rate"] * np.sqrt(1 - b2 ** t) / (1 - b1 ** t)
            next_w = w - rate * m / (np.sqrt(v) + config["epsilon"])
            config["m"], config["v"], config["t"] = m, v, t
            return next_w, config"""
            }
        },
        checks={"adam": (1.5, 3)},
        not_says=(FLOAT32,),
    ),
}

FAILS_TODAY: dict[str, str] = {}
