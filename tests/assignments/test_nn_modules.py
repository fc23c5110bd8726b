"""What is special to the notebook of neural network modules: its worked example, step by step."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from nndl.explore.nn_modules import describe, draw, example_net, explore, record
from nndl.modules import TwoLayerNet


def test_numbers_that_are_told_by_hand():
    """The worked example of the text, layer by layer, as the explorer steps through it."""
    x, target = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]])
    steps = record(example_net(), x, target)
    told: dict[tuple[str, str], Any] = {
        ("Affine1", "forward"): [[-1, 1]],
        ("ReLU", "forward"): [[0, 1]],
        ("Affine2", "forward"): [[2, 2]],
        ("output layer", "forward"): 0.6931,
        ("output layer", "backward"): [[-0.5, 0.5]],
        ("Affine2", "backward"): [[-1, -0.5]],
        ("ReLU", "backward"): [[0, -0.5]],
        ("Affine1", "backward"): [[-0.25, -0.25]],
    }
    assert [(step.layer, step.direction) for step in steps] == list(told)
    for step in steps:
        np.testing.assert_allclose(step.left, told[step.layer, step.direction], atol=5e-5)
    stored = {step.layer: step.parameters for step in steps if step.parameters}
    np.testing.assert_allclose(stored["Affine1"]["dW"], [[0.0, -0.5], [0.0, -1.0]], atol=1e-12)
    np.testing.assert_allclose(stored["Affine1"]["db"], [0.0, -0.5], atol=1e-12)
    np.testing.assert_allclose(stored["Affine2"]["dW"], [[0.0, 0.0], [-0.5, 0.5]], atol=1e-12)
    np.testing.assert_allclose(stored["Affine2"]["db"], [-0.5, 0.5], atol=1e-12)


def test_explorer_draws_every_step_and_leaves_the_net_alone():
    net = example_net()
    x, target = np.array([[3.0, -2.0]]), np.array([[1.0, 0.0]])
    before = net.loss(x, target)
    steps = record(net, x, target)
    assert net.loss(x, target) == before
    assert all(not {"forward", "backward"} & set(vars(layer)) for layer in net.layers.values())
    drawn = [
        [text.get_text() for text in draw(steps, taken).axes[0].texts] for taken in range(len(steps) + 1)
    ]
    for earlier, later in itertools.pairwise(drawn):
        assert len(later) > len(earlier)
    assert "Before the first step" in describe(steps, 0)
    assert "Step 8 of 8: Affine1, backward" in describe(steps, 8)
    assert explore() is not None


def test_explorer_waits_for_an_unwritten_net(capsys):
    class Unwritten(TwoLayerNet):
        def gradient(self, x, t):
            raise NotImplementedError("write gradient")

    assert explore(Unwritten) is None
    assert "write gradient" in capsys.readouterr().out
