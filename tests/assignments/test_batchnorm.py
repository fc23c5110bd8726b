"""What is special to the notebook of batch and layer normalization: its worked examples."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from nndl import layers
from nndl.checking import batchnorm as visible

from .notebooks import cell, load


def told(name):
    """Return the numbers of a worked table's rows, first cell -> numbers, as the notebook tells them."""
    rows = {}
    for line in cell(load("batchnorm"), name).source.splitlines():
        cells = [part.strip() for part in line.strip("|").split("|")]
        numbers = [re.fullmatch(r"\$(-?[\d.]+)\$", part) for part in cells[1:6]]
        if line.startswith("|") and all(numbers):
            rows[cells[0].strip("$")] = [float(number[1]) for number in numbers]
    return rows


def test_forward_numbers_that_are_told_by_hand():
    table = told("batch_normalization")
    x = np.array(table["x"])[:, None]
    np.testing.assert_allclose(x[:, 0] - x.mean(), table[r"x - \mu"])
    settings = {"mode": "train", "eps": 0.0}
    for row, gamma, beta in ((r"\hat x", 1.0, 0.0), ("y", 3.0, 10.0)):
        out, _ = layers.batchnorm_forward(x, np.array([gamma]), np.array([beta]), dict(settings))
        np.testing.assert_allclose(out[:, 0], table[row])
    assert (x.mean(), x.var()) == (5, 4)


def test_running_numbers_that_are_told_by_hand():
    x = visible.EXAMPLE
    bn_param: dict[str, Any] = {"mode": "train"}
    seen = []
    for _ in range(50):
        layers.batchnorm_forward(x, np.ones(1), np.zeros(1), bn_param)
        seen.append((bn_param["running_mean"][0], bn_param["running_var"][0]))
    np.testing.assert_allclose(seen[:2], [(0.5, 0.4), (0.95, 0.76)])
    assert round(seen[-1][0], 2) == 4.97


def test_backward_numbers_that_are_told_by_hand():
    table = told("backpropagation_step_by_step")
    np.testing.assert_allclose(np.add(table["c$, directly"], table["c$, through $v"]), table["c$, both"])
    for backward in (layers.batchnorm_backward, layers.batchnorm_backward_alt):
        _, cache = layers.batchnorm_forward(
            visible.EXAMPLE, np.array([3.0]), np.array([10.0]), {"mode": "train", "eps": 0.0}
        )
        dx, dgamma, dbeta = backward(np.array([[1.0, 0, 0, 0, 0]]).T, cache)
        np.testing.assert_allclose(dx[:, 0], table["x"], atol=1e-12)
        np.testing.assert_allclose([dgamma[0], dbeta[0]], [-1.5, 1])
    np.testing.assert_allclose(dx, visible.EXAMPLE_DX, atol=1e-12)
    assert abs(sum(table["x"])) < 1e-12
    # c, both, less its mean
    np.testing.assert_allclose(np.array(table["c$, both"]) - 0.3, table["x"], atol=1e-12)


def test_layernorm_numbers_that_are_told_by_hand():
    x, gamma, beta = visible.EXAMPLE.T, np.arange(1.0, 6), np.array([0.0, 1, 0, 0, 0])
    out, _ = layers.layernorm_forward(x, gamma, beta, {"eps": 0.0})
    np.testing.assert_allclose(out, [[-1.5, 0, 0, 2, 7.5]], atol=1e-12)
