"""Checks of the arguments of normalization and dropout, and the settings with their defaults filled in."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._support.validate import (
    check_array,
    check_choice,
    check_dict,
    check_integer,
    check_key,
    check_number,
)


class BatchnormSettings(NamedTuple):
    """What ``bn_param`` says."""

    mode: str
    eps: float
    momentum: float
    running_mean: np.ndarray
    running_var: np.ndarray


class DropoutSettings(NamedTuple):
    """What ``dropout_param`` says."""

    p: float
    mode: str
    seed: int | None


def batchnorm_settings(x: Any, gamma: Any, beta: Any, bn_param: Any) -> BatchnormSettings:
    """Check the arguments of batch normalization; see ``batchnorm_forward`` for the rules and errors."""
    check_array("x", x, ndim=2, kinds="f")
    _check_scale_and_shift(gamma, beta, (x.shape[1],))
    mode = _mode("bn_param", bn_param)
    eps = _eps("bn_param", bn_param)
    momentum = check_number("bn_param['momentum']", bn_param.get("momentum", 0.9), minimum=0, maximum=1)
    running_mean, running_var = (_running(key, bn_param, x) for key in ("running_mean", "running_var"))
    if mode == "train" and len(x) == 0:
        raise ValueError(f"x must have at least one row in training mode, but its shape is {x.shape}")
    return BatchnormSettings(mode, eps, momentum, running_mean, running_var)


def layernorm_settings(x: Any, gamma: Any, beta: Any, ln_param: Any) -> float:
    """Check the arguments of ``layernorm_forward`` and return ``eps``."""
    check_array("x", x, ndim=2, kinds="f")
    features = x.shape[1]
    if features == 0:
        raise ValueError(f"x must have at least one feature, but its shape is {x.shape}")
    _check_scale_and_shift(gamma, beta, (features,))
    return _eps("ln_param", ln_param)


def image_sizes(x: Any, gamma: Any, beta: Any) -> tuple[int, int, int, int]:
    """Check the arrays of ``spatial_batchnorm_forward`` and return N, C, H and W."""
    check_array("x", x, ndim=4, kinds="f")
    _check_scale_and_shift(gamma, beta, (x.shape[1],))
    return x.shape


def groupnorm_settings(x: Any, gamma: Any, beta: Any, G: Any, gn_param: Any) -> float:
    """Check the arguments of ``spatial_groupnorm_forward`` and return ``eps``."""
    check_array("x", x, ndim=4, kinds="f")
    _, channels, height, width = x.shape
    if channels * height * width == 0:
        raise ValueError(f"x must have at least one entry per image, but its shape is {x.shape}")
    _check_scale_and_shift(gamma, beta, (1, channels, 1, 1))
    if channels % check_integer("G", G, minimum=1) != 0:
        raise ValueError(f"G must divide the number of channels, {channels}, but got {G!r}")
    return _eps("gn_param", gn_param)


def dropout_settings(x: Any, dropout_param: Any) -> DropoutSettings:
    """Check the arguments of dropout; see ``dropout_forward`` for the rules and errors."""
    check_array("x", x, kinds="f")
    p = check_number("dropout_param['p']", check_key("dropout_param", dropout_param, "p"), above=0, maximum=1)
    mode = _mode("dropout_param", dropout_param)
    seed = dropout_param.get("seed")
    if seed is not None:
        seed = check_integer("dropout_param['seed']", seed, minimum=0)
    return DropoutSettings(p, mode, seed)


def _check_scale_and_shift(gamma: Any, beta: Any, shape: tuple[int, ...]) -> None:
    check_array("gamma", gamma, shape=shape, kinds="f")
    check_array("beta", beta, shape=shape, kinds="f")


def _mode(name: str, param: Any) -> str:
    return check_choice(f"{name}['mode']", check_key(name, param, "mode"), ("train", "test"))


def _eps(name: str, param: Any) -> float:
    return check_number(f"{name}['eps']", check_dict(name, param).get("eps", 1e-5), minimum=0)


def _running(key: str, bn_param: Any, x: np.ndarray) -> np.ndarray:
    """Return a running statistic in the dtype of ``x``: zeros where there is none yet."""
    features = x.shape[1]
    value = bn_param.get(key, np.zeros(features, dtype=x.dtype))
    return check_array(f"bn_param[{key!r}]", value, shape=(features,)).astype(x.dtype, copy=False)
