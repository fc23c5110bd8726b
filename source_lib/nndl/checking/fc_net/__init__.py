"""Visible checks of the milestone fc_net: known numbers and numeric gradients, no solution.

A notebook imports this module as ``check``, calls ``check.adam()`` and shows ``check.progress``.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ... import fc_net
from ..shared.accuracy import AccuracyRule
from ..shared.common import Results
from ..shared.model import LONG_LIMIT
from .layers import (
    affine_backward,
    affine_forward,
    float32_layers,
    progress,
    relu_backward,
    relu_forward,
    softmax_loss,
    svm_loss,
)
from .nets import (
    deep_gradients,
    deep_loss,
    deep_start,
    two_layer_gradients,
    two_layer_loss,
    two_layer_start,
)
from .rules import adam, rmsprop, sgd_momentum
from .stored import layout

__all__ = [
    "ACCURACY",
    "adam",
    "affine_backward",
    "affine_forward",
    "best_fc_net",
    "deep_gradients",
    "deep_loss",
    "deep_start",
    "float32_layers",
    "progress",
    "relu_backward",
    "relu_forward",
    "rmsprop",
    "sgd_momentum",
    "softmax_loss",
    "svm_loss",
    "two_layer_gradients",
    "two_layer_loss",
    "two_layer_start",
]

ACCURACY = AccuracyRule(none=30, full=50)
POINTS = 5


@progress.check(
    points=POINTS,
    where="the search in the notebook, stored as best_fc_net.npz",
    needs=["deep_loss"],
    limit=LONG_LIMIT,
)
def best_fc_net(X: np.ndarray, y: np.ndarray, path: str | os.PathLike[str] = "best_fc_net.npz") -> Results:
    """Rebuild the stored net from its arrays and measure it on images that it was not trained on."""
    if not Path(path).is_file():
        yield f"there is no file {os.fspath(path)}: run the cell that stores your net"
        return
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        form = layout(arrays, int(np.prod(X.shape[1:])), 10)
    except ValueError as error:
        yield f"{os.fspath(path)}: {error}"
        return
    net = fc_net.FullyConnectedNet(
        list(form.hidden_dims), int(np.prod(X.shape[1:])), 10, normalization=form.normalization
    )
    net.params = {name: arrays[name].astype(np.float32) for name in form.params()}
    if form.statistics():
        net.bn_params = [
            {"running_mean": arrays[f"running_mean{i}"], "running_var": arrays[f"running_var{i}"]}
            for i in range(1, len(form.hidden_dims) + 1)
        ]
    right = [np.argmax(net.loss(X[i : i + 500]), axis=1) == y[i : i + 500] for i in range(0, len(X), 500)]
    yield ACCURACY.note(float(np.concatenate(right).mean()), len(y), POINTS)
