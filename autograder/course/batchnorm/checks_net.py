"""The checks of the fully connected net with normalization.

The net is judged with the student's own layers, and where these are wrong a second time with borrowed ones.
"""

from __future__ import annotations

from typing import Any

from autograder.course import nets
from autograder.course.nets import Params, fully_connected, loss_and_grads, loss_of, names_of
from autograder.failures import StudentError
from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import claim, close, dict_with_keys, differ, is_array

from .checks_by_own_forward import draw_gamma, draw_inputs

BATCHNORM = ("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt")
LAYERNORM = ("layernorm_forward", "layernorm_backward")

NO_HIDDEN, ONE_ROW = "no hidden layer", "a batch of one"
NETS: tuple[dict[str, Any], ...] = (
    # Two hidden layers of one size: a mistake that mixes them up then shows by its values.
    {"n": 6, "dims": (5, 4, 4, 3), "reg": 0.3},
    {"n": 8, "dims": (4, 7, 5, 6, 3), "reg": 0.0},
    {"n": 5, "dims": (3, 6, 4), "reg": 0.1},
    {"n": 4, "dims": (5, 3), "reg": 0.2, "demand": NO_HIDDEN},
)


def draw_params(draw: Draw, dims: tuple[int, ...]) -> Params:
    """Draw parameters that keep every value near 1."""
    return nets.draw_params(
        draw, dims, norms=lambda draw, d: (draw_gamma(draw, d), 1 + draw.normal(d, scale=0.5))
    )


@check(
    points=2,
    parts=("gamma", "beta"),
    basis=("start",),
    tests=(),
    cases=(
        {"dims": (5, 7, 4, 3), "normalization": "batchnorm"},
        {"dims": (3, 6, 5, 2, 4), "normalization": "layernorm"},
        {"dims": (4, 6, 3), "normalization": "batchnorm"},
        {"dims": (5, 3), "normalization": "layernorm", "demand": NO_HIDDEN},
    ),
)
def norm_params(trial: Trial, *, dims: tuple[int, ...], normalization: str) -> Findings:
    """A net with normalization has a gamma of ones and a beta of zeros for each hidden layer, and no others."""
    seed, found = trial.draw.seed(), []
    for lib in trial.libraries:
        lib.seed(seed)
        net = lib.FullyConnectedNet(
            list(dims[1:-1]), input_dim=dims[0], num_classes=dims[-1], normalization=normalization
        )
        found.append(dict_with_keys(net.get("params"), names_of(len(dims) - 1, normalization), "params"))
    got, want = found
    for i in range(1, len(dims) - 1):
        for word in ("gamma", "beta"):
            pair = {f"params['{word}{i}']": (got[f"{word}{i}"], want[f"{word}{i}"])}
            yield from close(pair, part=word)
    if len(dims) == 2:
        message, names = "there is nothing to normalize", sorted(got)
        yield claim("gamma", "params", sorted(want) == names, message, expected=sorted(want), actual=names)
        return
    # Params of zeros alone have right betas, and params of ones right gammas.
    weights = [value for name, value in got.items() if name[0] == "W"]
    unlike = all(is_array(value) and value.size > 1 and differ(value, value.flat[0]) for value in weights)
    message = "the weights of a new net are random numbers: gammas and betas count beside these"
    yield claim("start", "weights", unlike, message, expected="random", actual="random" if unlike else "not")


@check(
    points=3,
    parts=("training loss", "running statistics", "test scores"),
    demands=(ONE_ROW,),
    cases=NETS,
    borrows=BATCHNORM,
)
def batchnorm_net(trial: Trial, *, n: int, dims: tuple[int, ...], reg: float) -> Findings:
    """A net with batch normalization: each hidden layer with its own gamma, beta and running statistics."""
    params, y = draw_params(trial.draw, dims), trial.draw.labels(n, dims[-1])
    net, right = (fully_connected(lib, params, normalization="batchnorm", reg=reg) for lib in trial.libraries)
    for time in ("first", "second"):
        x = draw_inputs(trial.draw, n, dims[0])
        pair = {f"the loss of the {time} batch": (loss_of(net, x, y), loss_of(right, x, y))}
        (loss,) = close(pair, part="training loss", scale=10.0, sizes={"N": n})
        yield loss
        when = (
            f"the {time} training call" if loss.passed else f"the {time} training call (whose loss is wrong)"
        )
        yield from _same_statistics(net, right, when)
    for rows in (n, 1):  # in test mode a row's scores do not depend on the others
        x = draw_inputs(trial.draw, rows, dims[0])
        if rows == 1 and len(dims) == 2:
            continue
        pair = {f"the scores of {rows} rows in test mode": (net.loss(x), right.loss(x))}
        yield from close(pair, part="test scores" if rows > 1 else ONE_ROW, scale=10.0)
    yield from _same_statistics(net, right, "a call in test mode")


def _same_statistics(net: Any, right: Any, when: str) -> Findings:
    """Yield whether every layer of the net has gathered the running statistics that it should have."""
    found, wanted = net.get("bn_params"), right.get("bn_params")
    if not isinstance(found, list | tuple) or len(found) != len(wanted):
        raise StudentError("ValueError", f"bn_params must be a list of {len(wanted)} dicts after {when}")
    for i, (mine, want) in enumerate(zip(found, wanted, strict=True)):
        for key in ("running_mean", "running_var"):
            value = mine.get(key) if isinstance(mine, dict) else None
            label = f"bn_params[{i}][{key!r}] after {when}"
            yield from close({label: (value, want[key])}, part="running statistics", scale=1.0)


@check(points=2, parts=("loss and scores",), demands=(ONE_ROW,), cases=NETS, borrows=LAYERNORM)
def layernorm_net(trial: Trial, *, n: int, dims: tuple[int, ...], reg: float) -> Findings:
    """A net with layer normalization gives the same scores in training and test, whatever else is in the batch."""
    params = draw_params(trial.draw, dims)
    x, y = draw_inputs(trial.draw, n, dims[0]), trial.draw.labels(n, dims[-1])
    net, right = (fully_connected(lib, params, normalization="layernorm", reg=reg) for lib in trial.libraries)
    yield from close(
        {"the loss": (loss_of(net, x, y), loss_of(right, x, y))},
        part="loss and scores",
        scale=10.0,
        sizes={"N": n},
    )
    for rows in (x, x[:1]) if len(dims) > 2 else (x,):
        pair = {f"the scores of {len(rows)} rows": (net.loss(rows), right.loss(rows))}
        yield from close(pair, part="loss and scores" if len(rows) > 1 else ONE_ROW, scale=10.0)


@check(
    points=4,
    parts=("gamma and beta", "weights and biases"),
    cases=(
        *({**net, "normalization": kind} for net in NETS for kind in ("batchnorm", "layernorm")),
        # So many parameters that differences of the loss, one call for each of them, take longer than the limit.
        {"n": 7, "dims": (380, 400, 5), "reg": 0.1, "normalization": "batchnorm"},
    ),
    borrows=(*BATCHNORM, *LAYERNORM),
)
def net_gradients(trial: Trial, *, n: int, dims: tuple[int, ...], reg: float, normalization: str) -> Findings:
    """`loss(X, y)` of a net with normalization gives the gradients of all parameters, gammas and betas included."""
    params = draw_params(trial.draw, dims)
    x, y = draw_inputs(trial.draw, n, dims[0]), trial.draw.labels(n, dims[-1])
    net, right = (
        fully_connected(lib, params, normalization=normalization, reg=reg) for lib in trial.libraries
    )
    _, got = loss_and_grads(net, x, y, tuple(params))
    want = right.loss(x, y)[1]
    for name in params:
        part = "gamma and beta" if name.startswith(("gamma", "beta")) else "weights and biases"
        pair = {f"the gradient of {name}": (got[name], want[name])}
        yield from close(pair, part=part, scale=1.0, sizes={"N": n})


CHECKS = (norm_params, batchnorm_net, layernorm_net, net_gradients)
