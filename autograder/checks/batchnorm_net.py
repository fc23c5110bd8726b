"""The checks of the fully connected net with normalization.

The net is judged by the student's own layers: what it must give is put together from them, so that a mistake in a layer
is not paid for again in the net that is built on it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from nndl.layers import affine_backward, affine_forward, relu_backward, relu_forward, softmax_loss

from ..check import Draw, Finding, check
from ..compare import close, entries, unpack
from ..library import Library, StudentError
from .batchnorm_layers import GRADIENTS
from .batchnorm_own import draw_gamma, draw_inputs

Params = dict[str, np.ndarray]
LARGEST = 1e12
"""Of a layer's value by which a net can be judged: running statistics of 0 make values of 1e8 in three layers."""

NETS: tuple[dict[str, Any], ...] = (
    {"n": 6, "dims": (5, 4, 4, 3), "reg": 0.3},
    {"n": 5, "dims": (4, 7, 5, 6, 3), "reg": 0.0},
)


def names(normalization: str | None, layers: int) -> list[str]:
    """Return the keys of a net's params."""
    found = [f"{letter}{i}" for i in range(1, layers + 1) for letter in "Wb"]
    if normalization is not None:
        found += [f"{word}{i}" for i in range(1, layers) for word in ("gamma", "beta")]
    return found


def draw_params(draw: Draw, dims: tuple[int, ...]) -> Params:
    """Draw parameters that keep every value near 1."""
    params: Params = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(dims), start=1):
        params[f"W{i}"] = draw.normal(inputs, outputs, scale=inputs**-0.5)
        params[f"b{i}"] = draw.normal(outputs)
        if i < len(dims) - 1:
            params[f"gamma{i}"] = draw_gamma(draw, outputs)
            params[f"beta{i}"] = 1 + draw.normal(outputs, scale=0.5)
    return params


def build(lib: Library, dims: tuple[int, ...], normalization: str, params: Params, reg: float) -> Any:
    """Make a float64 net of the library with these parameters."""
    lib.seed(0)
    net = lib.FullyConnectedNet(
        list(dims[1:-1]),
        input_dim=dims[0],
        num_classes=dims[-1],
        normalization=normalization,
        reg=reg,
        dtype="float64",
    )
    net.set("params", params)
    return net


class OwnNet:
    """The net that a student's own normalization layers make, put together here.

    Parameters
    ----------
    lib : Library
        Whose layers are used.
    normalization : {"batchnorm", "layernorm"}
    params : dict
        Parameters of the net.
    reg : float
        Strength of the L2 penalty.
    """

    def __init__(self, lib: Library, normalization: str, params: Params, reg: float = 0.0) -> None:
        self.lib, self.normalization, self.params, self.reg = lib, normalization, params, reg
        self.layers = sum(name.startswith("W") for name in params)
        settings = {"mode": "train"} if normalization == "batchnorm" else {}
        self.norm_params = [lib.put(dict(settings)) for _ in range(self.layers - 1)]

    def running(self) -> list[Any]:
        """Return the settings of each layer, with the running statistics that it has gathered."""
        return [self.lib.fetch(param) for param in self.norm_params]

    def to_test_mode(self) -> None:
        """Put every layer into test mode, with the running statistics that it has gathered."""
        self.norm_params = [self.lib.put({**kept, "mode": "test"}) for kept in self.running()]

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, list[tuple[Any, ...]]]:
        """Return the scores, and the caches of all blocks."""
        caches: list[tuple[Any, ...]] = []
        for i in range(1, self.layers):
            x, affine_cache = affine_forward(x, self.params[f"W{i}"], self.params[f"b{i}"])
            given = x
            x, norm_cache = getattr(self.lib, f"{self.normalization}_forward")(
                x, self.params[f"gamma{i}"], self.params[f"beta{i}"], self.norm_params[i - 1]
            )
            _telling(x, given, f"{self.normalization}_forward")
            x, relu_cache = relu_forward(x)
            caches.append((affine_cache, norm_cache, relu_cache))
        scores, affine_cache = affine_forward(
            x, self.params[f"W{self.layers}"], self.params[f"b{self.layers}"]
        )
        return scores, [*caches, (affine_cache,)]

    def scores(self, x: np.ndarray) -> np.ndarray:
        """Return the scores alone."""
        return self.forward(x)[0]

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """Return the loss with the penalty."""
        scores, _ = self.forward(x)
        return softmax_loss(scores, y)[0] + self._penalty()

    def gradients(self, x: np.ndarray, y: np.ndarray) -> Params:
        """Return the gradients of all parameters."""
        scores, caches = self.forward(x)
        _, dout = softmax_loss(scores, y)
        last, grads = self.layers, {}
        dout, grads[f"W{last}"], grads[f"b{last}"] = affine_backward(dout, caches[-1][0])
        for i in range(last - 1, 0, -1):
            affine_cache, norm_cache, relu_cache = caches[i - 1]
            dout = relu_backward(dout, relu_cache)
            name = f"{self.normalization}_backward"
            found = unpack(getattr(self.lib, name)(dout, norm_cache), GRADIENTS, name)
            _telling(found[0], dout, name)
            for j, word in ((1, "gamma"), (2, "beta")):
                grads[f"{word}{i}"] = _vector(found[j], dout.shape[1], name)
            dout, grads[f"W{i}"], grads[f"b{i}"] = affine_backward(found[0], affine_cache)
        for i in range(1, last + 1):
            grads[f"W{i}"] = grads[f"W{i}"] + self.reg * self.params[f"W{i}"]
        return grads

    def _penalty(self) -> float:
        weights = (value for name, value in self.params.items() if name.startswith("W"))
        return 0.5 * self.reg * sum(float((value**2).sum()) for value in weights)


def _telling(value: Any, given: np.ndarray, name: str) -> None:
    """Insist on a layer's value that a net can be judged by: of the right form, and not the same in every row."""
    right = isinstance(value, np.ndarray) and value.shape == given.shape and value.dtype.kind == "f"
    if not right or not np.isfinite(value).all() or np.abs(value).max() > LARGEST:
        message = f"{name} does not give finite numbers in the shape of its input: mend that first"
        raise StudentError("ValueError", message)
    if (
        np.abs(value - value[:1]).max()
        <= 1e-9 * max(1.0, np.abs(given).max())
        < np.abs(given - given[:1]).max()
    ):
        raise StudentError("ValueError", f"{name} gives the same numbers to every row: mend that first")


def _vector(value: Any, features: int, name: str) -> np.ndarray:
    right = isinstance(value, np.ndarray) and value.shape == (features,) and value.dtype.kind == "f"
    if not right or not np.isfinite(value).all() or not value.any():
        message = (
            f"dgamma and dbeta of {name} must be arrays of numbers, one for each feature: mend that first"
        )
        raise StudentError("ValueError", message)
    return value


@check(
    points=2,
    parts=("gamma", "beta"),
    cases=(
        {"dims": (5, 7, 4, 3), "normalization": "batchnorm"},
        {"dims": (3, 6, 6, 2, 4), "normalization": "layernorm"},
    ),
)
def norm_params(
    student: Library, reference: Library, draw: Draw, *, dims: tuple[int, ...], normalization: str
) -> Iterator[Finding]:
    """A net with normalization has a gamma of ones and a beta of zeros for each hidden layer, and no others."""
    seed, found = draw.seed(), []
    for lib in (student, reference):
        lib.seed(seed)
        net = lib.FullyConnectedNet(
            list(dims[1:-1]), input_dim=dims[0], num_classes=dims[-1], normalization=normalization
        )
        found.append(entries(net.get("params"), names(normalization, len(dims) - 1), "params"))
    got, want = found
    for i in range(1, len(dims) - 1):
        for word in ("gamma", "beta"):
            pair = {f"params['{word}{i}']": (got[f"{word}{i}"], want[f"{word}{i}"])}
            yield from close(pair, part=word)


@check(
    points=3,
    parts=("training loss", "running statistics", "test scores"),
    cases=NETS,
)
def batchnorm_net(
    student: Library, reference: Library, draw: Draw, *, n: int, dims: tuple[int, ...], reg: float
) -> Iterator[Finding]:
    """A net with batch normalization: each hidden layer with its own gamma, beta and running statistics."""
    params = draw_params(draw, dims)
    y = draw.labels(n, dims[-1])
    net = build(student, dims, "batchnorm", params, reg)
    own = OwnNet(student, "batchnorm", params, reg)
    for time in ("first", "second"):
        x = draw_inputs(draw, n, dims[0])
        loss = unpack(net.loss(x, y), ("loss", "grads"), "loss(X, y)")[0]
        pair = {f"the loss of the {time} batch, by your own layers": (loss, own.loss(x, y))}
        yield from close(pair, part="training loss", scale=10.0, sizes={"N": n})
        yield from _same_statistics(net, own.running(), f"the {time} training call")
    own.to_test_mode()
    for rows in (n, 1):  # in test mode a row's scores do not depend on the others
        x = draw_inputs(draw, rows, dims[0])
        label = f"the scores of {rows} rows in test mode, by your own layers"
        yield from close({label: (net.loss(x), own.scores(x))}, part="test scores", scale=10.0)
    yield from _same_statistics(net, own.running(), "a call in test mode")


def _same_statistics(net: Any, want: list[Any], when: str) -> Iterator[Finding]:
    """Yield whether every layer of the net has gathered the running statistics that it should have."""
    found = net.get("bn_params")
    if not isinstance(found, list | tuple) or len(found) != len(want):
        raise StudentError("ValueError", f"bn_params must be a list of {len(want)} dicts after {when}")
    for i, (mine, right) in enumerate(zip(found, want, strict=True)):
        for key in ("running_mean", "running_var"):
            if not isinstance(right, dict) or not isinstance(right.get(key), np.ndarray):
                raise StudentError("ValueError", f"batchnorm_forward does not store {key}: mend that first")
            value = mine.get(key) if isinstance(mine, dict) else None
            label = f"bn_params[{i}][{key!r}] after {when}"
            yield from close({label: (value, right[key])}, part="running statistics", scale=1.0)


@check(points=2, parts=("loss and scores",), cases=NETS)
def layernorm_net(
    student: Library, reference: Library, draw: Draw, *, n: int, dims: tuple[int, ...], reg: float
) -> Iterator[Finding]:
    """A net with layer normalization gives the same scores in training and test, whatever else is in the batch."""
    params = draw_params(draw, dims)
    x, y = draw_inputs(draw, n, dims[0]), draw.labels(n, dims[-1])
    net, own = build(student, dims, "layernorm", params, reg), OwnNet(student, "layernorm", params, reg)
    loss = unpack(net.loss(x, y), ("loss", "grads"), "loss(X, y)")[0]
    pair = {"the loss, by your own layers": (loss, own.loss(x, y))}
    yield from close(pair, part="loss and scores", scale=10.0, sizes={"N": n})
    for rows in (x, x[:1]):
        label = f"the scores of {len(rows)} rows, by your own layers"
        yield from close({label: (net.loss(rows), own.scores(rows))}, part="loss and scores", scale=10.0)


@check(
    points=4,
    parts=("gamma and beta", "weights and biases"),
    cases=tuple({**net, "normalization": kind} for net in NETS for kind in ("batchnorm", "layernorm")),
)
def net_gradients(
    student: Library,
    reference: Library,
    draw: Draw,
    *,
    n: int,
    dims: tuple[int, ...],
    reg: float,
    normalization: str,
) -> Iterator[Finding]:
    """`loss(X, y)` of a net with normalization gives the gradients of all parameters, gammas and betas included."""
    params = draw_params(draw, dims)
    x, y = draw_inputs(draw, n, dims[0]), draw.labels(n, dims[-1])
    net = build(student, dims, normalization, params, reg)
    _, got = unpack(net.loss(x, y), ("loss", "grads"), "loss(X, y)")
    got = entries(got, list(params), "grads")
    want = OwnNet(student, normalization, params, reg).gradients(x, y)
    for name in params:
        part = "weights and biases" if name[0] in "Wb" and name[:2] != "be" else "gamma and beta"
        label = f"the gradient of {name}, by your own layers"
        yield from close({label: (got[name], want[name])}, part=part, scale=1.0, sizes={"N": n})


NET_CHECKS = (norm_params, batchnorm_net, layernorm_net, net_gradients)
