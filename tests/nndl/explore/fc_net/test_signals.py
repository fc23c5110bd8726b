"""Signals in deep nets: what is measured, how it is drawn, and that it works without a notebook."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from nndl import fc_net
from nndl.explore.fc_net import signals
from nndl.explore.fc_net.signals import draw, measure, rms, summary


def test_sizes_are_those_of_the_net():
    X, y = np.random.RandomState(0).normal(size=(4, 2, 3)), np.array([0, 1, 2, 3])
    found = measure(2, 0.1, X, y, seed=3)
    np.random.seed(3)
    net = fc_net.FullyConnectedNet([100], 6, 10, weight_scale=0.1, dtype=np.float64)
    hidden = np.maximum(0, X.reshape(4, 6) @ net.params["W1"])
    loss, grads = net.loss(X, y)
    assert found.hidden == [pytest.approx(rms(hidden))]
    assert found.weights == [pytest.approx(rms(grads["W1"])), pytest.approx(rms(grads["W2"]))]
    assert found.biases == [pytest.approx(rms(grads["b1"])), pytest.approx(rms(grads["b2"]))]
    assert found.loss == pytest.approx(loss)


def test_signals_vanish_explode_or_run_level_with_the_scale():
    small, level, large = (measure(8, scale).hidden for scale in (0.01, 0.14, 0.5))
    assert small[-1] < 1e-5 * small[0]
    assert 0.3 < level[-1] / level[0] < 3
    assert large[-1] > 1e2 * large[0]
    arriving = measure(8, 0.01).biases
    assert arriving[0] < 1e-5 * arriving[-1]


def test_global_generator_is_left_alone():
    state = np.random.get_state(legacy=False)["state"]["key"].copy()
    assert measure(3) == measure(3)
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], state)


@pytest.mark.parametrize(("depth", "scale"), [(1, 0.01), (5, 0.0), (12, 1e3), (12, 1e40)])
def test_extreme_settings_are_drawn(depth, scale):
    found = measure(depth, scale)
    left, right = draw(found).axes
    assert (left.get_xlabel(), right.get_xlabel()) == ("hidden layer", "layer")
    assert all(ax.get_yscale() == "log" for ax in (left, right))
    assert "loss" in summary(found)


def test_explore_gives_a_figure_outside_of_a_notebook_and_waits_for_the_net(monkeypatch, capsys):
    assert isinstance(signals.explore(), Figure)

    def unwritten(self, *args, **kwargs):
        raise NotImplementedError("write loss")

    monkeypatch.setattr(fc_net.FullyConnectedNet, "loss", unwritten)
    assert signals.explore() is None
    assert "write loss" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "error"), [({"depth": 0}, ValueError), ({"weight_scale": "a"}, TypeError)]
)
def test_bad_settings_are_refused(settings, error):
    with pytest.raises(error, match=next(iter(settings))):
        measure(**settings)


def test_in_a_notebook_the_controls_redraw_the_figure(notebook):
    shown, updates = notebook
    assert signals.explore() is None
    *sliders, message = shown[0][0].children
    sliders[0].value = 2
    assert len(updates) == 1
    assert message.value.startswith("loss: ")
