"""What a checkpoint says about a network and its data, so that a run is continued on these and no others."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import numpy as np


def norm_statistics(model: Any) -> list[dict[str, Any]]:
    """Copy what the model's batch normalization has gathered: every ``bn_params`` dict but its mode."""
    return [
        {key: copy.deepcopy(value) for key, value in bn_param.items() if key != "mode"}
        for bn_param in getattr(model, "bn_params", ())
    ]


def put_norm_statistics(model: Any, statistics: list[dict[str, Any]]) -> None:
    """Put copies of gathered statistics back into the model; an empty list leaves it alone."""
    if statistics:
        for bn_param, gathered in zip(model.bn_params, statistics, strict=True):
            bn_param.update(copy.deepcopy(gathered))


def fingerprint(model: Any, data: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return what must agree for a run on ``model`` and ``data`` to continue another, as plain data."""
    facts: dict[str, Any] = {
        "model": type(model).__name__,
        "params": {name: f"{w.dtype} {w.shape}" for name, w in model.params.items()},
    }
    for name in ("reg", "normalization"):
        value = getattr(model, name, None)
        facts[name] = value.item() if isinstance(value, np.generic) else value
    dropout_param = getattr(model, "dropout_param", {})
    facts["dropout"] = {key: value for key, value in dropout_param.items() if key != "mode"}
    for name in ("X_train", "y_train", "X_val", "y_val"):
        facts[name] = f"{data[name].dtype} {data[name].shape} {_digest(data[name])}"
    return facts


def refuse_other_run(then: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise ``ValueError`` that names the first fact in which two runs differ."""
    for name, fact in now.items():
        if then.get(name) != fact:
            raise ValueError(
                f"the checkpoint belongs to another run: {name} was {then.get(name)}, but is {fact}"
            )


def _digest(array: np.ndarray) -> str:
    """Digest of some 64 rows spread over the array: all of CIFAR-10 would take seconds at every checkpoint."""
    rows = array[:: max(1, len(array) // 64)]
    return hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()[:16]
