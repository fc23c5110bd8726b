"""``nndl.optim``: RMSProp keeps its state under ``a``, Adam the first moment under ``v`` and the second under ``a``.

A config that already holds ``cache`` or ``m``, this library's names, is taken in this library's names.
"""

import re as _re
from collections.abc import Callable as _Callable
from typing import Any as _Any

import numpy as np

from ... import optim as _library
from ...optim import UPDATE_RULES, adamw, get_rule, nesterov, register, sgd, sgd_momentum

#: C147's names of an update rule's state → this library's.
_STATE = {"rmsprop": {"a": "cache"}, "adam": {"v": "m", "a": "v"}}

_Step = tuple[np.ndarray, dict[str, _Any]]


def sgd_nesterov_momentum(w: np.ndarray, dw: np.ndarray, config: dict[str, _Any] | None = None) -> _Step:
    """As :func:`nndl.optim.nesterov`."""
    return _library.nesterov(w, dw, config)


def rmsprop(w: np.ndarray, dw: np.ndarray, config: dict[str, _Any] | None = None) -> _Step:
    """As :func:`nndl.optim.rmsprop`, with the mean square in ``config["a"]``."""
    return _step(_library.rmsprop, w, dw, config)


def adam(w: np.ndarray, dw: np.ndarray, config: dict[str, _Any] | None = None) -> _Step:
    """As :func:`nndl.optim.adam`, with the first moment in ``config["v"]`` and the second in ``config["a"]``."""
    return _step(_library.adam, w, dw, config)


def _step(
    rule: _Callable[..., _Step], w: np.ndarray, dw: np.ndarray, config: dict[str, _Any] | None
) -> _Step:
    """Take a step with the config's keys translated, and put the results back under the course's keys."""
    names = _STATE[rule.__name__]
    config = {} if config is None else config
    only_ours = set(names.values()) - names.keys()  # `cache`, or `m`
    if only_ours & config.keys():
        return rule(w, dw, config)
    back = {own: course for course, own in names.items()}
    try:
        next_w, state = rule(w, dw, {names.get(key, key): value for key, value in config.items()})
    except (TypeError, ValueError) as error:
        raise type(error)(_renamed(str(error), back)) from None
    config.clear()
    config.update({back.get(key, key): value for key, value in state.items()})
    return next_w, config


def _renamed(message: str, names: dict[str, str]) -> str:
    """Return an error message with the keys of the state, listed or quoted, under other names."""
    keys = "|".join(names)
    return _re.sub(rf"(?<=[ '])({keys})(?=[,;']|$)", lambda found: names[found[1]], message)
