"""Visible checks of the milestone batchnorm: known numbers, numeric gradients and invariants, no solution.

A notebook imports this module as ``check``, calls ``check.batchnorm_train()`` and shows ``check.progress``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import fc_net, layers  # looked up through the modules, so that what is reloaded is what is checked
from ..diagnosis import Diagnosis
from .shared.code.handed_on import HandedOn
from .shared.common import (
    CHANGED,
    Results,
    copies,
    first_the_cache,
    key_problem,
    number_problem,
    numeric_gradient,
    unchanged,
)
from .shared.known_mistakes import compare, evidence, evidence_of
from .shared.model import Note
from .shared.progress import Progress
from .shared.steps import remark_on_float64, remarks_on_variables, variables

_BATCH, _LAYER, _NET = "nndl/layers/batchnorm.py", "nndl/layers/layernorm.py", "nndl/fc_net.py"

# The worked example of the notebook: mean 5, variance 4.
EXAMPLE = np.array([[2.0], [4.0], [5.0], [6.0], [8.0]])
EXAMPLE_OUT = np.array([[5.5], [8.5], [10.0], [11.5], [14.5]])
EXAMPLE_DOUT = np.array([[1.0], [0.0], [0.0], [0.0], [0.0]])
EXAMPLE_DX = np.array([[0.525], [-0.525], [-0.3], [-0.075], [0.375]])
GAMMA, BETA = np.array([3.0]), np.array([10.0])

progress = Progress("Batch and layer normalization")


def _train(**settings: Any) -> dict[str, Any]:
    return {"mode": "train", **settings}


@progress.check(points=4, where=f"the training branch of `batchnorm_forward` in {_BATCH}")
def batchnorm_train() -> Results:
    """Compare the worked example, column statistics, a batch of one row, and a large eps with what they must be."""
    # Statistics of earlier batches, which training must not normalize with; 0 would look like no mean at all.
    earlier = {"running_mean": np.array([-3.0]), "running_var": np.array([9.0])}
    out, _ = layers.batchnorm_forward(EXAMPLE.copy(), GAMMA.copy(), BETA.copy(), _train(eps=0.0, **earlier))
    yield compare(out, EXAMPLE_OUT, "the output of the example", sizes={"N": 5})
    out, _ = layers.batchnorm_forward(np.array([[-1.0], [1.0]]), np.ones(1), np.zeros(1), _train(eps=3.0))
    want = np.array([[-0.5], [0.5]])
    yield compare(out, want, "the output for x = (-1, 1) and eps = 3 (the root is 2)")

    a, gamma, beta = _activations(), np.array([1.0, 2.0, 3.0]), np.array([11.0, 12.0, 13.0])
    before = copies({}, x=a, gamma=gamma, beta=beta)
    out, _ = layers.batchnorm_forward(a, gamma, beta, _train())
    yield from unchanged(before, {"x": a, "gamma": gamma, "beta": beta})
    yield from _statistics_remarks(layers.batchnorm_forward, 0, _train())
    problem = compare(out, np.zeros((200, 3)), "the output", rtol=1e9)  # its form only
    if problem:
        yield problem
        return
    yield compare(out.mean(axis=0), beta, "the mean of the output columns (beta is right)", rtol=1e-9)
    std = "the standard deviation of the output columns (gamma is right)"
    yield compare(out.std(axis=0), gamma, std, rtol=1e-7)
    out, _ = layers.batchnorm_forward(a[:1], gamma, beta, _train())
    yield compare(out, beta[None], "the output for a batch of one row (beta is right)", rtol=1e-9, scale=1e4)
    a, gamma, beta = (value.astype(np.float32) for value in (a, gamma, beta))
    out, _ = layers.batchnorm_forward(a, gamma, beta, _train())
    yield from _keeps_float32(out, "the output", layers.batchnorm_forward, a, gamma, beta, _train())


@progress.check(points=4, where=f"`running_mean` and `running_var` in `batchnorm_forward`, {_BATCH}")
def running_statistics() -> Results:
    """Follow both running statistics through two batches whose statistics are known."""
    bn_param = _train(eps=0.0)
    for call, mean, var in (("first", 0.5, 0.4), ("second", 0.95, 0.76)):
        layers.batchnorm_forward(EXAMPLE.copy(), GAMMA.copy(), BETA.copy(), bn_param)
        yield from _statistics(bn_param, [mean], [var], f"after the {call} batch of mean 5 and variance 4")
    old = {"running_mean": np.array([2.0]), "running_var": np.array([8.0])}
    bn_param = _train(momentum=0.75, **old)
    layers.batchnorm_forward(EXAMPLE.copy(), GAMMA.copy(), BETA.copy(), bn_param)
    yield from _statistics(
        bn_param, [2.75], [7.0], "with momentum 0.75, from 2 and 8, for mean 5 and variance 4"
    )
    # a batch of mean 5 and variance 4 has a variance of 5 if that is divided by N - 1
    evidence_of("other statistics", lambda: _after_another_batch()["running_var"])
    if (old["running_mean"], old["running_var"]) != (2.0, 8.0):
        yield "the old running arrays were changed in place: make new ones"
    if bn_param["mode"] != "train" or bn_param["momentum"] != 0.75 or len(bn_param) != 4:
        yield "bn_param should get running_mean and running_var, and no other entry should change"
    bn_param = _train()
    x, gamma, beta = (value.astype(np.float32) for value in (EXAMPLE, GAMMA, BETA))
    layers.batchnorm_forward(x, gamma, beta, bn_param)
    for key in ("running_mean", "running_var"):
        value = bn_param.get(key)
        yield from _keeps_float32(
            value, f"bn_param[{key!r}]", layers.batchnorm_forward, x, gamma, beta, _train()
        )


def _after_another_batch() -> dict[str, Any]:
    bn_param = _train()
    layers.batchnorm_forward(np.array([[1.0], [4.0], [10.0]]), GAMMA.copy(), BETA.copy(), bn_param)
    return bn_param


def _statistics(bn_param: dict[str, Any], mean: list[float], var: list[float], when: str) -> Results:
    for key, want in (("running_mean", mean), ("running_var", var)):
        name = f"bn_param[{key!r}] {when}"
        if bn_param.get(key) is None:
            yield f"{name} is not there: store it in bn_param under this key"
            continue
        problem = compare(bn_param[key], np.array(want), name)
        if problem is not None and problem.kind == "zeros":
            yield f"{name} is 0: does its new value get into {key}? The lines below yours store what that holds"
        else:
            yield problem


@progress.check(
    points=2,
    where=f"the test branch of `batchnorm_forward` in {_BATCH}",
    needs=["batchnorm_train", "running_statistics"],
)
def batchnorm_test() -> Results:
    """Normalize with given statistics, alone and together, and after 50 training batches."""
    given = {"running_mean": np.array([1.0, -2.0]), "running_var": np.array([4.0, 0.25])}
    bn_param: dict[str, Any] = {"mode": "test", "eps": 0.0, **given}
    x, gamma, beta = np.array([[3.0, -1.0], [1.0, -3.0]]), np.array([10.0, 1.0]), np.array([0.0, 5.0])
    want = np.array([[10.0, 7.0], [0.0, 3.0]])
    kept = copies(given)
    out, _ = layers.batchnorm_forward(x, gamma, beta, bn_param)
    yield compare(out, want, "the output of two rows, for running means 1, -2 and running variances 4, 0.25")
    out, _ = layers.batchnorm_forward(x[:1], gamma, beta, bn_param)
    yield compare(out, want[:1], "the output of the first row alone")
    out, _ = layers.batchnorm_forward(x[:1], gamma, beta, {**bn_param, "eps": 12.0})
    yield compare(out[:, :1], np.array([[5.0]]), "the first feature's output with eps = 12 (the root is 4)")
    for key, value in kept.items():
        if not np.array_equal(bn_param[key], value):
            yield f"bn_param[{key!r}] has changed: a test call must leave it as it is"

    random = np.random.RandomState(231)
    W1, W2 = random.randn(50, 60), random.randn(60, 3)
    bn_param, ones, zeros = _train(), np.ones(3), np.zeros(3)
    for _ in range(50):
        layers.batchnorm_forward((random.randn(200, 50) @ W1).clip(0) @ W2, ones, zeros, bn_param)
    bn_param["mode"] = "test"
    out, _ = layers.batchnorm_forward((random.randn(200, 50) @ W1).clip(0) @ W2, ones, zeros, bn_param)
    when = "of the columns after 50 training batches"
    want = np.array([-0.03927354, -0.04349152, -0.10452688])
    yield compare(out.mean(axis=0), want, f"the means {when}", rtol=1e-6)
    yield compare(
        out.std(axis=0), np.array([1.01531428, 1.01238373, 0.97819988]), f"the deviations {when}", rtol=1e-7
    )


@progress.check(
    points=6,
    where=f"`batchnorm_backward` in {_BATCH} (step by step: `check.backward_steps()`)",
    needs=["batchnorm_train"],
)
def batchnorm_backward() -> Results:
    """Compare the three gradients with the worked example, and with differences of your forward pass."""
    yield from _batchnorm_gradients("batchnorm_backward")


@progress.aside(where=f"the variables of `batchnorm_backward` in {_BATCH}", needs=["batchnorm_train"])
def backward_steps() -> Results:
    """Compare the gradient of every step of the graph, found by the name of its variable, with differences.

    The graph is that of the docstring: mean, centred, var, std, x_hat, out. The gradient of ``var`` is looked for under
    ``dvar``, or ``dv`` as in the notebook, and so on; what has another name is not looked at.
    """
    random = np.random.RandomState(231)
    x, gamma, beta, dout = 5 * random.randn(4, 5) + 12, random.randn(5), random.randn(5), random.randn(4, 5)
    _, cache = layers.batchnorm_forward(x.copy(), gamma, beta, _train())
    spelled = {}
    for name, value in variables(layers.batchnorm_backward, dout.copy(), cache).items():
        spelled[name.lower().replace("_", "")] = name, value
    right, missing, wrong = [], [], False
    for node, names in _NODES.items():
        name, found = next((spelled[other] for other in names if other in spelled), (f"d{node}", None))
        if found is None:
            missing.append(f"d{node}")
            continue
        want = _gradient_of_node(node, x, gamma, beta, dout)
        problem = compare(
            found, want, f"{name}, the gradient of {node},", rtol=1e-6, scale=1e-3, sizes={"N": 4}
        )
        if problem is not None and node == "centred":
            share = _gradient_of_node(node, x, gamma, beta, dout, through_std=False)
            if compare(found, share, rtol=1e-6, scale=1e-3) is None:
                problem, name = (
                    None,
                    f"{name} (its share through x_hat alone, to which that through std is added)",
                )
        yield problem
        wrong = wrong or problem is not None
        right += [name] if problem is None else []
    told = [f"right: {', '.join(right) or 'none'}"]
    if missing:
        told.append(f"not looked at, as no variable has this name: {', '.join(missing)}")
    yield from told if wrong else map(Note, told)


_NODES = {
    "beta": ("dbeta",),
    "gamma": ("dgamma",),
    "x_hat": ("dxhat", "dxnorm", "dnormalized"),
    "std": ("dstd", "dsigma", "dsqrtvar"),
    "var": ("dvar", "dv", "dvariance"),
    "centred": ("dcentred", "dc", "dcentered", "dxmu", "dxc"),
    "mean": ("dmean", "dmu"),
    "x": ("dx",),
}
"""The nodes of the graph from the output back, and how their gradients are called."""


def _gradient_of_node(
    node: str, x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, dout: np.ndarray, through_std: bool = True
) -> np.ndarray:
    """Return the centred differences of ``sum(out * dout)`` for one node of the graph, what follows it recomputed."""
    values = {"x": x, "gamma": gamma, "beta": beta}
    order = {
        "mean": lambda v: v["x"].mean(axis=0),
        "centred": lambda v: v["x"] - v["mean"],
        "var": lambda v: (v["centred"] ** 2).mean(axis=0),
        "std": lambda v: np.sqrt(v["var"] + 1e-5),
        "x_hat": lambda v: v["centred"] / v["std"],
    }
    for name, rule in order.items():
        values[name] = rule(values)
    moving = values[node] = np.array(values[node])
    later = (
        list(order)[list(order).index(node) + 1 :] if node in order else list(order) if node == "x" else []
    )

    def total() -> float:
        now = dict(values)
        for name in later:
            if through_std or name not in ("var", "std"):
                now[name] = order[name](now)
        return float(((now["gamma"] * now["x_hat"] + now["beta"]) * dout).sum())

    return numeric_gradient(total, moving)


@progress.check(points=3, where=f"`batchnorm_backward_alt` in {_BATCH}", needs=["batchnorm_train"])
def batchnorm_backward_alt() -> Results:
    """Compare the three gradients of the closed form with the same numbers."""
    yield from _batchnorm_gradients("batchnorm_backward_alt")


def _batchnorm_gradients(name: str) -> Results:
    def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> Any:
        return layers.batchnorm_forward(x, gamma, beta, _train())

    results = _with_the_example(getattr(layers, name))
    yield from first_the_cache(results, lambda: _handed_on("batchnorm_forward", forward, name, 0))


def _handed_on(name: str, forward: Callable[..., Any], backward: str, axis: int) -> HandedOn:
    """Return what a forward pass that is right should hand on: what it makes of x tells mean and deviation."""
    random = np.random.RandomState(231)
    x, gamma, beta, dout = 5 * random.randn(4, 6) + 12, random.randn(6), random.randn(6), random.randn(4, 6)
    x_hat = forward(x.copy(), np.ones(6), np.zeros(6))[0]
    std = np.ptp(x, axis=axis) / np.ptp(x_hat, axis=axis)
    std = std if axis == 0 else std[:, None]
    arrays = {"dx": x.copy(), "dgamma": gamma.copy(), "dbeta": beta.copy()}

    def right(cache: Any) -> bool:
        found = getattr(layers, backward)(dout.copy(), cache)
        wants = (numeric_gradient(partial(_weighted, forward, arrays, dout), a) for a in arrays.values())
        return all(
            np.shape(a) == b.shape and np.allclose(a, b, rtol=1e-5, atol=1e-7)
            for a, b in zip(found, wants, strict=True)
        )

    others = {
        "x": x,
        "x - mean": x_hat * std,
        "the variance": std**2 - 1e-5,
        "the variance plus eps": std**2,
        "1 / std": 1 / std,
        "beta": beta,
        "the root of the variance without eps": np.sqrt(std**2 - 1e-5),
        "the output": gamma * x_hat + beta,
    }
    parts = {"x_hat": x_hat, "gamma": gamma, "std": std}
    return HandedOn(
        name, backward, lambda: forward(x.copy(), gamma.copy(), beta.copy())[1], parts, right, others
    )


def _with_the_example(backward: Callable[..., Any]) -> Results:
    _, cache = layers.batchnorm_forward(EXAMPLE.copy(), GAMMA.copy(), BETA.copy(), _train(eps=0.0))
    yield from _example_gradients(backward(EXAMPLE_DOUT.copy(), cache), EXAMPLE_DX, {"N": 5})
    random = np.random.RandomState(231)
    x, gamma, beta = 5 * random.randn(4, 5) + 12, random.randn(5), random.randn(5)

    def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> Any:
        return layers.batchnorm_forward(x, gamma, beta, _train())

    yield from _gradients(forward, backward, x, gamma, beta)
    yield from _gradients(forward, backward, x[:1], gamma, beta, "for a batch of one row")


def _example_gradients(found: Any, dx: np.ndarray, sizes: dict[str, int]) -> Results:
    problem = _three(found)
    if problem:
        yield problem
        return
    wants = (dx, np.array([-1.5]), np.array([1.0]))
    for got, want, name in zip(found, wants, ("dx", "dgamma", "dbeta"), strict=True):
        yield compare(got, want, f"{name} of the example", sizes=sizes)


def _gradients(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    when: str = "",
) -> Results:
    """Compare gradients with centred differences of a forward pass."""
    arrays = {"dx": x.copy(), "dgamma": gamma.copy(), "dbeta": beta.copy()}
    _, cache = forward(*(value.copy() for value in arrays.values()))
    random = np.random.RandomState(7)
    for time in ("", " (a second time from the same cache)"):
        dout = random.randn(*x.shape)
        before = dout.copy()
        found = backward(dout, cache)
        problem = _three(found)
        if problem:
            yield problem
            return
        if not np.array_equal(dout, before):
            evidence("dout after the call", dout)
            yield f"dout {CHANGED}: work on a copy"
        for got, (name, array) in zip(found, arrays.items(), strict=True):
            numeric = numeric_gradient(partial(_weighted, forward, arrays, before), array)
            label = " ".join(f"{name} {when}{time}".split())
            yield compare(
                got, numeric, label, rtol=1e-6, scale=1e-3, sizes={"N": x.shape[0], "D": x.shape[1]}
            )


def _weighted(forward: Callable[..., Any], arrays: dict[str, np.ndarray], weights: np.ndarray) -> float:
    """Return the number whose gradients are compared: the sum of the outputs, weighted with dout."""
    return float((weights * forward(*arrays.values())[0]).sum())


def _three(found: Any) -> str | None:
    if not isinstance(found, tuple | list) or len(found) != 3:
        came = f"{len(found)} values" if isinstance(found, tuple | list) else type(found).__name__
        return f"expected three gradients, dx, dgamma and dbeta, but got {came}"
    return None


@progress.check(points=3, where=f"`layernorm_forward` in {_LAYER}")
def layernorm_forward() -> Results:
    """Compare the worked example, laid on its side, and the statistics of rows with what they must be."""
    yield from _statistics_remarks(layers.layernorm_forward, 1, {})
    gamma, beta = np.full(5, 3.0), np.full(5, 10.0)
    x = np.vstack([EXAMPLE.T, 100 * EXAMPLE.T + 1])
    before, ln_param = copies({}, x=x, gamma=gamma, beta=beta), {"eps": 0.0}
    out, _ = layers.layernorm_forward(x, gamma, beta, ln_param)
    want = np.vstack([EXAMPLE_OUT.T, EXAMPLE_OUT.T])
    yield compare(out, want, "the output of the example, once as it is and once 100 x + 1", sizes={"D": 5})
    yield from unchanged(before, {"x": x, "gamma": gamma, "beta": beta})
    if ln_param != {"eps": 0.0}:
        yield "ln_param was changed: its settings belong to the caller"
    scale, shift = np.array([1.0, 2, 3, 4, 5]), np.array([0.0, 1, 0, 0, 0])
    out, _ = layers.layernorm_forward(x[:1], scale, shift, {"eps": 0.0, "mode": "test"})
    yield compare(
        out,
        np.array([[-1.5, 0, 0, 2, 7.5]]),
        "its output for gamma = (1, 2, 3, 4, 5), beta = (0, 1, 0, 0, 0)",
    )
    out, _ = layers.layernorm_forward(np.array([[-1.0, 1.0]]), np.ones(2), np.zeros(2), {"eps": 3.0})
    yield compare(out, np.array([[-0.5, 0.5]]), "the output for x = (-1, 1) and eps = 3 (the root is 2)")
    out, _ = layers.layernorm_forward(np.array([[4.0], [7.0]]), np.ones(1), np.array([2.0]), {})
    yield compare(out, np.full((2, 1), 2.0), "the output for a single feature (beta is right)")
    x, gamma, beta = (value.astype(np.float32) for value in (x, gamma, beta))
    out, _ = layers.layernorm_forward(x, gamma, beta, {})
    yield from _keeps_float32(out, "the output", layers.layernorm_forward, x, gamma, beta, {})


@progress.check(points=3, where=f"`layernorm_backward` in {_LAYER}", needs=["layernorm_forward"])
def layernorm_backward() -> Results:
    """Compare the three gradients with differences of your forward pass."""

    def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> Any:
        return layers.layernorm_forward(x, gamma, beta, {})

    results = _layernorm_gradients(forward)
    yield from first_the_cache(
        results, lambda: _handed_on("layernorm_forward", forward, "layernorm_backward", 1)
    )


def _layernorm_gradients(forward: Callable[..., Any]) -> Results:
    random = np.random.RandomState(231)
    x, gamma, beta = 5 * random.randn(4, 5) + 12, random.randn(5), random.randn(5)

    _, cache = layers.layernorm_forward(EXAMPLE.T.copy(), np.full(5, 3.0), np.full(5, 10.0), {"eps": 0.0})
    found = layers.layernorm_backward(EXAMPLE_DOUT.T.copy(), cache)
    problem = _three(found)
    if problem:
        yield problem
        return
    yield compare(found[0], EXAMPLE_DX.T, "dx of the example, laid on its side", sizes={"D": 5})
    yield from _gradients(forward, layers.layernorm_backward, x, gamma, beta)
    single = (x[:, :1], gamma[:1], beta[:1])
    yield from _gradients(forward, layers.layernorm_backward, *single, "for a single feature")


def _net(normalization: str, reg: float = 0.0) -> fc_net.FullyConnectedNet:
    return fc_net.FullyConnectedNet(
        [20, 30], 15, 10, normalization=normalization, reg=reg, weight_scale=5e-2, dtype=np.float64
    )


@progress.check(points=2, where=f"`gamma1` and so on in `FullyConnectedNet.__init__`, {_NET}")
def norm_params() -> Results:
    """See which arrays a new net has, and what they hold."""
    for kind in ("batchnorm", "layernorm"):
        net = fc_net.FullyConnectedNet([4, 6], 5, 3, normalization=kind)
        keys = ["W1", "b1", "W2", "b2", "W3", "b3", "gamma1", "beta1", "gamma2", "beta2"]
        problem = key_problem(net.params, keys, f"params of a net with 2 hidden layers and {kind}")
        if problem:
            yield problem
            return
        for i, units in ((1, 4), (2, 6)):
            yield compare(net.params[f"gamma{i}"], np.ones(units), f"params['gamma{i}']")
            yield compare(net.params[f"beta{i}"], np.zeros(units), f"params['beta{i}']")
        flat = fc_net.FullyConnectedNet([], 5, 3, normalization=kind)
        yield key_problem(flat.params, ["W1", "b1"], f"params of a net without hidden layers and with {kind}")


@progress.check(
    points=3,
    where=f"`_normalize` of `FullyConnectedNet` in {_NET}",
    needs=["batchnorm_train", "running_statistics", "batchnorm_test", "norm_params"],
)
def batchnorm_net() -> Results:
    """Compare losses and test scores of a net of known weights, and see where the statistics gather."""
    np.random.seed(231)
    X, y = np.random.randn(2, 15), np.random.randint(0, 10, 2)
    net, penalized = _net("batchnorm"), _net("batchnorm", 3.14)
    for model, want, penalty in (
        (net, 2.2611955101340957, "reg 0"),
        (penalized, 6.996533220108303, "reg 3.14"),
    ):
        loss, _ = model.loss(X, y)
        yield number_problem(loss, f"the loss with {penalty}") or compare(
            loss, want, f"the loss with {penalty}", rtol=1e-9
        )
    shapes = [np.shape(param.get("running_mean", 0)) for param in net.bn_params]
    if shapes != [(20,), (30,)]:
        yield (
            "after a training call each of the two dicts in bn_params must hold its own layer's running_mean, of shape "
            f"(20,) and (30,), but the shapes are {shapes}"
        )
        return
    params = [dict(param) for param in net.bn_params]
    together, alone = net.loss(X), net.loss(X[:1])
    yield compare(
        alone, np.asarray(together)[:1], "the test scores of the first row, alone instead of with another"
    )
    for i, (before, after) in enumerate(zip(params, net.bn_params, strict=True)):
        if not np.array_equal(before["running_mean"], after["running_mean"]):
            yield f"bn_params[{i}]['running_mean'] moved when the scores were computed: is its mode 'test' then?"
    yield _without_hidden_layers("batchnorm", X)


@progress.check(
    points=2,
    where=f"`_normalize` of `FullyConnectedNet` in {_NET}",
    needs=["layernorm_forward", "norm_params"],
)
def layernorm_net() -> Results:
    """Compare the loss of a net of known weights with layer normalization."""
    np.random.seed(231)
    X, y = np.random.randn(2, 15), np.random.randint(0, 10, 2)
    net = _net("layernorm")
    loss, _ = net.loss(X, y)
    yield number_problem(loss, "the loss") or compare(loss, 2.237831004146712, "the loss", rtol=1e-9)
    scores = net.loss(X)
    yield compare(
        net.loss(X[:1]), np.asarray(scores)[:1], "the scores of the first row, alone instead of with another"
    )
    yield _without_hidden_layers("layernorm", X)


def _without_hidden_layers(normalization: str, X: np.ndarray) -> Diagnosis | None:
    """Return what is wrong with the scores of a net that has nothing to normalize."""
    flat = fc_net.FullyConnectedNet([], 15, 10, normalization=normalization, dtype=np.float64)
    want = X @ flat.params["W1"] + flat.params["b1"]
    return compare(flat.loss(X), want, f"the scores of a net without hidden layers, with {normalization}")


@progress.check(
    points=4,
    where=f"`_normalize_backward` of `FullyConnectedNet` in {_NET}",
    needs=["batchnorm_net", "layernorm_net", "batchnorm_backward", "layernorm_backward"],
)
def net_gradients() -> Results:
    """Compare all gradients of two small nets with centred differences of their loss."""
    random = np.random.RandomState(3)
    X, y = random.randn(6, 5), np.array([0, 2, 1, 1, 2, 0])
    for kind, hidden in (("batchnorm", [4, 4]), ("layernorm", [4, 4]), ("batchnorm", [])):
        net = fc_net.FullyConnectedNet(hidden, 5, 3, normalization=kind, reg=0.1, dtype=np.float64)
        for name, value in net.params.items():
            net.params[name] = value + 0.5 * random.randn(*value.shape)
        _, grads = net.loss(X, y)
        kind += "" if hidden else ", without hidden layers"
        problem = key_problem(grads, list(net.params), f"grads with {kind}")
        if problem:
            yield problem
            return
        for name in reversed(net.params):
            numeric = numeric_gradient(partial(_training_loss, net, X, y), net.params[name])
            label = f"the gradient of {name} with {kind}"
            yield compare(grads[name], numeric, label, rtol=1e-5, scale=0.1, sizes={"N": 6})


def _training_loss(net: fc_net.FullyConnectedNet, X: np.ndarray, y: np.ndarray) -> float:
    return float(net.loss(X, y)[0])


def _activations() -> np.ndarray:
    """Return activations (200, 3) of a two-layer net with random weights."""
    random = np.random.RandomState(231)
    X, W1, W2 = random.randn(200, 50), random.randn(50, 60), random.randn(60, 3)
    return (X @ W1).clip(0) @ W2


def _keeps_float32(value: Any, name: str, function: Callable[..., Any], *arguments: Any) -> Results:
    kind = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
    if kind != np.float32:
        yield f"{name} for float32 arrays must be float32, but it is {kind}"
        yield remark_on_float64(function, *arguments)


def _statistics_remarks(function: Callable[..., Any], axis: int, param: dict[str, Any]) -> Results:
    """Say which variables of a normalization hold statistics of another kind or along another axis than they should."""
    random = np.random.RandomState(3)
    x, gamma, beta = 5 * random.randn(4, 7) + 3, random.randn(7), random.randn(7)
    each, other = ("column", "row") if axis == 0 else ("row", "column")
    meanings = {
        f"the mean of each {other}; it should be that of each {each}": x.mean(axis=1 - axis),
        f"the variance of each {other}; it should be that of each {each}": x.var(axis=1 - axis),
        f"the standard deviation of each {other}; it should be that of each {each}": x.std(axis=1 - axis),
        f"the mean of all entries; it should be that of each {each}": x.mean(),
        f"the mean of the squares of each {each}; for a variance the mean must be subtracted first": (
            x**2
        ).mean(axis),
        f"the variance of all entries; it should be that of each {each}": x.var(),
        f"the variance of each {each} with one less in the divisor (ddof=1)": x.var(axis=axis, ddof=1),
    }
    yield from remarks_on_variables(meanings, function, x, gamma, beta, param)
