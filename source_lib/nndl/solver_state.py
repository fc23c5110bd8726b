"""What of a solver, its network and its data a checkpoint keeps, and how it is put back."""

from __future__ import annotations

import copy
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .solver import Solver

_SETTINGS = (
    "update_rule",
    "optim_config",
    "lr_decay",
    "batch_size",
    "num_epochs",
    "num_train_samples",
    "num_val_samples",
    "print_every",
    "verbose",
)
_PROGRESS = (
    "epoch",
    "best_val_acc",
    "best_params",
    "loss_history",
    "train_acc_history",
    "val_acc_history",
    "optim_configs",
)


def capture(solver: Solver) -> dict[str, Any]:
    """Return all that :meth:`nndl.solver.Solver.resume` needs, as nested plain data and arrays."""
    data = {
        "X_train": solver.X_train,
        "y_train": solver.y_train,
        "X_val": solver.X_val,
        "y_val": solver.y_val,
    }
    settings = {name: getattr(solver, name) for name in _SETTINGS}
    settings["checkpoint_name"] = None if solver.checkpoint_name is None else str(solver.checkpoint_name)
    progress = {name: getattr(solver, name) for name in _PROGRESS}
    progress |= {
        "iteration": solver._iteration,
        "params": dict(solver.model.params),
        "norm_statistics": norm_statistics(solver.model),
        "best_norm_statistics": solver._best_norm_statistics,
        "random_state": np.random.get_state(legacy=False),
    }
    return {"made_for": describe(solver.model, data), "settings": settings, "progress": progress}


def restore(solver: Solver, progress: dict[str, Any]) -> None:
    """Bring a fresh solver and its model to the point where ``progress`` was captured."""
    for name in _PROGRESS:
        setattr(solver, name, progress[name])
    solver._resume_after = progress["iteration"]
    solver._rng_state = progress["random_state"]
    solver._best_norm_statistics = progress["best_norm_statistics"]
    solver.model.params.update(progress["params"])
    put_norm_statistics(solver.model, progress["norm_statistics"])


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


def describe(model: Any, data: dict[str, np.ndarray]) -> dict[str, Any]:
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


def check_same(then: dict[str, Any], now: dict[str, Any]) -> None:
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
