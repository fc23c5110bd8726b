"""Visible checks of the update rules of the milestone fc_net."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import optim  # looked up through the module, so that a reloaded function is the one that is checked
from ..shared.common import Results, copies, unchanged, wrong_results
from ..shared.known_mistakes import compare, evidence, evidence_of
from .layers import progress

_FILE = "nndl/optim.py"


def _steps(
    rule: str, gradients: list[float], config: dict[str, Any]
) -> tuple[list[float], dict[str, Any], Results]:
    """Take steps from w = 1 with the given gradients; return where w was, the config and what went wrong."""
    w, path, problems = np.array([1.0]), [], []
    for gradient in gradients:
        dw = np.array([float(gradient)])
        before = copies({}, w=w, dw=dw)
        result = getattr(optim, rule)(w, dw, config)
        if not isinstance(result, tuple) or len(result) != 2:
            raise wrong_results(rule, "the two values next_w, config", result)
        problems += list(unchanged(before, {"w": w, "dw": dw}))
        if result[1] is not config:
            problems.append(f"{rule} must return the very dict that was passed, with its entries renewed")
        w = np.asarray(result[0])
        if w.shape != (1,):
            raise ValueError(f"next_w must have the shape of w, but {w.shape} came for (1,)")
        path.append(float(w[0]))
    return path, config, iter(dict.fromkeys(problems))


def _compare(path: list[float], known: list[float], rtol: float = 1e-9) -> Results:
    """Compare step by step: the first wrong one tells most."""
    for step, (got, want) in enumerate(zip(path, known, strict=True), 1):
        problem = compare(got, want, f"w after step {step} of the table in the notebook", rtol=rtol)
        if problem:
            evidence("all steps", np.array(path) - 1)
            yield problem
            return


def _stored(config: dict[str, Any], known: dict[str, float]) -> Results:
    for name, want in known.items():
        got = np.ravel(config.get(name, np.nan))
        yield compare(float(got[0]), want, f"config[{name!r}] after the last step", rtol=1e-9)


def _with_small_gradients(rule: str, settings: dict[str, Any]) -> None:
    """Take steps in which it matters where a small number stands, and which: beside gradients of 1 it does not."""
    own = {key: value for key, value in settings.items() if key not in ("cache", "m", "v", "t")}
    with np.errstate(all="ignore"):
        evidence_of("small gradients", lambda: np.array(_steps(rule, [0.0, 1e-4], own)[0]) - 1)


@progress.check(points=2, where=f"`sgd_momentum` in {_FILE}")
def sgd_momentum() -> Results:
    """Follow three steps from w = 1 with the gradients 1, 1 and -2."""
    path, config, problems = _steps("sgd_momentum", [1, 1, -2], {"learning_rate": 0.1, "momentum": 0.5})
    yield from _compare(path, [0.9, 0.75, 0.875])
    yield from _stored(config, {"velocity": 0.125})
    path, _, _ = _steps("sgd_momentum", [1, 1], {"learning_rate": 0.1, "momentum": 0.75})
    yield compare(
        path[-1], 0.725, "w after two steps with momentum 0.75 and the gradients 1 and 1", rtol=1e-9
    )
    yield from problems


@progress.check(points=2, where=f"`rmsprop` in {_FILE}")
def rmsprop() -> Results:
    """Follow three steps from w = 1 with the gradients 4, 2 and 0, and a large epsilon."""
    settings = {"learning_rate": 0.1, "decay_rate": 0.75, "epsilon": 1.0}
    path, config, problems = _steps("rmsprop", [4, 2, 0], dict(settings))
    first = 1 - 0.1 * 4 / (2 + 1)
    yield from _compare(path, [first, 0.8, 0.8])
    _with_small_gradients("rmsprop", settings)
    yield from _stored(config, {"cache": 3.0})
    path, _, _ = _steps("rmsprop", [0], dict(settings))
    yield compare(path[-1], 1.0, "w after a first step with the gradient 0")
    yield from problems


@progress.check(points=3, where=f"`adam` in {_FILE}")
def adam() -> Results:
    """Follow three steps from w = 1 with the gradients 2, 2 and -1, and a large epsilon."""
    settings = {"learning_rate": 0.1, "beta1": 0.5, "beta2": 0.75, "epsilon": 1.0}
    path, config, problems = _steps("adam", [2, 2, -1], settings)
    # After equal gradients the corrected averages are the gradient and its square, whatever the betas are.
    first = 1 - 0.1 * 2 / (2 + 1)
    second = first - 0.1 * 2 / (2 + 1)
    m, v = 0.25, 0.75 * 1.75 + 0.25
    third = second - 0.1 * (m / 0.875) / (math.sqrt(v / (1 - 0.75**3)) + 1)
    yield from _compare(path, [first, second, third])
    _with_small_gradients("adam", settings)
    yield from _stored(config, {"m": m, "v": v, "t": 3})
    # with other betas: 0.5 is 1 - 0.5
    path, _, _ = _steps("adam", [2, 0], {"learning_rate": 0.1, "beta1": 0.75, "beta2": 0.5, "epsilon": 1.0})
    want = first - 0.1 * (0.375 / 0.4375) / (math.sqrt(1 / 0.75) + 1)
    yield compare(
        path[-1], want, "w after two steps with betas 0.75 and 0.5 and the gradients 2 and 0", rtol=1e-9
    )
    yield from problems
