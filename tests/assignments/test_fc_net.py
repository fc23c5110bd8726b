"""What is special to the notebook of the fully connected nets: its worked examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nndl.fc_net import FullyConnectedNet
from nndl.layers import affine_backward, affine_forward, relu_forward, softmax_loss
from nndl.optim import adam, rmsprop, sgd_momentum

from .notebooks import cell, load


def test_affine_example():
    x, w = np.array([[[1.0, 2.0], [3.0, 4.0]]]), np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, -1.0]])
    out, cache = affine_forward(x, w, np.array([0.5, -0.5]))
    dx, dw, db = affine_backward(np.array([[1.0, -1.0]]), cache)
    np.testing.assert_allclose(out, [[7.5, -2.5]])
    np.testing.assert_allclose(dx, [[[1, -1], [2, 1]]])
    np.testing.assert_allclose(dw, [[1, -1], [2, -2], [3, -3], [4, -4]])
    np.testing.assert_allclose(db, [1, -1])


def test_loss_example():
    loss, dx = softmax_loss(np.array([[0.0, np.log(3)]]), np.array([1]))
    assert loss == pytest.approx(0.2877, abs=5e-5)
    np.testing.assert_allclose(dx, [[0.25, -0.25]])


def test_example_of_a_deep_net():
    params = {
        "W1": np.array([[1.0, 0.5], [-1.0, 0.5]]), "b1": np.array([0.0, -0.5]),
        "W2": np.array([[1.0, 1.0], [2.0, -1.0]]), "b2": np.array([2.0, 0.0]),
        "W3": np.array([[1.0, -1.0], [5.0, 5.0]]), "b3": np.array([0.0, -1.0]),
    }  # fmt: skip
    out, told = np.array([[1.0, 2.0]]), {1: ([-1, 1], [0, 1]), 2: ([4, -1], [4, 0])}
    for i, (affine, relu) in told.items():
        out, _ = affine_forward(out, params[f"W{i}"], params[f"b{i}"])
        np.testing.assert_allclose(out, [affine])
        out, _ = relu_forward(out)
        np.testing.assert_allclose(out, [relu])
    net = FullyConnectedNet([2, 2], 2, 2, dtype=np.float64)
    net.params = params
    np.testing.assert_allclose(net.loss(np.array([[1.0, 2.0]])), [[4, -5]])
    _, grads = net.loss(np.array([[1.0, 2.0]]), np.array([0]))
    assert not grads["W3"][1].any(), "the entries 5 play no part"


def test_examples_of_update_rules():
    text = cell(load("fc_net"), "better_ways_downhill").source
    for rule, gradients, settings, told in (
        (sgd_momentum, (1, 1, -2), {"momentum": 0.5}, {"velocity": (-0.1, -0.15, 0.125), "w": (0.9, 0.75, 0.875)}),
        (rmsprop, (4, 2, 0), {"decay_rate": 0.75, "epsilon": 1.0}, {"cache": (4, 4, 3), "w": (0.8667, 0.8, 0.8)}),
        (adam, (2, 2, -1), {"beta1": 0.5, "beta2": 0.75, "epsilon": 1.0},
         {"m": (1, 1.5, 0.25), "v": (1, 1.75, 1.5625), "w": (0.9333, 0.8667, 0.8559)}),
    ):  # fmt: skip
        w, config = np.array([1.0]), {"learning_rate": 0.1, **settings}
        for step, gradient in enumerate(gradients):
            w, config = rule(w, np.array([float(gradient)]), config)
            found: dict[str, Any] = {**config, "w": w}
            for name, values in told.items():
                assert found[name][0] == pytest.approx(values[step], abs=5e-5)
                assert f"{values[step]:.4g}".replace("-", "−") in text
    assert pytest.approx(0.2857, abs=5e-5) == 0.25 / 0.875
    assert pytest.approx(2.7027, abs=5e-5) == 1.5625 / (1 - 0.75**3)
