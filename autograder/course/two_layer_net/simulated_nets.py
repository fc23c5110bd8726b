"""The nets that a simulated class hands in: one tuned, and one as the first run of the notebook leaves it."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np

from nndl.data_utils import get_flat_CIFAR10_data
from nndl.neural_net import TwoLayerNet


def train(data: str | None) -> Mapping[str, bytes]:
    """Train one net as the notebook's first run does and one as its search ends; return them as stored files.

    Parameters
    ----------
    data : str, optional
        A folder with CIFAR-10, ``"offline"``, or None for ``$NNDL_DATA``.
    """
    X, y, X_val, y_val, *_ = get_flat_CIFAR10_data(num_test=0, root=data, dtype=np.float32)
    nets = {}
    for name, rate, iterations in (("untuned", 1e-4, 1000), ("tuned", 1e-3, 3000)):
        np.random.seed(0)
        net = TwoLayerNet(X.shape[1], 50, 10)
        net.params = {key: value.astype(np.float32) for key, value in net.params.items()}
        net.train(X, y, X_val, y_val, learning_rate=rate, reg=0.3, num_iters=iterations, verbose=False)
        stored = io.BytesIO()
        np.savez(stored, allow_pickle=False, **net.params)
        nets[name] = stored.getvalue()
    return nets
