"""Training a convolutional network leaves the cores to the threads of the compiled layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from nndl import fast_layers
from nndl.cnn import ThreeLayerConvNet
from nndl.fast import threads
from nndl.fc_net import TwoLayerNet
from nndl.solver import Solver

kernels = pytest.mark.skipif(fast_layers.backend() != "cython", reason="the kernels are not built")


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def threads_while_training(net: Any, size: tuple[int, ...]) -> set[int]:
    seen = set()
    plain_loss = net.loss

    def loss(X: np.ndarray, y: np.ndarray | None = None) -> Any:
        seen.update(blas_threads())
        return plain_loss(X, y)

    net.loss = loss
    X, y = np.random.default_rng(0).normal(size=(4, *size)), np.arange(4)
    data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
    Solver(net, data, num_epochs=1, batch_size=4, verbose=False).train()
    return seen


@pytest.fixture(autouse=True)
def two_threads() -> Any:
    with threadpool_limits(2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("NumPy's matrix products have no threads to set here")
        yield


@kernels
def test_products_of_a_convolutional_net_have_one_thread_while_it_is_trained() -> None:
    net = ThreeLayerConvNet((1, 4, 4), 2, 3, 3)
    assert threads_while_training(net, (1, 4, 4)) == {1}
    assert blas_threads() == {2}


def test_other_nets_keep_their_threads() -> None:
    assert threads_while_training(TwoLayerNet(6, 3, 10), (6,)) == {2}


def test_without_the_kernels_products_keep_their_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "cython_layers", None)
    assert threads_while_training(ThreeLayerConvNet((1, 4, 4), 2, 3, 3), (1, 4, 4)) == {2}
