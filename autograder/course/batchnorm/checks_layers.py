"""The checks of the layers of batch and layer normalization."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Findings, Trial, check
from autograder.judging.compare import (
    claim,
    close,
    close_to_any,
    dict_with_keys,
    is_array,
    is_same,
    keep,
    keeps_dtype,
    unchanged,
    unpack,
    without_extra_axes,
)
from autograder.library.interface import Library
from nndl.diagnosis import agree

from .checks_by_own_forward import (
    condition,
    draw_gamma,
    draw_inputs,
    eps_of,
    gradients,
    normalized_by,
    normalized_elsewhere,
)

GRADIENTS = ("dx", "dgamma", "dbeta")
FLOAT32, INPUTS, ONE_ROW = "float32 kept", "inputs unchanged", "a batch of one"
WHOLE = 6
"""So many rows has the case that also asks for what goes beyond values."""
ONE_FEATURE, AGAIN = "a single feature", "second call"


def train(**settings: Any) -> dict[str, Any]:
    """Return the settings of a training call."""
    return {"mode": "train", **settings}


@check(
    points=4,
    parts=("normalization", "gamma and beta"),
    demands=(FLOAT32, INPUTS),
    tests=("batchnorm_forward",),
    cases=(
        {"n": 6, "d": 4, "eps": 1e-5},
        {"n": 5, "d": 3, "eps": 0.7},
        {"n": 2, "d": 7, "eps": 1e-5},
        {"n": 8, "d": 1, "eps": 1e-5},
        {"n": 1, "d": 3, "eps": 1e-5, "demand": ONE_ROW},
    ),
)
def batchnorm_train(trial: Trial, *, n: int, d: int, eps: float) -> Findings:
    """`batchnorm_forward` normalizes each feature over the batch in training, then scales and shifts it."""
    yield from _forward(trial, "batchnorm_forward", train(), (n, d), eps)


@check(
    points=3,
    parts=("normalization", "gamma and beta"),
    demands=(FLOAT32, INPUTS, "ln_param unchanged"),
    cases=(
        {"n": 6, "d": 4, "eps": 1e-5},
        {"n": 5, "d": 3, "eps": 0.7},
        {"n": 2, "d": 7, "eps": 1e-5},
        {"n": 1, "d": 6, "eps": 1e-5, "demand": ONE_ROW},
        {"n": 3, "d": 1, "eps": 1e-5, "demand": ONE_FEATURE},
        {"n": 3, "d": 6, "eps": 1e-5, "mode": "test", "demand": "mode ignored"},
    ),
)
def layernorm_forward(trial: Trial, *, n: int, d: int, eps: float, mode: str = "") -> Findings:
    """`layernorm_forward` normalizes each row over its features, then scales and shifts each feature."""
    settings = {"mode": mode} if mode else {}
    yield from _forward(trial, "layernorm_forward", settings, (n, d), eps)
    if n != WHOLE:
        return
    ln_param = {**settings, "eps": eps}
    stored = trial.student.put(ln_param)
    trial.student.layernorm_forward(draw_inputs(trial.draw, n, d), np.ones(d), np.zeros(d), stored)
    message = "ln_param was changed: layer normalization stores nothing in it"
    yield unchanged("ln_param unchanged", "ln_param", stored.fetch(), ln_param, message)


def _forward(
    trial: Trial, name: str, settings: dict[str, Any], shape: tuple[int, int], eps: float
) -> Findings:
    (n, d), axis = shape, 0 if name.startswith("batch") else 1
    x, gamma, beta = draw_inputs(trial.draw, n, d, axis), draw_gamma(trial.draw, d), trial.draw.normal(d)
    ones, zeros, sizes = np.ones(d), np.zeros(d), {"N": n, "D": d}
    param = settings if eps == 1e-5 else {**settings, "eps": eps}
    forward, right = (getattr(lib, name) for lib in trial.libraries)
    scale, part = condition(x, axis, eps), "normalization"

    kept = keep(trial.student, x=x, gamma=gamma, beta=beta)
    own, _ = forward(x, ones, zeros, dict(param))
    plain, _ = right(x, ones, zeros, dict(param))
    context = f"gamma 1, beta 0, eps {eps:g}"
    if axis == 1 and "mode" in param:
        context += f", mode {param['mode']!r} in ln_param, which plays no part"
    number = None if agree(own, plain, scale=scale) else eps_of(forward, x, param, axis)
    if number is not None:
        context += f"; it is that with {number:.3g} for eps" if number > 1e-11 else "; it is that without eps"
    yield from close({"the output": (own, plain)}, part=part, scale=scale, sizes=sizes, context=context)
    if n == WHOLE:
        single, _ = forward(*(array.astype(np.float32) for array in (x, ones, zeros)), dict(param))
        yield keeps_dtype(FLOAT32, "the output", single, np.float32)

    if shape[axis] == 1 and not _all_zero(own):
        return  # the output of a single number is wrong, and was reported above; gamma and beta are not to blame
    out, _ = forward(*kept, dict(param))
    wants = [right(x, gamma, beta, dict(param))[0]]
    if normalized_by(forward, x, param, axis) or normalized_elsewhere(forward, x, param, axis):
        wants.append(gamma * own + beta)  # scaled and shifted correctly, whatever was wrong before
    label = "the output for other gamma and beta"
    scale *= float(np.abs(gamma).max())
    yield from close_to_any(label, out, wants, part="gamma and beta", scale=scale, sizes=sizes)
    if n == WHOLE:
        yield from kept.unchanged(INPUTS)


@check(
    points=4,
    parts=("running_mean", "running_var", "another momentum"),
    demands=("settings unchanged", "stored arrays unchanged", FLOAT32),
    tests=("batchnorm_forward",),
    cases=(
        {"n": 6, "d": 3, "momentum": None},
        {"n": 4, "d": 5, "momentum": 0.6},
        {"n": 2, "d": 1, "momentum": 0.3},
        {"n": 3, "d": 2, "momentum": 0.0},
    ),
)
def running_statistics(trial: Trial, *, n: int, d: int, momentum: float | None) -> Findings:
    """Training calls of `batchnorm_forward` move both running statistics towards the batch's, and store them."""
    gamma, beta = draw_gamma(trial.draw, d), trial.draw.normal(d)
    bn_param = train() if momentum is None else train(momentum=momentum)
    keep_share = 0.9 if momentum is None else momentum
    stored = trial.student.put(dict(bn_param))
    running = {"running_mean": np.zeros(d), "running_var": np.zeros(d)}
    own_running = {"running_mean": np.zeros(d), "running_var": np.zeros(d)}
    keys = (*bn_param, *running)
    for call in ("first", "second", "third"):
        x = draw_inputs(trial.draw, n, d)
        own = normalized_by(trial.student.batchnorm_forward, x, train(), 0)
        right = {"running_mean": x.mean(axis=0), "running_var": x.var(axis=0)}
        mine = dict(right)
        if own is not None:
            mine = {"running_mean": own.mean[0], "running_var": own.inverse_std[0] ** -2 - 1e-5}
        running = {name: keep_share * running[name] + (1 - keep_share) * right[name] for name in running}
        own_running = {
            name: keep_share * own_running[name] + (1 - keep_share) * mine[name] for name in running
        }

        out, _ = trial.student.batchnorm_forward(x, gamma, beta, stored)
        if out is None:  # nothing is written: no mistake of the statistics is one then
            raise StudentError(
                "ValueError", "batchnorm_forward gives no output in training: write that first"
            )
        after, others = _stored_settings(
            trial.student.fetch(stored), keys, f"bn_param after the {call} training call"
        )
        for name in running:
            label = f"{name} after the {call} training call"
            wants = [running[name], own_running[name]]
            scale = float(np.square(x).max())
            part = name if momentum is None else "another momentum"
            yield from close_to_any(label, after[name], wants, part=part, scale=scale, sizes={"N": n})
        fitting = {name: without_extra_axes(after[name], (d,)) for name in running}
        if any(fitting[name] is not after[name] for name in running):
            # The next call, which would stop at the axis too many, is judged as if it were not there.
            stored = trial.student.put({**after, **fitting})
        if others and n == WHOLE:
            message = (
                f"a training call stores the running statistics only, but {others} came into bn_param, too"
            )
            yield claim("settings unchanged", "other entries", False, message, expected=(), actual=others)
        for key, value in bn_param.items() if n == WHOLE else ():
            message = (
                f"bn_param[{key!r}] must stay {value!r}: a training call stores the running statistics only"
            )
            same = is_same(after[key], value)
            yield claim("settings unchanged", key, same, message, expected=value, actual=after[key])
    if n == WHOLE:
        yield from _stored_anew(trial.student, x, gamma, beta)


def _stored_settings(value: Any, keys: tuple[str, ...], what: str) -> tuple[dict[str, Any], str]:
    """Return the entries that ``bn_param`` must have, and the names of any others, which are a matter of their own."""
    others = [key for key in value if key not in keys] if isinstance(value, dict) else []
    kept = {key: entry for key, entry in value.items() if key in keys} if others else value
    return dict_with_keys(kept, keys, what), ", ".join(map(repr, others[:5]))


def _stored_anew(student: Library, x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> Findings:
    """Yield whether new arrays were stored, and in the dtype of ``x``."""
    d = len(gamma)
    old = {"running_mean": np.ones(d), "running_var": np.full(d, 2.0)}
    kept = keep(student, **old)
    student.batchnorm_forward(x, gamma, beta, train(**kept.handles))
    for name in old:
        message = f"the array stored as {name} was overwritten: store a new array instead"
        yield unchanged(
            "stored arrays unchanged", f"the array stored as {name}", kept[name].fetch(), old[name], message
        )
    stored = student.put(train())
    student.batchnorm_forward(*(value.astype(np.float32) for value in (x, gamma, beta)), stored)
    after, _ = _stored_settings(student.fetch(stored), ("mode", *old), "bn_param")
    for name in old:
        yield keeps_dtype(FLOAT32, name, after[name], np.float32)


@check(
    points=2,
    parts=("output",),
    demands=(INPUTS, "bn_param unchanged"),
    tests=("batchnorm_forward",),
    cases=(
        {"n": 6, "d": 4, "eps": None},
        {"n": 5, "d": 3, "eps": 0.4},
        {"n": 8, "d": 2, "eps": None},
        {"n": 3, "d": 1, "eps": None},
        {"n": 1, "d": 4, "eps": 0.4, "demand": ONE_ROW},
    ),
)
def batchnorm_test(trial: Trial, *, n: int, d: int, eps: float | None) -> Findings:
    """In test mode `batchnorm_forward` uses the running statistics instead of the batch's, and does not change them."""
    x, gamma, beta = draw_inputs(trial.draw, n, d), draw_gamma(trial.draw, d), trial.draw.normal(d)
    bn_param: dict[str, Any] = {
        "mode": "test",
        "running_mean": trial.draw.normal(d),
        "running_var": np.array([trial.draw.uniform(0.3, 3.0) for _ in range(d)]),
        **({} if eps is None else {"eps": eps}),
    }
    statistics = {name: bn_param[name] for name in ("running_mean", "running_var")}
    kept, kept_x = keep(trial.student, **statistics), keep(trial.student, x=x)
    stored = trial.student.put({**bn_param, **kept.handles})
    out, _ = trial.student.batchnorm_forward(*kept_x, gamma, beta, stored)
    want, _ = trial.reference.batchnorm_forward(x, gamma, beta, dict(bn_param))
    scale = float(np.abs(gamma).max() * (np.abs(x).max() + 3) / 0.3**0.5)
    if not agree(out, want, scale=scale):
        want = _with_eps_of_training(trial, out, want, (x, gamma, beta), bn_param, scale)
    made_of = _made_of(out, x, gamma, beta, bn_param)
    yield from close({"the output": (out, want)}, part="output", scale=scale, sizes={"N": n}, context=made_of)
    if n != WHOLE:
        return
    yield from kept_x.unchanged(INPUTS)
    after = dict_with_keys(trial.student.fetch(stored), tuple(bn_param), "bn_param after a test call")
    intact = kept.intact()
    for key, value in bn_param.items():
        same = is_same(after[key], value) and (key not in statistics or key in intact)
        message = f"bn_param[{key!r}] has changed: a test call must change nothing"
        yield claim("bn_param unchanged", key, same, message, expected=value, actual=after[key])


_OTHER_EPS = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
"""Numbers that people write in the place of the setting."""


def _made_of(out: Any, x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict[str, Any]) -> str:
    """Say which other formula gives a wrong output of test mode; an empty text if none of them does."""
    mean, var, eps = bn_param["running_mean"], bn_param["running_var"], bn_param.get("eps", 1e-5)
    shifts = {"": x - mean, "without taking off the mean": x, "with the mean added": x + mean}
    scales = {
        "": 1 / np.sqrt(var + eps),
        "without the division by the root of the variance": np.ones_like(var),
        "divided by the variance, not by its root": 1 / (var + eps),
        "multiplied with the root of the variance": np.sqrt(var + eps),
        "with eps outside of the root": 1 / (np.sqrt(var) + eps),
        "without eps": 1 / np.sqrt(var),
        **{f"with {other:g} for eps": 1 / np.sqrt(var + other) for other in _OTHER_EPS},
    }
    ends = {"": (gamma, beta), "without beta": (gamma, 0 * beta), "without gamma": (1 + 0 * gamma, beta)}
    ends["without gamma and beta"] = 1 + 0 * gamma, 0 * beta
    for (one, shift), (two, scale), (three, end) in itertools.product(
        shifts.items(), scales.items(), ends.items()
    ):
        said = [text for text in (one, two, three) if text]
        if 0 < len(said) < 3 and agree(out, end[0] * shift * scale + end[1]):
            return f"it is the right formula {' and '.join(said)}"
    return ""


def _with_eps_of_training(
    trial: Trial,
    out: Any,
    want: np.ndarray,
    given: tuple[np.ndarray, np.ndarray, np.ndarray],
    bn_param: dict[str, Any],
    scale: float,
) -> np.ndarray:
    """Return the output with the number that the training pass has in the place of eps, if that is what ``out`` has.

    The number has cost the points of `batchnorm_train`; both modes go together.
    """
    settings = {name: value for name, value in bn_param.items() if name == "eps"}
    try:
        x = draw_inputs(trial.draw, 6, 4)
        eps = eps_of(trial.student.batchnorm_forward, x, train(**settings), 0)
    except StudentError:
        return want
    if eps is None:
        return want
    theirs, _ = trial.reference.batchnorm_forward(*given, {**bn_param, "eps": eps})
    return theirs if agree(out, theirs, scale=scale) else want


LARGE = 900
"""So many rows that differences of the forward pass, one call for each entry of x, take longer than the limit."""

# --- backward ----------------------------------------------------------------------------------------------------

BACKWARD_CASES = (
    {"n": 6, "d": 4, "eps": 1e-5},
    {"n": 5, "d": 3, "eps": 0.05},
    {"n": 2, "d": 8, "eps": 1e-5},
    {"n": LARGE, "d": 90, "eps": 1e-5},
)
OTHER_SIZES = "dx for other sizes and eps"
GRADIENT_PARTS = ("dx", OTHER_SIZES, "dgamma", "dbeta")
"""dx, which takes most of the work, is two parts."""
DEMANDS = ("dout unchanged", AGAIN)


@check(
    points=6,
    parts=GRADIENT_PARTS,
    demands=DEMANDS,
    cases=(*BACKWARD_CASES, {"n": 1, "d": 4, "eps": 1e-5, "demand": ONE_ROW}),
    borrows=("batchnorm_forward",),
)
def batchnorm_backward(trial: Trial, *, n: int, d: int, eps: float) -> Findings:
    """`batchnorm_backward` gives the gradients of x, gamma and beta; mean and variance depend on x as well."""
    yield from _backward(trial, "batchnorm", "batchnorm_backward", (n, d), eps)


@check(
    points=3,
    parts=GRADIENT_PARTS,
    demands=DEMANDS,
    cases=(*BACKWARD_CASES, {"n": 1, "d": 4, "eps": 1e-5, "demand": ONE_ROW}),
    borrows=("batchnorm_forward",),
)
def batchnorm_backward_alt(trial: Trial, *, n: int, d: int, eps: float) -> Findings:
    """`batchnorm_backward_alt` gives the same gradients in closed form, from the same cache."""
    yield from _backward(trial, "batchnorm", "batchnorm_backward_alt", (n, d), eps)


@check(
    points=3,
    parts=GRADIENT_PARTS,
    demands=DEMANDS,
    cases=(
        *BACKWARD_CASES,
        {"n": 1, "d": 6, "eps": 1e-5, "demand": ONE_ROW},
        {"n": 3, "d": 1, "eps": 1e-5, "demand": ONE_FEATURE},
    ),
    borrows=("layernorm_forward",),
)
def layernorm_backward(trial: Trial, *, n: int, d: int, eps: float) -> Findings:
    """`layernorm_backward` gives the gradients of x, gamma and beta of layer normalization."""
    yield from _backward(trial, "layernorm", "layernorm_backward", (n, d), eps)


def _backward(trial: Trial, kind: str, name: str, shape: tuple[int, int], eps: float) -> Findings:
    (n, d), axis = shape, 0 if kind == "batchnorm" else 1
    x, gamma, beta = draw_inputs(trial.draw, n, d, axis), draw_gamma(trial.draw, d), trial.draw.normal(d)
    param = {**(train() if kind == "batchnorm" else {}), "eps": eps}
    forward, right = (getattr(lib, f"{kind}_forward") for lib in trial.libraries)
    own = normalized_by(forward, x, param, axis)
    if shape[axis] == 1:
        alone, _ = forward(x, np.ones(d), np.zeros(d), dict(param))
        if not _all_zero(alone):  # as above
            yield claim("dx", "a single number", True, "", expected="not judged", actual="not judged")
            return
    _, cache = forward(x, gamma, beta, dict(param))
    _, right_cache = right(x, gamma, beta, dict(param))
    # A cache belongs to its own forward pass, whatever is normalized in between, and serves more than once.
    forward(draw_inputs(trial.draw, n, d, axis), draw_gamma(trial.draw, d), beta, dict(param))
    slope = float((1 / np.sqrt(x.var(axis=axis) + eps)).max())
    dout = trial.draw.normal(n, d)
    kept = keep(trial.student, dout=dout)
    got = unpack(trial.student.call(name, (*kept, cache)), GRADIENTS, name)
    wants = [getattr(trial.reference, f"{kind}_backward")(dout, right_cache)]
    if own is not None:
        # Another divisor than N, or eps at another place, is right only where the forward pass has it, too.
        right_std = np.sqrt(x.var(axis=axis, keepdims=True) + eps)
        divisors = (0,) if np.allclose(own.inverse_std * right_std, 1, rtol=1e-7, atol=0) else (0, 1)
        degrees: list[int | np.ndarray] = [shape[axis] - less for less in divisors]
        if len(divisors) > 1:
            degrees.append(shape[axis] * own.inverse_std * x.std(axis=axis, keepdims=True))
        wants += [gradients(dout, gamma, own, divisor) for divisor in degrees]
    elif (elsewhere := normalized_elsewhere(forward, x, param, axis)) is not None:
        together = x.size if elsewhere.axis is None else shape[elsewhere.axis]
        wants.append(gradients(dout, gamma, elsewhere, together))
    scales = (
        slope * float(np.abs(dout * gamma).max()),
        float(np.abs(dout).max() * condition(x, axis, eps)),
        1.0,
    )
    for i, part in enumerate(GRADIENTS):
        values = [want[i] for want in wants]
        of = {WHOLE: ("dx",), LARGE: ("dx", OTHER_SIZES)}.get(n, (OTHER_SIZES,)) if part == "dx" else (part,)
        for where in of:
            sizes = {"N": n, "D": d}
            yield from close_to_any(part, got[i], values, part=where, scale=scales[i], sizes=sizes)
    if n == WHOLE:
        yield from kept.unchanged("dout unchanged")
        again = unpack(trial.student.call(name, (dout, cache)), GRADIENTS, name)
        for part, first, second in zip(GRADIENTS, got, again, strict=True):
            pair = {f"{part} of a second call with the same cache": (second, first)}
            yield from close(pair, part=AGAIN, rtol=1e-9)


def _all_zero(out: Any) -> bool:
    """Whether a forward pass gave 0 to numbers that are all equal to their mean."""
    return is_array(out) and bool((np.abs(out) < 1e-6).all())


CHECKS = (
    batchnorm_train,
    running_statistics,
    batchnorm_test,
    batchnorm_backward,
    batchnorm_backward_alt,
    layernorm_forward,
    layernorm_backward,
)
