"""Milestones linear_classifier, nn_modules and two_layer_net."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from nndl.linear_classifier import (
    batch_gradient_descent_func,
    linear_pred,
    stochastic_gradient_descent_func,
)
from nndl.modules import TwoLayerNet as ModularNet
from nndl.neural_net import TwoLayerNet

from .base import Claim, Data, at_least, below, between, experiment, greater, report


@experiment("linear_classifier", "Batch gradient descent on 20 images, 100 steps of 0.1", lesson=True)
def linear_batch_descent(data: Data, seed: int) -> Iterator[Claim]:
    X, Y, _, _ = data.scaled
    rows = slice(20 * seed, 20 * seed + 20)
    _, _, costs, _ = batch_gradient_descent_func(
        X[rows], Y[rows], np.zeros((3072, 10)), np.zeros(10), alpha=0.1, iterations=100
    )
    yield below("final loss", costs[-1], 0.05)


@experiment("linear_classifier", "SGD on 20 images, minibatch 2, 100 steps of 0.1", seeds=(7,))
def linear_sgd(data: Data, seed: int) -> Iterator[Claim]:
    X, Y, _, _ = data.scaled
    _, _, costs, _ = stochastic_gradient_descent_func(
        X[:20], Y[:20], np.zeros((3072, 10)), np.zeros(10), 0.1, 100, mini_batch=2, random_seed=seed
    )
    yield below("final loss", costs[-1], 0.05)


@experiment("linear_classifier", "SGD on 10000 images, minibatch 10, 3000 steps of 0.01", seeds=(7,))
def linear_full_run(data: Data, seed: int) -> Iterator[Claim]:
    X, Y, X_test, Y_test = data.scaled
    W, b, _, _ = stochastic_gradient_descent_func(
        X, Y, np.zeros((3072, 10)), np.zeros(10), 0.01, 3000, mini_batch=10, random_seed=seed, history_every=0
    )
    right = linear_pred(X_test, W, b).argmax(axis=1) == Y_test.argmax(axis=1)
    yield at_least("test accuracy", right.mean(), 0.33)


@experiment("nn_modules", "Two-layer net of 1024 hidden units, 2000 steps of 0.1, minibatch 100")
def modules_two_layer_net(data: Data, seed: int) -> Iterator[Claim]:
    X, Y, X_test, Y_test = data.scaled
    np.random.seed(seed)
    net = ModularNet(3072, 1024, 10, 1e-4)
    for _ in range(2000):
        rows = np.random.choice(len(X), 100)
        net.gradient(X[rows], Y[rows])
        net.update_params(0.1)
    yield at_least("test accuracy", net.accuracy(X_test, Y_test), 0.42)
    yield report("training accuracy", net.accuracy(X, Y))


@experiment("two_layer_net", "Baseline: 1000 steps of 1e-4, 50 hidden units", seeds=(0, 1, 2))
def two_layer_baseline(data: Data, seed: int) -> Iterator[Claim]:
    X, y, X_val, y_val, _, _ = data.rows
    np.random.seed(seed)
    net = TwoLayerNet(3072, 50, 10)
    penalty = 0.5 * 0.25 * sum(float((net.params[name] ** 2).sum()) for name in ("W1", "W2"))
    history = net.train(X, y, X_val, y_val, 1e-4, 0.95, reg=0.25, num_iters=1000, batch_size=200)
    distance = abs(history["loss_history"][0] - math.log(10) - penalty)
    yield below("distance of the first loss from ln 10 + penalty", distance, 1e-3)
    yield between("validation accuracy", (net.predict(X_val) == y_val).mean(), 0.25, 0.31)


@experiment("two_layer_net", "1000 steps of 1e-3 against 1000 of 1e-4", seeds=(0, 1, 2), lesson=True)
def two_layer_step_size(data: Data, seed: int) -> Iterator[Claim]:
    X, y, X_val, y_val, _, _ = data.rows
    reached = {}
    for rate in (1e-3, 1e-4):
        np.random.seed(seed)
        net = TwoLayerNet(3072, 50, 10)
        net.train(X, y, X_val, y_val, rate, 0.95, reg=0.25, num_iters=1000, batch_size=200)
        reached[rate] = float((net.predict(X_val) == y_val).mean())
    yield greater("validation accuracy", ("1e-3", reached[1e-3]), ("1e-4", reached[1e-4]))


@experiment("two_layer_net", "Tuned: 5000 steps of 1e-3, regularization 0.35", seeds=(0, 1))
def two_layer_tuned(data: Data, seed: int) -> Iterator[Claim]:
    X, y, X_val, y_val, X_test, y_test = data.rows
    np.random.seed(seed)
    net = TwoLayerNet(3072, 50, 10)
    net.train(X, y, X_val, y_val, 1e-3, 0.95, reg=0.35, num_iters=5000, batch_size=200)
    yield at_least("validation accuracy", (net.predict(X_val) == y_val).mean(), 0.50)
    yield report("test accuracy", (net.predict(X_test) == y_test).mean())
