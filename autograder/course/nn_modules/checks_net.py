"""The checks of the net that is made of the layers.

Where a claim of the net builds on another (the loss on the scores, a step on the gradients), it is judged
against the student's *own* values for the other, or with others in their place where these cannot be used, so that one
mistake costs once. A net whose layers are wrong is judged again with the course's.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from autograder.course.cross_entropy import NEARLY
from autograder.course.nets import DRAWN, Params, params_unchanged, penalty_added, same_start
from autograder.failures import StudentError
from autograder.judging.check import Finding, Findings, Trial, check
from autograder.judging.compare import claim, close, dict_with_keys, is_finite, keep, step_taken
from autograder.judging.students_own_values import lend_method, with_lent_method_if_better
from nndl.diagnosis import agree

from . import checks_by_own_forward as own
from .checks_by_own_forward import NAMES, build, draw_net
from .checks_layers import one_hot

SIZES: tuple[dict[str, Any], ...] = (
    {"n": 5, "d": 4, "h": 6, "c": 3},
    {"n": 4, "d": 3, "h": 2, "c": 5},
    {"n": 12, "d": 3, "h": 5, "c": 10},
    {"n": 1, "d": 7, "h": 3, "c": 2, "demand": "one row"},
)
LAYERS = ("OutputLayer", "ReLU", "Affine")
"""The classes of which the net is made."""

LENT = "with scores x @ W that were given to your net, because its own scores cannot be used to judge this"


@check(
    points=2,
    parts=("weights", "biases", "layers"),
    basis=("weights", DRAWN),
    borrows=LAYERS,
    cases=({"d": 4, "h": 6, "c": 3}, {"d": 7, "h": 2, "c": 10}),
)
def initial_params(trial: Trial, *, d: int, h: int, c: int) -> Findings:
    """A new `TwoLayerNet` has small random weights, W1 drawn before W2, biases of 0, and its layers by name."""
    yield from same_start(trial, lambda lib, options: lib.TwoLayerNet(d, h, c, **options), NAMES)
    yield _named_layers(trial.student.TwoLayerNet(d, h, c))


def _named_layers(net: Any) -> Finding:
    """Say whether ``net.layers`` has the right keys in the right order; all are taken out, the last one first."""
    layers = net.get("layers", result="handle")
    found: list[Any] = []
    names = ["Affine1", "ReLU", "Affine2"]
    # The reference must not fail, so nothing is taken from an empty dict; what is not a dict fails, and has no names.
    with contextlib.suppress(StudentError):
        size = layers.call("__len__")
        for _ in range(size if isinstance(size, int) and size <= len(names) else len(names) + 1):
            found.insert(0, layers.call("popitem", result="pair")[0])
    right = all(isinstance(name, str) for name in found) and found == names
    message = "layers must hold Affine1, ReLU and Affine2, under these names and in this order"
    return claim("layers", "the keys of layers", right, message, expected=names, actual=found)


@check(points=2, parts=("scores",), demands=("inputs unchanged",), borrows=LAYERS, cases=SIZES)
def scores(trial: Trial, *, n: int, d: int, h: int, c: int) -> Findings:
    """`predict(x)` sends x through all three layers, with the parameters as they are now."""
    params, x = draw_net(trial.draw, n, d, h, c)
    mine, right = (build(lib, params) for lib in trial.libraries)
    kept = keep(trial.student, x=x)
    yield from close({"the scores": (mine.predict(*kept), right.predict(x))}, part="scores", sizes={"N": n})
    yield from kept.unchanged("inputs unchanged")
    other = trial.draw.normal(h, c)
    for net in (mine, right):
        net.set_item("params", "W2", other)
    pair = {"the scores": (mine.predict(x), right.predict(x))}
    yield from close(pair, part="scores", context="after params['W2'] was replaced")


@check(points=4, parts=("data loss", "penalty"), borrows=LAYERS, cases=SIZES)
def loss(trial: Trial, *, n: int, d: int, h: int, c: int) -> Findings:
    """`loss(x, t)` is the output layer's loss of the scores plus the L2 penalty on W1 and W2."""
    (params, x), t = draw_net(trial.draw, n, d, h, c), one_hot(trial.draw.labels(n, c), c)
    reg, weights = trial.draw.uniform(0.3, 2.0), trial.draw.normal(d, c, scale=d**-0.5)
    chosen = own.usable_scores(trial, params, x)
    nets = build(trial.student, params), build(trial.student, params, reg)
    if chosen is None:
        for net in nets:
            lend_method(net, "predict", trial.student.put(weights))
    got, penalized = (net.loss(x, t) for net in nets)
    want = trial.reference.OutputLayer().forward(x @ weights if chosen is None else chosen, t)
    right = build(trial.reference, params).loss(x, t)
    if agree(got, right, rtol=NEARLY):  # a net that needs no predict for its loss
        want = right
    pair = {"the loss without penalty, of your own scores,": (got, want)}
    context = LENT if chosen is None else ""
    yield from close(pair, part="data loss", rtol=NEARLY, sizes={"N": n}, context=context)
    yield from penalty_added(penalized, got, reg, params)


@check(points=2, parts=("accuracy",), cases=({"n": 12, "c": 3}, {"n": 5, "c": 4}))
def accuracy(trial: Trial, *, n: int, c: int) -> Findings:
    """`accuracy(x, t)` is the fraction of rows whose highest score is that of the right class."""
    params, x = draw_net(trial.draw, n, 4, 5, c)
    right, weights = trial.draw.integer(n // 2 + 1, n), trial.draw.normal(4, c)
    net = build(trial.student, params)
    given = own.usable_scores(trial, params, x)
    if given is None:
        lend_method(net, "predict", trial.student.put(weights))
    chosen = (x @ weights if given is None else given).argmax(axis=1)
    labels = np.where(np.arange(n) < right, chosen, (chosen + 1) % c)
    got = net.accuracy(x, one_hot(labels, c))
    pair = {f"the accuracy when {right} of {n} rows are right by your own scores": (got, right / n)}
    yield from close(pair, part="accuracy", sizes={"N": n}, context=LENT if given is None else "")


@check(
    points=4,
    parts=NAMES,
    demands=("inputs unchanged",),
    borrows=LAYERS,
    cases=(
        *({**size, "reg": reg} for size, reg in zip(SIZES, (0.7, 0.3, 0.2, 0.0), strict=True)),
        # So many parameters that differences of the loss, one call for each of them, take longer than the limit.
        {"n": 5, "d": 390, "h": 410, "c": 4, "reg": 0.1},
    ),
)
def gradients(trial: Trial, *, n: int, d: int, h: int, c: int, reg: float) -> Findings:
    """`gradient(x, t)` sends the gradient back through all layers: W1, b1, W2 and b2."""
    (params, x), t = draw_net(trial.draw, n, d, h, c), one_hot(trial.draw.labels(n, c), c)
    want = build(trial.reference, params, reg).gradient(x, t)
    scale = float(np.abs(x).max() * max(1.0, np.abs(params["W2"]).max()))
    right_scores = _predicts(trial, params, x)

    def judged(lent: bool) -> Findings:
        net, kept = build(trial.student, params, reg), keep(trial.student, x=x)
        if lent and not right_scores:
            own.lend_forward_pass(trial.student, net, params, x)
        if lent and not own.gives_the_loss(trial, params, x, t):
            own.lend_loss(trial.student, net, x, t)
        got = dict_with_keys(net.gradient(kept["x"], t), NAMES, "what gradient(x, t) returns")
        due = want
        if right_scores and any(not agree(got[n], want[n], scale=scale) for n in NAMES):
            theirs = own.belongs_to_own_loss(trial, params, reg, x, t, got)
            due = got if theirs else want
        after = dict_with_keys(net.get("params"), NAMES, "params")
        for name in NAMES:
            pair = {f"the gradient of {name}": (got[name], due[name])}
            yield from close(pair, part=name, scale=scale, sizes={"N": n})
            yield from kept.unchanged("inputs unchanged")
            yield params_unchanged(
                "inputs unchanged", name, after, params, by="gradient", only="update_params"
            )

    yield from with_lent_method_if_better(
        judged, lambda: not right_scores or not own.gives_the_loss(trial, params, x, t)
    )


def _predicts(trial: Trial, params: Params, x: np.ndarray) -> bool:
    """Whether the student's scores are right."""
    try:
        got = build(trial.student, params).predict(x)
    except StudentError:
        return False
    return agree(got, build(trial.reference, params).predict(x), scale=1.0)


@check(
    points=2,
    parts=("differences", "side effects"),
    borrows=LAYERS,
    cases=({"n": 4, "d": 2, "h": 3, "c": 2},),
    wall=20.0,
)
def numerical_gradient(trial: Trial, *, n: int, d: int, h: int, c: int) -> Findings:
    """`numerical_gradient(x, t)` comes from central differences of `loss`, and leaves the net unchanged."""
    params, x = draw_net(trial.draw, n, d, h, c)
    while np.abs(x @ params["W1"] + params["b1"]).min() < 0.01:  # a kink of the ReLU would spoil a difference
        params, x = draw_net(trial.draw, n, d, h, c)
    reg, labels = trial.draw.uniform(0.3, 1.0), trial.draw.labels(n, c)
    in_place = own.keeps_its_arrays(trial, params, x)
    make = own.build_in_place if in_place else build
    chosen = make(trial.student, params).predict(x) if in_place else own.usable_scores(trial, params, x)
    net = make(trial.student, params, reg)
    if chosen is None:  # scores are x @ W1, with an array that lies in params, so that a nudge of it is seen
        weights = trial.student.put(params["W1"])
        net.set_item("params", "W1", weights)
        lend_method(net, "predict", weights)
    t = one_hot(labels, c if chosen is not None else h)
    other = make(trial.student, params, reg)
    want = own.central_differences(trial, other, params, x, t, lent=chosen is None, in_place=in_place)
    _insist_on_a_loss_of_the_scores(trial, params, x, t, chosen, want)

    got = dict_with_keys(net.numerical_gradient(x, t), NAMES, "what numerical_gradient(x, t) returns")
    largest = own.largest_entry(want)
    for name in NAMES:
        pair = {f"the differences of your own loss for {name}": (got[name], want[name])}
        context = LENT if chosen is None else ""
        yield from close(pair, part="differences", rtol=1e-6, scale=largest, context=context)
    after = dict_with_keys(net.get("params"), NAMES, "params")
    for name in NAMES:
        value = after[name]
        same = is_finite(value, params[name].shape, "f")
        same = same and bool(np.allclose(value, params[name], rtol=0, atol=1e-12))
        message = f"params[{name!r}] is not what it was before: restore every entry after nudging it"
        yield claim(
            "side effects", f"params[{name!r}]", same, message, expected="as before", actual=after[name]
        )
    kept = net.get("grads")
    message = "numerical_gradient must leave grads alone: update_params would take a step with it"
    yield claim("side effects", "grads", kept is None, message, expected=None, actual=kept)


def _insist_on_a_loss_of_the_scores(
    trial: Trial, params: Params, x: np.ndarray, t: np.ndarray, chosen: np.ndarray | None, differences: Params
) -> None:
    """Raise `StudentError` for a loss that was made up so that its differences are known without a difference."""
    net = build(trial.student, params)
    if chosen is None:
        chosen = x @ params["W1"]
        lend_method(net, "predict", trial.student.put(params["W1"]))
    elif own.comes_through_the_net(differences, params, x, rtol=1e-6):
        return
    if not agree(net.loss(x, t), trial.reference.OutputLayer().forward(chosen, t)):
        raise StudentError(
            "ValueError", "loss does not fit the net's own scores: the check of loss comes first"
        )


@check(points=2, parts=("step",), cases=({"n": 6, "d": 4, "h": 5, "c": 3}, {"n": 3, "d": 2, "h": 4, "c": 2}))
def update_params(trial: Trial, *, n: int, d: int, h: int, c: int) -> Findings:
    """`update_params(learning_rate)` takes one step downhill with the gradients that `gradient` stored."""
    (params, x), t = draw_net(trial.draw, n, d, h, c), one_hot(trial.draw.labels(n, c), c)
    rate = trial.draw.uniform(0.1, 0.5)
    given = {name: trial.draw.normal(*params[name].shape) for name in NAMES}
    net = build(trial.student, params, trial.draw.uniform(0.01, 0.1))
    try:
        grads = net.gradient(x, t)
    except StudentError:
        grads = None
    if not _tell_a_step(grads, params):
        net = build(trial.student, params)
        net.set("grads", given)
        grads = given
    net.update_params(rate)
    after = dict_with_keys(net.get("params"), NAMES, "params after update_params")
    for name in NAMES:
        pair = {f"the change of {name}": (step_taken(after[name], params[name]), -rate * grads[name])}
        powers = {"1 / learning_rate": 1 / rate, "1 / learning_rate ** 2": rate**-2}
        yield from close(pair, part="step", rtol=1e-7, sizes=powers)


def _tell_a_step(grads: Any, params: Params) -> bool:
    """Whether these are gradients that tell a step from another one, and from none."""
    if not isinstance(grads, dict) or grads.keys() != set(NAMES):
        return False
    if not all(is_finite(grads[n], params[n].shape, "f") for n in NAMES):
        return False
    return all(1e-6 < np.abs(grads[n]).max() < 1e6 for n in NAMES)


CHECKS = (initial_params, scores, loss, accuracy, gradients, numerical_gradient, update_params)
