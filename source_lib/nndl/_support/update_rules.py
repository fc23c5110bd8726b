"""What the update rules of :mod:`nndl.optim` share: the registry, and the check of their arguments."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import numpy as np

from .validate import check_array, check_number

Config = dict[str, Any]
Rule = Callable[..., tuple[np.ndarray, Config]]

#: Every registered rule by its name.
UPDATE_RULES: dict[str, Rule] = {}


def register(rule: Rule) -> Rule:
    """Make ``rule`` known under its function name; usable as a decorator.

    Examples
    --------
    >>> @register
    ... def sign_descent(w, dw, config=None):
    ...     config = {} if config is None else config
    ...     config.setdefault("learning_rate", 1e-3)
    ...     return w - config["learning_rate"] * np.sign(dw), config
    """
    UPDATE_RULES[rule.__name__] = rule
    return rule


def get_rule(name: str) -> Rule:
    """Return the registered rule called ``name``.

    Raises
    ------
    ValueError
        If there is none; the message lists those that exist.
    """
    if not isinstance(name, str) or name not in UPDATE_RULES:
        raise ValueError(f"update_rule must be one of {', '.join(sorted(UPDATE_RULES))}, but got {name!r}")
    return UPDATE_RULES[name]


# Hyperparameters that must stay below 1: they weigh the past in a running average or a velocity, which would
# never forget at 1 (and would make Adam's correction divide by zero).
_BELOW_ONE = frozenset({"momentum", "decay_rate", "beta1", "beta2"})


def prepare(
    w: np.ndarray,
    dw: np.ndarray,
    config: Config | None,
    state: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    **defaults: float,
) -> Config:
    """Check the arguments of a rule and return its config with the defaults filled in, zeros for ``state``.

    Until the config is complete, that is on the first step, a key that is none of these and not in ``also`` is an
    error; a key that the rule itself has stored since is its own affair.
    """
    check_array("w", w, kinds="f")
    check_array("dw", dw, shape=w.shape)
    if config is None:
        config = {}
    elif not isinstance(config, dict):
        raise TypeError(f"config must be a dict or None, but got {type(config).__name__}")
    if not state or any(name not in config for name in (*state, *defaults)):
        _check_keys(config, [*defaults, *state], also)
    for name, default in defaults.items():
        config.setdefault(name, default)
        # a Python float: an np.float64, as np.logspace gives, would turn float32 parameters into float64
        config[name] = check_number(f"config[{name!r}]", config[name], minimum=0)
        if name in _BELOW_ONE and config[name] >= 1:
            raise ValueError(f"config[{name!r}] must be below 1, but got {config[name]!r}")
    for name in state:
        if name not in config:
            config[name] = np.zeros_like(w)
        elif np.shape(config[name]) != w.shape:
            raise ValueError(
                f"config[{name!r}] must have the shape of w, {w.shape}, but its shape is "
                f"{np.shape(config[name])}: is one config used for two parameters?"
            )
    return config


def _check_keys(config: Config, known: list[str], also: tuple[str, ...]) -> None:
    """Raise ``ValueError`` if the config has a key that the rule does not know, and say which one may be meant."""
    for key in config:
        if key in known or key in also:
            continue
        close = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
        advice = f"; did you mean {close[0]!r}?" if close else ""
        if key == "a" and {"cache", "m"} & set(known):
            advice = (
                "; in notebooks of C147, 'a' is the mean square ('cache' of rmsprop, 'v' of adam) and adam's 'v' is "
                "the first moment ('m'): nndl.compat.install(\"c147\") reads its keys so"
            )
        raise ValueError(f"config has the key {key!r}, but this rule knows {', '.join(known)}{advice}")
