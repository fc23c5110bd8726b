"""The checks of the update rules of the milestone fc_net.

Several steps are judged one by one, each from where the student's own steps have led, so that one mistake in what a
rule stores does not make all later parameters wrong.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Draw, Finding, Findings, Trial, check
from autograder.judging.compare import claim, close, is_finite, is_number, keep, unpack
from autograder.library.interface import Library
from nndl.diagnosis import agree

from .checks_layers import FINISHED_MODULES

STATE = {"sgd_momentum": ("velocity",), "rmsprop": ("cache",), "adam": ("m", "v", "t")}
CASES = (
    {"shape": (3, 4), "start": "new config"},
    {"shape": (5,), "start": "given config"},
    {"shape": (2, 3, 2), "start": "given config"},
    {"shape": (4, 2), "start": "new config", "steps": 4},
    {"shape": (601, 521), "start": "large array"},
)
"""The last one has more than 300,000 entries, and no size of a block divides them: see `_judge_large_array`."""
HYPERPARAMETERS = {"learning_rate", "momentum", "decay_rate", "beta1", "beta2", "epsilon"}
PARTS = ("parameters", "state")
COUNT = "count"
"""The part of Adam's check for t, which is counted up without any work on averages."""
DEMANDS = ("inputs unchanged",)


def _draw_config(draw: Draw, rule: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """Draw hyperparameters and a state in the middle of a training, in which every entry matters."""
    config: dict[str, Any] = {"learning_rate": draw.uniform(0.05, 0.3)}
    if rule == "sgd_momentum":
        return config | {"momentum": draw.uniform(0.3, 0.95), "velocity": draw.normal(*shape)}
    config["epsilon"] = draw.uniform(0.01, 0.1)
    if rule == "rmsprop":
        return config | {"decay_rate": draw.uniform(0.3, 0.95), "cache": draw.normal(*shape) ** 2}
    config |= {"beta1": draw.uniform(0.3, 0.7), "beta2": draw.uniform(0.8, 0.95), "t": draw.integer(1, 6)}
    return config | {"m": draw.normal(*shape), "v": draw.normal(*shape) ** 2}


def _usable(config: Any, rule: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return what a rule stored under the contract's names and a further step can begin with: finite numbers.

    Raises
    ------
    StudentError
        If the config is not a dict.
    """
    if not isinstance(config, dict):
        raise StudentError("TypeError", f"{rule} must return (next_w, config) with a dict as config")

    def fits(name: str) -> bool:
        value: Any = config.get(name)
        if name == "t":
            return is_number(value) and not isinstance(value, bool) and math.isfinite(float(value))
        return is_finite(value, shape, "f")

    return {name: config[name] for name in STATE[rule] if fits(name)}


def _missing(config: dict[str, Any], rule: str) -> list[str]:
    """Return the names of the contract under which a rule has stored nothing."""
    return [name for name in STATE[rule] if name not in config]


def _has_own_names(config: dict[str, Any], rule: str) -> bool:
    """Whether a rule stores its state under other names than those of the contract."""
    return bool(_missing(config, rule) and set(config) - HYPERPARAMETERS - set(STATE[rule]))


def _own_velocity(rule: str, config: Any, right: Any) -> str:
    """Say how a velocity differs from the contract's where its steps may be the same ones; empty if it does not.

    With the other sign it is subtracted, without the learning rate it is multiplied by it later. From a velocity of 0
    these make the steps that they should.
    """
    if rule != "sgd_momentum" or not isinstance(config, dict) or not right["velocity"].any():
        return ""
    rate = right["learning_rate"]
    ways = {
        "with the other sign": -1.0,
        "without the learning rate": 1 / rate,
        "without the learning rate and with the other sign": -1 / rate,
    }
    got = config.get("velocity")
    return next((said for said, factor in ways.items() if agree(got, factor * right["velocity"])), "")


def _names_differ(trial: Trial, rule: str) -> Generator[Finding, None, bool]:
    """Yield what a rule stores otherwise, and return whether its state has names of its own, or another meaning.

    What it makes of a state that it is given then says nothing about its step, which is judged from a new config.
    """
    ones = np.ones(2)
    try:
        _, config = unpack(trial.student.call(rule, (ones, ones, {})), ("next_w", "config"), rule)
    except StudentError:  # said by the cases that begin with a new config
        return False
    _, right = trial.reference.call(rule, (ones, ones, {}))
    if how := _own_velocity(rule, config, right):
        message = f"the velocity is kept {how}: one that was stored as the task says cannot be gone on with"
        got, want = config["velocity"], right["velocity"]
        yield claim("state", "config['velocity']", False, message, expected=want, actual=got)
        return True
    if not isinstance(config, dict) or not _has_own_names(config, rule):
        return False
    for name in _missing(config, rule):
        message = _without(name, config, "the config returned")
        yield claim("state", f"config[{name!r}]", False, message, expected="an entry", actual="no such entry")
    return True


def _judge_rule(trial: Trial, rule: str, shape: tuple[int, ...], start: str, steps: int = 1) -> Findings:
    if start != "new config" and (yield from _names_differ(trial, rule)):
        return
    if start == "large array":
        yield from _judge_large_array(trial, rule, shape)
        return
    w = trial.draw.normal(*shape)
    config = _draw_config(trial.draw, rule, shape)
    if start == "new config":
        # Without an average or a velocity, as in the first step of a training.
        config = {name: value for name, value in config.items() if name not in STATE[rule]}
        if steps == 1:
            config = {}  # with the default hyperparameters
    theirs = config
    for step in range(1, steps + 1):
        dw = trial.draw.normal(*shape)
        if start == "new config":
            dw.reshape(-1)[0] = 0  # a gradient of 0 must be harmless, also in the first step
        context = f"in step {step} of a new config" if steps > 1 else _settings(config)
        judged = yield from _judge_step(trial, rule, w, dw, config, theirs, context)
        (next_w, next_config), (want_w, want_config) = judged
        if step == steps:
            return
        # NaN has been told as a wrong step; those after it, and the state, are judged from where the right one leads.
        w = next_w if is_finite(next_w, shape, "f") else want_w
        # What it has not stored under the contract's names counts as missing: the next step is judged by itself.
        state = {name: want_config[name] for name in STATE[rule]}
        is_own = isinstance(next_config, dict) and _has_own_names(next_config, rule)
        is_own = is_own or bool(_own_velocity(rule, next_config, want_config))
        if (
            not is_own
        ):  # else one of the contract's names may hold something else: "v" has two meanings in Adam
            state |= _usable(next_config, rule, shape)
        config = {name: value for name, value in config.items() if name not in STATE[rule]} | state
        theirs = next_config if is_own else config


def _settings(config: dict[str, Any]) -> str:
    """Return the hyperparameters of a config as a student would write them."""
    told = [f"{name} {value:.4g}" for name, value in config.items() if name in HYPERPARAMETERS]
    return ", ".join(told) or "with the default settings"


def _judge_step(
    trial: Trial,
    rule: str,
    w: np.ndarray,
    dw: np.ndarray,
    config: dict[str, Any],
    theirs: dict[str, Any],
    context: str,
) -> Generator[Finding, None, tuple[tuple[Any, Any], tuple[Any, Any]]]:
    """Yield findings about one step; return what the student's rule gave, and the right one.

    ``theirs`` is the config for the student's rule.
    """
    kept, kept_config = keep(trial.student, w=w, dw=dw), trial.student.put(theirs)
    answer = trial.student.call(rule, (*kept, kept_config))
    got_w, got_config = unpack(answer, ("next_w", "config"), rule)
    want_w, want_config = trial.reference.call(rule, (w, dw, config))
    yield from close({"next_w": (got_w, want_w)}, part="parameters", context=context)
    yield from kept.unchanged("inputs unchanged")
    passed = kept_config.fetch()
    for name in STATE[rule]:
        for place, found in (("returned", got_config), ("that was passed", passed)):
            part, label, want = COUNT if name == "t" else "state", f"config[{name!r}]", want_config[name]
            if isinstance(found, dict) and name not in found:
                message = _without(name, found, f"the config {place}")
                yield claim(part, label, False, message, expected=want, actual="no such entry")
                continue
            value = found[name] if isinstance(found, dict) else None
            where = ", ".join(filter(None, (f"in the config {place}", context)))
            yield from close({label: (value, want)}, part=part, context=where)
    return (got_w, got_config), (want_w, want_config)


def _without(name: str, config: dict[str, Any], which: str) -> str:
    """Say that an entry is missing, and which of the student's own are there instead."""
    keys = [repr(key)[:40] for key in config][:10]
    there = ", ".join(keys) if keys else "nothing"
    return f"{which} has no entry {name!r}, where the next step looks for it; it holds {there}"


def _judge_large_array(trial: Trial, rule: str, shape: tuple[int, ...]) -> Findings:
    """Yield whether a rule treats all of a large array alike, where one that goes through it in blocks may not.

    Of every array one column crosses, which is repeated in the library's process; of the state the sums of the rows
    come back.
    """
    rows, columns = shape
    config = _draw_config(trial.draw, rule, (rows, 1))
    w, dw = trial.draw.normal(rows, 1), trial.draw.normal(rows, 1)

    def step(lib: Library) -> dict[str, Any]:
        def whole(value: Any) -> Any:
            is_column = isinstance(value, np.ndarray)
            return lib.put(value).call("repeat", (columns, 1), result="handle") if is_column else value

        given = lib.put({name: whole(value) for name, value in config.items()})
        next_w, after = lib.call(rule, (whole(w), whole(dw), given), result="pair")
        found = {"next_w": next_w}
        for name in STATE[rule]:
            value = after.call("get", (name,), result="handle")
            found[name] = value.fetch() if name == "t" else value.call("sum", (1,))
        return found

    got, want = (step(lib) for lib in trial.libraries)
    context = f"for an array of {rows} x {columns} entries"
    yield from close({"next_w": (got["next_w"], want["next_w"])}, part="parameters", context=context)
    for name in STATE[rule]:
        label = f"config[{name!r}]" if name == "t" else f"config[{name!r}], summed along its rows,"
        part = COUNT if name == "t" else "state"
        yield from close({label: (got[name], want[name])}, part=part, rtol=1e-9, context=context)


@check(points=2, parts=PARTS, demands=DEMANDS, cases=CASES, forbidden=FINISHED_MODULES)
def sgd_momentum(trial: Trial, *, shape: tuple[int, ...], start: str, steps: int = 1) -> Findings:
    """`sgd_momentum` moves w by a velocity, which it keeps in the config."""
    yield from _judge_rule(trial, "sgd_momentum", shape, start, steps)


@check(points=2, parts=PARTS, demands=DEMANDS, cases=CASES, forbidden=FINISHED_MODULES)
def rmsprop(trial: Trial, *, shape: tuple[int, ...], start: str, steps: int = 1) -> Findings:
    """`rmsprop` divides the gradient by the root of a running average of its squares, kept in the config."""
    yield from _judge_rule(trial, "rmsprop", shape, start, steps)


@check(
    points=3,
    parts=(*PARTS, COUNT),
    demands=DEMANDS,
    basis=PARTS,
    cases=CASES,
    forbidden=FINISHED_MODULES,
)
def adam(trial: Trial, *, shape: tuple[int, ...], start: str, steps: int = 1) -> Findings:
    """`adam` uses running averages of gradient and square, both corrected for their start at 0."""
    yield from _judge_rule(trial, "adam", shape, start, steps)


CHECKS = (sgd_momentum, rmsprop, adam)
