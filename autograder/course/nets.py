"""What the checks of several milestones share: nets with ``params``, their start, their loss and gradients."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Draw, Finding, Findings, Trial
from autograder.judging.compare import (
    claim,
    close,
    dict_with_keys,
    difference,
    is_finite,
    is_number,
    unchanged,
    unpack,
    words,
)
from autograder.library.interface import Library
from nndl.diagnosis import agree

from .drawn_weights import drawn_how

Params = dict[str, np.ndarray]

DRAWN = "drawn"
"""The part without points that says whether initial weights are numbers that differ, beside biases of 0."""


def with_zeros(x: np.ndarray) -> np.ndarray:
    """Return ``x`` with an exact 0, where a ReLU has its kink, in every third place, the first included."""
    x = x.copy()
    x.reshape(-1)[::3] = 0
    return x


# --- asking a net ------------------------------------------------------------------------------------------------


def loss_and_grads(
    net: Any, X: Any, y: Any, names: Sequence[str], **options: Any
) -> tuple[Any, dict[str, Any]]:
    """Return what ``net.loss(X, y)`` gives, once it is a pair of something and a dict with these keys.

    Raises
    ------
    StudentError
        If it is anything else.
    """
    loss, grads = unpack(net.loss(X, y, **options), ("loss", "grads"), "loss(X, y)")
    return loss, dict_with_keys(grads, names, "the second value of loss(X, y), grads,")


def loss_of(net: Any, X: Any, y: Any, **options: Any) -> Any:
    """Return the first of the two values of ``net.loss(X, y)``, whatever the second is."""
    return unpack(net.loss(X, y, **options), ("loss", "grads"), "loss(X, y)")[0]


# --- claims ------------------------------------------------------------------------------------------------------


def same_start(
    trial: Trial,
    make: Callable[[Library, dict[str, Any]], Any],
    names: Sequence[str],
    *,
    also: Mapping[str, Any] | None = None,
    context: str = "",
) -> Findings:
    """Yield whether new nets have the parameters of the reference: parts ``weights`` and ``biases``.

    Biases of 0 are no work on their own. They count beside weights that are drawn, be it otherwise than they should:
    `DRAWN` is the basis. Random numbers in the place of all parameters are no work either.

    Parameters
    ----------
    trial : Trial
    make : callable
        Makes a net of a library with options of its constructor: first none, then another ``weight_scale``.
    names : sequence of str
        The keys of its params; those of weights begin with W.
    also : mapping, optional
        More options of the second net; ``context`` is what the message says of it.
    """
    seed, scale = trial.draw.seed(), trial.draw.uniform(0.2, 0.8)
    second = {"weight_scale": scale, **(also or {})}
    for options, said in (({}, "with the default weight_scale"), (second, context)):
        found = []
        for lib in trial.libraries:
            lib.seed(seed)
            found.append(dict_with_keys(make(lib, options).get("params"), names, "params"))
        got, want = found
        zero = all(agree(got[name], want[name]) for name in names if not name.startswith("W"))
        for name in names:
            part, label = "weights" if name.startswith("W") else "biases", f"params[{name!r}]"
            pair = {label: (got[name], want[name])}
            compared = list(close(pair, part=part, context=said))
            if part == "weights" and not all(finding.passed for finding in compared):
                how = drawn_how(name, got[name], want, names, seed)
                compared = list(close(pair, part=part, context="; ".join(filter(None, (said, how)))))
            yield from compared
            if part == "weights":
                differs = is_finite(got[name], want[name].shape, "f") and (
                    got[name].size == 1 or bool(np.ptp(got[name]) > 0)
                )
                drawn = differs and zero
                message = compared[0].message
                yield claim(DRAWN, label, drawn, message, expected=want[name], actual=got[name])


def penalty_added(penalized: Any, plain: Any, reg: float, params: Params) -> Findings:
    """Yield whether ``reg`` adds half of ``reg`` times the squares of the weights to a loss: part ``penalty``."""
    squares = sum(float((value**2).sum()) for name, value in params.items() if name.startswith("W"))
    got, want = difference(penalized, plain), 0.5 * reg * squares
    context = penalty_made_of(got, reg, params)
    yield from close({"what reg adds to the loss": (got, want)}, part="penalty", rtol=1e-9, context=context)


_OTHER_SUMS: dict[str, Callable[[np.ndarray], float]] = {
    "": lambda w: float((w**2).sum()),
    "{} left out": lambda w: 0.0,
    "{} counted twice": lambda w: 2 * float((w**2).sum()),
    "the sum of {}, not of its squares,": lambda w: float(w.sum()),
    "the sum of the third powers of {}": lambda w: float((w**3).sum()),
    "the mean of the squares of {}": lambda w: float((w**2).mean()),
    "the square of the sum of {}": lambda w: float(w.sum() ** 2),
    "the absolute values of {}": lambda w: float(np.abs(w).sum()),
    "the root of the sum of squares of {}": lambda w: float((w**2).sum() ** 0.5),
    "the root of the sum of the fourth powers of {}": lambda w: float((w**4).sum() ** 0.5),
}
_MOST_WEIGHTS = 3
"""Of more weights, not all ways to sum them are tried."""


@words
def penalty_made_of(got: Any, reg: float, params: Params) -> str:
    """Say how a wrong penalty was summed, as ``"it is that with W2 left out"``; an empty text if that is unclear."""
    weights = {name: value for name, value in params.items() if name.startswith("W")}
    if not is_number(got) or not np.isfinite(float(got)) or not reg or len(weights) > _MOST_WEIGHTS:
        return ""
    total = float(got) / (0.5 * reg)
    if abs(sum(float((w**2).sum()) for w in weights.values()) - total) <= 1e-9 * abs(total):
        return ""
    biases = sum(float((value**2).sum()) for name, value in params.items() if name.startswith("b"))
    ways = itertools.product(_OTHER_SUMS, repeat=len(weights))
    changes = itertools.product((0.0, biases), (1.0, 2.0, 0.5), ways)
    simplest_first = sorted(changes, key=lambda c: bool(c[0]) + (c[1] != 1) + sum(map(bool, c[2])))
    for also, factor, way in simplest_first:
        made = factor * (
            sum(_OTHER_SUMS[how](w) for how, w in zip(way, weights.values(), strict=True)) + also
        )
        if abs(made - total) <= 1e-9 * abs(total):
            parts = [how.format(name) for how, name in zip(way, weights, strict=True) if how]
            parts += ["the squares of the biases added"] if also else []
            parts += {2.0: ["all of it doubled"], 0.5: ["all of it halved"]}.get(factor, [])
            return f"it is that with {' and '.join(parts)}" if parts and total else ""
    return ""


def with_own_penalty(
    got: Mapping[str, Any],
    want: Mapping[str, np.ndarray],
    params: Params,
    reg: float,
    *,
    scale: float,
    loss_at: Callable[[float], Any],
) -> Mapping[str, np.ndarray]:
    """Return what gradients are held against: the right ones, or those of a wrong penalty that is in the loss, too.

    A penalty that is twice as large or takes the biases along is a mistake in the loss, which is judged elsewhere. Its
    gradients differ from the right ones by multiples of the parameters, and these tell how large it is.

    Parameters
    ----------
    got, want : mapping
        The student's gradients and the right ones, ``reg`` times each weight included.
    params, reg
        Of the net.
    scale : float
        As in the comparison of the gradients.
    loss_at : callable
        Gives the student's loss for a strength of the penalty.
    """
    if not reg or all(agree(got[name], right, scale=scale) for name, right in want.items()):
        return want
    theirs, penalty = {}, 0.0
    for name, right in want.items():
        p, plain = params[name], right - reg * params[name] if name.startswith("W") else right
        if not is_finite(got[name], right.shape, "f") or not (p**2).sum():
            return want
        share = float(((got[name] - plain) * p).sum() / (p**2).sum())
        theirs[name] = plain + share * p
        penalty += 0.5 * share * float((p**2).sum())
        if not agree(got[name], theirs[name], scale=scale):
            return want
    try:
        added = difference(loss_at(reg), loss_at(0.0))
    except StudentError:
        return want
    same = is_number(added) and abs(float(added) - penalty) <= 1e-9 * abs(penalty)
    return theirs if same and penalty > 0 else want


def params_unchanged(
    part: str, name: str, after: Any, params: Params, by: str = "loss", only: str = "an update rule"
) -> Finding:
    """Return whether an entry of a net's ``params`` is what it was before the method ``by`` was called."""
    value = after.get(name) if isinstance(after, dict) else None
    message = f"params[{name!r}] was modified by {by}: only {only} may change parameters"
    return unchanged(part, f"params[{name!r}]", value, params[name], message)


# --- fully connected nets ----------------------------------------------------------------------------------------


def names_of(layers: int, normalization: str | None = None) -> tuple[str, ...]:
    """Return the keys of the params of a fully connected net of that many affine layers."""
    names = [f"{kind}{i}" for i in range(1, layers + 1) for kind in "Wb"]
    if normalization is not None:
        names += [f"{word}{i}" for i in range(1, layers) for word in ("gamma", "beta")]
    return tuple(names)


def draw_params(
    draw: Draw,
    dims: Sequence[int],
    *,
    gain: float = 1.0,
    biases: float = 1.0,
    norms: Callable[[Draw, int], tuple[np.ndarray, np.ndarray]] | None = None,
) -> Params:
    """Draw parameters of a fully connected net that keep its numbers near 1.

    Parameters
    ----------
    draw : Draw
    dims : sequence of int
        Sizes from the input to the scores.
    gain : float, default 1.0
        An affine layer with ``n`` inputs has weights of variance ``gain / n``.
    biases : float, default 1.0
        Standard deviation of the biases.
    norms : callable, optional
        Draws gamma and beta of a hidden layer of a given size; no normalization without it.
    """
    params: Params = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(dims), start=1):
        params[f"W{i}"] = draw.normal(inputs, outputs, scale=(gain / inputs) ** 0.5)
        params[f"b{i}"] = draw.normal(outputs, scale=biases)
        if norms is not None and i < len(dims) - 1:
            params[f"gamma{i}"], params[f"beta{i}"] = norms(draw, outputs)
    return params


def fully_connected(lib: Library, params: Params, dtype: str = "float64", **options: Any) -> Any:
    """Make a `FullyConnectedNet` of the library with these parameters."""
    lib.seed(0)  # should a mistake keep the initial weights in use, the same mistake is known by them
    sizes = [value.size for name, value in params.items() if name.startswith("b") and name[1:].isdigit()]
    net = lib.make("FullyConnectedNet", sizes[:-1], params["W1"].shape[0], sizes[-1], dtype=dtype, **options)
    net.set("params", {name: value.astype(dtype) for name, value in params.items()})
    return net
