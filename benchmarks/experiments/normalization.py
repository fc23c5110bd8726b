"""Milestone batchnorm."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nndl.fc_net import FullyConnectedNet
from nndl.solver import Solver

from .base import Claim, Data, above, below, experiment, greater
from .fully_connected import train


def deep_run(
    data: Data,
    seed: int,
    normalization: str | None,
    depth: int,
    width: int,
    scale: float,
    rate: float,
    batch: int,
) -> Solver:
    np.random.seed(seed)
    net = FullyConnectedNet([width] * depth, normalization=normalization, weight_scale=scale)
    return train(net, data.subset(1000), "adam", rate, num_epochs=10, batch_size=batch)


@experiment(
    "batchnorm", "Six-layer net on 1000 images with and without batchnorm", seeds=(231, 0, 1), lesson=True
)
def batchnorm_deep_net(data: Data, seed: int) -> Iterator[Claim]:
    runs = {kind: deep_run(data, seed, kind, 5, 100, 2e-2, 1e-3, 50) for kind in ("batchnorm", None)}
    for epoch in (3, 10):
        with_norm, without = (run.train_acc_history[epoch] for run in runs.values())
        yield greater(f"training accuracy at epoch {epoch}", ("batchnorm", with_norm), ("none", without))


@experiment("batchnorm", "Eight-layer nets at 20 initial scales from 1e-4 to 1", seeds=(231,), lesson=True)
def batchnorm_initial_scale(data: Data, seed: int) -> Iterator[Claim]:
    scales = np.logspace(-4, 0, 20)
    with np.errstate(over="ignore", invalid="ignore"):
        normed = [deep_run(data, seed, "batchnorm", 7, 50, s, 1e-3, 50) for s in scales]
        plain = [deep_run(data, seed, None, 7, 50, s, 1e-3, 50) for s in scales]
    best_normed = [max(run.train_acc_history) for run in normed]
    best_plain = [max(run.train_acc_history) for run in plain]
    yield above("with batchnorm: best training accuracy at the worst scale", min(best_normed), 0.20)
    small = [best for best, scale in zip(best_plain, scales, strict=True) if scale < 1e-2]
    yield below("without: best training accuracy at the worst scale under 0.01", min(small), 0.25)
    last_loss = float(np.mean(plain[-1].loss_history[-100:]))
    yield above("without: mean of the last 100 losses at scale 1", last_loss, 10)


@experiment(
    "batchnorm", "Batch sizes 5 and 50, batch and layer normalization", seeds=(231, 0, 1), lesson=True
)
def batchnorm_batch_size(data: Data, seed: int) -> Iterator[Claim]:
    gaps = {}
    for kind in ("batchnorm", "layernorm"):
        small, large = (
            max(deep_run(data, seed, kind, 5, 100, 2e-2, 10**-3.5, batch).train_acc_history)
            for batch in (5, 50)
        )
        gaps[kind] = large - small
        if kind == "batchnorm":
            yield greater("batchnorm: best training accuracy", ("batch 50", large), ("batch 5", small))
    first, second = (("batchnorm", gaps["batchnorm"]), ("layernorm", gaps["layernorm"]))
    yield greater("gap in best training accuracy between batch sizes 50 and 5", first, second)
